"""A camera's chip against the moments of EMVA 1288, mosaics against what they are made of."""

import numpy as np
import pytest
from pydantic import ValidationError

from drivesynth.scene.camera import CameraDevice
from drivesynth.sensors.chip import PLAIN_CHIP, Chip, demosaiced, shares, through_jpeg
from drivesynth.sensors.film import Film, developed, picture_and_raw, tone_table

WELL_E, READ_E, SIZE = 12_000.0, 8.0, 300


def electrons(chip: Chip, light: float, key: int = 3, pattern_key: int = 5) -> np.ndarray:
    numbers = chip.numbers(np.full((SIZE, SIZE), light), WELL_E, READ_E, key, pattern_key)
    return chip.linear(numbers) * WELL_E


@pytest.mark.parametrize("light", [0.0, 0.05, 0.4, 0.8])
def test_the_mean_is_light_s_and_the_variance_is_that_of_photons_dark_current_and_electronics(
    light: float,
) -> None:
    chip = Chip(dark_e=150.0, bits=14)
    seen = electrons(chip, light)
    step_e = WELL_E / (2**14 - 1 - chip.black_dn)
    variance = light * WELL_E + 150.0 + READ_E**2 + step_e**2 / 12
    error = np.sqrt(variance / seen.size)
    assert seen.mean() == pytest.approx(light * WELL_E, abs=5 * error)
    assert seen.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / seen.size))


def test_uneven_pixels_stay_uneven_and_noise_averages_out() -> None:
    chip, light, frames = Chip(prnu=0.01, dsnu_e=20.0, bits=14), 0.5, 25
    stack = np.mean([electrons(chip, light, key) for key in range(frames)], axis=0)
    dark = np.mean([electrons(chip, 0.0, key) for key in range(frames)], axis=0)
    temporal = (light * WELL_E + READ_E**2 + 0.1) / frames
    # EMVA 1288, 8.1: spatial variances are those of means over frames, less what noise left in them.
    dsnu = np.sqrt(dark.var() - (READ_E**2 + 0.1) / frames)
    prnu = np.sqrt(stack.var() - temporal - dsnu**2) / (light * WELL_E)
    assert dsnu == pytest.approx(20.0, rel=0.03)
    assert prnu == pytest.approx(0.01, rel=0.03)
    other = electrons(chip, light, 0, pattern_key=6)
    assert abs(np.corrcoef(other.ravel(), stack.ravel())[0, 1]) < 0.02


def test_beyond_the_full_well_nothing_is_counted_and_below_black_nothing_is_cut() -> None:
    chip = Chip(bits=10, dsnu_e=1e-9)
    assert electrons(chip, 3.0).max() <= WELL_E * 1.001
    assert electrons(chip, 0.0).min() < 0.0
    assert abs(electrons(chip, 0.0).mean()) < 1.0


def test_a_mosaic_sees_one_colour_a_pixel_and_an_even_field_comes_back() -> None:
    chip = Chip(bayer="GRBG", raw=True, bits=12)
    light = np.broadcast_to(np.array([0.2, 0.5, 0.7]), (60, 80, 3))
    tone = np.round(np.arange(16384) / 16383 * 255).astype(np.uint8)
    rgb, raw = chip.expose(light.copy(), np.ones(3), 1e9, 0.0, tone, 1, 2)
    assert raw is not None
    assert raw.shape == (60, 80)
    linear = chip.linear(raw)
    np.testing.assert_allclose(linear[0::2, 0::2], 0.5, atol=1e-3)  # G R
    np.testing.assert_allclose(linear[0::2, 1::2], 0.2, atol=1e-3)  # B G
    np.testing.assert_allclose(linear[1::2, 0::2], 0.7, atol=1e-3)
    np.testing.assert_allclose(linear[1::2, 1::2], 0.5, atol=1e-3)
    np.testing.assert_allclose(rgb / 255.0, light, atol=5e-3)


def test_white_balance_amplifies_after_the_chip() -> None:
    # Of light whose blue is half, the blue pixels count half and are doubled, with twice their noise.
    chip = Chip(bayer="RGGB", raw=True, bits=14)
    exposure = np.array([1.0, 1.0, 2.0])
    share = np.full((200, 200, 3), 0.4)
    tone = np.round(np.arange(16384) / 16383 * 255).astype(np.uint8)
    rgb, raw = chip.expose(share, exposure, WELL_E, READ_E, tone, 1, 2)
    assert raw is not None
    linear = chip.linear(raw)
    assert linear[1::2, 1::2].mean() == pytest.approx(0.2, rel=0.01)
    assert linear[0::2, 0::2].mean() == pytest.approx(0.4, rel=0.01)
    own = rgb[1::2, 1::2, 2] / 255.0
    assert own.mean() == pytest.approx(0.4, rel=0.01)
    expected = 2.0 * np.sqrt(0.2 * WELL_E + READ_E**2) / WELL_E
    assert own.std() == pytest.approx(np.hypot(expected, 1 / 255 / np.sqrt(12)), rel=0.05)


def test_demosaicing_keeps_what_was_measured() -> None:
    rng = np.random.default_rng(1)
    chip = Chip(bayer="BGGR")
    mosaic, filters = rng.random((31, 42)), chip.filters((31, 42))
    rgb = demosaiced(mosaic, filters)
    own = np.take_along_axis(rgb, filters[..., None], axis=2)[..., 0]
    np.testing.assert_array_equal(own, mosaic)
    y, x = 10, 20
    naive = [mosaic[y + a, x + b] for a in (-1, 0, 1) for b in (-1, 0, 1) if filters[y + a, x + b] == 0]
    assert rgb[y, x, 0] == pytest.approx(np.mean(naive))


def test_a_plain_device_develops_as_before_and_a_faulty_one_not() -> None:
    flat = np.full((40, 60, 3), 0.02, np.float32)
    exposure = np.full(3, 10.0)
    assert Film.of(CameraDevice()) == Film()
    assert Film().chip is PLAIN_CHIP
    plain = developed(flat, exposure, Film(), 5, 1)
    assert (developed(flat, exposure, Film.of(CameraDevice()), 5, 1) == plain).all()
    uneven = Film.of(CameraDevice(prnu_percent=5.0))
    twice = [developed(flat, exposure, uneven, key, 1, 9).astype(float) for key in (1, 2)]
    assert np.corrcoef(twice[0].ravel(), twice[1].ravel())[0, 1] > 0.5
    rgb, raw = picture_and_raw(flat, exposure, Film.of(CameraDevice(bayer="RGGB", raw=True)), 5, 1, 9)
    assert raw is not None
    assert rgb.mean() == pytest.approx(plain.mean(), rel=0.03)


def test_vignetting_takes_its_share_in_the_corner() -> None:
    light = shares(np.ones((11, 21, 3), np.float32), np.ones(3), np.full(3, 0.1), 0.3)
    assert light[5, 10] == pytest.approx(1.1)
    assert light[0, 0] == pytest.approx(0.8)


def test_jpeg_loses_more_the_lower_its_quality() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    off = [np.abs(through_jpeg(rgb, q).astype(int) - rgb).mean() for q in (95, 60, 20)]
    assert 0 < off[0] < off[1] < off[2]
    assert len(tone_table(1.0)) == 16384


def test_raw_without_filters_is_refused() -> None:
    with pytest.raises(ValidationError, match="bayer, for instance RGGB"):
        CameraDevice(raw=True)
