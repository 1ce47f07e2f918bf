"""Radar detections as nuScenes stores them, and beside them whose echo each one is.

    drivesynth/radar_NAME/NNNNNN.pcd   binary PCD of 18 fields in the radar's frame, x ahead, y left, z up
    drivesynth/radar_NAME/NNNNNN.csv   the same rows as measured, with actor, class and cause
    drivesynth/radar_NAME/NNNNNN.npz   on request: power of every cell [dB over noise], and the cells' middles

Fields and codes: nuScenes devkit, data_classes.RadarPointCloud, and the message table of the ARS 408-21,
whose output nuScenes records. A velocity is the radial one, split along the line of sight; `comp` is without
the radar's own motion. VIEWPOINT holds the radar's pose in the LiDAR's frame.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.assets.classes import CLASSES
from drivesynth.errors import RequestError
from drivesynth.sensors.frame import RADAR_CAUSE, RADAR_CAUSES, Detections, RadarCube

# Name, type and bytes as PCD writes them.
FIELDS = (
    ("x", "F", 4), ("y", "F", 4), ("z", "F", 4), ("dyn_prop", "I", 1), ("id", "I", 2), ("rcs", "F", 4),
    ("vx", "F", 4), ("vy", "F", 4), ("vx_comp", "F", 4), ("vy_comp", "F", 4), ("is_quality_valid", "I", 1),
    ("ambig_state", "I", 1), ("x_rms", "I", 1), ("y_rms", "I", 1), ("invalid_state", "I", 1),
    ("pdh0", "I", 1), ("vx_rms", "I", 1), ("vy_rms", "I", 1),
)  # fmt: skip
_CODES = {("F", 4): "<f4", ("I", 2): "<i2", ("I", 1): "<i1"}
ROW = np.dtype([(name, _CODES[kind, size]) for name, kind, size in FIELDS])

MOVING, STATIONARY, ONCOMING = 0, 1, 2  # dyn_prop
_AT_REST_MPS = 0.5
UNAMBIGUOUS, AMBIGUOUS = 3, 1  # ambig_state
# Deviations are stored as steps of a logarithmic scale from 0.005 (code 0) by this ratio; 30 is the last.
_RMS_FIRST, _RMS_RATIO, _RMS_LAST = 0.005, 10 ** (3.3 / 30), 30
# Probability that a detection is false, by how far it stands over the noise [dB]: codes 1 to 5, below 25, 50,
# 75, 90 and 99 %.
_SURE_DB = (18.0, 16.5, 15.5, 14.5)


def rows(found: Detections) -> np.ndarray:
    """(N,) of ROW, as the file holds them."""
    table = np.zeros(len(found.range_m), ROW)
    xyz, azimuth = found.xyz_m, found.azimuth_rad
    table["x"], table["y"], table["z"] = xyz.T
    rest = found.speed_mps - found.own_speed_mps
    table["dyn_prop"] = np.where(
        np.abs(rest) < _AT_REST_MPS, STATIONARY, np.where(rest < 0, ONCOMING, MOVING)
    )
    table["id"] = np.arange(len(table))
    table["rcs"] = found.rcs_dbsm
    table["vx"], table["vy"] = found.speed_mps * np.cos(azimuth), found.speed_mps * np.sin(azimuth)
    table["vx_comp"], table["vy_comp"] = rest * np.cos(azimuth), rest * np.sin(azimuth)
    table["is_quality_valid"] = 1
    table["ambig_state"] = np.where(found.folds == 0, UNAMBIGUOUS, AMBIGUOUS)
    cosine, sine, across = (
        np.abs(np.cos(azimuth)),
        np.abs(np.sin(azimuth)),
        found.range_m * found.azimuth_sigma_rad,
    )
    table["x_rms"] = _rms_code(np.hypot(found.range_sigma_m * cosine, across * sine))
    table["y_rms"] = _rms_code(np.hypot(found.range_sigma_m * sine, across * cosine))
    table["vx_rms"] = _rms_code(found.speed_sigma_mps * cosine)
    table["vy_rms"] = _rms_code(found.speed_sigma_mps * sine)
    table["pdh0"] = 1 + sum(found.snr_db < limit for limit in _SURE_DB)
    return table


def encode(found: Detections, lidar_from_radar: F64) -> bytes:
    """The .pcd file."""
    names, kinds, sizes = zip(*FIELDS, strict=True)
    count = len(found.range_m)
    pose = [*lidar_from_radar[:3, 3], *_quaternion(lidar_from_radar[:3, :3])]
    head = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {' '.join(names)}",
        f"SIZE {' '.join(map(str, sizes))}",
        f"TYPE {' '.join(kinds)}",
        f"COUNT {' '.join('1' for _ in names)}",
        f"WIDTH {count}",
        "HEIGHT 1",
        f"VIEWPOINT {' '.join(f'{value + 0.0:.9g}' for value in pose)}",
        f"POINTS {count}",
        "DATA binary",
    ]
    return ("\n".join(head) + "\n").encode() + rows(found).tobytes()


@dataclass(frozen=True)
class RadarCloud:
    """A radar file read back: (N,) of ROW, and (4, 4) LiDAR from radar."""

    rows: np.ndarray
    lidar_from_radar: F64


def decode(data: bytes, name: str = "radar") -> RadarCloud:
    """Any radar file of nuScenes' fields; RequestError where it has others or is cut."""
    marker = b"DATA binary\n"
    at = data.find(marker)
    if at < 0:
        raise RequestError(f"{name}: no line `DATA binary`; is it a radar PCD file?")
    head = dict(
        line.split(" ", 1) for line in data[:at].decode("ascii", "replace").splitlines() if " " in line
    )
    wanted = (" ".join(f[0] for f in FIELDS), " ".join(str(f[2]) for f in FIELDS))
    if (head.get("FIELDS"), head.get("SIZE")) != wanted:
        raise RequestError(f"{name}: its fields are not nuScenes' 18 radar fields")
    count, body = int(head.get("POINTS", "-1")), data[at + len(marker) :]
    if count < 0 or len(body) < count * ROW.itemsize:
        raise RequestError(
            f"{name}: {len(body)} bytes of points, {count * ROW.itemsize} are needed; is it whole?"
        )
    pose = np.array([float(word) for word in head.get("VIEWPOINT", "0 0 0 1 0 0 0").split()])
    transform = np.eye(4)
    transform[:3, 3], transform[:3, :3] = pose[:3], _rotation(pose[3:])
    return RadarCloud(np.frombuffer(body, ROW, count), transform)


