"""Boxes and visibility against closed forms: cubes before a pinhole camera."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.geometry.transforms import inverse, move_points, rigid, rotation_xyz
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CameraFrame
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.motion import instances_at
from drivesynth.truth.box import corners, inside, tight_box
from drivesynth.truth.model import View
from drivesynth.truth.silhouette import NOT_SEEN, Eye, view
from drivesynth.truth.surface import actor_points, hull_vertices
from drivesynth.world.stage import Stage

WIDTH, HEIGHT, FOCAL = 200, 120, 100.0
# Camera x right, y down, z forward; the world x forward, y left, z up.
CAMERA_FROM_WORLD_AXES = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])


def cube(edge_m: float = 1.0, key: str = "cube") -> Mesh:
    corner = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * edge_m
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return make_mesh(f"truth/{key}", corner, np.array(faces, np.int32), 1)


def stage(*centres: tuple[float, float, float], mesh: Mesh | None = None) -> Stage:
    """One cube per actor 1, 2, ...; nothing moves."""
    count = len(centres)
    return Stage(
        t0_s=0.0,
        t1_s=1.0,
        meshes=(mesh or cube(),),
        mesh=np.zeros(count, np.int32),
        world_from_mesh=np.array([rigid(centre) for centre in centres]),
        track=np.full(count, -1, np.int32),
        key_times_s=np.array([0.0, 1.0]),
        keys=np.zeros((0, 2, 4, 4)),
        actor=np.arange(1, count + 1, dtype=np.int32),
        class_id=np.full(count, 17, np.int32),
        tint_rgb=np.zeros((count, 3), np.float32),
        tint_905=np.zeros(count, np.float32),
        lights=np.zeros(count, np.int32),
    )


def eye() -> Eye:
    lens = Lens(FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    return Eye(lens, inverse(rigid((0, 0, 0), CAMERA_FROM_WORLD_AXES)), WIDTH, HEIGHT, 0.0)


def picture(caster: Caster, seen_by: Eye) -> CameraFrame:
    u, v = np.meshgrid(np.arange(WIDTH, dtype=np.float64), np.arange(HEIGHT, dtype=np.float64))
    rays = seen_by.directions(u.ravel(), v.ravel()).reshape(HEIGHT, WIDTH, 3)
    hits = caster.image(seen_by.world_from_camera[:3, 3], rays, 0.0)
    actor = caster.surface(hits).actor
    blank = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    depth_m = hits.range_m * (rays @ seen_by.world_from_camera[:3, 2].astype(np.float32))
    return CameraFrame(blank, depth_m, actor, blank[..., 0], 0)


def views(*centres: tuple[float, float, float], mesh: Mesh | None = None) -> list[View]:
    world, seen_by = stage(*centres, mesh=mesh), eye()
    caster = Caster(world, hidden_actors=())
    shot = picture(caster, seen_by)
    points = actor_points(world, range(1, len(centres) + 1), 0.0)
    return [view(caster, world.actor, actor, points[actor], seen_by, shot) for actor in points]


@pytest.mark.parametrize("distance_m", [3.0, 10.0, 60.0])
def test_a_lone_cube_is_wholly_visible_and_its_box_is_its_front_face(distance_m):
    (seen,) = views((distance_m, 0, 0))
    assert seen.visible_ratio == 1.0
    assert seen.truncated_ratio == 0.0
    half = FOCAL * 0.5 / (distance_m - 0.5)
    middle_u, middle_v = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    expected = (middle_u - half, middle_v - half, middle_u + half, middle_v + half)
    np.testing.assert_allclose(seen.amodal_box_px, expected, atol=0.01)
    assert seen.visible_px == pytest.approx(4 * half**2, rel=0.12, abs=4)


@pytest.mark.parametrize("aside_m", [0.0, 3.0])
def test_a_cube_before_a_fisheye_has_the_box_of_its_projected_surface(aside_m):
    lens = Lens(60.0, 60.0, (WIDTH - 1) / 2, (HEIGHT - 1) / 2, "kannala_brandt", (0.05, -0.01, 0.0, 0.0))
    seen_by = Eye(lens, eye().world_from_camera, WIDTH, HEIGHT, 0.0)
    world = stage((4.0, aside_m, 0.2))
    caster = Caster(world, hidden_actors=())
    points = actor_points(world, [1], 0.0)[1]
    seen = view(caster, world.actor, 1, points, seen_by, picture(caster, seen_by))
    across = np.linspace(-0.5, 0.5, 60)
    a, b = (grid.ravel() for grid in np.meshgrid(across, across))
    faces = [
        np.insert(np.column_stack([a, b]), axis, side, axis=1) for axis in range(3) for side in (-0.5, 0.5)
    ]
    surface = np.concatenate(faces) + np.array([4.0, aside_m, 0.2])
    pixels = lens.project(move_points(inverse(seen_by.world_from_camera), surface))
    expected = (*pixels.min(axis=0), *pixels.max(axis=0))
    assert seen.amodal_box_px == pytest.approx(expected, abs=0.6)
    assert seen.visible_ratio > 0.98


@pytest.mark.parametrize("shift_m", [0.3, 0.5, 0.8])
def test_a_cube_behind_another_shows_the_share_that_closed_form_says(shift_m):
    # The front cube's silhouette is its near face: at 4.5 m half 0.5; the rear one's at 8.5 m.
    front, rear = views((5, 0, 0), (9, shift_m, 0))
    assert front.visible_ratio == 1.0
    reach = 0.5 / 4.5 * 8.5  # where the front's edge falls in the plane of the rear face
    hidden = np.clip(reach - (shift_m - 0.5), 0, 1)  # of its width; the height is hidden whole
    assert rear.visible_ratio == pytest.approx(1 - hidden, abs=0.04)
    assert rear.truncated_ratio == 0.0


def test_a_cube_wholly_behind_another_shows_nothing_but_has_a_silhouette():
    _, rear = views((5, 0, 0), (30, 0, 0))
    assert (rear.visible_ratio, rear.visible_px, rear.visible_box_px) == (0.0, 0, None)
    half = FOCAL * 0.5 / 29.5
    assert rear.amodal_box_px is not None
    assert rear.amodal_box_px[2] - rear.amodal_box_px[0] == pytest.approx(2 * half, abs=0.01)


@given(st.integers(0, 10_000), st.sampled_from([0.25, 1.0, 3.0]))
def test_a_lattice_meets_what_single_rays_through_its_points_meet(seed, step):
    rng = np.random.default_rng(seed)
    centres = np.column_stack([rng.uniform(3, 40, 6), rng.uniform(-6, 6, 6), rng.uniform(-2, 2, 6)])
    seen_by = eye()
    caster = Caster(stage(*map(tuple, centres.tolist())), hidden_actors=())
    u, v = rng.uniform(-9, 60) + step * np.arange(50), rng.uniform(-9, 40) + step * np.arange(37)
    drawn = caster.lattice(seen_by.world_from_camera[:3, 3], seen_by.lens(u, v, step), (37, 50), 0.0)
    at_v, at_u = np.repeat(v, 50), np.tile(u, 37)
    cast = caster.rays(seen_by.world_from_camera[:3, 3], seen_by.directions(at_u, at_v), 0.0)
    same = drawn.instance.reshape(-1) == cast.instance
    assert np.count_nonzero(~same) <= 2  # rays that graze an edge
    there = same & (cast.instance >= 0)
    np.testing.assert_allclose(drawn.range_m.reshape(-1)[there], cast.range_m[there], rtol=1e-4)


def test_a_cube_across_the_edge_is_truncated_by_half_and_its_box_ends_at_the_last_pixel():
    # The picture's left edge is half a pixel beyond pixel 0: at WIDTH / 2 pixels from the middle.
    distance = 4.5
    at_edge = WIDTH / 2 / FOCAL * distance
    (seen,) = views((5.0, at_edge, 0), mesh=flat())
    assert seen.truncated_ratio == pytest.approx(0.5, abs=0.03)
    assert seen.amodal_box_px is not None
    assert seen.amodal_box_px[0] == 0.0
    assert seen.visible_ratio == 1.0


def flat() -> Mesh:
    """The cube's near face alone, so that no side face shows at the picture's edge."""
    corner = np.array([[-0.5, y, z] for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    return make_mesh("flat", corner, np.array([[0, 1, 3], [0, 3, 2]], np.int32), 1)


@pytest.mark.parametrize("centre", [(-5.0, 0, 0), (5.0, 30.0, 0), (0.2, 40.0, 0)])
def test_what_is_behind_or_beside_the_camera_is_not_seen(centre):
    assert views(centre) == [NOT_SEEN]


def test_a_cube_beside_the_camera_that_reaches_behind_it_still_has_a_bounded_view():
    (seen,) = views((0.6, 1.4, 0.0), mesh=cube(2.0, "large"))
    assert 0.2 < seen.truncated_ratio < 1.0
    assert seen.visible_ratio == 1.0
    assert seen.amodal_box_px is not None
    left, top, right, bottom = seen.amodal_box_px
    assert 0 <= left < right <= WIDTH - 1
    assert 0 <= top < bottom <= HEIGHT - 1


turn = st.floats(-3.1, 3.1)
place = st.floats(-40, 40)


@given(turn, place, place, st.floats(0.5, 8), st.floats(0.4, 3), st.floats(0.4, 4))
def test_a_box_turned_about_y_is_measured_exactly(rotation_y, x, z, length, width, height):
    cos, sin = np.cos(rotation_y), np.sin(rotation_y)
    label_from_box = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    own = np.array([[a, b, c] for a in (-1, 1) for b in (0, 1) for c in (-1, 1)], float)
    own *= [length / 2, -height, width / 2]
    points = own @ label_from_box.T + [x, 1.6, z]
    box = tight_box(points, label_from_box @ [1.0, 0, 0])
    assert (box.length_m, box.width_m, box.height_m) == pytest.approx((length, width, height))
    assert box.bottom_center_m == pytest.approx([x, 1.6, z])
    assert box.rotation_y_rad == pytest.approx(rotation_y)
    assert inside(box, points, 1e-6).all()
    assert not inside(box, points, -0.01).any()
    assert np.sort(corners(box), axis=0) == pytest.approx(np.sort(points, axis=0), abs=1e-6)


def test_facing_forward_is_minus_half_pi_and_facing_right_is_zero():
    points = np.array([[0.0, 0, 5], [1, 1, 6]])
    assert tight_box(points, np.array([0.0, 0, 1])).rotation_y_rad == pytest.approx(-np.pi / 2)
    assert tight_box(points, np.array([1.0, 0, 0])).rotation_y_rad == pytest.approx(0.0)


def test_hull_vertices_give_the_same_tight_box_as_all_vertices():
    rng = np.random.default_rng(3)
    vertices = rng.normal(0, 1, (300, 3))
    mesh = make_mesh("cloud", vertices, rng.permutation(300).reshape(-1, 3).astype(np.int32), 1)
    hull = hull_vertices(mesh)
    assert len(hull) < len(mesh.vertices) / 3
    for _ in range(5):
        turned = rigid(rng.normal(0, 9, 3), rotation_xyz(*rng.normal(0, 1, 3)))
        whole, small = (move_points(turned, points) for points in (mesh.vertices.astype(float), hull))
        np.testing.assert_allclose(small.min(axis=0), whole.min(axis=0), atol=1e-6)
        np.testing.assert_allclose(small.max(axis=0), whole.max(axis=0), atol=1e-6)


def test_a_moving_part_stands_between_its_keys_turned_at_constant_rate():
    world = stage((0.0, 0, 0), (9.0, 0, 0))
    keys = np.array([[rigid((0, 0, 0)), rigid((4, 0, 0), rotation_xyz(yaw_rad=1.2))]])
    moving = Stage(**{**vars(world), "track": np.array([0, -1], np.int32), "keys": keys})
    poses = instances_at(moving, np.array([0, 1]), 0.25)
    np.testing.assert_allclose(poses[0], rigid((1, 0, 0), rotation_xyz(yaw_rad=0.3)), atol=1e-12)
    np.testing.assert_allclose(poses[1], rigid((9, 0, 0)))
