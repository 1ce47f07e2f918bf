"""A low-floor city bus of 12 m (EU 96/53/EC): glass all round, doors on the right."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import BUS_PAINTS, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, together
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.fittings import mirrors, number_plate
from drivesynth.assets.vehicles.shell import ShellStyle, shell
from drivesynth.assets.vehicles.wheels import rolling, wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join
from drivesynth.kept import made_once

GLASS, TRIM, PAINT, AMBER = (MATERIAL_ID[n] for n in ("car_glass", "car_trim", "car_paint", "indicator_left"))
MIRROR_REACH_M = 0.06

BUS = ShellStyle(
    top=((0.0, 0.955), (0.006, 0.975), (0.02, 0.99), (0.05, 1.0), (0.95, 1.0), (0.98, 0.99), (1.0, 0.96)),
    belt=((0.0, 0.36), (0.02, 0.37), (0.05, 0.40), (1.0, 0.40)),
    floor=0.09, axles=(0.225, 0.735), arch=1.10, windscreen=(0.0, 0.0), rear_screen=None,
    windows=((0.012, 0.10), (0.108, 0.22), (0.228, 0.34), (0.348, 0.46), (0.468, 0.58), (0.588, 0.70),
             (0.708, 0.82), (0.828, 0.93)),
    flank=(0.985, 0.995, 1.0, 1.0, 1.0), tumblehome=0.035, nose_plan=(0.035, 0.90), tail_plan=(0.02, 0.95),
    nose_bow_m=0.12, tail_bow_m=0.04, headlamp=(0.006, 3, 5), tail_lamp=(0.004, 4, 7), grille=(),
    front_glass=True, rear_glass=True,
)  # fmt: skip


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A city bus in the colours of one operator."""
    rng = look(asset, look_seed)
    paint = varied(rng, choose(rng, BUS_PAINTS))
    radius = ASSETS[asset].wheel_radius_m
    y = size_m[1] / 2 - MIRROR_REACH_M - 0.20
    hubs = [((0.5 - axle) * size_m[0], side * y, radius) for axle in BUS.axles for side in (1.0, -1.0)]
    parts = (
        Part("body", _body(asset, size_m), paint.rgb, paint.rho_905),
        *(Part(f"wheel_{k}", wheel(radius, 0.30, 10, 0.56)) for k in range(4)),
    )

    def poses(channels: Channels) -> F64:
        return together(np.eye(4), *rolling(hubs, (True, True, False, False), channels))

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


@made_once(16)
def _body(asset: str, size_m: Size) -> Mesh:
    length, width, height = size_m
    half = width / 2 - MIRROR_REACH_M
    skin = shell(BUS, (length - 0.16, 2 * half, height - 0.12), (ASSETS[asset].wheel_radius_m, 0.30))
    front, rear = float(skin.vertices[:, 0].max()), float(skin.vertices[:, 0].min())
    parts: list[Shape] = [
        skin,
        number_plate(front + 0.006, 0.16 * height, forward=True),
        number_plate(rear - 0.006, 0.22 * height, forward=False),
        mirrors(length / 2 - 0.30, 0.93 * half, width / 2, 0.66 * height, tall=0.34),
        box((2.6, 1.7, 0.13), PAINT, (-0.2 * length, 0.0, height - 0.065), bevel=0.05),  # air conditioning
        box((0.03, 1.5, 0.26), TRIM, (front - 0.05, 0.0, 0.885 * height)),  # destination display
        *(
            box((0.02, 0.10, 0.14), AMBER, (front - 0.035, y, 0.885 * height))
            for y in (-0.5, -0.35, -0.1, 0.05, 0.2, 0.45)
        ),
    ]
    for x in (0.5 - 0.10, 0.5 - 0.42, 0.5 - 0.62):
        parts += _door(x * length, -half, height)
    body = join(parts)
    lowest = float(body.vertices[:, 2].min())
    return fitted(body, (length, width, height - lowest)).moved(z=lowest).mesh(f"{asset}/{size_m}/body", 0.5)


def _door(x: float, y: float, height: float) -> list[Shape]:
    """Two glazed leaves in the right flank, a hand's breadth proud of nothing but their seals."""
    leaves = [
        box((0.56, 0.02, 0.62 * height), GLASS, (x + side * 0.31, y - 0.004, 0.46 * height))
        for side in (-1, 1)
    ]
    seals = [
        box((0.05, 0.026, 0.66 * height), TRIM, (x + at, y - 0.004, 0.46 * height))
        for at in (-0.61, 0.0, 0.61)
    ]
    return [*leaves, *seals]
