"""Shading of camera samples: the stage's materials and poses as arrays, and the kernels over them."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from drivesynth_kernels.paint import (
    LAMP_AMBER,
    LAMP_GREEN,
    LAMP_HEAD,
    LAMP_RED,
    LAMP_TAIL,
    M_LEAFY,
    M_SIZE,
    Looks,
)
from drivesynth_kernels.shade import Seen, shade

from drivesynth.arrays import F32, F64, I32
from drivesynth.assets.materials import MATERIALS, TEXTURES
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.light import Light, even_light
from drivesynth.sensors.texture import tiles
from drivesynth.sensors.threads import in_pieces
from drivesynth.world.stage import Stage

# How much of a wet surface's darkening it takes; where it is more than a half, water lies on it as a film.
# Snow lies on all of them, and on what stands about in the open, which takes next to none of it.
_POROUS = dict.fromkeys(("asphalt", "concrete", "paving", "brick", "roof", "bark"), 1.0) | {"grass": 0.5}
_IN_THE_OPEN = (
    "car_paint", "livery_", "machine_paint", "white_panel", "tarpaulin", "street_wood", "timber",
    "barrier_", "pole_paint", "cast_iron", "plastic", "post_", "cone_",
)  # fmt: skip
_SNOW_ALONE = 0.01
_LEAFY = {"leaves", "grass"}
_LAMPS = {
    "tail_lamp": LAMP_TAIL,
    "headlamp": LAMP_HEAD,
    "signal_red": LAMP_RED,
    "signal_amber": LAMP_AMBER,
    "signal_green": LAMP_GREEN,
}
_SUNLIT_WHITE_KCD = 30.0  # what `Material.emission` counts in

_SECOND_PIXEL_RAD = 2e-3  # of rays by way of a mirror or a pane: coarser than a pixel, as both blur

RowWork = Callable[[int, int], None]
Normals = tuple[F32, F32]


def in_rows(work: RowWork, count: int, threads: int) -> None:
    """`work(begin, end)` over 0..count in pieces, by so many threads; no piece may depend on another."""
    in_pieces(threads, count, work)


def radiance(
    seen: Seen,
    origin_m: F64,
    light: Light,
    mesh_from_world: F64,
    pixel_rad: float,
    threads: int,
    materials: F32 | None = None,
) -> F32:
    """(3 N,) radiance toward the eye [kcd/m^2, linear sRGB].

    origin_m   (3,) the eye, or (N, 3) where each sample's ray begins
    materials  rows in place of `material_rows`
    """
    out, origin_m = np.empty(3 * len(seen.range_m), np.float32), origin_m.reshape(-1)
    texture_tiles, textures = tiles()
    rows = material_rows() if materials is None else materials
    looks = Looks(rows.reshape(-1), textures.reshape(-1), texture_tiles.reshape(-1), light.table.reshape(-1))
    frames = mesh_from_world.reshape(-1)
    air = light.air._replace(pixel=float(pixel_rad))

    def work(begin: int, end: int) -> None:
        shade(begin, end, origin_m, seen, looks, frames, air, out)

    in_rows(work, len(seen.range_m), threads)
    return out


def albedo_of(
    seen: Seen, origin_m: F64, light: Light, mesh_from_world: F64, pixel_rad: float, threads: int
) -> F32:
    """(3 N,) share of an even light that samples send back from below their gloss; textures, wetness in."""
    number = len(seen.range_m)
    bare = seen._replace(
        lights=np.zeros(number, np.int32),
        sun=np.zeros(number, np.float32),
        open_sky=np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), number),
    )
    even = even_light(light.air.wetness, light.air.snow)
    told = radiance(bare, origin_m, even, mesh_from_world, pixel_rad, threads, _opaque_rows())
    return np.minimum(told, np.float32(1))


@cache
def _opaque_rows() -> F32:
    """The material table with leaves that let nothing through: what comes through is no albedo."""
    rows = material_rows().copy()
    rows[:, M_LEAFY] = 0.0
    return rows


def sky_seen(light: Light, ways: F32, pixel_rad: float, threads: int = 1) -> F64:
    """(N, 3) radiance toward unit ways (N, 3) that meet nothing: clouds, skyline, no sun's disc."""
    none, number = np.zeros(0, np.float32), len(ways)
    beyond = np.full(number, np.inf, np.float32)
    ids = np.zeros(0, np.int32)
    sky = Seen(ways.reshape(-1), beyond, ids, ids, ids, none, none, none, none, none)
    dull = replace(light, air=light.air._replace(sun_r=0.0, sun_g=0.0, sun_b=0.0))
    return (
        radiance(sky, np.zeros(3), dull, np.zeros((1, 3, 4)), pixel_rad, threads)
        .reshape(-1, 3)
        .astype(np.float64)
    )


