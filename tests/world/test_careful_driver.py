"""UN R157's careful and competent driver: what it avoids, and what it cannot."""

import numpy as np
import pytest

from drivesynth.world import metrics
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, do, event, motorway, scenario, street

EGO_MPS = 30.0
SHIFT_M, LATERAL_MPS = 3.5, 1.8


def cut_in(closing_kmh: float, dx0_m: float) -> Rollout:
    """Somebody slower comes in from the left, `dx0_m` ahead of the careful driver when it begins."""
    plan = motorway()
    ego = actor(plan, "ego", "car/estate", "R2", 20, EGO_MPS, model="r157_careful")
    merger = actor(plan, "merger", "car/estate", "R1", 20 + 4.68 + dx0_m, EGO_MPS - closing_kmh / 3.6)
    change = event("in", "merger", do("change_lane", to="right", lateral_mps=LATERAL_MPS), when="time >= 0 s")
    return simulate(scenario(plan, ego, merger, story=(change,), duration_s=12.0))


def least_dx0_m(closing_kmh: float) -> float:
    """From the regulation's constants: way lost while noticing, assessing, reacting and building up."""
    # The quintic has moved 0.375 m at this time; a constant lateral speed would have sooner.
    u = np.linspace(0, 1, 20001)
    moved = SHIFT_M * u**3 * (10 - 15 * u + 6 * u * u)
    noticed = u[np.argmax(moved > 0.375)] * 1.875 * SHIFT_M / LATERAL_MPS
    dv = closing_kmh / 3.6
    a, ramp = 7.59, 0.6
    lost_in_ramp = a * ramp / 2
    way = (
        dv * ramp - a * ramp**2 / 6 + max(dv - lost_in_ramp, 0) ** 2 / (2 * a)
        if dv > lost_in_ramp
        else dv * ramp / 2
    )
    # Its foot comes off the pedal (0.4 m/s^2) while it reacts.
    return float(dv * (noticed + 0.4 + 0.75) + way)


@pytest.mark.parametrize("closing_kmh", [30.0, 40.0, 50.0])
def test_it_avoids_a_cut_in_one_step_above_the_limit_and_not_one_below(closing_kmh: float) -> None:
    limit = least_dx0_m(closing_kmh)
    safe = of_rollout(cut_in(closing_kmh, limit + 3.0))
    crash = of_rollout(cut_in(closing_kmh, limit - 4.0))
    assert not metrics.overlap(safe, 0, 1).any()
    assert metrics.overlap(crash, 0, 1).any()


def test_it_brakes_no_harder_than_it_can_and_not_before_it_has_reacted() -> None:
    rollout = cut_in(40.0, least_dx0_m(40.0) + 3.0)
    accel = rollout.accel_mps2[:, 0]
    assert accel.min() == pytest.approx(-7.59, abs=0.01)
    assert np.diff(accel).min() / 0.01 >= -12.66
    first = np.argmax(accel < -1.0) * 0.01
    assert first > 0.4 + 0.75


def test_it_follows_at_two_seconds_when_nothing_happens() -> None:
    plan = motorway()
    ego = actor(plan, "ego", "car/estate", "R2", 20, 20.0, model="r157_careful")
    ego = ego.model_copy(update={"drive": ego.drive.model_copy(update={"speed_mps": 35.0})})
    lead = actor(plan, "lead", "car/sedan", "R2", 70, 20.0)
    series = of_rollout(simulate(scenario(plan, ego, lead, duration_s=45.0)))
    assert metrics.gap_m(series, 0, 1)[-1] == pytest.approx(2.0 + 2.0 * 20.0, rel=0.03)


def test_it_brakes_for_a_pedestrian_who_walks_towards_its_lane() -> None:
    plan = street()
    ego = actor(plan, "ego", "car/estate", "R1", 20, 9.0, model="r157_careful")
    walker = actor(plan, "walker", "pedestrian/adult", "R.sidewalk", 60, 1.4, turned_rad=np.pi / 2)
    rollout = simulate(scenario(plan, ego, walker))
    assert rollout.speed_mps[:, 0].min() < 3.0
