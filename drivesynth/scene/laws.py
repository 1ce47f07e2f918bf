"""Laws of chance: each turns one uniform number in [0, 1) into a value by its inverse distribution.

So random, Latin hypercube and Sobol sampling differ only in where that number comes from.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from statistics import NormalDist


@dataclass(frozen=True)
class Constant:
    """One number."""

    value: float

    def at(self, u: float) -> float:
        """The value, whatever `u`."""
        return self.value

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        return self.value, self.value


@dataclass(frozen=True)
class Uniform:
    """Any number from low to high alike."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """Inverse distribution."""
        return self.low + u * (self.high - self.low)

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        return self.low, self.high


@dataclass(frozen=True)
class Grid:
    """low, low + step, ... up to high: all of them by method grid, else one of them."""

    low: float
    high: float
    step: float

    @cached_property
    def points(self) -> tuple[float, ...]:
        """Its values; `high` is one where a whole number of steps leads there."""
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        return tuple(self.low + i * self.step for i in range(count))

    def at(self, u: float) -> float:
        """Inverse distribution."""
        return self.points[min(int(u * len(self.points)), len(self.points) - 1)]

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        return self.points[0], self.points[-1]


@dataclass(frozen=True)
class LogUniform:
    """Uniform in the logarithm."""

    low: float
    high: float

    def at(self, u: float) -> float:
        """Inverse distribution."""
        return float(self.low * (self.high / self.low) ** u)

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        return self.low, self.high


@dataclass(frozen=True)
class Normal:
    """Normal, cut to [low, high]: the distribution within, scaled to one."""

    mean: float
    deviation: float
    low: float = -math.inf
    high: float = math.inf

    def at(self, u: float) -> float:
        """Inverse distribution."""
        law = NormalDist(self.mean, self.deviation)
        below, above = law.cdf(self.low), law.cdf(self.high)
        p = min(max(below + u * (above - below), 1e-15), 1.0 - 1e-15)
        return min(max(law.inv_cdf(p), self.low), self.high)

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        return self.low, self.high


@dataclass(frozen=True)
class Choice:
    """One of several laws, by weight."""

    options: "tuple[Law, ...]"
    weights: tuple[float, ...]

    def at(self, u: float) -> float:
        """Inverse distribution: `u` picks an option; what is left of it goes into the option's own law."""
        index, rest = pick(self.weights, u)
        return self.options[index].at(rest)

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value."""
        supports = [option.support for option in self.options]
        return min(low for low, _ in supports), max(high for _, high in supports)


Law = Constant | Uniform | Grid | LogUniform | Normal | Choice


def pick(weights: tuple[float, ...], u: float) -> tuple[int, float]:
    """Which of several weighted options `u` falls on, and how far into its share."""
    ends = list(accumulate(weights))
    reached = u * ends[-1]
    index = min(bisect_right(ends, reached), len(ends) - 1)
    start = ends[index] - weights[index]
    return index, min(max((reached - start) / weights[index], 0.0), 1.0 - 1e-12)
