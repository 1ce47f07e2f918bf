"""Rays against the slow twin, closed forms and themselves."""

from typing import Any

import numpy as np
import pytest
from drivesynth_kernels.alone import trace_rays

from drivesynth.geometry.mesh import Mesh, make_mesh
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.world.stage import Stage
from tests import naive

BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
BOX_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],  # noqa: E501
     [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def soup(seed: int, number: int = 60) -> Mesh:
    """Triangles thrown about at random, a few of them long and thin."""
    draw = np.random.default_rng(seed)
    middle = draw.uniform(-3, 3, (number, 1, 3))
    corners = middle + draw.normal(0, 1, (number, 3, 3)) * draw.choice([0.2, 1.0, 4.0], (number, 1, 1))
    return make_mesh(f"test/soup/{seed}", corners.reshape(-1, 3), np.arange(3 * number).reshape(-1, 3), 1)


def stage_of(
    meshes: list[Mesh], poses: list[np.ndarray], moves: dict[int, np.ndarray] | None = None
) -> Stage:
    """Instances one a mesh; `moves` gives an instance its (K, 4, 4) keys over -50 .. 50 ms."""
    moves = moves or {}
    number = len(meshes)
    track = np.full(number, -1, np.int32)
    for row, instance in enumerate(moves):
        track[instance] = row
    keys = np.stack(list(moves.values())) if moves else np.zeros((0, 2, 4, 4))
    return Stage(
        -0.05, 0.05, tuple(meshes), np.arange(number, dtype=np.int32),
        np.stack(poses) if poses else np.zeros((0, 4, 4)), track, np.linspace(-0.05, 0.05, keys.shape[1]), keys,  # noqa: E501
        np.arange(1, number + 1, dtype=np.int32), np.zeros(number, np.int32),
        np.full((number, 3), 0.5, np.float32), np.full(number, 0.4, np.float32), np.zeros(number, np.int32),
    )  # fmt: skip


def posed(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return rigid(tuple(draw.uniform(-8, 8, 3)), rotation_xyz(*draw.uniform(-3, 3, 3)))


@pytest.fixture(scope="module")
def still() -> Stage:
    return stage_of([soup(seed) for seed in range(6)], [posed(seed) for seed in range(6)])


def fan(rows: int, columns: int, spread_rad: float = 0.9) -> np.ndarray:
    """(R, C, 3) unit directions around +x, neighbours close."""
    elevation, azimuth = np.meshgrid(
        np.linspace(-spread_rad / 2, spread_rad / 2, rows), np.linspace(-spread_rad, spread_rad, columns),
        indexing="ij",
    )  # fmt: skip
    directions = np.stack(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], -1
    )
    return directions.astype(np.float32)


def agree(hits: Hits, stage: Stage, origins: np.ndarray, directions: np.ndarray, times: np.ndarray) -> None:
    """At most one ray in a thousand, one that grazes an edge, may differ; no range may be off."""
    flat = (hits.range_m.reshape(-1), hits.instance.reshape(-1), hits.primitive.reshape(-1))
    origins = np.broadcast_to(origins, directions.shape).reshape(-1, 3)
    times = np.broadcast_to(times, directions.shape[:-1]).reshape(-1)
    differ, met = 0, 0
    worlds = {t: naive.world_triangles(stage, t) for t in np.unique(times)}
    for i, direction in enumerate(directions.reshape(-1, 3).astype(float)):
        corners, instances, primitives = worlds[times[i]]
        range_m, row = naive.nearest(corners, origins[i], direction)
        met += row >= 0
        same = flat[0][i] == pytest.approx(range_m, rel=1e-4, abs=1e-4)
        named = row < 0 or (instances[row], primitives[row]) == (flat[1][i], flat[2][i])
        differ += not (same and named)
    assert met > len(times) / 20
    assert differ <= max(2, len(times) / 1000)


def test_an_image_agrees_with_the_slow_twin(still: Stage) -> None:
    origin, directions = np.array([-14.0, 0.5, 1.0]), fan(30, 60)
    agree(Caster(still, threads=2).image(origin, directions, 0.0), still, origin, directions, np.zeros(()))


def test_single_rays_agree_with_the_slow_twin(still: Stage) -> None:
    draw = np.random.default_rng(4)
    origins, directions = draw.uniform(-9, 9, (1500, 3)), draw.normal(size=(1500, 3))
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    agree(Caster(still).rays(origins, directions, np.zeros(1500)), still, origins, directions, np.zeros(1500))


def test_a_sweep_sees_each_actor_where_it_is_at_the_pulse_s_time(still: Stage) -> None:
    """40 m/s and a turn of 1.5 rad/s, from an origin that moves too: less than a millimetre apart."""
    times = np.repeat(np.linspace(-0.04, 0.04, 24), 3)[None, :].repeat(16, axis=0)
    keys = np.stack(
        [rigid((40.0 * t, 2.0, 0.0), rotation_xyz(0, 0, 15.0 * t / 10)) for t in np.linspace(-0.05, 0.05, 11)]
    )
    stage = stage_of([soup(1), soup(2)], [keys[5], posed(7)], {0: keys})
    directions = fan(16, 72)
    origins = np.array([-12.0, 0.0, 0.0]) + times[..., None] * np.array([30.0, 0.0, 0.0])
    hits = Caster(stage).sweep(origins, directions, times)
    wrong = 0
    for i in np.ndindex(times.shape):
        corners, instances, _ = naive.world_triangles(stage, float(times[i]))
        range_m, row = naive.nearest(corners, origins[i], directions[i].astype(float))
        if row >= 0 and hits.instance[i] == instances[row]:
            wrong += abs(hits.range_m[i] - range_m) > 1e-3
        else:
            wrong += (row >= 0) != (hits.instance[i] >= 0)
    assert (hits.instance >= 0).sum() > 100
    assert wrong <= 2  # rays that graze a silhouette


def test_a_box_is_met_at_its_face() -> None:
    stage = stage_of([make_mesh("test/box", BOX, BOX_FACES, 1)], [rigid((10.0, 0.0, 0.0))])
    hits = Caster(stage).rays(np.zeros((2, 3)), np.array([[1, 0, 0], [0, 1, 0]], np.float32), np.zeros(2))
    assert hits.range_m[0] == pytest.approx(9.0, abs=1e-5)
    assert np.isinf(hits.range_m[1]) and hits.instance[1] == hits.primitive[1] == -1


def test_no_ray_slips_through_the_edges_and_vertices_of_a_closed_mesh() -> None:
    """From inside, at points exactly on edges and at vertices, where watertight or not shows."""
    draw = np.random.default_rng(9)
    a, b = BOX[BOX_FACES[:, 0]], BOX[BOX_FACES[:, 1]]
    share = draw.random((20_000, 1))
    edge = draw.integers(0, len(a), 20_000)
    targets = np.concatenate([a[edge] * share + b[edge] * (1 - share), np.repeat(BOX, 500, axis=0)])
    origin = np.array([0.13, -0.22, 0.31])
    directions = targets - origin
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    caster = Caster(stage_of([make_mesh("test/box", BOX, BOX_FACES, 1)], [np.eye(4)]))
    single = caster.rays(np.broadcast_to(origin, directions.shape), directions, np.zeros(len(directions)))
    tiles = caster.image(origin, directions.reshape(-1, 240, 3), 0.0)
    assert np.isfinite(single.range_m).all() and np.isfinite(tiles.range_m).all()


def test_axis_parallel_rays_and_faces_without_area_do_no_harm() -> None:
    flat = Mesh(
        "test/flat", np.array([[5, -1, -1], [5, 1, -1], [5, 0, 1], [5, 0, 0]], np.float32),
        np.tile(np.array([[-1, 0, 0]], np.float32), (4, 1)), np.array([[0, 1, 2], [3, 3, 3], [0, 0, 1]], np.int32),  # noqa: E501
        np.ones(3, np.uint16),
    )  # fmt: skip
    caster = Caster(stage_of([flat], [np.eye(4)]))
    axes = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32)
    hits = caster.rays(np.zeros((6, 3)), axes, np.zeros(6))
    assert hits.range_m[0] == pytest.approx(5.0) and hits.primitive[0] == 0
    assert np.isinf(hits.range_m[1:]).all()


