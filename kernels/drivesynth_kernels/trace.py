"""Rays against a world: what stands still as one tree, everything else as instances of trees.

Neighbouring rays are traced as a tile; where they point too many ways, or the world moves too much while
they are fired, each is traced as a tile of its own.
"""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.frames import bring_home, frame_at
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.simd import peek, poke, prefetch
from drivesynth_kernels.tile import (
    AXES, BEST, LANES, LATER, LOCAL, ROWS, SHAFT, SHEARED_LOCAL, SHEARED_WORLD, U, V, WORLD, aim, coherent,
)  # fmt: skip
from drivesynth_kernels.trace_tree import deepest, enter_node, queue_children, trace_tree

# A tile fired over a longer time is traced ray by ray where anything moves.
LONGEST_TILE_S = 1e-3
ORDERED = 16
STRIP = 8  # tiles: neighbours in a strip find the same nodes in the cache


class Trees(NamedTuple):
    """Trees as `bvh_wide` lays them out, one after another; source (2 N,): instance and face of each triangle.

    The instance counts only where the tree merges several.
    """

    nodes: np.ndarray
    links: np.ndarray
    corners: np.ndarray
    source: np.ndarray


class World(NamedTuple):
    """What rays may meet; coordinates are the world's less a local origin.

    origin       (3,) the local origin, float64 [m]
    still        one tree of what stands still, and how many triangles of it rays may meet: all or 0
    pool         the trees of the meshes that the J other instances show
    top, top_links, top_order  tree over the boxes of those instances, one a leaf
    node_base, slot_base, row  (J,) where the instance's tree starts, and its row in the stage
    track        (J,) row of keys, -1 at rest; frame (J, 12) mesh_from_world of those at rest
    keys         (M, K, 3, 4) world_from_mesh at key_times (K,) [s]; turns (M, K - 1, 3) between them
    reach        largest coordinate of anything [m]
    stack        entries that a traversal may need: (WIDTH - 1) x (levels of the deepest tree) + 1
    """

    origin: np.ndarray
    still: Trees
    still_number: int
    pool: Trees
    top: np.ndarray
    top_links: np.ndarray
    top_order: np.ndarray
    node_base: np.ndarray
    slot_base: np.ndarray
    row: np.ndarray
    track: np.ndarray
    frame: np.ndarray
    keys: np.ndarray
    key_times: np.ndarray
    turns: np.ndarray
    reach: float
    stack: int


class Rays(NamedTuple):
    """Rays of a grid of R rows by C columns; an array of one row and step 0 speaks for all rays.

    origin     (3 R C,) world, float64 [m]; direction (3 R C,) unit
    time       (R C,) [s]; limit (R C,) only hits nearer than this count [m]; a ray of limit <= 0 asks nothing
    order      rays that are traced, ORDERED neighbours a tile; empty: all, in tiles of the grid
    """

    origin: np.ndarray
    origin_step: int
    direction: np.ndarray
    direction_step: int
    time: np.ndarray
    time_step: int
    limit: np.ndarray
    limit_step: int
    rows: int
    columns: int
    order: np.ndarray


class Found(NamedTuple):
    """Nearest hits, (R C,) each: written by the kernels. A miss is inf, -1, -1, 0, 0."""

    range_m: np.ndarray
    instance: np.ndarray
    primitive: np.ndarray
    u: np.ndarray
    v: np.ndarray


@inlined
def trace_tile(
    world, time, moved, groups, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion, near_of,
    waiting, waiting_near, queue, queue_near, any_hit,
):  # fmt: skip
    """Nearest or any hits of the lanes' rays: first what stands still, then the instances.

    time    of the tile's middle; moved: whether the lanes' times differ from it
    found   (2 LANES,) written: slot; 0 for the still tree, 1 + instance for others
    the rest is scratch: shafts of the world and of an instance, an instance's frame, depths, stacks
    """
    none, sheared_world, sheared_local = np.int64(0), np.int64(SHEARED_WORLD), np.int64(SHEARED_LOCAL)
    aim(lanes, groups, np.int64(WORLD), sheared_world, world.reach, shaft, axes)
    if world.still_number > 0:
        trace_tree(world.still.nodes, world.still.links, world.still.corners, none, none, none, lanes, found, groups,
                   sheared_world, shaft, axes, waiting, waiting_near, near_of, any_hit)  # fmt: skip
    if world.row.shape[0] == 0:
        return
    far_limit = deepest(lanes, groups, sheared_world)
    queue[0], queue_near[0] = 0, np.float32(0)
    top = 1
    while top > 0:
        top -= 1
        if queue_near[top] > far_limit:
            continue
        link = queue[top]
        if link >= 0:
            hits = enter_node(world.top, link, shaft, axes, far_limit, near_of)
            top = queue_children(hits, world.top_links, link, near_of, queue, queue_near, top)
            continue
        j = np.int64(world.top_order[~link >> LEAF_BITS])
        moves = world.track[j] >= 0
        if moves:
            frame_at(world.keys, world.key_times, world.turns, world.track[j], time,
                     motion, frame, rate)  # fmt: skip
        else:
            for k in range(12):
                frame[k] = world.frame[j, k]
        bring_home(lanes, groups, frame, rate, moves and moved)
        aim(lanes, groups, np.int64(LOCAL), sheared_local, world.reach, local_shaft, local_axes)
        trace_tree(world.pool.nodes, world.pool.links, world.pool.corners, np.int64(world.node_base[j]),
                   np.int64(world.slot_base[j]), 1 + j, lanes, found, groups, sheared_local, local_shaft, local_axes,
                   waiting, waiting_near, near_of, any_hit)  # fmt: skip
        far_limit = deepest(lanes, groups, sheared_world)


