"""Maps: courses against closed forms, lanes through sections, marks, junctions, small contradictions."""

import logging
from pathlib import Path

import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.errors import RequestError
from drivesynth.geometry.paths import Pose
from drivesynth.road.network import RoadNetwork, build
from drivesynth.road.opendrive_course import polynomial
from drivesynth.road.plan import RoadPlan
from drivesynth.road.street import dress
from drivesynth.road.surface import meshes
from drivesynth.scenario.draw import sample
from drivesynth.scene.loader import load

DRIVE = '<width sOffset="0" a="3.5" b="0" c="0" d="0"/>'
BROKEN = '<roadMark sOffset="0" type="broken" color="standard" width="0.12"/>'
SOLID = '<roadMark sOffset="0" type="solid" color="standard" width="0.12"/>'


def lane(number: int, inside: str = DRIVE + SOLID, kind: str = "driving", link: str = "") -> str:
    return f'<lane id="{number}" type="{kind}" level="false"><link>{link}</link>{inside}</lane>'


def section(s: float, left: str, right: str, centre: str = BROKEN) -> str:
    return (
        f'<laneSection s="{s}"><left>{left}</left>'
        f'<center><lane id="0" type="none">{centre}</lane></center><right>{right}</right></laneSection>'
    )


def geometry(s: float, x: float, y: float, heading: float, length: float, shape: str = "<line/>") -> str:
    return f'<geometry s="{s}" x="{x}" y="{y}" hdg="{heading}" length="{length}">{shape}</geometry>'


def road(
    course: str, sections: str, length: float, *, number: int = 1, junction: int = -1, more: str = ""
) -> str:
    return (
        f'<road id="{number}" junction="{junction}" length="{length}"><planView>{course}</planView>'
        f"{more}<lanes>{sections}</lanes></road>"
    )


def network(*roads: str, **changes: object) -> RoadNetwork:
    text = f'<OpenDRIVE><header revMajor="1" revMinor="6"/>{"".join(roads)}</OpenDRIVE>'
    plan = RoadPlan(template="map", right=(), left=(), path=(), opendrive=text, street="none")
    return build(plan.model_copy(update=changes))


TWO_LANES = section(0, lane(1), lane(-1))


def reference(net: RoadNetwork, s: F64) -> F64:
    return net.roads[0].reference.poses(s)


def test_an_arc_a_line_and_a_spiral_meet_where_the_closed_forms_say() -> None:
    k, arc = 1 / 40, 40 * np.pi / 2
    course = geometry(0, 0, 0, 0, arc, f'<arc curvature="{k}"/>') + geometry(arc, 40, 40, np.pi / 2, 30)
    at = reference(network(road(course, TWO_LANES, arc + 30)), np.array([arc / 2, arc, arc + 30]))
    half = np.sqrt(0.5)
    assert at[:, 0] == pytest.approx([40 * half, 40, 40])
    assert at[:, 1] == pytest.approx([40 * (1 - half), 40, 70])
    spiral = '<spiral curvStart="0" curvEnd="0.02"/>'
    end = reference(network(road(geometry(0, 0, 0, 0, 50, spiral), TWO_LANES, 50)), np.array([50.0]))[0]
    # x + iy is the integral of exp(i s^2 / 5000) over 0..50: its power series.
    fact = [1, 1, 2, 6, 24, 120, 720]
    z = sum(50.0 * (1j * 0.5) ** n / (fact[n] * (2 * n + 1)) for n in range(7))
    assert end[0] + 1j * end[1] == pytest.approx(z, abs=1e-4)
    assert end[3] == pytest.approx(0.5)


