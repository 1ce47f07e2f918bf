"""Where the sensors' carrier is at any instant of a rollout."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.world.rollout import Rollout


def world_from_vehicle(rollout: Rollout, times_s: F64 | float, actor: int = 0) -> F64:
    """(N, 4, 4) poses of an actor, the ego unless told; held before the first and after the last step."""
    times = np.atleast_1d(np.asarray(times_s, np.float64))
    place = rollout.position_m[:, actor]
    angles = np.unwrap(rollout.rpy_rad[:, actor], axis=0)
    where = np.stack([np.interp(times, rollout.time_s, place[:, axis]) for axis in range(3)], axis=1)
    return rigid(
        where, rotation_xyz(*(np.interp(times, rollout.time_s, angles[:, axis]) for axis in range(3)))
    )
