"""Four-legged animals that walk: dog, cat, roe deer, boar, cow, horse.

Proportions of a retriever, a roe buck (length 1.35 m nose to rump, shoulder 0.75 m), a boar (shoulder
0.85 m), a dairy cow (withers 1.43 m) and a riding horse (withers 1.62 m); legs step in
diagonal pairs with the people's stepping rule, so that hooves and paws do not slide either.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.nature.builds import BUILDS, COATS
from drivesynth.assets.people.gait import Leg, hip_height, step
from drivesynth.assets.posing import Channels, at, together, turned_y
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, ellipsoid, fitted, join, tube
from drivesynth.kept import made_once

FUR, DARK, HORN = MATERIAL_ID["fur"], MATERIAL_ID["leather"], MATERIAL_ID["horn"]


EAR_SIDE = 0.62  # how far to the side ears sit, against their length
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


@made_once(64)
def _meshes(asset: str, size_m: Size) -> tuple[Mesh, Mesh, Mesh, Mesh, float]:
    """Trunk, upper and lower leg, foot; and the shift along x that centres the box."""
    kind, nominal = BUILDS[asset], ASSETS[asset].size_m
    ex, ez, ear = kind.ears
    shapes = [_bar(kind.spine, 12), _bar(kind.head), _bar(kind.tail, 6)]
    shapes += [
        ellipsoid((0.3 * ear, 0.12 * ear, ear / 2), FUR, (ex, side * EAR_SIDE * ear, ez), 4, 6)
        for side in (-1, 1)
    ]
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
    thick = kind.head[len(kind.head) // 2]
    shapes += [
        ellipsoid((0.10 * thick[2], 0.06 * thick[2], 0.10 * thick[2]), DARK,
                  (thick[0] + 0.5 * thick[2], s * 0.86 * thick[2], thick[1] + 0.30 * thick[2]), 3, 6)
        for s in (-1, 1)
    ]  # fmt: skip
    if kind.horns:
        shapes += [
            tube([[ex, s * 0.07, ez + 0.04], [ex + 0.02, s * (0.07 + 0.7 * kind.horns), ez + 0.08],
                  [ex + 0.08, s * (0.07 + 0.8 * kind.horns), ez + kind.horns]], [0.03, 0.024, 0.008], HORN, 6)
            for s in (-1, 1)
        ]  # fmt: skip
        shapes.append(
            ellipsoid((0.16, 0.12, 0.11), MATERIAL_ID["skin"], (kind.hips[1] + 0.16, 0.0, 0.74), 6, 10)
        )
    if kind.mane:
        crest = np.array(kind.head[:4])
        shapes.append(
            tube(np.column_stack([crest[:, 0] - 0.55 * crest[:, 2], 0 * crest[:, 0],
                                  crest[:, 1] + 0.75 * crest[:, 2]]), [0.05, 0.06, 0.06, 0.04], DARK, 6)
        )  # fmt: skip
    trunk = join(shapes)
    low, high = trunk.vertices.min(axis=0), trunk.vertices.max(axis=0)
    rest = np.array([size_m[0] / (high[0] - low[0]), size_m[1] / (high[1] - low[1]), size_m[2] / high[2]])
    shift = -float(low[0] + high[0]) / 2 * rest[0]
    trunk = trunk.scaled(*rest).moved(x=shift)
    k = np.array(size_m) / np.array(nominal)
    r, leg = kind.leg_radius, kind.leg
    upper = tube(
        np.column_stack(
            [np.zeros((4, 2)), [min(0.06, 0.3 * leg.thigh), 0.0, -0.6 * leg.thigh, -leg.thigh - 0.01]]
        ),
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
        ellipsoid((1, 1, 1), DARK if kind.antlers or kind.hooves else FUR, (0, 0, 0), 4, 8),
        (leg.heel + leg.toe, 0.9 * r, leg.ankle + 0.01),
    )
    sole = paw.moved(x=(leg.toe - leg.heel) / 2, z=-leg.ankle)
    made = [
        s.scaled(*k).mesh(f"{asset}/{size_m}/{n}", 0.9)
        for n, s in (("upper", upper), ("lower", lower), ("foot", sole))
    ]
    return trunk.mesh(f"{asset}/{size_m}/trunk", 0.9), made[0], made[1], made[2], shift
