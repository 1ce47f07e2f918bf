"""Background traffic: vehicles on every driving lane, as many as the density asks for, away from the story.

A lane has a list of candidates without end, each with its own draws (`traffic.R1.7`): a place, a vehicle,
a driver. They are taken in that order, leaving out who would stand in somebody or too close behind him,
until the lane has its count. So another density keeps who was there, and no other draw of the scene knows
of traffic at all.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely

from drivesynth.assets import catalogue as assets
from drivesynth.errors import RequestError
from drivesynth.road.lanes import Lane
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.casting import Casting
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.model import Actor, Drive, Value
from drivesynth.scenario.overlap import ground
from drivesynth.scenario.places import Size
from drivesynth.scenario.wardrobe import usual_size
from drivesynth.scene.laws import Normal
from drivesynth.scene.validate import Path

MOST_VEHICLES = 400
_PATH: Path = ("traffic",)
_KEEP_CLEAR_M = 30.0
_TRIES = 40  # candidates a vehicle, before a lane counts as full
_LENGTH_M = 5.0  # of the usual vehicle,
_STANDING_M = 2.0  # and its gap in a queue: closer than both a density cannot be
_WAY_M = 1500.0  # so long a way through junctions is drawn
_BEFORE_LINE_M = 0.5  # where a front comes to stand
_STRAIGHT_ON = 3  # times as likely as each turn
_NARROWEST_M = 2.5  # a lane that is opening or closing is left alone

# Wished speed over the limit: SUMO's default for passenger vehicles, speedFactor normc(1, 0.1, 0.2, 2)
# (SUMO documentation, "Definition of Vehicles"), cut here to what a road shows.
_SPEED_FACTOR = Normal(1.0, 0.1, 0.75, 1.3)
# What a kind may or can drive, whatever the limit. Lorries, buses: German StVO, sections 3 and 18;
# bicycles and scooters: SUMO's vehicle types.
_FASTEST_MPS = {"truck": 80 / 3.6, "bus": 100 / 3.6, "bicycle": 20 / 3.6, "escooter": 20 / 3.6}
_HEAVY = ("truck", "bus", "construction_vehicle", "fire_engine")
_VEHICLES = ("car", "taxi", "police_car", "van", "ambulance", "pickup", "motorcycle", "bicycle", "escooter",
             *_HEAVY)  # fmt: skip


@dataclass(frozen=True)
class _Taken:
    """A stretch of a lane along travel, from rear to front, of somebody who drives `speed_mps`."""

    rear_m: float
    front_m: float
    speed_mps: float


def traffic(casting: Casting, story_parts: frozenset[str]) -> tuple[Actor, ...]:
    """The vehicles `traffic.0`, `traffic.1`, ...; `story_parts` names actors of the story."""
    chance, network = casting.chance, casting.network
    spec = chance.scene.traffic
    if spec is None:
        return ()
    density = chance.number(spec.density, (*_PATH, "density"))
    closest = _LENGTH_M + _STANDING_M
    if density * closest > 1.0:
        what = f"{1000 * density:.0f} veh/km are more than stand bumper to bumper, {1000 / closest:.0f}"
        raise chance.mistake((*_PATH, "density"), f"{what}; give less")
    clear_m = chance.number(spec.keep_clear, (*_PATH, "keep_clear"), _KEEP_CLEAR_M)
    for pattern in spec.mix.options:
        _vehicles(chance, pattern)
    others = [actor for row in casting.actors.values() for actor in row]
    stage = _stage(others, story_parts)
    lanes = [lane for road in network.roads if road.drawn for lane in road.lanes if lane.kind == "drive"]
    counts = [_count(casting, lane, density) for lane in lanes]
    if sum(counts) > MOST_VEHICLES:
        what = f"{sum(counts)} vehicles on this road; more than {MOST_VEHICLES} is too much"
        raise chance.mistake((*_PATH, "density"), f"{what}; give less, or a shorter road")
    found: list[Actor] = []
    for lane, count in zip(lanes, counts, strict=True):
        found += _Row(casting, lane, density, clear_m, stage, others).vehicles(count)
    return tuple(actor.model_copy(update={"name": f"traffic.{i}"}) for i, actor in enumerate(found))


def _vehicles(chance: Chance, pattern: str) -> list[str]:
    """The vehicles that fit a pattern of the mix."""
    try:
        names = [name for name in assets.match(pattern) if assets.info(name).class_name in _VEHICLES]
    except RequestError as error:
        raise chance.mistake((*_PATH, "mix"), error.what) from None
    if not names:
        what = f"{pattern!r} is nothing that drives in traffic; name vehicles, like car/* or truck/rigid"
        raise chance.mistake((*_PATH, "mix"), what)
    return names


def _stage(actors: list[Actor], story_parts: frozenset[str]) -> shapely.Geometry:
    """Where the story plays: the ground between the ego and all who move or have a part."""
    playing = [
        a for a in actors
        if a.name == "ego" or a.name in story_parts or a.speed_mps or a.drive.model != "static" or a.aim
    ]  # fmt: skip
    return shapely.MultiPoint([(a.placement.x_m, a.placement.y_m) for a in playing]).convex_hull


def _count(casting: Casting, lane: Lane, density: float) -> int:
    """Vehicles on a lane: the mean of many draws is density times length."""
    wanted = density * lane.reference.length_m
    return int(wanted + casting.chance.uniform(f"traffic.{lane.name}.count"))


class _Row:
    """One lane that is being filled."""

    def __init__(
        self,
        casting: Casting,
        lane: Lane,
        density: float,
        clear_m: float,
        stage: shapely.Geometry,
        others: list[Actor],
    ) -> None:
        self.casting, self.chance, self.network = casting, casting.chance, casting.network
        self.lane, self.clear_m, self.stage = lane, clear_m, stage
        self.limit_mps = self.network.plan.limit_mps
        room = 1.0 / density - _LENGTH_M if density else math.inf
        even = min(self.limit_mps, max((room - _STANDING_M) / 1.2, 0.5))
        # Enough for the speed that goes with the density, and so little that all of them find a place.
        self.gap_m = max(min(_STANDING_M + 0.6 * even, 0.55 * (room + _LENGTH_M) - _LENGTH_M), _STANDING_M)
        self.standing = [taken for other in others if (taken := self._in_lane(other)) is not None]

    def vehicles(self, count: int) -> list[Actor]:
        """At most `count` of them, in the order of the lane's candidates."""
        taken, found = list(self.standing), list[tuple[int, str, Size, float]]()
        for k in range(_TRIES * count):
            if len(found) == count:
                break
            s = self.chance.uniform(self._stream(k, "s")) * self.lane.reference.length_m
            along = self._along(s)
            if not self._is_apart(along, along, taken):
                continue  # however short it were; most tries end here, before all that takes longer
            asset = self._asset(k)
            size = usual_size(self.chance, asset, (*_PATH, self.lane.name, k))
            rear, front = along - size[0] / 2, along + size[0] / 2
            if self._is_apart(rear, front, taken) and self._is_free(s, size):
                taken.append(_Taken(rear, front, 0.0))
                found.append((k, asset, size, s))
        speeds = self._speeds(found)
        return [self._actor(*one, speed) for one, speed in zip(found, speeds, strict=True)]

    # --- inside ------------------------------------------------------------------------------

    def _stream(self, k: int, what: str) -> str:
        return f"traffic.{self.lane.name}.{k}.{what}"

    def _along(self, s_m: float) -> float:
        return s_m if self.lane.direction > 0 else self.lane.reference.length_m - s_m

    def _asset(self, k: int) -> str:
        mix = self.chance.scene.traffic.mix  # type: ignore[union-attr]
        drawn = mix.param is None and mix.is_drawn
        pattern = (
            str(mix.at(self.chance.uniform(self._stream(k, "mix"))))
            if drawn
            else self.chance.word(mix, (*_PATH, "mix"))
        )
        names = _vehicles(self.chance, pattern)
        return assets.one_of(names, self.chance.uniform(self._stream(k, "kind")))

    def _in_lane(self, actor: Actor) -> _Taken | None:
        """What somebody of the scene takes of this lane."""
        place = actor.placement
        s, left = self.lane.locate(place.x_m, place.y_m)
        length = self.lane.reference.length_m
        turned = place.heading_rad - self.lane.pose(s).heading_rad
        cos, sin = abs(math.cos(turned)), abs(math.sin(turned))
        half_along = (cos * actor.size_m[0] + sin * actor.size_m[1]) / 2
        half_across = (sin * actor.size_m[0] + cos * actor.size_m[1]) / 2
        if actor.articulation_rad:
            corners = shapely.get_coordinates(ground(actor)) - [place.x_m, place.y_m]
            half_along = half_across = float(np.hypot(*corners.T).max())
        if abs(left) - half_across > self.lane.width_m / 2 or not -half_along < s < length + half_along:
            return None
        along = self._along(s)
        return _Taken(along - half_along, along + half_along, actor.speed_mps * math.cos(turned))

    def _is_apart(self, rear_m: float, front_m: float, taken: list[_Taken]) -> bool:
        """Whether it keeps its gap from all who stand or drive in the lane."""
        return all(rear_m - t.front_m > self.gap_m or t.rear_m - front_m > self.gap_m for t in taken)

    def _is_free(self, s_m: float, size_m: Size) -> bool:
        """Whether the lane is whole there, the body on the road, and the story far enough away."""
        half, length = size_m[0] / 2, self.lane.reference.length_m
        if not half + 0.1 <= s_m <= length - half - 0.1:
            return False
        if self._to_line_m(self._along(s_m) + half) < 0.0:
            return False
        ahead = self.lane.direction * (half + 2.0 * self.limit_mps)
        seen = np.clip([s_m - self.lane.direction * half, s_m, s_m + ahead], 0.0, length)
        if self.lane.width_at(seen).min() < max(_NARROWEST_M, size_m[1] + 0.2):
            return False
        for zone in self.network.plan.work_zones:
            taper = zone.taper_m + 2.0 * self.limit_mps
            if (
                zone.lane == self.lane.name
                and zone.from_m - taper < s_m + half
                and s_m - half < zone.to_m + taper
            ):
                return False
        for thing in self.network.plan.objects:
            reach = max(assets.info(thing.asset).size_m[:2]) / 2
            if thing.lane == self.lane.name and abs(thing.s_m - s_m) < half + reach:
                return False
        at = self.lane.pose(s_m)
        return bool(self.stage.distance(shapely.Point(at.x_m, at.y_m)) >= self.clear_m + half)

    def _speeds(self, found: list[tuple[int, str, Size, float]]) -> list[float]:
        """What each begins with: its wish, unless who or what is ahead would make it brake at once: nobody
        has looked yet whether the junction before it is free.
        """
        begun: dict[int, float] = {}
        ahead = list(self.standing)
        for k, asset, size, s in sorted(found, key=lambda one: -self._along(one[3])):
            front = self._along(s) + size[0] / 2
            speed = min(self._wished(k, asset), _safe_mps(self._to_line_m(front), 0.0))
            leaders = [t for t in ahead if t.rear_m >= front]
            if leaders:
                lead = min(leaders, key=lambda t: t.rear_m)
                gap, other = lead.rear_m - front - _STANDING_M, max(lead.speed_mps, 0.0)
                speed = min(speed, _safe_mps(gap, other))
            begun[k] = speed
            ahead.append(_Taken(front - size[0], front, speed))
        return [begun[one[0]] for one in found]

    def _to_line_m(self, front_m: float) -> float:
        """From a front to where it would come to stand before the lane's stop line; inf without one."""
        if self.lane.stop_m is None:
            return math.inf
        return self._along(self.lane.stop_m) - _BEFORE_LINE_M - front_m

    def _wished(self, k: int, asset: str) -> float:
        fastest = _FASTEST_MPS.get(assets.info(asset).class_name, math.inf)
        factor = _SPEED_FACTOR.at(self.chance.uniform(self._stream(k, "speed")))
        return factor * min(self.limit_mps, fastest)

    def _actor(self, k: int, asset: str, size: Size, s_m: float, speed: float) -> Actor:
        about = assets.info(asset)
        placed = self.casting.placer.on_lane(f"traffic.{self.lane.name}.{k}", self.lane, s_m, 0.0, 0.0, size)
        numbers: dict[str, Value] = {"accel_mps2": 0.8} if about.class_name in _HEAVY else {}
        return Actor(
            name=placed.name,
            asset=asset,
            class_name=about.class_name,
            look_seed=self.chance.look(self._stream(k, "asset")),
            size_m=size,
            placement=placed.place,
            speed_mps=speed,
            drive=Drive(model="idm", speed_mps=self._wished(k, asset), numbers=numbers, lane_changes="mobil"),
            route=self._route(k, asset),
            obeys={"limit": False},  # its wished speed is drawn around the limit
        )

    def _route(self, k: int, asset: str) -> tuple[str, ...]:
        """Through junctions by chance; nothing where its road ends in the open.

        Lorries and buses go straight on where they can: as they turn, their noses swing over the lane
        beside, which nobody here leaves to them.
        """
        heavy = assets.info(asset).class_name in _HEAVY
        names, way = [self.lane.name], self.lane.reference.length_m
        following = _following(self.network)
        while way < _WAY_M and (choices := following.get(names[-1])):
            if heavy and any(weight == _STRAIGHT_ON for _, weight in choices):
                choices = [one for one in choices if one[1] == _STRAIGHT_ON]
            weights = [weight for _, weight in choices]
            u = self.chance.uniform(self._stream(k, f"turn.{len(names)}")) * sum(weights)
            reached = np.cumsum(weights)
            names.append(choices[min(int(np.searchsorted(reached, u, side="right")), len(choices) - 1)][0])
            way += self.network.lane(names[-1]).reference.length_m
        return tuple(names) if len(names) > 1 else ()


def _safe_mps(gap_m: float, leader_mps: float) -> float:
    """The safe speed of Krauss (1998) with a reaction of a second and braking at 2 m/s^2."""
    return max(-2.0 + math.sqrt(4.0 + leader_mps**2 + 4.0 * max(gap_m, 0.0)), 0.0)


@lru_cache(maxsize=16)
def _following(network: RoadNetwork) -> dict[str, list[tuple[str, int]]]:
    """Per lane those that one may go on to, with weights."""
    result: dict[str, list[tuple[str, int]]] = {}
    for before, after in network.links:
        end = network.lane(before).centre
        begin = network.lane(after).centre
        turn = begin.pose(0.0).heading_rad - end.pose(end.length_m).heading_rad
        result.setdefault(before, []).append((after, _STRAIGHT_ON if math.cos(turn) > 0.8 else 1))
    return result
