"""How a camera gathers one picture: when its rows and passes look, from which part of the lens.

A picture of several passes is their mean. Pass n looks at its own instant of the exposure, through its own
point of the lens's opening and of the pixel, so that one set of passes blurs what moves, blurs what is out
of focus and smooths edges at once (Cook, Porter, Carpenter, "Distributed Ray Tracing", SIGGRAPH 1984).
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.scene.camera import Camera, Focus

SUN_RADIUS_RAD = np.radians(0.2665)
_GOLDEN_ANGLE_RAD = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Taking:
    """How a picture is taken; the default all at once, through a pinhole.

    row_delay_s  by how much a row is exposed later than the one above it
    exposure_s   how long each row is exposed, around its time
    instants     of the exposure that the picture is the mean of
    focus        None: everything is sharp
    """

    row_delay_s: float = 0.0
    exposure_s: float = 0.005
    instants: int = 1
    focus: Focus | None = None

    @staticmethod
    def of(camera: Camera) -> "Taking":
        """As a rig's file says."""
        return Taking(camera.row_delay_us * 1e-6, camera.exposure_ms * 1e-3, camera.instants, camera.focus)

    def span_s(self, height_px: int) -> float:
        """From the first light on any row to the last."""
        open_s = self.exposure_s if self.instants > 1 else 0.0
        return self.row_delay_s * (height_px - 1) + open_s

    def passes(self, quality_passes: int) -> int:
        """How many passes make a picture that takes `quality_passes` of itself, 1 for a single one."""
        wanted = max(quality_passes, self.instants)
        return max(wanted, _FOCUS_PASSES) if self.focus is not None else wanted


_FOCUS_PASSES = 16


@dataclass(frozen=True)
class Pass:
    """One pass of many, or the only one.

    shift_px    of its rays from the pixels' centres
    later_s     than the picture's time
    opening_m   (x, y) where its rays cross the lens, camera frame
    sun_side    angle and side of its point of the sun's disc [rad]
    turn_rad    of its directions to the sky
    rich        how often what it finds by second rays counts; 0 does not ask
    """

    shift_px: tuple[float, float] = (0.0, 0.0)
    later_s: float = 0.0
    opening_m: tuple[float, float] = (0.0, 0.0)
    sun_side: tuple[float, float] = (0.0, 0.0)
    turn_rad: float = 0.0
    rich: float = 0.0


def pass_of(number: int, count: int, taking: Taking) -> Pass:
    """Pass `number` of `count`: Halton points over the pixel, spirals over the sun's disc and the lens."""
    share = (number + 0.5) / count
    shift = radical_inverse(number + 1, 2) - 0.5, radical_inverse(number + 1, 3) - 0.5
    # Instants in an order of their own, or what moves would drift across the pixel with the pass.
    instant = ((number * _stride(count)) % count + 0.5) / count - 0.5
    later_s = instant * taking.exposure_s if taking.instants > 1 else 0.0
    opening = (0.0, 0.0)
    if taking.focus is not None:
        radius = 0.5e-3 * taking.focus.aperture_mm * np.sqrt(share)
        around = number * _GOLDEN_ANGLE_RAD
        opening = float(radius * np.cos(around)), float(radius * np.sin(around))
    sun = float(SUN_RADIUS_RAD * np.sqrt(share)), number * _GOLDEN_ANGLE_RAD
    return Pass(shift, later_s, opening, sun, 2 * np.pi * radical_inverse(number + 1, 5))


def _stride(count: int) -> int:
    """A step that visits all of `count` in a scattered order."""
    stride = max(round(0.618 * count), 1)
    while np.gcd(stride, count) > 1:
        stride += 1
    return stride


def radical_inverse(number: int, base: int) -> float:
    """Van der Corput's sequence: the digits of `number` mirrored at the point."""
    value, weight = 0.0, 1.0 / base
    while number:
        value += weight * (number % base)
        number //= base
        weight /= base
    return value


def tilted(direction: F64, angle_rad: float, around_rad: float) -> F64:
    """The unit direction tilted by a small angle to the side `around_rad`."""
    side = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, direction)
    bent = direction + np.tan(angle_rad) * (np.cos(around_rad) * side + np.sin(around_rad) * up)
    return np.asarray(bent / np.linalg.norm(bent))
