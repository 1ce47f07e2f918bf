"""Conditions on rollouts and frames mean what they say."""

import numpy as np
import pytest

from drivesynth.scenario.model import Aim, Scenario
from drivesynth.scene.expressions import parse
from drivesynth.study.conditions import broken, expected, holds, longest_s, required_of_frames
from drivesynth.study.sightings import Sightings
from drivesynth.study.summary import summarise
from drivesynth.truth.model import ActorTruth, Box3D, View
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, motorway, scenario, street


def crossing(**more: object) -> Scenario:
    plan = street()
    return scenario(
        plan,
        actor(plan, "ego", "car/estate", "R1", 20, 10.0),
        actor(plan, "who", "pedestrian/adult", "R.sidewalk", 80, aim=Aim(speed_mps=1.4)),
        **more,
    )


@pytest.fixture(scope="module")
def rollout() -> Rollout:
    return simulate(crossing())


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("collision(who)", True),
        ("not collision(who)", False),
        ("collision(who) by 2 s", False),
        ("not collision(who) until 2 s", True),
        ("min_ttc(who) < 0.1 s", True),
        ("ego.speed > 40 km/h", False),
        ("ego.speed > 30 km/h until 3 s", True),
        ("distance(who) < 12 m until 3 s", False),
        ("distance(who) < 12 m", True),
        ("distance(who) < 12 m for 0.5 s", True),
        ("distance(who) < 12 m for 3 s", False),
        ("gap(ego, who) < 12 m and ego.s > 60 m", True),
        ("ego.lane == R1", True),
        ("who.lane == R1", True),
        ("who.lane == L1 by 3 s", False),
        ("5 s < hit(who) < 6 s", True),
        ("pet(who) < 0.1 s", True),
        ("drac(who) > 5 m/s^2", True),
    ],
)
def test_a_condition_over_a_rollout(rollout: Rollout, text: str, truth: bool) -> None:
    assert holds(parse(text), scope_of(rollout)) is truth


def test_the_first_broken_requirement_is_named_cheapest_first() -> None:
    rules = ("collision(who)", "ego.speed > 20 m/s", "$v < 3 m/s")
    found = broken(simulate(crossing(require=rules, params={"v": 5.0})))
    assert found is not None and str(found) == "require.2 $v < 3 m/s"
    found = broken(simulate(crossing(require=rules, params={"v": 2.0})))
    assert found is not None and str(found) == "require.1 ego.speed > 20 m/s"
    assert broken(simulate(crossing(require=rules[:1]))) is None


def truth_of(name: str, points: int, visible: float) -> ActorTruth:
    view = View((0, 0, 1, 1), None, visible, 0.0, 0)
    box = Box3D(1, 1, 1, np.zeros(3), 0.0)
    return ActorTruth(name, 1, "adult", box, np.eye(4), (1, 1, 1), 0.0, {"lidar": points}, {"image_2": view})


def test_what_sensors_saw_is_judged_at_frame_times() -> None:
    rules = ("points_on(who) > 20", "time_visible(who) < 1.2 s", "points_on(who) > 5 and ego.s > 75 m")
    rollout = simulate(crossing(require=rules, expect=("occlusion(who) < 50 % by 4.5 s", "collision(who)")))
    hit = rollout.hit_s["who"]
    times = [hit - 2.0, hit - 1.0, hit - 0.1]
    frames = [[truth_of("who", 0, 0.0)], [truth_of("who", 8, 0.4)], [truth_of("who", 30, 0.9)]]
    sightings = Sightings.of(times, frames)
    assert [v.holds for v in required_of_frames(rollout, sightings)] == [True, True, True]
    late = Sightings.of(times[:2], frames[:2])
    assert [v.holds for v in required_of_frames(rollout, late)] == [False, True, False]
    early = Sightings.of(times, [frames[1], frames[1], frames[2]])
    assert [v.holds for v in required_of_frames(rollout, early)] == [True, False, True]
    assert [v.holds for v in expected(rollout)] == [True], "what needs frames is left out without them"
    assert [v.holds for v in expected(rollout, sightings)] == [False, True]


def test_the_longest_stretch() -> None:
    time = np.arange(6) * 0.5
    assert longest_s(np.array([0, 1, 1, 0, 1, 0], bool), time) == 0.5
    assert longest_s(np.zeros(6, bool), time) == -1.0
    assert longest_s(np.ones(6, bool), time) == 2.5


def test_the_summary_of_a_follower_is_that_of_the_textbook() -> None:
    plan = motorway()
    ego = actor(plan, "ego", "car/estate", "R2", 20, 20.0)
    lead = actor(plan, "lead", "car/estate", "R2", 124.68, 10.0)
    far = actor(plan, "far", "car/estate", "R2", 900, 30.0)
    summary = summarise(simulate(scenario(plan, ego, lead, far, duration_s=8.0)))
    assert list(summary) == ["lead"]
    figures = summary["lead"]
    assert figures["min_gap_m"] == pytest.approx(20.0, abs=1e-6)
    assert figures["min_ttc_s"] == pytest.approx(2.0, abs=1e-6)
    assert figures["min_headway_s"] == pytest.approx(1.0, abs=1e-6)
    assert figures["max_drac_mps2"] == pytest.approx(100 / 40, abs=1e-6)
    assert figures["collision_s"] == np.inf and figures["hit_s"] == np.inf
