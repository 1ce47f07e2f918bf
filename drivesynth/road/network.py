"""A road network: the lanes of a plan, where a point lies on them, how high the ground is.

`build` is cached per plan, so every room may ask for the network of a plan as often as it likes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.errors import RequestError
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import ORIGIN, Bend, Path, Pose, join
from drivesynth.road import junction, opendrive, potholes, roundabout
from drivesynth.road.bumps import bumps, valley
from drivesynth.road.lanes import DRIVEN, Lane, Road, side, side_names, unknown_lane, with_neighbours
from drivesynth.road.plan import CubicPlan, RoadPlan

T = TypeVar("T")

_JOINT_M = 0.02  # how far apart lanes may end and begin that follow one another; maps are not exact
_ON_A_LANE = 100.0  # no rank of a point on a lane is above, nor one beside all lanes below
_WIDER_M = 0.1
_TRAVELLED = frozenset({*DRIVEN, "cycleway"})


def _shared(make: Callable[["RoadNetwork"], T]) -> "cached_property[T]":
    """What does not hang on what lines the roads: worked out once for all plans that differ in it alone."""

    def shared(network: "RoadNetwork") -> T:
        known: T = make(network) if network.bare is None else getattr(network.bare, make.__name__)
        return known

    shared.__doc__ = make.__doc__
    return cached_property(shared)


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """What a plan is built into. The first road is the main one; its stations are the network's."""

    plan: RoadPlan
    roads: tuple[Road, ...]
    bare: "RoadNetwork | None" = None  # that of all plans that differ only in what lines the roads

    @cached_property
    def digest(self) -> str:
        """Names the plan: equal plans have equal digests."""
        return sha256(self.plan.model_dump_json().encode()).hexdigest()[:12]

    @_shared
    def lanes(self) -> dict[str, Lane]:
        """All lanes by name, each road's from left to right."""
        return {lane.name: lane for road in self.roads for lane in road.lanes}

    @property
    def length_m(self) -> float:
        """Length of the main road's reference line."""
        return self.roads[0].length_m

    def lane(self, name: str) -> Lane:
        """A lane by name; an unknown one is a RequestError with a suggestion."""
        if name not in self.lanes:
            raise unknown_lane(name, self.lanes)
        return self.lanes[name]

    @_shared
    def is_level(self) -> bool:
        """Whether no road rises, falls or leans; kerbs and the land beside them are another matter."""
        return not any(road.reference.height.any() or road.reference.bank.any() for road in self.roads)

    @_shared
    def corners(self) -> dict[str, Pose]:
        """Where a junction's kerbs turn, by name (`south_east`), looking away from the junction."""
        result = {}
        for road in self.roads:
            if road.kerb and not road.island:
                at = road.reference.pose(road.length_m / 2)
                result[road.name] = at._replace(heading_rad=at.heading_rad - np.pi / 2)
        return result

    @cached_property
    def pits(self) -> tuple[potholes.Pit, ...]:
        """The potholes in its lanes."""
        return potholes.pits(self.plan.potholes, self.lanes) if self.plan.potholes else ()

    def locate(self, x_m: float, y_m: float) -> tuple[str | None, float, float]:
        """The lane under a point, station and offset on it.

        Off every lane: None, and station and distance to the left of the nearest road's reference line.
        """
        lane, s, offset = self.locations(np.array([[x_m, y_m]]))
        name = list(self.lanes)[int(lane[0])] if lane[0] >= 0 else None
        return name, float(s[0]), float(offset[0])

    def locations(self, points_m: F64) -> tuple[I64, F64, F64]:
        """`locate` for (N, 2) points: index into `lanes` (-1: none), station, offset, (N,) each."""
        spot = self._find(points_m)
        index = np.where(spot.beyond_m <= 1e-9, spot.lane, -1)
        every = list(self.lanes.values())
        offset = spot.left_m.copy()
        for i in np.unique(index[index >= 0]):
            here = index == i
            offset[here] = every[i].direction * (offset[here] - every[i].middle(spot.s_m[here]))
        return index, spot.s_m, offset

    def height_m(self, x_m: float, y_m: float) -> float:
        """Height of the ground under a point."""
        return float(self.heights(np.array([[x_m, y_m]]))[0])

    def heights(self, points_m: F64) -> F64:
        """(N,) heights of the ground under (N, 2) points: lanes, and the land beside them."""
        points = np.asarray(points_m, np.float64).reshape(-1, 2)
        spot = self._find(points)
        up = np.array([lane.up_m for lane in self.lanes.values()])
        result = np.zeros(len(points))
        for r, road in enumerate(self.roads):
            here = spot.road == r
            if here.any():
                result[here] = self._ground(road, points[here], spot.s_m[here], spot.left_m[here])
        return result - self.pit_depths(points) + np.where(spot.lane >= 0, up[spot.lane], 0.0)

    def pit_depths(self, points_m: F64) -> F64:
        """(N,) how much of that height potholes take at (N, 2) points."""
        result = np.zeros(len(points_m))
        for pit in self.pits:
            result += pit.depths(points_m)
        return result

    def area(self, kinds: Iterable[str]) -> shapely.Geometry:
        """The union of all lanes of these kinds, on the plan."""
        return self._area(frozenset(kinds))

    def route(self, names: Sequence[str]) -> Path:
        """The path of a driver who follows these lanes; at a junction arms will do: `[south, east]`."""
        if not names:
            raise RequestError("a route of no lanes leads nowhere; name one lane at least", field="route")
        key = tuple(names)
        if key not in self._routes:
            self._routes[key] = self._route(key)
        return self._routes[key]

    def _route(self, names: tuple[str, ...]) -> Path:
        lanes = [self._on_route(name, i == 0) for i, name in enumerate(names)]
        paths = [lanes[0].centre]
        for before, after in pairwise(lanes):
            way = self.ways.get((before.name, after.name))
            if way is not None:
                paths.append(way.centre)
            end, begin = paths[-1].pose(paths[-1].length_m), after.centre.pose(0.0)
            if np.hypot(end.x_m - begin.x_m, end.y_m - begin.y_m) > _JOINT_M:
                raise RequestError(
                    f"no way leads from {before.name!r} onto {after.name!r}; name lanes that meet"
                )
            paths.append(after.centre)
        return join(paths)

    @_shared
    def ways(self) -> dict[tuple[str, str], Lane]:
        """The lanes across a junction by the lanes they join."""
        result: dict[tuple[str, str], Lane] = {}
        drawn = [road for road in self.roads if road.drawn and not road.kerb]
        arms = {lane.name: lane for road in drawn for lane in road.lanes if lane.kind in _TRAVELLED}
        ends = {name: lane.centre.pose(lane.centre.length_m) for name, lane in arms.items()}
        begins = {name: lane.centre.pose(0.0) for name, lane in arms.items()}
        for road in self.roads:
            if road.drawn:
                continue
            for way in (lane for lane in road.lanes if lane.kind in _TRAVELLED):
                both = way.centre.poses(np.array([0.0, way.centre.length_m]))
                begin, end = (Pose(*at) for at in both.tolist())
                sources = [name for name, at in ends.items() if _meet(at, begin)]
                targets = [name for name, at in begins.items() if _meet(end, at)]
                result |= {(a, b): way for a in sources for b in targets}
        return result

    @_shared
    def links(self) -> tuple[tuple[str, str], ...]:
        """Pairs of driving lanes: a driver may go on from the first to the second, also across a junction."""
        arms = [lane for road in self.roads if road.drawn for lane in road.lanes if lane.kind in DRIVEN]
        ends = {lane.name: lane.centre.pose(lane.centre.length_m) for lane in arms}
        begins = {lane.name: lane.centre.pose(0.0) for lane in arms}
        meeting = [(a, b) for a in ends for b in begins if a != b and _meet(ends[a], begins[b])]
        across = [(a, b) for a, b in self.ways if a in ends and b in ends]
        return tuple(sorted({*meeting, *across}))

    # --- inside ------------------------------------------------------------------------------

    @_shared
    def crossed(self) -> tuple[shapely.Polygon, ...]:
        """The carriageway between a junction's arms and corners; none on a plain road."""
        kerbs = [road for road in self.roads if road.kerb]
        if not kerbs:
            return ()
        rims = [_samples(road.reference) for road in kerbs if not road.island]
        islands = [shapely.Polygon(_samples(road.reference)) for road in kerbs if road.island]
        # Corners run from an arm to the next one counter-clockwise; each runs clockwise in itself.
        return (shapely.Polygon(np.concatenate(rims)).buffer(0).difference(shapely.union_all(islands)),)

    @_shared
    def map_junctions(self) -> shapely.Geometry:
        """The ground that a map's ways across junctions cover, beside its roads; empty elsewhere."""
        if self.plan.template != "map":
            return shapely.Polygon()
        own = shapely.union_all([lane.outline for r in self.roads if r.drawn for lane in r.lanes])
        across = [lane.outline for r in self.roads if not r.drawn for lane in r.lanes]
        # Slivers between ways that do not quite touch are closed, those along roads dropped.
        paved = shapely.union_all(across).buffer(0.05).buffer(-0.05).difference(own.buffer(0.02))
        paved = shapely.union_all([part for part in shapely.get_parts(paved) if part.area > 0.1])
        shapely.prepare(paved)
        return paved

    @_shared
    def _routes(self) -> dict[tuple[str, ...], Path]:
        return {}

    @_shared
    def _areas(self) -> dict[frozenset[str], shapely.Geometry]:
        return {}

    def _area(self, kinds: frozenset[str]) -> shapely.Geometry:
        if kinds not in self._areas:
            outlines = [lane.outline for lane in self.lanes.values() if lane.kind in kinds]
            if "drive" in kinds:
                outlines += [*self.crossed]
            self._areas[kinds] = shapely.union_all(outlines)
        return self._areas[kinds]

    def _on_route(self, name: str, first: bool) -> Lane:
        """A lane, or an arm's inbound or outbound one: `east`, `east.cycleway`."""
        if name not in self.lanes:
            arm, _, kind = name.partition(".")
            full = ".".join(part for part in (arm, "in" if first else "out", kind) if part)
            name = full if full in self.lanes else name
        return self.lane(name)

    def _find(self, points_m: F64) -> "_Spot":
        """Each point on its road: the one that has a lane there, or else the nearest."""
        points = np.asarray(points_m, np.float64).reshape(-1, 2)
        count = len(points)
        best = _Spot(np.full(count, -1), np.zeros(count, np.int64), *np.zeros((3, count)))
        nearest = np.full(count, np.inf)
        inside = ((points[:, None] >= self._boxes[0]) & (points[:, None] <= self._boxes[1])).all(axis=2)
        for r in range(len(self.roads)):
            self._try(r, points, np.flatnonzero(inside[:, r]), best, nearest)
        # A way across a junction concerns only what lies on it, and a lane beats all that is beside.
        off = np.flatnonzero(nearest > _ON_A_LANE)
        for r, road in enumerate(self.roads):
            if road.drawn and len(off):
                self._try(r, points, off[~inside[off, r]], best, nearest)
        return best

    def _try(self, r: int, points: F64, near: I64, best: "_Spot", nearest: F64) -> None:
        """Put the points `near` on a road where it suits them better than what they are on."""
        if not len(near):
            return
        road = self.roads[r]
        s, left = road.reference.projections(points[near]).T
        if road.island:
            s = s % road.length_m  # it ends where it begins
        inside_s = np.minimum(np.maximum(s, 0.0), road.length_m)
        beyond = np.abs(s - inside_s)
        # A road that ends in the open is taken to go on; one that meets a junction is not.
        gone_on = np.where(s < 0.0, road.ends_before, road.ends_after)
        apart = np.where(gone_on, 0.0, beyond)
        found = np.full(len(near), -1)
        borders = [(lane.right_border(inside_s), lane.left_border(inside_s)) for lane in road.lanes]
        for i, (a, b) in enumerate(borders, self._firsts[r]):
            found[(left >= a) & (left < b) & (apart <= 1e-9)] = i
        beside = np.maximum(np.maximum(borders[-1][0] - left, left - borders[0][1]), 0.0)
        # A lane beats land, a road beats what it would be if it went on, then the nearer one counts.
        rank = np.hypot(apart, beside) + 1e-6 * np.abs(left)
        rank += np.where(found < 0, 1e6, 1e3 * (beyond > 1e-9))
        # Of roads that suit as well, the first counts.
        better = (rank < nearest[near]) | ((rank == nearest[near]) & (r < best.road[near]))
        rows = near[better]
        nearest[rows] = rank[better]
        best.lane[rows], best.road[rows] = found[better], r
        best.s_m[rows], best.left_m[rows], best.beyond_m[rows] = s[better], left[better], beyond[better]

    @_shared
    def _firsts(self) -> list[int]:
        """The index of each road's first lane."""
        counts = [len(road.lanes) for road in self.roads]
        return [sum(counts[:r]) for r in range(len(counts))]

    @_shared
    def _boxes(self) -> F64:
        """(2, R, 2) low and high corners on the plan of each road's lanes, a little wider than these."""
        bounds = [np.array([lane.outline.bounds for lane in road.lanes]) for road in self.roads]
        low = np.array([b[:, :2].min(axis=0) for b in bounds]) - _WIDER_M
        return np.stack([low, np.array([b[:, 2:].max(axis=0) for b in bounds]) + _WIDER_M])

    def _ground(self, road: Road, points: F64, s_m: F64, left_m: F64) -> F64:
        """Height of a road's surface without kerbs, and of the land beside it."""
        s = np.clip(s_m, 0.0, road.length_m)
        low, high = road.lanes[-1], road.lanes[0]
        right_edge, left_edge = low.right_border(s), high.left_border(s)
        within = np.clip(left_m, right_edge, left_edge)
        beside = np.abs(left_m - within)
        left_up = 0.0 if road.kerb else high.up_m
        rim_up = np.where(left_m < right_edge, low.up_m, np.where(left_m >= left_edge, left_up, 0.0))
        surface = road.reference.poses(s)[:, 2] + within * road.reference.banks(s)
        fallen = np.where(beside > 0.0, valley(self.plan.bridge, s), 0.0)
        return np.asarray(surface + rim_up + bumps(self.plan, points, beside) - fallen)


