"""Where everybody is over a stretch of time: what metrics and conditions are computed from."""

from dataclasses import dataclass

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.arrays import F64, I64, Bool
from drivesynth.world.live import STEP_S, Live
from drivesynth.world.rollout import Rollout
from drivesynth.world.signals import Signals


@dataclass(frozen=True)
class Series:
    """N instants, A actors.

    time_s              (N,)
    xy_m                (N, A, 2) centres of the boxes
    yaw_rad, speed_mps, accel_mps2, travelled_m  (N, A)
    velocity_mps        (N, A, 2) world
    half_m              (A, 2) half length and half width
    present             (N, A)
    signals             what they show
    """

    names: tuple[str, ...]
    time_s: F64
    xy_m: F64
    yaw_rad: F64
    speed_mps: F64
    accel_mps2: F64
    velocity_mps: F64
    travelled_m: F64
    half_m: F64
    present: Bool
    signals: Signals

    def rows(self, rows: I64) -> "Series":
        """Some of the instants."""
        return Series(
            self.names,
            self.time_s[rows],
            self.xy_m[rows],
            self.yaw_rad[rows],
            self.speed_mps[rows],
            self.accel_mps2[rows],
            self.velocity_mps[rows],
            self.travelled_m[rows],
            self.half_m,
            self.present[rows],
            Signals(self.signals.groups, self.signals.shows[rows]),
        )


def of_live(live: Live, first: int, last: int) -> Series:
    """The steps from `first` up to and with `last` of a simulation under way."""
    states = live.history[first : last + 1]
    speed, yaw = states[:, :, at.V], states[:, :, at.YAW]
    present = np.broadcast_to(live.commands[:, at.PRESENT] > 0, speed.shape)
    return Series(
        names=tuple(live.rows),
        time_s=np.arange(first, last + 1, dtype=np.float64) * STEP_S,
        xy_m=states[:, :, at.X : at.Y + 1],
        yaw_rad=yaw,
        speed_mps=speed,
        accel_mps2=states[:, :, at.ACC],
        velocity_mps=speed[:, :, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=-1),
        travelled_m=states[:, :, at.TRAVELLED],
        half_m=live.commands[:, at.HALF_LENGTH : at.HALF_WIDTH + 1],
        present=present,
        signals=live.signals(first, last),
    )


def of_rollout(rollout: Rollout) -> Series:
    """A whole rollout."""
    xy, time = rollout.position_m[:, :, :2], rollout.time_s
    yaw = rollout.rpy_rad[:, :, 2]
    steps = np.linalg.norm(np.diff(xy, axis=0, prepend=xy[:1]), axis=2)
    velocity = np.gradient(xy, time, axis=0) if len(time) > 1 else np.zeros_like(xy)
    return Series(
        names=rollout.names,
        time_s=time,
        xy_m=xy,
        yaw_rad=yaw,
        speed_mps=rollout.speed_mps,
        accel_mps2=rollout.accel_mps2,
        velocity_mps=velocity,
        travelled_m=np.cumsum(steps, axis=0),
        half_m=np.array([actor.size_m[:2] for actor in rollout.scenario.everyone]) / 2,
        present=rollout.present,
        signals=rollout.signals,
    )
