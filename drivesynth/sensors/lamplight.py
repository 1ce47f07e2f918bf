"""What lamps add to a picture: light on what stands around them, and the glow of lenses and windows.

A lamp's light is followed from the lamp to each sample that it could light, one ray each; neighbours in the
picture lie close together as the lamp sees them too.
"""

from functools import lru_cache, partial

import numpy as np
from drivesynth_kernels.lamps import (
    BLOCK,
    L_AT,
    T_BEADS,
    T_LEAFY,
    T_OREN_A,
    T_OREN_B,
    T_SHEET,
    T_SIZE,
    add_light,
    bound_blocks,
    shine,
)
from drivesynth_kernels.paint import M_OREN_A, M_OREN_B

from drivesynth.arrays import F32, F64, I32
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.sensors.beams import low_beam_cd, low_beam_table, street_table
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.lamps import AMBER, BIT, Lamps, window_glow
from drivesynth.sensors.lenses import lenses, panes
from drivesynth.sensors.shading import in_rows, leafy_materials, material_rows

_LANTERN_KCD = 10.0  # of a lit lantern: 1.2 kcd from 0.14 m^2
_INDICATOR_KCD = 12.0
_HEAD_KCD, _HEAD_RGB = 40.0, np.array([1.0, 0.95, 0.85], np.float32)  # what shading has given a lit headlamp
_HEAD_M2, _HEAD_AT_M = 0.02, np.array([2.0, 0.0, 0.65])


