"""Which lane a driver wants: MOBIL, and the change that a lane's end asks for.

Kesting, Treiber and Helbing, "General Lane-Changing Model MOBIL for Car-Following Models", Transportation
Research Record 1999, 2007: a change must be safe for the new follower, and what the driver gains must
outweigh, by politeness, what the followers lose. Accelerations are those of the following model.
"""

import math

from numpy import float64, int64
from numpy.typing import NDArray

from drivesynth_kernels import columns as at
from drivesynth_kernels.bodies import parts, reach
from drivesynth_kernels.car_following import iidm_with_cah
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.lateral import still_to_go
from drivesynth_kernels.tracks import SLOTS_ASIDE, nearest_station, path_point, slot_at

F64 = NDArray[float64]
I64 = NDArray[int64]

# The paper's table 2.
SAFE_DECEL = 4.0  # most braking that a change may ask of the new follower [m/s^2]
THRESHOLD = 0.1  # least gain [m/s^2]
BIAS = 0.3  # towards the slow lane where traffic keeps to one side [m/s^2]
UNDERTAKING_MPS = 60.0 / 3.6  # above this speed nobody passes on the slow side

ROOM_M = 10.0  # before a lane's end that is kept to leave it by
_SURE_DECEL = 0.5  # in place of SAFE_DECEL for those who would not brake
_SIGHT_M = 150.0
_DURATION_S = 4.0  # of a change
_LEAST_MPS = 3.5  # a change's way is that of this speed at least: the wheels turn no further
_PAUSE_S = 3.0  # after a change, before the next one that is not needed
_PLANNING_S = 10.0  # so long before its lane ends a driver looks for a gap,
_PLANNING_M = 50.0  # and this much earlier
_LEAST_GAP_M = 1.5
_BESIDE_M = 0.3  # sideways between bodies that are in no common lane


@kernel
def incentive(
    keep: float,
    side: float,
    gain: tuple[float, float],
    new_follower: tuple[float, float],
    old_follower: tuple[float, float],
    politeness: float,
) -> float:
    """MOBIL's incentive less its threshold: a change is wanted where it is positive.

    keep   side of the slow lane, -1 right, 1 left; 0: the symmetric rule (the paper's equation 4)
    side   of the lane in question: 1 left, -1 right
    gain, new_follower, old_follower  accelerations before and after the change
    With a slow lane (equations 7 and 8) only the follower on the fast lane counts.
    """
    own = gain[1] - gain[0]
    theirs_new, theirs_old = new_follower[1] - new_follower[0], old_follower[1] - old_follower[0]
    if keep == 0.0:
        return own + politeness * (theirs_new + theirs_old) - THRESHOLD
    if side == keep:
        return own + politeness * theirs_old - (THRESHOLD - BIAS)
    return own + politeness * theirs_new - (THRESHOLD + BIAS)


@kernel
def not_undertaking(a_slow: float, a_fast: float, v: float, v_fast: float) -> float:
    """Acceleration on the slow lane where passing the leader on the fast lane is forbidden (equation 5)."""
    if v > v_fast and v_fast > UNDERTAKING_MPS:
        return min(a_slow, a_fast)
    return a_slow


@step
def room_in_lane(own: F64, told: F64, samples: F64, firsts: I64, counts: I64, steps_m: F64) -> float:
    """From an actor's front to where the lane it is in, or is moving to, ends; inf where it does not."""
    _, _, end = slot_at(samples, firsts, counts, steps_m, int(told[at.PATH]), int(own[at.SLOT]), own[at.S])
    room = end - own[at.S] - told[at.BACK] - told[at.HALF_LENGTH]
    return room if room > -ROOM_M else math.inf  # one who is past the end has other things to mind


@step
def following(told: F64, v: float, gap: float, v_lead: float, a_lead: float) -> float:
    """How an actor would accelerate behind a leader."""
    wished = told[at.WISHED] if _drives(told) else max(v, 0.1)
    return iidm_with_cah(
        v, gap, v_lead, a_lead, wished, told[at.ACCEL], told[at.DECEL], told[at.HEADWAY], told[at.MIN_GAP]
    )


@step
def _drives(told: F64) -> bool:
    return bool(told[at.MODE] == at.IDM or told[at.MODE] == at.KRAUSS or told[at.MODE] == at.CAREFUL)


@kernel
def choose_lane(
    states: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    time: float,
    i: int,
) -> None:
    """Begin a lane change of one driver if it needs or wants one and a gap is there.

    states    (A, columns.STATE_COLUMNS) of one instant; row `i` is told its new lane
    stations  (A, A) as in `agents.advance`
    """
    own, told = states[i], commands[i]
    since = own[at.CLOCK] - own[at.LATERAL_TIME]
    if not _drives(told) or told[at.PRESENT] == 0.0 or since < 0.0:
        return
    path, slot, v = int(told[at.PATH]), int(own[at.SLOT]), own[at.V]
    horizon = _PLANNING_S * v + _PLANNING_M
    room = room_in_lane(own, told, samples, firsts, counts, steps_m)
    needed = room < horizon
    if not needed and (told[at.CHANGES] < at.FREELY or since < _PAUSE_S or v < 1.0):
        return
    best, best_slot = -math.inf, slot
    for turn in range(2):
        # The slow side first: of two that are as good it is taken.
        side = (1 - 2 * turn) * (-1 if told[at.KEEP] <= 0.0 else 1)
        target = slot + side
        if abs(target) > SLOTS_ASIDE:
            continue
        _, _, end = slot_at(samples, firsts, counts, steps_m, path, target, own[at.S])
        there = end - own[at.S] - told[at.BACK] - told[at.HALF_LENGTH]
        if there < (room + 20.0 if needed else horizon) or there < 0.0:
            continue
        worth = _worth(states, commands, samples, firsts, counts, steps_m, stations, time, i, side)
        if worth > -math.inf and (needed or worth > 0.0) and worth > best:
            best, best_slot = worth, target
    if best_slot != slot:
        centre, _, _ = slot_at(samples, firsts, counts, steps_m, path, best_slot, own[at.S])
        own[at.SLOT] = best_slot
        own[at.LATERAL_FROM], own[at.LATERAL_TO] = own[at.D] - centre, 0.0
        own[at.LATERAL_TIME], own[at.LATERAL_SPEED] = _DURATION_S, max(v, _LEAST_MPS)
        own[at.CLOCK], own[at.CHOSEN] = 0.0, 1.0


