"""Pictures show things where they are."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.export import calib
from drivesynth.export.calib import Calibration
from drivesynth.export.labels import Label
from drivesynth.view.birds_eye import draw_birds_eye
from drivesynth.view.camera import COLOURS, corners_rect_m, draw_camera
from drivesynth.view.range_image import draw_range_image, rings_of
from drivesynth.view.sheet import choose_frame, draw_frame, frame_ids, write_png

PINHOLE = np.array([[700.0, 0, 600, 0], [0, 700, 180, 0], [0, 0, 1, 0]])
CALIBRATION = Calibration(np.stack([PINHOLE] * 4), np.eye(3), np.eye(4), np.eye(4))


def car(x_m: float, z_m: float, rotation_y_rad: float = -np.pi / 2) -> Label:
    return Label("Car", 0, 0, 0.0, (0, 0, 0, 0), (1.5, 1.6, 4.0), (x_m, 1.65, z_m), rotation_y_rad)


def sweep_of_rings(rings: int, per_ring: int) -> np.ndarray:
    """Points ring by ring, each from azimuth 0 onwards, as KITTI stores them."""
    azimuth = np.tile(np.linspace(0, 2 * np.pi, per_ring, endpoint=False) + 1e-3, rings)
    elevation = np.repeat(np.linspace(0.03, -0.4, rings), per_ring)
    return np.stack(
        [10 * np.cos(azimuth), 10 * np.sin(azimuth), 10 * np.tan(elevation), np.full_like(azimuth, 0.5)],
        axis=1,
    ).astype(np.float32)


def test_rings_are_found_where_the_azimuth_wraps() -> None:
    assert np.array_equal(rings_of(sweep_of_rings(64, 500)[:, :3]), np.repeat(np.arange(64), 500))


def test_a_cloud_in_any_order_still_gets_its_upper_points_in_upper_rows() -> None:
    cloud = sweep_of_rings(64, 500)
    shuffled = cloud[np.random.default_rng(1).permutation(len(cloud))]
    row = rings_of(shuffled[:, :3])
    assert row[shuffled[:, 2].argmax()] == 0 and row[shuffled[:, 2].argmin()] == 63


def rosette(points: int = 24_000) -> np.ndarray:
    """A Livox's directions, 70 deg across, on a wall 20 m ahead, in the order fired."""
    t = np.arange(points) / 240_000.0
    across = 17.5 * (np.exp(2j * np.pi * 7294 / 60 * t) + np.exp(-2j * np.pi * 4664 / 60 * t))
    azimuth, elevation = np.radians(across.real), np.radians(across.imag)
    return np.stack(
        [np.full(points, 20.0), 20 * np.tan(azimuth), 20 * np.tan(elevation) / np.cos(azimuth), 0 * t], axis=1
    ).astype(np.float32)


