"""Signal heads of every signalled approach, on its right, and where walkers cross.

A head's lenses look to -x of its post, so a post turned along its traffic faces it. German RiLSA: heads
stand beside the stop line; walkers look at one on the far side. Where marks are North American, vehicles
look at one beyond the junction (MUTCD, section 4D.14), if there is an arm opposite.
"""

import math

from drivesynth.road.junction import OUTWARD_RAD
from drivesynth.road.plan import RoadPlan
from drivesynth.road.props import Wish
from drivesynth.road.rights import CROSSING, ROAD
from drivesynth.road.roadside import Roadside

_KERB_SIDE_M = 0.45  # from the kerb to the post, on a pavement
_BESIDE_M = 0.8  # from the road's edge, where there is none
_BESIDE_CROSSING_M = 0.6


def heads(side: Roadside, plan: RoadPlan) -> list[Wish]:
    """The heads of one side of a road."""
    pavement = side.pavement
    away = _KERB_SIDE_M - pavement.width_m if pavement is not None else _BESIDE_M
    wishes: list[Wish] = []
    inbound = [lane.stop_m for lane in side.road.lanes if lane.stop_m and lane.middle(0.0) * side.sign > 0]
    if plan.signalled and side.road.name in plan.arms:
        towards = side.with_traffic_rad
        beyond = _opposite(side.road.name, plan.arms) if plan.marks.startswith("us/") else None
        if inbound and beyond is None:
            wishes.append(side.wish("signal/vehicle", away, inbound[0], towards, signal=side.road.name))
        mouth = [lane.stop_m for lane in side.road.lanes if lane.stop_m]
        if mouth and not inbound and beyond is not None:
            wishes.append(side.wish("signal/vehicle", away, mouth[0], towards, signal=beyond))
    if plan.template != "road":
        return wishes
    for crossing in plan.crossings:
        if crossing.kind != "signal":
            continue
        beside = crossing.width_m / 2 + _BESIDE_CROSSING_M
        against = 1.0 if side.with_traffic_rad == 0.0 else -1.0  # where this side's traffic comes from
        near, far = crossing.s_m - against * beside, crossing.s_m + against * beside
        wishes.append(side.wish("signal/vehicle", away, near, side.with_traffic_rad, signal=ROAD))
        wishes.append(side.wish("signal/walker", away, far, -side.facing_road_rad, signal=CROSSING))
    return wishes


def _opposite(arm: str, arms: tuple[str, ...]) -> str | None:
    """The arm across the junction."""
    across = OUTWARD_RAD[arm] + math.pi
    return next((other for other in arms if math.cos(OUTWARD_RAD[other] - across) > 0.9), None)
