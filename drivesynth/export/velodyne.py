"""KITTI's velodyne/NNNNNN.bin: little-endian float32 rows x, y, z, reflectance; no header.

Geiger, Lenz, Stiller and Urtasun, "Vision meets Robotics: The KITTI Dataset", IJRR 2013, and the
readme of the object development kit. Only pulses that came back have a row.
"""

import numpy as np

from drivesynth.arrays import F32
from drivesynth.errors import RequestError
from drivesynth.sensors.frame import Pulses

ROW = np.dtype(("<f4", (4,)))


def encode(pulses: Pulses) -> bytes:
    """The sweep as file bytes: (R, 4) rows in the device's disk order, sensor frame [m], reflectance 0..1."""
    rows = pulses.returned
    cloud = np.empty((len(rows), 4), "<f4")
    cloud[:, :3] = pulses.xyz_m.take(rows, axis=0)
    cloud[:, 3] = pulses.intensity.take(rows)
    return cloud.tobytes()


def decode(data: bytes, name: str = "velodyne") -> F32:
    """(R, 4) x, y, z [m], reflectance; RequestError where the bytes are not whole rows."""
    if len(data) % ROW.itemsize:
        raise RequestError(
            f"{name}: {len(data)} bytes are not whole rows of four float32; is it a KITTI velodyne file?"
        )
    return np.frombuffer(data, "<f4").reshape(-1, 4).astype(np.float32, copy=False)
