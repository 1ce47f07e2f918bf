"""Roads from an OpenDRIVE map (ASAM OpenDRIVE 1.4 to 1.8).

Read are the courses, heights and cross slopes of roads, their lanes with widths and marks, and the
roads across junctions, which become ways without a surface of their own. Files of the field hold small
contradictions: what is off by more than a centimetre is told in a warning, nothing of the kind raises.
Objects and lane heights are left aside; of signals, traffic lights and signs of priority are read, by
`map_rights`.
"""

import logging
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from functools import lru_cache
from typing import Literal
from xml.etree.ElementTree import Element

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.geometry.paths import Bend, Path, Pose, join
from drivesynth.road.lanes import Road
from drivesynth.road.opendrive_course import polynomial
from drivesynth.road.opendrive_lanes import cubics, lanes_of, number
from drivesynth.scene.map_lights import LIGHT

_SLACK_M = 0.01
_log = logging.getLogger(__name__)
_LEFT_ASIDE = ("objects", "railroad", "surface")

Sign = Literal["yield", "stop", "priority"]
PRIORITY_SIGNS: dict[str, Sign] = {
    "205": "yield", "206": "stop", "301": "priority", "306": "priority", "R1-1": "stop", "R1-2": "yield",
}  # fmt: skip


@lru_cache(maxsize=8)
def roads(text: str) -> tuple[Road, ...]:
    """The roads of a map's text: those with a surface first, then the ways across junctions.

    Lanes are named `12.R1` for road 12; of a map with a single road, `R1`. RequestError where the text
    is no map or holds no road with lanes.
    """
    nodes = _roads_of(tree(text))
    plain = [node for node in nodes if not _across(node)]
    single = len(plain) == 1
    found = [_road(node, "" if single and not _across(node) else node.get("id", "")) for node in nodes]
    kept = [road for road in found if road.lanes]
    if not any(road.drawn for road in kept):
        raise RequestError("the map holds no road with lanes outside junctions", field="road.file")
    return tuple(sorted(kept, key=lambda road: not road.drawn))


@lru_cache(maxsize=8)
def tree(text: str) -> Element:
    """The elements of a map's text; RequestError where it is none."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise RequestError(
            f"not readable as XML at line {line}, column {column}; is this an OpenDRIVE file?",
            field="road.file",
        ) from None
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]  # some files give a name space, most do not
    if root.tag != "OpenDRIVE":
        raise RequestError(f"an OpenDRIVE map begins with OpenDRIVE, not {root.tag}", field="road.file")
    return root


def _roads_of(root: Element) -> list[Element]:
    nodes = root.findall("road")
    aside = [name for name in _LEFT_ASIDE if any(len(node.findall(f"{name}/*")) for node in nodes)]
    read = {signal.get("type", "") for node in nodes for signal in node.findall("signals/signal")}
    known = {*PRIORITY_SIGNS, LIGHT}
    if read - known:
        aside.append("other signals" if read & known else "signals")
    if aside:
        _log.warning("the map's %s are left aside", " and ".join(aside))
    return nodes


def _across(node: Element) -> bool:
    """Whether a road leads across a junction."""
    return node.get("junction", "-1") not in ("-1", "")


def _road(node: Element, name: str) -> Road:
    reference = _course(node)
    lanes, painted = lanes_of(node, reference, name)
    drawn = not _across(node)
    if not drawn:
        # Ways share their ground, so none of them has a kerb.
        lanes = tuple(replace(lane, up_m=0.0) for lane in lanes)
    return Road(name, reference, lanes, ends_before=False, ends_after=False, drawn=drawn, painted=painted)


def _course(node: Element) -> Path:
    """The reference line: each geometry from the place it gives itself, so no error adds up."""
    pieces = []
    at: Pose | None = None
    s = 0.0
    name = node.get("id", "?")
    for geometry in sorted(node.findall("planView/geometry"), key=lambda g: number(g, "s")):
        length = number(geometry, "length")
        if length <= 0.0:
            continue
        begin = Pose(number(geometry, "x"), number(geometry, "y"), 0.0, number(geometry, "hdg"))
        if at is not None and np.hypot(begin.x_m - at.x_m, begin.y_m - at.y_m) > _SLACK_M:
            _log.warning("road %s: the course has a gap at s = %g m", name, s)
        if abs(number(geometry, "s") - s) > _SLACK_M:
            _log.warning("road %s: s = %s m where lengths add up to %g m", name, geometry.get("s"), s)
        pieces.append(_piece(geometry, length, begin, name))
        at = pieces[-1].pose(pieces[-1].length_m)
        s += length
    if not pieces:
        raise RequestError(f"road {name} has no geometry", field="road.file")
    if abs(number(node, "length", s) - s) > _SLACK_M:
        _log.warning("road %s: length %s m where its geometry has %g m", name, node.get("length"), s)
    # A rotation about the reference line, taken as a slope: 2 mm apart at 10 m and a slope of 8 %.
    return join(pieces).raised(
        cubics(node.findall("elevationProfile/elevation")),
        cubics(node.findall("lateralProfile/superelevation")),
    )


def _piece(geometry: Element, length: float, begin: Pose, road: str) -> Path:
    shape = next(iter(geometry), None)
    kind = "line" if shape is None else shape.tag
    if shape is None or kind == "line":
        return Path.of([Bend(length)], begin)
    if kind == "arc":
        bend = number(shape, "curvature")
        return Path.of([Bend(length, bend, bend)], begin)
    if kind == "spiral":
        return Path.of([Bend(length, number(shape, "curvStart"), number(shape, "curvEnd"))], begin)
    if kind == "paramPoly3":
        end = length if shape.get("pRange") == "arcLength" else 1.0
        return polynomial(_rows(shape, "U", "V"), end, length, begin)
    if kind == "poly3":
        # v over u: the same with u itself as parameter, to where the length is used up.
        v = [number(shape, key) for key in "abcd"]
        return polynomial(np.array([[0.0, 1.0, 0.0, 0.0], v]), None, length, begin)
    _log.warning("road %s: %s is drawn as a line", road, kind)
    return Path.of([Bend(length)], begin)


def _rows(shape: Element, *names: str) -> F64:
    return np.array([[number(shape, f"{key}{name}") for key in "abcd"] for name in names])
