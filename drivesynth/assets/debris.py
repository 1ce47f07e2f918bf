"""What falls off vehicles: boxes, a mattress, a pallet, a ladder, a tyre, a spilled load.

Sizes: EPAL euro pallet 1200 x 800 x 144 mm (EN 13698-1); tyre 205/55 R16; mattress 2.0 x 0.9 m.
"""

from collections.abc import Callable

import numpy as np

from drivesynth.assets.looks import Tint, choose, look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue, turned_z
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, ellipsoid, fitted, join, loft, mirrored, revolve, tube
from drivesynth.kept import made_once
from drivesynth.streams import generator

CARD, TAPE, CLOTH, TIMBER, METAL, TYRE = (
    MATERIAL_ID[n] for n in ("cardboard", "plastic", "fabric_pale", "timber", "bare_metal", "tyre")
)
TINTS = (Tint((0.38, 0.30, 0.18), 0.5), Tint((0.50, 0.50, 0.48), 0.6), Tint((0.06, 0.10, 0.25), 0.4))


def carton(size_m: Size) -> Shape:
    """A taped cardboard box, its flaps a little lifted."""
    length, width, height = size_m
    body = box((length, width, height - 0.012), CARD, (0, 0, (height - 0.012) / 2), bevel=0.006)
    flaps = [
        box((0.99 * length, 0.49 * width, 0.008), CARD, (0, s * 0.25 * width, height - 0.008))
        for s in (-1, 1)
    ]
    tape = box((length + 0.004, 0.05, 0.004), TAPE, (0, 0, height - 0.002))
    ends = [box((0.003, 0.05, 0.3 * height), TAPE, (s * length / 2, 0, 0.84 * height)) for s in (-1, 1)]
    return join([body, *flaps, tape, *ends])


def spilled_load(size_m: Size) -> Shape:
    """Six boxes as they came to rest, one on top of others."""
    pile = [
        (0.6, 0.4, 0.40, -0.45, -0.35, 0.0, 0.1),
        (0.6, 0.4, 0.35, 0.20, -0.30, 0.0, -0.3),
        (0.4, 0.4, 0.40, -0.40, 0.25, 0.0, 0.5),
        (0.5, 0.35, 0.30, 0.30, 0.35, 0.0, 0.9),
        (0.6, 0.4, 0.40, -0.15, -0.1, 0.40, 0.4),
        (0.3, 0.3, 0.25, 0.62, 0.05, 0.0, 0.2),
    ]
    boxes = [carton((a, b, c)).placed(turned_z(turn)).moved(x, y, z) for a, b, c, x, y, z, turn in pile]
    return join(boxes)


def mattress(size_m: Size) -> Shape:
    """A mattress: rounded edges and a bulging top."""
    length, width, height = size_m
    side, rings = 0.06, []
    for z, inset in (
        (0.0, 0.05),
        (0.15, 0.012),
        (0.3, 0.0),
        (0.7, 0.0),
        (0.85, 0.012),
        (0.96, 0.05),
        (1.0, 0.16),
    ):
        x, y = length / 2 - inset, width / 2 - inset
        outline = [
            (-x + side, -y), (x - side, -y), (x, -y + side), (x, y - side),
            (x - side, y), (-x + side, y), (-x, y - side), (-x, -y + side),
        ]  # fmt: skip
        rings.append([(px, py, z * height) for px, py in outline])
    seam = MATERIAL_ID["cloth"]
    return loft(np.array(rings), [CLOTH, seam, CLOTH, seam, CLOTH, CLOTH])


def pallet(size_m: Size) -> Shape:
    """Five deck boards, three stringers, nine blocks, three skids."""
    length, width, height = size_m
    k = height / 0.144
    parts = [
        box((length, w, 0.022 * k), TIMBER, (0, y * width, height - 0.011 * k))
        for y, w in ((-0.41, 0.145), (-0.205, 0.10), (0.0, 0.145), (0.205, 0.10), (0.41, 0.145))
    ]
    for x in (-0.44, 0.0, 0.44):
        parts.append(box((0.145, width, 0.022 * k), TIMBER, (x * length, 0, height - 0.033 * k)))
        parts += [
            box((0.145, 0.11, 0.078 * k), TIMBER, (x * length, y * width, 0.061 * k))
            for y in (-0.42, 0.0, 0.42)
        ]
    parts += [box((length, 0.10, 0.022 * k), TIMBER, (0, y * width, 0.011 * k)) for y in (-0.42, 0.0, 0.42)]
    return join(parts)


def ladder(size_m: Size) -> Shape:
    """An aluminium ladder lying flat: two rails and a rung every 0.28 m (EN 131)."""
    length, width, height = size_m
    rail = box((length, 0.028, height), METAL, (0, width / 2 - 0.014, height / 2))
    rungs = max(3, round(length / 0.28))
    parts = [mirrored(rail)]
    for k in range(rungs):
        x = (k + 0.5) * length / rungs - length / 2
        parts.append(
            tube([[x, -width / 2 + 0.02, height / 2], [x, width / 2 - 0.02, height / 2]], 0.015, METAL, 6)
        )
    return join(parts)


