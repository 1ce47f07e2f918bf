"""How land rolls: a few long waves, flat beside the road; the valley that a bridge crosses."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.road.plan import BridgePlan, RoadPlan
from drivesynth.streams import generator

_HEIGHT_M = {"urban": 0.0, "suburban": 0.1, "rural": 1.1, "motorway": 0.9, "none": 0.0}
_FLAT_M, _FULL_M = 3.0, 40.0  # distance from the road: where waves begin, where they are whole
_WAVES = 5


def bumps(plan: RoadPlan, points_m: F64, beside_m: F64) -> F64:
    """(N,) rise of the land over the road's edge at (N, 2) points, `beside_m` away from it."""
    height = _HEIGHT_M[plan.street]
    if height == 0.0:
        return np.zeros(len(beside_m))
    draw = generator(plan.street_seed, "road.land")
    length, azimuth = draw.uniform(45.0, 160.0, _WAVES), draw.uniform(0.0, 2 * np.pi, _WAVES)
    phase, share = draw.uniform(0.0, 2 * np.pi, _WAVES), draw.dirichlet(np.ones(_WAVES))
    along = points_m @ np.stack([np.cos(azimuth), np.sin(azimuth)]) * (2 * np.pi / length) + phase
    grown = np.clip((beside_m - _FLAT_M) / (_FULL_M - _FLAT_M), 0.0, 1.0)
    return np.asarray(height * (np.sin(along) @ share) * grown**2 * (3 - 2 * grown))


def valley(plan: BridgePlan | None, s_m: F64) -> F64:
    """(N,) how far the land falls away below a bridge at (N,) stations; its banks slope 1 : 1.5."""
    if plan is None:
        return np.zeros(len(s_m))
    run = min(
        1.5 * 1.5 * plan.height_m, (plan.to_m - plan.from_m) / 2
    )  # the steepest of a smooth step is 1.5
    part = np.clip(np.minimum(s_m - plan.from_m, plan.to_m - s_m) / run, 0.0, 1.0)
    return np.asarray(plan.height_m * part**2 * (3.0 - 2.0 * part))
