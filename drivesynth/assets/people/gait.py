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

from drivesynth.arrays import F64, Bool
from drivesynth.assets.posing import Number

KNEE_REACH = 0.999  # share of the leg's length a step may use: the knee is never locked


@dataclass(frozen=True)
class Leg:
    """Lengths [m]: thigh, shin, ankle above the sole, sole behind and ahead of the ankle.

    ball  ahead of the ankle, where toes bend that stay flat as the heel rises; None: the sole is stiff
    """

    thigh: float
    shin: float
    ankle: float
    heel: float
    toe: float
    ball: float | None = None

    @property
    def length(self) -> float:
        """Hip to ankle, knee straight."""
        return self.thigh + self.shin

    @property
    def push_off(self) -> float:
        """Ahead of the ankle, over what the foot rolls off the ground."""
        return self.toe if self.ball is None else self.ball


@dataclass(frozen=True)
class Step:
    """One leg, seen from its left: angles positive forward (toward +x); one instant, or arrays over many.

    thigh_rad, shin_rad  from hanging down; foot_rad from flat, positive toes up
    """

    thigh_rad: Number
    shin_rad: Number
    foot_rad: Number
    carries: Bool


def duty_factor(leg: Leg, stride_m: Number) -> F64:
    """Share of the cycle that a foot stands: 0.6 at a walk, a third at a run."""
    ratio = np.asarray(stride_m) / leg.length
    return np.asarray(np.interp(ratio, [0.0, 1.2, 1.8, 2.6, 3.6], [0.66, 0.63, 0.60, 0.40, 0.30]))


def ankle_path(leg: Leg, stride_m: Number, phase_rad: Number) -> tuple[F64, F64, F64, Bool]:
    """Ankle x, z [m] about the hip's foot point, foot pitch [rad], and whether the foot stands."""
    stride = np.asarray(stride_m, np.float64)
    duty = duty_factor(leg, stride)
    vigour = np.minimum(1.0, stride / (1.3 * leg.length))
    at = (np.asarray(phase_rad) / (2 * np.pi)) % 1.0
    stands = at < duty
    standing = _standing(leg, stride, duty, vigour, np.minimum(at / duty, 1.0))
    start = _standing(leg, stride, duty, vigour, np.ones_like(at))
    end = _standing(leg, stride, duty, vigour, np.zeros_like(at))
    q = np.maximum(at - duty, 0.0) / (1.0 - duty)
    pitch = start[2] + (end[2] - start[2]) * _smooth(np.minimum(1.0, q * 1.25))
    # Cubic Hermite: leaves and lands at the ground's own speed, so that no foot scuffs.
    slope = -stride * (1.0 - duty)
    h00, h10 = (1 + 2 * q) * (1 - q) ** 2, q * (1 - q) ** 2
    h01, h11 = q * q * (3 - 2 * q), q * q * (q - 1)
    x = h00 * start[0] + h10 * slope + h01 * end[0] + h11 * slope
    lift = (0.05 + 0.10 * np.maximum(0.0, stride / leg.length - 1.6)) * leg.length * vigour
    swinging = x, _lowest_ankle(leg, pitch) + lift * np.sin(np.pi * q) ** 2, pitch
    along, above, turned = (np.where(stands, a, b) for a, b in zip(standing, swinging, strict=True))
    return along, above, turned, stands


def _standing(leg: Leg, stride: F64, duty: F64, vigour: F64, q: F64) -> tuple[F64, F64, F64]:
    """Ankle and pitch at share q of the stance: over the heel, flat, over the toes."""
    behind = np.interp(duty, [0.3, 0.6], [0.16, 0.05])  # runners land nearer under the hip
    flat_x = stride * duty * (0.5 - q - behind)
    heel, toes = _smooth(np.maximum(0.0, 1.0 - q / 0.16)), _smooth(np.maximum(0.0, (q - 0.52) / 0.48))
    # Runners' heels rise farther over toes that bend.
    rise = 0.95 if leg.ball is None else np.interp(duty, [0.36, 0.6], [1.45, 0.95])
    pitch = vigour * (0.32 * heel - rise * toes)
    pivot = np.where(pitch > 0, -leg.heel, leg.push_off)
    c, s = np.cos(pitch), np.sin(pitch)
    return flat_x + pivot - pivot * c - leg.ankle * s, -pivot * s + leg.ankle * c, pitch


def _lowest_ankle(leg: Leg, pitch: F64) -> F64:
    """Ankle height at which the pitched sole just touches the ground."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.asarray(leg.ankle * c - np.minimum(-leg.heel * s, leg.push_off * s))


def _smooth(q: F64) -> F64:
    return q * q * (3.0 - 2.0 * q)


@lru_cache(maxsize=512)
def _hip_wave(leg: Leg, stride_cm: int) -> tuple[float, float]:
    """Mean hip height and its swing [m], low enough for both legs at every phase."""
    stride = stride_cm / 100
    ratio = stride / leg.length
    swing = 0.045 * leg.length * float(np.interp(ratio, [0.0, 1.6, 2.0, 2.4, 3.5], [0, 1, 0.3, -0.4, -0.6]))
    phases = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    x, z, _, _ = ankle_path(leg, stride, phases)
    reach = np.sqrt(np.maximum((KNEE_REACH * leg.length) ** 2 - x * x, 0.0))
    return float((z + reach - swing * _bob(phases)).min()), swing


def _bob(phase_rad: Number) -> F64:
    """-1 .. 1: highest over the standing leg at a walk."""
    return np.asarray(-np.cos(2.0 * np.asarray(phase_rad) - 0.3))


def hip_height(leg: Leg, stride_m: Number, phase_rad: Number) -> F64:
    """Hip above the ground [m] at the left leg's phase; between whole centimetres of stride linear."""
    stride = np.asarray(stride_m, np.float64)
    low = np.floor(stride * 100).astype(np.int64)
    share = stride * 100 - low
    waves = [(*_hip_wave(leg, cm), *_hip_wave(leg, cm + 1)) for cm in low.reshape(-1).tolist()]
    a, swing_a, b, swing_b = np.array(waves).T.reshape(4, *low.shape)
    bob = _bob(phase_rad)
    return np.asarray((a + swing_a * bob) * (1 - share) + (b + swing_b * bob) * share)


def step(leg: Leg, stride_m: Number, phase_rad: Number, hip_m: Number) -> Step:
    """The joint angles of a leg at its own phase under a hip at height `hip_m`."""
    x, z, pitch, carries = ankle_path(leg, stride_m, phase_rad)
    thigh, shin = two_bones(leg.thigh, leg.shin, x, hip_m - z)
    return Step(thigh, shin, pitch, carries)


def two_bones(upper: float, lower: float, forward: Number, down: Number) -> tuple[F64, F64]:
    """Angles [rad] from hanging down, positive forward, that bring the end to (forward, down).

    The middle joint bends forward, as a knee does; a target out of reach is aimed at.
    """
    distance = np.minimum(np.hypot(forward, down), (upper + lower) * 0.99999)
    aim = np.arctan2(forward, down)
    cos_a = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    cos_b = (lower**2 + distance**2 - upper**2) / (2 * lower * distance)
    return aim + np.arccos(np.clip(cos_a, -1, 1)), aim - np.arccos(np.clip(cos_b, -1, 1))
