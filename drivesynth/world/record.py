"""From the states of a simulation to a Rollout: ground under every wheel, springs, joints and lamps."""

import numpy as np
from drivesynth_kernels import columns as at
from drivesynth_kernels.springs import settle

from drivesynth.arrays import F64, U32, Bool
from drivesynth.assets.model import CHANNEL, CHANNELS, DOORS, LIGHTS
from drivesynth.streams import uniform
from drivesynth.world.ground import Ground, smoothed, under
from drivesynth.world.live import STEP_S, Live
from drivesynth.world.rollout import Rollout
from drivesynth.world.tram_bends import bends_rad
from drivesynth.world.walkers import gait_rad, stride_m

_PITCH_RAD = np.radians(0.6)  # of a body on its springs per m/s^2 of braking
_ROLL_RAD = np.radians(0.5)  # per m/s^2 to the side
_SPRING_S = 0.15
_MOST_STEER_RAD = np.radians(35.0)
_PEDAL_M = 5.2  # way per turn of the cranks
_FLASH_HZ = 1.5
_BEACON_HZ = 2.0  # UN R65: 2 to 4
_GRAVITY = 9.81
_BRAKE_LIGHT_MPS2 = 0.6
_DUSK_RAD = np.radians(4.0)
_MURKY_M = 1000.0  # sight at which drivers turn their lights on by day


def record(live: Live, last: int, events: dict[str, float]) -> Rollout:
    """The rollout of the steps from 0 up to and with `last`."""
    states = live.history[: last + 1]
    time = np.arange(last + 1, dtype=np.float64) * STEP_S
    yaw, speed, accel = (states[:, :, c] for c in (at.YAW, at.V, at.ACC))
    present = _present(live, states)
    ground = under(live, states)
    yaw_rate = np.gradient(yaw, STEP_S, axis=0) if last else np.zeros_like(yaw)
    tilt = _tilt(live, accel, speed * yaw_rate)
    rpy = np.concatenate([ground.roll_pitch_rad + tilt, yaw[:, :, None]], axis=2)
    return Rollout(
        scenario=live.scenario,
        time_s=time,
        position_m=np.concatenate([states[:, :, at.X : at.Y + 1], ground.height_m[:, :, None]], axis=2),
        rpy_rad=rpy,
        speed_mps=speed.copy(),
        accel_mps2=accel.copy(),
        articulation=_articulation(live, states, yaw_rate),
        lights=_lights(live, states, time, ground),
        present=present,
        lane=ground.lane,
        lane_names=tuple(live.network.lanes),
        station_m=ground.station_m,
        events=events,
        hit_s=dict(live.hit_s),
        signals=live.signals(0, last),
        tilt_rad=tilt,
    )


def _present(live: Live, states: F64) -> Bool:
    present = np.ones(states.shape[:2], np.bool_)
    for mark in live.marks:
        if mark.kind == "present":
            present[mark.step :, mark.actor] = mark.value > 0
    for event in live.scenario.story:  # who appears later is not there before
        for name, listed in event.do.items():
            if listed and listed[0].kind == "appear":
                row = live.row(name)
                shown = [m.step for m in live.marks if m.kind == "present" and m.actor == row]
                present[: min(shown, default=len(present)), row] = False
    for i in range(1, len(live.actors)):
        # Whoever drives off the end of its road is gone; the ego ends the rollout there instead.
        rests = live.commands[i, at.MODE] in (at.STAND, at.CARRIED, at.REPLAY)
        moving = not rests and not live.bodies[i].walks
        if moving:
            present[:, i] &= states[:, i, at.S] <= live.path(i).length_m
    return present


def _tilt(live: Live, accel: F64, sideways: F64) -> F64:
    """(T, A, 2) roll and pitch of bodies on their springs: outward in bends, nose down when braking."""
    sprung = np.array([b.wheelbase_m > 0 and not b.two_wheeler for b in live.bodies], np.float64)
    tilt = np.zeros((*accel.shape, 2))
    settle(np.clip(sideways, -8.0, 8.0) * _ROLL_RAD * sprung, _SPRING_S, STEP_S, tilt[:, :, 0])
    settle(-np.clip(accel, -9.0, 4.0) * _PITCH_RAD * sprung, _SPRING_S, STEP_S, tilt[:, :, 1])
    return tilt


