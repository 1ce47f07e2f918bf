"""Right of way on maps: their signs and priorities decide, and drivers keep to them."""

from pathlib import Path

import numpy as np
import pytest

from drivesynth.errors import RequestError
from drivesynth.road import network as roads
from drivesynth.road import rights
from drivesynth.road.plan import RoadPlan
from drivesynth.road.street import dress
from drivesynth.scenario.draw import check, sample
from drivesynth.scenario.model import SignalPlan
from drivesynth.world import metrics
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate
from tests.world.maps import ARM_M, EDGE_M, crossroads, sign
from tests.world.worlds import actor, scenario

# From the south straight on, from the east straight on (on the right of the first), from the west.
NORTHWARDS, WESTWARDS, EASTWARDS, SOUTHWARDS, LEFT = "42.R1", "13.R1", "31.R1", "24.R1", "43.R1"


def owes(plan: RoadPlan, own: str, its: str) -> bool:
    return rights.duty(plan, own, its) is not None


def drive(plan: RoadPlan, *cars: tuple[int, int, float], seconds: float = 20.0) -> Rollout:
    """IDM drivers (from, to, way to the junction); the first is the ego."""
    everyone = [
        actor(plan, "ego" if k == 0 else f"car{k}", "car/estate", f"{a}.L1", way, 11.0, model="idm",
              route=(f"{a}.L1", f"{b}.R1"))
        for k, (a, b, way) in enumerate(cars)
    ]  # fmt: skip
    return simulate(scenario(plan, *everyone, duration_s=seconds))


def crosses_s(rollout: Rollout, i: int) -> float:
    """When its middle is nearest to the middle of the junction."""
    return float(rollout.time_s[np.argmin(np.hypot(*rollout.position_m[:, i, :2].T))])


def apart(rollout: Rollout) -> bool:
    series = of_rollout(rollout)
    return not metrics.overlap(series, 0, 1).any()


def test_the_ways_of_the_map_are_known() -> None:
    network = roads.build(crossroads())
    assert {way.name for way in rights.ways(network)} == {
        f"{a}{b}.R1" for a in range(1, 5) for b in range(1, 5) if a != b
    }
    lines = rights.stop_lines(network)
    assert sorted((round(line.at.x_m, 2), round(line.at.y_m, 2)) for line in lines) == [
        (-EDGE_M - 1.0, -1.75), (-1.75, EDGE_M + 1.0), (1.75, -EDGE_M - 1.0), (EDGE_M + 1.0, 1.75),
    ]  # fmt: skip


def test_where_the_map_says_nothing_the_right_goes_first() -> None:
    plan = crossroads()
    assert owes(plan, NORTHWARDS, WESTWARDS) and not owes(plan, WESTWARDS, NORTHWARDS)
    assert owes(plan, EASTWARDS, NORTHWARDS) and not owes(plan, NORTHWARDS, EASTWARDS)
    assert owes(plan, LEFT, SOUTHWARDS) and not owes(plan, SOUTHWARDS, LEFT)


@pytest.mark.parametrize("kind", ["205", "206", "R1-1", "R1-2"])
def test_who_has_the_sign_yields_to_both_sides(kind: str) -> None:
    plan = crossroads({1: sign(kind)})  # at the arm that would have been on the right
    assert owes(plan, WESTWARDS, NORTHWARDS) and not owes(plan, NORTHWARDS, WESTWARDS)
    assert owes(plan, WESTWARDS, SOUTHWARDS) and not owes(plan, SOUTHWARDS, WESTWARDS)
    # Those without one keep the rule among themselves.
    assert owes(plan, EASTWARDS, NORTHWARDS) and not owes(plan, NORTHWARDS, EASTWARDS)


