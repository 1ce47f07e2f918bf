"""Right of way without signals, permitted turns with them, zebra crossings, limits."""

import numpy as np
import pytest

from drivesynth.road import network as roads
from drivesynth.road import rights
from drivesynth.road.plan import RoadPlan
from drivesynth.scenario.model import Placement, SignalPlan
from drivesynth.world import metrics
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate
from tests.road.streets import PLANS
from tests.world.junctions import STOP_M, crossed_street, crosses_at, front_m, junction, on_route
from tests.world.worlds import actor, do, event, scenario

CROSS, TEE = junction(), junction("t")
SIGNALLED = junction(signalled=True)
GREEN = SignalPlan(cycle_s=200.0, green=("south", "north"))


def drive(
    plan: RoadPlan, *cars: tuple[str, str, float, float], seconds: float = 20.0, **more: object
) -> Rollout:
    """Cars (from, to, station, speed) of IDM drivers; the first is the ego. `more` goes to the scenario."""
    everyone = [
        actor(plan, "ego" if k == 0 else f"car{k}", "car/estate", f"{a}.in", s, v, model="idm", route=(a, b))
        for k, (a, b, s, v) in enumerate(cars)
    ]
    return simulate(scenario(plan, *everyone, duration_s=seconds, **more))


def apart(rollout: Rollout) -> bool:
    series = of_rollout(rollout)
    count = len(series.names)
    return not any(metrics.overlap(series, a, b).any() for a in range(count) for b in range(a))


def zone(plan: RoadPlan, own: str, its: str) -> tuple[float, float]:
    duty = rights.duty(plan, own, its)
    assert duty is not None
    return duty.own_m[0] + 100.0, duty.its_m[1] + 100.0


def test_duties_are_those_of_the_convention() -> None:
    def owes(plan: RoadPlan, own: str, its: str) -> bool:
        return rights.duty(plan, own, its) is not None

    assert owes(CROSS, "south>north", "east>west") and not owes(CROSS, "east>west", "south>north")
    assert owes(CROSS, "south>west", "north>south") and not owes(CROSS, "north>south", "south>west")
    assert not owes(CROSS, "south>east", "west>north"), "their ways do not touch"
    assert owes(TEE, "south>west", "east>west") and owes(TEE, "south>west", "west>east")
    assert not owes(TEE, "east>west", "south>west") and not owes(TEE, "west>east", "south>west")
    assert owes(TEE, "west>south", "east>west") is False and owes(TEE, "east>south", "west>east")
    assert rights.stem(TEE) == "south"
    left = CROSS.model_copy(update={"drive_on": "left"})
    assert owes(left, "south>north", "west>east") and not owes(left, "south>north", "east>west")


def test_shared_ground_is_where_the_lanes_cross() -> None:
    duty = rights.duty(CROSS, "south>north", "east>west")
    assert duty is not None
    # The ways are 22.5 m long; lane centres lie 1.625 m beside the middle, and strips are 2.4 m wide.
    assert duty.own_m == pytest.approx((11.25 + 1.625 - 1.2, 11.25 + 1.625 + 1.2))
    assert duty.its_m == pytest.approx((11.25 - 1.625 - 1.2, 11.25 - 1.625 + 1.2))


def test_at_a_crossing_without_signals_who_comes_from_the_right_goes_first() -> None:
    rollout = drive(CROSS, ("south", "north", 40, 11.0), ("east", "west", 40, 11.0))
    ego, right = on_route(rollout, 0), on_route(rollout, 1)
    own, cleared = zone(CROSS, "south>north", "east>west")
    assert crosses_at(right - 4.68, cleared) < crosses_at(ego, own)
    assert rollout.speed_mps[:, 1].min() > 10.0, "the one from the right need not slow down"
    assert ego[crosses_at(right - 4.68, cleared)] < STOP_M + 3.0
    assert apart(rollout)


def test_who_disregards_the_right_of_way_goes_as_if_alone() -> None:
    plan = CROSS
    ego = actor(plan, "ego", "car/estate", "south.in", 40, 11.0, model="idm", route=("south", "north"),
                obeys={"right_of_way": False})  # fmt: skip
    right = actor(plan, "right", "car/estate", "east.in", 30, 11.0, model="idm", route=("east", "west"))
    alone, both = (simulate(scenario(plan, ego, *others, duration_s=5.0)) for others in ((), (right,)))
    assert np.allclose(alone.speed_mps[:, 0], both.speed_mps[: len(alone.time_s), 0])


def test_four_who_arrive_together_do_not_wait_for_ever() -> None:
    arms = ("south", "east", "north", "west")
    opposite = {"south": "north", "north": "south", "east": "west", "west": "east"}
    rollout = drive(CROSS, *((a, opposite[a], 55.0, 9.0) for a in arms), seconds=60.0)
    assert apart(rollout)
    assert crosses_at(on_route(rollout, 0), STOP_M + 10.0) > 0


