"""Rays of a pinhole picture: triangles are drawn over blocks of its rays, nearest first.

Where directions are linear in column and row, (column, row, depth) is a linear image of space and an edge of
a triangle divides the picture by a function that is linear in column and row: drawing by those (Pineda, "A
Parallel Algorithm for Polygon Rasterization", SIGGRAPH 1988, without clipping as in Olano and Greer, "Triangle
Scan Conversion using 2D Homogeneous Coordinates", 1997) answers for every ray what casting it would. A block
walks the trees like a tile of rays; a triangle then asks only the rays within its own bounds.

Coordinates of a point seen from the eye: (X, Y, Z) with column X / Z and row Y / Z.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, NODE, WIDTH
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.shadow import extreme8
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    highest_lane,
    load8,
    load8_rows3,
    lower_of,
    lowest_bit,
    peek,
    poke,
    select,
    spread8,
    store,
)  # fmt: skip
from drivesynth_kernels.trace_tree import fetch_children, queue_children

# A block of rays: so small that it stays in the first cache and a tree's far parts are soon hidden from it,
# so large that few triangles and nodes are met by several; found by measuring.
BLOCK_COLUMNS, BLOCK_ROWS = 64, 16
PIXELS = BLOCK_COLUMNS * BLOCK_ROWS
ROUNDING = 1e-6
EDGE_PX = np.float32(2e-3)  # a triangle's bounds are widened by this
NEAREST = np.float32(1e-3)  # corners nearer than this in depth bound nothing
# Rows of a block's map: X, Y, Z over x, y, z, 1, then what is positive right of the block's left side, left of
# its right, below its top, above its bottom, and before the eye.
X, Y, Z, LEFT, RIGHT, TOP, BOTTOM, AHEAD = 0, 4, 8, 12, 16, 20, 24, 28
MAP = 32


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


@inlined
def aim_block(m, picture_from_mesh, row, column, top, reach):
    """The map of a block whose first ray stands at (column, top), from that of the whole picture.

    Columns and rows are then counted from the block's middle.
    """
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    mid_x, mid_y = np.float32(column) + half_x, np.float32(top) + half_y
    half_x, half_y = half_x + EDGE_PX, half_y + EDGE_PX
    for k in range(4):
        z = peek(picture_from_mesh, 12 * row + 8 + k)
        x = peek(picture_from_mesh, 12 * row + k) - mid_x * z
        y = peek(picture_from_mesh, 12 * row + 4 + k) - mid_y * z
        poke(m, X + k, np.float32(x))
        poke(m, Y + k, np.float32(y))
        poke(m, Z + k, np.float32(z))
        poke(m, LEFT + k, np.float32(x + half_x * z))
        poke(m, RIGHT + k, np.float32(half_x * z - x))
        poke(m, TOP + k, np.float32(y + half_y * z))
        poke(m, BOTTOM + k, np.float32(half_y * z - y))
        poke(m, AHEAD + k, np.float32(z))
    for side in range(LEFT, MAP, 4):
        size = abs(peek(m, side)) + abs(peek(m, side + 1)) + abs(peek(m, side + 2))
        poke(m, side + 3, np.float32(peek(m, side + 3) + ROUNDING * (size * reach + abs(peek(m, side + 3)))))


@inlined
def last_ray(bound):
    """Where the last ray before a bound goes, of columns or rows that lie half a pixel off the block's middle."""
    half, large = np.float32(0.5), np.float32(12582912)  # 1.5 x 2^23: adding it rounds to the nearest whole
    whole = (bound - half + large) - large
    return select(whole > bound - half, whole - half, whole + half)


@inlined
def enter_box(nodes, node, m, far, near_of):
    """Which children of a node the block may see before depth `far`, as bits; `near_of` gets their depths."""
    base, nothing = NODE * node, spread8(np.float32(0))
    near = extreme8(nodes, base, m, Z, 0)
    there = near <= far
    for side in range(LEFT, MAP, 4):
        there = there & (extreme8(nodes, base, m, side, 3) >= nothing)
    store(near_of, 0, near)
    return bits(there)