def test_a_sign_that_stands_on_another_road_rules_by_reference() -> None:
    """The sign of the eastern arm stands on the southern one, looking away from who drives there."""
    refers = '<signalReference s="2.0" t="0.0" id="{}" orientation="-"/>'
    elsewhere = sign("206", orientation="+").replace('id="9"', 'id="stop"')
    plan = crossroads({4: elsewhere, 1: refers.format("stop")})
    assert owes(plan, WESTWARDS, NORTHWARDS) and not owes(plan, NORTHWARDS, WESTWARDS)
    unknown = crossroads({4: elsewhere, 1: refers.format("nothing")})
    assert not owes(unknown, WESTWARDS, NORTHWARDS)


def test_a_sign_for_the_other_direction_says_nothing() -> None:
    plan = crossroads({1: sign("205", orientation="+")})
    assert owes(plan, NORTHWARDS, WESTWARDS) and not owes(plan, WESTWARDS, NORTHWARDS)
    assert owes(crossroads({1: sign("205", orientation="none")}), WESTWARDS, NORTHWARDS)


def test_the_last_sign_before_the_junction_counts() -> None:
    plan = crossroads({1: sign("306", s=80.0) + sign("205", s=2.0)})
    assert owes(plan, WESTWARDS, NORTHWARDS)
    plan = crossroads({1: sign("205", s=80.0) + sign("306", s=2.0)})
    assert not owes(plan, WESTWARDS, NORTHWARDS)


def test_a_priority_road_goes_first_and_its_left_turns_still_yield_to_oncoming() -> None:
    plan = crossroads({4: sign("306"), 2: sign("306")})
    assert owes(plan, WESTWARDS, NORTHWARDS) and not owes(plan, NORTHWARDS, WESTWARDS)
    assert owes(plan, EASTWARDS, SOUTHWARDS) and not owes(plan, SOUTHWARDS, EASTWARDS)
    assert owes(plan, LEFT, SOUTHWARDS)


@pytest.mark.parametrize(("high", "low"), [("31", "42"), ("3", "4")])  # by the ways, or by their arms
def test_priorities_of_a_junction_are_kept(high: str, low: str) -> None:
    plan = crossroads(priorities=f'<priority high="{high}" low="{low}"/>')
    assert owes(plan, NORTHWARDS, EASTWARDS) and not owes(plan, EASTWARDS, NORTHWARDS)
    assert owes(plan, NORTHWARDS, WESTWARDS)


def test_a_sign_on_a_way_is_the_ways_own() -> None:
    plan = crossroads({13: sign("205", s=0.0, orientation="+")})
    assert owes(plan, WESTWARDS, NORTHWARDS) and not owes(plan, "14.R1", NORTHWARDS)


def test_drivers_do_as_the_map_says() -> None:
    free = drive(crossroads(), (4, 2, 60.0), (1, 3, 60.0))
    assert crosses_s(free, 1) < crosses_s(free, 0) - 1.0 and apart(free)
    signed = drive(crossroads({1: sign("205")}), (4, 2, 60.0), (1, 3, 60.0))
    assert crosses_s(signed, 0) < crosses_s(signed, 1) - 1.0 and apart(signed)
    assert signed.speed_mps[:, 0].min() > 10.0, "the one with the right of way need not slow down"


def test_at_a_stop_sign_one_stands_though_nobody_comes() -> None:
    stopped = drive(crossroads({4: sign("206")}), (4, 2, 60.0))
    stands = stopped.speed_mps[:, 0] < 0.05
    front = ARM_M + stopped.position_m[:, 0, 1] + EDGE_M + stopped.scenario.ego.size_m[0] / 2
    assert 1.0 <= stands.sum() / 100.0 < 3.0
    assert front[stands].max() < ARM_M - 1.0 + 0.05 and front[stands].min() > ARM_M - 3.0
    assert stopped.position_m[-1, 0, 1] > EDGE_M, "then it goes"
    yielding = drive(crossroads({4: sign("205")}), (4, 2, 60.0))
    assert yielding.speed_mps[:, 0].min() > 9.0


def test_at_a_stop_sign_one_still_waits_for_who_comes() -> None:
    rollout = drive(crossroads({4: sign("206")}), (4, 2, 60.0), (3, 1, 100.0))
    assert apart(rollout) and crosses_s(rollout, 1) < crosses_s(rollout, 0)
    assert rollout.speed_mps[:, 1].min() > 10.0