_COLUMNS = (
    "range_m", "azimuth_rad", "elevation_rad", "speed_mps", "own_speed_mps", "rcs_dbsm", "snr_db",
    "range_sigma_m", "azimuth_sigma_rad", "speed_sigma_mps",
)  # fmt: skip


def encode_labels(found: Detections) -> bytes:
    """The .csv file: a header, then one row a detection in the order of the .pcd."""
    lines = [",".join(("time_ns", *_COLUMNS, "folds", "actor", "class", "cause"))]
    columns = [getattr(found, name).tolist() for name in _COLUMNS]
    for k in range(len(found.range_m)):
        numbers = ",".join(f"{column[k]:.7g}" for column in columns)
        name, cause = CLASSES[int(found.class_id[k])].name, RADAR_CAUSES[int(found.cause[k])]
        lines.append(f"{found.time_ns},{numbers},{int(found.folds[k])},{int(found.actor[k])},{name},{cause}")
    return ("\n".join(lines) + "\n").encode()


def decode_labels(data: bytes) -> Detections:
    """The detections that `encode_labels` wrote."""
    listed = [line.split(",") for line in data.decode().splitlines()[1:]]
    ids = {row.name: index for index, row in enumerate(CLASSES)}
    wide = len(_COLUMNS)
    numbers = np.array([[float(word) for word in row[1 : 1 + wide]] for row in listed], np.float32)
    numbers = numbers.reshape(len(listed), wide)
    columns: dict[str, Any] = dict(zip(_COLUMNS, numbers.T, strict=True))
    return Detections(
        time_ns=int(listed[0][0]) if listed else 0,
        **columns,
        folds=np.array([int(row[wide + 1]) for row in listed], np.int32),
        actor=np.array([int(row[wide + 2]) for row in listed], np.int32),
        class_id=np.array([ids[row[wide + 3]] for row in listed], np.int32),
        cause=np.array([RADAR_CAUSE[row[wide + 4]] for row in listed], np.uint8),
    )


def encode_cube(cube: RadarCube) -> bytes:
    """The .npz file: `power_db` in half precision, and the middles of the cells."""
    buffer = io.BytesIO()
    level = (10.0 * np.log10(np.maximum(cube.power, 1e-6))).astype(np.float16)
    np.savez_compressed(
        buffer, power_db=level, range_m=cube.range_m, speed_mps=cube.speed_mps, azimuth_rad=cube.azimuth_rad
    )
    return buffer.getvalue()


def decode_cube(data: bytes) -> RadarCube:
    """The cube that `encode_cube` wrote, to half precision of its decibels."""
    with np.load(io.BytesIO(data)) as file:
        power: F32 = (10.0 ** (file["power_db"].astype(np.float32) / 10.0)).astype(np.float32)
        return RadarCube(power, file["range_m"], file["speed_mps"], file["azimuth_rad"])


def _rms_code(sigma: F32) -> np.ndarray:
    steps = np.ceil(np.log(np.maximum(sigma, 1e-9) / _RMS_FIRST) / np.log(_RMS_RATIO))
    return np.asarray(np.clip(steps, 0, _RMS_LAST).astype(np.int8))


def _quaternion(turn: F64) -> tuple[float, float, float, float]:
    """w, x, y, z of a rotation, w not negative."""
    # Of four ways to the same answer the one that divides by the largest number.
    trace = np.array([turn[0, 0], turn[1, 1], turn[2, 2]])
    squares = np.array([trace.sum(), *(2 * trace - trace.sum())]) + 1.0
    best = int(np.argmax(squares))
    skew = [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
    sums = [turn[2, 1] + turn[1, 2], turn[0, 2] + turn[2, 0], turn[1, 0] + turn[0, 1]]
    table = np.array(
        [
            [squares[0], *skew],
            [skew[0], squares[1], sums[2], sums[1]],
            [skew[1], sums[2], squares[2], sums[0]],
            [skew[2], sums[1], sums[0], squares[3]],
        ]
    )
    w, x, y, z = (table[best] / (2.0 * np.sqrt(squares[best]))).tolist()
    sign = -1.0 if w < 0 else 1.0
    return sign * w, sign * x, sign * y, sign * z


def _rotation(quaternion: F64) -> F64:
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
