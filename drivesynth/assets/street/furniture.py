"""Lamps, posts, bins, benches, walls and fences."""

from collections.abc import Callable

import numpy as np

from drivesynth.assets.looks import Tint, choose, look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue, turned_x
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, fitted, join, loft, revolve, tube
from drivesynth.kept import made_once

M = MATERIAL_ID
BINS = (
    Tint((0.02, 0.02, 0.022), 0.08, 4),
    Tint((0.02, 0.09, 0.03), 0.35, 3),
    Tint((0.02, 0.06, 0.22), 0.35, 2),
    Tint((0.45, 0.33, 0.02), 0.5, 2),
)
WOODS = (
    Tint((0.20, 0.125, 0.07), 0.5, 3),
    Tint((0.30, 0.27, 0.24), 0.5, 2),
    Tint((0.10, 0.05, 0.025), 0.4, 2),
)
POLES = (Tint((0.40, 0.41, 0.42), 0.4, 3), Tint((0.05, 0.07, 0.06), 0.2, 2), Tint((0.03, 0.03, 0.03), 0.1, 1))


def lamp(size_m: Size) -> Shape:
    """A street lamp: tapered mast, bent arm toward +x, flat lantern."""
    reach, width, height = size_m
    mast = revolve(
        [(0.0, 0.0), (0.11, 0.0), (0.11, 0.9), (0.075, 1.0), (0.045, height - 0.5), (0.0, height - 0.5)],
        12,
        M["pole_paint"],
    )
    a = np.linspace(0.0, np.pi / 2, 7)
    bend = np.column_stack([0.6 * (1 - np.cos(a)), 0 * a, height - 0.72 + 0.6 * np.sin(a)])
    path = np.concatenate([[[0.0, 0.0, height - 0.9]], bend, [[reach - 0.55, 0.0, height - 0.08]]])
    head = box((0.75, width, 0.10), M["pole_paint"], (reach - 0.45, 0.0, height - 0.06), bevel=0.03)
    glass = box((0.5, 0.8 * width, 0.03), M["lamp_glass"], (reach - 0.42, 0.0, height - 0.115))
    return join([mast, tube(path, 0.038, M["pole_paint"], 8), head, glass])


def bollard(size_m: Size) -> Shape:
    """A steel post with a rounded head and a reflecting ring."""
    r, h = size_m[0] / 2, size_m[2]
    profile = [
        (0.0, 0.0),
        (r, 0.0),
        (r, h - 0.22),
        (r, h - 0.14),
        (r, h - 0.05),
        (0.7 * r, h - 0.01),
        (0.0, h),
    ]
    return revolve(profile, 16, [M["post_black"]] * 2 + [M["retro_tape"]] + [M["post_black"]] * 3)


def guide_post(size_m: Size) -> Shape:
    """A white delineator with its black slanted band and reflectors (VwV-StVO sign 620)."""
    x, y, h = size_m
    white, black = M["post_white"], M["post_black"]
    lower = box((x, y, 0.72 * h), white, (0, 0, 0.36 * h), bevel=0.015)
    band = box((x, y, 0.22 * h), black, (0, 0, 0.83 * h), bevel=0.015)
    top = box((x, y, 0.06 * h), white, (0, 0, 0.97 * h), bevel=0.015)
    film = [
        box((0.004, 0.05, 0.17 * h), M["retro_tape"], (side * (x / 2 + 0.001), 0, 0.83 * h))
        for side in (-1, 1)
    ]
    return join([lower, band, top, *film])


