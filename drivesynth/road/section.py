"""A road's cross-section: edges from right to left, and what lies between two of them.

The surface is cut along these edges, so a line of paint is a strip of the surface itself and every
face is either paint or not. Two edges at one place and different heights are a kerb. Edges are
functions of the station: what begins or ends on the way, as a lane that opens, has no width elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivesynth.arrays import F64
from drivesynth.geometry.cubics import Cubics, merged
from drivesynth.road.lanes import ALL, Lane, Road
from drivesynth.road.marks import Border, Line, Style, border
from drivesynth.road.plan import LaneKind

KERB_STONE_M = 0.15


@dataclass(frozen=True)
class Inlay:
    """A line painted inside a lane, between two edges right to left."""

    right_m: Cubics
    left_m: Cubics
    line: Line


@dataclass(frozen=True)
class Band:
    """What lies between two neighbouring edges.

    lane  the lane it belongs to; None for a kerb's face
    line  where it is a stripe: broken ones show `material` between the dashes
    """

    material: str
    lane: Lane | None = None
    line: Line | None = None


@dataclass
class Section:
    """Edges from right to left: offset to the left of the reference line, height over its surface.

    grown  how much of its height each edge has along the road: an island that opens rises with it
    """

    left_m: list[Cubics] = field(default_factory=list)
    up_m: list[float] = field(default_factory=list)
    grown: list[Cubics] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)

    def begin(self, left_m: Cubics, up_m: float, grown: Cubics = ALL) -> None:
        """The first edge."""
        self.left_m.append(left_m)
        self.up_m.append(up_m)
        self.grown.append(grown)

    def add(self, band: Band, left_m: Cubics, up_m: float, grown: Cubics = ALL) -> None:
        """A band up to a new edge."""
        self.bands.append(band)
        self.begin(left_m, up_m, grown)

    def ups(self, s_m: F64) -> F64:
        """(N, E) heights of the edges at (N,) stations."""
        return np.stack([up * grown(s_m) for up, grown in zip(self.up_m, self.grown, strict=True)], axis=1)

    @property
    def periods_m(self) -> tuple[tuple[float, float], ...]:
        """Dash and gap of all broken lines, each once."""
        bands = [b.line for b in self.bands if b.line is not None]
        lines = [*bands, *(line for band in bands for _, _, line in band.spans)]
        return tuple(sorted({(line.dash_m, line.gap_m) for line in lines if line.period_m > 0.0}))

    @property
    def changes_m(self) -> tuple[float, ...]:
        """Stations where a line becomes another one."""
        bands = [b.line for b in self.bands if b.line is not None]
        return tuple(sorted({s for band in bands for begin, end, _ in band.spans for s in (begin, end)}))


def material(kind: LaneKind, up_m: float) -> str:
    """What a lane is paved with."""
    if kind == "parking":
        return "parking_asphalt"
    if kind == "sidewalk" or (kind == "cycleway" and up_m > 0.0):
        return "paving"
    if kind in ("verge", "median"):
        return "grass"
    return "asphalt_old" if kind in ("shoulder", "cycleway") else "asphalt"


def section(road: Road, marks: Style | None, inlays: Mapping[str, Inlay] | None = None) -> Section:
    """The cross-section of a road, over all of its lanes; `inlays` by the lane they lie in."""
    lanes: Sequence[Lane] = road.lanes[::-1]  # from right to left
    lines = _lines(road, lanes, marks)
    result = Section()
    result.begin(lanes[0].right_border, lanes[0].up_m)
    for i, lane in enumerate(lanes):
        grown = lane.share if lane.up_m > 0.0 else ALL
        low, high, up = lane.right_border, lane.left_border, lane.up_m
        own = Band(material(lane.kind, up), lane)
        # The border on the right: what of its stripes lies in this lane, or the kerb's stone.
        if i > 0 and lanes[i - 1].up_m < up:
            result.add(Band("kerb", lane), low + grown * KERB_STONE_M, up, grown)
        elif i == 0 or lanes[i - 1].up_m == up:
            for part in lines[i]:
                if part.border.below_m == 0.0:
                    _paint(result, part, low, own, up, grown)
        inlay = (inlays or {}).get(lane.name)
        if inlay is not None:
            result.add(own, inlay.right_m, up, grown)
            result.add(Band(own.material, lane, inlay.line), inlay.left_m, up, grown)
        # The border on the left.
        beyond = lanes[i + 1] if i + 1 < len(lanes) else None
        below = 0.0 if road.kerb and beyond is None else beyond.up_m if beyond is not None else up
        if below < up:
            result.add(own, high + grown * -KERB_STONE_M, up, grown)
            result.add(Band("kerb", lane), high, up, grown)
        else:
            start = high
            parts = [part for part in lines[i + 1] if part.border.below_m > 0.0]
            for part in parts:
                start = start + part.share * -part.border.below_m
            result.add(own, start, up, grown)
            for part in parts:
                start = _paint(result, part, start, own, up, grown)
        if below != up:
            result.add(Band("kerb"), high, below, beyond.share if beyond is not None and below > 0.0 else ALL)
    return result


@dataclass(frozen=True)
class _Part:
    """A border's stripes, and how much of their width there is along the road."""

    border: Border
    share: Cubics = ALL


def _lines(road: Road, lanes: Sequence[Lane], marks: Style | None) -> list[list[_Part]]:
    """What is painted before the first lane, between each two and after the last.

    A lane that opens or closes on the way takes its lines with it: where it is gone, those that
    become neighbours have theirs instead.
    """
    if road.painted is not None:
        return [[_Part(*one)] if one[0].stripes else [] for one in road.painted]
    if marks is None:
        return [[] for _ in range(len(lanes) + 1)]
    ends: list[Lane | None] = [None, *lanes, None]
    result = []
    for i, right in enumerate(ends[:-1]):
        parts: list[_Part] = []
        gone: list[Cubics] = []
        for left in ends[i + 1 :]:
            beside = [lane.share for lane in (right, left) if lane is not None and lane.share is not ALL]
            found = border(marks, right, left, lanes)
            if found.stripes:
                parts.append(_Part(found, _product([*beside, *gone])))
            if left is None or left.share is ALL:
                break
            gone.append(Cubics.constant(1.0) + left.share * -1.0)
        result.append(parts)
    return result


def _product(shares: Sequence[Cubics]) -> Cubics:
    """The product of shares that change along straight lines, no two at one place."""
    if not shares:
        return ALL
    stations = merged(*(share.starts_m for share in shares))
    values = np.prod([share(stations) for share in shares], axis=0)
    return Cubics.lines(stations.tolist(), values.tolist())


def _paint(result: Section, part: _Part, start: Cubics, own: Band, up: float, grown: Cubics) -> Cubics:
    """Add a border's stripes from an edge on; where they end."""
    at = start
    for width, line in part.border.stripes:
        at = at + part.share * width
        result.add(Band(own.material, own.lane, line), at, up, grown)
    return at
