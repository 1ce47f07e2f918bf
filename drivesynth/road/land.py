"""The land beside a road: gentle bumps, and the triangles that join it to the road's rim.

The land's vertices are those of the rim itself and a scatter that thins out with distance; their
Delaunay triangulation keeps every edge of the rim, because rim edges are shorter than anything else
is near, so that road and land share their vertices and leave no gap.
"""

import numpy as np
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.errors import WorkError
from drivesynth.road.network import RoadNetwork
from drivesynth.road.sheet import FLAT, LAND, Sheet

REACH_M = 300.0
# Scatter: up to this distance from the road, one point per this spacing.
_RINGS_M = ((4.0, 26.0, 5.0), (26.0, 80.0, 12.0), (80.0, REACH_M, 45.0))


def pave(sheet: Sheet) -> None:
    """Fill the holes that roads leave where they meet with asphalt, and weld."""
    points, _, _ = sheet.arrays
    rim = sheet.rim()
    rings = shapely.get_parts(shapely.polygonize(shapely.linestrings(points[rim][:, :, :2])))
    # A ring of roads has the hole as its inside; the hole is a ring itself.
    holes = [hole for ring in rings for hole in shapely.polygons(shapely.get_rings(ring)[1:])]
    for hole in holes:
        shapely.prepare(hole)
        inner = shapely.dwithin(hole.exterior, shapely.points(points[rim][:, :, :2].mean(axis=1)), 1e-6)
        used, local = np.unique(rim[inner], return_inverse=True)
        corners = _triangles(points[used, :2], np.asarray(local).reshape(-1, 2))
        middle = points[used, :2][corners].mean(axis=1)
        sheet.faces(used[corners[shapely.contains_xy(hole, *middle.T)]], MATERIAL_ID["asphalt"], FLAT)
    sheet.weld()


def add(sheet: Sheet, network: RoadNetwork) -> None:
    """Surround the welded sheet with land out to the horizon, and weld again."""
    points, _, _ = sheet.arrays
    rim = sheet.rim()
    used, local = np.unique(rim, return_inverse=True)
    ring = shapely.union_all(
        shapely.get_parts(shapely.polygonize(shapely.linestrings(points[rim][:, :, :2])))
    )
    spread = _scatter(ring)
    plan = np.concatenate([points[used, :2], spread])
    corners = _triangles(plan, np.asarray(local).reshape(-1, 2))
    middle = plan[corners].mean(axis=1)
    corners = corners[~shapely.contains_xy(ring, middle[:, 0], middle[:, 1])]
    first = sheet.points(np.column_stack([plan, np.concatenate([points[used, 2], network.heights(spread)])]))
    sheet.faces(first + corners, MATERIAL_ID["grass"], LAND)
    sheet.weld()


def _triangles(plan: F64, rim: I64) -> I64:
    """(F, 3) Delaunay triangles of (N, 2) points, counter-clockwise; they must have all (E, 2) rim edges."""
    # Not GEOS, whose triangulation was seen to drop rim edges that qhull's has.
    from scipy.spatial import Delaunay

    corners = Delaunay(plan).simplices.astype(np.int64)
    a, b, c = (plan[corners[:, k]] for k in range(3))
    clockwise = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners[clockwise] = corners[clockwise][:, ::-1]
    _check_rim(rim, corners, len(plan))
    return np.asarray(corners)


def _scatter(ring: shapely.Geometry) -> F64:
    """(N, 2) points around a shape, on jittered grids that coarsen with distance."""
    shapely.prepare(ring)
    x0, y0, x1, y1 = ring.bounds
    result = []
    for near, far, spacing in _RINGS_M:
        i = np.arange(np.floor((x0 - far) / spacing), np.ceil((x1 + far) / spacing) + 1)
        j = np.arange(np.floor((y0 - far) / spacing), np.ceil((y1 + far) / spacing) + 1)
        cells = np.stack(np.meshgrid(i, j, indexing="ij"), axis=-1).reshape(-1, 2)
        # Low-discrepancy jitter by cell number: the same grid point falls at the same place always.
        jitter = (cells @ np.array([[0.7548776662, 0.1327], [0.3182, 0.5698402910]])) % 1.0 - 0.5
        points = (cells + 0.5 * jitter) * spacing
        distance = shapely.distance(ring, shapely.points(points))
        result.append(points[(distance >= near) & (distance < far)])
    return np.concatenate(result)


def _check_rim(rim: I64, corners: I64, count: int) -> None:
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    have = set((edges.min(axis=1) * count + edges.max(axis=1)).tolist())
    want = (rim.min(axis=1) * count + rim.max(axis=1)).tolist()
    missing = sum(edge not in have for edge in want)
    if missing:
        raise WorkError(f"the land does not meet the road along {missing} edges; the road overlaps itself")
