"""The draw: streams by name, places, rows, stories; what is refused and how it is said."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import Mistakes, RequestError
from drivesynth.road import network as roads
from drivesynth.scenario.draw import attempts, sample
from drivesynth.scenario.model import Actor, Scenario
from drivesynth.scenario.overlap import footprint, ground, overlaps
from drivesynth.scenario.places import along_m
from drivesynth.scenario.sun import sun_at
from drivesynth.scene import catalogue, load, loads
from tests.scenario.scenes import scene


def actor(scenario: Scenario, name: str) -> Actor:
    return next(a for a in scenario.everyone if a.name == name)


def placed(text: str, name: str = "it", **more: str) -> tuple[Actor, Scenario]:
    drawn = sample(scene(f"actors:\n  it: {text}\n", *more.values()))
    return actor(drawn, name), drawn


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.path.stem)
def test_a_catalogue_scene_draws_the_same_twice_and_survives_json(entry: catalogue.Entry) -> None:
    one, two = (sample(load(entry.path), variant=3) for _ in range(2))
    assert one.digest() == two.digest() != sample(load(entry.path), variant=4).digest()
    assert Scenario.model_validate_json(one.model_dump_json()) == one


def test_adding_and_reordering_values_changes_no_other_draw() -> None:
    a = sample(scene("params: {v: 20..60 km/h, w: 1 +- 0.2 m}\n"), variant=7)
    b = sample(
        scene(
            "params: {x: 1 | 2 | 3, w: 1 +- 0.2 m, a: log 1..9 s, v: 20..60 km/h}\n",
            "actors:\n  van: {asset: van/*, at: {lane: L1, s: 90..120 m}}\n",
        ),
        variant=7,
    )
    assert (a.params["v"], a.params["w"]) == (b.params["v"], b.params["w"])
    assert a.ego == b.ego and "actors.van.at.s" in b.draws


def test_draws_follow_seed_and_variant() -> None:
    varied = scene("params: {v: 20..60 km/h}\n")
    drawn = {(seed, v): sample(varied, seed, v).params["v"] for seed in (1, 2) for v in range(20)}
    assert len(set(drawn.values())) == 40
    assert sample(varied).params == sample(varied, 5, 0).params


def test_params_are_computed_from_params() -> None:
    drawn = sample(scene("params: {b: 2 * $a - 1 m, a: 3..4 m, c: $word, word: car/suv | car/sedan}\n"))
    a, b = drawn.params["a"], drawn.params["b"]
    assert isinstance(a, float) and b == 2 * a - 1 and drawn.params["c"] == drawn.params["word"]


def test_ahead_behind_and_beside_count_from_bumper_to_bumper_as_the_anchor_drives() -> None:
    text = (
        "\n    asset: van/delivery\n    at: {lane: L1, s: 120 m}\n"
        "  front: {asset: car/suv, at: {ahead_of: it, by: 7 m}}\n"
        "  back: {asset: car/suv, at: {behind: it, by: 5 m}}\n"
        "  side: {asset: car/suv, at: {beside: it, lane: left}}"
    )
    van, drawn = placed(text)
    front, back, side = (actor(drawn, name) for name in ("front", "back", "side"))
    gap = van.placement.s_m - front.placement.s_m - (van.size_m[0] + front.size_m[0]) / 2
    assert gap == pytest.approx(7.0)  # L1 drives against the reference line
    gap = back.placement.s_m - van.placement.s_m - (van.size_m[0] + back.size_m[0]) / 2
    assert gap == pytest.approx(5.0)
    assert side.placement.lane == "R1" and side.placement.s_m == van.placement.s_m


def test_who_faces_the_road_is_spaced_by_its_width() -> None:
    text = (
        "{asset: van/delivery, at: {lane: R.parking, s: 120 m}}\n"
        "  child: {asset: pedestrian/child, at: {ahead_of: it, by: 0.5 m, lane: R.sidewalk},"
        " aim: {speed: 5 km/h}}"
    )
    van, drawn = placed(text)
    child = actor(drawn, "child")
    gap = child.placement.s_m - van.placement.s_m - van.size_m[0] / 2 - child.size_m[1] / 2
    assert gap == pytest.approx(0.5) and child.placement.heading_rad == pytest.approx(math.pi / 2)
    assert child.placement.z_m > van.placement.z_m  # it stands on the pavement


@pytest.mark.parametrize(
    ("facing", "heading"), [("ahead", 0.0), ("left", 90.0), ("right", -90.0), ("back", 180.0)]
)
def test_facing_is_relative_to_travel(facing: str, heading: float) -> None:
    it, _ = placed(f"{{asset: pedestrian/adult, at: {{lane: R1, s: 90 m, facing: {facing}}}}}")
    assert math.degrees(it.placement.heading_rad) % 360 == pytest.approx(heading % 360)


@pytest.mark.parametrize(("lane", "sign"), [("R.parking", 1), ("L.parking", -1)])
def test_a_row_runs_along_travel_with_its_gaps(lane: str, sign: int) -> None:
    _, drawn = placed(
        f"{{asset: car/*, fill: {{lane: {lane}, from: 40 m, to: 120 m, gap: 1..2 m}}}}", name="it.0"
    )
    row = drawn.actors
    assert [a.name for a in row] == [f"it.{i}" for i in range(len(row))] and len(row) > 10
    assert {a.asset for a in row} > {row[0].asset}
    for a, b in pairwise(row):
        gap = sign * (b.placement.s_m - a.placement.s_m) - (a.size_m[0] + b.size_m[0]) / 2
        assert 1.0 <= gap <= 2.0
    assert min(a.placement.s_m - a.size_m[0] / 2 for a in row) >= 40.0 - 1e-9
    assert max(a.placement.s_m + a.size_m[0] / 2 for a in row) <= 120.0 + 1e-9


def test_occupancy_leaves_places_empty() -> None:
    fill = "fill: {{lane: R.parking, from: 10 m, to: 230 m, gap: 1 m{}}}"
    text = "{{asset: car/sedan, size: [4 m, 1.8 m, 1.5 m], " + fill + "}}"
    full, half = (sample(scene(f"actors:\n  it: {text.format(o)}\n")) for o in ("", ", occupancy: 50 %"))
    assert len(full.actors) == 44 and 12 < len(half.actors) < 32
    assert {a.placement.s_m for a in half.actors} < {a.placement.s_m for a in full.actors}


def test_a_queue_stands_before_its_stop_line() -> None:
    road = "road: {template: junction/four_way}\n"
    ego = "ego: {at: {lane: south.in, to_stop: 40 m}, route: [south, north], speed: 30 km/h}\n"
    row = "actors:\n  q: {asset: car/*, fill: {lane: east.in, to_stop: 2 m, count: 4, gap: 1 m}}\n"
    drawn = sample(scene(road, ego, row))
    stop = roads.build(drawn.road).lane("east.in").stop_m
    last = drawn.actors[-1]
    assert [a.name for a in drawn.actors] == ["q.0", "q.1", "q.2", "q.3"] and stop is not None
    assert last.placement.s_m + last.size_m[0] / 2 == pytest.approx(stop - 2.0)
    assert drawn.ego.placement.s_m + drawn.ego.size_m[0] / 2 == pytest.approx(stop - 40.0)


def test_corners_and_routes_give_places_at_a_junction() -> None:
    road = "road: {template: junction/four_way, cycleways: true}\n"
    ego = "ego: {at: {lane: south.in, to_stop: 40 m}, route: [south, north], speed: 30 km/h}\n"
    others = (
        "actors:\n  hedge: {asset: occluder/hedge, at: {corner: south_east, inset: 4 m}}\n"
        "  rider: {asset: cyclist/adult, route: [east.cycleway, west.cycleway], speed: 15 km/h}\n"
    )
    drawn = sample(scene(road, ego, others))
    rider, hedge = actor(drawn, "rider"), actor(drawn, "hedge")
    assert rider.placement.lane == "east.in.cycleway" and rider.route == ("east.cycleway", "west.cycleway")
    assert hedge.placement.x_m > 5.0 and hedge.placement.y_m < -5.0


def test_cargo_rides_as_an_actor_of_its_own() -> None:
    lorry, drawn = placed(
        "{asset: truck/flatbed, at: {lane: R1, s: 90 m}, cargo: debris/pallet, speed: 9 m/s}"
    )
    load_ = actor(drawn, "it.cargo")
    assert lorry.cargo == "it.cargo" and load_.asset == "debris/pallet" and load_.speed_mps == 9.0


def test_a_rows_name_means_its_last_member() -> None:
    text = (
        "\n    asset: car/*\n    fill: {lane: R.parking, from: 40 m, to: 90 m, gap: 1 m}\n"
        "  van: {asset: van/delivery, at: {ahead_of: it, by: 1 m}}\n"
        "  first: {asset: car/suv, at: {behind: it.0, by: 1 m}}\n"
    )
    drawn = sample(
        scene(f"actors:\n  it: {text}", "story:\n  - {when: gap(it) < 9 m, do: {it: {lights: hazard}}}\n")
    )
    last = [a for a in drawn.actors if a.name.startswith("it.")][-1]
    van = actor(drawn, "van")
    assert van.placement.s_m - van.size_m[0] / 2 - last.placement.s_m - last.size_m[0] / 2 == pytest.approx(
        1.0
    )
    assert list(drawn.story[0].do) == [last.name]
    assert drawn.story[0].do[last.name][0].args == {"on": "hazard"}


def test_actions_carry_si_numbers_under_names_with_units() -> None:
    story = (
        "story:\n  - when: gap(it) < 20 m\n    delay: 500 ms\n    do:\n      it:\n"
        "        - change_lane: {to: left, lateral_speed: 3.6 km/h, indicator: 30 %}\n"
        "        - wait: 2 s\n        - brake: {decel: 0.5 g, to: 18 km/h}\n        - stop\n"
        "      ego: {speed: 36 km/h}\n"
    )
    drawn = sample(scene("actors:\n  it: {asset: car/suv, at: {lane: R1, s: 90 m}, speed: 9 m/s}\n", story))
    event = drawn.story[0]
    assert event.delay_s == 0.5
    assert [(a.kind, a.args) for a in event.do["it"]] == [
        ("change_lane", {"to": "left", "lateral_mps": 1.0, "indicator_ratio": 0.3}),
        ("wait", {"for_s": 2.0}),
        ("brake", {"decel_mps2": 0.5 * 9.80665, "to_mps": 5.0}),
        ("stop", {}),
    ]
    assert event.do["ego"][0].args == {"to_mps": 10.0}


def test_a_path_of_pieces_joins_curvature_to_curvature() -> None:
    road = (
        "road:\n  lanes: {right: [drive]}\n  path:\n    - {line: 50 m}\n"
        "    - {spiral: 40 m, to_radius: 200 m, turn: right}\n    - {arc: 60 m, radius: 200 m, turn: right}\n"
        "    - {spiral: 40 m, turn: right}\n    - {line: 50 m}\n"
        "  elevation: [{s: 0 m, height: 0 m}, {s: 120 m, height: 4 m, grade: 2 %}, {s: 240 m, height: 3 m}]\n"
    )
    drawn = sample(scene(road))
    ends = [(p.start_curvature_per_m, p.end_curvature_per_m) for p in drawn.road.path]
    assert ends == [(0, 0), (0, -0.005), (-0.005, -0.005), (-0.005, 0), (0, 0)]
    network = roads.build(drawn.road)
    reference = network.roads[0].reference
    heights = reference.poses(np.array([0.0, 120.0, 240.0]))[:, 2]
    assert heights == pytest.approx([0.0, 4.0, 3.0]) and reference.grades(np.array([120.0]))[
        0
    ] == pytest.approx(0.02)


def test_sizes_spread_like_real_ones_and_given_ones_hold() -> None:
    many = [
        sample(scene("actors:\n  it: {asset: car/suv, at: {lane: R1, s: 90 m}}\n"), variant=v)
        for v in range(60)
    ]
    lengths = np.array([m.actors[0].size_m[0] for m in many])
    assert 0.08 < lengths.std() < 0.3 and abs(lengths.mean() - 4.62) < 0.1
    given_, _ = placed("{asset: debris/box, at: {lane: R1, s: 90 m}, size: [1 m, 0.5 m, 0.2 m]}")
    assert given_.size_m == (1.0, 0.5, 0.2)


def test_what_a_draw_rejects_is_tried_again() -> None:
    rare = scene("params: {v: 0..100 m}\nrequire: [$v > 90 m]\nsample: {max_tries: 200}\n")
    drawn = [sample(rare, variant=v) for v in range(30)]
    assert all(isinstance(d.params["v"], float) and d.params["v"] > 90 for d in drawn)
    first, second = attempts(rare), attempts(rare)
    assert [next(first).params["v"] for _ in range(3)] == [next(second).params["v"] for _ in range(3)]
    assert len({a.params["v"] for a in attempts(rare)}) < 60


def test_hopeless_scenes_say_which_rules_refused_them() -> None:
    with pytest.raises(Mistakes, match=r"scene.yaml:4:11: require.0: '\$v > 6 m' does not hold"):
        sample(scene("params: {v: 0..5 m}\nrequire: [$v > 6 m]\n"))
    rarely = "params: {v: 0..9 m}\nrequire: [$v > 6 m, $v < 3 m]\nsample: {max_tries: 30}\n"
    with pytest.raises(
        RequestError, match=r"none of 30 tries stands; rejected: require.\d .* \(\d+\), require"
    ):
        sample(scene(rarely))


def test_all_places_that_cannot_be_are_told_at_once() -> None:
    text = (
        "{asset: car/suv, at: {lane: R7, s: 90 m}}\n  b: {asset: car/svu, at: {lane: R1, s: 90 m}}\n"
        "  c: {asset: car/suv, at: {lane: R1, s: 90 m}, lights: [blue]}"
    )
    with pytest.raises(Mistakes) as caught:
        placed(text)
    assert [m.field for m in caught.value.mistakes] == [
        "actors.it.at.lane",
        "actors.b.asset",
        "actors.c.lights.0",
    ]


@given(st.floats(0, 2 * math.pi), st.floats(-3, 3), st.floats(-3, 3))
def test_overlap_agrees_with_points_inside(heading: float, dx: float, dy: float) -> None:
    base, _ = placed("{asset: debris/box, at: {xy: [100 m, 0 m]}, size: [2 m, 1 m, 1 m]}")
    there = base.placement.model_copy(update={"x_m": 100 + dx, "y_m": dy, "heading_rad": heading})
    other = base.model_copy(update={"name": "b", "placement": there})
    found = bool(overlaps([base, other]))
    u = np.linspace(0, 1, 60)
    a, _, c, d = footprint(other)
    grid = (c + u[:, None, None] * (d - c) + u[None, :, None] * (footprint(other)[1] - c)).reshape(-1, 2)
    inside = (np.abs(grid[:, 0] - 100) < 1 - 0.02) & (np.abs(grid[:, 1]) < 0.5 - 0.02)
    assert found or not inside.any()
    near = (np.abs(grid[:, 0] - 100) < 1.04) & (np.abs(grid[:, 1]) < 0.54)
    assert not found or near.any()
    assert a.shape == (2,)


def test_weather_may_be_told_by_the_grades_of_a_public_benchmark() -> None:
    graded = "environment: {severity: {fog: 3, rain: 2, snow: 5}}\n"
    drawn = sample(scene(graded)).environment
    assert drawn.fog_mor_m == pytest.approx(np.log(20.0) / 0.02)
    assert (drawn.rain_mm_h, drawn.snow_mm_h) == (0.73, 7.29)
    plain = sample(scene("environment: {severity: {fog: 1}, rain: 4 mm/h}\n")).environment
    assert (plain.rain_mm_h, plain.snow_mm_h) == (pytest.approx(4.0), 0.0)


@pytest.mark.parametrize(
    ("hour", "elevation_deg", "azimuth_deg"), [(12.0, 59.0, 180.0), (0.0, -23.0, 0.0), (6.0, 13.5, 78.0)]
)
def test_the_sun_stands_where_astronomy_puts_it(
    hour: float, elevation_deg: float, azimuth_deg: float
) -> None:
    elevation, azimuth = sun_at(hour * 3600)
    assert math.degrees(elevation) == pytest.approx(elevation_deg, abs=0.5)
    assert math.degrees(azimuth) == pytest.approx(azimuth_deg, abs=1.0)


@given(st.floats(0, 2 * math.pi))
def test_extent_along_a_lane_is_that_of_the_turned_box(turned: float) -> None:
    corners = np.array([[2, 0.9], [-2, 0.9], [-2, -0.9], [2, -0.9]])
    along = corners @ [math.cos(turned), -math.sin(turned)]
    assert along_m((4.0, 1.8, 1.5), turned) == pytest.approx(along.max())
    outline = ((2.0, 0.9), (-2.0, 0.9), (-2.0, -0.9), (2.0, -0.9))
    assert along_m((9.0, 9.0, 1.5), turned, outline) == pytest.approx(along.max())


@pytest.mark.parametrize("angle", ["-70 deg", "60 deg", "100 deg"])
@pytest.mark.parametrize("facing", ["ahead", "left", "back"])
def test_gaps_to_a_turned_trailer_count_from_where_it_reaches(angle: str, facing: str) -> None:
    scenario = sample(
        loads(f"""\
