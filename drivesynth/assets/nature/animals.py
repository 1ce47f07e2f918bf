"""Four-legged animals that walk: a dog and a roe deer.

Proportions of a retriever and a roe buck (length 1.35 m nose to rump, shoulder 0.75 m); legs step in
diagonal pairs with the people's stepping rule, so that hooves and paws do not slide either.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.people.gait import Leg, hip_height, step
from drivesynth.assets.posing import Channels, at, together, turned_y
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, ellipsoid, fitted, join, tube

FUR, DARK = MATERIAL_ID["fur"], MATERIAL_ID["leather"]


@dataclass(frozen=True)
class Build:
    """Measures at the table's size [m]: spine and head as (x, z, radius), legs and where they hang."""

    spine: tuple[tuple[float, float, float], ...]
    head: tuple[tuple[float, float, float], ...]
    tail: tuple[tuple[float, float, float], ...]
    ears: tuple[float, float, float]  # x, z, length
    hips: tuple[float, float]  # x of fore and hind legs
    half_track: float
    leg: Leg
    leg_radius: float
    antlers: bool = False


BUILDS = {
    "animal/dog": Build(
        spine=(
            (-0.36, 0.46, 0.06),
            (-0.30, 0.47, 0.10),
            (-0.12, 0.45, 0.105),
            (0.08, 0.44, 0.125),
            (0.20, 0.46, 0.12),
            (0.26, 0.50, 0.09),
        ),
        head=(
            (0.22, 0.49, 0.085),
            (0.30, 0.58, 0.075),
            (0.35, 0.605, 0.075),
            (0.40, 0.59, 0.06),
            (0.47, 0.565, 0.038),
            (0.485, 0.562, 0.02),
        ),
        tail=((-0.36, 0.49, 0.03), (-0.44, 0.44, 0.026), (-0.47, 0.36, 0.012)),
        ears=(0.33, 0.63, 0.10),
        hips=(0.16, -0.27),
        half_track=0.075,
        leg=Leg(0.20, 0.19, 0.035, 0.03, 0.05),
        leg_radius=0.038,
    ),
    "animal/deer": Build(
        spine=(
            (-0.56, 0.74, 0.07),
            (-0.50, 0.75, 0.13),
            (-0.25, 0.72, 0.145),
            (0.05, 0.70, 0.155),
            (0.24, 0.74, 0.13),
            (0.32, 0.80, 0.09),
        ),
        head=(
            (0.26, 0.78, 0.09),
            (0.40, 0.97, 0.065),
            (0.46, 1.07, 0.065),
            (0.52, 1.08, 0.062),
            (0.62, 1.03, 0.036),
            (0.66, 1.02, 0.022),
        ),
        tail=((-0.60, 0.78, 0.03), (-0.64, 0.73, 0.018)),
        ears=(0.45, 1.12, 0.15),
        hips=(0.20, -0.44),
        half_track=0.09,
        leg=Leg(0.31, 0.35, 0.04, 0.025, 0.04),
        leg_radius=0.05,
        antlers=True,
    ),
}
COATS = {
    "animal/dog": (
        Tint((0.36, 0.22, 0.09), 0.5, 3),
        Tint((0.015, 0.013, 0.012), 0.2, 3),
        Tint((0.55, 0.5, 0.42), 0.6, 2),
    ),
    "animal/deer": (Tint((0.17, 0.09, 0.045), 0.45, 3), Tint((0.12, 0.09, 0.065), 0.4, 2)),
}
LEGS = (
    ("fore_l", 0, 1.0, 0.0),
    ("fore_r", 0, -1.0, np.pi),
    ("hind_l", 1, 1.0, np.pi),
    ("hind_r", 1, -1.0, 0.0),
)


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """An animal with its coat."""
    rng = look(asset, look_seed)
    coat = varied(rng, choose(rng, COATS[asset]))
    kind = BUILDS[asset]
    nominal = ASSETS[asset].size_m
    scale = (size_m[0] / nominal[0], size_m[1] / nominal[1], size_m[2] / nominal[2])
    leg = Leg(
        kind.leg.thigh * scale[2], kind.leg.shin * scale[2], kind.leg.ankle * scale[2],
        kind.leg.heel * scale[0], kind.leg.toe * scale[0],
    )  # fmt: skip
    trunk, upper, lower, foot, shift = _meshes(asset, size_m)
    parts = [Part("trunk", trunk, coat.rgb, coat.rho_905)]
    for name, *_ in LEGS:
        parts += [Part(f"{part}_{name}", mesh, coat.rgb, coat.rho_905)
                  for part, mesh in (("upper", upper), ("lower", lower), ("foot", foot))]  # fmt: skip

    def poses(channels: Channels) -> F64:
        phase, stride = channels.get("gait_rad", 0.0), np.maximum(channels.get("stride_m", 0.0), 0.0)
        hip = hip_height(leg, stride, phase)
        frames = [at(0.0, 0.0, hip - hip_height(leg, 0.0, 0.0))]
        for _, pair, side, offset in LEGS:
            joints = step(leg, stride, phase + offset, hip)
            x = kind.hips[pair] * scale[0] + shift
            thigh = at(x, side * kind.half_track * scale[1], hip) @ turned_y(-joints.thigh_rad)
            shin = thigh @ at(0, 0, -leg.thigh) @ turned_y(joints.thigh_rad - joints.shin_rad)
            frames += [thigh, shin, shin @ at(0, 0, -leg.shin) @ turned_y(joints.shin_rad - joints.foot_rad)]
        return together(*frames)

    return Model(asset, ASSETS[asset].class_name, size_m, tuple(parts), poses)


