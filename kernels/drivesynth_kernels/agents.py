"""Stepping of all actors along their paths: drivers, walkers, and what they carry.

`history[step, actor]` is what an actor does at a step, `commands[actor]` what it has been told. The
caller steps some way ahead, looks for the first step at which a trigger fires, changes the commands
there and goes on from that step: everything that is remembered stands in `history`.

An actor's reference point (a vehicle's rear axle, the middle of anything else) runs along a path at
an offset; a vehicle's yaw is the direction its rear axle moves in, so it obeys the kinematic bicycle.
"""

import math

from numpy import float64, int64
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.following import wanted_acceleration
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.lane_choice import choose_lane
from drivesynth_kernels.lateral import lateral_offset
from drivesynth_kernels.rules import STANDS_S, Rules
from drivesynth_kernels.tracks import path_point, slot_at

F64 = NDArray[float64]
I64 = NDArray[int64]

_STOPPING = 2.5  # deceleration towards a station where an actor must stand [m/s^2]
THINKING_STEPS = 25  # between two thoughts about the neighbouring lanes


@kernel
def advance(
    history: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    rules: Rules | None,
    thinking_steps: int | None,
    first: int,
    last: int,
    dt_s: float,
) -> None:
    """Fill `history` after step `first` up to and with step `last`.

    history   (T, A, columns.STATE_COLUMNS) row `first` is given
    commands  (A, columns.COMMAND_COLUMNS)
    samples, firsts, counts, steps_m  the table of paths, see `tracks`
    stations  (A, A) scratch: where the column's actor is on the row's path; NaN at first
    rules     what drivers heed on these paths; None where there is nothing
    thinking_steps  between two thoughts about the neighbouring lanes; None where nobody changes lanes by
                    itself

    Rules and the choice of lanes are a quarter each of what there is to compile: left out where not needed.
    """
    actors = commands.shape[0]
    for n in range(first, last):
        for i in range(actors):
            if commands[i, at.MODE] != at.CARRIED:
                _move(history, commands, samples, firsts, counts, steps_m, stations, rules, n, i, dt_s)
        for i in range(actors):
            if commands[i, at.MODE] == at.CARRIED:
                carry(history[n + 1], commands, i)
        if thinking_steps is not None:
            # One after another, so that each knows where those before it are going.
            for i in range(actors):
                if commands[i, at.CHANGES] > 0.0 and (n + 1 + i) % thinking_steps == 0:
                    choose_lane(
                        history[n + 1],
                        commands,
                        samples,
                        firsts,
                        counts,
                        steps_m,
                        stations,
                        (n + 1) * dt_s,
                        i,
                    )


@step
def _move(
    history: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    rules: Rules | None,
    n: int,
    i: int,
    dt: float,
) -> None:
    """One actor's next step."""
    now, then, told = history[n, i], history[n + 1, i], commands[i]
    for column in range(at.STATE_COLUMNS):
        then[column] = now[column]
    if told[at.MODE] == at.STAND:
        then[at.V], then[at.ACC] = 0.0, 0.0
        return
    if told[at.MODE] == at.REPLAY:
        path = int(told[at.PATH])
        row = samples[firsts[path] + min(n + 1, counts[path] - 1)]
        then[at.X], then[at.Y], then[at.YAW], then[at.V] = row[0], row[1], row[2], row[3]
        then[at.ACC] = (then[at.V] - now[at.V]) / dt
        ds = 0.5 * (now[at.V] + then[at.V]) * dt
        then[at.S], then[at.TRAVELLED] = now[at.S] + ds, now[at.TRAVELLED] + abs(ds)
        _swing(then, now, told, ds)
        return
    # On a timed walk everything is known beforehand, up to where it has to stop.
    timed = (
        told[at.MODE] == at.TIMED and told[at.STOP_S] - now[at.S] > now[at.V] ** 2 / (2.0 * _STOPPING) + 0.02
    )
    if timed:
        s, v, a = timed_start(
            (n + 1) * dt - told[at.START_TIME], told[at.START_S], told[at.WISHED], told[at.START_DISTANCE]
        )
        then[at.V], then[at.ACC], ds = v, a, s - now[at.S]
        then[at.CLOCK], then[at.GAP] = now[at.CLOCK] + dt, math.inf
    else:
        a, gap, noticed, risk, going = wanted_acceleration(
            history, commands, samples, firsts, counts, steps_m, stations, rules, n, i, dt
        )
        then[at.GAP], then[at.NOTICED], then[at.RISK], then[at.GOING] = gap, noticed, risk, going
        v = now[at.V] + a * dt
        if v < 0.0 and told[at.WISHED] >= 0.0:
            v = 0.0  # brakes hold, they do not push back
        room = told[at.STOP_S] - now[at.S]
        if room < math.inf:
            v = min(v, math.sqrt(2.0 * _STOPPING * max(room, 0.0)))
            if room < 1e-4:
                v = 0.0
        then[at.V], then[at.ACC] = v, (v - now[at.V]) / dt
        then[at.WAITED] = now[at.WAITED] + dt if v < 0.3 else 0.0
        if then[at.WAITED] >= STANDS_S:
            then[at.STOOD] = now[at.S] + told[at.BACK] + told[at.HALF_LENGTH]
        rate = 1.0
        if now[at.LATERAL_SPEED] > 0.0:
            rate = min(1.0, abs(v) / now[at.LATERAL_SPEED])
        then[at.CLOCK] = now[at.CLOCK] + dt * rate
        ds = 0.5 * (now[at.V] + v) * dt

    then[at.D], d_rate = lateral_offset(
        now[at.LATERAL_FROM], now[at.LATERAL_TO], now[at.LATERAL_TIME], then[at.CLOCK]
    )
    if now[at.SLOT] != 0.0:
        then[at.D] += slot_at(
            samples, firsts, counts, steps_m, int(told[at.PATH]), int(now[at.SLOT]), now[at.S] + ds
        )[0]
    then[at.D_RATE] = (then[at.D] - now[at.D]) / dt if d_rate != 0.0 else 0.0
    then[at.TRAVELLED] = now[at.TRAVELLED] + abs(ds)
    # The speed is that along the heading: what goes sideways is missing along the path.
    sideways = then[at.D] - now[at.D]
    ahead = math.copysign(math.sqrt(max(ds * ds - sideways * sideways, 0.0)), ds)
    _, _, _, curvature = path_point(samples, firsts, counts, steps_m, int(told[at.PATH]), now[at.S])
    if not timed:
        ds = ahead / max(1.0 - curvature * then[at.D], 0.2)
    then[at.S] = now[at.S] + ds
    place(then, told, samples, firsts, counts, steps_m, d_rate, dt)
    _swing(then, now, told, ds)


