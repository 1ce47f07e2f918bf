"""A motorcycle and a moped with their riders, and a kick scooter with an adult standing on it.

Naked middle-class motorcycle: wheelbase 1.43 m, seat 0.80 m, 17-inch wheels. Moped: a step-through of
50 cm3, wheelbase 1.30 m, seat 0.77 m, 12-inch wheels. Scooter: deck 0.16 m above
ground, 10-inch tyres, bars at 1.1 m (eKFV, German small electric vehicles ordinance).
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.cycles.riders import dressed
from drivesynth.assets.looks import FRAMES, PAINTS, choose, look
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model, Part
from drivesynth.assets.people.body import ADULT, Frame, shape, with_stature
from drivesynth.assets.people.figure import PARTS
from drivesynth.assets.people.riding import Point, riding, stature_for
from drivesynth.assets.posing import Channels, Number, at, together, turned_x, turned_y, turned_z
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.assets.vehicles.wheels import wheel
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.shapes import Shape, box, ellipsoid, join, loft, mirrored, tube
from drivesynth.geometry.transforms import move_points
from drivesynth.kept import made_once

PAINT, TRIM, METAL, LAMP, TAIL, PLATE, SEAT = (
    MATERIAL_ID[n]
    for n in ("car_paint", "car_trim", "bare_metal", "headlamp", "tail_lamp", "number_plate", "leather")
)
DECK_M = 0.165


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A powered two-wheeler and who rides it."""
    rng = look(asset, look_seed)
    motorcycle = asset != "escooter/adult"
    radius = ASSETS[asset].wheel_radius_m
    form = int(rng.integers(2))
    paint = choose(rng, PAINTS if motorcycle else FRAMES)
    body = with_stature(ADULT, _stature(asset, form, size_m), form)
    frame, fork = _machine(asset, size_m)
    wheels = [wheel(radius, 0.12, 7, 0.70), wheel(radius, 0.16, 7, 0.70)]
    if asset == "moped/rider":
        wheels = [wheel(radius, 0.11, 5, 0.64)] * 2
    if not motorcycle:
        wheels = [wheel(radius, 0.055, 5, 0.72)] * 2
    parts = (
        Part("frame", frame, paint.rgb, paint.rho_905),
        Part("fork", fork, paint.rgb, paint.rho_905),
        Part("wheel_front", wheels[0]),
        Part("wheel_rear", wheels[1]),
        *dressed(rng, body, helmet=motorcycle or bool(rng.random() < 0.3), full_face=motorcycle),
    )
    base = size_m[0] - 2 * radius

    def poses(channels: Channels) -> F64:
        spin, steer = turned_y(channels.get("wheel_rad", 0.0)), _steer(base, channels.get("steer_rad", 0.0))
        machine = [np.eye(4), steer, steer @ at(base / 2, 0, radius) @ spin, at(-base / 2, 0, radius) @ spin]
        rider = _ride(asset, body, size_m, steer)
        frames: F64 = turned_x(-channels.get("lean_rad", 0.0)) @ together(*machine, *rider)
        return frames

    return Model(asset, ASSETS[asset].class_name, size_m, parts, poses)


def _steer(base: float, steer_rad: Number) -> F64:
    """Turn about a raked head above the front wheel."""
    foot, tilt = np.array([base / 2 - 0.05, 0.0, 0.0]), turned_y(-0.40)
    turned: F64 = at(*foot) @ tilt @ turned_z(steer_rad) @ np.linalg.inv(tilt) @ at(*-foot)
    return turned


def _grip(asset: str, size_m: Size) -> tuple[float, float, float]:
    if asset == "motorcycle/rider":
        return 0.20 * size_m[0], size_m[1] / 2 - 0.06, 1.03
    if asset == "moped/rider":
        return 0.19 * size_m[0], size_m[1] / 2 - 0.06, 1.02
    return 0.24 * size_m[0], size_m[1] / 2 - 0.05, 1.08


def _ride(asset: str, body: Frame, size_m: Size, steer: F64) -> F64:
    x, y, z = _grip(asset, size_m)
    grips = [(steer @ np.array([x, side * y, z, 1.0]))[..., :3] for side in (1.0, -1.0)]
    if asset == "motorcycle/rider":
        balls = [np.array([-0.10, side * 0.21, 0.34]) for side in (1.0, -1.0)]
        hip: Point = (-0.24, 0.0, 0.80 + 0.052 * body.stature)
        return riding(body, hip, 0.30, grips, balls)
    if asset == "moped/rider":
        balls = [np.array([0.16, side * 0.15, 0.31]) for side in (1.0, -1.0)]
        return riding(body, (-0.30, 0.0, 0.77 + 0.052 * body.stature), 0.10, grips, balls)
    balls = [np.array([0.13 + ahead, side * 0.055, DECK_M]) for side, ahead in ((1.0, 0.06), (-1.0, -0.17))]
    reach = 0.965 * body.leg.length + body.leg.ankle
    return riding(body, (-0.03, 0.0, DECK_M + reach), 0.06, grips, balls)