def test_a_rosette_is_drawn_as_dots_where_it_looked_without_stripes() -> None:
    """Round as it is, in the middle, each of its rows lit; a cloud of rings keeps its rows."""
    picture = draw_range_image(rosette())
    lit = picture.any(axis=2)
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    assert len(rows) == rows[-1] - rows[0] + 1 > 350  # no row in between is dark
    assert columns[-1] - columns[0] == pytest.approx(rows[-1] - rows[0], rel=0.05)
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(621, abs=6)
    middle = lit[len(lit) // 2 - 60 : len(lit) // 2 + 60, 561:681]
    assert middle.mean() > 0.3
    assert draw_range_image(sweep_of_rings(64, 500)).shape == (192, 1242, 3)


def test_an_object_to_the_left_is_left_in_the_range_image_and_near_is_brighter_red() -> None:
    left = np.array([[5.0, 5.0, 0.0, 0.5]], np.float32)
    picture = draw_range_image(np.repeat(left, 50, axis=0), 1242, 64)
    columns = np.flatnonzero(picture.any(axis=(0, 2)))
    assert columns.size and columns.max() < 1242 // 2
    assert not draw_range_image(np.zeros((0, 4), np.float32)).any()


def test_a_box_ahead_is_drawn_ahead_in_the_birds_eye() -> None:
    corners = np.array([[22.0, 1.0], [22.0, -1.0], [18.0, -1.0], [18.0, 1.0]])
    cloud = np.zeros((0, 4), np.float32)
    with_box = draw_birds_eye(cloud, [corners], [(0, 255, 0)], [""])
    changed = np.argwhere((with_box != draw_birds_eye(cloud)).any(axis=2))
    middle = (changed.min(axis=0) + changed.max(axis=0)) / 2
    assert middle == pytest.approx([(60 - 20) * 12, 26 * 12], abs=2)


def test_radar_detections_are_rings_at_their_place_red_where_they_come() -> None:
    cloud = np.zeros((0, 4), np.float32)
    plain = draw_birds_eye(cloud)
    for speed_mps, channel in ((-12.0, 2), (12.0, 0)):
        ring = draw_birds_eye(cloud, radar=np.array([[20.0, 5.0, speed_mps, 10.0], [500.0, 0.0, 1.0, 0.0]]))
        changed = np.argwhere((ring != plain).any(axis=2))
        middle = (changed.min(axis=0) + changed.max(axis=0)) / 2
        assert middle == pytest.approx([(60 - 20) * 12, (26 - 5) * 12], abs=1)
        brightest = ring[tuple(changed[ring[tuple(changed.T)].sum(axis=1).argmax()])]
        assert brightest.argmax() == channel
    resting = draw_birds_eye(cloud, radar=np.array([[20.0, 5.0, 0.1, 30.0]]))
    small = draw_birds_eye(cloud, radar=np.array([[20.0, 5.0, 0.1, -20.0]]))
    assert (resting != plain).sum() > 1.5 * (small != plain).sum()


def test_corners_stand_on_the_location_and_the_front_faces_forward() -> None:
    corners = corners_rect_m(car(0.0, 20.0))
    assert corners[:4].mean(axis=0) == pytest.approx([0, 1.65, 20.0])
    assert corners[[0, 1], 2] == pytest.approx([22.0, 22.0])  # rotation_y -90 deg looks away
    assert np.ptp(corners[:, 1]) == pytest.approx(1.5)


def test_a_box_beside_the_camera_is_cut_at_the_near_plane_not_wrapped_around() -> None:
    black = np.zeros((375, 1242, 3), np.uint8)
    picture = draw_camera(black, [car(3.0, 0.5)], CALIBRATION)
    drawn = np.argwhere(picture[20:].any(axis=2))  # below the caption
    assert drawn.size and drawn[:, 1].min() > 600  # it stands on the right


def test_a_box_behind_the_camera_is_not_drawn() -> None:
    black = np.zeros((375, 1242, 3), np.uint8)
    assert not draw_camera(black, [car(0.0, -20.0)], CALIBRATION)[100:].any()


def test_a_real_frame_is_drawn(real: Path, tmp_path: Path) -> None:
    sheet = draw_frame(real / "kitti", "000002")
    assert (sheet == COLOURS["Car"]).all(axis=2).sum() > 200
    write_png(tmp_path / "sheet.png", sheet)
    assert np.array_equal(cv2.imread(str(tmp_path / "sheet.png")), sheet)


def test_a_folder_without_frames_is_a_clear_mistake(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no frame found"):
        frame_ids(tmp_path)


def test_the_frame_shown_by_default_is_the_moment_before_the_hit(tmp_path: Path) -> None:
    from drivesynth.export.extras import FrameNotes, encode
    from drivesynth.truth.model import ActorTruth, Box3D, View

    child = ActorTruth(
        "child", 1, "child", Box3D(0.7, 0.3, 1.2, np.zeros(3), 0.0), np.eye(4), (0.7, 0.3, 1.2), 1.4, {},
        {"image_2": View((0, 0, 9, 9), (0, 0, 9, 9), 1.0, 0.0, 50)},
    )  # fmt: skip
    (tmp_path / "training" / "velodyne").mkdir(parents=True)
    (tmp_path / "drivesynth" / "frames").mkdir(parents=True)
    for name, ttc_s in (("000000", 1.9), ("000001", 0.9), ("000002", 0.1), ("000003", float("inf"))):
        (tmp_path / "training" / "velodyne" / f"{name}.bin").touch()
        notes = FrameNotes(name, "scene", 0, "0", 1.0, np.eye(4), {"child": {"ttc_s": ttc_s}}, (child,))
        (tmp_path / "drivesynth" / "frames" / f"{name}.json").write_bytes(encode(notes))
    assert choose_frame(tmp_path, None) == "000001"
    assert choose_frame(tmp_path, "2") == "000002"
    with pytest.raises(RequestError, match="no frame 7; it has 000000 to 000003"):
        choose_frame(tmp_path, "7")


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("training/velodyne/000000.bin", b"abc"),
        ("training/calib/000000.txt", b"\xff"),
        ("training/label_2/000000.txt", b"\xff"),
        ("training/label_2/000000.txt", b"Car 0 nan 0 0 0 0 0 1 1 1 0 0 0 0"),
        ("training/image_2/000000.png", b"no picture"),
        ("drivesynth/frames/000000.json", b"{"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, data: bytes) -> None:
    whole = {
        "training/velodyne/000000.bin": sweep_of_rings(4, 8).tobytes(),
        "training/calib/000000.txt": calib.encode(CALIBRATION),
    }
    for name, content in {**whole, file: data}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=file):
        draw_frame(tmp_path, choose_frame(tmp_path, None))
