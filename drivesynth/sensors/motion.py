"""Where the sensors' carrier is at any instant of a rollout."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.transforms import rigid, rotation_xyz, wrap_angle
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


def world_from_everyone(rollout: Rollout, time_s: float) -> F64:
    """(A, 4, 4) of every actor, between the two steps around a time."""
    after = int(np.clip(np.searchsorted(rollout.time_s, time_s), 1, len(rollout.time_s) - 1))
    t0, t1 = rollout.time_s[after - 1], rollout.time_s[after]
    share = np.clip((time_s - t0) / (t1 - t0), 0.0, 1.0)
    turned = wrap_angle(rollout.rpy_rad[after] - rollout.rpy_rad[after - 1])
    angles = rollout.rpy_rad[after - 1] + share * turned
    places = rollout.position_m[after - 1] * (1 - share) + rollout.position_m[after] * share
    return rigid(places, rotation_xyz(*angles.T))
