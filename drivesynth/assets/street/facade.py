"""Fronts of houses: a wall with openings, and windows and doors set back in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, box, join

GLASS, FRAME, DOOR = (MATERIAL_ID[name] for name in ("window", "window_frame", "door_paint"))
SILL, CURTAIN = MATERIAL_ID["concrete"], MATERIAL_ID["curtain"]
BOARD, GOODS = MATERIAL_ID["timber"], MATERIAL_ID["cardboard"]
REVEAL_M = 0.14
_CURTAIN_M = 0.15  # behind the pane
# Share of windows; golden-ratio steps along a wall spread them evenly. Of two long fronts in SemanticKITTI's
# sequence 00 one point in 400 is a dark one deep in a room: nearly every window has its curtain or blind.
_CURTAINED = 0.94
# A shop shows its goods close behind the glass, before a board or shelves up to there; of a wide front one
# pane in the middle lets one look in.
_SHOWN_M, _WIDE = 0.7, 4


@dataclass(frozen=True)
class Opening:
    """A hole in a wall [m]: u along the wall from its left corner, v above ground."""

    u: float
    v: float
    width: float
    height: float
    kind: str = "window"  # window, door, shop


def front(
    length: float, height: float, openings: Sequence[Opening], material: int, plain: bool = False
) -> Shape:
    """A wall in the plane y = 0 that looks to -y, u along +x from 0 to `length`.

    plain  frames of windows and sills are their fronts alone: what is seen of them from afar
    """
    us = sorted({0.0, length, *(o.u for o in openings), *(o.u + o.width for o in openings)})
    vs = sorted({0.0, height, *(o.v for o in openings), *(o.v + o.height for o in openings)})
    quads: list[list[tuple[float, float, float]]] = []
    for u0, u1 in pairwise(us):
        for v0, v1 in pairwise(vs):
            middle = ((u0 + u1) / 2, (v0 + v1) / 2)
            if not any(_inside(o, *middle) for o in openings):
                quads.append([(u0, 0, v0), (u1, 0, v0), (u1, 0, v1), (u0, 0, v1)])
    for o in openings:
        quads += _reveals(o)
    corner = np.array(quads, np.float64)
    rows = np.arange(len(corner))[:, None] * 4
    faces = np.concatenate([rows + np.array([0, 1, 2]), rows + np.array([0, 2, 3])]).astype(np.int32)
    wall = Shape(corner.reshape(-1, 3), faces, np.full(len(faces), material, np.uint16))
    curtained = [o for k, o in enumerate(openings) if (k + 1) * 0.618034 % 1.0 < _CURTAINED]
    upstairs = [o for o in openings if _is_upstairs(o)][::2]  # every other flat's
    curtains = [_curtain(o) for o in [*(o for o in curtained if o.kind == "window"), *upstairs]]
    shown = [board for o in openings if o.kind == "shop" and not _is_upstairs(o) for board in _display(o)]
    return join([wall, *(_filling(o, plain) for o in openings), *curtains, *shown])


def _inside(o: Opening, u: float, v: float) -> bool:
    return o.u < u < o.u + o.width and o.v < v < o.v + o.height


def _reveals(o: Opening) -> list[list[tuple[float, float, float]]]:
    """The four sides of the hole, back to where the window stands."""
    u0, u1, v0, v1, d = o.u, o.u + o.width, o.v, o.v + o.height, REVEAL_M
    return [
        [(u0, 0, v0), (u0, 0, v1), (u0, d, v1), (u0, d, v0)],
        [(u1, 0, v1), (u1, 0, v0), (u1, d, v0), (u1, d, v1)],
        [(u0, 0, v1), (u1, 0, v1), (u1, d, v1), (u0, d, v1)],
        [(u1, 0, v0), (u0, 0, v0), (u0, d, v0), (u1, d, v0)],
    ]


def _curtain(o: Opening) -> Shape:
    """What a beam through the pane meets, in place of the far wall of the room."""
    return _sheet(o, REVEAL_M + _CURTAIN_M, CURTAIN)


def _display(o: Opening) -> list[Shape]:
    """What stands in a shop's windows: a board, of wide ones either side of the middle, and goods."""
    panes = _panes(o)
    wide, door = o.width / panes, panes // 2
    boards = []
    for first, last in ((0, door), (door + 1, panes)) if panes > _WIDE else ((0, panes),):
        left, right = o.u + first * wide, o.u + last * wide
        boards.append(_face(left, right, o.v, o.v + o.height, REVEAL_M + _SHOWN_M, BOARD))
        inner, tall = 0.2 * (right - left), 0.4 * o.height
        boards.append(_face(left + inner, right - inner, o.v, o.v + tall, REVEAL_M + 0.3, GOODS))
    return boards


