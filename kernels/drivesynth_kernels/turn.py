"""Rays of a turning device: triangles are drawn over blocks of its rays, each ray with an origin of its own.

As in `picture`, a block walks the trees once and a triangle then asks only the rays within its bounds; those are
tested exactly, each as it was fired. What moves is met in its own frame, at every ray's own time.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.frames import pose_between
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.picture_block import MAP, NEAREST, enter_box
from drivesynth_kernels.picture_block import X as MAP_X
from drivesynth_kernels.picture_block import Y as MAP_Y
from drivesynth_kernels.picture_block import Z as MAP_Z
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    highest_lane,
    load8,
    lower_of,
    lowest_bit,
    peek,
    poke,
    select,
    spread8,
    store,
)  # fmt: skip
from drivesynth_kernels.trace_tree import fetch_children, queue_children
from drivesynth_kernels.turn_block import (
    ADVANCE,
    BEST,
    BLOCK_COLUMNS,
    BLOCK_ROWS,
    BOUNDS,
    CX,
    CY,
    LEAST_ADVANCE,
    LEAST_COSINE,
    LEAST_CX,
    LEAST_CY,
    LEAST_SX,
    LEAST_SY,
    LEAST_Z0,
    MOST_CX,
    MOST_CY,
    MOST_SX,
    MOST_SY,
    RAYS,
    ROWS,
    SLACK,
    STRETCH,
    SX,
    SY,
    Z0,
    U,
    V,
    across,
    bring_home,
    frame_block,
    load_block,
    plan_sides,
    rays_at_box,
    rays_within,
    shear,
    stay_home,
    through_pose,
)  # fmt: skip


@inlined
def test_eight(lanes, found, lane, ax, ay, az, bx, by, bz, cx, cy, cz, nearest, slot, holder):
    """Eight rays against a triangle, as `trace_tree` does it; whether any finds it nearer than what it has."""
    best = load8(lanes, RAYS * BEST + lane)
    if bits(fma(best, load8(lanes, RAYS * ADVANCE + lane), load8(lanes, RAYS * Z0 + lane)) >= nearest) == 0:
        return False
    sx, sy = load8(lanes, RAYS * SX + lane), load8(lanes, RAYS * SY + lane)
    ox, oy = load8(lanes, RAYS * CX + lane), load8(lanes, RAYS * CY + lane)
    a_x, a_y = fma(sx, az, ox) - ax, fma(sy, az, oy) - ay
    b_x, b_y = fma(sx, bz, ox) - bx, fma(sy, bz, oy) - by
    c_x, c_y = fma(sx, cz, ox) - cx, fma(sy, cz, oy) - cy
    # No fma here: rounding each product alone keeps the signs of a shared edge opposite.
    u = c_x * b_y - c_y * b_x
    v = a_x * c_y - a_y * c_x
    w = b_x * a_y - b_y * a_x
    inside = (lower_of(lower_of(u, v), w) >= np.float32(0)) | (higher_of(higher_of(u, v), w) <= np.float32(0))
    if bits(inside) == 0:
        return False
    det = u + v + w
    ahead = fma(u, spread8(az), fma(v, spread8(bz), w * cz)) / det - load8(lanes, RAYS * Z0 + lane)
    reach = ahead * load8(lanes, RAYS * STRETCH + lane)
    inside = inside & (det != np.float32(0)) & (ahead > np.float32(0)) & (reach < best)
    if bits(inside) == 0:
        return False
    store(lanes, RAYS * BEST + lane, select(inside, reach, best))
    store(lanes, RAYS * U + lane, select(inside, v / det, load8(lanes, RAYS * U + lane)))
    store(lanes, RAYS * V + lane, select(inside, w / det, load8(lanes, RAYS * V + lane)))
    store(found, lane, select(inside, spread8(np.int32(slot)), load8(found, lane)))
    store(found, RAYS + lane, select(inside, spread8(np.int32(holder)), load8(found, RAYS + lane)))
    return True


@inlined
def meet_triangle(corner, bound, k, slot, holder, lanes, found, bounds):
    """Ask the rays within triangle k's bounds; whether any sees it."""
    rows, eights = rays_within(
        bounds, peek(bound, k), peek(bound, 8 + k), peek(bound, 16 + k), peek(bound, 24 + k)
    )
    if rows == 0 or eights == 0:
        return False
    ax, ay, az = peek(corner, k), peek(corner, 8 + k), peek(corner, 16 + k)
    bx, by, bz = peek(corner, 24 + k), peek(corner, 32 + k), peek(corner, 40 + k)
    cx, cy, cz = peek(corner, 48 + k), peek(corner, 56 + k), peek(corner, 64 + k)
    nearest = min(az, min(bz, cz)) * np.float32(1 - 1e-6)
    changed = False
    while rows != 0:
        first = BLOCK_COLUMNS * lowest_bit(rows)
        rows &= rows - 1
        left = eights
        while left != 0:
            lane = first + 8 * lowest_bit(left)
            left &= left - 1
            if test_eight(lanes, found, lane, ax, ay, az, bx, by, bz, cx, cy, cz, nearest, slot, holder):
                changed = True
    return changed


