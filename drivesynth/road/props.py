"""Props: what stands beside a road, and the plot that keeps them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from drivesynth.arrays import F64, Bool
from drivesynth.assets import catalogue
from drivesynth.road.network import RoadNetwork


@dataclass(frozen=True)
class Prop:
    """One thing beside the road, at rest; its shape follows from asset, look seed and size.

    x_m, y_m, z_m  the ground point below the centre of its box, world frame
    size_m         length, width, height; None is the asset's own size
    """

    asset: str
    look_seed: int
    x_m: float
    y_m: float
    z_m: float
    heading_rad: float
    size_m: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Wish:
    """A prop that wants to stand somewhere, before it is known whether there is room.

    stands  how much of its box it takes on the ground: a tree's trunk takes less than its crown
    """

    asset: str
    look_seed: int
    x_m: float
    y_m: float
    heading_rad: float
    size_m: tuple[float, float, float] | None = None
    stands: float = 1.0

    @property
    def box_m(self) -> tuple[float, float]:
        """Length and width on the ground."""
        length, width, _ = self.size_m or catalogue.info(self.asset).size_m
        return length * self.stands, width * self.stands


class Plot:
    """The ground beside a road, filling up: no two props overlap and none stands where it may not."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._wishes: list[Wish] = []
        self._outlines: list[shapely.Geometry] = []

    def fill(self, wishes: Sequence[Wish], keep_off: shapely.Geometry | None, gap_m: float = 0.05) -> None:
        """Take those wishes there is room for, earlier ones first.

        keep_off  where none of them may stand
        gap_m     room to be left to everything that stands already
        """
        if not wishes:
            return
        outlines = footprints(wishes)
        free = np.ones(len(wishes), bool)
        if keep_off is not None and not keep_off.is_empty:
            shapely.prepare(keep_off)
            free &= ~shapely.intersects(keep_off, outlines)
        if self._outlines:
            near = shapely.STRtree(self._outlines).query(outlines, predicate="dwithin", distance=gap_m)
            free[near[0]] = False
        free = _first_come(outlines, free)
        self._wishes += [wish for wish, ok in zip(wishes, free, strict=True) if ok]
        self._outlines += outlines[free].tolist()

    def props(self) -> tuple[Prop, ...]:
        """Everything that stands, set on the ground: on its lowest corner, so that none floats."""
        if not self._wishes:
            return ()
        corners = np.stack([shapely.get_coordinates(outline)[:4] for outline in self._outlines])
        low = self._network.heights(corners.reshape(-1, 2)).reshape(-1, 4).min(axis=1)
        return tuple(
            Prop(w.asset, w.look_seed, w.x_m, w.y_m, float(z), w.heading_rad, w.size_m)
            for w, z in zip(self._wishes, low, strict=True)
        )


def footprints(wishes: Sequence[Wish | Prop]) -> F64:
    """(N,) outlines on the ground, as shapely polygons."""
    boxes = np.array([_box(w) for w in wishes])
    at = np.array([[w.x_m, w.y_m, w.heading_rad] for w in wishes])
    along = np.column_stack([np.cos(at[:, 2]), np.sin(at[:, 2])]) * boxes[:, :1] / 2
    aside = np.column_stack([-np.sin(at[:, 2]), np.cos(at[:, 2])]) * boxes[:, 1:] / 2
    centre = at[:, :2]
    corners = [centre + along + aside, centre - along + aside, centre - along - aside, centre + along - aside]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)))


def _box(one: Wish | Prop) -> tuple[float, float]:
    if isinstance(one, Wish):
        return one.box_m
    length, width, _ = one.size_m or catalogue.info(one.asset).size_m
    return length, width


def _first_come(outlines: F64, free: Bool) -> Bool:
    """Of wishes that overlap each other, the earlier stays."""
    result = free.copy()
    first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    for i, j in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if i < j and result[i] and result[j]:
            result[j] = False
    return result
