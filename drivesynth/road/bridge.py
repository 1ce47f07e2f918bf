"""A bridge: a deck that carries a stretch of the road over a valley, on piers between two abutments.

Deck 1.1 m thick, edge beams with railings of 1.1 m (German RPS and ZTV-ING), piers at most 22 m apart.
The land below is one with the land around: it meets the road's rim up to the abutments, dips under the
deck there, and falls away to the valley's floor.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from drivesynth.arrays import F64, Bool
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, circle, loft, outward
from drivesynth.road import alongside
from drivesynth.road.bumps import valley
from drivesynth.road.lanes import Road
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import BridgePlan

_DECK_M, _TOP_M = 1.1, 0.03  # underside and upper side of the slab below the surface
_BEAM_M, _BEAM_UP_M = 0.35, 0.18  # width of the edge beams, how far they stand over the lanes
_RAIL_M, _POST_EVERY_M = 1.1, 2.0
_SEAT_M = 1.6  # how far below the surface the land meets an abutment
_SPAN_M = 22.0
_GRID_M, _OUT_M = 3.0, (4.0, 8.0, 14.0, 22.0, 34.0, 50.0, 75.0, 110.0)


def ends_m(network: RoadNetwork) -> F64:
    """Stations where a bridge begins and ends."""
    plan = network.plan.bridge
    return np.zeros(0) if plan is None else np.array([plan.from_m, plan.to_m])


def deck(network: RoadNetwork) -> "Deck | None":
    """The bridge of a network's main road, if it has one."""
    return None if network.plan.bridge is None else Deck(network, network.plan.bridge)


