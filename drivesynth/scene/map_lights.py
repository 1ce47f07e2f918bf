"""The traffic lights of an OpenDRIVE map by the approaches they rule, as `signals` of a scene names them.

A light stands on a road and faces those who drive along its line or against it: `road_12` are the lights
of road 12 for the former, `road_12_back` for the latter. Read here by itself, so that a scene's names can
be checked before its road is drawn.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

LIGHT = "1000001"  # three lenses for vehicles, ASAM OpenDRIVE signal catalogue
_FACING = {"+": (1,), "-": (-1,)}


def ruling(root: Element) -> Iterator[tuple[Element, list[tuple[str, Element]]]]:
    """Each road with what rules it: types of signals, and the elements that say where and for whom.

    A road has signals of its own, and refers to others that stand on another road.
    """
    types = {signal.get("id"): signal.get("type", "") for signal in root.iterfind("road/signals/signal")}
    for road in root.findall("road"):
        found = [(signal.get("type", ""), signal) for signal in road.findall("signals/signal")]
        for reference in road.findall("signals/signalReference"):
            if reference.get("id") in types:
                found.append((types[reference.get("id")], reference))
        yield road, found


def of_tree(root: Element) -> dict[tuple[str, int], str]:
    """Names by road and direction of travel, 1 along its line; roads across junctions are left out."""
    found = {}
    for road, signals in ruling(root):
        if road.get("junction", "-1") not in ("-1", ""):
            continue
        number = road.get("id", "")
        for kind, signal in signals:
            if kind == LIGHT:
                for along in _FACING.get(signal.get("orientation", ""), (1, -1)):
                    found[number, along] = _name(number, along)
    return dict(sorted(found.items()))


def of_file(file: str) -> tuple[str, ...]:
    """Names in a map's file; none where it cannot be read, which is told when the road is built."""
    path = Path(file)
    try:
        return _of_file(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError, ElementTree.ParseError):
        return ()


@lru_cache(maxsize=16)
def _of_file(path: Path, changed_ns: int) -> tuple[str, ...]:
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return tuple(of_tree(root).values())


def _name(road: str, along: int) -> str:
    word = re.sub(r"\W", "_", f"road_{road}")
    return word if along > 0 else f"{word}_back"
