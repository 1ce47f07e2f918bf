"""The road of one draw: lanes, course, height and what closes lanes, as a RoadPlan."""

import math
from itertools import pairwise
from pathlib import Path as Files

from drivesynth.road.plan import (
    CrossingPlan,
    CubicPlan,
    LanePlan,
    PathPlan,
    RoadPlan,
    WorkZonePlan,
)
from drivesynth.scenario import structures
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.structures import stretch
from drivesynth.scene.environment import StreetLights
from drivesynth.scene.road import LaneItem, PathPiece, Road
from drivesynth.scene.validate import Path

ROAD: Path = ("road",)
_DEFAULT_LIMIT_MPS = {"motorway": 130 / 3.6, "rural": 100 / 3.6}
_CONES_EVERY_M = 10.0
_LARGEST_MAP = 64_000_000  # bytes


def road_plan(chance: Chance) -> RoadPlan:
    """The scene's road as this draw decides it."""
    road = chance.scene.road
    number = chance.number
    limit = number(road.limit, (*ROAD, "limit"), _DEFAULT_LIMIT_MPS.get(road.street, 50 / 3.6))
    opendrive = _map(chance, road.file)
    every, working = lamps(chance, chance.scene.environment.street_lights)
    return RoadPlan(
        template="map" if opendrive else road.kind,
        right=_side(chance, road.lanes.right, "right"),
        left=_side(chance, road.lanes.left, "left"),
        path=_path(chance, road) if not opendrive else (),
        opendrive=opendrive,
        elevation=_elevation(chance, road),
        bank=_bank(chance, road),
        marks=road.marks,
        limit_mps=limit,
        drive_on=road.drive_on,
        street=road.street,
        street_seed=chance.look("road.street"),
        dressing=road.dressing,
        wear=road.wear,
        season="summer" if chance.scene.environment.snow is None else "winter",
        lamp_every_m=every,
        lamp_working=working,
        work_zones=tuple(
            WorkZonePlan(
                lane=zone.close,
                from_m=number(zone.from_, (*ROAD, "work_zones", i, "from")),
                to_m=number(zone.to, (*ROAD, "work_zones", i, "to")),
                taper_m=number(zone.taper, (*ROAD, "work_zones", i, "taper")),
                cone_every_m=_CONES_EVERY_M
                if zone.cones is None
                else number(zone.cones.every, (*ROAD, "work_zones", i, "cones", "every")),
                cone=zone.cones.asset if zone.cones is not None else "cone/75cm",
                limit_mps=None
                if zone.limit is None
                else number(zone.limit, (*ROAD, "work_zones", i, "limit")),
            )
            for i, zone in enumerate(road.work_zones)
        ),
        crossings=tuple(
            CrossingPlan(
                s_m=number(crossing.s, (*ROAD, "crossings", i, "s")),
                width_m=number(crossing.width, (*ROAD, "crossings", i, "width"), 4.0),
                kind=crossing.kind,
            )
            for i, crossing in enumerate(road.crossings)
        ),
        arms=road.arms,
        arm_length_m=number(road.arm_length, (*ROAD, "arm_length")),
        corner_radius_m=number(road.corner_radius, (*ROAD, "corner_radius"), 8.0),
        cycleways=road.cycleways,
        signalled=chance.scene.signals is not None and bool(road.arms or opendrive),
        guard_rails=road.guard_rails,
        zebras=road.zebras,
        radius_m=number(road.radius, (*ROAD, "radius"), 16.0),
        tunnel=stretch(chance, road.tunnel, (*ROAD, "tunnel")),
        bridge=structures.bridge(chance, road.bridge),
        overpasses=structures.overpasses(chance, road.overpasses),
        potholes=structures.potholes(chance, road.potholes),
        objects=structures.objects(chance, road.objects),
    )


