"""What a driver sees ahead on its path, and the acceleration it wants."""

import math

from numpy import float64, int64
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.bodies import parts, reach
from drivesynth_kernels.car_following import iidm_with_cah, krauss
from drivesynth_kernels.jit import step
from drivesynth_kernels.lane_choice import ROOM_M, room_in_lane
from drivesynth_kernels.lateral import still_to_go
from drivesynth_kernels.rules import STANDS_BEFORE_M, Rules, held
from drivesynth_kernels.tracks import fastest_at, nearest_station, path_point, slot_at

F64 = NDArray[float64]
I64 = NDArray[int64]

_SIGHT_M = 150.0
_BEHIND_M = 30.0  # whoever is so far back cannot be ahead on the path, however it bends
_MARGIN_M = 0.15  # beside the own body that still counts as in the way
_LOOKS_INTO_BENDS_S = 1.0
_HARDEST = 9.0  # most a tyre gives [m/s^2]

# The careful and competent driver of UN R157, annex 3 appendix 3 (the "CC2" of the ALKS studies).
_WANDER_M = 0.375  # sideways before it counts as coming in
_ASSESSING_S = 0.4
_REACTING_S = 0.75
_FOOT_OFF = 0.4
_BRAKING = 7.59  # 0.774 g
_BRAKING_JERK = 12.65  # reached in 0.6 s
_TTC_CRITICAL_S = 2.0
_THW_CRITICAL_S = 2.0
_HARD_LEAD_BRAKING = 5.0


@step
def wanted_acceleration(
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
) -> tuple[float, float, float, float, float]:
    """Acceleration over the next step, gap to the leader (inf), the careful driver's two clocks, and up to
    which station the driver has decided to go on."""
    now, told = history[n, i], commands[i]
    mode, v, before = told[at.MODE], now[at.V], now[at.ACC]
    wished, accel, decel = told[at.WISHED], told[at.ACCEL], told[at.DECEL]
    headway, min_gap = told[at.HEADWAY], told[at.MIN_GAP]
    if mode == at.SLIDE:
        return -min(told[at.RATE], v / dt), math.inf, math.inf, math.inf, -math.inf
    if mode in (at.HOLD, at.TIMED):
        return (
            towards(v, before, told[at.WISHED], told[at.RATE], told[at.JERK], dt),
            math.inf,
            math.inf,
            math.inf,
            -math.inf,
        )

    for ahead in (0.0, _LOOKS_INTO_BENDS_S * v):  # the models come down to a lower wish with a lag
        path, s = int(told[at.PATH]), now[at.S] + ahead
        wished = min(wished, fastest_at(samples, firsts, counts, steps_m, path, s))
    time = n * dt
    noticed, risk = now[at.NOTICED], now[at.RISK]
    gap, v_lead, a_lead, threat, ttc = _look_ahead(
        history[n], commands, samples, firsts, counts, steps_m, stations, time, i, noticed
    )
    room, going = math.inf, now[at.GOING]
    if rules is not None:
        room, going = held(history, commands, samples, firsts, counts, steps_m, stations, rules, n, i, time)
    # To the models, where it must hold is a standing vehicle whose least gap ends just before.
    to_line = room + min_gap - STANDS_BEFORE_M
    if mode == at.KRAUSS:
        chance = random01(told[at.KEY], n)
        wished = max(wished, v - decel * dt)  # the model takes a lower wish at once
        a = krauss(v, gap, v_lead, wished, accel, decel, headway, min_gap, told[at.SIGMA], chance, dt)
        if room < math.inf:
            line = krauss(v, to_line, 0.0, wished, accel, decel, headway, min_gap, told[at.SIGMA], chance, dt)
            a = min(a, line, _at_line(v, room, decel))
        return max(a, -_HARDEST), gap, noticed, risk, going
    a = iidm_with_cah(v, gap, v_lead, a_lead, wished, accel, decel, headway, min_gap)
    if room < math.inf:
        line = iidm_with_cah(v, to_line, 0.0, 0.0, wished, accel, decel, headway, min_gap)
        a = min(a, line, _at_line(v, room, decel))
    if mode == at.CAREFUL:
        noticed, risk = _careful_clocks(time, noticed, risk, threat, ttc, v, gap, v_lead, a_lead)
        if time >= risk + _REACTING_S:
            return max(-_BRAKING, min(before, 0.0) - _BRAKING_JERK * dt), gap, noticed, risk, going
        a = max(a, -_BRAKING)
        if time >= risk:
            a = min(a, -_FOOT_OFF)
    limit = told[at.JERK] * dt
    a = min(max(a, before - limit), before + limit)
    return min(max(a, -_HARDEST), told[at.ACCEL]), gap, noticed, risk, going


@step
def _at_line(v: float, room: float, decel: float) -> float:
    """The braking that a line needs, a tenth more than even, once that is more than comfortable."""
    needed = v * v / (2.0 * max(room - 0.1, 0.05))
    return -1.1 * needed if needed > decel else math.inf


@step
def _careful_clocks(
    time: float,
    noticed: float,
    risk: float,
    threat: bool,
    ttc: float,
    v: float,
    gap: float,
    v_lead: float,
    a_lead: float,
) -> tuple[float, float]:
    """Since when somebody is coming in, and since when braking is called for; inf where not."""
    if not threat:
        noticed = math.inf
    elif noticed == math.inf:
        noticed = time
    coming_in = time >= noticed + _ASSESSING_S and ttc < _TTC_CRITICAL_S
    closing = gap < math.inf and v > v_lead
    lead = closing and (
        gap < _TTC_CRITICAL_S * (v - v_lead) or (a_lead < -_HARD_LEAD_BRAKING and gap < _THW_CRITICAL_S * v)
    )
    if coming_in or lead:
        return noticed, min(risk, time)
    if threat and ttc < math.inf:
        return noticed, risk  # braking goes on until the danger is over
    if closing and gap < math.inf:
        return noticed, risk
    return noticed, math.inf


