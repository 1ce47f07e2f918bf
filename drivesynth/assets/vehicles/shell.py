"""A car's skin: half cross-sections from floor to roof at stations along its length, mirrored.

Every section has the same fourteen points, so a cell (interval of stations, pair of points) always
means the same strip of the car, and glass, lamps, grille and wheel wells are cells in a material of
their own. Points of a section, y outward, z up:

     0 floor centre   1 well foot   2 well ceiling, inner   3 well lip or sill   4 5 6 flank
     7 belt           8 window foot 9 window head           10 cant rail         11 screen edge
    12 roof or bonnet, half way     13 roof or bonnet, centre line
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesynth.arrays import F64, U16, Bool
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, grid, mirrored

Outline = tuple[tuple[float, float], ...]  # (share of the length from the nose, share of the height)
Span = tuple[float, float]  # shares of the length from the nose

PAINT, GLASS, TRIM = (MATERIAL_ID[name] for name in ("car_paint", "car_glass", "car_trim"))
HEADLAMP, TAIL_LAMP, HOUSING = (MATERIAL_ID[name] for name in ("headlamp", "tail_lamp", "lamp_housing"))

FLANK_SHARES = (0.28, 0.56, 0.78)  # heights of points 4 5 6 between sill and belt
NOSE_ROWS = ((0.76, 0.35), (0.0, 1.0))  # cap rows: share of the width, share of the nose's bow


@dataclass(frozen=True)
class ShellStyle:
    """Proportions of one body; x as shares of the length from the nose, z as shares of the height."""

    top: Outline  # centre line: nose, bonnet, windscreen, roof, rear screen, boot
    belt: Outline  # foot of the side windows, continued over bonnet and boot edges
    floor: float
    axles: tuple[float, ...]
    arch: float  # radius of the wheel arch over the wheel's
    windscreen: Span
    rear_screen: Span | None
    windows: tuple[Span, ...]
    seams: tuple[float, ...] = ()
    flank: tuple[float, ...] = (0.955, 0.985, 1.0, 0.985, 0.94)  # half width at 0, 1/4 .. 1 of the flank
    tumblehome: float = 0.30  # inward slope of the side windows
    nose_plan: tuple[float, float] = (0.14, 0.78)  # share of length that narrows, width at its end
    tail_plan: tuple[float, float] = (0.12, 0.84)
    nose_bow_m: float = 0.06
    tail_bow_m: float = 0.04
    headlamp: tuple[float, int, int] = (0.075, 6, 7)  # share of the length, first and last point
    tail_lamp: tuple[float, int, int] = (0.035, 5, 7)
    grille: tuple[int, ...] = (6,)  # strips of the nose between the lamps
    intake: bool = False  # reaches up to the plate
    bezel: bool = False  # a dark strip under the headlamp, behind the same lens
    cladding: bool = False  # dark lower flanks
    front_glass: bool = False  # upright windscreen in the nose, as on a bus
    rear_glass: bool = False
    bed: Span | None = None  # where a cover lies over a pickup's bed


@dataclass(frozen=True)
class Station:
    """A cross-section's place: x share, share of its width, bow, and the axle whose well it lies in."""

    x: float
    width: float = 1.0
    bow: float = 0.0
    axle: int = -1


@dataclass(frozen=True, eq=False)
class Skin:
    """The left half: points (S, 14, 3) of S stations and materials (S - 1, 13) of the cells between."""

    stations: list[Station]
    points: F64
    materials: U16


@dataclass(frozen=True)
class Band:
    """Strips of the flank, first up to last, painted in a material of their own between two stations."""

    first: int
    last: int
    material: int
    span: Span = (0.0, 1.0)


def shell(
    style: ShellStyle,
    size_m: tuple[float, float, float],
    wheel_m: tuple[float, float],
    livery: tuple[Band, ...] = (),
    coarse: bool = False,
) -> Shape:
    """The skin for a body of (length, width, height) on wheels of (radius, width) [m], nose toward +x.

    coarse  fewer sections and no seams: what is seen of it from afar
    """
    half = skin(style, size_m, wheel_m, livery, coarse)
    return mirrored(grid(half.points, half.materials))