def colour_met(
    caster: Caster, light: Light, starts_m: F64, ways: F32, hits: Hits, surface: Surface, normals: Normals,
    time_s: float,
) -> F64:  # fmt: skip
    """(N, 3) albedo of what rays from places of their own (N, 3) met, textures, wetness and snow in.

    normals  geometric and of shading, (N, 3) each
    """
    number = len(ways)
    sun, open_sky = np.zeros(number, np.float32), np.zeros((number, 4), np.float32)
    seen = flattened(ways, hits, surface, *normals, sun, open_sky)
    there = np.isfinite(hits.range_m)
    out = np.zeros((number, 3))
    if there.any():
        frames = texture_frames(caster.stage, time_s)
        told = albedo_of(seen, starts_m, light, frames, _SECOND_PIXEL_RAD, caster.threads)
        out[there] = told.reshape(-1, 3)[there]
    return out


def flattened(
    directions: F32, hits: Hits, surface: Surface, geometric: F32, normals: F32, sun: F32, open_sky: F32
) -> Seen:
    """Arrays of any leading shape as samples in a row."""
    return Seen(
        directions.reshape(-1),
        hits.range_m.reshape(-1),
        hits.instance.reshape(-1),
        surface.material.reshape(-1),
        surface.lights.reshape(-1),
        surface.tint_rgb.reshape(-1),
        geometric.reshape(-1),
        normals.reshape(-1),
        sun.reshape(-1),
        open_sky.reshape(-1),
    )


@cache
def material_rows() -> F32:
    """(M, M_SIZE) the material table as the shading kernel reads it."""
    rows = np.zeros((len(MATERIALS), M_SIZE), np.float32)
    for row, material in zip(rows, MATERIALS, strict=True):
        variance = material.oren_nayar_rad**2
        row[:14] = (
            *material.rgb,
            material.roughness,
            material.metallic,
            material.clear_coat,
            1 - 0.5 * variance / (variance + 0.33),
            0.45 * variance / (variance + 0.09),
            material.tinted,
            TEXTURES.index(material.texture),
            _POROUS.get(material.texture, _SNOW_ALONE if material.name.startswith(_IN_THE_OPEN) else 0.0),
            material.texture in _LEAFY,
            material.emission * _SUNLIT_WHITE_KCD,
            _LAMPS.get(material.name, 0),
        )
    return rows


def texture_frames(stage: Stage, time_s: float) -> F64:
    """(I, 3, 4) mesh_from_world per instance at one instant, for texture coordinates.

    Surroundings turn with their mesh but keep the world's origin, so that two houses of one mesh do
    not carry the same stains; an actor carries its texture along.
    """
    pose = poses_at(stage, time_s)
    frames = np.zeros((len(pose), 3, 4))
    frames[:, :, :3] = np.swapaxes(pose[:, :3, :3], 1, 2)
    own = stage.actor >= 0
    frames[own, :, 3] = -np.einsum("nij,nj->ni", frames[own, :, :3], pose[own, :3, 3])
    return frames


def poses_at(stage: Stage, time_s: float) -> F64:
    """(I, 4, 4) world_from_mesh at one instant, turned as at the nearer key."""
    pose = stage.world_from_mesh.copy()
    moving = np.flatnonzero(stage.track >= 0)
    if len(moving):
        k = int(
            np.clip(np.searchsorted(stage.key_times_s, time_s) - 1, 0, max(len(stage.key_times_s) - 2, 0))
        )
        after = min(k + 1, len(stage.key_times_s) - 1)
        span = stage.key_times_s[after] - stage.key_times_s[k]
        share = float((time_s - stage.key_times_s[k]) / span) if span > 0 else 0.0
        start, end = stage.keys[stage.track[moving], k], stage.keys[stage.track[moving], after]
        pose[moving] = start if share < 0.5 else end  # the turn of one key step is below a texel
        pose[moving, :3, 3] = start[:, :3, 3] + share * (end[:, :3, 3] - start[:, :3, 3])
    return pose


@cache
def leafy_materials() -> I32:
    """(M,) 1 for materials of leaves and blades."""
    return np.array([material.texture in _LEAFY for material in MATERIALS], np.int32)
