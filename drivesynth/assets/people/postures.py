"""Postures beside plain walking: hands that hold something, and people who sit or lie."""

from collections.abc import Callable

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.people.body import Frame
from drivesynth.assets.people.figure import PARTS, TRUNK, walking
from drivesynth.assets.people.riding import Point, arm, riding
from drivesynth.assets.posing import Channels, at, turned_x, turned_y

Posture = Callable[[Frame, Channels], F64]  # (19, ..., 4, 4) vehicle_from_part in the order of `figure.PARTS`

_TORSO, _NECK, _HEAD, _HAIR = (TRUNK.index(name) for name in ("torso", "neck", "head", "hair"))
_ARM_ROW = {1.0: PARTS.index("upper_arm_l"), -1.0: PARTS.index("upper_arm_r")}
NOMINAL_M = 1.75  # the stature that grips are given for


def holding(
    left: Point | None = None, right: Point | None = None, nod: float = 0.0, stoop: float = 0.0
) -> Posture:
    """Walks or stands with its palms at these points [m, of a person of 1.75 m]; None swings.

    nod, stoop  forward lean of head and back [rad]
    """

    def pose(frame: Frame, channels: Channels) -> F64:
        frames = np.array(walking(frame, channels))
        k = frame.stature / NOMINAL_M
        if stoop:
            waist = at(0.0, 0.0, 0.61 * frame.stature)
            bent = waist @ turned_y(stoop) @ np.linalg.inv(waist)
            upper = [_TORSO, _NECK, _HEAD, _HAIR, *(row + i for row in _ARM_ROW.values() for i in range(3))]
            frames[upper] = bent @ frames[upper]
        if nod:
            frames[[_HEAD, _HAIR]] = frames[[_HEAD, _HAIR]] @ turned_y(nod)
        for side, grip in ((1.0, left), (-1.0, right)):
            if grip is not None:
                rows = _ARM_ROW[side]
                held = np.broadcast_to(np.array(grip) * k, (*frames.shape[1:-2], 3))
                frames[rows : rows + 3] = np.stack(arm(frame, frames[_TORSO], side, held))
        return frames

    return pose


def sitting(
    seat: float, grips: tuple[Point, Point], feet: tuple[float, float, float], lean: float
) -> Posture:
    """Sits with the hips over the origin.

    seat   height of the seat [m]; lean: of the back, negative leans back [rad]
    grips  left and right palm; feet: x, half distance and height of the soles' balls; of a person of 1.75 m
    """

    def pose(frame: Frame, channels: Channels) -> F64:
        k = frame.stature / NOMINAL_M
        x, half, low = feet
        balls = [np.array([x * k, side * half * k, low * k]) for side in (1.0, -1.0)]
        palms = [np.array(grip) * k for grip in grips]
        return riding(frame, (0.0, 0.0, (seat + 0.095) * k), lean, palms, balls)

    return pose


def lying(frame: Frame, channels: Channels) -> F64:
    """On the back, head to -x, arms and legs a little apart."""
    frames = np.array(walking(frame, {}))
    for row, name in enumerate(PARTS):
        side = 1.0 if name.endswith("_l") else -1.0
        if name.startswith(("upper_arm", "forearm", "hand")):
            shoulder = frames[_ARM_ROW[side]].copy()
            turn = shoulder[:3, 3]
            frames[row] = at(*turn) @ turned_x(side * 0.45) @ at(*-turn) @ frames[row]
        if name.startswith(("thigh", "shin", "foot", "toes")):
            hip = frames[PARTS.index("thigh_l" if side > 0 else "thigh_r")][:3, 3].copy()
            frames[row] = at(*hip) @ turned_x(side * 0.14) @ at(*-hip) @ frames[row]
    down: F64 = turned_y(-np.pi / 2) @ frames
    return down
