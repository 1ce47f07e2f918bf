"""One side of a road, as the generators of streets see it: distances from its outer edge outwards."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets import catalogue
from drivesynth.geometry.cubics import Cubics
from drivesynth.road.lanes import Lane, Road
from drivesynth.road.props import Wish

BEYOND_M = 80.0  # a street is dressed this far beyond the road's ends


@dataclass(frozen=True, eq=False)
class Roadside:
    """The side of a road from its outermost lane's edge outwards.

    sign   +1 is the left side of the reference line
    draw   the side's own random stream
    """

    road: Road
    sign: int
    draw: np.random.Generator

    @property
    def outermost(self) -> Lane:
        """The lane at the edge."""
        return self.road.lanes[0 if self.sign > 0 else -1]

    @cached_property
    def edge(self) -> Cubics:
        """The edge, to the left of the reference line."""
        return self.outermost.left_border if self.sign > 0 else self.outermost.right_border

    @property
    def pavement(self) -> Lane | None:
        """The pavement, where this side ends in one."""
        return self.outermost if self.outermost.kind == "sidewalk" else None

    @property
    def first_m(self) -> float:
        """Station from which the side is dressed."""
        return -BEYOND_M if self.road.ends_before else 0.0

    @property
    def last_m(self) -> float:
        """Station up to which the side is dressed."""
        return self.road.length_m + (BEYOND_M if self.road.ends_after else 0.0)

    def left_of_line(self, s_m: float, away_m: float) -> float:
        """Left of the reference line what lies `away_m` outside the edge (negative: on the road)."""
        return float(self.edge(min(max(s_m, 0.0), self.road.length_m))) + self.sign * away_m

    def step(self, s_m: float, away_m: float, length_m: float) -> float:
        """How far the station moves on while a line `away_m` outside the edge covers a length."""
        row = min(max(round(s_m), 0), len(self._curvatures) - 1)
        shorter = 1.0 - float(self._curvatures[row]) * self.left_of_line(s_m, away_m)
        return length_m / max(shorter, 0.2)

    def wish(
        self,
        asset: str,
        away_m: float,
        s_m: float,
        turn_rad: float = 0.0,
        size_m: tuple[float, float, float] | None = None,
        stands: float = 1.0,
        behind_m: float = 0.0,
    ) -> Wish:
        """A prop centred `away_m` outside the edge, turned against the reference line."""
        seed = int(self.draw.integers(1 << 31))
        return Wish(asset, seed, s_m, self.left_of_line(s_m, away_m), turn_rad, size_m, stands, behind_m)

    def plant(self, asset: str, away_m: float, s_m: float, stands: float = 1.0) -> Wish:
        """A prop of any size of its kind, turned anyhow."""
        turn = float(self.draw.uniform(0.0, 2 * np.pi))
        return self.wish(asset, away_m, s_m, turn, self.varied(asset), stands)

    @cached_property
    def _curvatures(self) -> F64:
        """Of the reference line, one a metre."""
        return self.road.reference.curvatures(np.arange(np.ceil(self.road.length_m) + 1))

    def varied(self, asset: str) -> tuple[float, float, float]:
        """A size of the asset's own spread, to the decimetre so that equal ones share their meshes."""
        info = catalogue.info(asset)
        length, width, height = (
            round(mean + spread * float(np.clip(self.draw.standard_normal(), -1.5, 1.5)), 1 if spread else 3)
            for mean, spread in zip(info.size_m, info.size_spread_m, strict=True)
        )
        return length, width, height

    @property
    def facing_road_rad(self) -> float:
        """Turn that makes a prop's front (its x axis) look across the road."""
        return -self.sign * np.pi / 2

    @property
    def facing_traffic_rad(self) -> float:
        """Turn that makes a prop's front look at those who drive on this side."""
        drivers = [lane for lane in self.road.lanes if lane.kind in ("drive", "bus")]
        nearest = drivers[0 if self.sign > 0 else -1]
        return np.pi if nearest.direction > 0 else 0.0
