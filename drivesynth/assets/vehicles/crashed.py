"""Cars after a crash: a car's body with its nose or tail driven in, bonnet thrown up, wheels askew.

Depths of crush of 0.3 to 0.7 m are those of frontal tests at 50-64 km/h (FMVSS 208, Euro NCAP).
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import PAINTS, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.cars import body_shape, hubs_of
from drivesynth.assets.vehicles.wheels import wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, fitted
from drivesynth.kept import made_once
from drivesynth.streams import generator

SOUND = {"wreck/front": "car/hatchback", "wreck/rear": "car/estate"}
VARIANTS = 3


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A crashed car that stands on its four wheels, one of them broken off its line."""
    rng = look(asset, look_seed)
    paint = varied(rng, choose(rng, PAINTS))
    variant = int(rng.integers(VARIANTS))
    sound = SOUND[asset]
    radius = ASSETS[sound].wheel_radius_m
    front = asset == "wreck/front"
    hubs = hubs_of(sound, _before(asset, size_m))
    shift = 0.25 if front else -0.25  # the shortened box's middle lies nearer to the sound end
    frames = []
    for k, (x, y, z) in enumerate(hubs):
        hit = (k < 2) == front
        back = (-0.5 if front else 0.5) * _crush(variant) if hit else 0.0
        askew = turned_z((0.22 if k % 2 else -0.10) * (1 + variant) / 2) if hit else np.eye(4)
        side = turned_z(np.pi) if y < 0 else np.eye(4)
        frames.append(at(x + back + shift, 0.90 * y if hit else y, z) @ askew @ side)
    parts = (
        Part("body", _body(asset, variant, size_m), paint.rgb, paint.rho_905),
        *(Part(f"wheel_{k}", wheel(radius, round(0.65 * radius, 3), 7)) for k in range(4)),
    )
    posed = together(np.eye(4), *frames)

    def poses(channels: Channels) -> F64:
        return posed

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def _crush(variant: int) -> float:
    return 0.35 + 0.15 * variant


def _before(asset: str, size_m: Size) -> Size:
    """The car's size when it was whole."""
    return round(size_m[0] + 0.5, 2), size_m[1], size_m[2]


@made_once(32)
def _body(asset: str, variant: int, size_m: Size) -> Mesh:
    whole = body_shape(SOUND[asset], _before(asset, size_m))
    v = whole.vertices.copy()
    ahead = 1.0 if asset == "wreck/front" else -1.0
    half = _before(asset, size_m)[0] / 2
    depth, zone = _crush(variant), 1.35
    rng = generator(variant, f"crash/{asset}")
    # How far into the zone that folds: 0 at the cabin, 1 at the bumper; one side takes more of the blow.
    into = np.clip((ahead * v[:, 0] - (half - zone)) / zone, 0.0, 1.0)
    offset = 1.0 + 0.35 * np.tanh(2.0 * v[:, 1]) * (1.0 if variant % 2 else -1.0)
    v[:, 0] -= ahead * depth * into**1.6 * offset
    folds = sum(
        np.sin(k * (v[:, 0] * 5.0 + v[:, 1] * rng.uniform(-2, 2)) + rng.uniform(0, 6)) / k for k in (1, 2, 3)
    )
    high = np.clip((v[:, 2] - 0.35 * size_m[2]) / (0.35 * size_m[2]), 0.0, 1.0)
    v[:, 2] += into * (0.10 * folds * high + 0.24 * np.sin(np.pi * into) * high)
    v[:, 1] += into * 0.04 * folds * np.sign(v[:, 1]) * (np.abs(v[:, 1]) > 0.05)
    material = np.where(
        (whole.material == MATERIAL_ID["headlamp"]) & (offset[whole.faces[:, 0]] > 1.1),
        MATERIAL_ID["car_trim"],
        whole.material,
    ).astype(np.uint16)
    lowest = max(float(v[:, 2].min()), 0.05)
    crushed = fitted(Shape(v, whole.faces, material), (size_m[0], size_m[1], size_m[2] - lowest))
    return crushed.moved(z=lowest).mesh(f"{asset}/{variant}/{size_m}", 0.35)
