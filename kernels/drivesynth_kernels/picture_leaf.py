"""A leaf's triangles drawn over a block of a picture's rays.

All are set up at once, one a lane. Where they are small each of their rays is asked in turn, of all triangles at
once; else each triangle asks eight rays of a row at once.
"""

import numpy as np

from drivesynth_kernels.jit import inlined
from drivesynth_kernels.picture_block import (
    BLOCK_COLUMNS,
    BLOCK_ROWS,
    EDGE_PX,
    NEAREST,
    PIXELS,
    X,
    Y,
    Z,
    first_ray,
    last_ray,
)  # fmt: skip
from drivesynth_kernels.picture_depth import refresh
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
    truncated,
)  # fmt: skip

# Rows of eight in a leaf's scratch: X, Y, Z of each corner, three edge functions over column, row, 1, then first
# and last column and row that a triangle may show in. Small triangles have depth and weights there instead.
EDGES, SPAN, SMALL = 72, 144, 176
SCRATCH = 200
# Triangles are small where none spans more rays than this; found by measuring.
SMALL_RAYS = np.float32(32)


@inlined
def crossed(a, b, c, d):
    """a b - c d rounded about once: the products' own rounding, which fused multiplication tells, is put back.

    Exchanging the products changes the sign and nothing else, so of a shared edge both triangles get the same.
    """
    p, q = a * b, c * d
    return (p - q) + (fma(a, b, -p) - fma(c, d, -q))


@inlined
def draw_leaf(corners, first, n, m, far, holder, scratch, canvas, columns):
    """Draw a leaf's n triangles over the block's rays; whether any sees one.

    m        the block's map; far: depth behind which no ray looks; columns: of the block that are in use
    scratch  (SCRATCH,); holder: what the tree belongs to, noted with the slot
    """
    base, nothing = 9 * first, np.float32(0)
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
        store(scratch, 24 * c, px)
        store(scratch, 24 * c + 8, py)
        store(scratch, 24 * c + 16, pz)
        nearest, farthest = lower_of(nearest, pz), higher_of(farthest, pz)
        per = spread8(np.float32(1)) / pz
        column, row = px * per, py * per
        least_x, most_x = lower_of(least_x, column), higher_of(most_x, column)
        least_y, most_y = lower_of(least_y, row), higher_of(most_y, row)
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    end_x = np.float32(columns - 1) - half_x
    # What reaches behind the eye may show anywhere.
    anywhere = nearest < NEAREST
    x0 = select(anywhere, -half_x, higher_of(first_ray(least_x - EDGE_PX), -half_x))
    x1 = select(anywhere, end_x, lower_of(last_ray(most_x + EDGE_PX), end_x))
    y0 = select(anywhere, -half_y, higher_of(first_ray(least_y - EDGE_PX), -half_y))
    y1 = select(anywhere, half_y, lower_of(last_ray(most_y + EDGE_PX), half_y))
    used = load8(canvas.across, 0) < np.float32(n) - half_x
    there = used & (x0 <= x1) & (y0 <= y1) & (farthest > nothing) & (nearest <= far)
    if bits(there) == 0:
        return False
    ax, ay, az = load8(scratch, 0), load8(scratch, 8), load8(scratch, 16)
    bx, by, bz = load8(scratch, 24), load8(scratch, 32), load8(scratch, 40)
    cx, cy, cz = load8(scratch, 48), load8(scratch, 56), load8(scratch, 64)
    store(scratch, EDGES, crossed(by, cz, bz, cy))
    store(scratch, EDGES + 8, crossed(bz, cx, bx, cz))
    store(scratch, EDGES + 16, crossed(bx, cy, by, cx))
    store(scratch, EDGES + 24, crossed(cy, az, cz, ay))
    store(scratch, EDGES + 32, crossed(cz, ax, cx, az))
    store(scratch, EDGES + 40, crossed(cx, ay, cy, ax))
    store(scratch, EDGES + 48, crossed(ay, bz, az, by))
    store(scratch, EDGES + 56, crossed(az, bx, ax, bz))
    store(scratch, EDGES + 64, crossed(ax, by, ay, bx))
    store(scratch, SPAN, x0)
    store(scratch, SPAN + 8, x1)
    store(scratch, SPAN + 16, y0)
    store(scratch, SPAN + 24, y1)
    zero = spread8(nothing)
    wide, tall = highest_lane(select(there, x1 - x0, zero)), highest_lane(select(there, y1 - y0, zero))
    if (wide + np.float32(1)) * (tall + np.float32(1)) <= SMALL_RAYS:
        changed = draw_small(scratch, there, np.int64(wide), np.int64(tall), first, holder, canvas)
    else:
        changed, left = False, bits(there)
        while left != 0:
            k = lowest_bit(left)
            left &= left - 1
            if draw_triangle(scratch, k, first + k, holder, canvas):
                changed = True
    if changed:
        low = spread8(-half_x)
        refresh(
            canvas, np.int64(half_x - highest_lane(select(there, -x0, low))),
            np.int64(half_x + highest_lane(select(there, x1, low))),
            np.int64(half_y - highest_lane(select(there, -y0, low))),
            np.int64(half_y + highest_lane(select(there, y1, low))),
        )  # fmt: skip
    return changed


