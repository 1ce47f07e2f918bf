"""Rays as callers hand them over, into the lanes of a tile and back."""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.jit import inlined
from drivesynth_kernels.simd import peek, poke, prefetch, spread16, store
from drivesynth_kernels.tile import BEST, LANES, LATER, WORLD, U, V

STRIP = 8  # tiles: neighbours in a strip find the same nodes in the cache


class Rays(NamedTuple):
    """Rays of a grid of R rows by C columns; an array of one row and step 0 speaks for all rays.

    origin     (3 R C,) world, float64 [m]; direction (3 R C,) unit
    time       (R C,) [s]; limit (R C,) only hits nearer than this count [m]; a ray of limit <= 0 asks nothing
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


class Found(NamedTuple):
    """Nearest hits, (R C,) each: written by the kernels. A miss is inf, -1, -1, 0, 0.

    Any hit writes `instance` alone.
    """

    range_m: np.ndarray
    instance: np.ndarray
    primitive: np.ndarray
    u: np.ndarray
    v: np.ndarray


@inlined
def choose_rays(rays, tile, tile_rows, tile_columns, rays_of):
    """Which rays of the grid a tile holds: neighbours; returns how many."""
    used = 0
    across = (rays.columns + tile_columns - 1) // tile_columns
    down = (rays.rows + tile_rows - 1) // tile_rows
    strip = tile // (down * STRIP)
    width = min(STRIP, across - strip * STRIP)
    inner = tile - strip * down * STRIP
    row, column = inner // width * tile_rows, (strip * STRIP + inner % width) * tile_columns
    for i in range(row, min(row + tile_rows, rays.rows)):
        below = min(i + tile_rows, rays.rows - 1) * rays.columns + column
        prefetch(rays.direction, 3 * below * rays.direction_step)
        prefetch(rays.direction, (3 * below + 16) * rays.direction_step)
        for j in range(column, min(column + tile_columns, rays.columns)):
            poke(rays_of, used, i * rays.columns + j)
            used += 1
    return used


@inlined
def load_rays(origin, rays, rays_of, used, lanes, found):
    """Put rays into the lanes, less the local origin; returns whether any asks, and their times.

    Lanes left over repeat the first ray and ask nothing; a ray alone fills all lanes.
    """
    groups = (used + 15) // 16
    first = peek(rays_of, 0)
    for axis in range(3):
        row, step = LANES * (WORLD + axis), 3 * rays.origin_step
        value = np.float32(peek(rays.origin, first * step + axis) - peek(origin, axis))
        for g in range(groups):
            store(lanes, row + 16 * g, spread16(value))
        if step > 0 and used > 1:
            for k in range(used):
                value = np.float32(peek(rays.origin, peek(rays_of, k) * step + axis) - peek(origin, axis))
                poke(lanes, row + k, value)
        row, step = LANES * (WORLD + 3 + axis), 3 * rays.direction_step
        value = peek(rays.direction, first * step + axis)
        for g in range(groups):
            store(lanes, row + 16 * g, spread16(value))
        if step > 0 and used > 1:
            for k in range(used):
                poke(lanes, row + k, peek(rays.direction, peek(rays_of, k) * step + axis))
    for g in range(groups):
        store(found, 16 * g, spread16(np.int32(-1)))
    if used == 1:
        limit = peek(rays.limit, first * rays.limit_step)
        store(lanes, LANES * BEST, spread16(limit if limit > 0 else np.float32(-np.inf)))
        time = peek(rays.time, first * rays.time_step)
        return limit > 0, time, time
    for lane in range(used, 16 * groups):
        poke(lanes, LANES * BEST + lane, np.float32(-np.inf))
    asks = False
    earliest, latest = np.inf, -np.inf
    for k in range(used):
        limit = peek(rays.limit, peek(rays_of, k) * rays.limit_step)
        asks = asks or limit > 0
        poke(lanes, LANES * BEST + k, limit if limit > 0 else np.float32(-np.inf))
        time = peek(rays.time, peek(rays_of, k) * rays.time_step)
        earliest, latest = min(earliest, time), max(latest, time)
    if latest > earliest:
        for k in range(used):
            time = peek(rays.time, peek(rays_of, k) * rays.time_step)
            poke(lanes, LANES * LATER + k, np.float32(time - (earliest + latest) / 2))
        for k in range(used, 16 * groups):
            poke(lanes, LANES * LATER + k, np.float32(0))
    return asks, earliest, latest


@inlined
def note(world, lanes, found, lane, out, ray, any_hit):
    """Write a lane's answer into the row of its ray."""
    slot = peek(found, lane)
    if any_hit:
        poke(out.instance, ray, slot)
        return
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
