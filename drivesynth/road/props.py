"""Props: what stands beside a road, and the plot that keeps them apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from drivesynth.arrays import F64, Bool
from drivesynth.assets import catalogue
from drivesynth.geometry.paths import Path

_DEEPEST_M = 1.2


@dataclass(frozen=True)
class Prop:
    """One thing beside the road, at rest; its shape follows from asset, look seed and size.

    x_m, y_m, z_m  the ground point below the centre of its box, world frame
    size_m         length, width, height; None is the asset's own size
    signal         of a signal head: the group whose signal it shows
    detail         how coarse it is: 0 whole, 1 to 3 the farther from the sensors it stands
    """

    asset: str
    look_seed: int
    x_m: float
    y_m: float
    z_m: float
    heading_rad: float
    size_m: tuple[float, float, float] | None = None
    signal: str = ""
    detail: int = 0


@dataclass(frozen=True)
class Wish:
    """A prop that wants to stand somewhere beside a road, before it is known whether there is room.

    s_m, left_m  station of its centre, and how far left of the reference line
    turn_rad     against the reference line's direction
    stands       how much of its box it takes on the ground: a tree's trunk takes less than its crown
    behind_m     how far behind its box's centre it stands, as a lamp does whose arm reaches out
    detail       how coarse it is at the least
    """

    asset: str
    look_seed: int
    s_m: float
    left_m: float
    turn_rad: float = 0.0
    size_m: tuple[float, float, float] | None = None
    stands: float = 1.0
    behind_m: float = 0.0
    signal: str = ""
    detail: int = 0


class Plot:
    """The ground beside roads, filling up: no two props overlap and none stands where it may not."""

    def __init__(self, ground: Callable[[F64], F64]) -> None:
        self._ground = ground  # (N, 2) points to their (N,) heights
        self._props: list[Prop] = []
        self._outlines: list[shapely.Geometry] = []

    def fill(
        self,
        reference: Path,
        wishes: Sequence[Wish],
        keep_off: shapely.Geometry | None = None,
        gap_m: float = 0.05,
    ) -> None:
        """Take those wishes there is room for, earlier ones first.

        keep_off  where none of them may stand
        gap_m     room to be left to everything that stands already
        """
        if not wishes:
            return
        props, outlines = _placed(reference, wishes)
        free = np.ones(len(wishes), bool)
        if keep_off is not None and not keep_off.is_empty:
            shapely.prepare(keep_off)
            free &= ~shapely.intersects(keep_off, outlines)
        if self._outlines:
            near = shapely.STRtree(self._outlines).query(outlines, predicate="dwithin", distance=gap_m)
            free[near[0]] = False
        free = _first_come(outlines, free)
        self._props += [prop for prop, ok in zip(props, free, strict=True) if ok]
        self._outlines += outlines[free].tolist()

    def put(self, reference: Path, wishes: Sequence[Wish]) -> None:
        """Take wishes that their author has placed, whatever stands there."""
        if wishes:
            props, outlines = _placed(reference, wishes)
            self._props += props
            self._outlines += outlines.tolist()

    def props(self) -> tuple[Prop, ...]:
        """Everything that stands, set on the ground: on its lowest corner, so that none floats.

        What would have to sink into a slope too deep is not there.
        """
        if not self._props:
            return ()
        corners = np.stack([shapely.get_coordinates(outline)[:4] for outline in self._outlines])
        low = self._ground(corners.reshape(-1, 2)).reshape(-1, 4).min(axis=1)
        sunk = self._ground(corners.mean(axis=1)) - low > _DEEPEST_M
        return tuple(
            replace(p, z_m=float(z)) for p, z, deep in zip(self._props, low, sunk, strict=True) if not deep
        )


def footprint(
    props: Sequence[Prop], stands: F64 | float = 1.0, behind_m: F64 | float = 0.0
) -> NDArray[np.object_]:
    """(N,) boxes on the ground as shapely polygons, shrunk to the share that stands there."""
    sizes = np.array([(p.size_m or catalogue.info(p.asset).size_m)[:2] for p in props])
    boxes = sizes * np.reshape(stands, (-1, 1)) / 2
    heading = np.array([p.heading_rad for p in props])
    ahead = np.column_stack([np.cos(heading), np.sin(heading)])
    centre = np.array([[p.x_m, p.y_m] for p in props]) - ahead * np.reshape(behind_m, (-1, 1))
    along = ahead * boxes[:, :1]
    aside = np.column_stack([-np.sin(heading), np.cos(heading)]) * boxes[:, 1:]
    corners = [centre + along + aside, centre - along + aside, centre - along - aside, centre + along - aside]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)))


def outlines(reference: Path, wishes: Sequence[Wish]) -> NDArray[np.object_]:
    """(N,) the ground that wishes stand on, as shapely polygons."""
    return _placed(reference, wishes)[1]


def _placed(reference: Path, wishes: Sequence[Wish]) -> tuple[list[Prop], NDArray[np.object_]]:
    left = np.array([w.left_m for w in wishes])
    at = reference.poses(np.array([w.s_m for w in wishes]))
    x, y = at[:, 0] - left * np.sin(at[:, 3]), at[:, 1] + left * np.cos(at[:, 3])
    heading = at[:, 3] + np.array([w.turn_rad for w in wishes])
    props = [
        Prop(w.asset, w.look_seed, px, py, 0.0, h, w.size_m, w.signal, w.detail)
        for w, px, py, h in zip(wishes, x.tolist(), y.tolist(), heading.tolist(), strict=True)
    ]
    return props, footprint(
        props, np.array([w.stands for w in wishes]), np.array([w.behind_m for w in wishes])
    )


def _first_come(outlines: NDArray[np.object_], free: Bool) -> Bool:
    """Of wishes that overlap each other, the earlier stays."""
    result = free.copy()
    pairs = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    for k in np.lexsort((second, first)):
        if result[first[k]] and result[second[k]]:
            result[second[k]] = False
    return result
