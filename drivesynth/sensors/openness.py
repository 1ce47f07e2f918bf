"""How much sky each surface sees: rays toward a few directions from every fourth pixel, then spread.

The sky's light on a normal n is taken as linear in n: mean + moment . n, with 0.5 + 0.5 n_z for an
unhidden even sky, which is exact (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance
Environment Maps", SIGGRAPH 2001, first order).
"""

import numpy as np
from drivesynth_kernels.screen import GRID, spread_openness

from drivesynth.arrays import F32, F64
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import in_rows

_RINGS = ((5, 0.3), (3, 2.5 / 3))  # directions and height of each: their mean height is 1/2


def sky_directions(turn_rad: float = 0.0) -> F64:
    """(8, 3) unit directions that stand for equal shares of the upper hemisphere."""
    rows = []
    for count, z in _RINGS:
        angle = turn_rad + 2 * np.pi * (np.arange(count) + 0.25) / count
        flat = np.sqrt(1 - z * z)
        rows.append(np.stack([flat * np.cos(angle), flat * np.sin(angle), np.full(count, z)], axis=1))
    return np.concatenate(rows)


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

    toward = sky_directions(turn_rad)
    shares = _brightness(light, toward)
    sparse = np.zeros((*there.shape, 4), np.float32)
    for direction, share in zip(toward, shares, strict=True):
        ray = direction.astype(np.float32)
        faces = there & (normals @ ray > 1e-3)
        seen = faces & ~caster.shadow(points, normals, ray, time_s, faces)
        moments = np.array([0.5, *direction]) * (share / len(toward))
        sparse += np.where(seen[..., None], moments.astype(np.float32), np.float32(0.0))

    spread = np.empty((height, width, 4), np.float32)
    in_rows(
        lambda begin, end: spread_openness(begin, end, directions, hits.range_m, geometric, sparse, spread),
        height,
        threads,
    )
    return spread


def _brightness(light: Light, toward: F64) -> F64:
    """(K,) luminance of the sky toward each direction over their mean."""
    size = len(light.table)
    flat = toward[:, :2] / np.abs(toward).sum(axis=1, keepdims=True)
    u, v = flat.sum(axis=1), flat[:, 0] - flat[:, 1]
    nodes = np.round((np.stack([u, v]) + 1) / 2 * (size - 1)).astype(int)
    value = light.table[nodes[0], nodes[1]].astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(value / max(float(value.mean()), 1e-12))