@pytest.mark.parametrize("p_range", ["arcLength", "normalized", None])
def test_a_parametric_cubic_is_followed_to_a_tenth_of_a_millimetre(p_range: str | None) -> None:
    end = 1.0 if p_range != "arcLength" else 40.0
    if p_range == "arcLength":  # all but unit speed: u'^2 + v'^2 = 1 + (k p)^4 / 4
        u, v = np.array([0, 1, 0, -4e-6 / 6]), np.array([0, 0, 0.001, 0])
    else:
        u, v = np.array([0, 40.0, 0, -4.0]), np.array([0, 0, 6.0, 3.0])
    p = np.linspace(0, end, 20001)
    powers = np.stack([p**0, p, p**2, p**3])
    x, y = u @ powers, v @ powers
    run = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    attributes = " ".join(
        f'{k}{n}="{c}"' for n, row in (("U", u), ("V", v)) for k, c in zip("abcd", row, strict=True)
    )
    given = f'pRange="{p_range}"' if p_range else ""
    run *= 40.0 / run[-1] if p_range == "arcLength" else 1.0
    course = geometry(0, 0, 0, 0, run[-1], f"<paramPoly3 {attributes} {given}/>")
    s = np.linspace(0, run[-1], 300)
    at = reference(network(road(course, TWO_LANES, run[-1])), s)
    apart = np.hypot(at[:, 0] - np.interp(s, run, x), at[:, 1] - np.interp(s, run, y))
    assert apart.max() < 1e-4
    along = np.arctan2(np.gradient(at[:, 1], s), np.gradient(at[:, 0], s))
    assert np.abs(along - at[:, 3])[1:-1].max() < 2e-3


def test_a_cubic_over_u_ends_where_its_length_is_used_up() -> None:
    path = polynomial(np.array([[0, 1, 0, 0], [0, 0, 0.01, 0]], float), None, 30.0, Pose(5, 6, 0, 0))
    x, y = path.pose(30.0)[:2]
    assert y - 6 == pytest.approx(0.01 * (x - 5) ** 2, abs=1e-4)
    u = np.linspace(0, x - 5, 10001)
    assert np.hypot(np.diff(u), np.diff(0.01 * u**2)).sum() == pytest.approx(30.0, abs=1e-4)


def test_height_and_superelevation_lift_the_left_side() -> None:
    more = (
        '<elevationProfile><elevation s="0" a="1" b="0.02" c="0" d="0"/>'
        '<elevation s="40" a="1.8" b="0.02" c="-0.0004" d="0"/></elevationProfile>'
        '<lateralProfile><superelevation s="0" a="0.05" b="0" c="0" d="0"/></lateralProfile>'
    )
    net = network(road(geometry(0, 0, 0, 0, 100), TWO_LANES, 100, more=more))
    assert net.height_m(20.0, 0.0) == pytest.approx(1.4)
    assert net.height_m(60.0, 2.0) == pytest.approx(1.8 + 0.4 - 0.16 + 0.1)
    assert net.height_m(60.0, -2.0) == pytest.approx(1.8 + 0.4 - 0.16 - 0.1)


def test_lanes_are_named_and_driven_as_the_scene_language_has_it() -> None:
    walk = '<width sOffset="0" a="2" b="0" c="0" d="0"/>'
    sections = section(0, lane(2, walk, "sidewalk") + lane(1), lane(-1) + lane(-2) + lane(-3, walk, "biking"))
    course = geometry(0, 0, 0, 0, 80)
    net = network(road(course, sections, 80))
    assert list(net.lanes) == ["L.sidewalk", "L1", "R1", "R2", "R.cycleway"]
    assert net.lane("R2").direction == 1 and net.lane("L1").direction == -1
    assert net.lane("R1").right == "R2" and net.lane("L1").right == "L.sidewalk"
    text = road(course, sections, 80).replace("<road ", '<road rule="LHT" ')
    assert network(text).lane("R2").direction == -1


