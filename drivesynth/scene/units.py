"""Units and dimensions: every number of a scene is turned into SI here, once.

A dimension is a tuple of exponents over metre, second, radian, rain rate, vehicles and lux. Rain rate
is kept apart from speed, though both are a length over time: nobody means 5 km/h of rain.
"""

import re
from math import pi
from typing import NamedTuple

from drivesynth.errors import did_you_mean

Dimension = tuple[int, int, int, int, int, int]

NUMBER: Dimension = (0, 0, 0, 0, 0, 0)
LENGTH: Dimension = (1, 0, 0, 0, 0, 0)
TIME: Dimension = (0, 1, 0, 0, 0, 0)
SPEED: Dimension = (1, -1, 0, 0, 0, 0)
ACCELERATION: Dimension = (1, -2, 0, 0, 0, 0)
ANGLE: Dimension = (0, 0, 1, 0, 0, 0)
RAIN: Dimension = (0, 0, 0, 1, 0, 0)
DENSITY: Dimension = (-1, 0, 0, 0, 1, 0)
FREQUENCY: Dimension = (0, -1, 0, 0, 0, 0)
ILLUMINANCE: Dimension = (0, 0, 0, 0, 0, 1)


class Unit(NamedTuple):
    """`number` of it are `number * times / per` SI units: two factors, so that 70 % is 0.7 exactly."""

    dimension: Dimension
    times: float = 1.0
    per: float = 1.0


# Rain rate stays in mm/h; traffic is counted in vehicles per metre.
UNITS: dict[str, Unit] = {
    "m": Unit(LENGTH),
    "cm": Unit(LENGTH, per=100.0),
    "mm": Unit(LENGTH, per=1000.0),
    "km": Unit(LENGTH, 1000.0),
    "s": Unit(TIME),
    "ms": Unit(TIME, per=1000.0),
    "min": Unit(TIME, 60.0),
    "m/s": Unit(SPEED),
    "km/h": Unit(SPEED, per=3.6),
    "mph": Unit(SPEED, 0.44704),
    "m/s^2": Unit(ACCELERATION),
    "g": Unit(ACCELERATION, 9.80665),
    "deg": Unit(ANGLE, pi, 180.0),
    "rad": Unit(ANGLE),
    "%": Unit(NUMBER, per=100.0),
    "mm/h": Unit(RAIN),
    "veh/km": Unit(DENSITY, per=1000.0),
    "lx": Unit(ILLUMINANCE),
    "Hz": Unit(FREQUENCY),
}


def to_si(number: float, unit: str) -> float:
    """A number of a known unit in SI units."""
    return number * UNITS[unit].times / UNITS[unit].per


# What people write instead.
_MEANT = {
    "kph": "km/h", "kmh": "km/h", "kmph": "km/h", "km/hr": "km/h", "mps": "m/s", "ms-1": "m/s",
    "m/s2": "m/s^2", "m/s²": "m/s^2", "mps2": "m/s^2", "°": "deg", "degree": "deg", "degrees": "deg",
    "meter": "m", "meters": "m", "metre": "m", "metres": "m", "sec": "s", "seconds": "s", "second": "s",
    "percent": "%", "mi/h": "mph", "hz": "Hz", "G": "g", "pct": "%",
}  # fmt: skip

_NAMES: dict[Dimension, str] = {
    NUMBER: "plain number",
    LENGTH: "length (m)",
    TIME: "time (s)",
    SPEED: "speed (m/s, km/h)",
    ACCELERATION: "acceleration (m/s^2, g)",
    ANGLE: "angle (deg, rad)",
    RAIN: "rain rate (mm/h)",
    DENSITY: "density (veh/km)",
    FREQUENCY: "frequency (Hz)",
    ILLUMINANCE: "illuminance (lx)",
}

_SYMBOLS = ("m", "s", "rad", "mm/h", "veh", "lx")

#: A unit in running text, longest first; what follows may not continue a word.
UNIT_PATTERN = "(?:" + "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True)) + r")(?![\w^/²])"


def describe(dimension: Dimension) -> str:
    """`speed (m/s, km/h)`; dimensions without a name by their exponents."""
    if dimension in _NAMES:
        return _NAMES[dimension]
    parts = [s if e == 1 else f"{s}^{e}" for s, e in zip(_SYMBOLS, dimension, strict=True) if e]
    return f"quantity in {' '.join(parts)}"


def in_unit(value: float, dimension: Dimension) -> str:
    """An SI value in the unit its dimension is described by first."""
    unit = re.search(r"\(([^,)]+)", describe(dimension))
    return f"{value / to_si(1.0, unit[1]):.4g} {unit[1]}" if unit else f"{value:.4g}"


def described(dimension: Dimension) -> str:
    """The same with its article."""
    text = describe(dimension)
    return f"{'an' if text[0] in 'aei' else 'a'} {text}"


def unknown(unit: str) -> str:
    """What to say of a unit that is none."""
    meant = _MEANT.get(unit)
    hint = (
        f"; write {meant!r}" if meant else did_you_mean(unit, UNITS) or f"; the units are {' '.join(UNITS)}"
    )
    return f"unknown unit {unit!r}{hint}"
