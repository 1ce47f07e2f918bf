"""Junctions and crossings to drive over, and where the fronts of those on them are."""

from typing import Any

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.paths import Path
from drivesynth.road import network as roads
from drivesynth.road.plan import CrossingPlan, LanePlan, PathPlan, RoadPlan
from drivesynth.world.rollout import Rollout
from tests.world.worlds import street

_SIDE = (LanePlan(kind="drive", width_m=3.25), LanePlan(kind="sidewalk", width_m=2.5))
STOP_M = 98.5  # station of an arm's stop line: 1.5 m before its mouth


def junction(template: str = "four_way", **more: Any) -> RoadPlan:
    """Two streets of two lanes that cross or meet, arms of 100 m."""
    arms = ("south", "east", "north", "west") if template == "four_way" else ("south", "east", "west")
    path = (PathPlan(length_m=100),)
    return RoadPlan(template=template, right=_SIDE, left=_SIDE, path=path, arms=arms, arm_length_m=100,
                    street="none", **more)  # fmt: skip


def crossed_street(kind: str, s_m: float = 100.0) -> RoadPlan:
    """A street with one crossing, 4 m wide."""
    return street(260.0, crossings=(CrossingPlan.model_validate({"s_m": s_m, "kind": kind}),))


def front_m(rollout: Rollout, i: int, path: Path) -> F64:
    """(T,) station of an actor's front on a path."""
    half, yaw = rollout.scenario.everyone[i].size_m[0] / 2, rollout.rpy_rad[:, i, 2]
    ahead = np.column_stack([np.cos(yaw), np.sin(yaw)])
    return path.projections(rollout.position_m[:, i, :2] + half * ahead)[:, 0]


def on_route(rollout: Rollout, i: int) -> F64:
    """(T,) station of an actor's front on its own route."""
    network = roads.build(rollout.scenario.road)
    return front_m(rollout, i, network.route(rollout.scenario.everyone[i].route))


def crosses_at(front: F64, line_m: float) -> int:
    """The first row at which the front is over a line; -1 for never."""
    over = front > line_m
    return int(np.argmax(over)) if over.any() else -1
