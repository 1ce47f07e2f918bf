"""A tile against one tree: nearest or any hit of every lane."""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, LINKS, NODE, WIDTH
from drivesynth_kernels.jit import inlined, step
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
)  # fmt: skip
from drivesynth_kernels.tile import (
    BEST,
    BOUNDS_X,
    BOUNDS_Y,
    CX,
    CY,
    FAR_Z,
    LANES,
    NEAR_Z,
    PLANES_X,
    PLANES_Y,
    REF_Z,
    SIGN,
    STRETCH,
    SX,
    SY,
    Z0,
    U,
    V,
)  # fmt: skip

# Rounding of a product in the planes of a shaft.
SHORTER, LONGER = np.float32(1 - 1e-6), np.float32(1 + 1e-6)


@inlined
def enter_node(nodes, node, shaft, axes, far_limit, near_of):
    """Which children the shaft meets in front of `far_limit`, as bits; `near_of` gets the depths."""
    base = NODE * node
    p, q = load8(nodes, base + WIDTH * axes[3]), load8(nodes, base + WIDTH * axes[4])
    near = fma(p, shaft[PLANES_X], spread8(shaft[PLANES_X + 1]))
    near = higher_of(near, fma(q, shaft[PLANES_X + 2], spread8(shaft[PLANES_X + 3])))
    far = fma(q, shaft[PLANES_X + 4], spread8(shaft[PLANES_X + 5]))
    p, q = load8(nodes, base + WIDTH * axes[5]), load8(nodes, base + WIDTH * axes[6])
    near = higher_of(near, fma(p, shaft[PLANES_Y], spread8(shaft[PLANES_Y + 1])))
    near = higher_of(near, fma(q, shaft[PLANES_Y + 2], spread8(shaft[PLANES_Y + 3])))
    far = lower_of(far, fma(q, shaft[PLANES_Y + 4], spread8(shaft[PLANES_Y + 5])))
    p, q = load8(nodes, base + WIDTH * axes[7]), load8(nodes, base + WIDTH * axes[8])
    near = higher_of(near * SHORTER, fma(p, shaft[SIGN], spread8(shaft[NEAR_Z])))
    far = lower_of(far * LONGER, fma(q, shaft[SIGN], spread8(shaft[FAR_Z])))
    near = higher_of(near, np.float32(0))
    store(near_of, 0, near)
    return bits(near <= lower_of(far, far_limit))


@inlined
def queue_children(hits, links, node, near_of, waiting, waiting_near, top):
    """Put the children of bits `hits` on the stack, the nearest uppermost; returns the new height."""
    first = top
    while hits != 0:
        k = lowest_bit(hits)
        hits &= hits - 1
        entry = peek(near_of, k)
        place = top
        while place > first and peek(waiting_near, place - 1) < entry:
            poke(waiting, place, peek(waiting, place - 1))
            poke(waiting_near, place, peek(waiting_near, place - 1))
            place -= 1
        poke(waiting, place, peek(links, NODE * node + LINKS + k))
        poke(waiting_near, place, entry)
        top += 1
    return top


@inlined
def fetch_children(nodes, links, corners, node, hits, node_base, slot_base):
    """Ask for the memory of the children of bits `hits`: 5 % of the time of a frame, measured."""
    while hits != 0:
        link = peek(links, NODE * node + LINKS + lowest_bit(hits))
        hits &= hits - 1
        if link >= 0:
            for line in range(0, NODE, 16):
                prefetch(nodes, NODE * (node_base + link) + line)
        else:
            first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
            for line in range(9 * first, 9 * (first + n), 16):
                prefetch(corners, line)


@step
def deepest(lanes, groups, sheared):
    """The depth [m] behind which no lane can find anything nearer than it has."""
    far = spread16(np.float32(-np.inf))
    for g in range(groups):
        best = load16(lanes, LANES * BEST + 16 * g)
        stretch = load16(lanes, LANES * (sheared + STRETCH) + 16 * g)
        far = higher_of(far, best / stretch + load16(lanes, LANES * (sheared + Z0) + 16 * g))
    return highest_lane(far)


