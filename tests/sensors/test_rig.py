"""The rig's frames against KITTI's own calibration and against plain pinhole geometry."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.scene.camera import Camera, Mount
from drivesynth.scene.rig import LidarSensor, MaskSector, Rig, load_rig
from drivesynth.sensors.rig import RigGeometry

KITTI = RigGeometry.of(load_rig("kitti"))
POINTS = np.random.default_rng(5).uniform(
    [4.0, -12.0, -2.0], [60.0, 12.0, 3.0], (500, 3)
)  # LiDAR frame, ahead


def project(projection: F64, points: F64) -> F64:
    homogeneous = points @ projection[:, :3].T + projection[:, 3]
    return homogeneous[:, :2] / homogeneous[:, 2:]


def angle(rotation: F64) -> float:
    """Of a nearly unit rotation: the sine of it, which is what small differences show up in."""
    skew = (rotation - rotation.T) / 2.0
    return float(np.linalg.norm([skew[2, 1], skew[0, 2], skew[1, 0]]))


def test_exported_matrices_reproduce_the_frames() -> None:
    """R0_rect Tr_velo_to_cam, as printed, against the rig's own transform: 1e-6 rad and 1e-5 m."""
    rect = np.eye(4)
    rect[:3, :3] = KITTI.r0_rect
    exported = rect @ KITTI.camera_from_lidar
    own = inverse(KITTI.vehicle_from_label) @ KITTI.vehicle_from_lidar
    assert angle(exported[:3, :3] @ own[:3, :3].T) < 1e-6
    assert np.abs(exported[:3, 3] - own[:3, 3]).max() < 1e-5
    assert own[:3, :3] @ own[:3, :3].T == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.parametrize("name, index", [("image_2", 2), ("image_3", 3)])
def test_a_cameras_pose_and_matrix_project_as_its_p_does(name: str, index: int) -> None:
    camera = KITTI.cameras[name]
    by_pose = project(
        np.column_stack([camera.K, np.zeros(3)]), move_points(inverse(KITTI.lidar_from_camera(name)), POINTS)
    )
    by_p = project(KITTI.projections[index], move_points(KITTI.label_from_lidar, POINTS))
    assert by_pose == pytest.approx(by_p, abs=1e-7)
    centre = inverse(KITTI.vehicle_from_label) @ camera.vehicle_from_camera[:, 3]
    assert KITTI.projections[index] @ centre == pytest.approx(0.0, abs=1e-9)  # what P sends nowhere


def test_the_stereo_pair_stands_half_a_metre_apart_and_not_quite_level() -> None:
    right_from_left = (
        inverse(KITTI.cameras["image_3"].vehicle_from_camera) @ KITTI.cameras["image_2"].vehicle_from_camera
    )
    offset = -right_from_left[:3, 3]
    assert offset[0] == pytest.approx((44.85728 + 339.5242) / 721.5377, abs=1e-3)
    assert 1e-4 < np.abs(offset[1:]).max() < 0.01


def test_the_scanner_rides_173_cm_above_the_road_and_the_camera_looks_ahead() -> None:
    assert KITTI.vehicle_from_lidar[2, 3] == 1.73
    left = KITTI.cameras["image_2"].vehicle_from_camera
    assert left[:3, 2] == pytest.approx([1, 0, 0], abs=0.02)
    assert left[:3, 0] == pytest.approx([0, -1, 0], abs=0.02)
    assert left[:3, 3] - KITTI.vehicle_from_lidar[:3, 3] == pytest.approx([0.27, 0.06, -0.08], abs=0.02)


def test_the_calibration_is_the_one_kitti_ships(real: Path) -> None:
    from drivesynth.export.calib import decode

    genuine = decode((real / "kitti_labels" / "calib" / "calib_01.txt").read_bytes())
    assert np.array_equal(KITTI.projections, genuine.projections)
    assert np.array_equal(KITTI.r0_rect, genuine.r0_rect)
    assert np.array_equal(KITTI.camera_from_lidar, genuine.camera_from_lidar)
    assert np.array_equal(KITTI.lidar_from_imu, genuine.lidar_from_imu)
    assert (KITTI.cameras["image_2"].width_px, KITTI.cameras["image_2"].height_px) == (1242, 375)


def test_the_mono_rig_is_the_same_without_the_right_camera() -> None:
    mono = RigGeometry.of(load_rig("kitti_mono"))
    assert list(mono.cameras) == ["image_2"] and list(KITTI.cameras) == ["image_2", "image_3"]
    assert np.array_equal(mono.projections, KITTI.projections)
    assert mono.main_lidar.device == KITTI.main_lidar.device
    assert mono.main_lidar.hidden == KITTI.main_lidar.hidden


def plain(camera: Camera, sensor: Mount) -> RigGeometry:
    lidar = LidarSensor(
        device=KITTI.main_lidar.device,
        mount=sensor,
        mask=(MaskSector(rings=(3, 7), azimuth_deg=(350.0, 10.0), hidden=0.5),),
    )
    return RigGeometry.of(Rig(lidars={"top": lidar}, cameras={"image_2": camera}))


@given(
    yaw=st.floats(-170, 170),
    pitch=st.floats(-40, 40),
    ahead=st.floats(2, 80),
    left=st.floats(-1, 1),
    up=st.floats(-1, 1),
)
def test_a_mounted_camera_sees_left_on_the_left_and_up_above(
    yaw: float, pitch: float, ahead: float, left: float, up: float
) -> None:
    eye = Mount(x_m=1.0, y_m=-0.4, z_m=1.5, yaw_deg=yaw, pitch_deg=pitch)
    camera = Camera(width_px=640, height_px=480, fx_px=500, fy_px=510, cx_px=320, cy_px=240, mount=eye)
    geometry = plain(camera, Mount(z_m=1.9, yaw_deg=3.0))
    view = geometry.cameras["image_2"]
    heading, dip = np.radians(yaw), np.radians(pitch)
    axis = np.array([np.cos(heading) * np.cos(dip), np.sin(heading) * np.cos(dip), -np.sin(dip)])
    side = np.array([-np.sin(heading), np.cos(heading), 0.0])
    point = view.vehicle_from_camera[:3, 3] + ahead * axis + left * side + up * np.cross(axis, side)
    u, v = project(view.projection, move_points(inverse(geometry.vehicle_from_label), point[None]))[0]
    assert u == pytest.approx(320 - 500 * left / ahead, abs=1e-6)
    assert v == pytest.approx(240 - 510 * up / ahead, abs=1e-6)


def test_masks_become_hidden_sectors() -> None:
    camera = Camera(width_px=64, height_px=48, fx_px=50, fy_px=50, cx_px=32, cy_px=24, mount=Mount())
    assert plain(camera, Mount()).main_lidar.hidden == ((3, 7, 350.0, 10.0, 0.5),)


def test_a_projection_that_is_no_pinholes_is_refused() -> None:
    turned = Camera(width_px=64, height_px=48, projection=(0, 0, 1, 0, -50, 0, 32, 0, 0, -50, 24, 0))
    with pytest.raises(RequestError, match=r"cameras\.image_2\.projection: .*fx 0 cx"):
        plain(turned, Mount())