@inlined
def draw_small(scratch, there, wide, tall, first, holder, canvas):
    """Ask the first 1 + wide columns and 1 + tall rows that each triangle of a leaf may show in, of all at once."""
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    az, bz, cz = load8(scratch, 16), load8(scratch, 40), load8(scratch, 64)
    u_x, u_y, u_1 = load8(scratch, EDGES), load8(scratch, EDGES + 8), load8(scratch, EDGES + 16)
    v_x, v_y, v_1 = load8(scratch, EDGES + 24), load8(scratch, EDGES + 32), load8(scratch, EDGES + 40)
    w_x, w_y, w_1 = load8(scratch, EDGES + 48), load8(scratch, EDGES + 56), load8(scratch, EDGES + 64)
    x0, x1 = load8(scratch, SPAN), load8(scratch, SPAN + 8)
    y0, y1 = load8(scratch, SPAN + 16), load8(scratch, SPAN + 24)
    nothing, changed = np.float32(0), False
    for below in range(tall + 1):
        y = y0 + np.float32(below)
        asked = there & (y <= y1)
        u_row, v_row, w_row = fma(y, u_y, u_1), fma(y, v_y, v_1), fma(y, w_y, w_1)
        for beside in range(wide + 1):
            x = x0 + np.float32(beside)
            u, v, w = fma(x, u_x, u_row), fma(x, v_x, v_row), fma(x, w_x, w_row)
            inside = (lower_of(lower_of(u, v), w) >= nothing) | (higher_of(higher_of(u, v), w) <= nothing)
            det = u + v + w
            seen = bits(inside & asked & (x <= x1) & (det != nothing))
            if seen == 0:
                continue
            store(scratch, SMALL, fma(u, az, fma(v, bz, w * cz)) / det)
            store(scratch, SMALL + 8, v / det)
            store(scratch, SMALL + 16, w / det)
            store(canvas.ray, 0, truncated((y + half_y) * np.float32(BLOCK_COLUMNS) + (x + half_x)))
            while seen != 0:
                k = lowest_bit(seen)
                seen &= seen - 1
                p, depth = np.int64(peek(canvas.ray, k)), peek(scratch, SMALL + k)
                if depth > nothing and depth < peek(canvas.best, p):
                    changed = True
                    poke(canvas.best, p, depth)
                    poke(canvas.weight, p, peek(scratch, SMALL + 8 + k))
                    poke(canvas.weight, PIXELS + p, peek(scratch, SMALL + 16 + k))
                    poke(canvas.found, p, np.int32(first + k))
                    poke(canvas.found, PIXELS + p, np.int32(holder))
    return changed


@inlined
def draw_triangle(scratch, k, slot, holder, canvas):
    """Draw triangle k of a leaf over the rays that it may show in; whether any sees it."""
    best, weight, found = canvas.best, canvas.weight, canvas.found
    half_x, half_y = np.float32(0.5 * (BLOCK_COLUMNS - 1)), np.float32(0.5 * (BLOCK_ROWS - 1))
    x0, x1 = np.int64(peek(scratch, SPAN + k) + half_x), np.int64(peek(scratch, SPAN + 8 + k) + half_x)
    y0, y1 = np.int64(peek(scratch, SPAN + 16 + k) + half_y), np.int64(peek(scratch, SPAN + 24 + k) + half_y)
    az, bz, cz = peek(scratch, 16 + k), peek(scratch, 40 + k), peek(scratch, 64 + k)
    e = EDGES + k
    u_x, u_y, u_1 = peek(scratch, e), peek(scratch, e + 8), peek(scratch, e + 16)
    v_x, v_y, v_1 = peek(scratch, e + 24), peek(scratch, e + 32), peek(scratch, e + 40)
    w_x, w_y, w_1 = peek(scratch, e + 48), peek(scratch, e + 56), peek(scratch, e + 64)
    nearest, changed = min(az, min(bz, cz)), False
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
            across = load8(canvas.across, x)
            u, v, w = fma(across, u_x, u_row), fma(across, v_x, v_row), fma(across, w_x, w_row)
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
