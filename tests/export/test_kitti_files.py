"""Every writer and its reader are inverse to each other, and write what the format's document says."""

import dataclasses
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import RequestError
from drivesynth.export import calib, extras, images, kitti, labels, png, pulses, velodyne
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.frame import CAUSE, CAUSES, CameraFrame, Frame, Pulses
from drivesynth.truth.model import ActorTruth, Box3D, View
from tests.kitti_devkit import read_calib, read_labels, read_velodyne

number = st.floats(-80, 80, width=32)


def some_pulses(count: int = 50, seed: int = 1) -> Pulses:
    rng = np.random.default_rng(seed)
    lost = rng.random(count) < 0.3
    return Pulses(
        xyz_m=rng.normal(0, 20, (count, 3)).astype(np.float32),
        azimuth_rad=rng.random(count).astype(np.float32),
        elevation_rad=rng.random(count).astype(np.float32),
        range_m=np.where(lost, np.inf, 20).astype(np.float32),
        intensity=rng.random(count).astype(np.float32),
        ring=rng.integers(0, 64, count).astype(np.uint8),
        column=rng.integers(0, 2155, count).astype(np.uint16),
        time_ns=rng.integers(0, 10**10, count),
        echo=np.zeros(count, np.uint8),
        class_id=rng.integers(0, 40, count).astype(np.uint8),
        actor=rng.integers(-1, 9, count).astype(np.int32),
        instance=rng.integers(-1, 99, count).astype(np.int32),
        material=rng.integers(0, 30, count).astype(np.uint8),
        incidence_rad=rng.random(count).astype(np.float32),
        cause=np.where(lost, CAUSE["no-surface"], CAUSE["surface"]).astype(np.uint8),
        ambient=rng.random(count).astype(np.float32),
    )


def some_calibration(seed: int = 1) -> calib.Calibration:
    rng = np.random.default_rng(seed)
    return calib.Calibration(
        rng.normal(0, 300, (4, 3, 4)),
        rotation_xyz(0.01, 0.008, -0.004),
        rigid((0.1, -0.2, 0.3), rotation_xyz(1.5, 0.01, 1.56)),
        rigid((-0.8, 0.3, -0.8), rotation_xyz(0.01, 0.0, 0.02)),
    )


def test_a_cloud_file_holds_the_pulses_that_came_back_in_their_order(tmp_path):
    sweep = some_pulses()
    data = velodyne.encode(sweep)
    path = tmp_path / "000000.bin"
    path.write_bytes(data)
    back = sweep.returned
    expected = np.column_stack([sweep.xyz_m[back], sweep.intensity[back]])
    np.testing.assert_array_equal(velodyne.decode(data), expected)
    np.testing.assert_array_equal(np.array(read_velodyne(path), np.float32), expected)
    assert 0 < len(expected) < 50


def test_a_cloud_file_that_is_cut_is_refused():
    with pytest.raises(RequestError, match=r"000001\.bin: 31 bytes are not whole rows"):
        velodyne.decode(bytes(31), "000001.bin")


def test_colours_survive_the_picture_file():
    rgb = np.random.default_rng(0).integers(0, 256, (9, 14, 3)).astype(np.uint8)
    np.testing.assert_array_equal(images.decode_rgb(images.encode_rgb(rgb)), rgb)


