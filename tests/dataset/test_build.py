"""The main job: whole datasets, the same bytes whoever makes them and however often they are interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from drivesynth.dataset.build import build
from drivesynth.dataset.draw import pin
from drivesynth.dataset.ledger import LEDGER
from drivesynth.dataset.plan import Request
from drivesynth.dataset.storage import PLAN, STAGING
from drivesynth.dataset.verify import verify
from drivesynth.errors import RequestError, WorkError
from drivesynth.export import calib, extras, kitti
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.rig import RigGeometry
from tests.kitti_devkit import pixel, read_calib, read_labels, read_velodyne, rect_from_velodyne

CHILD = "edge_cases/occlusion/child_between_parked_cars"
CARGO = "edge_cases/debris/cargo_on_lane"


def request(**changes) -> Request:
    words = {"scenes": (CHILD,), "variants": 2, "frames": 2, "rig": "kitti_mono", "quality": "draft"}
    return Request(**(words | changes))


def contents(folder: Path) -> dict[str, str]:
    """Path -> digest of everything the promise of equal bytes covers."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for top in ("training", "testing", "ImageSets", "drivesynth/frames", "drivesynth/scenarios")
        for path in sorted((folder / top).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    steps = []
    summary = build(request(), folder, progress=steps.append)
    assert (summary.made, summary.kept) == (4, 0)
    assert [step.done for step in steps if step.stage == "render"] == [0, 1, 2, 3, 4]
    assert {"velodyne", "image_2", "truth", "encode", "write"} <= set(summary.timings_s)
    return folder


def test_a_dataset_has_every_file_of_every_frame_and_nothing_half_done(dataset):
    ids = ["000000", "000001", "000002", "000003"]
    for folder, ending in (("velodyne", "bin"), ("image_2", "png"), ("label_2", "txt"), ("calib", "txt")):
        found = sorted(path.name for path in (dataset / "training" / folder).iterdir())
        assert found == [f"{name}.{ending}" for name in ids]
    assert not (dataset / "training" / "image_3").exists()  # the rig has one camera
    for folder, ending in (("depth_2", "png"), ("instance_2", "png"), ("frames", "json")):
        found = sorted(path.name for path in (dataset / "drivesynth" / folder).iterdir())
        assert found == [f"{name}.{ending}" for name in ids]
    assert (dataset / "ImageSets" / "trainval.txt").read_text().split() == ids
    assert sorted(path.stem for path in (dataset / "ImageSets").iterdir()) == [
        "test",
        "train",
        "trainval",
        "val",
    ]
    assert not (dataset / STAGING).exists() or not list((dataset / STAGING).iterdir())
    assert list(verify(dataset)) == []


def test_an_independent_reader_finds_all_fields_in_range_and_boxes_where_their_objects_project(dataset):
    objects = 0
    for path in sorted((dataset / "training" / "label_2").iterdir()):
        matrices = read_calib(dataset / "training" / "calib" / path.name)
        for row in read_labels(path):
            if row.type == "DontCare":
                continue
            objects += 1
            if row.truncated > 0 or min(z for *_, z in row.corners()) < 1.0:
                continue
            u, v = zip(*(pixel(matrices, corner) for corner in row.corners()), strict=True)
            left, top, right, bottom = row.bbox
            # The box's corners span the object and some air round it: KITTI's boxes measure 3-10 % more.
            slack = 1.0 + 0.01 * 721 / row.loc[2]  # a pixel, and what two decimals of a metre are
            assert min(u) - slack <= left
            assert min(v) - slack <= top
            assert right <= max(u) + slack
            assert bottom <= max(v) + slack
            assert (right - left) * (bottom - top) > 0.5 * (max(u) - min(u)) * (max(v) - min(v)) - 4
    assert objects >= 8


def test_an_independent_reader_finds_the_labelled_returns_in_the_boxes(dataset):
    """Counting by box and counting by the truth's own ids agree but for ground at the box's foot."""
    compared = 0
    for path in sorted((dataset / "training" / "label_2").iterdir())[1:2]:
        matrices = read_calib(dataset / "training" / "calib" / path.name)
        cloud = [
            rect_from_velodyne(matrices, point)
            for point in read_velodyne(dataset / "training" / "velodyne" / f"{path.stem}.bin")
            if point[0] > 3
        ]
        notes = extras.decode((dataset / "drivesynth" / "frames" / f"{path.stem}.json").read_bytes())
        for row in read_labels(path):
            own = [t for t in notes.actors if np.allclose(t.box.bottom_center_m, row.loc, atol=0.0051)]
            if row.type == "DontCare" or row.loc[2] < 8 or own[0].lidar_points["velodyne"] < 50:
                continue
            inside = sum(row.contains(point, 0.05) for point in cloud)
            assert 0.9 * own[0].lidar_points["velodyne"] <= inside
            compared += 1
    assert compared


def test_the_calibration_file_gives_back_the_rigs_transforms(dataset):
    rig = RigGeometry.of(load_rig("kitti_mono"))
    read = calib.decode((dataset / "training" / "calib" / "000000.txt").read_bytes())
    turn = read.rect_from_lidar[:3, :3] @ rig.label_from_lidar[:3, :3].T
    # KITTI prints seven digits, so its own rotations are orthonormal to about 1e-6.
    assert np.abs(turn - np.eye(3)).max() < 1e-6
    np.testing.assert_allclose(read.rect_from_lidar[:3, 3], rig.label_from_lidar[:3, 3], atol=1e-5)
    camera = rig.cameras["image_2"]
    centre = -np.linalg.solve(read.projections[2, :, :3], read.projections[2, :, 3])
    label_from_camera = np.linalg.inv(rig.vehicle_from_label) @ camera.vehicle_from_camera
    np.testing.assert_allclose(label_from_camera, rigid(centre, rotation_xyz()), atol=1e-6)


def test_open3d_ml_reads_every_frame(dataset):
    """The reader inside the Open3D wheel: clouds, boxes and calibration, no training framework needed."""
    reader = pytest.importorskip(
        "open3d.ml.datasets", reason="Open3D-ML is not installed", exc_type=ImportError
    )
    split = reader.KITTI(str(dataset), val_split=4, use_cache=False).get_split("train")
    assert len(split) == 4
    for index in range(4):
        data = split.get_data(index)
        name = split.get_attr(index)["name"]
        frame = kitti.read(dataset, name)
        assert data["point"].shape[1] == 4
        assert len(data["bounding_boxes"]) == len(frame.labels)
        rows = [row for row in frame.labels if row.cares]
        boxes = [box for box in data["bounding_boxes"] if box.label_class in {row.type for row in rows}]
        for box, row in zip(boxes, rows, strict=True):
            # Theirs stand in the LiDAR's frame; the distance from it is the same in both.
            foot = calib_inverse(frame.calibration) @ [*row.location_m, 1.0]
            assert np.linalg.norm(box.center[:2] - foot[:2]) < 0.1
            assert sorted(box.size) == pytest.approx(sorted(row.size_m))


def calib_inverse(calibration: calib.Calibration) -> np.ndarray:
    return np.linalg.inv(calibration.rect_from_lidar)


def test_the_same_command_again_makes_nothing_and_changes_nothing(dataset):
    before = contents(dataset)
    stamps = {path: path.stat().st_mtime_ns for path in dataset.glob("training/*/*")}
    summary = build(request(), dataset)
    assert (summary.made, summary.kept) == (0, 4)
    assert contents(dataset) == before
    assert {path: path.stat().st_mtime_ns for path in dataset.glob("training/*/*")} == stamps


def test_workers_and_threads_change_no_byte(dataset, tmp_path):
    build(request(), tmp_path, workers=2, threads=2)
    assert contents(tmp_path) == contents(dataset)
    assert list(verify(tmp_path)) == []


def test_another_seed_makes_other_frames(dataset, tmp_path):
    build(request(seed=12345, variants=1, frames=1), tmp_path)
    mine, theirs = contents(tmp_path), contents(dataset)
    for path in ("training/velodyne/000000.bin", "training/image_2/000000.png"):
        assert mine[path] != theirs[path]


def test_a_plan_with_more_variants_and_scenes_extends_and_gives_what_asking_at_once_gives(dataset, tmp_path):
    build(request(variants=1), tmp_path)
    first = contents(tmp_path)
    summary = build(request(), tmp_path)
    assert (summary.made, summary.kept) == (2, 2)
    assert contents(tmp_path) == contents(dataset)
    assert {path: contents(dataset)[path] for path in first if "ImageSets" not in path} == {
        path: digest for path, digest in first.items() if "ImageSets" not in path
    }
    with pytest.raises(RequestError, match="quality was draft and is high now"):
        build(request(quality="high"), tmp_path)
    with pytest.raises(RequestError, match=r"it has 2 variants of child_between_parked_cars, now 1"):
        build(request(variants=1), tmp_path)


def run_and_kill(folder: Path, frames: int, workers: int) -> None:
    """Build in another process and kill it, with -9, once the ledger knows `frames` frames."""
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from drivesynth.dataset.build import build\nfrom drivesynth.dataset.plan import Request\n"
        "if __name__ == '__main__':\n"
        f"    build(Request(scenes=({CHILD!r},), variants=2, frames=2, rig='kitti_mono', quality='draft'),"
        f" Path(sys.argv[1]), workers={workers})\n"
    )
    script = folder.parent / "run.py"
    script.write_text(program)
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), str(root / "kernels")])
    run = subprocess.Popen([sys.executable, str(script), str(folder)], env={**os.environ, "PYTHONPATH": path})
    ledger = folder / LEDGER
    deadline = time.monotonic() + 300
    while run.poll() is None and time.monotonic() < deadline:
        if ledger.exists() and ledger.read_bytes().count(b'"kind":"frame"') >= frames:
            break
        time.sleep(0.005)
    assert run.poll() is None, "it ended before it could be killed"
    os.kill(run.pid, signal.SIGKILL)
    run.wait()