def test_lane_offset_and_cubic_widths_add_up() -> None:
    widths = '<width sOffset="0" a="3" b="0" c="0" d="0"/><width sOffset="50" a="3" b="0.02" c="0" d="0"/>'
    offset = '<laneOffset s="0" a="1" b="0" c="0" d="0"/><laneOffset s="60" a="1" b="0.05" c="0" d="0"/>'
    sections = offset + section(0, lane(1), lane(-1, widths) + lane(-2))
    lane_2 = network(road(geometry(0, 0, 0, 0, 100), sections, 100)).lane("R2")
    s = np.array([0.0, 49.0, 70.0, 100.0])
    offsets, first = np.array([1, 1, 1.5, 3]), np.array([3, 3, 3.4, 4])
    assert lane_2.inner(s) == pytest.approx(offsets - first)
    assert lane_2.outer(s) == pytest.approx(offsets - first - 3.5)


def test_lanes_go_on_through_sections_by_their_links() -> None:
    taper = (
        '<width sOffset="0" a="0" b="0" c="0.0105" d="-0.00035"/>'
        '<width sOffset="20" a="1.4" b="0" c="0" d="0"/>'
    )
    back = '<predecessor id="-1"/>'
    sections = section(0, lane(1), lane(-1)) + section(
        40, lane(1), lane(-1, taper) + lane(-2, DRIVE + BROKEN, link=back)
    )
    net = network(road(geometry(0, 0, 0, 0, 100), sections, 100))
    # The new lane opens between the middle and the one that goes on.
    assert list(net.lanes) == ["L1", "R1", "R2"]
    assert net.lane("R1").width_at(np.array([10.0, 50.0, 80.0])) == pytest.approx([0.0, 0.7, 1.4])
    assert net.lane("R2").width_at(np.array([10.0, 80.0])) == pytest.approx([3.5, 3.5])


def crossroads() -> tuple[str, ...]:
    """A road from the south that meets one leading east, by a right turn of radius 10."""
    arc = 10 * np.pi / 2
    turn = geometry(0, 0, -10, np.pi / 2, arc, '<arc curvature="-0.1"/>')
    return (
        road(geometry(0, 0, -60, np.pi / 2, 50), TWO_LANES, 50, number=1),
        road(geometry(0, 10.003, 0.002, 0, 40), TWO_LANES, 40, number=2),
        road(turn, section(0, "", lane(-1, DRIVE)), arc, number=10, junction=7),
        road(turn, section(0, lane(1, DRIVE), "", ""), arc, number=11, junction=7),
        '<junction id="7"><connection id="0" incomingRoad="1" connectingRoad="10" contactPoint="start">'
        '<laneLink from="-1" to="-1"/></connection></junction>',
    )


def test_a_route_leads_across_a_junction() -> None:
    net = network(*crossroads())
    assert list(net.lanes)[:4] == ["1.L1", "1.R1", "2.L1", "2.R1"]
    path = net.route(["1.R1", "2.R1"])
    assert path.length_m == pytest.approx(50 + (10 - 1.75) * np.pi / 2 + 40, abs=0.01)
    assert path.pose(path.length_m)[:2] == pytest.approx((50.003, -1.748), abs=1e-6)
    back = net.route(["2.L1", "1.L1"])
    assert back.pose(back.length_m)[:2] == pytest.approx((-1.75, -60.0), abs=1e-6)
    with pytest.raises(RequestError, match="no way leads"):
        net.route(["1.R1", "2.L1"])


def directed_edges(net: RoadNetwork) -> tuple[F64, set[tuple[int, int]]]:
    parts = meshes(net)
    first = np.cumsum([0, *(len(m.vertices) for m in parts[:-1])])
    points, index = np.unique(np.concatenate([m.vertices for m in parts]), axis=0, return_inverse=True)
    faces = np.concatenate([m.faces + o for m, o in zip(parts, first, strict=True)])
    faces = np.asarray(index).reshape(-1)[faces]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    listed = list(map(tuple, edges.tolist()))
    assert len(set(listed)) == len(listed)
    return points, set(listed)


