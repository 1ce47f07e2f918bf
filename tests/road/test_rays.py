"""Rays straight down on a fine grid: no hole in the ground, and no step in it but kerbs.

The rays are a twin of their own: triangles found by a tree of their boxes, heights from the plane.
"""

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from drivesynth.arrays import F64, I64
from drivesynth.geometry.mesh import Mesh
from drivesynth.road import bridge
from drivesynth.road.lanes import Road, beside
from drivesynth.road.network import build
from drivesynth.road.surface import meshes
from tests.road.streets import PLANS

STEP_M = 0.5
KINDS = ("drive", "bus", "parking", "sidewalk", "shoulder", "cycleway", "verge", "median")


def hits(parts: tuple[Mesh, ...], points: F64) -> tuple[I64, F64]:
    """How many faces each of (N, 2) vertical rays meets, and the height of the uppermost; no face: nan."""
    triangles = np.concatenate([m.vertices[m.faces] for m in parts]).astype(np.float64)
    plan = triangles[:, :, :2]
    upright = shapely.area(shapely.polygons(plan)) < 1e-9
    triangles, plan = triangles[~upright], plan[~upright]
    ray, face = shapely.STRtree(shapely.polygons(plan)).query(shapely.points(points), predicate="intersects")
    a, b, c = (triangles[face, k] for k in range(3))
    normal = np.cross(b - a, c - a)
    z = a[:, 2] - ((points[ray] - a[:, :2]) * normal[:, :2]).sum(axis=1) / normal[:, 2]
    top = np.full(len(points), -np.inf)
    np.maximum.at(top, ray, z)
    return np.bincount(ray, minlength=len(points)), top


def _ends(road: Road) -> list[shapely.LineString]:
    """Lines across a road where it ends in the open."""
    stations = [s for s, there in ((0.0, road.ends_before), (road.length_m, road.ends_after)) if there]
    across = np.array([-40.0, 40.0])
    return [shapely.LineString(beside(road.reference, np.full(2, s), across)[:, :2]) for s in stations]


@pytest.mark.parametrize("name", sorted(PLANS))
def test_no_hole_and_no_step_but_kerbs(name: str) -> None:
    network = build(PLANS[name])
    ground = network.area(KINDS).buffer(3.0)
    x0, y0, x1, y1 = np.clip(ground.bounds, -90.0, 160.0)
    # Off round numbers: along an edge two faces are met, which is no fault.
    x, y = np.arange(x0 + 0.0137, x1, STEP_M), np.arange(y0 + 0.0291, y1, STEP_M)
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    inside = shapely.contains_xy(ground, *points.T)

    def near(geometry: shapely.Geometry, reach_m: float) -> NDArray[np.bool_]:
        """Which of the points inside lie within reach."""
        shapely.prepare(geometry)
        answer = np.zeros(len(points), np.bool_)
        answer[inside] = shapely.dwithin(geometry, shapely.points(points[inside]), reach_m)
        return answer

    count, z = np.zeros(len(points), np.int64), np.full(len(points), np.nan)
    count[inside], z[inside] = hits(meshes(network), points[inside])
    assert (count[inside] > 0).all(), f"a hole at {points[inside & (count == 0)][:3].tolist()}"
    deck = bridge.deck(network)
    below = shapely.contains_xy(deck.opening() if deck else shapely.Polygon(), *points.T)
    assert (count[inside & ~below] > 1).mean() < 2e-3, "faces lie above each other"
    lanes = network.area(KINDS)
    if deck is not None:
        assert (count[below & shapely.contains_xy(lanes, *points.T)] == 2).mean() > 0.99

    heights, shape = z.reshape(len(x), len(y)), (len(x), len(y))
    kerbs = shapely.union_all(
        [lane.outline.boundary for lane in network.lanes.values() if lane.up_m > 0.0]
        + [area.boundary for area in network.crossed]
    )
    # Beyond the road's ends its lanes are drawn on, but are no lanes of the network.
    ends = [end for road in network.roads if road.ends_before or road.ends_after for end in _ends(road)]
    beyond = near(shapely.union_all(ends), 4.5)
    # Land falls away beside a bridge's deck, and asphalt from a pothole's rim.
    if deck is not None:
        valley = deck.opening().buffer(5.0).difference(lanes.buffer(-0.6))
        beyond |= shapely.contains_xy(valley, *points.T)
    for pit in network.pits:
        beyond |= pit.shares(points) < 2.5
    heights[beyond.reshape(shape)] = np.nan
    by_kerb = near(kerbs, 1.0).reshape(shape)
    for axis in (0, 1):
        step = np.abs(np.diff(heights, axis=axis))
        at_kerb = by_kerb.take(range(1, shape[axis]), axis) | by_kerb.take(range(shape[axis] - 1), axis)
        # Half a metre on the steepest hill, bank or land of these plans rises 5 cm; a kerb 12 cm more.
        assert np.nanmax(np.where(at_kerb, np.nan, step)) < 0.06
        assert np.nanmax(step) < 0.12 + 0.06