def test_a_run_killed_with_9_leaves_no_half_file_and_goes_on_to_the_same_bytes(dataset, tmp_path):
    folder = tmp_path / "out"
    run_and_kill(folder, 1, 2)
    whole = contents(dataset)
    for path, digest in contents(folder).items():
        assert whole[path] == digest, f"{path} is not whole"
    summary = build(request(), folder)
    assert summary.kept >= 1
    assert summary.made >= 1
    assert contents(folder) == whole
    assert list(verify(folder)) == []


def test_a_lost_or_cut_file_is_made_again(dataset, tmp_path):
    build(request(variants=1), tmp_path)
    (tmp_path / "training" / "label_2" / "000000.txt").unlink()
    cloud = tmp_path / "training" / "velodyne" / "000001.bin"
    cloud.write_bytes(cloud.read_bytes()[:-16])
    faults = [str(fault) for fault in verify(tmp_path)]
    assert faults == [
        "training/label_2/000000.txt: is missing",
        "training/velodyne/000001.bin: has other bytes than the ledger says",
    ]
    assert build(request(variants=1), tmp_path).made == 2
    assert list(verify(tmp_path)) == []


def test_a_changed_byte_is_found(dataset, tmp_path):
    build(request(variants=1, frames=1), tmp_path)
    path = tmp_path / "training" / "image_2" / "000000.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (tmp_path / "training" / "velodyne" / "000007.bin").write_bytes(b"")
    assert [str(fault) for fault in verify(tmp_path)] == [
        "training/image_2/000000.png: has other bytes than the ledger says",
        "training/velodyne/000007.bin: is not in the ledger",
    ]


