"""Noise of inertial sensors from the parameters of an Allan deviation plot.

    white noise      sigma(tau) = N / sqrt(tau)
    bias             a first-order Gauss-Markov process of correlation time T, driven by q:
                     sigma^2(tau) = (q T)^2 / tau [1 - T / (2 tau) (3 - 4 exp(-tau/T) + exp(-2 tau/T))]
    rate random walk sigma(tau) = K sqrt(tau / 3)

IEEE Std 952-1997, annex C. The Gauss-Markov process has its largest deviation, 0.437 q sqrt(T), at
tau = 1.89 T; `q` is chosen so that this is 0.664 times the bias instability, the floor of true flicker
noise.
"""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64
from drivesynth.scene.navigation import Accelerometer, Gyro

_FLOOR = 0.664  # sqrt(2 ln 2 / pi)
_PEAK = 0.4365


@dataclass(frozen=True)
class Inertial:
    """Errors of one kind of sensor in SI units per second and root second.

    noise, instability, correlation_s, walk  the Allan parameters N, B, T, K
    bias, scale  standard deviations at switching on
    """

    noise: float
    instability: float = 0.0
    correlation_s: float = 100.0
    walk: float = 0.0
    bias: float = 0.0
    scale: float = 0.0

    @staticmethod
    def gyro(listed: Gyro) -> "Inertial":
        """rad/s."""
        degree = np.pi / 180.0
        return Inertial(
            listed.noise_deg_per_sqrt_h * degree / 60.0,
            listed.instability_deg_per_h * degree / 3600.0,
            listed.instability_s,
            listed.walk_deg_per_h_per_sqrt_h * degree / 3600.0 / 60.0,
            listed.bias_deg_per_s * degree,
            listed.scale_percent / 100.0,
        )

    @staticmethod
    def accelerometer(listed: Accelerometer) -> "Inertial":
        """m/s^2."""
        return Inertial(
            listed.noise_mps_per_sqrt_h / 60.0,
            listed.instability_mmps2 * 1e-3,
            listed.instability_s,
            listed.walk_mmps2_per_sqrt_h * 1e-3 / 60.0,
            listed.bias_mmps2 * 1e-3,
            listed.scale_percent / 100.0,
        )

    @property
    def drive(self) -> float:
        """q of the Gauss-Markov process, per root second."""
        return float(_FLOOR * self.instability / (_PEAK * np.sqrt(self.correlation_s)))

    def allan_deviation(self, tau_s: F64) -> F64:
        """(K,) of the three together, without the constant bias, which has none."""
        t, tau = self.correlation_s, np.asarray(tau_s, np.float64)
        decay = np.exp(-tau / t)
        bent = 1.0 - t / (2.0 * tau) * (3.0 - 4.0 * decay + decay**2)
        variance = self.noise**2 / tau + (self.drive * t) ** 2 / tau * bent + self.walk**2 * tau / 3.0
        return np.asarray(np.sqrt(variance))

    def errors(self, rng: np.random.Generator, count: int, step_s: float) -> F64:
        """(count, 3) additive errors of three axes, `step_s` apart, constant bias included."""
        bias = self.bias * rng.standard_normal(3)
        white = self.noise / np.sqrt(step_s) * rng.standard_normal((count, 3))
        walk = np.cumsum(self.walk * np.sqrt(step_s) * rng.standard_normal((count, 3)), axis=0)
        sigma = self.drive * np.sqrt(self.correlation_s / 2.0)
        wandering = sigma * markov(rng, count, 3, step_s, self.correlation_s)
        return np.asarray(bias + white + walk + wandering)


def markov(rng: np.random.Generator, count: int, columns: int, step_s: float, correlation_s: float) -> F64:
    """(count, columns) first-order Gauss-Markov processes of unit variance, stationary from the start."""
    keep = float(np.exp(-step_s / correlation_s))
    series = rng.standard_normal((count, columns))
    series[1:] *= np.sqrt(1.0 - keep * keep)
    return smoothed(series, keep)


def smoothed(series: F64, keep: float) -> F64:
    """y[k] = keep y[k - 1] + x[k], in blocks short enough that keep^-k does not overflow."""
    result = np.array(series, np.float64)
    if keep < 1e-9:
        return result
    block = max(1, min(len(series), int(20.0 / max(-np.log(keep), 1e-12))))
    powers = keep ** np.arange(1, block + 1, dtype=np.float64)[:, None]
    last = np.zeros(series.shape[1])
    for begin in range(0, len(series), block):
        part = result[begin : begin + block]
        scale = powers[: len(part)]
        part[:] = scale * (np.cumsum(part / scale, axis=0) + last)
        last = part[-1]
    return result
