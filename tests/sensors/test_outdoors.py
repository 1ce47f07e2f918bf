"""Weather before the camera: by Beer and Lambert, with the LiDAR's own extinctions, sizes and puddles."""

import numpy as np
import pytest
from drivesynth_kernels.veils import draw_balls, draw_falling
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.arrays import F32, F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.scenario.model import Environment
from drivesynth.sensors import atmosphere
from drivesynth.sensors.air import PATCH_M, ground_of, height_above, puddle_share
from drivesynth.sensors.camera import shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.clouds import draw_clouds
from drivesynth.sensors.falling import Kind, Shower, fall_mps, kinds
from drivesynth.sensors.film import shutter_s
from drivesynth.sensors.lens import Lens as Optics
from drivesynth.sensors.light import Light, light_of, uniform_light
from drivesynth.sensors.outdoors import Outdoors
from drivesynth.sensors.secondary import schlick
from drivesynth.sensors.weather import Balls, extinction_per_m
from drivesynth.sensors.wet import Puddles
from tests.sensors.test_camera import CAMERA_AXES, FAITHFUL, WHITE, Lens, ground, staged, sun_only
from tests.sensors.test_secondary import down, wall

OPTICS = Optics(720.0, 720.0, 310.0, 90.0)
SHAPE = (188, 621, 3)
POSE = np.block([[CAMERA_AXES, np.array([[0.0], [0.0], [1.6]])], [np.zeros((1, 3)), np.ones((1, 1))]])
BLACK = uniform_light(0.0)

WEATHERS = [
    Environment(fog_mor_m=120.0),
    Environment(rain_mm_h=20.0),
    Environment(snow_mm_h=3.0),
    Environment(dust_mor_m=300.0, smoke_mor_m=800.0),
    Environment(fog_mor_m=400.0, rain_mm_h=5.0),
]


@pytest.mark.parametrize("environment", WEATHERS)
def test_the_camera_sees_through_the_air_as_the_lidar_does_at_its_own_wavelength(
    environment: Environment,
) -> None:
    light = light_of(environment)
    alpha = extinction_per_m(environment, 550.0)
    assert light.air.extinction == pytest.approx(alpha, rel=1e-12)
    if environment.smoke_mor_m is None:  # grey but for smoke and thin fog, which let more infrared through
        assert extinction_per_m(environment, 905.0) == pytest.approx(alpha, rel=0.02)
    # A dark wall 40 m off: what comes from it is the veil's share, 1 - exp(-alpha d).
    dark = staged(ground(MATERIAL_ID["skin"]), tint=0.0)
    pose = down(np.pi / 2, 40.0)
    shot = shoot(Caster(dark, hidden_actors=()), dark, Lens(5, 5), pose, light, 0.05, "draft", 1, 7, FAITHFUL)
    veil = np.array([light.air.air_r, light.air.air_g, light.air.air_b])
    np.testing.assert_allclose(shot.radiance_kcd[2, 2], veil * (1 - np.exp(-40.0 * alpha)), rtol=1e-4)


def test_drops_fall_as_atmosphere_says() -> None:
    diameters = np.linspace(0.5e-3, 6e-3, 12)
    own = [atmosphere.drop_fall_mps(d) for d in diameters]
    np.testing.assert_allclose(fall_mps("rain", diameters), own)
    assert (np.diff(fall_mps("snow", diameters)) > 0).all()


@pytest.mark.parametrize("environment", [Environment(rain_mm_h=60.0), Environment(snow_mm_h=5.0)])
def test_what_is_drawn_takes_the_light_of_its_discs_and_no_more(environment: Environment) -> None:
    (kind,) = kinds(environment)
    assert kind.shadow_per_m < 0.5 * kind.sizes.extinction_per_m  # discs alone, and not the smallest
    shower = Shower(environment, np.zeros(3), np.array([8.0, 0.0, 0.0]), 11)
    far = np.full(SHAPE[:2], np.float32(50.0))
    loss, expected, mean = [], [], []
    for number in range(6):
        picture = np.ones(SHAPE, np.float32)
        reach_m = shower._reach_m(kind, OPTICS, SHAPE)
        random = np.random.Generator(np.random.Philox(key=number))
        shower._scatter(picture, far, BLACK, OPTICS, POSE, 0.005, kind, reach_m, random)
        loss.append(1.0 - picture.astype(float).mean())
        expected.append(1.0 - np.exp(-kind.shadow_per_m * (reach_m - 0.25)))
        whole = np.ones(SHAPE, np.float32)
        Shower(environment, np.zeros(3), np.zeros(3), number).draw(whole, far, BLACK, OPTICS, POSE, 0.005)
        mean.append(whole.astype(float).mean())
    # The nearest few drops, some pixels wide, make most of the spread.
    assert np.mean(loss) == pytest.approx(np.mean(expected), rel=0.12)
    assert np.mean(mean) == pytest.approx(1.0, abs=0.12 * np.mean(expected))


