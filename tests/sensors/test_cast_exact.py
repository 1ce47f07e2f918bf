"""Fast rays against slow twins and against themselves under changes that must change nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.world.stage import Stage
from tests import naive
from tests.sensors.stages import SPAN_S, Builder, box, fan, random_soup, shifted, soup, unit

# Nearest things nearer together than this may change places by rounding.
TIE_M = 2e-5


def assert_same(hits: Hits, truth: naive.NaiveHits, within_m: float) -> None:
    ranges = hits.range_m.reshape(-1)
    both = np.isfinite(ranges) & np.isfinite(truth.range_m)
    # A ray along an edge of a silhouette may fall to either side.
    assert (np.isfinite(ranges) != np.isfinite(truth.range_m)).mean() < 0.002
    wrong = np.abs(ranges[both] - truth.range_m[both]) > within_m
    assert wrong.mean() < 0.002, np.abs(ranges[both] - truth.range_m[both]).max()
    same = both.copy()
    same[both] = ~wrong
    agree = (hits.instance.reshape(-1) == truth.instance) & (hits.primitive.reshape(-1) == truth.primitive)
    assert agree[same].mean() > 0.995
    same &= agree
    assert np.quantile(np.abs(hits.u.reshape(-1)[same] - truth.u[same]), 0.99) < 1e-3
    assert np.quantile(np.abs(hits.v.reshape(-1)[same] - truth.v[same]), 0.99) < 1e-3


def mixed_stage(seed: int) -> Stage:
    pose = rigid((6.0, 1.0, -2.0), rotation_xyz(0.4, 0.3, 2.0))
    return (
        Builder()
        .put(random_soup(f"soup{seed}", 300, seed))
        .put(random_soup(f"soup{seed}", 300, seed), pose)
        .put(random_soup(f"other{seed}", 120, seed + 1, 3.0), shifted(9, 2, 1), actor=2)
        .stage()
    )


@pytest.mark.parametrize("seed", range(3))
def test_an_image_of_random_triangles_is_the_slow_twins(seed: int) -> None:
    stage, directions = mixed_stage(seed), fan(37, 45, 1.4, 1.1)
    origin = np.array([-14.0, 1.0, 0.5])
    truth = naive.cast(stage, np.tile(origin, (37 * 45, 1)), directions.reshape(-1, 3), np.zeros(37 * 45))
    assert_same(Caster(stage).image(origin, directions, 0.0), truth, TIE_M)


@pytest.mark.parametrize("seed", range(3))
def test_rays_every_way_are_the_slow_twins(seed: int) -> None:
    rng, stage = np.random.default_rng(seed), mixed_stage(seed)
    origins, directions = rng.uniform(-8, 8, (800, 3)), unit(rng.normal(size=(800, 3)))
    truth = naive.cast(stage, origins, directions, np.zeros(800))
    caster = Caster(stage)
    hits = caster.rays(origins, directions, 0.0)
    assert_same(hits, truth, TIE_M)
    blocked = caster.occluded(origins, directions, np.full(800, 3.0), 0.0)
    sure = np.abs(truth.range_m - 3.0) > 1e-4
    assert (blocked == (truth.range_m < 3.0))[sure].mean() > 0.998
    # Handed over as a sweep, rays that share no direction are still met one by one.
    swept = caster.sweep(origins.reshape(20, 40, 3), directions.reshape(20, 40, 3), np.zeros((20, 40)))
    assert swept.range_m.reshape(-1) == pytest.approx(hits.range_m, rel=1e-5)


def racing(keys: int = 11) -> tuple[Stage, F64]:
    """Oncoming at 40 m/s relative: a spinning, swerving slab of triangles and a wheel at 133 rad/s."""
    builder = Builder(keys)
    times = builder.times_s
    slab, wheel = random_soup("slab", 90, 5, 2.0, 1.0), box("wheel", (0.7, 0.2, 0.7))
    builder.move(slab, [rigid((14 - 40 * t, 2 + 3 * t, 1), rotation_xyz(0, 0.1, 1.0 * t)) for t in times])
    builder.move(wheel, [rigid((12 - 40 * t, -2, 0.4), rotation_xyz(0, 133 * t, 0)) for t in times], actor=2)
    builder.put(random_soup("walls", 100, 6, 12.0, 2.0), shifted(8, 0, 0))
    return builder.stage(), times


def test_a_sweep_past_a_racing_world_errs_by_less_than_a_millimetre() -> None:
    stage, _ = racing()
    columns = 360
    directions = np.concatenate([fan(8, columns // 2, 2.4, 0.5), fan(8, columns // 2, 2.4, 0.5)], axis=1)
    # A turn is 2155 columns: this piece of two sectors takes as long as its share of the turn.
    times = np.concatenate([0.02 + np.arange(180) * 4.8e-5, 0.07 + np.arange(180) * 4.8e-5])
    times = np.broadcast_to(times, (8, columns)).copy()
    origins = np.zeros((8, columns, 3))
    origins[..., 0], origins[4:, :, 2] = 12.0 * times, 0.08
    hits = Caster(stage).sweep(origins, directions, times)
    truth = naive.cast(stage, origins.reshape(-1, 3), directions.reshape(-1, 3), times.reshape(-1))
    moving = np.isin(truth.instance, [0, 1])
    assert moving.sum() > 200
    assert_same(hits, truth, 1e-3)


def test_a_coarse_sweep_takes_the_exact_pose_of_every_ray() -> None:
    stage, _ = racing()
    directions = fan(6, 40, 2.0, 0.5)
    times = np.broadcast_to(np.linspace(0.0, SPAN_S, 40), (6, 40)).copy()  # 2.5 ms a column
    hits = Caster(stage).sweep(np.zeros((6, 40, 3)), directions, times)
    truth = naive.cast(stage, np.zeros((240, 3)), directions.reshape(-1, 3), times.reshape(-1))
    assert_same(hits, truth, 1e-4)


def test_rows_fired_far_apart_take_the_exact_pose_of_every_ray() -> None:
    """As a device does that scans line by line: neighbours in a column, 6 ms apart."""
    stage, _ = racing()
    directions = fan(8, 64, 1.0, 0.5)
    times = np.broadcast_to(np.linspace(0.02, 0.062, 8)[:, None], (8, 64)).copy()
    hits = Caster(stage).sweep(np.zeros((8, 64, 3)), directions, times)
    truth = naive.cast(stage, np.zeros((512, 3)), directions.reshape(-1, 3), times.reshape(-1))
    assert np.isin(truth.instance, [0, 1]).sum() > 30
    assert_same(hits, truth, 1e-4)


def test_neighbours_in_a_row_may_be_fired_at_any_time() -> None:
    """As at the seam of a turn, where the first ray stands beside the last one, and in scrambled scans."""
    stage, _ = racing()
    directions = fan(8, 64, 1.0, 0.5)
    times = np.random.default_rng(4).uniform(0.0, 0.1, (8, 64))
    times[:4, 20:36] = np.where(np.arange(16) < 5, 0.0, 0.1)
    hits = Caster(stage).sweep(np.zeros((8, 64, 3)), directions, times)
    truth = naive.cast(stage, np.zeros((512, 3)), directions.reshape(-1, 3), times.reshape(-1))
    assert np.isin(truth.instance, [0, 1]).sum() > 30
    assert_same(hits, truth, 1e-4)


def test_tiles_see_what_single_rays_see() -> None:
    stage = mixed_stage(7)
    caster, directions, origin = Caster(stage), fan(61, 83, 1.5, 1.2), np.array([-15.0, 0.0, 1.0])
    tiles = caster.image(origin, directions, 0.0)
    alone = caster.rays(np.broadcast_to(origin, directions.shape), directions, 0.0)
    assert np.isfinite(tiles.range_m).mean() > 0.3
    same = np.isclose(tiles.range_m, alone.range_m, rtol=1e-5, atol=TIE_M) | (tiles.range_m == alone.range_m)
    assert same.mean() > 0.9995
    points = origin + directions * np.where(tiles.instance >= 0, tiles.range_m, 0.0)[..., None].astype(
        np.float64
    )
    toward = unit(np.array([0.3, 0.4, 0.5]))
    normals, _ = caster.normals(tiles, 0.0, directions)
    met = tiles.instance >= 0
    dark = caster.shadow(points, normals, toward, 0.0, met)
    lifted = points + 2e-4 * np.sign(normals @ toward)[..., None] * normals
    single = caster.occluded(lifted, np.broadcast_to(toward, points.shape), np.inf, 0.0)
    assert (dark == single)[met].mean() > 0.9995


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    yaw=st.floats(-3, 3),
    roll=st.floats(-1, 1),
    x=st.floats(-50, 50),
    z=st.floats(-20, 20),
)
def test_a_moved_scene_has_moved_hits(seed: int, yaw: float, roll: float, x: float, z: float) -> None:
    motion = rigid((x, 2 * x, z), rotation_xyz(roll, 0.2, yaw))
    first, second = random_soup("a", 200, seed), random_soup("b", 80, seed + 1, 3.0)
    origins = np.random.default_rng(seed).uniform(-6, 6, (200, 3))
    directions = np.random.default_rng(seed + 2).normal(size=(200, 3))

    def cast(by: F64) -> Hits:
        stage = (
            Builder()
            .put(_named(first, seed), by)
            .put(_named(second, seed), by @ shifted(2, 3, 4), actor=5)
            .stage()
        )
        turned = unit(directions @ by[:3, :3].T)
        return Caster(stage).rays(origins @ by[:3, :3].T + by[:3, 3], turned, 0.0)

    still, moved = cast(np.eye(4)), cast(motion)
    same = np.isclose(still.range_m, moved.range_m, atol=2e-4) | (still.range_m == moved.range_m)
    assert same.mean() > 0.99
    assert (still.primitive == moved.primitive)[same].mean() > 0.99


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_permuted_triangles_give_the_same_hits(seed: int) -> None:
    mesh = random_soup("ordered", 400, seed)
    order = np.random.default_rng(seed).permutation(400)
    shuffled = soup(f"shuffled{seed}", mesh.vertices[mesh.faces][order])
    directions, origin = fan(30, 40, 1.6, 1.2), np.array([-13.0, 0, 0])
    one = Caster(Builder().put(_named(mesh, seed)).stage()).image(origin, directions, 0.0)
    two = Caster(Builder().put(shuffled).stage()).image(origin, directions, 0.0)
    met = one.instance >= 0
    assert (np.isclose(one.range_m, two.range_m, atol=TIE_M) | (one.range_m == two.range_m)).mean() > 0.999
    assert (one.primitive[met] == order[two.primitive[met]]).mean() > 0.999


def test_threads_change_no_byte() -> None:
    stage, _ = racing()
    directions = fan(64, 300, 2.0, 0.6)
    times = np.broadcast_to(np.linspace(0.03, 0.05, 300), (64, 300)).copy()
    results = []
    for threads in (1, 2, 5):
        caster = Caster(stage, threads=threads)
        hits = caster.sweep(np.zeros((64, 300, 3)), directions, times)
        normals, shading = caster.normals(hits, times, directions)
        points = directions * np.where(hits.instance >= 0, hits.range_m, 0)[..., None].astype(np.float64)
        dark = caster.shadow(points, normals, unit(np.array([0.2, 0.1, 1.0])), 0.04, hits.instance >= 0)
        arrays = (*(getattr(hits, name) for name in Hits.__dataclass_fields__), normals, shading, dark)
        results.append([a.tobytes() for a in arrays])
    assert results[0] == results[1] == results[2]


def test_far_from_the_worlds_origin_nothing_gets_coarse() -> None:
    far = np.array([431_000.0, 5_412_000.0, 120.0])
    mesh, directions = random_soup("far", 200, 3), fan(40, 40, 1.4, 1.2)
    near = Caster(Builder().put(mesh).stage()).image(np.array([-13.0, 0, 0]), directions, 0.0)
    away = Caster(Builder().put(mesh, rigid(far)).stage()).image(far - [13.0, 0, 0], directions, 0.0)
    assert (np.isclose(near.range_m, away.range_m, atol=1e-4) | (near.range_m == away.range_m)).mean() > 0.999


def _named(mesh: Mesh, seed: int) -> Mesh:
    """Another key for another seed: caches trust keys."""
    return Mesh(f"{mesh.key}/{seed}", mesh.vertices, mesh.normals, mesh.faces, mesh.face_material)