@step
def _worth(
    states: F64,
    commands: F64,
    samples: F64,
    firsts: I64,
    counts: I64,
    steps_m: F64,
    stations: F64,
    time: float,
    i: int,
    side: int,
) -> float:
    """What a change to one side is worth to a driver, less the threshold; -inf where it is not safe."""
    own, told = states[i], commands[i]
    path, slot, v = int(told[at.PATH]), int(own[at.SLOT]), own[at.V]
    here, _, _ = slot_at(samples, firsts, counts, steps_m, path, slot, own[at.S])
    there, _, _ = slot_at(samples, firsts, counts, steps_m, path, slot + side, own[at.S])
    half = told[at.HALF_WIDTH] + _BESIDE_M
    s_own, half_length = own[at.S] + told[at.BACK], told[at.HALF_LENGTH]
    # Leader and follower here and there: row (-1: none), gap, speed and acceleration along the path.
    lead_here, lead_there, behind_here, behind_there = -1, -1, -1, -1
    gap_here, gap_there, back_here, back_there = math.inf, math.inf, math.inf, math.inf
    v_here, a_here, v_there, a_there = 0.0, 0.0, 0.0, 0.0
    for j in range(commands.shape[0]):
        other, state = commands[j], states[j]
        if j == i or other[at.PRESENT] == 0.0 or time < other[at.SEEN_FROM] or other[at.MODE] == at.CARRIED:
            continue
        dx, dy = state[at.X] - own[at.X], state[at.Y] - own[at.Y]
        if dx * dx + dy * dy > _SIGHT_M * _SIGHT_M:
            continue
        s = nearest_station(samples, firsts, counts, steps_m, path, state[at.X], state[at.Y], stations[i, j])
        stations[i, j] = s
        x, y, heading, _ = path_point(samples, firsts, counts, steps_m, path, s)
        left = (state[at.Y] - y) * math.cos(heading) - (state[at.X] - x) * math.sin(heading)
        cos = math.cos(state[at.YAW] - heading)
        # Where it is going sideways counts like where it is.
        going = still_to_go(state) * cos
        v_other, a_other = state[at.V] * cos, state[at.ACC] * cos
        count = parts(state, other)
        for part in range(count):
            forward, aside, along, across = reach(state, other, part, count, heading)
            low = left + aside + min(going, 0.0) - across
            high = left + aside + max(going, 0.0) + across
            in_here = low < here + half and high > here - half
            in_there = low < there + half and high > there - half
            if not in_here and not in_there:
                continue
            gap = abs(s + forward - s_own) - along - half_length
            if in_there and gap < _LEAST_GAP_M:
                return -math.inf
            if s + forward >= s_own:
                if in_here and gap < gap_here:
                    lead_here, gap_here, v_here, a_here = j, gap, v_other, a_other
                if in_there and gap < gap_there:
                    lead_there, gap_there, v_there, a_there = j, gap, v_other, a_other
            else:
                if in_here and gap < back_here:
                    behind_here, back_here = j, gap
                if in_there and gap < back_there:
                    behind_there, back_there = j, gap

    lane_end = room_in_lane(own, told, samples, firsts, counts, steps_m)
    a_now = following(told, v, gap_here, v_here, a_here)
    if lane_end - ROOM_M < math.inf:
        a_now = min(a_now, following(told, v, lane_end - ROOM_M, 0.0, 0.0))
    a_then = following(told, v, gap_there, v_there, a_there)
    if a_then < -SAFE_DECEL:
        return -math.inf
    new, new_then = 0.0, 0.0
    if behind_there >= 0:
        its, behind = commands[behind_there], states[behind_there]
        v_behind = behind[at.V] * math.cos(behind[at.YAW] - own[at.YAW])
        if v_behind < -0.5:  # it comes towards us
            return -math.inf
        between = gap_there + back_there + 2.0 * half_length
        new = following(its, v_behind, between, v_there, a_there)
        new_then = following(its, v_behind, back_there, v, own[at.ACC])
        if new_then < -(SAFE_DECEL if _drives(its) else _SURE_DECEL):
            return -math.inf
    if lead_there >= 0 and v_there < -0.5:
        return -math.inf
    old, old_then = 0.0, 0.0
    if behind_here >= 0:
        its, behind = commands[behind_here], states[behind_here]
        v_behind = behind[at.V] * math.cos(behind[at.YAW] - own[at.YAW])
        old = following(its, v_behind, back_here, v, own[at.ACC])
        old_then = following(its, v_behind, gap_here + back_here + 2.0 * half_length, v_here, a_here)
    keep = told[at.KEEP]
    if keep == side and lead_here >= 0:
        a_then = not_undertaking(a_then, a_now, v, v_here)
    elif keep == -side and lead_there >= 0:
        a_now = not_undertaking(a_now, a_then, v, v_there)
    return incentive(
        keep, float(side), (a_now, a_then), (new, new_then), (old, old_then), told[at.POLITENESS]
    )
