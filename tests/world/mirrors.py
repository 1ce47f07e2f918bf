"""A scenario in a mirror: left for right, driving on the other side. The slow twin of `drive_on: left`."""

import re
from typing import Any

import numpy as np

from drivesynth.road.plan import PathPlan, RoadPlan
from drivesynth.scenario.model import Action, Actor, Environment, Event, Placement, Scenario

_SWAPPED = {"left": "right", "right": "left", "south": "north", "north": "south"}
_LIGHTS = {"indicator_left": "indicator_right", "indicator_right": "indicator_left"}


def lane(name: str) -> str:
    """The lane that lies where a lane lay: `R1` and `L1`, `south.in` and `north.in` change places."""
    if re.match(r"[RL](\d|\.)", name):
        return {"R": "L", "L": "R"}[name[0]] + name[1:]
    return ".".join(_SWAPPED.get(part, part) for part in name.split("."))


def _path(piece: PathPlan) -> PathPlan:
    return piece.model_copy(
        update={
            "start_curvature_per_m": -piece.start_curvature_per_m,
            "end_curvature_per_m": -piece.end_curvature_per_m,
        }
    )


def road(plan: RoadPlan) -> RoadPlan:
    """Seen from below: what was on the left of the reference line is on its right."""
    return plan.model_copy(
        update={
            "right": plan.left,
            "left": plan.right,
            "path": tuple(_path(piece) for piece in plan.path),
            "bank": tuple(
                row.model_copy(update={"a": -row.a, "b": -row.b, "c": -row.c, "d": -row.d})
                for row in plan.bank
            ),
            "drive_on": _SWAPPED[plan.drive_on],
            "work_zones": tuple(z.model_copy(update={"lane": lane(z.lane)}) for z in plan.work_zones),
            "arms": tuple(lane(arm) for arm in plan.arms),
            "potholes": tuple(
                p.model_copy(update={"lane": lane(p.lane), "offset_m": -p.offset_m}) for p in plan.potholes
            ),
            "objects": tuple(
                o.model_copy(update={"lane": lane(o.lane), "offset_m": -o.offset_m, "turn_rad": -o.turn_rad})
                for o in plan.objects
            ),
        }
    )


def place(at: Placement) -> Placement:
    """Across the reference line's first direction, the world's x axis."""
    return at.model_copy(
        update={
            "lane": None if at.lane is None else lane(at.lane),
            "offset_m": -at.offset_m,
            "y_m": -at.y_m,
            "heading_rad": -at.heading_rad,
        }
    )


def actor(one: Actor) -> Actor:
    """Where it stands, where it goes, which of its indicators is on."""
    return one.model_copy(
        update={
            "placement": place(one.placement),
            "route": tuple(lane(name) for name in one.route),
            "articulation_rad": -one.articulation_rad,
            "lights": tuple(_LIGHTS.get(light, light) for light in one.lights),
        }
    )


def action(one: Action) -> Action:
    """To the other side."""

    def swapped(name: str, value: Any) -> Any:
        if isinstance(value, Placement):
            return place(value)
        if name in ("offset_m", "by_m") or (name == "to_m" and one.kind == "offset"):
            return -value
        if one.kind == "change_lane" and name == "to":
            return _SWAPPED.get(value) or lane(value)
        if one.kind == "follow":
            return ",".join(lane(part.strip()) for part in value.split(","))
        if one.kind == "lights":
            return " ".join(_LIGHTS.get(word, word) for word in str(value).replace(",", " ").split())
        return value

    return one.model_copy(update={"args": {name: swapped(name, value) for name, value in one.args.items()}})


def words(text: str | None) -> str | None:
    """A condition of which the offsets count to the other side."""
    return None if text is None else re.sub(r"\b(\w+)\.offset\b", r"(-\1.offset)", text)


def event(one: Event) -> Event:
    """What happens there."""
    do = {name: tuple(action(a) for a in listed) for name, listed in one.do.items()}
    return one.model_copy(update={"do": do, "when": words(one.when)})


def _sky(environment: Environment) -> Environment:
    """The world's y axis is north: what came from the south comes from the north."""
    return environment.model_copy(
        update={
            "sun_azimuth_rad": np.pi - environment.sun_azimuth_rad,
            "wind_azimuth_rad": np.pi - environment.wind_azimuth_rad,
        }
    )


def mirrored(scenario: Scenario) -> Scenario:
    """The twin on the other side of the mirror y = 0."""
    return scenario.model_copy(
        update={
            "road": road(scenario.road),
            "environment": _sky(scenario.environment),
            "signals": scenario.signals
            and scenario.signals.model_copy(
                update={"green": tuple(lane(arm) for arm in scenario.signals.green)}
            ),
            "ego": actor(scenario.ego),
            "actors": tuple(actor(one) for one in scenario.actors),
            "story": tuple(event(one) for one in scenario.story),
        }
    )
