"""The rules of the road a driver keeps: signals, right of way, walkers on zebra crossings.

Each rule amounts to a station on the driver's own path at which its front must be held, if it can still
be: a red light is a standing vehicle to the follower models (Treiber and Kesting, "Traffic Flow
Dynamics", 2013). The dilemma of amber is decided as in Gazis, Herman and Maradudin, "The Problem of the
Amber Signal Light in Traffic Flow", 1960, with the reaction time and deceleration of the Institute of
Transportation Engineers. Who has to yield goes when all gaps are at least critical.
"""

import math
from typing import NamedTuple

from numpy import float64, int64, uint8
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.jit import step
from drivesynth_kernels.tracks import nearest_station, path_point

F64 = NDArray[float64]
I64 = NDArray[int64]
U8 = NDArray[uint8]

OFF, RED, AMBER, GREEN, RED_AMBER = 0, 1, 2, 3, 4  # what a signal shows
OBEYS_SIGNALS, OBEYS_RIGHT_OF_WAY = 1, 2  # bits of `columns.OBEYS`

STANDS_BEFORE_M = 0.5  # where a driver comes to stand before what holds it
_REACTION_S, _COMFORTABLE = 1.0, 3.05  # ITE: 1 s, 10 ft/s^2
_HARD, _HARD_BUILDS_UP_S = 6.5, 0.45  # braking that a red light, a car or a walker in the way is worth
_STANDING = 0.3  # slower than this a driver counts as standing [m/s]
_PULLS_AWAY = 1.5  # how another is expected to gain speed [m/s^2]
_LOOKS_S, _LOOKS_M = 2.0, 5.0  # a driver looks at the others this much before it has to brake
_ENTERS_M = 1.0  # this far before the shared ground one counts as on it
_WALKS = 0.2  # sideways speed of somebody who means to cross [m/s]
STANDS_S = 2.0  # at a stop sign a driver stands so long, the last of its braking counted in,
_AT_LINE_M = 2.0  # no further from the line
_KERB_M = 1.5  # beside the carriageway one who means to cross is let across
_BESIDE_M = 0.3  # from the own body to who is in the way

# Columns of Rules.lines, Rules.zebras and Rules.conflicts.
LINE_PATH, LINE_S, LINE_GROUP, LINE_COLUMNS = 0, 1, 2, 3
MUST_STOP = -1  # in place of a group: a stop sign
ZEBRA_PATH, ZEBRA_HOLD, ZEBRA_FROM, ZEBRA_TO, ZEBRA_RIGHT, ZEBRA_LEFT, ZEBRA_COLUMNS = 0, 1, 2, 3, 4, 5, 6
HOLD, OWN_OUT, ITS_IN, ITS_OUT, CRITICAL_S, GROUP, MUTUAL, ITS_LINE, CONFLICT_COLUMNS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)


class Rules(NamedTuple):
    """What the paths of a table of tracks have to heed; P paths, G groups of signals, T steps.

    lines      (L, LINE_COLUMNS) stop lines of signals: path, station, group (MUST_STOP: of a stop sign)
    zebras     (Z, ZEBRA_COLUMNS) path, station to hold at, stations of the crossing, edges of the
               carriageway left of the path
    pairs      (P, P) row of `conflicts` where the first path's driver yields to the second's, else -1
    conflicts  (C, CONFLICT_COLUMNS) station to hold at, own station at which the shared ground ends,
               the other's stations of its begin and end, critical gap [s], group whose signal rules
               instead while it is lit (-1: yields at any signal), whether who waits longer may go first,
               station of the line at which the other waits to enter and is not waited for (-inf: none)
    signal     (T, G) what each group shows at each step
    """

    lines: F64
    zebras: F64
    pairs: I64
    conflicts: F64
    signal: U8


@step
def held(
    history: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    rules: Rules,
    n: int,
    i: int,
    time: float,
) -> tuple[float, float]:
    """Way from a driver's front to where it must hold (inf), and up to which station it has decided to go."""
    now, told = history[n, i], commands[i]
    going = now[at.GOING]
    if now[at.V] < _STANDING:
        going = -math.inf  # whoever has come to stand decides again
    front = now[at.S] + told[at.BACK] + told[at.HALF_LENGTH]
    obeys = int(told[at.OBEYS])
    hold = math.inf
    if obeys & OBEYS_SIGNALS:
        hold, going = _at_signals(rules, n, int(told[at.PATH]), front, now[at.V], going)
    if obeys & OBEYS_RIGHT_OF_WAY:
        yielding = math.inf
        if rules.pairs.shape[0] > 0:  # a road without junctions has no table
            yielding, going = _yields(history[n], commands, rules, n, i, time, front, going)
        walkers = _at_zebras(
            history[n], commands, samples, firsts, counts, steps_m, stations, rules, time, i, front
        )
        stops = _at_stop_signs(rules, int(told[at.PATH]), front, now[at.V], now[at.STOOD])
        hold = min(hold, yielding, walkers, stops)
    return hold - front, going


