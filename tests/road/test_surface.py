"""The ground has no gap, shows what is painted on it, and lies where the network says."""

from collections import Counter

import numpy as np
import pytest
import shapely

from drivesynth.arrays import F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh
from drivesynth.road import bridge
from drivesynth.road.network import build
from drivesynth.road.surface import asphalt, meshes
from tests.road.streets import PLANS


def ground(name: str) -> tuple[F64, I64, I64]:
    """All points, faces and materials of a plan's ground; equal positions are one point."""
    parts = meshes(build(PLANS[name]))
    first = np.cumsum([0, *(len(m.vertices) for m in parts[:-1])])
    points, index = np.unique(np.concatenate([m.vertices for m in parts]), axis=0, return_inverse=True)
    faces = np.concatenate([m.faces + o for m, o in zip(parts, first, strict=True)])
    materials = np.concatenate([m.face_material for m in parts])
    return points.astype(np.float64), np.asarray(index).reshape(-1)[faces], materials.astype(np.int64)


def area_of(material: str, points: F64, faces: I64, materials: I64) -> float:
    a, b, c = (points[faces[materials == MATERIAL_ID[material], k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize("name", sorted(PLANS))
def test_every_edge_has_two_faces_but_at_the_horizon(name: str) -> None:
    points, faces, _ = ground(name)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    directed = Counter(map(tuple, edges.tolist()))
    assert max(directed.values()) == 1, "two faces run along an edge in one direction: one is turned over"
    rim = {edge for edge in directed if edge[::-1] not in directed}
    deck = bridge.deck(build(PLANS[name]))
    rim_points = points[np.unique(np.array(list(rim))), :2]
    if deck is not None:  # its deck is free, and the land below it meets the abutments
        rim_points = rim_points[~shapely.contains_xy(deck.opening().buffer(0.1), *rim_points.T)]
    paved = build(PLANS[name]).area(["drive"])
    assert shapely.distance(paved, shapely.points(rim_points)).min() > 180.0


@pytest.mark.parametrize("name", sorted(PLANS))
def test_faces_look_up_and_lie_at_the_networks_height(name: str) -> None:
    points, faces, materials = ground(name)
    a, b, c = (points[faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    kerb = materials == MATERIAL_ID["kerb"]
    assert (normals[~kerb, 2] > 0).all() and (normals[kerb, 2] > -1e-6).all()
    network = build(PLANS[name])
    middle = (a + b + c) / 3
    near = shapely.contains_xy(network.area(["drive", "parking", "sidewalk", "shoulder"]), *middle[:, :2].T)
    on_road = near & ~kerb & (materials != MATERIAL_ID["grass"])
    # A chord may leave its curve by a centimetre, and a hill's chord likewise.
    assert np.abs(network.heights(middle[on_road, :2]) - middle[on_road, 2]).max() < 0.015


def test_a_ray_straight_down_meets_exactly_one_face() -> None:
    points, faces, _ = ground("crossings")
    a, b, c = (points[faces[:, k], :2] for k in range(3))
    draw = np.random.default_rng(5)
    for x, y in draw.uniform([0, -30], [150, 40], (300, 2)):
        p = np.array([x, y])
        turns = [(v[:, 0] - u[:, 0]) * (p[1] - u[:, 1]) - (v[:, 1] - u[:, 1]) * (p[0] - u[:, 0])
                 for u, v in ((a, b), (b, c), (c, a))]  # fmt: skip
        assert ((turns[0] > 0) & (turns[1] > 0) & (turns[2] > 0)).sum() == 1


def test_dashes_cover_a_third_of_the_centre_line() -> None:
    points, faces, materials = ground("straight")
    # 250 m of street and 120 m beyond either end: 490 m, of which 3 in 9 m are painted 0.12 m wide;
    # two solid lines of 0.12 m against the parking lanes.
    painted = area_of("road_paint", points, faces, materials)
    assert painted == pytest.approx(490 * 0.12 * (1 / 3 + 2), rel=0.01)


def test_a_zebra_is_as_many_bars_as_fit() -> None:
    plain, crossed = ground("straight"), ground("crossings")
    network = build(PLANS["crossings"])
    zone_s, zone_left = network.roads[0].reference.projections(crossed[0][:, :2]).T
    inside = (np.abs(zone_s[crossed[1]] - 40.0) < 2.0 + 1e-3).all(axis=1)
    on_wheels = (zone_left[crossed[1]] > -3.26).all(axis=1) & (zone_left[crossed[1]] < 4.61).all(axis=1)
    part = inside & on_wheels
    painted = area_of("road_paint", crossed[0], crossed[1][part], crossed[2][part])
    bars = int((3.25 + 3.0 + 1.6 + 0.5) // 1.0)
    assert painted == pytest.approx(bars * 0.5 * 4.0, rel=1e-3)
    assert len(plain[1]) > 0


def test_kerbs_are_twelve_centimetres() -> None:
    points, faces, materials = ground("straight")
    inside = (np.abs(points[faces, 0] - 125) < 120).all(axis=1) & (materials == MATERIAL_ID["kerb"])
    upright = inside & (np.ptp(points[faces, 1], axis=1) < 1e-6)
    assert upright.any()
    assert np.allclose(np.ptp(points[faces[upright], 2], axis=1), 0.12, atol=1e-6)


def test_the_mesh_is_cut_into_pieces_of_stable_keys() -> None:
    first = meshes(build(PLANS["straight"]))
    keys = [mesh.key for mesh in first]
    assert len(set(keys)) == len(keys)

    def near(mesh: Mesh) -> bool:
        return not mesh.key.endswith("far")

    assert all(np.ptp(m.vertices[:, :2], axis=0).max() < 140 for m in first if near(m))
    meshes.cache_clear()
    again = meshes(build(PLANS["straight"]))
    for a, b in zip(first, again, strict=True):
        assert a.key == b.key
        for field in ("vertices", "normals", "faces", "face_material"):
            assert np.array_equal(getattr(a, field), getattr(b, field))


def test_normals_have_unit_length_and_a_kerb_keeps_its_crease() -> None:
    for mesh in meshes(build(PLANS["curve"])):
        assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-5)
    faces = np.concatenate([m.normals[m.faces].reshape(-1, 3) for m in meshes(build(PLANS["straight"]))])
    level, upright = np.abs(faces[:, 2]) > 0.99, np.abs(faces[:, 2]) < 0.2
    assert (level | upright).mean() > 0.99


def test_streets_differ_in_their_asphalt_by_the_seed_and_each_is_paved_with_one() -> None:
    """One in five dark, three in ten pale; new roads, and what is not a street, have the middle one."""
    plan = PLANS["straight"].model_copy(update={"street": "urban"})
    drawn = Counter(asphalt(plan.model_copy(update={"street_seed": seed})) for seed in range(400))
    for kind, share in (("asphalt_dark", 0.2), ("asphalt", 0.5), ("asphalt_pale", 0.3)):
        assert drawn[kind] / 400 == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 400))
    seeds = {asphalt(plan.model_copy(update={"street_seed": seed})): seed for seed in range(30)}
    for change in ({"wear": "new"}, {"dressing": "plain"}, {"street": "none"}):
        for seed in seeds.values():
            assert asphalt(plan.model_copy(update={**change, "street_seed": seed})) == "asphalt"
    kinds = [MATERIAL_ID[kind] for kind in drawn]
    for kind, seed in seeds.items():
        paved = meshes(build(plan.model_copy(update={"street_seed": seed})))
        used = np.unique(np.concatenate([mesh.face_material for mesh in paved]))
        assert list(used[np.isin(used, kinds)]) == [MATERIAL_ID[kind]]
