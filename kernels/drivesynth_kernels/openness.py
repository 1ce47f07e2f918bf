"""How much sky is seen: rays from a sparse grid of pixels, gathered, smoothed and spread over the picture."""

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.rows import peek, poke, read3

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

GRID = 8  # pixels between the grid's samples
_EVEN = 0.015  # samples that differ by less are blended without asking whose surface they lie on


@kernel
def list_sky_rays(
    origin: F64,
    points: F64,
    normals: F32,
    there: Bool,
    sets: F64,
    lift_m: float,
    starts: F64,
    rays: F32,
    owner: I32,
) -> int:
    """Fill rays toward the sky from all grid samples (h, w) that are there; how many.

    origin  (3,) the eye, world; points (h, w, 3) from the eye; normals (h, w, 3)
    sets    (4, K, 3) directions; neighbours take the four sets in turn
    starts, rays (N, 3) and owner (N, 2) written: world, direction, and (sample, direction in its set)
    """
    rows, columns = there.shape
    count = 0
    for y in range(rows):
        for x in range(columns):
            if not there[y, x]:
                continue
            which = 2 * (y & 1) + (x & 1)
            for k in range(sets.shape[1]):
                facing = 0.0
                for axis in range(3):
                    facing += normals[y, x, axis] * sets[which, k, axis]
                if facing < 1e-3:
                    continue
                for axis in range(3):
                    starts[count, axis] = origin[axis] + points[y, x, axis] + lift_m * normals[y, x, axis]
                    rays[count, axis] = sets[which, k, axis]
                owner[count, 0], owner[count, 1] = y * columns + x, k
                count += 1
    return count


@kernel
def gather_sky(owner: I32, blocked: Bool, sets: F64, shares: F64, rough: F32) -> None:
    """Add each free ray's share of the sky to its sample in `rough` (h, w, 4): mean and first moments.

    owner (N, 2) of `list_sky_rays`; blocked (N,); shares (4, K) brightness of the sky there over its mean
    """
    columns = rough.shape[1]
    for i in range(owner.shape[0]):
        if blocked[i]:
            continue
        y, x, k = owner[i, 0] // columns, owner[i, 0] % columns, owner[i, 1]
        which = 2 * (y & 1) + (x & 1)
        share = shares[which, k] / sets.shape[1]
        rough[y, x, 0] += 0.5 * share
        for axis in range(3):
            rough[y, x, 1 + axis] += share * sets[which, k, axis]


@kernel
def smooth_openness(points: F64, geometric: F32, range_m: F32, rough: F32, smooth: F32) -> None:
    """Mean of the 3 x 3 grid samples around each, weighted 1 2 1 each way: any four neighbours count alike.

    points, geometric (h, w, 3) from the eye; range_m (h, w) inf for sky; rough, smooth (h, w, 4). Samples
    off the surface's plane or turned away hardly count.
    """
    rows, columns = range_m.shape
    for y in range(rows):
        for x in range(columns):
            if not range_m[y, x] < np.inf:
                continue
            gx, gy, gz = geometric[y, x, 0], geometric[y, x, 1], geometric[y, x, 2]
            scale = 60.0 / (range_m[y, x] + 1.0)
            total, s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0, 0.0
            for j in range(max(y - 1, 0), min(y + 2, rows)):
                for i in range(max(x - 1, 0), min(x + 2, columns)):
                    if not range_m[j, i] < np.inf:
                        continue
                    off = scale * (
                        gx * (points[j, i, 0] - points[y, x, 0])
                        + gy * (points[j, i, 1] - points[y, x, 1])
                        + gz * (points[j, i, 2] - points[y, x, 2])
                    )
                    alike = gx * geometric[j, i, 0] + gy * geometric[j, i, 1] + gz * geometric[j, i, 2]
                    w = (
                        (2 - abs(j - y))
                        * (2 - abs(i - x))
                        * max(alike * alike * alike, 0.0)
                        / (1.0 + off * off)
                    )
                    total += w
                    s0 += w * rough[j, i, 0]
                    s1 += w * rough[j, i, 1]
                    s2 += w * rough[j, i, 2]
                    s3 += w * rough[j, i, 3]
            smooth[y, x, 0], smooth[y, x, 1] = s0 / total, s1 / total
            smooth[y, x, 2], smooth[y, x, 3] = s2 / total, s3 / total


_C = 12  # numbers kept of a grid sample: its four, its point from the eye, its normal, whether it is there


@step
def note_sample(corners, corner, sample, pixel, directions, range_m, geometric, sparse):
    """What spreading asks of a grid sample, into its row of corners."""
    at, far = _C * corner, np.float64(peek(range_m, pixel))
    for k in range(4):
        poke(corners, at + k, np.float64(peek(sparse, 4 * sample + k)))
    there = far < np.inf
    far = far if there else 0.0
    dx, dy, dz = read3(directions, pixel)
    gx, gy, gz = read3(geometric, pixel)
    poke(corners, at + 4, far * dx)
    poke(corners, at + 5, far * dy)
    poke(corners, at + 6, far * dz)
    poke(corners, at + 7, gx)
    poke(corners, at + 8, gy)
    poke(corners, at + 9, gz)
    poke(corners, at + 10, 1.0 if there else 0.0)