@step
def _swing(then: F64, now: F64, told: F64, ds: float) -> None:
    """Turn the trailer by v / length * sin(angle to its tractor): the hitch stands on the rear axle."""
    if told[at.TRAILER] > 0.0:
        turned = then[at.YAW] - now[at.YAW]
        then[at.HITCH] = now[at.HITCH] - turned - ds / told[at.TRAILER] * math.sin(now[at.HITCH])


@kernel
def place(
    state: F64, told: F64, samples: F64, firsts: I64, counts: I64, steps_m: F64, d_rate: float, dt: float
) -> None:
    """Write the box's centre and its yaw from station and offset; walkers turn no faster than they can."""
    x, y, heading, _ = path_point(samples, firsts, counts, steps_m, int(told[at.PATH]), state[at.S])
    if told[at.TURN_RATE] < math.inf:
        if abs(state[at.V]) > 0.05:
            turn = (heading - state[at.YAW] + math.pi) % (2.0 * math.pi) - math.pi
            most = told[at.TURN_RATE] * dt
            state[at.YAW] += min(max(turn, -most), most)
    else:
        # In step with the manoeuvre's own clock, so that the heading depends on the place alone.
        slope = 0.0
        if d_rate != 0.0 and state[at.LATERAL_SPEED] > 0.0:
            along = max(abs(state[at.V]), state[at.LATERAL_SPEED])
            slope = math.asin(min(max(d_rate / along, -0.7), 0.7))
        if state[at.SLOT] != 0.0:
            slot = int(state[at.SLOT])
            drift = slot_at(samples, firsts, counts, steps_m, int(told[at.PATH]), slot, state[at.S])[1]
            slope += math.atan(drift)
        state[at.YAW] = heading + slope
    x -= state[at.D] * math.sin(heading)
    y += state[at.D] * math.cos(heading)
    state[at.X] = x + told[at.BACK] * math.cos(state[at.YAW])
    state[at.Y] = y + told[at.BACK] * math.sin(state[at.YAW])


@kernel
def carry(states: F64, commands: F64, i: int) -> None:
    """Put a carried actor where it stands on its carrier; it shares the carrier's motion."""
    carrier = int(commands[i, at.CARRIER])
    forward, left = commands[i, at.CARRIED_FORWARD], commands[i, at.CARRIED_LEFT]
    yaw = states[carrier, at.YAW]
    states[i, at.X] = states[carrier, at.X] + forward * math.cos(yaw) - left * math.sin(yaw)
    states[i, at.Y] = states[carrier, at.Y] + forward * math.sin(yaw) + left * math.cos(yaw)
    states[i, at.YAW] = yaw
    states[i, at.V] = states[carrier, at.V]
    states[i, at.ACC] = states[carrier, at.ACC]
    states[i, at.TRAVELLED] = states[carrier, at.TRAVELLED]


@kernel
def timed_start(since: float, start: float, wished: float, distance: float) -> tuple[float, float, float]:
    """Station, speed, acceleration `since` seconds after the start: even acceleration, then even speed."""
    if since <= 0.0 or wished <= 0.0:
        return start, 0.0, 0.0
    if distance <= 0.0:
        return start + wished * since, wished, 0.0
    accel = wished * wished / (2.0 * distance)
    gaining = wished / accel
    if since < gaining:
        return start + 0.5 * accel * since * since, accel * since, accel
    return start + distance + wished * (since - gaining), wished, 0.0