@inlined
def meet_leaf(corners, first, n, m, far, holder, corner, bound, lanes, found, bounds):
    """Ask a block's rays about a leaf's n triangles; whether any sees one."""
    base = 9 * first
    nearest, farthest = spread8(np.float32(np.inf)), spread8(np.float32(-np.inf))
    least_x, most_x, least_y, most_y = nearest, farthest, nearest, farthest
    for c in range(3):
        x, y, z = (
            load8(corners, base + 3 * c * n),
            load8(corners, base + (3 * c + 1) * n),
            load8(corners, base + (3 * c + 2) * n),
        )
        px = across(m, MAP_X, x, y, z)
        py = across(m, MAP_Y, x, y, z)
        pz = across(m, MAP_Z, x, y, z)
        store(corner, 24 * c, px)
        store(corner, 24 * c + 8, py)
        store(corner, 24 * c + 16, pz)
        nearest, farthest = lower_of(nearest, pz), higher_of(farthest, pz)
        per = spread8(np.float32(1)) / pz
        least_x = lower_of(least_x, (px - peek(bounds, MOST_CX)) * per)
        most_x = higher_of(most_x, (px - peek(bounds, LEAST_CX)) * per)
        least_y = lower_of(least_y, (py - peek(bounds, MOST_CY)) * per)
        most_y = higher_of(most_y, (py - peek(bounds, LEAST_CY)) * per)
    # What reaches behind the device may be met anywhere.
    before, anywhere = nearest < NEAREST, np.float32(1e6)
    least_x, most_x = select(before, -anywhere, least_x), select(before, anywhere, most_x)
    least_y, most_y = select(before, -anywhere, least_y), select(before, anywhere, most_y)
    there = (most_x >= peek(bounds, LEAST_SX) - SLACK) & (least_x <= peek(bounds, MOST_SX) + SLACK)
    there = there & (most_y >= peek(bounds, LEAST_SY) - SLACK) & (least_y <= peek(bounds, MOST_SY) + SLACK)
    left = bits(there & (farthest > peek(bounds, LEAST_Z0)) & (nearest <= far)) & ((1 << n) - 1)
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
        if meet_triangle(corner, bound, k, first + k, holder, lanes, found, bounds):
            changed = True
    return changed


@inlined
def farthest_of(lanes, rows, eights):
    """The depth behind which no ray of some rows and eights (bits) can find anything nearer than it has."""
    far = spread8(np.float32(-np.inf))
    left = rows
    while left != 0:
        y = lowest_bit(left)
        left &= left - 1
        some = eights
        while some != 0:
            lane = BLOCK_COLUMNS * y + 8 * lowest_bit(some)
            some &= some - 1
            best = load8(lanes, RAYS * BEST + lane)
            far = higher_of(
                far, fma(best, load8(lanes, RAYS * ADVANCE + lane), load8(lanes, RAYS * Z0 + lane))
            )
    return highest_lane(far)


@step
def meet_tree(
    nodes, links, corners, node_base, slot_base, holder, m, corner, bound, lanes, found, bounds, rows, eights, waiting,
    waiting_near, near_of,
):  # fmt: skip
    """Ask a block's rays of some rows and eights (bits) about one tree, the nearest nodes first."""
    far = farthest_of(lanes, rows, eights)
    waiting[0], waiting_near[0] = 0, np.float32(-np.inf)
    top = 1
    while top > 0:
        top -= 1
        if peek(waiting_near, top) > far:
            continue
        link = peek(waiting, top)
        if link >= 0:
            node = node_base + link
            hits = enter_box(nodes, node, m, far, near_of)
            fetch_children(nodes, links, corners, node, hits, node_base, slot_base)
            top = queue_children(hits, links, node, near_of, waiting, waiting_near, top)
            continue
        first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
        if meet_leaf(corners, first, n, m, far, holder, corner, bound, lanes, found, bounds):
            far = farthest_of(lanes, rows, eights)


@inlined
def note_block(world, width, top, left, rows, columns, lanes, found, out):
    """Write what the block's rays found."""
    for y in range(rows):
        ray = (top + y) * width + left
        for x in range(columns):
            lane = BLOCK_COLUMNS * y + x
            slot, holder = np.int64(peek(found, lane)), np.int64(peek(found, RAYS + lane))
            if slot < 0:
                poke(out.range_m, ray + x, np.float32(np.inf))
                poke(out.instance, ray + x, np.int32(-1))
                poke(out.primitive, ray + x, np.int32(-1))
                poke(out.u, ray + x, np.float32(0))
                poke(out.v, ray + x, np.float32(0))
                continue
            poke(out.range_m, ray + x, peek(lanes, RAYS * BEST + lane))
            poke(out.u, ray + x, peek(lanes, RAYS * U + lane))
            poke(out.v, ray + x, peek(lanes, RAYS * V + lane))
            if holder == 0:
                poke(out.instance, ray + x, peek(world.still.source, 2 * slot))
                poke(out.primitive, ray + x, peek(world.still.source, 2 * slot + 1))
            else:
                poke(out.instance, ray + x, peek(world.row, holder - 1))
                poke(out.primitive, ray + x, peek(world.pool.source, 2 * slot + 1))


