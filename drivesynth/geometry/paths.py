"""Paths by arc length: a base line of linear curvature, a lateral offset, a height.

Lines, arcs and clothoids are one shape here, a piece whose curvature runs linearly with its length.
Its position is the integral of the heading's cosine and sine, taken with 16 Gauss points: pieces are
cut so that none turns by more than a radian, where that rule is exact to rounding. A path may run
beside its base line (a lane's centre): an offset, a cubic of the base line's station, is carried per
piece, so that offsetting, reversing, cutting and joining all stay exact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.geometry.cubics import Cubics, merged, shifted
from drivesynth.geometry.projection import Projector

_TURN_RAD = 1.0  # most that one piece may turn
_WAVE_M = 20.0  # longest piece with a varying offset, so that its length integrates to rounding too
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2  # on [0, 1]


class Pose(NamedTuple):
    """A place on the ground and the direction it is met in, world frame."""

    x_m: float
    y_m: float
    z_m: float
    heading_rad: float  # from x (east), counter-clockwise


ORIGIN = Pose(0.0, 0.0, 0.0, 0.0)


class Bend(NamedTuple):
    """One piece of a base line as its author gives it; left curves are positive."""

    length_m: float
    start_curvature_per_m: float = 0.0
    end_curvature_per_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Path:
    """A directed curve over the ground. Stations `s_m` are its own plan-view arc length.

    Beyond its ends a path goes on straight and level, so that poses and projections need no limits.

    base_m     (n,) length of each piece on the base line
    start      (n, 3) x, y, heading of the base line where the piece begins
    curvature  (n, 2) at the piece's begin [1/m] and its growth [1/m^2]
    lateral    (n, 4) cubic of the base line's length within the piece: offset to the left [m]
    height     (n, 4) the same for the height of the base line [m]
    bank       (n, 4) the same for the cross slope, left side up [m/m]
    """

    base_m: F64
    start: F64
    curvature: F64
    lateral: F64
    height: F64
    bank: F64

    # --- making ------------------------------------------------------------------------------

    @classmethod
    def of(
        cls,
        bends: Iterable[Bend],
        begin: Pose = ORIGIN,
        elevation: Cubics | None = None,
        bank: Cubics | None = None,
    ) -> "Path":
        """A base line from its bends; `elevation` is added to the height it begins at."""
        rows: list[tuple[float, float, float]] = []
        for length, k0, k1 in bends:
            if length <= 0.0:
                continue
            parts = max(1, int(np.ceil(max(abs(k0), abs(k1)) * length / _TURN_RAD)))
            cuts = np.linspace(k0, k1, parts + 1)
            rows += [(length / parts, a, (b - a) * parts / length) for a, b in pairwise(cuts)]
        table = np.array(rows).reshape(-1, 3)
        base_m, curvature = table[:, 0], table[:, 1:]
        flat = np.zeros((len(rows), 4))
        start = np.zeros((len(rows), 3))
        x, y, heading = begin.x_m, begin.y_m, begin.heading_rad
        dx, dy = _chords(curvature, base_m)
        for i, (length, k0, growth) in enumerate(rows):
            start[i] = x, y, heading
            cos, sin = np.cos(heading), np.sin(heading)
            x, y = x + cos * dx[i] - sin * dy[i], y + sin * dx[i] + cos * dy[i]
            heading += length * (k0 + growth * length / 2)
        path = cls(base_m, start, curvature, flat, flat, flat)
        return path.raised((elevation or Cubics.constant(0.0)) + Cubics.constant(begin.z_m), bank)

    def raised(self, elevation: Cubics, bank: Cubics | None = None) -> "Path":
        """A base line with this height and cross slope over its station, instead of its own."""
        bank = bank or Cubics.constant(0.0)
        path = self._cut(merged(elevation.starts_m, bank.starts_m))
        at = path._base_starts_m
        return Path(
            path.base_m, path.start, path.curvature, path.lateral, elevation.local(at), bank.local(at)
        )

    def offset(self, left_m: float | Cubics, up_m: float = 0.0) -> "Path":
        """The path beside this one, `left_m` across the base line (a cubic: of its station)."""
        if isinstance(left_m, Cubics) and not left_m.is_constant:
            base_length = float(self.base_m.sum())
            waves = np.linspace(0, base_length, int(np.ceil(base_length / _WAVE_M)) + 1)
            path = self._cut(merged(left_m.starts_m, waves))
            lateral = path.lateral + left_m.local(path._base_starts_m)
        else:
            path = self
            lateral = path.lateral.copy()
            lateral[:, 0] += float(left_m(0.0)) if isinstance(left_m, Cubics) else left_m
        height = path.height.copy()
        height[:, 0] += up_m
        return Path(path.base_m, path.start, path.curvature, lateral, height, path.bank)

    def reversed(self) -> "Path":
        """The same curve driven the other way; what was left is right."""
        ends = self._base(np.arange(len(self.base_m)), self.base_m)
        start = np.column_stack([ends[:, 0], ends[:, 1], ends[:, 2] + np.pi])
        k_end = self.curvature[:, 0] + self.curvature[:, 1] * self.base_m
        curvature = np.column_stack([-k_end, self.curvature[:, 1]])
        turn = np.array([1.0, -1.0, 1.0, -1.0])
        lateral, height, bank = (
            shifted(c, self.base_m) * turn * sign
            for c, sign in ((self.lateral, -1), (self.height, 1), (self.bank, -1))
        )
        back = slice(None, None, -1)
        return Path(self.base_m[back], start[back], curvature[back], lateral[back], height[back], bank[back])

    def between(self, s0_m: float, s1_m: float) -> "Path":
        """The part from one own station to a later one, both within the path."""
        piece, u = self.find(np.array([s0_m, s1_m]))
        stations = self._base_starts_m[piece] + u
        path = self._cut(stations)
        middle = path._base_starts_m + path.base_m / 2
        inside = (middle > stations[0]) & (middle < stations[1])
        return Path(*(column[inside] for column in path._columns))

    # --- reading -----------------------------------------------------------------------------

    @cached_property
    def starts_m(self) -> F64:
        """(n + 1,) own station of each piece's begin, and of the end."""
        return np.concatenate([[0.0], np.cumsum(self._lengths(np.arange(len(self.base_m)), self.base_m))])

    @cached_property
    def _own_m(self) -> F64:
        """(n,) own length of each piece."""
        return np.diff(self.starts_m)

    @cached_property
    def content(self) -> bytes:
        """Names the curve: equal ones have equal digests, whoever made them."""
        columns = (self.base_m, self.start, self.curvature, self.lateral, self.height, self.bank)
        return blake2b(b"".join(np.ascontiguousarray(c).tobytes() for c in columns), digest_size=16).digest()

    @property
    def length_m(self) -> float:
        """Plan-view arc length."""
        return float(self.starts_m[-1])

    @cached_property
    def is_straight(self) -> bool:
        """Whether the base line never turns."""
        return not self.curvature.any()

    def pose(self, s_m: float) -> Pose:
        """Where the path is at one station."""
        return Pose(*self.poses(np.array([s_m]))[0].tolist())

    def poses(self, s_m: F64) -> F64:
        """(N, 4) x, y, z, heading at (N,) stations; headings run on without wrapping."""
        s = np.asarray(s_m, np.float64)
        return self.poses_in(s, *self.find(s))

    def find(self, s: F64) -> tuple[I64, F64]:
        """The piece at each own station, and the base line's length into it."""
        last = len(self.base_m) - 1
        piece = np.minimum(np.maximum(np.searchsorted(self.starts_m, s, side="right") - 1, 0), last)
        own = self._own_m[piece]
        inside = np.minimum(np.maximum(s - self.starts_m[piece], 0.0), own)
        if self._keeps_length:
            return piece, inside
        whole = self.base_m[piece]
        u = inside * whole / own
        if self._is_round and not self.lateral[:, 1:].any():
            return piece, u  # beside a line or an arc lengths keep their ratio
        for _ in range(6):  # Newton; the length grows smoothly and all but linearly
            step = (self._lengths(piece, u) - inside) / self._speeds(piece, u)
            u = np.minimum(np.maximum(u - step, 0.0), whole)
            if np.all(np.abs(step) < 1e-12):
                break
        return piece, u

    def poses_in(self, s: F64, piece: I64, u: F64) -> F64:
        """(N, 4) poses at stations whose pieces and lengths into them are known."""
        x, y, heading, k = self._base(piece, u).T
        t, slope = _value(self.lateral[piece], u), _slope(self.lateral[piece], u)
        cos, sin = np.cos(heading), np.sin(heading)
        z = _value(self.height[piece], u) + t * _value(self.bank[piece], u)
        direction = heading + np.arctan2(slope, 1.0 - k * t)
        result = np.empty((len(s), 4))
        result[:, 0], result[:, 1], result[:, 2], result[:, 3] = x - t * sin, y + t * cos, z, direction
        beyond = s - np.minimum(np.maximum(s, 0.0), self.length_m)
        if beyond.any():
            result[:, 0] += beyond * np.cos(direction)
            result[:, 1] += beyond * np.sin(direction)
        return result

    def curvatures(self, s_m: F64) -> F64:
        """(N,) curvature at (N,) stations, left positive [1/m]."""
        return self.curvatures_in(*self.find(np.asarray(s_m, np.float64)))

    def curvatures_in(self, piece: I64, u: F64) -> F64:
        """(N,) curvature `u` into a piece."""
        k, growth = self.curvature[piece, 0] + self.curvature[piece, 1] * u, self.curvature[piece, 1]
        c = self.lateral[piece]
        t, t1, t2 = _value(c, u), _slope(c, u), 2 * c[:, 2] + 6 * c[:, 3] * u
        along = 1.0 - k * t
        bend = along * (k * along + t2) + t1 * (2 * k * t1 + growth * t)
        return np.asarray(bend / np.hypot(along, t1) ** 3)

    def grades(self, s_m: F64) -> F64:
        """(N,) rise per metre of plan-view length at (N,) stations, level beyond the ends."""
        s = np.asarray(s_m, np.float64)
        piece, u = self.find(s)
        k = self.curvature[piece, 0] + self.curvature[piece, 1] * u
        t, t1 = _value(self.lateral[piece], u), _slope(self.lateral[piece], u)
        rise = _slope(self.height[piece], u) + t * _slope(self.bank[piece], u)
        rise += t1 * _value(self.bank[piece], u)
        return np.where((s < 0) | (s > self.length_m), 0.0, rise / np.hypot(1.0 - k * t, t1))

    def banks(self, s_m: F64) -> F64:
        """(N,) cross slope of the base line at (N,) stations, left side up [m/m]."""
        piece, u = self.find(np.asarray(s_m, np.float64))
        return _value(self.bank[piece], u)

    def project(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Station of the nearest point, and the distance to its left."""
        s, left = self.projections(np.array([[x_m, y_m]]))[0]
        return float(s), float(left)

    def projections(self, points_m: F64) -> F64:
        """(N, 2) stations and distances to the left of (N, 2) points."""
        points = np.asarray(points_m, np.float64).reshape(-1, 2)
        result = np.empty((len(points), 2))
        for first in range(0, len(points), 4096):
            part = slice(first, first + 4096)
            result[part] = self._projector.project(points[part])
        return result

    @cached_property
    def _projector(self) -> Projector:
        return Projector(self)

    # --- inside ------------------------------------------------------------------------------

    @property
    def _columns(self) -> tuple[F64, ...]:
        return self.base_m, self.start, self.curvature, self.lateral, self.height, self.bank

    @cached_property
    def _base_starts_m(self) -> F64:
        """(n,) station of each piece on the base line, counted from this path's begin."""
        return np.concatenate([[0.0], np.cumsum(self.base_m)[:-1]])

    @cached_property
    def _keeps_length(self) -> bool:
        """Whether it is as long as its base line everywhere: on it, or beside a straight one."""
        return not (self.lateral[:, 1:] if self.is_straight else self.lateral).any()

    def _base(self, piece: I64, u: F64) -> F64:
        """(N, 4) x, y, heading, curvature of the base line `u` into a piece."""
        x, y, heading = self.start[piece].T
        bend = self.curvature[piece]
        cos, sin = np.cos(heading), np.sin(heading)
        dx, dy = (u, np.zeros_like(u)) if self.is_straight else self._chords(bend, u)
        k = bend[:, 0] + bend[:, 1] * u
        turned = heading + u * (bend[:, 0] + bend[:, 1] * u / 2)
        result = np.empty((len(u), 4))
        result[:, 0], result[:, 1] = x + cos * dx - sin * dy, y + sin * dx + cos * dy
        result[:, 2], result[:, 3] = turned, k
        return result

    @cached_property
    def _is_round(self) -> bool:
        """Whether the base line is lines and arcs alone."""
        return not self.curvature[:, 1].any()

    def _chords(self, curvature: F64, u: F64) -> tuple[F64, F64]:
        if not self._is_round:
            return _chords(curvature, u)
        half = 0.5 * curvature[:, 0] * u
        chord = u * np.sinc(half / np.pi)
        return chord * np.cos(half), chord * np.sin(half)

    def _lengths(self, piece: I64, u: F64) -> F64:
        """(N,) own length from the piece's begin to `u` on the base line."""
        if self._keeps_length:
            return np.asarray(u, np.float64)
        v = u[:, None] * _NODES
        return np.asarray(u * (self._speeds(piece[:, None], v) @ _WEIGHTS))

    def _speeds(self, piece: I64, u: F64) -> F64:
        """Own length per length of the base line."""
        k = self.curvature[piece, 0] + self.curvature[piece, 1] * u
        c = self.lateral[piece]
        return np.asarray(np.hypot(1.0 - k * _value(c, u), _slope(c, u)))

    def _cut(self, stations_m: F64) -> "Path":
        """The same path with pieces also ending at these stations of the base line."""
        known = np.concatenate([self._base_starts_m, [self._base_starts_m[-1] + self.base_m[-1]]])
        cuts = np.asarray(stations_m, np.float64)
        cuts = cuts[(cuts > 0.0) & (cuts < known[-1])]
        # A cut within a nanometre of an existing end would make a piece of no length.
        cuts = cuts[np.abs(cuts[:, None] - known[None, :]).min(axis=1, initial=np.inf) > 1e-9]
        if not len(cuts):
            return self
        ends = merged(known, cuts)
        begin = ends[:-1]
        piece = np.searchsorted(known, begin, side="right") - 1
        u = begin - known[piece]
        base = self._base(piece, u)
        growth = self.curvature[piece, 1]
        return Path(
            np.diff(ends),
            base[:, :3],
            np.column_stack([base[:, 3], growth]),
            *(shifted(c[piece], u) for c in (self.lateral, self.height, self.bank)),
        )


def join(paths: Sequence[Path]) -> Path:
    """The paths one after another; each begins where the one before it ends."""
    return Path(*(np.concatenate(columns) for columns in zip(*(p._columns for p in paths), strict=True)))


def _chords(curvature: F64, u: F64) -> tuple[F64, F64]:
    """Where a piece that starts at the origin along x is after `u`, (N,) each."""
    v = u[:, None] * _NODES
    heading = v * (curvature[:, :1] + curvature[:, 1:] * v / 2)
    return u * (np.cos(heading) @ _WEIGHTS), u * (np.sin(heading) @ _WEIGHTS)


def _value(c: F64, u: F64) -> F64:
    return np.asarray(c[..., 0] + u * (c[..., 1] + u * (c[..., 2] + u * c[..., 3])))


def _slope(c: F64, u: F64) -> F64:
    return np.asarray(c[..., 1] + u * (2 * c[..., 2] + 3 * u * c[..., 3]))