def _map(chance: Chance, file: str | None) -> str:
    """The text of the road's OpenDRIVE file."""
    if file is None:
        return ""
    path: Path = (*ROAD, "file")
    try:
        size = Files(file).stat().st_size
        if size > _LARGEST_MAP:
            raise chance.mistake(path, f"{size / 1e6:.0f} MB; a map may have {_LARGEST_MAP / 1e6:.0f} MB")
        return Files(file).read_bytes().decode("utf-8")
    except OSError as error:
        raise chance.mistake(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise chance.mistake(path, "is not UTF-8 text; is this an OpenDRIVE file?") from None


def lamps(chance: Chance, lights: StreetLights | None) -> tuple[float, float]:
    """Spacing of street lamps (0: none) and the share of them that works."""
    if lights is None:
        return 0.0, 1.0
    path: Path = ("environment", "street_lights")
    return chance.number(lights.every, (*path, "every")), chance.number(
        lights.working, (*path, "working"), 1.0
    )


def _side(chance: Chance, lanes: tuple[LaneItem, ...], side: str) -> tuple[LanePlan, ...]:
    road, plans = chance.scene.road, []
    for i, lane in enumerate(lanes):
        usual = Road.default_width_m[lane.kind]
        if lane.kind in ("drive", "bus"):
            usual = chance.number(road.lane_width, (*ROAD, "lane_width"), usual)
        width = chance.number(lane.width, (*ROAD, "lanes", side, i, "width"), usual)
        path = (*ROAD, "lanes", side, i)
        plans.append(
            LanePlan(
                kind=lane.kind,
                width_m=width,
                against=lane.against,
                opens_m=stretch(chance, lane.opens, (*path, "opens")),
                closes_m=stretch(chance, lane.closes, (*path, "closes")),
                bay_m=chance.number(lane.bay, (*path, "bay")),
            )
        )
    return tuple(plans)


def _path(chance: Chance, road: Road) -> tuple[PathPlan, ...]:
    if road.path is None:
        # A junction's arms are its own; the plan's path is then that of its main street.
        length = chance.number(road.length or road.arm_length, (*ROAD, "length"), 100.0)
        return (PathPlan(length_m=length),)
    pieces: list[PathPlan] = []
    for i, piece in enumerate(road.path):
        before = pieces[-1].end_curvature_per_m if pieces else 0.0
        pieces.append(_piece(chance, piece, (*ROAD, "path", i), before))
    return tuple(pieces)


def _piece(chance: Chance, piece: PathPiece, path: Path, before: float) -> PathPlan:
    sign = -1.0 if piece.turn == "right" else 1.0

    def curvature(name: str, default: float) -> float:
        radius = chance.maybe(getattr(piece, name), (*path, name))
        return default if radius is None else sign / radius

    if piece.line is not None:
        return PathPlan(length_m=chance.number(piece.line, (*path, "line")))
    if piece.arc is not None:
        bend = curvature("radius", 0.0)
        length = chance.number(piece.arc, (*path, "arc"))
        return PathPlan(length_m=length, start_curvature_per_m=bend, end_curvature_per_m=bend)
    return PathPlan(
        length_m=chance.number(piece.spiral, (*path, "spiral")),
        start_curvature_per_m=curvature("from_radius", before),
        end_curvature_per_m=curvature("to_radius", 0.0),
    )


def _elevation(chance: Chance, road: Road) -> tuple[CubicPlan, ...]:
    """Cubics through the points, with their grades; where none is given, that of the neighbours' chord."""
    points = []
    for i, point in enumerate(road.elevation):
        path = (*ROAD, "elevation", i)
        grade = chance.maybe(point.grade, (*path, "grade"))
        points.append(
            (chance.number(point.s, (*path, "s")), chance.number(point.height, (*path, "height")), grade)
        )
    if not points:
        return ()
    stations = [s for s, _, _ in points]
    for i in range(1, len(points)):
        if stations[i] <= stations[i - 1]:
            raise chance.mistake((*ROAD, "elevation", i, "s"), "stations must rise from point to point")
    grades = [_grade(points, i) for i in range(len(points))]
    plans = []
    for i in range(len(points) - 1):
        s, height, _ = points[i]
        step, rise = stations[i + 1] - s, points[i + 1][1] - height
        begin, end = grades[i], grades[i + 1]
        c = (3.0 * rise / step - 2.0 * begin - end) / step
        d = (begin + end - 2.0 * rise / step) / step**2
        plans.append(CubicPlan(s_m=s, a=height, b=begin, c=c, d=d))
    plans.append(CubicPlan(s_m=stations[-1], a=points[-1][1], b=grades[-1]))
    return tuple(plans)


def _bank(chance: Chance, road: Road) -> tuple[CubicPlan, ...]:
    """Slopes across the road that ease from point to point, level there in their change."""
    path: Path = (*ROAD, "bank")
    own = chance.scene.tree.child("road")
    written = own.child("bank") if own is not None else None
    if len(road.bank) == 1 and (written is None or not isinstance(written.value, list)):
        return _leaning(chance.number(road.bank[0].angle, path))
    points = [
        (
            chance.number(point.s, (*path, i, "s")),
            math.tan(chance.number(point.angle, (*path, i, "angle"))),
        )
        for i, point in enumerate(road.bank)
    ]
    plans = [CubicPlan(s_m=points[0][0] - 1.0, a=points[0][1])] if points else []
    for i, ((s, slope), (end, then)) in enumerate(pairwise(points)):
        if end <= s:
            raise chance.mistake((*path, i + 1, "s"), "stations must rise from point to point")
        step, rise = end - s, then - slope
        plans.append(CubicPlan(s_m=s, a=slope, c=3.0 * rise / step**2, d=-2.0 * rise / step**3))
    return (*plans, CubicPlan(s_m=points[-1][0], a=points[-1][1])) if points else ()


def _leaning(angle_rad: float) -> tuple[CubicPlan, ...]:
    """The same bank all along."""
    return (CubicPlan(s_m=0.0, a=math.tan(angle_rad)),) if angle_rad else ()


def _grade(points: list[tuple[float, float, float | None]], i: int) -> float:
    given = points[i][2]
    if given is not None:
        return given
    if i in (0, len(points) - 1):
        return 0.0
    (s0, h0, _), (s1, h1, _) = points[i - 1], points[i + 1]
    return (h1 - h0) / (s1 - s0)
