"""What comes through a car's panes: closed forms for one pane, two panes and a cabin under an even light."""

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.scenario.model import Environment
from drivesynth.sensors.camera import Quality, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.light import Light, light_of, uniform_light
from drivesynth.sensors.panes import behind, between, blocks, passing
from drivesynth.world.stage import Stage

GLASS, WHITE, PAINT = MATERIAL_ID["car_glass"], MATERIAL_ID["post_white"], MATERIAL_ID["car_paint"]
TINT = np.array([0.70, 0.74, 0.71])
SQUARE_ON = TINT * 0.92  # what a pane lets through that is met square on


def sheet(x_m: float, material: int) -> Mesh:
    """A square in the plane of y and z that looks to -x."""
    corners = np.array([[x_m, -3, -3], [x_m, 3, -3], [x_m, 3, 3], [x_m, -3, 3]], float)
    faces = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    return make_mesh(f"panes/{x_m}/{material}", corners, faces, material)


def staged(*sheets: tuple[float, int, int]) -> Stage:
    """Sheets at x [m], of a material and an actor."""
    meshes = tuple(sheet(x_m, material) for x_m, material, _ in sheets)
    count = len(sheets)
    return Stage(
        0.0, 0.1, meshes, np.arange(count, dtype=np.int32), np.tile(np.eye(4), (count, 1, 1)),
        np.full(count, -1, np.int32), np.array([0.0, 0.1]), np.zeros((0, 2, 4, 4)),
        np.array([actor for *_, actor in sheets], np.int32), np.full(count, 3, np.int32),
        np.ones((count, 3), np.float32), np.ones(count, np.float32), np.zeros(count, np.int32),
    )  # fmt: skip


def beyond(stage: Stage, light: Light, actor: int = 1) -> F64:
    """(3,) radiance that one ray along +x brings through a pane of an actor at x = 5 m."""
    way, start = np.array([[1.0, 0.0, 0.0]], np.float32), np.array([[5.004, 0.1, 0.2]])
    return behind(Caster(stage), light, start, way, np.array([actor], np.int32), 0.05)[0]


def test_a_pane_lets_through_what_its_faces_do_not_mirror() -> None:
    ways, normal = np.array([[1.0, 0, 0], [0.0, 0, 1.0]], np.float32), np.tile([[-2.0, 0, 0]], (2, 1))
    share = passing(ways, normal.astype(np.float32))
    np.testing.assert_allclose(share[0], SQUARE_ON, rtol=1e-6)
    np.testing.assert_allclose(share[1], 0.0, atol=1e-6)  # along the pane all is mirrored


def test_a_white_wall_behind_one_pane_shows_as_it_is_lit() -> None:
    light = uniform_light(2.0)
    albedo = 0.7 * np.array([1.0, 1.0, 0.68 / 0.7])
    np.testing.assert_allclose(beyond(staged((9.0, WHITE, -1)), light), 2.0 * albedo, rtol=1e-5)
    # Another car's body is outside as well, seen below its clear coat; nothing there is the sky.
    np.testing.assert_allclose(beyond(staged((9.0, PAINT, 2)), light), 2.0 * 0.96, rtol=1e-5)
    np.testing.assert_allclose(beyond(staged((1.0, PAINT, 2)), light), 2.0, rtol=1e-5)


def test_a_second_pane_of_the_car_dims_again_and_its_cabin_is_dim() -> None:
    light = uniform_light(2.0)
    through = beyond(staged((6.0, GLASS, 1), (9.0, WHITE, -1)), light)
    np.testing.assert_allclose(through, SQUARE_ON * beyond(staged((9.0, WHITE, -1)), light), rtol=1e-5)
    seat = beyond(staged((6.0, MATERIAL_ID["post_white"], 1)), light)
    np.testing.assert_allclose(seat, 0.3 * 2.0 * np.array([0.7, 0.7, 0.68]), rtol=1e-5)
    lining = beyond(staged((6.0, PAINT, 1)), light)
    assert (lining < 0.1 * seat).all(), "a body panel is lined inside, whatever its paint"