def skin(
    style: ShellStyle,
    size_m: tuple[float, float, float],
    wheel_m: tuple[float, float],
    livery: tuple[Band, ...] = (),
    coarse: bool = False,
) -> Skin:
    """The left half of `shell`, in cells."""
    stations = _stations(style, size_m[0], wheel_m[0], coarse)
    points = _sections(style, size_m, wheel_m, stations)
    cells = _materials(style, stations)
    middle = np.array([(a.x + b.x) / 2 for a, b in pairwise(stations)])
    for band in livery:
        inside = (middle > band.span[0]) & (middle < band.span[1])
        strip = cells[inside, band.first : band.last]
        cells[inside, band.first : band.last] = np.where(strip == PAINT, band.material, strip)
    return Skin(stations, points, cells)


def on_skin(
    style: ShellStyle,
    size_m: tuple[float, float, float],
    wheel_m: tuple[float, float],
    places: list[tuple[float, float]],
) -> F64:
    """(K, 3) points of the left half at (share of the length, number of a section's point, also between)."""
    sections = _sections(style, size_m, wheel_m, [Station(x) for x, _ in places])
    number = np.array([number for _, number in places])
    first = np.minimum(number.astype(np.int64), sections.shape[1] - 2)
    part, row = (number - first)[:, None], np.arange(len(places))
    points: F64 = sections[row, first] * (1.0 - part) + sections[row, first + 1] * part
    return points


def _stations(style: ShellStyle, length: float, wheel_radius: float, coarse: bool) -> list[Station]:
    reach = style.arch * wheel_radius / length
    knots = {round(x, 5) for x, _ in (*style.top, *style.belt)}
    knots |= {round(x, 5) for span in (*style.windows, style.windscreen) for x in span}
    knots |= {round(x, 5) for x in style.rear_screen or ()}
    if not coarse:
        knots |= {round(at + step, 5) for at in style.seams for step in (0.0, 0.0022)}
    knots |= {0.006, 0.02, 0.04, style.headlamp[0], 0.96, 0.98, 0.994, 1.0 - style.tail_lamp[0]}
    knots |= {round(float(x), 5) for x in np.linspace(0.0, 1.0, 8 if coarse else 22)}
    open_air = [x for x in sorted(knots) if all(abs(x - axle) > reach + 0.002 for axle in style.axles)]
    kept = [
        x for i, x in enumerate(open_air) if i == 0 or x - open_air[i - 1] > (0.012 if coarse else 0.0015)
    ]
    stations = [Station(x) for x in kept]
    for number, axle in enumerate(style.axles):
        turn = np.cos(np.linspace(np.pi, 0.0, 7 if coarse else 12))
        stations += [Station(axle + reach * float(c), axle=number) for c in turn]
        stations += [Station(axle - reach), Station(axle + reach)]
        inside = [x for x in sorted(knots) if abs(x - axle) < reach - 0.002]
        stations += [Station(x, axle=number) for x in inside if _is_edge(style, x)]
    stations.sort(key=lambda s: (s.x, _well_order(style, s)))
    nose = [Station(0.0, width, bow) for width, bow in NOSE_ROWS[::-1]]
    tail = [Station(1.0, width, bow) for width, bow in NOSE_ROWS]
    return [*nose, *stations, *tail]


def _is_edge(style: ShellStyle, x: float) -> bool:
    """Whether glass or a seam begins or ends at x: such stations matter over the wheels, too."""
    edges = [x for span in (*style.windows, style.windscreen) for x in span]
    edges += [*(style.rear_screen or ()), *style.seams, *(at + 0.0022 for at in style.seams)]
    edges += [knot for knot, _ in style.top]
    return any(abs(x - edge) < 1e-4 for edge in edges)


def _well_order(style: ShellStyle, station: Station) -> int:
    """At a well's ends the section outside comes first on its front side, last on its rear side."""
    nearest = min(style.axles, key=lambda axle: abs(axle - station.x))
    front = station.x < nearest
    return int(station.axle >= 0) if front else int(station.axle < 0)


def _plan(style: ShellStyle, x: F64) -> F64:
    """Share of the half width at x, seen from above."""
    (nose, nose_width), (tail, tail_width) = style.nose_plan, style.tail_plan
    into_nose, into_tail = np.maximum(0.0, 1.0 - x / nose), np.maximum(0.0, 1.0 - (1.0 - x) / tail)
    shares: F64 = (1.0 - (1.0 - nose_width) * into_nose**2.6) * (1.0 - (1.0 - tail_width) * into_tail**2.6)
    return shares


def _follow(outline: Outline, x: F64) -> F64:
    xs, zs = np.transpose(outline)
    return np.asarray(np.interp(x, xs, zs))


