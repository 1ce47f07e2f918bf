"""KITTI's oxts/NNNNNN.txt: thirty numbers on one line, separated by single spaces.

Readme of KITTI's raw data development kit and its dataformat.txt. The last five are whole numbers. Beside
it `drivesynth/navigation_NAME/NNNNNN.csv` holds all records since the frame before, with the wheels, and
behind `exact_` what the unit would have said without errors.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import Place, RequestError
from drivesynth.sensors.frame import OXTS_FIELDS, Navigation

WHOLE = 5  # of the fields, the last ones
_WHEELS = ("left", "right")


def encode(record: F64) -> bytes:
    """(30,) fields as the file's bytes; fifteen digits are a tenth of a micrometre on Earth."""
    return (_numbers(record) + "\n").encode()


def decode(data: bytes, name: str = "oxts") -> F64:
    """(30,) fields of any KITTI oxts file; RequestError where there are not thirty numbers."""
    words = data.decode().split()
    if len(words) != len(OXTS_FIELDS):
        what = f"{len(words)} numbers; an oxts file has {len(OXTS_FIELDS)}"
        raise RequestError(what, place=Place(name, 1))
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise RequestError(f"{error}", place=Place(name, 1)) from None


def encode_records(navigation: Navigation) -> bytes:
    """All records of a frame as CSV with a header."""
    head = ["time_ns", *OXTS_FIELDS, *(f"exact_{field}" for field in OXTS_FIELDS)]
    head += [f"wheel_pulses_{side}" for side in _WHEELS] + [f"wheel_speed_mps_{side}" for side in _WHEELS]
    lines = [",".join(head)]
    for k in range(len(navigation.time_ns)):
        pulses = ",".join(str(value) for value in navigation.wheel_pulses[k].tolist())
        speeds = ",".join(f"{value:.9g}" for value in navigation.wheel_speed_mps[k].tolist())
        both = (_numbers(row[k], ",") for row in (navigation.oxts, navigation.exact))
        lines.append(",".join([str(int(navigation.time_ns[k])), *both, pulses, speeds]))
    return ("\n".join(lines) + "\n").encode()


def decode_records(data: bytes) -> Navigation:
    """The records that `encode_records` wrote."""
    rows = [line.split(",") for line in data.decode().splitlines()[1:]]
    width = len(OXTS_FIELDS)
    numbers = np.array([[float(word) for word in row[1:]] for row in rows]).reshape(len(rows), -1)
    return Navigation(
        np.array([int(row[0]) for row in rows], np.int64),
        numbers[:, :width],
        numbers[:, width : 2 * width],
        numbers[:, 2 * width : 2 * width + 2].astype(np.int64),
        numbers[:, 2 * width + 2 :],
    )


def _numbers(record: F64, between: str = " ") -> str:
    values = record.tolist()
    words = [f"{value:.15g}" for value in values[:-WHOLE]] + [str(round(value)) for value in values[-WHOLE:]]
    return between.join(words)
