"""Calibration, labels, files, haze and sky against the numbers of `camera_reference.csv`."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from drivesynth.export import calib, clouds, velodyne
from drivesynth.export.labels import Label
from drivesynth.geometry.transforms import move_points, wrap_angle
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.atmosphere import extinction_of_mor, haze_extinction
from drivesynth.sensors.chip import Chip
from drivesynth.sensors.film import tone_table
from drivesynth.sensors.rig import RigGeometry
from drivesynth.sensors.sky import preetham_Yxy
from drivesynth.truth.box import heading, tight_box
from drivesynth.view.camera import corners_rect_m

with (Path(__file__).parents[1] / "data" / "camera_reference.csv").open() as file:
    ROWS = list(csv.DictReader(file))
RIG = RigGeometry.of(load_rig("kitti"))
CALIBRATION = calib.of(RIG)


def of(*quantities: str) -> pytest.MarkDecorator:
    rows = [row for row in ROWS if row["quantity"] in quantities]
    assert rows, quantities
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row['quantity']} {row['inputs'][:40]}")


def approx(row: dict[str, str]):  # type: ignore[no-untyped-def]
    if row["tolerance"] == "exact":
        return pytest.approx(float(row["expected"]), abs=0.0, rel=0.0)
    kind, bound = row["tolerance"].split()[:2]
    return pytest.approx(float(row["expected"]), **{kind: float(bound)})


def triple(text: str) -> np.ndarray:
    return np.array([float(number) for number in re.findall(r"-?[\d.]+", text)])


@of("kitti.project_u_px", "kitti.project_v_px")
def test_a_point_of_the_lidar_falls_on_its_pixel(row: dict[str, str]) -> None:
    point = triple(re.findall(r"\(([^)]*)\)", row["inputs"])[0])
    pixel = CALIBRATION.project(move_points(CALIBRATION.rect_from_lidar, point[None]))[0]
    assert pixel[int(row["quantity"] == "kitti.project_v_px")] == approx(row)


@of("kitti.baseline_23_m", "kitti.baseline_01_m", "kitti.hfov_deg")
def test_the_cameras_of_kitti_s_car(row: dict[str, str]) -> None:
    focal, shift = CALIBRATION.projections[:, 0, 0], CALIBRATION.projections[:, 0, 3]
    width = RIG.cameras["image_2"].width_px
    found = {
        "kitti.baseline_23_m": (shift[2] - shift[3]) / focal[2],
        "kitti.baseline_01_m": (shift[0] - shift[1]) / focal[0],
        "kitti.hfov_deg": 2.0 * np.degrees(np.arctan(width / 2.0 / focal[2])),
    }
    assert found[row["quantity"]] == approx(row)


@of("kitti.box_left_px", "kitti.box_top_px", "kitti.box_right_px", "kitti.box_bottom_px")
def test_a_label_s_cuboid_in_the_picture(row: dict[str, str]) -> None:
    label = Label("Car", 0, 0, 0.0, (0, 0, 0, 0), (1.5, 1.6, 3.9), (2.0, 1.6, 15.0), 0.3)
    u, v, _ = CALIBRATION.project(corners_rect_m(label)).T
    side = {"left": u.min(), "top": v.min(), "right": u.max(), "bottom": v.max()}
    assert side[row["quantity"].split("_")[1]] == approx(row)


@of("camera.snr")
def test_signal_against_noise_of_a_chip(row: dict[str, str]) -> None:
    """1,000 photons at half a chance are 500 electrons; 12 bits of 0.1 DN an electron span 40,310."""
    chip = Chip(bits=12)
    full_well_e = (2**12 - 1 - chip.black_dn) / 0.1
    light = np.full((1000, 1000), 500.0 / full_well_e)
    signal = chip.linear(chip.numbers(light, full_well_e, 8.0, key=3, pattern_key=4))
    # Of a million pixels the spread is known to 0.07 %.
    assert signal.mean() / signal.std() == pytest.approx(float(row["expected"]), rel=4e-3)


@of("camera.srgb_encode")
def test_the_tone_curve_is_srgb_s(row: dict[str, str]) -> None:
    code = tone_table(1.0)[round(0.18 * (len(tone_table(1.0)) - 1))]
    assert code / 255.0 == pytest.approx(float(row["expected"]), abs=0.5 / 255.0 + 1e-4)


@of("kitti.alpha_rad")
def test_the_angle_of_observation(row: dict[str, str]) -> None:
    assert wrap_angle(0.0 - np.arctan2(10.0, 10.0)) == approx(row)


@of("kitti.rotation_y_rad")
def test_a_car_that_faces_as_the_lidar_does(row: dict[str, str]) -> None:
    label_from_lidar = np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    forward = heading(label_from_lidar, np.eye(4))
    corners = np.array([[x, y, z] for x in (-2.0, 2.0) for y in (-0.8, 0.8) for z in (0.0, 1.5)])
    assert tight_box(move_points(label_from_lidar, corners), forward).rotation_y_rad == approx(row)


@of("kitti.velodyne_bytes_per_point")
def test_bytes_of_a_point(row: dict[str, str]) -> None:
    assert velodyne.ROW.itemsize == approx(row)


@of("nuscenes.lidar_bytes_per_point")
def test_bytes_of_a_point_of_nuscenes(row: dict[str, str]) -> None:
    """A file of two points is read as two points of five numbers."""
    count = round(2 * float(row["expected"]))
    numbers = np.arange(count // 4, dtype="<f4")
    cloud = clouds.decode(numbers.tobytes(), "a.pcd.bin")
    np.testing.assert_array_equal(cloud.xyz_m, numbers.reshape(2, 5)[:, :3])


@of("camera.koschmieder_transmission")
def test_what_haze_lets_through(row: dict[str, str]) -> None:
    """Of a fog's visibility 5 % of contrast are left, of the air's 2 %."""
    extinction = extinction_of_mor(100.0) if "MOR" in row["inputs"] else haze_extinction(100.0, 550.0)
    found = np.exp(-extinction * 50.0)
    exact = approx(row)
    assert found == (exact if "MOR" in row["inputs"] else pytest.approx(float(row["expected"]), rel=1e-3))


@of(
    "sky.preetham_zenith_Y_kcd_m2", "sky.preetham_zenith_x", "sky.preetham_zenith_y", "sky.preetham_Y_kcd_m2"
)  # fmt: skip
def test_a_clear_sky(row: dict[str, str]) -> None:
    def toward(zenith_deg: float, azimuth_rad: float = 0.0) -> np.ndarray:
        zenith = np.radians(zenith_deg)
        flat = np.sin(zenith)
        return np.array([flat * np.cos(azimuth_rad), flat * np.sin(azimuth_rad), np.cos(zenith)])

    aside = np.arccos(  # 30 degrees from a sun at 45, seen at 60
        (np.cos(np.radians(30)) - np.cos(np.radians(60)) * np.cos(np.radians(45)))
        / (np.sin(np.radians(60)) * np.sin(np.radians(45)))
    )
    view = toward(60.0, float(aside)) if "view" in row["inputs"] else toward(0.0)
    bright, x, y = preetham_Yxy(view[None], toward(45.0), 3.0)[0]
    found = {"sky.preetham_zenith_x": x, "sky.preetham_zenith_y": y}.get(row["quantity"], bright)
    assert found == approx(row)
