"""Junctions: arms meet without a step, ways across are smooth, corners are kerbs, all of it watertight."""

import numpy as np
import pytest
import shapely

from drivesynth.errors import RequestError
from drivesynth.geometry.paths import Pose
from drivesynth.road.junction import curve
from drivesynth.road.network import build
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import footprint
from drivesynth.road.street import dress
from tests.road.streets import PLANS, lanes

ARMS = ("south", "east", "north", "west")


@pytest.mark.parametrize("name", ["four_way", "t", "roundabout"])
def test_every_way_meets_its_lanes_in_position_and_heading(name: str) -> None:
    network = build(PLANS[name])
    arms = PLANS[name].arms
    drive = [way for way in network.ways.values() if way.kind == "drive"]
    per_arm = (
        sum(lane.kind == "drive" for lane in PLANS[name].right),
        sum(lane.kind == "drive" for lane in PLANS[name].left),
    )
    assert len(drive) == len(arms) * (len(arms) - 1) * per_arm[0] * per_arm[1]
    for (before, after), way in network.ways.items():
        for a, b in (
            (network.lane(before).centre.pose(network.lane(before).centre.length_m), way.centre.pose(0.0)),
            (way.centre.pose(way.centre.length_m), network.lane(after).centre.pose(0.0)),
        ):
            assert (a.x_m, a.y_m, a.z_m) == pytest.approx((b.x_m, b.y_m, b.z_m), abs=1e-6)
            assert np.cos(a.heading_rad - b.heading_rad) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("to", ["east", "north", "west"])
def test_a_route_by_arms_runs_on_without_a_break_on_driven_ground(to: str) -> None:
    network = build(PLANS["four_way"])
    route = network.route(["south", to])
    poses = route.poses(np.linspace(0.0, route.length_m, 2000))
    step = route.length_m / 1999
    assert np.hypot(*np.diff(poses[:, :2], axis=0).T).max() == pytest.approx(step, rel=1e-3)
    assert np.abs(np.diff(poses[:, 3])).max() < step / 3.0
    ground = network.area(["drive", "cycleway"]).buffer(1e-6)
    assert ground.covers(shapely.LineString(poses[:, :2]))
    assert network.heights(poses[:, :2]) == pytest.approx(0.0)


def test_cyclists_cross_on_the_cycleways() -> None:
    network = build(PLANS["four_way"])
    route = network.route(["east.cycleway", "west.cycleway"])
    begin, end = route.pose(0.0), route.pose(route.length_m)
    assert begin.x_m > 50 and end.x_m < -50
    assert begin.y_m == pytest.approx(end.y_m) and begin.y_m > 3.25


def test_inbound_lanes_know_their_stop_line_and_paint_it() -> None:
    network = build(PLANS["four_way"])
    lane = network.lane("south.in")
    assert lane.direction == 1 and lane.stop_m == pytest.approx(80.0 - 1.5)
    assert network.lane("south.out").stop_m is None
    at = lane.pose(lane.stop_m)
    assert at.x_m > 0 and at.y_m < -10 and np.sin(at.heading_rad) == pytest.approx(1.0)


def test_on_the_left_inbound_lanes_lie_on_the_left() -> None:
    network = build(PLANS["four_way"].model_copy(update={"drive_on": "left"}))
    assert network.lane("south.in").pose(40.0).x_m < 0
    route = network.route(["south", "west"])
    assert route.length_m < network.route(["south", "east"]).length_m


def test_corners_are_named_and_look_outwards() -> None:
    corners = build(PLANS["four_way"]).corners
    assert sorted(corners) == ["north_east", "north_west", "south_east", "south_west"]
    at = corners["south_east"]
    assert at.x_m > 0 > at.y_m
    assert np.arctan2(at.y_m, at.x_m) == pytest.approx(at.heading_rad % (2 * np.pi) - 2 * np.pi)


def test_locate_finds_arms_ways_and_corners() -> None:
    network = build(PLANS["four_way"])
    assert network.locate(1.6, -60.0)[0] == "south.in"
    assert network.locate(1.6, 0.0)[0] == "south>north"
    corner = network.corners["south_east"]
    x, y = (
        corner.x_m + np.cos(corner.heading_rad),
        corner.y_m + np.sin(corner.heading_rad),
    )
    assert network.locate(x, y)[0] == "south_east.sidewalk"
    assert network.height_m(x, y) == pytest.approx(0.12)


def test_nothing_stands_in_a_junction() -> None:
    network = build(PLANS["four_way"])
    props = [
        p for p in dress(network) if p.asset.split("/")[0] not in ("tree", "bush", "lamp", "manhole", "patch")
    ]
    assert not shapely.intersects(network.area(["drive", "cycleway"]), footprint(props)).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": ("south", "eats", "west")}, "no arm 'eats'; did you mean 'east'"),
        ({"arms": ("south", "west")}, "three or four different arms"),
        ({"corner_radius_m": 2.0}, "2 m is too tight for the pavement; give more than 3 m"),
        ({"left": lanes(("drive", 3.0))}, "the same lanes beyond the kerb"),
    ],
)
def test_impossible_junctions_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        build(PLANS["four_way"].model_copy(update=change))


def test_a_curve_between_parallel_poses_shifts_over_smoothly() -> None:
    path = curve(Pose(0, 0, 0, 0), Pose(20.0, 3.0, 0, 0))
    assert path.pose(path.length_m)[:2] == pytest.approx((20.0, 3.0))
    assert path.pose(0.0).heading_rad == pytest.approx(0.0) == path.pose(path.length_m).heading_rad


def test_a_road_tighter_than_itself_is_refused() -> None:
    plan = PLANS["curve"].model_copy(
        update={"path": (PLANS["curve"].path[2].model_copy(update={"start_curvature_per_m": 0.2}),)}
    )
    with pytest.raises(RequestError, match="too tight"):
        build(RoadPlan.model_validate(plan.model_dump()))
