"""A pinhole camera in the staged world: rays, G-buffer, light, edges, film.

One pass casts a ray through every pixel's centre, asks which points the sun and the sky see, and shades.
`standard` then samples edges again; `high` averages many whole passes with moved samples, a moved point
of the sun's disc and turned sky directions; `draft` is one pass under an open sky.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from drivesynth_kernels.screen import aim, soften_sun, stand_points
from drivesynth_kernels.shade import Seen

from drivesynth.arrays import F32, F64, Bool
from drivesynth.scenario.model import Environment
from drivesynth.sensors.antialias import EDGE_TILE, blend_edges, edge_pixels
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.film import Film, developed, exposure_per_kcd
from drivesynth.sensors.frame import CameraFrame
from drivesynth.sensors.glare import scattered, sources
from drivesynth.sensors.lamplight import add_glow, add_lamplight
from drivesynth.sensors.lamps import NONE, Lamps, lamps_of
from drivesynth.sensors.light import Light, light_of
from drivesynth.sensors.openness import openness, unhidden
from drivesynth.sensors.shading import (
    albedo_of,
    flattened,
    in_rows,
    leafy_materials,
    radiance,
    texture_frames,
)
from drivesynth.sensors.wet import add_mirrored
from drivesynth.world.stage import Stage

Quality = Literal["draft", "standard", "high"]

_HIGH_PASSES = 16
_SUN_RADIUS_RAD = np.radians(0.2665)
_GOLDEN_ANGLE_RAD = np.pi * (3 - np.sqrt(5))


class Pinhole(Protocol):
    """What a camera's lens and chip are: pixel centres stand at whole numbers."""

    @property
    def width_px(self) -> int:
        """Columns."""

    @property
    def height_px(self) -> int:
        """Rows."""

    @property
    def K(self) -> F64:
        """(3, 3) camera matrix [px]."""


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


def pixel_directions(
    camera: Pinhole,
    world_from_camera: F64,
    x_px: F64 | F32,
    y_px: F64 | F32,
    shift_px: tuple[float, float] = (0.0, 0.0),
    threads: int = 1,
) -> F32:
    """Unit directions (..., 3) in the world through image points: x right, y down, centres at integers."""
    columns, rows = (np.ascontiguousarray(a, np.float32).reshape(-1) for a in (x_px, y_px))
    directions = np.empty(3 * len(columns), np.float32)
    k, shift = camera.K, np.array(shift_px, np.float64)
    lens = np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2]])
    rotation = world_from_camera[:3, :3].reshape(-1)

    def work(begin: int, end: int) -> None:
        aim(begin, end, columns, rows, shift, lens, rotation, directions)

    in_rows(work, len(columns), threads)
    return directions.reshape(*np.shape(x_px), 3)


