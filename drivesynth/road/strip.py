"""A road's surface: its cross-section drawn along the reference line.

Rows of vertices stand where a dash begins or ends, where something crosswise begins or ends, and
closely enough in between to follow curves. Every row has a vertex on every edge of the section; rows
inside a crossing have more, and are sewn to their neighbours vertex by vertex.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.paths import Path
from drivesynth.road.lanes import beside
from drivesynth.road.marks import Line
from drivesynth.road.section import Section
from drivesynth.road.sheet import FACE, FLAT, Sheet, grid_faces, material_ids

STEP_M = 5.0
_SAGITTA_M = 0.01  # how far a chord may leave its curve
_TWIST_M, _BAND_M = 0.005, 4.0  # how far a triangle may leave a twisted band; none is wider


@dataclass(frozen=True)
class Across:
    """Paint across the road between two stations.

    lanes  names of the lanes it covers
    bars   offsets to the left of the reference line where paint and road alternate, paint first;
           empty: the lanes' whole width
    material  None takes the lanes' own lines away
    """

    from_m: float
    to_m: float
    lanes: frozenset[str]
    bars: tuple[float, ...] = ()
    material: str | None = "road_paint"


def stations(reference: Path, from_m: float, to_m: float, needed_m: Sequence[F64], reach_m: float) -> F64:
    """Rows between two stations: all needed ones, and others so that chords `reach_m` aside stay true."""
    fixed = np.concatenate([np.array([from_m, to_m]), *needed_m])
    fixed = np.unique(np.round(fixed[(fixed >= from_m) & (fixed <= to_m)], 6))
    fixed = fixed[np.concatenate([[True], np.diff(fixed) > 1e-3])]
    fixed[-1] = to_m
    middle = (fixed[1:] + fixed[:-1]) / 2
    spans = np.stack(
        [
            np.abs(reference.curvatures(np.clip(s, 0, reference.length_m)))
            for s in (fixed[:-1], middle, fixed[1:])
        ]
    )
    bend = spans.max(axis=0)
    # On the outside of a curve the radius is larger and the chord longer: the sagitta grows in proportion.
    step = np.minimum(STEP_M, np.sqrt(8 * _SAGITTA_M / np.maximum(bend * (1 + bend * reach_m), 1e-9)))
    # Where the cross slope changes the surface is twisted, and the two triangles of a quad are not.
    lean = reference.banks(np.clip(fixed, 0, reference.length_m))
    twist = 1.5 * np.abs(np.diff(lean)) / np.diff(fixed)  # a cubic's steepest, 1.5 times its mean
    step = np.minimum(step, 4 * _TWIST_M / np.maximum(twist * min(reach_m, _BAND_M), 1e-9))
    counts = np.maximum(np.ceil(np.diff(fixed) / step - 1e-9), 1).astype(int)
    rows = [
        np.linspace(a, b, n, endpoint=False) for a, b, n in zip(fixed[:-1], fixed[1:], counts, strict=True)
    ]
    return np.concatenate([*rows, [to_m]])


def dash_ends(section: Section, from_m: float, to_m: float) -> F64:
    """Stations where any broken line of the section changes; dashes begin at whole periods from 0."""
    ends = [np.zeros(0)]
    for dash, gap in section.periods_m:
        begins = np.arange(np.floor(from_m / (dash + gap)), np.ceil(to_m / (dash + gap)) + 1) * (dash + gap)
        ends += [begins, begins + dash]
    return np.concatenate(ends)


def lay(
    sheet: Sheet,
    reference: Path,
    section: Section,
    rows_m: F64,
    across: Sequence[Across] = (),
    kerbs: F64 | None = None,
) -> None:
    """Add the surface between the first and the last row to the sheet.

    rows_m  (N,) stations, increasing; the ends of all `across` are among them
    kerbs   (N,) how much of their height kerbs have at each row: all of it where None
    """
    inside = np.clip(rows_m, 0.0, reference.length_m)
    left = np.stack([edge(inside) for edge in section.left_m], axis=1)
    left = np.maximum.accumulate(left, axis=1)  # a lane that has narrowed to nothing has no inside
    share = np.ones(len(rows_m)) if kerbs is None else kerbs
    up = section.ups(inside) * share[:, None]
    paint = _Paint(section, across)
    at, bank = reference.poses(rows_m), reference.banks(inside)

    sets = _edge_sets(left, rows_m, across)
    first = 0
    before: tuple[I64, F64] | None = None
    while first < len(rows_m):
        last = first
        while last + 1 < len(rows_m) and sets[last + 1] is sets[first]:
            last += 1
        key = sets[first]
        block = slice(first, last + 1)
        lo = np.minimum(key.astype(int), left.shape[1] - 2)
        part = key - lo
        across_m = left[block][:, lo] * (1 - part) + left[block][:, lo + 1] * part
        rise = up[block][:, lo] * (1 - part) + up[block][:, lo + 1] * part
        points = np.stack(
            [
                at[block, 0, None] - across_m * np.sin(at[block, 3])[:, None],
                at[block, 1, None] + across_m * np.cos(at[block, 3])[:, None],
                at[block, 2, None] + across_m * bank[block, None] + rise,
            ],
            axis=-1,
        )
        begin = sheet.points(points.reshape(-1, 3))
        rows = begin + np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
        if before is not None:
            _sew(sheet, *before, rows[0], key, paint, float(rows_m[first - 1] + rows_m[first]) / 2)
        before = rows[-1], key
        if len(rows) > 1:
            band = lo[:-1]
            middle = (across_m[:-1, :-1] + across_m[:-1, 1:] + across_m[1:, :-1] + across_m[1:, 1:]) / 4
            along = (rows_m[first:last] + rows_m[first + 1 : last + 1]) / 2
            materials = paint(along, band, middle)
            groups = np.broadcast_to(paint.group[band], materials.shape)
            sheet.faces(
                grid_faces(rows),
                np.repeat(materials.reshape(-1), 2),
                np.repeat(groups.reshape(-1), 2),
            )
        first = last + 1


def close(sheet: Sheet, reference: Path, section: Section, s_m: float) -> None:
    """Faces that end raised islands at a station, looking along the road; what reaches the road's
    edges, as pavements do, goes on there."""
    at, up = np.array([s_m]), section.ups(np.array([s_m]))[0]
    left = np.maximum.accumulate([float(edge(s_m)) for edge in section.left_m])
    raised = np.flatnonzero(up > 0.0)
    runs = np.split(raised, np.flatnonzero(np.diff(raised) > 1) + 1)
    for run in runs:
        if not len(run) or run[0] == 0 or run[-1] == len(up) - 1:
            continue
        stations = np.repeat(at, len(run))
        low = sheet.points(beside(reference, stations, left[run]))
        high = sheet.points(beside(reference, stations, left[run], up[run]))
        rows = np.stack([low + np.arange(len(run)), high + np.arange(len(run))], axis=1)
        a, b, c, d = rows[:-1, 0], rows[1:, 0], rows[1:, 1], rows[:-1, 1]
        sheet.faces(np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3), MATERIAL_ID["kerb"], FACE)


class _Paint:
    """Which material a cell of the surface has."""

    def __init__(self, section: Section, across: Sequence[Across]) -> None:
        self.section, self.across = section, across
        self.base = material_ids(band.material for band in section.bands)
        self.stripe = material_ids((b.line.material if b.line else b.material) for b in section.bands)
        period = [b.line.period_m if b.line else 0.0 for b in section.bands]
        self.period = np.array(period)
        self.dash = np.array([b.line.dash_m if b.line else 0.0 for b in section.bands])
        self.lane = [b.lane.name if b.lane else None for b in section.bands]
        self.group = np.array([FLAT if name else FACE for name in self.lane])
        self.changing = [(i, b.line) for i, b in enumerate(section.bands) if b.line and b.line.spans]

    @staticmethod
    def _changing(along_m: F64, line: Line, bare: int) -> I64:
        """(N,) materials of a line that changes along the road."""
        result = np.full(len(along_m), bare)
        for begin, end, part in line.spans:
            inked = (along_m >= begin) & (along_m < end)
            if part.period_m > 0.0:
                inked &= along_m % part.period_m < part.dash_m
            result[inked] = MATERIAL_ID[part.material]
        return result

    def __call__(self, along_m: F64, band: I64, left_m: F64) -> I64:
        """(N, M) materials at (N,) stations, in (M,) bands, at (N, M) offsets."""
        period = np.where(self.period > 0, self.period, 1.0)[band]
        solid = self.period[band] == 0.0
        painted = solid | ((along_m[:, None] % period) < self.dash[band])
        result = np.where(painted, self.stripe[band], self.base[band])
        for number, line in self.changing:
            columns = np.flatnonzero(band == number)
            result[:, columns] = self._changing(along_m, line, self.base[number])[:, None]
        for one in self.across:
            rows = (along_m > one.from_m) & (along_m < one.to_m)
            columns = np.array([self.lane[b] in one.lanes for b in band])
            here = rows[:, None] & columns[None, :]
            bars = np.array(one.bars) if one.bars else np.array([-np.inf])
            inked = np.searchsorted(bars, left_m) % 2 == 1
            bare = self.base[band]
            paint = bare if one.material is None else MATERIAL_ID[one.material]
            result = np.where(here, np.where(inked, paint, bare), result)
        return np.asarray(result)


def _edge_sets(left: F64, rows_m: F64, across: Sequence[Across]) -> list[F64]:
    """Per row the edges it has a vertex on: j is edge j, j + 0.25 lies a quarter into band j."""
    plain = np.arange(left.shape[1], dtype=np.float64)
    sets = [plain] * len(rows_m)
    for one in across:
        if not one.bars:
            continue
        rows = np.flatnonzero((rows_m >= one.from_m - 1e-9) & (rows_m <= one.to_m + 1e-9))
        edges = left[rows[0]]
        bars = np.array([b for b in one.bars if np.abs(edges - b).min() > 0.005])
        band = np.searchsorted(edges, bars) - 1
        inside = (band >= 0) & (band < len(edges) - 1)
        band, bars = band[inside], bars[inside]
        keys = np.union1d(plain, band + (bars - edges[band]) / (edges[band + 1] - edges[band]))
        for row in rows:
            sets[row] = keys
    return sets


def _sew(
    sheet: Sheet, back: I64, back_keys: F64, front: I64, front_keys: F64, paint: _Paint, along_m: float
) -> None:
    """Faces between two rows of different vertices, advancing on the side that lags."""
    faces, bands = [], []
    i = j = 0
    while i + 1 < len(back) or j + 1 < len(front):
        ahead = j + 1 < len(front) and (i + 1 == len(back) or front_keys[j + 1] <= back_keys[i + 1])
        bands.append(int(min(back_keys[i], front_keys[j], len(paint.lane) - 1)))
        if ahead:
            faces.append((back[i], front[j], front[j + 1]))
            j += 1
        else:
            faces.append((back[i], front[j], back[i + 1]))
            i += 1
    band = np.array(bands)
    materials = paint(np.array([along_m]), band, np.full((1, len(band)), np.nan))[0]
    sheet.faces(np.array(faces), materials, paint.group[band])
