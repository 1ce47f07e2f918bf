"""Every shipped scene in a mirror: the same happens, on the other side of the road."""

import numpy as np
import pytest

from drivesynth.assets.model import LIGHTS
from drivesynth.geometry.transforms import wrap_angle
from drivesynth.scene import catalogue, load
from drivesynth.study.variants import accept
from drivesynth.world.simulate import simulate
from tests.world.mirrors import mirrored

ENTRIES = catalogue.entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.path.parent.name}/{entry.path.stem}")
def test_the_twin_of_a_scene_does_the_same_on_the_other_side(entry: catalogue.Entry) -> None:
    draw = accept(load(entry.path), None, 0)
    assert draw is not None
    here, there = draw.rollout, simulate(mirrored(draw.scenario))
    # Drivers who brake in front of somebody take a rounded difference further: to 1.7 mm/s at the most.
    assert len(here.time_s) == len(there.time_s)
    assert there.events == here.events
    assert there.hit_s == pytest.approx(here.hit_s, abs=1e-6)
    assert np.abs(there.speed_mps - here.speed_mps).max() < 5e-3
    assert np.abs(there.position_m[:, :, 0] - here.position_m[:, :, 0]).max() < 2e-3
    assert np.abs(there.position_m[:, :, 1] + here.position_m[:, :, 1]).max() < 2e-3
    assert np.abs(wrap_angle(there.rpy_rad[:, :, 2] + here.rpy_rad[:, :, 2])).max() < 1e-4
    left, right = LIGHTS.index("indicator_left"), LIGHTS.index("indicator_right")
    assert np.array_equal(there.lights >> left & 1, here.lights >> right & 1)
    assert np.array_equal(there.present, here.present)