@dataclass(frozen=True, eq=False)
class Deck:
    """A bridge in its valley."""

    network: RoadNetwork
    plan: BridgePlan

    @property
    def road(self) -> Road:
        """The road that it carries."""
        return self.network.roads[0]

    # --- the land ----------------------------------------------------------------------------

    def opening(self) -> shapely.Geometry:
        """Where the land goes on below the road."""
        return alongside.zone(self.road, self.plan.from_m, self.plan.to_m, 0.3)

    def over(self, edges_m: F64) -> Bool:
        """(E,) whether any end of (E, 2, 3) edges of the road's rim lies over the valley."""
        s = self.road.reference.projections(edges_m[..., :2].reshape(-1, 2))[:, 0].reshape(-1, 2)
        return np.asarray(((s > self.plan.from_m + 1e-4) & (s < self.plan.to_m - 1e-4)).any(axis=1))

    def scattered(self, spread_m: F64) -> F64:
        """(N, 2) points of the land: the given ones off the valley, closer ones in it and at its seats."""
        s, left = self.road.reference.projections(spread_m).T
        reach = np.abs(left) < _OUT_M[-1] + 20.0
        clear = (s < self.plan.from_m - 2.0) | (s > self.plan.to_m + 2.0) | ~reach
        stations = alongside.rows(self.plan.from_m, self.plan.to_m, _GRID_M)[1:-1]
        points = [spread_m[clear], *self._seats]
        high, low = alongside.edges(self.road, stations)
        across = np.linspace(0.0, 1.0, max(3, int(np.ceil(float((high - low).max()) / _GRID_M)) + 1))
        lines = [low * (1 - t) + high * t for t in across]
        lines += [low - out for out in _OUT_M] + [high + out for out in _OUT_M]
        for line in lines:
            at = alongside.placed(self.road, stations, line[:, None], np.zeros(1))[:, 0, :2]
            back = self.road.reference.projections(at)
            points.append(at[np.abs(back[:, 0] - stations) < 0.5])
        return np.concatenate(points)

    def land_heights(self, points_m: F64) -> F64:
        """(N,) heights of the land at (N, 2) points, below the deck too."""
        result = self.network.heights(points_m)
        s, left = self.road.reference.projections(points_m).T
        high, low = alongside.edges(self.road, s)
        under = (s > self.plan.from_m - 1e-4) & (s < self.plan.to_m + 1e-4)
        under &= (left > low + 1e-6) & (left < high - 1e-6)
        surface = self.road.reference.poses(s)[:, 2] + left * self.road.reference.banks(s)
        deep = np.maximum(valley(self.plan, s), _SEAT_M)
        return np.where(under, surface - deep, result)

    def covered(self) -> shapely.Geometry:
        """Where nothing may grow or stand: beside the deck and on it."""
        return alongside.zone(self.road, self.plan.from_m - 1.0, self.plan.to_m + 1.0, 3.0)

    @cached_property
    def _seats(self) -> list[F64]:
        """(N, 2) points across the road at either end, where the land meets the abutments."""
        result = []
        for s_m in (self.plan.from_m, self.plan.to_m):
            high, low = (float(edge[0]) for edge in alongside.edges(self.road, np.array([s_m])))
            left = np.linspace(low, high, max(3, int(np.ceil(high - low)) + 1))[1:-1]
            result.append(alongside.placed(self.road, np.array([s_m]), left, np.zeros(1))[0, :, :2])
        return result

    # --- what is built -----------------------------------------------------------------------

    def shapes(self) -> list[Shape]:
        """Slab, edge beams, railings, abutments, piers."""
        grey, steel = MATERIAL_ID["bridge_concrete"], MATERIAL_ID["rail_steel"]
        begin, end = self.plan.from_m, self.plan.to_m
        s = alongside.rows(begin - 0.3, end + 0.3)
        high, low = alongside.edges(self.road, s)
        result = [
            alongside.beam(self.road, s, (low - 0.05, high + 0.05), (-_DECK_M, -_TOP_M), grey),
        ]
        ups = self.road.lanes[0].up_m, self.road.lanes[-1].up_m
        for edge, out, up in ((high, 1.0, ups[0]), (low, -1.0, ups[1])):
            beam = (edge, edge + out * _BEAM_M)
            result.append(alongside.beam(self.road, s, beam, (-0.55, up + _BEAM_UP_M), grey))
            middle = edge + out * _BEAM_M / 2
            for rail in (0.35, 0.6, 0.85, _RAIL_M):
                thick = 0.04 if rail < _RAIL_M else 0.08
                bar = (middle - thick / 2, middle + thick / 2)
                result.append(alongside.beam(self.road, s, bar, (up + rail - thick, up + rail), steel))
            for at in np.arange(begin, end + 0.1, _POST_EVERY_M):
                post = np.array([at - 0.04, at + 0.04])
                here = alongside.edges(self.road, post)[0 if out > 0 else 1] + out * _BEAM_M / 2
                result.append(
                    alongside.beam(
                        self.road, post, (here - 0.04, here + 0.04), (up + 0.1, up + _RAIL_M - 0.02), steel
                    )
                )
        for s_m in (begin - 0.6, end):
            wall = np.array([s_m, s_m + 0.6])
            high, low = alongside.edges(self.road, wall)
            result.append(
                alongside.beam(self.road, wall, (low - 0.3, high + 0.3), (-_SEAT_M - 2.0, -0.1), grey)
            )
        return [*result, *self._piers(grey)]

    def _piers(self, material: int) -> list[Shape]:
        """Rows of round columns below a crossbeam."""
        length = self.plan.to_m - self.plan.from_m
        count = int(np.ceil(length / _SPAN_M))
        result = []
        for s_m in self.plan.from_m + length * np.arange(1, count) / count:
            s = np.array([s_m - 0.5, s_m + 0.5])
            high, low = alongside.edges(self.road, s)
            result.append(
                alongside.beam(
                    self.road, s, (low + 0.3, high - 0.3), (-_DECK_M - 0.8, -_DECK_M + 0.1), material
                )
            )
            wide = float(high[0] - low[0])
            columns = max(2, round(wide / 5.0))
            for left in low[0] + wide * (np.arange(columns) + 0.5) / columns:
                at = alongside.placed(self.road, np.array([s_m]), np.array([left]), np.zeros(1))[0, 0]
                foot = float(self.land_heights(at[None, :2])[0]) - 1.0
                outline = circle(0.45, 12)
                rings = [
                    np.column_stack([outline + at[:2], np.full(len(outline), z)])
                    for z in (foot, at[2] - _DECK_M - 0.1)
                ]
                result.append(outward(loft(np.stack(rings), material)))
        return result
