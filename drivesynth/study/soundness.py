"""What no rollout may show, whatever its scene: bodies in each other, wheels off the ground, lanes left
for no reason, red lights run by drivers who mind them, speeds that nothing of the kind reaches.

Looked at until the ego touches somebody: what a crash does to bodies is not simulated.
"""

from collections.abc import Iterator

import numpy as np

from drivesynth.arrays import F64, Bool
from drivesynth.road import network as roads
from drivesynth.road.lanes import ALL, DRIVEN
from drivesynth.road.rights import StopLine, stop_lines
from drivesynth.scenario.model import Actor
from drivesynth.world import metrics
from drivesynth.world.bodies import THINGS, WALKERS, body_of
from drivesynth.world.heed import REACTING
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import Series, of_rollout

# Walkers: sprinting, and a galloping deer. Braking: dry asphalt; a crash is not simulated.
_FASTEST_MPS = {"animal": 20.0, "bicycle": 15.0, "escooter": 10.0}
_FASTEST_WALKER_MPS, _FASTEST_VEHICLE_MPS = 8.0, 70.0
_HARDEST_BRAKING_MPS2 = 10.5
_OFF_GROUND_M = 0.08  # half a kerb, while one wheel is up
_LANE_WANDER_M = 0.3
_REACTION_S, _COMFORTABLE_MPS2 = 1.0, 3.05  # who can stop so for amber has to (see drivesynth_kernels.rules)
_STOPS_SHORT_M = 0.2


def faults(rollout: Rollout) -> list[str]:
    """All that is odd, one sentence each; empty where a rollout is sound."""
    series, end = of_rollout(rollout), _first_touch(rollout)
    actors = rollout.scenario.everyone
    found = [*_in_each_other(series, actors, end)]
    for i, actor in enumerate(actors):
        if not rollout.present[:end, i].any():
            continue
        found += _too_fast(rollout, i, actor, end)
        if not actor.name.endswith(".cargo"):
            found += _off_ground(rollout, i, actor, end)
            found += _out_of_lane(rollout, i, actor, end)
            found += _over_at_red(rollout, i, actor, end)
    return found


def touched(rollout: Rollout) -> set[str]:
    """Whom the ego touches first."""
    series, end = of_rollout(rollout), _first_touch(rollout)
    names = series.names
    return {
        names[b]
        for b in range(1, len(names))
        if end < len(series.time_s) and metrics.overlap(series.rows(np.array([end])), 0, b).any()
    }


def _first_touch(rollout: Rollout) -> int:
    """The first row in which the ego touches somebody; the number of rows where it never does."""
    series = of_rollout(rollout)
    touching = np.zeros(len(series.time_s), np.bool_)
    for b in range(1, len(series.names)):
        touching |= metrics.overlap(series, 0, b)
    return int(np.argmax(touching)) if touching.any() else len(touching)


def _in_each_other(series: Series, actors: tuple[Actor, ...], end: int) -> Iterator[str]:
    """Pairs beside the ego; ten looks a second are enough for bodies of their size."""
    seen = series.rows(np.arange(0, end, 10))
    reach = np.array([float(np.hypot(*half)) for half in seen.half_m])
    for a in range(1, len(actors)):
        for b in range(a + 1, len(actors)):
            if actors[b].name == f"{actors[a].name}.cargo" or not len(seen.time_s):
                continue
            apart = np.hypot(*(seen.xy_m[:, a] - seen.xy_m[:, b]).T)
            if apart.min() > reach[a] + reach[b]:
                continue
            inside = metrics.overlap(seen, a, b)
            if inside.any():
                when = float(seen.time_s[np.argmax(inside)])
                yield f"{actors[a].name} and {actors[b].name} are in each other at {when:.1f} s"


def _too_fast(rollout: Rollout, i: int, actor: Actor, end: int) -> Iterator[str]:
    walker = actor.class_name in WALKERS
    most = _FASTEST_MPS.get(actor.class_name, _FASTEST_WALKER_MPS if walker else _FASTEST_VEHICLE_MPS)
    speed, accel = np.abs(rollout.speed_mps[:end, i]), rollout.accel_mps2[:end, i]
    if speed.max() > most:
        yield f"{actor.name} reaches {speed.max():.1f} m/s"
    braking = -float((accel * np.sign(rollout.speed_mps[:end, i])).min())
    if braking > _HARDEST_BRAKING_MPS2 and not walker:
        yield f"{actor.name} brakes with {braking:.1f} m/s^2"


