"""Background traffic: as dense as asked, away from the story, in nobody; and no draw knows of it."""

import numpy as np
import pytest
import shapely

from drivesynth.errors import RequestError
from drivesynth.road import network as roads
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Actor, Scenario
from drivesynth.scenario.overlap import footprint, overlaps
from drivesynth.scene import Scene, loads
from drivesynth.study.soundness import faults
from drivesynth.world.simulate import simulate

MOTORWAY = """\
drivesynth: 1
road: {template: motorway/three_lanes, length: 1200 m, limit: 120 km/h}
ego: {at: {lane: R2, s: 300 m}, speed: 110 km/h, drive: {model: idm, speed: 110 km/h}}
actors:
  lead: {asset: van/*, at: {ahead_of: ego, by: 30..60 m}, speed: 90 km/h, drive: {model: idm, speed: 90 km/h}}
duration: 12 s
"""
SHORT = MOTORWAY.replace("1200 m", "600 m").replace("12 s", "9 s")
JUNCTION = """\
drivesynth: 1
road: {template: junction/four_way, arm_length: 150 m}
ego:
  at: {lane: south.in, to_stop: 60 m}
  route: [south, north]
  speed: 40 km/h
  drive: {model: idm, speed: 40 km/h}
duration: 10 s
"""


def with_traffic(text: str, density: float, more: str = "") -> Scene:
    return loads(f"{text}traffic: {{density: {density} veh/km{more}}}\n")


def vehicles(scenario: Scenario) -> dict[tuple[str | None, float], Actor]:
    return {(a.placement.lane, a.placement.s_m): a for a in scenario.actors if a.name.startswith("traffic.")}


def test_it_changes_no_other_draw() -> None:
    for variant in range(5):
        without = sample(loads(MOTORWAY), variant=variant)
        dense = sample(with_traffic(MOTORWAY, 14), variant=variant)
        assert (dense.ego, dense.actors[0], dense.road) == (without.ego, without.actors[0], without.road)
        assert [a.name for a in dense.actors[1:]] == [f"traffic.{i}" for i in range(len(dense.actors) - 1)]


def test_a_little_more_of_it_keeps_who_was_there() -> None:
    few, more = (vehicles(sample(with_traffic(MOTORWAY, d), variant=1)) for d in (8, 8.6))
    kept = set(few) & set(more)
    assert len(more) > len(few) and len(kept) > 0.9 * len(few)
    for at in kept:
        assert few[at].drive == more[at].drive and few[at].look_seed == more[at].look_seed


@pytest.mark.parametrize("density", [3, 40])
def test_it_is_as_dense_as_asked(density: int) -> None:
    scene = with_traffic(MOTORWAY.replace("1200 m", "800 m"), density, ", keep_clear: 0 m")
    counts = [len(vehicles(sample(scene, variant=v))) for v in range(4)]
    lanes = 6 * 0.8
    # The ego and its lead take two places; a lane's count is spread by half a vehicle.
    assert np.mean(counts) == pytest.approx(density * lanes, abs=1.0 + 0.03 * density * lanes)


@pytest.mark.parametrize("text", [MOTORWAY, JUNCTION], ids=["motorway", "junction"])
def test_bodies_stand_in_nobody_in_their_lane_and_away_from_the_story(text: str) -> None:
    for variant in range(6):
        drawn = sample(with_traffic(text, 18, ", keep_clear: 45 m"), variant=variant)
        assert overlaps(drawn.everyone) == []
        network = roads.build(drawn.road)
        stage = shapely.MultiPoint(
            [(a.placement.x_m, a.placement.y_m) for a in drawn.everyone if not a.name.startswith("traffic.")]
        ).convex_hull
        assert len(vehicles(drawn)) > 5
        for a in vehicles(drawn).values():
            lane = network.lane(a.placement.lane or "")
            assert lane.kind == "drive" and lane.outline.buffer(0.01).covers(shapely.Polygon(footprint(a)))
            assert shapely.Polygon(footprint(a)).distance(stage) >= 44.0
            assert a.drive.speed_mps >= a.speed_mps >= 0.0


