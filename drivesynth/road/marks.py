"""Longitudinal markings: which line divides which lanes, in whose country.

Dash, gap and width: German RMS-1 (6/12 m on motorways, 4/8 m on rural roads, 3/6 m in towns; narrow
lines 0.12 m, wide ones 0.25 m, 0.15 and 0.30 m on motorways), US MUTCD section 3B (10 ft lines,
30 ft gaps, 4..6 in wide, centre lines yellow) and the UK's Traffic Signs Manual chapter 5 (lane
lines 2/7 m above 40 mph, 1/5 m below; centre lines 3/6 and 2/4 m).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.lanes import DRIVEN, Lane


@dataclass(frozen=True)
class Line:
    """One stripe along the road; no gap is a solid one.

    spans  where it changes along the road: from, to [m] and what it is there; it is nothing elsewhere
    """

    width_m: float
    dash_m: float = 0.0
    gap_m: float = 0.0
    material: str = "road_paint"
    spans: tuple[tuple[float, float, "Line"], ...] = ()

    @property
    def period_m(self) -> float:
        """From one dash's begin to the next; 0 for a solid line."""
        return self.dash_m + self.gap_m if self.gap_m > 0.0 else 0.0


@dataclass(frozen=True)
class Style:
    """The lines of one kind of road: None is no line.

    lane      between lanes of one direction
    centre    between directions where each has one lane, `divide` where one has more
    edge      at the outer edge of the driven lanes (against shoulder, verge or median)
    parking   against a parking lane
    cycle     against a cycleway at the carriageway's level
    kerbside  whether there is an edge line beside a kerb as well
    """

    lane: Line
    centre: tuple[Line, ...]
    divide: tuple[Line, ...]
    edge: Line
    parking: Line | None = None
    cycle: Line = Line(0.25)
    kerbside: bool = False


_GAP_M = 0.12  # between the lines of a pair


def _pair(line: Line) -> tuple[Line, Line]:
    return line, line


STYLES: dict[str, Style | None] = {
    "none": None,
    "de/urban": Style(Line(0.12, 3, 6), (Line(0.12, 3, 6),), _pair(Line(0.12)), Line(0.12), Line(0.12)),
    "de/rural": Style(Line(0.12, 4, 8), (Line(0.12, 4, 8),), _pair(Line(0.12)), Line(0.12), Line(0.12)),
    "de/motorway": Style(Line(0.15, 6, 12), (Line(0.15, 6, 12),), _pair(Line(0.15)), Line(0.30)),
    "us/urban": Style(
        Line(0.1, 3.05, 9.14),
        _pair(Line(0.1, material="road_paint_yellow")),
        _pair(Line(0.1, material="road_paint_yellow")),
        Line(0.1),
        Line(0.1),
        Line(0.15),
    ),
    "us/rural": Style(
        Line(0.1, 3.05, 9.14),
        (Line(0.1, 3.05, 9.14, "road_paint_yellow"),),
        _pair(Line(0.1, material="road_paint_yellow")),
        Line(0.1),
    ),
    "us/motorway": Style(
        Line(0.15, 3.05, 9.14),
        _pair(Line(0.15, material="road_paint_yellow")),
        _pair(Line(0.15, material="road_paint_yellow")),
        Line(0.15),
    ),
    "uk/urban": Style(Line(0.1, 1, 5), (Line(0.1, 2, 4),), _pair(Line(0.1)), Line(0.1), Line(0.1, 1, 1)),
    "uk/rural": Style(Line(0.1, 2, 7), (Line(0.1, 3, 6),), _pair(Line(0.1)), Line(0.15)),
    "uk/motorway": Style(Line(0.15, 2, 7), (Line(0.15, 3, 6),), _pair(Line(0.15)), Line(0.2)),
}


def style(name: str) -> Style | None:
    """A style by name; an unknown one is a RequestError with a suggestion."""
    if name not in STYLES:
        listed = ", ".join(STYLES)
        raise RequestError(
            f"no marks {name!r}{did_you_mean(name, STYLES)} (known: {listed})", field="road.marks"
        )
    return STYLES[name]


@dataclass(frozen=True)
class Border:
    """What is painted where two lanes meet.

    stripes  width and line of each stripe from right to left; None is bare road between two lines
    below_m  how much of their width lies right of the border
    """

    stripes: tuple[tuple[float, Line | None], ...] = ()
    below_m: float = 0.0

    @property
    def width_m(self) -> float:
        """Of all stripes."""
        return sum(width for width, _ in self.stripes)


def border(marks: Style, right: Lane | None, left: Lane | None, lanes: Sequence[Lane]) -> Border:
    """What is painted between two lanes of a road, or between one and nothing."""
    ways = [lane.direction for lane in lanes if lane.kind in DRIVEN]
    narrow = ways.count(1) <= 1 and ways.count(-1) <= 1
    driven = [lane for lane in (right, left) if lane is not None and lane.kind in DRIVEN]
    if not driven:
        return Border()
    own = driven[0]
    other = left if own is right else right
    if other is not None and len(driven) == 2:
        if own.direction == other.direction:
            return _centred((marks.lane,))
        return _centred(marks.centre if narrow else marks.divide)
    if other is not None and other.kind == "parking":
        return _centred((marks.parking,)) if marks.parking else Border()
    if other is not None and other.kind == "cycleway" and other.up_m == own.up_m:
        return _centred((marks.cycle,))
    if other is not None and other.kind == "shoulder":
        return _centred((marks.edge,))
    if other is not None and other.kind in ("sidewalk", "cycleway") and not marks.kerbside:
        return Border()
    # Where the paved width ends, the line lies inside the lane.
    return Border(((marks.edge.width_m, marks.edge),), 0.0 if own is left else marks.edge.width_m)


def _centred(lines: tuple[Line, ...]) -> Border:
    stripes: list[tuple[float, Line | None]] = []
    for line in lines:
        if stripes:
            stripes.append((_GAP_M, None))
        stripes.append((line.width_m, line))
    return Border(tuple(stripes), sum(width for width, _ in stripes) / 2)


def bordered(spans: Sequence[tuple[float, float, Sequence[Line]]]) -> Border:
    """A border whose lines change along the road: from, to, none to two lines from right to left."""
    count = max((len(lines) for _, _, lines in spans), default=0)
    whole = []
    for i in range(min(count, 2)):
        own = tuple((begin, end, lines[i]) for begin, end, lines in spans if len(lines) > i)
        whole.append(Line(max(line.width_m for _, _, line in own), spans=own))
    return _centred(tuple(whole)) if whole else Border()