def test_the_stem_of_a_t_waits_for_a_gap_and_then_goes() -> None:
    stream = [("west", "east", s, 11.0) for s in (70.0, 45.0, 20.0)]
    rollout = drive(TEE, ("south", "west", 60, 9.0), *stream, seconds=25.0)
    ego = on_route(rollout, 0)
    _, cleared = zone(TEE, "south>west", "west>east")
    last_gone = crosses_at(on_route(rollout, 3) - 4.68, cleared)
    over = crosses_at(ego, STOP_M + 2.0)
    assert 0 < last_gone < over < last_gone + 500
    assert apart(rollout)


@pytest.mark.parametrize(("lag_s", "goes_first"), [(5.5, False), (9.0, True)])
def test_the_stem_goes_into_a_gap_that_is_at_least_critical(lag_s: float, goes_first: bool) -> None:
    # It stands at its line; the other reaches the shared ground `lag_s` later; 7.1 s is critical.
    duty = rights.duty(TEE, "south>west", "west>east")
    assert duty is not None and duty.critical_s == 7.1
    v = 13.0
    at = duty.its_m[0] + 100.0 - lag_s * v - 4.68 / 2
    ego = actor(
        TEE,
        "ego",
        "car/estate",
        "south.in",
        STOP_M - 0.5 - 4.68 / 2,
        0.0,
        model="idm",
        route=("south", "west"),
    )
    ego = ego.model_copy(update={"drive": ego.drive.model_copy(update={"speed_mps": 9.0})})
    other = actor(TEE, "other", "car/estate", "west.in", at, v, model="idm", route=("west", "east"))
    rollout = simulate(scenario(TEE, ego, other, duration_s=14.0))
    own, _ = zone(TEE, "south>west", "west>east")
    mine, its = crosses_at(on_route(rollout, 0), own), crosses_at(on_route(rollout, 1), duty.its_m[0] + 100.0)
    assert (0 < mine < its) == goes_first
    assert apart(rollout)


def test_a_permitted_left_turn_waits_inside_the_junction_for_oncoming_traffic() -> None:
    oncoming = [("north", "south", s, 11.0) for s in (60.0, 35.0)]
    rollout = drive(SIGNALLED, ("south", "west", 75.0, 8.0), *oncoming, signals=GREEN)
    ego = on_route(rollout, 0)
    own, cleared = zone(SIGNALLED, "south>west", "north>south")
    last_gone = crosses_at(on_route(rollout, 2) - 4.68, cleared)
    assert STOP_M < ego[last_gone] < own, "over the line at green, but not on the shared ground"
    assert crosses_at(ego, own + 3.0) > last_gone
    assert apart(rollout)


def test_a_left_turn_at_the_start_of_green_lets_the_waiting_oncoming_car_go_first() -> None:
    late = GREEN.model_copy(update={"green": ("east", "west"), "cycle_s": 20.0})
    rollout = drive(
        SIGNALLED, ("south", "west", 80, 6.0), ("north", "south", 80, 6.0), signals=late, seconds=24.0
    )
    own, cleared = zone(SIGNALLED, "south>west", "north>south")
    assert crosses_at(on_route(rollout, 1), STOP_M) > 1000
    assert crosses_at(on_route(rollout, 0), own) > crosses_at(on_route(rollout, 1) - 4.68, cleared)
    assert apart(rollout)


def test_with_green_nobody_yields_to_the_right() -> None:
    rollout = drive(
        SIGNALLED, ("south", "north", 40, 11.0), ("east", "west", 40, 11.0), signals=GREEN, seconds=9.0
    )
    assert rollout.speed_mps[:, 0].min() > 10.5
    assert on_route(rollout, 1).max() < STOP_M


def test_a_driver_who_turns_right_lets_a_cyclist_go_straight_on() -> None:
    plan = junction(cycleways=True)
    ego = actor(plan, "ego", "car/estate", "south.in", 70, 7.0, model="idm", route=("south", "east"))
    route = ("south.in.cycleway", "north.out.cycleway")
    bike = actor(plan, "bike", "cyclist/adult", "south.in.cycleway", 80, 5.0, route=route)
    rollout = simulate(scenario(plan, ego, bike, duration_s=15.0))
    assert apart(rollout)
    assert on_route(rollout, 1)[crosses_at(on_route(rollout, 0), 106.0)] > 106.0


def test_a_driver_lets_walkers_over_a_zebra_and_goes_on() -> None:
    plan = crossed_street("zebra")
    lane = roads.build(plan).lane("R1").centre
    ego = actor(plan, "ego", "car/estate", "R1", 40, 11.0, model="idm")
    walker = actor(plan, "walker", "pedestrian/adult", "R.sidewalk", 100, 1.3, turned_rad=np.pi / 2)
    rollout = simulate(scenario(plan, ego, walker, duration_s=14.0))
    front = front_m(rollout, 0, lane)
    y = rollout.position_m[:, 1, 1] + 1.625  # left of the ego's lane
    assert not ((front > 97.0) & (front < 108.0) & (np.abs(y) < 1.2)).any()
    assert rollout.speed_mps[:, 0].min() < 6.0 and apart(rollout)
    assert front[-1] > 104.0, "it goes on when the lane is free"
    rude = ego.model_copy(update={"obeys": {"right_of_way": False}})
    away = walker.model_copy(
        update={"placement": walker.placement.model_copy(update={"heading_rad": -np.pi / 2})}
    )
    for first, second in ((rude, away), (ego, away)):
        alone = simulate(scenario(plan, first, second, duration_s=6.0))
        assert alone.speed_mps[:, 0].min() > 10.9


