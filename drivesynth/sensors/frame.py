"""A Frame: what every sensor of the rig saw around one frame time."""

from dataclasses import dataclass, field

import numpy as np

from drivesynth.arrays import F32, F64, I32, I64, U8, U16

# Why a pulse has, or has not, a return, in the order of `Pulses.cause`.
CAUSES = (
    "surface",
    "edge-mix",
    "through-glass",
    "mirror-ghost",
    "retro-bloom",
    "fog",
    "rain",
    "snow",
    "spray",
    "dust",
    "crosstalk",
    "dropped-weak",
    "dropped-random",
    "dropped-fault",
    "no-surface",
    "false-alarm",
)
CAUSE: dict[str, int] = {name: index for index, name in enumerate(CAUSES)}


@dataclass(frozen=True)
class Pulses:
    """One record per fired pulse and echo, lost ones included; N rows in the device's disk order.

    xyz_m              (N, 3) sensor frame at the firing time; the direction as fired where lost
    azimuth_rad, elevation_rad  (N,) as fired
    range_m            (N,) inf where there is no return
    intensity          (N,) 0..1
    ring, column       (N,) 0 is the top ring
    time_ns            (N,) from the start of the rollout
    echo               (N,) 0 is the nearest of a pulse's; a lost pulse has one record
    class_id, actor, instance, material, incidence_rad  (N,) of the surface met; actor -1 for surroundings
    cause              (N,) index into CAUSES
    """

    xyz_m: F32
    azimuth_rad: F32
    elevation_rad: F32
    range_m: F32
    intensity: F32
    ring: U8
    column: U16
    time_ns: I64
    echo: U8
    class_id: U8
    actor: I32
    instance: I32
    material: U8
    incidence_rad: F32
    cause: U8

    @property
    def returned(self) -> I64:
        """Rows that came back."""
        return np.flatnonzero(np.isfinite(self.range_m))


@dataclass(frozen=True)
class CameraFrame:
    """One camera's picture and what lies behind each pixel.

    rgb         (H, W, 3) 8-bit sRGB
    depth_m     (H, W) along the optical axis, inf for sky
    actor       (H, W) row of `scenario.everyone`, -1 for surroundings and sky
    class_id    (H, W)
    time_ns     exposure, from the start of the rollout
    """

    rgb: U8
    depth_m: F32
    actor: I32
    class_id: U8
    time_ns: int


# KITTI's oxts fields in the order of its files (readme of the raw data development kit). Degrees for latitude
# and longitude, else m, rad, m/s, m/s^2, rad/s; x y z are the unit's axes, f l u forward, left and up of the
# level plane, and accelerations hold gravity; the last five are whole numbers.
OXTS_FIELDS = (
    "lat", "lon", "alt", "roll", "pitch", "yaw", "vn", "ve", "vf", "vl", "vu",
    "ax", "ay", "az", "af", "al", "au", "wx", "wy", "wz", "wf", "wl", "wu",
    "pos_accuracy", "vel_accuracy", "navstat", "numsats", "posmode", "velmode", "orimode",
)  # fmt: skip


@dataclass(frozen=True)
class Navigation:
    """Records of an inertial unit since the frame before; the last one is that of the frame time.

    time_ns          (N,) from the start of the rollout
    oxts             (N, 30) what the unit says, by OXTS_FIELDS
    exact            (N, 30) what it would say without errors
    wheel_pulses     (N, 2) of the left and right rear wheel since the start of the rollout
    wheel_speed_mps  (N, 2) what an odometer makes of them
    """

    time_ns: I64
    oxts: F64
    exact: F64
    wheel_pulses: I64
    wheel_speed_mps: F64

    def rows(self, rows: slice) -> "Navigation":
        """Some of the records."""
        return Navigation(
            self.time_ns[rows],
            self.oxts[rows],
            self.exact[rows],
            self.wheel_pulses[rows],
            self.wheel_speed_mps[rows],
        )


@dataclass(frozen=True)
class Frame:
    """All sensors around one frame time.

    time_s             rollout time: the LiDAR looks straight ahead
    world_from_vehicle (4, 4) of the ego at that time
    sweeps, images     by the sensor's name in the rig, as are navigation
    timings_s          seconds spent, by stage of the work
    """

    time_s: float
    world_from_vehicle: F64
    sweeps: dict[str, Pulses]
    images: dict[str, CameraFrame]
    timings_s: dict[str, float] = field(default_factory=dict)
    navigation: dict[str, Navigation] = field(default_factory=dict)
