"""What a plan puts on the road that takes no part in the story: `objects`."""

import numpy as np
from numpy.typing import NDArray

from drivesynth.geometry.paths import Path
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import ObjectPlan
from drivesynth.road.props import Wish, outlines


def wish(network: RoadNetwork, thing: ObjectPlan) -> tuple[Path, Wish]:
    """Where a thing stands, along the reference line of its lane's road."""
    lane = network.lane(thing.lane)
    left = float(lane.middle(thing.s_m)) + lane.direction * thing.offset_m
    turn = thing.turn_rad + (np.pi if lane.direction < 0 else 0.0)
    return lane.reference, Wish(thing.asset, thing.look_seed, thing.s_m, left, turn)


def footprints(network: RoadNetwork) -> NDArray[np.object_]:
    """(N,) the ground that each of the plan's objects stands on, in their order."""
    wishes = [wish(network, thing) for thing in network.plan.objects]
    found = [outlines(reference, [one])[0] for reference, one in wishes]
    return np.array(found, dtype=object) if found else np.empty(0, dtype=object)
