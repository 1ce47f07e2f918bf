"""A ray alone: where rays point too many ways to share a tile, one walks the trees by itself.

Its sixteen lanes would carry one ray; here the vectors carry the eight triangles of a leaf instead. The
formulas are those of a tile, so that a ray meets the same alone and in company. It lies in lane 0.
"""

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.frames import frame_at
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.rays import load_rays, note
from drivesynth_kernels.simd import (
    bits,
    fma,
    higher_of,
    load8,
    lower_of,
    lowest_bit,
    peek,
    poke,
    spread8,
    store,
)  # fmt: skip
from drivesynth_kernels.tile import (
    AXES,
    BEST,
    CX,
    CY,
    FAR_Z,
    LANES,
    LOCAL,
    NEAR_Z,
    PLANES_X,
    PLANES_Y,
    REF_Z,
    ROWS,
    SHAFT,
    SHEARED_LOCAL,
    SHEARED_WORLD,
    SIGN,
    STRETCH,
    SX,
    SY,
    WORLD,
    Z0,
    U,
    V,
    set_planes,
)  # fmt: skip
from drivesynth_kernels.trace_tree import enter_node, fetch_children, queue_children


@inlined
def aim_alone(lanes, at, sheared, reach, shaft, axes):
    """`aim` for the one ray of a tile, in lane 0."""
    depth, sign, advance = 0, np.float32(1), np.float32(-1)
    for axis in range(3):
        along = peek(lanes, LANES * (at + 3 + axis))
        if abs(along) > advance:
            depth, sign, advance = axis, np.float32(1) if along > 0 else np.float32(-1), abs(along)
    x, y = (depth + 1) % 3, (depth + 2) % 3
    ox, oy = peek(lanes, LANES * (at + x)), peek(lanes, LANES * (at + y))
    ref_z = sign * peek(lanes, LANES * (at + depth))
    stretch = np.float32(1) / (sign * peek(lanes, LANES * (at + 3 + depth)))
    sx, sy = peek(lanes, LANES * (at + 3 + x)) * stretch, peek(lanes, LANES * (at + 3 + y)) * stretch
    poke(lanes, LANES * (sheared + STRETCH), stretch)
    poke(lanes, LANES * (sheared + Z0), np.float32(0))
    poke(lanes, LANES * (sheared + SX), sx)
    poke(lanes, LANES * (sheared + SY), sy)
    poke(lanes, LANES * (sheared + CX), ox)
    poke(lanes, LANES * (sheared + CY), oy)
    pad = np.float32(1e-6) * (reach + abs(ox) + abs(oy) + abs(ref_z))
    shaft[SIGN], shaft[REF_Z], shaft[NEAR_Z], shaft[FAR_Z] = sign, ref_z, -ref_z - pad, -ref_z + pad
    axes[0], axes[1], axes[2] = x, y, depth
    axes[7] = depth if sign > 0 else depth + 3
    axes[8] = depth + 3 if sign > 0 else depth
    set_planes(sx, sx, ox - pad, ox + pad, x, shaft, np.int64(PLANES_X), axes, np.int64(3))
    set_planes(sy, sy, oy - pad, oy + pad, y, shaft, np.int64(PLANES_Y), axes, np.int64(5))


@inlined
def bring_alone_home(lanes, frame):
    """`bring_home` for a ray alone, in lane 0: the frame is that of its own time."""
    ox, oy, oz = (
        peek(lanes, LANES * WORLD),
        peek(lanes, LANES * (WORLD + 1)),
        peek(lanes, LANES * (WORLD + 2)),
    )
    rx, ry, rz = (
        peek(lanes, LANES * (WORLD + 3)),
        peek(lanes, LANES * (WORLD + 4)),
        peek(lanes, LANES * (WORLD + 5)),
    )
    for axis in range(3):
        x, y, z = peek(frame, 4 * axis), peek(frame, 4 * axis + 1), peek(frame, 4 * axis + 2)
        origin = fma(ox, x, fma(oy, y, oz * z + peek(frame, 4 * axis + 3)))
        poke(lanes, LANES * (LOCAL + axis), origin)
        poke(lanes, LANES * (LOCAL + 3 + axis), fma(rx, x, fma(ry, y, rz * z)))


