"""Where everybody is over a stretch of time: what metrics and conditions are computed from."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.arrays import F64, I64, Bool
from drivesynth.assets.model import CHANNEL
from drivesynth.assets.sizes import Size
from drivesynth.assets.vehicles.combination import combination, rectangles
from drivesynth.world.live import STEP_S, Live
from drivesynth.world.rollout import Rollout
from drivesynth.world.signals import Signals

_STRAIGHT_RAD = 0.05  # a combination that bends less is one box, as for drivers


@dataclass(frozen=True, eq=False)
class Series:
    """N instants, A actors.

    time_s              (N,)
    xy_m                (N, A, 2) centres of the boxes
    yaw_rad, speed_mps, accel_mps2, travelled_m  (N, A)
    velocity_mps        (N, A, 2) world
    half_m              (A, 2) half length and half width
    hitch_rad           (N, A) trailers against their tractors, left positive
    assets, sizes_m     (A,) what they are and how large: whoever bends is several boxes
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
    hitch_rad: F64
    assets: tuple[str, ...]
    sizes_m: tuple[Size, ...]
    present: Bool
    signals: Signals

    @cached_property
    def axes(self) -> tuple[F64, F64]:
        """(N, A, 2) unit vectors ahead and to the left of each actor."""
        cos, sin = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        return np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)

    def rows(self, rows: I64) -> "Series":
        """Some of the instants."""
        return replace(
            self,
            time_s=self.time_s[rows],
            xy_m=self.xy_m[rows],
            yaw_rad=self.yaw_rad[rows],
            speed_mps=self.speed_mps[rows],
            accel_mps2=self.accel_mps2[rows],
            velocity_mps=self.velocity_mps[rows],
            travelled_m=self.travelled_m[rows],
            hitch_rad=self.hitch_rad[rows],
            present=self.present[rows],
            signals=Signals(self.signals.groups, self.signals.shows[rows]),
        )

    def parts(self, a: int) -> list["Series"]:
        """The same with an actor as each of the boxes that it is; itself where it does not bend."""
        hitch, asset, size_m = self.hitch_rad[:, a], self.assets[a], self.sizes_m[a]
        if not (np.abs(hitch) > _STRAIGHT_RAD).any() or combination(asset, size_m) is None:
            return [self]
        # Of two boxes at every instant, also at one where it stands straight.
        boxes = np.array([rectangles(asset, size_m, angle or 1e-9) for angle in hitch.tolist()])
        cos, sin = np.cos(self.yaw_rad[:, a]), np.sin(self.yaw_rad[:, a])
        found = []
        for x, y, turned, length in boxes.transpose(1, 2, 0):
            columns = (self.xy_m, self.yaw_rad, self.half_m, self.hitch_rad)
            xy, yaw, half, rigid = (column.copy() for column in columns)
            xy[:, a] += np.column_stack([x * cos - y * sin, x * sin + y * cos])
            yaw[:, a] += turned
            half[a, 0] = length[0] / 2
            rigid[:, a] = 0.0
            found.append(replace(self, xy_m=xy, yaw_rad=yaw, half_m=half, hitch_rad=rigid))
        return found


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
        hitch_rad=states[:, :, at.HITCH],
        assets=tuple(actor.asset for actor in live.actors),
        sizes_m=tuple(actor.size_m for actor in live.actors),
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
        hitch_rad=rollout.articulation[:, :, CHANNEL["hitch_rad"]],
        assets=tuple(actor.asset for actor in rollout.scenario.everyone),
        sizes_m=tuple(actor.size_m for actor in rollout.scenario.everyone),
        present=rollout.present,
        signals=rollout.signals,
    )
