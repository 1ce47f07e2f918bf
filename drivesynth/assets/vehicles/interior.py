"""What stands behind a car's panes: dashboard, seats, steering wheel, a driver's mirror.

Seat and wheel measures: SAE J826's seated reference, H30 0.25-0.35 m above the heel; wheel 0.37 m across.
"""

import numpy as np

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.posing import turned_y
from drivesynth.geometry.shapes import Shape, box, join, revolve

CLOTH, TRIM = MATERIAL_ID["seat_cloth"], MATERIAL_ID["car_trim"]


def interior(dash_x: float, back_x: float, half: float, belt: float, roof: float, rows: int) -> Shape:
    """The cabin from the dashboard to the last seats' backs; the driver sits at the left.

    dash_x, back_x  of the dashboard's middle and of the last row's backs; half: width to either side
    belt, roof      heights of the panes' foot and of the headlining [m]; rows of seats
    """
    parts = [
        box((0.34, 1.8 * half, 0.20), TRIM, (dash_x, 0.0, belt - 0.08)),
        _wheel().placed(turned_y(-0.45)).moved(dash_x - 0.34, 0.40 * half + 0.06, belt - 0.02),
        box((0.03, 0.22, 0.06), TRIM, (dash_x - 0.30, 0.0, min(belt + 0.34, roof - 0.16))),
    ]
    first = dash_x - 0.95
    step = (first - back_x) / max(rows - 1, 1)
    for row in range(rows):
        sides = (-0.46, 0.46) if row == 0 else (-0.62, 0.0, 0.62)
        wide = 0.50 if row == 0 else 0.58 * half
        low = min(belt + 0.08, roof - 0.42) - (0.0 if row == 0 else 0.12)
        parts += [_seat(first - row * step, side * half, wide, row == 0).moved(z=low) for side in sides]
    return join(parts)


def _seat(x: float, y: float, wide: float, head_rest: bool) -> Shape:
    back = box((0.12, wide, 0.58), CLOTH, (0.0, 0.0, -0.14)).placed(turned_y(-0.22))
    cushion = box((0.48, wide, 0.14), CLOTH, (0.32, 0.0, -0.42))
    head = [box((0.08, 0.26, 0.16), CLOTH, (-0.08, 0.0, 0.27))] if head_rest else []
    return join([back, cushion, *head]).moved(x, y)


def _wheel() -> Shape:
    rim = revolve([(0.185, -0.012), (0.185, 0.012), (0.163, 0.012), (0.163, -0.012)], 12, TRIM, closed=True)
    bar = box((0.05, 0.32, 0.012), TRIM)
    return join([rim, bar]).placed(turned_y(np.pi / 2))
