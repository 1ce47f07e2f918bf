"""One side of a road, as the generators of streets see it: distances from its outer edge outwards."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets import catalogue
from drivesynth.geometry.cubics import Cubics
from drivesynth.road.lanes import DRIVEN, Lane, Road
from drivesynth.road.props import Wish
from drivesynth.streams import generator

BEYOND_M = 60.0  # a street is dressed this far beyond the road's ends


# Looks of a family: how many there are, and how many of them one street shows. Few, because each is a
# mesh of its own; the same for all streets, because a mesh is then built once for many.
_LOOKS = {"tree": (8, 4), "bush": (5, 3), "hedge": (4, 2), "wood": (4, 3), "house": (10, 6), "bin": (3, 3)}


class Look(NamedTuple):
    """One look of an asset, with its size."""

    seed: int
    size_m: tuple[float, float, float]


@lru_cache(maxsize=512)
def looks(street_seed: int, asset: str) -> tuple[Look, ...]:
    """The looks of an asset on one street."""
    count, shown = _LOOKS.get(asset.split("/")[0], (1, 1))
    chosen = generator(street_seed, f"road.looks.{asset}").choice(count, shown, replace=False)
    return tuple(_look(asset, int(number)) for number in chosen)


def _look(asset: str, number: int) -> Look:
    """Look `number` of an asset, of a size that real ones have."""
    draw = generator(number, f"road.look.{asset}")
    info = catalogue.info(asset)
    length, width, height = (
        round(mean + spread * float(np.clip(draw.standard_normal(), -1.5, 1.5)), 1 if spread else 3)
        for mean, spread in zip(info.size_m, info.size_spread_m, strict=True)
    )
    return Look(int(draw.integers(1 << 31)), (length, width, height))


@dataclass(frozen=True, eq=False)
class Roadside:
    """The side of a road from its outermost lane's edge outwards.

    sign         +1 is the left side of the reference line
    street_seed  decides the looks that all sides of a street share
    draw         the side's own random stream
    """

    road: Road
    sign: int
    street_seed: int
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

    def edge_turn_rad(self, s_m: float) -> float:
        """How the edge runs against the reference line, as where a lane narrows."""
        return float(np.arctan(self.edge.slope(min(max(s_m, 0.0), self.road.length_m))))

    def step(self, s_m: float, away_m: float, length_m: float) -> float:
        """How far the station moves on while a line `away_m` outside the edge covers a length."""
        row = min(max(round(s_m), 0), len(self._curvatures) - 1)
        shorter = 1.0 - float(self._curvatures[row]) * self.left_of_line(s_m, away_m)
        return length_m / max(shorter, 0.2)

    def pick(self, asset: str) -> Look:
        """One of the looks that the street has of an asset."""
        choice = looks(self.street_seed, asset)
        return choice[int(self.draw.integers(len(choice)))]

    def pick_pruned(self, asset: str, height_ratio: float = 0.6) -> Look:
        """The same of a tree that stands between a house and traffic: its crown cut to about half."""
        seed, (crown, _, height) = self.pick(asset)
        return Look(seed, (round(0.55 * crown, 1), round(0.55 * crown, 1), round(height_ratio * height, 1)))

    def wish(
        self,
        asset: str,
        away_m: float,
        s_m: float,
        turn_rad: float = 0.0,
        look: Look | None = None,
        stands: float = 1.0,
        behind_m: float = 0.0,
        signal: str = "",
        detail: int = 0,
    ) -> Wish:
        """A prop centred `away_m` outside the edge, turned against the reference line."""
        seed, size = look or self.pick(asset)
        left = self.left_of_line(s_m, away_m)
        return Wish(asset, seed, s_m, left, turn_rad, size, stands, behind_m, signal, detail)

    def plant(self, asset: str, away_m: float, s_m: float, stands: float = 1.0, detail: int = 0) -> Wish:
        """A prop turned anyhow."""
        turn = float(self.draw.uniform(0.0, 2 * np.pi))
        return self.wish(asset, away_m, s_m, turn, stands=stands, detail=detail)

    @cached_property
    def _curvatures(self) -> F64:
        """Of the reference line, one a metre."""
        return self.road.reference.curvatures(np.arange(np.ceil(self.road.length_m) + 1))

    @property
    def facing_road_rad(self) -> float:
        """Turn that makes a prop's front (+x) look across the road."""
        return -self.sign * np.pi / 2

    @property
    def with_traffic_rad(self) -> float:
        """Turn along the traffic of this side: signs and signals turned so look at its drivers."""
        drivers = [lane for lane in self.road.lanes if lane.kind in DRIVEN]
        nearest = drivers[0 if self.sign > 0 else -1]
        return 0.0 if nearest.direction > 0 else np.pi

    def limit_sign(self, limit_mps: float, away_m: float, s_m: float) -> Wish:
        """A speed limit's sign for this side's drivers: the tens of km/h nearest to the limit."""
        tens = min(max(round(limit_mps * 0.36), 1), 13)
        return self.wish(f"sign/speed_limit_{10 * tens}", away_m, s_m, self.with_traffic_rad)
