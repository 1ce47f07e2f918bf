"""Echoes told apart, merged, chosen; and the door for weather."""

from typing import Any

import numpy as np
import pytest
from drivesynth_kernels import pulse
from drivesynth_kernels.jit import kernel
from drivesynth_kernels.waveform import (
    DUAL,
    FIRST,
    LAST,
    MOST,
    STRONGEST,
    TRIPLE,
    Echo,
    choose_echoes,
    find_echoes,
)
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.arrays import F32, F64
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CAUSE, Pulses
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.targets import Shots, Targets
from tests.sensors.lidars import device, driving, mounted, still, wall

PULSE_M = 0.75  # 5 ns


@kernel
def find(echo: Echo, count: int, pulse_m: float) -> Any:
    return find_echoes(echo, count, pulse_m)


@kernel
def choose(echo: Echo, count: int, mode: int, apart_m: float) -> Any:
    return choose_echoes(echo, count, mode, apart_m)


def scratch() -> Echo:
    number, index = (lambda: np.zeros(MOST)), (lambda: np.zeros(MOST, np.int64))
    return Echo(number(), number(), index(), number(), number(), index(), np.zeros(MOST, np.bool_), index())


def echoes(targets: list[tuple[float, float]]) -> tuple[F64, F64]:
    """Ranges and heights of the peaks of targets (range, power)."""
    echo = scratch()
    for i, (range_m, power) in enumerate(targets):
        echo.range_m[i], echo.power[i], echo.target[i] = range_m, power, i
    count = find(echo, len(targets), PULSE_M)
    return echo.peak_m[:count].copy(), echo.height[:count].copy()


def waveform(targets: list[tuple[float, float]], at_m: F64) -> F64:
    """The sum of Gaussian pulses of half-power length PULSE_M, written out."""
    sigma = PULSE_M / np.sqrt(8 * np.log(2))
    return sum(p * np.exp(-0.5 * ((at_m - r) / sigma) ** 2) for r, p in targets)  # type: ignore[return-value]


@given(
    gaps=st.lists(st.floats(0.15, 3.0), min_size=0, max_size=5),
    powers=st.lists(st.floats(0.05, 1.0), min_size=6, max_size=6),
)
def test_echoes_are_the_peaks_of_the_summed_waveform(gaps: list[float], powers: list[float]) -> None:
    targets = list(zip(10.0 + np.cumsum([0.0, *gaps]), powers, strict=False))
    peaks, heights = echoes(targets)
    at = np.arange(8.0, 28.0, 0.002)
    power = waveform(targets, at)
    inner = (power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:]) & (power[1:-1] > 1e-3)
    highest = power.max()
    expected = at[1:-1][inner]
    # Every clear peak of the sum is an echo, and every echo stands on a peak or on a shoulder next to one.
    for place in expected:
        assert np.abs(peaks - place).min() < 0.1 * PULSE_M
    assert heights.max() == pytest.approx(highest, rel=0.02)
    assert heights == pytest.approx(waveform(targets, peaks), rel=0.02)


@given(gap_m=st.floats(0.0, 3.0))
def test_two_equal_targets_are_told_apart_from_0_85_pulse_lengths_on(gap_m: float) -> None:
    """Two Gaussians have two peaks where they lie more than two standard deviations apart."""
    peaks, heights = echoes([(20.0, 1.0), (20.0 + gap_m, 1.0)])
    limit = 2 * PULSE_M / np.sqrt(8 * np.log(2))
    if gap_m < limit - 0.02:
        assert peaks == pytest.approx([20.0 + gap_m / 2], abs=0.03)  # flat near the limit
    elif gap_m > limit + 0.1:
        assert len(peaks) == 2 and peaks[0] >= 20.0 and peaks[1] <= 20.0 + gap_m
    assert heights.max() <= 2.0 + 1e-9


def test_the_stronger_of_two_merged_targets_draws_the_range_to_itself() -> None:
    (peak,), _ = echoes([(20.0, 3.0), (20.3, 1.0)])
    assert 20.03 < peak < 20.12


