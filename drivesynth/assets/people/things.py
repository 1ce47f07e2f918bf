"""What people carry, push and sit on: prams, trolleys, umbrellas, bags, sticks, wheelchairs, a worker's sign.

Measures for a person of 1.75 m: pram handle at 1.02 m (EN 1888), shopping trolley 1.0 m (EN 1929-1),
umbrella 1.05 m across, wheelchair wheel 24 inch (radius 0.305 m), seat 0.48 m (ISO 7176-5), paddle sign
0.6 m across.
"""

import numpy as np

from drivesynth.assets.glyphs import lettering
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import turned_x, turned_y, turned_z
from drivesynth.geometry.shapes import (
    Shape,
    box,
    circle,
    ellipsoid,
    join,
    loft,
    mirrored,
    plate,
    revolve,
    tube,
)

CLOTH, METAL, BLACK, TYRE, LEATHER, RED, WHITE, POST, WOOD, PLASTIC = (
    MATERIAL_ID[n]
    for n in (
        "cloth", "metal_frame", "post_black", "tyre", "leather", "sign_red", "sign_white", "galvanised",
        "timber", "plastic",
    )
)  # fmt: skip


def umbrella() -> Shape:
    """Open over its holder: shaft up from the palm at the origin, eight panels, their tips hanging."""
    rows = [(0.0, 0.98), (0.20, 0.95), (0.38, 0.88), (0.53, 0.75), (0.515, 0.742), (0.36, 0.865), (0.0, 0.96)]
    canopy = revolve(rows, 8, CLOTH)
    shaft = tube([[0, 0, -0.10], [0, 0, 1.02]], 0.010, METAL, 6)
    return join([canopy, shaft, tube([[0, 0, -0.18], [0, 0, -0.06]], 0.017, BLACK, 6)])


def phone() -> Shape:
    """Flat in the palm."""
    return box((0.010, 0.075, 0.155), BLACK, (0.03, 0.0, 0.03)).placed(turned_y(-0.5))


def shopping_bag() -> Shape:
    """Hangs from the palm by two handles."""
    rings = [
        [
            (-0.17, -0.07, z),
            (0.17, -0.07, z),
            (0.19, 0.0, z),
            (0.17, 0.07, z),
            (-0.17, 0.07, z),
            (-0.19, 0.0, z),
        ]
        for z in (-0.47, -0.12)
    ]
    handle = tube(
        [[-0.10, 0.0, -0.13], [-0.04, 0.0, 0.0], [0.04, 0.0, 0.0], [0.10, 0.0, -0.13]], 0.007, LEATHER, 5
    )
    return join([loft(np.array(rings), CLOTH), handle])


def backpack() -> Shape:
    """On the back, straps over the shoulders; about the torso's joint."""
    pack = ellipsoid((0.12, 0.16, 0.24), CLOTH, (-0.20, 0.0, 0.22), 8, 12)
    pocket = ellipsoid((0.06, 0.11, 0.12), CLOTH, (-0.29, 0.0, 0.14), 6, 10)
    strap = tube(
        [[-0.14, 0.10, 0.40], [0.0, 0.11, 0.40], [0.10, 0.10, 0.26], [0.02, 0.13, 0.08]], 0.014, LEATHER, 5
    )
    return join([pack, pocket, mirrored(strap)])


def stick(length: float) -> Shape:
    """From the palm down to the ground, a little ahead; its crook is the grip."""
    shaft = tube([[0.02, 0, 0.0], [0.06, 0.0, 0.03 - length]], 0.011, WOOD, 6)
    foot = tube([[0.06, 0, 0.06 - length], [0.062, 0, 0.0 - length]], 0.015, BLACK, 6)
    return join([shaft, foot, tube([[-0.06, 0, 0.01], [0.03, 0, 0.012]], 0.013, WOOD, 6)])


def small_wheel(radius: float, wide: float) -> Shape:
    """A wheel of a pram or trolley about y."""
    inner, tread = 0.72 * radius, 0.35 * wide
    profile = [(inner, -wide / 2), (radius, -tread), (radius, tread), (inner, wide / 2)]
    tyre = revolve(profile, 14, TYRE, closed=True)
    rim, half = 0.75 * radius, 0.3 * wide
    hub = revolve([(0.0, -half), (rim, -half), (rim, half), (0.0, half)], 12, METAL)
    return join([tyre, hub]).placed(turned_x(np.pi / 2))


