"""A cyclist: bicycle and rider; feet follow the pedals, hands the bars, all of it leans."""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.cycles.bicycle import (
    Bicycle,
    crank_mesh,
    fork_mesh,
    frame_mesh,
    pedal_mesh,
    wheel_mesh,
)
from drivesynth.assets.cycles.riders import dressed
from drivesynth.assets.looks import FRAMES, choose, look
from drivesynth.assets.model import Model, Part
from drivesynth.assets.people.body import ADULT, CHILD, Frame, shape, with_stature
from drivesynth.assets.people.figure import PARTS
from drivesynth.assets.people.riding import Point, riding, stature_for
from drivesynth.assets.posing import Channels, at, together, turned_x, turned_y
from drivesynth.assets.sizes import ASSETS, Size
from drivesynth.geometry.transforms import move_points, rigid
from drivesynth.kept import made_once

TORSO_PITCH = 0.48
PEDAL_TOP_M = 0.012


def build(asset: str, look_seed: int, size_m: Size) -> Model:
    """A bicycle with its rider."""
    rng = look(asset, look_seed)
    child = asset == "cyclist/child"
    form = int(rng.integers(2))
    bicycle, body, hip = fitted_bicycle(child, form, ASSETS[asset].wheel_radius_m, size_m)
    paint = choose(rng, FRAMES)
    machine = (
        Part("frame", frame_mesh(bicycle), paint.rgb, paint.rho_905),
        Part("fork", fork_mesh(bicycle), paint.rgb, paint.rho_905),
        Part("wheel_front", wheel_mesh(bicycle.radius)),
        Part("wheel_rear", wheel_mesh(bicycle.radius)),
        Part("crank", crank_mesh(bicycle.crank, bicycle.k)),
        Part("pedal_l", pedal_mesh(bicycle.k)),
        Part("pedal_r", pedal_mesh(bicycle.k)),
    )
    rider = dressed(rng, body, helmet=child or bool(rng.random() < 0.4))

    def poses(channels: Channels) -> F64:
        lean = turned_x(-channels.get("lean_rad", 0.0))
        machine, rider = _machine(bicycle, channels), seated_rider(bicycle, body, hip, channels)
        frames: F64 = lean @ together(*machine, *rider)
        return frames

    return Model(asset, ASSETS[asset].class_name, size_m, (*machine, *rider), poses)


def _machine(b: Bicycle, channels: Channels) -> F64:
    spin = turned_y(channels.get("wheel_rad", 0.0))
    steer = b.steered(channels.get("steer_rad", 0.0))
    pedal = channels.get("pedal_rad", 0.0)
    return together(
        np.eye(4),
        steer,
        steer @ at(b.wheelbase / 2, 0.0, b.radius) @ spin,
        at(-b.wheelbase / 2, 0.0, b.radius) @ spin,
        at(*b.bracket) @ turned_y(pedal),
        rigid(b.pedal(pedal, 1.0)),
        rigid(b.pedal(pedal, -1.0)),
    )


def seated_rider(b: Bicycle, body: Frame, hip: Point, channels: Channels) -> F64:
    """(19, ..., 4, 4) of the rider's parts, hands on the bars, feet on the pedals."""
    steer, pedal = b.steered(channels.get("steer_rad", 0.0)), channels.get("pedal_rad", 0.0)
    grips = [(steer @ [b.grip[0], side * b.grip[1], b.grip[2] + 0.015, 1.0])[..., :3] for side in (1.0, -1.0)]
    balls = [b.pedal(pedal, side) + np.array([0.0, 0.0, PEDAL_TOP_M]) for side in (1.0, -1.0)]
    return riding(body, hip, TORSO_PITCH, grips, balls)


def _seated(
    child: bool, form: int, radius: float, size_m: Size, stature: float
) -> tuple[Bicycle, Frame, Point]:
    """A bicycle set to its rider: the leg all but straight on the lower pedal."""
    body = with_stature(CHILD if child else ADULT, stature, form)
    wheelbase = size_m[0] - 2 * radius
    bare = Bicycle(radius, wheelbase, size_m[1], 0.9)
    reach = 0.965 * body.leg.length + body.leg.ankle + PEDAL_TOP_M
    hip_z = bare.bracket[2] - bare.crank + reach
    saddle = round(float(hip_z) - 0.052 * stature, 4)
    bicycle = Bicycle(radius, wheelbase, size_m[1], saddle)
    return bicycle, body, (float(bicycle.seat[0]) + 0.01 * stature, 0.0, float(hip_z))


@made_once(256)
def fitted_bicycle(child: bool, form: int, radius: float, size_m: Size) -> tuple[Bicycle, Frame, Point]:
    """A bicycle and its rider of this box, and where the rider's hips are."""

    def top(stature: float) -> float:
        bicycle, body, hip = _seated(child, form, radius, size_m, stature)
        frames = seated_rider(bicycle, body, hip, {})
        return max(
            float(move_points(frames[row], shape(body, name))[:, 2].max())
            for row, name in ((PARTS.index(name), name) for name in ("head", "hair"))
        )

    return _seated(child, form, radius, size_m, stature_for(size_m[2], top, size_m[2]))
