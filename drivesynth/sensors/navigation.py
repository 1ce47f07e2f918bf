"""An inertial unit with GNSS through a whole rollout: what it would say, by KITTI's thirty fields.

The ego's motion is exact; the device's errors are drawn once for the whole rollout, so that a frame
finds the same errors whoever renders it, in whichever order. Satellites are received where a ray from
the antenna meets no surroundings (other traffic is left out).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from drivesynth.arrays import F64, I64, Bool
from drivesynth.geometry.geodesy import Geodetic, ecef_from_world, geodetic_from_ecef, gravity_mps2
from drivesynth.geometry.transforms import move_points, wrap_angle
from drivesynth.scene.navigation import Satellites
from drivesynth.sensors import satellites
from drivesynth.sensors.frame import Navigation
from drivesynth.sensors.inertial_noise import Inertial, markov, smoothed
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.odometer import odometer
from drivesynth.sensors.rig import NavigationMount
from drivesynth.sensors.trees import Kept
from drivesynth.streams import generator, uniform
from drivesynth.world.rollout import Rollout

# (P, 3) places and (S, 3) directions, world axes -> (P, S) whether a ray from each place reaches the sky.
Sky = Callable[[F64, F64], Bool]

EPOCH_S = 0.5  # GNSS positions come twice a second; in between the inertial unit carries on
# As the device reports them: navigation and GNSS modes of OXTS's NCOM manual.
LOCKED, NO_FIX, CODE, FLOAT, INTEGER = 4, 0, 4, 5, 6

_drives = Kept(4)


@dataclass(frozen=True)
class Exact:
    """The unit's true motion; N samples, world axes unless said.

    world_from_imu  (N, 4, 4)
    velocity_mps, acceleration_mps2  (N, 3)
    rates_rad_s     (N, 3) about the unit's own axes
    """

    time_s: F64
    world_from_imu: F64
    velocity_mps: F64
    acceleration_mps2: F64
    rates_rad_s: F64


@dataclass(frozen=True)
class Fixes:
    """What GNSS adds, at the samples: position errors (N, 3) [m], their deviation (N,), satellites, mode."""

    error_m: F64
    drift_mps: F64
    sigma_m: F64
    count: I64
    mode: I64


def navigate(
    rollout: Rollout, mount: NavigationMount, time_s: float, period_s: float, seed: int, sky: Sky
) -> Navigation:
    """The records of the frame period that ends at `time_s`.

    seed  of the errors; sky  answers whether satellites are seen
    """
    key = (id(rollout), mount.name, id(mount), seed)
    whole = _drives.get(key, partial(_whole, rollout, mount, seed, sky))
    kept_for, drive = whole
    assert kept_for is rollout  # the cache holds it, so its id is not given to another
    last = int(np.argmin(np.abs(drive.time_ns - round(time_s * 1e9))))
    first = max(last + 1 - max(round(period_s * mount.device.rate_hz), 1), 0)
    return drive.rows(slice(first, last + 1))


def _whole(rollout: Rollout, mount: NavigationMount, seed: int, sky: Sky) -> tuple[Rollout, Navigation]:
    return rollout, drive(rollout, mount, seed, sky)


def drive(rollout: Rollout, mount: NavigationMount, seed: int, sky: Sky) -> Navigation:
    """All records of a rollout."""
    device, variant = mount.device, rollout.scenario.variant
    exact = exact_motion(rollout, mount)
    count, step_s = len(exact.time_s), 1.0 / device.rate_hz

    def rng(what: str) -> np.random.Generator:
        return generator(seed, f"sensors/{mount.name}/{what}", variant)

    fixes = receive(rollout, mount, exact, seed, sky)
    velocity = exact.velocity_mps + fixes.drift_mps
    velocity += device.velocity_mps * markov(rng("velocity"), count, 3, step_s, device.velocity_s)
    angles = np.radians([device.roll_pitch_deg, device.roll_pitch_deg, device.heading_deg])
    attitude = angles * markov(rng("attitude"), count, 3, step_s, device.attitude_s)
    lever = exact.world_from_imu[:, :3, :3] @ (device.lever_arm_m * rng("lever").standard_normal(3))

    gyro, accelerometer = Inertial.gyro(device.gyro), Inertial.accelerometer(device.accelerometer)
    rates = _scaled(exact.rates_rad_s, gyro, rng("gyro"), step_s)
    force = _scaled(specific_force(exact, mount.origin), accelerometer, rng("accelerometer"), step_s)
    moved = exact.world_from_imu[:, :3, 3] + fixes.error_m + lever
    turned = _angles(exact.world_from_imu) + attitude
    accuracy = np.column_stack([fixes.sigma_m, np.hypot(device.velocity_mps, np.abs(fixes.drift_mps).max(1))])
    counts = np.column_stack([fixes.count, *[fixes.mode] * 3])

    said = _fields(mount.origin, moved, turned, velocity, force, rates, accuracy, counts)
    nothing = np.zeros((count, 2))
    true = _fields(
        mount.origin,
        exact.world_from_imu[:, :3, 3],
        _angles(exact.world_from_imu),
        exact.velocity_mps,
        specific_force(exact, mount.origin),
        exact.rates_rad_s,
        nothing,
        counts,
    )
    pulses, speeds = odometer(rollout, device.wheels, exact.time_s, rng("wheels"))
    return Navigation(np.round(exact.time_s * 1e9).astype(np.int64), said, true, pulses, speeds)


def exact_motion(rollout: Rollout, mount: NavigationMount) -> Exact:
    """The motion of the unit's own place: what the lever arm from the car's origin adds is in it."""
    step_s = 1.0 / mount.device.rate_hz
    # A rollout is kept every 10 ms; its second derivative needs those very samples.
    time_s = rollout.time_s
    poses = world_from_vehicle(rollout, time_s) @ mount.vehicle_from_imu
    velocity = np.gradient(poses[:, :3, 3], time_s, axis=0)
    acceleration = np.gradient(velocity, time_s, axis=0)
    turn = np.swapaxes(poses[:-1, :3, :3], -1, -2) @ poses[1:, :3, :3]
    between = 0.5 * np.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]], axis=1
    )
    sine = np.linalg.norm(between, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.where(sine > 1e-9, between * np.arcsin(np.clip(sine, 0, 1)) / sine, between)
    between /= np.diff(time_s)[:, None]
    rates = np.concatenate([between[:1], 0.5 * (between[1:] + between[:-1]), between[-1:]])
    samples: F64 = np.arange(int(np.floor(time_s[-1] / step_s + 1e-6)) + 1, dtype=np.float64) * step_s

    def sampled(columns: F64) -> F64:
        return np.stack([np.interp(samples, time_s, columns[:, axis]) for axis in range(3)], axis=1)

    own = world_from_vehicle(rollout, samples) @ mount.vehicle_from_imu
    return Exact(samples, own, sampled(velocity), sampled(acceleration), sampled(rates))


def specific_force(exact: Exact, origin: Geodetic) -> F64:
    """(N, 3) what accelerometers feel, the unit's own axes: motion less gravity, so +g on z at rest."""
    gravity = float(gravity_mps2(np.radians(origin.latitude_deg), origin.altitude_m))
    felt = exact.acceleration_mps2 + np.array([0.0, 0.0, gravity])
    return np.asarray(np.einsum("nji,nj->ni", exact.world_from_imu[:, :3, :3], felt))