def test_the_sun_lights_what_stands_beyond_but_not_the_cabin() -> None:
    # From behind the camera, onto sheets that look to it.
    sunny = light_of(Environment(sun_elevation_rad=0.3, sun_azimuth_rad=-np.pi / 2, cloud_ratio=0.0))
    shaded = light_of(Environment(sun_elevation_rad=0.3, sun_azimuth_rad=np.pi / 2, cloud_ratio=0.0))
    outside = [beyond(staged((9.0, WHITE, -1)), light)[1] for light in (sunny, shaded)]
    klx = float(sunny.sun_klx[1]) * float(np.cos(0.3))
    assert outside[0] - outside[1] == pytest.approx(0.7 * klx / np.pi, rel=1e-3)
    hidden = beyond(staged((9.0, WHITE, -1), (4.0, PAINT, 2)), sunny)[1]
    assert hidden == pytest.approx(outside[1], rel=1e-6), "what stands before the sun shades it"
    cabin = [beyond(staged((6.0, WHITE, 1)), light)[1] for light in (sunny, shaded)]
    assert cabin[0] == pytest.approx(cabin[1], rel=1e-6)


def test_each_pixel_belongs_to_a_block_of_its_own_actor() -> None:
    rng = np.random.default_rng(5)
    index = np.sort(rng.choice(60 * 80, 900, replace=False))
    actor = np.where(index % 80 < 37, 3, -1).astype(np.int32)
    first, block = blocks(index, actor, 80, 4)
    assert len(first) < 400 and set(first) <= set(index.tolist())
    owner = dict(zip(index.tolist(), actor.tolist(), strict=True))
    for pixel, k in zip(index.tolist(), block.tolist(), strict=True):
        at, head = divmod(pixel, 80), divmod(int(first[k]), 80)
        assert at[0] // 4 == head[0] // 4 and at[1] // 4 == head[1] // 4
        assert owner[int(first[k])] == owner[pixel]
    whole, own = blocks(index, actor, 80, 1)
    assert (whole == index).all() and (own == np.arange(900)).all()


def test_pixels_lie_between_their_blocks_without_steps() -> None:
    shape, side = (21, 42), 4
    row, column = np.mgrid[3:19, 6:37].reshape(2, -1)
    pixels = row * shape[1] + column
    _, block = blocks(pixels, np.zeros(len(pixels), np.int32), shape[1], side)
    even = between(pixels, block, np.full((block.max() + 1, 3), 0.7, np.float32), shape, side)
    np.testing.assert_allclose(even, 0.7, rtol=1e-6)
    ramp = np.zeros((block.max() + 1, 3), np.float32)
    ramp[block] = (column // side)[:, None]
    found = between(pixels, block, ramp, shape, side)[:, 0]
    inner = (column > 10) & (column < 32)
    np.testing.assert_allclose(found[inner], ((column + 0.5) / side - 0.5)[inner], atol=0.01)


@pytest.mark.parametrize("quality", ["draft", "standard"])
def test_a_picture_shows_the_wall_behind_the_pane(quality: Quality) -> None:
    """At `standard` and above; a draft's panes stay dark."""
    pose = np.eye(4)
    pose[:3, :3] = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)  # looks along +x
    lens = Lens(80.0, 80.0, 19.5, 19.5)
    camera = type("Camera", (), {"width_px": 40, "height_px": 40, "lens": lens})()
    light, seen = uniform_light(2.0), []
    for sheets in (((5.0, GLASS, 1), (9.0, WHITE, -1)), ((5.0, GLASS, 1), (9.0, MATERIAL_ID["tyre"], -1))):
        stage = staged(*sheets)
        shot = shoot(Caster(stage), stage, camera, pose, light, 0.05, quality, 1, 0, Film())
        seen.append(shot.radiance_kcd[20, 20].astype(float))
    gained = 0.0 if quality == "draft" else SQUARE_ON * 2.0 * (np.array([0.7, 0.7, 0.68]) - 0.02)
    np.testing.assert_allclose(seen[0] - seen[1], gained, atol=0.02)
