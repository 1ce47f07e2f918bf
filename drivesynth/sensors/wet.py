"""Lamps mirrored by a wet road: one bounce of a ray from every sample that a film of water covers.

Slopes of the water spread an image of a lamp as far along the road as they turn its mirror, and hardly
across it, the road being seen at a grazing angle: the streaks of a wet night. Mirrored is what shines by
itself, lamps, lanterns and windows; the sky's mirror image is part of shading.
"""

import numpy as np
from drivesynth_kernels.paint import M_POROUS

from drivesynth.arrays import F32, F64, I32
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.lamplight import add_glow
from drivesynth.sensors.lamps import Lamps
from drivesynth.sensors.light import Light, uniform_light
from drivesynth.sensors.shading import flattened, material_rows, radiance

# Spread of the mirrored image along the picture's rows and columns: water of slopes of 1 degree, seen at
# about 4 degrees, turns it by twice its slope up and down and by a fourteenth of that to the sides.
UP_RAD, SIDE_RAD = 0.035, 0.0025
_F0 = 0.02  # reflectance at normal incidence for n = 1.33
_FARTHEST_M = 120.0
_LIFT_M = 2e-3


def film(geometric: F32, material: I32, light: Light) -> F32:
    """Share of each sample that a mirror of water covers, as shading has it."""
    up, air = geometric[..., 2], light.air
    lies = np.clip((up - 0.3) * 3.0, 0.0, 1.0) * air.snow
    level = np.maximum(5.0 * up - 4.0, 0.0) * (0.45 * air.wetness) * (1.0 - lies)
    return np.where(material_rows()[material, M_POROUS] > 0.0, level, 0.0).astype(np.float32)


def add_mirrored(
    caster: Caster,
    lamps: Lamps,
    light: Light,
    eye_m: F64,
    directions: F32,
    hits: Hits,
    material: I32,
    geometric: F32,
    mesh_from_world: F64,
    focal_px: float,
    picture: F32,
    time_s: float,
    threads: int,
) -> None:
    """Add to the picture (H, W, 3) what wet ground mirrors of lamps [kcd/m^2]."""
    share = film(geometric, material, light)
    wet = (share > 0.0) & (hits.range_m < _FARTHEST_M)
    rows = np.flatnonzero(wet.any(axis=1))
    if not len(rows):
        return
    part = slice(rows[0], rows[-1] + 1)
    share, wet, ways, normal = share[part], wet[part], directions[part], geometric[part]
    facing = np.maximum(-(ways * normal).sum(axis=2, keepdims=True), np.float32(0))
    bounce = ways + 2.0 * facing * normal
    far = np.where(wet, hits.range_m[part], np.float32(0)).astype(np.float64)[..., None]
    starts = eye_m + far * ways + _LIFT_M * normal
    met = caster.mirrored(starts, bounce, np.where(wet, np.float32(np.inf), np.float32(0)), time_s)
    there = wet & (met.instance >= 0)
    if not there.any():
        return
    image = np.zeros(bounce.shape, np.float32)
    # A level road shows the lamps as an eye as far below it would see them.
    below = eye_m.copy()
    below[2] = 2.0 * float(starts[..., 2][there].mean()) - eye_m[2]
    image[there] = _shining(caster, lamps, below, bounce, met, there, mesh_from_world, focal_px, threads)
    image = _spread(image, wet, UP_RAD * focal_px, SIDE_RAD * focal_px)
    mirror = share[..., None] * (_F0 + (1.0 - _F0) * (1.0 - facing) ** 5)
    picture[part] += np.where(wet[..., None], mirror * image, np.float32(0)).astype(np.float32)


def _shining(
    caster: Caster, lamps: Lamps, eye_m: F64, bounce: F32, met: Hits, there: np.ndarray, mesh_from_world: F64,
    focal_px: float, threads: int,
) -> F32:  # fmt: skip
    """(K, 3) what the rays that met something met shines of itself."""
    hits = Hits(met.range_m[there], met.instance[there], met.primitive[there], met.u[there], met.v[there])
    surface: Surface = caster.surface(hits)
    ways, number = np.ascontiguousarray(bounce[there]), len(hits.range_m)
    nothing, open_sky = np.zeros(number, np.float32), np.zeros((number, 4), np.float32)
    seen = flattened(ways, hits, surface, -ways, -ways, nothing, open_sky)
    glow = radiance(seen, eye_m, uniform_light(0.0), mesh_from_world, 1.0 / focal_px, threads).reshape(-1, 3)
    add_glow(caster, lamps, eye_m, hits, surface, glow)
    return np.maximum(glow, np.float32(0))


def _spread(image: F32, wet: np.ndarray, up_px: float, side_px: float) -> F32:
    """The image under a Gaussian of these deviations, of wet samples alone: dry ones mirror nothing."""
    weight = wet.astype(np.float64)
    total = _blurred(weight, up_px, side_px)
    out = np.empty_like(image)
    for channel in range(3):
        mean = _blurred(image[..., channel] * weight, up_px, side_px) / np.maximum(total, 1e-6)
        out[..., channel] = np.maximum(mean, 0.0)
    return out


def _blurred(values: F64, up_px: float, side_px: float) -> F64:
    """(H, W) values under a Gaussian, nothing beyond their rim."""
    size = tuple(n + round(4 * s) + 1 for n, s in zip(values.shape, (up_px, side_px), strict=True))
    down, across = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    waves = np.exp(-2 * np.pi**2 * ((up_px * down) ** 2 + (side_px * across) ** 2))
    spread = np.fft.irfft2(np.fft.rfft2(values, size) * waves, size)
    return np.asarray(spread[: values.shape[0], : values.shape[1]])