def receive(rollout: Rollout, mount: NavigationMount, exact: Exact, seed: int, sky: Sky) -> Fixes:
    """GNSS through the drive: reception by rays to the sky, then modes, jumps, outages and drift."""
    listed, name, variant = mount.device.satellites, f"sensors/{mount.name}", rollout.scenario.variant
    count, step_s = len(exact.time_s), 1.0 / mount.device.rate_hz
    ways = satellites.directions(mount.origin, uniform(seed, f"{name}/epoch", variant))
    ways = ways[ways[:, 2] > np.sin(np.radians(listed.mask_deg))]
    epochs = np.arange(0.0, exact.time_s[-1] + EPOCH_S, EPOCH_S)
    rows = np.clip(np.round(epochs / step_s).astype(np.int64), 0, count - 1)
    antenna = np.array(
        [move_points(pose, mount.imu_from_antenna[None])[0] for pose in exact.world_from_imu[rows]]
    )
    blind = np.array([any(begin <= epoch < end for begin, end in mount.outages) for epoch in epochs])
    clear = sky(antenna, ways) & ~blind[:, None]
    # Whether and how a wall reflects a satellite stays as it is while one drives along the wall.
    draw = generator(seed, f"{name}/reflections", variant)
    reflected, detour_m = (
        draw.random(len(ways)) < listed.reflected,
        draw.exponential(listed.detour_m, len(ways)),
    )

    jump, sigma = np.zeros((len(epochs), 3)), np.zeros((len(epochs), 3))
    number, mode = np.zeros(len(epochs), np.int64), np.full(len(epochs), NO_FIX)
    for k in range(len(epochs)):
        # A wall mirrors what it sees itself: where no satellite is in view, as in a tunnel, none comes round.
        used = clear[k] | (reflected & clear[k].any())
        number[k] = int(used.sum())
        if number[k] < satellites.FEWEST:
            continue
        gain, dilution = satellites.solution(ways, used)
        if np.linalg.norm(dilution) > satellites.WORST_DILUTION:
            continue
        mode[k] = _mode(int(clear[k].sum()), listed)
        range_m = {INTEGER: listed.integer_m, FLOAT: listed.float_m, CODE: listed.code_m}[int(mode[k])]
        trusted = listed.trusted if mode[k] >= FLOAT else 1.0
        jump[k] = trusted * gain @ np.where(clear[k], 0.0, detour_m)
        sigma[k] = range_m * dilution
    return _filtered(listed, exact.time_s, epochs, jump, sigma, number, mode, name, seed, variant)


