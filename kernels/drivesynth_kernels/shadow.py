"""Shadows of a far light: triangles are laid over the points that ask, instead of rays sent from the points.

The rays toward a far light are parallel, so across it every ray is a point and every triangle a triangle.
A point is in shadow where a triangle covers it that lies higher toward the light. Walking the tree once,
from the triangles' side, asks each triangle only about the points beneath it: the irregular z-buffer of
Johnson et al., ACM Transactions on Graphics 24, 2005, and of Aila and Laine, "Alias-Free Shadow Maps",
EGSR 2004. Its answers are those of rays: points are tested exactly, with the edge functions of `trace_tree`.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, LINKS, NODE, WIDTH
from drivesynth_kernels.frames import pose_between
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.samples import LANES, MOST_PARTS, SIDE, cell_of, middle, note_covered, sort_parts
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    highest_lane,
    load8,
    load16,
    lower_of,
    lowest_bit,
    peek,
    poke,
    prefetch,
    select,
    spread8,
    spread16,
    store,
    truncated,
)  # fmt: skip

BEYOND = 144  # where the infinite part of a leaf's scratch starts
PAD = np.float32(1e-6)  # of the square's side: rounding of a box laid across the light


@kernel
def across_from_meshes(world, axes, corner, time, across):
    """Rows a, b, height over x, y, z, 1 of the still tree (row 0) and of each instance, (1 + J, 12) written.

    axes    (3, 3) two axes across the light and the light itself; corner (3,) what is taken off the result
    """
    pose = np.zeros(18)
    for k in range(3):
        for axis in range(3):
            across[0, 4 * k + axis] = axes[k, axis]
        across[0, 4 * k + 3] = -corner[k]
    for j in range(world.row.shape[0]):
        if world.track[j] >= 0:
            pose_between(world.keys, world.key_times, world.turns, world.track[j], time, pose)
        else:
            for k in range(12):
                pose[k] = world.pose[j, k]
        for k in range(3):
            for column in range(4):
                total = -corner[k] if column == 3 else 0.0
                for axis in range(3):
                    total += axes[k, axis] * pose[4 * axis + column]
                across[1 + j, 4 * k + column] = total


@kernel
def cut_bands(samples, bands):
    """Cut the rows of cells into bands (K + 1,) of about as many points each."""
    number = bands.shape[0] - 1
    wanted, k = samples.first[SIDE * SIDE] / number, 1
    bands[0], bands[1:] = 0, SIDE
    for j in range(1, SIDE):
        if k < number and samples.first[SIDE * j] >= wanted * k:
            bands[k] = j
            k += 1


@inlined
def extreme8(nodes, base, m, row, sign):
    """The least (sign 3: the most) of a row of the affine map over eight boxes."""
    x = np.int64(0) if (peek(m, row) >= 0) == (sign == 0) else np.int64(3)
    y = np.int64(1) if (peek(m, row + 1) >= 0) == (sign == 0) else np.int64(4)
    z = np.int64(2) if (peek(m, row + 2) >= 0) == (sign == 0) else np.int64(5)
    total = fma(load8(nodes, base + WIDTH * x), spread8(peek(m, row)), spread8(peek(m, row + 3)))
    total = fma(load8(nodes, base + WIDTH * y), spread8(peek(m, row + 1)), total)
    return fma(load8(nodes, base + WIDTH * z), spread8(peek(m, row + 2)), total)


@inlined
def lies_above(samples, band, low_a, high_a, low_b, high_b, top, per_size):
    """Whether anything of a band lies beneath a box: judged by at most 2 x 2 cells of a coarse enough level."""
    i0, j0 = cell_of(low_a, low_b, per_size)
    i1, j1 = cell_of(high_a, high_b, per_size)
    j0, j1 = max(j0, band[0]), min(j1, band[1] - 1)
    if j0 > j1:
        return False
    base, side = np.int64(0), np.int64(SIDE)
    while i1 - i0 > 1 or j1 - j0 > 1:
        i0, i1, j0, j1 = i0 >> 1, i1 >> 1, j0 >> 1, j1 >> 1
        base += side * side
        side >>= 1
    lowest = min(peek(samples.lowest, base + side * j0 + i0), peek(samples.lowest, base + side * j0 + i1))
    lowest = min(lowest, peek(samples.lowest, base + side * j1 + i0))
    return top > min(lowest, peek(samples.lowest, base + side * j1 + i1))


@inlined
def cover_points(samples, begin, end, edges, plane):
    """Mark which of the points begin .. end - 1 lie beneath a triangle.

    edges  its edge functions over a, b, 1, not negative inside
    plane  its height over a, b, 1, times its area, and that area: compared without a division
    What lies behind them up to LANES belongs to the same cell: it may as well be marked. No branch but the last: most
    groups have a point that is low enough and none that is inside, and guessing wrong takes as long as testing.
    """
    u_a, u_b, u_1, v_a, v_b, v_1, w_a, w_b, w_1 = edges
    p_a, p_b, p_1, det = plane
    for k in range(begin, end, LANES):
        a, b, height = load16(samples.a, k), load16(samples.b, k), load16(samples.height, k)
        u = fma(a, u_a, fma(b, u_b, spread16(u_1)))
        v = fma(a, v_a, fma(b, v_b, spread16(v_1)))
        w = fma(a, w_a, fma(b, w_b, spread16(w_1)))
        above = fma(a, p_a, fma(b, p_b, spread16(p_1)))
        covered = (lower_of(lower_of(u, v), w) >= np.float32(0)) & (above > height * det)
        if bits(covered) != 0:
            store(samples.height, k, select(covered, spread16(np.float32(np.inf)), height))


@inlined
def part_reached(at, mid, half, per_part, last):
    """As `part_of` for eight places: which part of a cell with this middle each lies in."""
    return truncated(lower_of(higher_of((at - mid + half) * per_part, np.float32(0)), last))


@inlined
def cover_cell(samples, i, j, left, corners, box, scratch, spans):
    """Lay eight triangles over the points of a cell: those whose bits are set in `left`.

    corners  a, b of each corner; box: least a, most a, least b, most b
    scratch  rows of eight: nine edge functions, as `cover_leaf` wrote it, the plane; spans (32,) for parts
    """
    size, cell = samples.size, SIDE * j + i
    mid_a, mid_b, parts = middle(i, size), middle(j, size), np.int64(peek(samples.parts, cell))
    a0, b0, a1, b1, a2, b2 = corners
    a0, a1, a2, b0, b1, b2 = a0 - mid_a, a1 - mid_a, a2 - mid_a, b0 - mid_b, b1 - mid_b, b2 - mid_b
    # Over points near the cell's middle; of a shared edge both sides get the same up to the sign.
    u_a, u_b, u_1 = b1 - b2, a2 - a1, a1 * b2 - a2 * b1
    v_a, v_b, v_1 = b2 - b0, a0 - a2, a2 * b0 - a0 * b2
    w_a, w_b, w_1 = b0 - b1, a1 - a0, a0 * b1 - a1 * b0
    det, nothing = u_1 + v_1 + w_1, spread8(np.float32(0))
    # All are turned to one side; what stands on edge covers nothing.
    turn = select(det > nothing, np.float32(1), select(det < nothing, np.float32(-1), nothing))
    u_a, u_b, u_1 = u_a * turn, u_b * turn, u_1 * turn
    v_a, v_b, v_1 = v_a * turn, v_b * turn, v_1 * turn
    det = det * turn
    store(scratch, 0, u_a)
    store(scratch, 8, u_b)
    store(scratch, 16, u_1)
    store(scratch, 24, v_a)
    store(scratch, 32, v_b)
    store(scratch, 40, v_1)
    store(scratch, 48, w_a * turn)
    store(scratch, 56, w_b * turn)
    store(scratch, 64, w_1 * turn)
    # Heights over the third corner's: where a triangle is steep the weights take off much of each other.
    h2 = load8(scratch, 88)
    d0, d1 = load8(scratch, 72) - h2, load8(scratch, 80) - h2
    store(scratch, 104, u_a * d0 + v_a * d1)
    store(scratch, 112, u_b * d0 + v_b * d1)
    store(scratch, 120, fma(u_1, d0, fma(v_1, d1, det * h2)))
    store(scratch, 128, det)
    low_a, high_a, low_b, high_b = box
    per_part, half, last = np.float32(parts) / size, np.float32(0.5) * size, np.float32(parts - 1)
    store(spans, 0, part_reached(low_a, mid_a, half, per_part, last))
    store(spans, 8, part_reached(high_a, mid_a, half, per_part, last))
    store(spans, 16, part_reached(low_b, mid_b, half, per_part, last))
    store(spans, 24, part_reached(high_b, mid_b, half, per_part, last))
    base = np.int64(peek(samples.part, cell))
    while left != 0:
        k = lowest_bit(left)
        left &= left - 1
        edges = (
            peek(scratch, k), peek(scratch, 8 + k), peek(scratch, 16 + k),
            peek(scratch, 24 + k), peek(scratch, 32 + k), peek(scratch, 40 + k),
            peek(scratch, 48 + k), peek(scratch, 56 + k), peek(scratch, 64 + k),
        )  # fmt: skip
        plane = peek(scratch, 104 + k), peek(scratch, 112 + k), peek(scratch, 120 + k), peek(scratch, 128 + k)
        p0, p1 = np.int64(peek(spans, k)), np.int64(peek(spans, 8 + k))
        row, last_row = np.int64(peek(spans, 16 + k)), np.int64(peek(spans, 24 + k))
        for at in range(base + parts * row, base + parts * last_row + 1, parts):
            begin = np.int64(peek(samples.start, at + p0))
            end = np.int64(peek(samples.start, at + p1 + 1))
            cover_points(samples, begin, end, edges, plane)


@inlined
def within(samples, band, low_a, high_a, low_b, high_b):
    """Which of eight boxes reach into a band; its edges are rounded, so a little beyond them counts."""
    across = samples.size * np.float32(SIDE)
    begin, end = samples.size * np.float32(band[0]), samples.size * np.float32(band[1])
    pad = PAD * across
    along = (high_a >= np.float32(0)) & (low_a <= across)
    return along & (high_b >= begin - pad) & (low_b <= end + pad)


@inlined
def along(m, row, x, y, z):
    """A row of the affine map over eight corners."""
    value = fma(x, spread8(peek(m, row)), spread8(peek(m, row + 3)))
    return fma(z, spread8(peek(m, row + 2)), fma(y, spread8(peek(m, row + 1)), value))


@inlined
def cover_leaf(pool, first, n, m, samples, band, scratch, spans, per_size):
    """Lay a leaf's n triangles over the points, eight at once as far as their cells."""
    base = 9 * first
    x, y, z = load8(pool, base), load8(pool, base + n), load8(pool, base + 2 * n)
    a0, b0, h0 = along(m, 0, x, y, z), along(m, 4, x, y, z), along(m, 8, x, y, z)
    x, y, z = load8(pool, base + 3 * n), load8(pool, base + 4 * n), load8(pool, base + 5 * n)
    a1, b1, h1 = along(m, 0, x, y, z), along(m, 4, x, y, z), along(m, 8, x, y, z)
    x, y, z = load8(pool, base + 6 * n), load8(pool, base + 7 * n), load8(pool, base + 8 * n)
    a2, b2, h2 = along(m, 0, x, y, z), along(m, 4, x, y, z), along(m, 8, x, y, z)
    low_a, high_a = lower_of(lower_of(a0, a1), a2), higher_of(higher_of(a0, a1), a2)
    low_b, high_b = lower_of(lower_of(b0, b1), b2), higher_of(higher_of(b0, b1), b2)
    nothing = spread8(np.float32(-np.inf))
    # Lanes without a triangle lie beneath everything: the last row of `scratch` is infinite from the ninth on.
    top = higher_of(higher_of(h0, h1), h2) - load8(scratch, BEYOND - n)
    there = within(samples, band, low_a, high_a, low_b, high_b) & (top > nothing)
    if bits(there) == 0:
        return
    store(scratch, 72, h0)
    store(scratch, 80, h1)
    store(scratch, 88, h2)
    store(scratch, 96, top)
    x0, x1, y0, y1 = low_a * per_size, high_a * per_size, low_b * per_size, high_b * per_size
    i0 = np.int64(max(-highest_lane(select(there, -x0, nothing)), np.float32(0)))
    i1 = np.int64(min(highest_lane(select(there, x1, nothing)), np.float32(SIDE - 1)))
    j0 = np.int64(max(-highest_lane(select(there, -y0, nothing)), np.float32(band[0])))
    j1 = np.int64(min(highest_lane(select(there, y1, nothing)), np.float32(band[1] - 1)))
    highest = highest_lane(select(there, top, nothing))
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            lowest = peek(samples.lowest, SIDE * j + i)
            if highest <= lowest:  # also where there is no point
                continue
            reach = there & (top > lowest) & (x0 < np.float32(i + 1)) & (x1 >= np.float32(i))
            left = bits(reach & (y0 < np.float32(j + 1)) & (y1 >= np.float32(j)))
            if left != 0:
                corners, box = (a0, b0, a1, b1, a2, b2), (low_a, high_a, low_b, high_b)
                cover_cell(samples, i, j, left, corners, box, scratch, spans)


