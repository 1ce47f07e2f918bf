"""Pedestrians: adults, children, road workers; clothes, skin and hair by look."""

from dataclasses import replace

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import HAIRS, SHIRTS, SKINS, TROUSERS, Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.people import body
from drivesynth.assets.people.body import ADULT, CHILD, Frame
from drivesynth.assets.people.figure import PARTS, grown, posed_bounds, walking
from drivesynth.assets.people.headgear import helmet_mesh
from drivesynth.assets.posing import Channels
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.kept import made_once

HELMET = Tint((0.75, 0.72, 0.65), 0.7)
WORK_TROUSERS = Tint((0.05, 0.06, 0.09), 0.45)


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A person who stands, walks or runs."""
    rng = look(asset, look_seed)
    form = int(rng.integers(2)) if asset != "pedestrian/worker" else 0
    frame, offset_x = fitted_frame(asset, form, size_m)
    skin, hair = varied(rng, choose(rng, SKINS)), choose(rng, HAIRS)
    shirt, trousers = varied(rng, choose(rng, SHIRTS)), varied(rng, choose(rng, TROUSERS))
    short_sleeves = bool(rng.random() < 0.35)
    worker = asset == "pedestrian/worker"
    parts = []
    for name in PARTS:
        kind = name.removesuffix("_l").removesuffix("_r")
        material, tint = wear(kind, skin, hair, shirt, trousers, short_sleeves)
        if worker and kind in ("torso", "upper_arm"):
            material = MATERIAL_ID["vest_orange"]
        elif worker and kind in ("pelvis", "thigh", "shin"):
            tint = WORK_TROUSERS
        elif worker and kind == "hair":
            tint = HELMET
        if worker and kind == "torso":
            mesh = body.taped(frame, material)
        elif worker and kind == "hair":
            mesh = helmet_mesh(frame, full_face=False)
        else:
            mesh = body.part(frame, kind, material)
        parts.append(Part(name, mesh, tint.rgb, tint.rho_905))
    shift = np.eye(4)
    shift[0, 3] = offset_x

    def poses(channels: Channels) -> F64:
        posed: F64 = shift @ walking(frame, channels)
        return posed

    return Model(asset, ASSETS[asset].class_name, size_m, tuple(parts), poses)


def wear(
    kind: str, skin: Tint, hair: Tint, shirt: Tint, trousers: Tint, short_sleeves: bool
) -> tuple[int, Tint]:
    """Material and colour of a body part."""
    if kind in ("neck", "head", "hand") or (kind == "forearm" and short_sleeves):
        return MATERIAL_ID["skin"], skin
    if kind == "hair":
        return MATERIAL_ID["hair"], hair
    if kind in ("foot", "toes"):
        return MATERIAL_ID["shoe"], trousers
    return MATERIAL_ID["cloth"], trousers if kind in ("pelvis", "thigh", "shin") else shirt


@made_once(512)
def fitted_frame(asset: str, form: int, size_m: Size) -> tuple[Frame, float]:
    """The body whose resting box has this size, and the shift along x that centres it."""
    frame = replace(CHILD if asset == "pedestrian/child" else ADULT, stature=size_m[2], form=form)
    for _ in range(4):  # limbs hang a little aslant, so that stretching twice is not stretching once
        bounds = posed_bounds(_points(asset, frame), walking(frame, {}))
        frame = grown(frame, size_m, bounds)
    low, high = posed_bounds(_points(asset, frame), walking(frame, {}))
    return frame, -float(low[0] + high[0]) / 2


def _points(asset: str, frame: Frame) -> list[F64]:
    kinds = [name.removesuffix("_l").removesuffix("_r") for name in PARTS]
    points = {kind: body.shape(frame, kind) for kind in dict.fromkeys(kinds)}
    if asset == "pedestrian/worker":
        points["hair"] = helmet_mesh(frame, full_face=False).vertices.astype(np.float64)
    return [points[kind] for kind in kinds]