def one_particle(half_px: float, length_px: float, opacity: float, far_m: float = 9.0) -> F32:
    picture = np.zeros((60, 60, 3), np.float32)
    far = np.full((60, 60), np.float32(far_m))
    ends = np.array([[20.3, 15.6, 20.3 + 0.6 * length_px, 15.6 + 0.8 * length_px]])
    draw_falling(
        ends, np.array([half_px]), np.array([opacity]), np.array([5.0]), np.ones((1, 3)), far, picture
    )
    return picture


@given(st.floats(0.6, 4.0), st.floats(0.0, 30.0), st.floats(0.05, 1.0))
def test_a_streak_covers_its_capsule(half_px: float, length_px: float, opacity: float) -> None:
    area = 2.0 * half_px * length_px + np.pi * half_px**2
    seen = one_particle(half_px, length_px, opacity)[..., 0]
    assert seen.sum() == pytest.approx(opacity * area, rel=0.05, abs=0.5 * opacity)
    assert seen.max() <= opacity + 1e-6


def test_a_thin_streak_covers_what_its_width_says_and_none_what_stands_before_it() -> None:
    seen = one_particle(0.1, 25.0, 0.8)[..., 1]
    assert seen.sum() == pytest.approx(0.8 * 0.2 * 25.0, rel=0.12)
    assert not one_particle(2.0, 9.0, 1.0, far_m=4.9).any()


def test_the_same_key_draws_the_same_rain() -> None:
    environment, far = Environment(rain_mm_h=30.0), np.full(SHAPE[:2], np.float32(np.inf))

    def drawn(key: int) -> F32:
        picture = np.full(SHAPE, np.float32(0.2))
        Shower(environment, np.zeros(3), np.zeros(3), key).draw(
            picture, far, light_of(environment), OPTICS, POSE, 0.005
        )
        return picture

    one = drawn(3)
    assert (one == drawn(3)).all()
    assert (one != drawn(4)).any()
    assert np.isfinite(one).all()


def ball(at: tuple[float, float, float], radius_m: float, alpha: float, hit: float = 1.0) -> Balls:
    one = np.ones(1)
    return Balls(np.array([at]), radius_m * one, alpha * one, alpha * one, hit * one, one)


def through_ball(balls: Balls, far_m: float, light: Light = BLACK) -> F32:
    picture = np.ones(SHAPE, np.float32)
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rays = (OPTICS.directions(x, y) @ POSE[:3, :3].T).astype(np.float32)
    far = np.full(SHAPE[:2], np.float32(far_m))
    draw_clouds(picture, far, rays, balls, light, OPTICS, POSE)
    return picture[..., 0]


def test_a_cloud_takes_light_by_the_chord_through_it() -> None:
    alpha, radius_m = 0.3, 1.2
    seen = through_ball(ball((15.0, 0.0, 1.6), radius_m, 2 * alpha, hit=0.5), np.inf)
    assert seen[90, 310] == pytest.approx(np.exp(-alpha * 2 * radius_m), rel=1e-3)
    # A column aside: the ray passes the middle at 15 sin(angle).
    angle = np.arctan(40 / 720.0)
    chord = 2 * np.sqrt(radius_m**2 - (15.0 * np.sin(angle)) ** 2)
    assert seen[90, 350] == pytest.approx(np.exp(-alpha * chord), rel=1e-3)
    assert seen[90, 310 + 61] == 1.0
    # Every pixel against the slow way.
    y, x = np.mgrid[0 : SHAPE[0] : 3, 0 : SHAPE[1] : 3]
    rays = OPTICS.directions(x, y) @ POSE[:3, :3].T
    along = rays @ np.array([15.0, 0.0, 0.0])
    rest = along**2 - 225.0 + radius_m**2
    naive = np.where(rest > 0, np.exp(-alpha * 2 * np.sqrt(np.maximum(rest, 0))), 1.0)
    np.testing.assert_allclose(seen[::3, ::3], naive, atol=2e-4)


