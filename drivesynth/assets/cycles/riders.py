"""Riders' bodies and clothes, the same for every two-wheeler."""

import numpy as np

from drivesynth.assets.looks import HAIRS, SHIRTS, SKINS, TROUSERS, Tint, choose, varied
from drivesynth.assets.model import Part
from drivesynth.assets.people import body
from drivesynth.assets.people.body import Frame
from drivesynth.assets.people.figure import PARTS
from drivesynth.assets.people.headgear import helmet_mesh
from drivesynth.assets.people.pedestrians import wear

HELMETS = (
    Tint((0.70, 0.70, 0.70), 0.7, 3),
    Tint((0.02, 0.02, 0.02), 0.1, 4),
    Tint((0.40, 0.03, 0.03), 0.5, 2),
    Tint((0.03, 0.10, 0.35), 0.4, 2),
)


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
