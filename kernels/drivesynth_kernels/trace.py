"""Rays against a world: what stands still as one tree, everything else as instances of trees.

Neighbouring rays are traced as a tile; where they point too many ways, or the world moves too much while
they are fired, each is traced as a tile of its own.
"""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.bvh_wide import LEAF_BITS, WIDTH
from drivesynth_kernels.frames import bring_home, frame_at
from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.rays import choose_rays, load_rays, note
from drivesynth_kernels.simd import peek, poke
from drivesynth_kernels.tile import (
    AXES,
    LANES,
    LOCAL,
    ROWS,
    SHAFT,
    SHEARED_LOCAL,
    SHEARED_WORLD,
    WORLD,
    aim,
    coherent,
)  # fmt: skip
from drivesynth_kernels.trace_tree import deepest, enter_node, queue_children, trace_tree

# A tile fired over a longer time is traced ray by ray where anything moves.
LONGEST_TILE_S = 1e-3
SHADES = 1  # leaves remembered for the next tile toward the same light


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
    track        (J,) row of keys, -1 at rest
    frame, pose  (J, 12) mesh_from_world and world_from_mesh of those at rest
    boxes        (8 J,) what each sweeps, as `bvh_split` has boxes
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
    pose: np.ndarray
    boxes: np.ndarray
    keys: np.ndarray
    key_times: np.ndarray
    turns: np.ndarray
    reach: float
    stack: int


@inlined
def trace_tile(
    world, time, moved, groups, lanes, found, shaft, axes, local_shaft, local_axes, frame, rate, motion, near_of,
    waiting, waiting_near, queue, queue_near, shades, any_hit,
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
                   sheared_world, shaft, axes, waiting, waiting_near, near_of, shades, any_hit)  # fmt: skip
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
                   waiting, waiting_near, near_of, shades[:0], any_hit)  # fmt: skip
        far_limit = deepest(lanes, groups, sheared_world)


@step
def run_tiles(
    world, rays, tile_rows, tile_columns, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft,
    local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, shades, rays_of, alone,
):  # fmt: skip
    """`trace_tiles` with its scratch."""
    for tile in range(begin, end):
        used = choose_rays(rays, tile, tile_rows, tile_columns, rays_of)
        asks, earliest, latest = load_rays(world.origin, rays, rays_of, used, lanes, found)
        groups = (used + 15) // 16
        together = not asks or used == 1 or (
            (latest - earliest <= LONGEST_TILE_S or world.keys.shape[0] == 0) and coherent(lanes, groups)
        )  # fmt: skip
        for k in range(1 if together else used):
            if not together:
                poke(alone, 0, peek(rays_of, k))
                asks, earliest, latest = load_rays(world.origin, rays, alone, np.int64(1), lanes, found)
                groups = np.int64(1)
            if asks:
                trace_tile(
                    world, (earliest + latest) / 2, latest > earliest, groups, lanes, found, shaft, axes, local_shaft,
                    local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, shades, any_hit,
                )  # fmt: skip
            for lane in range(used if together else 1):
                ray = peek(rays_of, lane if together else k)
                note(world, lanes, found, lane, out, ray, any_hit)


@kernel
def trace_tiles(world, rays, tile_rows, tile_columns, begin, end, any_hit, out):
    """Trace tiles number begin .. end - 1 of the grid, which run down strips.

    tile_rows, tile_columns  at most LANES rays; `alone.trace_rays` is made for one
    """
    lanes = np.zeros(LANES * ROWS, np.float32)
    found = np.zeros(2 * LANES, np.int32)
    shaft, local_shaft = np.zeros(SHAFT, np.float32), np.zeros(SHAFT, np.float32)
    axes, local_axes = np.zeros(AXES, np.int64), np.zeros(AXES, np.int64)
    frame, rate, motion = np.zeros(12, np.float32), np.zeros(12, np.float32), np.zeros(18)
    near_of = np.zeros(WIDTH, np.float32)
    waiting, waiting_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    queue, queue_near = np.zeros(world.stack, np.int64), np.zeros(world.stack, np.float32)
    shades = np.zeros(SHADES if any_hit else 0, np.int64)
    rays_of, alone = np.zeros(LANES, np.int64), np.zeros(1, np.int64)
    run_tiles(
        world, rays, tile_rows, tile_columns, begin, end, any_hit, out, lanes, found, shaft, axes, local_shaft,
        local_axes, frame, rate, motion, near_of, waiting, waiting_near, queue, queue_near, shades, rays_of, alone,
    )  # fmt: skip
