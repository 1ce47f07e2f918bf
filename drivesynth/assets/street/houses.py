"""Houses: a terrace house, a detached one, one with a shop. The street front looks to -y.

A house placed at the street's heading on its left side has its front to the street. Storeys of 2.8 m,
windows 1.0 x 1.3 m, doors 1.0 x 2.1 m (DIN 18100), roof pitch 35 to 45 degrees, as usual in Europe.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue
from drivesynth.assets.sizes import Size
from drivesynth.assets.street import apartments
from drivesynth.assets.street.facade import Opening, front, turned_to
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join, loft
from drivesynth.kept import made_once

M = MATERIAL_ID
WALLS = (
    Tint((0.62, 0.58, 0.50), 0.72, 5), Tint((0.68, 0.67, 0.64), 0.78, 4), Tint((0.60, 0.45, 0.25), 0.65, 3),
    Tint((0.42, 0.42, 0.40), 0.55, 2), Tint((0.50, 0.30, 0.20), 0.55, 2), Tint((0.40, 0.48, 0.50), 0.6, 1),
)  # fmt: skip
OVERHANG_M = 0.35


@dataclass(frozen=True)
class Plan:
    """What a look chooses: wall and roof material, window rhythm."""

    wall: str
    roof: str
    door_first: bool


def build(asset: str, look_seed: int, size_m: Size, detail: int = 0) -> Model:
    """A house of plaster or brick, tiles or slate; from `detail` 2 on its windows are plain."""
    if asset == "house/apartments":
        return apartments.build(asset, look_seed, size_m, detail >= 2, WALLS)
    rng = look(asset, look_seed)
    plan = Plan(
        "brick" if rng.random() < 0.4 else "plaster",
        "roof_slate" if rng.random() < 0.35 else "roof_tile",
        bool(rng.random() < 0.5),
    )
    tint = varied(rng, choose(rng, WALLS), 0.08)
    return statue(asset, size_m, _mesh(asset, plan, size_m, detail >= 2), tint.rgb, tint.rho_905)


@made_once(128)
def _mesh(asset: str, plan: Plan, size_m: Size, plain: bool) -> Mesh:
    length, width, height = size_m
    gable_over = asset == "house/detached"
    body_l = length - (2 * OVERHANG_M if gable_over else 0.0)
    body_w = width - 2 * OVERHANG_M
    eaves = round(height * {"house/terrace": 0.64, "house/detached": 0.56, "house/shop": 0.70}[asset], 2)
    wall = M[plan.wall]
    storeys = max(1, round(eaves / 2.8))
    storey = eaves / storeys
    shop = asset == "house/shop"
    street = _row(body_l, storeys, storey, plan.door_first, shop)
    garden = _row(body_l, storeys, storey, not plan.door_first, False)
    sides = (
        [Opening(0.42 * body_w, k * storey + 0.95, 0.9, 1.2) for k in range(storeys)] if gable_over else []
    )
    shapes = [
        front(body_l, eaves, street, wall, plain).placed(turned_to("right", body_l, body_w)),
        front(body_l, eaves, garden, wall, plain=True).placed(turned_to("left", body_l, body_w)),
        front(body_w, eaves, sides, wall, plain).placed(turned_to("front", body_l, body_w)),
        front(body_w, eaves, sides, wall, plain).placed(turned_to("rear", body_l, body_w)),
        *_roof(body_l, body_w, length, width, eaves, height, wall, M[plan.roof]),
        box((body_l, body_w, 0.02), wall, (0.0, 0.0, 0.01)),
    ]
    if shop:
        shapes.append(
            box((body_l - 0.6, 0.10, 0.55), M["shop_sign"], (0.0, -body_w / 2 - 0.05, storey - 0.28))
        )
    return fitted(join(shapes), size_m).mesh(f"{asset}/{plan}/{size_m}/{plain}", 0.4)


def _row(length: float, storeys: int, storey: float, door_first: bool, shop: bool) -> list[Opening]:
    """Windows in columns of even pitch; the ground floor has the door, or the shop's glass."""
    columns = max(2, round(length / 2.2))
    pitch = length / columns
    door = 0 if door_first else columns - 1
    openings = []
    for level in range(storeys):
        for column in range(columns):
            u = (column + 0.5) * pitch
            if level == 0 and column == door:
                openings.append(Opening(u - 0.5, 0.0, 1.0, min(2.15, storey - 0.4), "door"))
            elif level == 0 and shop:
                continue
            else:
                wide = min(1.05, 0.6 * pitch)
                openings.append(Opening(u - wide / 2, level * storey + 0.9, wide, min(1.35, storey - 1.3)))
    if shop:
        first = pitch + 0.15 if door_first else 0.35
        openings.append(Opening(first, 0.45, length - pitch - 0.5, min(1.75, storey - 1.1), "shop"))
    return openings


def _roof(
    body_l: float,
    body_w: float,
    length: float,
    width: float,
    eaves: float,
    ridge: float,
    wall: int,
    tiles: int,
) -> list[Shape]:
    """Gables, two roof slabs with overhang, gutters and a chimney; the ridge runs along x."""
    thick = 0.16
    half, out = body_w / 2, width / 2
    slope = (ridge - thick - eaves) / half
    low = eaves - slope * (out - half)
    section = np.array(
        [(-out, low), (0.0, ridge - thick), (out, low), (out, low + thick), (0.0, ridge), (-out, low + thick)]
    )

    def prism(outline: F64, x0: float, x1: float, material: int) -> Shape:
        rings = [np.column_stack([np.full(len(outline), x), outline]) for x in (x0, x1)]
        return loft(np.stack(rings), material)

    left, right = section[[1, 2, 3, 4]], section[[0, 1, 4, 5]]
    slabs = [prism(side, -length / 2, length / 2, tiles) for side in (left, right)]
    gable = np.array([(-half, eaves), (half, eaves), (0.0, eaves + slope * half)])
    attic = prism(gable, -body_l / 2, body_l / 2, wall)
    gutters = [
        box((length, 0.12, 0.10), M["galvanised"], (0, side * (out - 0.06), low + 0.02)) for side in (-1, 1)
    ]
    chimney = box((0.6, 0.6, 2.4), M["brick"], (0.28 * body_l, 0.18 * body_w, ridge - 1.3))
    return [*slabs, attic, *gutters, chimney]
