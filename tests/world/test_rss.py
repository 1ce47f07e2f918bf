"""Safe distances by hand, and against the worst case driven through in small steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.world import rss
from tests.world.test_metrics import moving

STEP_S = 1e-3


def worst_way_m(speed_mps: float, accel_mps2: float, reaction_s: float, brake_mps2: float) -> float:
    """How far somebody comes who accelerates until he reacts and then brakes to a stand, in small steps."""
    way, time = 0.0, 0.0
    while time < reaction_s or abs(speed_mps) > brake_mps2 * STEP_S:
        accel = accel_mps2 if time < reaction_s else -np.sign(speed_mps) * brake_mps2
        way += speed_mps * STEP_S + accel * STEP_S**2 / 2
        speed_mps += accel * STEP_S
        time += STEP_S
    return way


speeds = st.floats(0.0, 40.0)


def test_behind_somebody_as_fast_at_72_km_h_65_8_m_are_safe() -> None:
    # 20 + 1.75 + 23.5^2 / 8 - 20^2 / 16 = 65.78125
    assert rss.following_m(20.0, 20.0) == pytest.approx(65.78125)
    assert rss.following_m(0.0, 40.0) == 0.0
    # Reacting after 2 s: 40 + 7 + 27^2 / 8 - 25
    assert rss.following_m(20.0, 20.0, rss.OTHER_REACTION_S) == pytest.approx(113.125)


def test_at_each_other_at_36_km_h_105_m_are_safe() -> None:
    # 10 + 1.75 + 13.5^2 / 6 = 42.125 in the own lane; 20 + 7 + 17^2 / 8 = 63.125 for the other
    assert rss.oncoming_m(10.0, 10.0) == pytest.approx(105.25)


def test_beside_each_other_at_rest_sideways_0_7_m_are_safe() -> None:
    # 0.1 + (0.1 + 0.2^2 / 1.6) + (0.4 + 0.4^2 / 1.6)
    assert rss.beside_m(0.0, 0.0) == pytest.approx(0.1 + 0.125 + 0.5)
    # One drifts over with 1 m/s: (1 + 1.2) / 2 + 1.2^2 / 1.6 = 2.0 instead of 0.125
    assert rss.beside_m(1.0, 0.0) == pytest.approx(0.1 + 2.0 + 0.5)
    assert rss.beside_m(-1.0, 2.0) == pytest.approx(0.1), "who moves apart needs its wandering alone"


@given(speeds, speeds)
def test_the_safe_distance_is_what_the_worst_case_uses_up(rear: float, front: float) -> None:
    used = worst_way_m(rear, 3.5, 1.0, 4.0) - worst_way_m(front, 0.0, 0.0, 8.0)
    assert rss.following_m(rear, front) == pytest.approx(max(used, 0.0), abs=0.1)
    facing = worst_way_m(rear, 3.5, 1.0, 3.0) + worst_way_m(front, 3.5, 2.0, 4.0)
    assert rss.oncoming_m(rear, front) == pytest.approx(facing, abs=0.1)


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_so_it_is_to_the_side(towards: float, away: float) -> None:
    used = worst_way_m(towards, 0.2, 1.0, 0.8) - worst_way_m(away, -0.2, 2.0, 0.8)
    assert rss.beside_m(towards, away) == pytest.approx(0.1 + max(used, 0.0), abs=0.02)


def test_a_margin_is_that_of_the_better_direction() -> None:
    # 30 m behind somebody at 20 m/s: 65.78 m would be safe.
    assert rss.margin_m(moving((0, 0, 0, 20), (34, 0, 0, 20)), 0, 1) == pytest.approx(30 - 65.78125)
    # Two lanes over, 3.5 - 1.8 m between, 0.725 m are safe, whatever is ahead.
    assert rss.margin_m(moving((0, 0, 0, 20), (4.5, 3.5, 0, 20)), 0, 1) == pytest.approx(1.7 - 0.725)
    # The one behind must keep its distance too, and reacts after 2 s.
    assert rss.margin_m(moving((0, 0, 0, 20), (-34, 0, 0, 20)), 0, 1) == pytest.approx(30 - 113.125)
    # At each other; once they have passed, they drive apart and any gap will do.
    assert rss.margin_m(moving((0, 0, 0, 10), (84, 0, np.pi, 10)), 0, 1) == pytest.approx(80 - 105.25)
    assert rss.margin_m(moving((0, 0, 0, 10), (-7, 0, np.pi, 10)), 0, 1) == pytest.approx(3.0)
    # From the right into our way, 10 m ahead of our front: 34.5 m are safe before somebody who stands across
    # us (10 + 1.75 + 13.5^2 / 8), and its side (2.1 m away, coming with 2 m/s) is no safer.
    crossing = moving((0, 0, 0, 10), (12.9, -5.0, np.pi / 2, 2))
    side_m = 0.1 + 0.125 + (2 + 2.4) / 2 * 2 + 2.4**2 / 1.6
    assert rss.margin_m(crossing, 0, 1) == pytest.approx(max(10 - 34.53125, 2.1 - side_m))
