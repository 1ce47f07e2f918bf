"""Wheel odometry: pulses of the rear wheels, and the speeds an odometer makes of them."""

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.scene.navigation import Wheels
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.world.bodies import body_of
from drivesynth.world.rollout import Rollout

_TRACK_RATIO = 0.85  # of the body's width between the middles of the tyres
_COMMON_RADIUS_M = 0.32


def wheel_ways_m(rollout: Rollout, time_s: F64) -> F64:
    """(N, 2) how far the left and right rear wheel have rolled on the ground."""
    body = body_of(rollout.scenario.ego)
    side = _TRACK_RATIO * body.width_m / 2.0
    poses = world_from_vehicle(rollout, rollout.time_s)
    ways = []
    for y in (side, -side):
        spots = poses[:, :3, :3] @ np.array([-body.back_m, y, 0.0]) + poses[:, :3, 3]
        steps = np.diff(spots, axis=0)
        forward = 0.5 * (poses[1:, :3, 0] + poses[:-1, :3, 0])
        rolled = np.concatenate([[0.0], np.cumsum(np.einsum("ni,ni->n", steps, forward))])
        ways.append(np.interp(time_s, rollout.time_s, rolled))
    return np.stack(ways, axis=1)


def odometer(
    rollout: Rollout, wheels: Wheels | None, time_s: F64, rng: np.random.Generator
) -> tuple[I64, F64]:
    """(N, 2) pulses since the start and (N, 2) speeds [m/s] of the rear wheels, left and right.

    A speed is that of the pulses since the sample before, by the radius the odometer assumes: so it
    jitters by a pulse, as cheap odometers do. Zeros for a device without wheels.
    """
    if wheels is None:
        return np.zeros((len(time_s), 2), np.int64), np.zeros((len(time_s), 2))
    radius = wheels.radius_m or body_of(rollout.scenario.ego).wheel_radius_m or _COMMON_RADIUS_M
    step_m = 2.0 * np.pi * radius / wheels.pulses_per_turn
    assumed = 1.0 + wheels.radius_error_percent / 100.0 * rng.standard_normal(2)
    ways = wheel_ways_m(rollout, time_s)
    moved = np.abs(np.diff(ways, axis=0, prepend=ways[:1])) / step_m
    slip = wheels.slip_percent / 100.0 * step_m * np.sqrt(moved) * rng.standard_normal(ways.shape)
    phase = rng.random(2)  # of a pulse, at the start
    pulses = np.floor((ways + np.cumsum(slip, axis=0)) / step_m + phase).astype(np.int64)
    gaps_s = np.diff(time_s, prepend=time_s[0] - (time_s[1] - time_s[0] if len(time_s) > 1 else 1.0))
    speeds = np.diff(pulses, axis=0, prepend=pulses[:1]) * step_m * assumed / gaps_s[:, None]
    return pulses, speeds