@inlined
def see_box(nodes, node, m, far, near_of):
    """As `enter_box`, without those that lie between the rays.

    Boxes of fine meshes far away mostly do: their triangles need not be fetched then. Rounding keeps order, so
    what bounds a box bounds what is computed in the same way of its corners.
    """
    base, nothing = NODE * node, spread8(np.float32(0))
    hits = enter_box(nodes, node, m, far, near_of)
    near = load8(near_of, 0)
    per_near, per_far = np.float32(1) / near, np.float32(1) / extreme8(nodes, base, m, Z, 3)
    reaches_eye = near < NEAREST
    for row in range(X, Z, 4):
        least, most = extreme8(nodes, base, m, row, 0), extreme8(nodes, base, m, row, 3)
        least = least * select(least < nothing, per_near, per_far) - EDGE_PX
        most = most * select(most > nothing, per_near, per_far) + EDGE_PX
        hits &= bits((last_ray(most) >= least) | reaches_eye)
    return hits


@inlined
def draw_triangle(corner, bound, k, slot, holder, best, weight, found, across, columns):
    """Draw triangle k of a leaf over the block's rays; whether any sees it.

    corner  rows of eight: X, Y, Z of each corner; bound: least and most column, least and most row
    best, weight, found  (PIXELS,) nearest depth so far; (2 PIXELS,) weights of the second and third corner; slot
            and holder
    """
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    x0 = np.int64(np.ceil(max(peek(bound, k) + half_x, np.float32(0))))
    x1 = np.int64(min(peek(bound, 8 + k) + half_x, np.float32(columns - 1)))
    y0 = np.int64(np.ceil(max(peek(bound, 16 + k) + half_y, np.float32(0))))
    y1 = np.int64(min(peek(bound, 24 + k) + half_y, np.float32(BLOCK_ROWS - 1)))
    if x1 < x0 or y1 < y0:
        return False
    # Products of float32 are exact in float64: a coefficient is rounded once or twice, and of a shared edge
    # both triangles get the same up to the sign.
    az, bz, cz = peek(corner, 16 + k), peek(corner, 40 + k), peek(corner, 64 + k)
    ax, ay, a_ = np.float64(peek(corner, k)), np.float64(peek(corner, 8 + k)), np.float64(az)
    bx, by, b_ = np.float64(peek(corner, 24 + k)), np.float64(peek(corner, 32 + k)), np.float64(bz)
    cx, cy, c_ = np.float64(peek(corner, 48 + k)), np.float64(peek(corner, 56 + k)), np.float64(cz)
    u_x, u_y, u_1 = (
        np.float32(by * c_ - b_ * cy),
        np.float32(b_ * cx - bx * c_),
        np.float32(bx * cy - by * cx),
    )
    v_x, v_y, v_1 = (
        np.float32(cy * a_ - c_ * ay),
        np.float32(c_ * ax - cx * a_),
        np.float32(cx * ay - cy * ax),
    )
    w_x, w_y, w_1 = (
        np.float32(ay * b_ - a_ * by),
        np.float32(a_ * bx - ax * b_),
        np.float32(ax * by - ay * bx),
    )
    nearest = min(az, min(bz, cz))
    changed = False
    for y in range(y0, y1 + 1):
        at = spread8(np.float32(y) - half_y)
        u_row, v_row, w_row = (
            fma(at, u_y, spread8(u_1)),
            fma(at, v_y, spread8(v_1)),
            fma(at, w_y, spread8(w_1)),
        )
        for x in range(x0 & ~7, x1 + 1, 8):
            p = BLOCK_COLUMNS * y + x
            before = load8(best, p)
            if bits(before > nearest) == 0:
                continue
            across8 = load8(across, x)
            u, v, w = fma(across8, u_x, u_row), fma(across8, v_x, v_row), fma(across8, w_x, w_row)
            inside = (lower_of(lower_of(u, v), w) >= np.float32(0)) | (
                higher_of(higher_of(u, v), w) <= np.float32(0)
            )
            if bits(inside) == 0:
                continue
            det = u + v + w
            depth = fma(u, az, fma(v, bz, w * cz)) / det
            inside = inside & (det != np.float32(0)) & (depth > np.float32(0)) & (depth < before)
            if bits(inside) == 0:
                continue
            changed = True
            store(best, p, select(inside, depth, before))
            store(weight, p, select(inside, v / det, load8(weight, p)))
            store(weight, PIXELS + p, select(inside, w / det, load8(weight, PIXELS + p)))
            store(found, p, select(inside, spread8(np.int32(slot)), load8(found, p)))
            store(found, PIXELS + p, select(inside, spread8(np.int32(holder)), load8(found, PIXELS + p)))
    return changed