drivesynth: 1
road: {{template: motorway/three_lanes, length: 400 m}}
ego: {{at: {{lane: R2, s: 100 m}}}}
actors:
  folded: {{asset: truck/semi, at: {{ahead_of: ego, by: 25 m, facing: {facing}}}, articulation: {angle}}}
  beyond: {{asset: car/estate, at: {{ahead_of: folded, by: 8 m}}}}
""")
    )
    ego, folded, beyond = (ground(actor).bounds for actor in scenario.everyone)
    if facing == "back":  # ahead of who looks back lies behind
        assert folded[0] - beyond[2] == pytest.approx(8.0, abs=1e-6)
    else:
        assert beyond[0] - folded[2] == pytest.approx(8.0, abs=1e-6)
    assert folded[0] - ego[2] == pytest.approx(25.0, abs=1e-6)


@pytest.mark.parametrize(
    ("marks", "more", "lasts_s"),
    [("de/urban", "", 1.0), ("uk/urban", "", 2.0), ("us/urban", "", 0.0), ("de/urban", ", all_red: 0 s", 0.0),
     ("us/urban", ", red_amber: 1.5 s", 1.5)],
)  # fmt: skip
def test_red_with_amber_lasts_as_long_as_is_usual_in_the_country(
    marks: str, more: str, lasts_s: float
) -> None:
    text = (
        f"drivesynth: 1\nroad: {{template: junction/four_way, marks: {marks}}}\n"
        f"signals: {{cycle: 80 s, green: [south, north]{more}}}\n"
        "ego: {at: {lane: south.in, to_stop: 30 m}, speed: 30 km/h}\n"
    )
    plan = sample(loads(text)).signals
    assert plan is not None and plan.red_amber_s == lasts_s


@pytest.mark.parametrize(("limit_kmh", "amber_s"), [(30, 3.0), (50, 3.0), (60, 4.0), (70, 5.0)])
def test_a_signal_plan_is_drawn_with_its_phase_and_with_amber_by_the_limit(
    tmp_path: Path, limit_kmh: int, amber_s: float
) -> None:
    text = (
        "drivesynth: 1\n"
        f"road: {{template: junction/four_way, limit: {limit_kmh} km/h}}\n"
        "signals: {cycle: 80 s, green: [south, north], phase: 5..25 s, share: 40 %}\n"
        "ego: {at: {lane: south.in, to_stop: 30 m}, speed: 30 km/h}\n"
    )
    (tmp_path / "signals.yaml").write_text(text)
    drawn = [sample(load(tmp_path / "signals.yaml"), variant=v) for v in range(4)]
    plans = [one.signals for one in drawn]
    assert all(plan is not None and 5.0 <= plan.offset_s <= 25.0 for plan in plans)
    assert len({plan.offset_s for plan in plans if plan is not None}) == 4
    first = plans[0]
    assert first is not None and (first.cycle_s, first.share, first.amber_s) == (80.0, 0.4, amber_s)
    assert first.green == ("south", "north") and drawn[0].road.signalled