@inlined
def load_ray(world, rays, ray, lanes, found, lane):
    """Put a ray into a lane; returns its time."""
    for axis in range(3):
        poke(
            lanes,
            LANES * (WORLD + axis) + lane,
            np.float32(peek(rays.origin, 3 * ray * rays.origin_step + axis) - world.origin[axis]),
        )
        poke(lanes, LANES * (WORLD + 3 + axis) + lane, peek(rays.direction, 3 * ray * rays.direction_step + axis))
    limit = peek(rays.limit, ray * rays.limit_step)
    poke(lanes, LANES * BEST + lane, limit if limit > 0 else np.float32(-np.inf))
    poke(found, lane, np.int32(-1))
    return peek(rays.time, ray * rays.time_step)


@inlined
def note(world, lanes, found, lane, out, ray):
    """Write a lane's answer into the row of its ray."""
    slot = peek(found, lane)
    if slot < 0:
        poke(out.range_m, ray, np.float32(np.inf))
        poke(out.instance, ray, np.int32(-1))
        poke(out.primitive, ray, np.int32(-1))
        poke(out.u, ray, np.float32(0))
        poke(out.v, ray, np.float32(0))
        return
    holder = peek(found, LANES + lane)
    poke(out.range_m, ray, peek(lanes, LANES * BEST + lane))
    poke(out.u, ray, peek(lanes, LANES * U + lane))
    poke(out.v, ray, peek(lanes, LANES * V + lane))
    if holder == 0:
        poke(out.instance, ray, peek(world.still.source, 2 * slot))
        poke(out.primitive, ray, peek(world.still.source, 2 * slot + 1))
    else:
        poke(out.instance, ray, peek(world.row, holder - 1))
        poke(out.primitive, ray, peek(world.pool.source, 2 * slot + 1))


@step
def run_tiles(
    world, rays, tile_rows, tile_columns, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft,
    local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, rays_of, times,
):  # fmt: skip
    """`trace_tiles` with its scratch."""
    across = (rays.columns + tile_columns - 1) // tile_columns
    down = (rays.rows + tile_rows - 1) // tile_rows
    for tile in range(begin, end):
        used = 0
        if rays.order.shape[0] > 0:
            for k in range(tile * ORDERED, min((tile + 1) * ORDERED, rays.order.shape[0])):
                rays_of[used] = rays.order[k]
                used += 1
        else:
            strip = tile // (down * STRIP)
            width = min(STRIP, across - strip * STRIP)
            inner = tile - strip * down * STRIP
            row, column = inner // width * tile_rows, (strip * STRIP + inner % width) * tile_columns
            for i in range(row, min(row + tile_rows, rays.rows)):
                following = min(i + tile_rows, rays.rows - 1) * rays.columns + column
                prefetch(rays.direction, 3 * following * rays.direction_step)
                prefetch(rays.direction, (3 * following + 16) * rays.direction_step)
                for j in range(column, min(column + tile_columns, rays.columns)):
                    rays_of[used] = i * rays.columns + j
                    used += 1
        asks = False
        earliest, latest = np.inf, -np.inf
        for k in range(used):
            times[k] = load_ray(world, rays, rays_of[k], lanes, found, k)
            earliest, latest = min(earliest, times[k]), max(latest, times[k])
            asks = asks or lanes[LANES * BEST + k] > 0
        if asks:
            groups = (used + 15) // 16
            for lane in range(used, 16 * groups):
                load_ray(world, rays, rays_of[0], lanes, found, lane)
                lanes[LANES * BEST + lane] = -np.inf
            still = latest - earliest <= LONGEST_TILE_S or world.keys.shape[0] == 0
            if still and coherent(lanes, groups):
                time = (earliest + latest) / 2
                for lane in range(used):
                    lanes[LANES * LATER + lane] = times[lane] - time
                trace_tile(world, time, latest > earliest, groups, lanes, found, shaft, axes, local_shaft,
                           local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, any_hit)  # fmt: skip
            else:
                for k in range(used):
                    for lane in range(np.int64(16)):
                        load_ray(world, rays, rays_of[k], lanes, found, lane)
                    trace_tile(world, times[k], latest < earliest, np.int64(1), lanes, found, shaft, axes, local_shaft,
                               local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, any_hit)  # fmt: skip
                    note(world, lanes, found, np.int64(0), out, rays_of[k])
                continue
        for k in range(used):
            note(world, lanes, found, k, out, rays_of[k])


@kernel
def trace_tiles(world, rays, tile_rows, tile_columns, begin, end, any_hit, out):
    """Trace tiles number begin .. end - 1 of the grid, which run down strips of STRIP tiles.

    tile_rows, tile_columns  at most LANES rays; 1 by 1 traces every ray alone
    """
    lanes = np.zeros(LANES * ROWS, np.float32)
    found = np.zeros(2 * LANES, np.int32)
    shaft, local_shaft = np.zeros(SHAFT, np.float32), np.zeros(SHAFT, np.float32)
    axes, local_axes = np.zeros(AXES, np.int64), np.zeros(AXES, np.int64)
    frame, rate, motion = np.zeros(12, np.float32), np.zeros(12, np.float32), np.zeros(18)
    near_of = np.zeros(WIDTH, np.float32)
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    rays_of = np.zeros(LANES, np.int64)
    times = np.zeros(LANES)
    run_tiles(
        world, rays, tile_rows, tile_columns, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft,
        local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, rays_of, times,
    )  # fmt: skip
