"""Piecewise cubics of the station: elevation, bank, lane borders and lane widths all have this form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesynth.arrays import F64


def shifted(coefficients: F64, by_m: F64 | float) -> F64:
    """(..., 4) coefficients a + b u + c u^2 + d u^3 as coefficients in v = u - by_m."""
    of = np.asarray(coefficients, np.float64)
    h = np.asarray(by_m, np.float64)
    a, b, c, d = of[..., 0], of[..., 1], of[..., 2], of[..., 3]
    result = np.empty((*np.broadcast_shapes(of.shape[:-1], h.shape), 4))
    result[..., 0] = a + h * (b + h * (c + h * d))
    result[..., 1] = b + h * (2 * c + 3 * h * d)
    result[..., 2] = c + 3 * h * d
    result[..., 3] = d
    return result


def merged(*stations_m: F64) -> F64:
    """All stations in order, each once."""
    ordered = np.sort(np.concatenate(stations_m))
    # What np.unique does; it would load masked arrays for it, which takes longer than a scene's check.
    return np.asarray(ordered[np.diff(ordered, prepend=-np.inf) > 0.0])


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
        return shifted(*self._rows(at_m))

    def __call__(self, s_m: F64 | float) -> F64:
        """The value at each station."""
        of, h = self._rows(s_m)
        return np.asarray(of[..., 0] + h * (of[..., 1] + h * (of[..., 2] + h * of[..., 3])))

    def slope(self, s_m: F64 | float) -> F64:
        """First derivative."""
        of, h = self._rows(s_m)
        return np.asarray(of[..., 1] + h * (2 * of[..., 2] + 3 * h * of[..., 3]))

    def _rows(self, s_m: F64 | float) -> tuple[F64, F64]:
        """(..., 4) the rows that hold at stations, and (...) how far into them these are."""
        s = np.asarray(s_m, np.float64)
        row = np.maximum(np.searchsorted(self.starts_m, s, side="right") - 1, 0)
        return self.coefficients[row], s - self.starts_m[row]

    def __add__(self, other: "Cubics") -> "Cubics":
        starts = merged(self.starts_m, other.starts_m)
        return Cubics(starts, self.local(starts) + other.local(starts))

    def __mul__(self, factor: float) -> "Cubics":
        return Cubics(self.starts_m, self.coefficients * factor)
