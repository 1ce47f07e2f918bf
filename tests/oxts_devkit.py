"""KITTI's oxts files read as its raw data readme says, without any of our code.

Poses are those of the development kit's convertOxtsToPose: Mercator, scaled by the first latitude.
"""

import math
from pathlib import Path

EARTH_M = 6378137.0
# dataformat.txt of the raw data development kit, top to bottom.
NAMES = [
    "lat",
    "lon",
    "alt",
    "roll",
    "pitch",
    "yaw",
    "vn",
    "ve",
    "vf",
    "vl",
    "vu",
    "ax",
    "ay",
    "az",
    "af",
    "al",
    "au",
    "wx",
    "wy",
    "wz",
    "wf",
    "wl",
    "wu",
    "pos_accuracy",
    "vel_accuracy",
    "navstat",
    "numsats",
    "posmode",
    "velmode",
    "orimode",
]


def read(path: Path) -> dict[str, float]:
    text = path.read_text()
    assert text.endswith("\n") and text.count("\n") == 1 and "  " not in text
    words = text.split()
    assert len(words) == 30
    for word in words[-5:]:
        assert word == str(int(word))
    return dict(zip(NAMES, map(float, words), strict=True))


def mercator_m(lat_deg: float, lon_deg: float, scale: float) -> tuple[float, float]:
    x = scale * math.radians(lon_deg) * EARTH_M
    y = scale * EARTH_M * math.log(math.tan(math.pi * (90.0 + lat_deg) / 360.0))
    return x, y


def rotation(roll: float, pitch: float, yaw: float) -> list[list[float]]:
    """Rz(yaw) Ry(pitch) Rx(roll), written out."""

    def times(a, b):  # type: ignore[no-untyped-def]
        return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]

    c, s = math.cos, math.sin
    rx = [[1, 0, 0], [0, c(roll), -s(roll)], [0, s(roll), c(roll)]]
    ry = [[c(pitch), 0, s(pitch)], [0, 1, 0], [-s(pitch), 0, c(pitch)]]
    rz = [[c(yaw), -s(yaw), 0], [s(yaw), c(yaw), 0], [0, 0, 1]]
    return times(rz, times(ry, rx))
