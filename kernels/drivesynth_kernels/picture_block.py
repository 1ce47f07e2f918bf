"""A block of a picture's rays, and which boxes they may meet.

Coordinates of a point seen from the eye: (X, Y, Z) with column X / Z and row Y / Z.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import NODE
from drivesynth_kernels.jit import inlined
from drivesynth_kernels.shadow import extreme8
from drivesynth_kernels.simd import (
    bits,
    higher_of,
    load8,
    lower_of,
    peek,
    poke,
    select,
    spread8,
    store,
    truncated,
)  # fmt: skip

# A block of rays: so small that it stays in the first caches, so large that few triangles and nodes are met by
# several; found by measuring. Its parts of PART x PART rays are as many in a row as a vector has lanes.
BLOCK_COLUMNS, BLOCK_ROWS = 64, 32
PIXELS = BLOCK_COLUMNS * BLOCK_ROWS
PART = 8
ROUNDING = 1e-6
EDGE_PX = np.float32(2e-3)  # a triangle's bounds are widened by this
NEAREST = np.float32(1e-3)  # corners nearer than this in depth bound nothing
# Rows of a block's map: X, Y, Z over x, y, z, 1, then what is positive right of the block's left side, left of
# its right, below its top, above its bottom, and before the eye.
X, Y, Z, LEFT, RIGHT, TOP, BOTTOM, AHEAD = 0, 4, 8, 12, 16, 20, 24, 28
MAP = 32
# How `see_box` packs a rectangle of rays into one number: first and last column, first and last row, 8 bits each.
WHOLE_BLOCK = (BLOCK_COLUMNS - 1) << 8 | (BLOCK_ROWS - 1) << 24


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
def first_ray(bound):
    """Where the first ray behind a bound goes; as `last_ray`."""
    return -last_ray(-bound)


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
def see_box(nodes, node, m, far, near_of, place_of):
    """As `enter_box`, without those that lie between the rays; `place_of` gets the rectangles of rays they may meet.

    Boxes of fine meshes far away mostly lie between rays: their triangles need not be fetched then. Rounding keeps
    order, so what bounds a box bounds what is computed in the same way of its corners.
    """
    base, nothing = NODE * node, spread8(np.float32(0))
    hits = enter_box(nodes, node, m, far, near_of)
    near = load8(near_of, 0)
    per_near, per_far = np.float32(1) / near, np.float32(1) / extreme8(nodes, base, m, Z, 3)
    reaches_eye = near < NEAREST
    place = spread8(np.int32(0))
    for row in range(X, Z, 4):
        least, most = extreme8(nodes, base, m, row, 0), extreme8(nodes, base, m, row, 3)
        least = least * select(least < nothing, per_near, per_far) - EDGE_PX
        most = most * select(most > nothing, per_near, per_far) + EDGE_PX
        half, shift = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.int32(1)
        if row != X:
            half, shift = np.float32(0.5 * (BLOCK_ROWS - 1)), np.int32(1 << 16)
        first, last = higher_of(first_ray(least), -half), lower_of(last_ray(most), half)
        first, last = select(reaches_eye, -half, first), select(reaches_eye, half, last)
        hits &= bits(first <= last)
        place = place + (truncated(first + half) + truncated(last + half) * np.int32(1 << 8)) * shift
    store(place_of, 0, place)
    return hits