def test_a_disk_that_fills_up_ends_the_run_with_whole_frames_only(dataset, tmp_path, monkeypatch):
    """Writing the third frame's cloud fails as a full disk does; afterwards there is room again."""
    write, clouds = Path.write_bytes, []

    def full(path, data):
        if len(data) > 1_000_000:
            clouds.append(path)
            if len(clouds) == 3:
                write(path, data[:1000])
                raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        WorkError, match=r"\.bin: cannot be written: No space left on device; free some space"
    ):
        build(request(), tmp_path)
    assert (tmp_path / "ImageSets" / "train.txt").read_text().split() == ["000000", "000001"]
    assert len(list((tmp_path / "training" / "velodyne").iterdir())) == 2
    assert len(list((tmp_path / "training" / "calib").iterdir())) == 2
    monkeypatch.undo()
    assert build(request(), tmp_path).made == 2
    assert contents(tmp_path) == contents(dataset)


def test_radar_and_inertial_unit_stand_beside_the_rest_and_leave_it_as_it_is(dataset, tmp_path):
    words = {"variants": 1, "frames": 1}
    build(request(**words, rig="kitti_radar"), tmp_path / "radar")
    build(request(**words, rig="kitti"), tmp_path / "plain")
    assert not list(verify(tmp_path / "radar"))
    plain, more = contents(tmp_path / "plain"), contents(tmp_path / "radar")
    added = set(more) - set(plain)
    assert added == {"training/oxts/000000.txt"} and all(more[path] == plain[path] for path in plain)
    from tests import oxts_devkit

    record = oxts_devkit.read(tmp_path / "radar" / "training" / "oxts" / "000000.txt")
    assert record["lat"] == pytest.approx(49.0112, abs=0.01) and record["navstat"] == 4
    from drivesynth.export import radar

    beside = tmp_path / "radar" / "drivesynth" / "radar_front"
    cloud = radar.decode((beside / "000000.pcd").read_bytes())
    told = radar.decode_labels((beside / "000000.csv").read_bytes())
    assert len(cloud.rows) == len(told.range_m) > 10
    assert cloud.lidar_from_radar[:3, 3] == pytest.approx([2.6, 0.0, -1.23], abs=1e-6)


