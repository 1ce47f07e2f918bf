"""Rays of a turning device: triangles are drawn over blocks of its rays, each ray with an origin of its own.

As in `picture`, a block walks the trees once and a triangle then asks only the rays within its bounds. But
here rays start from different places at different times: in a block's frame, whose depth axis is its mean
direction, a ray is a point that moves sideways with depth, x = cx + sx z and y = cy + sy z (the sheared space
of `tile`). Bounds of slopes and offsets say which rows and which eights of columns a triangle may meet; those
rays are tested exactly.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.frames import frame_at, pose_between
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.picture import AHEAD, BOTTOM, LEFT, MAP, NEAREST, RIGHT, ROUNDING, TOP, enter_box
from drivesynth_kernels.picture import X as MAP_X
from drivesynth_kernels.picture import Y as MAP_Y
from drivesynth_kernels.picture import Z as MAP_Z
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    highest_lane,
    load8,
    lower_of,
    lowest_bit,
    lowest_lane,
    peek,
    poke,
    select,
    spread8,
    store,
)  # fmt: skip
from drivesynth_kernels.trace_tree import fetch_children, queue_children

# A block: few rows, so that those which look up to the sky do not keep the others from hiding what lies far.
BLOCK_ROWS, BLOCK_COLUMNS = 8, 64
RAYS = BLOCK_ROWS * BLOCK_COLUMNS
# Rows of the block's array, RAYS each: rays in the world and in a tree's frame (origin, direction), time since
# the column's own; slopes, offsets, depth of the origin, metres a metre of depth and the inverse; nearest hit
# [m] and weights of the second and third corner.
WORLD, HOME, LATER = 0, 6, 12
SX, SY, CX, CY, Z0, STRETCH, ADVANCE = 13, 14, 15, 16, 17, 18, 19
BEST, U, V = 20, 21, 22
ROWS = 23
# Bounds of a block: of all rays, then per row of rays and per eight columns.
LEAST_SX, MOST_SX, LEAST_SY, MOST_SY, LEAST_CX, MOST_CX, LEAST_CY, MOST_CY = 0, 1, 2, 3, 4, 5, 6, 7
LEAST_Z0, LEAST_ADVANCE = 8, 9
ROW_LOW, ROW_HIGH, EIGHT_LOW, EIGHT_HIGH = 16, 16 + BLOCK_ROWS, 16 + 2 * BLOCK_ROWS, 24 + 2 * BLOCK_ROWS
BOUNDS = 32 + 2 * BLOCK_ROWS
SLACK = np.float32(3e-6)  # of a slope: rounding of bounds
# A ray advances by no less a metre along its block's depth axis, else the block's rays are traced otherwise.
LEAST_COSINE = 0.7
# Rays of a column fired within this are fired at once [s]: 4 um at 40 m/s.
AT_ONCE_S = 1e-7


@inlined
def load_block(
    origin, origins, directions, times, width, top, left, rows, columns, lanes, found, column_times
):
    """Rays of a block into the world's rows; those beyond the grid repeat its last ones and ask nothing.

    Returns whether times differ within a column.
    """
    apart = False
    for x in range(BLOCK_COLUMNS):
        column = left + min(x, columns - 1)
        column_times[x] = times[(top + rows // 2) * width + column]
    for y in range(BLOCK_ROWS):
        for x in range(BLOCK_COLUMNS):
            ray = (top + min(y, rows - 1)) * width + left + min(x, columns - 1)
            lane = BLOCK_COLUMNS * y + x
            for axis in range(3):
                poke(lanes, RAYS * (WORLD + axis) + lane,
                     np.float32(peek(origins, 3 * ray + axis) - peek(origin, axis)))  # fmt: skip
                poke(lanes, RAYS * (WORLD + 3 + axis) + lane, peek(directions, 3 * ray + axis))
            later = peek(times, ray) - peek(column_times, x)
            apart = apart or abs(later) > AT_ONCE_S
            poke(lanes, RAYS * LATER + lane, np.float32(later))
            asks = y < rows and x < columns
            poke(lanes, RAYS * BEST + lane, np.float32(np.inf) if asks else np.float32(-np.inf))
            poke(found, lane, np.int32(-1))
    return apart


@inlined
def stay_home(lanes):
    """The world's rays as those of the tree of what stands still."""
    for lane in range(0, 6 * RAYS, 8):
        store(lanes, RAYS * HOME + lane, load8(lanes, RAYS * WORLD + lane))


