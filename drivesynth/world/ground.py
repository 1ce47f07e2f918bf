"""What the ground is like under every actor: height, slope, lane, station."""

from dataclasses import dataclass

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.arrays import F64, I64
from drivesynth.world.live import STEP_S, Live

_EVERY = 5  # steps between looks at the ground; in between it changes evenly
_KERB_S = 0.3  # a walker takes a kerb in this time
_GRAVITY = 9.81


@dataclass(frozen=True)
class Ground:
    """T steps, A actors.

    height_m        (T, A) below the centre; of what is carried, the carrier's floor
    roll_pitch_rad  (T, A, 2) that four wheels on the ground give a vehicle; walkers stand upright
    lane            (T, A) index into the network's lanes, -1 off every lane
    station_m       (T, A) along the reference line
    """

    height_m: F64
    roll_pitch_rad: F64
    lane: I64
    station_m: F64


def under(live: Live, states: F64) -> Ground:
    """The ground under (T, A, STATE_COLUMNS) states."""
    steps, actors = states.shape[:2]
    looks = np.unique(np.append(np.arange(0, steps, _EVERY), steps - 1))
    centres = states[looks][:, :, at.X : at.YAW + 1]
    moves = np.abs(centres - centres[:1]).max(axis=(0, 2)) > 1e-9
    spots = [centres[:, i] if moves[i] else centres[:1, i] for i in range(actors)]
    counts = [len(spot) for spot in spots]
    xy = np.concatenate(spots)[:, :2]
    lane, station, _ = live.network.locations(xy)
    if live.network.is_level:
        height, slopes = _level(live, xy, lane), np.zeros((len(xy), 2))
    else:
        height, slopes = _sloping(live, spots)

    shape = (steps, actors)
    result = Ground(np.zeros(shape), np.zeros((*shape, 2)), np.zeros(shape, np.int64), np.zeros(shape))
    every = np.arange(steps)
    latest = np.searchsorted(looks, every, side="right") - 1
    for i, rows in enumerate(np.split(np.arange(len(xy)), np.cumsum(counts)[:-1])):
        if len(rows) == 1:
            rows = np.repeat(rows, len(looks))
        result.lane[:, i] = lane[rows][latest]
        result.station_m[:, i] = np.interp(every, looks, station[rows])
        result.height_m[:, i] = np.interp(every, looks, height[rows])
        for axis in range(2):
            result.roll_pitch_rad[:, i, axis] = np.interp(every, looks, slopes[rows, axis])
        if live.bodies[i].walks and moves[i]:
            result.height_m[:, i] = smoothed(result.height_m[:, i], round(_KERB_S / STEP_S))
        if live.network.pits and moves[i] and live.bodies[i].wheelbase_m:
            _over_pits(live, i, states[:, i], result)
        result.height_m[:, i] += _carried(live, i, steps)
    return result


def _level(live: Live, xy: F64, lane: I64) -> F64:
    """Heights on a road without slopes: that of the lane; the land beside it may still roll."""
    up = np.array([each.up_m for each in live.network.lanes.values()])
    height = up[lane]
    beside = lane < 0
    if beside.any():
        height[beside] = live.network.heights(xy[beside])
    return height


def _sloping(live: Live, spots: list[F64]) -> tuple[F64, F64]:
    """Heights, and roll and pitch from the heights under both axles and both sides."""
    points, halves = [], []
    for body, own in zip(live.bodies, spots, strict=True):
        base = max(body.wheelbase_m, body.trailer_m) / 2
        track = 0.4 * body.width_m if body.wheelbase_m and not body.two_wheeler else 0.0
        x, y, yaw = own.T
        cos, sin = np.cos(yaw), np.sin(yaw)
        points.append([[x + base * k * cos - track * j * sin, y + base * k * sin + track * j * cos]
                       for k, j in ((1, 0), (-1, 0), (0, 1), (0, -1))])  # fmt: skip
        halves.append(np.tile([base, track], (len(own), 1)))
    where = np.concatenate([np.array(p) for p in points], axis=2)  # (4, 2, N)
    flat = where.transpose(0, 2, 1).reshape(-1, 2)
    whole = live.network.heights(flat) + live.network.pit_depths(flat)  # wheels find potholes one by one
    front, rear, left, right = whole.reshape(4, -1)
    base, track = np.concatenate(halves).T
    roll = np.arctan2(left - right, np.where(track > 0, 2 * track, np.inf))
    pitch = -np.arctan2(front - rear, np.where(base > 0, 2 * base, np.inf))
    return (front + rear) / 2, np.column_stack([roll, pitch])


def _over_pits(live: Live, actor: int, states: F64, ground: Ground) -> None:
    """Let every wheel of an actor sink into the potholes it rolls over, at every step."""
    body = live.bodies[actor]
    base, track = body.wheelbase_m / 2, 0.0 if body.two_wheeler else 0.4 * body.width_m
    x, y, yaw = states[:, at.X : at.YAW + 1].T
    cos, sin = np.cos(yaw), np.sin(yaw)
    wheels = [(k * base, j * track) for k in (1, -1) for j in (1, -1)]
    deep = np.stack(
        [
            live.network.pit_depths(np.column_stack([x + a * cos - b * sin, y + a * sin + b * cos]))
            for a, b in wheels
        ]
    )
    front_left, front_right, rear_left, rear_right = deep
    ground.height_m[:, actor] -= deep.mean(axis=0)
    if track > 0.0:
        lower = (front_right + rear_right - front_left - rear_left) / 2
        ground.roll_pitch_rad[:, actor, 0] += np.arctan2(lower, 2 * track)
    nose = (front_left + front_right - rear_left - rear_right) / 2
    ground.roll_pitch_rad[:, actor, 1] += np.arctan2(nose, 2 * base)


def _carried(live: Live, actor: int, steps: int) -> F64 | float:
    """(T,) height above the ground of what rides on something, and of its fall once it is dropped."""
    dropped = [m.step for m in live.marks if m.kind == "dropped" and m.actor == actor]
    if live.commands[actor, at.CARRIER] < 0 and not dropped:
        return 0.0
    x, y = live.history[0, actor, at.X : at.Y + 1]
    floor = max(live.actors[actor].placement.z_m - live.network.height_m(float(x), float(y)), 0.0)
    since = np.maximum(np.arange(steps) - min(dropped, default=steps), 0) * STEP_S
    return np.maximum(floor - 0.5 * _GRAVITY * since**2, 0.0)


def smoothed(values: F64, width: int) -> F64:
    """Mean over a window, the ends continued."""
    padded = np.pad(values, (width // 2, width - width // 2 - 1), mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")
