"""A camera in the staged world: rays, G-buffer, light, edges, film.

One pass casts a ray through every pixel's centre, asks which points the sun and the sky see, and shades.
`standard` then samples edges again; `high` averages many whole passes with moved samples, a moved point
of the sun's disc and turned sky directions, and follows rays beyond their first surface; `draft` is one pass
under an open sky.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from drivesynth_kernels.screen import soften_sun, stand_points
from drivesynth_kernels.shade import Seen

from drivesynth.arrays import F32, F64, Bool
from drivesynth.scenario.model import Environment
from drivesynth.sensors.aiming import Aiming, Met
from drivesynth.sensors.antialias import blend_edges, edge_pixels
from drivesynth.sensors.camera_faults import UNSPOILT, Spoils
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.exposure import SUN_RADIUS_RAD, Pass, Taking, pass_of, tilted
from drivesynth.sensors.film import Film, exposure_per_kcd, picture_and_raw, shutter_s
from drivesynth.sensors.flare import add_ghosts
from drivesynth.sensors.frame import CameraFrame
from drivesynth.sensors.glare import scattered, sources
from drivesynth.sensors.lampfog import add_scattered
from drivesynth.sensors.lamplight import add_glow, add_lamplight
from drivesynth.sensors.lamps import NONE, Lamps, lamps_of
from drivesynth.sensors.light import Light, light_of
from drivesynth.sensors.openness import openness, unhidden
from drivesynth.sensors.outdoors import INDOORS, Outdoors
from drivesynth.sensors.panes import add_behind_panes
from drivesynth.sensors.secondary import (
    Mirrors,
    add_reflections,
    bounced,
    light_from_around,
    spread_bounced,
)
from drivesynth.sensors.shading import (
    albedo_of,
    flattened,
    in_rows,
    leafy_materials,
    radiance,
    texture_frames,
)
from drivesynth.sensors.viewpoint import Projects
from drivesynth.sensors.wet import add_daylight_mirrored, add_mirrored
from drivesynth.world.stage import Stage

Quality = Literal["draft", "standard", "high"]

_HIGH_PASSES = 16
_BY_DAY_KLX = 0.02  # more light than this on open ground lets wet roads mirror what it falls on


@dataclass(frozen=True)
class Exposure:
    """A camera's picture with what its pixels' rays met.

    radiance_kcd  (H, W, 3) what fell on the film [kcd/m^2, linear sRGB]
    """

    frame: CameraFrame
    radiance_kcd: F32
    hits: Hits
    surface: Surface
    timings_s: dict[str, float]


def expose(
    caster: Caster,
    stage: Stage,
    camera: Projects,
    world_from_camera: F64,
    environment: Environment,
    time_s: float,
    quality: Quality = "standard",
    threads: int = 1,
    seed_key: int = 0,
) -> CameraFrame:
    """What the camera sees at one instant: `shoot` with the usual film in the environment's light."""
    light = light_of(environment)
    lamps = lamps_of(stage, environment, light, time_s, world_from_camera[:3, 3])
    return shoot(
        caster, stage, camera, world_from_camera, light, time_s, quality, threads, seed_key, Film(), lamps
    ).frame


def shoot(
    caster: Caster,
    stage: Stage,
    camera: Projects,
    world_from_camera: F64,
    light: Light,
    time_s: float,
    quality: Quality,
    threads: int,
    seed_key: int,
    film: Film,
    lamps: Lamps = NONE,
    taking: Taking | None = None,
    poses: Callable[[F64], F64] | None = None,
    pattern_key: int = 0,
    spoils: Spoils = UNSPOILT,
    outdoors: Outdoors = INDOORS,
) -> Exposure:
    """A camera's picture with its G-buffer.

    caster, stage      the world, and its instances' materials and poses
    world_from_camera  (4, 4) at `time_s`
    seed_key           the 64-bit key of the sensor's noise; pattern_key that of its chip's unevenness
    taking, poses      how long and in what order it looks; (N,) times -> (N, 4, 4) where the camera is then
    spoils             what faults do to it; outdoors  the weather before it
    """
    still = np.asarray(world_from_camera)[None]

    def standing(times_s: F64) -> F64:
        return np.broadcast_to(still, (len(times_s), 4, 4))

    aiming = Aiming(caster, stage, camera, poses or standing, time_s, taking or Taking(), threads)
    shot = _Shot(caster, stage, camera, aiming, light, lamps, outdoors, threads)
    return shot.expose(quality, film, taking or Taking(), seed_key, pattern_key, spoils)