PRAM_AXLES, PRAM_WHEEL_M = ((0.62, 0.25), (1.16, 0.25)), 0.13


def pram() -> Shape:
    """A carrycot under a half-open hood on a folding frame; the handle is at x = 0.36."""
    cot = loft(
        np.array(
            [
                [(x0, -w, z), (x1, -w, z), (x1 + 0.03, 0.0, z), (x1, w, z), (x0, w, z), (x0 - 0.03, 0.0, z)]
                for x0, x1, w, z in (
                    (0.60, 1.18, 0.15, 0.52),
                    (0.52, 1.26, 0.20, 0.66),
                    (0.50, 1.28, 0.21, 0.80),
                )
            ]
        ),
        CLOTH,
    )
    a = np.linspace(0.0, 1.9, 6)
    ribs = [[(0.72 - 0.30 * np.cos(t) * 0.9, y, 0.80 + 0.30 * np.sin(t)) for t in a] for y in (-0.21, 0.21)]
    inner = [[(0.72 - 0.28 * np.cos(t) * 0.9, y, 0.80 + 0.28 * np.sin(t)) for t in a] for y in (-0.21, 0.21)]
    sections = [[ribs[0][k], ribs[1][k], inner[1][k], inner[0][k]] for k in range(len(a))]
    hood = loft(np.array(sections), CLOTH)
    legs = mirrored(
        join(
            [
                tube([[0.36, 0.22, 1.02], [0.62, 0.23, 0.72], [1.16, 0.24, 0.13]], 0.014, METAL, 6),
                tube([[0.90, 0.23, 0.50], [0.62, 0.24, 0.13]], 0.014, METAL, 6),
            ]
        )
    )
    bar = tube([[0.36, -0.24, 1.02], [0.36, 0.24, 1.02]], 0.018, BLACK, 6)
    basket = box((0.46, 0.36, 0.16), BLACK, (0.88, 0.0, 0.26), bevel=0.02)
    return join([cot, hood, legs, bar, basket])


TROLLEY_AXLES, TROLLEY_WHEEL_M = ((0.50, 0.20), (1.18, 0.22)), 0.065


def trolley() -> Shape:
    """A wire trolley: bars of the basket that beams pass between, its handle at x = 0.36."""
    bars: list[Shape] = []
    for z, grow in ((0.42, -0.05), (0.56, -0.03), (0.70, -0.01), (0.84, 0.01), (0.96, 0.02)):
        corners = [(0.45 - grow, -0.24), (1.24 + grow, -0.21), (1.24 + grow, 0.21), (0.45 - grow, 0.24)]
        loop = [[x, y, z] for x, y in [*corners, corners[0]]]
        bars += [tube(loop[k : k + 2], 0.007, METAL, 4) for k in range(4)]
    for x in np.linspace(0.5, 1.2, 9):
        bars += [tube([[x, side * 0.20, 0.42], [x, side * 0.225, 0.96]], 0.004, METAL, 3) for side in (-1, 1)]
        bars.append(tube([[x, -0.20, 0.42], [x, 0.20, 0.42]], 0.005, METAL, 3))
    for y in np.linspace(-0.15, 0.15, 4):
        bars.append(tube([[1.20, y, 0.42], [1.26, y, 0.96]], 0.005, METAL, 3))
    frame = mirrored(
        join(
            [
                tube([[0.36, 0.24, 1.0], [0.48, 0.24, 0.42], [0.50, 0.20, 0.08]], 0.013, METAL, 6),
                tube([[0.48, 0.22, 0.20], [1.18, 0.22, 0.10]], 0.013, METAL, 6),
            ]
        )
    )
    bar = tube([[0.36, -0.26, 1.0], [0.36, 0.26, 1.0]], 0.018, PLASTIC, 6)
    load = [
        box((0.30, 0.28, 0.28), MATERIAL_ID["cardboard"], (1.0, 0.03, 0.58)),
        ellipsoid((0.15, 0.13, 0.16), CLOTH, (0.66, -0.04, 0.58), 6, 10),
    ]
    return join([*bars, frame, bar, *load])


