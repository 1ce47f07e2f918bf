"""Points that ask for a far light, sorted by where they lie across it.

Across the light lies a square of SIDE x SIDE cells; inside a cell its points are sorted again into as many
parts a side as leave PART points in each, so that a dense foreground and a sparse distance are found alike.
Points of neighbouring parts of a row follow each other in memory.
"""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.rows import read3
from drivesynth_kernels.simd import peek, poke

SIDE = 256
LANES = 16  # points that are looked at together
PART = 8.0
MOST_PARTS = 64  # a side of a cell


class Loose(NamedTuple):
    """Points across the light, (N,) each, that are not sorted yet; fields as in `Samples`."""

    a: np.ndarray
    b: np.ndarray
    height: np.ndarray
    row: np.ndarray


class Samples(NamedTuple):
    """Points across a light, cell by cell and part by part; behind a cell's last there is room for LANES - 1.

    a, b      (N,) place across the light, from the middle of the own cell [m]
    height    (N,) toward the light [m]; inf from when something is found above, and where no point is
    row       (N,) of the point as it was given, -1 where there is none
    size      side of a cell [m]
    first     (SIDE^2 + 1,) where each cell's points start
    parts     (SIDE^2,) parts a side; 0 where a cell is empty
    part      (SIDE^2,) where each cell's parts start in `start`
    start     where each part's points start; behind those of a cell, where its last point ends
    lowest    height of the lowest point of each cell, then of each 2 x 2 cells, 4 x 4 ..., inf where empty
    """

    a: np.ndarray
    b: np.ndarray
    height: np.ndarray
    row: np.ndarray
    size: np.float32
    first: np.ndarray
    parts: np.ndarray
    part: np.ndarray
    start: np.ndarray
    lowest: np.ndarray


@kernel
def lay_across(points, normals, active, origin, light, lift, axes, begin, end, loose, bounds):
    """Put the active ones of points begin .. end - 1 into the light's frame; returns how many.

    points  (3 N,) on surfaces with normals (3 N,); active (N,); origin (3,) of the local frame, world [m]
    light   (3,) toward it; lift: how far above the surface, on the light's side, rays start [m]
    axes    (3, 3) two axes across the light and the light itself
    loose   written from `begin` on; bounds (4,) written: least and most of a, then of b
    """
    a0, a1, a2, b0, b1, b2 = axes[0, 0], axes[0, 1], axes[0, 2], axes[1, 0], axes[1, 1], axes[1, 2]
    number = begin
    least_a, most_a, least_b, most_b = np.inf, -np.inf, np.inf, -np.inf
    for i in range(begin, end):
        if not active[i]:
            continue
        nx, ny, nz = read3(normals, i)
        facing = nx * light[0] + ny * light[1] + nz * light[2]
        up = lift if facing > 0 else -lift if facing < 0 else 0.0
        x, y, z = read3(points, i)
        x, y, z = x + up * nx - origin[0], y + up * ny - origin[1], z + up * nz - origin[2]
        p, q = a0 * x + a1 * y + a2 * z, b0 * x + b1 * y + b2 * z
        poke(loose.a, number, np.float32(p))
        poke(loose.b, number, np.float32(q))
        poke(loose.height, number, np.float32(light[0] * x + light[1] * y + light[2] * z))
        poke(loose.row, number, np.int32(i))
        number += 1
        least_a, most_a = p if p < least_a else least_a, p if p > most_a else most_a
        least_b, most_b = q if q < least_b else least_b, q if q > most_b else most_b
    bounds[0], bounds[1], bounds[2], bounds[3] = least_a, most_a, least_b, most_b
    return number - begin


@inlined
def cell_of(a, b, per_size):
    """The cell of a place counted from the square's corner; places beyond the square go to its rim."""
    i = min(max(np.int64(a * per_size), np.int64(0)), np.int64(SIDE - 1))
    j = min(max(np.int64(b * per_size), np.int64(0)), np.int64(SIDE - 1))
    return i, j


@inlined
def middle(i, size):
    """The middle of cell i of a side [m]."""
    return (np.float32(i) + np.float32(0.5)) * size


@inlined
def part_of(at, size, per_part, parts):
    """Which part of a cell a place lies in, counted from the cell's middle."""
    k = np.int64((at + np.float32(0.5) * size) * per_part)
    return min(max(k, np.int64(0)), parts - 1)


@kernel
def count_cells(loose, begin, number, low_a, low_b, size, counts, lows):
    """Count the points of each cell; a and b are from then on counted from the corner.

    counts, lows  (SIDE^2,) points of each cell, and the height of its lowest, inf where none
    """
    per_size = np.float32(1) / size
    for k in range(begin, begin + number):
        a, b = peek(loose.a, k) - low_a, peek(loose.b, k) - low_b
        poke(loose.a, k, a)
        poke(loose.b, k, b)
        i, j = cell_of(a, b, per_size)
        cell = SIDE * j + i
        poke(counts, cell, peek(counts, cell) + np.int32(1))
        poke(lows, cell, min(peek(lows, cell), peek(loose.height, k)))


