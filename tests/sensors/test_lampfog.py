"""Light scattered in the air against a closed form and against plain quadrature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.arrays import F64
from drivesynth.sensors.beams import low_beam_cd
from drivesynth.sensors.lampfog import add_scattered, scattered, sent_kcd
from drivesynth.sensors.lamps import NONE, Lamps

EYE = np.zeros(3)


def lamp(at: tuple[float, float, float], kind: float = 0.0, power: float = 0.0, kcd: float = 2.0) -> F64:
    """It shines along -x, its left is -y."""
    return np.array([*at, -1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0, kind, power, kcd, 1e6])


def unit(*xyz: float) -> F64:
    way = np.array(xyz)
    return (way / np.linalg.norm(way))[None]


@given(st.floats(0.5, 8.0), st.floats(2.0, 60.0), st.floats(1.0, 90.0))
def test_thin_air_sends_light_by_the_angle_that_a_ray_spans_from_the_lamp(
    off_m: float, ahead_m: float, end_m: float
) -> None:
    # Isotropic lamp and phase: alpha I / (4 pi) (angle spanned) / distance of the line.
    alpha = 1e-7
    seen = scattered(lamp((ahead_m, off_m, 0.0)), alpha, EYE, unit(1, 0, 0), np.array([end_m]), forward=0.0)
    spanned = np.arctan2(end_m - ahead_m, off_m) - np.arctan2(-ahead_m, off_m)
    assert seen[0] == pytest.approx(alpha * 2.0 / (4 * np.pi) * spanned / off_m, rel=1e-4)


@pytest.mark.parametrize("kind", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("off_m", [0.6, 3.0])
def test_thick_fog_agrees_with_plain_quadrature(kind: float, off_m: float) -> None:
    alpha, g, end_m = 0.04, 0.8, 45.0
    row = lamp((30.0, off_m, 0.5), kind, 3.0 if kind == 0.0 else 0.0)
    way = unit(1.0, 0.01, 0.005)
    t = (np.arange(200_000) + 0.5) * end_m / 200_000
    away = t[:, None] * way - row[:3]
    far = np.linalg.norm(away, axis=1)
    out = away / far[:, None]
    cosine = -(out @ way[0])
    phase = (1 - g * g) / (4 * np.pi * (1 + g * g - 2 * g * cosine) ** 1.5)
    light = alpha * sent_kcd(row, out) * phase * np.exp(-alpha * (t + far)) / far**2
    expected = light.sum() * end_m / 200_000
    many = scattered(row, alpha, EYE, way, np.array([end_m]), steps=400)[0]
    assert many == pytest.approx(expected, rel=0.02)
    assert scattered(row, alpha, EYE, way, np.array([end_m]))[0] == pytest.approx(expected, rel=0.35)


def test_a_low_beam_sends_what_its_pattern_says() -> None:
    row = lamp((0.0, 0.0, 0.65), kind=1.0, kcd=1.0)
    for right_deg, up_deg in ((0.0, -1.0), (4.0, -1.5), (-8.0, 1.0)):
        side, up = np.radians(right_deg), np.radians(up_deg)
        # Along -x with left -y: right is +y.
        way = unit(-np.cos(up) * np.cos(side), np.cos(up) * np.sin(side), np.sin(up))
        assert sent_kcd(row, way)[0] == pytest.approx(float(low_beam_cd(right_deg, up_deg)) / 1e3, rel=0.02)
    assert sent_kcd(row, unit(1.0, 0.0, 0.0))[0] == 0.0


def test_a_halo_is_brightest_about_its_lamp_and_no_lamp_makes_none() -> None:
    height, width = 64, 96
    y, x = np.mgrid[0:height, 0:width]
    rays = np.stack([np.full(x.shape, 80.0), 47.5 - x, 31.5 - y], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    far = np.full((height, width), np.float32(np.inf))
    lamps = Lamps(lamp((20.0, 0.0, 0.0))[None], np.array([[1.0, 0.8, 0.5]]), 1e-4, np.zeros(0, np.int64))

    def drawn(which: Lamps, extinction: float, range_m: np.ndarray) -> np.ndarray:
        picture = np.zeros((height, width, 3), np.float32)
        add_scattered(which, extinction, EYE, rays.astype(np.float32), range_m, picture)
        return picture

    halo = drawn(lamps, 0.03, far)
    middle = halo[24:40, 40:56].mean()
    assert middle > 2.0 * halo[:4, :4].mean() > 0.0
    np.testing.assert_allclose(halo[..., 2], 0.5 * halo[..., 0], rtol=1e-4)
    # A wall before the lamp leaves only the air before the wall.
    before = drawn(lamps, 0.03, np.full_like(far, 10.0))
    assert before.max() < 0.95 * middle
    assert not drawn(NONE, 0.03, far).any()
