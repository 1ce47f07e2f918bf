"""Riders' bodies and clothes, the same for every two-wheeler."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from drivesynth.assets.looks import HAIRS, SHIRTS, SKINS, TROUSERS, Tint, choose, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Part
from drivesynth.assets.people import body
from drivesynth.assets.people.body import Frame
from drivesynth.assets.people.figure import PARTS
from drivesynth.assets.people.pedestrians import wear
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import barrel

HELMETS = (
    Tint((0.70, 0.70, 0.70), 0.7, 3),
    Tint((0.02, 0.02, 0.02), 0.1, 4),
    Tint((0.40, 0.03, 0.03), 0.5, 2),
    Tint((0.03, 0.10, 0.35), 0.4, 2),
)


def with_stature(frame: Frame, stature: float, form: int) -> Frame:
    """The average body at this stature."""
    return replace(frame, stature=stature, form=form)


def dressed(rng: np.random.Generator, frame: Frame, helmet: bool, full_face: bool = False) -> list[Part]:
    """Parts in the order of `figure.PARTS`, in clothes drawn from `rng`."""
    skin, hair = varied(rng, choose(rng, SKINS)), choose(rng, HAIRS)
    shirt, trousers = varied(rng, choose(rng, SHIRTS)), varied(rng, choose(rng, TROUSERS))
    shell, short_sleeves = choose(rng, HELMETS), bool(rng.random() < 0.3) and not full_face
    parts = []
    for name in PARTS:
        kind = name.removesuffix("_l").removesuffix("_r")
        material, tint = wear(kind, skin, hair, shirt, trousers, short_sleeves)
        mesh = body.part(frame, kind, material)
        if helmet and kind == "hair":
            mesh, tint = helmet_mesh(frame, full_face), shell
        parts.append(Part(name, mesh, tint.rgb, tint.rho_905))
    return parts


@lru_cache(maxsize=64)
def helmet_mesh(frame: Frame, full_face: bool) -> Mesh:
    """A helmet in the head's frame; no higher than hair, so that the box does not depend on it."""
    k = frame.head_size * frame.stature
    tall = (1.0 - frame.chin) / 0.130 * frame.stature
    rows = [(-0.003, 0.070, 0.066, 0.055), (-0.003, 0.100, 0.066, 0.055), (-0.005, 0.122, 0.050, 0.043),
            (-0.006, 0.1345, 0.020, 0.018)]  # fmt: skip
    if full_face:
        rows = [
            (0.0, -0.004, 0.050, 0.042),
            (0.002, 0.01, 0.068, 0.054),
            (0.0, 0.06, 0.072, 0.059),
            *rows[1:],
        ]
    plastic, visor = MATERIAL_ID["plastic"], MATERIAL_ID["car_glass"]
    stacked = [(x * k, 0.0, z * tall, half_x * k, half_y * k) for x, z, half_x, half_y in rows]
    bands = [plastic, plastic, visor, plastic, plastic] if full_face else plastic
    return barrel(stacked, bands, 14).mesh(f"person/{frame}/helmet/{full_face}", 0.9)
