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
from drivesynth.road.sheet import LAND, Sheet

REACH_M = 300.0
# Scatter: up to this distance from the road, one point per this spacing.
_RINGS_M = ((4.0, 26.0, 5.0), (26.0, 80.0, 12.0), (80.0, REACH_M, 45.0))


def add(sheet: Sheet, network: RoadNetwork) -> None:
    """Surround the welded sheet with land out to the horizon, and weld again."""
    from scipy.spatial import Delaunay

    points, _, _ = sheet.arrays
    rim = sheet.rim()
    used, local = np.unique(rim, return_inverse=True)
    rim_points = points[used]
    ring = shapely.union_all(
        shapely.get_parts(shapely.polygonize(shapely.linestrings(points[rim][:, :, :2])))
    )
    spread = _scatter(ring)
    plan = np.concatenate([rim_points[:, :2], spread])
    corners = Delaunay(plan).simplices.astype(np.int64)
    middle = plan[corners].mean(axis=1)
    outside = ~shapely.contains_xy(ring, middle[:, 0], middle[:, 1])
    corners = corners[outside]
    a, b, c = (plan[corners[:, k]] for k in range(3))
    clockwise = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners[clockwise] = corners[clockwise][:, ::-1]
    _check_rim(np.asarray(local).reshape(-1, 2), corners, len(plan))
    first = sheet.points(np.column_stack([plan, np.concatenate([rim_points[:, 2], network.heights(spread)])]))
    sheet.faces(first + corners, MATERIAL_ID["grass"], LAND)
    sheet.weld()


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
