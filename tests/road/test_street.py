"""What lines a road: nothing in the way, nothing inside anything, the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from drivesynth.assets import catalogue
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.road import structures
from drivesynth.road.network import build
from drivesynth.road.props import Prop, footprint
from drivesynth.road.street import COARSER_FROM_M, dress, in_detail
from tests.road.streets import PLANS

LEAVES = [MATERIAL_ID[name] for name in ("foliage", "needles", "twigs")]


def solid(props: tuple[Prop, ...]) -> list[Prop]:
    """Props that fill their box: crowns and lamp arms may reach over others."""
    return [p for p in props if p.asset.split("/")[0] not in ("tree", "lamp", "bush", "wood", "cone")]


def above_ground(props: tuple[Prop, ...]) -> list[Prop]:
    """Those that do not lie flat on the road."""
    return [p for p in solid(props) if p.asset.split("/")[0] not in ("manhole", "patch")]


@pytest.mark.parametrize("name", sorted(PLANS))
def test_nothing_stands_where_wheels_roll(name: str) -> None:
    network = build(PLANS[name])
    wheels = network.area(["drive", "bus", "parking", "shoulder", "cycleway"])
    boxes = footprint(above_ground(dress(network)))
    assert not shapely.intersects(wheels, boxes).any()


@pytest.mark.parametrize("name", sorted(PLANS))
def test_nothing_overlaps(name: str) -> None:
    boxes = footprint(solid(dress(build(PLANS[name]))))
    first, second = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    assert (first == second).all()


def test_half_of_the_pavement_stays_free() -> None:
    network = build(PLANS["straight"])
    pavement = network.area(["sidewalk"])
    boxes = footprint(solid(dress(network)))
    standing = shapely.union_all(boxes[shapely.intersects(pavement, boxes)])
    for s in np.arange(2.0, 248.0, 0.5):
        across = shapely.LineString([(s, -5.35), (s, -7.85)])
        assert across.difference(standing).length > 1.25


@pytest.mark.parametrize("name", sorted(PLANS))
def test_props_stand_on_the_ground(name: str) -> None:
    network = build(PLANS[name])
    props = [p for p in dress(network) if p.asset != "lamp/street"]
    ground = structures.ground(network)(np.array([[p.x_m, p.y_m] for p in props]))
    gap = np.array([p.z_m for p in props]) - ground
    assert gap.max() < 0.05 and gap.min() > -1.3  # on a slope it is the lowest corner that stands


def test_the_same_seed_dresses_the_same_street_and_another_another() -> None:
    plan = PLANS["straight"]
    first = dress(build(plan))
    dress.cache_clear()
    assert dress(build(plan)) == first
    assert dress(build(plan.model_copy(update={"street_seed": 1}))) != first


def test_each_kind_of_place_has_what_makes_it() -> None:
    def kinds(name: str) -> set[str]:
        return {prop.asset.split("/")[0] for prop in dress(build(PLANS[name]))}

    assert {"house", "tree", "sign", "lamp", "bin"} <= kinds("straight")
    assert {"house", "hedge", "tree", "bush"} <= kinds("curve")
    assert {"tree", "bush", "post"} <= kinds("rural") and "house" not in kinds("rural")
    assert {"rail", "tree", "cone"} <= kinds("motorway")
    bare = PLANS["straight"].model_copy(update={"street": "none", "lamp_every_m": 0.0})
    assert dress(build(bare)) == ()


def test_streets_choose_among_all_that_a_town_has_by_their_seed() -> None:
    plan = PLANS["straight"]
    streets = [dress(build(plan.model_copy(update={"street_seed": seed}))) for seed in range(12)]
    seen = [{prop.asset for prop in props} for props in streets]
    assert len({frozenset(kinds) for kinds in seen}) > 6, "hardly two streets alike"
    wanted = {"house/apartments", "house/shop", "tree/autumn", "tree/poplar", "shelter/bus", "bin/litter",
              "bench/wood", "hydrant/pillar", "bollard/post", "billboard/people", "mirror/traffic",
              "skip/builder", "scaffold/front"}  # fmt: skip
    assert wanted <= set().union(*seen)
    rural = [dress(build(PLANS["rural"].model_copy(update={"street_seed": k}))) for k in range(8)]
    found = {prop.asset for props in rural for prop in props}
    assert {"wood/edge", "tree/autumn", "tree/poplar", "tree/conifer"} <= found


def test_no_crown_hangs_into_the_road_below_a_car_s_roof() -> None:
    wheels = ["drive", "bus", "parking", "shoulder", "cycleway"]
    for seed in range(6):
        network = build(PLANS["straight"].model_copy(update={"street_seed": seed}))
        area = network.area(wheels)
        trees = [p for p in dress(network) if p.asset.startswith("tree/")]
        over = shapely.intersects(area, footprint(trees))
        for prop in (tree for tree, above in zip(trees, over, strict=True) if above):
            mesh = catalogue.build(prop.asset, prop.look_seed, prop.size_m, prop.detail).parts[0].mesh
            leaves = mesh.vertices[np.unique(mesh.faces[np.isin(mesh.face_material, LEAVES)])]
            c, s = np.cos(prop.heading_rad), np.sin(prop.heading_rad)
            place = leaves[:, :2] @ np.array([[c, s], [-s, c]]) + [prop.x_m, prop.y_m]
            low = leaves[shapely.contains_xy(area, place), 2] + prop.z_m
            assert low.min(initial=9.0) > 1.9, prop


def test_a_plain_street_has_nothing_that_came_later() -> None:
    newer = {"house/apartments", "tree/autumn", "tree/poplar", "shelter/bus", "billboard/people", "wood/edge"}
    for name in ("straight", "curve", "rural", "motorway"):
        plain = dress(build(PLANS[name].model_copy(update={"dressing": "plain"})))
        assert not newer & {prop.asset for prop in plain}
        assert all(prop.detail == 0 for prop in plain)


def test_bus_shelters_are_open_to_the_road_and_posters_look_at_those_who_come() -> None:
    plans = [PLANS["straight"].model_copy(update={"street_seed": seed}) for seed in range(12)]
    props = [prop for plan in plans for prop in dress(build(plan))]
    shelters = [p for p in props if p.asset == "shelter/bus"]
    posters = [p for p in props if p.asset == "billboard/people"]
    assert len(shelters) > 5 and len(posters) > 10
    for prop in shelters:  # open to its -y: the road runs along y = 0
        toward = np.array([np.sin(prop.heading_rad), -np.cos(prop.heading_rad)])
        assert toward[1] * -np.sign(prop.y_m) == pytest.approx(1.0)
    for prop in posters:  # pictures look to -y; drivers keep to the right and come along +x south of the line
        toward = np.array([np.sin(prop.heading_rad), -np.cos(prop.heading_rad)])
        assert toward[0] * np.sign(prop.y_m) > 0.5, "against the traffic of its own side"
        assert toward[1] * -np.sign(prop.y_m) > 0.5, "and across the road"


def test_lamps_stand_on_the_pavement_every_25_metres() -> None:
    lamps = [p for p in dress(build(PLANS["straight"])) if p.asset == "lamp/street" and p.y_m < 0]
    poles = sorted(p.x_m - 0.9 * np.cos(p.heading_rad) for p in lamps)
    assert np.allclose(np.diff(poles), 25.0)
    assert all(p.z_m == pytest.approx(0.12) for p in lamps if 0 < p.x_m < 250)


def test_cones_close_the_lane_behind_a_taper() -> None:
    network = build(PLANS["motorway"])
    cones = [p for p in dress(network) if p.asset.startswith("cone/")]
    lane = network.lane("R3")
    places = sorted(lane.locate(p.x_m, p.y_m) for p in cones)
    along, offset = np.array(places).T
    assert along[0] == pytest.approx(60.0) and along[-1] == pytest.approx(200.0)
    assert np.allclose(np.diff(along), 10.0)
    assert (np.diff(offset[along <= 120.0 + 1e-6]) > 0).all()
    assert np.allclose(offset[along >= 120.0 - 1e-6], 3.75 / 2 - 0.35)


def test_a_four_way_junction_has_a_signal_at_every_stop_line_facing_its_drivers() -> None:
    network = build(PLANS["four_way"])
    signals = [p for p in dress(network) if p.asset == "signal/vehicle"]
    assert len(signals) == 4
    for signal in signals:
        nearest = min(
            (lane for lane in network.lanes.values() if lane.stop_m and lane.kind == "drive"),
            key=lambda lane: np.hypot(
                lane.pose(lane.stop_m or 0).x_m - signal.x_m, lane.pose(lane.stop_m or 0).y_m - signal.y_m
            ),
        )
        # Its lenses look to -x of the post, so the post is turned along the traffic.
        at = nearest.pose(nearest.stop_m or 0.0)
        assert np.cos(at.heading_rad - signal.heading_rad) == pytest.approx(1.0)
        assert nearest.locate(signal.x_m, signal.y_m)[1] < -nearest.width_m / 2


def test_in_north_america_drivers_look_at_heads_beyond_the_junction() -> None:
    network = build(PLANS["four_way"].model_copy(update={"marks": "us/urban"}))
    heads = {p.signal: p for p in dress(network) if p.asset == "signal/vehicle"}
    assert set(heads) == {"south", "east", "north", "west"}
    # On the far right as its drivers see it, looking at them: lenses look to -x of the post.
    south = heads["south"]
    assert south.y_m > 8.0 and 3.0 < south.x_m < 8.0
    assert np.sin(south.heading_rad) == pytest.approx(1.0)
    tee = build(PLANS["t"].model_copy(update={"marks": "us/urban", "signalled": True}))
    heads = {p.signal: p for p in dress(tee) if p.asset == "signal/vehicle"}
    assert heads["east"].x_m < -5.0 and heads["west"].x_m > 5.0, "across the junction"
    assert heads["south"].y_m < -5.0, "the stem has no arm opposite and keeps its head at its line"


def test_without_signals_there_are_no_heads_and_only_the_stem_of_a_t_gives_way() -> None:
    unsignalled = PLANS["four_way"].model_copy(update={"signalled": False})
    assert not [p for p in dress(build(unsignalled)) if p.asset.startswith(("signal/", "sign/give_way"))]
    signs = [p for p in dress(build(PLANS["t"])) if p.asset == "sign/give_way"]
    assert len(signs) == 1
    assert signs[0].y_m < -5.0, "south of the street it meets"


def test_a_signalled_crossing_has_a_head_for_each_direction_and_one_for_walkers_on_each_side() -> None:
    network = build(PLANS["crossings"])
    reference = network.roads[0].reference
    heads = [p for p in dress(network) if p.signal]
    assert sorted((p.asset, p.signal) for p in heads) == [
        ("signal/vehicle", "road"), ("signal/vehicle", "road"),
        ("signal/walker", "crossing"), ("signal/walker", "crossing"),
    ]  # fmt: skip
    for head in heads:
        s, left = reference.project(head.x_m, head.y_m)
        looks = head.heading_rad + np.pi - reference.pose(s).heading_rad  # lenses look to -x
        if head.asset == "signal/vehicle":
            # On the right of its drivers, before the crossing, looking at them.
            assert np.cos(looks) == pytest.approx(-1.0 if left < 0 else 1.0, abs=1e-6)
            assert (s - 120.0) * (1.0 if left < 0 else -1.0) == pytest.approx(-2.6)
        else:
            assert np.sin(looks) == pytest.approx(1.0 if left < 0 else -1.0, abs=1e-6), "across the road"


def test_a_median_carries_a_rail_that_looks_at_its_own_traffic() -> None:
    network = build(PLANS["motorway"])
    median = network.lane("L.median")
    rails = [p for p in dress(network) if p.asset == "rail/guard"]
    inside = [p for p in rails if network.locate(p.x_m, p.y_m)[0] == "L.median"]
    assert len(inside) > 60
    for rail in inside:
        s, offset = median.locate(rail.x_m, rail.y_m)
        assert abs(offset) < 0.05
        # Left traffic drives against the line on the rail's left; its face looks there.
        assert np.cos(rail.heading_rad - median.pose(s).heading_rad) == pytest.approx(1.0, abs=1e-3)


def test_many_streets_share_a_few_dozen_looks() -> None:
    plan = PLANS["straight"]
    seen = {
        (p.asset, p.look_seed, p.size_m)
        for seed in range(12)
        for p in dress(build(plan.model_copy(update={"street_seed": seed})))
    }
    assert len(seen) < 170


def test_fields_end_at_woods() -> None:
    """Beyond 28 m from a country road's edge stand rows of trees, on both sides and for a good part of it."""
    props = dress(build(PLANS["straight"].model_copy(update={"street": "rural"})))
    trees = [(p.x_m, p.y_m) for p in props if p.asset.startswith("tree/") and 34.0 < abs(p.y_m) < 76.0]
    for sign in (-1.0, 1.0):
        stations = {round(x / 10.0) for x, y in trees if sign * y > 0.0}
        assert len(stations) >= 10


