"""Values as a scene writes them: a constant, a distribution, a choice or a formula over `$params`.

3.5 m   20..60 km/h   10..60 step 10 km/h   log 50..400 m   1.34 +- 0.26 m/s
8 +- 1.5 in 5..12 km/h   25 | 50:2 | 75 %   $v + $dv - 20 km/h   06:30..09:00
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from drivesynth.errors import RequestError
from drivesynth.scene.expressions import Ast, parse_formula
from drivesynth.scene.laws import Choice, Constant, Grid, Law, LogUniform, Normal, Uniform, pick
from drivesynth.scene.units import (
    NUMBER,
    TIME,
    UNITS,
    Dimension,
    describe,
    described,
    in_unit,
    to_si,
    unknown,
)

MOST = 1e7  # in SI units: what a road scene has no use for is a slip of the pen


@dataclass(frozen=True)
class Limits:
    """What a field takes: a dimension (None: any) and the least and greatest value."""

    dimension: Dimension | None
    least: float = -math.inf
    most: float = math.inf
    whole: bool = False
    open_below: bool = False  # `least` itself is out as well

    def refusal(self, value: float) -> str | None:
        """Why a value is refused, or None."""
        if not abs(value) <= MOST:
            return "is beyond anything on a road"
        if self.open_below and value <= self.least:
            return f"must be above {self._bound(self.least)}"
        if value < self.least:
            return "must not be negative" if self.least == 0 else f"is below {self._bound(self.least)}"
        if value > self.most:
            return f"is above {self._bound(self.most)}"
        return None

    def _bound(self, value: float) -> str:
        return in_unit(value, self.dimension) if self.dimension is not None and value else f"{value:g}"


@dataclass(frozen=True)
class Quantity:
    """A number of a scene: fixed, distributed, or a formula over params.

    text       as written
    law        in SI units; None for a formula
    formula    the tree over `$params`; None for a law
    dimension  of the law; that of a formula follows from its params
    """

    text: str
    dimension: Dimension
    law: Law | None = None
    formula: Ast | None = None
    limits: Limits = Limits(None)

    @property
    def is_drawn(self) -> bool:
        """Whether chance has a part in it."""
        return self.law is not None and not isinstance(self.law, Constant)

    @property
    def constant(self) -> float | None:
        """Its value where nothing is open."""
        return self.law.value if isinstance(self.law, Constant) else None


@dataclass(frozen=True)
class Words:
    """A word, a weighted choice of words (`car/*:6 | van/*`), or `$param` that holds one."""

    text: str
    options: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    param: str | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether chance has a part in it."""
        return len(self.options) > 1

    def at(self, u: float) -> str:
        """The option `u` falls on."""
        return self.options[pick(self.weights, u)[0]]


_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_CLOCK = re.compile(r"(?<![\d:])(?<!\d\.)(\d{1,2}):(\d{2})(?!\d|\.\d)")
_TERM = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>[^\s\d.|+:][^\s|+:]*?)?\s*")
_WEIGHT = re.compile(r"^(?P<option>.*?\S)\s*:\s*(?P<weight>\d+(?:\.\d+)?)(?P<unit>\s*[^\s:]*)$")
_WORD_OPTION = re.compile(r"[^\W\d][\w/.*\-]*")


def parse_words(text: str) -> Words:
    """A word, a choice of words or a `$param`."""
    stripped = text.strip()
    if stripped.startswith("$"):
        if not stripped[1:].isidentifier():
            raise RequestError(f"{text!r} is not the name of a parameter")
        return Words(text, param=stripped[1:])
    options, weights = [], []
    for part in text.split("|"):
        option, weight, _ = _weighted(part)
        if not _WORD_OPTION.fullmatch(option):
            raise RequestError(f"{option!r} is not a name" if option else "a choice has an empty option")
        options.append(option)
        weights.append(weight)
    return Words(text, tuple(options), tuple(weights))


def is_words(text: str) -> bool:
    """Whether a value is made of words rather than numbers."""
    options = [_weighted(part)[0] for part in text.split("|")]
    return all(_WORD_OPTION.fullmatch(option) is not None for option in options)


def _weighted(part: str) -> tuple[str, float, str]:
    """An option, its weight, and the unit that follows a weight (`50:2 %`)."""
    match = _WEIGHT.match(part.strip())
    if match is None:
        return part.strip(), 1.0, ""
    weight = float(match["weight"])
    if not 0.0 < weight < 1e6:
        raise RequestError(f"the weight {match['weight']} of {match['option']!r} must be above 0")
    return match["option"], weight, match["unit"].strip()