class _Spot(NamedTuple):
    """Points on their roads, (N,) each; the lane (-1: none) is that of the road gone on beyond its ends."""

    lane: I64
    road: I64
    s_m: F64
    left_m: F64
    beyond_m: F64


def cubics_of(plan: Sequence[CubicPlan]) -> Cubics:
    """Height or bank of the reference line over its station."""
    return Cubics.of((e.s_m, e.a, e.b, e.c, e.d) for e in plan)


def _check_bends(plan: RoadPlan, reference: Path) -> None:
    """Refuse a curve so tight that the road's inner edge would run backwards."""
    curvature = reference.curvatures(np.linspace(0.0, reference.length_m, 400))
    for inside, lanes in ((curvature.max(), plan.left), (-curvature.min(), plan.right)):
        width = sum(lane.width_m for lane in lanes)
        if inside * (width + 1.0) > 1.0:
            raise RequestError(
                f"a radius of {1 / inside:.4g} m is too tight for {width:.4g} m of lanes inside the curve; "
                f"make it more than {width + 1:.4g} m",
                field="road.path",
            )


def _samples(path: Path) -> F64:
    """(N, 2) points from a path's begin to its end."""
    return path.poses(np.linspace(0.0, path.length_m, 33 if path.length_m < 20.0 else 129))[:, :2]


