"""Signal and detection: the radar equation, what cells resolve, false alarms and fluctuation by counting."""

import numpy as np
import pytest

from drivesynth.sensors import radar_signal as rs
from drivesynth.sensors.frame import RADAR_CAUSE, Detections
from drivesynth.sensors.radar_echo import Echoes, amplitudes, merged
from drivesynth.sensors.radar_waveform import Waveform, beam_width_rad, weights
from tests.sensors.radars import device, echoes

QUIET = np.zeros(3)


def look(
    waveform: Waveform, listed: Echoes, seed: int = 0, threads: int = 1
) -> tuple[Detections, np.ndarray, rs.Signal]:
    draws = amplitudes(np.random.default_rng(seed + 1000), len(listed.range_m))
    heard = rs.signal(waveform, listed, draws)
    cells, power = rs.received(waveform, heard, lambda block: np.random.default_rng([seed, block]), threads)
    tiers = np.random.default_rng(seed)
    return rs.detections(waveform, heard, cells, power, QUIET, 0, tiers), power, heard


def test_the_window_is_hanns() -> None:
    count, pad = 64, 16
    taps = np.sin(np.pi * (np.arange(count) + 0.5) / count) ** 2
    spectrum = np.abs(np.fft.fft(taps, count * pad)) / taps.sum()
    offset = np.arange(2 * pad) / pad
    assert rs.window(offset) == pytest.approx(spectrum[: 2 * pad], abs=1e-3)
    assert rs.window(np.array([2.0, 2.4, -3.0])) == pytest.approx(0.0)


def test_power_follows_the_radar_equation_down_to_the_noise() -> None:
    waveform = Waveform(device())
    for cell in (20, 40, 80):
        listed = echoes(range_m=cell * waveform.range_step_m, rcs_m2=100.0)
        _, power, heard = look(waveform, listed)
        gain = weights(waveform.device.antennas).sum() ** 2
        expected = waveform.snr_1m * 100.0 / (cell * waveform.range_step_m) ** 4 * gain
        middle = power.shape[1] // 2, power.shape[2] // 2
        assert power[cell][middle] == pytest.approx(expected, rel=5.0 / np.sqrt(expected))
        assert expected > 1e3 and np.abs(heard.amplitude[0]) ** 2 * gain == pytest.approx(expected)


def test_what_is_measured_is_what_was_there() -> None:
    waveform = Waveform(device())
    listed = echoes(
        range_m=[12.3, 20.1, 33.3], speed_mps=[-4.2, 0.0, 13.7], azimuth_rad=[0.3, -0.5, 0.1],
        elevation_rad=[0.05, -0.08, 0.1], rcs_m2=[100.0, 10.0, 1000.0], actor=[1, 2, 3],
    )  # fmt: skip
    found, *_ = look(waveform, listed)
    found_rows = [int(np.flatnonzero(found.actor == actor)[0]) for actor in (1, 2, 3)]
    assert found.range_m[found_rows] == pytest.approx(listed.range_m, abs=0.05)
    assert found.speed_mps[found_rows] == pytest.approx(listed.speed_mps, abs=0.1)
    assert found.azimuth_rad[found_rows] == pytest.approx(listed.azimuth_rad, abs=0.02)
    assert found.elevation_rad[found_rows] == pytest.approx(listed.elevation_rad, abs=0.01)
    # Off the middles of cells and beams up to 1.4 dB each in range and speed and 1 dB in azimuth are lost.
    assert found.rcs_dbsm[found_rows] == pytest.approx([20.0, 10.0, 30.0], abs=4.0)
    assert (found.rcs_dbsm[found_rows] < [20.5, 10.5, 30.5]).all()
    assert (found.cause[found_rows] == RADAR_CAUSE["target"]).all()
    xyz = found.xyz_m[found_rows[0]]
    assert np.linalg.norm(xyz) == pytest.approx(12.3, abs=0.05) and np.arctan2(xyz[1], xyz[0]) > 0.28


