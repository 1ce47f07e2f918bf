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
    "own-vehicle",
)
CAUSE: dict[str, int] = {name: index for index, name in enumerate(CAUSES)}
_SOLID = np.isin(CAUSES, ("surface", "through-glass"))


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
    ambient            (N,) light of sun and sky that the receiver sees, 1 is white level ground at 100 klx; 0
                       of devices that do not report it
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
    ambient: F32

    @property
    def returned(self) -> I64:
        """Rows that came back."""
        return np.flatnonzero(np.isfinite(self.range_m))

    @property
    def solid(self) -> I64:
        """Rows that came back from the very place of what they name: no ghosts, halos or points between."""
        return np.flatnonzero(np.isfinite(self.range_m) & _SOLID[self.cause])


@dataclass(frozen=True)
class CameraFrame:
    """One camera's picture and what lies behind each pixel.

    rgb         (H, W, 3) 8-bit sRGB
    depth_m     (H, W) along the optical axis, of a fisheye along the ray; inf for sky
    actor       (H, W) row of `scenario.everyone`, -1 for surroundings and sky
    class_id    (H, W)
    time_ns     exposure, from the start of the rollout
    raw         (H, W) the chip's own numbers, of cameras that give them
    """

    rgb: U8
    depth_m: F32
    actor: I32
    class_id: U8
    time_ns: int
    raw: U16 | None = None


# Why a radar reports something, in the order of `Detections.cause`.
RADAR_CAUSES = ("target", "surroundings", "road-bounce", "mirror-ghost", "double-bounce", "noise")
RADAR_CAUSE: dict[str, int] = {name: index for index, name in enumerate(RADAR_CAUSES)}


@dataclass(frozen=True)
class RadarCube:
    """Power over thermal noise in every cell.

    power          (R, V, A) linear; noise alone has mean 1
    range_m, speed_mps, azimuth_rad  (R,), (V,), (A,) the cells' middles; speeds positive going away
    """

    power: F32
    range_m: F32
    speed_mps: F32
    azimuth_rad: F32


@dataclass(frozen=True)
class Detections:
    """What a radar reports, strongest first; N rows, radar frame x ahead, y left, z up.

    range_m, azimuth_rad, elevation_rad   measured; elevation 0 where the device has one tier
    speed_mps      radial, positive going away, folded into what the burst can tell
    own_speed_mps  the part of it that the radar's own motion makes of something at rest there
    rcs_dbsm, snr_db  as measured; over thermal noise in the cell of the beam
    range_sigma_m, azimuth_sigma_rad, speed_sigma_mps  by the theory of estimation
    folds          how often the true speed was folded; 0 is unambiguous
    actor, class_id, cause  of what contributes most; -1, 0 where it is noise
    cube           on request
    """

    time_ns: int
    range_m: F32
    azimuth_rad: F32
    elevation_rad: F32
    speed_mps: F32
    own_speed_mps: F32
    rcs_dbsm: F32
    snr_db: F32
    range_sigma_m: F32
    azimuth_sigma_rad: F32
    speed_sigma_mps: F32
    folds: I32
    actor: I32
    class_id: I32
    cause: U8
    cube: RadarCube | None = None

    @property
    def xyz_m(self) -> F32:
        """(N, 3) radar frame."""
        flat = self.range_m * np.cos(self.elevation_rad)
        columns = (flat * np.cos(self.azimuth_rad), flat * np.sin(self.azimuth_rad))
        return np.stack([*columns, self.range_m * np.sin(self.elevation_rad)], axis=1)


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
    sweeps, images, navigation, radars  by the sensor's name in the rig
    timings_s          seconds spent, by stage of the work
    clouds             by LiDAR, those of `lidar.CLOUDS` that were asked for: (R, 4) x, y, z, intensity in the
                       LiDAR's frame at the frame time, `sweeps` being as fired
    """

    time_s: float
    world_from_vehicle: F64
    sweeps: dict[str, Pulses]
    images: dict[str, CameraFrame]
    timings_s: dict[str, float] = field(default_factory=dict)
    navigation: dict[str, Navigation] = field(default_factory=dict)
    radars: dict[str, Detections] = field(default_factory=dict)
    clouds: dict[str, dict[str, F32]] = field(default_factory=dict)
