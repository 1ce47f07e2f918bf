"""The file about a rig's cameras: OpenCV, told what stands in it, projects as our lenses do."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.export import cameras, images, kitti
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.frame import CameraFrame, Frame
from drivesynth.sensors.rig import RigGeometry
from tests.export.test_kitti_files import some_calibration, some_pulses


def test_opencv_projects_lidar_points_by_the_file_as_the_lens_does() -> None:
    rig = RigGeometry.of(load_rig("surround"))
    document = json.loads(cameras.of(rig))
    assert list(document) == list(rig.cameras) == ["image_2", "front", "left", "right", "rear"]
    points = np.random.default_rng(3).uniform(-30, 30, (400, 3))
    for name, told in document.items():
        camera_from_lidar = np.array(told["camera_from_lidar"])
        turn, _ = cv2.Rodrigues(camera_from_lidar[:3, :3])
        own = points @ camera_from_lidar[:3, :3].T + camera_from_lidar[:3, 3]
        k, bend = np.array(told["K"]), np.array(told["distortion"], np.float64)
        if told["lens"] == "kannala_brandt":
            pixels, _ = cv2.fisheye.projectPoints(points[:, None], turn, camera_from_lidar[:3, 3], k, bend)
        else:
            pixels, _ = cv2.projectPoints(points, turn, camera_from_lidar[:3, 3], k, bend)
        ahead = own[:, 2] > 0.5
        assert ahead.sum() > 100
        lens = rig.cameras[name].lens
        assert lens.model == told["lens"]
        np.testing.assert_allclose(pixels.reshape(-1, 2)[ahead], lens.project(own)[ahead], atol=0.01)


def test_kitti_s_own_cameras_need_no_file() -> None:
    for name in ("kitti", "kitti_mono", "kitti_radar"):
        assert cameras.of(RigGeometry.of(load_rig(name))) == b""
    plain = load_rig("kitti_mono")
    (camera,) = plain.cameras.values()
    rolling = plain.model_copy(
        update={"cameras": {"image_2": camera.model_copy(update={"row_delay_us": 9.0})}}
    )
    assert json.loads(cameras.of(RigGeometry.of(rolling)))["image_2"]["row_delay_s"] == pytest.approx(9e-6)


def test_pictures_of_all_cameras_and_raw_numbers_are_written() -> None:
    shape = (6, 9)
    rgb, raw = np.full((*shape, 3), 7, np.uint8), np.arange(54, dtype=np.uint16).reshape(shape) * 70
    further = CameraFrame(
        rgb, np.ones(shape, np.float32), np.zeros(shape, np.int32), np.zeros(shape, np.uint8), 0, raw
    )
    left = replace(further, raw=None)
    frame = Frame(0.0, np.eye(4), {"roof": some_pulses()}, {"image_2": left, "rear": further})
    files = kitti.encode(frame, [], some_calibration(), "000003", cameras=b"{}")
    assert "training/image_2/000003.png" in files
    np.testing.assert_array_equal(images.decode_rgb(files["training/image_rear/000003.png"]), rgb)
    back = cv2.imdecode(
        np.frombuffer(files["drivesynth/raw_rear/000003.png"], np.uint8), cv2.IMREAD_UNCHANGED
    )
    np.testing.assert_array_equal(back, raw)
    assert files["drivesynth/cameras/000003.json"] == b"{}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("distortion: [0.1, 0, 0, 0]", "pinhole lens has 0 numbers, not 4; say lens: brown_conrady"),
        ("lens: kannala_brandt", "kannala_brandt lens has 4 numbers, not 0"),
        ("lens: fisheye", "lens"),
        ("device: no_such_chip", "no_such_chip"),
        ("device: hdl32e", "hdl32e is a spinning_lidar; a camera is needed here"),
        ("device: {kind: camera, raw: true}", "raw needs the order of the colour filters"),
        ("focus: {distance_m: 10}", "aperture_mm"),
        ("instants: 0", "instants"),
    ],
)
def test_what_no_camera_can_be_is_refused_at_its_line(given: str, said: str, tmp_path: Path) -> None:
    numbers = "".join(
        f"    {key}: 80\n" for key in ("width_px", "height_px", "fx_px", "fy_px", "cx_px", "cy_px")
    )
    text = (
        f"lidars:\n  top: {{device: hdl32e, mount: {{}}}}\ncameras:\n  image_2:\n{numbers}    mount: {{}}\n"
    )
    file = tmp_path / "mine.yaml"
    file.write_text(text + f"    {given}\n")
    with pytest.raises(RequestError) as caught:
        load_rig(file)
    assert said in str(caught.value)
    assert "mine.yaml:" in str(caught.value)