def test_a_map_with_a_junction_has_no_gap_in_its_ground() -> None:
    net = network(*crossroads())
    points, edges = directed_edges(net)
    rim = np.array([edge for edge in edges if edge[::-1] not in edges])
    assert np.hypot(*points[rim[:, 0], :2].T).min() > 150.0
    assert net.map_junctions.area == pytest.approx(((10 + 3.5) ** 2 - (10 - 3.5) ** 2) * np.pi / 4, rel=0.02)
    assert dress(net) == ()


def test_a_line_changes_from_broken_to_solid_and_yellow_where_the_map_says() -> None:
    marks = BROKEN + '<roadMark sOffset="60" type="solid solid" color="yellow" width="0.1"/>'
    net = network(road(geometry(0, 0, 0, 0, 100), section(0, lane(1, DRIVE), lane(-1, DRIVE), marks), 100))
    found = []
    for name in ("road_paint", "road_paint_yellow"):
        corners = np.concatenate(
            [m.vertices[m.faces[m.face_material == MATERIAL_ID[name]]] for m in meshes(net)]
        )
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        found.append(
            (corners[..., 0].min(), corners[..., 0].max(), np.linalg.norm(crossed, axis=1).sum() / 2)
        )
    white, yellow = found
    assert white == pytest.approx((0.0, 57.0, 7 * 3 * 0.12), abs=0.01)
    assert yellow == pytest.approx((60.0, 100.0, 2 * 40 * 0.1), abs=0.9)


def test_small_contradictions_are_told_and_lived_with(caplog: pytest.LogCaptureFixture) -> None:
    course = geometry(0, 0, 0, 0, 50) + geometry(50.0001, 50.005, 0, 0, 50)
    with caplog.at_level(logging.WARNING):
        meshes(network(road(course, TWO_LANES, 100.003)))
    assert not caplog.records
    course = geometry(0, 0, 0, 0, 50) + geometry(50.5, 50.3, 0, 0, 50)
    with caplog.at_level(logging.WARNING):
        meshes(network(road(course, TWO_LANES, 101)))
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "gap at s = 50 m" in said and "s = 50.5 m" in said and "length 101 m" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<OpenDRIVE>", "not readable as XML at line 1"),
        ("<map/>", "begins with OpenDRIVE, not map"),
        ("<OpenDRIVE/>", "holds no road"),
        (f"<OpenDRIVE>{road('', TWO_LANES, 5)}</OpenDRIVE>", "road 1 has no geometry"),
        (
            f"<OpenDRIVE>{road(geometry(0, 0, 0, 0, 5), TWO_LANES, 5).replace('3.5', 'nan')}</OpenDRIVE>",
            "a='nan' of width is not a number",
        ),
    ],
)
def test_what_is_no_map_is_refused(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        build(RoadPlan(template="map", right=(), left=(), path=(), opendrive=text))


def test_a_scene_takes_its_road_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    body = road(geometry(0, 0, 0, 0, 120), TWO_LANES, 120)
    (tmp_path / "maps/town.xodr").write_text(f"<OpenDRIVE>{body}</OpenDRIVE>")
    scene = tmp_path / "scene.yaml"
    rest = "ego: {at: {lane: R1, s: 20 m}, speed: 30 km/h}\n"
    scene.write_text("drivesynth: 1\nroad: {file: maps/town.xodr, street: rural}\n" + rest)
    plan = sample(load(scene), seed=1, variant=0).road
    assert plan.template == "map" and build(plan).length_m == pytest.approx(120.0)
    scene.write_text("drivesynth: 1\nroad: {file: maps/towm.xodr}\n" + rest)
    with pytest.raises(RequestError, match=r"scene.yaml:2:14: road.file: no such file"):
        load(scene)
    scene.write_text("drivesynth: 1\nroad: {file: maps/town.xodr, length: 20 m}\n" + rest)
    with pytest.raises(RequestError, match="the file says what length would"):
        load(scene)