@made_once(128)
def _stature(asset: str, form: int, size_m: Size) -> float:
    """The stature that brings the resting head to the wanted height."""

    def top(stature: float) -> float:
        body = with_stature(ADULT, stature, form)
        frames = _ride(asset, body, size_m, np.eye(4))
        rows = [(PARTS.index(name), name) for name in ("head", "hair")]
        return max(float(move_points(frames[k], shape(body, n))[:, 2].max()) for k, n in rows)

    return stature_for(size_m[2], top, size_m[2])


@made_once(64)
def _machine(asset: str, size_m: Size) -> tuple[Mesh, Mesh]:
    """What does not steer, and what does."""
    radius = ASSETS[asset].wheel_radius_m
    base = size_m[0] - 2 * radius
    make = {"motorcycle/rider": _motorcycle, "moped/rider": _moped}.get(asset, _scooter)
    frame, fork = make(base, radius, _grip(asset, size_m))
    return frame.mesh(f"{asset}/{size_m}/frame"), fork.mesh(f"{asset}/{size_m}/fork")


def _motorcycle(base: float, radius: float, grip: tuple[float, float, float]) -> tuple[Shape, Shape]:
    rear, front = -base / 2, base / 2
    frame = [
        ellipsoid((0.30, 0.15, 0.15), PAINT, (0.06, 0, 0.86), 8, 12),  # tank
        box((0.46, 0.26, 0.30), TRIM, (0.02, 0, 0.50), bevel=0.05),  # engine
        box((0.30, 0.30, 0.12), METAL, (0.05, 0, 0.36), bevel=0.04),
        box((0.50, 0.26, 0.09), SEAT, (-0.33, 0, 0.79), bevel=0.04),
        box((0.34, 0.18, 0.10), PAINT, (-0.66, 0, 0.85), bevel=0.04),
        box((0.03, 0.14, 0.05), TAIL, (-0.83, 0, 0.86)),
        box((0.012, 0.18, 0.20), PLATE, (rear - 0.20, 0, 0.60)),
        box((0.16, 0.10, 0.03), TRIM, (rear - 0.12, 0, 0.70)),
        mirrored(tube([[-0.15, 0.11, 0.45], [rear, 0.11, radius]], 0.028, METAL, 6)),
        mirrored(tube([[-0.15, 0.10, 0.50], [-0.62, 0.08, 0.82]], 0.02, METAL, 6)),
        mirrored(tube([[0.34, 0.0, 0.92], [0.22, 0.10, 0.62], [-0.14, 0.12, 0.48]], 0.025, METAL, 6)),
        tube(
            [[0.25, -0.08, 0.45], [0.20, -0.14, 0.26], [-0.25, -0.16, 0.27], [-0.75, -0.17, 0.42]],
            [0.022, 0.022, 0.03, 0.05],
            METAL,
            8,
        ),
        mirrored(box((0.09, 0.10, 0.025), TRIM, (-0.13, 0.20, 0.325))),
        tube([[rear + 0.28, 0, 0.72], [rear, 0, 2 * radius + 0.06], [rear - 0.16, 0, 0.70]], 0.06, TRIM, 6),
    ]
    gx, gy, gz = grip
    leg = tube([[0.36, 0.10, 0.95], [front, 0.10, radius]], 0.024, METAL, 8)
    bar = tube([[gx + 0.10, 0.0, gz - 0.04], [gx + 0.06, 0.18, gz], [gx, gy - 0.06, gz]], 0.012, METAL, 6)
    grip_tube = tube([[gx, gy - 0.06, gz], [gx, gy + 0.06, gz]], 0.018, SEAT, 6)
    mirror_stalk = tube([[gx + 0.04, 0.24, gz], [gx + 0.04, 0.28, gz + 0.15]], 0.006, TRIM, 4)
    mirror = ellipsoid((0.02, 0.06, 0.04), TRIM, (gx + 0.04, 0.29, gz + 0.18), 4, 8)
    fork = [
        mirrored(join([leg, bar, grip_tube, mirror_stalk, mirror])),
        box((0.08, 0.26, 0.05), METAL, (0.37, 0, 0.93)),
        ellipsoid((0.07, 0.09, 0.09), TRIM, (0.43, 0, 0.88), 6, 10),
        ellipsoid((0.03, 0.08, 0.08), LAMP, (0.48, 0, 0.88), 6, 10),
        box((0.30, 0.14, 0.03), PAINT, (front - 0.02, 0, 2 * radius + 0.025), bevel=0.01),
    ]
    return join(frame), join(fork)


