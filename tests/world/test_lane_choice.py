"""MOBIL: its rule in closed form, its decisions against a slow twin, and lanes that end."""

import math

import numpy as np
import pytest
from drivesynth_kernels import columns as at
from drivesynth_kernels.car_following import iidm_with_cah
from drivesynth_kernels.lane_choice import choose_lane, incentive, not_undertaking

from drivesynth.road import network as roads
from drivesynth.road.plan import LanePlan, PathPlan, RoadPlan, WorkZonePlan
from drivesynth.scenario.model import Actor, Scenario
from drivesynth.study.soundness import faults
from drivesynth.world.live import Live, begin
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, do, event, motorway, scenario

LANES_M = {"R1": -1.75, "R2": -5.25, "R3": -8.75}


def driver(
    plan: RoadPlan,
    name: str,
    lane: str,
    s_m: float,
    speed: float,
    wished: float,
    asset: str = "car/sedan",
    changes: str = "mobil",
) -> Actor:
    one = actor(plan, name, asset, lane, s_m, speed, model="idm")
    drive = one.drive.model_copy(update={"speed_mps": wished, "lane_changes": changes})
    return one.model_copy(update={"drive": drive})


def lane_at_end(rollout: Rollout, i: int) -> str:
    return rollout.lane_names[rollout.lane[-1, i]]


def test_the_symmetric_rule_weighs_both_followers_by_politeness() -> None:
    # Gain 1.0; the new follower loses 0.8, the old one gains 0.5: 1 + p (0.5 - 0.8) - 0.1.
    for p in (0.0, 0.5, 1.0):
        worth = incentive(0.0, 1.0, (-0.5, 0.5), (0.2, -0.6), (-0.5, 0.0), p)
        assert worth == pytest.approx(1.0 - 0.3 * p - 0.1)


def test_with_a_slow_lane_only_the_fast_lanes_follower_counts_and_the_bias_is_towards_the_slow_one() -> None:
    gain, new, old = (-0.5, 0.5), (0.2, -0.6), (-0.5, 0.0)
    assert incentive(-1.0, 1.0, gain, new, old, 0.5) == pytest.approx(1.0 - 0.5 * 0.8 - (0.1 + 0.3))
    assert incentive(-1.0, -1.0, gain, new, old, 0.5) == pytest.approx(1.0 + 0.5 * 0.5 - (0.1 - 0.3))
    # Traffic on the left mirrors it.
    assert incentive(1.0, -1.0, gain, new, old, 0.5) == incentive(-1.0, 1.0, gain, new, old, 0.5)


def test_passing_on_the_slow_side_is_forbidden_above_sixty() -> None:
    assert not_undertaking(1.0, -2.0, 30.0, 25.0) == -2.0
    assert not_undertaking(1.0, -2.0, 15.0, 12.0) == 1.0, "in dense traffic lanes may pass each other"
    assert not_undertaking(1.0, -2.0, 25.0, 30.0) == 1.0


def twin(actors: tuple[Actor, ...], keep: int) -> str:
    """Whether the first of some drivers on straight lanes changes lane; all lanes the same way."""

    def follows(who: Actor, lead: Actor | None, own: tuple[float, float] | None = None) -> float:
        gap, v_lead = math.inf, 0.0
        if lead is not None:
            gap = lead.placement.s_m - who.placement.s_m - (lead.size_m[0] + who.size_m[0]) / 2
            v_lead = lead.speed_mps
        return float(iidm_with_cah(who.speed_mps, gap, v_lead, 0.0, who.drive.speed_mps, 1.5, 2.0, 1.2, 2.0))

    me, lanes = actors[0], ["R1", "R2", "R3"]
    here = lanes.index(me.placement.lane or "")

    def neighbours(lane: str) -> tuple[Actor | None, Actor | None]:
        others = [a for a in actors[1:] if a.placement.lane == lane]
        ahead = [a for a in others if a.placement.s_m >= me.placement.s_m]
        behind = [a for a in others if a.placement.s_m < me.placement.s_m]
        return (
            min(ahead, key=lambda a: a.placement.s_m, default=None),
            max(behind, key=lambda a: a.placement.s_m, default=None),
        )

    lead, back = neighbours(lanes[here])
    worths = {}
    for side in (-1, 1):  # right first
        index = here - side
        if not 0 <= index < 3:
            continue
        new_lead, new_back = neighbours(lanes[index])
        gaps = [
            abs(a.placement.s_m - me.placement.s_m) - (a.size_m[0] + me.size_m[0]) / 2
            for a in (new_lead, new_back) if a is not None
        ]  # fmt: skip
        a_now, a_then = follows(me, lead), follows(me, new_lead)
        if min(gaps, default=9.0) < 1.5 or a_then < -4.0:
            continue
        b_now = follows(new_back, new_lead) if new_back else 0.0
        b_then = follows(new_back, me) if new_back else 0.0
        if b_then < -4.0:
            continue
        o_now, o_then = (follows(back, me), follows(back, lead)) if back else (0.0, 0.0)
        v = me.speed_mps
        if keep == side and lead and v > lead.speed_mps > 60 / 3.6:
            a_then = min(a_then, a_now)
        if keep == -side and new_lead and v > new_lead.speed_mps > 60 / 3.6:
            a_now = min(a_now, a_then)
        gain = a_then - a_now
        if keep == 0:
            worth = gain + 0.2 * (b_then - b_now + o_then - o_now) - 0.1
        elif side == keep:
            worth = gain + 0.2 * (o_then - o_now) + 0.2
        else:
            worth = gain + 0.2 * (b_then - b_now) - 0.4
        if worth > 0:
            worths[side] = worth
    if not worths:
        return lanes[here]
    return lanes[here - max(worths, key=lambda side: worths[side])]


