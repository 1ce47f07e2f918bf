"""Lanes of an OpenDRIVE road: sections joined into lanes that run the whole road.

A lane goes on from section to section where links say so. Where it is missing it has no width, so a
lane's borders are sums of widths everywhere, and it opens and closes like any other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import numpy as np

from drivesynth.errors import RequestError
from drivesynth.geometry.cubics import Cubics
from drivesynth.geometry.paths import Path
from drivesynth.road.lanes import ALL, Lane, heights_up, side_names, with_neighbours
from drivesynth.road.marks import Border, Line, bordered
from drivesynth.road.plan import LaneKind, LanePlan

_KINDS: dict[str, LaneKind] = {
    "driving": "drive", "entry": "drive", "exit": "drive", "onRamp": "drive", "offRamp": "drive",
    "connectingRamp": "drive", "slipLane": "drive", "bidirectional": "drive", "HOV": "drive",
    "mwyEntry": "drive", "mwyExit": "drive", "shared": "drive",
    "bus": "bus", "taxi": "bus", "tram": "bus", "shoulder": "shoulder", "stop": "shoulder",
    "restricted": "shoulder", "roadWorks": "shoulder", "sidewalk": "sidewalk", "walking": "sidewalk",
    "curb": "sidewalk", "biking": "cycleway", "median": "median", "parking": "parking",
}  # fmt: skip
_DASH_M, _GAP_M = 3.0, 6.0
_WIDTH_M = {"standard": 0.12, "bold": 0.25}


def number(node: Element, key: str, default: float = 0.0) -> float:
    """An attribute as a number; RequestError where it is none."""
    text = node.get(key)
    if text is None or not text.strip():
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RequestError(f"{key}={text!r} of {node.tag} is not a number", field="road.file")
    return value


def cubics(nodes: Iterable[Element], offset: str = "s", from_m: float = 0.0) -> Cubics:
    """A function of the station from elements with a station and a, b, c, d."""
    return Cubics.of(_rows(nodes, offset, from_m))


def lanes_of(
    node: Element, reference: Path, road: str
) -> tuple[tuple[Lane, ...], tuple[tuple[Border, Cubics], ...]]:
    """The lanes of a road from left to right, and what is painted from its right edge to its left one."""
    sections = sorted(node.findall("lanes/laneSection"), key=lambda section: number(section, "s"))
    starts = [number(section, "s") for section in sections]
    offset = cubics(node.findall("lanes/laneOffset"))
    along = -1 if node.get("rule") == "LHT" else 1
    left, left_paint = _side(sections, starts, reference, offset, 1, -along, road)
    right, right_paint = _side(sections, starts, reference, offset, -1, along, road)
    middle = _Chain({k: lane for k, s in enumerate(sections) for lane in s.findall("center/lane")})
    centre = _border(middle, starts, reference.length_m), ALL
    painted = (*right_paint[::-1], centre, *left_paint)
    return with_neighbours([*left[::-1], *right]), painted


@dataclass
class _Chain:
    """A lane through the sections it exists in, by their number."""

    parts: dict[int, Element] = field(default_factory=dict)

    @property
    def first(self) -> Element:
        return next(iter(self.parts.values()))

    @property
    def kind(self) -> LaneKind:
        """What it is; borders and lanes of no use are grass."""
        return _KINDS.get(self.first.get("type", "none"), "verge")


def _side(
    sections: Sequence[Element],
    starts: Sequence[float],
    reference: Path,
    offset: Cubics,
    sign: int,
    towards: int,
    road: str,
) -> tuple[list[Lane], list[tuple[Border, Cubics]]]:
    """Lanes and their outer borders from the reference line outwards."""
    tag = "left" if sign > 0 else "right"
    chains = [
        (chain, width)
        for chain in _chains([s.findall(f"{tag}/lane") for s in sections])
        if (width := _width(chain, starts))(np.linspace(0.0, reference.length_m, 200)).max() > 0.01
    ]
    plans = tuple(LanePlan(kind=chain.kind, width_m=1.0) for chain, _ in chains)
    ups = heights_up(plan.kind for plan in plans)
    names = side_names(plans, "L" if sign > 0 else "R")
    lanes, painted, inner = [], [], offset
    for (chain, width), name, up in zip(chains, names, ups, strict=True):
        outer = inner + width * sign
        full = f"{road}.{name}" if road else name
        direction = -towards if chain.first.get("direction") == "reversed" else towards
        share = _share(chain, starts)
        lanes.append(Lane(full, chain.kind, direction, reference, inner, outer, up, share=share))
        painted.append((_border(chain, starts, reference.length_m, inwards=sign < 0), share))
        inner = outer
    return lanes, painted


def _chains(sections: Sequence[Sequence[Element]]) -> list[_Chain]:
    """The lanes of one side over all sections, from the reference line outwards."""
    chains: list[_Chain] = []
    for k, lanes in enumerate(sections):
        at, linked = 0, _are_linked(sections[k - 1] if k else (), lanes)
        for lane in sorted(lanes, key=lambda lane: abs(number(lane, "id"))):
            go_on = [i for i in range(at, len(chains)) if _goes_on(chains[i].parts.get(k - 1), lane, linked)]
            if go_on:
                at = go_on[0]
            else:
                chains.insert(at, _Chain())
            chains[at].parts[k] = lane
            at += 1
    return chains


def _are_linked(before: Sequence[Element], lanes: Sequence[Element]) -> bool:
    """Whether the file says anywhere which lane goes on as which; then a lane without a link is new."""
    return any(lane.find("link/successor") is not None for lane in before) or any(
        lane.find("link/predecessor") is not None for lane in lanes
    )


def _goes_on(before: Element | None, lane: Element, linked: bool) -> bool:
    """Whether a lane of the section before goes on as this one: by a link of either, else by its number."""
    if before is None:
        return False
    if linked:
        back, on = lane.find("link/predecessor"), before.find("link/successor")
        return (back is not None and number(back, "id") == number(before, "id")) or (
            on is not None and number(on, "id") == number(lane, "id")
        )
    return number(before, "id") == number(lane, "id") and before.get("type") == lane.get("type")


def _rows(
    nodes: Iterable[Element], offset: str, from_m: float
) -> list[tuple[float, float, float, float, float]]:
    return [
        (from_m + number(n, offset), number(n, "a"), number(n, "b"), number(n, "c"), number(n, "d"))
        for n in nodes
    ]


def _width(chain: _Chain, starts: Sequence[float]) -> Cubics:
    rows = []
    for k, start in enumerate(starts):
        end = starts[k + 1] if k + 1 < len(starts) else math.inf
        part = chain.parts.get(k)
        own = [] if part is None else _rows(part.findall("width"), "sOffset", start)
        rows += [(start, 0.0, 0.0, 0.0, 0.0), *(row for row in own if row[0] < end)]
    return Cubics.of(rows)


def _share(chain: _Chain, starts: Sequence[float]) -> Cubics:
    """Where the lane exists, 1, else 0."""
    there = [float(k in chain.parts) for k in range(len(starts))]
    if all(there):
        return ALL
    stations, values = [starts[0] - 1.0], [there[0]]
    for start, before, after in zip(starts[1:], there[:-1], there[1:], strict=True):
        if before != after:
            stations += [start - 0.25, start + 0.25]
            values += [before, after]
    return Cubics.lines(stations, values)


def _border(chain: _Chain, starts: Sequence[float], length_m: float, inwards: bool = True) -> Border:
    """The marks of a lane's outer border. Pairs are named from the inside outwards; stripes here run
    from right to left, which is `inwards` on a road's right side and across its middle."""
    spans = []
    for k, lane in chain.parts.items():
        end = starts[k + 1] if k + 1 < len(starts) else length_m
        marks = sorted(lane.findall("roadMark"), key=lambda mark: number(mark, "sOffset"))
        begins = [starts[k] + number(mark, "sOffset") for mark in marks]
        for mark, begin, stop in zip(marks, begins, [*begins[1:], end][: len(marks)], strict=True):
            lines = _stripes(mark)
            spans.append((begin, stop, lines[::-1] if inwards else lines))
    return bordered(spans)


def _stripes(mark: Element) -> list[Line]:
    words = mark.get("type", "none").split()
    given = mark.findall("type/line")
    paint = "road_paint_yellow" if mark.get("color") == "yellow" else "road_paint"
    width = number(mark, "width") or _WIDTH_M.get(mark.get("weight", "standard"), 0.12)
    if mark.get("type") == "botts dots":
        words = ["dots"]
    if len(words) == 2:
        width = min(width, 0.15)
    result = []
    for i, word in enumerate(words):
        dash, gap = {"broken": (_DASH_M, _GAP_M), "dots": (0.1, 1.2)}.get(word, (0.0, 0.0))
        if word not in ("solid", "broken", "dots"):
            continue
        if word == "broken" and i < len(given) and number(given[i], "space") > 0.0:
            dash, gap = number(given[i], "length"), number(given[i], "space")
        result.append(Line(width, dash, gap, paint))
    return result
