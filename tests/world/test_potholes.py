"""A wheel that rolls over a pothole sinks into it, and the others do not."""

import numpy as np
import pytest

from drivesynth.scenario.draw import sample
from drivesynth.scene.loader import loads
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate

SCENE = """\
drivesynth: 1
road: {{template: rural/two_lane, length: 200 m{hill}, potholes: [{hole}]}}
ego: {{asset: car/estate, size: [4.68 m, 1.84 m, 1.48 m], at: {{lane: R1, s: 40 m}}, speed: 20 km/h}}
duration: 6 s
"""
RIGHT = "{lane: R1, s: 60 m, offset: -0.736 m, length: 1.2 m, depth: 8 cm}"


def lived(hole: str, hill: str = "") -> Rollout:
    return simulate(sample(loads(SCENE.format(hole=hole, hill=hill)), seed=1, variant=0))


def test_right_wheels_sink_one_after_the_other() -> None:
    rollout = lived(RIGHT)
    up, roll, pitch = rollout.position_m[:, 0, 2], rollout.rpy_rad[:, 0, 0], rollout.rpy_rad[:, 0, 1]
    # One of four wheels at the hole's floor: a quarter of 8 cm, and half of it across 0.8 of the width.
    assert up.min() == pytest.approx(-0.02, abs=1e-4)
    assert roll.max() == pytest.approx(np.arctan(0.04 / (0.8 * 1.84)), abs=1e-3) and roll.min() > -1e-6
    # Nose down (positive) first, then the tail.
    assert pitch.max() > 0.01 and pitch.min() < -0.01
    assert np.argmax(pitch) < np.argmin(pitch)
    sunk = rollout.position_m[up < -0.019, 0, 0]
    assert sunk.min() < 60.0 < sunk.max() and up[-1] == 0.0


def test_a_hole_between_the_wheels_is_not_felt() -> None:
    rollout = lived("{lane: R1, s: 60 m, length: 0.9 m, depth: 8 cm}")
    assert not rollout.position_m[:, 0, 2].any() and not rollout.rpy_rad[:, 0, 0].any()


def test_on_a_slope_it_adds_to_the_slope() -> None:
    hill = ", elevation: [{s: 0 m, height: 0 m, grade: 2 %}, {s: 200 m, height: 4 m, grade: 2 %}]"
    hole, whole = lived(RIGHT, hill), lived("", hill)
    sunk = whole.position_m[:, 0, 2] - hole.position_m[:, 0, 2]
    assert sunk.max() == pytest.approx(0.02, abs=1e-4) and sunk.min() > -1e-9
