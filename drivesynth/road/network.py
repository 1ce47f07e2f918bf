"""A road network: the lanes of a plan, where a point lies on them, how high the ground is.

`build` is cached per plan, so every room may ask for the network of a plan as often as it likes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

import numpy as np
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.errors import RequestError
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import ORIGIN, Bend, Path, join
from drivesynth.road.lanes import Lane, Road, side, side_names, unknown_lane, with_neighbours
from drivesynth.road.plan import ElevationPlan, RoadPlan


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """What a plan is built into. The first road is the main one; its stations are the network's."""

    plan: RoadPlan
    roads: tuple[Road, ...]

    @cached_property
    def digest(self) -> str:
        """Names the plan: equal plans have equal digests."""
        return sha256(self.plan.model_dump_json().encode()).hexdigest()[:12]

    @cached_property
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

    def locate(self, x_m: float, y_m: float) -> tuple[str | None, float, float]:
        """The lane under a point, station and offset on it.

        Off every lane: None, and station and distance to the left of the nearest road's reference line.
        """
        lane, s, offset = self.locations(np.array([[x_m, y_m]]))
        name = list(self.lanes)[int(lane[0])] if lane[0] >= 0 else None
        return name, float(s[0]), float(offset[0])

    def locations(self, points_m: F64) -> tuple[I64, F64, F64]:
        """`locate` for (N, 2) points: index into `lanes` (-1: none), station, offset, (N,) each."""
        index, s, left, _ = self._find(points_m)
        every = list(self.lanes.values())
        offset = left.copy()
        for i in np.unique(index[index >= 0]):
            here = index == i
            offset[here] = every[i].direction * (left[here] - every[i].middle(s[here]))
        return index, s, offset

    def height_m(self, x_m: float, y_m: float) -> float:
        """Height of the ground under a point."""
        return float(self.heights(np.array([[x_m, y_m]]))[0])

    def heights(self, points_m: F64) -> F64:
        """(N,) heights of the ground under (N, 2) points: lanes, and the land beside them."""
        index, s, left, road = self._find(points_m)
        up = np.array([lane.up_m for lane in self.lanes.values()])
        result = np.zeros(len(s))
        for r, one in enumerate(self.roads):
            here = road == r
            if here.any():
                result[here] = self._ground(one, s[here], left[here])
        return result + np.where(index >= 0, up[index], 0.0)

    def area(self, kinds: Iterable[str]) -> shapely.Geometry:
        """The union of all lanes of these kinds, on the plan."""
        return self._area(frozenset(kinds))

    def route(self, names: Sequence[str]) -> Path:
        """The path of a driver who follows these lanes."""
        if len(names) == 1:
            return self.lane(names[0]).centre
        paths = [self.lane(name).centre for name in names]
        for before, after, name in zip(paths, paths[1:], names[1:], strict=False):
            end, begin = before.pose(before.length_m), after.pose(0.0)
            if np.hypot(end.x_m - begin.x_m, end.y_m - begin.y_m) > 0.01:
                raise RequestError(
                    f"no way leads onto {name!r} from the lane before it; name lanes that meet"
                )
        return join(paths)

    # --- inside ------------------------------------------------------------------------------

    @cached_property
    def _areas(self) -> dict[frozenset[str], shapely.Geometry]:
        return {}

    def _area(self, kinds: frozenset[str]) -> shapely.Geometry:
        if kinds not in self._areas:
            outlines = [lane.area() for lane in self.lanes.values() if lane.kind in kinds]
            self._areas[kinds] = shapely.union_all(outlines)
        return self._areas[kinds]

    def _find(self, points_m: F64) -> tuple[I64, F64, F64, I64]:
        """Lane index (-1: none), station and left distance on the nearest road, and that road."""
        points = np.asarray(points_m, np.float64).reshape(-1, 2)
        count = len(points)
        lane, road = np.full(count, -1), np.zeros(count, np.int64)
        s, left, nearest = np.zeros(count), np.zeros(count), np.full(count, np.inf)
        first = 0
        for r, one in enumerate(self.roads):
            s_here, left_here = one.reference.projections(points).T
            on_length = (s_here >= -1e-9) & (s_here <= one.length_m + 1e-9)
            beyond = s_here - np.clip(s_here, 0.0, one.length_m)
            found = np.full(count, -1)
            for i, each in enumerate(one.lanes):
                a, b = each.inner(s_here), each.outer(s_here)
                inside = on_length & (left_here >= np.minimum(a, b)) & (left_here < np.maximum(a, b))
                found[inside] = first + i
            # On a lane beats off every lane; then the nearer reference line.
            rank = np.hypot(beyond, left_here) + np.where(found >= 0, 0.0, 1e6)
            better = rank < nearest
            nearest = np.where(better, rank, nearest)
            for target, value in ((s, s_here), (left, left_here), (lane, found), (road, np.full(count, r))):
                target[better] = value[better]
            first += len(one.lanes)
        return lane, s, left, road

    def _ground(self, road: Road, s: F64, left: F64) -> F64:
        """Height of the surface without kerbs."""
        at = np.clip(s, 0.0, road.length_m)
        return np.asarray(road.reference.poses(at)[:, 2] + left * road.reference.banks(at))


def elevation_of(plan: Sequence[ElevationPlan]) -> Cubics:
    """The reference line's height over its station."""
    return Cubics.of((e.s_m, e.a, e.b, e.c, e.d) for e in plan)


@lru_cache(maxsize=32)
def build(plan: RoadPlan) -> RoadNetwork:
    """The network of a plan."""
    reference = Path.of(
        (Bend(p.length_m, p.start_curvature_per_m, p.end_curvature_per_m) for p in plan.path),
        ORIGIN,
        elevation_of(plan.elevation),
        Cubics.constant(float(np.tan(plan.bank_rad))),
    )
    along = 1 if plan.drive_on == "right" else -1
    left = side(plan.left, reference, 1, -along, side_names(plan.left, "L"))
    right = side(plan.right, reference, -1, along, side_names(plan.right, "R"))
    return RoadNetwork(plan, (Road("", reference, with_neighbours([*left[::-1], *right])),))
