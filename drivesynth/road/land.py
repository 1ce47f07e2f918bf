"""The land beside a road: gentle bumps, and the triangles that join it to the road's rim.

The land's vertices are those of the rim itself and a scatter that thins out with distance; their
Delaunay triangulation keeps every edge of the rim, because rim edges are shorter than anything else
is near, so that road and land share their vertices and leave no gap. Where a map's roads come close to
each other, rim edges are halved until that holds; its junctions are land that is paved.
"""

import logging

import numpy as np
import shapely
from numpy.typing import NDArray

from drivesynth.arrays import F64, I64, Bool
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.errors import WorkError
from drivesynth.road import bridge
from drivesynth.road.delaunay import missing, triangles
from drivesynth.road.network import RoadNetwork
from drivesynth.road.sheet import FLAT, LAND, Sheet

REACH_M = 300.0
_SPLITS, _SHORT_M = 10, 0.1  # how often, and down to which length, a rim that the land misses is split
_BORDER_M, _INSIDE_M = 1.0, 3.0  # spacing of points at the border of a map's junction and inside it
_log = logging.getLogger(__name__)
# Scatter: up to this distance from the road, one point per this spacing.
_RINGS_M = ((4.0, 26.0, 5.0), (26.0, 80.0, 12.0), (80.0, REACH_M, 45.0))


def pave(sheet: Sheet) -> None:
    """Fill the holes that roads leave where they meet with asphalt, and weld."""
    points, _, _ = sheet.arrays
    rim = sheet.rim()
    areas, filled = _areas(sheet, points, rim)
    # A roundabout's hole has its island inside, which is filled itself.
    holes = areas[~filled]
    for hole in holes:
        shapely.prepare(hole)
        inner = shapely.dwithin(hole.boundary, shapely.points(points[rim][:, :, :2].mean(axis=1)), 1e-6)
        used, local = np.unique(rim[inner], return_inverse=True)
        edges = np.asarray(local).reshape(-1, 2)
        corners = triangles(points[used, :2])
        _refuse(missing(edges, corners, len(used)))
        middle = points[used, :2][corners].mean(axis=1)
        sheet.faces(used[corners[shapely.contains_xy(hole, *middle.T)]], MATERIAL_ID["asphalt"], FLAT)
    sheet.weld()


def add(sheet: Sheet, network: RoadNetwork) -> None:
    """Surround the welded sheet with land out to the horizon, and weld again."""
    points, _, _ = sheet.arrays
    ring = _covered(sheet, points, sheet.rim())
    junctions = network.map_junctions
    deck = bridge.deck(network)
    if deck is not None:
        ring = ring.difference(deck.opening())
    spread = np.concatenate([_scatter(ring), _scatter_inside(junctions)])
    if deck is not None:
        spread = deck.scattered(spread)
    for _ in range(_SPLITS):
        rim = sheet.rim()
        if deck is not None:
            rim = rim[~deck.over(points[rim])]
        used, local = np.unique(rim, return_inverse=True)
        plan = np.concatenate([points[used, :2], spread])
        edges = np.asarray(local).reshape(-1, 2)
        corners = triangles(plan)
        lost = missing(edges, corners, len(plan))
        long = lost & (np.linalg.norm(plan[edges[:, 0]] - plan[edges[:, 1]], axis=1) > _SHORT_M)
        if network.plan.template != "map":
            _refuse(lost)
        if not long.any():
            break
        # An edge is among the triangles' once it is short against its distance to all else.
        sheet.split(rim[long])
        points, _, _ = sheet.arrays
    if lost.any():
        _log.warning("the map's roads overlap each other along %d edges", lost.sum())
    middle = shapely.points(plan[corners].mean(axis=1))
    corners, middle = (part[~shapely.contains(ring, middle)] for part in (corners, middle))
    paved = shapely.contains(junctions, middle)
    heights = network.heights(spread) if deck is None else deck.land_heights(spread)
    first = sheet.points(np.column_stack([plan, np.concatenate([points[used, 2], heights])]))
    sheet.faces(
        first + corners,
        np.where(paved, MATERIAL_ID["asphalt"], MATERIAL_ID["grass"]),
        np.where(paved, FLAT, LAND),
    )
    sheet.weld()


def _areas(sheet: Sheet, points: F64, rim: I64) -> tuple[NDArray[np.object_], Bool]:
    """The areas that the sheet's rim bounds, and which of them have faces in them."""
    areas = shapely.get_parts(shapely.polygonize(shapely.linestrings(points[rim][:, :, :2])))
    _, corners, _ = sheet.arrays
    plan = points[corners, :2]
    lying = shapely.area(shapely.polygons(plan)) > 1e-6  # a kerb's face stands on the rim itself
    middle = shapely.points(plan[lying].mean(axis=1))
    filled = np.zeros(len(areas), bool)
    filled[shapely.STRtree(areas).query(middle, predicate="within")[1]] = True
    return areas, filled


def _covered(sheet: Sheet, points: F64, rim: I64) -> shapely.Geometry:
    """What the sheet covers."""
    areas, filled = _areas(sheet, points, rim)
    ring = shapely.union_all(areas[filled])
    shapely.prepare(ring)
    return ring


def _scatter_inside(area: shapely.Geometry) -> F64:
    """(N, 2) points along the border of an area and on a grid inside it."""
    if area.is_empty:
        return np.zeros((0, 2))
    border = shapely.segmentize(area.boundary, _BORDER_M)
    x0, y0, x1, y1 = area.bounds
    x, y = np.meshgrid(np.arange(x0, x1, _INSIDE_M), np.arange(y0, y1, _INSIDE_M))
    grid = np.column_stack([x.reshape(-1), y.reshape(-1)])
    inside = shapely.contains_xy(area.buffer(-_BORDER_M), *grid.T)
    return np.unique(np.round(np.concatenate([shapely.get_coordinates(border), grid[inside]]), 3), axis=0)


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


def _refuse(lost: Bool) -> None:
    if lost.any():
        raise WorkError(f"the land does not meet the road along {lost.sum()} edges; the road overlaps itself")
