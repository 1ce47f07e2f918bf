"""What each action of a story tells an actor, and when it is done.

An action is done at the first step at which its test holds; the tests look at the whole stretch that
has just been simulated, one row a step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.arrays import F64, Bool
from drivesynth.assets.model import DOORS
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.model import Action, Aim, Placement
from drivesynth.streams import uniform
from drivesynth.world import aim as aiming
from drivesynth.world.drivers import number
from drivesynth.world.live import STEP_S, Live, Mark, straight
from drivesynth.world.signals import SHOWS

Plan = Callable[[Live, int], None]
Done = Callable[[F64, F64], Bool]  # (N, STATE_COLUMNS) states and (N,) times -> (N,)

_LANE_CHANGE_S = 4.0
_WALKING_MPS, _RUNNING_MPS = 1.4, 3.0
_STUMBLE_S = 0.8
_STUMBLING = 0.15  # of the speed is left
_CATCHING_MPS2 = 6.0  # how hard a walker's step is broken
_DOOR_S = 1.0


@dataclass(frozen=True)
class Acting:
    """Everything an action may need: the world, who acts, how to look ahead, and a name for its draws."""

    live: Live
    actor: int
    plan: Plan
    stream: str


def start(acting: Acting, action: Action) -> Done:
    """Begin an action now; returns its test."""
    if action.kind not in ACTIONS:
        raise RequestError(f"no action {action.kind!r}{did_you_mean(action.kind, ACTIONS)}")
    return ACTIONS[action.kind](acting, action)


def _at_once(states: F64, times: F64) -> Bool:
    return np.ones(len(times), np.bool_)


def _after(time_s: float) -> Done:
    return lambda states, times: times >= time_s - 1e-9


def _speed(acting: Acting, action: Action) -> Done:
    live, told = acting.live, acting.live.commands[acting.actor]
    wished = number(action.args, "to_mps", 0.0)
    body, now = live.bodies[acting.actor], float(live.now[acting.actor, at.V])
    usual = body.accel_mps2 if wished > now else body.decel_mps2
    over_s = number(action.args, "over_s", 0.0)
    rate = abs(wished - now) / over_s if over_s > 0 else number(action.args, "accel_mps2", usual)
    told[at.WISHED] = wished
    told[at.RATE] = abs(rate)
    if told[at.MODE] not in (at.IDM, at.KRAUSS, at.CAREFUL):
        told[at.MODE] = at.HOLD
    return lambda states, times: np.abs(states[:, at.V] - wished) < 0.02


def _brake(acting: Acting, action: Action) -> Done:
    live, told = acting.live, acting.live.commands[acting.actor]
    wished = max(number(action.args, "to_mps", 0.0), 0.0)
    told[at.MODE], told[at.WISHED] = at.HOLD, min(wished, max(float(live.now[acting.actor, at.V]), 0.0))
    told[at.RATE] = number(action.args, "decel_mps2", live.bodies[acting.actor].decel_mps2)
    goal = float(told[at.WISHED])
    if told[at.RATE] <= 0.0:
        return _at_once
    return lambda states, times: states[:, at.V] <= goal + 0.02


def _change_lane(acting: Acting, action: Action) -> Done:
    live, i = acting.live, acting.actor
    state = live.now[i]
    to = str(action.args.get("to", "left"))
    target: str | None = to
    if to in ("left", "right"):
        lane = _lane_at(live, i)
        target = None if lane is None else getattr(live.network.lane(lane), to)
    if target is None:
        raise RequestError(f"{live.actors[i].name!r} has no lane to its {to}", field="change_lane.to")
    centre = live.network.lane(target).centre
    s, left = centre.project(state[at.X], state[at.Y])
    sideways = -left
    if np.cos(centre.pose(s).heading_rad - state[at.YAW]) < 0:
        sideways = left
    offset = number(action.args, "offset_m", 0.0)
    return _sideways(acting, action, sideways + offset, announced=1.0)


def _offset(acting: Acting, action: Action) -> Done:
    state = acting.live.now[acting.actor]
    if "to_m" in action.args:
        return _sideways(acting, action, number(action.args, "to_m", 0.0) - float(state[at.D]), announced=0.0)
    return _sideways(acting, action, number(action.args, "by_m", 0.0), announced=0.0)


def _sideways(acting: Acting, action: Action, left_m: float, announced: float) -> Done:
    """A quintic to the side; `lateral_mps` is its greatest lateral speed, 1.875 times the mean one.

    announced  how probably the indicator is used, where the action does not say
    """
    live, i = acting.live, acting.actor
    told, state = live.commands[i], live.now[i]
    duration = number(action.args, "duration_s", _LANE_CHANGE_S)
    lateral = number(action.args, "lateral_mps", 0.0)
    if lateral > 0.0:
        duration = max(1.875 * abs(left_m) / lateral, 0.1)
    goal = float(state[at.D]) + left_m
    state[at.SLOT], centre = live.slot(i, goal)
    state[at.LATERAL_FROM], state[at.LATERAL_TO] = state[at.D] - centre, goal - centre
    state[at.LATERAL_TIME], state[at.CHOSEN] = duration, 0.0
    told[at.CHANGES] = min(told[at.CHANGES], at.NEEDED)  # who is told its lane looks for no other
    # A vehicle's way over the ground is fixed at its start: slower, it takes longer over it.
    state[at.LATERAL_SPEED] = 0.0 if live.bodies[i].walks else max(float(state[at.V]), 1.0)
    state[at.CLOCK] = 0.0
    chance = number(action.args, "indicator_ratio", announced)
    if chance > uniform(live.scenario.seed, f"{acting.stream}.indicator", live.scenario.variant):
        light = "indicator_left" if left_m > 0 else "indicator_right"
        live.marks.append(Mark(live.step, i, "on", light, seconds=duration))
    return lambda states, times: states[:, at.CLOCK] >= duration


def _follow(acting: Acting, action: Action) -> Done:
    route = str(action.args.get("route", ""))
    live = acting.live
    live.put_on(acting.actor, live.network.route([name.strip() for name in route.split(",")]))
    return _at_once


def _walk(acting: Acting, action: Action) -> Done:
    """Walk or run straight to a place, or on along the present way; a walker stops where it was sent."""
    live, i = acting.live, acting.actor
    told, state = live.commands[i], live.now[i]
    usual = _RUNNING_MPS if action.kind == "run" else _WALKING_MPS
    speed = number(action.args, "speed_mps", max(float(state[at.V]), usual))
    goal = action.args.get("to")
    told[at.MODE], told[at.WISHED] = at.HOLD, speed
    told[at.RATE] = speed**2 / (2.0 * live.bodies[i].start_m)  # up to speed over the walker's start way
    if not isinstance(goal, Placement):
        return lambda states, times: states[:, at.V] >= speed - 0.02
    x, y = _spot(live.network, goal)
    dx, dy = x - state[at.X], y - state[at.Y]
    way = float(np.hypot(dx, dy))
    if way < 0.05:
        return _at_once
    live.put_on(i, straight(float(state[at.X]), float(state[at.Y]), float(np.arctan2(dy, dx)), way))
    told[at.STOP_S] = way
    return lambda states, times: states[:, at.S] >= way - 0.02


def _stumble(acting: Acting, action: Action) -> Done:
    """Slow down nearly to a stand; `_recover` follows."""
    live, told = acting.live, acting.live.commands[acting.actor]
    told[at.MODE], told[at.RATE] = at.HOLD, _CATCHING_MPS2
    told[at.WISHED] = _STUMBLING * float(live.now[acting.actor, at.V])
    return _after(live.time_s + number(action.args, "for_s", _STUMBLE_S))


def _recover(acting: Acting, action: Action) -> Done:
    """Go on as fast as before the stumble, which lies as far back as it took."""
    live, told = acting.live, acting.live.commands[acting.actor]
    before = max(live.step - round(number(action.args, "for_s", _STUMBLE_S) / STEP_S), 0)
    speed = float(live.history[before, acting.actor, at.V])
    told[at.WISHED], told[at.RATE] = speed, live.bodies[acting.actor].accel_mps2
    return lambda states, times: states[:, at.V] >= speed - 0.02


def _turn_back(acting: Acting, action: Action) -> Done:
    """Back along the way one came, as far as one came; a stop went before it."""
    live, i = acting.live, acting.actor
    told, state = live.commands[i], live.now[i]
    came = float(state[at.TRAVELLED])
    live.put_on(i, live.path(i).reversed())
    speed = number(action.args, "speed_mps", _WALKING_MPS)
    told[at.MODE], told[at.WISHED] = at.HOLD, speed
    told[at.RATE] = speed**2 / (2.0 * live.bodies[i].start_m)
    goal = float(state[at.S]) + came
    told[at.STOP_S] = goal
    return lambda states, times: states[:, at.S] >= goal - 0.02


def _spot(network: RoadNetwork, place: Placement) -> tuple[float, float]:
    if place.lane is None:
        return place.x_m, place.y_m
    pose = network.lane(place.lane).pose(place.s_m, place.offset_m)
    return pose.x_m, pose.y_m


def _wait(acting: Acting, action: Action) -> Done:
    return _after(acting.live.time_s + number(action.args, "for_s", 1.0))


def _stop(acting: Acting, action: Action) -> Done:
    live, told = acting.live, acting.live.commands[acting.actor]
    told[at.MODE], told[at.WISHED] = at.HOLD, 0.0
    told[at.RATE] = number(action.args, "decel_mps2", live.bodies[acting.actor].decel_mps2)
    return lambda states, times: states[:, at.V] <= 0.001


def _aim(acting: Acting, action: Action) -> Done:
    args = action.args
    miss = args.get("miss_m")
    until = args.get("until_s")
    aim = Aim(
        at=str(args.get("at", "ego")),
        impact_ratio=number(args, "impact_ratio", 0.5),
        speed_mps=number(args, "speed_mps", 1.4),
        miss_m=None if miss is None else number(args, "miss_m", 0.0),
        until_s=None if until is None else number(args, "until_s", 0.0),
    )
    aiming.solve(acting.live, acting.actor, aim, acting.plan)
    return _after(acting.live.hit_s[acting.live.actors[acting.actor].name])


def _open_door(acting: Acting, action: Action) -> Done:
    live = acting.live
    which = str(action.args.get("which", "driver"))
    angle = number(action.args, "angle_rad", DOORS[which][1])
    seconds = number(action.args, "duration_s", _DOOR_S)
    live.marks.append(Mark(live.step, acting.actor, "door", which, angle, max(seconds, STEP_S)))
    return _after(live.time_s + seconds)


def _drop(acting: Acting, action: Action) -> Done:
    """What rides on the actor comes off and slides to rest."""
    live = acting.live
    for i in range(len(live.actors)):
        told, state = live.commands[i], live.now[i]
        if told[at.MODE] != at.CARRIED or told[at.CARRIER] != acting.actor:
            continue
        told[at.MODE], told[at.CARRIER] = at.SLIDE, -1.0
        told[at.RATE] = live.bodies[i].decel_mps2
        live.put_on(i, straight(float(state[at.X]), float(state[at.Y]), float(state[at.YAW]), 100.0))
        live.marks.append(Mark(live.step, i, "dropped"))
    return _at_once


def _lights(acting: Acting, action: Action) -> Done:
    live = acting.live
    for kind in ("on", "off"):
        for name in str(action.args.get(kind) or "").replace(",", " ").split():
            live.marks.append(Mark(live.step, acting.actor, kind, name))
    return _at_once


def _presence(value: float) -> Callable[[Acting, Action], Done]:
    def change(acting: Acting, action: Action) -> Done:
        acting.live.commands[acting.actor, at.PRESENT] = value
        acting.live.marks.append(Mark(acting.live.step, acting.actor, "present", value=value))
        return _at_once

    return change


def _signal(acting: Acting, action: Action) -> Done:
    """The acting row is -1 less the group of signals."""
    live, to = acting.live, str(action.args.get("to", "plan"))
    if acting.actor >= 0:
        raise RequestError("signal is for an arm with signals", field="signal")
    live.show(live.groups[-1 - acting.actor], SHOWS.get(to))
    return _at_once


def _noted(acting: Acting, action: Action) -> Done:
    """Gestures and faults move nothing: the event's time is what others read."""
    return _at_once


ACTIONS: dict[str, Callable[[Acting, Action], Done]] = {
    "speed": _speed,
    "brake": _brake,
    "change_lane": _change_lane,
    "offset": _offset,
    "follow": _follow,
    "walk": _walk,
    "run": _walk,
    "stumble": _stumble,
    "recover": _recover,
    "turn_back": _turn_back,
    "wait": _wait,
    "stop": _stop,
    "aim": _aim,
    "open_door": _open_door,
    "drop": _drop,
    "lights": _lights,
    "gesture": _noted,
    "signal": _signal,
    "appear": _presence(1.0),
    "vanish": _presence(0.0),
    "fault": _noted,
}


def _lane_at(live: Live, actor: int) -> str | None:
    state = live.now[actor]
    return live.network.locate(float(state[at.X]), float(state[at.Y]))[0]