@step
def _stops(room: float, v: float) -> bool:
    """Whether a driver can still stop within a way, if it must."""
    return room >= v * _HARD_BUILDS_UP_S + v * v / (2.0 * _HARD)


@step
def _at_signals(rules: Rules, n: int, path: int, front: float, v: float, going: float) -> tuple[float, float]:
    """Station of the first line to be held at, and up to which line the driver goes on."""
    hold = math.inf
    for row in range(rules.lines.shape[0]):
        if int(rules.lines[row, LINE_PATH]) != path:
            continue
        line, group = rules.lines[row, LINE_S], int(rules.lines[row, LINE_GROUP])
        if group == MUST_STOP:
            continue
        shows = rules.signal[n, group]
        if line < front or line <= going or shows in (GREEN, OFF):
            continue
        room = line - front
        just_amber = shows == AMBER and (n == 0 or rules.signal[n - 1, group] != AMBER)
        goes_on = just_amber and room < v * _REACTION_S + v * v / (2.0 * _COMFORTABLE)
        if goes_on or not _stops(room, v):
            going = max(going, line)
        else:
            hold = min(hold, line)
    return hold, going


@step
def _at_stop_signs(rules: Rules, path: int, front: float, v: float, stood: float) -> float:
    """Station of the first line at which the driver has yet to come to a stand."""
    hold = math.inf
    for row in range(rules.lines.shape[0]):
        line = rules.lines[row, LINE_S]
        if int(rules.lines[row, LINE_PATH]) != path or int(rules.lines[row, LINE_GROUP]) != MUST_STOP:
            continue
        room = line - front
        if room >= 0.0 and line - stood > _AT_LINE_M and _stops(room, v):
            hold = min(hold, line)
    return hold


@step
def _yields(
    states: F64, commands: F64, rules: Rules, n: int, i: int, time: float, front: float, going: float
) -> tuple[float, float]:
    """Where to hold for those who have the right of way; without any, up to where the driver goes on."""
    told, v = commands[i], states[i, at.V]
    path = int(told[at.PATH])
    hold, decided = math.inf, -math.inf
    braking = v * v / (2.0 * _COMFORTABLE)
    for j in range(commands.shape[0]):
        other = commands[j]
        if j == i or other[at.PRESENT] == 0.0 or time < other[at.SEEN_FROM]:
            continue
        if other[at.MODE] in (at.STAND, at.CARRIED) or other[at.TURN_RATE] < math.inf:
            continue
        hold = min(hold, _lets_clear(states, commands, rules, i, j, front))
        row = rules.pairs[path, int(other[at.PATH])]
        if row < 0:
            continue
        conflict = rules.conflicts[row]
        stop = conflict[HOLD]
        room = stop - front
        if room < 0.0 or stop <= going or room > braking + _LOOKS_S * v + _LOOKS_M:
            continue
        middle = states[j, at.S] + other[at.BACK]
        if middle - other[at.HALF_LENGTH] > conflict[ITS_OUT]:
            continue
        if states[j, at.V] < _STANDING and middle + other[at.HALF_LENGTH] < conflict[ITS_LINE]:
            continue
        group = int(conflict[GROUP])
        comes = middle + other[at.HALF_LENGTH] < conflict[ITS_IN] - _ENTERS_M
        if comes and group >= 0 and rules.signal[n, group] != OFF:
            continue
        if room <= braking + 0.3 * v + 1.0:
            decided = max(decided, stop)
        if _arrives(states[j], other, rules, n, conflict[ITS_IN]) >= conflict[CRITICAL_S]:
            continue
        if conflict[MUTUAL] > 0.0 and comes and _is_first(states, commands, rules, i):
            continue
        if _stops(room, v):
            hold = min(hold, stop)
    if hold == math.inf:
        going = max(going, decided)
    return hold, going


@step
def _lets_clear(states: F64, commands: F64, rules: Rules, i: int, j: int, front: float) -> float:
    """Where to hold for one who has no right of way but has gone ahead, until it is gone; inf."""
    row = rules.pairs[int(commands[j, at.PATH]), int(commands[i, at.PATH])]
    if row < 0:
        return math.inf
    conflict, v = rules.conflicts[row], states[i, at.V]
    middle, half = states[j, at.S] + commands[j, at.BACK], commands[j, at.HALF_LENGTH]
    hold = conflict[ITS_IN] - _ENTERS_M
    room = hold - front
    goes = middle + half > conflict[HOLD] or states[j, at.GOING] >= conflict[HOLD]
    if room < 0.0 or not goes or middle - half >= conflict[OWN_OUT]:
        return math.inf
    clears = (conflict[OWN_OUT] - middle + half) / max(states[j, at.V], 1.5)
    arrives = (math.sqrt(v * v + 2.0 * _PULLS_AWAY * room) - v) / _PULLS_AWAY
    return hold if arrives < clears + 0.5 and _stops(room, v) else math.inf


