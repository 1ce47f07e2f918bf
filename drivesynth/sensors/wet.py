"""What a wet road mirrors: one bounce of a ray from every sample that a film of water covers.

Slopes of the water spread an image of a lamp as far along the road as they turn its mirror, and hardly
across it, the road being seen at a grazing angle: the streaks of a wet night. By night mirrored is what
shines by itself, lamps, lanterns and windows; by day what stands there, in place of the mean of it that
shading knows. Puddles are smooth and whole mirrors, and lie where the LiDAR's pulses are mirrored away.
"""

from dataclasses import dataclass

import numpy as np
from drivesynth_kernels.paint import M_POROUS
from drivesynth_kernels.scatter import patch_heights

from drivesynth.arrays import F32, F64, I32
from drivesynth.assets.classes import CLASS_ID
from drivesynth.sensors.aiming import Met
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.lamplight import add_glow
from drivesynth.sensors.lamps import Lamps
from drivesynth.sensors.light import Light, uniform_light
from drivesynth.sensors.secondary import Mirrors, colours, schlick
from drivesynth.sensors.shading import flattened, material_rows, radiance, sky_seen

# Spread of the mirrored image along the picture's rows and columns: water of slopes of 1 degree, seen at
# about 4 degrees, turns it by twice its slope up and down and by a fourteenth of that to the sides.
UP_RAD, SIDE_RAD = 0.035, 0.0025
_F0 = 0.02  # reflectance at normal incidence for n = 1.33
_FARTHEST_M = 120.0
_LIFT_M = 2e-3


_SHORE = 0.25  # of the patches' height: a puddle's rim
_BELOW = 0.35  # of a dry road's light that comes from below a puddle
_SMOOTH = ("road", "lane_marking", "parking", "sidewalk")


@dataclass(frozen=True)
class Puddles:
    """Where water stands: patches of `patch_m` whose height is above `from_height`, of a key."""

    key: int
    from_height: float
    patch_m: float

    def share(self, points_m: F64) -> F64:
        """(N,) 1 in a puddle, 0 beside it, of (N, 3) world points of a road."""
        height = np.empty(len(points_m))
        x, y = (np.ascontiguousarray(points_m[:, k] / self.patch_m) for k in (0, 1))
        patch_heights(x, y, np.uint64(self.key), height)
        share = np.clip((-height - self.from_height) / _SHORE, 0.0, 1.0)
        return np.asarray(share * share * (3.0 - 2.0 * share))


def add_daylight_mirrored(
    caster: Caster, light: Light, met: Met, surface: Surface, geometric: F32, normals: F32, open_sky: F32,
    puddles: Puddles | None, focal_px: float, picture: F32,
) -> None:  # fmt: skip
    """Put what really stands there into the picture's (H, W, 3) wet ground; still water into its puddles.

    What the film mirrors is spread so far that every other ray each way tells it; puddles ask all of theirs.
    """
    share = film(geometric, surface.material, light)
    wet = (share > 0.0) & np.isfinite(met.hits.range_m)
    rows = np.flatnonzero(wet.any(axis=1))
    if not len(rows):
        return
    standing = np.zeros(wet.shape, np.float32)
    if puddles is not None:
        road = wet & np.isin(surface.class_id, [CLASS_ID[name] for name in _SMOOTH]) & (surface.actor < 0)
        far = met.hits.range_m[road].astype(np.float64)[:, None]
        standing[road] = puddles.share(met.origin_m + far * met.directions[road])
    asked = wet & (standing > 0.0)
    asked[::2, ::2] = wet[::2, ::2]
    mirrors = Mirrors(light, met, surface, geometric, normals, open_sky, wet=True, only=asked)
    if not len(mirrors.index):
        return
    shown, found = mirrors.look(caster, light, wet.shape, met.time_s, np.zeros(3))
    index = mirrors.index
    change, told = np.zeros((*wet.shape, 3), np.float32), np.zeros(wet.shape, np.bool_)
    change.reshape(-1, 3)[index] = shown - mirrors.shown
    told.reshape(-1)[index] = True
    part = slice(rows[0], rows[-1] + 1)
    image = _spread(change[part], told[part], UP_RAD * focal_px, SIDE_RAD * focal_px)
    ways, normal = met.directions[part], geometric[part]
    facing = np.clip(-(ways * normal).sum(axis=2, keepdims=True), 0.0, 1.0)
    mirror = share[part][..., None] * (_F0 + (1.0 - _F0) * (1.0 - facing) ** 5)
    through = np.exp(np.float32(-light.air.extinction) * np.where(wet, met.hits.range_m, 0)[part])[..., None]
    lit = picture[part] + mirror * through * image
    picture[part] = np.where(wet[part][..., None], np.maximum(lit, 0.0), picture[part])

    deep = standing.reshape(-1)[index][:, None].astype(np.float64)
    if not deep.any():
        return
    flat, calm = picture.reshape(-1, 3), mirrors.still_ways
    seen = shown.copy()
    seen[~found] = sky_seen(light, calm[~found].astype(np.float32), 1.0 / focal_px)
    whole = schlick(np.array(_F0), np.maximum(calm[:, 2], 1e-3))[:, None]
    clear = np.exp(-light.air.extinction * met.hits.range_m.reshape(-1)[index].astype(np.float64))[:, None]
    veil = colours(light)["air"] * (1.0 - clear)
    water = whole * seen * clear + veil + _BELOW * (flat[index] - veil)
    flat[index] += (deep * (water - flat[index])).astype(np.float32)


def film(geometric: F32, material: I32, light: Light) -> F32:
    """Share of each sample that a mirror of water covers, as shading has it."""
    up, air = geometric[..., 2], light.air
    lies = np.clip((up - 0.3) * 3.0, 0.0, 1.0) * air.snow
    level = np.maximum(5.0 * up - 4.0, 0.0) * (0.45 * air.wetness) * (1.0 - lies)
    return np.where(material_rows()[material, M_POROUS] > 0.5, level, 0.0).astype(np.float32)


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
    image = np.maximum(_spread(image, wet, UP_RAD * focal_px, SIDE_RAD * focal_px), np.float32(0))
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
        out[..., channel] = mean
    return out


def _blurred(values: F64, up_px: float, side_px: float) -> F64:
    """(H, W) values under a Gaussian, nothing beyond their rim."""
    size = tuple(n + round(4 * s) + 1 for n, s in zip(values.shape, (up_px, side_px), strict=True))
    down, across = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    waves = np.exp(-2 * np.pi**2 * ((up_px * down) ** 2 + (side_px * across) ** 2))
    spread = np.fft.irfft2(np.fft.rfft2(values, size) * waves, size)
    return np.asarray(spread[: values.shape[0], : values.shape[1]])