def wheelie_bin(size_m: Size) -> Shape:
    """A two-wheeled bin of 240 l (EN 840-1), lid hinged at the back (-x)."""
    length, width, height = size_m
    plastic = M["plastic"]
    rings = []
    for z, depth, half in ((0.06, 0.44, 0.19), (0.10, 0.48, 0.21), (0.93, 0.62, 0.27), (0.96, 0.66, 0.285)):
        x0 = -0.30 if z > 0.5 else -0.24
        rings.append([(x0, -half, z), (x0 + depth, -half, z), (x0 + depth, half, z), (x0, half, z)])
    tub = loft(np.array(rings), plastic)
    lid = loft(
        np.array(
            [
                [(-0.31, -0.29, 0.962), (0.38, -0.29, 0.962), (0.38, 0.29, 0.962), (-0.31, 0.29, 0.962)],
                [(-0.31, -0.28, 1.02), (0.36, -0.28, 0.99), (0.36, 0.28, 0.99), (-0.31, 0.28, 1.02)],
                [(-0.25, -0.2, 1.065), (0.25, -0.2, 1.03), (0.25, 0.2, 1.03), (-0.25, 0.2, 1.065)],
            ]
        ),
        plastic,
    )
    wheel = revolve([(0.0, -0.025), (0.1, -0.025), (0.1, 0.025), (0.0, 0.025)], 14, M["tyre"]).placed(
        turned_x(np.pi / 2)
    )
    wheels = [wheel.moved(-0.22, side * 0.235, 0.10) for side in (-1, 1)]
    bar = tube([[-0.345, -0.2, 0.97], [-0.345, 0.2, 0.97]], 0.014, plastic, 6)
    feet = box((0.06, 0.30, 0.09), plastic, (0.17, 0, 0.045))
    return fitted(join([tub, lid, *wheels, bar, feet]), (length, width, height))


def bench(size_m: Size) -> Shape:
    """Slats on two cast frames; sits to face +x."""
    _, width, height = size_m
    slats = [box((0.09, width, 0.035), M["street_wood"], (-0.12 + 0.105 * k, 0, 0.44)) for k in range(4)]
    back = [
        box((0.03, width, 0.09), M["street_wood"], (-0.21 - 0.03 * k, 0, 0.56 + 0.13 * k)) for k in range(3)
    ]
    legs = []
    for side in (-1, 1):
        y = side * (width / 2 - 0.2)
        legs += [tube([[0.22, y, 0.0], [0.20, y, 0.43]], 0.025, M["post_black"], 6),
                 tube([[-0.22, y, 0.0], [-0.17, y, 0.42], [-0.28, y, height]], 0.025, M["post_black"], 6),
                 tube([[0.21, y, 0.41], [-0.18, y, 0.41]], 0.02, M["post_black"], 6)]  # fmt: skip
    return join([*slats, *back, *legs])


def garden_wall(size_m: Size) -> Shape:
    """A brick wall along x with a coping of concrete."""
    length, width, height = size_m
    wall = box((length, width - 0.05, height - 0.07), M["brick"], (0, 0, (height - 0.07) / 2))
    return join([wall, box((length, width, 0.07), M["concrete"], (0, 0, height - 0.035), bevel=0.01)])


def picket_fence(size_m: Size) -> Shape:
    """Posts, two rails and upright boards with gaps, along x."""
    length, width, height = size_m
    wood = M["fence_wood"]
    boards = round(length / 0.13)
    pitch = length / boards
    parts = [
        box(
            (0.09, 0.022, height - 0.06),
            wood,
            ((k + 0.5) * pitch - length / 2, width / 2 - 0.011, (height - 0.06) / 2 + 0.06),
        )
        for k in range(boards)
    ]
    parts += [box((length, 0.04, 0.08), wood, (0, 0.01, z)) for z in (0.25 * height, 0.78 * height)]
    posts = np.linspace(-length / 2 + 0.05, length / 2 - 0.05, max(2, round(length / 2) + 1))
    parts += [
        box((0.09, 0.09, height - 0.03), wood, (float(x), -width / 2 + 0.045, (height - 0.03) / 2))
        for x in posts
    ]
    return join(parts)


SHAPES: dict[str, tuple[Callable[[Size], Shape], tuple[Tint, ...]]] = {
    "lamp/street": (lamp, POLES),
    "bollard/post": (bollard, POLES),
    "post/guide": (guide_post, POLES),
    "bin/wheelie": (wheelie_bin, BINS),
    "bench/wood": (bench, WOODS),
    "wall/garden": (garden_wall, WOODS),
    "fence/wood": (picket_fence, WOODS),
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """One piece of street furniture."""
    tint = choose(look(asset, look_seed), SHAPES[asset][1])
    return statue(asset, size_m, _mesh(asset, size_m), tint.rgb, tint.rho_905)


@made_once(256)
def _mesh(asset: str, size_m: Size) -> Mesh:
    return fitted(SHAPES[asset][0](size_m), size_m).mesh(f"{asset}/{size_m}")
