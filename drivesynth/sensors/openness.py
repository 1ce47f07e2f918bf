"""How much sky each surface sees: rays toward a few directions from a sparse grid of pixels.

The sky's light on a normal n is taken as linear in n: mean + moment . n, with 0.5 + 0.5 n_z for an
unhidden even sky, which is exact (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance
Environment Maps", SIGGRAPH 2001, first order).
"""

import numpy as np
from drivesynth_kernels.openness import GRID, gather_sky, list_sky_rays, smooth_openness, spread_openness

from drivesynth.arrays import F32, F64
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import in_rows
from drivesynth.sensors.shadow import LIFT_M

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
    distances, normals = np.ascontiguousarray(hits.range_m[pick]), np.ascontiguousarray(geometric[pick])
    there = np.isfinite(distances)
    points = directions[pick].astype(np.float64) * np.where(there, distances, 0.0)[..., None]  # from the eye

    sets = sky_directions(turn_rad)
    most = sets.shape[1] * there.size
    starts, rays = np.empty((most, 3)), np.empty((most, 3), np.float32)
    owner = np.empty((most, 2), np.int32)
    count = list_sky_rays(origin_m, points, normals, there, sets, LIFT_M, starts, rays, owner)
    blocked = caster.occluded(starts[:count], rays[:count], np.inf, time_s)
    rough, sparse = np.zeros((*there.shape, 4), np.float32), np.zeros((*there.shape, 4), np.float32)
    gather_sky(owner[:count], blocked, sets, _brightness(light, sets), rough)
    smooth_openness(points, normals, distances, rough, sparse)

    spread = np.empty((height, width, 4), np.float32)

    def work(begin: int, end: int) -> None:
        spread_openness(
            begin, end, width, directions.reshape(-1), hits.range_m.reshape(-1), geometric.reshape(-1),
            len(columns), sparse.reshape(-1), spread.reshape(-1),
        )  # fmt: skip

    in_rows(work, height, threads)
    return spread


def _brightness(light: Light, toward: F64) -> F64:
    """(...) luminance of the sky toward each direction (..., 3), over the mean of its set."""
    size = len(light.table)
    flat = toward[..., :2] / np.abs(toward).sum(axis=-1, keepdims=True)
    u, v = flat.sum(axis=-1), flat[..., 0] - flat[..., 1]
    nodes = np.round((np.stack([u, v]) + 1) / 2 * (size - 1)).astype(int)
    value = light.table[nodes[0], nodes[1]].astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(value / np.maximum(value.mean(axis=-1, keepdims=True), 1e-12))
