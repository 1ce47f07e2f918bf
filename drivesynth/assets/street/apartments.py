"""A block of flats: four storeys under a flat roof, balconies to the street, a glazed stairwell.

Storeys of 2.9 m, balconies 1.4 m deep behind railings of 1.0 m (DIN 18065, German building
codes).
"""

from drivesynth.assets.looks import Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue
from drivesynth.assets.sizes import Size
from drivesynth.assets.street.facade import Opening, front, turned_to
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join
from drivesynth.kept import made_once

M = MATERIAL_ID
DEPTH_M = 1.4  # of a balcony


def build(asset: str, look_seed: int, size_m: Size, plain: bool, walls: tuple[Tint, ...]) -> Model:
    """The block in plaster of one of the walls' colours."""
    rng = look(asset, look_seed)
    tint = varied(rng, choose(rng, walls), 0.08)
    return statue(asset, size_m, _mesh(asset, size_m, plain), tint.rgb, tint.rho_905)


@made_once(64)
def _mesh(asset: str, size_m: Size, plain: bool) -> Mesh:
    length, width, height = size_m
    body_w, top = width - DEPTH_M, height - 0.5
    storeys = max(2, round(top / 2.9))
    storey = top / storeys
    columns = max(3, round(length / 3.2))
    pitch = length / columns
    stairs = columns // 2
    street, garden = [], []
    balconies: list[Shape] = []
    for level in range(storeys):
        for column in range(columns):
            u = (column + 0.5) * pitch
            low = level * storey
            if column == stairs:
                kind = "door" if level == 0 else "window"
                tall = min(2.2, storey - 0.4) if level == 0 else storey - 1.0
                street.append(Opening(u - 0.6, low if level == 0 else low + 0.5, 1.2, tall, kind))
            elif level and column % 2 == stairs % 2:
                street.append(Opening(u - 0.9, low + 0.15, 1.8, 2.2, "shop"))
                balconies += _balcony(u - length / 2, pitch - 0.5, low, -body_w / 2)
            else:
                street.append(Opening(u - 0.65, low + 0.9, 1.3, min(1.4, storey - 1.3)))
            garden.append(Opening(u - 0.65, low + 0.9, 1.3, min(1.4, storey - 1.3)))
    wall = M["plaster"]
    sides = [Opening(0.44 * body_w, k * storey + 0.95, 0.9, 1.2) for k in range(storeys)]
    shapes = [
        front(length, top, street, wall, plain).placed(turned_to("right", length, body_w)),
        front(length, top, garden, wall, plain=True).placed(turned_to("left", length, body_w)),
        front(body_w, top, sides, wall, plain=True).placed(turned_to("front", length, body_w)),
        front(body_w, top, sides, wall, plain=True).placed(turned_to("rear", length, body_w)),
        box((length, body_w, 0.02), wall, (0.0, 0.0, 0.01)),
        box((length + 0.2, body_w + 0.2, 0.30), M["concrete"], (0.0, 0.0, top + 0.15)),
        box((3.0, 2.4, 0.5), M["concrete"], (0.1 * length, 0.0, top + 0.25)),
        box((1.8, 1.2, 0.08), M["concrete"], ((stairs + 0.5) * pitch - length / 2, -body_w / 2 - 0.6, 2.5)),
        *balconies,
    ]
    return fitted(join(shapes), size_m).mesh(f"{asset}/{size_m}/{plain}", 0.4)


def _balcony(x: float, wide: float, low: float, wall_y: float) -> list[Shape]:
    """A slab and its railing before the wall at `wall_y`."""
    slab = box((wide, DEPTH_M, 0.16), M["concrete"], (x, wall_y - DEPTH_M / 2, low + 0.06))
    rail = [box((wide, 0.04, 0.05), M["galvanised"], (x, wall_y - DEPTH_M + 0.03, low + 1.12))]
    panel = [box((wide - 0.06, 0.02, 0.80), M["window_frame"], (x, wall_y - DEPTH_M + 0.03, low + 0.62))]
    ends = [
        box(
            (0.03, DEPTH_M - 0.05, 0.85),
            M["window_frame"],
            (x + s * (wide / 2 - 0.02), wall_y - DEPTH_M / 2, low + 0.62),
        )
        for s in (-1, 1)
    ]
    return [slab, *rail, *panel, *ends]
