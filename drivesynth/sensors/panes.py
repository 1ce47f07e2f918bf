"""What stands behind a car's panes: a ray goes on through the glass, twice at the most.

The pane's own look, its gloss and the little that it scatters, is shaded as any surface is; what comes
through is added. A cabin is dim: its light comes through the panes; none of the sun's is followed into it.
Light that a pane lets through: at least 70 % (UNECE R43), less at a slant by what its two faces mirror.
"""

import numpy as np
from drivesynth_kernels.paint import M_B, M_EMISSION, M_R, M_TINTED

from drivesynth.arrays import F32, F64, I32, I64, Bool
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.sensors.aiming import Met
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.light import Light
from drivesynth.sensors.secondary import colours, schlick
from drivesynth.sensors.shading import colour_met, material_rows, sky_seen

_GLASS = MATERIAL_ID["car_glass"]
_TINT = np.array([0.70, 0.74, 0.71])  # what a pane lets through, of what its faces do not mirror
_F0 = np.array(0.08)  # of both faces of a pane
_PAST_M = 4e-3
_FARTHEST_M = 40.0  # beyond it a pane is a few pixels that its gloss rules
_MOST_RAYS, _WIDEST_PX = 3000, 4
_SKY_PIXEL_RAD = 1.5e-3
_CABIN = 0.3  # of the light of the sky outside
_LINING_RGB = np.array([0.06, 0.06, 0.062])  # what a body panel wears inside
_PAINTS = np.array([k for k, row in enumerate(MATERIALS) if row.name.startswith("car_paint")], np.int32)


def add_behind_panes(
    caster: Caster,
    light: Light,
    met: Met,
    surface: Surface,
    normals: F32,
    picture: F32,
    every: bool = False,
) -> None:
    """Add to the picture (H, W, 3) what the panes of cars let through [kcd/m^2]; `every` pixel of its own."""
    asked = (surface.material == _GLASS) & (met.hits.range_m < _FARTHEST_M)
    index = np.flatnonzero(asked.reshape(-1))
    if not len(index):
        return
    # What shows through a pane is dim: a block of pixels asks once, so that many of them stay cheap.
    side = 1 if every else int(np.clip(np.ceil(np.sqrt(len(index) / _MOST_RAYS)), 1, _WIDEST_PX))
    pixels = index
    index, block = blocks(index, surface.actor.reshape(-1)[index], asked.shape[1], side)
    ways = np.ascontiguousarray(met.directions.reshape(-1, 3)[index])
    near_m = met.hits.range_m.reshape(-1)[index].astype(np.float64)
    starts = met.origin_m + near_m[:, None] * ways + _PAST_M * ways
    through = passing(ways, normals.reshape(-1, 3)[index])
    if light.air.extinction > 0.0:
        through *= np.exp(-light.air.extinction * near_m)[:, None]
    shown = behind(caster, light, starts, ways, surface.actor.reshape(-1)[index], met.time_s)
    seen = (through * shown).astype(np.float32)
    flat = picture.reshape(-1, 3)
    flat[pixels] += seen if side == 1 else between(pixels, block, seen, asked.shape, side)


