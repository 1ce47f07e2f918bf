"""A tile: neighbouring rays that walk a tree together, sixteen to a vector.

Inside one frame of reference a tile is told by its depth axis, the one along which all of its rays
advance. A ray is then a point that moves sideways with depth, x = cx + sx z and y = cy + sy z: the
sheared space of Woop, Benthin and Wald, "Watertight Ray/Triangle Intersection", 2013, which makes the
triangle test exact along shared edges. The bounds of cx, sx, cy, sy over the lanes are the tile's shaft:
what a node is tested against, as in Reshetov, Soupikov and Hurley, "Multi-Level Ray Tracing Algorithm",
2005, but for any origins.

Lanes live in one flat float32 array, a row of LANES for each quantity; groups of sixteen are in use.
"""

import numpy as np

from drivesynth_kernels.jit import step
from drivesynth_kernels.simd import higher_of, highest_lane, load16, lower_of, lowest_lane, spread16, store

LANES = 64
# Rows of the lane array: rays in the world and in an instance's frame (origin 3, direction 3) ...
WORLD, LOCAL = 0, 6
# ... time since the tile's middle [s]; nearest hit so far [m], -inf in lanes that ask nothing; barycentrics
LATER, BEST, U, V = 12, 13, 14, 15
# ... and the sheared rays of both frames: SX .. STRETCH of each from these rows on.
SHEARED_WORLD, SHEARED_LOCAL = 16, 22
ROWS = 28
# A sheared ray: slopes, offsets, depth of the origin, metres of ray per metre of depth.
SX, SY, CX, CY, Z0, STRETCH = 0, 1, 2, 3, 4, 5

# The shaft: depth sign, depth it starts at, two planes of depth and three per side axis, and what those
# come from: least and most slope and offset of x, then of y.
SIGN, REF_Z, NEAR_Z, FAR_Z, PLANES_X, PLANES_Y, BOUNDS_X, BOUNDS_Y = 0, 1, 2, 3, 4, 10, 16, 20
SHAFT = 24
# Its axes: x, y, z; rows of the first and second plane of x and y; rows of the near and far plane of z.
AXES = 9

# Unit directions of a tile differ by no more than this. In any frame one of them advances by 0.577
# along some axis, hence all of them by at least 0.577 - 0.35.
MOST_SPREAD = 0.35
# Slopes are kept this far from zero by widening the shaft: 1 mm at 1 km.
LEAST_SLOPE = np.float32(1e-6)


@step
def coherent(lanes, groups):
    """Whether the rays of the world rows point close enough to one way to be aimed as one tile."""
    spread = np.float32(0)
    for row in range(WORLD + 3, WORLD + 6):
        low = high = load16(lanes, LANES * row)
        for g in range(1, groups):
            d = load16(lanes, LANES * row + 16 * g)
            low, high = lower_of(low, d), higher_of(high, d)
        width = highest_lane(high) - lowest_lane(low)
        spread += width * width
    return spread <= MOST_SPREAD * MOST_SPREAD


@step
def aim(lanes, groups, at, sheared, reach, shaft, axes):
    """Shear the rays of rows `at` into rows `sheared`; `coherent` says whether they may share a tile.

    reach  largest coordinate [m] of what will be met: rounding is covered in proportion to it
    """
    depth, sign, advance = 0, np.float32(1), np.float32(-1)
    for axis in range(3):
        low, high = load16(lanes, LANES * (at + 3 + axis)), load16(lanes, LANES * (at + 3 + axis))
        for g in range(1, groups):
            d = load16(lanes, LANES * (at + 3 + axis) + 16 * g)
            low, high = lower_of(low, d), higher_of(high, d)
        least, most = lowest_lane(low), highest_lane(high)
        if least > advance:
            depth, sign, advance = axis, np.float32(1), least
        if -most > advance:
            depth, sign, advance = axis, np.float32(-1), -most
    x, y = (depth + 1) % 3, (depth + 2) % 3
    aside = abs(lanes[LANES * (at + x)]) + abs(lanes[LANES * (at + y)])
    low = spread16(np.float32(np.inf))
    for g in range(groups):
        low = lower_of(low, sign * load16(lanes, LANES * (at + depth) + 16 * g))
    ref_z = lowest_lane(low)
    shaft[SIGN], shaft[REF_Z] = sign, ref_z
    for g in range(groups):
        stretch = spread16(np.float32(1)) / (sign * load16(lanes, LANES * (at + 3 + depth) + 16 * g))
        z0 = sign * load16(lanes, LANES * (at + depth) + 16 * g) - ref_z
        sx = load16(lanes, LANES * (at + 3 + x) + 16 * g) * stretch
        sy = load16(lanes, LANES * (at + 3 + y) + 16 * g) * stretch
        store(lanes, LANES * (sheared + STRETCH) + 16 * g, stretch)
        store(lanes, LANES * (sheared + Z0) + 16 * g, z0)
        store(lanes, LANES * (sheared + SX) + 16 * g, sx)
        store(lanes, LANES * (sheared + SY) + 16 * g, sy)
        store(lanes, LANES * (sheared + CX) + 16 * g, load16(lanes, LANES * (at + x) + 16 * g) - sx * z0)
        store(lanes, LANES * (sheared + CY) + 16 * g, load16(lanes, LANES * (at + y) + 16 * g) - sy * z0)
    pad = np.float32(1e-6) * (reach + aside + abs(ref_z))
    shaft[NEAR_Z], shaft[FAR_Z] = -ref_z - pad, -ref_z + pad
    axes[0], axes[1], axes[2] = x, y, depth
    axes[7] = depth if sign > 0 else depth + 3
    axes[8] = depth + 3 if sign > 0 else depth
    lean(lanes, groups, sheared + SX, sheared + CX, pad, x, shaft, np.int64(PLANES_X), axes, np.int64(3))
    lean(lanes, groups, sheared + SY, sheared + CY, pad, y, shaft, np.int64(PLANES_Y), axes, np.int64(5))