def _bar(rows: tuple[tuple[float, float, float], ...], sides: int = 10) -> Shape:
    p = np.array(rows)
    return tube(np.column_stack([p[:, 0], 0 * p[:, 0], p[:, 1]]), p[:, 2], FUR, sides)


@lru_cache(maxsize=64)
def _meshes(asset: str, size_m: Size) -> tuple[Mesh, Mesh, Mesh, Mesh, float]:
    """Trunk, upper and lower leg, foot; and the shift along x that centres the box."""
    kind, nominal = BUILDS[asset], ASSETS[asset].size_m
    ex, ez, ear = kind.ears
    shapes = [_bar(kind.spine, 12), _bar(kind.head), _bar(kind.tail, 6)]
    shapes += [ellipsoid((0.03, 0.012, ear / 2), FUR, (ex, side * 0.065, ez), 4, 6) for side in (-1, 1)]
    nose = kind.head[-1]
    shapes.append(ellipsoid((0.015, 0.015, 0.012), DARK, (nose[0], 0.0, nose[1] + 0.008), 4, 6))
    if kind.antlers:
        shapes += [
            tube(
                [[ex, s * 0.03, ez], [ex - 0.03, s * 0.07, ez + 0.12], [ex, s * 0.06, ez + 0.22]],
                [0.012, 0.01, 0.004],
                DARK,
                5,
            )
            for s in (-1, 1)
        ]
    trunk = join(shapes)
    low, high = trunk.vertices.min(axis=0), trunk.vertices.max(axis=0)
    rest = np.array([size_m[0] / (high[0] - low[0]), size_m[1] / (high[1] - low[1]), size_m[2] / high[2]])
    shift = -float(low[0] + high[0]) / 2 * rest[0]
    trunk = trunk.scaled(*rest).moved(x=shift)
    k = np.array(size_m) / np.array(nominal)
    r, leg = kind.leg_radius, kind.leg
    upper = tube(
        np.column_stack([np.zeros((4, 2)), [0.06, 0.0, -0.6 * leg.thigh, -leg.thigh - 0.01]]),
        [0.9 * r, 1.35 * r, 0.9 * r, 0.6 * r],
        FUR,
        8,
    )
    lower = tube(
        np.column_stack([np.zeros((3, 2)), [0.01, -0.5 * leg.shin, -leg.shin - 0.01]]),
        [0.62 * r, 0.45 * r, 0.42 * r],
        FUR,
        8,
    )
    paw = fitted(
        ellipsoid((1, 1, 1), DARK if kind.antlers else FUR, (0, 0, 0), 4, 8),
        (leg.heel + leg.toe, 0.9 * r, leg.ankle + 0.01),
    )
    sole = paw.moved(x=(leg.toe - leg.heel) / 2, z=-leg.ankle)
    made = [
        s.scaled(*k).mesh(f"{asset}/{size_m}/{n}", 0.9)
        for n, s in (("upper", upper), ("lower", lower), ("foot", sole))
    ]
    return trunk.mesh(f"{asset}/{size_m}/trunk", 0.9), made[0], made[1], made[2], shift
