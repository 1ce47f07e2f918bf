"""Walkers who run, stumble and turn back."""

import numpy as np
import pytest

from drivesynth.scenario.draw import sample
from drivesynth.scene import loads
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate


def played(action: str) -> Rollout:
    return simulate(
        sample(
            loads(f"""\
drivesynth: 1
road: {{template: street/plain, length: 200 m}}
ego: {{at: {{lane: R1, s: 20 m}}, speed: 10 km/h}}
actors:
  walker: {{asset: pedestrian/adult, at: {{lane: R.sidewalk, s: 60 m, facing: left}}, speed: 5 km/h}}
story: [{{name: odd, when: time > 2 s, do: {{walker: {action}}}}}]
duration: 9 s
""")
        )
    )


def test_who_stumbles_nearly_stands_and_then_goes_on_as_before() -> None:
    speed = played("{stumble: {for: 0.8 s}}").speed_mps[:, 1]
    assert speed[:200] == pytest.approx(5 / 3.6)
    slow = np.flatnonzero(speed < 0.3)
    assert 0.4 < len(slow) * 0.01 < 0.9 and speed[slow].min() == pytest.approx(0.15 * 5 / 3.6, rel=0.05)
    assert speed[500:] == pytest.approx(5 / 3.6, abs=0.03)


def test_who_turns_back_stops_turns_and_returns_to_where_it_began() -> None:
    rollout = played("turn_back")
    at, yaw = rollout.position_m[:, 1, :2], rollout.rpy_rad[:, 1, 2]
    farthest = np.hypot(*(at - at[0]).T)
    assert farthest.max() == pytest.approx(2 * 5 / 3.6 + (5 / 3.6) ** 2 / 6, abs=0.15)
    assert farthest[-1] < 0.1 and rollout.speed_mps[-1, 1] == pytest.approx(0.0, abs=0.02)
    assert np.cos(yaw[-1] - yaw[0]) == pytest.approx(-1.0, abs=0.01)
    assert np.abs(np.diff(yaw)).max() <= 4.0 * 0.01 + 1e-9, "it turns on its feet"


def test_who_runs_does_so_at_three_metres_a_second() -> None:
    assert played("run").speed_mps[-1, 1] == pytest.approx(3.0, abs=0.03)
