"""Counter-based noise: a draw is a mix of (key, index), so no order and no thread can change it."""

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel

F64 = NDArray[np.float64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_CELL, _REST, _S9 = np.uint64((1 << 9) - 1), np.uint64((1 << 23) - 1), np.uint64(9)


@kernel
def mix(key: Any, index: Any) -> Any:
    """64 well-mixed bits of draw `index` of the stream `key`.

    The finaliser of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    """
    x = np.uint64(key) + (np.uint64(index) + np.uint64(1)) * _ODD
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@kernel
def uniform(bits: Any) -> float:
    """The upper 21 bits as a number in (0, 1), never 0 or 1."""
    return (float(bits >> np.uint64(43)) + 0.5) * (1.0 / 2097152.0)


def _quantiles(cells: int) -> F64:
    """(cells + 1,) quantiles of the standard normal law; read between them, a draw's variance is 1."""
    q = np.array([0.0, *(NormalDist().inv_cdf(i / cells) for i in range(1, cells)), 0.0])

    # A cell from a to b adds (a^2 + a b + b^2) / 3 to the sum of squares; the outermost make up the rest.
    a, b = q[1:-2], q[2:-1]
    rest = (3.0 * cells - np.sum(a * a + a * b + b * b)) / 2.0
    edge = q[-2]
    q[-1] = (np.sqrt(4.0 * rest - 3.0 * edge * edge) - edge) / 2.0
    q[0] = -q[-1]
    return q


# Read in place of logarithm, root and cosine, which would cost more than all the rest of a pulse.
NORMAL_QUANTILES = _quantiles(512)


@kernel
def normal(bits32: Any) -> float:
    """The lower 32 bits as a standard normal number, through the table of its quantiles."""
    cell = np.int64(bits32 & _CELL)
    share = float((bits32 >> _S9) & _REST) * (1.0 / 8388608.0)
    low = float(NORMAL_QUANTILES[cell])
    return low + share * (float(NORMAL_QUANTILES[cell + 1]) - low)
