"""A body on its springs: values that follow their cause with a delay."""

import math

from numpy import float64
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel


@kernel
def settle(cause: NDArray[float64], delay_s: float, step_s: float, effect: NDArray[float64]) -> None:
    """Write (T, A) `effect`: at rest on `cause` at first, it keeps 1/e of its lag after `delay_s`."""
    share = 1.0 - math.exp(-step_s / delay_s)
    for i in range(cause.shape[1]):
        value = cause[0, i]
        for n in range(cause.shape[0]):
            value += share * (cause[n, i] - value)
            effect[n, i] = value
