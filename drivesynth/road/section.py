"""A road's cross-section: edges from right to left, and what lies between two of them.

The surface is cut along these edges, so a line of paint is a strip of the surface itself and every
face is either paint or not. Two edges at one place and different heights are a kerb.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivesynth.geometry.cubics import Cubics
from drivesynth.road.lanes import Lane, Road
from drivesynth.road.marks import Line, Style, borders
from drivesynth.road.plan import LaneKind

KERB_STONE_M = 0.15


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
    """Edges from right to left: offset to the left of the reference line, height over its surface."""

    left_m: list[Cubics] = field(default_factory=list)
    up_m: list[float] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)

    def begin(self, left_m: Cubics, up_m: float) -> None:
        """The first edge."""
        self.left_m.append(left_m)
        self.up_m.append(up_m)

    def add(self, band: Band, left_m: Cubics, up_m: float) -> None:
        """A band up to a new edge."""
        self.bands.append(band)
        self.begin(left_m, up_m)

    @property
    def periods_m(self) -> tuple[tuple[float, float], ...]:
        """Dash and gap of all broken lines, each once."""
        lines = [b.line for b in self.bands if b.line is not None and b.line.period_m > 0.0]
        return tuple(sorted({(line.dash_m, line.gap_m) for line in lines}))


def material(kind: LaneKind, up_m: float) -> str:
    """What a lane is paved with."""
    if kind == "parking":
        return "parking_asphalt"
    if kind == "sidewalk" or (kind == "cycleway" and up_m > 0.0):
        return "paving"
    if kind in ("verge", "median"):
        return "grass"
    return "asphalt_old" if kind in ("shoulder", "cycleway") else "asphalt"


def section(road: Road, marks: Style | None) -> Section:
    """The cross-section of a road, over all of its lanes."""
    lanes: Sequence[Lane] = road.lanes[::-1]  # from right to left
    lines = borders(marks, lanes)
    result = Section()
    result.begin(lanes[0].right_border, lanes[0].up_m)
    for i, lane in enumerate(lanes):
        low, high, up = lane.right_border, lane.left_border, lane.up_m
        own = Band(material(lane.kind, up), lane)
        # The border on the right: what of its stripes lies in this lane, or the kerb's stone.
        if i == 0 and lines[0].stripes:
            _paint(result, lines[0].stripes, low, own, up)
        elif i > 0 and lanes[i - 1].up_m < up:
            result.add(Band("kerb", lane), _moved(low, KERB_STONE_M), up)
        elif i > 0 and lines[i].stripes and lines[i].below_m == 0.0:
            _paint(result, lines[i].stripes, low, own, up)
        # The border on the left.
        beyond = lanes[i + 1] if i + 1 < len(lanes) else None
        line = lines[i + 1]
        below = 0.0 if road.kerb and beyond is None else beyond.up_m if beyond is not None else up
        if below < up:
            result.add(own, _moved(high, -KERB_STONE_M), up)
            result.add(Band("kerb", lane), high, up)
        elif line.stripes and line.below_m > 0.0:
            result.add(own, _moved(high, -line.below_m), up)
            _paint(result, line.stripes, _moved(high, -line.below_m), own, up)
        else:
            result.add(own, high, up)
        if below != up:
            result.add(Band("kerb"), high, below)
    return result


def _paint(
    result: Section, stripes: Sequence[tuple[float, Line | None]], start: Cubics, own: Band, up: float
) -> None:
    at = 0.0
    for width, line in stripes:
        at += width
        result.add(Band(own.material, own.lane, line), _moved(start, at), up)


def _moved(edge: Cubics, by_m: float) -> Cubics:
    return edge + Cubics.constant(by_m)