def _sections(
    style: ShellStyle, size_m: tuple[float, float, float], wheel_m: tuple[float, float], at: list[Station]
) -> F64:
    """(S, 14, 3) points of the left half at S stations."""
    length, width, height = size_m
    radius, tyre_width = wheel_m
    share = np.array([station.x for station in at])
    axle = np.array([station.axle for station in at])
    half = width / 2 * _plan(style, share)
    floor = style.floor * height
    belt, top = _follow(style.belt, share) * height, _follow(style.top, share) * height
    top = np.maximum(top, belt + 0.004)
    along = (share - np.array(style.axles)[axle]) * length
    arch = radius + np.sqrt(np.maximum((style.arch * radius) ** 2 - along**2, 0.0))
    low = np.where(axle >= 0, arch, floor + 0.03)
    well_y = np.minimum(width / 2 - tyre_width - 0.09, 0.93 * half)

    heights = np.array([0.0, *FLANK_SHARES, 1.0])[:, None]
    flank_z = low + heights * (belt - low)
    shares = np.clip((flank_z - floor) / np.maximum(belt - floor, 1e-6), 0.0, 1.0)
    flank_y = half * np.interp(shares, np.linspace(0.0, 1.0, len(style.flank)), style.flank)

    over = top - belt
    foot_y, foot_z = flank_y[-1] - 0.012, belt + np.minimum(0.02, 0.15 * over)
    head_z = belt + 0.88 * over
    head_y = np.maximum(foot_y - (head_z - foot_z) * style.tumblehome, 0.3 * half)
    zero, ground = np.zeros(len(share)), np.full(len(share), floor)
    y = [zero, well_y, well_y, *flank_y, foot_y, head_y, 0.955 * head_y, 0.88 * head_y, 0.45 * head_y, zero]
    z = [ground, ground, np.maximum(low - 0.03, floor), *flank_z, foot_z, head_z,
         belt + 0.955 * over, belt + 0.983 * over, belt + 0.998 * over, top]  # fmt: skip
    bow = np.where(share < 0.5, style.nose_bow_m, -style.tail_bow_m)
    x = (0.5 - share) * length + bow * np.array([station.bow for station in at])
    across = np.array(y).T * np.array([station.width for station in at])[:, None]
    return np.stack([np.broadcast_to(x[:, None], across.shape), across, np.array(z).T], axis=2)


def _materials(style: ShellStyle, stations: list[Station]) -> U16:
    """(S-1, 13) material of each cell."""
    cells = np.full((len(stations) - 1, 13), PAINT, np.uint16)
    cells[:, 0:3] = TRIM
    middle = np.array([(a.x + b.x) / 2 for a, b in pairwise(stations)])
    outer_cap = np.array([{a.width, b.width} == {1.0, NOSE_ROWS[0][0]} for a, b in pairwise(stations)])
    inner_cap = np.array([min(a.width, b.width) == 0.0 for a, b in pairwise(stations)])
    cap = outer_cap | inner_cap
    skin = ~cap

    def within(span: Span) -> Bool:
        inside: Bool = skin & (middle > span[0]) & (middle < span[1])
        return inside

    if style.cladding:
        cells[:, 3] = TRIM
    if style.bed:
        cells[within(style.bed), 10:13] = TRIM
    cells[within(style.windscreen), 11:13] = GLASS
    if style.rear_screen:
        cells[within(style.rear_screen), 11:13] = GLASS
    if style.windows:
        cells[within((style.windows[0][0], style.windows[-1][1])), 8] = TRIM  # pillars between windows
    for span in style.windows:
        cells[within(span), 8] = GLASS
    for at in style.seams:
        cells[within((at, at + 0.0022)), 3:8] = TRIM

    share, first, last = style.headlamp
    cells[within((0.004, share)) | (outer_cap & (middle < 0.5)), first:last] = HEADLAMP
    if style.bezel:
        cells[within((0.004, 0.75 * share)) | (outer_cap & (middle < 0.5)), first - 1] = HOUSING
    for strip in style.grille:
        cells[inner_cap & (middle < 0.5), strip] = TRIM
    cells[inner_cap | (cap & style.cladding), 3] = TRIM  # air intake, diffuser
    if style.intake:
        cells[inner_cap & (middle < 0.5), 4] = TRIM
    share, first, last = style.tail_lamp
    cells[within((1.0 - share, 1.0)) | (outer_cap & (middle > 0.5)), first:last] = TAIL_LAMP
    if style.front_glass:
        cells[cap & (middle < 0.5), 8] = GLASS
    if style.rear_glass:
        cells[cap & (middle > 0.5), 8] = GLASS
    return cells