def test_a_cloud_counts_only_as_far_as_the_eye_sees_and_shines_where_it_is_dense() -> None:
    assert through_ball(ball((15.0, 0.0, 1.6), 1.0, 0.4), 15.0)[90, 310] == pytest.approx(
        np.exp(-0.4), rel=1e-3
    )
    assert (through_ball(ball((15.0, 0.0, 1.6), 1.0, 0.4), 13.9) == 1.0).all()
    around = through_ball(ball((0.1, 0.0, 1.6), 1.0, 0.4), np.inf)  # the eye is inside
    assert around.max() < 1.0
    light = uniform_light(1.0)
    dense = through_ball(ball((15.0, 0.0, 1.6), 1.0, 50.0), np.inf, light)[90, 310]
    assert dense == pytest.approx(0.85, abs=1e-3)
    assert through_ball(Balls.none(), np.inf).min() == 1.0
    assert draw_balls is not None


def test_puddles_lie_where_the_lidar_s_do_and_take_their_share() -> None:
    environment = Environment(wetness_ratio=1.0)
    ground_there = ground_of(environment, 5)
    puddles = Puddles(5, height_above(puddle_share(environment)), PATCH_M)
    assert ground_there.puddle == puddles.from_height
    rng = np.random.default_rng(2)
    points = np.column_stack([rng.uniform(-400, 400, (40_000, 2)), np.zeros(40_000)])
    share = puddles.share(points)
    # The rim is a quarter of the heights' spread wide: water up to its middle.
    assert 0.5 * puddle_share(environment) < np.mean(share > 0.0) < 1.05 * puddle_share(environment) + 0.01
    assert np.mean(share > 0.0) == pytest.approx(puddle_share(environment), rel=0.08)
    assert np.isinf(height_above(puddle_share(Environment(wetness_ratio=0.3))))


def wet_street(quality: str, puddles: Puddles | None) -> F64:
    light = sun_only(0.6, azimuth_rad=-np.pi / 2)
    wet = Light(
        light.toward_sun, light.sun_klx, light.table, light.horizontal_klx, light.air._replace(wetness=1.0)
    )
    stage = staged(ground(MATERIAL_ID["asphalt"]), wall(WHITE), tint=0.5)
    shot = shoot(
        Caster(stage, hidden_actors=()), stage, Lens(9, 9, 60.0), down(0.25, 0.8), wet, 0.05, quality, 1, 7,
        FAITHFUL, outdoors=Outdoors(puddles=puddles),
    )  # type: ignore[arg-type] # fmt: skip
    return shot.radiance_kcd[4, 4].astype(float)


def test_a_wet_road_mirrors_the_wall_behind_it_by_the_film_s_share_and_fresnel() -> None:
    dull, wet = wet_street("draft", None), wet_street("standard", None)
    of_the_wall = 0.5 * 90.0 * np.cos(0.6) / np.pi
    mirror = schlick(np.array(0.02), np.sin(0.25))
    np.testing.assert_allclose(wet - dull, 0.45 * mirror * of_the_wall, rtol=0.06)


def test_a_puddle_is_a_whole_mirror_over_a_dark_ground() -> None:
    wet = wet_street("standard", None)
    standing = wet_street("standard", Puddles(1, -np.inf, PATCH_M))
    of_the_wall = 0.5 * 90.0 * np.cos(0.6) / np.pi
    mirror = schlick(np.array(0.02), np.sin(0.25))
    np.testing.assert_allclose(standing, mirror * of_the_wall + 0.35 * wet, rtol=0.02)
    nowhere = wet_street("standard", Puddles(1, np.inf, PATCH_M))
    np.testing.assert_allclose(nowhere, wet, rtol=1e-6)


def test_kinds_are_what_the_environment_says() -> None:
    assert kinds(Environment()) == []
    both = kinds(Environment(rain_mm_h=2.0, snow_mm_h=1.0))
    assert [kind.name for kind in both] == ["rain", "snow"]
    assert both[0] == Kind("rain", atmosphere.rain_drops(2.0), 0.6e-3)
    # By night only so many are drawn, the largest: as many as are larger than that.
    few = both[0].thinned(0.1 * both[0].per_m3)
    assert few.per_m3 == pytest.approx(0.1 * both[0].per_m3)
    assert both[1].thinned(2.0 * both[1].per_m3) == both[1]


def test_the_shutter_is_short_in_much_light_and_keeps_within_its_bounds() -> None:
    film = FAITHFUL
    assert shutter_s(np.full(3, 0.3 * film.base_per_kcd), film, 0.005) == pytest.approx(0.3 * 0.010)
    assert shutter_s(np.full(3, 0.01 * film.base_per_kcd), film, 0.005) == 0.002
    assert shutter_s(np.full(3, 0.01 * film.base_per_kcd), film, 0.001) == 0.001
    assert shutter_s(np.full(3, 9.0 * film.base_per_kcd), film, 0.005) == 0.005