@step
def _look_ahead(
    states: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    time: float,
    i: int,
    noticed: float,
) -> tuple[float, float, float, bool, float]:
    """The leader's gap, speed and acceleration along the own path; whether somebody comes in, and its TTC.

    A leader is who is in the way of the own body, at its offset now or at the one it is moving to. The
    careful driver takes one who is still coming in for a leader only once it has assessed and reacted.
    """
    own, told = states[i], commands[i]
    path = int(told[at.PATH])
    front = own[at.S] + told[at.BACK] + told[at.HALF_LENGTH]
    goal = own[at.LATERAL_TO]
    if own[at.SLOT] != 0.0:
        goal += slot_at(samples, firsts, counts, steps_m, path, int(own[at.SLOT]), own[at.S])[0]
    low = min(own[at.D], goal) - told[at.HALF_WIDTH] - _MARGIN_M
    high = max(own[at.D], goal) + told[at.HALF_WIDTH] + _MARGIN_M
    gap, v_lead, a_lead, threat, ttc = math.inf, 0.0, 0.0, False, math.inf
    for j in range(commands.shape[0]):
        other = commands[j]
        if j == i or other[at.PRESENT] == 0.0 or time < other[at.SEEN_FROM] or other[at.MODE] == at.CARRIED:
            continue
        dx, dy = states[j, at.X] - own[at.X], states[j, at.Y] - own[at.Y]
        behind = dx * math.cos(own[at.YAW]) + dy * math.sin(own[at.YAW]) < -_BEHIND_M
        if behind or dx * dx + dy * dy > _SIGHT_M * _SIGHT_M:
            stations[i, j] = math.nan
            continue
        s = nearest_station(
            samples, firsts, counts, steps_m, path, states[j, at.X], states[j, at.Y], stations[i, j]
        )
        stations[i, j] = s
        x, y, heading, _ = path_point(samples, firsts, counts, steps_m, path, s)
        left = (states[j, at.Y] - y) * math.cos(heading) - (states[j, at.X] - x) * math.sin(heading)
        cos, sin = math.cos(states[j, at.YAW] - heading), math.sin(states[j, at.YAW] - heading)
        v_other = states[j, at.V] * cos
        # One who shows where it is going is let in from then on.
        going = still_to_go(states[j]) * cos if states[j, at.CHOSEN] > 0.0 else 0.0
        count = parts(states[j], other)
        for part in range(count):
            ahead, aside, along, across = reach(states[j], other, part, count, heading)
            if s + ahead < own[at.S] + told[at.BACK]:
                continue
            room, beside = s + ahead - along - front, left + aside
            moving_in = _moves_in(states[j], beside, sin, 0.5 * (low + high))
            if moving_in:
                threat = True
                closing = own[at.V] - v_other
                if closing > 0.0:
                    ttc = min(ttc, max(room, 0.0) / closing)
            if beside + max(going, 0.0) + across <= low or beside + min(going, 0.0) - across >= high:
                continue
            if told[at.MODE] == at.CAREFUL and moving_in and time < noticed + _ASSESSING_S + _REACTING_S:
                continue
            if room < gap:
                gap, v_lead, a_lead = room, v_other, states[j, at.ACC] * cos
    if told[at.CHANGES] > 0.0:  # the end of its lane stands in its way, short of where it could still leave
        room = room_in_lane(own, told, samples, firsts, counts, steps_m) - ROOM_M
        if room < gap:
            gap, v_lead, a_lead = room, 0.0, 0.0
    return gap, v_lead, a_lead, threat, ttc


@step
def _moves_in(state: F64, left: float, sin: float, middle: float) -> bool:
    """Whether an actor is on its way across towards the middle of the own way."""
    if state[at.LATERAL_TIME] > 0.0 and state[at.CLOCK] < state[at.LATERAL_TIME]:
        way = state[at.LATERAL_TO] - state[at.LATERAL_FROM]
        return bool(way * (middle - left) > 0.0 and abs(way - still_to_go(state)) > _WANDER_M)
    crossing = state[at.V] * sin
    return bool(abs(crossing) > 0.3 and abs(sin) > 0.3 and crossing * (middle - left) > 0.0)


@step
def towards(v: float, before: float, wished: float, rate: float, jerk: float, dt: float) -> float:
    """Acceleration that takes the speed to the wished one, easing out so that the jerk keeps its limit."""
    missing = wished - v
    if abs(missing) < 1e-9:
        return 0.0
    easing = math.sqrt(2.0 * jerk * abs(missing)) if jerk < math.inf else math.inf
    a = math.copysign(min(rate, easing, abs(missing) / dt), missing)
    return min(max(a, before - jerk * dt), before + jerk * dt) if jerk < math.inf else a


@step
def random01(key: float, index: int) -> float:
    """A number in [0, 1) by (key, index): two rounds of SplitMix64's finaliser."""
    z = int64(key) * int64(0x2545F4914F6CDD1D) + int64(index) * int64(0x1B03738712FAD5C9)
    for _ in range(2):
        z = (z ^ ((z >> 30) & int64(0x3FFFFFFFF))) * int64(0x3F58476D1CE4E5B9)
        z = z ^ ((z >> 27) & int64(0x1FFFFFFFFF))
    return float((z >> 11) & int64(0x1FFFFFFFFFFFFF)) / 9007199254740992.0
