"""Returns that a receiver reports with intensity 0: in runs along a ring, of dark ground and some lasers first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import kernel
from drivesynth_kernels.noise import mix, uniform

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_KEEPS = 0.8  # of the level's memory, from pulse to pulse of a ring: its own noise must not end a run
_NEW = np.uint64(0xD1B54A32D192ED03)


@kernel
def blank(
    key: Any, share: F64, offset: F64, level: float, fall: float, run: float, ring: Any, column: Any,
    range_m: F32, intensity: F32,
) -> None:  # fmt: skip
    """Set to 0 the intensities of returns that fall into a blank.

    A laser's luck is a number in (0, 1) that is drawn anew with probability 1 / run from pulse to pulse; a
    return is blank where it lies below share, above `level` below share exp((level - value) / fall), value
    being what the laser has lately reported without its own offset.

    share, offset  (lasers,) of each
    level          value up to which `share` of a laser's returns is blank; fall: of value, to 1 / e of it
    run            pulses for which luck holds, on average
    ring, column   (N,) of the records, ring after ring in the order of their columns; range_m inf: lost
    intensity      (N,) changed
    """
    before: Any = -1
    value, luck = 0.0, 0.0
    for i in range(ring.shape[0]):
        r = np.int64(ring[i])
        bits = mix(key ^ _NEW, r * 65536 + np.int64(column[i]))
        if r != before:
            before, value = r, -1.0
            luck = uniform(mix(bits, 1))
        elif uniform(bits) * run < 1.0:
            luck = uniform(mix(bits, 1))
        if not range_m[i] < np.inf:
            continue
        now = np.float64(intensity[i]) - offset[r]
        value = now if value < 0.0 else _KEEPS * value + (1.0 - _KEEPS) * now
        if luck < share[r] and luck < share[r] * np.exp(min((level - value) / fall, 0.0)):
            intensity[i] = 0.0
