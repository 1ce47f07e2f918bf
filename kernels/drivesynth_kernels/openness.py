"""How much sky is seen: rays from a sparse grid of pixels, gathered, smoothed and spread over the picture."""

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel

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


@kernel
def spread_openness(
    begin: int, end: int, directions: F32, range_m: F32, geometric: F32, sparse: F32, open_sky: F32
) -> None:
    """Rows begin..end of `open_sky` from the sparse grid's samples of the same surface.

    directions, geometric (H, W, 3); range_m (H, W); sparse (h, w, 4) of pixels (GRID j + GRID / 2, ...)
    open_sky (H, W, 4) written. A sample counts by its nearness, by how little it leaves the pixel's
    plane, and by how alike the normals are (joint bilateral upsampling, Kopf et al., SIGGRAPH 2007).
    """
    height, width = range_m.shape
    rows, columns = sparse.shape[0], sparse.shape[1]
    for y in range(begin, end):
        fy = (y - GRID // 2) / GRID
        j0 = min(max(int(np.floor(fy)), 0), max(rows - 2, 0))
        wy = min(max(fy - j0, 0.0), 1.0)
        cell, even = -1, False
        for x in range(width):
            distance = float(range_m[y, x])
            if not distance < np.inf:  # an edge sample of this pixel may still meet something
                for k in range(4):
                    open_sky[y, x, k] = 0.4 if k == 0 or k == 3 else 0.0
                continue
            fx = (x - GRID // 2) / GRID
            i0 = min(max(int(np.floor(fx)), 0), max(columns - 2, 0))
            wx = min(max(fx - i0, 0.0), 1.0)
            j1, i1 = min(j0 + 1, rows - 1), min(i0 + 1, columns - 1)
            if i0 != cell:
                cell, even = i0, sparse[j0, i0, 0] > _EVEN
                for k in range(4):
                    a, b, c, d = sparse[j0, i0, k], sparse[j0, i1, k], sparse[j1, i0, k], sparse[j1, i1, k]
                    even &= max(max(a, b), max(c, d)) - min(min(a, b), min(c, d)) < _EVEN
            if even:
                for k in range(4):
                    above = sparse[j0, i0, k] + wx * (sparse[j0, i1, k] - sparse[j0, i0, k])
                    below = sparse[j1, i0, k] + wx * (sparse[j1, i1, k] - sparse[j1, i0, k])
                    open_sky[y, x, k] = above + wy * (below - above)
                continue
            gx, gy, gz = geometric[y, x, 0], geometric[y, x, 1], geometric[y, x, 2]
            plane = distance * (
                gx * directions[y, x, 0] + gy * directions[y, x, 1] + gz * directions[y, x, 2]
            )
            total, s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0, 0.0
            for corner in range(4):
                j, i = min(j0 + (corner >> 1), rows - 1), min(i0 + (corner & 1), columns - 1)
                v, u = min(GRID * j + GRID // 2, height - 1), min(GRID * i + GRID // 2, width - 1)
                far = float(range_m[v, u])
                if not far < np.inf:
                    continue
                w = (wy if corner >> 1 else 1.0 - wy) * (wx if corner & 1 else 1.0 - wx) + 0.01
                off = plane - far * (
                    gx * directions[v, u, 0] + gy * directions[v, u, 1] + gz * directions[v, u, 2]
                )
                alike = gx * geometric[v, u, 0] + gy * geometric[v, u, 1] + gz * geometric[v, u, 2]
                off = 60.0 * off / (distance + 1.0)
                w *= max(alike * alike * alike, 0.0) / (1.0 + off * off) + 1e-4
                total += w
                s0 += w * sparse[j, i, 0]
                s1 += w * sparse[j, i, 1]
                s2 += w * sparse[j, i, 2]
                s3 += w * sparse[j, i, 3]
            if total > 0.0:
                open_sky[y, x, 0] = s0 / total
                open_sky[y, x, 1] = s1 / total
                open_sky[y, x, 2] = s2 / total
                open_sky[y, x, 3] = s3 / total
            else:  # a sliver between the samples: as much sky as its own side can see
                open_sky[y, x, 0] = 0.2 + 0.15 * gz
                open_sky[y, x, 1] = 0.1 * gx
                open_sky[y, x, 2] = 0.1 * gy
                open_sky[y, x, 3] = 0.3