def add_lamplight(
    caster: Caster,
    lamps: Lamps,
    eye_m: F64,
    directions: F32,
    hits: Hits,
    surface: Surface,
    normals: F32,
    albedo: F32,
    picture: F32,
    wetness: float,
    time_s: float,
    threads: int,
    extinction: float = 0.0,
) -> None:
    """Add to the picture (H, W, 3) what the lamps send to each sample and it sends on.

    albedo      (H, W, 3) share of an even light that a sample sends back, glosses left out
    extinction  of the air between lamps and samples [1/m]
    """
    number = hits.range_m.size
    flat, far = directions.reshape(-1), hits.range_m.reshape(-1)
    material, turned = surface.material.reshape(-1), normals.reshape(-1)
    blocks = -(-number // BLOCK)
    boxes, tells = np.empty(6 * blocks, np.float32), _tells(wetness)
    in_rows(lambda begin, end: bound_blocks(begin, end, flat, far, boxes), blocks, threads)
    rays, limits = np.zeros(3 * number, np.float32), np.zeros(number, np.float32)
    received, met = np.zeros(2 * number, np.float32), np.full(number, -1, np.int32)
    height, width = hits.range_m.shape
    colour_in, picture_out = albedo.reshape(-1), picture.reshape(-1)
    for row, (red, green, blue) in zip(lamps.rows, lamps.rgb.tolist(), strict=True):
        ask = partial(
            shine,
            eye=eye_m,
            lamp=row,
            least=lamps.least_klx,
            directions=flat,
            range_m=far,
            material=material,
            normals=turned,
            tells=tells,
            boxes=boxes,
            low_beam=low_beam_table(),
            street=street_table(),
            rays=rays,
            limits=limits,
            received=received,
        )
        in_rows(ask, blocks, threads)
        # Only the picture's rows that the lamp reaches are asked about.
        reached = np.flatnonzero(limits.reshape(height, width).any(axis=1))
        if not len(reached):
            continue
        top, bottom = int(reached[0]), int(reached[-1]) + 1
        met[top * width : bottom * width] = caster.from_lamp(
            np.ascontiguousarray(row[L_AT : L_AT + 3]),
            rays.reshape(height, width, 3)[top:bottom],
            limits.reshape(height, width)[top:bottom],
            time_s,
        ).reshape(-1)
        if extinction > 0.0:
            received.reshape(-1, 2)[:] *= np.exp(np.float32(-extinction) * limits)[:, None]
        add = partial(
            add_light, red=red, green=green, blue=blue, albedo=colour_in, limits=limits, blocked=met,
            received=received, picture=picture_out,
        )  # fmt: skip
        in_rows(add, number, threads)


def add_glow(caster: Caster, lamps: Lamps, eye_m: F64, hits: Hits, surface: Surface, picture: F32) -> None:
    """Add to the picture what lanterns, indicators and windows of rooms with people in radiate themselves."""
    flat, material = picture.reshape(-1, 3), surface.material.reshape(-1)
    instance, face = hits.instance.reshape(-1), hits.primitive.reshape(-1)
    stage = caster.stage
    shown = np.flatnonzero((material == MATERIAL_ID["lamp_glass"]) & np.isin(instance, lamps.lit))
    flat[shown] += np.array([1.0, 0.86, 0.66], np.float32) * np.float32(_LANTERN_KCD)

    bits = surface.lights.reshape(-1)
    flashing = (bits & (BIT["indicator_left"] | BIT["indicator_right"])) != 0
    lamp = (material == MATERIAL_ID["tail_lamp"]) | (material == MATERIAL_ID["headlamp"])
    shown = np.flatnonzero(lamp & flashing & (bits < BIT["signal_red"]))
    if len(shown):
        side = _sides(caster, instance[shown], face[shown])
        wanted = np.where(side > 0, BIT["indicator_left"], BIT["indicator_right"])
        shown = shown[(bits[shown] & wanted) != 0]
        flat[shown] += np.array(AMBER, np.float32) * np.float32(_INDICATOR_KCD)

    shown = np.flatnonzero((material == MATERIAL_ID["headlamp"]) & ((bits & BIT["low_beam"]) != 0))
    for row in np.unique(instance[shown]).tolist():
        own = shown[instance[shown] == row]
        flat[own] += _HEAD_RGB * np.float32(_head_kcd(stage.world_from_mesh[row], eye_m) - _HEAD_KCD)

    shown = np.flatnonzero((material == MATERIAL_ID["window"]) & (hits.range_m.reshape(-1) < np.inf))
    owner = instance[shown]
    for row in np.unique(owner).tolist():
        own = shown[owner == row]
        pane_of, middles = panes(stage.meshes[stage.mesh[row]])
        pose = stage.world_from_mesh[row]
        flat[own] += window_glow(middles @ pose[:3, :3].T + pose[:3, 3])[pane_of[face[own]]]


def _head_kcd(world_from_mesh: F64, eye_m: F64) -> float:
    """Luminance of a headlamp's lens seen from the eye: its beam's intensity that way over its area."""
    x, y, z = (world_from_mesh[:3, :3].T @ (eye_m - world_from_mesh[:3, 3])) - _HEAD_AT_M
    if x <= 0.0:
        return 0.0
    right, up = np.degrees(np.arctan2(-y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    return float(low_beam_cd(right, up)) / 1e3 / _HEAD_M2


def _sides(caster: Caster, instance: I32, face: I32) -> F64:
    """+1 for faces on the left of their mesh, -1 on the right."""
    stage, side = caster.stage, np.zeros(len(instance))
    for row in np.unique(instance).tolist():
        own, mesh = instance == row, stage.meshes[stage.mesh[row]]
        if any(lens.side for lens in lenses(mesh)):
            side[own] = np.sign(mesh.vertices[mesh.faces[face[own]]][:, :, 1].mean(axis=1))
    return side


@lru_cache(maxsize=8)
def _tells(wetness: float) -> F32:
    """(T_SIZE M,) of each material, as the kernel asks for it."""
    told = np.zeros((len(MATERIALS), T_SIZE), np.float32)
    rows = material_rows()
    told[:, T_LEAFY] = leafy_materials()
    told[:, T_OREN_A], told[:, T_OREN_B] = rows[:, M_OREN_A], rows[:, M_OREN_B]
    told[:, T_SHEET] = [material.retro for material in MATERIALS]
    told[MATERIAL_ID["road_paint"], T_BEADS] = 1.0 - wetness  # water over beads mirrors the lamp away
    return told.reshape(-1)
