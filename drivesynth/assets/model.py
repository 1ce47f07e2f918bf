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
)
CHANNEL: dict[str, int] = {name: index for index, name in enumerate(CHANNELS)}

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
