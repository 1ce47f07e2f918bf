"""What a burst and an array can tell apart: closed forms and reference numbers."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivesynth.scene.radar import Antennas, Power
from drivesynth.sensors.frame import OXTS_FIELDS
from drivesynth.sensors.radar_waveform import (
    Waveform,
    beam_cosines,
    beam_width_rad,
    beams,
    beat_frequency_hz,
    doppler_hz,
    pattern,
    rain_db_per_km,
    snr_of_1m2_at_1m,
    steering,
    trihedral_rcs_m2,
    weights,
)
from tests import oxts_devkit
from tests.sensors.radars import device

WAVELENGTH_M = Waveform(device()).wavelength_m


def numbers(text: str) -> list[float]:
    return [float(word) for word in re.findall(r"-?\d+\.?\d*", text)]


def snr_db(text: str) -> float:
    power_dbm, gain, rcs, range_m, figure, losses, dwell_ms, kelvin, _ = numbers(text.replace("m2", ""))
    power = Power(
        transmit_dbm=power_dbm, gain_dbi=gain, noise_figure_db=figure, losses_db=losses, temperature_k=kelvin
    )
    return 10 * np.log10(snr_of_1m2_at_1m(power, WAVELENGTH_M, dwell_ms * 1e-3) * rcs / range_m**4)


def burst(**chirps: object) -> Waveform:
    return Waveform(device(chirps=chirps, cfar={"train": 2}))


MODELS: dict[str, Callable[[str], float]] = {
    "radar.wavelength_m": lambda text: burst(carrier_ghz=numbers(text)[0]).wavelength_m,
    "radar.range_resolution_m": lambda text: burst(bandwidth_mhz=numbers(text)[0]).range_step_m,
    "radar.v_max_m_s": lambda text: burst(period_us=numbers(text)[0], sampled_us=20).speed_end_mps,
    "radar.v_resolution_m_s": lambda text: (
        burst(count=int(numbers(text)[0]), period_us=numbers(text)[1]).speed_step_mps
    ),
    "radar.beat_frequency_Hz": lambda text: beat_frequency_hz(numbers(text)[0], numbers(text)[1] * 1e12),
    "radar.doppler_Hz": lambda text: doppler_hz(numbers(text)[0], WAVELENGTH_M),
    "radar.snr_dB": snr_db,
    "radar.trihedral_rcs_dBsm": lambda text: (
        10 * np.log10(trihedral_rcs_m2(numbers(text.removeprefix("edge"))[0], WAVELENGTH_M))
    ),
    "kitti.oxts_fields": lambda _: len(OXTS_FIELDS),
    "oxts.mercator_x_m": lambda text: mercator(text)[0],
    "oxts.mercator_y_m": lambda text: mercator(text)[1],
}


def mercator(text: str) -> tuple[float, float]:
    lat, lon, *_ = numbers(text)
    return oxts_devkit.mercator_m(lat, lon, np.cos(np.radians(lat)))


with (Path(__file__).parent / "radar_navigation_reference.csv").open() as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['quantity']} {row['inputs'][:24]}")
def test_the_reference_number_is_reproduced(row: dict[str, str]) -> None:
    found, expected = MODELS[row["quantity"]](row["inputs"]), float(row["expected"])
    kind, _, size = row["tolerance"].partition(" ")
    match kind:
        case "exact":
            assert found == expected
        case "abs":
            assert found == pytest.approx(expected, abs=float(size), rel=0)
        case _:
            assert found == pytest.approx(expected, rel=float(size))


def test_every_reference_row_has_a_model() -> None:
    assert len(ROWS) == 13 and {row["quantity"] for row in ROWS} == MODELS.keys()


def test_range_ends_where_the_beat_exceeds_the_sampling() -> None:
    waveform = burst(samples=100, sampled_us=25, bandwidth_mhz=150)
    slope, rate = 150e6 / 25e-6, 100 / 25e-6
    assert beat_frequency_hz(waveform.range_end_m, slope) == pytest.approx(rate)


def test_speeds_fold_into_the_unambiguous_range() -> None:
    waveform = Waveform(device())
    end = waveform.speed_end_mps
    speeds = np.array([0.0, 0.9 * end, 1.1 * end, -1.1 * end, 2.0 * end, 5.3 * end])
    assert waveform.folded_mps(speeds) / end == pytest.approx([0.0, 0.9, -0.9, 0.9, 0.0, -0.7])


def row(elements: int, taper: float = 0.0, spacing: float = 0.5) -> Antennas:
    return Antennas(
        elements=elements,
        taper=taper,
        spacing_wavelengths=spacing,
        azimuth_beam_deg=90,
        elevation_beam_deg=20,
    )


@pytest.mark.parametrize("elements, spacing", [(8, 0.5), (12, 0.5), (9, 0.7)])
def test_a_uniform_rows_beam_is_dirichlets(elements: int, spacing: float) -> None:
    antennas, sine = row(elements, spacing=spacing), np.linspace(-0.99, 0.99, 402)
    found = np.abs(steering(antennas, sine) @ weights(antennas)) ** 2
    phase = np.pi * spacing * sine
    expected = (np.sin(elements * phase) / np.sin(phase)) ** 2 / elements
    assert found == pytest.approx(expected, abs=1e-9)


def test_beam_width_and_side_lobes_are_the_textbooks() -> None:
    """0.886 lambda / N d and -13.3 dB uniform; -42.7 dB for Hamming's weights (Harris 1978, table 1)."""
    assert beam_width_rad(row(40)) == pytest.approx(0.886 / (40 * 0.5), rel=5e-3)
    assert np.degrees(beam_width_rad(row(12))) == pytest.approx(8.5, abs=0.1)
    for taper, level, tolerance in ((0.0, -13.26, 0.15), (0.92, -42.7, 2.0)):
        antennas, sine = row(64, taper), np.linspace(0.0, 1.0, 20001)
        level_db = 20 * np.log10(np.abs(steering(antennas, sine) @ weights(antennas)) + 1e-12)
        level_db -= level_db[0]
        first_null = int(np.argmax(np.diff(level_db) > 0))
        assert level_db[first_null:].max() == pytest.approx(level, abs=tolerance)


def test_beams_are_of_unit_noise_power_and_look_where_they_say() -> None:
    antennas = row(12, 0.8)
    form, cosines = beams(antennas), beam_cosines(antennas)
    assert (np.abs(form) ** 2).sum(axis=0) == pytest.approx(1.0)
    answer = np.abs(steering(antennas, cosines) @ form)
    assert (answer.argmax(axis=1) == np.arange(24)).all()


def test_an_element_is_3_db_down_at_half_its_beam_and_never_blind() -> None:
    antennas = row(8)
    half = pattern(antennas, np.radians([45.0, 0.0, 0.0]), np.radians([0.0, 10.0, 0.0]))
    assert half == pytest.approx([10**-0.3, 10**-0.3, 1.0])
    assert pattern(antennas, np.array([3.0]), np.array([1.0])) == pytest.approx(1e-3)


def test_rain_is_the_recommendations() -> None:
    """ITU-R P.838-3, table 5: k_H and alpha_H."""
    for ghz, k, alpha in ((10.0, 0.01217, 1.2571), (80.0, 1.1704, 0.7115), (100.0, 1.3671, 0.6815)):
        assert rain_db_per_km(1.0, ghz) == pytest.approx(k, rel=1e-3)
        assert np.log10(rain_db_per_km(10.0, ghz) / rain_db_per_km(1.0, ghz)) == pytest.approx(
            alpha, rel=1e-3
        )
    assert rain_db_per_km(0.0, 77.0) == 0.0