def _articulation(live: Live, states: F64, yaw_rate: F64) -> F64:
    steps, actors = states.shape[:2]
    joints = np.zeros((steps, actors, len(CHANNELS)))
    speed = states[:, :, at.V]
    for i, body in enumerate(live.bodies):
        v, own = speed[:, i], joints[:, i]
        if body.walks:
            stride = stride_m(v, body.height_m)
            own[:, CHANNEL["stride_m"]] = stride
            own[:, CHANNEL["gait_rad"]] = gait_rad(v, stride, STEP_S)
        own[:, CHANNEL["hitch_rad"]] = states[:, i, at.HITCH]
        for name in live.actors[i].open:
            channel, angle = DOORS[name]
            own[:, CHANNEL[channel]] = angle
        if live.actors[i].class_name == "tram" and live.commands[i, at.MODE] != at.REPLAY:
            module_m = live.actors[i].size_m[0] / 3
            xy, yaw = states[:, i, at.X : at.Y + 1], states[:, i, at.YAW]
            front, rear = bends_rad(live.path(i), xy, yaw, module_m)
            own[:, CHANNEL["front_bend_rad"]], own[:, CHANNEL["rear_bend_rad"]] = front, rear
        if not body.wheelbase_m or not v.any():
            continue
        way = _integral(v)
        if body.wheel_radius_m:
            own[:, CHANNEL["wheel_rad"]] = way / body.wheel_radius_m
        rolling = np.abs(v) > 0.3
        bend = _held(np.where(rolling, yaw_rate[:, i] / np.where(rolling, v, 1.0), 0.0), rolling)
        steer = np.arctan(body.wheelbase_m * bend)
        own[:, CHANNEL["steer_rad"]] = np.clip(steer, -_MOST_STEER_RAD, _MOST_STEER_RAD)
        if body.two_wheeler:
            lean = np.arctan(v * yaw_rate[:, i] / _GRAVITY)
            own[:, CHANNEL["lean_rad"]] = smoothed(lean, 30)
            pedalling = np.where(states[:, i, at.ACC] > -0.3, v, 0.0)
            own[:, CHANNEL["pedal_rad"]] = _integral(pedalling) * 2 * np.pi / _PEDAL_M
    for mark in live.marks:
        if mark.kind == "door":
            since = np.clip((np.arange(steps) - mark.step) * STEP_S / mark.seconds, 0.0, 1.0)
            column = joints[:, mark.actor, CHANNEL[DOORS[mark.name or "driver"][0]]]
            column += (mark.value - column[min(mark.step, steps - 1)]) * since * since * (3 - 2 * since)
    return joints


def _changing(states: F64, left: int) -> Bool:
    """(T,) whether a driver who chooses its lane is on its way to the next one on a side."""
    slot = states[:, at.SLOT]
    steps = np.flatnonzero(np.diff(slot))
    going = np.zeros(len(states), np.bool_)
    for step in steps:
        if (slot[step + 1] - slot[step]) * left > 0:
            until = np.flatnonzero(states[step + 1 :, at.CLOCK] >= states[step + 1 :, at.LATERAL_TIME])
            going[step + 1 : step + 1 + (until[0] if len(until) else len(states))] = True
    return going


def _integral(rate: F64) -> F64:
    return np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * STEP_S)])


def _held(values: F64, valid: Bool) -> F64:
    """The last valid value, wherever one came before."""
    latest = np.maximum.accumulate(np.where(valid, np.arange(len(values)), 0))
    return values[latest]


def _lights(live: Live, states: F64, time: F64, ground: Ground) -> U32:
    bit = {name: np.uint32(1 << i) for i, name in enumerate(LIGHTS)}
    steps, actors = states.shape[:2]
    on = {name: np.zeros((steps, actors), np.bool_) for name in LIGHTS}
    environment = live.scenario.environment
    dark = environment.sun_elevation_rad < _DUSK_RAD
    murky = (environment.fog_mor_m or np.inf) < _MURKY_M or environment.rain_mm_h + environment.snow_mm_h > 0
    tunnel = live.scenario.road.tunnel or (np.inf, -np.inf)
    covered = (ground.lane >= 0) & (ground.station_m >= tunnel[0]) & (ground.station_m <= tunnel[1])
    for i, (actor, body) in enumerate(zip(live.actors, live.bodies, strict=True)):
        for name in actor.lights:
            if name in on:
                on[name][:, i] = True
        if not body.wheelbase_m or actor.class_name in ("bicycle", "escooter"):
            continue
        v, a = states[:, i, at.V], states[:, i, at.ACC]
        driven = bool(v.any())
        on["brake"][:, i] |= driven & ((a < -_BRAKE_LIGHT_MPS2) | (v < 0.05))
        # Who stands in a queue or with hazard lights sits in a car whose lights are on; the parked do not.
        manned = driven or bool({"brake", "hazard"} & set(actor.lights))
        on["low_beam"][:, i] |= (dark or murky) and (manned if murky else driven)
        on["low_beam"][:, i] |= manned & covered[:, i]
        if live.commands[i, at.CHANGES] > 0:
            for name, left in (("indicator_left", 1), ("indicator_right", -1)):
                on[name][:, i] |= _changing(states[:, i], left)
    for mark in sorted(live.marks, key=lambda m: m.step):
        if mark.name in on:
            end = mark.step + round(mark.seconds / STEP_S) if mark.seconds else steps
            on[mark.name][mark.step : end, mark.actor] = mark.kind == "on"
    seed, variant = live.scenario.seed, live.scenario.variant
    phases = np.array([uniform(seed, f"{actor.name}.flash", variant) for actor in live.actors])
    flash = (time[:, None] * _FLASH_HZ + phases) % 1.0 < 0.5  # no two cars blink together
    on["hazard"] &= flash
    on["beacon"] &= (time * _BEACON_HZ % 1.0 < 0.5)[:, None]
    for side in ("indicator_left", "indicator_right"):
        on[side] = (on[side] & flash) | on["hazard"]
    lights = np.zeros((steps, actors), np.uint32)
    for name in LIGHTS:
        lights |= np.where(on[name], bit[name], np.uint32(0))
    return lights