def _filtered(
    listed: Satellites,
    time_s: F64,
    epochs: F64,
    jump: F64,
    sigma: F64,
    number: I64,
    mode: I64,
    name: str,
    seed: int,
    variant: int,
) -> Fixes:
    """From fixes to the output of a filter that takes `settle_s` to believe them."""
    count, step_s = len(time_s), float(time_s[1] - time_s[0]) if len(time_s) > 1 else 1.0
    at = np.clip(np.searchsorted(epochs, time_s + 1e-9) - 1, 0, len(epochs) - 1)
    fixed = mode[at] != NO_FIX
    wander = markov(generator(seed, f"{name}/position", variant), count, 3, step_s, listed.correlation_s)
    wished = jump[at] + sigma[at] * wander
    push = generator(seed, f"{name}/outage", variant).standard_normal((count, 3))
    push *= listed.outage_mps_per_sqrt_s * np.sqrt(step_s)
    error, drift, adrift = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count)
    keep = float(np.exp(-step_s / listed.settle_s))
    if fixed.all():
        inputs = (1.0 - keep) * wished
        inputs[0] = wished[0]
        error = smoothed(inputs, keep)
    else:
        error[0] = wished[0]
        since_s = before = 0.0
        for k in range(1, count):
            if fixed[k]:
                since_s, before = 0.0, keep * adrift[k - 1]
                adrift[k] = before
                drift[k] = keep * drift[k - 1]
                error[k] = keep * error[k - 1] + (1.0 - keep) * wished[k]
            else:
                since_s += step_s
                walked = listed.outage_mps_per_sqrt_s * since_s**1.5 / np.sqrt(3.0)
                adrift[k] = np.hypot(before, walked)
                drift[k] = drift[k - 1] + push[k]
                error[k] = error[k - 1] + step_s * drift[k]
    # Without satellites the position is as good as the last fix, and worse by what it has drifted since.
    last = np.maximum.accumulate(np.where(fixed, np.arange(count), -1))
    fix_m = np.where(last >= 0, np.abs(sigma[at[last]]).max(axis=1), 0.0)
    deviation = np.hypot(fix_m, adrift)
    return Fixes(error, drift, deviation, number[at], mode[at])


def _mode(clear: int, listed: Satellites) -> int:
    if clear >= listed.integer_from:
        return INTEGER
    return FLOAT if clear >= listed.float_from else CODE


def _scaled(exact: F64, errors: Inertial, rng: np.random.Generator, step_s: float) -> F64:
    scale = 1.0 + errors.scale * rng.standard_normal(3)
    return scale * exact + errors.errors(rng, len(exact), step_s)


def _angles(poses: F64) -> F64:
    """(N, 3) roll, pitch, yaw of Rz(yaw) Ry(pitch) Rx(roll)."""
    turn = poses[:, :3, :3]
    roll = np.arctan2(turn[:, 2, 1], turn[:, 2, 2])
    pitch = -np.arcsin(np.clip(turn[:, 2, 0], -1.0, 1.0))
    return np.stack([roll, pitch, np.arctan2(turn[:, 1, 0], turn[:, 0, 0])], axis=1)


def _fields(
    origin: Geodetic,
    position: F64,
    angles: F64,
    velocity: F64,
    force: F64,
    rates: F64,
    accuracy: F64,
    counts: I64,
) -> F64:
    """(N, 30) in KITTI's order; `velocity` in world axes, `force` and `rates` in the unit's own."""
    latitude, longitude, altitude = geodetic_from_ecef(move_points(ecef_from_world(origin), position))
    roll, pitch, yaw = angles.T
    forward, left = np.array([np.cos(yaw), np.sin(yaw)]), np.array([-np.sin(yaw), np.cos(yaw)])
    east, north, up = velocity.T
    level = np.concatenate([_levelled(force, roll, pitch), _levelled(rates, roll, pitch)], axis=1)
    return np.column_stack(
        [
            np.degrees(latitude),
            np.degrees(longitude),
            altitude,
            roll,
            pitch,
            wrap_angle(yaw),
            north,
            east,
            forward[0] * east + forward[1] * north,
            left[0] * east + left[1] * north,
            up,
            force,
            level[:, :3],
            rates,
            level[:, 3:],
            accuracy,
            np.full(len(position), LOCKED),
            counts,
        ]
    )


def _levelled(vectors: F64, roll: F64, pitch: F64) -> F64:
    """(N, 3) of the unit's axes along forward, left and up of the level plane."""
    cr, sr, cp, sp = np.cos(roll), np.sin(roll), np.cos(pitch), np.sin(pitch)
    x, y, z = vectors.T
    across = sr * y + cr * z
    return np.stack([cp * x + sp * across, cr * y - sr * z, -sp * x + cp * across], axis=1)
