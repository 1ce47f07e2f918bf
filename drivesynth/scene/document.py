"""YAML text as a tree whose every node and key knows its place in the file.

Built from the parser's events, without recursion, so that neither deep nesting nor a file that
multiplies itself through aliases can hurt. Plain scalars follow the core schema of YAML 1.2
(section 10.3): `22:40` stays text, `on` and `no` are words, `010` is ten, `1e-3` is a number.
Refused: tags, a key written twice, numbers that are not finite, more than one document.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from drivesynth.errors import Mistakes, Place, RequestError

try:
    from yaml import CSafeLoader as _Parser
except ImportError:  # a PyYAML built without libyaml: the same events, slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

MOST_BYTES = 2_000_000
MOST_NODES = 50_000
MOST_DEPTH = 64
_KEPT_LETTERS = 20_000

Scalar = str | int | float | bool | None

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping, a list or a scalar, where it stands, and where its key stands."""

    value: "dict[str, Node] | list[Node] | Scalar"
    place: Place
    key: Place | None = None

    def plain(self) -> Any:
        """The same as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """The value of a key, or the item at an index."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None


def rooted(data: Any, file: str) -> Node:
    """A tree of plain data that stands in no file: its places name `file` only."""
    place = Place(file)
    if isinstance(data, dict):
        return Node({str(key): rooted(value, file) for key, value in data.items()}, place)
    if isinstance(data, list | tuple):
        return Node([rooted(value, file) for value in data], place)
    return Node(data, place)


def dotted(path: tuple[str | int, ...]) -> str:
    """`actors.child.aim`, the way errors name a field."""
    return ".".join(str(step) for step in path)


def shown(path: Path) -> str:
    """A file's name for people: relative to the working directory where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read(path: Path) -> Node:
    """The tree of a file; RequestError where it cannot be read or is not sound YAML."""
    name = shown(path)
    try:
        if not path.is_file():
            missing = "is a folder, not a file" if path.is_dir() else "no such file"
            raise RequestError(missing, place=Place(name))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RequestError(f"cannot be read: {reason}", place=Place(name)) from None
    if len(data) > MOST_BYTES:
        raise RequestError(f"larger than {MOST_BYTES // 1_000_000} MB; not a scene file", place=Place(name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RequestError("not UTF-8 text; save it as UTF-8", place=Place(name, line)) from None
    return _parsed(text, name) if len(text) < _KEPT_LETTERS else parse(text, name)


@lru_cache(maxsize=256)
def _parsed(text: str, file: str) -> Node:
    """Templates, fragments and rigs are read again and again; nobody changes a tree."""
    return parse(text, file)


def parse(text: str, file: str) -> Node:
    """The tree of a text; `file` is what its places are named after."""
    try:
        return _Builder(file).build(yaml.parse(text, Loader=_Parser))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        lines = text.splitlines()  # a mistake at the very end lies after the last of them
        if mark and mark.line < len(lines) and lines[mark.line][mark.column :].startswith("\t"):
            raise RequestError("a tab; indent with spaces, YAML knows no tabs", place=place) from None
        raise RequestError(f"not sound YAML: {error.problem or error.context}", place=place) from None
    except yaml.YAMLError as error:
        raise RequestError(f"not sound YAML: {_first_line(error)}", place=Place(file)) from None


def _first_line(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason) if reason else (str(error).splitlines() or ["?"])[0]


def resolve(text: str) -> Scalar:
    """What an unquoted scalar means by the core schema; infinite where it is out of bounds."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        digits = text[2:] if text[:2] in ("0o", "0x") else text
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(digits, base) if len(digits) < 19 else math.inf
    if _FLOAT.fullmatch(text):
        return float(text)
    return math.inf if _NOT_FINITE.fullmatch(text) else text


@dataclass
class _Open:
    """A collection under construction: of a mapping also the key that waits for its value."""

    children: "dict[str, Node] | list[Node]"
    place: Place
    anchor: str | None
    flow: bool
    key: str | None = None
    key_place: Place | None = None
    previous: str | None = None  # the scalar that was written just before


