"""How people move: which way across the road, and how their feet keep step with the ground."""

import numpy as np
import shapely
from drivesynth_kernels import columns as at
from shapely import affinity

from drivesynth.arrays import F64
from drivesynth.assets.vehicles.combination import rectangles
from drivesynth.geometry.paths import Path
from drivesynth.road.lanes import CARRIAGEWAY
from drivesynth.world.live import Live, straight

_FARTHEST_M = 40.0
_STEP_HZ = 1.8  # of an adult at 1.4 m/s
_ADULT_M = 1.75


def way_across(live: Live, actor: int) -> Path:
    """Straight across the road from where an actor stands, square to the lane of the ego's path.

    It ends a metre beyond the carriageway, or before the first thing standing in the way there.
    """
    state, told = live.now[actor], live.commands[actor]
    x, y = float(state[at.X]), float(state[at.Y])
    ego_path = live.path(0)
    s, left = ego_path.project(x, y)
    heading = ego_path.pose(s).heading_rad + (np.pi / 2 if left < 0 else -np.pi / 2)
    direction = np.array([np.cos(heading), np.sin(heading)])
    carriageway = live.network.area(sorted(CARRIAGEWAY))
    line = shapely.LineString([(x, y), (x + direction[0] * _FARTHEST_M, y + direction[1] * _FARTHEST_M)])
    # Counted from where the ego's path is crossed, so that a median or a second road does not matter.
    on_road = shapely.intersection(line, carriageway)
    crossed = abs(left)
    end = crossed + 2.0
    for part in getattr(on_road, "geoms", [on_road]):
        if not part.is_empty:
            from_m, to_m = sorted(np.hypot(px - x, py - y) for px, py in part.coords)
            if from_m <= crossed <= to_m:
                end = to_m + 1.0
    half = max(told[at.HALF_WIDTH], told[at.HALF_LENGTH]) + 0.2
    lane_strip = line.buffer(half, cap_style="flat")
    standing = live.commands[:, at.MODE] == at.STAND
    for j in np.flatnonzero(standing):
        if j == actor or live.bodies[j].walks:
            continue
        footprint = _footprint(live, int(j))
        blocked = shapely.intersection(lane_strip, footprint)
        if not blocked.is_empty:
            bounds = np.array(
                blocked.exterior.coords if blocked.geom_type == "Polygon" else footprint.exterior.coords
            )
            near = float(((bounds - [x, y]) @ direction).min())
            if near > crossed:
                end = min(end, near - told[at.HALF_LENGTH] - 0.3)
    return straight(x, y, float(heading), max(end, crossed + 0.5))


def _footprint(live: Live, actor: int) -> shapely.Polygon:
    state, told = live.now[actor], live.commands[actor]
    width = told[at.HALF_WIDTH]
    who = live.actors[actor]
    parts = []
    for x, y, yaw, length in rectangles(who.asset, who.size_m, float(state[at.HITCH])).tolist():
        box = shapely.box(-length / 2, -width, length / 2, width)
        parts.append(affinity.translate(affinity.rotate(box, yaw, origin=(0, 0), use_radians=True), x, y))
    whole = affinity.rotate(shapely.union_all(parts), state[at.YAW], origin=(0, 0), use_radians=True)
    return affinity.translate(whole, state[at.X], state[at.Y])


def stride_m(speed_mps: F64, height_m: float) -> F64:
    """Length of a double step at a speed: steps grow longer and faster alike, both as its root.

    The constant walk ratio of Sekiya et al., "Optimal walking in terms of variability in step length",
    1996; legs scale with the body, and step frequency with the root of the legs.
    """
    adult = 2.0 * np.sqrt(np.maximum(speed_mps, 0.0) * 1.4) / _STEP_HZ
    return np.asarray(adult * (height_m / _ADULT_M) ** 0.75)


def gait_rad(speed_mps: F64, stride: F64, dt_s: float) -> F64:
    """Phase of the step: one turn for every stride's length of way, so that a standing foot stands."""
    rate = 2 * np.pi * speed_mps / np.maximum(stride, 0.05)
    return np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * dt_s)])
