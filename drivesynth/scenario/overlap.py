"""Who stands in whom: footprints on the plan, all pairs at once."""

import math
from collections.abc import Sequence

import numpy as np
import shapely

from drivesynth.arrays import F64
from drivesynth.scenario.model import Actor

TOUCH_M = 0.01  # bodies that only touch do not overlap


def footprint(actor: Actor) -> F64:
    """(4, 2) corners of an actor's box on the ground, counter-clockwise from front left."""
    place, (length, width, _) = actor.placement, actor.size_m
    cos, sin = math.cos(place.heading_rad), math.sin(place.heading_rad)
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2, width / 2]
    return np.asarray(half @ [[cos, sin], [-sin, cos]] + [place.x_m, place.y_m])


def overlaps(actors: Sequence[Actor]) -> list[tuple[Actor, Actor]]:
    """Pairs whose footprints share ground; bodies above each other are told apart by nobody here."""
    if len(actors) < 2:
        return []
    boxes = shapely.buffer(
        shapely.polygons(np.array([footprint(actor) for actor in actors])), -TOUCH_M / 2, join_style="mitre"
    )
    tree = shapely.STRtree(boxes)
    first, second = tree.query(boxes, predicate="intersects")
    return [(actors[i], actors[j]) for i, j in zip(first, second, strict=True) if i < j]
