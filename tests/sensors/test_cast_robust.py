"""No ray is lost on the way: closed meshes, deep trees, five million triangles, another caster's word."""

import numpy as np
import pytest
from drivesynth_kernels.bvh_wide import LEAF_BITS, LINKS, NODE, WIDTH

from drivesynth.geometry.mesh import Mesh
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.trees import Tree, build_tree
from tests.sensors.stages import Builder, fan, random_soup, shifted, soup, sphere, unit


def test_ten_million_rays_through_edges_and_vertices_of_a_closed_mesh_lose_none() -> None:
    mesh = sphere("watertight", 96)
    place = np.array([3.0, -2.0, 1.0])
    caster = Caster(Builder().put(mesh, shifted(*place)).stage(), threads=2)
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    rng = np.random.default_rng(0)
    for batch in range(10):
        faces, which = rng.integers(0, len(corners), 1_000_000), rng.integers(0, 3, 1_000_000)
        if batch % 5:  # in order of place they share tiles, as they come they are traced alone
            faces.sort()
        a = corners[faces, which]
        share = rng.choice([0.0, 0.5, 1.0, -1.0], (1_000_000, 1))  # -1: anywhere along the edge
        share = np.where(share < 0, rng.random((1_000_000, 1)), share)
        aim = a + share * (corners[faces, (which + 1) % 3] - a)
        directions = unit(aim).reshape(1000, 1000, 3)
        hits = caster.image(place + rng.uniform(-0.3, 0.3, 3) * (batch > 4), directions, 0.0)
        assert (hits.instance == 0).all()


def walk(tree: Tree, corners: np.ndarray) -> tuple[list[int], int, int]:
    """All faces in leaves, the number of levels, and the most a depth-first stack ever holds."""
    nodes, links = tree.arrays.nodes, tree.arrays.links
    seen: list[int] = []
    stack, deepest, fullest = [(0, 1)], 0, 1
    while stack:
        link, level = stack.pop()
        if link < 0:
            first, count = ~link >> LEAF_BITS, ~link & ((1 << LEAF_BITS) - 1)
            laid = tree.arrays.corners[9 * first : 9 * (first + count)].reshape(9, count).T
            faces = tree.arrays.source.reshape(-1, 2)[first : first + count, 1]
            assert (laid == corners[faces].reshape(-1, 9)).all()
            seen.extend(faces.tolist())
            continue
        deepest = max(deepest, level)
        boxes = nodes[NODE * link : NODE * link + 6 * WIDTH].reshape(2, 3, WIDTH)
        for k in range(WIDTH):
            if boxes[0, 0, k] > boxes[1, 0, k]:
                continue
            child = int(links[NODE * link + LINKS + k])
            if child < 0:
                first, count = ~child >> LEAF_BITS, ~child & ((1 << LEAF_BITS) - 1)
                inside = tree.arrays.corners[9 * first : 9 * (first + count)].reshape(3, 3, count)
                assert (inside.min(axis=(0, 2)) >= boxes[0, :, k]).all()
                assert (inside.max(axis=(0, 2)) <= boxes[1, :, k]).all()
            stack.append((child, level + 1))
        fullest = max(fullest, len(stack))
    return seen, deepest, fullest


@pytest.mark.parametrize("kind", ["soup", "same", "line", "single", "spiral"])
def test_a_tree_holds_every_triangle_once_and_its_stack_stays_below_its_bound(kind: str) -> None:
    corners = {
        "soup": lambda: random_soup("s", 5000, 1).vertices.reshape(-1, 3, 3),
        "same": lambda: np.tile(np.arange(9, dtype=np.float32).reshape(1, 3, 3), (3000, 1, 1)),
        "line": lambda: (np.arange(4000)[:, None, None] + np.eye(3)).astype(np.float32),
        "single": lambda: np.eye(3, dtype=np.float32)[None],
        # Each triangle twice as far as the last: the heuristic peels off one at a time.
        "spiral": lambda: (2.0 ** np.linspace(0, 100, 2000)[:, None, None] * np.eye(3)).astype(np.float32),
    }[kind]()
    tree = build_tree(corners)
    seen, deepest, fullest = walk(tree, corners)
    assert sorted(seen) == list(range(len(corners)))
    assert deepest <= tree.levels
    assert fullest <= (WIDTH - 1) * tree.levels + 1


def test_a_tree_does_not_depend_on_the_number_of_threads() -> None:
    corners = random_soup("threads", 60_000, 2, 50.0, 0.3).vertices.reshape(-1, 3, 3)
    one, three = build_tree(corners, 1), build_tree(corners, 3)
    for a, b in zip(one.arrays, three.arrays, strict=True):
        assert a.tobytes() == b.tobytes()


