"""The station of the nearest point of a path, and how far to its left a point is.

A path that is one straight line answers at once. Elsewhere the nearest of a table of samples is where
Newton's steps along the curve begin.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from drivesynth.arrays import F64

if TYPE_CHECKING:
    from drivesynth.geometry.paths import Path

_SAMPLE_M = 4.0  # spacing of the samples


class Projector:
    """Finds points on one path, which never changes."""

    def __init__(self, path: "Path") -> None:
        self._path = path

    def project(self, points: F64) -> F64:
        """(N, 2) stations and distances to the left of (N, 2) points."""
        path = self._path
        ray = self._ray
        if ray is not None:
            away = points - ray[:2]
            return np.column_stack(
                [away[:, 0] * ray[2] + away[:, 1] * ray[3], away[:, 1] * ray[2] - away[:, 0] * ray[3]]
            )
        table, poses = self._samples
        x, y = points.T
        distance2 = (x[:, None] - poses[None, :, 0]) ** 2 + (y[:, None] - poses[None, :, 1]) ** 2
        nearest = np.argmin(distance2, axis=1)
        low, high = table[np.maximum(nearest - 1, 0)], table[np.minimum(nearest + 1, len(table) - 1)]
        s = table[nearest].copy()
        open_ = np.arange(len(points))  # those still on their way
        for _ in range(12):
            piece, u = path.find(s[open_])
            at = path.poses_in(s[open_], piece, u)
            cos, sin = np.cos(at[:, 3]), np.sin(at[:, 3])
            dx, dy = x[open_] - at[:, 0], y[open_] - at[:, 1]
            along, left = dx * cos + dy * sin, dy * cos - dx * sin
            step = along / np.maximum(1.0 - path.curvatures_in(piece, u) * left, 0.1)
            moved = np.minimum(np.maximum(s[open_] + step, low[open_]), high[open_])
            far = np.abs(moved - s[open_]) >= 1e-11
            s[open_] = moved
            open_ = open_[far]
            if not len(open_):
                break
        at = path.poses(s)
        cos, sin = np.cos(at[:, 3]), np.sin(at[:, 3])
        along = (x - at[:, 0]) * cos + (y - at[:, 1]) * sin
        left = (y - at[:, 1]) * cos - (x - at[:, 0]) * sin
        beyond = ((s <= 0.0) & (along < 0.0)) | ((s >= path.length_m) & (along > 0.0))
        return np.column_stack([np.where(beyond, s + along, s), left])

    @cached_property
    def _samples(self) -> tuple[F64, F64]:
        """Stations no further apart than the projection's Newton steps can bridge, and their poses."""
        path = self._path
        turn = np.abs(path.curvature[:, 0]) + np.abs(path.curvature[:, 1]) * path.base_m
        lengths = np.diff(path.starts_m)
        counts = np.ceil(np.maximum(lengths / _SAMPLE_M, turn * path.base_m / 0.15)).astype(int)
        parts = [
            np.linspace(s, s + length, max(n, 1), endpoint=False)
            for s, length, n in zip(path.starts_m[:-1], lengths, counts, strict=True)
        ]
        s = np.concatenate([*parts, path.starts_m[-1:]])
        return s, path.poses(s)

    @cached_property
    def _ray(self) -> F64 | None:
        """x, y and direction's cosine and sine at the begin of a path that is one straight line."""
        path = self._path
        if not path.is_straight or path.lateral[:, 1:].any():
            return None
        ends = np.stack([path.lateral[:, 0], path.start[:, 2]])
        if np.ptp(ends, axis=1).max() > 0.0:
            return None
        x, y, _, heading = path.poses(np.zeros(1))[0]
        ray = np.array([x, y, np.cos(heading), np.sin(heading)])
        # Pieces that were joined may stand a little beside one another.
        begins = path.poses(path.starts_m)[:, :2] - ray[:2]
        off = np.abs(begins[:, 1] * ray[2] - begins[:, 0] * ray[3]).max()
        return ray if off < 1e-9 else None
