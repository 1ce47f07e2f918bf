"""What else stands in a town: bus shelters, hydrants, bins, skips, scaffolding, mirrors, covers, posters.

Measures: pillar hydrants DIN EN 14384 (0.9 m), covers DIN EN 124 (0.6 m clear), mesh fences 1.2-2.0 m,
skips of 5.5 m3 (DIN 30720), frames of scaffolding 0.7 x 2.0 m with lifts of 2 m (DIN EN 12810), mirrors
0.6 m, large posters 18/1 (3.56 x 2.52 m).
"""

from collections.abc import Callable

import numpy as np

from drivesynth.assets.looks import Tint, choose, look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.posing import statue, turned_z
from drivesynth.assets.sizes import Size
from drivesynth.assets.street.posters import poster
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import (
    Shape,
    box,
    circle,
    ellipsoid,
    fitted,
    join,
    loft,
    mirrored,
    plate,
    revolve,
    tube,
)
from drivesynth.kept import made_once

M = MATERIAL_ID
GREY = (Tint((0.20, 0.21, 0.22), 0.35, 3), Tint((0.05, 0.06, 0.06), 0.15, 2), Tint((0.04, 0.10, 0.06), 0.3))
REDS = (Tint((0.42, 0.02, 0.015), 0.45, 3), Tint((0.50, 0.36, 0.03), 0.5))
SKIPS = (Tint((0.50, 0.30, 0.02), 0.5, 2), Tint((0.03, 0.10, 0.28), 0.35), Tint((0.04, 0.14, 0.06), 0.35))


def bus_shelter(size_m: Size) -> Shape:
    """Glass to the back (+y) and the sides, a flat roof, a bench, a poster at its end; open to -y."""
    length, width, height = size_m
    posts = [
        box((0.08, 0.08, height - 0.12), M["pole_paint"], (x, y, (height - 0.12) / 2))
        for x in (-length / 2 + 0.1, 0.0, length / 2 - 0.1)
        for y in ((width / 2 - 0.1,) if x == 0.0 else (width / 2 - 0.1, -width / 2 + 0.45))
    ]
    tall, up = height - 0.65, height / 2 - 0.05
    panes = [_pane(length / 2 - 0.28, tall).moved(s * length / 4, width / 2 - 0.1, up) for s in (-1, 1)]
    ends = [_pane(width - 0.62, tall).placed(turned_z(-np.pi / 2)).moved(length / 2 - 0.1, 0.17, up)]
    case = box((0.12, width - 0.55, height - 0.5), M["pole_paint"], (-length / 2 + 0.1, 0.17, height / 2))
    picture = (
        poster(width - 0.75, height - 0.8, 1)
        .placed(turned_z(0.0))
        .moved(-length / 2 + 0.163, 0.17, height / 2)
    )
    roof = box((length, width, 0.10), M["pole_paint"], (0, 0, height - 0.06), bevel=0.03)
    seat = box((0.62 * length, 0.36, 0.05), M["street_wood"], (0.1 * length, width / 2 - 0.38, 0.46))
    legs = [
        box((0.05, 0.25, 0.44), M["pole_paint"], (x, width / 2 - 0.36, 0.22))
        for x in (-0.15 * length, 0.35 * length)
    ]
    return join([*posts, *panes, *ends, case, picture, roof, seat, *legs])


def _pane(wide: float, tall: float) -> Shape:
    """A pane along x that looks to +y: one skin, so that a beam meets its glass once."""
    x, z = wide / 2, tall / 2
    corners = np.array([(-x, 0, -z), (-x, 0, z), (x, 0, z), (x, 0, -z)], np.float64)
    glass = np.full(2, M["shelter_glass"], np.uint16)
    return Shape(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), glass)


def hydrant(size_m: Size) -> Shape:
    """A pillar hydrant with two capped outlets."""
    height = size_m[2]
    body = revolve(
        [(0.0, 0.0), (0.15, 0.0), (0.15, 0.05), (0.10, 0.08), (0.095, 0.70 * height), (0.125, 0.72 * height),
         (0.125, 0.86 * height), (0.09, 0.95 * height), (0.03, 0.97 * height), (0.03, height), (0.0, height)],
        14, M["plastic"],
    )  # fmt: skip
    outlet = tube([[0.0, 0.08, 0.60 * height], [0.0, 0.17, 0.60 * height]], 0.055, M["bare_metal"], 10)
    return join([body, mirrored(outlet)])


def litter_bin(size_m: Size) -> Shape:
    """A round bin on a post, its mouth under a hood."""
    height, r = size_m[2], size_m[0] / 2
    post = box((0.06, 0.06, height), M["pole_paint"], (-r + 0.03, 0.0, height / 2))
    tub = revolve(
        [(0.0, 0.28), (0.82 * r, 0.30), (0.92 * r, 0.72 * height), (0.0, 0.72 * height)], 16, M["plastic"]
    )
    hood = revolve(
        [(0.0, 0.90 * height), (0.92 * r, 0.88 * height), (0.70 * r, 0.98 * height), (0.0, height)],
        16,
        M["plastic"],
    )
    bars = [
        box(
            (0.03, 0.03, 0.2 * height),
            M["pole_paint"],
            (0.75 * r * np.cos(a), 0.75 * r * np.sin(a), 0.81 * height),
        )
        for a in (0.8, 2.3, -0.8, -2.3)
    ]
    return join([post, tub, hood, *bars])


