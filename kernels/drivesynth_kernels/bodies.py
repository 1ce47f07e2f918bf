"""How far bodies reach along a way and across it: boxes, and the two of a tractor and its trailer."""

import math

from numpy import float64
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.jit import kernel

F64 = NDArray[float64]

_STRAIGHT_RAD = 0.05  # a combination that bends less is one box


@kernel
def parts(state: F64, told: F64) -> int:
    """How many boxes a body is."""
    return 2 if told[at.TRAILER] > 0.0 and abs(state[at.HITCH]) > _STRAIGHT_RAD else 1


@kernel
def reach(state: F64, told: F64, part: int, count: int, heading: float) -> tuple[float, float, float, float]:
    """One of a body's boxes seen along a heading.

    Its middle ahead and to the left of the middle of the whole, half of what it takes along and across.
    """
    turned, x, y, length = state[at.YAW] - heading, 0.0, 0.0, told[at.HALF_LENGTH]
    cos, sin = math.cos(turned), math.sin(turned)
    if count > 1 and part == 0:
        length = 0.5 * (told[at.HALF_LENGTH] - told[at.TRACTOR_REAR])
        x = told[at.HALF_LENGTH] - length
    elif count > 1:
        length = 0.5 * (told[at.TRAILER_FRONT] + told[at.HALF_LENGTH])
        back = told[at.PIN] - told[at.TRAILER_FRONT] + length
        x = told[at.PIN] - back * math.cos(state[at.HITCH])
        y = -back * math.sin(state[at.HITCH])
    ahead, left = x * cos - y * sin, x * sin + y * cos
    if count > 1 and part == 1:
        cos, sin = math.cos(turned + state[at.HITCH]), math.sin(turned + state[at.HITCH])
    width = told[at.HALF_WIDTH]
    return ahead, left, length * abs(cos) + width * abs(sin), length * abs(sin) + width * abs(cos)
