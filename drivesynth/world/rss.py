"""Responsibility-sensitive safety: how far two bodies are beyond what they must keep from each other.

Shalev-Shwartz, Shammah, Shashua, "On a Formal Model of Safe and Scalable Self-driving Cars", 2017:
lemma 2 (longitudinal), definition 3 (opposite directions), lemma 4 (lateral); a situation is dangerous
where both distances are too short. Numbers are the defaults of Intel's ad-rss-lib. Directions are those
of the first actor's heading, so bends count as straight over the length of a gap.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.world.metrics import axes_of, of_parts, reach_m
from drivesynth.world.series import Series

EGO_REACTION_S, OTHER_REACTION_S = 1.0, 2.0
ACCEL_MPS2 = 3.5
BRAKE_MIN_MPS2, BRAKE_MIN_CORRECT_MPS2, BRAKE_MAX_MPS2 = 4.0, 3.0, 8.0
LATERAL_ACCEL_MPS2, LATERAL_BRAKE_MPS2 = 0.2, 0.8
LATERAL_WANDER_M = 0.1


def following_m(rear_mps: F64 | float, front_mps: F64 | float, reaction_s: float = EGO_REACTION_S) -> F64:
    """Safe distance behind a vehicle that may brake hard, of one that may accelerate until it reacts."""
    front = np.asarray(front_mps, np.float64)
    way = _stopping_m(rear_mps, reaction_s, BRAKE_MIN_MPS2) - front**2 / (2 * BRAKE_MAX_MPS2)
    return np.asarray(np.maximum(way, 0.0))


def oncoming_m(correct_mps: F64 | float, wrong_mps: F64 | float) -> F64:
    """Safe distance of two who drive at each other, speeds positive: the first is in its own lane."""
    own = _stopping_m(correct_mps, EGO_REACTION_S, BRAKE_MIN_CORRECT_MPS2)
    return own + _stopping_m(wrong_mps, OTHER_REACTION_S, BRAKE_MIN_MPS2)


def beside_m(
    towards_mps: F64 | float,
    away_mps: F64 | float,
    reaction_s: float = EGO_REACTION_S,
    other_reaction_s: float = OTHER_REACTION_S,
) -> F64:
    """Safe distance to the side; both lateral speeds count from the first actor towards the second."""
    way = _lateral_m(towards_mps, LATERAL_ACCEL_MPS2, reaction_s)
    other = _lateral_m(away_mps, -LATERAL_ACCEL_MPS2, other_reaction_s)
    return np.asarray(LATERAL_WANDER_M + np.maximum(way - other, 0.0))


@of_parts(np.minimum)
def margin_m(series: Series, a: int, b: int) -> F64:
    """(N,) how far the gap lies beyond the safe one; negative is dangerous.

    Of one behind the other that is the longitudinal gap, else the better of both. The first actor reacts
    as the ego does, and is the one in its own lane where they drive at each other.
    """
    ahead, left = axes_of(series, a)
    offset = series.xy_m[:, b] - series.xy_m[:, a]

    def along(vectors: F64, axis: F64) -> F64:
        return np.asarray(np.einsum("ni,ni->n", vectors, axis))

    gaps = [
        np.maximum(np.abs(along(offset, axis)) - half - reach_m(series, b, axis), 0.0)
        for axis, half in ((ahead, series.half_m[a, 0]), (left, series.half_m[a, 1]))
    ]
    own, other = along(series.velocity_mps[:, a], ahead), along(series.velocity_mps[:, b], ahead)
    leads = along(offset, ahead) > 0
    rolls = np.maximum(own, 0.0)
    behind = following_m(np.maximum(other, 0.0), rolls, OTHER_REACTION_S)
    apart = (other < 0) & ~leads  # they have passed each other
    facing = oncoming_m(rolls, np.maximum(-other, 0.0))
    onwards = np.where(leads, following_m(rolls, np.maximum(other, 0.0)), behind)
    long_m = np.where(other >= 0, onwards, np.where(apart, 0.0, facing))

    side = np.where(along(offset, left) > 0, 1.0, -1.0)
    towards = side * along(series.velocity_mps[:, a], left)
    wide_m = beside_m(towards, side * along(series.velocity_mps[:, b], left))
    margin = gaps[0] - long_m
    margin = np.where(gaps[1] > 0.0, np.maximum(margin, gaps[1] - wide_m), margin)
    return np.where(series.present[:, a] & series.present[:, b], margin, np.inf)


def _stopping_m(speed_mps: F64 | float, reaction_s: float, brake_mps2: float) -> F64:
    speed = np.asarray(speed_mps, np.float64)
    reacting = speed * reaction_s + ACCEL_MPS2 * reaction_s**2 / 2
    return np.asarray(reacting + (speed + reaction_s * ACCEL_MPS2) ** 2 / (2 * brake_mps2))


def _lateral_m(speed_mps: F64 | float, accel_mps2: float, reaction_s: float) -> F64:
    """The way to the side until the lateral speed is braked away, signed."""
    speed = np.asarray(speed_mps, np.float64)
    then = speed + reaction_s * accel_mps2
    return np.asarray((speed + then) / 2 * reaction_s + then * np.abs(then) / (2 * LATERAL_BRAKE_MPS2))