def blocks(index: I64, actor: I32, width: int, side: int) -> tuple[I64, I64]:
    """The first pixel (K,) of each block of `side` by `side` pixels of an actor, and (N,) the block of each.

    index  (N,) flat numbers of pixels in rows of `width`
    """
    if side == 1:
        return index, np.arange(len(index))
    row, column = np.divmod(index, width)
    key = ((row // side) * width + column // side) * (int(actor.max(initial=0)) + 2) + actor + 1
    _, first, block = np.unique(key, return_index=True, return_inverse=True)
    return index[first], np.asarray(block).reshape(-1)


def between(pixels: I64, block: I64, seen: F32, shape: tuple[int, ...], side: int) -> F32:
    """(N, 3) what is seen through each of the pixels (N,), between the blocks around it that were asked.

    pixels rise; block  (N,) row of `seen` (K, 3); shape of the picture; side of a block [px]
    """
    import cv2

    row, column = np.divmod(pixels, shape[1])
    # Only the part of the picture that has panes, and a block around it.
    top, left = max(int(row[0]) // side - 1, 0), max(int(column.min()) // side - 1, 0)
    height = min(int(row[-1]) // side + 2, -(-shape[0] // side)) - top
    width = min(int(column.max()) // side + 2, -(-shape[1] // side)) - left
    row, column = row - side * top, column - side * left
    coarse = np.zeros((height * width, 4), np.float32)
    owner = (row // side) * width + column // side
    coarse[owner, :3], coarse[owner, 3] = seen[block], 1.0
    fine = cv2.resize(
        coarse.reshape(height, width, 4), (width * side, height * side), interpolation=cv2.INTER_LINEAR
    )
    found = fine[row, column]
    return np.asarray(found[:, :3] / found[:, 3:])


def passing(ways: F32, normals: F32) -> F64:
    """(N, 3) share that goes through a pane of rays (N, 3) that meet its normals (N, 3)."""
    lengths = np.linalg.norm(normals, axis=1)
    facing = np.abs((ways * normals).sum(axis=1, dtype=np.float64)) / np.maximum(lengths, 1e-9)
    return np.asarray(_TINT * (1.0 - schlick(_F0, facing))[:, None])


def behind(
    caster: Caster, light: Light, starts_m: F64, ways: F32, actor: I32, time_s: float, panes: int = 1
) -> F64:
    """(N, 3) radiance of what rays beyond a pane of these actors (N,) meet; `panes` more let them on."""
    hits = caster.rays(starts_m, ways, time_s)
    found = hits.instance >= 0
    surface = caster.surface(hits)
    geometric, normals = caster.normals(hits, time_s, ways)
    shown = np.empty((len(ways), 3))
    shown[~found] = sky_seen(light, np.ascontiguousarray(ways[~found]), _SKY_PIXEL_RAD)
    own = found & (surface.actor == actor) & (actor >= 0)
    again = own & (surface.material == _GLASS)
    inside, outside = own & ~again, found & ~own
    shown[inside] = _lining(light, surface, inside)
    rgb = colour_met(caster, light, starts_m, ways, hits, surface, (geometric, normals), time_s)
    shown[outside] = _matt(light, surface, normals, outside, rgb[outside])
    shown[outside] += _in_the_sun(
        caster, light, starts_m, ways, hits, rgb, geometric, normals, outside, time_s
    )
    if light.air.extinction > 0.0:
        air = np.exp(-light.air.extinction * hits.range_m[outside].astype(np.float64))[:, None]
        shown[outside] = colours(light)["air"] + air * (shown[outside] - colours(light)["air"])
    if again.any():
        if panes == 0:
            shown[again] = 0.0
            return shown
        on = starts_m[again] + (hits.range_m[again].astype(np.float64)[:, None] + _PAST_M) * ways[again]
        farther = behind(
            caster, light, on, ways[again], np.full(again.sum(), -1, np.int32), time_s, panes - 1
        )
        shown[again] = passing(ways[again], geometric[again]) * farther
    return shown


def _colour(surface: Surface, those: Bool) -> F64:
    kind = material_rows()[surface.material[those]].astype(np.float64)
    return np.where(kind[:, M_TINTED, None] > 0.0, surface.tint_rgb[those], kind[:, M_R : M_B + 1])


def _lining(light: Light, surface: Surface, those: Bool) -> F64:
    """(K, 3) what a cabin's surfaces send back."""
    known, lined = colours(light), np.isin(surface.material[those], _PAINTS)
    rgb = np.where(lined[:, None], _LINING_RGB, _colour(surface, those))
    return rgb * (_CABIN * 0.5 * (known["sky"] + known["ground"]))


def _matt(light: Light, surface: Surface, normals: F32, those: Bool, rgb: F64) -> F64:
    """(K, 3) what those surfaces send back of the sky's light, and what they shine; rgb (K, 3) albedos."""
    known = colours(light)
    up = 0.5 + 0.5 * normals[those][:, 2:].astype(np.float64)
    own = material_rows()[surface.material[those], M_EMISSION, None]
    return np.asarray(rgb * (up * known["sky"] + (1.0 - up) * known["ground"]) + own)


def _in_the_sun(
    caster: Caster, light: Light, starts_m: F64, ways: F32, hits: Hits, rgb: F64, geometric: F32,
    normals: F32, those: Bool, time_s: float,
) -> F64:  # fmt: skip
    """(K, 3) what those surfaces send back of the sun's light, where nothing stands before it."""
    facing = np.maximum(normals[those].astype(np.float64) @ light.toward_sun, 0.0)
    facing *= geometric[those] @ light.toward_sun > 0.0
    asked = np.flatnonzero(facing > 0.0)
    if len(asked) and light.sun_klx.any():
        points = starts_m[those] + hits.range_m[those].astype(np.float64)[:, None] * ways[those]
        points = points[asked] + 0.02 * geometric[those][asked]
        toward = np.broadcast_to(light.toward_sun.astype(np.float32), points.shape)
        facing[asked] *= ~caster.occluded(points, np.ascontiguousarray(toward), np.inf, time_s)
    return np.asarray(rgb[those] * facing[:, None] * colours(light)["sun"] / np.pi)
