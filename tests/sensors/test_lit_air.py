"""Drops, flakes and clouds in the light of lamps, against closed forms."""

from collections.abc import Callable

import numpy as np
import pytest

from drivesynth.arrays import F32, F64
from drivesynth.scenario.model import Environment
from drivesynth.sensors.falling import Shower
from drivesynth.sensors.lamps import NONE, Lamps
from drivesynth.sensors.lit_air import lit, phase_of_cloud, phase_of_drop, phase_of_flake
from tests.sensors.test_lampfog import lamp
from tests.sensors.test_outdoors import BLACK, OPTICS, POSE, SHAPE

EYE = np.zeros(3)


def lamps(*rows: F64) -> Lamps:
    return Lamps(np.stack(rows), np.ones((len(rows), 3)), 1e-4, np.zeros(0, np.int64))


@pytest.mark.parametrize("phase", [phase_of_drop, phase_of_flake, phase_of_cloud])
def test_a_particle_sends_on_what_it_takes(phase: Callable[[F64], F64]) -> None:
    cosine = (np.arange(200_000) + 0.5) / 100_000 - 1.0
    assert phase(cosine).mean() == pytest.approx(1.0, abs=0.012)
    assert (phase(cosine) >= 0.0).all()


def test_drops_have_a_rainbow_and_are_brightest_before_the_lamp() -> None:
    at = phase_of_drop(np.cos(np.radians([5.0, 60.0, 105.0, 125.0, 139.0, 175.0])))
    assert at[0] > 10 * at[1] > 30 * at[2]
    assert at[4] > 8 * at[3]  # the primary bow beside Alexander's dark band
    # A matt sphere seen from where the light comes: 8/3, from the other side nothing.
    np.testing.assert_allclose(phase_of_flake(np.array([-1.0, 1.0])), [8.0 / 3.0, 0.0], atol=1e-6)


def test_light_goes_with_the_inverse_square_and_through_the_air() -> None:
    row, alpha = lamp((0.0, 0.0, -1.0), kcd=2.0), 0.02
    at = np.array([[3.0, 0.0, 0.0], [6.0, 1.0, 0.0]])
    far = np.sqrt(((at - row[:3]) ** 2).sum(axis=1))
    seen = lit(lamps(row, row), at, EYE, alpha, lambda cosine: np.ones_like(cosine))
    expected = 2.0 * 2.0 / far**2 * np.exp(-alpha * far) / (4 * np.pi)
    np.testing.assert_allclose(seen, expected[:, None] * np.ones(3))
    assert not lit(NONE, at, EYE, alpha, phase_of_drop).any()


@pytest.mark.parametrize("environment", [Environment(rain_mm_h=40.0), Environment(snow_mm_h=4.0)])
def test_what_falls_at_night_shows_before_lamps_alone(environment: Environment) -> None:
    def drawn(lamps: Lamps) -> F32:
        total = np.zeros(SHAPE, np.float32)
        far = np.full(SHAPE[:2], np.float32(50.0))
        for key in range(8):
            picture = np.zeros(SHAPE, np.float32)
            Shower(environment, np.zeros(3), np.zeros(3), key).draw(
                picture, far, BLACK, OPTICS, POSE, 0.005, lamps
            )
            total += picture
        return total

    assert not drawn(NONE).any()
    # The same particles, a lamp 6 m ahead on the left or on the right: what is near it gets more.
    left, right = (drawn(lamps(lamp((6.0, y, 2.0)))) for y in (2.0, -2.0))
    assert left.max() > 0.0
    assert left[:, :300].mean() > 1.5 * right[:, :300].mean()
    assert right[:, 320:].mean() > 1.5 * left[:, 320:].mean()
