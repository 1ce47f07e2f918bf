"""Who stands in whom: footprints on the plan, all pairs at once."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from drivesynth.arrays import F64
from drivesynth.assets.vehicles.combination import rectangles
from drivesynth.scenario.model import Actor

TOUCH_M = 0.01  # bodies that only touch do not overlap


def footprint(actor: Actor) -> F64:
    """(4, 2) corners of an actor's box on the ground, counter-clockwise from front left."""
    place, (length, width, _) = actor.placement, actor.size_m
    cos, sin = math.cos(place.heading_rad), math.sin(place.heading_rad)
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2, width / 2]
    return np.asarray(half @ [[cos, sin], [-sin, cos]] + [place.x_m, place.y_m])


def ground(actor: Actor) -> shapely.Geometry:
    """What an actor stands on; of one that bends, what its parts do."""
    if not actor.articulation_rad:
        return shapely.Polygon(footprint(actor))
    place, width = actor.placement, actor.size_m[1]
    cos, sin = math.cos(place.heading_rad), math.sin(place.heading_rad)
    parts = []
    for x, y, yaw, length in rectangles(actor.asset, actor.size_m, actor.articulation_rad).tolist():
        at = place.model_copy(
            update={
                "x_m": place.x_m + x * cos - y * sin,
                "y_m": place.y_m + x * sin + y * cos,
                "heading_rad": place.heading_rad + yaw,
            }
        )
        part = actor.model_copy(update={"placement": at, "size_m": (length, width, actor.size_m[2])})
        parts.append(shapely.Polygon(footprint(part)))
    return shapely.union_all(parts)


def overlaps(actors: Sequence[Actor]) -> list[tuple[Actor, Actor]]:
    """Pairs whose footprints share ground; bodies above each other are told apart by nobody here."""
    if len(actors) < 2:
        return []
    boxes = _bodies(actors)
    tree = shapely.STRtree(boxes)
    first, second = tree.query(boxes, predicate="intersects")
    return [(actors[i], actors[j]) for i, j in zip(first, second, strict=True) if i < j]


def upon(actors: Sequence[Actor], things: NDArray[np.object_]) -> list[tuple[Actor, int]]:
    """Actors and what of (N,) things each stands in."""
    if not len(actors) or not len(things):
        return []
    tree = shapely.STRtree(_bodies(actors))
    found = tree.query(shapely.buffer(things, -TOUCH_M / 2, join_style="mitre"), predicate="intersects")
    return [(actors[i], int(thing)) for thing, i in zip(*found, strict=True)]


def _bodies(actors: Sequence[Actor]) -> NDArray[np.object_]:
    """(N,) the ground of each, less a touch."""
    boxes = np.asarray(shapely.polygons(np.array([footprint(actor) for actor in actors])))
    for i, actor in enumerate(actors):
        if actor.articulation_rad:
            boxes[i] = ground(actor)
    return np.asarray(shapely.buffer(boxes, -TOUCH_M / 2, join_style="mitre"))
