"""Where the sensors' carrier is at any instant of a rollout."""

import numpy as np

from drivesynth.arrays import F64, I32, I64
from drivesynth.geometry.transforms import rigid, rotation_by, rotation_vector, rotation_xyz, wrap_angle
from drivesynth.world.rollout import Rollout
from drivesynth.world.stage import Stage


def world_from_vehicle(rollout: Rollout, times_s: F64 | float, actor: int = 0) -> F64:
    """(N, 4, 4) poses of an actor, the ego unless told; held before the first and after the last step."""
    times = np.atleast_1d(np.asarray(times_s, np.float64))
    place, angles = rollout.position_m[:, actor], rollout.turned_rad[:, actor]
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


def instances_at(stage: Stage, instances: I64 | I32, times_s: F64 | float) -> F64:
    """(N, 4, 4) world_from_mesh of (N,) instances at (N,) times, or one time, within the stage's interval.

    Between two keys the rotation turns at constant rate and the origin moves linearly.
    """
    poses = stage.world_from_mesh[instances].copy()
    track = stage.track[instances]
    moving = track >= 0
    if not moving.any():
        return poses
    keys, times = stage.keys[track[moving]], stage.key_times_s
    if len(times) == 1:
        poses[moving] = keys[:, 0]
        return poses
    at = np.broadcast_to(np.asarray(times_s, np.float64), track.shape)[moving]
    after = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
    row = np.arange(len(at))
    share = (at - times[after - 1]) / (times[after] - times[after - 1])
    start, end = keys[row, after - 1], keys[row, after]
    # Not by scipy, which takes as long to load as a frame takes to cast.
    turn = rotation_vector(end[:, :3, :3] @ np.swapaxes(start[:, :3, :3], -1, -2))
    now = start.copy()
    now[:, :3, :3] = rotation_by(turn * share[:, None]) @ start[:, :3, :3]
    now[:, :3, 3] += share[:, None] * (end[:, :3, 3] - start[:, :3, 3])
    poses[moving] = now
    return poses