@inlined
def in_shaft(corners, first, n, shaft, axes, far_limit):
    """Which of a leaf's n <= WIDTH triangles may meet a lane, as bits: all of them in one go.

    A triangle is beside the shaft where its three corners lie on one side of every lane.
    """
    x, y, z = axes[0] * n, axes[1] * n, axes[2] * n
    a, b, c = 9 * first, 9 * first + 3 * n, 9 * first + 6 * n
    back = spread8(-shaft[REF_Z])
    az = fma(load8(corners, a + z), shaft[SIGN], back)
    bz = fma(load8(corners, b + z), shaft[SIGN], back)
    cz = fma(load8(corners, c + z), shaft[SIGN], back)
    nearest, farthest = lower_of(lower_of(az, bz), cz), higher_of(higher_of(az, bz), cz)
    ax, bx, cx = load8(corners, a + x), load8(corners, b + x), load8(corners, c + x)
    slope = spread8(-shaft[BOUNDS_X + 1])
    beside = (
        lower_of(lower_of(fma(slope, az, ax), fma(slope, bz, bx)), fma(slope, cz, cx)) > shaft[BOUNDS_X + 3]
    )
    slope = spread8(-shaft[BOUNDS_X])
    other = (
        higher_of(higher_of(fma(slope, az, ax), fma(slope, bz, bx)), fma(slope, cz, cx)) < shaft[BOUNDS_X + 2]
    )
    beside = beside | other
    ay, by, cy = load8(corners, a + y), load8(corners, b + y), load8(corners, c + y)
    slope = spread8(-shaft[BOUNDS_Y + 1])
    other = (
        lower_of(lower_of(fma(slope, az, ay), fma(slope, bz, by)), fma(slope, cz, cy)) > shaft[BOUNDS_Y + 3]
    )
    beside = beside | other
    slope = spread8(-shaft[BOUNDS_Y])
    other = (
        higher_of(higher_of(fma(slope, az, ay), fma(slope, bz, by)), fma(slope, cz, cy)) < shaft[BOUNDS_Y + 2]
    )
    beside = (beside | other) & (nearest >= np.float32(0))  # the bounds hold ahead of the shaft's start
    out = beside | (farthest < np.float32(-1e-3)) | (nearest > far_limit)
    return ~bits(out) & ((1 << n) - 1)


