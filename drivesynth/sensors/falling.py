"""Rain and snow before a camera: near drops and flakes drawn one by one, the rest as an even veil.

Sizes are those of the LiDAR's weather (`sensors.atmosphere`), and so is the extinction: what is drawn is
taken out of the veil before, so that on average the light that gets through is Beer and Lambert's. A drop
falls by its size, leaves a streak as long as the exposure and takes as much light as its disc does in that
time; it shows the wide surroundings that it bends into the picture (Garg and Nayar, "Vision and Rain", IJCV
2007). Flakes are white; aggregates are wider than their water and let light through (Locatelli and Hobbs,
"Fall speeds and masses of solid precipitation particles", JGR 1974, whose speeds they have). Lamps light
each by itself (`sensors.lit_air`).
"""

from dataclasses import dataclass, replace

import numpy as np
from drivesynth_kernels.veils import draw_falling

from drivesynth.arrays import F32, F64
from drivesynth.geometry.transforms import inverse
from drivesynth.scenario.model import Environment
from drivesynth.sensors import atmosphere
from drivesynth.sensors.atmosphere import Sizes
from drivesynth.sensors.lamps import NONE, Lamps
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.light import Light
from drivesynth.sensors.lit_air import lit, phase_of_drop, phase_of_flake
from drivesynth.sensors.secondary import colours

MOST = 12_000  # particles that are drawn, the nearest ones
_NEAR_M, _FAR_M = 0.25, 12.0
_SMALLEST_M = {"rain": 0.6e-3, "snow": 0.5e-3}  # smaller ones belong to the veil
_BEAM_M = 9.0  # so far off, in the beams of headlamps, the largest are drawn by night
_FLAKE_WIDER = 1.6  # than its water's sphere; its gaps let the rest through
_APERTURE_M = 2e-3  # 4 mm at f/2, sharp far away: near particles blur
_SNOW_ALBEDO = 0.85


@dataclass(frozen=True)
class Kind:
    """What falls, of which sizes; smallest_m: diameter from which on it is drawn."""

    name: str
    sizes: Sizes
    smallest_m: float

    @property
    def per_m3(self) -> float:
        """How many are large enough to be drawn."""
        return self.sizes.above(self.smallest_m)

    @property
    def shadow_per_m(self) -> float:
        """Share of light per metre that those take with their discs, pi/4 D^2."""
        small, rate = self.smallest_m, self.sizes.rate_per_m
        mean_square = small**2 + 2.0 * small / rate + 2.0 / rate**2
        return self.per_m3 * np.pi / 4.0 * mean_square

    def thinned(self, per_m3: float) -> "Kind":
        """The largest alone, no more of them than that."""
        more = np.log(max(self.per_m3 / per_m3, 1.0)) / self.sizes.rate_per_m
        return replace(self, smallest_m=self.smallest_m + float(more))


def kinds(environment: Environment) -> list[Kind]:
    """What falls in an environment."""
    falls = []
    if environment.rain_mm_h > 0.0:
        falls.append(Kind("rain", atmosphere.rain_drops(environment.rain_mm_h), _SMALLEST_M["rain"]))
    if environment.snow_mm_h > 0.0:
        falls.append(Kind("snow", atmosphere.snow_flakes(environment.snow_mm_h), _SMALLEST_M["snow"]))
    return falls


