"""Fog, rain and a failing LiDAR, from scene to dataset: what each took and gave is on record."""

from pathlib import Path

import numpy as np
import pytest

from drivesynth.assets.classes import CLASS_ID, CLASSES
from drivesynth.dataset.build import build
from drivesynth.dataset.iterate import shots
from drivesynth.dataset.plan import Request
from drivesynth.export import kitti
from drivesynth.export.labels import labels
from drivesynth.sensors.frame import CAUSE, Pulses

SCENE = """drivesynth: 1
road: {template: street/plain, length: 160 m}
ego: {asset: car/estate, at: {lane: R1, s: 40 m}, speed: 30 km/h}
actors:
  van: {asset: van/delivery, at: {lane: R1, ahead_of: ego, by: 14 m}, speed: 30 km/h}
story:
  - {when: time > 0.15 s, do: {ego: [{fault: {sensor: lidar, kind: dead_beams}}]}}
environment: {fog: {mor: 60 m}, rain: 20 mm/h, wetness: 90 %}
rig:
  use: kitti_mono
  faults:
    - {sensor: lidar, kind: dirt, sector: 20 deg, at: 40 deg, loss: 100 %}
    - {sensor: lidar, kind: interference, severity: 4}
sample: {count: 1}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faulty") / "faulty.yaml"
    path.write_text(SCENE)
    return path


def share_lost(sweep: Pulses, ring: int) -> float:
    """Of the pulses of a ring that the own car does not hide."""
    there = (sweep.ring == ring) & (sweep.cause != CAUSE["own-vehicle"])
    return float((sweep.cause == CAUSE["dropped-fault"])[there].mean())


def test_weather_and_faults_reach_the_dataset_with_their_causes(scene: Path, tmp_path: Path) -> None:
    pulses = pytest.importorskip("drivesynth.export.pulses")
    pytest.importorskip("pyarrow", reason="the extra `pulses` is not installed")
    build(Request(scenes=(str(scene),), variants=1, frames=2, quality="draft", pulses=True), tmp_path)
    first, second = (
        pulses.decode((tmp_path / "drivesynth" / "pulses" / f"00000{n}.parquet").read_bytes()) for n in (0, 1)
    )
    for number, sweep in enumerate((first, second)):
        assert len(sweep.returned) == len(kitti.read(tmp_path, f"00000{number}").cloud)
        back = np.isfinite(sweep.range_m)
        # What the air or another scanner sends is of no actor and no surface.
        for name in ("fog", "rain", "crosstalk"):
            of_air = back & (sweep.cause == CAUSE[name])
            assert of_air.sum() > 20, name
            assert (sweep.actor[of_air] == -1).all() and (sweep.class_id[of_air] == 0).all(), name
        # Dirt 20 degrees wide on the left lets nothing pass.
        azimuth = np.angle(np.exp(1j * (sweep.azimuth_rad.astype(np.float64) - np.radians(40.0))))
        assert not back[np.abs(azimuth) < np.radians(9.9)].any()
        assert back[(np.abs(azimuth) > np.radians(10.1)) & (np.abs(azimuth) < np.radians(15.0))].mean() > 0.5
    # The story's fault begins with its event: severity 3 takes 12 % of 64 beams.
    dead = [[ring for ring in range(64) if share_lost(sweep, ring) == 1.0] for sweep in (first, second)]
    assert dead[0] == [] and len(dead[1]) == 8


def test_labels_count_an_actors_own_surfaces_alone(scene: Path) -> None:
    (shot,) = shots(str(scene), variants=1, frames=1, quality="draft")
    sweep = shot.frame.sweeps["velodyne"]
    (van,) = shot.truths
    mine = np.isfinite(sweep.range_m) & (sweep.actor == van.actor)
    real = mine & np.isin(sweep.cause, [CAUSE["surface"], CAUSE["through-glass"]])
    assert van.lidar_points == {"velodyne": int(real.sum())} and real.sum() > 100
    assert CLASSES[CLASS_ID[van.class_name]].kitti
    assert len(labels(shot.truths, "image_2", "velodyne")) == 1