@inlined
def children_above(nodes, node, m, samples, band, bound, per_size):
    """Which children of a node may lie above any point of a band, as bits."""
    base = NODE * node
    low_a, high_a = extreme8(nodes, base, m, 0, 0), extreme8(nodes, base, m, 0, 3)
    low_b, high_b = extreme8(nodes, base, m, 4, 0), extreme8(nodes, base, m, 4, 3)
    top = extreme8(nodes, base, m, 8, 3)
    pad = PAD * (samples.size * np.float32(SIDE))
    low_a, high_a, low_b, high_b, top = low_a - pad, high_a + pad, low_b - pad, high_b + pad, top + pad
    left = bits(within(samples, band, low_a, high_a, low_b, high_b))
    store(bound, 0, low_a)
    store(bound, 8, high_a)
    store(bound, 16, low_b)
    store(bound, 24, high_b)
    store(bound, 32, top)
    found = left
    while left != 0:
        k = lowest_bit(left)
        left &= left - 1
        if not lies_above(
            samples, band,
            peek(bound, k), peek(bound, 8 + k), peek(bound, 16 + k), peek(bound, 24 + k), peek(bound, 32 + k),
            per_size,
        ):  # fmt: skip
            found &= ~(1 << k)
    return found


@step
def cover_tree(
    nodes, links, corners, node_base, slot_base, m, samples, band, scratch, bound, spans, waiting
):  # fmt: skip
    """Lay the triangles of a tree over the points of a band."""
    per_size = np.float32(1) / samples.size
    waiting[0] = 0
    top = 1
    while top > 0:
        top -= 1
        link = peek(waiting, top)
        if link < 0:
            first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
            cover_leaf(corners, first, n, m, samples, band, scratch, spans, per_size)
            continue
        node = node_base + link
        left = children_above(nodes, node, m, samples, band, bound, per_size)
        while left != 0:
            child = peek(links, NODE * node + LINKS + lowest_bit(left))
            left &= left - 1
            if child >= 0:
                for line in range(0, NODE, 16):
                    prefetch(nodes, NODE * (node_base + child) + line)
            else:
                for line in range(0, 64, 16):
                    prefetch(corners, 9 * (slot_base + (~child >> LEAF_BITS)) + line)
            poke(waiting, top, np.int64(child))
            top += 1


