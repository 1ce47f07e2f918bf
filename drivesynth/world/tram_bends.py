"""How a tram bends: its outer modules stand with their bogies over the way that its middle one takes."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.paths import Path


def bends_rad(path: Path, xy_m: F64, yaw_rad: F64, module_m: float) -> tuple[F64, F64]:
    """(T,) turn of the front and of the rear module against the middle one, left positive.

    xy_m, yaw_rad  (T, 2), (T,) of the middle one
    module_m       length of a module; its bogie stands in its middle
    """
    stations, left = path.projections(xy_m).T
    forward = np.column_stack([np.cos(yaw_rad), np.sin(yaw_rad)])
    found = []
    for ahead in (1.0, -1.0):
        bogie = _along(path, stations + ahead * module_m, left)
        way = ahead * (bogie - xy_m) - 0.5 * module_m * forward
        across = forward[:, 0] * way[:, 1] - forward[:, 1] * way[:, 0]
        found.append(np.arctan2(across, (forward * way).sum(axis=1)))
    return found[0], found[1]


def _along(path: Path, s_m: F64, left_m: F64) -> F64:
    """(T, 2) points beside a path."""
    x, y, _, heading = path.poses(s_m).T
    return np.column_stack([x - left_m * np.sin(heading), y + left_m * np.cos(heading)])