@dataclass(frozen=True)
class Shower:
    """What falls past a camera while it takes a picture.

    air_mps, camera_mps  (3,) velocities of the air and of the camera, world
    key                  of its draws
    """

    environment: Environment
    air_mps: F64
    camera_mps: F64
    key: int

    def draw(
        self, picture: F32, range_m: F32, light: Light, lens: Lens, world_from_camera: F64, shutter_s: float,
        lamps: Lamps = NONE,
    ) -> None:  # fmt: skip
        """Lay it over the picture (H, W, 3); range_m (H, W) along the rays, inf for the sky."""
        for number, kind in enumerate(kinds(self.environment)):
            if lamps.shine:
                kind = kind.thinned(3.0 * MOST / (_steradians(lens, picture.shape) * _BEAM_M**3))
            random = np.random.Generator(np.random.Philox(key=self.key + number))
            reach_m = self._reach_m(kind, lens, picture.shape)
            self._clear_the_veil(picture, range_m, light, kind.shadow_per_m, reach_m)
            self._scatter(
                picture, range_m, light, lens, world_from_camera, shutter_s, kind, reach_m, random, lamps
            )

    def _reach_m(self, kind: Kind, lens: Lens, shape: tuple[int, ...]) -> float:
        """How far off particles are drawn: as many as are worth it."""
        wide = _steradians(lens, shape)
        return float(np.clip((3.0 * MOST / (wide * max(kind.per_m3, 1e-9))) ** (1 / 3), 1.0, _FAR_M))

    def _clear_the_veil(
        self, picture: F32, range_m: F32, light: Light, shadow_per_m: float, reach_m: float
    ) -> None:
        near = np.clip(np.minimum(range_m, np.float32(reach_m)) - np.float32(_NEAR_M), 0.0, None)
        veil = colours(light)["air"].astype(np.float32)
        picture -= veil
        picture *= np.exp(np.float32(shadow_per_m) * near)[..., None]
        picture += veil
        np.maximum(picture, np.float32(0), out=picture)

    def _scatter(
        self, picture: F32, range_m: F32, light: Light, lens: Lens, world_from_camera: F64,
        shutter_s: float, kind: Kind, reach_m: float, random: np.random.Generator, lamps: Lamps = NONE,
    ) -> None:  # fmt: skip
        height, width = picture.shape[:2]
        margin = 0.15  # particles that enter the picture during the exposure
        wide = _steradians(lens, picture.shape) * (1 + 2 * margin) ** 2
        volume_m3 = wide * (reach_m**3 - _NEAR_M**3) / 3.0
        count = int(random.poisson(kind.per_m3 * volume_m3))
        if count == 0:
            return
        # Even in space: image points go with the solid angle of their pixels.
        x = random.uniform(-margin * width, (1 + margin) * width, count) - 0.5
        y = random.uniform(-margin * height, (1 + margin) * height, count) - 0.5
        rays = lens.directions(x, y)
        kept = random.random(count) < rays[:, 2] ** 3 if lens.is_straight else rays.any(axis=1)
        rays = rays[kept]
        count = len(rays)
        far = (_NEAR_M**3 + random.random(count) * (reach_m**3 - _NEAR_M**3)) ** (1 / 3)
        diameter = kind.smallest_m + random.exponential(1.0 / kind.sizes.rate_per_m, count)
        diameter = np.minimum(diameter, 0.008)
        fall = fall_mps(kind.name, diameter)
        velocity = self.air_mps - self.camera_mps + np.column_stack([np.zeros((count, 2)), -fall])
        if kind.name == "snow":
            velocity += random.normal(0.0, 0.25, (count, 3))
        way = velocity @ inverse(world_from_camera)[:3, :3].T * (0.5 * shutter_s)
        middle = rays * far[:, None]
        begin, end = lens.project(middle - way), lens.project(middle + way)
        seen = np.isfinite(begin).all(axis=1) & np.isfinite(end).all(axis=1)
        begin, end, far, diameter, middle = begin[seen], end[seen], far[seen], diameter[seen], middle[seen]
        wider = _FLAKE_WIDER if kind.name == "snow" else 1.0
        disc_px = lens.fx_px * diameter / far
        blur_px = lens.fx_px * _APERTURE_M / far
        shown_px = np.sqrt((wider * disc_px) ** 2 + blur_px**2)
        long_px = np.hypot(*(end - begin).T)
        # Blurred and drawn out, it takes the light that its disc takes while it is there.
        opacity = np.minimum(np.pi / 4 * disc_px**2 / (shown_px * (long_px + np.pi / 4 * shown_px)), 1.0)
        rgb = np.tile(_radiance(kind.name, light), (len(far), 1))
        if lamps.shine:
            eye_m = world_from_camera[:3, 3]
            places_m = middle @ world_from_camera[:3, :3].T + eye_m
            phase, sent_on = (phase_of_flake, _SNOW_ALBEDO) if kind.name == "snow" else (phase_of_drop, 1.0)
            rgb += sent_on * lit(lamps, places_m, eye_m, light.air.extinction, phase)
        order = np.argsort(-far, kind="stable")
        draw_falling(
            np.concatenate([begin, end], axis=1)[order], 0.5 * shown_px[order], opacity[order], far[order],
            rgb[order], range_m, picture,
        )  # fmt: skip


def fall_mps(kind: str, diameter_m: F64) -> F64:
    """How fast drops and flakes fall in still air, by the diameter of their water."""
    if kind == "rain":
        return np.maximum(9.65 - 10.3 * np.exp(-600.0 * diameter_m), 0.1)  # as atmosphere.drop_fall_mps
    return 0.8 * (1e3 * _FLAKE_WIDER * diameter_m) ** 0.16


def _radiance(kind: str, light: Light) -> F64:
    """(3,) of a particle: flakes are lit from all around, drops show a bit of everything."""
    known = colours(light)
    if kind == "snow":
        return np.asarray(
            _SNOW_ALBEDO * (0.6 * known["sky"] + 0.4 * known["ground"]) + 0.1 * known["sun"] / np.pi
        )
    return np.asarray(0.62 * known["sky"] + 0.3 * known["ground"])


def _steradians(lens: Lens, shape: tuple[int, ...]) -> float:
    """Solid angle of the picture, as if all of it were as wide as its middle."""
    return shape[0] * shape[1] / (lens.fx_px * lens.fy_px)
