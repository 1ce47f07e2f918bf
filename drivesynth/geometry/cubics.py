"""Piecewise cubics of the station: elevation, bank, lane borders and lane widths all have this form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesynth.arrays import F64


def shifted(coefficients: F64, by_m: F64 | float) -> F64:
    """(..., 4) coefficients a + b u + c u^2 + d u^3 as coefficients in v = u - by_m."""
    a, b, c, d = np.moveaxis(np.asarray(coefficients, np.float64), -1, 0)
    h = np.asarray(by_m, np.float64)
    return np.stack(
        [a + h * (b + h * (c + h * d)), b + h * (2 * c + 3 * h * d), c + 3 * h * d, d + 0 * h], axis=-1
    )


@dataclass(frozen=True, eq=False)
class Cubics:
    """A function of the station: row i holds from `starts_m[i]` to the next start.

    starts_m      (n,) increasing; the first row also holds before it, the last one beyond
    coefficients  (n, 4) a + b u + c u^2 + d u^3 with u counted from the row's start
    """

    starts_m: F64
    coefficients: F64

    @classmethod
    def constant(cls, value: float) -> "Cubics":
        """The same value everywhere."""
        return cls(np.zeros(1), np.array([[value, 0.0, 0.0, 0.0]]))

    @classmethod
    def of(cls, rows: Iterable[tuple[float, float, float, float, float]]) -> "Cubics":
        """From rows (start, a, b, c, d); none at all is 0; of equal starts the last row counts."""
        table = {row[0]: row[1:] for row in sorted(rows, key=lambda row: row[0])}
        if not table:
            return cls.constant(0.0)
        return cls(np.array(list(table), np.float64), np.array(list(table.values()), np.float64))

    @classmethod
    def smooth(cls, s0_m: float, s1_m: float, from_value: float, to_value: float) -> "Cubics":
        """One value up to s0, another from s1 on, between them a cubic without a kink."""
        length, rise = s1_m - s0_m, to_value - from_value
        rows = [[from_value, 0.0, 0.0, 0.0], [from_value, 0.0, 3 * rise / length**2, -2 * rise / length**3]]
        starts = np.array([s0_m - 1.0, s0_m, s1_m])
        return cls(starts, np.array([*rows, [to_value, 0.0, 0.0, 0.0]]))

    @classmethod
    def lines(cls, stations_m: Sequence[float], values: Sequence[float]) -> "Cubics":
        """Straight lines from value to value; level before the first station and beyond the last."""
        slopes = [
            (b - a) / (t - s) for (s, t), (a, b) in zip(pairwise(stations_m), pairwise(values), strict=True)
        ]
        rows = zip(stations_m, values, [*slopes, 0.0], strict=True)
        first = (stations_m[0] - 1.0, values[0], 0.0, 0.0, 0.0)
        return cls.of([first, *((s, value, slope, 0.0, 0.0) for s, value, slope in rows)])

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same everywhere."""
        flat = not self.coefficients[:, 1:].any()
        return flat and bool(np.ptp(self.coefficients[:, 0]) == 0.0)

    def local(self, at_m: F64) -> F64:
        """(N, 4) coefficients of the row that holds at each station, counted from that station."""
        row = np.maximum(np.searchsorted(self.starts_m, at_m, side="right") - 1, 0)
        return shifted(self.coefficients[row], at_m - self.starts_m[row])

    def __call__(self, s_m: F64 | float) -> F64:
        """The value at each station."""
        return self.local(np.asarray(s_m, np.float64))[..., 0]

    def slope(self, s_m: F64 | float) -> F64:
        """First derivative."""
        return self.local(np.asarray(s_m, np.float64))[..., 1]

    def __add__(self, other: "Cubics") -> "Cubics":
        starts = np.union1d(self.starts_m, other.starts_m)
        return Cubics(starts, self.local(starts) + other.local(starts))

    def __mul__(self, factor: float) -> "Cubics":
        return Cubics(self.starts_m, self.coefficients * factor)