def _moped(base: float, radius: float, grip: tuple[float, float, float]) -> tuple[Shape, Shape]:
    rear, front = -base / 2, base / 2
    gx, gy, gz = grip
    shield = loft(
        np.array(
            [
                [
                    (gx + back, -w, z),
                    (gx + back + 0.05, 0.0, z),
                    (gx + back, w, z),
                    (gx + back - 0.03, 0.0, z),
                ]
                for back, w, z in (
                    (-0.02, 0.17, 0.32),
                    (0.06, 0.20, 0.52),
                    (0.05, 0.17, 0.78),
                    (0.02, 0.09, 0.92),
                )
            ]
        ),
        PAINT,
    )
    frame = [
        shield,
        box((0.52, 0.30, 0.07), TRIM, (0.05, 0.0, 0.285), bevel=0.02),  # floorboard
        ellipsoid((0.46, 0.15, 0.20), PAINT, (rear + 0.28, 0.0, 0.56), 8, 12),
        box((0.62, 0.26, 0.11), SEAT, (rear + 0.32, 0.0, 0.735), bevel=0.04),
        box((0.20, 0.16, 0.16), TRIM, (rear + 0.12, 0.10, 0.30), bevel=0.03),
        tube([[rear + 0.3, -0.13, 0.30], [rear - 0.18, -0.15, 0.36]], 0.05, METAL, 8),
        box((0.03, 0.14, 0.06), TAIL, (rear - 0.16, 0.0, 0.60)),
        box((0.012, 0.16, 0.14), PLATE, (rear - 0.20, 0.0, 0.45)),
        box((0.10, 0.06, 0.03), TRIM, (rear - 0.16, 0.0, 0.53)),
        box((0.36, 0.13, 0.03), TRIM, (rear - 0.02, 0.0, 2 * radius + 0.04), bevel=0.01),
        box((0.32, 0.34, 0.30), TRIM, (rear - 0.05, 0.0, 0.94), bevel=0.05),  # top box
        tube([[rear + 0.05, 0.0, 0.70], [rear - 0.10, 0.0, 0.80]], 0.03, METAL, 6),
    ]
    stalk = tube([[gx + 0.02, 0.22, gz], [gx + 0.02, 0.26, gz + 0.16]], 0.006, TRIM, 4)
    glass = ellipsoid((0.02, 0.06, 0.045), TRIM, (gx + 0.02, 0.27, gz + 0.19), 4, 8)
    bar = tube([[gx + 0.06, 0.0, gz - 0.05], [gx + 0.03, 0.12, gz], [gx, gy - 0.06, gz]], 0.014, METAL, 6)
    hand = tube([[gx, gy - 0.06, gz], [gx, gy + 0.06, gz]], 0.018, SEAT, 6)
    fork = [
        mirrored(join([stalk, glass, bar, hand])),
        tube([[gx + 0.05, 0.0, gz - 0.06], [front - 0.02, 0.0, 2 * radius + 0.02]], 0.03, METAL, 8),
        mirrored(tube([[front - 0.02, 0.075, 2 * radius], [front, 0.075, radius]], 0.018, METAL, 6)),
        box((0.34, 0.16, 0.04), PAINT, (front - 0.01, 0.0, 2 * radius + 0.03), bevel=0.015),
        ellipsoid((0.06, 0.09, 0.08), PAINT, (gx + 0.09, 0.0, gz - 0.03), 6, 10),
        ellipsoid((0.025, 0.07, 0.065), LAMP, (gx + 0.14, 0.0, gz - 0.03), 6, 10),
    ]
    return join(frame), join(fork)


def _scooter(base: float, radius: float, grip: tuple[float, float, float]) -> tuple[Shape, Shape]:
    rear, front = -base / 2, base / 2
    frame_paint = MATERIAL_ID["metal_frame"]
    deck = box((base - 2 * radius - 0.06, 0.17, 0.06), frame_paint, (-0.05, 0, DECK_M - 0.031), bevel=0.015)
    frame = [
        deck,
        box((base - 2 * radius - 0.10, 0.15, 0.004), TRIM, (-0.05, 0, DECK_M - 0.002)),
        box((0.24, 0.07, 0.02), TRIM, (rear, 0, 2 * radius + 0.02)),
        mirrored(box((0.20, 0.014, 0.05), frame_paint, (rear + 0.06, 0.045, radius + 0.01))),
        box((0.015, 0.06, 0.03), TAIL, (rear - 0.12, 0, 2 * radius)),
        tube(
            [[front - 2 * radius - 0.06, 0, DECK_M - 0.03], [front - 0.13, 0, 2 * radius + 0.09]],
            0.028,
            frame_paint,
            8,
        ),
    ]
    gx, gy, gz = grip
    fork = [
        tube([[front - 0.10, 0, 2 * radius + 0.03], [gx + 0.02, 0, gz]], 0.022, frame_paint, 8),
        mirrored(
            tube([[front - 0.10, 0.035, 2 * radius + 0.03], [front, 0.04, radius]], 0.012, frame_paint, 6)
        ),
        mirrored(tube([[gx, 0, gz], [gx, gy + 0.04, gz]], 0.012, METAL, 6)),
        mirrored(tube([[gx, gy - 0.06, gz], [gx, gy + 0.05, gz]], 0.018, SEAT, 6)),
        box((0.04, 0.05, 0.05), LAMP, (gx + 0.06, 0, gz - 0.08)),
        box((0.20, 0.06, 0.015), TRIM, (front - 0.01, 0, 2 * radius + 0.015)),
    ]
    return join(frame), join(fork)
