"""Lights are on when a driver would have them on."""

import numpy as np
import pytest

from drivesynth.assets.model import LIGHTS
from drivesynth.scenario.model import Environment
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from tests.world.worlds import actor, scenario, street


def lit(rollout: Rollout, name: str, light: str) -> np.ndarray:
    return rollout.lights[:, rollout.names.index(name)] & np.uint32(1 << LIGHTS.index(light)) > 0


def queue(environment: Environment) -> Rollout:
    plan = street()
    return simulate(
        scenario(
            plan,
            actor(plan, "ego", "car/estate", "R1", 20, 10.0),
            actor(plan, "first", "car/sedan", "R1", 150, lights=("hazard",)),
            actor(plan, "second", "car/suv", "R1", 160, lights=("hazard",)),
            actor(plan, "parked", "car/suv", "R.parking", 160),
            environment=environment,
            duration_s=8.0,
        )
    )


def test_hazard_lights_blink_three_times_in_two_seconds_and_no_two_cars_together() -> None:
    rollout = queue(Environment())
    first, second = (lit(rollout, name, "hazard") for name in ("first", "second"))
    for blinking in (first, second):
        assert np.array_equal(lit(rollout, "first", "indicator_left"), first)
        assert blinking[:400].mean() == pytest.approx(0.5, abs=0.01)
        assert np.abs(np.diff(blinking[:401].astype(int))).sum() in (11, 12, 13)
    assert (first != second).any()


@pytest.mark.parametrize(
    ("environment", "driven", "standing"),
    [
        (Environment(), False, False),
        (Environment(sun_elevation_rad=-0.1), True, False),
        (Environment(fog_mor_m=200.0), True, True),
        (Environment(rain_mm_h=2.0), True, True),
    ],
)
def test_low_beams_are_on_in_the_dark_and_in_bad_sight(
    environment: Environment, driven: bool, standing: bool
) -> None:
    rollout = queue(environment)
    assert lit(rollout, "ego", "low_beam").all() == driven
    assert lit(rollout, "first", "low_beam").all() == standing
    assert not lit(rollout, "parked", "low_beam").any()


def test_low_beams_are_on_in_a_tunnel_and_off_behind_it() -> None:
    plan = street(tunnel=(60.0, 120.0))
    rollout = simulate(
        scenario(
            plan,
            actor(plan, "ego", "car/estate", "R1", 40, 12.0),
            actor(plan, "parked", "car/suv", "R.parking", 90),
            duration_s=8.0,
        )
    )
    low, station = lit(rollout, "ego", "low_beam"), rollout.station_m[:, 0]
    assert np.array_equal(low, (station >= 60.0) & (station <= 120.0))
    assert low.any()
    assert not low.all()
    assert not lit(rollout, "parked", "low_beam").any()