@inlined
def cell_of(at, samples):
    """Which grid sample stands before a row or column, so that another follows where there is one."""
    return min(max((at - GRID // 2) // GRID, 0), max(samples - 2, 0))


@inlined
def within_cell(at, cell):
    """How far a row or column is from the sample before it to the next one, 0 .. 1."""
    return min(max((at - GRID // 2) * (1.0 / GRID) - cell, 0.0), 1.0)


@inlined
def is_even(corners):
    """Whether four samples see nearly the same sky."""
    even = peek(corners, 0) > _EVEN
    for k in range(4):
        a, b = peek(corners, k), peek(corners, _C + k)
        c, d = peek(corners, 2 * _C + k), peek(corners, 3 * _C + k)
        even &= max(max(a, b), max(c, d)) - min(min(a, b), min(c, d)) < _EVEN
    return even


@inlined
def blend_evenly(corners, wx, wy, open_sky, i):
    """Pixel i between four samples that see nearly the same."""
    for k in range(4):
        a, b = peek(corners, k), peek(corners, _C + k)
        c, d = peek(corners, 2 * _C + k), peek(corners, 3 * _C + k)
        before, after = a + wy * (c - a), b + wy * (d - b)
        poke(open_sky, 4 * i + k, np.float32(before + wx * (after - before)))


@inlined
def blend(corners, wx, wy, directions, range_m, geometric, open_sky, i):
    """Pixel i from those of the four samples that lie on its surface."""
    gx, gy, gz = read3(geometric, i)
    dx, dy, dz = read3(directions, i)
    distance = np.float64(peek(range_m, i))
    plane = distance * (gx * dx + gy * dy + gz * dz)
    scale = 60.0 / (distance + 1.0)
    total, s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0, 0.0
    for corner in range(4):
        at = _C * corner
        w = (wy if corner >> 1 else 1.0 - wy) * (wx if corner & 1 else 1.0 - wx) + 0.01
        off = plane - gx * peek(corners, at + 4) - gy * peek(corners, at + 5) - gz * peek(corners, at + 6)
        alike = gx * peek(corners, at + 7) + gy * peek(corners, at + 8) + gz * peek(corners, at + 9)
        off *= scale
        w *= peek(corners, at + 10) * (max(alike * alike * alike, 0.0) / (1.0 + off * off) + 1e-4)
        total += w
        s0 += w * peek(corners, at)
        s1 += w * peek(corners, at + 1)
        s2 += w * peek(corners, at + 2)
        s3 += w * peek(corners, at + 3)
    if total > 0.0:
        share = 1.0 / total
        s0, s1, s2, s3 = share * s0, share * s1, share * s2, share * s3
    else:  # a sliver between the samples: as much sky as its own side can see
        s0, s1, s2, s3 = 0.2 + 0.15 * gz, 0.1 * gx, 0.1 * gy, 0.3
    poke(open_sky, 4 * i, np.float32(s0))
    poke(open_sky, 4 * i + 1, np.float32(s1))
    poke(open_sky, 4 * i + 2, np.float32(s2))
    poke(open_sky, 4 * i + 3, np.float32(s3))


@kernel
def spread_openness(
    begin: int,
    end: int,
    width: int,
    directions: F32,
    range_m: F32,
    geometric: F32,
    columns: int,
    sparse: F32,
    open_sky: F32,
) -> None:
    """Rows begin..end of `open_sky` from the sparse grid's samples of the same surface.

    directions, geometric (3 H W,); range_m (H W,); sparse (4 h columns,) of the pixels (GRID j + GRID / 2,
    ...); open_sky (4 H W,) written. A sample counts by its nearness, by how little it leaves the pixel's
    plane, and by how alike the normals are (joint bilateral upsampling, Kopf et al., SIGGRAPH 2007).
    """
    height, rows = range_m.shape[0] // width, sparse.shape[0] // (4 * columns)
    corners = np.empty(4 * _C)
    top = begin
    while top < end:
        j0 = cell_of(top, rows)
        bottom = top + 1
        while bottom < end and cell_of(bottom, rows) == j0:
            bottom += 1
        left = np.int64(0)
        while left < width:
            i0 = cell_of(left, columns)
            right = left + 1
            while right < width and cell_of(right, columns) == i0:
                right += 1
            for corner in range(4):
                j, h = min(j0 + (corner >> 1), rows - 1), min(i0 + (corner & 1), columns - 1)
                v, u = min(GRID * j + GRID // 2, height - 1), min(GRID * h + GRID // 2, width - 1)
                note_sample(corners, corner, j * columns + h, v * width + u, directions, range_m, geometric,
                            sparse)  # fmt: skip
            even = is_even(corners)
            for y in range(top, bottom):
                wy = within_cell(y, j0)
                for x in range(left, right):
                    i = y * width + x
                    if not peek(range_m, i) < np.inf:  # an edge sample of this pixel may still meet something
                        for k in range(4):
                            poke(open_sky, 4 * i + k, np.float32(0.4 if k == 0 or k == 3 else 0.0))
                    elif even:
                        blend_evenly(corners, within_cell(x, i0), wy, open_sky, i)
                    else:
                        blend(corners, within_cell(x, i0), wy, directions, range_m, geometric, open_sky, i)
            left = right
        top = bottom