@pytest.mark.parametrize("zebras", [True, False])
def test_who_leaves_a_ring_lets_walkers_over_the_zebra_of_the_arm(zebras: bool) -> None:
    plan = PLANS["roundabout"].model_copy(update={"zebras": zebras})
    ego = actor(plan, "ego", "car/estate", "south.in", 45, 8.0, model="idm", route=("south", "east"))
    free = simulate(scenario(plan, ego, duration_s=14.0))
    exit_m = 80.0 + roads.build(plan).ways["south.in", "east.out"].centre.length_m
    held_m = exit_m + 0.6 + 5.0 - 1.0  # a metre before the zebra's near edge
    arrives = crosses_at(on_route(free, 0), held_m) / 100.0
    walker = actor(plan, "walker", "pedestrian/adult", "east.out.sidewalk", 72.4)
    inner = roads.build(plan).lane("east.out").pose(72.4)
    out = roads.build(plan).lane("east.out.sidewalk").pose(72.4)
    goal = Placement(x_m=inner.x_m, y_m=2 * inner.y_m - out.y_m + 1.0)
    walk = event("walk", "walker", do("walk", to=goal, speed_mps=1.3), when=f"time > {arrives - 3.0:.2f} s")
    rollout = simulate(scenario(plan, ego, walker, story=(walk,), duration_s=25.0))
    front = on_route(rollout, 0)
    steps_out = np.abs(rollout.position_m[:, 1, 1] - inner.y_m) < 2.2  # on the half that the ego is to cross
    assert (front[steps_out].max() < held_m + 0.3) == zebras, "else it only stops for who is in its way"
    assert front[-1] > held_m + 10.0, "it goes on when the lane is free"
    assert apart(rollout) or not zebras


def test_who_reacts_keeps_to_the_limit_unless_it_disregards_it() -> None:
    ego = actor(CROSS, "ego", "car/estate", "south.in", 10, 10.0, model="idm", route=("south", "north"))
    ego = ego.model_copy(update={"drive": ego.drive.model_copy(update={"speed_mps": 22.0})})
    keeps = simulate(scenario(CROSS, ego, duration_s=12.0))
    rude = simulate(scenario(CROSS, ego.model_copy(update={"obeys": {"limit": False}}), duration_s=12.0))
    assert keeps.speed_mps[:, 0].max() == pytest.approx(50 / 3.6, abs=0.15)
    assert rude.speed_mps[:, 0].max() > 16.0


RING = PLANS["roundabout"]


@pytest.mark.parametrize(("drive_on", "first", "last"), [("right", "west", "east"), ("left", "east", "west")])
def test_duties_at_a_roundabout_are_owed_to_who_comes_past(drive_on: str, first: str, last: str) -> None:
    plan = RING.model_copy(update={"drive_on": drive_on})
    owed = {
        f"{a}>{b}"
        for a in plan.arms
        for b in plan.arms
        if a not in (b, "south") and rights.duty(plan, "south>north", f"{a}>{b}") is not None
    }
    assert owed == {f"{first}>{last}", f"{first}>north", f"north>{last}"}


@pytest.mark.parametrize("obeys", [True, False])
def test_who_enters_a_ring_waits_for_who_circulates(obeys: bool) -> None:
    ego = actor(RING, "ego", "car/estate", "south.in", 45, 8.0, model="idm", route=("south", "north"),
                obeys={"right_of_way": obeys})  # fmt: skip
    others = [
        actor(RING, f"car{k}", "car/estate", "west.in", s, 8.0, model="idm", route=("west", "east"))
        for k, s in enumerate((50.0, 30.0))
    ]
    rollout = simulate(scenario(RING, ego, *others, duration_s=25.0))
    front = on_route(rollout, 0)
    over = crosses_at(front, 80.0)
    # Stations on the way from west to east at which it has come past the south arm.
    past = [crosses_at(on_route(rollout, i) - 4.68, 113.0) for i in (1, 2)]
    if obeys:
        assert rollout.speed_mps[:, 0].min() < 1.0 and over > max(past) - 100
        assert min(rollout.accel_mps2[:, i].min() for i in (1, 2)) > -2.0, "they need not brake for it"
        assert apart(rollout)
    else:
        assert over < min(past)


def test_drivers_take_bends_as_fast_as_is_comfortable() -> None:
    rollout = drive(RING, ("south", "north", 10, 13.0))
    speed, halfway = rollout.speed_mps[:, 0], int(np.argmax(rollout.position_m[:, 0, 1] > 0.0))
    # 3.5 m/s^2 on the circle in the middle of the ring, 12.75 m; the follower model comes near it from above.
    assert speed[halfway] == pytest.approx(np.sqrt(3.5 * 12.75), abs=0.7)
    assert rollout.accel_mps2[:, 0].min() > -2.5 and speed[-1] > 9.0
