"""What is screwed to a body: number plates, mirrors, handles, rails, bumpers."""

import numpy as np

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, box, ellipsoid, join, tube

PLATE, TRIM, PAINT, HEADLAMP = (
    MATERIAL_ID[name] for name in ("number_plate", "car_trim", "car_paint", "headlamp")
)
TAIL_LAMP, MIRROR = MATERIAL_ID["tail_lamp"], MATERIAL_ID["car_glass"]


def number_plate(x: float, z: float, forward: bool) -> Shape:
    """A European plate, 520 x 110 mm (DIN 74069), its face at x, with dark strokes for its characters."""
    out = 1.0 if forward else -1.0
    face = box((0.012, 0.52, 0.11), PLATE, (x - out * 0.006, 0.0, z))
    strokes = [
        box((0.004, 0.028, 0.075), TRIM, (x, y, z)) for y in (-0.20, -0.15, -0.07, -0.02, 0.06, 0.11, 0.17)
    ]
    return join([face, *strokes])


def mirrors(x: float, y_inner: float, y_outer: float, z: float, tall: float = 0.15) -> Shape:
    """Both outside mirrors: painted caps on a stalk, glass to the rear; outermost at y_outer."""
    half = (y_outer - y_inner) * 0.42
    cap = ellipsoid((0.075, half, tall / 2), PAINT, (x, y_outer - half, z), rows=6, sides=10)
    glass = box((0.012, 1.5 * half, 0.72 * tall), MIRROR, (x - 0.062, y_outer - half, z))
    stalk = box((0.06, y_outer - y_inner - half, 0.04), TRIM, (x, (y_inner + y_outer - half) / 2, z - 0.03))
    left = join([cap, glass, stalk])
    return join([left, left.scaled(y=-1.0)])


def handles(places: tuple[tuple[float, float, float], ...]) -> Shape:
    """Door handles on the left at (x, y, z), mirrored to the right."""
    left = join([box((0.17, 0.03, 0.026), TRIM, place, bevel=0.008) for place in places])
    return join([left, left.scaled(y=-1.0)])


def roof_rails(x0: float, x1: float, y: float, z: float) -> Shape:
    """Two bars along the roof."""
    x = np.array([x0, x0 - 0.06, x1 + 0.06, x1])
    bar = tube(np.column_stack([x, np.full(4, y), [z - 0.04, z, z, z - 0.04]]), 0.014, TRIM, sides=6)
    return join([bar, bar.scaled(y=-1.0)])


def door(reach: float, low: float, belt: float, top: float, lean: float) -> Shape:
    """A door that reaches back from its hinge at x = 0: a panel, a framed pane that leans in by `lean`."""
    panel = box((reach, 0.06, belt - low), PAINT, (-reach / 2, -0.03, (belt + low) / 2), bevel=0.015)
    tall = top - belt
    upper = join(
        [
            box((0.62 * reach, 0.008, tall - 0.04), MIRROR, (-0.66 * reach, -0.03, belt + tall / 2 - 0.01)),
            box((0.66 * reach, 0.03, 0.04), PAINT, (-0.66 * reach, -0.03, top - 0.02)),
            box((0.04, 0.03, tall), PAINT, (-0.99 * reach + 0.02, -0.03, belt + tall / 2)),
        ]
    )
    leaning = np.eye(4)
    leaning[1, 2], leaning[1, 3] = -lean / tall, lean / tall * belt
    return join([panel, upper.placed(leaning)])


def rear_doors(x: float, half_width: float, height: float) -> Shape:
    """What is seen of a van's rear doors at its back x: two panes and the seam between."""
    panes = [
        box((0.012, 0.62 * half_width, 0.24 * height), MIRROR, (x, side * 0.43 * half_width, 0.71 * height))
        for side in (-1, 1)
    ]
    seam = box((0.01, 0.02, 0.72 * height), TRIM, (x, 0.0, 0.56 * height))
    return join([*panes, seam])
