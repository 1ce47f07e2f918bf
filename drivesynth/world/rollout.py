"""A Rollout: the states of the world over a scenario's time, as arrays over time and actors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivesynth.arrays import F64, I64, U32, Bool
from drivesynth.scenario.model import Scenario
from drivesynth.world.signals import Signals


@dataclass(frozen=True)
class Rollout:
    """What every actor did. T steps of 10 ms, A actors in the order of `scenario.everyone`.

    time_s        (T,) from 0
    position_m    (T, A, 3) world; the ground point below the centre of the box
    rpy_rad       (T, A, 3) roll, pitch, yaw of world_from_vehicle (`geometry.transforms.rotation_xyz`)
    tilt_rad      (T, A, 2) the part of roll and pitch that is the body's, on its springs: wheels do not
                  follow it. None: bodies are stiff
    speed_mps     (T, A) along the heading; negative is reversing
    accel_mps2    (T, A)
    articulation  (T, A, C) by `assets.model.CHANNELS`
    lights        (T, A) bits in the order of `assets.model.LIGHTS`
    present       (T, A) false before an actor appears and after it vanished
    lane          (T, A) index into `lane_names`, -1 off every lane
    station_m     (T, A) along the reference line
    events        name -> time it fired [s], inf where it never did
    signals       what they show, T instants
    hit_s         actor -> time at which it would meet the ego if nobody reacted (`aim`)
    """

    scenario: Scenario
    time_s: F64
    position_m: F64
    rpy_rad: F64
    speed_mps: F64
    accel_mps2: F64
    articulation: F64
    lights: U32
    present: Bool
    lane: I64
    lane_names: tuple[str, ...]
    station_m: F64
    events: dict[str, float]
    hit_s: dict[str, float]
    signals: Signals
    tilt_rad: F64 | None = None

    @cached_property
    def turned_rad(self) -> F64:
        """(T, A, 3) `rpy_rad` without jumps by whole turns."""
        return np.asarray(np.unwrap(self.rpy_rad, axis=0))

    @property
    def names(self) -> tuple[str, ...]:
        """Actor names, ego first."""
        return tuple(actor.name for actor in self.scenario.everyone)