@lru_cache(maxsize=8)
def _pixel_grid(width: int, height: int) -> tuple[F32, F32]:
    """(H, W) columns and rows of all pixels."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


def expose(
    caster: Caster,
    stage: Stage,
    camera: Pinhole,
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
    camera: Pinhole,
    world_from_camera: F64,
    light: Light,
    time_s: float,
    quality: Quality,
    threads: int,
    seed_key: int,
    film: Film,
    lamps: Lamps = NONE,
) -> Exposure:
    """A camera's picture with its G-buffer.

    caster, stage      the world, and its instances' materials and poses
    world_from_camera  (4, 4) at `time_s`
    seed_key           the 64-bit key of the sensor's noise
    """
    shot = _Shot(caster, stage, camera, world_from_camera, light, lamps, time_s, threads)
    return shot.expose(quality, film, seed_key)


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
class _Pass:
    """One ray through every pixel, and its shading."""

    directions: F32
    hits: Hits
    surface: Surface
    geometric: F32
    normals: F32
    open_sky: F32
    picture: F32


class _Shot:
    """The steps of one exposure over the same world."""

    def __init__(
        self,
        caster: Caster,
        stage: Stage,
        camera: Pinhole,
        world_from_camera: F64,
        light: Light,
        lamps: Lamps,
        time_s: float,
        threads: int,
    ) -> None:
        self.caster, self.camera, self.light, self.lamps = caster, camera, light, lamps
        self.world_from_camera, self.time_s, self.threads = world_from_camera, time_s, threads
        self.origin = np.ascontiguousarray(world_from_camera[:3, 3])
        self.frames = texture_frames(stage, time_s)
        self.pixel_rad = 1.0 / float(camera.K[0, 0])
        self.timings_s: dict[str, float] = {}
        self._since = time.perf_counter()

    def expose(self, quality: Quality, film: Film, seed_key: int) -> Exposure:
        first = self.whole(quality != "draft")
        picture = first.picture
        exposure = exposure_per_kcd(picture, film, self.light)
        glare = self.glare(first, exposure, film)
        if quality == "standard":
            white = 1.0 / float(exposure[1])
            pixels = edge_pixels(first.hits, first.surface, first.normals, picture, white, self.threads)
            blend_edges(picture, first.hits, first.surface, pixels, self.meet, 4.0 * white, self.threads)
            self._lap("edges")
        elif quality == "high":
            brightest = np.float32(4.0 / exposure[1])
            total = np.zeros_like(picture)
            for number in range(_HIGH_PASSES):
                total += np.minimum(self.whole(True, number).picture, brightest)
            picture = total / np.float32(_HIGH_PASSES)
        if glare is not None:
            source, stray = glare
            picture[source] *= np.float32(1.0 - film.bloom - film.haze)
            picture += stray
            self._lap("glare")
        rgb = developed(picture, exposure, film, seed_key, self.threads)
        ahead = self.world_from_camera[:3, 2].astype(np.float32)
        frame = CameraFrame(
            rgb,
            first.hits.range_m * (first.directions @ ahead),
            first.surface.actor,
            first.surface.class_id.astype(np.uint8),
            round(self.time_s * 1e9),
        )
        self._lap("develop")
        return Exposure(frame, picture, first.hits, first.surface, self.timings_s)

    def whole(self, hidden_sky: bool, number: int | None = None) -> _Pass:
        """Every pixel once: at its centre, or as pass `number` of many."""
        dx, dy, turn, toward_sun = 0.0, 0.0, 0.0, self.light.toward_sun
        if number is not None:
            # Halton points over the pixel, a spiral over the sun's disc, one turn of the sky's rays.
            dx, dy = _radical_inverse(number + 1, 2) - 0.5, _radical_inverse(number + 1, 3) - 0.5
            turn = 2 * np.pi * _radical_inverse(number + 1, 5)
            radius = _SUN_RADIUS_RAD * np.sqrt((number + 0.5) / _HIGH_PASSES)
            toward_sun = _tilted(toward_sun, radius, number * _GOLDEN_ANGLE_RAD)
        x, y = _pixel_grid(self.camera.width_px, self.camera.height_px)
        directions = pixel_directions(self.camera, self.world_from_camera, x, y, (dx, dy), self.threads)
        self._lap("aim")
        hits = self.caster.image(self.origin, directions, self.time_s)
        self._lap("cast")
        surface = self.caster.surface(hits)
        geometric, normals = self.caster.normals(hits, self.time_s, directions)
        self._lap("gather")
        active, blocked = self.sunlight(directions, hits, surface, geometric, toward_sun)
        sun = np.empty(hits.range_m.shape, np.float32)
        in_rows(
            lambda begin, end: soften_sun(begin, end, hits.instance, active, blocked, sun),
            len(sun),
            self.threads,
        )
        self._lap("shadow")
        if hidden_sky:
            open_sky = openness(
                self.caster,
                self.origin,
                directions,
                hits,
                geometric,
                self.light,
                self.time_s,
                self.threads,
                turn,
            )
        else:
            open_sky = unhidden(hits.range_m.shape)
        self._lap("openness")
        seen = flattened(directions, hits, surface, geometric, normals, sun, open_sky)
        picture = self.shaded(seen, sun.shape)
        self._lap("shade")
        if self.lamps.shine:
            self.lamplit(seen, hits, surface, normals, picture)
            self._lap("lamps")
            if hidden_sky and self.light.air.wetness > 0.0:
                add_mirrored(
                    self.caster, self.lamps, self.light, self.origin, directions, hits, surface.material,
                    geometric, self.frames, 1.0 / self.pixel_rad, picture, self.time_s, self.threads,
                )  # fmt: skip
                self._lap("wet")
        return _Pass(directions, hits, surface, geometric, normals, open_sky, picture)

    def glare(self, first: _Pass, exposure: F64, film: Film) -> tuple[Bool, F32] | None:
        """Which pixels glare, and what the lens scatters of them; by day only the sun's disc does."""
        if not self.lamps.shine and not self.sun_in_picture():
            return None
        allowed = np.full(first.hits.range_m.shape, self.lamps.shine) | np.isinf(first.hits.range_m)
        source = sources(first.picture, exposure, allowed)
        if film.bloom + film.haze == 0.0 or not source.any():
            return None
        stray = scattered(first.picture, source, float(self.camera.K[0, 0]), film.bloom, film.haze)
        self._lap("glare")
        return source, stray

    def sun_in_picture(self) -> bool:
        """Whether the picture shows where the sun's disc would be, or part of it."""
        x, y, z = self.world_from_camera[:3, :3].T @ self.light.toward_sun
        if not self.light.sun_klx.any() or z <= 0.0:
            return False
        k, disc = self.camera.K, 2.0 * _SUN_RADIUS_RAD * float(self.camera.K[0, 0])
        u, v = k[0, 0] * x / z + k[0, 2], k[1, 1] * y / z + k[1, 2]
        return bool(-disc < u < self.camera.width_px + disc and -disc < v < self.camera.height_px + disc)

    def meet(self, x_px: F32, y_px: F32) -> tuple[Hits, Surface]:
        """What rays through image points meet."""
        directions = pixel_directions(self.camera, self.world_from_camera, x_px, y_px, threads=self.threads)
        hits = self.caster.image(self.origin, directions, self.time_s, EDGE_TILE)
        return hits, self.caster.surface(hits)

    def sunlight(
        self, directions: F32, hits: Hits, surface: Surface, geometric: F32, toward_sun: F64
    ) -> tuple[Bool, Bool]:
        """(H, W) which surfaces could see the sun, and from which something hides it."""
        shape = hits.range_m.shape
        if not self.light.sun_klx.any():
            nothing = np.zeros(shape, np.bool_)
            return nothing, nothing
        points, active = np.empty(3 * hits.range_m.size), np.empty(hits.range_m.size, np.bool_)
        leafy = leafy_materials()

        def work(begin: int, end: int) -> None:
            stand_points(
                begin, end, self.origin, directions.reshape(-1), hits.range_m.reshape(-1),
                surface.material.reshape(-1), leafy, geometric.reshape(-1), toward_sun, points, active,
            )  # fmt: skip

        in_rows(work, len(active), self.threads)
        there = active.reshape(shape)
        toward = toward_sun.astype(np.float32)
        return there, self.caster.shadow(points.reshape(*shape, 3), geometric, toward, self.time_s, there)

    def shaded(self, seen: Seen, shape: tuple[int, ...]) -> F32:
        """(*shape, 3) radiance of the samples."""
        flat = radiance(seen, self.origin, self.light, self.frames, self.pixel_rad, self.threads)
        return flat.reshape(*shape, 3)

    def lamplit(self, seen: Seen, hits: Hits, surface: Surface, normals: F32, picture: F32) -> None:
        """Add to the picture what lamps nearby send to its samples, and their own glow."""
        albedo = albedo_of(seen, self.origin, self.light, self.frames, self.pixel_rad, self.threads)
        add_lamplight(
            self.caster, self.lamps, self.origin, seen.directions, hits, surface, normals, albedo, picture,
            self.light.air.wetness, self.time_s, self.threads,
        )  # fmt: skip
        add_glow(self.caster, self.lamps, self.origin, hits, surface, picture)

    def _lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings_s[stage] = self.timings_s.get(stage, 0.0) + now - self._since
        self._since = now


def _radical_inverse(number: int, base: int) -> float:
    """Van der Corput's sequence: the digits of `number` mirrored at the point."""
    value, weight = 0.0, 1.0 / base
    while number:
        value += weight * (number % base)
        number //= base
        weight /= base
    return value


def _tilted(direction: F64, angle_rad: float, around_rad: float) -> F64:
    """The unit direction tilted by a small angle to the side `around_rad`."""
    side = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, direction)
    tilted = direction + np.tan(angle_rad) * (np.cos(around_rad) * side + np.sin(around_rad) * up)
    return np.asarray(tilted / np.linalg.norm(tilted))
