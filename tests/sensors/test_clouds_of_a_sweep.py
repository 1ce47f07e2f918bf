"""The three clouds of one sweep: as fired, without the ego's motion, and of a world that stands still."""

import numpy as np
import pytest

from drivesynth.api import render
from drivesynth.dataset.build import build
from drivesynth.dataset.plan import Request
from drivesynth.scenario.draw import sample
from drivesynth.scene import loads
from drivesynth.scene.rig import load_rig
from drivesynth.world.simulate import simulate

SCENE = """drivesynth: 1
road: {template: street/plain, length: 160 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 60 m}, speed: SPEED}
actors:
  oncoming: {asset: car/sedan, at: {lane: L1, s: 90 m}, speed: 60 km/h}
duration: 1.2 s
rig: kitti_mono
output: {fps: 10}
"""
BOTH = ("compensated", "oracle")


def clouds(speed: str):  # type: ignore[no-untyped-def]
    rig = load_rig("kitti_mono")
    blind = rig.model_copy(update={"cameras": {}, "label_frame": rig.label_frame})
    rollout = simulate(sample(loads(SCENE.replace("SPEED", speed))))
    return render(rollout, 0.6, blind, quality="draft", clouds=BOTH)


def matched(frame, cloud: np.ndarray, oracle: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Distance of each point of a cloud to the nearest of the oracle's."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(oracle[:, :3]).query(cloud[:, :3])[0])


def test_a_car_at_rest_has_one_cloud_three_times() -> None:
    frame = clouds("0 km/h")
    pulses, kinds = frame.sweeps["velodyne"], frame.clouds["velodyne"]
    raw = pulses.xyz_m[pulses.returned]
    assert set(kinds) == set(BOTH)
    assert kinds["compensated"][:, :3] == pytest.approx(raw, abs=1e-4)
    assert np.array_equal(kinds["compensated"][:, 3], pulses.intensity[pulses.returned])


def test_compensation_takes_the_ego_s_motion_out_and_leaves_the_others_in() -> None:
    frame = clouds("50 km/h")
    pulses, kinds = frame.sweeps["velodyne"], frame.clouds["velodyne"]
    rows = pulses.returned
    raw, still, oracle = pulses.xyz_m[rows], kinds["compensated"][:, :3], kinds["oracle"]
    behind = (np.abs(pulses.azimuth_rad[rows].astype(float) - np.pi) < 0.5) & (pulses.actor[rows] < 0)
    # Half a turn at 50 km/h is 0.72 m; along the road's own lines that hardly shows, across them it does.
    walls = behind & (np.abs(pulses.xyz_m[rows, 2]) < 1.0)
    far = [np.quantile(matched(frame, points[walls], oracle), 0.75) for points in (raw, still)]
    assert far[1] < 0.5 * far[0] and far[1] < 0.25
    # The oncoming car is met before or after the frame time and stands elsewhere then.
    car = pulses.actor[rows] > 0
    assert car.sum() > 50
    away = np.abs(still[car].mean(axis=0) - raw[car].mean(axis=0))
    assert away.max() < 0.75


def test_a_dataset_holds_the_clouds_that_were_asked_for(tmp_path) -> None:  # type: ignore[no-untyped-def]
    scene = tmp_path / "scene.yaml"
    scene.write_text(SCENE.replace("SPEED", "50 km/h"))
    request = Request(scenes=(str(scene),), frames=1, quality="draft", clouds=("oracle", "compensated"))
    build(request, tmp_path / "out")
    own, raw = tmp_path / "out" / "drivesynth", tmp_path / "out" / "training" / "velodyne" / "000000.bin"
    for kind in BOTH:
        points = np.fromfile(own / f"velodyne_{kind}" / "000000.bin", "<f4").reshape(-1, 4)
        assert len(points) > 50_000 and points.tobytes() != raw.read_bytes()
