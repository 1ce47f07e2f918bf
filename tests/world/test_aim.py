"""An aimed actor meets the ego's front where and when it was told to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.scenario.model import Aim
from drivesynth.world.bodies import body_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, do, event, scenario, street


def meeting(rollout: Rollout, name: str) -> tuple[float, float]:
    """When the actor's contact point passes the ego's front line, and where along it (left positive).

    Of several passages the one nearest to the predicted hit.
    """
    ahead, left = seen_from_front(rollout, name)
    passed = np.flatnonzero((ahead[:-1] > 0) != (ahead[1:] > 0))
    row = passed[np.argmin(np.abs(passed * 0.01 - rollout.hit_s[name]))]
    part = ahead[row] / (ahead[row] - ahead[row + 1])
    return (row + part) * 0.01, float(left[row] + part * (left[row + 1] - left[row]))


def seen_from_front(rollout: Rollout, name: str) -> tuple[F64, F64]:
    """(T,) how far the actor's contact point is ahead of the ego's front, and to the left of its middle."""
    i = rollout.names.index(name)
    body = body_of(rollout.scenario.everyone[i])
    yaw, ego_yaw = rollout.rpy_rad[:, i, 2], rollout.rpy_rad[:, 0, 2]
    contact = rollout.position_m[:, i, :2] + body.contact_m * np.column_stack([np.cos(yaw), np.sin(yaw)])
    offset = contact - rollout.position_m[:, 0, :2]
    ahead = offset[:, 0] * np.cos(ego_yaw) + offset[:, 1] * np.sin(ego_yaw)
    left = offset[:, 1] * np.cos(ego_yaw) - offset[:, 0] * np.sin(ego_yaw)
    return ahead - rollout.scenario.ego.size_m[0] / 2, left


@settings(max_examples=30)
@given(
    asset=st.sampled_from(["pedestrian/child", "pedestrian/adult", "cyclist/adult"]),
    speed=st.floats(0.8, 5.0),
    ego_kmh=st.floats(12.0, 70.0),
    impact=st.floats(0.1, 0.9),
    lane=st.sampled_from(["R.sidewalk", "L.sidewalk"]),
    bend=st.sampled_from([0.0, 1 / 80, -1 / 60]),
)
def test_without_reactions_the_actor_meets_the_bumper_at_its_impact(
    asset: str, speed: float, ego_kmh: float, impact: float, lane: str, bend: float
) -> None:
    plan = street(260, bend)
    ego = actor(plan, "ego", "car/estate", "R1", 20, ego_kmh / 3.6)
    who = actor(plan, "who", asset, lane, 95, aim=Aim(impact_ratio=impact, speed_mps=speed))
    rollout = simulate(scenario(plan, ego, who))
    time, left = meeting(rollout, "who")
    width = ego.size_m[1]
    from_right = lane == "R.sidewalk"
    wanted = (impact - 0.5) * width if from_right else (0.5 - impact) * width
    assert time == pytest.approx(rollout.hit_s["who"], abs=0.01)
    assert left == pytest.approx(wanted, abs=0.02)


def test_an_actor_in_the_lane_is_met_at_its_impact_from_behind() -> None:
    # Euro NCAP CPLA: the pedestrian walks along the lane; 25 % counts from the kerb side.
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 12.0)
    who = actor(plan, "who", "pedestrian/adult", "R1", 90, aim=Aim(impact_ratio=0.25, speed_mps=1.4))
    rollout = simulate(scenario(plan, ego, who))
    time, left = meeting(rollout, "who")
    assert time == pytest.approx(rollout.hit_s["who"], abs=0.01)
    assert left == pytest.approx(-0.25 * ego.size_m[1], abs=0.02)


@pytest.mark.parametrize("impact", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("speed", [12.0, 15.0, 16.0])
def test_who_rides_ahead_on_the_same_line_rides_from_the_start(impact: float, speed: float) -> None:
    # With 50 % both follow the very same line, which rounding lets them cross anywhere.
    plan = street(300)
    ego = actor(plan, "ego", "car/estate", "R1", 15, speed)
    who = actor(plan, "who", "cyclist/adult", "R1", 120, aim=Aim(impact_ratio=impact, speed_mps=4.2))
    rollout = simulate(scenario(plan, ego, who))
    assert rollout.speed_mps[100, 1] > 1.0
    time, left = meeting(rollout, "who")
    assert time == pytest.approx(rollout.hit_s["who"], abs=0.01)
    assert left == pytest.approx((impact - 0.5) * ego.size_m[1], abs=0.02)


def test_an_oncoming_car_is_met_at_its_impact() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 12.0)
    who = actor(
        plan, "who", "car/sedan", "R1", 200, turned_rad=np.pi, aim=Aim(impact_ratio=0.75, speed_mps=10.0)
    )
    rollout = simulate(scenario(plan, ego, who))
    i = rollout.names.index("who")
    assert rollout.position_m[50, i, 0] < 199.9, "it starts at once"
    assert rollout.rpy_rad[0, i, 2] % (2 * np.pi) == pytest.approx(np.pi)


def test_a_miss_passes_beyond_the_near_edge() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 12.0)
    who = actor(plan, "who", "pedestrian/adult", "R.sidewalk", 95, aim=Aim(miss_m=0.5, speed_mps=1.4))
    rollout = simulate(scenario(plan, ego, who))
    _, left = meeting(rollout, "who")
    assert left == pytest.approx(-(ego.size_m[1] / 2 + 0.5), abs=0.02)


def test_a_braking_ego_does_not_change_when_it_was_to_be_hit() -> None:
    plan = street()
    who = actor(plan, "who", "pedestrian/adult", "R.sidewalk", 95, aim=Aim(speed_mps=1.4))
    blind = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 20, 12.0), who))
    wary = simulate(
        scenario(plan, actor(plan, "ego", "car/estate", "R1", 20, 12.0, model="r157_careful"), who)
    )
    assert wary.hit_s["who"] == pytest.approx(blind.hit_s["who"], abs=1e-6)
    assert wary.speed_mps[-1, 0] < blind.speed_mps[-1, 0] - 1.0


def test_an_event_can_aim_somebody_who_waits() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 12.0)
    who = actor(plan, "who", "pedestrian/adult", "R.sidewalk", 120, turned_rad=np.pi / 2)
    aimed = event("go", "who", do("aim", impact_ratio=0.5, speed_mps=1.5), when="distance(who) < 80 m")
    rollout = simulate(scenario(plan, ego, who, story=(aimed,), duration_s=9.0))
    time, left = meeting(rollout, "who")
    assert time == pytest.approx(rollout.hit_s["who"], abs=0.01)
    assert left == pytest.approx(0.0, abs=0.02)


def test_ways_that_never_meet_are_refused() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 120, 12.0)
    who = actor(plan, "who", "pedestrian/adult", "R.sidewalk", 60, aim=Aim(speed_mps=1.4))
    with pytest.raises(RequestError, match="do not meet"):
        simulate(scenario(plan, ego, who))
