"""Tunnels, bridges, overpasses: room below, land where it belongs, nothing inside; potholes and things."""

import numpy as np
import pytest
import shapely

from drivesynth.arrays import F64
from drivesynth.geometry.mesh import Mesh
from drivesynth.road import bridge, structures, tunnel
from drivesynth.road.network import RoadNetwork, build
from drivesynth.road.plan import CubicPlan, ObjectPlan
from drivesynth.road.props import footprint
from drivesynth.road.street import dress
from drivesynth.road.surface import meshes
from tests.road.streets import PLANS


def part(network: RoadNetwork, name: str) -> Mesh:
    return next(m for m in structures.meshes(network) if m.key.startswith(name))


def along_rays(mesh: Mesh, from_m: F64, way: F64) -> F64:
    """(N,) distances to the first face along (N, 3) rays of unit directions; Moeller and Trumbore, 1997."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(np.float64) for k in range(3))
    first = np.full(len(from_m), np.inf)
    for i, (origin, d) in enumerate(zip(from_m, way, strict=True)):
        p = np.cross(d, c - a)
        det = ((b - a) * p).sum(axis=1)
        det = np.where(np.abs(det) > 1e-12, det, np.inf)
        u = ((origin - a) * p).sum(axis=1) / det
        q = np.cross(origin - a, b - a)
        v = (d * q).sum(axis=1) / det
        t = ((c - a) * q).sum(axis=1) / det
        hit = np.isfinite(det) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-9)
        first[i] = t[hit].min(initial=np.inf)
    return first


def on_lane(network: RoadNetwork, name: str, s_m: F64, up_m: float) -> F64:
    at = network.lane(name).poses(s_m)[:, :3]
    at[:, 2] += up_m
    return at


def test_a_tube_closes_round_the_lanes_and_clears_lorries() -> None:
    network = build(PLANS["tunnel"])
    tube, (begin, end) = part(network, "tunnel"), PLANS["tunnel"].tunnel or (0, 0)
    for lane in ("R1", "L1"):
        # From the middle of the lane a fan of rays across the road: up and to both sides.
        for s in np.linspace(begin + 1.3, end - 1.7, 9):
            origin = on_lane(network, lane, np.array([s]), 1.0)[0]
            heading = network.roads[0].reference.pose(float(s)).heading_rad
            fan = np.linspace(0.02, np.pi - 0.02, 41)
            aside = np.array([-np.sin(heading), np.cos(heading), 0.0])
            ways = np.cos(fan)[:, None] * aside + np.sin(fan)[:, None] * np.array([0.0, 0.0, 1.0])
            away = along_rays(tube, np.tile(origin, (len(fan), 1)), ways)
            assert np.isfinite(away).all()
            assert away[np.argmin(np.abs(fan - np.pi / 2))] > 4.5 - 1.0
            # Lamps hang below the vault at the least 4.5 m over the lanes' own width.
            within = np.abs(np.cos(fan) * away) < 1.6
            assert (1.0 + np.sin(fan) * away)[within].min() > 4.5


def test_no_sun_falls_into_a_tunnel_and_its_ends_are_open() -> None:
    network = build(PLANS["tunnel"])
    tube, (begin, end) = part(network, "tunnel"), PLANS["tunnel"].tunnel or (0, 0)
    deep = on_lane(network, "R1", np.linspace(begin + 25.0, end - 25.0, 12), 0.05)
    for azimuth in np.linspace(0.0, 2 * np.pi, 9):
        sun = np.array([0.7 * np.cos(azimuth), 0.7 * np.sin(azimuth), np.sqrt(0.51)])
        assert np.isfinite(along_rays(tube, deep, np.tile(sun, (12, 1)))).all()
    # Along the lane nothing bars the way, within and at the portals.
    s = np.arange(begin - 8.0, end + 8.0, 1.0)
    eyes = on_lane(network, "R1", s, 1.2)
    steps = np.diff(eyes, axis=0)
    length = np.linalg.norm(steps, axis=1)
    assert (along_rays(tube, eyes[:-1], steps / length[:, None]) > length).all()


def test_nothing_stands_in_a_tunnel_and_trees_stand_on_its_hill() -> None:
    network = build(PLANS["tunnel"])
    hill = tunnel.hill(network)
    assert hill is not None
    props = dress(network)
    boxes = footprint(props, 0.3)
    assert not shapely.intersects(boxes, hill.covered().buffer(-0.3)).any()
    places = np.array([[p.x_m, p.y_m] for p in props])
    s, left = network.roads[0].reference.projections(places).T
    raised = hill.rise(s, left) > 2.0
    assert raised.any()
    up = np.array([p.z_m for p in props]) - network.heights(places)
    assert (up[raised] > 1.0).all()


def test_land_under_a_bridge_lies_as_deep_as_it_says_and_piers_reach_it() -> None:
    network = build(PLANS["bridge"])
    deck = bridge.deck(network)
    assert deck is not None
    reference = network.roads[0].reference
    at = reference.poses(np.linspace(71.0, 129.0, 30))
    under = deck.land_heights(at[:, :2] + 0.01)
    assert (at[:, 2] - under).max() == pytest.approx(6.0, abs=0.05)
    assert (at[:, 2] - under).min() >= 1.6 - 0.05
    built = part(network, "bridge")
    low = built.vertices[:, 2].min()
    assert low < under.min()
    # Its upper side is the road: nothing of it stands over the lanes.
    for lane in ("R1", "L1"):
        eyes = on_lane(network, lane, np.arange(60.0, 140.0, 0.7), 0.0)
        up = np.tile([0.0, 0.0, 1.0], (len(eyes), 1))
        assert np.isinf(along_rays(built, eyes, up)).all()
    wheels = network.heights(on_lane(network, "R1", np.arange(60.0, 140.0, 1.0), 0.0)[:, :2])
    assert np.abs(np.diff(wheels)).max() < 0.06, "a deck is no step"


def test_an_overpass_leaves_the_clearance_it_says() -> None:
    network = build(PLANS["bridge"])
    over = part(network, "overpass")
    clear = []
    for lane in ("R1", "L1", "R.sidewalk"):
        eyes = on_lane(network, lane, np.arange(10.0, 40.0, 0.5), 0.0)
        clear.append(along_rays(over, eyes, np.tile([0.0, 0.0, 1.0], (len(eyes), 1))))
    seen = np.concatenate(clear)
    assert 4.7 - 0.13 < seen.min() < 5.4
    assert np.isfinite(seen).sum() == pytest.approx(3 * 9.0 / 0.5, abs=6)


def test_a_pothole_is_as_deep_for_wheels_as_for_rays() -> None:
    network = build(PLANS["potholes"])
    assert len(network.pits) == 3
    for pit, plan in zip(network.pits, PLANS["potholes"].potholes, strict=True):
        rings = np.repeat(np.linspace(0.0, 0.98, 12), 16)
        places = pit.places(rings, np.tile(np.linspace(0.0, 2 * np.pi, 16, endpoint=False), 12))
        whole = build(PLANS["potholes"].model_copy(update={"potholes": ()}))
        others = np.max([p.depths(places) for p in network.pits if p is not pit], axis=0)
        alone = places[others == 0.0]
        depth = whole.heights(alone) - network.heights(alone)
        assert depth.max() == pytest.approx(plan.depth_m)
        top = np.column_stack([alone, network.heights(alone) + 1.0])
        for mesh in meshes(network):
            low, high = mesh.bounds
            if (low[:2] <= pit.x_m).all() and (high[:2] >= pit.y_m).all():
                break
        down = np.tile([0.0, 0.0, -1.0], (len(top), 1))
        seen = np.min([along_rays(mesh, top, down) for mesh in meshes(network)], axis=0)
        assert np.abs(seen - 1.0).max() < 0.25 * plan.depth_m + 0.01


def test_things_stand_where_they_are_put() -> None:
    plan = PLANS["straight"].model_copy(
        update={"objects": (ObjectPlan(asset="debris/pallet", look_seed=1, lane="L1", s_m=80, offset_m=0.5),)}
    )
    network = build(plan)
    (pallet,) = (p for p in dress(network) if p.asset == "debris/pallet")
    assert network.locate(pallet.x_m, pallet.y_m) == ("L1", pytest.approx(80.0), pytest.approx(0.5))
    assert np.cos(pallet.heading_rad) == pytest.approx(-1.0)


def test_a_crest_is_smooth_in_height_and_grade() -> None:
    from drivesynth.scenario.draw import sample
    from drivesynth.scene.loader import loads

    text = "drivesynth: 1\nroad: {template: rural/crest}\nego: {at: {lane: R1, s: 20 m}, speed: 80 km/h}\n"
    plan = sample(loads(text), seed=1, variant=0).road
    assert all(isinstance(row, CubicPlan) for row in plan.elevation) and len(plan.elevation) > 3
    reference = build(plan).roads[0].reference
    s = np.arange(0.5, reference.length_m - 0.5, 0.25)
    z, grade = reference.poses(s)[:, 2], reference.grades(s)
    # The grade is the slope of the height, runs on without a jump, and bends no tighter than 500 m.
    assert np.abs(np.gradient(z, s)[1:-1] - grade[1:-1]).max() < 1e-4
    bend = np.diff(grade) / np.diff(s)
    assert np.abs(bend).max() < 1 / 500
    assert z.max() > 3.0 and grade.max() > 0.04 and grade.min() < -0.04
    # A car behind the crest is hidden: a line between eyes 1.2 m up meets the ground.
    a, b = 60.0, 300.0
    eye = np.interp(s, [a, b], [np.interp(a, s, z) + 1.2, np.interp(b, s, z) + 1.2])
    assert (eye < z)[(s > a) & (s < b)].any()
