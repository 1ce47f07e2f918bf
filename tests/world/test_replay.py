"""A recorded trajectory is played as it was recorded, and is in the others' way."""

from pathlib import Path

import numpy as np
import pytest

from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Scenario
from drivesynth.scene import load
from drivesynth.world.recording import recorded
from drivesynth.world.simulate import simulate

SCENE = """\
drivesynth: 1
road: {{template: street/plain, length: 250 m}}
ego: {ego}
actors: {{other: {{asset: car/sedan, drive: {{model: replay, file: track.csv}}}}}}
duration: 9 s
"""
DRIVER = "{at: {lane: R1, s: 20 m}, speed: 40 km/h, drive: {model: idm, speed: 40 km/h}}"


def written(folder: Path, rows: np.ndarray, ego: str = DRIVER) -> Path:
    lines = "\n".join(",".join(f"{x:.9g}" for x in row) for row in rows)
    (folder / "track.csv").write_text(f"time_s,x_m,y_m,heading_rad\n{lines}\n")
    path = folder / "scene.yaml"
    path.write_text(SCENE.format(ego=ego))
    return path


def slowing() -> np.ndarray:
    """A car that comes to a stand at 10 Hz: 60 m + 10 t - t^2, while it swings about its lane's middle."""
    time = np.arange(0.0, 5.01, 0.1)
    along = 60 + 10 * time - time**2
    across = -1.625 + 0.4 * np.sin(time)
    heading = np.arctan2(0.4 * np.cos(time), np.maximum(10 - 2 * time, 0.5))
    return np.column_stack([time, along, across, heading])


def test_it_goes_where_it_was_recorded_at_every_recorded_time(tmp_path: Path) -> None:
    rows = slowing()
    drawn = sample(load(written(tmp_path, rows)))
    rollout = simulate(drawn)
    steps = np.round(rows[:, 0] * 100).astype(int)
    assert np.abs(rollout.position_m[steps, 1, :2] - rows[:, 1:3]).max() < 1e-6
    assert np.abs(rollout.rpy_rad[steps, 1, 2] - rows[:, 3]).max() < 1e-6
    inner = steps[1:-2]
    speed = np.hypot(10 - 2 * rows[1:-2, 0], 0.4 * np.cos(rows[1:-2, 0]))
    toward = np.cos(np.arctan2(0.4 * np.cos(rows[1:-2, 0]), 10 - 2 * rows[1:-2, 0]) - rows[1:-2, 3])
    assert rollout.speed_mps[inner, 1] == pytest.approx(speed * toward, abs=0.02)
    assert rollout.accel_mps2[100:350, 1] == pytest.approx(-2.0, abs=0.3)
    assert (rollout.speed_mps[510:, 1] == 0.0).all() and np.ptp(rollout.position_m[510:, 1, 0]) == 0.0
    assert Scenario.model_validate_json(drawn.model_dump_json()) == drawn


def test_who_follows_it_stops_behind_it(tmp_path: Path) -> None:
    rollout = simulate(sample(load(written(tmp_path, slowing()))))
    lengths = [actor.size_m[0] for actor in rollout.scenario.everyone]
    gap = rollout.position_m[-1, 1, 0] - rollout.position_m[-1, 0, 0] - sum(lengths) / 2
    assert rollout.speed_mps[-1, 0] < 0.5 and 1.0 < gap < 4.0


def test_a_replayed_ego_ends_with_its_recording(tmp_path: Path) -> None:
    path = written(tmp_path, slowing(), "{drive: {model: replay, file: track.csv}}")
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "actors" not in line))
    rollout = simulate(sample(load(path)))
    assert rollout.time_s[-1] == pytest.approx(5.0, abs=0.011)
    assert rollout.position_m[200, 0, 0] == pytest.approx(60 + 20 - 4)


def test_headings_turn_the_short_way_and_it_waits_for_its_time() -> None:
    rows = [(1.0, 0.0, 0.0, 3.1), (2.0, -5.0, 0.0, -3.1), (3.0, -10.0, 0.0, -3.1)]
    states = recorded(rows, 0.01, 1000)
    assert len(states) == 301 and (states[:100, 3] == 0.0).all() and (states[:100, 0] == 0.0).all()
    assert states[100:200, 2].min() >= 3.1 - 1e-9 and states[:, 2].max() < 3.3
    assert np.abs(np.diff(states[:, 0])).max() < 0.08
