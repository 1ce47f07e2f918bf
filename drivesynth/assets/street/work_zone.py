"""Cones, barrier boards, guard rails, crash cushions.

Cones: EN 13422 with two reflecting sleeves. Board: RSA 21 sign 600. Rail: W-beam 0.31 m high, top at
0.75 m, posts every 2 m (EN 1317 systems). Cushion: a trailer-mounted attenuator with its arrow board.
"""

from collections.abc import Callable

import numpy as np

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue, turned_x
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, circle, fitted, join, loft, outward, plate, revolve, tube
from drivesynth.kept import made_once

M = MATERIAL_ID


def cone(size_m: Size) -> Shape:
    """A square rubber foot and a hollow-looking cone with two white sleeves."""
    side, _, h = size_m
    r0, r1, foot = 0.37 * side, 0.075 * side, 0.05 * h

    def ring(share: float) -> tuple[float, float]:
        return r0 + (r1 - r0) * share, foot + (h - foot) * share

    shares = (0.0, 0.30, 0.50, 0.62, 0.80, 1.0)
    orange, white = M["cone_orange"], M["cone_white"]
    body = revolve([(0.0, foot), *(ring(s) for s in shares), (0.0, h)], 20,
                   [orange, orange, white, orange, white, orange, orange])  # fmt: skip
    return join([box((side, side, foot), M["cone_base"], (0, 0, foot / 2), bevel=0.01), body])


def barrier_board(size_m: Size) -> Shape:
    """A red-white board across the way at 1 m on two feet; faces along x."""
    length, width, height = size_m
    parts = [
        box((length, 0.22, 0.10), M["barrier_foot"], (0, s * (0.38 * width), 0.05), bevel=0.02)
        for s in (-1, 1)
    ]
    parts += [
        box(
            (0.05, 0.05, height - 0.15),
            M["galvanised"],
            (-0.03, s * 0.38 * width, (height - 0.15) / 2 + 0.05),
        )
        for s in (-1, 1)
    ]
    stripes = round(width / 0.25)
    pitch, tall = width / stripes, 0.25
    for k in range(stripes):
        y, colour = -width / 2 + (k + 0.5) * pitch, M["barrier_red" if k % 2 == 0 else "barrier_white"]
        parts.append(box((0.02, pitch, tall), colour, (0.01, y, height - tall / 2)))
    lower = box((0.02, width, 0.12), M["barrier_white"], (0.01, 0, 0.35 * height))
    return join([*parts, lower])


W_BEAM = (
    (0.0, 0.155),
    (0.03, 0.13),
    (0.03, 0.10),
    (-0.045, 0.045),
    (-0.045, -0.045),
    (0.03, -0.10),
    (0.03, -0.13),
    (0.0, -0.155),
)


def guard_rail(size_m: Size) -> Shape:
    """A W-beam along x on posts behind it; its face looks to -y, the road at its right."""
    length, width, height = size_m
    steel = M["rail_steel"]
    front = np.array(W_BEAM)
    outline = np.concatenate([front, front[::-1] - np.array([0.005, 0.0])])
    y, z = -outline[:, 0] - width / 2 + 0.08, outline[:, 1] + height - 0.16
    rings = [np.column_stack([np.full(len(y), x), y, z]) for x in (-length / 2, length / 2)]
    beam = outward(loft(np.stack(rings), steel, caps=False))
    count = max(2, round(length / 2.0))
    parts = [beam]
    for k in range(count):
        x = (k + 0.5) * length / count - length / 2
        parts += [box((0.10, 0.055, height - 0.05), steel, (x, width / 2 - 0.03, (height - 0.05) / 2)),
                  box((0.08, width - 0.14, 0.20), steel, (x, 0.02, height - 0.16))]  # fmt: skip
    return join(parts)


def crash_cushion(size_m: Size) -> Shape:
    """A trailer with attenuator boxes toward -x and an upright arrow board."""
    length, width, height = size_m
    yellow, black = M["barrier_yellow"], M["barrier_black"]
    parts = []
    for k in range(3):
        x = -length / 2 + 0.45 + 0.8 * k
        parts.append(
            box(
                (0.76, width - 0.1, 0.62), yellow if k % 2 == 0 else M["rail_steel"], (x, 0, 0.62), bevel=0.03
            )
        )
    for k in range(6):
        y = -width / 2 + 0.18 + k * (width - 0.1) / 6
        parts.append(
            box(
                (0.02, (width - 0.1) / 6, 0.6),
                M["barrier_red" if k % 2 else "barrier_white"],
                (-length / 2 + 0.06, y, 0.62),
            )
        )
    wheel = revolve(
        [(0.0, -0.1), (0.3, -0.1), (0.32, -0.06), (0.32, 0.06), (0.3, 0.1), (0.0, 0.1)], 20, M["tyre"]
    )
    parts += [wheel.placed(turned_x(np.pi / 2)).moved(0.55, s * (width / 2 - 0.12), 0.32) for s in (-1, 1)]
    parts += [
        box((1.6, 0.9, 0.12), M["rail_steel"], (0.9, 0, 0.5)),
        tube([[1.5, 0, 0.5], [length / 2, 0, 0.5]], 0.05, M["rail_steel"], 8),
    ]
    parts += [
        tube([[0.9, s * 0.5, 0.5], [0.9, s * 0.5, height - 1.2]], 0.04, M["rail_steel"], 6) for s in (-1, 1)
    ]
    board_z = height - 0.75
    parts.append(box((0.06, width - 0.2, 1.5), black, (0.9, 0, board_z)))
    frame = [
        box((0.07, width - 0.12, 0.08), M["barrier_white"], (0.9, 0, board_z + s * 0.72)) for s in (-1, 1)
    ]
    head = plate(np.array([(0.0, -0.55), (0.62, 0.0), (-0.62, 0.0)]), 0.01, yellow)
    stem = plate(np.array([(0.22, 0.0), (0.22, 0.55), (-0.22, 0.55), (-0.22, 0.0)]), 0.01, yellow)
    shape = join([head, stem]).placed(turned_x(0.8)).scaled(x=-1.0).moved(0.865, 0, board_z)
    bulbs = [
        plate(circle(0.1, 12), 0.02, M["indicator_left"])
        .scaled(x=-1)
        .moved(0.86, s * (width / 2 - 0.3), board_z + 0.55)
        for s in (-1, 1)
    ]
    return join([*parts, *frame, shape, *bulbs])


SHAPES: dict[str, Callable[[Size], Shape]] = {
    "cone/75cm": cone,
    "cone/50cm": cone,
    "barrier/board": barrier_board,
    "rail/guard": guard_rail,
    "work/crash_cushion": crash_cushion,
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """One piece of a work zone; all looks are alike."""
    return statue(asset, size_m, _mesh(asset, size_m))


@made_once(64)
def _mesh(asset: str, size_m: Size) -> Mesh:
    return fitted(SHAPES[asset](size_m), size_m).mesh(f"{asset}/{size_m}")
