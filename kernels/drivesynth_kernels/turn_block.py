"""A block of a turning device's rays: each with its own origin and time, in a frame of the block's own.

In that frame, whose depth axis is the block's mean direction, a ray is a point that moves sideways with depth,
x = cx + sx z and y = cy + sy z (the sheared space of `tile`). Bounds of slopes and offsets, for the block, each
of its rows and each eight of its columns, say which rays anything may meet.
"""

import numpy as np

from drivesynth_kernels.frames import frame_at
from drivesynth_kernels.jit import inlined, step
from drivesynth_kernels.picture_block import AHEAD, BOTTOM, LEFT, MAP, NEAREST, RIGHT, ROUNDING, TOP
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
    lowest_lane,
    peek,
    poke,
    spread8,
    store,
)  # fmt: skip

# A block: few rows, so that those which look up to the sky do not keep the others from hiding what lies far.
BLOCK_ROWS, BLOCK_COLUMNS = 8, 64
RAYS = BLOCK_ROWS * BLOCK_COLUMNS
# Rows of the block's array, RAYS each: rays in the world and in a tree's frame (origin, direction), time since
# the middle of its eight; slopes, offsets, depth of the origin, metres a metre of depth and the inverse; nearest hit
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
# What moves is taken to move linearly between the middle of eight rays and each of them, as long as they are fired
# within this of it: a wheel at 150 km/h errs by 0.2 mm. At a turn's seam and in other devices they may not be.
MOST_APART_S = np.float32(3e-4)


@inlined
def load_block(origin, origins, directions, times, width, top, left, rows, columns, lanes, found, moments):
    """Rays of a block into the world's rows; those beyond the grid repeat its last ones and ask nothing.

    moments  (RAYS / 8,) written: when the middle of every eight rays of a row is fired [s]
    """
    for y in range(BLOCK_ROWS):
        for x in range(BLOCK_COLUMNS):
            row = (top + min(y, rows - 1)) * width + left
            ray, lane = row + min(x, columns - 1), BLOCK_COLUMNS * y + x
            if x & 7 == 0:
                moments[lane >> 3] = times[row + min(x + 4, columns - 1)]
            for axis in range(3):
                poke(lanes, RAYS * (WORLD + axis) + lane,
                     np.float32(peek(origins, 3 * ray + axis) - peek(origin, axis)))  # fmt: skip
                poke(lanes, RAYS * (WORLD + 3 + axis) + lane, peek(directions, 3 * ray + axis))
            poke(lanes, RAYS * LATER + lane, np.float32(peek(times, ray) - peek(moments, lane >> 3)))
            asks = y < rows and x < columns
            poke(lanes, RAYS * BEST + lane, np.float32(np.inf) if asks else np.float32(-np.inf))
            poke(found, lane, np.int32(-1))


@inlined
def stay_home(lanes):
    """The world's rays as those of the tree of what stands still."""
    for lane in range(0, 6 * RAYS, 8):
        store(lanes, RAYS * HOME + lane, load8(lanes, RAYS * WORLD + lane))


@inlined
def bring_one_home(lanes, lane, frame):
    """One ray of the world in the frame given."""
    ox, oy, oz = peek(lanes, lane), peek(lanes, RAYS + lane), peek(lanes, 2 * RAYS + lane)
    rx, ry, rz = peek(lanes, 3 * RAYS + lane), peek(lanes, 4 * RAYS + lane), peek(lanes, 5 * RAYS + lane)
    for axis in range(3):
        k = 4 * axis
        a, b, c = frame[k], frame[k + 1], frame[k + 2]
        poke(lanes, RAYS * (HOME + axis) + lane, a * ox + b * oy + c * oz + frame[k + 3])
        poke(lanes, RAYS * (HOME + 3 + axis) + lane, a * rx + b * ry + c * rz)


@step
def bring_home(lanes, world, j, moments, rows, eights, motion, frame, rate):
    """The world's rays of some rows and eights (bits) in a moving instance's frame, each at its own time.

    Every eight rays are moved by the frame at their middle's time and its rate, or each by its own.
    """
    known = np.nan
    left = rows
    while left != 0:
        y = lowest_bit(left)
        left &= left - 1
        some = eights
        while some != 0:
            lane = BLOCK_COLUMNS * y + 8 * lowest_bit(some)
            some &= some - 1
            later = load8(lanes, RAYS * LATER + lane)
            if bits((later > MOST_APART_S) | (later < -MOST_APART_S)) != 0:
                for k in range(lane, lane + 8):
                    known = moments[lane >> 3] + peek(lanes, RAYS * LATER + k)
                    frame_at(
                        world.keys, world.key_times, world.turns, world.track[j], known, motion, frame, rate
                    )
                    bring_one_home(lanes, k, frame)
                continue
            if moments[lane >> 3] != known:
                known = moments[lane >> 3]
                frame_at(world.keys, world.key_times, world.turns, world.track[j], known, motion, frame, rate)
            ox, oy, oz = load8(lanes, lane), load8(lanes, RAYS + lane), load8(lanes, 2 * RAYS + lane)
            rx, ry, rz = (
                load8(lanes, 3 * RAYS + lane),
                load8(lanes, 4 * RAYS + lane),
                load8(lanes, 5 * RAYS + lane),
            )
            for axis in range(3):
                k = 4 * axis
                a, b = fma(later, rate[k], spread8(frame[k])), fma(later, rate[k + 1], spread8(frame[k + 1]))
                c, d = (
                    fma(later, rate[k + 2], spread8(frame[k + 2])),
                    fma(later, rate[k + 3], spread8(frame[k + 3])),
                )
                store(lanes, RAYS * (HOME + axis) + lane, fma(ox, a, fma(oy, b, fma(oz, c, d))))
                store(lanes, RAYS * (HOME + 3 + axis) + lane, fma(rx, a, fma(ry, b, rz * c)))


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