def skip(size_m: Size) -> Shape:
    """A builder's skip full of rubble, its ends slanted."""
    length, width, height = size_m
    outline = [
        (-0.32 * length, 0.08),
        (0.32 * length, 0.08),
        (0.5 * length, height - 0.12),
        (-0.5 * length, height - 0.12),
    ]
    hull = loft(
        np.array([[(x, y, z) for x, z in outline] for y in (-width / 2 + 0.05, width / 2 - 0.05)]),
        M["tarpaulin"],
    )
    rim = [
        box((length, 0.08, 0.10), M["tarpaulin"], (0, side * (width / 2 - 0.04), height - 0.15))
        for side in (-1, 1)
    ]
    load = [
        ellipsoid(
            (0.22 * length, 0.40 * width, 0.16), M["soil"], (s * 0.18 * length, 0.05, height - 0.14), 6, 12
        )
        for s in (-1, 1)
    ]
    feet = [
        box((0.10, width - 0.2, 0.09), M["rail_steel"], (x, 0, 0.045))
        for x in (-0.28 * length, 0.28 * length)
    ]
    tape = [box((0.10, 0.008, 0.5), M["barrier_red" if k % 2 else "barrier_white"],
                ((-0.30 + 0.12 * k) * length, side * (width / 2 - 0.045), 0.55 * height))
            for k in (0, 1, 4, 5) for side in (-1, 1)]  # fmt: skip
    return join([hull, *rim, *load, *feet, *tape])


def scaffold(size_m: Size) -> Shape:
    """Frames, decks, rails and braces along x."""
    length, width, height = size_m
    steel, lifts, bays = M["galvanised"], max(1, round(height / 2.0)), max(1, round(length / 2.5))
    parts: list[Shape] = []
    for bay in range(bays + 1):
        x = -length / 2 + 0.03 + (length - 0.06) * bay / bays
        parts += [
            tube([[x, y, 0.0], [x, y, height]], 0.024, steel, 6)
            for y in (-width / 2 + 0.03, width / 2 - 0.03)
        ]
        parts += [
            tube([[x, -width / 2 + 0.03, z], [x, width / 2 - 0.03, z]], 0.02, steel, 5)
            for z in np.arange(1, lifts + 1) * (height - 1.05) / lifts
        ]
    for lift in range(1, lifts + 1):
        z = lift * (height - 1.05) / lifts
        parts.append(box((length - 0.06, width - 0.12, 0.05), M["timber"], (0, 0, z + 0.045)))
        parts += [
            tube(
                [
                    [-length / 2 + 0.03, -width / 2 + 0.03, z + up],
                    [length / 2 - 0.03, -width / 2 + 0.03, z + up],
                ],
                0.018,
                steel,
                5,
            )
            for up in (0.5, 1.0)
        ]
        parts.append(box((length - 0.06, 0.025, 0.15), M["timber"], (0, -width / 2 + 0.06, z + 0.14)))
        x0, y0 = -length / 2 + 0.03, -width / 2 + 0.02
        brace = [[x0, y0, z - 0.9 * height / lifts], [x0 + length / bays - 0.03, y0, z]]
        parts.append(tube(brace, 0.016, steel, 5))
    return join(parts)


def mesh_fence(size_m: Size) -> Shape:
    """A welded mesh fence along x: wires 5 mm thick with 0.2 x 0.05 m between, posts every 2 m."""
    length, width, height = size_m
    steel = M["rail_steel"]
    wires = [
        box((0.006, 0.006, height - 0.08), steel, (float(x), 0.0, height / 2))
        for x in np.linspace(-length / 2 + 0.02, length / 2 - 0.02, round(length / 0.08))
    ]
    rows = [
        box((length - 0.02, 0.010, 0.008), steel, (0.0, 0.006, float(z)))
        for z in np.linspace(0.06, height - 0.05, round(height / 0.2) + 1)
    ]
    posts = np.linspace(-length / 2 + 0.03, length / 2 - 0.03, max(2, round(length / 2.0) + 1))
    return join(
        [*wires, *rows, *(box((0.06, width, height), steel, (float(x), 0.0, height / 2)) for x in posts)]
    )


