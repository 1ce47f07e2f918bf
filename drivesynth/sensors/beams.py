"""How lamps share their light out by direction.

Low beam: a model of a halogen passing beam for right-hand traffic that keeps the photometric points of UN
Regulation No. 112, class B: cut-off 1 % below the horizon, rising by 15 degrees towards the kerb. Street
lamp: a cut-off luminaire whose intensity peaks 62 degrees from straight down (a "batwing"), and ends at 90.
"""

from functools import cache

import numpy as np
from drivesynth_kernels.lamps import (
    BEAM_COLUMNS,
    BEAM_PER_DEG,
    BEAM_ROWS,
    BEAM_SIDE_DEG,
    BEAM_UP_DEG,
    STREET_DEG,
    STREET_PER_DEG,
)

from drivesynth.arrays import F32, F64

_CUT_OFF_DEG, _KERB_SLOPE, _KERB_TOP_DEG = -0.57, np.tan(np.radians(15.0)), 1.2
_SOFT_DEG = 0.10  # the cut-off's softness
_HOT_CD, _HOT_AT_DEG, _HOT_WIDE_DEG, _HOT_DEEP_DEG = 15_500.0, 1.8, 7.0, 2.6
_SPREAD_CD, _SPREAD_WIDE_DEG, _SPREAD_DEEP_DEG = 2_600.0, 22.0, 6.0
_RIM_DEG = 8.0
_STRAY_CD, _STRAY_WIDE_DEG, _STRAY_HIGH_DEG = 180.0, 30.0, 8.0  # above the cut-off: signs are seen by it

# Degrees from straight down, and the shape of what a luminaire sends there.
_STREET_DEG = np.array([0.0, 30.0, 50.0, 62.0, 70.0, 75.0, 80.0, 90.0])
_STREET_SHAPE = np.array([170.0, 200.0, 270.0, 320.0, 190.0, 80.0, 10.0, 0.0])


def low_beam_cd(right_deg: F64, up_deg: F64) -> F64:
    """Intensity of one headlamp toward directions [cd]; broadcasts."""
    right, up = np.asarray(right_deg, np.float64), np.asarray(up_deg, np.float64)
    edge = _CUT_OFF_DEG + np.clip(right * _KERB_SLOPE, 0.0, _KERB_TOP_DEG - _CUT_OFF_DEG)
    below = np.maximum(edge - up, 0.0)
    under = 1.0 / (1.0 + np.exp(np.clip((up - edge) / _SOFT_DEG, -60.0, 60.0)))
    hot = _HOT_CD * np.exp(-0.5 * ((right - _HOT_AT_DEG) / _HOT_WIDE_DEG) ** 2 - below / _HOT_DEEP_DEG)
    spread = _SPREAD_CD * np.exp(-0.5 * (right / _SPREAD_WIDE_DEG) ** 2 - below / _SPREAD_DEEP_DEG)
    high = np.maximum(up - edge, 0.0) / _STRAY_HIGH_DEG
    stray = _STRAY_CD * np.exp(-0.5 * (right / _STRAY_WIDE_DEG) ** 2 - high)
    # The reflector's rim ends it: nothing straight down before the car, nor to its sides.
    rim = np.clip((BEAM_UP_DEG + up) / _RIM_DEG, 0.0, 1.0) * np.clip(
        (BEAM_SIDE_DEG - abs(right)) / _RIM_DEG, 0, 1
    )
    return np.asarray(rim * (under * (hot + spread) + (1.0 - under) * stray))


@cache
def low_beam_table() -> F32:
    """(BEAM_COLUMNS BEAM_ROWS,) kcd of one headlamp: columns from left to right, rows upwards."""
    right = np.arange(BEAM_COLUMNS) / BEAM_PER_DEG - BEAM_SIDE_DEG
    up = np.arange(BEAM_ROWS) / BEAM_PER_DEG - BEAM_UP_DEG
    return (low_beam_cd(right[:, None], up) / 1e3).astype(np.float32).reshape(-1)


@cache
def street_table() -> F32:
    """kcd of a luminaire of 1 klm by angle from straight down, 0 .. 90 degrees."""
    angle = np.arange(STREET_DEG * STREET_PER_DEG + 1) / STREET_PER_DEG
    shape, radians = np.interp(angle, _STREET_DEG, _STREET_SHAPE), np.radians(angle)
    flux = 2 * np.pi * np.trapezoid(shape * np.sin(radians), radians)
    return np.asarray(shape / flux, np.float32)
