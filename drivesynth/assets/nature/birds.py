"""Birds: a crow that stands on the ground, a gull in the air with its wings spread.

Crow 0.46 m from bill to tail, gull 1.1 m from tip to tip (field guides' means).
"""

import numpy as np

from drivesynth.assets.looks import Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, ellipsoid, fitted, join, loft, mirrored, tube
from drivesynth.kept import made_once

FEATHER, DARK, HORN = MATERIAL_ID["feather"], MATERIAL_ID["leather"], MATERIAL_ID["horn"]
COATS = {
    "animal/crow": (Tint((0.015, 0.015, 0.018), 0.25, 3), Tint((0.10, 0.10, 0.11), 0.35)),
    "animal/gull_flying": (Tint((0.65, 0.65, 0.66), 0.7),),
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A bird that does not move."""
    coat = varied(look(asset, look_seed), choose(look(asset, look_seed), COATS[asset]))
    return statue(asset, size_m, _mesh(asset, size_m), coat.rgb, coat.rho_905)


def _trunk() -> list[Shape]:
    body = tube([[-0.20, 0, 0.12], [-0.10, 0, 0.135], [0.02, 0, 0.155], [0.10, 0, 0.185]],
                [0.012, 0.052, 0.068, 0.045], FEATHER, 10)  # fmt: skip
    head = ellipsoid((0.042, 0.034, 0.036), FEATHER, (0.135, 0, 0.225), 6, 10)
    neck = tube([[0.08, 0, 0.18], [0.13, 0, 0.225]], [0.045, 0.030], FEATHER, 8)
    bill = tube([[0.165, 0, 0.222], [0.225, 0, 0.212]], [0.012, 0.002], HORN, 6)
    eyes = [ellipsoid((0.005, 0.004, 0.005), DARK, (0.15, s * 0.030, 0.234), 3, 6) for s in (-1, 1)]
    tail = loft(
        np.array([[(x, -w, z), (x, w, z), (x, w, z + 0.010), (x, -w, z + 0.010)]
                  for x, w, z in ((-0.14, 0.030, 0.122), (-0.30, 0.045, 0.10))]),
        FEATHER,
    )  # fmt: skip
    return [body, head, neck, bill, tail, *eyes]


def _crow() -> Shape:
    leg = join([tube([[-0.01, 0.03, 0.11], [-0.02, 0.03, 0.004]], 0.006, DARK, 5),
                tube([[-0.035, 0.03, 0.005], [0.025, 0.03, 0.005]], 0.005, DARK, 5)])  # fmt: skip
    wing = ellipsoid((0.15, 0.014, 0.045), FEATHER, (-0.06, 0.062, 0.150), 6, 10)
    return join([*_trunk(), mirrored(leg), mirrored(wing)])


def _gull() -> Shape:
    rows = [
        (0.03, 0.16, 0.06, -0.09),
        (0.25, 0.22, 0.05, -0.09),
        (0.42, 0.19, 0.00, -0.10),
        (0.55, 0.12, -0.12, -0.16),
    ]
    rings = [
        [(front, y, z), (rear, y, z), (rear, y, z + 0.004), (front, y, z + 0.018)]
        for y, z, front, rear in rows
    ]
    wing = loft(np.array(rings), FEATHER)
    return join([*_trunk(), mirrored(wing)])


@made_once(32)
def _mesh(asset: str, size_m: Size) -> Mesh:
    return fitted(_crow() if asset == "animal/crow" else _gull(), size_m).mesh(f"{asset}/{size_m}", 0.9)