LIT = crossroads({k: sign("1000001") for k in range(1, 5)}).model_copy(update={"signalled": True})
PHASES = SignalPlan(cycle_s=60.0, green=("road_1_back", "road_3_back"))  # the south has red up to 30 s


def test_lights_of_a_map_are_obeyed_and_rule_instead_of_the_right() -> None:
    assert rights.groups(LIT) == ("road_1_back", "road_2_back", "road_3_back", "road_4_back")
    ego = actor(LIT, "ego", "car/estate", "4.L1", 60, 11.0, model="idm", route=("4.L1", "2.R1"))
    other = actor(LIT, "car1", "car/estate", "3.L1", 60, 11.0, model="idm", route=("3.L1", "1.R1"))
    rollout = simulate(scenario(LIT, ego, other, signals=PHASES, duration_s=40.0))
    front = rollout.position_m[:, 0, 1] + ego.size_m[0] / 2
    assert front[:3000].max() == pytest.approx(-EDGE_M - 1.5, abs=0.15), "half a metre before its line"
    assert front[-1] > EDGE_M
    # Green counts: who comes from the left of another need not slow down for it.
    assert rollout.speed_mps[: int(100 * crosses_s(rollout, 1)), 1].min() > 10.0
    dark = simulate(scenario(LIT, ego, duration_s=15.0))
    assert dark.position_m[-1, 0, 1] > EDGE_M, "without a plan the lights are dark"


def test_a_left_turn_at_the_lights_of_a_map_still_yields_to_oncoming_traffic() -> None:
    green = SignalPlan(cycle_s=60.0, green=("road_4_back", "road_2_back"))
    turns = actor(LIT, "ego", "car/estate", "4.L1", 60, 8.0, model="idm", route=("4.L1", "3.R1"))
    comes = actor(LIT, "car1", "car/estate", "2.L1", 66, 8.0, model="idm", route=("2.L1", "4.R1"))
    rollout = simulate(scenario(LIT, turns, comes, signals=green, duration_s=25.0))
    assert apart(rollout) and crosses_s(rollout, 1) < crosses_s(rollout, 0)


def test_lights_and_signs_stand_where_the_map_puts_them_and_look_at_whom_they_rule() -> None:
    plan = crossroads({1: sign("1000001"), 4: sign("206"), 2: sign("205")})
    props = {p.asset: p for p in dress(roads.build(plan)) if p.asset.startswith(("sign/", "signal/"))}
    assert set(props) == {"signal/vehicle", "sign/stop", "sign/give_way"}
    light = props["signal/vehicle"]
    # Two metres out of the mouth of the east arm, 4 m left of its line. Lenses look to -x of the post.
    assert (light.x_m, light.y_m) == (pytest.approx(EDGE_M + 2.0), pytest.approx(4.0))
    assert np.cos(light.heading_rad) == pytest.approx(-1.0) and light.signal == "road_1_back"


def test_a_scene_names_the_lights_of_its_map(tmp_path: Path) -> None:
    (tmp_path / "town.xodr").write_text(LIT.opendrive)
    text = (
        "drivesynth: 1\nroad: {file: town.xodr}\n"
        "signals: {cycle: 60 s, green: [road_4_back, road_2_back]}\n"
        "ego: {at: {lane: 4.L1, s: 60 m}, route: [4.L1, 2.R1], drive: {model: idm, speed: 40 km/h}}\n"
        "require: [signal(road_4_back) == green]\n"
    )
    (tmp_path / "scene.yaml").write_text(text)
    drawn = sample(check(tmp_path / "scene.yaml"))
    assert drawn.road.signalled and drawn.signals is not None
    (tmp_path / "wrong.yaml").write_text(text.replace("green: [road_4_back", "green: [road_4"))
    with pytest.raises(RequestError, match=r"signals.green.0: no arm 'road_4'; did you mean 'road_4_back'"):
        check(tmp_path / "wrong.yaml")
