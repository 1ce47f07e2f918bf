"""Triangles over points of the plan, and whether they have the edges they must."""

import numpy as np

from drivesynth.arrays import F64, I64, Bool
from drivesynth.kept import recall


def triangles(plan: F64) -> I64:
    """(F, 3) Delaunay triangles of (N, 2) points, counter-clockwise."""
    return recall(("triangles", plan), lambda: _triangles(plan))


def _triangles(plan: F64) -> I64:
    # Not GEOS, whose triangulation was seen to drop rim edges that qhull's has.
    from scipy.spatial import Delaunay

    corners = Delaunay(plan).simplices.astype(np.int64)
    a, b, c = (plan[corners[:, k]] for k in range(3))
    clockwise = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners[clockwise] = corners[clockwise][:, ::-1]
    return np.asarray(corners)


def missing(rim: I64, corners: I64, count: int) -> Bool:
    """(E,) whether each of (E, 2) rim edges is no edge of the (F, 3) triangles over `count` points."""
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    have = edges.min(axis=1) * count + edges.max(axis=1)
    return np.isin(rim.min(axis=1) * count + rim.max(axis=1), have, invert=True)
