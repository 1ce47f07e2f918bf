"""What the pulses of a sweep meet beside their first surface, and the door through which weather comes in.

A *target* sends a part of a pulse back: a surface behind glass or beside an edge, a ghost in a mirror, a
drop of rain, a stretch of fog. The receiver sums all targets of a pulse to one waveform.

Weather is a `Medium`: it is shown the pulses and their targets so far, weakens what stands behind it
(`share` of the first surfaces, `strength` of the rest) and adds its own echoes with `joined`.
"""

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
from drivesynth_kernels import pulse

from drivesynth.arrays import F32, F64, I32, I64, U8
from drivesynth.sensors.scan import Scan


@dataclass(frozen=True, eq=False)
class Targets:
    """Targets in any order, (K,) each.

    shot       which pulse: r C + c in the (R, C) lanes
    share      (R C,) of a pulse's power that reaches its first surface and comes back from there
    range_m    along the whole way of the light, one way
    strength   what the target adds to the reflectivity that the whole beam sees: an echo's signal is
               `Device.snr_1m` strength / range^2. A Lambertian target of reflectivity rho that fills the
               beam squarely has strength rho; losses on the way, both ways, are in it
    cause      index into `frame.CAUSES`
    instance, actor, material, class_id  of the surface; -1, -1, 0, 0 for none
    cosine     of the incidence there; -1 for none
    """

    share: F32
    shot: I64
    range_m: F32
    strength: F32
    cause: U8
    instance: I32
    actor: I32
    material: U8
    class_id: U8
    cosine: F32

    @staticmethod
    def none(pulses: int) -> "Targets":
        """Every pulse has its first surface alone, and that wholly."""
        real, whole, small = np.empty(0, np.float32), np.empty(0, np.int32), np.empty(0, np.uint8)
        return Targets(
            share=np.ones(pulses, np.float32),
            shot=np.empty(0, np.int64),
            range_m=real,
            strength=real,
            cause=small,
            instance=whole,
            actor=whole,
            material=small,
            class_id=small,
            cosine=real,
        )

    def joined(
        self,
        shot: I64,
        range_m: F32,
        strength: F32,
        cause: U8 | int,
        instance: I32 | int = -1,
        actor: I32 | int = -1,
        material: U8 | int = 0,
        class_id: U8 | int = 0,
        cosine: F32 | float = -1.0,
    ) -> "Targets":
        """With more of them; one number stands for all."""
        given = locals()
        columns = {}
        for name in (field.name for field in fields(self) if field.name != "share"):
            column = getattr(self, name)
            more = np.broadcast_to(np.asarray(given[name]), np.shape(shot)).astype(column.dtype)
            columns[name] = np.concatenate([column, more])
        return replace(self, **columns)

    def listed(self) -> pulse.Targets:
        """Pulse by pulse, as the receiver reads them."""
        order = np.argsort(self.shot, kind="stable")
        first = np.zeros(len(self.share) + 1, np.int64)
        np.cumsum(np.bincount(self.shot, minlength=len(self.share)), out=first[1:])
        return pulse.Targets(
            first,
            self.share,
            *(getattr(self, name)[order] for name in pulse.Targets._fields if name not in ("first", "share")),
        )


@dataclass(frozen=True, eq=False)
class Shots:
    """The pulses of a sweep as a medium sees them, (R, C) lanes.

    plan        the device's tables; `plan.device` has `snr_1m`, `pulse_m`, the overlap and the rest
    origins_m, directions, times_s  (R, C, 3), (R, C, 3), (R, C): world frame, rollout time
    range_m     (R, C) of the first surface, inf where there is none
    surface     what else is known of it
    key         names the draws: mix it with a number of your own
    threads     how many may be used
    """

    plan: Scan
    origins_m: F64
    directions: F32
    times_s: F64
    range_m: F32
    surface: pulse.Surface
    key: int
    threads: int


class Medium(Protocol):
    """The air of a sweep: fog, rain, snow, spray, dust, smoke."""

    @property
    def extinction_per_m(self) -> float:
        """Of what fills it evenly, one way."""

    def mirrored(self, met: pulse.Surface, origins_m: F64, directions: F32) -> pulse.Surface:
        """The first surfaces (R, C) as they throw the pulses on: where water stands, a mirror of water."""

    def __call__(self, shots: Shots, targets: Targets) -> Targets:
        """The targets as they look through the air, and what the air itself sends back."""