def unpacked(data: bytes) -> tuple[tuple[int, ...], np.ndarray]:
    """IHDR's fields and the unfiltered rows of a PNG, chunk by chunk as ISO/IEC 15948 has it."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + body),)
        chunks.append((name, body))
        at += 12 + length
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    header = struct.unpack(">IIBBBBB", chunks[0][1])
    step = header[2] // 8 * {0: 1, 2: 3}[header[3]]
    rows = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(header[1], -1)
    values = np.zeros((header[1], rows.shape[1] - 1), np.uint8)
    for y, row in enumerate(rows):
        for x in range(values.shape[1]):
            left = values[y, x - step] if row[0] == 1 and x >= step else 0
            above = values[y - 1, x] if row[0] == 2 and y else 0
            values[y, x] = (int(row[1 + x]) + int(left) + int(above)) % 256
    return header, values


@given(st.integers(1, 9), st.integers(1, 12), st.sampled_from(["left", "above"]), st.booleans())
def test_a_picture_file_is_what_the_standard_says(height, width, against, colour):
    rng = np.random.default_rng(height * width)
    shape, kind = ((height, width, 3), np.uint8) if colour else ((height, width), np.uint16)
    pixels = rng.integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)
    header, values = unpacked(png.encode(pixels, against))
    assert header == (width, height, 8 * pixels.itemsize, 2 if colour else 0, 0, 0, 0)
    back = values.view(pixels.dtype.newbyteorder(">")).reshape(shape)
    np.testing.assert_array_equal(back, pixels)


def test_a_noisy_picture_is_hardly_larger_than_opencv_makes_it():
    y, x = np.mgrid[0:200, 0:300]
    smooth = 120 + 60 * np.sin(x / 40)[..., None] * np.cos(y / 30)[..., None] + np.array([0, 9, 20])
    rgb = (smooth + np.random.default_rng(1).normal(0, 2, smooth.shape)).astype(np.uint8)
    _, theirs = cv2.imencode(".png", rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert len(images.encode_rgb(rgb)) < 1.15 * len(theirs)


def test_depth_survives_to_half_a_step_and_the_sky_stays_infinite():
    depth = np.array([[0.0, 0.001, 1.25, 80.123], [255.9, 256.1, 4000.0, np.inf]], np.float32)
    back = images.decode_depth(images.encode_depth(depth))
    assert np.isinf(back[1, 1:]).all()
    np.testing.assert_allclose(back[0, 2:], depth[0, 2:], atol=0.5 / 256 + 1e-6)
    assert (back[0, :2] <= 1 / 256).all()


def test_actors_survive_the_instance_file_and_surroundings_are_minus_one():
    actor = np.array([[-1, 1, 2], [300, 65535, -1]], np.int32)
    np.testing.assert_array_equal(images.decode_instance(images.encode_instance(actor)), actor)


def test_a_broken_picture_is_refused():
    with pytest.raises(RequestError, match="not a picture"):
        images.decode_rgb(images.encode_rgb(np.zeros((4, 4, 3), np.uint8))[:20])


def test_a_calibration_survives_its_file(tmp_path):
    before = some_calibration()
    path = tmp_path / "calib.txt"
    path.write_bytes(calib.encode(before))
    after = calib.decode(path.read_bytes())
    for field in dataclasses.fields(before):
        # Twelve decimals of a mantissa: far below 1e-6 rad and 1e-5 m.
        np.testing.assert_allclose(
            getattr(after, field.name), getattr(before, field.name), rtol=1e-12, atol=1e-12
        )
    rows = read_calib(path)
    np.testing.assert_allclose(np.reshape(rows["P2"], (3, 4)), before.projections[2])


def test_a_calibration_without_a_row_is_refused_by_name():
    text = calib.encode(some_calibration()).decode()
    with pytest.raises(RequestError, match="Tr_imu_to_velo"):
        calib.decode("\n".join(text.splitlines()[:-1]).encode())
    with pytest.raises(RequestError, match=r"x\.txt:5: R0_rect: 9 numbers"):
        calib.decode(text.replace("R0_rect: ", "R0_rect: 7 ").encode(), "x.txt")


def actor(
    name="car_1", class_name="car", z=20.0, x=2.0, visible=0.9, pixels=100, truncated=0.0, returns=7,
    rotation_y=0.4, amodal=(10.0, 20.0, 60.0, 80.0),
) -> ActorTruth:  # fmt: skip
    view = View(amodal, amodal if pixels else None, visible, truncated, pixels)
    box = Box3D(4.2, 1.8, 1.5, np.array([x, 1.7, z]), rotation_y)
    return ActorTruth(
        name, 1, class_name, box, np.eye(4), (4.2, 1.8, 1.5), 3.0, {"velodyne": returns}, {"image_2": view}
    )


def rows_of(*actors: ActorTruth) -> list[labels.Label]:
    return labels.labels(actors, "image_2", "velodyne")


@pytest.mark.parametrize(
    ("visible", "level"),
    [(1.0, 0), (0.8, 0), (0.79, 1), (0.5, 1), (0.49, 2), (0.15, 2), (0.14, 3), (0.001, 3)],
)
def test_the_visible_share_decides_how_occluded_an_object_is(visible, level):
    assert rows_of(actor(visible=visible))[0].occluded == level


def test_a_hidden_actor_with_returns_is_a_region_and_without_is_nothing():
    region = rows_of(actor(pixels=0, visible=0.0, returns=1))
    assert [row.type for row in region] == ["DontCare"]
    assert region[0].box_px == (10, 20, 60, 80)
    assert rows_of(actor(pixels=0, visible=0.0, returns=0)) == []


def test_an_actor_beyond_the_picture_or_without_a_kitti_type_has_no_row():
    assert rows_of(actor(amodal=None), actor(class_name="cone")) == []


def test_rows_stand_nearest_first_and_regions_last(tmp_path):
    rows = rows_of(
        actor("far", z=60.0),
        actor("hidden", z=5.0, pixels=0, visible=0.0),
        actor("near", z=8.0, class_name="child"),
        actor("middle", z=30.0, class_name="bicycle"),
    )
    path = tmp_path / "000000.txt"
    path.write_bytes(labels.encode(rows))
    assert [row.type for row in read_labels(path)] == ["Pedestrian", "Cyclist", "Car", "DontCare"]


def test_a_frame_without_objects_still_has_a_line(tmp_path):
    path = tmp_path / "000000.txt"
    path.write_bytes(labels.encode([]))
    assert [row.type for row in read_labels(path)] == ["DontCare"]


@given(x=number, z=st.floats(0.5, 90), rotation_y=st.floats(-3.14159, 3.14159), truncated=st.floats(0, 1))
def test_labels_survive_their_file_to_two_decimals(tmp_path_factory, x, z, rotation_y, truncated):
    before = rows_of(actor(x=x, z=z, rotation_y=rotation_y, truncated=truncated))
    path = tmp_path_factory.mktemp("labels") / "000000.txt"
    path.write_bytes(labels.encode(before))
    (after,) = labels.decode(path.read_bytes())
    assert "-0.00" not in path.read_text()
    for name in ("truncated", "alpha_rad", "box_px", "size_m", "location_m", "rotation_y_rad"):
        np.testing.assert_allclose(getattr(after, name), getattr(before[0], name), atol=0.005 + 1e-9)
    assert (after.type, after.occluded, after.score) == ("Car", 0, None)
    if z > 2:  # nearer, half a centimetre turns the line of sight by more than the last decimal
        read_labels(path)


def test_a_label_line_with_a_field_too_few_is_refused_by_its_line():
    text = labels.encode(rows_of(actor(), actor())).decode().splitlines()
    with pytest.raises(RequestError, match=r"000007\.txt:2: 14 fields"):
        labels.decode("\n".join([text[0], text[1].rsplit(" ", 1)[0]]).encode(), "000007.txt")


def test_all_four_lists_are_written_and_the_test_frames_are_in_test_alone():
    lists = kitti.encode_lists({"000002": "val", "000000": "train", "000003": "test", "000001": "train"})
    assert {path: data.decode().split() for path, data in lists.items()} == {
        "ImageSets/train.txt": ["000000", "000001"],
        "ImageSets/val.txt": ["000002"],
        "ImageSets/trainval.txt": ["000000", "000001", "000002"],
        "ImageSets/test.txt": ["000003"],
    }


@pytest.mark.parametrize(
    ("lidars", "cameras"), [([], ["image_2"]), (["roof"], ["front"]), (["roof", "bumper"], [])]
)
def test_a_rig_that_kitti_cannot_hold_is_refused(lidars, cameras):
    with pytest.raises(RequestError, match="needs a LiDAR and a camera named image_2"):
        kitti.check_rig(lidars, cameras)


def test_further_lidars_have_clouds_and_rows_of_their_own(tmp_path):
    """Cloud and calibration of each are KITTI's own, and take a point to the same place as the main one's."""
    roof, bumper = some_pulses(seed=1), some_pulses(seed=2)
    picture = CameraFrame(
        np.zeros((4, 6, 3), np.uint8), np.ones((4, 6), np.float32), np.full((4, 6), -1, np.int32),
        np.zeros((4, 6), np.uint8), 0,
    )  # fmt: skip
    frame = Frame(0.0, np.eye(4), {"roof": roof, "bumper": bumper}, {"image_2": picture})
    pose = rigid((2.0, 0.5, -1.0), rotation_xyz(0.0, 0.1, 0.2))
    main = some_calibration()
    files = kitti.encode(frame, (), main, "000000", lidar_from_further={"bumper": pose})
    assert list(files)[-1] == "training/velodyne/000000.bin"
    assert files["training/velodyne/000000.bin"] == velodyne.encode(roof)
    assert files["training/velodyne_bumper/000000.bin"] == velodyne.encode(bumper)
    assert files["training/calib/000000.txt"] == calib.encode(main)
    path = tmp_path / "calib.txt"
    path.write_bytes(files["training/calib_bumper/000000.txt"])
    read_calib(path)
    other = calib.decode(path.read_bytes())
    point = np.array([12.0, -3.0, 0.5, 1.0])
    np.testing.assert_allclose(other.rect_from_lidar @ point, main.rect_from_lidar @ pose @ point, atol=1e-9)
    back = np.linalg.inv(other.lidar_from_imu) @ point
    np.testing.assert_allclose(back, np.linalg.inv(main.lidar_from_imu) @ pose @ point, atol=1e-9)


def test_every_pulse_survives_the_parquet_file():
    pytest.importorskip("pyarrow", reason="the extra `pulses` is not installed")
    before = some_pulses(200)
    after = pulses.decode(pulses.encode(before))
    for field in dataclasses.fields(Pulses):
        column = getattr(before, field.name)
        np.testing.assert_array_equal(getattr(after, field.name), column)
        assert getattr(after, field.name).dtype == column.dtype
    assert len(CAUSES) < 128


def test_real_frames_pass_our_readers(real):
    """KITTI's own files: labels, calibration and clouds, and points found in each near, whole box."""
    from drivesynth.geometry.transforms import move_points
    from drivesynth.truth.box import inside

    checked = 0
    for path in sorted((real / "kitti" / "velodyne").glob("*.bin"))[:6]:
        folder = path.parents[1]
        cloud = velodyne.decode(path.read_bytes(), str(path))
        calibration = calib.decode((folder / "calib" / f"{path.stem}.txt").read_bytes())
        rows = labels.decode((folder / "label_2" / f"{path.stem}.txt").read_bytes())
        points = move_points(calibration.rect_from_lidar, cloud[:, :3].astype(np.float64))
        for row in rows:
            if not row.cares or row.occluded > 0 or row.location_m[2] > 30:
                continue
            height, width, length = row.size_m
            box = Box3D(length, width, height, np.array(row.location_m), row.rotation_y_rad)
            held = inside(box, points, 0.05)
            assert held.sum() >= 20, f"{path.stem}: {row}"
            # The labelled points project into the labelled 2-D box.
            left, top, right, bottom = row.box_px
            u, v, _ = calibration.project(points[held]).T
            within = (u > left - 8) & (u < right + 8) & (v > top - 8) & (v < bottom + 8)
            assert within.mean() > 0.9 or row.truncated > 0
            checked += 1
        # What people wrote by hand survives our writer to the devkit's own two decimals.
        again = labels.decode(labels.encode(rows))
        assert sorted(map(repr, again)) == sorted(map(repr, rows))
    assert checked >= 5


def test_the_notes_of_a_frame_survive_their_file():
    hidden = actor("hidden", class_name="cone", amodal=None, pixels=0, visible=0.0)
    before = extras.FrameNotes(
        "000003", "child", 2, "abc", 1.5, rigid((1, 2, 3), rotation_xyz(yaw_rad=0.3)),
        {"near": {"ttc_s": np.inf, "gap_m": 3.25}}, (actor("near"), hidden),
    )  # fmt: skip
    data = extras.encode(before)
    after = extras.decode(data)
    assert extras.encode(after) == data
    assert after.criticality == {"near": {"ttc_s": np.inf, "gap_m": 3.25}}
    assert [truth.name for truth in after.actors] == ["near", "hidden"]
    assert after.actors[1].views == hidden.views
    np.testing.assert_allclose(after.world_from_vehicle, before.world_from_vehicle, atol=1e-6)
    np.testing.assert_allclose(after.actors[0].box.bottom_center_m, before.actors[0].box.bottom_center_m)
