"""The limit of a work zone: its signs, and who keeps to it where."""

import numpy as np
import pytest

from drivesynth.road import network as roads
from drivesynth.road import works
from drivesynth.road.plan import RoadPlan, WorkZonePlan
from drivesynth.road.street import dress
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, motorway, scenario

ZONE = WorkZonePlan(lane="R1", from_m=400.0, to_m=500.0, taper_m=60.0, cone_every_m=10.0, limit_mps=60 / 3.6)
FIRST_M, LAST_M = 400.0 - 60.0 - 50.0, 500.0 + 15.0


def with_zone(**more: object) -> RoadPlan:
    return motorway().model_copy(update={"work_zones": (ZONE.model_copy(update=more),)})


def driven(plan: RoadPlan, lane: str, model: str = "idm", s_m: float = 100.0, **more: object) -> Rollout:
    one = actor(plan, "ego", "car/sedan", lane, s_m, 30.0, model=model).model_copy(update=more)
    return simulate(scenario(plan, one, duration_s=40.0))


def speeds_between(rollout: Rollout, first_m: float, last_m: float) -> np.ndarray:
    s = rollout.position_m[:, 0, 0]
    inside = (s > first_m) & (s < last_m)
    assert inside.sum() > 10
    return np.asarray(rollout.speed_mps[inside, 0])


def test_a_driver_comes_down_to_the_limit_and_up_again_behind_the_zone() -> None:
    rollout = driven(with_zone(), "R2")
    assert speeds_between(rollout, FIRST_M - 180.0, FIRST_M - 160.0).min() > 80 / 3.6
    assert speeds_between(rollout, FIRST_M, LAST_M).max() < 75 / 3.6
    beside = speeds_between(rollout, ZONE.from_m, ZONE.to_m)
    assert beside.min() > 58 / 3.6 and beside.max() < 63 / 3.6
    assert rollout.accel_mps2.min() > -2.0, "nobody brakes hard for a sign"
    assert rollout.speed_mps[-1, 0] > 25.0


@pytest.mark.parametrize("more", [{"model": "constant"}, {"obeys": {"limit": False}}])
def test_who_disregards_limits_or_only_keeps_a_speed_drives_on(more: dict[str, object]) -> None:
    assert speeds_between(driven(with_zone(), "R2", **more), FIRST_M, LAST_M).min() > 27.0  # type: ignore[arg-type]


def test_oncoming_traffic_has_no_part_in_it() -> None:
    rollout = driven(with_zone(), "L2", s_m=900.0)
    assert speeds_between(rollout, FIRST_M, LAST_M).min() > 27.0


@pytest.mark.parametrize(("lane", "sign"), [("R1", 1.0), ("L1", -1.0)])
def test_signs_stand_where_the_limit_begins_and_ends_for_its_own_traffic(lane: str, sign: float) -> None:
    plan = with_zone(lane=lane)
    network = roads.build(plan)
    found = {prop.asset: prop for prop in dress(network) if prop.asset.startswith("sign/speed_limit")}
    assert set(found) == {"sign/speed_limit_60", "sign/speed_limit_130"}
    first, last = works.limited_m(network, plan.work_zones[0])
    begins, ends = (first, last) if sign > 0 else (last, first)
    assert found["sign/speed_limit_60"].x_m == pytest.approx(begins, abs=0.01)
    assert found["sign/speed_limit_130"].x_m == pytest.approx(ends, abs=0.01)
    for prop in found.values():
        assert prop.y_m * sign < -network.lane("R3").width_m * 3, "on the right of its traffic, off the lanes"


def test_without_a_limit_there_is_neither() -> None:
    plan = with_zone(limit_mps=None)
    assert not [prop for prop in dress(roads.build(plan)) if prop.asset.startswith("sign/")]
    assert speeds_between(driven(plan, "R2"), FIRST_M, LAST_M).min() > 27.0