@kernel
def plan_cells(counts, lows, first, parts, part, lowest):
    """Where cells and their parts start, and the lowest of `Samples`; returns the length of `start`.

    counts, lows  (K, SIDE^2) of K lists; counts become where each list's points of the cell go
    """
    at, parts_at = 0, 0
    for cell in range(SIDE * SIDE):
        first[cell], part[cell] = at, parts_at
        number, low = 0, np.float32(np.inf)
        for k in range(counts.shape[0]):
            own = counts[k, cell]
            low = min(low, lows[k, cell])
            counts[k, cell] = at + number
            number += own
        n = 0
        if number > 0:
            n = min(max(int(np.sqrt(number / PART)), 1), MOST_PARTS)
            at += number + LANES - 1
            parts_at += n * n + 1
        parts[cell], lowest[cell] = n, low
    first[SIDE * SIDE] = at
    raise_lowest(lowest)
    return parts_at


@kernel
def sort_cells(loose, begin, number, size, places, packed):
    """Copy points begin .. begin + number - 1 to the places of their cells in `packed`.

    packed  (4 N,) a, b from the middle of the cell, height, and the row's bits: a point's four lie in one
            line of the cache, where four arrays would cost four
    """
    per_size = np.float32(1) / size
    for k in range(begin, begin + number):
        a, b = peek(loose.a, k), peek(loose.b, k)
        i, j = cell_of(a, b, per_size)
        cell = SIDE * j + i
        to = np.int64(peek(places, cell))
        poke(places, cell, np.int32(to + 1))
        poke(packed, 4 * to, a - middle(i, size))
        poke(packed, 4 * to + 1, b - middle(j, size))
        poke(packed, 4 * to + 2, peek(loose.height, k))
        poke(packed, 4 * to + 3, np.int32(peek(loose.row, k)).view(np.float32))


@step
def sort_parts(begin, end, packed, ends, samples, filled, home):
    """Copy the points of cells begin .. end - 1 into `samples`, part by part.

    ends          (SIDE^2,) where each cell's points end in `packed`
    filled, home  scratch (MOST_PARTS^2,) and, of each point of a cell, its part
    """
    size, start = samples.size, samples.start
    for cell in range(begin, end):
        n, base = np.int64(samples.parts[cell]), np.int64(samples.part[cell])
        if n == 0:
            continue
        first, last = np.int64(samples.first[cell]), np.int64(ends[cell])
        poke(start, base + n * n, np.int32(last))
        for k in range(last, last + LANES - 1):
            poke(samples.height, k, np.float32(np.inf))
            poke(samples.row, k, np.int32(-1))
        if n == 1:
            poke(start, base, np.int32(first))
            for k in range(first, last):
                unpack(packed, k, samples, k)
            continue
        per_part = np.float32(n) / size
        for k in range(n * n):
            poke(filled, k, np.int32(0))
        for k in range(first, last):
            p = part_of(peek(packed, 4 * k), size, per_part, n)
            p += n * part_of(peek(packed, 4 * k + 1), size, per_part, n)
            poke(home, k - first, np.int32(p))
            poke(filled, p, peek(filled, p) + np.int32(1))
        at = np.int32(first)
        for k in range(n * n):
            own = peek(filled, k)
            poke(filled, k, at)
            poke(start, base + k, at)
            at += own
        for k in range(first, last):
            p = np.int64(peek(home, k - first))
            to = np.int64(peek(filled, p))
            poke(filled, p, np.int32(to + 1))
            unpack(packed, k, samples, to)


@inlined
def unpack(packed, k, samples, to):
    """Copy one point."""
    poke(samples.a, to, peek(packed, 4 * k))
    poke(samples.b, to, peek(packed, 4 * k + 1))
    poke(samples.height, to, peek(packed, 4 * k + 2))
    poke(samples.row, to, np.float32(peek(packed, 4 * k + 3)).view(np.int32))


@step
def raise_lowest(lowest):
    """Fill the coarser levels of `lowest` from the finest."""
    below, here, side = 0, SIDE * SIDE, SIDE // 2
    while side > 0:
        for j in range(side):
            for i in range(side):
                corner = below + 2 * j * 2 * side + 2 * i
                other = corner + 2 * side
                lowest[here + j * side + i] = min(
                    min(lowest[corner], lowest[corner + 1]), min(lowest[other], lowest[other + 1])
                )
        below, here, side = here, here + side * side, side // 2


@step
def note_covered(begin, end, samples, covered):
    """Write which of the points of cells begin .. end - 1 have something above them."""
    for k in range(samples.first[begin], samples.first[end]):
        row = np.int64(peek(samples.row, k))
        if row >= 0:
            covered[row] = peek(samples.height, k) == np.float32(np.inf)
