"""Light by a second surface against closed forms: a mirrored wall, a wall's light on the floor before it."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Environment
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.light import light_of, uniform_light
from drivesynth.sensors.secondary import schlick, sky_toward
from drivesynth.sensors.shading import colour_met, sky_seen
from drivesynth.sensors.sky import table_directions
from tests.sensors.test_camera import CAMERA_AXES, WHITE, Lens, ground, radiance, staged, sun_only, taken

LENS = Lens(9, 9, 60.0)


def wall(material: int, high_m: float = 1000.0) -> Mesh:
    """At x = 6, faces the origin."""
    corners = np.array([[6.0, y, z] for y in (-1000.0, 1000.0) for z in (0.0, high_m)])
    return make_mesh(
        f"second/{material} {high_m}", corners, np.array([[0, 2, 3], [0, 3, 1]], np.int32), material
    )


def down(pitch_rad: float, height_m: float = 1.5) -> F64:
    return rigid((0.0, 0.0, height_m), rotation_xyz(0.0, pitch_rad, 0.0) @ CAMERA_AXES)


def test_a_floor_before_a_tall_wall_gets_half_of_what_the_wall_sends() -> None:
    # The sun stands west over the wall's face: both are lit; the wall fills half of the floor's hemisphere by
    # the cosine law right before it, 0.5 (1 - d / sqrt(d^2 + h^2)) at d before it.
    light = sun_only(0.6, azimuth_rad=-np.pi / 2)
    stage = staged(ground(), wall(WHITE), tint=0.5)
    pose = down(1.0, 3.0)
    plain, rich = (
        radiance(taken(stage, light, pose, LENS, quality))[4, 4, 0] for quality in ("draft", "high")
    )
    direct = 0.5 * 90.0 * np.sin(0.6) / np.pi
    assert plain == pytest.approx(direct, rel=1e-4)
    of_the_wall = 0.5 * 90.0 * np.cos(0.6) / np.pi
    assert rich - direct == pytest.approx(0.5 * 0.5 * of_the_wall, rel=0.12)


def test_a_mirror_shows_the_wall_behind_it_by_fresnel() -> None:
    light = sun_only(0.6, azimuth_rad=-np.pi / 2)
    glass = MATERIAL_ID["window"]
    stage = staged(ground(glass), wall(WHITE), tint=0.5)
    pitch_rad = 0.25
    plain, rich = (
        radiance(taken(stage, light, down(pitch_rad, 0.8), LENS, quality))[4, 4, 0]
        for quality in ("draft", "high")
    )
    of_the_wall = 0.5 * 90.0 * np.cos(0.6) / np.pi
    share = schlick(np.array(0.04), np.sin(pitch_rad))
    # Below its gloss the pane is dark: what the wall throws on that is a tenth of what it mirrors.
    assert rich - plain == pytest.approx(share * of_the_wall, rel=0.15)


def test_in_a_furnace_second_rays_change_nothing() -> None:
    for material in ("car_paint", "window", "galvanised", "skin"):
        stage = staged(ground(MATERIAL_ID[material]), tint=1.0)
        plain, rich = (
            radiance(taken(stage, uniform_light(1.0), down(0.6), LENS, quality))
            for quality in ("draft", "high")
        )
        np.testing.assert_allclose(rich, plain, rtol=0.02)


def test_a_white_corner_in_a_furnace_stays_unseen() -> None:
    stage = staged(ground(), wall(WHITE), tint=1.0)
    seen = radiance(taken(stage, uniform_light(1.0), down(0.4), LENS, "high"))
    np.testing.assert_allclose(seen, 1.0, atol=0.05)


def test_the_sky_is_read_at_its_nodes() -> None:
    table = np.random.default_rng(1).random((*table_directions().shape[:2], 3)).astype(np.float32)
    light = uniform_light(0.0)
    object.__setattr__(light, "table", table)
    ways = table_directions()[5:-5:7, 5:-5:7].reshape(-1, 3)
    expected = table[5:-5:7, 5:-5:7].reshape(-1, 3)
    above = ways[:, 2] > 1e-3
    np.testing.assert_allclose(sky_toward(light, ways)[above], expected[above], atol=2e-3)


@pytest.mark.parametrize(("material", "albedo", "spread"), [("brick", 0.0, 0.01), ("foliage", 0.1, 0.02)])
def test_a_second_ray_meets_textured_surfaces(material: str, albedo: float, spread: float) -> None:
    number = MATERIAL_ID[material]
    caster = Caster(staged(wall(number), tint=albedo))
    y, z = (side.reshape(-1) for side in np.meshgrid(np.linspace(-9.0, 9.0, 90), np.linspace(0.5, 9.0, 45)))
    starts, ways = np.column_stack([0 * y, y, z]), np.tile(np.float32([1.0, 0.0, 0.0]), (len(y), 1))
    hits = caster.rays(starts, ways, 0.05)
    light, normals = uniform_light(1.0), caster.normals(hits, 0.05, ways)
    told = colour_met(caster, light, starts, ways, hits, caster.surface(hits), normals, 0.05)
    expected = np.full(3, albedo) if albedo else np.array(MATERIALS[number].rgb)
    np.testing.assert_allclose(told.mean(axis=0), expected, rtol=0.1)  # leaves: nothing that comes through
    assert told.std() > spread


def test_a_second_ray_that_meets_nothing_sees_clouds() -> None:
    ways = table_directions()[8:-8:5, 8:-8:5].reshape(-1, 3)
    ways = ways[ways[:, 2] > 0.2].astype(np.float32)
    clear, cloudy = (light_of(Environment(sun_elevation_rad=0.7, cloud_ratio=ratio)) for ratio in (0.0, 0.5))
    np.testing.assert_allclose(sky_seen(clear, ways, 1e-3), sky_toward(clear, ways), rtol=1e-3)
    behind = np.abs(sky_seen(cloudy, ways, 1e-3) / sky_toward(cloudy, ways) - 1.0).max(axis=1) > 0.1
    assert 0.2 < behind.mean() < 0.9
