"""How much sky is seen: rays from a sparse grid of pixels, gathered, smoothed and spread over the picture."""

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.rows import peek, poke, read3
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    load8,
    load8_rows3,
    lower_of,
    select,
    spread8,
    store8_rows4,
)

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
_LANES = 8  # pixels that are blended together
_STEPS = np.arange(8, dtype=np.float32)


@step
def note_sample(corners, corner, sample, pixel, directions, range_m, geometric, sparse):
    """What spreading asks of a grid sample, into its row of corners."""
    at, far = _C * corner, np.float64(peek(range_m, pixel))
    for k in range(4):
        poke(corners, at + k, peek(sparse, 4 * sample + k))
    there = far < np.inf
    far = far if there else 0.0
    dx, dy, dz = read3(directions, pixel)
    gx, gy, gz = read3(geometric, pixel)
    poke(corners, at + 4, np.float32(far * dx))
    poke(corners, at + 5, np.float32(far * dy))
    poke(corners, at + 6, np.float32(far * dz))
    poke(corners, at + 7, np.float32(gx))
    poke(corners, at + 8, np.float32(gy))
    poke(corners, at + 9, np.float32(gz))
    poke(corners, at + 10, np.float32(1.0 if there else 0.0))


@inlined
def cell_of(at, samples):
    """Which grid sample stands before a row or column, so that another follows where there is one."""
    return min(max((at - GRID // 2) // GRID, 0), max(samples - 2, 0))


@inlined
def within_cell(at, cell):
    """How far a row or column is from the sample before it to the next one, 0 .. 1."""
    return np.float32(min(max((at - GRID // 2) * (1.0 / GRID) - cell, 0.0), 1.0))


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
def between(corners, k, wx, wy):
    """Number k of the sky that eight pixels of a row see between four samples that see nearly the same."""
    a, b = peek(corners, k), peek(corners, _C + k)
    first = a + (peek(corners, 2 * _C + k) - a) * wy
    last = b + (peek(corners, 3 * _C + k) - b) * wy
    return fma(wx, spread8(last - first), spread8(first))


@inlined
def blend(corners, wx, wy, directions, distance, geometric, i):
    """The sky that eight pixels from i on see, from those of the four samples that lie on their surfaces."""
    none, whole = spread8(np.float32(0)), spread8(np.float32(1))
    dx, dy, dz = load8_rows3(directions, 3 * i)
    gx, gy, gz = load8_rows3(geometric, 3 * i)
    plane = distance * fma(gx, dx, fma(gy, dy, gz * dz))
    scale = np.float32(60) / (distance + np.float32(1))
    total, s0, s1, s2, s3 = none, none, none, none, none
    for corner in range(4):
        at = _C * corner
        along, down = wx if corner & 1 else whole - wx, wy if corner >> 1 else np.float32(1) - wy
        off = plane - gx * peek(corners, at + 4) - gy * peek(corners, at + 5) - gz * peek(corners, at + 6)
        off = off * scale
        alike = fma(gx, peek(corners, at + 7), fma(gy, peek(corners, at + 8), gz * peek(corners, at + 9)))
        alike = higher_of(alike * alike * alike, none)
        w = fma(along, spread8(down), spread8(np.float32(0.01))) * peek(corners, at + 10)
        w = w * (alike / fma(off, off, whole) + np.float32(1e-4))
        total = total + w
        s0 = fma(w, spread8(peek(corners, at)), s0)
        s1 = fma(w, spread8(peek(corners, at + 1)), s1)
        s2 = fma(w, spread8(peek(corners, at + 2)), s2)
        s3 = fma(w, spread8(peek(corners, at + 3)), s3)
    # A sliver between the samples: as much sky as its own side can see.
    some = total > np.float32(0)
    share = whole / select(some, total, np.float32(1))
    return (
        select(some, share * s0, fma(gz, np.float32(0.15), spread8(np.float32(0.2)))),
        select(some, share * s1, gx * np.float32(0.1)),
        select(some, share * s2, gy * np.float32(0.1)),
        select(some, share * s3, np.float32(0.3)),
    )


@inlined
def spread_eight(x, i0, wy, even, corners, i, directions, range_m, geometric, open_sky):
    """Eight pixels from i on, the first in column x of the picture, between the samples of cell i0."""
    wx = (load8(_STEPS, 0) + np.float32(x - GRID // 2 - GRID * i0)) * np.float32(1 / GRID)
    wx = lower_of(higher_of(wx, np.float32(0)), np.float32(1))
    far = load8(range_m, i)
    there = far < np.float32(np.inf)
    if bits(there) == 0:  # the sky alone
        none, some = spread8(np.float32(0)), spread8(np.float32(0.4))
        store8_rows4(open_sky, 4 * i, some, none, none, some)
        return
    if even:
        mean, east = between(corners, 0, wx, wy), between(corners, 1, wx, wy)
        north, up = between(corners, 2, wx, wy), between(corners, 3, wx, wy)
    else:
        far = select(there, far, np.float32(0))
        mean, east, north, up = blend(corners, wx, wy, directions, far, geometric, i)
    # An edge sample of a pixel without a surface may still meet something.
    east, north = select(there, east, np.float32(0)), select(there, north, np.float32(0))
    mean, up = select(there, mean, np.float32(0.4)), select(there, up, np.float32(0.4))
    store8_rows4(open_sky, 4 * i, mean, east, north, up)


@inlined
def spread_last(x, count, i0, wy, even, corners, i, directions, range_m, geometric, open_sky, held):
    """As `spread_eight` for the last pixels of a row, fewer than eight; held is scratch."""
    ways, far, normals, seen = held
    for k in range(3 * count):
        poke(ways, k, peek(directions, 3 * i + k))
        poke(normals, k, peek(geometric, 3 * i + k))
    for k in range(count):
        poke(far, k, peek(range_m, i + k))
    spread_eight(x, i0, wy, even, corners, np.int64(0), ways, far, normals, seen)
    for k in range(4 * count):
        poke(open_sky, 4 * i + k, peek(seen, k))


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
    corners = np.zeros(4 * _C, np.float32)
    held = (
        np.zeros(3 * _LANES, np.float32), np.zeros(_LANES, np.float32), np.zeros(3 * _LANES, np.float32),
        np.zeros(4 * _LANES, np.float32),
    )  # fmt: skip
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
                # Eights may reach into the next cell, which comes later.
                for x in range(left, right, _LANES):
                    i, count = y * width + x, width - x
                    if count >= _LANES:
                        spread_eight(x, i0, wy, even, corners, i, directions, range_m, geometric, open_sky)
                    else:
                        spread_last(x, count, i0, wy, even, corners, i, directions, range_m, geometric, open_sky,
                                    held)  # fmt: skip
            left = right
        top = bottom