def traffic_mirror(size_m: Size) -> Shape:
    """A convex mirror in a red-white frame on a post; it looks to -x."""
    depth, width, height = size_m
    r = width / 2
    post = revolve([(0.0, 0.0), (0.04, 0.0), (0.04, height - 0.1), (0.0, height - 0.1)], 10, M["galvanised"])
    a = np.linspace(0.0, 2 * np.pi, 17)
    sectors = []
    for k in range(16):
        outline = [(s * r * np.cos(t), s * r * np.sin(t)) for s, t in
                   ((1.0, a[k]), (1.0, a[k + 1]), (0.84, a[k + 1]), (0.84, a[k]))]  # fmt: skip
        sectors.append(
            plate(np.array(outline), 0.03, M["sign_red" if k % 2 else "sign_white"], back=M["sign_back"])
        )
    dome = ellipsoid((0.05, 0.84 * r, 0.84 * r), M["mirror"], (-0.02, 0, 0), 10, 20)
    head = join([*sectors, dome, plate(0.84 * circle(r, 20), 0.04, M["sign_back"])])
    return join([post, head.placed(turned_z(np.pi)).moved(-depth / 2 + 0.06, 0, height - r)])


def manhole(size_m: Size) -> Shape:
    """A cast cover that lies a little proud of the road, its frame and ribs in relief."""
    r, height = size_m[0] / 2, size_m[2]
    rows = [(0.0, 0.0), (r, 0.0), (0.99 * r, 0.7 * height), (0.86 * r, 0.7 * height),
            (0.84 * r, 0.45 * height), (0.82 * r, 0.8 * height), (0.0, 0.8 * height)]  # fmt: skip
    disc = revolve(rows, 16, M["cast_iron"])
    ribs = [
        box(
            (0.10 * r, 1.2 * r * np.sqrt(max(1.0 - (x * 1.25) ** 2, 0.1)), 0.3 * height),
            M["cast_iron"],
            (x * r, 0.0, 0.85 * height),
        )
        for x in (-0.6, -0.36, -0.12, 0.12, 0.36, 0.6)
    ]
    return join([disc, *ribs])


def patch(size_m: Size) -> Shape:
    """Where a road was opened and closed again: newer asphalt, darker, its edges sealed with bitumen."""
    length, width, height = size_m
    tar, y, x = M["bitumen"], (width - 0.05) / 2, (length - 0.05) / 2
    middle = box((length - 0.08, width - 0.08, 0.8 * height), M["asphalt_patch"], (0.0, 0.0, 0.4 * height))
    along = [box((length, 0.05, height), tar, (0.0, s * y, height / 2)) for s in (-1, 1)]
    across = [box((0.05, width - 0.1, height), tar, (s * x, 0.0, height / 2)) for s in (-1, 1)]
    return join([middle, *along, *across])


def sealed_seam(size_m: Size) -> Shape:
    """A joint in the road, run with bitumen."""
    return box(size_m, M["bitumen"], (0.0, 0.0, size_m[2] / 2))


def billboard(size_m: Size) -> Shape:
    """A large poster with people on it, on two posts; it looks to -y, and its people are painted flat."""
    length, width, height = size_m
    tall = height - 1.0
    posts = [
        box((0.14, 0.14, height - 0.1), M["rail_steel"], (s * 0.32 * length, 0.06, (height - 0.1) / 2))
        for s in (-1, 1)
    ]
    board = box((length, 0.10, tall), M["pole_paint"], (0.0, -0.05, 1.0 + tall / 2))
    picture = (
        poster(length - 0.12, tall - 0.12, 4).placed(turned_z(-np.pi / 2)).moved(0.0, -0.103, 1.0 + tall / 2)
    )
    return fitted(join([*posts, board, picture]), (length, width, height))


def concrete_barrier(size_m: Size) -> Shape:
    """A wall of concrete with New Jersey flanks along x."""
    length, width, height = size_m
    half = [(0.5, 0.0), (0.5, 0.08 / height), (0.28, 0.33 / height), (0.13, 1.0)]
    outline = [(y * width, z * height) for y, z in [*half, *((-y, z) for y, z in half[::-1])]]
    return loft(np.array([[(x, y, z) for y, z in outline] for x in (-length / 2, length / 2)]), M["concrete"])


SHAPES: dict[str, tuple[Callable[[Size], Shape], tuple[Tint, ...]]] = {
    "shelter/bus": (bus_shelter, GREY),
    "hydrant/pillar": (hydrant, REDS),
    "bin/litter": (litter_bin, GREY),
    "skip/builder": (skip, SKIPS),
    "scaffold/front": (scaffold, GREY),
    "fence/mesh": (mesh_fence, GREY),
    "mirror/traffic": (traffic_mirror, GREY),
    "manhole/cover": (manhole, GREY),
    "patch/asphalt": (patch, GREY),
    "patch/seam": (sealed_seam, GREY),
    "billboard/people": (billboard, GREY),
    "barrier/concrete": (concrete_barrier, GREY),
}


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """One of them, at rest."""
    tint = choose(look(asset, look_seed), SHAPES[asset][1])
    return statue(asset, size_m, _mesh(asset, size_m), tint.rgb, tint.rho_905)


@made_once(128)
def _mesh(asset: str, size_m: Size) -> Mesh:
    return fitted(SHAPES[asset][0](size_m), size_m).mesh(f"{asset}/{size_m}", 0.5)