def _meet(a: Pose, b: Pose) -> bool:
    apart = np.hypot(a.x_m - b.x_m, a.y_m - b.y_m)
    return bool(apart < _JOINT_M and np.cos(a.heading_rad - b.heading_rad) > 0.999)


@lru_cache(maxsize=32)
def build(plan: RoadPlan) -> RoadNetwork:
    """The network of a plan."""
    bare = _bare(plan.bare)
    return RoadNetwork(plan, bare.roads, bare)


@lru_cache(maxsize=32)
def _bare(plan: RoadPlan) -> RoadNetwork:
    """The network that plans share which differ only in what lines their roads."""
    return RoadNetwork(plan, _roads(plan))


def _roads(plan: RoadPlan) -> tuple[Road, ...]:
    if plan.template == "map":
        return opendrive.roads(plan.opendrive)
    if plan.template == "roundabout":
        return roundabout.roads(plan)
    if plan.template != "road":
        return junction.roads(plan)
    reference = Path.of(
        (Bend(p.length_m, p.start_curvature_per_m, p.end_curvature_per_m) for p in plan.path),
        ORIGIN,
        cubics_of(plan.elevation),
        cubics_of(plan.bank),
    )
    _check_bends(plan, reference)
    along = 1 if plan.drive_on == "right" else -1
    left = side(plan.left, reference, 1, -along, side_names(plan.left, "L"))
    right = side(plan.right, reference, -1, along, side_names(plan.right, "R"))
    return (Road("", reference, with_neighbours([*left[::-1], *right])),)
