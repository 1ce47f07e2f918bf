"""Lanes that open and close, the lines that come and go with them, bays, work-zone lines, signs."""

import numpy as np
import pytest
import shapely

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.road.network import build
from drivesynth.road.plan import RoadPlan, WorkZonePlan
from drivesynth.road.street import dress
from drivesynth.road.surface import meshes
from tests.road.streets import PLANS


def painted(plan: RoadPlan, material: str = "road_paint") -> tuple[F64, F64]:
    """Middles on the plan and areas of the faces of one paint."""
    middles, areas = [], []
    for mesh in meshes(build(plan)):
        corners = mesh.vertices[mesh.faces[mesh.face_material == MATERIAL_ID[material]]].astype(np.float64)
        middles.append(corners.mean(axis=1)[:, :2])
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        areas.append(np.linalg.norm(crossed, axis=1) / 2)
    return np.concatenate(middles), np.concatenate(areas)


def test_a_lane_narrows_along_a_smooth_cubic_and_its_outer_neighbours_follow() -> None:
    network = build(PLANS["ramp"])
    lane, shoulder = network.lane("R3"), network.lane("R.shoulder")
    s = np.array([0.0, 160.0, 170.0, 180.0, 200.0])
    assert lane.width_at(s) == pytest.approx(3.75 * np.array([1, 1, 1 - 5 / 32, 0.5, 0]))
    assert shoulder.width_at(s) == pytest.approx(np.full(5, 2.5))
    assert shoulder.inner(s) == pytest.approx(lane.outer(s))
    assert lane.width_m == pytest.approx(3.75)


def test_a_closed_lane_is_nowhere_found_beyond_its_end() -> None:
    network = build(PLANS["ramp"])
    at = network.lane("R2").pose(198.0, -3.75 / 2 - 0.3)
    assert network.locate(at.x_m, at.y_m)[0] == "R.shoulder"
    at = network.lane("R2").pose(150.0, -3.75 / 2 - 0.3)
    assert network.locate(at.x_m, at.y_m)[0] == "R3"


def stripes_beside(plan: RoadPlan, lane: str, s0: float, s1: float) -> float:
    """Width of the paint along a lane's right border, averaged between two stations."""
    network = build(plan)
    middles, areas = painted(plan)
    s, left = network.roads[0].reference.projections(middles).T
    at = network.lane(lane).right_border(s)
    here = (s > s0) & (s < s1) & (np.abs(left - at) < 0.31)
    return float(areas[here].sum() / (s1 - s0))


def test_the_edge_line_goes_over_to_the_lane_that_remains() -> None:
    plan = PLANS["ramp"].model_copy(update={"path": PLANS["straight"].path, "street": "none"})
    # Beside the ramp lane a broken line, 6 m in 18 m; where it has ended, the wide edge line.
    assert stripes_beside(plan, "R2", 90.0, 162.0) == pytest.approx(0.15 / 3, rel=0.15)
    assert stripes_beside(plan, "R2", 202.0, 238.0) == pytest.approx(0.30, rel=0.06)  # whole faces, 5 m long
    # Before the gap closes, both carriageways have edge lines of their own.
    assert stripes_beside(plan, "R2", 0.0, 40.0) == pytest.approx(0.30, rel=0.06)  # whole faces, 5 m long
    assert stripes_beside(plan, "R3", 0.0, 40.0) == pytest.approx(0.30, rel=0.06)  # whole faces, 5 m long


def test_bays_are_divided_every_six_metres_but_not_on_the_crossing() -> None:
    middles, areas = painted(PLANS["bays"])
    inside = (middles[:, 1] < -3.4) & (middles[:, 1] > -5.2) & (middles[:, 0] > 0) & (middles[:, 0] < 100)
    stations = np.unique(np.round(middles[inside, 0] / 6).astype(int) * 6)
    assert stations.tolist() == [6 * i for i in range(1, 17) if i != 8]
    assert areas[inside].sum() <= 15 * 0.12 * 2.1


def test_a_yellow_line_leads_along_the_cones() -> None:
    plan = PLANS["motorway"]
    network = build(plan)
    middles, areas = painted(plan, "road_paint_yellow")
    lane = network.lane("R3")
    places = np.array([lane.locate(x, y) for x, y in middles])
    assert places[:, 0].min() == pytest.approx(60.0, abs=5.0)
    assert places[:, 0].max() == pytest.approx(200.0, abs=5.0)
    along = places[:, 0] > 121.0
    assert np.allclose(places[along, 1], 3.75 / 2 - 0.35 + 0.2, atol=0.1)
    assert areas.sum() == pytest.approx(0.15 * 140.0, rel=0.02)
    cones = shapely.MultiPoint([(p.x_m, p.y_m) for p in dress(network) if p.asset.startswith("cone/")])
    assert shapely.distance(cones, shapely.points(middles)).min() > 0.05


def test_two_zones_of_one_lane_have_each_their_line() -> None:
    zones = tuple(
        WorkZonePlan(lane="R3", from_m=s, to_m=s + 30, taper_m=20, cone_every_m=10) for s in (40, 150)
    )
    _, areas = painted(PLANS["motorway"].model_copy(update={"work_zones": zones}), "road_paint_yellow")
    assert areas.sum() == pytest.approx(0.15 * 2 * 50.0, rel=0.04)


@pytest.mark.parametrize(
    ("kmh", "number"), [(30, 30), (50, 50), (100, 100), (130, 130), (200, 130), (5, 10), (48.3, 50)]
)
def test_signs_show_the_limit(kmh: float, number: int) -> None:
    plan = PLANS["bays"].model_copy(update={"limit_mps": kmh / 3.6})
    signs = {p.asset for p in dress(build(plan)) if p.asset.startswith("sign/speed_limit")}
    assert signs == {f"sign/speed_limit_{number}"}