@kernel
def cover(world, samples, packed, ends, across, bands, begin, end, covered):
    """Sort the points of bands begin .. end - 1, lay the world's triangles over them, note which are `covered`.

    packed, ends  of `sort_cells`
    across        of `across_from_meshes`; bands of `cut_bands`. Threads take bands, so no point is shared: threads
                  that took triangles spent more time on passing points to and fro than on testing them.
    """
    scratch, spans = np.zeros(BEYOND + 8, np.float32), np.zeros(32, np.int32)
    scratch[BEYOND:] = np.inf
    bound, m = np.zeros(40, np.float32), np.zeros(12, np.float32)
    waiting = np.zeros(world.stack, np.int64)
    most = np.int32(0)
    for cell in range(SIDE * bands[begin], SIDE * bands[end]):
        most = max(most, ends[cell] - samples.first[cell])
    filled, home = np.empty(MOST_PARTS * MOST_PARTS, np.int32), np.empty(most, np.int32)
    for k in range(begin, end):
        band = (np.int64(bands[k]), np.int64(bands[k + 1]))
        sort_parts(SIDE * band[0], SIDE * band[1], packed, ends, samples, filled, home)
        for j in range(across.shape[0]):
            for column in range(12):
                m[column] = across[j, column]
            if j > 0:
                cover_tree(world.pool.nodes, world.pool.links, world.pool.corners,
                           np.int64(world.node_base[j - 1]), np.int64(world.slot_base[j - 1]),
                           m, samples, band, scratch, bound, spans, waiting)  # fmt: skip
            elif world.still_number > 0:
                cover_tree(world.still.nodes, world.still.links, world.still.corners, np.int64(0), np.int64(0),
                           m, samples, band, scratch, bound, spans, waiting)  # fmt: skip
        note_covered(SIDE * band[0], SIDE * band[1], samples, covered)