def test_nothing_is_met_in_an_empty_world() -> None:
    caster = Caster(stage_of([], []))
    hits = caster.image(np.zeros(3), fan(8, 16), 0.0)
    assert np.isinf(hits.range_m).all() and (hits.instance == -1).all()
    assert not caster.occluded(
        np.zeros((4, 3)), np.eye(4, 3, dtype=np.float32), np.full(4, 9.0), np.zeros(4)
    ).any()


def test_any_hit_agrees_with_the_nearest_hit(still: Stage) -> None:
    draw = np.random.default_rng(5)
    origins, directions = draw.uniform(-9, 9, (2000, 3)), draw.normal(size=(2000, 3))
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    limits = draw.uniform(0.5, 12.0, 2000).astype(np.float32)
    caster = Caster(still)
    hits = caster.rays(origins, directions, np.zeros(2000))
    assert np.array_equal(caster.occluded(origins, directions, limits, np.zeros(2000)), hits.range_m < limits)


def test_read_only_arrays_need_no_kernel_of_their_own(still: Stage) -> None:
    caster, up = Caster(still), np.array([[0.0, 0.0, 1.0]], np.float32)
    met = caster.occluded(np.ones((1, 3)), up, np.inf, 0.0)
    known: Any = getattr(trace_rays, "signatures", [])
    before = list(known)
    # Of a single ray a broadcast view is contiguous already, and would be handed on as it is.
    origin, toward = np.broadcast_to(np.ones(3), (1, 3)), np.broadcast_to(up[0], (1, 3))
    assert not toward.flags.writeable
    far, when = np.full(1, np.inf), np.zeros(1)
    for array in (far, when):
        array.flags.writeable = False
    assert caster.occluded(origin, toward, far, when) == met
    assert list(getattr(trace_rays, "signatures", [])) == before


