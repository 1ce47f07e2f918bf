"""Rays against worlds whose answers are known: planes, boxes, spheres, and nothing at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.cast import Caster, Hits
from tests.sensors.stages import Builder, box, fan, shifted, soup, sphere, unit

GROUND = soup(
    "ground",
    np.array(
        [[[-500, -500, 0], [500, -500, 0], [500, 500, 0]], [[-500, -500, 0], [500, 500, 0], [-500, 500, 0]]]
    ),
)


@given(
    height_m=st.floats(0.5, 4.0), elevation_deg=st.floats(-80.0, -2.0), azimuth_deg=st.floats(-180.0, 180.0)
)
def test_a_falling_beam_meets_the_ground_at_height_over_sine(
    height_m: float, elevation_deg: float, azimuth_deg: float
) -> None:
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    flat = np.cos(elevation)
    beam = np.array([[flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)]], np.float32)
    hits = Caster(Builder().put(GROUND).stage()).rays(np.array([[0.0, 0.0, height_m]]), beam, 0.0)
    assert hits.range_m[0] == pytest.approx(
        height_m / -np.sin(elevation), abs=1e-4
    )  # the triangles are 1 km wide


def test_a_tessellated_sphere_is_met_between_its_inner_and_outer_radius() -> None:
    mesh = sphere("sphere24", 24)
    edges = np.linalg.norm(mesh.vertices[mesh.faces] - np.roll(mesh.vertices[mesh.faces], 1, axis=1), axis=2)
    inner = np.sqrt(1 - float(edges.max()) ** 2 / 3)  # a face's circumradius is at most edge / sqrt 3
    directions = fan(40, 90, 6.0, 3.0)
    hits = Caster(Builder().put(mesh, shifted(7, 8, 9)).stage()).image(
        np.array([7.0, 8.0, 9.0]), directions, 0.0
    )
    assert inner < hits.range_m.min() and hits.range_m.max() <= 1 + 1e-6


@given(yaw=st.floats(-3, 3), pitch=st.floats(-1, 1), x=st.floats(4, 60))
def test_a_ray_down_a_boxs_axis_meets_its_face_at_half_its_size(yaw: float, pitch: float, x: float) -> None:
    pose = rigid((x, -3.0, 2.0), rotation_xyz(0.3, pitch, yaw))
    caster = Caster(Builder().put(box("brick", (3.0, 2.0, 1.0)), pose, actor=4).stage())
    for axis, half in enumerate((1.5, 1.0, 0.5)):
        away = pose[:3, axis]
        hits = caster.rays((pose[:3, 3] + 10 * away)[None], unit(-away)[None], 0.05)
        assert hits.range_m[0] == pytest.approx(10 - half, abs=2e-5)
        geometric, shading = caster.normals(hits, 0.05)
        assert geometric[0] == pytest.approx(away, abs=1e-5) and shading[0] == pytest.approx(away, abs=1e-5)


def test_an_empty_world_is_missed_everywhere() -> None:
    empty = soup("empty", np.zeros((0, 3, 3)))
    for stage in (Builder().stage(), Builder().put(empty).put(empty, actor=3).stage()):
        caster = Caster(stage)
        hits = caster.image(np.zeros(3), fan(9, 11), 0.0)
        assert np.isinf(hits.range_m).all() and (hits.instance == -1).all() and (hits.primitive == -1).all()
        assert not hits.u.any() and not hits.v.any()
        assert not caster.surface(hits).material.any()
        assert not caster.normals(hits, 0.0)[0].any()
        assert caster.rays(np.zeros((0, 3)), np.zeros((0, 3), np.float32), 0.0).range_m.shape == (0,)


def test_one_triangle_is_met_with_its_barycentrics() -> None:
    triangle = np.array([[5.0, -1, 0], [5.0, 3, 0], [5.0, -1, 2]])
    caster = Caster(Builder().put(soup("one", triangle[None])).stage())
    weights = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.05, 0.05, 0.9]])
    points = weights @ triangle
    hits = caster.rays(np.zeros((3, 3)), unit(points), 0.0)
    assert hits.range_m == pytest.approx(np.linalg.norm(points, axis=1), rel=1e-6)
    assert np.stack([hits.u, hits.v], 1) == pytest.approx(weights[:, 1:], abs=1e-5)


def test_degenerate_triangles_are_never_met_and_hide_nothing() -> None:
    point, line = np.full((3, 3), 3.0), np.array([[3.0, -9, 0], [3, 0, 0], [3, 9, 0]])
    wall = np.array([[6.0, -50, -50], [6, 50, -50], [6, 0, 90]])
    caster = Caster(Builder().put(soup("thin", np.stack([point, line, point * [1, 0, 0], wall]))).stage())
    hits = caster.image(np.zeros(3), fan(33, 65, 1.2, 0.8), 0.0)
    assert (hits.primitive == 3).all() and np.isfinite(hits.u).all() and np.isfinite(hits.v).all()


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_axis_parallel_rays_meet_a_room_from_inside(axis: int, sign: float) -> None:
    caster = Caster(Builder().put(box("room", (4.0, 6.0, 8.0))).stage())
    ray = np.zeros((1, 3), np.float32)
    ray[0, axis] = sign
    hits = caster.rays(np.zeros((1, 3)), ray, 0.0)
    assert hits.range_m[0] == pytest.approx((2.0, 3.0, 4.0)[axis], abs=1e-6)


def test_hidden_actors_let_rays_through_and_only_shows_nothing_else() -> None:
    near, far = box("near", (1.0, 9.0, 9.0)), box("far", (1.0, 99.0, 99.0))
    stage = (
        Builder().put(near, shifted(5), actor=0).put(near, shifted(9), actor=2).put(far, shifted(20)).stage()
    )
    ahead = np.array([[1.0, 0.0, 0.0]], np.float32)

    def met(caster: Caster) -> int:
        return int(caster.rays(np.zeros((1, 3)), ahead, 0.0).instance[0])

    everything = Caster(stage)
    assert met(everything) == 1
    assert met(Caster(stage, hidden_actors=())) == 0
    assert met(Caster(stage, hidden_actors=(0, 2))) == 2
    assert met(everything.only([0])) == 0
    assert met(everything.only([-1])) == 2
    assert met(everything.only([7])) == -1


def test_a_hit_tells_material_class_actor_and_paint() -> None:
    wall = box("wall", (1.0, 99.0, 99.0), MATERIAL_ID["brick"])
    car = box("car", (1.0, 2.0, 2.0), MATERIAL_ID["car_paint"])
    caster = Caster(Builder().put(wall, shifted(20)).put(car, shifted(9), actor=2).stage())
    hits = caster.image(np.zeros(3), fan(21, 41), 0.0)
    surface = caster.surface(hits)
    of_car = hits.instance == 1
    assert of_car.any() and (~of_car).any()
    assert (surface.actor == np.where(of_car, 2, -1)).all()
    assert (surface.material == np.where(of_car, MATERIAL_ID["car_paint"], MATERIAL_ID["brick"])).all()
    assert (surface.class_id[of_car] == 3).all()
    assert (surface.tint_rgb[of_car] == [3, 4, 5]).all() and (surface.tint_905[of_car] == 1).all()
    assert (surface.lights == hits.instance).all()


def test_normals_turn_to_where_the_ray_came_from() -> None:
    caster = Caster(Builder().put(box("hall", (40.0, 20.0, 10.0))).stage())
    directions = fan(30, 60, 6.0, 2.5)
    hits = caster.image(np.array([3.0, 2.0, 1.0]), directions, 0.0)
    outward, _ = caster.normals(hits, 0.0)
    turned, shading = caster.normals(hits, 0.0, directions)
    assert (np.einsum("...i,...i", outward, directions) > 0).all()
    assert turned == pytest.approx(-outward) and shading == pytest.approx(-outward)


def test_a_normal_is_the_same_whatever_was_asked_before() -> None:
    # More faces than are kept, of many instances, at rest and moving: each hit is asked for alone as well.
    ball, turning = sphere("globe24", 24), [rigid((9, 0, 0), rotation_xyz(0, 0, a)) for a in (0.0, 0.2, 0.4)]
    builder = Builder(keys=3).move(ball, turning)
    for x, y in ((20, 8), (25, -9), (30, 2), (14, -6)):
        builder.put(ball, shifted(x, y, 0.5))
    caster, directions = Caster(builder.stage()), fan(80, 160, 1.2, 0.3)
    hits, times = caster.image(np.zeros(3), directions, 0.0), np.zeros(directions.shape[:2])
    times[::2] = 0.1
    found = np.flatnonzero(hits.instance.reshape(-1) >= 0)
    faces = np.stack([hits.instance.reshape(-1)[found], hits.primitive.reshape(-1)[found]])
    assert np.unique(faces, axis=1).shape[1] > 1024
    for when in (0.05, times):
        for all_at_once, column in zip(caster.normals(hits, when, directions), (0, 1), strict=True):
            for row in found[:: len(found) // 200]:
                one = Hits(*(getattr(hits, name).reshape(-1)[[row]] for name in Hits.__dataclass_fields__))
                own = when if isinstance(when, float) else when.reshape(-1)[[row]]
                alone = caster.normals(one, own, directions.reshape(-1, 3)[[row]])[column]
                assert (alone[0] == all_at_once.reshape(-1, 3)[row]).all()


def test_shadow_of_a_roof_falls_where_the_light_comes_through_it() -> None:
    roof = box("roof", (4.0, 6.0, 0.1))
    caster = Caster(Builder().put(GROUND).put(roof, shifted(0, 0, 5.05)).stage())
    x, y = np.meshgrid(np.linspace(-9, 9, 73) + 0.01, np.linspace(-9, 9, 61) + 0.02)
    points = np.stack([x, y, np.zeros_like(x)], -1)
    normals = np.broadcast_to(np.array([0, 0, 1], np.float32), points.shape)
    toward = unit(np.array([0.5, 0.2, 1.0]))
    active = x > -5
    dark = caster.shadow(points, normals, toward, 0.0, active)
    across, along = np.abs(x + 0.5 * 5.0), np.abs(y + 0.2 * 5.0)  # where rays reach the roof's underside
    assert (dark[(across < 2) & (along < 3) & active]).all()
    assert not dark[(across > 2.06) | (along > 3.06)].any()  # the roof is 0.1 m thick
    assert not dark[~active].any()


def test_a_convex_body_never_shades_the_side_that_looks_at_the_light() -> None:
    mesh, toward = sphere("ball", 40), unit(np.array([0.3, -0.5, 0.8]))
    caster = Caster(Builder().put(mesh, shifted(80, 40, 3)).stage())
    origin = np.array([80.0, 40.0, 3.0]) - [6.0, 0, 0]
    directions = fan(120, 120, 0.4, 0.4)
    hits = caster.image(origin, directions, 0.0)
    met = hits.instance >= 0
    geometric, _ = caster.normals(hits, 0.0, directions)
    points = origin + directions * np.where(met, hits.range_m, 0.0)[..., None].astype(np.float64)
    lit = met & (geometric @ toward > 1e-3)
    assert lit.sum() > 1000
    assert not caster.shadow(points, geometric, toward, 0.0, lit).any()


def test_occlusion_ends_at_the_range_asked_for() -> None:
    caster = Caster(Builder().put(box("post", (1.0, 1.0, 1.0)), shifted(10)).stage())
    origins, ahead = np.zeros((3, 3)), np.tile(np.array([1, 0, 0], np.float32), (3, 1))
    assert caster.occluded(origins, ahead, np.array([9.0, 9.6, np.inf]), 0.0).tolist() == [False, True, True]


def test_meshes_that_come_and_go_are_not_taken_for_each_other() -> None:
    """Trees are first looked up by which objects meshes are; a new one may lie where an old one was."""
    aim = unit(np.array([[[1.0, 0.01, 0.02]]]))
    for actor in (-1, 1):
        for turn in range(60):
            size = 2.0 + 0.05 * turn
            mesh = box(f"come and go/{turn}", (size, size, size))
            hits = Caster(Builder().put(mesh, shifted(10, 0, 0), actor=actor).stage()).image(
                np.zeros(3), aim, 0.0
            )
            del mesh
            assert hits.range_m[0, 0] * aim[0, 0, 0] == pytest.approx(10 - size / 2, abs=1e-4)
