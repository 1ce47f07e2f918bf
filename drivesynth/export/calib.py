"""KITTI's calib/NNNNNN.txt: seven rows, devkit order, twelve decimals.

    x_image = P_i  R0_rect  Tr_velo_to_cam  x_velodyne

P_i takes rectified camera 0 coordinates to pixels of camera i (readme of the object development
kit). Readers want all seven rows in this order and a last line that ends.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import Place, RequestError

if TYPE_CHECKING:  # readers of calibration files need no kernels
    from drivesynth.sensors.rig import RigGeometry

# Row name -> shape of its matrix, in the order of the file.
ROWS: dict[str, tuple[int, int]] = {
    "P0": (3, 4),
    "P1": (3, 4),
    "P2": (3, 4),
    "P3": (3, 4),
    "R0_rect": (3, 3),
    "Tr_velo_to_cam": (3, 4),
    "Tr_imu_to_velo": (3, 4),
}


@dataclass(frozen=True)
class Calibration:
    """What a calibration file says.

    projections  (4, 3, 4) pixels of cameras 0 to 3 from rectified camera 0
    r0_rect      (3, 3) rectified camera 0 from camera 0
    camera_from_lidar  (4, 4) camera 0, not rectified, from the LiDAR
    lidar_from_imu     (4, 4)
    """

    projections: F64
    r0_rect: F64
    camera_from_lidar: F64
    lidar_from_imu: F64

    @property
    def rect_from_lidar(self) -> F64:
        """(4, 4) rectified camera 0, the frame of the labels, from the LiDAR."""
        rect_from_camera = np.eye(4)
        rect_from_camera[:3, :3] = self.r0_rect
        return rect_from_camera @ self.camera_from_lidar

    def seen_from(self, lidar_from_other: F64) -> "Calibration":
        """The same car's calibration with another LiDAR in the place of this one."""
        other_from_imu = np.linalg.inv(lidar_from_other) @ self.lidar_from_imu
        camera_from_other = self.camera_from_lidar @ lidar_from_other
        return replace(self, camera_from_lidar=camera_from_other, lidar_from_imu=other_from_imu)

    def project(self, points_rect_m: F64, camera: int = 2) -> F64:
        """(N, 3) points in rectified camera 0 as (N, 3) pixel u, v and depth [m] along the axis."""
        homogeneous = points_rect_m @ self.projections[camera, :, :3].T + self.projections[camera, :, 3]
        return np.column_stack([homogeneous[:, :2] / homogeneous[:, 2:], homogeneous[:, 2]])


def of(rig: "RigGeometry") -> Calibration:
    """What a rig's calibration file says: the matrices its own file spells, not ones derived from them."""
    return Calibration(rig.projections, rig.r0_rect, rig.camera_from_lidar, rig.lidar_from_imu)


def encode(calibration: Calibration) -> bytes:
    """The file's bytes."""
    matrices = (
        *calibration.projections,
        calibration.r0_rect,
        calibration.camera_from_lidar[:3],
        calibration.lidar_from_imu[:3],
    )
    return "".join(
        f"{name}: " + " ".join(f"{value:.12e}" for value in matrix.ravel()) + "\n"
        for name, matrix in zip(ROWS, matrices, strict=True)
    ).encode()


def decode(data: bytes, name: str = "calib") -> Calibration:
    """The calibration of any KITTI-style object frame; RequestError names a missing or odd row."""
    matrices: dict[str, F64] = {}
    for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
        key, _, text = line.partition(":")
        if key not in ROWS:
            continue
        try:
            matrices[key] = np.array([float(word) for word in text.split()]).reshape(ROWS[key])
        except ValueError:
            rows, columns = ROWS[key]
            raise RequestError(
                f"{rows * columns} numbers are needed", field=key, place=Place(name, number)
            ) from None
    missing = [key for key in ROWS if key not in matrices]
    if missing:
        raise RequestError(f"rows {', '.join(missing)} are missing", place=Place(name))
    return Calibration(
        np.stack([matrices[f"P{i}"] for i in range(4)]),
        matrices["R0_rect"],
        _square(matrices["Tr_velo_to_cam"]),
        _square(matrices["Tr_imu_to_velo"]),
    )


def _square(upper: F64) -> F64:
    return np.vstack([upper, [0.0, 0.0, 0.0, 1.0]])