@pytest.mark.parametrize("marks", ["de/motorway", "us/motorway"])
def test_decisions_are_those_of_the_slow_twin(marks: str) -> None:
    plan = motorway(600.0).model_copy(update={"marks": marks})
    decided = set()
    for seed in range(150):
        draw = np.random.default_rng(seed)
        actors = [
            driver(plan, "ego", str(draw.choice(["R1", "R2", "R3"])), 300.0, draw.uniform(10, 35), 36.0)
        ]
        for lane in LANES_M:
            for k, s in enumerate((300 - draw.uniform(3, 80), 300 + draw.uniform(3, 90))):
                if draw.uniform() < 0.8 and (lane != actors[0].placement.lane or abs(s - 300) > 8):
                    v = draw.uniform(8, 35)
                    actors.append(driver(plan, f"{lane}_{k}", lane, s, v, max(v, 30.0)))
        live = begin(scenario(plan, *actors), 1.0)
        live.history[0, 0, at.CLOCK] = 10.0  # its last change lies back
        stations = np.full((len(actors), len(actors)), np.nan)
        choose_lane(live.now, live.commands, *live.tracks.arrays(), stations, 0.0, 0)
        lanes = list(LANES_M)
        chosen = lanes[lanes.index(str(actors[0].placement.lane)) - int(live.now[0, at.SLOT])]
        assert chosen == twin(tuple(actors), -1 if marks.startswith("de") else 0), seed
        decided.add((actors[0].placement.lane, chosen))
    assert len(decided) >= 6, "all kinds of decisions are among them"


def test_who_is_held_up_overtakes_and_returns_to_the_slow_lane() -> None:
    plan = motorway(1600.0)
    ego = driver(plan, "ego", "R3", 30, 33.0, 36.0)
    lorry = driver(plan, "lorry", "R3", 170, 22.0, 22.0, "truck/semi", "none")
    rollout = simulate(scenario(plan, ego, lorry, duration_s=32.0))
    visited = list(dict.fromkeys(rollout.lane_names[k] for k in rollout.lane[:, 0] if k >= 0))
    assert visited[:2] == ["R3", "R2"] and lane_at_end(rollout, 0) == "R3"
    assert rollout.position_m[-1, 0, 0] > rollout.position_m[-1, 1, 0] + 20
    assert rollout.speed_mps[:, 0].min() > 29.0, "it hardly brakes"
    assert faults(rollout) == []


def test_nobody_cuts_in_where_the_follower_would_have_to_brake_hard() -> None:
    plan = motorway(900.0)
    ego = driver(plan, "ego", "R2", 100, 15.0, 36.0)
    lorry = driver(plan, "lorry", "R2", 125, 15.0, 15.0, "truck/rigid", "none")
    fast = [driver(plan, f"f{k}", lane, 80 - 45 * j, 36.0, 36.0, changes="none")
            for k, lane in enumerate(("R1", "R3")) for j in range(2)]  # fmt: skip
    fast = [a.model_copy(update={"name": f"f{i}"}) for i, a in enumerate(fast)]
    rollout = simulate(scenario(plan, ego, lorry, *fast, duration_s=2.5))
    assert lane_at_end(rollout, 0) == "R2"


def dropping(length_m: float = 600.0) -> RoadPlan:
    """Two lanes, of which the right one closes."""
    lanes = (
        LanePlan(kind="drive", width_m=3.5),
        LanePlan(kind="drive", width_m=3.5, closes_m=(300.0, 400.0)),
    )
    path = (PathPlan(length_m=length_m),)
    return RoadPlan(right=lanes, left=lanes[:1], path=path, street="none", limit_mps=36.0)