@inlined
def meet_leaf(corners, first, n, far_limit, lanes, found, groups, sheared, shaft, axes, instance, any_hit):
    """Every lane against the n triangles of a leaf; whether any lane found something nearer."""
    sign, ref_z = shaft[SIGN], shaft[REF_Z]
    x, y, z = axes[0] * n, axes[1] * n, axes[2] * n
    changed = False
    left = in_shaft(corners, first, n, shaft, axes, far_limit)
    while left != 0:
        a = 9 * first + lowest_bit(left)
        b, c = a + 3 * n, a + 6 * n
        left &= left - 1
        ax, ay, az = (
            spread16(peek(corners, a + x)),
            spread16(peek(corners, a + y)),
            sign * peek(corners, a + z) - ref_z,
        )
        bx, by, bz = (
            spread16(peek(corners, b + x)),
            spread16(peek(corners, b + y)),
            sign * peek(corners, b + z) - ref_z,
        )
        cx, cy, cz = (
            spread16(peek(corners, c + x)),
            spread16(peek(corners, c + y)),
            sign * peek(corners, c + z) - ref_z,
        )
        for g in range(groups):
            row = LANES * sheared + 16 * g
            sx, sy = load16(lanes, row + LANES * SX), load16(lanes, row + LANES * SY)
            ox, oy = load16(lanes, row + LANES * CX), load16(lanes, row + LANES * CY)
            # The ray beside the corners, at their own depths.
            a_x, a_y = fma(sx, az, ox) - ax, fma(sy, az, oy) - ay
            b_x, b_y = fma(sx, bz, ox) - bx, fma(sy, bz, oy) - by
            c_x, c_y = fma(sx, cz, ox) - cx, fma(sy, cz, oy) - cy
            # No fma here: rounding each product alone keeps the signs of a shared edge opposite.
            u = c_x * b_y - c_y * b_x
            v = a_x * c_y - a_y * c_x
            w = b_x * a_y - b_y * a_x
            inside = (lower_of(lower_of(u, v), w) >= np.float32(0)) | (
                higher_of(higher_of(u, v), w) <= np.float32(0)
            )
            if bits(inside) == 0:
                continue
            det = u + v + w
            depth = fma(u, az, fma(v, bz, w * cz)) / det
            ahead = depth - load16(lanes, row + LANES * Z0)
            reach = ahead * load16(lanes, row + LANES * STRETCH)
            best = load16(lanes, LANES * BEST + 16 * g)
            inside = inside & (det != np.float32(0)) & (ahead > np.float32(0)) & (reach < best)
            if bits(inside) == 0:
                continue
            changed = True
            if any_hit:
                reach = spread16(np.float32(-np.inf))
            store(lanes, LANES * BEST + 16 * g, select(inside, reach, best))
            store(lanes, LANES * U + 16 * g, select(inside, v / det, load16(lanes, LANES * U + 16 * g)))
            store(lanes, LANES * V + 16 * g, select(inside, w / det, load16(lanes, LANES * V + 16 * g)))
            slot = a - 8 * first
            store(found, 16 * g, select(inside, spread16(np.int32(slot)), load16(found, 16 * g)))
            store(
                found,
                LANES + 16 * g,
                select(inside, spread16(np.int32(instance)), load16(found, LANES + 16 * g)),
            )
    return changed


@step
def trace_tree(
    nodes, links, corners, node_base, slot_base, instance,
    lanes, found, groups, sheared, shaft, axes, waiting, waiting_near, near_of, shades, any_hit,
):  # fmt: skip
    """Walk one tree, the nearest nodes first.

    nodes, links, corners  trees as `bvh_wide` lays them out; this one's start at node_base, slot_base
    instance               number to note in `found` beside the slot
    lanes, found           the tile; (2 LANES,) slot and instance of the nearest hit of each lane
    sheared, shaft, axes   where `tile.aim` put the tile for this tree's frame
    waiting, waiting_near  stack of links and of the depths at which they are entered
    """
    far_limit = deepest(lanes, groups, sheared)
    for k in range(shades.shape[0]):
        link = peek(shades, k)
        if link < 0:
            first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
            meet_leaf(
                corners, first, n, far_limit, lanes, found, groups, sheared, shaft, axes, instance, any_hit
            )
    far_limit = deepest(lanes, groups, sheared)
    if far_limit == -np.inf:
        return
    waiting[0], waiting_near[0] = 0, np.float32(0)
    top = 1
    while top > 0:
        top -= 1
        if peek(waiting_near, top) > far_limit:
            continue
        link = peek(waiting, top)
        if link >= 0:
            node = node_base + link
            hits = enter_node(nodes, node, shaft, axes, far_limit, near_of)
            fetch_children(nodes, links, corners, node, hits, node_base, slot_base)
            top = queue_children(hits, links, node, near_of, waiting, waiting_near, top)
            continue
        first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
        if meet_leaf(
            corners, first, n, far_limit, lanes, found, groups, sheared, shaft, axes, instance, any_hit
        ):
            far_limit = deepest(lanes, groups, sheared)
            if far_limit == -np.inf:
                for k in range(shades.shape[0] - 1, 0, -1):
                    poke(shades, k, peek(shades, k - 1))
                if shades.shape[0] > 0:
                    poke(shades, np.int64(0), link)
                break