@step
def _is_first(states: F64, commands: F64, rules: Rules, i: int) -> bool:
    """Whether one of those who stand and wait for each other has waited longest, and may go.

    One at a time: while another who had to yield to it is on the ground that both need, nobody follows.
    """
    if states[i, at.V] >= _STANDING or states[i, at.WAITED] < 1.0:
        return False
    path = int(commands[i, at.PATH])
    for j in range(commands.shape[0]):
        if j == i or commands[j, at.MODE] in (at.STAND, at.CARRIED) or commands[j, at.TURN_RATE] < math.inf:
            continue
        its = int(commands[j, at.PATH])
        if rules.pairs[path, its] < 0 and rules.pairs[its, path] < 0:
            continue
        row = rules.pairs[its, path]
        if row >= 0:
            conflict = rules.conflicts[row]
            middle, half = states[j, at.S] + commands[j, at.BACK], commands[j, at.HALF_LENGTH]
            goes = middle + half > conflict[HOLD] or states[j, at.GOING] >= conflict[HOLD]
            if goes and middle - half < conflict[OWN_OUT]:
                return False
        if states[j, at.V] >= _STANDING:
            continue  # it is looked at by itself: it comes, or it is gone
        waited, own = states[j, at.WAITED], states[i, at.WAITED]
        if waited > own or (waited == own and j < i):
            return False
    return True


@step
def _arrives(state: F64, told: F64, rules: Rules, n: int, station: float) -> float:
    """Seconds until somebody's front reaches a station, if it goes as fast as it may; inf if it waits."""
    v, front = state[at.V], state[at.S] + told[at.BACK] + told[at.HALF_LENGTH]
    way = station - front
    if way <= 0.0:
        return 0.0
    steady = way / v if v > 0.1 else math.inf
    if _waits_at_red(told, rules, n, front, state[at.GOING]) or told[at.MODE] == at.SLIDE:
        return steady
    most = max(told[at.WISHED], v)
    if most <= 0.1:
        return math.inf
    gaining = (math.sqrt(v * v + 2.0 * _PULLS_AWAY * way) - v) / _PULLS_AWAY
    return float(max(gaining, way / most))


@step
def _waits_at_red(told: F64, rules: Rules, n: int, front: float, going: float) -> bool:
    """Whether a driver who reacts has a light before it that bids it stop."""
    if told[at.MODE] not in (at.IDM, at.KRAUSS, at.CAREFUL) or not int(told[at.OBEYS]) & OBEYS_SIGNALS:
        return False
    for row in range(rules.lines.shape[0]):
        line = rules.lines[row, LINE_S]
        group = int(rules.lines[row, LINE_GROUP])
        mine = int(rules.lines[row, LINE_PATH]) == int(told[at.PATH]) and group != MUST_STOP
        if mine and line >= front and line > going:
            shows = rules.signal[n, group]
            if shows not in (GREEN, OFF):
                return True
    return False


@step
def _at_zebras(
    states: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    rules: Rules,
    time: float,
    i: int,
    front: float,
) -> float:
    """Where to hold for somebody who crosses, or is about to, on a zebra crossing ahead."""
    own, told = states[i], commands[i]
    path, v = int(told[at.PATH]), own[at.V]
    hold = math.inf
    for row in range(rules.zebras.shape[0]):
        zebra = rules.zebras[row]
        room = zebra[ZEBRA_HOLD] - front
        far = room > v * v / (2.0 * _COMFORTABLE) + _LOOKS_S * v + _LOOKS_M
        if int(zebra[ZEBRA_PATH]) != path or room < 0.0 or far or not _stops(room, v):
            continue
        for j in range(commands.shape[0]):
            other = commands[j]
            walks = other[at.TURN_RATE] < math.inf and other[at.MODE] != at.CARRIED
            if not walks or other[at.PRESENT] == 0.0 or time < other[at.SEEN_FROM]:
                continue
            x, y = states[j, at.X], states[j, at.Y]
            s = nearest_station(samples, firsts, counts, steps_m, path, x, y, stations[i, j])
            stations[i, j] = s
            if s < zebra[ZEBRA_FROM] or s > zebra[ZEBRA_TO]:
                continue
            px, py, heading, _ = path_point(samples, firsts, counts, steps_m, path, s)
            left = (y - py) * math.cos(heading) - (x - px) * math.sin(heading)
            if left < zebra[ZEBRA_RIGHT] - _KERB_M or left > zebra[ZEBRA_LEFT] + _KERB_M:
                continue
            reach = told[at.HALF_WIDTH] + other[at.HALF_WIDTH] + _BESIDE_M
            aside = left - own[at.D]
            crossing = states[j, at.V] * math.sin(states[j, at.YAW] - heading)
            if abs(aside) <= reach or (abs(crossing) > _WALKS and crossing * aside < 0.0):
                hold = min(hold, zebra[ZEBRA_HOLD])
    return hold
