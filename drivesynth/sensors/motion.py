"""Where the sensors' carrier is at any instant of a rollout."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.world.rollout import Rollout


def world_from_vehicle(rollout: Rollout, times_s: F64 | float, actor: int = 0) -> F64:
    """(N, 4, 4) poses of an actor, the ego unless told; held before the first and after the last step."""
    times = np.atleast_1d(np.asarray(times_s, np.float64))
    place = rollout.position_m[:, actor]
    angles = np.unwrap(rollout.rpy_rad[:, actor], axis=0)
    poses = np.zeros((len(times), 4, 4))
    poses[:, 3, 3] = 1.0
    for axis in range(3):
        poses[:, axis, 3] = np.interp(times, rollout.time_s, place[:, axis])
    roll, pitch, yaw = (np.interp(times, rollout.time_s, angles[:, axis]) for axis in range(3))
    cr, sr, cp, sp, cy, sy = (
        np.cos(roll),
        np.sin(roll),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(yaw),
        np.sin(yaw),
    )
    poses[:, 0, :3] = np.column_stack([cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr])
    poses[:, 1, :3] = np.column_stack([sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr])
    poses[:, 2, :3] = np.column_stack([-sp, cp * sr, cp * cr])
    return poses
