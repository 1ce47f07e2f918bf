"""Simulated noise has the Allan deviation of its parameters."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.scene.navigation import Accelerometer, Gyro
from drivesynth.sensors.inertial_noise import Inertial, markov, smoothed

STEP_S = 0.01


def overlapping_allan(rate: F64, step_s: float, m: int) -> float:
    """IEEE Std 952-1997, equation C.5, from the integrated signal, all overlaps."""
    angle = np.concatenate([[0.0], np.cumsum(rate)]) * step_s
    second = angle[2 * m :] - 2 * angle[m:-m] + angle[: -2 * m]
    return float(np.sqrt(np.mean(second**2) / (2 * (m * step_s) ** 2)))


def simulated(model: Inertial, count: int, runs: int, spans: list[int]) -> F64:
    rng = np.random.default_rng(20)
    series = np.concatenate([model.errors(rng, count, STEP_S) for _ in range(runs)], axis=1)
    found = [[overlapping_allan(series[:, c], STEP_S, m) ** 2 for c in range(series.shape[1])] for m in spans]
    return np.sqrt(np.mean(found, axis=1))


@pytest.mark.parametrize(
    "model",
    [
        Inertial(noise=2e-3),
        Inertial(noise=0.0, walk=3e-3),
        Inertial(noise=0.0, instability=1e-3, correlation_s=2.0),
        Inertial(noise=1e-3, instability=4e-3, correlation_s=3.0, walk=1e-3, bias=0.5),
    ],
    ids=["white", "walk", "wandering bias", "all of them and a constant"],
)
def test_the_allan_deviation_is_the_closed_form(model: Inertial) -> None:
    spans = [4, 10, 40, 100, 400, 1000]
    found = simulated(model, 40_000, 40, spans)
    tau = np.array(spans) * STEP_S
    # At the longest span 20 independent stretches of 120 series: the deviation is known to 2 %.
    assert found == pytest.approx(model.allan_deviation(tau), rel=0.05)


def test_the_slopes_are_minus_and_plus_one_half() -> None:
    tau = np.array([0.1, 10.0])
    for model, slope in ((Inertial(noise=1.0), -0.5), (Inertial(noise=0.0, walk=1.0), 0.5)):
        low, high = np.log10(model.allan_deviation(tau))
        assert (high - low) / 2 == pytest.approx(slope)


def test_the_floor_of_a_wandering_bias_is_the_instability_times_0664() -> None:
    model = Inertial(noise=0.0, instability=5.0, correlation_s=40.0)
    tau = np.geomspace(1, 2000, 4000)
    deviation = model.allan_deviation(tau)
    assert deviation.max() == pytest.approx(0.664 * 5.0, rel=2e-3)
    assert tau[deviation.argmax()] == pytest.approx(1.89 * 40.0, rel=0.02)


def test_a_data_sheets_units_become_si() -> None:
    gyro = Inertial.gyro(Gyro(noise_deg_per_sqrt_h=60.0, instability_deg_per_h=3600.0, bias_deg_per_s=2.0))
    assert (gyro.noise, gyro.instability, gyro.bias) == pytest.approx(np.radians([1.0, 1.0, 2.0]))
    accelerometer = Inertial.accelerometer(Accelerometer(noise_mps_per_sqrt_h=0.6, bias_mmps2=5.0))
    assert (accelerometer.noise, accelerometer.bias) == pytest.approx((0.01, 0.005))


def test_a_markov_process_is_stationary_and_forgets_at_its_rate() -> None:
    series = markov(np.random.default_rng(3), 400, 20_000, 0.1, 5.0)
    assert series.std(axis=1) == pytest.approx(1.0, abs=0.03)
    for lag in (10, 50, 200):
        correlation = (series[:-lag] * series[lag:]).mean()
        assert correlation == pytest.approx(np.exp(-lag * 0.1 / 5.0), abs=0.01)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9, 0.9999, 1.0 - 1e-12])
def test_smoothing_is_the_recursion(keep: float) -> None:
    inputs = np.random.default_rng(1).normal(size=(3000, 2))
    expected, last = np.empty_like(inputs), np.zeros(2)
    for k, row in enumerate(inputs):
        expected[k] = last = keep * last + row
    assert smoothed(inputs, keep) == pytest.approx(expected, rel=1e-7, abs=1e-7)
