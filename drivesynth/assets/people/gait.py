"""Walking and running in the plane: where feet, hips and knees are at a phase of the step.

The foot that carries stays on its spot of the ground: in the frame of a body that advances one
stride per turn of the phase it moves backward at a constant rate, first over its heel, then flat,
then over its toes. The foot in the air returns on a cubic that joins both ends in place and speed.
Duty factors and excursions: Alexander, "Walking and running", The Mathematical Gazette 80 (1996);
Winter, "Biomechanics and Motor Control of Human Movement", 4th ed. (2009), chapters 4 and 5.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

KNEE_REACH = 0.999  # share of the leg's length a step may use: the knee is never locked


@dataclass(frozen=True)
class Leg:
    """Lengths [m]: thigh, shin, ankle above the sole, sole behind and ahead of the ankle."""

    thigh: float
    shin: float
    ankle: float
    heel: float
    toe: float

    @property
    def length(self) -> float:
        """Hip to ankle, knee straight."""
        return self.thigh + self.shin


@dataclass(frozen=True)
class Step:
    """One leg at one instant, seen from its left: angles positive forward (toward +x).

    thigh_rad, shin_rad  from hanging down; foot_rad from flat, positive toes up
    """

    thigh_rad: float
    shin_rad: float
    foot_rad: float
    carries: bool


def duty_factor(leg: Leg, stride_m: float) -> float:
    """Share of the cycle that a foot stands: 0.6 at a walk, a third at a run."""
    return float(np.interp(stride_m / leg.length, [0.0, 1.2, 1.8, 2.6, 3.6], [0.66, 0.63, 0.60, 0.40, 0.30]))


def ankle_path(leg: Leg, stride_m: float, phase_rad: float) -> tuple[float, float, float, bool]:
    """Ankle x, z [m] about the hip's foot point, foot pitch [rad], and whether the foot stands."""
    duty = duty_factor(leg, stride_m)
    vigour = min(1.0, stride_m / (1.3 * leg.length))
    at = (phase_rad / (2 * np.pi)) % 1.0
    if at < duty:
        return *_standing(leg, stride_m, duty, vigour, at / duty), True
    start, end = _standing(leg, stride_m, duty, vigour, 1.0), _standing(leg, stride_m, duty, vigour, 0.0)
    q = (at - duty) / (1.0 - duty)
    pitch = start[2] + (end[2] - start[2]) * _smooth(min(1.0, q * 1.25))
    # Cubic Hermite: leaves and lands at the ground's own speed, so that no foot scuffs.
    slope = -stride_m * (1.0 - duty)
    h00, h10 = (1 + 2 * q) * (1 - q) ** 2, q * (1 - q) ** 2
    h01, h11 = q * q * (3 - 2 * q), q * q * (q - 1)
    x = h00 * start[0] + h10 * slope + h01 * end[0] + h11 * slope
    lift = (0.05 + 0.10 * max(0.0, stride_m / leg.length - 1.6)) * leg.length * vigour
    return x, _lowest_ankle(leg, pitch) + lift * np.sin(np.pi * q) ** 2, pitch, False


def _standing(leg: Leg, stride: float, duty: float, vigour: float, q: float) -> tuple[float, float, float]:
    """Ankle and pitch at share q of the stance: over the heel, flat, over the toes."""
    behind = float(np.interp(duty, [0.3, 0.6], [0.16, 0.05]))  # runners land nearer under the hip
    flat_x = stride * duty * (0.5 - q - behind)
    pitch = vigour * (0.32 * _smooth(max(0.0, 1.0 - q / 0.16)) - 0.95 * _smooth(max(0.0, (q - 0.52) / 0.48)))
    pivot = -leg.heel if pitch > 0 else leg.toe
    c, s = np.cos(pitch), np.sin(pitch)
    return flat_x + pivot - pivot * c - leg.ankle * s, -pivot * s + leg.ankle * c, pitch


def _lowest_ankle(leg: Leg, pitch: float) -> float:
    """Ankle height at which the pitched sole just touches the ground."""
    c, s = np.cos(pitch), np.sin(pitch)
    return float(leg.ankle * c - min(-leg.heel * s, leg.toe * s))


def _smooth(q: float) -> float:
    return q * q * (3.0 - 2.0 * q)


@lru_cache(maxsize=512)
def _hip_wave(leg: Leg, stride_cm: int) -> tuple[float, float]:
    """Mean hip height and its swing [m], low enough for both legs at every phase."""
    stride = stride_cm / 100
    ratio = stride / leg.length
    swing = 0.045 * leg.length * float(np.interp(ratio, [0.0, 1.6, 2.0, 2.4, 3.5], [0, 1, 0.3, -0.4, -0.6]))
    mean = np.inf
    for phase in np.linspace(0.0, 2 * np.pi, 48, endpoint=False):
        x, z, _, _ = ankle_path(leg, stride, float(phase))
        reach = np.sqrt(max((KNEE_REACH * leg.length) ** 2 - x * x, 0.0))
        mean = min(mean, z + reach - swing * _bob(float(phase)))
    return float(mean), swing


def _bob(phase_rad: float) -> float:
    """-1 .. 1: highest over the standing leg at a walk."""
    return float(-np.cos(2.0 * phase_rad - 0.3))


def hip_height(leg: Leg, stride_m: float, phase_rad: float) -> float:
    """Hip above the ground [m] at the left leg's phase; between whole centimetres of stride linear."""
    low = int(np.floor(stride_m * 100))
    share = stride_m * 100 - low
    (a, swing_a), (b, swing_b) = _hip_wave(leg, low), _hip_wave(leg, low + 1)
    bob = _bob(phase_rad)
    return (a + swing_a * bob) * (1 - share) + (b + swing_b * bob) * share


def step(leg: Leg, stride_m: float, phase_rad: float, hip_m: float) -> Step:
    """The joint angles of a leg at its own phase under a hip at height `hip_m`."""
    x, z, pitch, carries = ankle_path(leg, stride_m, phase_rad)
    thigh, shin = two_bones(leg.thigh, leg.shin, x, hip_m - z)
    return Step(thigh, shin, pitch, carries)


def two_bones(upper: float, lower: float, forward: float, down: float) -> tuple[float, float]:
    """Angles [rad] from hanging down, positive forward, that bring the end to (forward, down).

    The middle joint bends forward, as a knee does; a target out of reach is aimed at.
    """
    distance = min(float(np.hypot(forward, down)), (upper + lower) * 0.99999)
    aim = float(np.arctan2(forward, down))
    cos_a = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    cos_b = (lower**2 + distance**2 - upper**2) / (2 * lower * distance)
    return aim + float(np.arccos(np.clip(cos_a, -1, 1))), aim - float(np.arccos(np.clip(cos_b, -1, 1)))
