"""Figures of pictures that are known beforehand."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compare_images", ROOT / "tools" / "compare_images.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
def test_noise_of_a_known_spectrum_has_its_slope(tool: ModuleType, power: float) -> None:
    size = 512
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    f[0, 0] = 1.0
    white = np.fft.fft2(np.random.default_rng(1).normal(size=(size, size)))
    luma = np.fft.ifft2(white * f ** (-power / 2)).real
    slope, _ = tool.spectrum(luma)
    assert slope == pytest.approx(-power, abs=0.15)


def test_an_even_grey_has_no_edges_no_colour_and_its_own_mean(tool: ModuleType) -> None:
    rng = np.random.default_rng(2)
    grey = np.repeat(rng.integers(118, 122, (370, 1224, 1)), 3, axis=2).astype(np.uint8)
    told = tool.figures(grey)
    assert told["luma, mean"] == pytest.approx(119.5 / 255, abs=1e-3)
    assert told["luma, deviation"] == pytest.approx(np.sqrt(15 / 12) / 255, rel=0.02)
    assert told["saturation, mean"] == 0.0
    assert told["red over green"] == pytest.approx(1.0)
    assert told["burnt out, share"] == told["black, share"] == told["gradient above 0.1, share"] == 0.0


def test_histograms_are_apart_by_what_they_have_in_common(tool: ModuleType) -> None:
    red, blue = (np.zeros((20, 20, 3), np.uint8) for _ in range(2))
    red[..., 0], blue[..., 2] = 90, 90
    a, b = tool.colour_histogram(red), tool.colour_histogram(blue)
    assert tool.apart(a, a) == 0.0
    assert tool.apart(a, b) == pytest.approx(1.0)
    assert 0.0 < tool.apart(a, (a + b) / 2) < 1.0