def tyre(size_m: Size) -> Shape:
    """A tyre without its rim, lying on its side; its hole is open."""
    radius, half = size_m[0] / 2, size_m[2] / 2
    bead = 0.62 * radius
    profile = [
        (bead, 0.15 * half),
        (0.70 * radius, 0.0),
        (0.90 * radius, 0.04 * half),
        (radius, 0.35 * half),
        (radius, 1.65 * half),
        (0.90 * radius, 1.96 * half),
        (0.70 * radius, 2 * half),
        (bead, 1.85 * half),
        (0.9 * radius, 1.5 * half),
        (0.93 * radius, half),
        (0.9 * radius, 0.5 * half),
    ]
    return revolve(profile, 32, TYRE, closed=True)


def branch(size_m: Size) -> Shape:
    """A broken bough with its twigs, as storms leave it."""
    length, width, height = size_m
    bark, rng = MATERIAL_ID["bark"], generator(0, "debris/branch")
    x = np.linspace(-0.5, 0.5, 6) * length
    stem = np.column_stack(
        [x, 0.10 * width * np.sin(6.0 * x / length), 0.18 * height + 0.05 * height * np.cos(5 * x)]
    )
    parts = [tube(stem, np.array([0.16, 0.15, 0.13, 0.11, 0.08, 0.04]) * height, bark, 7)]
    for k in range(16):
        root = np.array([float(np.interp(k / 15, np.linspace(0, 1, 6), stem[:, axis])) for axis in range(3)])
        side = 1.0 if k % 2 else -1.0
        reach = (0.25 + 0.25 * rng.random()) * width
        tip = root + np.array(
            [0.10 * length * rng.random(), side * reach, height * (0.7 * rng.random() + 0.02)]
        )
        tip[2] = min(max(tip[2], 0.02), height)
        parts.append(
            tube([root, (root + tip) / 2 + [0, 0, 0.03], tip], [0.05 * height, 0.035 * height, 0.01], bark, 4)
        )
        parts += [
            ellipsoid(
                (0.05, 0.035, 0.006), MATERIAL_ID["leaves"], tuple(tip - (j * 0.05) * (tip - root)), 3, 6
            )
            for j in range(3)
        ]
    return join(parts)


def plastic_bag(size_m: Size) -> Shape:
    """A thin bag blown up by the wind, creased, its handles on top."""
    length, width, height = size_m
    film = MATERIAL_ID["film"]
    rings = []
    for z, grow in ((0.0, 0.45), (0.12, 0.85), (0.35, 1.0), (0.60, 0.92), (0.78, 0.55), (0.84, 0.35)):
        a = np.arange(14) * (2 * np.pi / 14)
        crease = 1.0 + 0.10 * np.cos(5 * a + 9 * z) + 0.06 * np.sin(3 * a - 4 * z)
        ring = np.column_stack(
            [0.46 * length * grow * crease * np.cos(a), 0.46 * width * grow * crease * np.sin(a)]
        )
        rings.append(np.column_stack([ring, np.full(14, z * height)]))
    handles = [
        tube([[s * 0.10 * length, 0, 0.82 * height], [s * 0.16 * length, 0.02, 0.97 * height],
              [s * 0.05 * length, 0.03, height], [s * 0.04 * length, 0, 0.82 * height]], 0.008, film, 4)
        for s in (-1, 1)
    ]  # fmt: skip
    return join([loft(np.stack(rings), film), *handles])


def fallen_bumper(size_m: Size) -> Shape:
    """A car's bumper skin that lies on the road, torn off."""
    length, width, height = size_m
    a = np.linspace(-1.15, 1.15, 11)
    outer = np.column_stack([0.9 * length * np.cos(a) - 0.4 * length, 0.53 * width * np.sin(a)])
    rings = []
    for x, y in outer:
        ring = [
            (x, y, 0.0),
            (x + 0.05, y, 0.25 * height),
            (x + 0.03, y, height),
            (x - 0.01, y, height),
            (x, y, 0.25 * height),
        ]
        rings.append(ring)
    return loft(np.array(rings), MATERIAL_ID["plastic"])


SHAPES: dict[str, Callable[[Size], Shape]] = {
    "debris/box": carton,
    "debris/cargo_boxes": spilled_load,
    "debris/mattress": mattress,
    "debris/pallet": pallet,
    "debris/ladder": ladder,
    "debris/tyre": tyre,
    "debris/branch": branch,
    "debris/plastic_bag": plastic_bag,
    "debris/bumper": fallen_bumper,
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """One piece of debris at rest on the road."""
    tint = choose(look(asset, look_seed), TINTS)
    return statue(asset, size_m, _mesh(asset, size_m), tint.rgb, tint.rho_905)


@made_once(64)
def _mesh(asset: str, size_m: Size) -> Mesh:
    return fitted(SHAPES[asset](size_m), size_m).mesh(f"{asset}/{size_m}")
