"""Vehicles that bend: the rectangles on the ground of a tractor and of its trailer."""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.sizes import Size
from drivesynth.assets.vehicles.lorry_layouts import LAYOUTS, REAR_OVERHANG_M

COMBINATIONS = tuple(name for name, layout in LAYOUTS.items() if layout.trailer_axles)
MOST_RAD = np.radians(110.0)  # further round the trailer's flank would stand in the cab


@dataclass(frozen=True)
class Combination:
    """Stations forward of the middle of the whole when it stands straight [m].

    pin_m            the joint
    tractor_rear_m   where the tractor ends; its front is that of the whole
    trailer_front_m  where the trailer begins; its rear is that of the whole
    """

    pin_m: float
    tractor_rear_m: float
    trailer_front_m: float


def combination(asset: str, size_m: Size) -> Combination | None:
    """Where an asset of a size bends; None where it does not."""
    if asset not in COMBINATIONS:
        return None
    layout, length = LAYOUTS[asset], size_m[0]
    tractor_rear = (0.5 - layout.axles[-1]) * length - REAR_OVERHANG_M
    return Combination(length / 2 - layout.kingpin, tractor_rear, length / 2 - layout.load_from)


def rectangles(asset: str, size_m: Size, hitch_rad: float) -> F64:
    """(P, 4) x, y of each rigid part's middle, its yaw, its length, in the vehicle's frame.

    All are as wide as the vehicle. hitch_rad: the trailer against its tractor, left positive, so that its
    tail swings out to the right.
    """
    joint, length = combination(asset, size_m), size_m[0]
    if joint is None or hitch_rad == 0.0:
        return np.array([[0.0, 0.0, 0.0, length]])
    front, rear = length / 2, -length / 2
    back = joint.pin_m - (joint.trailer_front_m + rear) / 2
    return np.array(
        [
            [(front + joint.tractor_rear_m) / 2, 0.0, 0.0, front - joint.tractor_rear_m],
            [
                joint.pin_m - back * np.cos(hitch_rad),
                -back * np.sin(hitch_rad),
                hitch_rad,
                joint.trailer_front_m - rear,
            ],
        ]
    )