@inlined
def draw_leaf(corners, first, n, m, far, holder, corner, bound, best, weight, found, across, columns):
    """Draw a leaf's n triangles over the block's rays; whether any sees one."""
    base = 9 * first
    nearest, farthest = spread8(np.float32(np.inf)), spread8(np.float32(-np.inf))
    least_x, most_x, least_y, most_y = nearest, farthest, nearest, farthest
    for c in range(3):
        x, y, z = (
            load8(corners, base + 3 * c * n),
            load8(corners, base + (3 * c + 1) * n),
            load8(corners, base + (3 * c + 2) * n),
        )
        px = fma(z, peek(m, X + 2), fma(y, peek(m, X + 1), fma(x, peek(m, X), spread8(peek(m, X + 3)))))
        py = fma(z, peek(m, Y + 2), fma(y, peek(m, Y + 1), fma(x, peek(m, Y), spread8(peek(m, Y + 3)))))
        pz = fma(z, peek(m, Z + 2), fma(y, peek(m, Z + 1), fma(x, peek(m, Z), spread8(peek(m, Z + 3)))))
        store(corner, 24 * c, px)
        store(corner, 24 * c + 8, py)
        store(corner, 24 * c + 16, pz)
        nearest, farthest = lower_of(nearest, pz), higher_of(farthest, pz)
        per = spread8(np.float32(1)) / pz
        column, row = px * per, py * per
        least_x, most_x = lower_of(least_x, column), higher_of(most_x, column)
        least_y, most_y = lower_of(least_y, row), higher_of(most_y, row)
    # What reaches behind the eye may show anywhere.
    before = nearest < NEAREST
    anywhere = np.float32(1e6)
    least_x, most_x = select(before, -anywhere, least_x - EDGE_PX), select(before, anywhere, most_x + EDGE_PX)
    least_y, most_y = select(before, -anywhere, least_y - EDGE_PX), select(before, anywhere, most_y + EDGE_PX)
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    there = (most_x >= -half_x) & (least_x <= half_x) & (most_y >= -half_y) & (least_y <= half_y)
    # Small triangles mostly pass between the rays.
    there = there & (last_ray(most_x) >= least_x) & (last_ray(most_y) >= least_y)
    left = bits(there & (farthest > np.float32(0)) & (nearest <= far)) & ((1 << n) - 1)
    if left == 0:
        return False
    store(bound, 0, least_x)
    store(bound, 8, most_x)
    store(bound, 16, least_y)
    store(bound, 24, most_y)
    changed = False
    while left != 0:
        k = lowest_bit(left)
        left &= left - 1
        if draw_triangle(corner, bound, k, first + k, holder, best, weight, found, across, columns):
            changed = True
    return changed


@inlined
def farthest_of(best):
    """The depth behind which no ray of the block can find anything nearer than it has."""
    # Four at a time: each waits for nothing but its own last step.
    one, two, three, four = load8(best, 0), load8(best, 8), load8(best, 16), load8(best, 24)
    for p in range(32, PIXELS, 32):
        one, two = higher_of(one, load8(best, p)), higher_of(two, load8(best, p + 8))
        three, four = higher_of(three, load8(best, p + 16)), higher_of(four, load8(best, p + 24))
    far = higher_of(higher_of(one, two), higher_of(three, four))
    return highest_lane(far)