@pytest.mark.parametrize(
    "column, cell", [("range_m", "range_step_m"), ("speed_mps", "speed_step_mps")], ids=["range", "speed"]
)
def test_two_targets_are_one_within_a_cell_and_two_some_cells_apart(column: str, cell: str) -> None:
    waveform = Waveform(device())
    step, start = getattr(waveform, cell), 20.0 if column == "range_m" else 0.0
    for apart, number in ((0.4, 1), (4.0, 2)):
        values = start + np.array([0.0, apart]) * step
        base = round(start / step) * step - start
        found, *_ = look(waveform, echoes(rcs_m2=100.0, **{"range_m": 20.0, column: values + base}))
        assert len(found.range_m) == number, apart


def test_two_targets_in_one_cell_are_told_apart_by_a_beam_width_and_more() -> None:
    waveform = Waveform(device())
    width = beam_width_rad(waveform.device.antennas)
    for apart, number in ((0.3, 1), (2.2, 2)):
        found, *_ = look(
            waveform, echoes(range_m=20.0, rcs_m2=100.0, azimuth_rad=np.array([-0.5, 0.5]) * apart * width)
        )
        assert len(found.range_m) == number, apart


def test_a_speed_beyond_the_unambiguous_folds_and_says_so() -> None:
    waveform = Waveform(device())
    end = waveform.speed_end_mps
    found, *_ = look(waveform, echoes(range_m=20.0, speed_mps=-1.2 * end, rcs_m2=100.0))
    assert found.speed_mps[0] == pytest.approx(0.8 * end, abs=0.1)
    assert found.folds.tolist() == [-1]


def test_beyond_the_last_range_nothing_is_heard() -> None:
    waveform = Waveform(device())
    found, *_ = look(waveform, echoes(range_m=waveform.range_end_m + 3.0, rcs_m2=1e6))
    assert len(found.range_m) == 0


def test_side_lobes_of_a_strong_target_are_not_reported() -> None:
    waveform = Waveform(device(antennas={"taper": 0.0}, cfar={"side_lobe_db": 12.0}))
    found, *_ = look(waveform, echoes(range_m=20.0, rcs_m2=1e5))
    assert len(found.range_m) == 1


@pytest.mark.parametrize("false_alarm, train", [(1e-2, 12), (1e-3, 12), (1e-3, 3), (1e-4, 20)])
def test_noise_alone_exceeds_the_threshold_as_often_as_asked(false_alarm: float, train: int) -> None:
    """Cells of one beam are independent; every other beam of an untapered row is too."""
    waveform = Waveform(
        device(cfar={"false_alarm": false_alarm, "train": train}, antennas={"taper": 0.0},
               chirps={"samples": 400, "count": 128})
    )  # fmt: skip
    count, cells = 0, 0
    for seed in range(2):
        _, power = rs.received(
            waveform, empty(waveform), lambda block, s=seed: np.random.default_rng([s, block])
        )
        power = power[:, :, ::2]
        where = rs.candidates(waveform, power)
        count += int(rs.exceeding(waveform, power, *where).sum())
        cells += power.size
    expected = false_alarm * cells
    # Neighbours share training cells, which makes the count a little wider than Poisson's.
    assert abs(count - expected) < 5.0 * np.sqrt(expected) + 0.01 * expected


def empty(waveform: Waveform) -> rs.Signal:
    return rs.signal(waveform, echoes(range_m=1e5), amplitudes(np.random.default_rng(0), 1))


def test_noise_has_unit_power_in_every_beam() -> None:
    waveform = Waveform(device())
    _, power = rs.received(waveform, empty(waveform), np.random.default_rng)
    assert power.mean(axis=(0, 1)) == pytest.approx(1.0, abs=6 / np.sqrt(128 * 64))
    assert power.var() == pytest.approx(1.0, abs=0.05)  # exponential