@inlined
def meet_leaf_alone(corners, first, n, lanes, found, sheared, shaft, axes, of_eight, instance, any_hit):
    """`meet_leaf` for the one ray of a tile: all n <= WIDTH triangles in one go, by the same formulas.

    of_eight  (3 WIDTH,) scratch, which stands for depths of children elsewhere
    """
    sign, ref_z, row = shaft[SIGN], shaft[REF_Z], LANES * sheared
    x, y, z = axes[0] * n, axes[1] * n, axes[2] * n
    a, b, c = 9 * first, 9 * first + 3 * n, 9 * first + 6 * n
    az = load8(corners, a + z) * sign - ref_z
    bz = load8(corners, b + z) * sign - ref_z
    cz = load8(corners, c + z) * sign - ref_z
    slope, offset = spread8(peek(lanes, row + LANES * SX)), spread8(peek(lanes, row + LANES * CX))
    a_x = fma(slope, az, offset) - load8(corners, a + x)
    b_x = fma(slope, bz, offset) - load8(corners, b + x)
    c_x = fma(slope, cz, offset) - load8(corners, c + x)
    slope, offset = spread8(peek(lanes, row + LANES * SY)), spread8(peek(lanes, row + LANES * CY))
    a_y = fma(slope, az, offset) - load8(corners, a + y)
    b_y = fma(slope, bz, offset) - load8(corners, b + y)
    c_y = fma(slope, cz, offset) - load8(corners, c + y)
    u = c_x * b_y - c_y * b_x
    v = a_x * c_y - a_y * c_x
    w = b_x * a_y - b_y * a_x
    inside = (lower_of(lower_of(u, v), w) >= np.float32(0)) | (higher_of(higher_of(u, v), w) <= np.float32(0))
    if bits(inside) & ((1 << n) - 1) == 0:
        return False
    det = u + v + w
    depth = fma(u, az, fma(v, bz, w * cz)) / det
    ahead = depth - peek(lanes, row + LANES * Z0)
    reach = ahead * peek(lanes, row + LANES * STRETCH)
    best = peek(lanes, LANES * BEST)
    inside = inside & (det != np.float32(0)) & (ahead > np.float32(0)) & (reach < best)
    left = bits(inside) & ((1 << n) - 1)
    if left == 0:
        return False
    store(of_eight, 0, reach)
    store(of_eight, WIDTH, v / det)
    store(of_eight, 2 * WIDTH, w / det)
    k = lowest_bit(left)
    while left != 0:
        other = lowest_bit(left)
        left &= left - 1
        if peek(of_eight, other) < peek(of_eight, k):
            k = other
    poke(lanes, LANES * BEST, np.float32(-np.inf) if any_hit else peek(of_eight, k))
    poke(lanes, LANES * U, peek(of_eight, WIDTH + k))
    poke(lanes, LANES * V, peek(of_eight, 2 * WIDTH + k))
    poke(found, np.int64(0), np.int32(first + k))
    poke(found, np.int64(LANES), np.int32(instance))
    return True


@inlined
def deepest_alone(lanes, sheared):
    """`deepest` for the one ray of a tile."""
    row = LANES * sheared
    return peek(lanes, LANES * BEST) / peek(lanes, row + LANES * STRETCH) + peek(lanes, row + LANES * Z0)


@step
def trace_alone(
    nodes, links, corners, node_base, slot_base, instance,
    lanes, found, sheared, shaft, axes, waiting, waiting_near, of_eight, shades, any_hit,
):  # fmt: skip
    """`trace_tree` for a tile of one ray."""
    far_limit = deepest_alone(lanes, sheared)
    for k in range(shades.shape[0]):
        link = peek(shades, k)
        if link < 0:
            first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
            meet_leaf_alone(
                corners, first, n, lanes, found, sheared, shaft, axes, of_eight, instance, any_hit
            )
    far_limit = deepest_alone(lanes, sheared)
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
            hits = enter_node(nodes, node, shaft, axes, far_limit, of_eight)
            fetch_children(nodes, links, corners, node, hits, node_base, slot_base)
            top = queue_children(hits, links, node, of_eight, waiting, waiting_near, top)
            continue
        first, n = slot_base + (~link >> LEAF_BITS), ~link & ((1 << LEAF_BITS) - 1)
        if meet_leaf_alone(
            corners, first, n, lanes, found, sheared, shaft, axes, of_eight, instance, any_hit
        ):
            far_limit = deepest_alone(lanes, sheared)
            if far_limit == -np.inf:
                for k in range(shades.shape[0] - 1, 0, -1):
                    poke(shades, k, peek(shades, k - 1))
                if shades.shape[0] > 0:
                    poke(shades, np.int64(0), link)
                break


