"""The street generator: what lines a road, from a seed and the kind of place alone.

Everything is drawn from named streams, so a longer road or another lane changes no other road. What
stands off the road keeps clear of every lane; street furniture keeps clear of what is driven on and
leaves most of the pavement free; nothing overlaps anything.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import shapely

from drivesynth.arrays import F64
from drivesynth.road import countryside, map_rights, structures, things, town, townscape, wear, works
from drivesynth.road.heads import heads
from drivesynth.road.network import RoadNetwork
from drivesynth.road.props import Plot, Prop
from drivesynth.road.roadside import Roadside
from drivesynth.streams import generator

_EVERY_LANE = ("drive", "bus", "parking", "sidewalk", "shoulder", "cycleway", "verge", "median")
# So far from where the sensors go a plant may have fewer leaves, and fewer still: larger by the roots of
# 3, 8 and 14, which keeps the angle that they are seen under.
COARSER_FROM_M = (13.0, 28.0, 60.0)
_WHEELS = ("drive", "bus", "parking", "shoulder", "cycleway")


@lru_cache(maxsize=16)
def dress(network: RoadNetwork) -> tuple[Prop, ...]:
    """The props of a network: its plan's `street`, lamps, rails and work zones."""
    plan = network.plan
    plot = Plot(structures.ground(network))
    wheels = network.area(_WHEELS)
    for lane, wishes in works.cones(network):
        plot.fill(lane.reference, wishes)
    for thing in plan.objects:
        reference, wish = things.wish(network, thing)
        plot.put(reference, [wish])
    if plan.template == "map":
        for reference, wish in map_rights.furniture(network):
            plot.put(reference, [wish])
    lanes = network.area(_EVERY_LANE)
    off_road = shapely.union(shapely.buffer(lanes, 0.05), structures.kept_free(network))
    wheels = shapely.union(wheels, structures.kept_free(network))
    for road in (road for road in network.roads if road.island):
        draw = generator(plan.street_seed, f"road.street.{road.name}")
        plot.fill(road.reference, town.island(road, plan, draw), wheels)
    for road in (road for road in network.roads if road.drawn and not road.kerb):
        for sign, letter in ((-1, "R"), (1, "L")):
            draw = generator(plan.street_seed, f"road.street.{road.name}{letter}")
            side = Roadside(road, sign, plan.street_seed, draw)
            plot.fill(road.reference, heads(side, plan), wheels)
            plot.fill(road.reference, works.signs(side, network), wheels)
            furniture, layers = [], []
            if plan.street in ("urban", "suburban"):
                furniture, layers = town.furniture(side, plan), town.gardens(side, plan)
                if plan.dressing == "full":
                    draw = generator(plan.street_seed, f"road.townscape.{road.name}{letter}")
                    furniture += townscape.furniture(replace(side, draw=draw), plan)
                    draw = generator(plan.street_seed, f"road.rear.{road.name}{letter}")
                    layers.append(town.rear(replace(side, draw=draw), plan))
            elif plan.street in ("rural", "motorway"):
                layers = countryside.layers(side, plan)
                draw = generator(plan.street_seed, f"road.verge.{road.name}{letter}")
                layers.append(wear.verge(replace(side, draw=draw), plan))
            if plan.lamp_every_m > 0.0:
                furniture = [*town.lamps(side, plan), *furniture]
            if plan.guard_rails or plan.street == "motorway":
                plot.fill(road.reference, countryside.rails(side), wheels, gap_m=0.0)
            plot.fill(road.reference, furniture, wheels)
            for layer in layers:
                plot.fill(road.reference, layer, off_road)
    for road in (road for road in network.roads if road.drawn and not road.kerb):
        plot.fill(road.reference, wear.lying(road, plan), gap_m=0.0)
    return plot.props()


def in_detail(props: tuple[Prop, ...], seen_from_m: F64) -> tuple[Prop, ...]:
    """Props as detailed as their way to the nearest of (N, 2) points, world frame, asks for."""
    if not props:
        return ()
    path = shapely.linestrings(seen_from_m) if len(seen_from_m) > 1 else shapely.points(seen_from_m[0])
    away_m = shapely.distance(path, shapely.points([(prop.x_m, prop.y_m) for prop in props]))
    levels = np.searchsorted(COARSER_FROM_M, away_m, side="right")
    return tuple(
        replace(prop, detail=max(prop.detail, level))
        for prop, level in zip(props, levels.tolist(), strict=True)
    )
