"""A block of the right size and class, until the asset's own builder stands."""

import numpy as np

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import make_mesh


def block(asset: str, look_seed: int, size_m: Size) -> Model:
    """A box that stands on the ground."""
    length, width, height = size_m
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)])
    faces = np.array(
        [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
         [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.int32,
    )  # fmt: skip
    mesh = make_mesh(f"{asset}:{size_m}", corners * [length, width, height], faces, MATERIAL_ID["concrete"])
    still = np.eye(4)[None]
    return Model(asset, ASSETS[asset].class_name, size_m, (Part("body", mesh),), lambda channels: still)