def parse_quantity(value: Any, limits: Limits) -> Quantity:
    """A number of any form of the language, checked against what the field takes."""
    if isinstance(value, Quantity):
        return replace(value, limits=limits)
    if isinstance(value, Mapping):
        value = _from_mapping(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RequestError(f"{_kind_of(value)} stands where a {_wanted(limits)} is expected")
    text = str(value).strip()
    if "$" in text:
        return Quantity(text, limits.dimension or NUMBER, formula=_formula(text), limits=limits)
    law, dimension = _parse_law(text, limits.dimension)
    if limits.dimension is not None and dimension != limits.dimension:
        raise RequestError(f"{text!r} is {described(dimension)}, expected {describe(limits.dimension)}")
    law = _within(law, limits, text)
    return Quantity(text, dimension, law=law, limits=limits)


def _formula(text: str) -> Ast:
    if ".." in text or "|" in text or "+-" in text:
        raise RequestError(
            f"{text!r}: $ cannot stand in a range or a choice; declare that under params and compute with it"
        )
    return parse_formula(text)


def _within(law: Law, limits: Limits, text: str) -> Law:
    """The law held to the field's limits: normal laws are cut, others refused."""
    if isinstance(law, Normal):
        return replace(law, low=max(law.low, limits.least), high=min(law.high, limits.most))
    if limits.whole:
        law = _whole(law, text)
    for end in law.support:
        refusal = limits.refusal(end)
        if refusal:
            raise RequestError(f"{text} {refusal}")
    return law


def _whole(law: Law, text: str) -> Law:
    """The law over whole numbers: a range becomes the numbers in it."""
    if isinstance(law, Choice):
        return replace(law, options=tuple(_whole(option, text) for option in law.options))
    if isinstance(law, Uniform):
        law = Grid(law.low, law.high, 1.0)
    points = law.points if isinstance(law, Grid) else law.support
    if not isinstance(law, Constant | Grid) or any(point != round(point) for point in points):
        raise RequestError(f"{text!r} is not a whole number")
    return law


def _parse_law(text: str, expected: Dimension | None) -> tuple[Law, Dimension]:
    """The law of a text and its dimension."""
    clocked, times = _CLOCK.subn(lambda m: f"{_clock_s(m[1], m[2])}", text)
    reader = _Reader(text, "s" if times else None, expected)
    parts = clocked.split("|")
    if len(parts) == 1:
        law = reader.simple(clocked)
    else:
        split = [_weighted(part) for part in parts]
        options = [option + (f" {unit}" if unit else "") for option, _, unit in split]
        # One unit at the end serves all options that have none.
        unit = re.search(r"[^\s\d.)]\S*$", options[-1])
        reader.unit = reader.unit or (unit[0] if unit else None)
        law = Choice(tuple(reader.simple(o) for o in options), tuple(weight for _, weight, _ in split))
    return law, reader.dimension or expected or NUMBER


def _clock_s(hours: str, minutes: str) -> int:
    if int(hours) > 23 or int(minutes) > 59:
        raise RequestError(f"{hours}:{minutes} is no time of day")
    return int(hours) * 3600 + int(minutes) * 60


class _Reader:
    """Reads the simple forms of one value, all of one dimension."""

    def __init__(self, text: str, unit: str | None, expected: Dimension | None) -> None:
        self.text, self.unit, self.expected = text, unit, expected
        self.dimension: Dimension | None = None

    def simple(self, text: str) -> Law:
        """Any form but a choice."""
        body = text.strip()
        logarithmic = re.match(r"log\s+", body)
        if logarithmic:
            low, high = self.range(body[logarithmic.end() :])
            if low <= 0:
                raise RequestError(f"{self.text!r}: a logarithmic range must begin above zero")
            return LogUniform(low, high)
        if "+-" in body:
            return self.normal(body)
        if ".." in body:
            pieces = re.split(r"\s+step\s+", body)
            if len(pieces) == 1:
                return Uniform(*self.range(body))
            if len(pieces) != 2:
                raise self.refused()
            return self.grid(*pieces)
        return Constant(self.numbers(body)[0])

    def normal(self, body: str) -> Law:
        center, *cut = re.split(r"\s+in\s+", body)
        halves = center.split("+-")
        if len(halves) != 2 or len(cut) > 1:
            raise self.refused()
        low, high = -math.inf, math.inf
        if cut:
            low, high = self.range(cut[0])
        mean, deviation = self.numbers(*halves)
        if deviation <= 0:
            raise RequestError(f"{self.text!r}: the deviation after +- must be above zero")
        law = NormalDist(mean, deviation)
        if law.cdf(high) - law.cdf(low) < 1e-6:
            raise RequestError(f"{self.text!r}: next to nothing of this normal law lies in its range")
        return Normal(mean, deviation, low, high)

    def grid(self, ends: str, step: str) -> Law:
        low_text, _, high_text = ends.partition("..")
        low, high, by = self.numbers(low_text, high_text, step)
        self.check(low, high, ends)
        if by <= 0 or (high - low) / by > 10_000:
            raise RequestError(f"{self.text!r}: the step must be above zero and make at most 10000 points")
        return Grid(low, high, by)

    def range(self, body: str) -> tuple[float, float]:
        low_text, dots, high_text = body.partition("..")
        if not dots:
            raise self.refused()
        low, high = self.numbers(low_text, high_text)
        self.check(low, high, body)
        return low, high

    def check(self, low: float, high: float, body: str) -> None:
        if not low < high:
            ends = "..".join(part.split()[0] if part.split() else "" for part in body.split(".."))
            raise RequestError(f"empty range {ends}: low must be below high")

    def numbers(self, *texts: str) -> list[float]:
        """Numbers in SI; those without a unit take the one after them."""
        read: list[tuple[float, str | None]] = []
        for text in texts:
            match = _TERM.fullmatch(text)
            if match is None:
                raise self.refused()
            read.append((float(match["number"]), match["unit"]))
        unit = read[-1][1] or self.unit
        self.unit = self.unit or read[-1][1]
        return [self.number(number, own or unit) for number, own in read]

    def number(self, number: float, unit: str | None) -> float:
        if unit is None:
            if number == 0.0:
                return 0.0
            if self.expected not in (None, NUMBER):
                raise RequestError(f"{self.text} has no unit; expected {describe(self.expected or NUMBER)}")
            dimension, value = NUMBER, number
        elif unit in UNITS:
            dimension, value = UNITS[unit].dimension, to_si(number, unit)
        else:
            raise RequestError(f"{self.text!r}: {unknown(unit)}")
        if self.dimension is None:
            self.dimension = dimension
        elif self.dimension != dimension:
            raise RequestError(f"{self.text!r} mixes {describe(self.dimension)} and {describe(dimension)}")
        if not abs(value) <= MOST:
            raise RequestError(f"{self.text} is beyond anything on a road")
        return value

    def refused(self) -> RequestError:
        wanted = f"; expected {describe(self.expected)}" if self.expected is not None else ""
        return RequestError(f"{self.text!r} is not a value{wanted}, like 3 m, 2..5 m, 4 +- 1 m or 1 | 2 m")


_FORMS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], str]]] = {
    "constant": (("value",), lambda m: f"{m['value']}"),
    "uniform": (("low", "high"), lambda m: f"{m['low']}..{m['high']}"),
    "grid": (("low", "high", "step"), lambda m: f"{m['low']}..{m['high']} step {m['step']}"),
    "log_uniform": (("low", "high"), lambda m: f"log {m['low']}..{m['high']}"),
    "normal": (("mean", "sd"), lambda m: f"{m['mean']} +- {m['sd']}"),
    "truncated": (
        ("mean", "sd", "low", "high"),
        lambda m: f"{m['mean']} +- {m['sd']} in {m['low']}..{m['high']}",
    ),
    "choice": (("options",), lambda m: " | ".join(str(option) for option in m["options"])),
}


def _from_mapping(value: Mapping[str, Any]) -> str:
    """`{dist: uniform, low: 20, high: 60, unit: km/h}` as text."""
    if "dist" not in value or value["dist"] not in _FORMS:
        raise RequestError(f"a value as a mapping wants dist: one of {', '.join(_FORMS)}")
    keys, form = _FORMS[value["dist"]]
    if set(value) - {"dist", "unit"} != set(keys):
        raise RequestError(f"dist: {value['dist']} takes {', '.join(keys)} and unit")
    for key in keys:
        items = value[key] if key == "options" else [value[key]]
        if not isinstance(items, list) or not items or any(isinstance(i, dict | list | bool) for i in items):
            wanted = "a list of numbers" if key == "options" else "a number"
            raise RequestError(f"{key} of dist: {value['dist']} must be {wanted}")
    return f"{form(value)} {value.get('unit') or ''}".strip()


def _wanted(limits: Limits) -> str:
    return describe(limits.dimension) if limits.dimension is not None else "value"


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, Mapping) else repr(value)


def is_clock(value: Quantity) -> bool:
    """Whether a time was written as a time of day."""
    return value.dimension == TIME and _CLOCK.search(value.text) is not None