def _off_ground(rollout: Rollout, i: int, actor: Actor, end: int) -> Iterator[str]:
    """Under the box's centre of what has wheels; a bump between its axles is allowed for by the limit."""
    if actor.class_name in THINGS or actor.class_name in WALKERS:
        return
    xyz = rollout.position_m[:end:10, i]
    network = roads.build(rollout.scenario.road)
    body = body_of(actor)
    ahead = np.column_stack([np.cos(rollout.rpy_rad[:end:10, i, 2]), np.sin(rollout.rpy_rad[:end:10, i, 2])])
    axles = np.concatenate([xyz[:, :2] + sign * body.wheelbase_m / 2 * ahead for sign in (1, -1)])
    # Wheels find potholes one by one, the middle of an axle finds others.
    ground = (network.heights(axles) + network.pit_depths(axles)).reshape(2, -1)
    worst = float(np.abs(xyz[:, 2] - ground.mean(axis=0)).max())
    if body.wheelbase_m > 0 and not body.trailer_m and worst > _OFF_GROUND_M:
        yield f"{actor.name} stands {worst:.2f} m off the ground"


def _out_of_lane(rollout: Rollout, i: int, actor: Actor, end: int) -> Iterator[str]:
    """Who has no part in the story, no route, no aim and no wish keeps its lane and its place in it."""
    place = actor.placement
    if (
        place.lane is None
        or actor.route
        or actor.aim is not None
        or actor.drive.lane_changes != "none"
        or any(actor.name in event.do for event in rollout.scenario.story)
    ):
        return
    network = roads.build(rollout.scenario.road)
    lane = network.lane(place.lane)
    ends = lane.share is not ALL or lane.name in {zone.lane for zone in network.plan.work_zones}
    if ends and actor.drive.model != "constant":
        return  # whoever minds where its lane ends leaves it there
    if lane.kind not in DRIVEN or not np.abs(rollout.speed_mps[:end, i]).any():
        return
    here = rollout.present[:end, i]
    _, left = lane.centre.projections(rollout.position_m[:end, i, :2][here][::10]).T
    wander = float(np.ptp(left))
    if wander > _LANE_WANDER_M:
        yield f"{actor.name} wanders by {wander:.2f} m in its lane {lane.name}"


def _over_at_red(rollout: Rollout, i: int, actor: Actor, end: int) -> Iterator[str]:
    """Who minds signals and does what it likes drives over no line at red that it could have stopped at."""
    told = actor.aim is not None or any(actor.name in event.do for event in rollout.scenario.story)
    if told or actor.drive.model not in REACTING or not actor.obeys.get("signals", True):
        return
    for line in stop_lines(roads.build(rollout.scenario.road)):
        if line.group not in rollout.signals.groups:
            continue
        shows = rollout.signals.words(line.group)[:end]
        ahead, on = _before(rollout, i, actor, line, end)
        over = np.flatnonzero(
            (ahead[:-1] > 0.0) & (ahead[1:] <= 0.0) & on[1:] & rollout.present[: end - 1, i]
        )
        for row in over.tolist():
            if shows[row] not in ("red", "red_amber"):
                continue
            free = np.flatnonzero((shows[:row] == "green") | (shows[:row] == "off"))
            first = int(free[-1]) + 1 if len(free) else 0
            speed = float(rollout.speed_mps[first, i])
            stops = speed * _REACTION_S + speed**2 / (2.0 * _COMFORTABLE_MPS2)
            if ahead[first] > stops + _STOPS_SHORT_M:
                yield f"{actor.name} drives over the line of {line.group} at red at {row / 100:.1f} s"


def _before(rollout: Rollout, i: int, actor: Actor, line: StopLine, end: int) -> tuple[F64, Bool]:
    """(T,) way from an actor's front to a stop line along the line's lane, and whether it is in that lane."""
    yaw, at = rollout.rpy_rad[:end, i, 2], line.at
    heading = np.column_stack([np.cos(yaw), np.sin(yaw)])
    along = np.array([np.cos(at.heading_rad), np.sin(at.heading_rad)])
    behind = np.array([at.x_m, at.y_m]) - rollout.position_m[:end, i, :2] - actor.size_m[0] / 2 * heading
    aside = behind @ np.array([-along[1], along[0]])
    return behind @ along, (np.abs(aside) < line.half_m) & (heading @ along > 0.7)
