"""Shading of camera samples: the stage's materials and poses as arrays, and the kernels over them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from drivesynth_kernels.shade import LAMP_HEAD, LAMP_TAIL, M_SIZE, shade

from drivesynth.arrays import F32, F64, I32
from drivesynth.assets.materials import MATERIALS, TEXTURES
from drivesynth.sensors.cast import Hits, Surface
from drivesynth.sensors.light import Light
from drivesynth.sensors.texture import cloud_tile, tiles
from drivesynth.world.stage import Stage

_POROUS = {"asphalt", "concrete", "paving", "grass", "brick", "roof", "bark"}
_LEAFY = {"leaves", "grass"}
_LAMPS = {"tail_lamp": LAMP_TAIL, "headlamp": LAMP_HEAD}
_SUNLIT_WHITE_KCD = 30.0  # what `Material.emission` counts in

RowWork = Callable[[int, int], None]


@dataclass(frozen=True)
class Samples:
    """What rays met, ready to be shaded; N samples in any order.

    directions, geometric, normals (N, 3); hits and surface (N,); sun (N,); open_sky (N, 4)
    """

    directions: F32
    hits: Hits
    surface: Surface
    geometric: F32
    normals: F32
    sun: F32
    open_sky: F32


def in_rows(work: RowWork, count: int, threads: int) -> None:
    """`work(begin, end)` over 0..count in pieces, by so many threads; the pieces must not depend on each other."""
    step = max(1, -(-count // (6 * threads)))
    if threads == 1:
        work(0, count)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda begin: work(begin, min(begin + step, count)), range(0, count, step)))


def radiance(
    samples: Samples, origin_m: F64, light: Light, mesh_from_world: F64, pixel_rad: float, threads: int
) -> F32:
    """(N, 3) radiance toward the eye [kcd/m^2, linear sRGB]."""
    out = np.empty(samples.directions.shape, np.float32)
    texture_tiles, textures = tiles()
    air = light.air._replace(pixel=float(pixel_rad))

    def work(begin: int, end: int) -> None:
        shade(
            begin, end, origin_m, samples.directions, samples.hits.range_m, samples.hits.instance,
            samples.surface.material, samples.surface.tint_rgb, samples.surface.lights,
            samples.geometric, samples.normals, samples.sun, samples.open_sky,
            material_rows(), textures, texture_tiles, cloud_tile(), mesh_from_world, light.table, air, out,
        )  # fmt: skip

    in_rows(work, len(out), threads)
    return out


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
            material.texture in _POROUS,
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
    pose = stage.world_from_mesh.copy()
    moving = np.flatnonzero(stage.track >= 0)
    if len(moving):
        k = int(np.clip(np.searchsorted(stage.key_times_s, time_s) - 1, 0, max(len(stage.key_times_s) - 2, 0)))
        after = min(k + 1, len(stage.key_times_s) - 1)
        span = stage.key_times_s[after] - stage.key_times_s[k]
        share = float((time_s - stage.key_times_s[k]) / span) if span > 0 else 0.0
        start, end = stage.keys[stage.track[moving], k], stage.keys[stage.track[moving], after]
        pose[moving] = start if share < 0.5 else end  # the turn of one key step is below a texel
        pose[moving, :3, 3] = start[:, :3, 3] + share * (end[:, :3, 3] - start[:, :3, 3])
    frames = np.zeros((len(pose), 3, 4))
    frames[:, :, :3] = np.swapaxes(pose[:, :3, :3], 1, 2)
    own = stage.actor >= 0
    frames[own, :, 3] = -np.einsum("nij,nj->ni", frames[own, :, :3], pose[own, :3, 3])
    return frames


def leafy_materials() -> I32:
    """(M,) 1 for materials of leaves and blades."""
    return np.array([material.texture in _LEAFY for material in MATERIALS], np.int32)