@pytest.mark.parametrize("snr", [5.0, 15.0, 40.0])
def test_a_fluctuating_target_is_detected_as_often_as_swerling_says(snr: float) -> None:
    """Swerling 1 under cell averaging over N cells: (1 + scale / N / (1 + SNR))^-N (Gandhi, Kassam 1988)."""
    waveform = Waveform(device(cfar={"false_alarm": 1e-4}))
    cfar, gain = waveform.device.cfar, weights(waveform.device.antennas).sum() ** 2
    ranges = np.arange(6, 122, 4)
    range_m = ranges * waveform.range_step_m
    listed = echoes(range_m=range_m, rcs_m2=snr / gain * range_m**4 / waveform.snr_1m, swerling=1)
    detected, trials = 0, 0
    for seed in range(60):
        draws = amplitudes(np.random.default_rng([7, seed]), len(range_m))
        heard = rs.signal(waveform, listed, draws)
        kept = len(heard.amplitude)
        assert kept == len(range_m)
        _, power = rs.received(waveform, heard, lambda block, s=seed: np.random.default_rng([s, block]))
        middle = np.full(len(ranges), 32), np.full(len(ranges), 8)
        detected += int(rs.exceeding(waveform, power, ranges, *middle).sum())
        trials += len(ranges)
    cells = 2 * cfar.train
    expected = (1 + cfar.scale / cells / (1 + snr)) ** -cells
    assert detected / trials == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / trials))


def test_amplitudes_have_swerlings_moments() -> None:
    power = np.abs(amplitudes(np.random.default_rng(2), 400_000)) ** 2
    assert power.mean(axis=0) == pytest.approx([1, 1, 1], abs=0.01)
    assert power.var(axis=0) == pytest.approx([0, 1, 0.5], abs=0.02)
    third = ((power - 1) ** 3).mean(
        axis=0
    )  # 2 k theta^3 of a Gamma: 2 for the exponential, 1/2 for Gamma(2, 1/2)
    assert third == pytest.approx([0, 2, 0.5], abs=0.1)
    # Exponential and chi-square of four degrees of freedom, by their distribution functions.
    for level in (0.2, 1.0, 3.0):
        assert (power[:, 1] < level).mean() == pytest.approx(1 - np.exp(-level), abs=0.004)
        assert (power[:, 2] < level).mean() == pytest.approx(
            1 - (1 + 2 * level) * np.exp(-2 * level), abs=0.004
        )


def test_azimuth_is_without_bias_and_as_noisy_as_theory_says() -> None:
    waveform = Waveform(device())
    gain, snr = weights(waveform.device.antennas).sum() ** 2, 200.0
    ranges = np.arange(6, 122, 4) * waveform.range_step_m
    width = beam_width_rad(waveform.device.antennas)
    for azimuth in np.radians([0.0, 6.0, 25.0, -40.0]):
        pattern = 10 ** (-2 * 1.2 * (azimuth / np.radians(90)) ** 2)
        rcs = snr / gain * ranges**4 / waveform.snr_1m / pattern
        errors, sigmas = [], []
        for seed in range(12):
            found, *_ = look(waveform, echoes(range_m=ranges, rcs_m2=rcs, azimuth_rad=azimuth), seed)
            mine = found.actor == 1
            errors.extend((found.azimuth_rad[mine] - azimuth).tolist())
            sigmas.extend(found.azimuth_sigma_rad[mine].tolist())
        assert len(errors) > 250
        assert abs(np.median(errors)) < 0.06 * width / np.cos(azimuth)
        assert 0.5 < np.std(errors) / np.mean(sigmas) < 2.0


def test_merging_keeps_power_and_the_middle_of_it() -> None:
    waveform = Waveform(device())
    listed = echoes(range_m=[20.0, 20.1, 40.0], rcs_m2=[1.0, 3.0, 5.0], speed_mps=0.1, actor=[1, 1, 2])
    once = merged(listed, waveform)
    assert sorted(once.rcs_m2.tolist()) == [4.0, 5.0]
    assert once.range_m[once.actor == 1] == pytest.approx([20.075])


def test_threads_change_no_bit() -> None:
    waveform = Waveform(device())
    listed = echoes(range_m=np.linspace(3, 60, 40), rcs_m2=20.0, speed_mps=np.linspace(-20, 20, 40))
    (one, first, _), (two, second, _) = look(waveform, listed), look(waveform, listed, threads=2)
    assert np.array_equal(first, second)
    for name, column in vars(one).items():
        assert np.array_equal(column, getattr(two, name)), name
