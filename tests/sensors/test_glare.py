"""Glare: a lens moves light and makes none; how far by the lobes' closed forms; who glares."""

import numpy as np
import pytest

from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Environment
from drivesynth.sensors.camera import shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.glare import BLOOM_DEG, HAZE_DEG, point_spread, scattered, sources
from drivesynth.sensors.light import light_of
from tests.sensors.test_lamps import Lens, plane, staged


def test_the_point_spread_s_energy_is_that_of_its_lobes() -> None:
    assert point_spread(721.5, 0.03, 0.012).sum() == pytest.approx(0.042, rel=1e-12)
    assert point_spread(721.5, 1.0, 0.0).sum() == pytest.approx(1.0, rel=1e-12)
    assert (point_spread(721.5, 0.03, 0.012) > 0.0).all()


@pytest.mark.parametrize(("bloom", "haze", "degrees"), [(1.0, 0.0, BLOOM_DEG), (0.0, 1.0, HAZE_DEG)])
def test_half_of_a_lobe_lies_within_root_three_widths(bloom: float, haze: float, degrees: float) -> None:
    # Within R lies 1 - 1 / sqrt(1 + (R / r0)^2): half of it within sqrt(3) r0.
    focal_px = 2000.0
    r0 = focal_px * np.radians(degrees)
    at = np.arange(-320, 321)
    inside = at[:, None] ** 2 + at**2 <= 3 * r0**2
    cut = 1.0 - r0 / 320  # what lies beyond the table is shared out within it, nearly
    assert point_spread(focal_px, bloom, haze)[inside].sum() * cut == pytest.approx(0.5, abs=0.03)


def test_scattered_light_adds_up_to_what_the_sources_lose() -> None:
    picture = np.full((900, 1000, 3), 0.01, np.float32)
    picture[450:453, 500:502] = (90.0, 60.0, 30.0)
    source = sources(picture, np.ones(3), np.ones((900, 1000), bool))
    assert source.sum() == 6
    stray = scattered(picture, source, 721.5, 0.03, 0.012)
    np.testing.assert_allclose(
        stray.sum(axis=(0, 1), dtype=float), 0.042 * 6 * np.array([90.0, 60.0, 30.0]), rtol=1e-4
    )


def test_it_spreads_as_a_sum_over_sources_one_by_one() -> None:
    picture = np.zeros((60, 80, 3), np.float32)
    spots = [(3, 5), (40, 70), (41, 70), (59, 0)]
    for k, spot in enumerate(spots):
        picture[spot] = 100.0 + k
    stray = scattered(picture, picture[..., 0] > 0, 300.0, 0.05, 0.02)
    lobe, y, x = point_spread(300.0, 0.05, 0.02), *np.mgrid[0:60, 0:80]
    expected = sum((100.0 + k) * lobe[y - r + 320, x - c + 320] for k, (r, c) in enumerate(spots))
    np.testing.assert_allclose(stray[..., 1], expected, rtol=1e-4, atol=1e-6)


def sunward(elevation_rad: float, away_rad: float = 0.0) -> np.ndarray:
    """Rendered codes of a plain, the camera turned to the sun or away from it."""
    environment = Environment(sun_elevation_rad=elevation_rad, sun_azimuth_rad=np.pi / 2, cloud_ratio=0.0)
    stage = staged(plane(0.0, 500.0))
    axes = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    pose = rigid((0.0, 0.0, 1.6), rotation_xyz(0.0, 0.0, away_rad) @ axes)
    lens = Lens(161, 121, 200.0)
    lens.K[0, 2], lens.K[1, 2] = 80.0, 60.0

    def codes(film: Film) -> np.ndarray:
        caster = Caster(stage, hidden_actors=())
        shot = shoot(caster, stage, lens, pose, light_of(environment), 0.05, "draft", 1, 3, film)
        return shot.frame.rgb.astype(int)

    return codes(Film(haze=0.02)) - codes(Film(bloom=0.0, haze=0.0))


def test_a_low_sun_ahead_glares_and_one_behind_changes_no_byte() -> None:
    ahead, behind = sunward(0.1), sunward(0.1, np.pi)
    assert ahead[70:90, 60:100].mean() > 2.0
    assert not behind.any()