@step
def lean(lanes, groups, slope_row, offset_row, pad, axis, shaft, planes, axes, rows):
    """The bounds of one side axis as planes in depth.

    A box [low, high] is in reach at depth z where offset + slope z >= low for the largest offset and
    slope, and <= high for the smallest. Each is z >= or z <= (plane - offset) / slope, by the slope's sign:
    the first plane always bounds z from below; the second from above, or from below where slopes of
    either sign meet.
    """
    slope, offset = load16(lanes, LANES * slope_row), load16(lanes, LANES * offset_row)
    least_s, most_s, least_o, most_o = slope, slope, offset, offset
    for g in range(1, groups):
        slope, offset = load16(lanes, LANES * slope_row + 16 * g), load16(lanes, LANES * offset_row + 16 * g)
        least_s, most_s = lower_of(least_s, slope), higher_of(most_s, slope)
        least_o, most_o = lower_of(least_o, offset), higher_of(most_o, offset)
    set_planes(
        lowest_lane(least_s), highest_lane(most_s), lowest_lane(least_o) - pad, highest_lane(most_o) + pad,
        axis, shaft, planes, axes, rows,
    )  # fmt: skip


@step
def set_planes(least_slope, most_slope, low_offset, high_offset, axis, shaft, planes, axes, rows):
    """Write a side axis' bounds and planes; see `lean`."""
    low_slope, high_slope = least_slope - np.float32(1e-7), most_slope + np.float32(1e-7)
    if abs(low_slope) < LEAST_SLOPE:
        low_slope = -LEAST_SLOPE
    if abs(high_slope) < LEAST_SLOPE:
        high_slope = LEAST_SLOPE
    bounds = BOUNDS_X + (planes - PLANES_X) // 6 * 4
    shaft[bounds], shaft[bounds + 1] = low_slope, high_slope
    shaft[bounds + 2], shaft[bounds + 3] = low_offset, high_offset
    by_high, by_low = np.float32(1) / high_slope, np.float32(1) / low_slope
    at_high, at_low = -high_offset * by_high, -low_offset * by_low
    nothing, unbounded = np.float32(0), np.float32(np.inf)
    if high_slope > 0:  # the low plane bounds from below
        axes[rows], axes[rows + 1] = axis, axis + 3
        shaft[planes], shaft[planes + 1] = by_high, at_high
        if low_slope > 0:
            shaft[planes + 2], shaft[planes + 3] = nothing, -unbounded
            shaft[planes + 4], shaft[planes + 5] = by_low, at_low
        else:
            shaft[planes + 2], shaft[planes + 3] = by_low, at_low
            shaft[planes + 4], shaft[planes + 5] = nothing, unbounded
    else:  # all slopes are negative: the high plane bounds from below, the low one from above
        axes[rows], axes[rows + 1] = axis + 3, axis
        shaft[planes], shaft[planes + 1] = by_low, at_low
        shaft[planes + 2], shaft[planes + 3] = nothing, -unbounded
        shaft[planes + 4], shaft[planes + 5] = by_high, at_high
