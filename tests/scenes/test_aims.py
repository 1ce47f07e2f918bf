"""Every shipped scene that aims: where nobody reacts, the front is met at its place and time."""

import numpy as np
import pytest

from drivesynth.scenario.model import Aim, Output, Scenario
from drivesynth.scene import catalogue, load
from drivesynth.study.variants import accept
from drivesynth.world.simulate import simulate
from tests.world.test_aim import meeting

AIMING = [entry for entry in catalogue.entries() if "aim:" in entry.path.read_text()]
# The scene's own seed; of every third another one too.
DRAWS = [*((entry, None) for entry in AIMING), *((entry, 1) for entry in AIMING[::3])]


def unseen(scenario: Scenario) -> Scenario:
    """The scenario in which nobody sees those who aim: what they plan happens."""
    actors = tuple(
        a if a.aim is None else a.model_copy(update={"aim": a.aim.model_copy(update={"until_s": 0.0})})
        for a in scenario.actors
    )
    return scenario.model_copy(update={"actors": actors, "output": Output()})


def wanted_left_m(aim: Aim, width_m: float, side: float) -> float:
    """Where on the front line: the impact counts from the side the actor comes from, +1 the left one."""
    if aim.miss_m is not None:
        return side * (1.0 if aim.impact_ratio <= 0.5 else -1.0) * (width_m / 2 + aim.miss_m)
    return side * (0.5 - aim.impact_ratio) * width_m


@pytest.mark.parametrize(("entry", "seed"), DRAWS, ids=lambda of: of.path.stem if hasattr(of, "path") else of)
def test_without_reactions_the_bumper_is_met_at_its_impact(entry: catalogue.Entry, seed: int | None) -> None:
    draw = accept(load(entry.path), seed, 0)
    assert draw is not None
    rollout = simulate(unseen(draw.scenario))
    aiming = [actor for actor in rollout.scenario.actors if actor.aim is not None]
    assert aiming and set(rollout.hit_s) == {actor.name for actor in aiming}
    for actor in aiming:
        assert actor.aim is not None
        time, left = meeting(rollout, actor.name)
        assert time == pytest.approx(rollout.hit_s[actor.name], abs=0.01)
        yaw = rollout.rpy_rad[round(time / 0.01), :, 2]
        leftwards = np.sin(yaw[rollout.names.index(actor.name)] - yaw[0])
        # Who crosses counts from the side it comes from, who moves along from the kerb, the right one.
        side = 1.0 if leftwards < -0.1 else -1.0
        assert left == pytest.approx(wanted_left_m(actor.aim, rollout.scenario.ego.size_m[1], side), abs=0.02)


def test_a_third_of_the_catalogue_aims() -> None:
    assert len(AIMING) >= 20
