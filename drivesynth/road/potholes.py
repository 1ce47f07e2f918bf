"""Potholes: elliptic holes in the surface, as deep as wheels and rays find them.

A hole's wall falls within the outer two fifths of its radius; its floor is level. The faces it touches
are taken out of the surface and laid again, finely, with every edge that neighbours know.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.road.delaunay import missing, triangles
from drivesynth.road.lanes import Lane
from drivesynth.road.plan import PotholePlan
from drivesynth.road.sheet import FLAT, Sheet

_WALL = 0.4  # share of the radius in which it falls
_RINGS = ((1.25, 16), (1.0, 28), (0.9, 28), (0.8, 22), (0.7, 18), (0.6, 14), (0.3, 8), (0.0, 1))
_EDGES = 400  # most edges that one hole may split


@dataclass(frozen=True)
class Pit:
    """A pothole on the plan: its middle, the way its lane runs there, half its length and width."""

    x_m: float
    y_m: float
    heading_rad: float
    half_m: tuple[float, float]
    depth_m: float

    def places(self, rings: F64, angles_rad: F64) -> F64:
        """(N, 2) points at shares of the radius and angles."""
        along, aside = (
            self.half_m[0] * rings * np.cos(angles_rad),
            self.half_m[1] * rings * np.sin(angles_rad),
        )
        cos, sin = np.cos(self.heading_rad), np.sin(self.heading_rad)
        return np.column_stack([self.x_m + along * cos - aside * sin, self.y_m + along * sin + aside * cos])

    def shares(self, points_m: F64) -> F64:
        """(N,) distances of (N, 2) points from the middle, 1 at the rim."""
        dx, dy = points_m[:, 0] - self.x_m, points_m[:, 1] - self.y_m
        cos, sin = np.cos(self.heading_rad), np.sin(self.heading_rad)
        return np.asarray(
            np.hypot((dx * cos + dy * sin) / self.half_m[0], (dy * cos - dx * sin) / self.half_m[1])
        )

    def depths(self, points_m: F64) -> F64:
        """(N,) how far the ground lies below the surface at (N, 2) points."""
        part = np.clip((1.0 - self.shares(points_m)) / _WALL, 0.0, 1.0)
        return np.asarray(self.depth_m * part**2 * (3.0 - 2.0 * part))


def pits(plans: Iterable[PotholePlan], lanes: Mapping[str, Lane]) -> tuple[Pit, ...]:
    """Where the potholes of a plan lie."""
    result = []
    for plan in plans:
        at = lanes[plan.lane].pose(plan.s_m, plan.offset_m)
        result.append(
            Pit(at.x_m, at.y_m, at.heading_rad, (plan.length_m / 2, plan.width_m / 2), plan.depth_m)
        )
    return tuple(result)


def carve(sheet: Sheet, pit: Pit) -> None:
    """Lay the surface round a pit anew; heights of its new points are the surface's less its depth."""
    points, corners, materials = sheet.arrays
    ellipse = shapely.Polygon(pit.places(np.ones(48), np.linspace(0.0, 2 * np.pi, 48, endpoint=False)))
    faces = shapely.polygons(points[corners][:, :, :2])
    near = np.flatnonzero(shapely.intersects(faces, ellipse))
    near = near[shapely.area(shapely.intersection(faces[near], ellipse)) > 1e-9]
    old, paint = faces[near], materials[near]
    planes = points[corners[near]]
    patch = shapely.union_all(old)
    edges = _border(corners[near])
    sheet.take(near)

    inner = np.concatenate(
        [
            pit.places(np.full(n, r), (np.arange(n) + 0.5 * (i % 2)) * 2 * np.pi / n)
            for i, (r, n) in enumerate(_RINGS)
        ]
    )
    inner = inner[shapely.contains_xy(patch.buffer(-0.02), *inner.T)]
    for _ in range(_EDGES):
        points = sheet.arrays[0]
        used, local = np.unique(edges, return_inverse=True)
        local = np.asarray(local).reshape(-1, 2)
        plan = np.concatenate([points[used, :2], inner])
        laid = triangles(plan)
        gone = np.flatnonzero(missing(local, laid, len(plan)))
        if not len(gone):
            break
        edge = edges[gone[0]]
        middle = sheet.halve(edge)
        edges = np.concatenate([np.delete(edges, gone[0], axis=0), [[edge[0], middle], [middle, edge[1]]]])
    centre = plan[laid].mean(axis=1)
    inside = shapely.contains_xy(patch, *centre.T)
    laid, centre = laid[inside], centre[inside]
    tree = shapely.STRtree(old)
    own = tree.nearest(shapely.points(centre))
    first = sheet.points(
        np.column_stack([inner, _on(planes[tree.nearest(shapely.points(inner))], inner) - pit.depths(inner)])
    )
    index = np.concatenate([used, first + np.arange(len(inner))])
    broken = pit.shares(centre) < 1.0
    sheet.faces(index[laid], np.where(broken, MATERIAL_ID["pothole"], paint[own]), FLAT)
    sheet.weld()


def _border(corners: I64) -> I64:
    """(E, 2) edges that only one of (F, 3) faces has."""
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    known = set(map(tuple, edges.tolist()))
    return np.array([edge for edge in edges.tolist() if (edge[1], edge[0]) not in known], np.int64)


def _on(planes: F64, points: F64) -> F64:
    """(N,) heights at (N, 2) points of the planes through (N, 3, 3) corners."""
    a = planes[:, 0]
    normal = np.cross(planes[:, 1] - a, planes[:, 2] - a)
    return np.asarray(a[:, 2] - ((points - a[:, :2]) * normal[:, :2]).sum(axis=1) / normal[:, 2])