@inlined
def bring_home(lanes, frames, rates, apart, rows, eights):
    """The world's rays of some rows and eights (bits) in an instance's frame.

    frames, rates  (12, BLOCK_COLUMNS) mesh_from_world at each column's time and its rate
    """
    for axis in range(3):
        row = 4 * axis * BLOCK_COLUMNS
        some = eights
        while some != 0:
            x = 8 * lowest_bit(some)
            some &= some - 1
            a, b, c, d = (
                load8(frames, row + x),
                load8(frames, row + BLOCK_COLUMNS + x),
                load8(frames, row + 2 * BLOCK_COLUMNS + x),
                load8(frames, row + 3 * BLOCK_COLUMNS + x),
            )
            e, f, g, h = (
                load8(rates, row + x),
                load8(rates, row + BLOCK_COLUMNS + x),
                load8(rates, row + 2 * BLOCK_COLUMNS + x),
                load8(rates, row + 3 * BLOCK_COLUMNS + x),
            )
            left = rows
            while left != 0:
                lane = BLOCK_COLUMNS * lowest_bit(left) + x
                left &= left - 1
                ox, oy, oz = load8(lanes, lane), load8(lanes, RAYS + lane), load8(lanes, 2 * RAYS + lane)
                rx, ry, rz = (
                    load8(lanes, 3 * RAYS + lane),
                    load8(lanes, 4 * RAYS + lane),
                    load8(lanes, 5 * RAYS + lane),
                )
                origin = fma(ox, a, fma(oy, b, fma(oz, c, d)))
                direction = fma(rx, a, fma(ry, b, rz * c))
                if apart:
                    later = load8(lanes, RAYS * LATER + lane)
                    origin = fma(later, fma(ox, e, fma(oy, f, fma(oz, g, h))), origin)
                    direction = fma(later, fma(rx, e, fma(ry, f, rz * g)), direction)
                store(lanes, RAYS * (HOME + axis) + lane, origin)
                store(lanes, RAYS * (HOME + 3 + axis) + lane, direction)


@inlined
def at_home(lanes, row, lane):
    """A vector of a ray at home, in float64."""
    return (
        np.float64(peek(lanes, RAYS * (HOME + row) + lane)),
        np.float64(peek(lanes, RAYS * (HOME + row + 1) + lane)),
        np.float64(peek(lanes, RAYS * (HOME + row + 2) + lane)),
    )