def albedo_at(
    stage: Stage,
    light: Light,
    origin_m: F64,
    directions: F32,
    hits: Hits,
    surface: Surface,
    geometric: F32,
    normals: F32,
    time_s: float,
    pixel_rad: float,
    threads: int,
) -> F32:
    """(H, W, 3) albedo of what rays from about one place meet, below any gloss; zero where nothing is."""
    shape = hits.range_m.shape
    nothing, open_sky = np.zeros(shape, np.float32), unhidden(shape)
    seen = flattened(directions, hits, surface, geometric, normals, nothing, open_sky)
    flat = albedo_of(seen, origin_m, light, texture_frames(stage, time_s), pixel_rad, threads)
    return np.where(np.isfinite(hits.range_m)[..., None], flat.reshape(*shape, 3), np.float32(0))


@dataclass(frozen=True)
class _Seen:
    """One pass over every pixel, and its shading."""

    met: Met
    surface: Surface
    geometric: F32
    normals: F32
    picture: F32


class _Shot:
    """The steps of one exposure over the same world."""

    def __init__(
        self,
        caster: Caster,
        stage: Stage,
        camera: Projects,
        aiming: Aiming,
        light: Light,
        lamps: Lamps,
        outdoors: Outdoors,
        threads: int,
    ) -> None:
        self.caster, self.stage, self.camera, self.aiming = caster, stage, camera, aiming
        self.light, self.lamps, self.outdoors, self.threads = light, lamps, outdoors, threads
        self.pixel_rad = 1.0 / camera.lens.fx_px
        self.around: F32 | None = None  # (H, W, 3) light that surfaces throw back, at high quality
        self.timings_s: dict[str, float] = {}
        self._since = time.perf_counter()

    def expose(
        self, quality: Quality, film: Film, taking: Taking, seed_key: int, pattern_key: int, spoils: Spoils
    ) -> Exposure:
        first = self.whole(quality != "draft")
        picture, hits = first.picture, first.met.hits
        exposure = spoils.exposed(exposure_per_kcd(picture, film, self.light))
        glare = self.glare(first, exposure, film)
        passes = taking.passes(_HIGH_PASSES if quality == "high" else 1)
        if quality == "high":
            around = bounced(self.caster, self.light, first.met, first.geometric, first.met.time_s)
            self.around = spread_bounced(*around, first.picture.shape)
            self._lap("bounce")
        if passes > 1:
            brightest = np.float32(4.0 / exposure[1])
            total = np.zeros_like(picture)
            for number in range(passes):
                sample = pass_of(number, passes, taking)
                if quality == "high":  # second rays are dear: every other pass asks, and counts twice
                    sample = replace(sample, rich=2.0 * (number % 2 == 0))
                else:
                    sample = replace(sample, sun_side=(0.0, 0.0))
                total += np.minimum(self.whole(quality != "draft", sample).picture, brightest)
            picture = total / np.float32(passes)
        elif quality == "standard":
            white = 1.0 / float(exposure[1])
            pixels = edge_pixels(hits, first.surface, first.normals, picture, white, self.threads)
            blend_edges(
                picture, hits, first.surface, pixels, self.aiming.meet_points, 4.0 * white, self.threads
            )
            self._lap("edges")
        if self.outdoors is not INDOORS:
            lens, met = self.camera.lens, first.met
            open_s = shutter_s(exposure, film, taking.exposure_s)
            self.outdoors.veil(
                picture, hits.range_m, met.directions, self.light, lens, met.pose, open_s, self.lamps
            )
            self._lap("weather")
        if (lit := self.aiming.lit) is not None:
            picture[~lit] = 0.0
        if glare is not None:
            source, stray = glare
            flare = film.flare if self.sun_in_picture(first.met.pose) else 0.0
            picture[source] *= np.float32(1.0 - film.bloom - film.haze - flare)
            picture += stray
            sun = source & np.isinf(hits.range_m)
            if flare > 0.0 and sun.any():
                add_ghosts(picture, sun, first.picture, flare, self.camera.lens.fx_px)
            self._lap("glare")
        picture = spoils.through_the_lens(picture, exposure, self.camera.lens)
        rgb, raw = picture_and_raw(picture, exposure, film, seed_key, self.threads, pattern_key)
        frame = CameraFrame(
            spoils.delivered(rgb),
            first.met.depth_m,
            first.surface.actor,
            first.surface.class_id.astype(np.uint8),
            round(first.met.time_s * 1e9),
            raw,
        )
        self._lap("develop")
        return Exposure(frame, picture, hits, first.surface, self.timings_s)

    def whole(self, hidden_sky: bool, sample: Pass | None = None) -> _Seen:
        """Every pixel once: at its centre, or as one pass of many."""
        sample = sample or Pass()
        toward_sun = self.light.toward_sun
        if sample.sun_side[0] > 0.0:
            toward_sun = tilted(toward_sun, *sample.sun_side)
        met = self.aiming.meet(sample)
        hits, directions, time_s = met.hits, met.directions, met.time_s
        frames = texture_frames(self.stage, time_s)
        self._lap("cast")
        surface = self.caster.surface(hits)
        geometric, normals = self.caster.normals(hits, time_s, directions)
        self._lap("gather")
        active, blocked = self.sunlight(met, surface, geometric, toward_sun)
        sun = np.empty(hits.range_m.shape, np.float32)
        in_rows(
            lambda begin, end: soften_sun(begin, end, hits.instance, active, blocked, sun),
            len(sun),
            self.threads,
        )
        self._lap("shadow")
        if hidden_sky:
            open_sky = openness(
                self.caster, met.origin_m, directions, hits, geometric, self.light, time_s, self.threads,
                sample.turn_rad,
            )  # fmt: skip
        else:
            open_sky = unhidden(hits.range_m.shape)
        self._lap("openness")
        seen = flattened(directions, hits, surface, geometric, normals, sun, open_sky)
        flat = radiance(seen, met.origin_m, self.light, frames, self.pixel_rad, self.threads)
        picture = flat.reshape(*sun.shape, 3)
        self._lap("shade")
        if hidden_sky:
            add_behind_panes(
                self.caster, self.light, met, surface, normals, picture, every=self.around is not None
            )
            self._lap("panes")
        if self.around is not None and sample.rich > 0.0:
            self.enrich(seen, met, surface, geometric, normals, open_sky, frames, sample, picture)
        if hidden_sky and self.light.air.wetness > 0.0 and self.light.horizontal_klx.max() > _BY_DAY_KLX:
            add_daylight_mirrored(
                self.caster, self.light, met, surface, geometric, normals, open_sky, self.outdoors.puddles,
                1.0 / self.pixel_rad, picture,
            )  # fmt: skip
            self._lap("wet")
        if self.lamps.shine:
            self.lamplit(seen, met, surface, normals, frames, picture)
            self._lap("lamps")
            if hidden_sky and self.light.air.wetness > 0.0:
                add_mirrored(
                    self.caster, self.lamps, self.light, met.origin_m, directions, hits, surface.material,
                    geometric, frames, 1.0 / self.pixel_rad, picture, time_s, self.threads,
                )  # fmt: skip
                self._lap("wet")
        return _Seen(met, surface, geometric, normals, picture)

    def enrich(
        self, seen: Seen, met: Met, surface: Surface, geometric: F32, normals: F32, open_sky: F32,
        frames: F64, sample: Pass, picture: F32,
    ) -> None:  # fmt: skip
        """Put what really stands around in the place of means: in mirrors and in the shade."""
        assert self.around is not None
        shape = picture.shape[:2]
        albedo = albedo_of(seen, met.origin_m, self.light, frames, self.pixel_rad, self.threads)
        sky = light_from_around(self.light, met, normals, open_sky, self.around)
        sky *= albedo.reshape(picture.shape)
        sky *= np.float32(sample.rich)
        picture += sky
        self._lap("bounce")
        mirrors = Mirrors(self.light, met, surface, geometric, normals, open_sky, wet=False)
        angle = sample.sun_side[1]
        strayed = np.array([np.cos(angle), np.sin(angle), np.cos(3.0 * angle)])
        if len(mirrors.index):
            shown, _ = mirrors.look(self.caster, self.light, shape, met.time_s, strayed)
            mirrors.weight *= sample.rich
            add_reflections(mirrors, shown, picture)
        self._lap("mirror")

    def glare(self, first: _Seen, exposure: F64, film: Film) -> tuple[Bool, F32] | None:
        """Which pixels glare, and what the lens scatters of them; by day only the sun's disc does."""
        if not self.lamps.shine and not self.sun_in_picture(first.met.pose):
            return None
        range_m = first.met.hits.range_m
        allowed = np.full(range_m.shape, self.lamps.shine) | np.isinf(range_m)
        source = sources(first.picture, exposure, allowed)
        if film.bloom + film.haze == 0.0 or not source.any():
            return None
        stray = scattered(first.picture, source, self.camera.lens.fx_px, film.bloom, film.haze)
        self._lap("glare")
        return source, stray

    def sun_in_picture(self, pose: F64) -> bool:
        """Whether the picture shows where the sun's disc would be, or part of it."""
        if not self.light.sun_klx.any():
            return False
        u, v = self.camera.lens.project(pose[:3, :3].T @ self.light.toward_sun)
        disc = 2.0 * SUN_RADIUS_RAD * self.camera.lens.fx_px
        return bool(-disc < u < self.camera.width_px + disc and -disc < v < self.camera.height_px + disc)

    def sunlight(self, met: Met, surface: Surface, geometric: F32, toward_sun: F64) -> tuple[Bool, Bool]:
        """(H, W) which surfaces could see the sun, and from which something hides it."""
        shape = met.hits.range_m.shape
        if not self.light.sun_klx.any():
            nothing = np.zeros(shape, np.bool_)
            return nothing, nothing
        points, active = np.empty(3 * met.hits.range_m.size), np.empty(met.hits.range_m.size, np.bool_)
        leafy = leafy_materials()

        def work(begin: int, end: int) -> None:
            stand_points(
                begin, end, met.origin_m, met.directions.reshape(-1), met.hits.range_m.reshape(-1),
                surface.material.reshape(-1), leafy, geometric.reshape(-1), toward_sun, points, active,
            )  # fmt: skip

        in_rows(work, len(active), self.threads)
        there = active.reshape(shape)
        toward = toward_sun.astype(np.float32)
        return there, self.caster.shadow(points.reshape(*shape, 3), geometric, toward, met.time_s, there)

    def lamplit(
        self, seen: Seen, met: Met, surface: Surface, normals: F32, frames: F64, picture: F32
    ) -> None:
        """Add to the picture what lamps nearby send to its samples, and their own glow."""
        albedo = albedo_of(seen, met.origin_m, self.light, frames, self.pixel_rad, self.threads)
        extinction = self.light.air.extinction
        before = picture.copy() if extinction > 0.0 else picture
        add_lamplight(
            self.caster, self.lamps, met.origin_m, seen.directions, met.hits, surface, normals, albedo,
            picture, self.light.air.wetness, met.time_s, self.threads, extinction,
        )  # fmt: skip
        add_glow(self.caster, self.lamps, met.origin_m, met.hits, surface, picture)
        if extinction > 0.0:
            picture -= before
            picture *= np.exp(np.float32(-extinction) * met.hits.range_m)[..., None]
            picture += before
            add_scattered(self.lamps, extinction, met.origin_m, met.directions, met.hits.range_m, picture)

    def _lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings_s[stage] = self.timings_s.get(stage, 0.0) + now - self._since
        self._since = now