def test_a_post_shades_the_ground_behind_it_and_nothing_shades_itself() -> None:
    ground = make_mesh(
        "test/ground",
        np.array([[-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0]], float),
        np.array([[0, 1, 2], [0, 2, 3]]),
        1,
    )
    box = make_mesh("test/box", BOX, BOX_FACES, 1)
    caster = Caster(stage_of([ground, box], [np.eye(4), rigid((0.0, 0.0, 1.0))]))
    x = np.linspace(-6, 6, 241)
    points = np.stack([x, np.zeros_like(x), np.zeros_like(x)], 1)
    up = np.tile(np.array([0, 0, 1], np.float32), (len(x), 1))
    toward = np.array(
        [np.sqrt(0.5), 0, np.sqrt(0.5)], np.float32
    )  # 45 deg: the shadow is as long as the box is high
    dark = caster.shadow(points, up, toward, 0.0, np.ones(len(x), bool))
    expected = (x > -3.0) & (x < 1.0)
    assert (dark != expected).sum() <= 2
    assert not caster.shadow(points, up, toward, 0.0, np.zeros(len(x), bool)).any()


def test_an_actor_alone_is_hidden_by_nobody(still: Stage) -> None:
    origin, directions = np.array([-14.0, 0.5, 1.0]), fan(40, 80)
    caster = Caster(still)
    everyone = caster.image(origin, directions, 0.0)
    alone = caster.only([3]).image(origin, directions, 0.0)
    assert set(np.unique(alone.instance)) <= {-1, 2}
    own = everyone.instance == 2
    assert own.any() and (alone.instance[own] == 2).all()
    assert np.array_equal(alone.range_m[own], everyone.range_m[own])
    assert not (Caster(still, hidden_actors=(3,)).image(origin, directions, 0.0).instance == 2).any()


def test_threads_change_no_bit(still: Stage) -> None:
    origin, directions = np.array([-14.0, 0.5, 1.0]), fan(64, 128)
    one, two = (Caster(still, threads=threads).image(origin, directions, 0.0) for threads in (1, 2))
    for name in ("range_m", "instance", "primitive", "u", "v"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_a_moved_scene_gives_moved_hits(still: Stage) -> None:
    far = np.array([512.0, -256.0, 32.0])
    moved = stage_of(list(still.meshes), [rigid(tuple(far)) @ pose for pose in still.world_from_mesh])
    origin, directions = np.array([-14.0, 0.5, 1.0]), fan(32, 64)
    here = Caster(still).image(origin, directions, 0.0)
    there = Caster(moved).image(origin + far, directions, 0.0)
    assert (here.instance == there.instance).mean() > 0.999
    both = (here.instance == there.instance) & (here.instance >= 0)
    assert np.abs(here.range_m[both] - there.range_m[both]).max() < 1e-3