def works() -> RoadPlan:
    """Two lanes, the right one closed by cones."""
    lanes = (LanePlan(kind="drive", width_m=3.5),) * 2
    zone = WorkZonePlan(lane="R2", from_m=400.0, to_m=450.0, taper_m=60.0, cone_every_m=8.0)
    return RoadPlan(
        right=lanes,
        left=lanes[:1],
        path=(PathPlan(length_m=600.0),),
        street="none",
        limit_mps=36.0,
        work_zones=(zone,),
    )


@pytest.mark.parametrize("plan", [dropping(), works()], ids=["taper", "cones"])
@pytest.mark.parametrize("changes", ["none", "mobil"])
@pytest.mark.parametrize("model", ["idm", "krauss", "r157_careful"])
def test_whoever_loses_its_lane_merges_before_it_ends(plan: RoadPlan, changes: str, model: str) -> None:
    ego = driver(plan, "ego", "R2", 30, 25.0, 25.0, changes="none" if model == "r157_careful" else changes)
    ego = ego.model_copy(update={"drive": ego.drive.model_copy(update={"model": model})})
    rollout = simulate(scenario(plan, ego, duration_s=20.0))
    along = rollout.position_m[:, 0, 0]
    reached = (along > 345.0) & (along < 450.0)  # beyond the works one may return
    assert {rollout.lane_names[k] for k in rollout.lane[reached, 0]} == {"R1"}
    assert rollout.accel_mps2.min() > -2.0, "a free lane beside needs no braking"
    centre = roads.build(plan).lane("R1").centre
    left = centre.projections(rollout.position_m[reached, 0, :2])[:, 1]
    assert np.abs(left).max() < 0.05


def test_without_a_gap_it_stops_before_the_end_and_goes_on_when_there_is_one() -> None:
    plan = dropping()
    ego = driver(plan, "ego", "R2", 200, 20.0, 25.0, changes="none")
    row = [actor(plan, f"q{k}", "car/sedan", "R1", 420 - 8.0 * k, 6.0) for k in range(30)]
    rollout = simulate(scenario(plan, ego, *row, duration_s=58.0))
    assert lane_at_end(rollout, 0) == "R1"
    held = rollout.lane[:, 0] == list(rollout.lane_names).index("R2")
    front = rollout.position_m[held, 0, 0] + 2.4
    assert front.max() < 360.0 and rollout.speed_mps[held, 0].min() < 0.1
    assert faults(rollout) == []


def test_a_lane_change_that_the_story_tells_is_the_last_one() -> None:
    plan = motorway()
    ego = driver(plan, "ego", "R3", 20, 25.0, 25.0)
    told = event("out", "ego", do("change_lane", to="left"), when="time > 1 s")
    rollout = simulate(scenario(plan, ego, story=(told,), duration_s=20.0))
    assert lane_at_end(rollout, 0) == "R2", "it does not return by itself"


def test_a_road_that_is_stepped_in_pieces_comes_to_the_same_decisions() -> None:
    plan = motorway(1500.0)
    actors = [driver(plan, "ego", "R2", 60, 30.0, 36.0)]
    actors += [driver(plan, f"a{k}", f"R{1 + k % 3}", 100 + 22.0 * k, 20.0 + k, 25.0 + k) for k in range(12)]
    whole, pieces = (begin(scenario(plan, *actors), 12.0) for _ in range(2))
    run(whole, 1200)
    for step in range(0, 1200, 7):
        run(pieces, min(step + 7, 1200))
        pieces.step = min(step + 7, 1200)
    slots = whole.history[:, :, at.SLOT]
    assert np.ptp(slots) > 0, "somebody changes lane"
    assert np.array_equal(slots, pieces.history[:, :, at.SLOT])


def run(live: Live, last: int) -> None:
    """Step on, `step` staying where it is."""
    live.run(last)


def test_indicators_show_the_side() -> None:
    plan = motorway(1600.0)
    drawn: Scenario = scenario(
        plan, driver(plan, "ego", "R3", 30, 33.0, 36.0),
        driver(plan, "lorry", "R3", 110, 22.0, 22.0, "truck/semi", "none"), duration_s=8.0,
    )  # fmt: skip
    rollout = simulate(drawn)
    moving_left = np.gradient(rollout.position_m[:, 0, 1], 0.01) > 0.3
    on = (rollout.lights[:, 0] >> 1) & 1 == 1
    assert moving_left.any() and (on & moving_left).sum() > 0.4 * moving_left.sum()
    assert not ((rollout.lights[:, 0] >> 2) & 1).any()