def test_wishes_are_spread_about_the_limit_and_lorries_keep_theirs() -> None:
    wished = []
    for variant in range(6):
        drawn = sample(with_traffic(MOTORWAY, 30, ", mix: car/*"), variant=variant)
        wished += [a.drive.speed_mps / drawn.road.limit_mps for a in vehicles(drawn).values()]
    assert len(wished) > 1000
    # N(1, 0.1), cut to 0.75..1.3: the cuts move mean and deviation by less than these bounds.
    assert np.mean(wished) == pytest.approx(1.0, abs=0.015) and np.std(wished) == pytest.approx(0.1, abs=0.01)
    lorries = vehicles(sample(with_traffic(MOTORWAY, 10, ", mix: truck/semi")))
    assert np.mean([a.drive.speed_mps for a in lorries.values()]) == pytest.approx(80 / 3.6, rel=0.05)


@pytest.mark.parametrize(("density", "variant"), [(8, 0), (8, 1), (30, 0)])
def test_nobody_hits_anybody_and_all_end_in_a_lane(density: int, variant: int) -> None:
    changed = 0
    rollout = simulate(sample(with_traffic(SHORT, density), variant=variant))
    assert faults(rollout) == []
    assert rollout.accel_mps2.min() > -8.0
    network = roads.build(rollout.scenario.road)
    for i, a in enumerate(rollout.scenario.everyone):
        along = rollout.position_m[:, i, 0]
        here = rollout.present[:, i] & (along > 0.0) & (along < 600.0)
        assert (rollout.lane[here, i] >= 0).all(), "nobody leaves the lanes"
        lanes = {rollout.lane_names[k] for k in rollout.lane[here, i]}
        assert {network.lane(n).direction for n in lanes} == {network.lane(a.placement.lane or "").direction}
        assert all(network.lane(n).kind == "drive" for n in lanes)
        changed += len(lanes) > 1
    assert changed > 1


def test_at_a_junction_it_takes_the_ways_across() -> None:
    drawn = [sample(with_traffic(JUNCTION, 25), variant=v) for v in range(4)]
    routes = [a.route for s in drawn for a in vehicles(s).values() if a.route]
    assert {r[0].split(".")[0] for r in routes} == {"south", "east", "north", "west"}
    turns = {(r[0].split(".")[0], r[1].split(".")[0]) for r in routes}
    assert len(turns) >= 8 and all(a != b for a, b in turns)


def test_it_leaves_out_where_a_lane_opens_or_closes_and_the_works() -> None:
    text = """\
drivesynth: 1
road: {template: motorway/lane_drop}
ego: {at: {lane: R1, s: 30 m}, speed: 100 km/h}
"""
    for variant in range(5):
        drawn = sample(with_traffic(text, 25), variant=variant)
        network = roads.build(drawn.road)
        for a in vehicles(drawn).values():
            assert network.lane(a.placement.lane or "").width_at(a.placement.s_m) > a.size_m[1]


def test_vehicles_drive_on_the_left_where_one_does() -> None:
    text = MOTORWAY.replace("limit: 120 km/h", "limit: 120 km/h, drive_on: left")
    drawn = sample(with_traffic(text, 12))
    for a in vehicles(drawn).values():
        assert (np.cos(a.placement.heading_rad) > 0) == ((a.placement.lane or "").startswith("L"))
    assert faults(simulate(drawn)) == []


def test_a_fragment_gives_its_mix() -> None:
    text = JUNCTION.replace("drivesynth: 1\n", "drivesynth: 1\nimports: {bg: lib/traffic/urban_mixed.yaml}\n")
    drawn = sample(loads(text + "traffic: {use: bg, density: 30 veh/km}\n"))
    assert len({a.asset.split("/")[0] for a in vehicles(drawn).values()}) >= 3


def test_more_than_a_road_holds_is_refused() -> None:
    with pytest.raises(RequestError, match="bumper to bumper"):
        sample(with_traffic(MOTORWAY, 200))