def test_five_million_triangles_of_rolling_ground_are_met_at_their_height() -> None:
    n = 1600
    axis = np.linspace(-400.0, 400.0, n + 1)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    z = np.sin(x / 30) * np.cos(y / 40)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1)
    faces = np.concatenate(
        [
            np.stack([corner, corner + n + 1, corner + n + 2], 1),
            np.stack([corner, corner + n + 2, corner + 1], 1),
        ]
    ).astype(np.int32)
    up = np.broadcast_to(np.array([0, 0, 1], np.float32), vertices.shape)
    mesh = Mesh("rolling", vertices, up, faces, np.ones(len(faces), np.uint16))
    assert len(faces) > 5_000_000
    caster = Caster(Builder().put(mesh).stage(), threads=2)
    rng = np.random.default_rng(1)
    origins = np.concatenate([rng.uniform(-399, 399, (2000, 2)), np.full((2000, 1), 30.0)], axis=1)
    hits = caster.rays(origins, np.tile(np.array([0, 0, -1], np.float32), (2000, 1)), 0.0)
    height = np.sin(origins[:, 0] / 30) * np.cos(origins[:, 1] / 40)
    assert 30.0 - hits.range_m == pytest.approx(height, abs=2e-3)


def test_open3d_sees_the_same() -> None:
    o3d = pytest.importorskip(
        "open3d", "0.18", "Open3D, or a library it needs, is not installed", exc_type=ImportError
    )
    corners = random_soup("oracle", 20_000, 9, 30.0, 0.7).vertices
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor(corners), o3d.core.Tensor(np.arange(60_000, dtype=np.uint32).reshape(-1, 3))
    )
    caster = Caster(Builder().put(soup("oracle", corners)).stage())
    directions, origin = fan(150, 200, 1.6, 1.2), np.array([-35.0, 0.0, 0.0])
    six = np.concatenate([np.broadcast_to(origin, directions.shape), directions], -1).astype(np.float32)
    theirs = scene.cast_rays(o3d.core.Tensor(six))
    ranges, faces = theirs["t_hit"].numpy(), theirs["primitive_ids"].numpy().astype(np.int64)
    ours = caster.image(origin, directions, 0.0)
    assert (np.isclose(ours.range_m, ranges, rtol=1e-4) | (ours.range_m == ranges)).mean() >= 0.9999
    met = np.isfinite(ranges)
    assert (ours.primitive == faces)[met].mean() > 0.9995


@pytest.mark.parametrize("far_m", [0.5, 8.0, 60.0, 400.0])
def test_a_picture_of_triangles_finer_than_its_pixels_is_what_single_rays_meet(far_m: float) -> None:
    """Boxes that lie between the rays are passed over: none may hold what a ray meets."""
    rough = sphere("finer than pixels", 64)
    bumps = 1.0 + 0.02 * np.random.default_rng(5).normal(size=(len(rough.vertices), 1))
    mesh = Mesh("finer than pixels", (rough.vertices * bumps).astype(np.float32), rough.normals, rough.faces,
                rough.face_material)  # fmt: skip
    builder = Builder().put(mesh, shifted(far_m + 1.5, 0.3, -0.2))
    for k in range(3):  # of other trees, partly behind it and beside
        builder.put(mesh, shifted(far_m + 3.0 + k, 1.5 * k - 1.0, 0.4 * k), actor=1 + k)
    caster = Caster(builder.stage())
    half = 2.5 / (far_m + 2.0)
    across, down = np.meshgrid(np.linspace(half, -half, 90), np.linspace(half, -half, 50))
    directions = unit(np.stack([np.ones_like(across), across, down], axis=-1))
    drawn, alone = caster.image(np.zeros(3), directions, 0.0), caster.rays(np.zeros(3), directions, 0.0)
    assert (drawn.instance == alone.instance).mean() > 0.999  # an outline may pass through a ray
    same = (drawn.instance == alone.instance) & (alone.instance >= 0)
    assert same.mean() > 0.2
    assert drawn.range_m[same] == pytest.approx(alone.range_m[same], rel=1e-4)


@pytest.mark.parametrize("half_m", [20.0, 1000.0])
def test_no_wide_face_shadows_itself(half_m: float) -> None:
    chance = np.random.default_rng(5)
    for turn in range(6):
        up, sun = (way / np.linalg.norm(way) for way in chance.normal(size=(2, 3)))
        sun += up * (0.2 - min(sun @ up, 0.0))  # some 11 degrees above the face at least
        across = np.cross(up, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        axes = np.stack([across, np.cross(up, across)])
        corners = (
            np.array([[-half_m, -half_m], [half_m, -half_m], [half_m, half_m], [-half_m, half_m]]) @ axes
        )
        mesh = soup(f"wide {half_m} {turn}", corners[[[0, 1, 2], [0, 2, 3]]])
        points = chance.uniform(-15.0, 15.0, (2000, 2)) @ axes
        toward = np.float32(sun / np.linalg.norm(sun))
        lit = np.ones(len(points), bool)
        normals = np.tile(np.float32(up), (len(points), 1))
        caster = Caster(Builder().put(mesh, shifted(0.0, 0.0, 0.0)).stage())
        assert not caster.shadow(points, normals, toward, 0.0, lit).any()
