"""Shapes that follow a road: sheets and bars given by a cross-section along the reference line."""

from collections.abc import Sequence

import numpy as np
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.geometry.shapes import Shape, grid, loft, outward
from drivesynth.road.lanes import Road, beside

STEP_M = 4.0


def rows(from_m: float, to_m: float, step_m: float = STEP_M) -> F64:
    """Stations at even distances, both ends among them."""
    return np.linspace(from_m, to_m, max(2, int(np.ceil((to_m - from_m) / step_m)) + 1))


def edges(road: Road, s_m: F64) -> tuple[F64, F64]:
    """(N,) left and right edge of the outermost lanes, to the left of the reference line."""
    inside = np.clip(s_m, 0.0, road.length_m)
    return road.lanes[0].left_border(inside), road.lanes[-1].right_border(inside)


def placed(road: Road, s_m: F64, left_m: F64, up_m: F64) -> F64:
    """(N, K, 3) points: at each of (N,) stations (N, K) or (K,) offsets and heights over the surface."""
    shape = len(s_m), np.shape(left_m)[-1]
    left, up = np.broadcast_to(left_m, shape), np.broadcast_to(up_m, shape)
    stations = np.repeat(np.asarray(s_m, np.float64), shape[1])
    return beside(road.reference, stations, left.reshape(-1), up.reshape(-1)).reshape(*shape, 3)


def sheet(road: Road, s_m: F64, left_m: F64, up_m: F64, material: int | I64) -> Shape:
    """A skin whose faces look to the right of where its section runs, seen along the road.

    material  one for all, or (K - 1,) one a strip
    """
    columns = np.broadcast_to(material, (np.shape(left_m)[-1] - 1,))
    return grid(placed(road, s_m, left_m, up_m), np.broadcast_to(columns, (len(s_m) - 1, len(columns))))


def bar(road: Road, s_m: F64, left_m: F64, up_m: F64, material: int) -> Shape:
    """A solid whose closed section is (N, K) or (K,) offsets and heights."""
    return outward(loft(placed(road, s_m, left_m, up_m), material))


def beam(
    road: Road, s_m: F64, left_m: tuple[F64 | float, F64 | float], up_m: tuple[float, float], material: int
) -> Shape:
    """A solid of rectangular section, between two offsets and two heights."""
    a, b = (np.broadcast_to(x, (len(s_m),)) for x in left_m)
    left = np.stack([a, b, b, a], axis=1)
    return bar(road, s_m, left, np.array([up_m[0], up_m[0], up_m[1], up_m[1]]), material)


def zone(road: Road, from_m: float, to_m: float, beyond_m: float) -> shapely.Geometry:
    """The ground between two stations, out to `beyond_m` outside the road's edges."""
    s = rows(from_m, to_m, 2.0)
    left, right = edges(road, s)
    rim = beside(road.reference, s, left + beyond_m), beside(road.reference, s, right - beyond_m)
    return shapely.Polygon(np.concatenate([rim[0][:, :2], rim[1][::-1, :2]])).buffer(0)


def union(parts: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """All of them as one."""
    return shapely.union_all(list(parts))