class _Builder:
    """Turns events into a tree, counting what aliases would multiply."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}  # with the number of nodes below
        self.counts: list[int] = []
        self.mistakes: list[RequestError] = []
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error("more than one document in a file", event)
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
        if self.mistakes:
            raise Mistakes(self.mistakes)
        return self.root or Node(None, Place(self.file, 1, 1))

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _path(self, *last: str) -> str:
        steps = [o.key if isinstance(o.children, dict) else str(len(o.children)) for o in self.open]
        return ".".join([s for s in steps if s is not None] + list(last))

    def _error(self, what: str, event: Any) -> RequestError:
        return RequestError(what, field=self._path(), place=self._place(event))

    def _begin(self, event: Any) -> None:
        self._refuse_tag(event)
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.children, dict) and top.key is None:
            raise self._error("a key must be a word, not a list or a mapping", event)
        if len(self.open) >= MOST_DEPTH:
            raise RequestError(f"nested deeper than {MOST_DEPTH} levels", place=self._place(event))
        children: dict[str, Node] | list[Node] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.open.append(_Open(children, self._place(event), event.anchor, bool(event.flow_style)))
        self.counts.append(1)

    def _end(self) -> None:
        done, count = self.open.pop(), self.counts.pop()
        self._add(done.children, done.place, done.anchor, count)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self._error(f"*{event.anchor} names nothing that is complete above it", event)
        top = self.open[-1]
        if isinstance(top.children, dict) and top.key is None:
            raise self._error("a key must be a word, not an alias", event)
        node, count = self.anchors[event.anchor]
        self._add(node.value, node.place, None, count)

    def _scalar(self, event: Any) -> None:
        self._refuse_tag(event)
        top = self.open[-1] if self.open else None
        place = self._place(event)
        if top is not None and top.flow and not event.style:
            self._refuse_split(top, event.value, place)
            top.previous = event.value
        if top is not None and isinstance(top.children, dict) and top.key is None:
            name = event.value
            if name in top.children:
                first = top.children[name].key
                what = f"written twice; the first is in line {first.line if first else '?'}"
                self.mistakes.append(RequestError(what, field=self._path(name), place=place))
            if event.value == "<<" and not event.style:
                raise self._error("merge keys are not supported; use extends or imports", event)
            top.key, top.key_place = name, place
            return
        value = self._plain(event, place) if not event.style else event.value
        self._add(value, place, event.anchor, 1)

    def _add(self, value: Any, place: Place, anchor: str | None, count: int) -> None:
        top = self.open[-1] if self.open else None
        node = Node(value, place, top.key_place if top is not None else None)
        if anchor is not None:
            self.anchors[anchor] = (node, count)
        if top is None:
            self.root = node
            return
        self.counts[-1] += count
        if sum(self.counts) > MOST_NODES:
            what = f"more than {MOST_NODES} values once aliases are followed; not a scene file"
            raise RequestError(what, place=place)
        if isinstance(top.children, list):
            top.children.append(node)
        elif top.key is not None:
            top.children[top.key] = node
            top.key = top.key_place = None

    def _plain(self, event: Any, place: Place) -> Scalar:
        value = resolve(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            short = event.value if len(event.value) <= 24 else event.value[:20] + "..."
            what = f"{short} is not a finite number of a size that makes sense"
            self.mistakes.append(RequestError(what, field=self._path(), place=place))
            return 0
        return value

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            raise self._error(f"tags are not allowed ({event.tag}); write the value plainly", event)

    def _refuse_split(self, top: _Open, text: str, place: Place) -> None:
        """`{a: f(x, y)}` is read as a: `f(x` and a key `y)`: say so where it happens."""
        if text.count(")") > text.count("(") and (top.previous or "").count("(") > (top.previous or "").count(
            ")"
        ):
            brackets = "{ }" if isinstance(top.children, dict) else "[ ]"
            what = f"{text!r}: a comma inside {brackets} split this value; quote it or use block style"
            raise RequestError(what, place=place)