@kernel
def meet_blocks(world, origins, directions, times, height, width, begin, end, wide, out):
    """Nearest hits of blocks begin .. end - 1 of a grid of rays, blocks counted along its rows.

    origins     (3 R C,) world, float64 [m]; directions (3 R C,) unit; times (R C,) [s]
    wide        (B,) written: blocks left to others, whose rays point too many ways
    out         `rays.Found` of (R C,) rays
    """
    lanes, found = np.zeros(RAYS * ROWS, np.float32), np.zeros(2 * RAYS, np.int32)
    bounds, m = np.zeros(BOUNDS, np.float32), np.zeros(MAP, np.float32)
    top_m, top_bounds = np.zeros(MAP, np.float32), np.zeros(BOUNDS, np.float32)
    corner, bound, near_of = np.zeros(72, np.float32), np.zeros(32, np.float32), np.zeros(WIDTH, np.float32)
    moments = np.zeros(RAYS // 8)
    frame, rate, motion = np.zeros(12, np.float32), np.zeros(12, np.float32), np.zeros(18)
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    across = (width + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS
    for block in range(begin, end):
        top, left = block // across * BLOCK_ROWS, block % across * BLOCK_COLUMNS
        rows, columns = min(BLOCK_ROWS, height - top), min(BLOCK_COLUMNS, width - left)
        wide[block] = not meet_block(
            world, origins, directions, times, width, top, left, rows, columns, lanes, found, bounds, m, top_bounds,
            top_m, corner, bound, near_of, moments, frame, rate, motion, waiting, waiting_near,
            queue, queue_near, out,
        )  # fmt: skip


@step
def meet_block(
    world, origins, directions, times, width, top, left, rows, columns, lanes, found, bounds, m, top_bounds, top_m,
    corner, bound, near_of, moments, frame, rate, motion, waiting, waiting_near, queue, queue_near,
    out,
):  # fmt: skip
    """`meet_blocks` for one of them, with its scratch; False where others must trace its rays."""
    none, every_row, every_eight = (
        np.int64(0),
        np.int64((1 << BLOCK_ROWS) - 1),
        np.int64((1 << (BLOCK_COLUMNS // 8)) - 1),
    )
    load_block(
        world.origin, origins, directions, times, width, top, left, rows, columns, lanes, found, moments
    )
    stay_home(lanes)
    frame_block(lanes, top_m)
    shear(lanes, top_m, top_bounds, every_row, every_eight)
    if not peek(top_bounds, LEAST_ADVANCE) > LEAST_COSINE:
        return False
    plan_sides(top_m, world.reach, top_bounds)
    if world.still_number > 0:
        meet_tree(
            world.still.nodes, world.still.links, world.still.corners, none, none, none, top_m, corner, bound, lanes,
            found, top_bounds, every_row, every_eight, waiting, waiting_near, near_of,
        )  # fmt: skip
    if world.row.shape[0] > 0:
        # What moves comes last: its rays are bent to their own times, in the same rows of the array.
        far = farthest_of(lanes, every_row, every_eight)
        for moving in range(2):
            queue[0], queue_near[0] = 0, np.float32(-np.inf)
            entries = 1
            while entries > 0:
                entries -= 1
                if queue_near[entries] > far:
                    continue
                link = queue[entries]
                if link >= 0:
                    hits = enter_box(world.top, link, top_m, far, near_of)
                    entries = queue_children(hits, world.top_links, link, near_of, queue, queue_near, entries)
                    continue
                j = np.int64(world.top_order[~link >> LEAF_BITS])
                if (world.track[j] >= 0) != (moving == 1):
                    continue
                some_rows, some_eights = rays_at_box(world.boxes, j, top_m, top_bounds)
                if some_rows == 0 or some_eights == 0:
                    continue
                if moving == 0:
                    through_pose(m, top_m, world.pose[j])
                    plan_sides(m, world.reach, top_bounds)
                    meet_tree(
                        world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
                        np.int64(world.slot_base[j]), 1 + j, m, corner, bound, lanes, found, top_bounds, some_rows,
                        some_eights, waiting, waiting_near, near_of,
                    )  # fmt: skip
                    continue
                bring_home(lanes, world, j, moments, some_rows, some_eights, motion, frame, rate)
                pose_between(world.keys, world.key_times, world.turns, world.track[j],
                             moments[RAYS // 16], motion)  # fmt: skip
                through_pose(m, top_m, motion)
                shear(lanes, m, bounds, some_rows, some_eights)
                plan_sides(m, world.reach, bounds)
                meet_tree(
                    world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
                    np.int64(world.slot_base[j]), 1 + j, m, corner, bound, lanes, found, bounds, some_rows, some_eights,
                    waiting, waiting_near, near_of,
                )  # fmt: skip
    note_block(world, width, top, left, rows, columns, lanes, found, out)
    return True
