"""KITTI's object files read as its development kit describes them, without a line of ours.

The rules stand in the devkit's readme.txt: label fields and their ranges, the calibration rows, the
point files. Strict where known readers are strict: single spaces, whole `occluded`, DontCare last.
"""

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path

TYPES = {"Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare"}
NUMBER = r"-?\d+(?:\.\d+)?"
ROW = re.compile(rf"(\w+) ({NUMBER}) (-?\d) ({NUMBER})((?: {NUMBER}){{11}})")
CALIB = ("P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo")


@dataclass
class Row:
    type: str
    truncated: float
    occluded: int
    alpha: float
    bbox: tuple[float, ...]
    dims: tuple[float, ...]  # height, width, length
    loc: tuple[float, ...]
    ry: float

    def corners(self) -> list[tuple[float, float, float]]:
        """As computeBox3D.m: rotate about y, then move."""
        h, w, length = self.dims
        c, s = math.cos(self.ry), math.sin(self.ry)
        xs = [length / 2, length / 2, -length / 2, -length / 2] * 2
        ys = [0, 0, 0, 0, -h, -h, -h, -h]
        zs = [w / 2, -w / 2, -w / 2, w / 2] * 2
        x0, y0, z0 = self.loc
        return [(c * x + s * z + x0, y + y0, -s * x + c * z + z0) for x, y, z in zip(xs, ys, zs, strict=True)]

    def contains(self, point: tuple[float, float, float], grown: float = 0.0) -> bool:
        h, w, length = self.dims
        dx, dy, dz = (p - q for p, q in zip(point, self.loc, strict=True))
        c, s = math.cos(self.ry), math.sin(self.ry)
        along, side = c * dx - s * dz, s * dx + c * dz
        return abs(along) <= length / 2 + grown and abs(side) <= w / 2 + grown and -h - grown <= dy <= grown


def read_labels(path: Path, width: int = 1242, height: int = 375) -> list[Row]:
    """All rows, every field checked."""
    text = path.read_text()
    assert text, f"{path} is empty"
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    rows, seen_dont_care = [], False
    for line in lines:
        match = ROW.fullmatch(line)
        assert match, f"{path}: {line!r}"
        kind, truncated, occluded, alpha, rest = match.groups()
        numbers = [float(word) for word in rest.split()]
        row = Row(
            kind, float(truncated), int(occluded), float(alpha),
            tuple(numbers[:4]), tuple(numbers[4:7]), tuple(numbers[7:10]), numbers[10],
        )  # fmt: skip
        assert kind in TYPES
        left, top, right, bottom = row.bbox
        assert 0 <= left <= right <= width - 1
        assert 0 <= top <= bottom <= height - 1
        if kind == "DontCare":
            seen_dont_care = True
            assert (row.truncated, row.occluded, row.alpha, row.ry) == (-1, -1, -10, -10)
            assert row.dims == (-1, -1, -1)
            assert row.loc == (-1000, -1000, -1000)
        else:
            assert not seen_dont_care, "DontCare rows stand last"
            assert 0 <= row.truncated <= 1
            assert row.occluded in (0, 1, 2, 3)
            assert -3.15 <= row.alpha <= 3.15
            assert -3.15 <= row.ry <= 3.15
            assert min(row.dims) > 0
            expected = row.ry - math.atan2(row.loc[0], row.loc[2])
            assert abs(math.remainder(row.alpha - expected, math.tau)) < 0.02
        rows.append(row)
    return rows


def read_calib(path: Path) -> dict[str, list[float]]:
    """The seven rows, in the devkit's order."""
    text = path.read_text()
    assert text.endswith("\n")
    lines = text.rstrip("\n").split("\n")
    assert [line.split(":")[0] for line in lines] == list(CALIB)
    rows = {line.split(": ")[0]: [float(word) for word in line.split(": ")[1].split(" ")] for line in lines}
    assert [len(row) for row in rows.values()] == [12, 12, 12, 12, 9, 12, 12]
    return rows


def read_velodyne(path: Path) -> list[tuple[float, float, float, float]]:
    """Rows of four finite little-endian floats, reflectance 0..1."""
    data = path.read_bytes()
    assert len(data) % 16 == 0
    points = list(struct.iter_unpack("<4f", data))
    assert all(math.isfinite(value) for point in points for value in point)
    assert all(0 <= point[3] <= 1 for point in points)
    return points


def _times(matrix: list[float], columns: int, vector: tuple[float, ...]) -> tuple[float, ...]:
    rows = [matrix[i : i + columns] for i in range(0, len(matrix), columns)]
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in rows)


def rect_from_velodyne(calib: dict[str, list[float]], point: tuple[float, ...]) -> tuple[float, ...]:
    """R0_rect Tr_velo_to_cam x."""
    return _times(calib["R0_rect"], 3, _times(calib["Tr_velo_to_cam"], 4, (*point[:3], 1.0)))


def pixel(calib: dict[str, list[float]], rect: tuple[float, ...], camera: int = 2) -> tuple[float, float]:
    """P_i x, divided."""
    u, v, w = _times(calib[f"P{camera}"], 4, (*rect, 1.0))
    return u / w, v / w
