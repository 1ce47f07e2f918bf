"""Rows of three in flat arrays: read and written without a view, which would count references."""

from typing import Any

import numpy as np

from drivesynth_kernels import simd
from drivesynth_kernels.jit import inlined

# Known by type checkers as what they are to kernels, not as numba's way of declaring them.
peek: Any = simd.peek
poke: Any = simd.poke


@inlined
def read3(flat: Any, row: int) -> Any:
    """The three numbers of a row of a flat array, as float64."""
    return (
        np.float64(peek(flat, 3 * row)),
        np.float64(peek(flat, 3 * row + 1)),
        np.float64(peek(flat, 3 * row + 2)),
    )


@inlined
def write3(flat: Any, row: Any, x: float, y: float, z: float) -> None:
    """Three numbers into a row of a flat float32 array."""
    poke(flat, 3 * row, np.float32(x))
    poke(flat, 3 * row + 1, np.float32(y))
    poke(flat, 3 * row + 2, np.float32(z))
