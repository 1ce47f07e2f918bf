"""A lorry whose trailer stands at an angle: drawn, labelled, met and measured as the two boxes it is."""

import numpy as np
import pytest
import shapely

from drivesynth.assets.catalogue import build
from drivesynth.assets.model import CHANNEL
from drivesynth.assets.vehicles.combination import combination, rectangles
from drivesynth.geometry.mesh import moved
from drivesynth.road import network as roads
from drivesynth.scenario.model import Actor
from drivesynth.scenario.overlap import ground, overlaps
from drivesynth.world import metrics
from drivesynth.world.build import stage
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, motorway, scenario

PLAN = motorway()
ANGLE = np.radians(60.0)
SIZE = (16.5, 2.55, 4.0)


def lorry(angle: float = ANGLE, s_m: float = 200.0) -> Actor:
    return actor(PLAN, "lorry", "truck/semi", "R1", s_m, model="static").model_copy(
        update={"articulation_rad": angle, "size_m": SIZE}
    )


def outline(asset: str, size: tuple[float, float, float], angle: float) -> shapely.Geometry:
    boxes = []
    for x, y, yaw, length in rectangles(asset, size, angle):
        half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2, size[1] / 2]
        turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
        boxes.append(shapely.Polygon(half @ turn + [x, y]))
    return shapely.union_all(boxes)


@pytest.mark.parametrize("degrees", [-100, -45, 10, 75, 105])
def test_the_rectangles_hold_what_is_drawn_and_no_more(degrees: float) -> None:
    angle = float(np.radians(degrees))
    model = build("truck/semi", 3, SIZE)
    poses = model.poses({"hitch_rad": angle})
    points = np.concatenate(
        [moved(part.mesh, pose).vertices[:, :2] for part, pose in zip(model.parts, poses, strict=True)]
    )
    whole = outline("truck/semi", SIZE, angle)
    assert shapely.distance(whole, shapely.points(points)).max() < 0.02
    # And both boxes are as short as what they hold.
    joint = combination("truck/semi", SIZE)
    assert joint is not None
    ends = {part.name: part.mesh.vertices[:, 0] for part in model.parts}
    assert ends["cab"].max() == pytest.approx(8.25, abs=0.05)
    assert ends["cab"].min() == pytest.approx(joint.tractor_rear_m, abs=0.2)
    assert ends["load"].max() == pytest.approx(joint.trailer_front_m, abs=0.05)
    assert ends["load"].min() == pytest.approx(-8.25, abs=0.05)


def test_a_straight_one_is_its_box() -> None:
    nearly = outline("truck/semi", SIZE, 1e-9)
    assert nearly.symmetric_difference(shapely.box(-8.25, -1.275, 8.25, 1.275)).area < 1e-6
    assert combination("truck/rigid", (8.0, 2.5, 3.0)) is None


def test_the_tail_is_where_the_hand_calculation_puts_it() -> None:
    # Kingpin 4.5 m behind the front, so 12 m of trailer behind it, turned left by 60 degrees.
    tail = shapely.Point(8.25 - 4.5 - 12.0 * np.cos(ANGLE), -12.0 * np.sin(ANGLE))
    whole = outline("truck/semi", SIZE, ANGLE)
    assert shapely.distance(whole.boundary, tail) < 1e-6


def test_it_stands_so_from_the_first_frame_to_the_last() -> None:
    ego = actor(PLAN, "ego", "car/estate", "R3", 20, 20.0)
    rollout = simulate(scenario(PLAN, ego, lorry(), duration_s=2.0))
    assert (rollout.articulation[:, 1, CHANNEL["hitch_rad"]] == ANGLE).all()
    staged = stage(rollout, 0.0, 0.1)
    own = np.flatnonzero(staged.actor == 1)
    points = np.concatenate(
        [moved(staged.meshes[staged.mesh[i]], staged.world_from_mesh[i]).vertices[:, :2] for i in own]
    )
    assert shapely.distance(ground(rollout.scenario.actors[0]), shapely.points(points)).max() < 0.05
    assert points[:, 1].min() < rollout.position_m[0, 1, 1] - 10.0


def test_who_stands_under_the_trailer_overlaps_who_stands_behind_the_cab_does_not() -> None:
    # Half of the trailer, 6 m back at 60 degrees: 3 m behind the pin and 5.2 m to the right.
    pin = roads.build(PLAN).lane("R1").pose(200.0, 0.0).x_m + 8.25 - 4.5
    car = actor(PLAN, "car", "car/sedan", "R1", 200.0)

    def at(x: float, y: float) -> Actor:
        place = car.placement.model_copy(update={"x_m": x, "y_m": car.placement.y_m + y})
        return car.model_copy(update={"placement": place})

    assert overlaps([lorry(), at(pin - 3.0, -5.2)])
    assert not overlaps([lorry(), at(pin - 9.0, 0.0)])  # where a straight one has its trailer
    assert overlaps([lorry(0.0), at(pin - 9.0, 0.0)])


@pytest.mark.parametrize("lane", ["R2", "R3"])
def test_a_driver_stops_before_the_trailer_that_reaches_into_its_lane(lane: str) -> None:
    ego = actor(PLAN, "ego", "car/estate", lane, 40, 25.0, model="idm")
    rollout = simulate(scenario(PLAN, ego, lorry(), duration_s=30.0))
    series = of_rollout(rollout)
    gap = metrics.distance_m(series, 0, 1)
    assert rollout.speed_mps[-1, 0] < 0.1
    assert 0.8 < gap[-1] < 5.0
    assert not metrics.overlap(series, 0, 1).any()
    exact = shapely.distance(ground(rollout.scenario.actors[0]), _box(series, -1))
    assert gap[-1] == pytest.approx(exact, abs=1e-6)


def test_past_a_trailer_that_stands_straight_it_drives_on() -> None:
    ego = actor(PLAN, "ego", "car/estate", "R2", 40, 25.0, model="idm")
    rollout = simulate(scenario(PLAN, ego, lorry(0.0), duration_s=10.0))
    assert rollout.speed_mps[-1, 0] > 20.0
    assert metrics.distance_m(of_rollout(rollout), 0, 1).min() == pytest.approx(
        3.5 - 2.55 / 2 - rollout.scenario.ego.size_m[1] / 2, abs=0.02
    )


def test_time_to_collision_counts_to_the_trailer() -> None:
    # Straight on in R2: the ego's front meets the flank where the trailer crosses its way.
    ego = actor(PLAN, "ego", "car/estate", "R2", 40, 20.0)
    series = of_rollout(simulate(scenario(PLAN, ego, lorry(), duration_s=12.0)))
    touching = np.argmax(metrics.overlap(series, 0, 1))
    assert metrics.overlap(series, 0, 1).any()
    assert metrics.ttc_s(series, 0, 1)[0] == pytest.approx(series.time_s[touching], abs=0.011)


def _box(series: object, row: int) -> shapely.Geometry:
    return shapely.Polygon(metrics.corners_m(series, 0)[row])  # type: ignore[arg-type]
