"""A navigation device file: how well an inertial unit with GNSS knows where it is and how it moves.

Bare numbers, the unit in each key. Noise of the inertial sensors is given as a data sheet or an Allan
deviation plot gives it (IEEE Std 952-1997, annex C), so that a curve measured on a real unit can be
written down.
"""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from drivesynth.scene.validate import FileModel

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Gyro(FileModel):
    """Errors of each axis's rate.

    noise_deg_per_sqrt_h         angle random walk
    instability_deg_per_h        bias instability, the floor of the Allan deviation over 0.664
    instability_s                correlation time of the wandering bias
    walk_deg_per_h_per_sqrt_h    rate random walk
    bias_deg_per_s               of the bias at switching on, one standard deviation
    scale_percent                of the scale factor's error, one standard deviation
    """

    noise_deg_per_sqrt_h: NonNegativeFloat = 0.0
    instability_deg_per_h: NonNegativeFloat = 0.0
    instability_s: PositiveFloat = 100.0
    walk_deg_per_h_per_sqrt_h: NonNegativeFloat = 0.0
    bias_deg_per_s: NonNegativeFloat = 0.0
    scale_percent: NonNegativeFloat = 0.0


class Accelerometer(FileModel):
    """Errors of each axis's specific force; as for the gyro, in metres and seconds."""

    noise_mps_per_sqrt_h: NonNegativeFloat = 0.0
    instability_mmps2: NonNegativeFloat = 0.0
    instability_s: PositiveFloat = 100.0
    walk_mmps2_per_sqrt_h: NonNegativeFloat = 0.0
    bias_mmps2: NonNegativeFloat = 0.0
    scale_percent: NonNegativeFloat = 0.0


class Satellites(FileModel):
    """What is received from GPS, and how good a position it makes.

    mask_deg            satellites below are not used
    integer_m, float_m, code_m  one standard deviation of a range in RTK integer, RTK float and differential
                        mode: the position's error is this times the dilution of precision
    integer_from, float_from    satellites that the first two modes need
    correlation_s       over which errors of the position stay the same
    reflected           share of satellites behind a wall that are received by a reflection
    detour_m            mean length of such a detour, which falsifies the range
    trusted             share of such a false range that the filter lets through in integer and float mode
    settle_s            time in which the filter follows a jump or heals after an outage
    outage_mps_per_sqrt_s  random walk of the velocity while too few satellites are received
    """

    mask_deg: float = Field(default=10.0, ge=0.0, lt=90.0)
    integer_m: NonNegativeFloat
    float_m: NonNegativeFloat
    code_m: NonNegativeFloat
    integer_from: PositiveInt = 6
    float_from: PositiveInt = 5
    correlation_s: PositiveFloat = 60.0
    reflected: Share = 0.4
    detour_m: NonNegativeFloat = 12.0
    trusted: Share = 0.02
    settle_s: PositiveFloat = 1.0
    outage_mps_per_sqrt_s: NonNegativeFloat


class Wheels(FileModel):
    """Pulses of the rear wheels.

    radius_m       None: of the ego's own wheels
    radius_error_percent  of the radius that the odometer assumes, one standard deviation
    slip_percent   of the way, one standard deviation, independent every pulse count
    """

    pulses_per_turn: PositiveInt
    radius_m: PositiveFloat | None = None
    radius_error_percent: NonNegativeFloat = 0.0
    slip_percent: NonNegativeFloat = 0.0


class NavigationDevice(FileModel):
    """An inertial unit coupled with GNSS, whose output is filtered; errors one standard deviation each.

    velocity_mps, attitude_s      of the filtered velocity; time over which attitude errors stay the same
    roll_pitch_deg, heading_deg   of the filtered attitude
    lever_arm_m                   of the measured way from the unit to the antenna: the position turns with it
    """

    kind: Literal["gnss_imu"]
    name: str
    source: str = ""
    rate_hz: Annotated[int, Field(ge=1, le=1000)] = 100
    gyro: Gyro = Gyro()
    accelerometer: Accelerometer = Accelerometer()
    satellites: Satellites
    velocity_mps: NonNegativeFloat = 0.0
    velocity_s: PositiveFloat = 10.0
    roll_pitch_deg: NonNegativeFloat = 0.0
    heading_deg: NonNegativeFloat = 0.0
    attitude_s: PositiveFloat = 60.0
    lever_arm_m: NonNegativeFloat = 0.0
    wheels: Wheels | None = None


class Origin(FileModel):
    """Where the world's origin lies: Karlsruhe, where KITTI was recorded, unless told."""

    latitude_deg: float = Field(default=49.011212804408, ge=-89.9, le=89.9)
    longitude_deg: float = Field(default=8.4228850417969, ge=-180.0, le=180.0)
    altitude_m: float = 112.83


class Outage(FileModel):
    """Seconds of a scene without any satellite: a tunnel, a jammer."""

    from_s: NonNegativeFloat
    to_s: PositiveFloat

    @model_validator(mode="after")
    def _from_before_to(self) -> "Outage":
        if self.from_s >= self.to_s:
            raise ValueError(f"from_s {self.from_s:g} must be before to_s {self.to_s:g}")
        return self