def _is_upstairs(o: Opening) -> bool:
    """Whether panes as wide as a shop's are a flat's, at its balcony."""
    return o.kind == "shop" and o.v > 1.5


def _panes(o: Opening) -> int:
    """Panes side by side that bars divide an opening into."""
    return 2 if o.kind == "window" else max(1, round(o.width / 1.6) - 1) + 1


def _sheet(o: Opening, y: float, material: int) -> Shape:
    """A skin over the whole opening that looks to -y."""
    return _face(o.u, o.u + o.width, o.v, o.v + o.height, y, material)


def _face(u0: float, u1: float, v0: float, v1: float, y: float, material: int) -> Shape:
    corners = np.array([(u0, y, v0), (u1, y, v0), (u1, y, v1), (u0, y, v1)], np.float64)
    return Shape(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.full(2, material, np.uint16))


def _filling(o: Opening, plain: bool) -> Shape:
    u, v = o.u + o.width / 2, o.v + o.height / 2
    y = REVEAL_M
    if o.kind == "door":
        leaf = box((o.width, 0.05, o.height), DOOR, (u, y, v))
        light = box((0.5 * o.width, 0.01, 0.28 * o.height), GLASS, (u, y - 0.028, o.v + 0.75 * o.height))
        step = box((o.width + 0.2, 0.30, 0.12), SILL, (u, -0.02, o.v - 0.0 + 0.06))
        return join([leaf, light, step])
    pane = _sheet(o, y - 0.01, GLASS)  # one skin: a ray through it is inside
    bar, half = 0.06, 0.03
    right, top = o.u + o.width, o.v + o.height
    panes = _panes(o)
    across = [o.u + o.width * k / panes for k in range(1, panes)]
    # Left, right, bottom and top of every bar.
    bars = [
        (o.u, right, o.v, o.v + bar),
        (o.u, right, top - bar, top),
        *((at - half, at + half, o.v, top) for at in (o.u + half, right - half, *across)),
    ]
    if plain:
        frame = [_face(*sides, y - 0.04, FRAME) for sides in bars]
        return join([pane, *frame, _face(o.u - 0.06, right + 0.06, o.v - 0.05, o.v, -0.09, SILL)])
    frame = [
        box((u1 - u0, 0.05, v1 - v0), FRAME, ((u0 + u1) / 2, y - 0.015, (v0 + v1) / 2))
        for u0, u1, v0, v1 in bars
    ]
    sill = box((o.width + 0.12, 0.12, 0.05), SILL, (u, -0.03, o.v - 0.025))
    return join([pane, *frame, sill])


def turned_to(side: str, length: float, width: float) -> F64:
    """(4, 4) house_from_front of a wall on a house of length x width centred at the origin."""
    about = {"right": 0.0, "front": np.pi / 2, "left": np.pi, "rear": -np.pi / 2}[side]
    c, s = np.cos(about), np.sin(about)
    corner = {
        "right": (-length / 2, -width / 2),
        "front": (length / 2, -width / 2),
        "left": (length / 2, width / 2),
        "rear": (-length / 2, width / 2),
    }[side]
    return np.array([[c, -s, 0, corner[0]], [s, c, 0, corner[1]], [0, 0, 1.0, 0], [0, 0, 0, 1]])
