"""Aim: when an actor must start so that it meets the ego's front at a given place.

The actor's path is fixed and so is its speed; what is solved is its start. The ego's planned motion
is what it does when it does not see the actor. Where the two ways cross, the crossing of the traced
front point with the path gives place and time; where they run side by side, the actor starts at once
and its path is moved sideways through the point instead.
"""

from collections.abc import Callable

import numpy as np
import shapely
from drivesynth_kernels import columns as at
from drivesynth_kernels.agents import place as place_state
from drivesynth_kernels.agents import timed_start

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.geometry.paths import Path
from drivesynth.scenario.model import Aim
from drivesynth.world.live import STEP_S, Live

_LOOK_S = 4.0  # the ego's plan is looked at this much further at a time
_FINE_M = 0.25  # spacing of the actor's path when it is crossed
_BESIDE_M = 6.0  # ways further apart do not run side by side,
_BESIDE_SINE = 0.3  # nor those at a steeper angle
_SAME_SINE = 0.02  # at a smaller angle a crossing is one of rounding: the ways are the same


class NoMeeting(RequestError):
    """An aim that cannot be met; another draw may meet."""


def solve(live: Live, actor: int, aim: Aim, plan: Callable[[Live, int], None]) -> None:
    """Tell `actor` when to start, from the present step on; `plan(fork, last)` runs a copy of the world."""
    target = live.row(aim.at)
    live.path(actor)
    live.path(target)
    copy = live.fork()
    copy.commands[actor, at.SEEN_FROM] = np.inf
    if copy.commands[actor, at.MODE] != at.CARRIED:
        copy.commands[actor, at.MODE] = at.STAND
    while copy.step < copy.last:
        plan(copy, min(copy.step + round(_LOOK_S / STEP_S), copy.last))
        seen = copy.history[live.step : copy.step + 1, target]
        if _start(live, actor, target, aim, seen):
            return
        if seen[-1, at.S] > live.path(target).length_m:
            break
    raise NoMeeting(
        f"the ways of {live.actors[actor].name!r} and {aim.at!r} do not meet; "
        f"move it, give it a route or make the road longer",
        field=f"actors.{live.actors[actor].name}.aim",
    )


def _start(live: Live, actor: int, target: int, aim: Aim, seen: F64) -> bool:
    """Command the start if the target's motion so far, (T, STATE_COLUMNS), meets the actor's path."""
    body, told = live.bodies[actor], live.commands[actor]
    start_s, offset = float(live.now[actor, at.S]), float(live.now[actor, at.D])
    ahead = told[at.BACK] + body.contact_m
    stations, way = _way(live.path(actor), start_s, offset, ahead)
    meeting = None
    side = _side(way, _front(live, target, seen, 0.0))
    if side:
        front = _front(live, target, seen, _across(live, target, aim, side))
        meeting = _crossing(stations, way, front)
    if meeting is not None:
        row, station = meeting
        hit = live.time_s + row * STEP_S
        duration = _duration(station - start_s, aim.speed_mps, body.start_m)
        _command(live, actor, aim, start_s, hit - duration, body.start_m, hit)
        return True
    return _alongside(live, actor, target, aim, seen, start_s)


def _command(
    live: Live, actor: int, aim: Aim, start_s: float, start_time: float, start_m: float, hit: float
) -> None:
    told, state, now = live.commands[actor], live.now[actor], live.time_s
    speed = aim.speed_mps
    if start_time < now and live.step > 0:
        # Told too late to keep its speed: it goes at once, as fast as it must.
        way = _distance(hit - start_time, speed, start_m)
        start_time, start_m, speed = now, 0.0, way / max(hit - now, STEP_S)
    told[at.MODE], told[at.WISHED] = at.TIMED, speed
    told[at.START_S], told[at.START_TIME], told[at.START_DISTANCE] = start_s, start_time, start_m
    told[at.SEEN_FROM] = -np.inf if aim.until_s is None else hit - aim.until_s
    told[at.STOP_S] = np.inf
    state[at.S], state[at.V], state[at.ACC] = timed_start(now - start_time, start_s, speed, start_m)
    if start_time < now:
        arrays = live.tracks.arrays()
        if told[at.TURN_RATE] < np.inf:
            state[at.YAW] = live.path(actor).pose(state[at.S]).heading_rad
        place_state(state, told, *arrays, 0.0, STEP_S)
    live.hit_s[live.actors[actor].name] = hit


def _way(path: Path, start_s: float, offset: float, ahead: float) -> tuple[F64, F64]:
    """Stations from the start to the path's end, and (N, 2) where the contact point then is."""
    end = max(path.length_m, start_s + 1.0)
    stations = np.linspace(start_s, end, max(2, int(np.ceil((end - start_s) / _FINE_M)) + 1))
    at_path = path.poses(stations)
    cos, sin = np.cos(at_path[:, 3]), np.sin(at_path[:, 3])
    x = at_path[:, 0] + ahead * cos - offset * sin
    y = at_path[:, 1] + ahead * sin + offset * cos
    return stations, np.column_stack([x, y])