@step
def draw_tree(
    nodes, links, corners, node_base, slot_base, holder, m, corner, bound, best, weight, found, across, columns,
    waiting, waiting_near, near_of,
):  # fmt: skip
    """Draw one tree over a block, the nearest nodes first."""
    far = farthest_of(best)
    waiting[0], waiting_near[0] = 0, np.float32(-np.inf)
    top = 1
    while top > 0:
        top -= 1
        if peek(waiting_near, top) > far:
            continue
        link = peek(waiting, top)
        if link >= 0:
            node = node_base + link
            hits = see_box(nodes, node, m, far, near_of)
            fetch_children(nodes, links, corners, node, hits, node_base, slot_base)
            top = queue_children(hits, links, node, near_of, waiting, waiting_near, top)
            continue
        first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
        if draw_leaf(corners, first, n, m, far, holder, corner, bound, best, weight, found, across, columns):
            far = farthest_of(best)


@inlined
def begin_block(best, found, columns, rows):
    """Nothing found yet; rays beyond the picture ask nothing."""
    for p in range(0, PIXELS, 8):
        store(best, p, spread8(np.float32(np.inf)))
        store(found, p, spread8(np.int32(-1)))
    for y in range(BLOCK_ROWS):
        for x in range(columns if y < rows else 0, BLOCK_COLUMNS):
            poke(best, BLOCK_COLUMNS * y + x, np.float32(-np.inf))


@inlined
def note_block(world, lens, width, column, top, columns, rows, best, weight, found, out):
    """Write what the block's rays found; ranges are depths times the length of the lattice's rays."""
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
    corner, bound, m, own = (
        np.zeros(72, np.float32),
        np.zeros(32, np.float32),
        np.zeros(MAP, np.float32),
        np.zeros(MAP, np.float32),
    )
    best, weight = np.zeros(PIXELS, np.float32), np.zeros(2 * PIXELS, np.float32)
    found, near_of = np.zeros(2 * PIXELS, np.int32), np.zeros(WIDTH, np.float32)
    across = np.arange(BLOCK_COLUMNS).astype(np.float32) - np.float32(0.5 * (BLOCK_COLUMNS - 1))
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    a_row = (width + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS
    for block in range(begin, end):
        top, column = block // a_row * BLOCK_ROWS, block % a_row * BLOCK_COLUMNS
        columns, rows = min(BLOCK_COLUMNS, width - column), min(BLOCK_ROWS, height - top)
        draw_block(
            world, picture_from_mesh, lens, width, column, top, columns, rows, corner, bound, m, own, best, weight,
            found, near_of, across, waiting, waiting_near, queue, queue_near, out,
        )  # fmt: skip


@step
def draw_block(
    world, picture_from_mesh, lens, width, column, top, columns, rows, corner, bound, m, own, best, weight, found,
    near_of, across, waiting, waiting_near, queue, queue_near, out,
):  # fmt: skip
    """`draw_blocks` for one of them, with its scratch."""
    none = np.int64(0)
    begin_block(best, found, columns, rows)
    aim_block(m, picture_from_mesh, none, column, top, world.reach)
    if world.still_number > 0:
        draw_tree(
            world.still.nodes, world.still.links, world.still.corners, none, none, none, m, corner, bound, best, weight,
            found, across, columns, waiting, waiting_near, near_of,
        )  # fmt: skip
    if world.row.shape[0] > 0:
        far = farthest_of(best)
        queue[0], queue_near[0] = 0, np.float32(-np.inf)
        left = 1
        while left > 0:
            left -= 1
            if queue_near[left] > far:
                continue
            link = queue[left]
            if link >= 0:
                hits = see_box(world.top, link, m, far, near_of)
                left = queue_children(hits, world.top_links, link, near_of, queue, queue_near, left)
                continue
            j = np.int64(world.top_order[~link >> LEAF_BITS])
            aim_block(own, picture_from_mesh, 1 + j, column, top, world.reach)
            draw_tree(
                world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
                np.int64(world.slot_base[j]), 1 + j, own, corner, bound, best, weight, found, across, columns, waiting,
                waiting_near, near_of,
            )  # fmt: skip
            far = farthest_of(best)
    note_block(world, lens, width, column, top, columns, rows, best, weight, found, out)