@inlined
def trace_ray(
    world, time, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion, of_eight, waiting,
    waiting_near, queue, queue_near, shades, any_hit,
):  # fmt: skip
    """`trace_tile` for the one ray of a tile, at its time."""
    none, sheared_world, sheared_local = np.int64(0), np.int64(SHEARED_WORLD), np.int64(SHEARED_LOCAL)
    reach = np.float32(world.reach)
    aim_alone(lanes, np.int64(WORLD), sheared_world, reach, shaft, axes)
    if world.still_number > 0:
        trace_alone(world.still.nodes, world.still.links, world.still.corners, none, none, none, lanes, found,
                    sheared_world, shaft, axes, waiting, waiting_near, of_eight, shades, any_hit)  # fmt: skip
    if world.row.shape[0] == 0:
        return
    far_limit = deepest_alone(lanes, sheared_world)
    queue[0], queue_near[0] = 0, np.float32(0)
    top = 1
    while top > 0:
        top -= 1
        if queue_near[top] > far_limit:
            continue
        link = queue[top]
        if link >= 0:
            hits = enter_node(world.top, link, shaft, axes, far_limit, of_eight)
            top = queue_children(hits, world.top_links, link, of_eight, queue, queue_near, top)
            continue
        j = np.int64(world.top_order[~link >> LEAF_BITS])
        if world.track[j] >= 0:
            frame_at(world.keys, world.key_times, world.turns, world.track[j], time,
                     motion, frame, rate)  # fmt: skip
        else:
            for k in range(12):
                frame[k] = world.frame[j, k]
        bring_alone_home(lanes, frame)
        aim_alone(lanes, np.int64(LOCAL), sheared_local, reach, local_shaft, local_axes)
        trace_alone(world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
                    np.int64(world.slot_base[j]), 1 + j, lanes, found, sheared_local, local_shaft, local_axes,
                    waiting, waiting_near, of_eight, shades[:0], any_hit)  # fmt: skip
        far_limit = deepest_alone(lanes, sheared_world)


@step
def run_rays(
    world, rays, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion,
    of_eight, waiting, waiting_near, queue, queue_near, shades, ray_of,
):  # fmt: skip
    """`trace_rays` with its scratch."""
    for ray in range(begin, end):
        poke(ray_of, np.int64(0), np.int64(ray))
        asks, time, _ = load_rays(world.origin, rays, ray_of, np.int64(1), lanes, found)
        if asks:
            trace_ray(
                world, time, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion, of_eight,
                waiting, waiting_near, queue, queue_near, shades, any_hit,
            )  # fmt: skip
        note(world, lanes, found, np.int64(0), out, np.int64(ray), any_hit)


@kernel
def trace_rays(world, rays, begin, end, any_hit, out):
    """Trace rays begin .. end - 1, each alone; as `trace.trace_tiles`."""
    lanes = np.zeros(LANES * ROWS, np.float32)
    found = np.zeros(2 * LANES, np.int32)
    shaft, local_shaft = np.zeros(SHAFT, np.float32), np.zeros(SHAFT, np.float32)
    axes, local_axes = np.zeros(AXES, np.int64), np.zeros(AXES, np.int64)
    frame, rate, motion = np.zeros(12, np.float32), np.zeros(12, np.float32), np.zeros(18)
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    shades = np.zeros(
        1 if any_hit else 0, np.int64
    )  # the leaf remembered for the next ray toward the same light
    run_rays(
        world, rays, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion,
        np.zeros(3 * WIDTH, np.float32), waiting, waiting_near, queue, queue_near, shades, np.zeros(1, np.int64),
    )  # fmt: skip