def _front(live: Live, target: int, seen: F64, across_m: float) -> F64:
    """(T, 2) where a point of the target's front line is, `across_m` to the left of its middle."""
    ahead = live.bodies[target].length_m / 2
    cos, sin = np.cos(seen[:, at.YAW]), np.sin(seen[:, at.YAW])
    x = seen[:, at.X] + ahead * cos - across_m * sin
    y = seen[:, at.Y] + ahead * sin + across_m * cos
    return np.column_stack([x, y])


def _across(live: Live, target: int, aim: Aim, side: int) -> float:
    """Where on the front line, to the left of its middle; `side` is -1 for an actor from the right."""
    width = live.bodies[target].width_m
    if aim.miss_m is not None:
        near = 1 if aim.impact_ratio <= 0.5 else -1
        return side * near * (width / 2 + aim.miss_m)
    return side * width * (0.5 - aim.impact_ratio)


def _side(way: F64, front: F64) -> int:
    """+1 where the actor crosses from the left, -1 from the right, 0 where the ways do not cross."""
    crossing = _crossing(np.arange(len(way), dtype=np.float64), way, front)
    if crossing is None:
        return 0
    row, station = int(crossing[0]), int(crossing[1])
    ego = front[min(row + 1, len(front) - 1)] - front[max(row - 1, 0)]
    actor = way[min(station + 1, len(way) - 1)] - way[max(station - 1, 0)]
    turned = ego[0] * actor[1] - ego[1] * actor[0]
    if abs(turned) < _SAME_SINE * float(np.hypot(*ego) * np.hypot(*actor)):
        return 0
    return -1 if turned > 0 else 1


def _crossing(stations: F64, way: F64, front: F64) -> tuple[float, float] | None:
    """First crossing in time: row of `front` (a fraction between rows) and station on the way."""
    steps = np.hypot(*np.diff(front, axis=0).T)
    if steps.sum() < 1e-6:
        return None
    ego_line, way_line = shapely.LineString(front), shapely.LineString(way)
    meeting = shapely.intersection(ego_line, way_line)
    points = [g for g in getattr(meeting, "geoms", [meeting]) if g.geom_type == "Point"]
    if not points:
        return None
    along = min(ego_line.project(point) for point in points)
    point = ego_line.interpolate(along)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    row = float(np.interp(along, travelled, np.arange(len(front))))
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    station = float(np.interp(way_line.project(point), lengths, stations))
    return row, station


def _alongside(live: Live, actor: int, target: int, aim: Aim, seen: F64, start_s: float) -> bool:
    """Start at once and shift the path sideways so that the front meets the actor where it should."""
    body, told, path = live.bodies[actor], live.commands[actor], live.path(actor)
    # Counted from the kerb side, as Euro NCAP does for targets that move along the lane.
    kerb = -1 if live.scenario.road.drive_on == "right" else 1
    front = _front(live, target, seen, _across(live, target, aim, kerb))
    station, left = path.projections(front).T
    contact = _distances(np.arange(len(seen), dtype=np.float64) * STEP_S, aim.speed_mps, body.start_m)
    room = start_s + contact + told[at.BACK] + body.contact_m - station
    touching = np.flatnonzero((room[:-1] > 0) != (room[1:] > 0))
    if not len(touching) or abs(left[touching[0]]) > _BESIDE_M:
        return False
    way_rad = path.pose(float(station[touching[0]])).heading_rad
    if abs(np.sin(way_rad - seen[touching[0], at.YAW])) > _BESIDE_SINE:
        return False  # the ways do cross, only later
    row = touching[0] + room[touching[0]] / (room[touching[0]] - room[touching[0] + 1])
    state = live.now[actor]
    state[at.D] = np.interp(row, np.arange(len(left)), left)
    live.stay(actor)
    _command(live, actor, aim, start_s, live.time_s, body.start_m, live.time_s + row * STEP_S)
    place_state(state, told, *live.tracks.arrays(), 0.0, STEP_S)
    return True


def _duration(way_m: float, speed_mps: float, start_m: float) -> float:
    """Time that a timed start takes for a way: even acceleration over `start_m`, then even speed."""
    if start_m <= 0.0:
        return way_m / speed_mps
    if way_m <= 0.0:
        return 0.0
    if way_m < start_m:
        return float(2.0 * np.sqrt(way_m * start_m) / speed_mps)
    return (way_m + start_m) / speed_mps


def _distances(since_s: F64, speed_mps: float, start_m: float) -> F64:
    """(N,) ways after (N,) times, none of them before the start: the inverse of `_duration`."""
    way = speed_mps * since_s
    if start_m <= 0.0:
        return way
    return np.where(way < 2.0 * start_m, way * way / (4.0 * start_m), way - start_m)


def _distance(since_s: float, speed_mps: float, start_m: float) -> float:
    """The inverse of `_duration`."""
    return float(timed_start(since_s, 0.0, speed_mps, start_m)[0])
