"""Traffic signs of the Vienna convention and traffic lights, with painted faces.

Faces look to -x: a sign placed at the heading of its traffic faces the drivers. Layers of a face lie
2 mm apart. Sizes: VwV-StVO and Vienna Convention on Road Signs (1968), annex 1; signal lens 0.20 m,
EN 12368.
"""

from collections.abc import Sequence

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.glyphs import DIGITS, LETTERS, STROKES
from drivesynth.assets.looks import look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue, turned_z
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, circle, fitted, join, loft, outward, plate, revolve, tube
from drivesynth.kept import made_once

POST, BACK = MATERIAL_ID["galvanised"], MATERIAL_ID["sign_back"]
WHITE, RED, BLUE, YELLOW, BLACK = (
    MATERIAL_ID[f"sign_{name}"] for name in ("white", "red", "blue", "yellow", "black")
)
LIMITS = ("30", "50", "70")


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A sign on its post; `speed_limit_50` shows its number, `speed_limit` draws one."""
    kind, _, limit = asset.split("/")[1].partition("speed_limit")
    limit = limit.removeprefix("_")
    if not kind and not limit:
        limit = LIMITS[int(look(asset, look_seed).integers(len(LIMITS)))]
    return statue(asset, size_m, _mesh(kind or "speed_limit", limit, size_m))


@made_once(128)
def _mesh(kind: str, limit: str, size_m: Size) -> Mesh:
    depth, width, height = size_m
    radius = width / 2
    face = _face(kind, limit, radius)
    low, high = face.vertices[:, 2].min(), face.vertices[:, 2].max()
    face = (
        face.moved(z=height - high).placed(turned_z(np.pi)).moved(x=-0.043)
    )  # the back of the sheet touches the post
    foot = height - (high - low)
    post = revolve([(0.0, 0.0), (0.030, 0.0), (0.030, height - 0.04), (0.0, height - 0.04)], 10, POST)
    back, around = float(face.vertices[:, 0].max()), 0.03
    clamps = [
        box((around - back, 0.09, 0.03), POST, ((around + back) / 2, 0.0, foot + share * (high - low)))
        for share in (0.3, 0.7)
    ]
    return fitted(join([post, face, *clamps]), (depth, width, height)).mesh(f"sign/{kind}/{limit}/{size_m}")


def _face(kind: str, limit: str, r: float) -> Shape:
    """Layers from the metal outward to +x, about the face's centre."""
    disc, triangle = circle(r, 32), _polygon(3, r * 2 / np.sqrt(3), np.pi / 2)
    if kind == "speed_limit":
        return join(
            [
                *_layers([disc, 0.985 * disc, 0.79 * disc], [RED, RED, WHITE]),
                *_word(limit, DIGITS, (0.55 if len(limit) < 3 else 0.38) * r, r * 0.62),
            ]
        )
    if kind == "no_parking":
        bar = np.array([(-0.78, 0.62), (-0.62, 0.78), (0.78, -0.62), (0.62, -0.78)]) * 0.92 * r
        layers = _layers([disc, 0.985 * disc, 0.80 * disc], [RED, RED, BLUE])
        return join([*layers, plate(bar[::-1], 0.001, RED).moved(x=0.006)])
    if kind == "stop":
        octagon = _polygon(8, r / np.cos(np.pi / 8), np.pi / 8)
        return join(
            [
                *_layers([octagon, 0.985 * octagon, 0.95 * octagon], [WHITE, WHITE, RED]),
                *_word("STOP", LETTERS, 0.30 * r, 0.62 * r, WHITE),
            ]
        )
    if kind == "give_way":
        turned = -triangle
        return join(_layers([turned, 0.97 * turned, 0.62 * turned], [RED, RED, WHITE]))
    if kind == "priority_road":
        square = _polygon(4, r, 0.0)
        return join(
            _layers([square, 0.97 * square, 0.90 * square, 0.68 * square], [BLACK, WHITE, WHITE, YELLOW])
        )
    if kind == "no_entry":
        bar = np.array([(-0.72, -0.13), (0.72, -0.13), (0.72, 0.13), (-0.72, 0.13)]) * r
        return join([*_layers([disc, 0.985 * disc, 0.95 * disc], [WHITE, WHITE, RED]), _painted(bar, WHITE)])
    if kind == "keep_right":
        shaft = np.array([(-0.50, 0.58), (-0.58, 0.50), (0.30, -0.40), (0.40, -0.30)]) * 0.95 * r
        head = np.array([(0.62, -0.62), (0.55, 0.02), (-0.02, -0.55)]) * 0.95 * r
        arrow = [_painted(shaft, WHITE), _painted(head, WHITE)]
        return join([*_layers([disc, 0.985 * disc, 0.94 * disc], [WHITE, WHITE, BLUE]), *arrow])
    if kind == "crossing":
        square = _polygon(4, r * np.sqrt(2.0), np.pi / 4)
        inner = np.array([(0.0, 0.70), (-0.72, -0.55), (0.72, -0.55)]) * r
        sheets = _layers([square, 0.97 * square, 0.93 * square], [WHITE, WHITE, BLUE])
        return join([*sheets, _painted(inner, WHITE), *_walker(0.85 * r, -0.02 * r, 0.008)])
    layers = _layers([triangle, 0.97 * triangle, 0.66 * triangle], [RED, RED, WHITE])
    if kind == "children":
        return join(
            [
                *layers,
                *_walker(0.72 * r, -0.02 * r, 0.006, -0.20 * r),
                *_walker(0.55 * r, -0.06 * r, 0.006, 0.22 * r),
            ]
        )
    mark = [
        plate(np.array([(-0.06, 0.0), (0.06, 0.0), (0.10, 0.42), (-0.10, 0.42)]) * r, 0.001, BLACK).moved(
            x=0.006
        ),
        plate(circle(0.085 * r, 12) - np.array([0.0, 0.14 * r]), 0.001, BLACK).moved(x=0.006),
    ]
    return join([*layers, *mark])


