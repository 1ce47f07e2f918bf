"""A low-floor tram of three modules: glass all round, bellows between, doors on the right, a pantograph.

The outer modules hang on the ends of the middle one and turn there (`front_bend_rad`, `rear_bend_rad`).

Width 2.40 m, height 3.5 m without its pantograph, modules of 9 to 10 m: usual of European trams (BOStrab).
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import BUS_PAINTS, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.posing import Channels, at, together, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join, loft, tube
from drivesynth.kept import made_once

PAINT, GLASS, TRIM, METAL, WHITE = (
    MATERIAL_ID[n] for n in ("car_paint", "car_glass", "car_trim", "bare_metal", "white_panel")
)
HEADLAMP, TAIL, AMBER = (MATERIAL_ID[n] for n in ("headlamp", "tail_lamp", "barrier_yellow"))
BELLOWS_M, NOSE_M, ROOF_M = 0.7, 1.5, 3.30


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A tram in its town's colour."""
    rng = look(asset, look_seed)
    paint = varied(rng, choose(rng, BUS_PAINTS))
    names = ("rear_module", "middle_module", "front_module")
    parts = tuple(
        Part(name, mesh, paint.rgb, paint.rho_905)
        for name, mesh in zip(names, _meshes(asset, size_m), strict=True)
    )
    pin = size_m[0] / 6

    def poses(channels: Channels) -> F64:
        front, rear = channels.get("front_bend_rad", 0.0), channels.get("rear_bend_rad", 0.0)
        return together(
            at(-pin, 0.0, 0.0) @ turned_z(rear) @ at(pin, 0.0, 0.0),
            np.eye(4),
            at(pin, 0.0, 0.0) @ turned_z(front) @ at(-pin, 0.0, 0.0),
        )

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def _ring(
    x: float, half: float, roof: float, belt: float, lean: float = 0.0
) -> list[tuple[float, float, float]]:
    """A section: skirt, flank, window foot and head, roof's edge; lean draws what lies above back."""
    rows = [(0.94 * half, 0.28), (half, 0.55), (half, belt), (0.985 * half, 0.86 * roof), (0.86 * half, roof)]
    left = [(x - lean * max(z - 0.55, 0.0), y, z) for y, z in rows]
    return [*left, *[(px, -y, z) for px, y, z in left[::-1]]]


def _module(x0: float, x1: float, half: float, ends: tuple[bool, bool]) -> Shape:
    """One body from rear x0 to front x1, with a raked nose where it is an end; window strips are glass."""
    belt, rings = 1.15, []
    if ends[0]:
        rings += [
            _ring(x0, 0.72 * half, ROOF_M, belt, -0.30),
            _ring(x0 + 0.35, 0.90 * half, ROOF_M, belt, -0.22),
        ]
    rings += [_ring(x0 + (NOSE_M if ends[0] else 0.0), half, ROOF_M, belt)]
    rings += [_ring(x1 - (NOSE_M if ends[1] else 0.0), half, ROOF_M, belt)]
    if ends[1]:
        rings += [
            _ring(x1 - 0.35, 0.90 * half, ROOF_M, belt, 0.22),
            _ring(x1, 0.72 * half, ROOF_M, belt, 0.30),
        ]
    skin = loft(np.array(rings), PAINT)
    middle = skin.vertices[skin.faces].mean(axis=1)
    corners = skin.vertices[skin.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flank = np.abs(normal[:, 2]) < 0.8 * np.linalg.norm(normal, axis=1)
    material = np.where(flank & (middle[:, 2] > belt + 0.1) & (middle[:, 2] < 0.86 * ROOF_M), GLASS, PAINT)
    material = np.where(middle[:, 2] > 0.9 * ROOF_M, WHITE, material)
    material = np.where(middle[:, 2] < 0.3, TRIM, material)
    return Shape(skin.vertices, skin.faces, material.astype(np.uint16))


@made_once(8)
def _meshes(asset: str, size_m: Size) -> tuple[Mesh, ...]:
    """Rear, middle and front module."""
    length, width, height = size_m
    half, module = width / 2, length / 3
    modules: list[list[Shape]] = [[], [], []]
    for k, parts in enumerate(modules):
        x0 = -length / 2 + k * module + (BELLOWS_M / 2 if k else 0.0)
        x1 = -length / 2 + (k + 1) * module - (BELLOWS_M / 2 if k < 2 else 0.0)
        parts.append(_module(x0, x1, half, (k == 0, k == 2)))
        parts.append(box((0.5 * module, 1.5, 0.22), WHITE, ((x0 + x1) / 2, 0.0, ROOF_M + 0.10), bevel=0.05))
        parts.append(box((0.42 * module, 1.9, 0.34), TRIM, ((x0 + x1) / 2, 0.0, 0.20)))  # bogie
        count = 4
        for post in range(count + 1):  # pillars between panes
            x = x0 + NOSE_M + (x1 - x0 - 2 * NOSE_M) * post / count
            parts += [box((0.09, 0.03, 1.70), TRIM, (x, side * 0.995 * half, 2.0)) for side in (-1, 1)]
        for x in (x0 + 0.32 * (x1 - x0), x0 + 0.68 * (x1 - x0)):  # doors at the right
            parts.append(box((1.30, 0.03, 2.10), GLASS, (x, -half + 0.003, 1.50)))
            parts += [box((0.06, 0.05, 2.20), TRIM, (x + at, -half + 0.003, 1.50)) for at in (-0.66, 0, 0.66)]
        for edge in (x0 - BELLOWS_M, x1) if k == 1 else ():  # the bellows go with the middle
            fold = np.linspace(edge - 0.05, edge + BELLOWS_M + 0.05, 9)
            rings = [
                _ring(float(x), (0.90 if i % 2 else 0.94) * half, 0.97 * ROOF_M, 1.15)
                for i, x in enumerate(fold)
            ]
            parts.append(loft(np.array(rings), TRIM))
    front = length / 2 - 0.02
    lamps = [box((0.06, 0.30, 0.12), HEADLAMP, (front - 0.10, side * 0.52 * half, 0.80)) for side in (-1, 1)]
    tails = [box((0.06, 0.22, 0.14), TAIL, (-front + 0.10, side * 0.52 * half, 0.80)) for side in (-1, 1)]
    sign = box((0.04, 1.1, 0.22), AMBER, (front - 0.86, 0.0, 2.95))
    base = ROOF_M + 0.2
    arms = [
        tube([[0.9, side * 0.35, base], [-0.4, side * 0.3, (base + height) / 2],
              [0.5, side * 0.25, height - 0.04]], 0.03, METAL, 6)
        for side in (-1, 1)
    ]  # fmt: skip
    bow = tube([[0.5, -0.8, height - 0.12], [0.5, -0.55, height - 0.02], [0.5, 0.55, height - 0.02],
                [0.5, 0.8, height - 0.12]], 0.02, METAL, 6)  # fmt: skip
    modules[0] += tails
    modules[1] += [*arms, bow]
    modules[2] += [*lamps, sign]
    for k, parts in enumerate(modules):
        parts += [
            box((0.62, 0.10, 0.5), METAL, (-length / 2 + (k + 0.5) * module + step, side * 0.72, 0.25))
            for step in (-0.9, 0.9) for side in (-1, 1)
        ]  # fmt: skip
    whole = join([shape for parts in modules for shape in parts])
    return tuple(
        fitted(join(parts), size_m, whole).mesh(f"{asset}/{size_m}/{k}", 0.5)
        for k, parts in enumerate(modules)
    )
