"""A figure put together: where each part hangs in the vehicle frame, standing, walking or running."""

from dataclasses import replace

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.people.body import NECK_TALL, NECK_UNDER, Frame, torso_length
from drivesynth.assets.people.gait import hip_height, step
from drivesynth.assets.posing import Channels, at, together, turned_x, turned_y, turned_z
from drivesynth.assets.sizes import Size
from drivesynth.geometry.transforms import move_points

# Part names in the order of the poses; a side's letter follows.
TRUNK = ("pelvis", "torso", "neck", "head", "hair")
ARM = ("upper_arm", "forearm", "hand")
LEG = ("thigh", "shin", "foot", "toes")
PARTS = (*TRUNK, *(f"{name}_{side}" for side in "lr" for name in (*ARM, *LEG)))


def walking(frame: Frame, channels: Channels) -> F64:
    """(19, ..., 4, 4) vehicle_from_part of `PARTS` at gait_rad and stride_m.

    Seventeen joints: waist, neck and head; shoulders, elbows and wrists; hips, knees, ankles and toes.
    """
    phase, stride = channels.get("gait_rad", 0.0), np.maximum(channels.get("stride_m", 0.0), 0.0)
    leg, h = frame.leg, frame.stature
    vigour = np.minimum(1.0, stride / (1.6 * leg.length))
    running = np.clip(stride / leg.length - 1.9, 0.0, 1.0)
    hip = hip_height(leg, stride, phase)
    sway = np.cos(phase)
    pelvis = at(0.0, 0.0, hip) @ turned_z(-0.07 * vigour * sway)
    waist = pelvis @ at(0.0, 0.0, 0.085 * h)
    torso = waist @ turned_z(0.14 * vigour * sway) @ turned_y(0.03 * vigour + 0.13 * running)
    throat = torso @ at(0.0, 0.0, torso_length(frame) - NECK_UNDER * h)
    neck = throat @ turned_z(-0.03 * vigour * sway) @ turned_y(-0.02 * vigour - 0.06 * running)
    chin = neck @ at(0.0, 0.0, NECK_TALL * h)
    head = chin @ turned_z(-0.04 * vigour * sway) @ turned_y(-0.01 * vigour - 0.04 * running)
    frames = [pelvis, torso, neck, head, head]
    for side, own in ((1.0, phase), (-1.0, phase + np.pi)):
        swing = -np.cos(own) * (0.42 * vigour + 0.25 * running)
        elbow = 0.12 + 0.22 * vigour + 1.15 * running - 0.20 * vigour * np.cos(own)
        shoulder_z = torso_length(frame) - (frame.chin - 0.012 - frame.shoulder) * h
        shoulder = torso @ at(-0.004 * h, side * frame.half_shoulders * h * frame.girth_y, shoulder_z)
        upper = shoulder @ turned_x(side * 0.10) @ turned_y(-swing)
        fore = upper @ at(0.0, 0.0, -frame.upper_arm * h) @ turned_x(-side * 0.06) @ turned_y(-elbow)
        # A loose hand trails the forearm.
        hand = fore @ at(0.0, 0.0, -frame.forearm * h) @ turned_y(-0.12 * vigour * (1.0 - np.cos(own + 0.7)))
        frames += [upper, fore, hand]
        joints = step(leg, stride, own, hip)
        y = side * frame.half_hips * h * frame.girth_y
        thigh = at(0.0, y, hip) @ turned_y(-joints.thigh_rad)
        knee = thigh @ at(0.0, 0.0, -leg.thigh)
        shin = knee @ turned_y(joints.thigh_rad - joints.shin_rad)
        ankle = shin @ at(0.0, 0.0, -leg.shin)
        foot = ankle @ turned_y(joints.shin_rad - joints.foot_rad)
        # Toes lie flat while the heel rises.
        toes = foot @ at(leg.push_off, 0.0, -leg.ankle) @ turned_y(np.minimum(joints.foot_rad, 0.0))
        frames += [thigh, shin, foot, toes]
    return together(*frames)


def posed_bounds(points: list[F64], frames: F64) -> tuple[F64, F64]:
    """Lowest and highest corner of the posed parts' points, (3,) each."""
    posed = [move_points(frame, part) for part, frame in zip(points, frames, strict=True)]
    cloud = np.concatenate(posed)
    return cloud.min(axis=0), cloud.max(axis=0)


def grown(frame: Frame, size_m: Size, bounds: tuple[F64, F64]) -> Frame:
    """The frame stretched by what the resting body lacks to the wanted size."""
    have = bounds[1] - bounds[0]
    tall = size_m[2] / have[2]
    return replace(
        frame,
        stature=frame.stature * tall,
        girth_x=frame.girth_x * size_m[0] / (have[0] * tall),
        girth_y=frame.girth_y * size_m[1] / (have[1] * tall),
    )