def test_props_are_coarser_away_from_where_the_sensors_go() -> None:
    props = dress(build(PLANS["straight"]))
    way = np.array([[20.0, -1.75], [60.0, -1.75]])
    for prop, whole in zip(in_detail(props, way), props, strict=True):
        away = np.hypot(max(20.0 - prop.x_m, prop.x_m - 60.0, 0.0), prop.y_m + 1.75)
        assert prop.detail == max(whole.detail, sum(away >= from_m for from_m in COARSER_FROM_M))
        assert replace(prop, detail=whole.detail) == whole
    standing = in_detail(props, way[:1])
    assert {prop.detail for prop in standing} == {0, 1, 2, 3}
    assert in_detail((), way) == ()


def test_wear_lies_on_used_roads_in_summer_alone() -> None:
    def flat(**change: str) -> int:
        props = dress(build(PLANS["straight"].model_copy(update=change)))
        return sum(p.asset.split("/")[0] in ("manhole", "patch") for p in props)

    assert flat() > 3
    assert flat(wear="new") == flat(dressing="plain") == flat(season="winter") == 0


def test_woods_near_the_road_are_bare_in_winter() -> None:
    plan = PLANS["straight"].model_copy(update={"street": "rural", "dressing": "full"})
    summer, winter = (
        {p.asset for p in dress(build(plan.model_copy(update={"season": season})))}
        for season in ("summer", "winter")
    )
    assert "wood/edge" in summer
    assert "wood/edge" not in winter and "tree/bare" in winter


def test_behind_a_towns_gardens_stand_the_backs_of_the_next_street() -> None:
    """Houses at least 38 m behind the pavement, and none of them in the way of the first row."""

    def rows(**changes: object) -> tuple[int, int]:
        plan = PLANS["straight"].model_copy(update={"street": "urban", "street_seed": 5, **changes})
        away = [abs(p.y_m) for p in dress(build(plan)) if p.asset.startswith("house/")]
        return sum(a > 43.0 for a in away), sum(a < 30.0 for a in away)

    rear, first = rows()
    assert rear > 20 and rows(dressing="plain")[0] == 0 and first > 20
