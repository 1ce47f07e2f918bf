"""Doors, boot lid or tailgate, and bonnet that open: pieces cut out of a car's skin, each on its hinge.

A car whose flaps open is built without those pieces in its skin, so that rays go through the hole and meet
what stands behind: seats, the floor of the boot, the engine. Shut, the pieces fill their holes exactly.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesynth.arrays import F64, I32, Bool
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import Number, at, turned_y, turned_z
from drivesynth.assets.vehicles.car_styles import STYLES
from drivesynth.assets.vehicles.shell import GLASS, PAINT, TRIM, ShellStyle, Skin
from drivesynth.geometry.shapes import Shape, box, grid, join

SEAM = 0.0022  # shares of the length
_THICK_M = {"side": 0.07, "boot": 0.05, "bonnet": 0.04}
_HATCH_FROM = 0.95  # a rear screen that ends behind it opens with the tailgate
_CLOTH = MATERIAL_ID["seat_cloth"]
_SIDE_DOORS = {"driver": (0, 1.0), "passenger": (0, -1.0), "rear_left": (1, 1.0), "rear_right": (1, -1.0)}


@dataclass(frozen=True)
class Flap:
    """A piece of the skin in the vehicle frame, shut, and how it turns.

    hinge_m  a point of its axis
    axis     "left" or "right": a door that swings out; "up": rises behind its axis; "front": before it
    """

    shape: Shape
    hinge_m: tuple[float, float, float]
    axis: str

    def frame(self, angle_rad: Number) -> F64:
        """(..., 4, 4) vehicle_from_flap, opened by an angle."""
        turn = {
            "left": lambda: turned_z(-np.asarray(angle_rad)),
            "right": lambda: turned_z(np.asarray(angle_rad)),
            "up": lambda: turned_y(np.asarray(angle_rad)),
            "front": lambda: turned_y(-np.asarray(angle_rad)),
        }[self.axis]()
        x, y, z = self.hinge_m
        return np.asarray(at(x, y, z) @ turn @ at(-x, -y, -z))


def openable_on(asset: str) -> tuple[str, ...]:
    """Which flaps an asset has; none but for cars and their like."""
    return openable(STYLES[asset].shell) if asset in STYLES else ()


def openable(style: ShellStyle) -> tuple[str, ...]:
    """Which flaps a body has."""
    rear = [
        name for name, (row, _) in _SIDE_DOORS.items() if row < len(style.seams) - 1 and row < _rows(style)
    ]
    boot = ["boot"] if style.rear_screen and style.bed is None else []
    return (*rear, *boot, "bonnet")


def _rows(style: ShellStyle) -> int:
    """Rows of side doors: vans have one, their side is closed or slides."""
    return 2 if len(style.windows) > 2 and len(style.seams) > 2 else 1


def is_hatch(style: ShellStyle) -> bool:
    """Whether the rear screen opens with the boot."""
    return style.rear_screen is not None and style.rear_screen[1] >= _HATCH_FROM


def span(style: ShellStyle, name: str) -> tuple[float, float]:
    """Where a side door begins and ends, shares of the length."""
    row = _SIDE_DOORS[name][0]
    return style.seams[row] + SEAM, style.seams[row + 1]


def side_of(name: str) -> float:
    """+1 for a door on the left, -1 on the right, 0 for what lies across."""
    return _SIDE_DOORS[name][1] if name in _SIDE_DOORS else 0.0


def cells(style: ShellStyle, skin: Skin, name: str) -> Bool:
    """(S - 1, 13) which cells of the left half a flap is cut from."""
    pairs = list(pairwise(skin.stations))
    middle = np.array([(a.x + b.x) / 2 for a, b in pairs])
    flat = np.array([a.width == b.width == 1.0 for a, b in pairs])
    chosen = np.zeros((len(pairs), 13), np.bool_)
    if name in _SIDE_DOORS:
        first, last = span(style, name)
        out_of_wells = np.array([a.axle < 0 and b.axle < 0 for a, b in pairs])
        chosen[np.ix_(flat & out_of_wells & (middle > first) & (middle < last), np.arange(3, 9))] = True
    elif name == "bonnet":
        rows = flat & (middle > 0.03) & (middle < style.windscreen[0] - 0.01)
        chosen[np.ix_(rows, np.array([11, 12]))] = True
    else:
        assert style.rear_screen is not None
        hatch = is_hatch(style)
        first = style.rear_screen[0] - 0.006 if hatch else style.rear_screen[1]
        rows = flat & (middle > first) & (middle < (1.0 if hatch else 0.985))
        chosen[np.ix_(rows, np.array([11, 12]))] = True
        if hatch:
            cap = np.array([min(a.width, b.width) == 0.0 and a.x > 0.5 for a, b in pairs])
            chosen[np.ix_(cap, np.arange(5, 13))] = True
    return chosen


def cut(style: ShellStyle, skin: Skin, names: tuple[str, ...]) -> tuple[Shape, dict[str, Flap]]:
    """The skin without the flaps, and the flaps."""
    keep = {1.0: np.ones(skin.materials.shape, np.bool_), -1.0: np.ones(skin.materials.shape, np.bool_)}
    flaps = {}
    for name in names:
        piece, side = cells(style, skin, name), side_of(name)
        for one in (side,) if side else (1.0, -1.0):
            keep[one] &= ~piece
        flaps[name] = _flap(skin, name, piece)
    body = [_half(skin, keep[1.0]), _half(skin, keep[-1.0]).scaled(y=-1.0)]
    return join(body), flaps


def behind(style: ShellStyle, size: tuple[float, float, float], names: tuple[str, ...]) -> list[Shape]:
    """What stands under an open bonnet and in an open boot."""
    length, width, height = size
    shapes = []
    if "bonnet" in names:
        first, last = 0.06, style.windscreen[0] - 0.01
        top = float(np.interp(0.5 * (first + last), *np.transpose(style.belt))) * height - 0.06
        long, low = (last - first) * length, style.floor * height
        middle = ((0.5 - (first + last) / 2) * length, 0.0, low + 0.42 * (top - low))
        shapes.append(box((long, 0.66 * width, 0.84 * (top - low)), TRIM, middle))
        shapes.append(
            box((0.45 * long, 0.3 * width, 0.10), MATERIAL_ID["bare_metal"], (middle[0], 0.0, top - 0.05))
        )
    if "boot" in names:
        first = style.rear_screen[0] if style.rear_screen else 0.9
        first = min(first, style.axles[-1] - 0.02)
        x = (0.5 - (first + 0.97) / 2) * length
        low = 0.36 * height
        shapes.append(box(((0.97 - first) * length, 0.66 * width, 0.04), _CLOTH, (x, 0.0, low)))
        shapes.append(
            box(
                (0.05, 0.70 * width, 0.28 * height),
                _CLOTH,
                (x + 0.45 * (0.97 - first) * length, 0.0, low + 0.14 * height),
            )
        )
    return shapes


def _half(skin: Skin, keep: Bool) -> Shape:
    """Cells of the left half, without the vertices of the others."""
    whole = grid(skin.points, skin.materials)
    faces = np.repeat(keep.reshape(-1), 2)
    return _some(whole, faces)


def _some(shape: Shape, faces: Bool) -> Shape:
    used, rows = np.unique(shape.faces[faces], return_inverse=True)
    return Shape(shape.vertices[used], rows.reshape(-1, 3).astype(np.int32), shape.material[faces])


def _flap(skin: Skin, name: str, piece: Bool) -> Flap:
    outer = _half(skin, piece)
    low, high = outer.vertices.min(axis=0), outer.vertices.max(axis=0)
    side = side_of(name)
    if side:
        shape = _lined(outer, np.array([0.0, -_THICK_M["side"], 0.0]))
        hinge = float(high[0]), side * (float(high[1]) - 0.03), 0.0
        return Flap(shape if side > 0 else shape.scaled(y=-1.0), hinge, "left" if side > 0 else "right")
    half = _lined(outer, np.array([0.015 if name == "boot" else 0.0, 0.0, -_THICK_M[name]]))
    whole = join([half, half.scaled(y=-1.0)])
    if name == "boot":
        return Flap(whole, (float(high[0]), 0.0, float(high[2])), "up")
    return Flap(whole, (float(low[0]), 0.0, float(high[2])), "front")


def _lined(outer: Shape, inward_m: F64) -> Shape:
    """A sheet with a lining behind what is no glass, closed along its edges."""
    solid = outer.material != GLASS
    sheet = _some(outer, solid)
    back = Shape(
        sheet.vertices + inward_m, sheet.faces[:, ::-1].copy(), np.full(len(sheet.faces), TRIM, np.uint16)
    )
    edges = np.concatenate([sheet.faces[:, [0, 1]], sheet.faces[:, [1, 2]], sheet.faces[:, [2, 0]]])
    alone = _met_once(sheet.vertices, edges)
    a, b = sheet.vertices[alone[:, 0]], sheet.vertices[alone[:, 1]]
    n = len(alone)
    rim = np.concatenate([a, b, b + inward_m, a + inward_m])
    k = np.arange(n)
    faces = np.concatenate([np.stack([k, k + 3 * n, k + 2 * n], 1), np.stack([k, k + 2 * n, k + n], 1)])
    parts = [sheet, back, Shape(rim, faces.astype(np.int32), np.full(2 * n, PAINT, np.uint16))]
    if not solid.all():
        parts.append(_some(outer, ~solid))
    return join(parts)


def _met_once(vertices: F64, edges: I32) -> I32:
    """The edges (E, 2) of one face alone; by place, as folds double their points."""
    _, place = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    keys = np.sort(place.reshape(-1)[edges], axis=1)
    _, rows, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    long = keys[:, 0] != keys[:, 1]
    return np.asarray(edges[(counts[rows.reshape(-1)] == 1) & long])