def test_images_of_truth_stand_beside_the_rest_and_leave_it_as_it_is(tmp_path):
    plain, rich = tmp_path / "plain", tmp_path / "rich"
    build(request(variants=1, frames=1), plain)
    build(request(variants=1, frames=1, truth=("semantic", "flow", "masks")), rich)
    assert contents(plain) == contents(rich)
    for name in (
        "semantic_2/000000.png",
        "flow_occ_2/000000.png",
        "flow_noc_2/000000.png",
        "masks_2/000000.json",
    ):
        assert (rich / "drivesynth" / name).stat().st_size > 500
        assert not (plain / "drivesynth" / name).exists()
    assert not (rich / "drivesynth" / "normals_2").exists()
    assert list(verify(rich)) == []
    with pytest.raises(RequestError, match="truth was semantic, flow, masks and is none now"):
        build(request(variants=1, frames=1), rich)
    with pytest.raises(RequestError, match="scene flow needs a stereo pair"):
        build(request(truth=("scene_flow",)), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_scene_names_its_images_of_truth_and_so_does_its_scenario(tmp_path):
    scene, out = tmp_path / "labelled.yaml", tmp_path / "out"
    scene.write_text(f"drivesynth: 1\nextends: {CHILD}.yaml\noutput: {{labels: [box3d, hazard, semantic]}}\n")
    build(request(scenes=(str(scene),), variants=1, frames=1, truth=("albedo",)), out)
    assert {path.name for path in (out / "drivesynth").glob("*_2")} == {
        "depth_2", "instance_2", "semantic_2", "albedo_2"
    }  # fmt: skip
    assert pin(str(out / "drivesynth/scenarios/000000.json"), None, 1).images == ("semantic",)


def test_pulses_hold_every_fired_pulse_when_asked_for(tmp_path):
    pulses = pytest.importorskip("drivesynth.export.pulses")
    pytest.importorskip("pyarrow", reason="the extra `pulses` is not installed")
    build(request(variants=1, frames=1, pulses=True), tmp_path)
    sweep = pulses.decode((tmp_path / "drivesynth" / "pulses" / "000000.parquet").read_bytes())
    assert len(sweep.range_m) == 64 * 2155
    assert len(sweep.returned) == len(kitti.read(tmp_path, "000000").cloud)


def test_the_ledger_and_the_plan_say_what_was_asked_and_made(dataset):
    plan = json.loads((dataset / PLAN).read_text())
    assert [scene["name"] for scene in plan["asked"]["scenes"]] == ["child_between_parked_cars"]
    assert set(plan["versions"]) >= {"drivesynth", "sources", "numpy", "numba"}
    rows = [json.loads(line) for line in (dataset / LEDGER).read_text().splitlines()]
    frames = [row for row in rows if row["kind"] == "frame"]
    assert [row["frame"] for row in frames] == ["000000", "000001", "000002", "000003"]
    assert all(row["files"] and row["timings_s"] for row in frames)
    text = (dataset / "drivesynth" / "README.md").read_text()
    assert "4 of 4 frames" in text
    assert "Licence" in text


def test_two_scenes_share_one_dataset(tmp_path):
    summary = build(request(scenes=(CHILD, CARGO), variants=1, frames=1), tmp_path)
    assert summary.made == 2
    with pytest.raises(RequestError, match="named twice"):
        build(request(scenes=(CHILD, CHILD)), tmp_path)


def test_a_scene_that_is_not_there_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(RequestError, match="no such file"):
        build(request(scenes=("no/such/scene",)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
