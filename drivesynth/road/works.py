"""Work zones: cones that take a lane away behind a taper."""

import numpy as np

from drivesynth.road.lanes import DRIVEN, Lane
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import WorkZonePlan
from drivesynth.road.props import Wish

_INSIDE_M = 0.35  # cones stand this far inside the closed lane


def cones(network: RoadNetwork) -> list[tuple[Lane, list[Wish]]]:
    """The cones of all work zones, with the lane each zone closes."""
    return [_zone(network, zone) for zone in network.plan.work_zones]


def _zone(network: RoadNetwork, zone: WorkZonePlan) -> tuple[Lane, list[Wish]]:
    """Cones from the lane's far border over to the one its traffic must cross, then along it.

    The taper lies before the closed stretch, as its traffic meets it.
    """
    lane = network.lane(zone.lane)
    way = lane.direction
    begin, end = (zone.from_m, zone.to_m) if way > 0 else (zone.to_m, zone.from_m)
    half = lane.width_m / 2 - _INSIDE_M
    towards = 1.0 if _opens_left(network, lane) else -1.0
    # Counted along travel: from the taper's tip to the closed stretch's end.
    along = np.arange(-zone.taper_m, abs(end - begin) + 1e-6, zone.cone_every_m)
    across = np.interp(along, [-zone.taper_m, 0.0], [-half, half])
    stations = begin + way * along
    inside = (stations >= 0.0) & (stations <= lane.reference.length_m)
    left = lane.middle(stations) + way * towards * across
    return lane, [
        Wish(zone.cone, number, float(stations[number]), float(left[number]))
        for number in np.flatnonzero(inside).tolist()
    ]


def _opens_left(network: RoadNetwork, lane: Lane) -> bool:
    """Whether traffic leaves the lane to its left."""

    def usable(name: str | None) -> bool:
        other = network.lanes.get(name) if name else None
        return other is not None and other.kind in DRIVEN and other.direction == lane.direction

    return usable(lane.left) or not usable(lane.right)
