"""What an asset is once built: rigid parts, their joints, and how they are posed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import Mesh

# What may move on an actor, in the order of `Rollout.articulation`'s last axis.
CHANNELS = (
    "wheel_rad",  # turn of the wheels since the start
    "steer_rad",  # front wheels, left positive
    "gait_rad",  # phase of the step; left heel strikes at 0, right at pi
    "stride_m",  # length of a double step; 0 is standing
    "pedal_rad",  # turn of the cranks
    "door_rad",  # front left door
    "lean_rad",  # two-wheelers, left positive
    "hitch_rad",  # trailer against its tractor, left positive
    "passenger_rad",  # the other front door
    "rear_left_rad",
    "rear_right_rad",
    "boot_rad",  # lid or tailgate
    "bonnet_rad",
    "front_bend_rad",  # a tram's front module against its middle one, left positive
    "rear_bend_rad",  # its rear module
)
CHANNEL: dict[str, int] = {name: index for index, name in enumerate(CHANNELS)}

# What may open on a car, how it is told, and how far it opens where nothing else is said [rad].
DOORS = {
    "driver": ("door_rad", 1.1), "passenger": ("passenger_rad", 1.1), "rear_left": ("rear_left_rad", 1.1),
    "rear_right": ("rear_right_rad", 1.1), "boot": ("boot_rad", 1.3), "bonnet": ("bonnet_rad", 0.9),
}  # fmt: skip

# Bits of `Rollout.lights`.
LIGHTS = ("brake", "indicator_left", "indicator_right", "low_beam", "beacon", "hazard")


# Bits of a signal head's lights, by what it shows; far from those of actors.
SIGNAL_LIGHTS = {"red": 1 << 16, "amber": 1 << 17, "green": 1 << 18, "red_amber": 1 << 16 | 1 << 17}


@dataclass(frozen=True)
class Part:
    """One rigid part: a mesh and what the instance's tint paints it with.

    tint_rgb  linear albedo of the part's tinted materials; tint_905 their reflectivity at 905 nm
    """

    name: str
    mesh: Mesh
    tint_rgb: tuple[float, float, float] = (0.5, 0.5, 0.5)
    tint_905: float = 0.4


@dataclass(frozen=True)
class Model:
    """An asset's shape: parts in the vehicle frame (origin on the ground below the box's centre).

    size_m  length, width, height of the tight box around the resting model
    poses   from channel values (missing ones are 0) to (P, 4, 4) vehicle_from_part; from values at K
            instants, (K,) each, to (P, K, 4, 4), or (P, 4, 4) where nothing moves
    """

    asset: str
    class_name: str
    size_m: tuple[float, float, float]
    parts: tuple[Part, ...]
    poses: Callable[[Mapping[str, float | F64]], F64]
