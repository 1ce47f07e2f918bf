"""The camera against closed forms: radiance, shadow, fog, projection, noise; and the same for any threads."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from drivesynth_kernels.develop import develop
from drivesynth_kernels.paint import LAMP_TAIL
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.scenario.model import Environment
from drivesynth.sensors import lens as optics
from drivesynth.sensors.aiming import pixel_directions
from drivesynth.sensors.camera import Exposure, expose, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film, tone_table
from drivesynth.sensors.light import Light, light_of, uniform_light
from drivesynth.sensors.shading import material_rows
from drivesynth.world.stage import Stage

WHITE = MATERIAL_ID["skin"]  # tinted, plain, Lambert: white with a white tint
CAMERA_AXES = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
FAITHFUL = Film(
    balance=0.0,
    contrast=1.0,
    vignette=0.0,
    veil=0.0,
    bloom=0.0,
    haze=0.0,
    flare=0.0,
    full_well_e=1e12,
    read_noise_e=0.0,
)


@dataclass(frozen=True)
class Lens:
    width_px: int = 48
    height_px: int = 32
    focal_px: float = 40.0
    K: F64 = field(init=False)

    def __post_init__(self) -> None:
        middle_x, middle_y = (self.width_px - 1) / 2, (self.height_px - 1) / 2
        k = [[self.focal_px, 0.0, middle_x], [0.0, self.focal_px, middle_y], [0.0, 0.0, 1.0]]
        object.__setattr__(self, "K", np.array(k))

    @property
    def lens(self) -> optics.Lens:
        k = self.K
        return optics.Lens(k[0, 0], k[1, 1], k[0, 2], k[1, 2])


def staged(*meshes: Mesh, tint: float = 1.0, lights: int = 0, actor: int = -1, lift_m: float = 0.0) -> Stage:
    count = len(meshes)
    return Stage(
        0.0,
        0.1,
        meshes,
        np.arange(count, dtype=np.int32),
        np.tile(rigid((0.0, 0.0, lift_m)), (count, 1, 1)),
        np.full(count, -1, np.int32),
        np.array([0.0, 0.1]),
        np.zeros((0, 2, 4, 4)),
        np.full(count, actor, np.int32),
        np.zeros(count, np.int32),
        np.full((count, 3), tint, np.float32),
        np.full(count, 0.4, np.float32),
        np.full(count, lights, np.int32),
    )


def rectangle(x: tuple[float, float], y: tuple[float, float], z: float, material: int, key: str = "") -> Mesh:
    corners = np.array([[x[0], y[0], z], [x[1], y[0], z], [x[1], y[1], z], [x[0], y[1], z]])
    name = key or f"rectangle {x} {y} {z} {material}"
    return make_mesh(name, corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), material)


def ground(material: int = WHITE) -> Mesh:
    return rectangle((-500.0, 500.0), (-500.0, 500.0), 0.0, material)


def looking(height_m: float = 2.0, pitch_rad: float = np.pi / 2, x_m: float = 0.0) -> F64:
    """A camera above (x, 0) that looks along +x, tilted down by `pitch_rad`."""
    return rigid((x_m, 0.0, height_m), rotation_xyz(0.0, pitch_rad, 0.0) @ CAMERA_AXES)


def sun_only(elevation_rad: float, azimuth_rad: float = np.pi / 2, klx: float = 90.0) -> Light:
    """A sun in a black sky."""
    black = uniform_light(0.0)
    toward = np.array(
        [
            np.cos(elevation_rad) * np.sin(azimuth_rad),
            np.cos(elevation_rad) * np.cos(azimuth_rad),
            np.sin(elevation_rad),
        ]
    )
    sun = np.full(3, klx)
    air = black.air._replace(
        sun_x=toward[0], sun_y=toward[1], sun_z=toward[2], sun_r=klx, sun_g=klx, sun_b=klx
    )
    return Light(toward, sun, black.table, sun * toward[2], air)


def taken(
    stage: Stage,
    light: Light,
    pose: F64,
    lens: Lens | None = None,
    quality: str = "draft",
    film: Film = FAITHFUL,
) -> Exposure:
    caster = Caster(stage, hidden_actors=())
    return shoot(caster, stage, lens or Lens(), pose, light, 0.05, quality, 1, 7, film)  # type: ignore[arg-type]


def radiance(exposure: Exposure) -> F64:
    assert exposure.radiance_kcd.dtype == np.float32
    return exposure.radiance_kcd.astype(np.float64)


@given(st.floats(0.1, 1.5), st.floats(0.05, 1.0))
def test_a_lambert_plane_in_the_sun_has_albedo_times_illuminance_over_pi(
    elevation_rad: float, albedo: float
) -> None:
    seen = radiance(taken(staged(ground(), tint=albedo), sun_only(elevation_rad), looking()))
    np.testing.assert_allclose(seen, albedo * 90.0 * np.sin(elevation_rad) / np.pi, rtol=1e-5)


@pytest.mark.parametrize("quality", ["draft", "standard"])
def test_in_a_furnace_a_white_lambert_surface_vanishes(quality: str) -> None:
    tower = make_mesh(
        "tower",
        np.array([[x, y, z] for x in (6.0, 8.0) for y in (-1.0, 1.0) for z in (0.0, 30.0)]),
        np.array(
            [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6]], np.int32
        ),
        WHITE,
    )
    seen = radiance(
        taken(staged(ground(), tower), uniform_light(1.0), looking(pitch_rad=0.1), quality=quality)
    )
    np.testing.assert_allclose(seen, 1.0, rtol=1e-5)


@pytest.mark.parametrize("material", MATERIALS[1:], ids=lambda m: m.name)
def test_in_a_furnace_no_material_returns_more_than_it_receives(material) -> None:  # type: ignore[no-untyped-def]
    tint = 1.0 if material.tinted else 0.0
    stage = staged(ground(MATERIAL_ID[material.name]), tint=tint)
    for pitch_rad in (0.1, 0.5, 1.5):
        seen = radiance(taken(stage, uniform_light(1.0), looking(pitch_rad=pitch_rad)))
        assert seen.max() <= 1.0 + 30.0 * material.emission + 1e-5
        assert seen.min() >= 0.0


def test_a_leaf_lets_light_of_the_sky_behind_it_through() -> None:
    # From below it sends the ground's light back, and of the sky's 0.6 of what it would have sent back above.
    leaf = rectangle((-900.0, 900.0), (-900.0, 900.0), 40.0, MATERIAL_ID["foliage"])
    stage = staged(leaf, tint=0.1)
    seen = radiance(taken(stage, uniform_light(1.0), looking(pitch_rad=-1.2)))
    assert seen.mean() == pytest.approx(0.1 * (1.0 + 0.6 * 0.9), rel=0.03)


def test_a_shadow_ends_where_the_sun_s_ray_grazes_the_edge() -> None:
    # A slab 3 m up covers x < 2; with the sun in the east at 45 degrees its shadow is shifted west by 3 m.
    slab = rectangle((-50.0, 2.0), (-50.0, 50.0), 3.0, WHITE)
    lens = Lens(width_px=9, height_px=200, focal_px=400.0)
    pose = looking(height_m=2.0, x_m=-1.0)  # below the slab, looking straight down; rows run along -x
    shot = taken(staged(ground(), slab), sun_only(np.pi / 4), pose, lens)
    lit = radiance(shot)[:, 4, 0]
    edge_row = np.interp(0.5 * 90.0 * np.sin(np.pi / 4) / np.pi, lit[::-1], np.arange(len(lit))[::-1])
    edge_x_m = -1.0 - 2.0 * (edge_row - (lens.height_px - 1) / 2) / lens.focal_px
    assert edge_x_m == pytest.approx(-1.0, abs=2.0 / lens.focal_px)


@given(st.floats(20.0, 2000.0), st.floats(1.0, 60.0))
def test_fog_blends_towards_the_airlight_by_koschmieder(mor_m: float, height_m: float) -> None:
    light = sun_only(np.pi / 2)
    extinction = np.log(20.0) / mor_m
    foggy = Light(
        light.toward_sun,
        light.sun_klx,
        light.table,
        light.horizontal_klx,
        light.air._replace(extinction=extinction, air_r=5.0, air_g=6.0, air_b=7.0),
    )
    lens = Lens(width_px=1, height_px=1)
    seen = radiance(taken(staged(ground(), tint=0.5), foggy, looking(height_m), lens))[0, 0]
    through = np.exp(-extinction * height_m)
    clear = 0.5 * 90.0 / np.pi
    np.testing.assert_allclose(seen, clear * through + np.array([5.0, 6.0, 7.0]) * (1 - through), rtol=1e-4)


def test_rays_pass_through_the_pixels_that_opencv_projects_to() -> None:
    lens = Lens(1242, 375, 721.5377)
    world_from_camera = rigid((3.0, -2.0, 1.65), rotation_xyz(0.02, 0.05, 0.7) @ CAMERA_AXES)
    x, y = np.meshgrid(np.linspace(0, 1241, 23), np.linspace(0, 374, 11))
    directions = pixel_directions(lens, world_from_camera, x, y).astype(np.float64).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0, rtol=1e-6)
    points = world_from_camera[:3, 3] + 30.0 * directions
    turn = world_from_camera[:3, :3].T
    projected, _ = cv2.projectPoints(
        points, cv2.Rodrigues(turn)[0], -turn @ world_from_camera[:3, 3], lens.K, None
    )
    np.testing.assert_allclose(projected[:, 0, 0], x.ravel(), atol=0.01)
    np.testing.assert_allclose(projected[:, 0, 1], y.ravel(), atol=0.01)


def test_depth_is_counted_along_the_axis_at_pixel_centres() -> None:
    lens = Lens()
    frame = taken(staged(ground(), actor=3), uniform_light(1.0), looking(pitch_rad=0.3), lens).frame
    y = (np.arange(lens.height_px) - lens.K[1, 2]) / lens.focal_px
    down = np.sin(0.3) + y * np.cos(0.3)  # of a ray with unit length along the axis
    expected = np.where(down > 2.0 / 400.0, 2.0 / np.maximum(down, 1e-9), np.inf)
    near = expected < 100.0
    np.testing.assert_allclose(frame.depth_m[near, 20], expected[near], rtol=1e-4)
    assert (frame.actor[near] == 3).all()
    assert np.isinf(frame.depth_m[down < 0]).all()
    assert (frame.actor[down < 0] == -1).all()


@pytest.mark.parametrize("level", [0.1, 0.3, 0.7])
def test_noise_has_the_mean_and_variance_of_photons_and_electronics(level: float) -> None:
    full_well, read_noise, size = 12_000.0, 8.0, 400
    ramp = np.round(np.arange(len(tone_table(1.0))) / (len(tone_table(1.0)) - 1) * 255).astype(np.uint8)
    rgb = np.empty((size, size, 3), np.uint8)
    flat = np.full((size, size, 3), level, np.float32)
    develop(0, size, flat, np.ones(3), np.zeros(3), 0.0, full_well, read_noise, np.uint64(11), ramp, rgb)
    codes = rgb.astype(np.float64)
    electrons = level * full_well
    variance = (255.0 / full_well) ** 2 * (electrons + read_noise**2) + 1 / 12
    count = size * size
    for channel in range(3):
        assert codes[..., channel].mean() == pytest.approx(
            level * 255, abs=5 * np.sqrt(variance / count) + 0.01
        )
        assert codes[..., channel].var() == pytest.approx(variance, rel=5 * np.sqrt(2 / count) + 0.01)
    assert abs(np.corrcoef(codes[..., 0].ravel(), codes[..., 1].ravel())[0, 1]) < 5 / np.sqrt(count)
    assert abs(np.corrcoef(codes[:, 1:, 0].ravel(), codes[:, :-1, 0].ravel())[0, 1]) < 5 / np.sqrt(count)


def street() -> Stage:
    wall = make_mesh(
        "wall", np.array([[5.0, y, z] for y in (-1.0, 1.0) for z in (0.0, 2.0)]),
        np.array([[0, 1, 3], [0, 3, 2]], np.int32), MATERIAL_ID["brick"],
    )  # fmt: skip
    return staged(ground(MATERIAL_ID["asphalt"]), wall, tint=0.5)


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_threads_change_no_byte(quality: str) -> None:
    stage, environment = street(), Environment(wetness_ratio=0.5)
    frames = [
        expose(
            Caster(stage, threads=threads, hidden_actors=()), stage, Lens(), looking(pitch_rad=0.15),
            environment, 0.05, quality, threads, 5,
        )  # type: ignore[arg-type]
        for threads in (1, 2, 3)
    ]  # fmt: skip
    for frame in frames[1:]:
        for name in ("rgb", "depth_m", "actor", "class_id"):
            assert getattr(frame, name).tobytes() == getattr(frames[0], name).tobytes()


def test_another_key_is_another_noise_in_the_same_picture() -> None:
    stage = street()
    caster = Caster(stage, hidden_actors=())
    one, same, other = (
        expose(
            caster, stage, Lens(), looking(pitch_rad=0.15), Environment(), 0.05, "draft", 1, key
        ).rgb.astype(int)
        for key in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).mean() > 0.3
    assert abs(one - other).max() < 30


def test_extra_samples_give_an_edge_its_coverage() -> None:
    # A white sheet over a black ground, its edge leaning by one pixel in ten.
    lens = Lens(60, 60, 60.0)
    edge = np.array([[-3.0, -9.0, 0.5], [-3.0, 9.0, 0.5], [0.1, 9.0, 0.5], [-0.07, -9.0, 0.5]])
    sheet = make_mesh("sheet", edge, np.array([[0, 2, 1], [0, 3, 2]], np.int32), MATERIAL_ID["cone_white"])
    stage = staged(ground(MATERIAL_ID["tyre"]), sheet)
    light = uniform_light(1.0)
    fine = taken(stage, light, looking(), Lens(60 * 16, 60 * 16, 60.0 * 16))
    truth = radiance(fine).reshape(60, 16, 60, 16, 3).mean(axis=(1, 3))
    rough, smooth = (
        radiance(taken(stage, light, looking(), lens, quality)) for quality in ("draft", "standard")
    )
    assert abs(smooth - truth).max() < 0.5 * abs(rough - truth).max()
    assert np.sqrt(((smooth - truth) ** 2).mean()) < 0.3 * np.sqrt(((rough - truth) ** 2).mean())


def test_many_passes_soften_a_shadow_by_the_sun_s_disc() -> None:
    slab = rectangle((-50.0, 2.0), (-50.0, 50.0), 30.0, WHITE)
    pose = looking(height_m=2.0, x_m=-28.0)
    lens = Lens(width_px=3, height_px=120, focal_px=160.0)
    light = sun_only(np.pi / 4)
    stage = staged(ground(), slab)
    widths = []
    for quality in ("draft", "high"):
        lit = radiance(taken(stage, light, pose, lens, quality))[:, 1, 0]
        share = lit / lit.max()
        widths.append(np.count_nonzero((share > 0.02) & (share < 0.98)) * 2.0 / lens.focal_px)
    # The disc is 0.533 degrees wide; the slab's shadow falls 42 m along the ray, at 45 degrees to the ground.
    penumbra_m = np.radians(0.533) * 30.0 * np.sqrt(2) * np.sqrt(2)
    assert widths[0] < 0.1
    assert widths[1] == pytest.approx(penumbra_m, rel=0.25)


def test_braking_lights_the_tail_lamps() -> None:
    material = MATERIAL_ID["tail_lamp"]
    assert material_rows()[material, 13] == LAMP_TAIL
    dark, lit = (
        radiance(taken(staged(ground(material), lights=bits), light_of(Environment()), looking())).mean(
            axis=(0, 1)
        )
        for bits in (0, 1)
    )
    assert lit[0] > dark[0] + 10.0
    assert lit[1] < dark[1] + 1.0


def test_automatic_exposure_holds_the_mean_and_lets_night_be_night() -> None:
    film = Film(vignette=0.0, veil=0.0)
    stage = staged(ground(MATERIAL_ID["asphalt"]))
    means = []
    for elevation_rad in (0.9, 0.3, -0.25):
        light = light_of(Environment(sun_elevation_rad=elevation_rad))
        rgb = taken(stage, light, looking(pitch_rad=0.2), film=film).frame.rgb / 255.0
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        metered = linear[int(film.metered_from * linear.shape[0]) :]
        means.append(float((metered @ [0.2126, 0.7152, 0.0722]).mean()))
    assert means[0] == pytest.approx(film.key, abs=0.02)
    assert 0.6 * film.key < means[1] < film.key + 0.02, (
        "a sky that burns out beside a low sun counts a little"
    )
    assert means[2] < 0.02
