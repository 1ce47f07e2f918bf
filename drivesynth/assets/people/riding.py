"""A rider: seated or standing, hands on grips, feet on pedals or boards, by two-bone reach in space."""

from collections.abc import Callable, Sequence

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.people.body import NECK_TALL, NECK_UNDER, Frame, torso_length
from drivesynth.assets.posing import at, together, turned_y
from drivesynth.geometry.transforms import rigid

BALL = 0.072  # ball of the foot ahead of the ankle, as a share of stature
Point = tuple[float, float, float]


def hanging(origin: F64, toward: F64, forward: F64) -> F64:
    """(..., 4, 4) frame at `origin` whose -z looks at `toward` and whose x leans to `forward`."""
    up = _unit(origin - toward)
    x = _unit(forward - up * _along(forward, up))
    return rigid(origin, np.stack([x, np.cross(up, x), up], axis=-1))


def middle_joint(start: F64, end: F64, upper: float, lower: float, pole: F64) -> tuple[F64, F64]:
    """Where knee or elbow lies, bent toward `pole`, and where the end really is if out of reach; (..., 3)."""
    span = end - start
    distance = np.sqrt(_along(span, span))
    line = span / distance
    distance = np.minimum(distance, (upper + lower) * 0.9995)
    end = start + line * distance
    along = (upper**2 - lower**2 + distance**2) / (2 * distance)
    out = _unit(pole - line * _along(pole, line))
    return start + line * along + out * np.sqrt(np.maximum(upper**2 - along**2, 0.0)), end


def _along(a: F64, b: F64) -> F64:
    return np.asarray((a * b).sum(axis=-1, keepdims=True))


def _unit(vectors: F64) -> F64:
    return np.asarray(vectors / np.sqrt(_along(vectors, vectors)))


def riding(
    frame: Frame,
    hip: Point,
    torso_pitch: float,
    grips: Sequence[F64],
    balls: Sequence[F64],
    foot_pitch: float = 0.0,
) -> F64:
    """(19, ..., 4, 4) vehicle_from_part in the order of `figure.PARTS`.

    hip           middle of the hips
    torso_pitch   forward lean of the back [rad]
    grips, balls  left and right: where the palms and the balls of the feet are, (..., 3)
    """
    h, leg = frame.stature, frame.leg
    pelvis = at(*hip) @ turned_y(0.75 * torso_pitch)
    torso = pelvis @ at(0.0, 0.0, 0.085 * h) @ turned_y(0.25 * torso_pitch)
    neck = torso @ at(0.0, 0.0, torso_length(frame) - NECK_UNDER * h) @ turned_y(-0.4 * torso_pitch)
    head = neck @ at(0.0, 0.0, NECK_TALL * h) @ turned_y(-0.35 * torso_pitch)
    frames = [pelvis, torso, neck, head, head]
    x = np.array([1.0, 0.0, 0.0])
    tilt = turned_y(-foot_pitch)[:3, :3]
    for side, grip, ball in zip((1.0, -1.0), grips, balls, strict=True):
        frames += arm(frame, torso, side, grip)
        hip_joint = (pelvis @ [0.0, side * frame.half_hips * h * frame.girth_y, 0.0, 1.0])[:3]
        ankle = ball + tilt @ np.array([-BALL * h * frame.girth_x, 0.0, leg.ankle])
        knee, ankle = middle_joint(hip_joint, ankle, leg.thigh, leg.shin, np.array([1.0, side * 0.12, 0.25]))
        frames.append(hanging(hip_joint, knee, np.array([1.0, 0.0, 0.6])))
        frames.append(hanging(knee, ankle, x))
        foot = rigid(ankle, tilt)
        frames += [foot, foot @ at(leg.push_off, 0.0, -leg.ankle)]
    return together(*frames)


def arm(frame: Frame, torso: F64, side: float, grip: F64) -> list[F64]:
    """(..., 4, 4) frames of upper arm, forearm and hand whose palm lies at `grip` (..., 3), if it can."""
    h = frame.stature
    shoulder_z = torso_length(frame) - (frame.chin - 0.012 - frame.shoulder) * h
    shoulder = (torso @ [-0.004 * h, side * frame.half_shoulders * h * frame.girth_y, shoulder_z, 1.0])[
        ..., :3
    ]
    wrist = grip - np.array([0.045, 0.0, -0.02]) * h / 1.75
    elbow_pole = np.array([-0.35, side * 0.10, -1.0])
    elbow, wrist = middle_joint(shoulder, wrist, frame.upper_arm * h, frame.forearm * h, elbow_pole)
    up = np.array([0.3, 0.0, 1.0])
    return [
        hanging(shoulder, elbow, np.array([1.0, 0.0, 1e-3])),
        hanging(elbow, wrist, up),
        hanging(wrist, grip + np.array([0.03, 0.0, -0.01]), up),
    ]


def stature_for(height: float, top_of: Callable[[float], float], first: float) -> float:
    """The stature at which `top_of(stature)` is `height`; by secant steps."""
    low, high = first, first * 1.05
    f_low, f_high = top_of(low) - height, top_of(high) - height
    for _ in range(8):
        if abs(f_high) < 1e-6 or f_high == f_low:
            break
        low, f_low, high = high, f_high, high - f_high * (high - low) / (f_high - f_low)
        f_high = top_of(high) - height
    return high
