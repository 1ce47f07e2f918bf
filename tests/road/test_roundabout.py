"""Roundabouts: traffic runs round the island its own way, on ground of its own, and holds where it enters."""

import numpy as np
import pytest
import shapely

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.errors import RequestError
from drivesynth.road import rights
from drivesynth.road.network import build
from drivesynth.road.street import dress
from drivesynth.road.surface import meshes
from tests.road.streets import PLANS, lanes

PLAN = PLANS["roundabout"]
SMALL = PLAN.model_copy(update={"arms": ("south", "east", "west")})


@pytest.mark.parametrize("to", ["east", "north", "west"])
@pytest.mark.parametrize("drive_on", ["right", "left"])
def test_a_route_runs_round_the_island_on_driven_ground(to: str, drive_on: str) -> None:
    network = build(PLAN.model_copy(update={"drive_on": drive_on}))
    route = network.route(["south", to])
    poses = route.poses(np.linspace(0.0, route.length_m, 4000))
    step = route.length_m / 3999
    assert np.hypot(*np.diff(poses[:, :2], axis=0).T).max() == pytest.approx(step, rel=1e-3)
    assert np.abs(np.diff(poses[:, 3])).max() < step / 6.0, "no arc is tighter than 6 m"
    line = shapely.LineString(poses[:, :2])
    assert network.area(["drive"]).buffer(1e-6).covers(line.buffer(0.9, cap_style="flat"))
    # Angle swept round the origin: a quarter, a half or three quarters, with the traffic's direction.
    swept = np.ptp(angle := np.unwrap(np.arctan2(poses[:, 1], poses[:, 0]))) * np.sign(angle[-1] - angle[0])
    quarters = {"right": {"east": 1, "north": 2, "west": 3}, "left": {"east": -3, "north": -2, "west": -1}}
    assert swept == pytest.approx(quarters[drive_on][to] * np.pi / 2, abs=0.1)


def test_the_ring_is_as_wide_as_it_says_and_touches_its_kerbs() -> None:
    network = build(PLAN)
    for road in network.roads:
        if not road.kerb:
            continue
        at = road.reference.poses(np.linspace(0.0, road.length_m, 500))
        away = np.hypot(at[:, 0], at[:, 1])
        assert away.min() == pytest.approx(9.5 if road.island else 16.0, abs=1e-3)
        if road.island:
            assert away.max() == pytest.approx(9.5, abs=1e-9)
            assert np.hypot(*(at[0, :2] - at[-1, :2])) < 1e-9
        # Kerbs do not bend: heading and place run on.
        turn = np.abs(np.diff(at[:, 3])).max()
        assert turn < road.length_m / 499 / 8.9
    assert sorted(network.corners) == ["north_east", "north_west", "south_east", "south_west"]


def test_traffic_gives_way_at_a_line_before_the_ring() -> None:
    network = build(PLAN)
    for arm in PLAN.arms:
        lane = network.lane(f"{arm}.in")
        assert lane.stop_m == pytest.approx(80.0 - 0.6)
        assert network.lane(f"{arm}.out").stop_m is None
        # A splitter island parts it from what leaves.
        apart = lane.pose(79.0), network.lane(f"{arm}.out").pose(79.0)
        assert np.hypot(apart[0].x_m - apart[1].x_m, apart[0].y_m - apart[1].y_m) == pytest.approx(
            2.5 + 3.375
        )


def test_something_grows_on_the_island_and_nothing_on_the_ring() -> None:
    network = build(PLAN)
    props = dress(network)
    inside = [p for p in props if np.hypot(p.x_m, p.y_m) < 9.0]
    assert {p.asset for p in inside} >= {"bush/round"}
    assert all(p.z_m > 0.05 for p in inside)
    assert not [p for p in props if 10.0 < np.hypot(p.x_m, p.y_m) < 15.5]


def test_three_arms_will_do() -> None:
    network = build(SMALL)
    assert network.route(["west", "east"]).length_m > network.route(["east", "west"]).length_m * 0.9
    assert "south>west" in network.lanes and "north>west" not in network.lanes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"right": lanes(("drive", 3.0), ("drive", 3.0), ("sidewalk", 2.5))}, "one driving lane each way"),
        ({"radius_m": 8.0}, "8 m is too small for a ring of 6.5 m; give 11 m or more"),
        ({"arm_length_m": 20.0}, "20 m is too short for a splitter island; give 31 m or more"),
        ({"radius_m": 11.0, "corner_radius_m": 60.0}, "the arms are too wide for a ring that small"),
    ],
)
def test_impossible_roundabouts_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        build(PLAN.model_copy(update=change))


def test_zebras_lie_over_every_arm_a_car_before_the_ring_and_leave_the_island_bare() -> None:
    network = build(PLAN.model_copy(update={"zebras": True}))
    crossed = rights.zebras(network)
    assert len(crossed) == 8 and not rights.zebras(build(PLAN))
    for zebra in crossed:
        # Its own half of the arm only: 3.5 m in, 3.25 m out, as wide to the left as to the right.
        assert zebra.left_m - zebra.right_m in (pytest.approx(3.5), pytest.approx(3.25))
        assert zebra.left_m == pytest.approx(-zebra.right_m)
    south = [z for z in crossed if abs(z.hold.x_m) < 10.0 and z.hold.y_m < 0.0]
    holds = sorted(z.hold.y_m for z in south)
    # Inwards a metre before the far edge, 9 + 0.6 m from the mouth; outwards a metre before the near one.
    mouth_y = network.lane("south.in").pose(80.0).y_m
    assert holds == [pytest.approx(mouth_y - 10.6), pytest.approx(mouth_y - 4.6)]
    paint = [
        mesh.vertices[mesh.faces[mesh.face_material == MATERIAL_ID["road_paint"]]] for mesh in meshes(network)
    ]
    middle = np.concatenate(paint).mean(axis=1)
    lane, s, _ = network.locations(middle[:, :2])
    names = np.array(list(network.lanes))[lane]
    on_bars = (s > 70.5) & (s < 74.3)
    assert {"south.in", "south.out", "east.in", "west.out"} <= set(names[on_bars])
    assert not any("median" in name for name in names[on_bars])