def _painted(outline: F64, colour: int, lift: float = 0.006) -> Shape:
    """A thin film on a face, its outline turned to look out."""
    edge = np.roll(outline, -1, axis=0) - outline
    turn = float(np.sum(edge[:, 0] * np.roll(edge[:, 1], -1) - edge[:, 1] * np.roll(edge[:, 0], -1)))
    return plate(outline if turn > 0 else outline[::-1], 0.001, colour).moved(x=lift)


def _walker(tall: float, middle: float, lift: float, aside: float = 0.0) -> list[Shape]:
    """A walking figure in black, seen from the side, `tall` high about `middle`."""

    def at(*corners: tuple[float, float]) -> F64:
        return np.array([(aside + y * tall, middle + z * tall) for y, z in corners])

    head = circle(0.085 * tall, 10) + np.array([aside, middle + 0.42 * tall])
    strokes = [
        at((-0.08, -0.05), (0.07, -0.05), (0.09, 0.30), (-0.07, 0.30)),
        at((-0.08, -0.02), (-0.24, -0.50), (-0.15, -0.50), (0.01, -0.06)),
        at((0.07, -0.02), (0.26, -0.48), (0.17, -0.50), (-0.02, -0.06)),
        at((-0.07, 0.28), (-0.26, 0.02), (-0.21, -0.02), (-0.02, 0.22)),
        at((0.08, 0.28), (0.26, 0.06), (0.21, 0.02), (0.03, 0.22)),
    ]
    return [_painted(outline, BLACK, lift) for outline in (head, *strokes)]


def _polygon(corners: int, radius: float, phase: float) -> F64:
    return circle(radius, corners, phase)


def _layers(outlines: Sequence[F64], colours: Sequence[int]) -> list[Shape]:
    """A metal plate with its film, then paler shapes on top."""
    sheet = plate(outlines[0], 0.012, colours[0], back=BACK)
    return [
        sheet,
        *(
            plate(o, 0.001, c).moved(x=0.002 * k)
            for k, (o, c) in enumerate(zip(outlines[1:], colours[1:], strict=True), 1)
        ),
    ]


def _word(word: str, font: dict[str, str], width: float, height: float, material: int = BLACK) -> list[Shape]:
    """Characters of straight strokes, centred, read from +x."""
    pen = 0.20 * width
    pitch = 1.25 * width
    shapes = []
    for k, letter in enumerate(word):
        y0 = (k - (len(word) - 1) / 2) * pitch
        for stroke in font[letter]:
            (ax, ay), (bx, by) = STROKES[stroke]
            a = np.array([ax * (width - pen) / 2 * 0.8 + y0, ay * (height - pen) / 2])
            b = np.array([bx * (width - pen) / 2 * 0.8 + y0, by * (height - pen) / 2])
            low, high = np.minimum(a, b) - pen / 2, np.maximum(a, b) + pen / 2
            outline = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
            shapes.append(plate(outline, 0.001, material).moved(x=0.006))
    return shapes


def build_signal(asset: str, look_seed: int, size_m: Size) -> Model:
    """A signal on a post, looking to -x: three lenses for vehicles, two for walkers."""
    return statue(asset, size_m, _signal_mesh(asset, size_m))


@made_once(32)
def _signal_mesh(asset: str, size_m: Size) -> Mesh:
    height = size_m[2]
    vehicle = asset == "signal/vehicle"
    colours = ("signal_red", "signal_amber", "signal_green") if vehicle else ("signal_red", "signal_green")
    housing = MATERIAL_ID["signal_housing"]
    post = revolve(
        [(0.0, 0.0), (0.09, 0.0), (0.09, 0.25), (0.055, 0.3), (0.055, height - 0.15), (0.0, height - 0.15)],
        12,
        POST,
    )
    parts = [post]
    for k, colour in enumerate(colours):
        z = height - 0.16 - 0.31 * k
        parts.append(box((0.20, 0.32, 0.305), housing, (-0.19, 0.0, z), bevel=0.02))
        lens = plate(circle(0.10, 20), 0.01, MATERIAL_ID[colour]).placed(turned_z(np.pi)).moved(-0.293, 0, z)
        a = np.linspace(0.15, np.pi - 0.15, 9)
        hood = tube(
            np.column_stack([np.full(9, -0.35), 0.112 * np.cos(a), z + 0.112 * np.sin(a)]), 0.006, housing, 4
        )
        brim = _brim(z, housing)
        parts += [lens, hood, brim]
    if vehicle:
        parts.append(box((0.012, 0.42, 1.06), housing, (-0.10, 0.0, height - 0.53)))
    return fitted(join(parts), size_m).mesh(f"{asset}/{size_m}")


def _brim(z: float, material: int) -> Shape:
    """The roof over a lens: a half tube with thickness."""
    a = np.linspace(0.1, np.pi - 0.1, 9)
    arc = np.concatenate([np.column_stack([0.115 * np.cos(a), 0.115 * np.sin(a)]),
                          np.column_stack([0.107 * np.cos(a[::-1]), 0.107 * np.sin(a[::-1])])])  # fmt: skip
    rings = [np.column_stack([np.full(len(arc), x), arc[:, 0], z + arc[:, 1]]) for x in (-0.29, -0.38)]
    return outward(loft(np.stack(rings), material, caps=False))
