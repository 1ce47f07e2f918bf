"""Rays of a pinhole picture: triangles are drawn over blocks of its rays, nearest first.

Where directions are linear in column and row, (column, row, depth) is a linear image of space and an edge of
a triangle divides the picture by a function that is linear in column and row: drawing by those (Pineda, "A
Parallel Algorithm for Polygon Rasterization", SIGGRAPH 1988, without clipping as in Olano and Greer, "Triangle
Scan Conversion using 2D Homogeneous Coordinates", 1997) answers for every ray what casting it would. A block
walks the trees like a tile of rays; a triangle then asks only the rays within its own bounds.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.picture_block import (
    BLOCK_COLUMNS,
    BLOCK_ROWS,
    MAP,
    PIXELS,
    WHOLE_BLOCK,
    aim_block,
    see_box,
)
from drivesynth_kernels.picture_depth import Canvas, Waiting, clear, farthest_of, is_seen, queue_seen
from drivesynth_kernels.picture_leaf import SCRATCH, draw_leaf
from drivesynth_kernels.simd import higher_of, highest_lane, load8, load8_rows3, peek, poke, spread8
from drivesynth_kernels.trace_tree import fetch_children


@kernel
def off_lattice(directions, width, lens, begin, end):
    """Farthest that rays of rows begin .. end - 1 are off the lattice, in columns.

    directions  (3 H W,) unit, W is `width` and at least WIDTH; lens (3, 3): columns are what a column, a row
                and 1 add to a direction
    """
    across = np.sqrt(lens[0, 0] ** 2 + lens[1, 0] ** 2 + lens[2, 0] ** 2)
    eight = np.arange(WIDTH).astype(np.float32)
    worst = spread8(np.float32(0))
    a0, a1, a2 = np.float32(lens[0, 0]), np.float32(lens[1, 0]), np.float32(lens[2, 0])
    for y in range(begin, end):
        b0 = np.float32(lens[0, 1] * y + lens[0, 2])
        b1 = np.float32(lens[1, 1] * y + lens[1, 2])
        b2 = np.float32(lens[2, 1] * y + lens[2, 2])
        for column in range(0, width, WIDTH):
            x = min(column, width - WIDTH)  # the last eight of a row are looked at again
            at = load8(eight, 0) + np.float32(x)
            p, q, r = at * a0 + b0, at * a1 + b1, at * a2 + b2
            d, e, f = load8_rows3(directions, 3 * (width * y + x))
            i, j, k = q * f - r * e, r * d - p * f, p * e - q * d
            worst = higher_of(i * i + j * j + k * k, worst)
    return np.sqrt(np.float64(highest_lane(worst))) / across


@step
def draw_tree(
    nodes, links, corners, node_base, slot_base, holder, m, columns, canvas, waiting, near_of, place_of, scratch
):  # fmt: skip
    """Draw one tree over a block, the nearest nodes first."""
    far = farthest_of(canvas)
    waiting.link[0], waiting.near[0], waiting.place[0] = 0, np.float32(-np.inf), np.int32(WHOLE_BLOCK)
    top = 1
    while top > 0:
        top -= 1
        if not is_seen(canvas, np.int64(peek(waiting.place, top)), peek(waiting.near, top)):
            continue
        link = peek(waiting.link, top)
        if link >= 0:
            node = node_base + link
            hits = see_box(nodes, node, m, far, near_of, place_of)
            fetch_children(nodes, links, corners, node, hits, node_base, slot_base)
            top = queue_seen(hits, links, node, near_of, place_of, canvas, waiting, top)
            continue
        first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
        if draw_leaf(corners, first, n, m, far, holder, scratch, canvas, columns):
            far = farthest_of(canvas)


@inlined
def note_block(world, lens, width, column, top, columns, rows, canvas, out):
    """Write what the block's rays found; ranges are depths times the length of the lattice's rays."""
    best, weight, found = canvas.best, canvas.weight, canvas.found
    a0, a1, a2 = np.float32(lens[0, 0]), np.float32(lens[1, 0]), np.float32(lens[2, 0])
    for y in range(rows):
        at = np.float64(top + y)
        b0 = np.float32(lens[0, 1] * at + lens[0, 2])
        b1 = np.float32(lens[1, 1] * at + lens[1, 2])
        b2 = np.float32(lens[2, 1] * at + lens[2, 2])
        ray = (top + y) * width + column
        for x in range(columns):
            p = BLOCK_COLUMNS * y + x
            slot, holder = np.int64(peek(found, p)), np.int64(peek(found, PIXELS + p))
            if slot < 0:
                poke(out.range_m, ray + x, np.float32(np.inf))
                poke(out.instance, ray + x, np.int32(-1))
                poke(out.primitive, ray + x, np.int32(-1))
                poke(out.u, ray + x, np.float32(0))
                poke(out.v, ray + x, np.float32(0))
                continue
            here = np.float32(column + x)
            d0, d1, d2 = a0 * here + b0, a1 * here + b1, a2 * here + b2
            poke(out.range_m, ray + x, peek(best, p) * np.sqrt(d0 * d0 + d1 * d1 + d2 * d2))
            poke(out.u, ray + x, peek(weight, p))
            poke(out.v, ray + x, peek(weight, PIXELS + p))
            if holder == 0:
                poke(out.instance, ray + x, peek(world.still.source, 2 * slot))
                poke(out.primitive, ray + x, peek(world.still.source, 2 * slot + 1))
            else:
                poke(out.instance, ray + x, peek(world.row, holder - 1))
                poke(out.primitive, ray + x, peek(world.pool.source, 2 * slot + 1))


@kernel
def draw_blocks(world, picture_from_mesh, lens, height, width, begin, end, out):
    """Nearest hits of the rays of blocks begin .. end - 1, which run along the rows of the picture.

    picture_from_mesh  (12 (1 + J),) float64 rows X, Y, Z over x, y, z, 1 of the still tree and each instance
    lens               (3, 3) what a column, a row and 1 add to a ray; depth counts in lengths of such rays
    out                `rays.Found` of (height width,) rays
    """
    across = np.arange(BLOCK_COLUMNS).astype(np.float32) - np.float32(0.5 * (BLOCK_COLUMNS - 1))
    canvas = Canvas(
        np.zeros(PIXELS + 8, np.float32), np.zeros(2 * PIXELS, np.float32), np.zeros(2 * PIXELS, np.int32),
        np.zeros(PIXELS // 64, np.float32), across, np.zeros(8, np.int32),
    )  # fmt: skip
    waiting = Waiting(
        np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32), np.zeros(world.stack, np.int32)
    )
    queue = Waiting(
        np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32), np.zeros(world.stack, np.int32)
    )
    m, own, scratch = np.zeros(MAP, np.float32), np.zeros(MAP, np.float32), np.zeros(SCRATCH, np.float32)
    near_of, place_of = np.zeros(WIDTH, np.float32), np.zeros(WIDTH, np.int32)
    a_row = (width + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS
    for block in range(begin, end):
        top, column = block // a_row * BLOCK_ROWS, block % a_row * BLOCK_COLUMNS
        columns, rows = min(BLOCK_COLUMNS, width - column), min(BLOCK_ROWS, height - top)
        clear(canvas, columns, rows)
        draw_block(
            world, picture_from_mesh, column, top, columns, canvas, waiting, queue, m, own, near_of, place_of, scratch
        )  # fmt: skip
        note_block(world, lens, width, column, top, columns, rows, canvas, out)


@step
def draw_block(
    world, picture_from_mesh, column, top, columns, canvas, waiting, queue, m, own, near_of, place_of, scratch
):  # fmt: skip
    """Draw the world over the block whose first ray stands at (column, top)."""
    none = np.int64(0)
    aim_block(m, picture_from_mesh, none, column, top, world.reach)
    if world.still_number > 0:
        draw_tree(
            world.still.nodes, world.still.links, world.still.corners, none, none, none, m, columns, canvas, waiting,
            near_of, place_of, scratch,
        )  # fmt: skip
    if world.row.shape[0] == 0:
        return
    far = farthest_of(canvas)
    queue.link[0], queue.near[0], queue.place[0] = 0, np.float32(-np.inf), np.int32(WHOLE_BLOCK)
    left = 1
    while left > 0:
        left -= 1
        if not is_seen(canvas, np.int64(peek(queue.place, left)), peek(queue.near, left)):
            continue
        link = peek(queue.link, left)
        if link >= 0:
            hits = see_box(world.top, link, m, far, near_of, place_of)
            left = queue_seen(hits, world.top_links, link, near_of, place_of, canvas, queue, left)
            continue
        j = np.int64(world.top_order[~link >> LEAF_BITS])
        aim_block(own, picture_from_mesh, 1 + j, column, top, world.reach)
        draw_tree(
            world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
            np.int64(world.slot_base[j]), 1 + j, own, columns, canvas, waiting, near_of, place_of, scratch,
        )  # fmt: skip
        far = farthest_of(canvas)
