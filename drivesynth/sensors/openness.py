"""How much sky each surface sees: rays toward a few directions from a sparse grid of pixels.

The sky's light on a normal n is taken as linear in n: mean + moment . n, with 0.5 + 0.5 n_z for an
unhidden even sky, which is exact (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance
Environment Maps", SIGGRAPH 2001, first order).
"""

import numpy as np
from drivesynth_kernels.screen import GRID, smooth_openness, spread_openness

from drivesynth.arrays import F32, F64
from drivesynth.sensors.cast import LIFT_M, Caster, Hits
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import in_rows

# Rays of the low and the high ring, and the low ring's height in each of four sets; the high ring's makes the
# mean 1/2. Grid pixels take the sets in turn, so that four neighbours have 32 directions between them.
_COUNTS = (5, 3)
_LOW = np.array([0.22, 0.34, 0.40, 0.28])
_SETS = len(_LOW)


def sky_directions(turn_rad: float = 0.0) -> F64:
    """(4, 8, 3) sets of unit directions; each set stands for equal shares of the upper hemisphere."""
    sets = []
    for number, low in enumerate(_LOW):
        rows = []
        for count, z in zip(_COUNTS, (low, (4 - _COUNTS[0] * low) / _COUNTS[1]), strict=True):
            angle = turn_rad + 2 * np.pi * (np.arange(count) + number / _SETS) / count
            flat = np.sqrt(1 - z * z)
            rows.append(np.stack([flat * np.cos(angle), flat * np.sin(angle), np.full(count, z)], axis=1))
        sets.append(np.concatenate(rows))
    return np.stack(sets)


def unhidden(shape: tuple[int, ...]) -> F32:
    """(*shape, 4) the openness of a place from which all of the sky is seen."""
    return np.broadcast_to(np.array([0.5, 0.0, 0.0, 0.5], np.float32), (*shape, 4)).copy()


def openness(
    caster: Caster,
    origin_m: F64,
    directions: F32,
    hits: Hits,
    geometric: F32,
    light: Light,
    time_s: float,
    threads: int,
    turn_rad: float = 0.0,
) -> F32:
    """(H, W, 4) mean and moment of the sky seen from each pixel's surface."""
    height, width = hits.range_m.shape
    rows = np.minimum(np.arange(-(-height // GRID)) * GRID + GRID // 2, height - 1)
    columns = np.minimum(np.arange(-(-width // GRID)) * GRID + GRID // 2, width - 1)
    pick = np.ix_(rows, columns)
    there = np.isfinite(hits.range_m[pick])
    distance = np.where(there, hits.range_m[pick], 0.0)
    points = origin_m + directions[pick].astype(np.float64) * distance[..., None]
    normals = np.ascontiguousarray(geometric[pick])

    sets = sky_directions(turn_rad)
    shares = _brightness(light, sets)
    which = 2 * (np.arange(len(rows)) % 2)[:, None] + np.arange(len(columns)) % 2
    toward = np.moveaxis(sets[which], 2, 0)  # (8, h, w, 3)
    facing = there & (np.einsum("hwi,khwi->khw", normals, toward) > 1e-3)
    starts = np.broadcast_to(points + LIFT_M * normals, toward.shape)
    seen = facing.copy()
    seen[facing] = ~caster.occluded(starts[facing], toward[facing].astype(np.float32), np.inf, time_s)
    moments = np.concatenate([np.full((*toward.shape[:3], 1), 0.5), toward], axis=3) / len(toward)
    rough = np.einsum("khw,khwc->hwc", seen * np.moveaxis(shares[which], 2, 0), moments).astype(np.float32)

    distances = np.where(there, distance, np.float32(np.inf)).astype(np.float32)
    sparse = np.zeros_like(rough)
    smooth_openness(points - origin_m, normals, distances, rough, sparse)
    spread = np.empty((height, width, 4), np.float32)
    in_rows(
        lambda begin, end: spread_openness(begin, end, directions, hits.range_m, geometric, sparse, spread),
        height,
        threads,
    )
    return spread


def _brightness(light: Light, toward: F64) -> F64:
    """(...) luminance of the sky toward each direction (..., 3), over the mean of its set."""
    size = len(light.table)
    flat = toward[..., :2] / np.abs(toward).sum(axis=-1, keepdims=True)
    u, v = flat.sum(axis=-1), flat[..., 0] - flat[..., 1]
    nodes = np.round((np.stack([u, v]) + 1) / 2 * (size - 1)).astype(int)
    value = light.table[nodes[0], nodes[1]].astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(value / np.maximum(value.mean(axis=-1, keepdims=True), 1e-12))
