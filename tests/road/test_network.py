"""Lanes: names, neighbours, directions, and the way from the plan to the world and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import RequestError
from drivesynth.road.network import build
from drivesynth.road.plan import LanePlan, PathPlan, RoadPlan
from tests.road.streets import CURVE, PLANS, STREET, lanes


def test_lanes_are_named_from_the_reference_line_outwards() -> None:
    assert list(build(PLANS["motorway"]).lanes) == [
        "L.shoulder", "L2", "L1", "L.median", "R1", "R2", "R3", "R.shoulder",
    ]  # fmt: skip
    twice = lanes(("drive", 3), ("sidewalk", 2), ("verge", 1), ("sidewalk", 2))
    names = build(RoadPlan(right=twice, left=(), path=(PathPlan(length_m=10),))).lanes
    assert list(names) == ["R1", "R.sidewalk", "R.verge", "R.sidewalk2"]


def test_neighbours_are_those_the_lanes_traffic_sees() -> None:
    network = build(PLANS["motorway"])
    assert (network.lane("R2").left, network.lane("R2").right) == ("R1", "R3")
    assert (network.lane("L1").left, network.lane("L1").right) == ("L.median", "L2")
    assert network.lane("L1").direction == -1 and network.lane("R1").direction == 1


def test_an_unknown_lane_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(RequestError, match=r"no lane 'R\.parkin' on this road; did you mean 'R\.parking'\?"):
        build(PLANS["straight"]).lane("R.parkin")


def test_a_route_of_no_lanes_is_refused() -> None:
    with pytest.raises(RequestError, match=r"route: a route of no lanes leads nowhere"):
        build(PLANS["straight"]).route([])


@given(
    name=st.sampled_from(["R1", "L1", "R.parking", "L.sidewalk"]),
    s=st.floats(0.0, 200.0),
    offset=st.floats(-0.9, 0.9),
)
def test_locate_undoes_pose_on_a_banked_hill(name: str, s: float, offset: float) -> None:
    network = build(PLANS["curve"])
    lane = network.lane(name)
    at = lane.pose(s, offset)
    assert lane.locate(at.x_m, at.y_m) == pytest.approx((s, offset), abs=1e-7)
    found, s_found, offset_found = network.locate(at.x_m, at.y_m)
    if 1e-6 < s < 200.0 - 1e-6:
        assert found == name
        assert (s_found, offset_found) == pytest.approx((s, offset), abs=1e-7)
    assert network.height_m(at.x_m, at.y_m) == pytest.approx(at.z_m, abs=1e-9)


@pytest.mark.parametrize("name", ["R1", "L1", "L.parking"])
def test_a_lanes_centre_runs_through_its_poses_along_travel(name: str) -> None:
    lane = build(PLANS["curve"]).lane(name)
    for s in (5.0, 130.0, 180.0):
        at = lane.pose(s)
        own, left = lane.centre.project(at.x_m, at.y_m)
        assert left == pytest.approx(0.0, abs=1e-9)
        assert lane.centre.pose(own).z_m == pytest.approx(at.z_m, abs=1e-9)
        assert np.cos(lane.centre.pose(own).heading_rad - at.heading_rad) == pytest.approx(1.0)


def test_driving_on_the_left_mirrors_the_road() -> None:
    right = build(RoadPlan(right=STREET, left=lanes(("drive", 3)), path=CURVE))
    mirrored_path = tuple(
        PathPlan(
            length_m=p.length_m,
            start_curvature_per_m=-p.start_curvature_per_m,
            end_curvature_per_m=-p.end_curvature_per_m,
        )
        for p in CURVE
    )
    left = build(RoadPlan(right=lanes(("drive", 3)), left=STREET, path=mirrored_path, drive_on="left"))
    for name, lane in right.lanes.items():
        twin = left.lane(name.translate(str.maketrans("RL", "LR")))
        a, b = lane.pose(120.0, 0.4), twin.pose(120.0, -0.4)
        assert (a.x_m, a.y_m) == pytest.approx((b.x_m, -b.y_m))
        assert np.cos(a.heading_rad + b.heading_rad) == pytest.approx(1.0)
        swap = {None: None} | {n: n.translate(str.maketrans("RL", "LR")) for n in right.lanes}
        assert (swap[lane.left], swap[lane.right]) == (twin.right, twin.left)


def test_a_lane_against_its_side_drives_the_other_way() -> None:
    plan = RoadPlan(
        right=(LanePlan(kind="drive", width_m=3), LanePlan(kind="cycleway", width_m=2, against=True)),
        left=(),
        path=CURVE,
    )
    assert [lane.direction for lane in build(plan).lanes.values()] == [1, -1]


def test_areas_of_lanes_are_length_times_width_at_the_centre() -> None:
    network = build(PLANS["curve"])
    inner, outer = network.lane("L1"), network.lane("R1")
    expected = 3.25 * (inner.centre.length_m + outer.centre.length_m)
    assert network.area(["drive"]).area == pytest.approx(expected, rel=1e-4)
    assert network.area(["bus"]).is_empty


def test_off_the_lanes_there_is_no_lane_and_the_land_joins_the_pavement() -> None:
    network = build(PLANS["straight"])
    name, s, left = network.locate(100.0, -20.0)
    assert name is None and (s, left) == pytest.approx((100.0, -20.0))
    assert network.locate(-5.0, -1.0)[0] is None
    assert network.height_m(100.0, -8.0) == pytest.approx(0.12)
    assert network.height_m(100.0, -4.0) == pytest.approx(0.0)


def test_networks_of_equal_plans_are_one() -> None:
    assert build(PLANS["curve"]) is build(RoadPlan.model_validate_json(PLANS["curve"].model_dump_json()))