@pytest.mark.parametrize("count", [1, 8, 19])
def test_sub_beams_on_one_surface_add_up_to_the_whole_beam(count: int) -> None:
    peaks, heights = echoes([(30.0 + 0.001 * i, 1.0 / count) for i in range(count)])
    assert peaks == pytest.approx([30.0 + 0.0005 * (count - 1)], abs=1e-6)
    assert heights == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("mode", "apart_m", "chosen"),
    [
        (STRONGEST, 0.0, [10.0]),
        (FIRST, 0.0, [5.0]),
        (LAST, 0.0, [40.0]),
        (DUAL, 0.0, [10.0, 40.0]),
        (TRIPLE, 0.0, [10.0, 20.0, 40.0]),
        (TRIPLE, 15.0, [10.0, 40.0]),
        (DUAL, 50.0, [10.0]),
    ],
)
def test_return_modes(mode: int, apart_m: float, chosen: list[float]) -> None:
    echo = scratch()
    for i, (peak, height) in enumerate(((5.0, 2.0), (10.0, 9.0), (20.0, 4.0), (30.0, 8.0), (40.0, 3.0))):
        echo.peak_m[i], echo.height[i], echo.heard[i] = peak, height, i != 3  # the fourth stays unheard
    number = choose(echo, 5, mode, apart_m)
    assert echo.peak_m[echo.chosen[:number]].tolist() == chosen


def test_dual_takes_the_second_strongest_where_the_strongest_is_the_last() -> None:
    echo = scratch()
    for i, (peak, height) in enumerate(((5.0, 2.0), (10.0, 1.0), (20.0, 4.0))):
        echo.peak_m[i], echo.height[i], echo.heard[i] = peak, height, True
    number = choose(echo, 3, DUAL, 1.0)
    assert echo.peak_m[echo.chosen[:number]].tolist() == [5.0, 20.0]


class Screen:
    """Air that sends half of the light back from a stretch `range_m` away, as something like fog would."""

    def __init__(self, range_m: float, cause: str = "fog", strength: float = 0.4) -> None:
        self.range_m, self.cause, self.strength = range_m, CAUSE[cause], strength

    def mirrored(self, met: pulse.Surface, origins_m: F64, directions: F32) -> pulse.Surface:
        return met  # no water stands

    def __call__(self, shots: Shots, targets: Targets) -> Targets:
        targets.share[:] *= np.where(shots.range_m.reshape(-1) > self.range_m, 0.25, 1.0)
        pulses = np.flatnonzero(shots.range_m.reshape(-1) > self.range_m)
        at = np.full(len(pulses), self.range_m, np.float32)
        return targets.joined(pulses, at, np.full(len(pulses), self.strength, np.float32), self.cause)


def through(medium: Screen | None, **receiver: object) -> Pulses:
    """A wall 20 m ahead of and around a device, through the air."""
    mount = mounted(device((0.0, -0.5), firings=72, receiver=receiver), 0.0)
    return sweep(Caster(still(wall(20.0))), mount, driving(), 0.0, key=1, medium=medium)


def test_weather_hides_what_stands_behind_and_sends_its_own_echo_back() -> None:
    clear, foggy = through(None), through(Screen(6.0))
    assert (foggy.cause == CAUSE["fog"]).all()  # even where there was nothing before
    assert foggy.range_m == pytest.approx(6.0)
    assert (foggy.actor == -1).all() and (foggy.instance == -1).all() and (foggy.class_id == 0).all()
    assert (clear.cause == CAUSE["surface"]).any()


def test_behind_the_weather_the_last_return_is_the_wall_and_dual_gives_both() -> None:
    last, dual = through(Screen(6.0), returns="last"), through(Screen(6.0), returns="dual")
    clear = through(None)
    back = clear.returned
    assert np.array_equal(last.range_m[back], clear.range_m[back])
    assert (last.cause[back] == CAUSE["surface"]).all()
    assert (last.intensity[back] < clear.intensity[back]).all()
    assert len(dual.range_m) == len(clear.range_m) + len(back)
    both = dual.echo == 1
    assert np.array_equal(np.flatnonzero(both), np.flatnonzero(np.diff(dual.time_ns) == 0) + 1)
    assert (dual.cause[both] == CAUSE["surface"]).all() and (dual.cause[~both] == CAUSE["fog"]).all()
    assert dual.range_m[both] == pytest.approx(clear.range_m[back])


def test_no_medium_and_a_medium_that_does_nothing_give_the_same_bytes() -> None:
    one, two = through(None), through(Screen(500.0))
    for name in Pulses.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
