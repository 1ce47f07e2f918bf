"""Signals: the plan in closed form, who stops at them and who does not, and what a story makes of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesynth.road import network as roads
from drivesynth.scenario.model import SignalPlan
from drivesynth.scene.expressions import parse
from drivesynth.study.conditions import holds
from drivesynth.world import metrics
from drivesynth.world.build import stage
from drivesynth.world.criticality import scope_of
from drivesynth.world.series import of_rollout
from drivesynth.world.signals import WORDS, by_plan
from drivesynth.world.simulate import simulate
from tests.world.junctions import STOP_M, crossed_street, crosses_at, front_m, junction, on_route
from tests.world.worlds import actor, do, event, scenario

PLAN = junction(signalled=True)
ARMS = ("south", "east", "north", "west")
RED_30_S = SignalPlan(cycle_s=60.0, green=("east", "west"))  # south has red up to 30 s
GREEN_THEN_AMBER = SignalPlan(cycle_s=60.0, green=("south", "north"))  # amber from 25 s, red from 28 s


def test_the_plan_is_that_of_its_formula() -> None:
    plan = SignalPlan(
        cycle_s=80.0, green=("south", "north"), share=0.6, offset_s=7.0, amber_s=4.0, all_red_s=1.5
    )
    time = np.arange(0.0, 200.0, 0.37)
    shows = WORDS[by_plan(plan, ARMS, time)]
    for row, t in enumerate((time + 7.0) % 80.0):
        first = "green" if t < 48 - 5.5 else "amber" if t < 48 - 1.5 else "red"
        second = "red" if t < 48 else "green" if t < 80 - 5.5 else "amber" if t < 80 - 1.5 else "red"
        assert shows[row].tolist() == [first, second, first, second]


def test_red_with_amber_is_the_last_of_red_before_ones_own_green() -> None:
    plan = SignalPlan(cycle_s=60.0, green=("south", "north"), offset_s=3.0, red_amber_s=1.0)
    time = np.arange(0.0, 120.0, 0.1)
    shows = WORDS[by_plan(plan, ARMS, time)]
    since = np.round(np.mod(time + 3.0, 60.0), 6)
    assert np.array_equal(shows[:, 0] == "red_amber", since >= 59.0)
    assert np.array_equal(shows[:, 1] == "red_amber", (since >= 29.0) & (since < 30.0))
    walked = SignalPlan(cycle_s=60.0, green=("road",), clear_s=9.0, red_amber_s=1.0)
    shows = WORDS[by_plan(walked, ("road", "crossing"), time)]
    assert "red_amber" not in shows[:, 1] and "red_amber" in shows[:, 0]
    assert not ((shows[:, 1] == "green") & (shows[:, 0] != "red")).any()


def test_a_driver_stands_through_red_with_amber_and_goes_at_green() -> None:
    ego = actor(PLAN, "ego", "car/estate", "south.in", 40, 13.0, model="idm", route=("south", "north"))
    slow = RED_30_S.model_copy(update={"red_amber_s": 2.0})
    rollout = simulate(scenario(PLAN, ego, signals=slow, duration_s=36.0))
    assert rollout.signals.words("south")[2900] == "red_amber"
    assert rollout.speed_mps[2990, 0] == pytest.approx(0.0, abs=0.01)
    assert 30.0 < crosses_at(on_route(rollout, 0), STOP_M) * 0.01 < 33.0


def test_walkers_have_red_long_enough_before_vehicles_have_green() -> None:
    plan = SignalPlan(cycle_s=60.0, green=("road",), share=0.5, all_red_s=2.0, clear_s=9.0)
    shows = WORDS[by_plan(plan, ("road", "crossing"), np.arange(0.0, 60.0, 0.01))]
    walks = shows[:, 1] == "green"
    assert np.flatnonzero(walks)[[0, -1]] * 0.01 == pytest.approx([30.0, 50.99])
    assert set(shows[:, 1]) == {"red", "green"}
    assert not (walks & (shows[:, 0] != "red")).any()


@pytest.mark.parametrize("model", ["idm", "krauss", "r157_careful"])
def test_a_reacting_driver_stands_half_a_metre_before_the_line_and_goes_at_green(model: str) -> None:
    ego = actor(PLAN, "ego", "car/estate", "south.in", 20, 13.0, model=model, route=("south", "north"))
    rollout = simulate(scenario(PLAN, ego, signals=RED_30_S, duration_s=45.0))
    front = on_route(rollout, 0)
    assert front[2990] == pytest.approx(STOP_M - 0.5, abs=0.1)
    assert rollout.speed_mps[2990, 0] == pytest.approx(0.0, abs=0.01)
    # Krauss brakes with 4.5 m/s^2 and errs by half of 2.6 m/s^2.
    assert rollout.accel_mps2[:, 0].min() > (-5.8 if model == "krauss" else -5.0)
    assert 30.0 < crosses_at(front, STOP_M) * 0.01 < 33.0


@pytest.mark.parametrize(
    ("model", "obeys", "stops"),
    [("idm", {"signals": False}, False), ("constant", {}, False), ("idm", {"right_of_way": False}, True)],
)
def test_who_disobeys_or_does_not_react_drives_on(model: str, obeys: dict[str, bool], stops: bool) -> None:
    ego = actor(
        PLAN, "ego", "car/estate", "south.in", 20, 13.0, model=model, route=("south", "north"), obeys=obeys
    )
    rollout = simulate(scenario(PLAN, ego, signals=RED_30_S, duration_s=10.0))
    assert (crosses_at(on_route(rollout, 0), STOP_M) < 0) == stops


@settings(max_examples=25, deadline=None)
@given(
    model=st.sampled_from(["idm", "krauss", "r157_careful"]),
    seed=st.integers(0, 1 << 40),
    speed=st.floats(4.0, 22.0),
    offset=st.floats(0.0, 40.0),
    amber=st.floats(3.0, 5.0),
    start=st.floats(5.0, 40.0),
)
def test_nobody_who_obeys_crosses_the_line_at_red(
    model: str, seed: int, speed: float, offset: float, amber: float, start: float
) -> None:
    plan = SignalPlan(cycle_s=40.0, green=("south", "north"), offset_s=offset, amber_s=amber)
    fast = PLAN.model_copy(update={"limit_mps": 25.0})
    ego = actor(fast, "ego", "car/estate", "south.in", start, speed, model=model, route=("south", "north"))
    rollout = simulate(scenario(fast, ego, signals=plan, duration_s=25.0).model_copy(update={"seed": seed}))
    row = crosses_at(on_route(rollout, 0), STOP_M)
    shown = rollout.signals.words("south")
    # Amber of 3 s lets everybody through who cannot stop any more up to 2 * 3.05 * (3 - 1) = 12.2 m/s; who
    # is faster may come over the line at the beginning of red (Gazis' dilemma zone).
    late = max(0.0, 1.0 + speed / (2 * 3.05) - amber)
    if row >= 0 and shown[row] == "red":
        assert shown[max(row - round(late * 100) - 2, 0)] == "amber", (row, late)


@pytest.mark.parametrize(("closer_m", "goes"), [(2.0, True), (-2.0, False)])
def test_the_dilemma_of_amber_is_gazis(closer_m: float, goes: bool) -> None:
    v = 12.0
    stops_from = v * 1.0 + v**2 / (2 * 3.05)
    begin_m = STOP_M - stops_from + closer_m
    about = SignalPlan(cycle_s=60.0, green=("south", "north"), offset_s=24.9)  # amber in 0.1 s
    ego = actor(PLAN, "ego", "car/estate", "south.in", begin_m - 4.68 / 2 - 0.1 * v, v, model="idm",
                route=("south", "north"))  # fmt: skip
    rollout = simulate(scenario(PLAN, ego, signals=about, duration_s=8.0))
    row = crosses_at(on_route(rollout, 0), STOP_M)
    assert (row >= 0) == goes
    if goes:
        assert rollout.signals.words("south")[row] == "amber"
        assert rollout.accel_mps2[:, 0].min() > -0.1
    else:
        assert rollout.accel_mps2[:, 0].min() > -5.0


def test_a_queue_stands_behind_the_line_and_discharges() -> None:
    queue = [
        actor(PLAN, name, "car/sedan", "south.in", s, 8.0, model="idm", route=("south", "north"))
        for name, s in (("b", 45.0), ("c", 25.0))
    ]
    ego = actor(PLAN, "ego", "car/estate", "south.in", 65, 8.0, model="idm", route=("south", "north"))
    rollout = simulate(scenario(PLAN, ego, *queue, signals=RED_30_S, duration_s=38.0))
    fronts = [on_route(rollout, i) for i in range(3)]
    assert all(front[2990] < STOP_M for front in fronts)
    gone = [crosses_at(front, STOP_M) * 0.01 for front in fronts]
    assert 30.0 < gone[0] < gone[1] < gone[2]
    series = of_rollout(rollout)
    assert not any(metrics.overlap(series, a, b).any() for a, b in ((0, 1), (1, 2)))


def test_a_story_switches_an_arm_and_gives_it_back_to_the_plan() -> None:
    turns = event("turns", "south", do("signal", to="red"), do("wait", for_s=2.0), do("signal", to="plan"),
                  when="time >= 3 s")  # fmt: skip
    dark = event("dark", "west", do("signal", to="off"), when="time >= 1 s")
    ego = actor(PLAN, "ego", "car/estate", "south.in", 10, 9.0)
    rollout = simulate(scenario(PLAN, ego, signals=GREEN_THEN_AMBER, story=(turns, dark), duration_s=8.0))
    shown = rollout.signals.words("south")
    assert shown[290] == "green" and set(shown[300:499]) == {"red"} and set(shown[502:]) == {"green"}
    assert set(rollout.signals.words("north")) == {"green"}
    assert rollout.signals.words("west")[-1] == "off"


def test_conditions_know_what_signals_show() -> None:
    waits = event("waits", "ego", do("lights", on="hazard"), when="signal(south) == amber")
    ego = actor(PLAN, "ego", "car/estate", "south.in", 10, 2.0)
    about = GREEN_THEN_AMBER.model_copy(update={"offset_s": 24.0})
    rollout = simulate(scenario(PLAN, ego, signals=about, story=(waits,), duration_s=5.5))
    assert rollout.events["waits"] == pytest.approx(1.0)
    for text, truth in (
        ("signal(south) == green", True),
        ("signal(east) == green", False),
        ("signal(south) == green until 0.9 s", True),
        ("signal(south) == green until 1.1 s", False),
        ("signal(south) == red and ego.speed > 1 m/s", True),
        ("signal(south) == amber for 2.9 s", True),
        ("signal(south) == amber for 3.1 s", False),
        ("signal(south) != red", True),
    ):
        assert holds(parse(text), scope_of(rollout)) is truth, text


def test_the_right_lenses_are_lit_at_every_moment() -> None:
    ego = actor(PLAN, "ego", "car/estate", "south.in", 10, 2.0)
    about = GREEN_THEN_AMBER.model_copy(update={"offset_s": 24.0, "red_amber_s": 1.0})
    rollout = simulate(scenario(PLAN, ego, signals=about, duration_s=7.0))
    bits = {"red": 1 << 16, "amber": 1 << 17, "green": 1 << 18}
    bits["red_amber"] = bits["red"] + bits["amber"]
    for time in (0.5, 2.0, 4.5, 5.5):
        world = stage(rollout, time - 0.05, time + 0.05)
        heads = np.flatnonzero(world.lights & (7 << 16))
        assert len(heads) == 4
        row = round(time * 100)
        for head in heads:
            x, y = world.world_from_mesh[head, :2, 3]
            arm = max(ARMS, key=lambda a: {"south": -y - abs(x), "north": y - abs(x), "east": x - abs(y),
                                           "west": -x - abs(y)}[a])  # fmt: skip
            assert world.lights[head] == bits[str(rollout.signals.words(arm)[row])]


def test_a_signalled_crossing_holds_traffic_of_both_directions_and_its_walkers_look_at_heads() -> None:
    plan = crossed_street("signal")
    signals = SignalPlan(cycle_s=60.0, green=("crossing",), clear_s=9.0)
    ego = actor(plan, "ego", "car/estate", "R1", 30, 12.0, model="idm")
    other = actor(plan, "other", "car/estate", "L1", 170, 12.0, model="idm")
    rollout = simulate(scenario(plan, ego, other, signals=signals, duration_s=20.0))
    # The line's near edge lies 1.5 m before the crossing's.
    network = roads.build(plan)
    assert front_m(rollout, 0, network.lane("R1").centre)[-1] == pytest.approx(98.0 - 1.5 - 0.5, abs=0.15)
    assert front_m(rollout, 1, network.lane("L1").centre)[-1] == pytest.approx(260 - 102.0 - 2.0, abs=0.15)
    world = stage(rollout, 5.0, 5.1)
    assert sorted(world.lights[world.lights >= 1 << 16].tolist()) == [1 << 16, 1 << 16, 1 << 18, 1 << 18]


def test_signals_are_the_same_every_time() -> None:
    ego = actor(PLAN, "ego", "car/estate", "south.in", 20, 13.0, model="krauss", route=("south", "west"))
    other = actor(PLAN, "other", "car/sedan", "north.in", 30, 10.0, model="krauss", route=("north", "south"))
    first, second = (
        simulate(scenario(PLAN, ego, other, signals=RED_30_S, duration_s=12.0)) for _ in range(2)
    )
    assert np.array_equal(first.position_m, second.position_m)
    assert np.array_equal(first.signals.shows, second.signals.shows)