@step
def frame_block(lanes, m):
    """The block's frame in the world: rows X, Y, Z of its map."""
    middle = np.int64(BLOCK_COLUMNS * (BLOCK_ROWS // 2) + BLOCK_COLUMNS // 2)
    zx, zy, zz = 0.0, 0.0, 0.0
    for lane in range(0, RAYS, 21):  # rays here and there: any frame near the mean serves
        dx, dy, dz = at_home(lanes, 3, lane)
        zx, zy, zz = zx + dx, zy + dy, zz + dz
    norm = 1.0 / np.sqrt(zx * zx + zy * zy + zz * zz)
    zx, zy, zz = zx * norm, zy * norm, zz * norm
    # Rows stay level where the block's side axis runs along them.
    ax, ay, az = at_home(lanes, 3, np.int64(middle - BLOCK_COLUMNS // 2))
    bx, by, bz = at_home(lanes, 3, np.int64(middle + BLOCK_COLUMNS // 2 - 1))
    xx, xy, xz = bx - ax, by - ay, bz - az
    along = xx * zx + xy * zy + xz * zz
    xx, xy, xz = xx - along * zx, xy - along * zy, xz - along * zz
    if xx * xx + xy * xy + xz * xz < 1e-8:
        xx, xy, xz = (zy, -zx, 0.0) if zx * zx + zy * zy > 1e-8 else (1.0, 0.0, 0.0)
    norm = 1.0 / np.sqrt(xx * xx + xy * xy + xz * xz)
    xx, xy, xz = xx * norm, xy * norm, xz * norm
    yx, yy, yz = zy * xz - zz * xy, zz * xx - zx * xz, zx * xy - zy * xx
    ox, oy, oz = at_home(lanes, 0, middle)
    for row, a, b, c in ((MAP_X, xx, xy, xz), (MAP_Y, yx, yy, yz), (MAP_Z, zx, zy, zz)):
        poke(m, row, np.float32(a))
        poke(m, row + 1, np.float32(b))
        poke(m, row + 2, np.float32(c))
        poke(m, row + 3, np.float32(-(a * ox + b * oy + c * oz)))


@inlined
def through_pose(m, of, pose):
    """Rows X, Y, Z of the map `of` after a pose (rows of three by four), into m."""
    for row in range(MAP_X, MAP_Z + 4, 4):
        for column in range(4):
            total = np.float64(peek(of, row + 3)) if column == 3 else 0.0
            for axis in range(3):
                total += np.float64(peek(of, row + axis)) * pose[4 * axis + column]
            poke(m, row + column, np.float32(total))


@inlined
def plan_sides(m, reach, bounds):
    """Rows LEFT .. AHEAD of a map whose X, Y, Z are known, from the bounds of the block's rays in its frame.

    reach   largest coordinate [m] of what will be met
    """
    for k in range(4):
        x, y, z = peek(m, MAP_X + k), peek(m, MAP_Y + k), peek(m, MAP_Z + k)
        last = np.float32(1) if k == 3 else np.float32(0)
        poke(m, LEFT + k, x - (bounds[LEAST_SX] - SLACK) * z - last * bounds[LEAST_CX])
        poke(m, RIGHT + k, (bounds[MOST_SX] + SLACK) * z + last * bounds[MOST_CX] - x)
        poke(m, TOP + k, y - (bounds[LEAST_SY] - SLACK) * z - last * bounds[LEAST_CY])
        poke(m, BOTTOM + k, (bounds[MOST_SY] + SLACK) * z + last * bounds[MOST_CY] - y)
        poke(m, AHEAD + k, z - last * bounds[LEAST_Z0])
    for side in range(LEFT, MAP, 4):
        size = abs(peek(m, side)) + abs(peek(m, side + 1)) + abs(peek(m, side + 2))
        poke(m, side + 3, np.float32(peek(m, side + 3) + ROUNDING * (size * reach + abs(peek(m, side + 3)))))


@step
def shear(lanes, m, bounds, rows, eights):
    """The rays of some rows and eights (bits) in the frame of a map's X, Y, Z, and their bounds."""
    nothing = spread8(np.float32(np.inf))
    least_sx, least_sy, least_cx, least_cy, least_z0, advance = (
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
    )
    most_sx, most_sy, most_cx, most_cy = -nothing, -nothing, -nothing, -nothing
    for y in range(BLOCK_ROWS):
        poke(bounds, ROW_LOW + y, np.float32(np.inf))
        poke(bounds, ROW_HIGH + y, np.float32(-np.inf))
    for k in range(8):
        poke(bounds, EIGHT_LOW + k, np.float32(np.inf))
        poke(bounds, EIGHT_HIGH + k, np.float32(-np.inf))
    left = rows
    while left != 0:
        y = lowest_bit(left)
        left &= left - 1
        low, high = nothing, -nothing
        some = eights
        while some != 0:
            eight = lowest_bit(some)
            lane = BLOCK_COLUMNS * y + 8 * eight
            some &= some - 1
            px, py, pz = (
                load8(lanes, RAYS * HOME + lane),
                load8(lanes, RAYS * (HOME + 1) + lane),
                load8(lanes, RAYS * (HOME + 2) + lane),
            )
            dx, dy, dz = (
                load8(lanes, RAYS * (HOME + 3) + lane),
                load8(lanes, RAYS * (HOME + 4) + lane),
                load8(lanes, RAYS * (HOME + 5) + lane),
            )
            qx, qy, qz = (
                across(m, MAP_X, px, py, pz),
                across(m, MAP_Y, px, py, pz),
                across(m, MAP_Z, px, py, pz),
            )
            ex = fma(dz, peek(m, MAP_X + 2), fma(dy, peek(m, MAP_X + 1), dx * peek(m, MAP_X)))
            ey = fma(dz, peek(m, MAP_Y + 2), fma(dy, peek(m, MAP_Y + 1), dx * peek(m, MAP_Y)))
            ez = fma(dz, peek(m, MAP_Z + 2), fma(dy, peek(m, MAP_Z + 1), dx * peek(m, MAP_Z)))
            stretch = spread8(np.float32(1)) / ez
            sx, sy = ex * stretch, ey * stretch
            cx, cy = qx - sx * qz, qy - sy * qz
            store(lanes, RAYS * SX + lane, sx)
            store(lanes, RAYS * SY + lane, sy)
            store(lanes, RAYS * CX + lane, cx)
            store(lanes, RAYS * CY + lane, cy)
            store(lanes, RAYS * Z0 + lane, qz)
            store(lanes, RAYS * STRETCH + lane, stretch)
            store(lanes, RAYS * ADVANCE + lane, ez)
            low, high = lower_of(low, sy), higher_of(high, sy)
            least_sx, most_sx = lower_of(least_sx, sx), higher_of(most_sx, sx)
            least_cx, most_cx = lower_of(least_cx, cx), higher_of(most_cx, cx)
            least_cy, most_cy = lower_of(least_cy, cy), higher_of(most_cy, cy)
            least_z0, advance = lower_of(least_z0, qz), lower_of(advance, ez)
            poke(bounds, EIGHT_LOW + eight, min(peek(bounds, EIGHT_LOW + eight), lowest_lane(sx) - SLACK))
            poke(bounds, EIGHT_HIGH + eight, max(peek(bounds, EIGHT_HIGH + eight), highest_lane(sx) + SLACK))
        least_sy, most_sy = lower_of(least_sy, low), higher_of(most_sy, high)
        poke(bounds, ROW_LOW + y, lowest_lane(low) - SLACK)
        poke(bounds, ROW_HIGH + y, highest_lane(high) + SLACK)
    poke(bounds, LEAST_SX, lowest_lane(least_sx))
    poke(bounds, MOST_SX, highest_lane(most_sx))
    poke(bounds, LEAST_SY, lowest_lane(least_sy))
    poke(bounds, MOST_SY, highest_lane(most_sy))
    poke(bounds, LEAST_CX, lowest_lane(least_cx))
    poke(bounds, MOST_CX, highest_lane(most_cx))
    poke(bounds, LEAST_CY, lowest_lane(least_cy))
    poke(bounds, MOST_CY, highest_lane(most_cy))
    poke(bounds, LEAST_Z0, lowest_lane(least_z0))
    poke(bounds, LEAST_ADVANCE, lowest_lane(advance))


@inlined
def across(m, row, x, y, z):
    """A row of a map at eight points."""
    return fma(z, peek(m, row + 2), fma(y, peek(m, row + 1), fma(x, peek(m, row), spread8(peek(m, row + 3)))))


@inlined
def rays_within(bounds, least_x, most_x, least_y, most_y):
    """Rows and eights, as bits, whose slopes meet a range of slopes."""
    low, high = spread8(least_y), spread8(most_y)
    rows = np.int64(0)
    for y in range(0, BLOCK_ROWS, 8):
        rows |= bits((load8(bounds, ROW_HIGH + y) >= low) & (load8(bounds, ROW_LOW + y) <= high)) << y
    low, high = spread8(least_x), spread8(most_x)
    return rows, bits((load8(bounds, EIGHT_HIGH) >= low) & (load8(bounds, EIGHT_LOW) <= high))


@inlined
def rays_at_box(boxes, j, m, bounds):
    """Rows and eights, as bits, that may meet the box an instance sweeps."""
    least_x, most_x, least_y, most_y = (
        np.float32(np.inf),
        np.float32(-np.inf),
        np.float32(np.inf),
        np.float32(-np.inf),
    )
    nearest = np.float32(np.inf)
    for k in range(8):
        x = -peek(boxes, 8 * j + 4) if k & 1 else peek(boxes, 8 * j)
        y = -peek(boxes, 8 * j + 5) if k & 2 else peek(boxes, 8 * j + 1)
        z = -peek(boxes, 8 * j + 6) if k & 4 else peek(boxes, 8 * j + 2)
        px = peek(m, MAP_X) * x + peek(m, MAP_X + 1) * y + peek(m, MAP_X + 2) * z + peek(m, MAP_X + 3)
        py = peek(m, MAP_Y) * x + peek(m, MAP_Y + 1) * y + peek(m, MAP_Y + 2) * z + peek(m, MAP_Y + 3)
        pz = peek(m, MAP_Z) * x + peek(m, MAP_Z + 1) * y + peek(m, MAP_Z + 2) * z + peek(m, MAP_Z + 3)
        nearest = min(nearest, pz)
        per = np.float32(1) / max(pz, NEAREST)
        least_x = min(least_x, (px - bounds[MOST_CX]) * per)
        most_x = max(most_x, (px - bounds[LEAST_CX]) * per)
        least_y = min(least_y, (py - bounds[MOST_CY]) * per)
        most_y = max(most_y, (py - bounds[LEAST_CY]) * per)
    if nearest < np.float32(0.1):
        return np.int64((1 << BLOCK_ROWS) - 1), np.int64((1 << (BLOCK_COLUMNS // 8)) - 1)
    # A box of eight corners in float32, a few metres from the device at the nearest.
    slack = np.float32(1e-4)
    return rays_within(bounds, least_x - slack, most_x + slack, least_y - slack, most_y + slack)


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


@step
def column_frames(world, j, column_times, frame, rate, motion, frames, rates):
    """mesh_from_world of a moving instance at each column's time, (12, BLOCK_COLUMNS), and its rate."""
    known = np.nan
    for x in range(BLOCK_COLUMNS):
        if column_times[x] != known:
            known = column_times[x]
            frame_at(world.keys, world.key_times, world.turns, world.track[j], known, motion, frame, rate)
        for k in range(12):
            frames[BLOCK_COLUMNS * k + x] = frame[k]
            rates[BLOCK_COLUMNS * k + x] = rate[k]


@kernel
def meet_blocks(world, origins, directions, times, height, width, begin, end, wide, out):
    """Nearest hits of blocks begin .. end - 1 of a grid of rays, blocks counted along its rows.

    origins     (3 R C,) world, float64 [m]; directions (3 R C,) unit; times (R C,) [s]
    wide        (B,) written: blocks whose rays point too many ways, which are left to others
    out         `rays.Found` of (R C,) rays
    """
    lanes, found = np.zeros(RAYS * ROWS, np.float32), np.zeros(2 * RAYS, np.int32)
    bounds, m = np.zeros(BOUNDS, np.float32), np.zeros(MAP, np.float32)
    top_m, top_bounds = np.zeros(MAP, np.float32), np.zeros(BOUNDS, np.float32)
    corner, bound, near_of = np.zeros(72, np.float32), np.zeros(32, np.float32), np.zeros(WIDTH, np.float32)
    column_times = np.zeros(BLOCK_COLUMNS)
    frames, rates = np.zeros(12 * BLOCK_COLUMNS, np.float32), np.zeros(12 * BLOCK_COLUMNS, np.float32)
    frame, rate, motion = np.zeros(12, np.float32), np.zeros(12, np.float32), np.zeros(18)
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    across = (width + BLOCK_COLUMNS - 1) // BLOCK_COLUMNS
    for block in range(begin, end):
        top, left = block // across * BLOCK_ROWS, block % across * BLOCK_COLUMNS
        rows, columns = min(BLOCK_ROWS, height - top), min(BLOCK_COLUMNS, width - left)
        wide[block] = not meet_block(
            world, origins, directions, times, width, top, left, rows, columns, lanes, found, bounds, m, top_bounds,
            top_m, corner, bound, near_of, column_times, frames, rates, frame, rate, motion, waiting, waiting_near,
            queue, queue_near, out,
        )  # fmt: skip


@step
def meet_block(
    world, origins, directions, times, width, top, left, rows, columns, lanes, found, bounds, m, top_bounds, top_m,
    corner, bound, near_of, column_times, frames, rates, frame, rate, motion, waiting, waiting_near, queue, queue_near,
    out,
):  # fmt: skip
    """`meet_blocks` for one of them, with its scratch; False where its rays point too many ways."""
    none, every_row, every_eight = (
        np.int64(0),
        np.int64((1 << BLOCK_ROWS) - 1),
        np.int64((1 << (BLOCK_COLUMNS // 8)) - 1),
    )
    apart = load_block(
        world.origin, origins, directions, times, width, top, left, rows, columns, lanes, found, column_times
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
                column_frames(world, j, column_times, frame, rate, motion, frames, rates)
                bring_home(lanes, frames, rates, apart, some_rows, some_eights)
                pose_between(world.keys, world.key_times, world.turns, world.track[j],
                             column_times[BLOCK_COLUMNS // 2], motion)  # fmt: skip
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