CHAIR_WHEEL_M, CASTER_M = 0.305, 0.10


def wheelchair() -> Shape:
    """Seat, back, arm and foot rests, without its wheels; the sitter's hips are over the origin."""
    side = join(
        [
            tube([[-0.26, 0.21, 0.95], [-0.22, 0.21, 0.48], [-0.22, 0.21, 0.30]], 0.014, METAL, 6),
            tube([[-0.36, 0.21, 0.95], [-0.26, 0.21, 0.95]], 0.017, BLACK, 6),
            tube([[-0.22, 0.22, 0.48], [0.30, 0.22, 0.48], [0.40, 0.20, 0.14]], 0.014, METAL, 6),
            tube([[-0.22, 0.22, 0.30], [0.28, 0.22, 0.24], [0.30, 0.22, 0.47]], 0.014, METAL, 6),
            tube([[-0.20, 0.25, 0.70], [0.16, 0.25, 0.70], [0.17, 0.25, 0.50]], 0.016, BLACK, 6),
            box((0.17, 0.13, 0.02), BLACK, (0.44, 0.11, 0.13)),
        ]
    )
    return join(
        [
            mirrored(side),
            box((0.44, 0.42, 0.05), LEATHER, (0.03, 0.0, 0.475)),
            box((0.03, 0.42, 0.44), LEATHER, (-0.235, 0.0, 0.72)).placed(turned_y(0.0)),
        ]
    )


def big_wheel() -> Shape:
    """A wheelchair's wheel about y with spokes and a push rim outside (+y)."""
    r = CHAIR_WHEEL_M
    tyre = revolve([(0.92 * r, -0.014), (r, -0.008), (r, 0.008), (0.92 * r, 0.014)], 24, TYRE, closed=True)
    push = revolve(
        [(0.80 * r, 0.035), (0.84 * r, 0.035), (0.84 * r, 0.05), (0.80 * r, 0.05)], 20, METAL, closed=True
    )
    upright = join([tyre, push]).placed(turned_x(-np.pi / 2))
    spokes = [
        tube([[0, 0.0, 0], [0.93 * r * np.cos(t), 0.0, 0.93 * r * np.sin(t)]], 0.004, METAL, 3)
        for t in np.arange(10) * 0.2 * np.pi
    ]
    hub = tube([[0, -0.03, 0], [0, 0.03, 0]], 0.025, METAL, 8)
    return join([upright, *spokes, hub])


def chair() -> Shape:
    """A café chair; the sitter's hips are over the origin."""
    leg = tube([[0.20, 0.19, 0.0], [0.18, 0.18, 0.44]], 0.013, METAL, 6)
    back = tube([[-0.22, 0.19, 0.0], [-0.19, 0.18, 0.45], [-0.26, 0.17, 0.86]], 0.013, METAL, 6)
    slats = [box((0.015, 0.34, 0.07), WOOD, (-0.225 - 0.016 * k, 0.0, 0.58 + 0.12 * k)) for k in range(3)]
    return join([mirrored(join([leg, back])), box((0.42, 0.40, 0.03), WOOD, (-0.01, 0.0, 0.45)), *slats])


def paddle_sign(length: float) -> Shape:
    """A STOP paddle on a pole that stands on the ground `length` below the palm; its face looks to +x."""
    octagon = circle(0.30 / np.cos(np.pi / 8), 8, np.pi / 8)
    face = plate(octagon, 0.012, RED)
    words = [lettering("STOP", 0.17, WHITE, 0.6).moved(x=0.002)]
    words.append(lettering("STOP", 0.17, WHITE, 0.6).placed(turned_z(np.pi)).moved(x=-0.014))
    pole = tube([[0, 0, -length], [0, 0, 0.75]], 0.014, POST, 6)
    return join([pole, join([face, *words]).moved(0.016, 0.0, 0.95)])


def ball_of(radius: float) -> Shape:
    """A ball."""
    return ellipsoid((radius, radius, radius), PLASTIC, (0, 0, 0), 8, 12)
