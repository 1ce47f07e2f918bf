"""A road that leans more here than there: its slope, its surface, what stands on it, and a map of one."""

import numpy as np
import pytest

from drivesynth.road.network import build
from drivesynth.road.plan import RoadPlan
from drivesynth.road.surface import meshes
from drivesynth.scenario.draw import sample
from drivesynth.scene import loads
from drivesynth.world.simulate import simulate
from tests.road.streets import PLANS
from tests.world.worlds import actor, scenario

SCENE = """drivesynth: 1
road:
  lanes: {right: [drive, verge], left: [drive, verge]}
  path: [{line: 300 m}]
  street: none
  bank: BANK
ego: {asset: car/estate, at: {lane: R1, s: 20 m}, speed: 72 km/h}
duration: 10 s
"""
BANK = "[{s: 100 m, angle: 0 deg}, {s: 160 m, angle: 4 deg}, {s: 220 m, angle: 4 deg}]"
TAN4 = float(np.tan(np.radians(4.0)))


def eased(s: float) -> float:
    """The slope across the road of SCENE, by hand."""
    u = min(max((s - 100.0) / 60.0, 0.0), 1.0)
    return TAN4 * (3.0 * u * u - 2.0 * u**3)


def plan(bank: str = BANK) -> RoadPlan:
    return sample(loads(SCENE.replace("BANK", bank))).road


@pytest.mark.parametrize("s", [0.0, 60.0, 100.0, 115.0, 130.0, 145.0, 160.0, 190.0, 250.0, 299.0])
def test_the_ground_leans_as_the_points_say_and_eases_between_them(s: float) -> None:
    network = build(plan())
    for left in (-3.4, -1.75, 0.0, 3.0):
        assert network.height_m(s, left) == pytest.approx(left * eased(s), abs=1e-9)
    assert network.lane("L1").pose(s, 0.0).z_m == pytest.approx(1.75 * eased(s), abs=1e-9)


def test_a_single_angle_holds_all_along() -> None:
    network = build(plan("-2 deg"))
    for s in (1.0, 150.0, 299.0):
        assert network.height_m(s, 3.0) == pytest.approx(-3.0 * np.tan(np.radians(2.0)))
    assert plan("0 deg").bank == () and build(plan("0 deg")).is_level


def test_an_angle_of_its_own_is_drawn_as_before_the_points_were_known() -> None:
    drawn = sample(loads(SCENE.replace("BANK", "1..4 deg")), seed=3)
    assert list(drawn.draws) == ["road.bank"]


def test_triangles_follow_the_twist() -> None:
    network = build(PLANS["leaning"])
    for mesh in meshes(network):
        faces = mesh.vertices[mesh.faces].astype(np.float64)
        middle = faces.mean(axis=1)
        on_lane = network.locations(middle[:, :2])[0] >= 0
        inner = on_lane & (np.abs(network.roads[0].reference.projections(middle[:, :2])[:, 1]) < 4.9)
        apart = np.abs(middle[inner, 2] - network.heights(middle[inner, :2]))
        assert not len(apart) or apart.max() < 0.012


def test_a_car_rolls_with_the_road_it_is_on() -> None:
    drawn = sample(loads(SCENE.replace("BANK", BANK)))
    rollout = simulate(drawn)
    assert rollout.tilt_rad is not None
    for row in range(0, len(rollout.time_s), 100):
        s = float(rollout.position_m[row, 0, 0])
        roll = rollout.rpy_rad[row, 0, 0] - rollout.tilt_rad[row, 0, 0]
        assert roll == pytest.approx(np.arctan(eased(s)), abs=2e-4)
    assert rollout.position_m[-1, 0, 0] > 200.0


def test_on_a_map_that_rises_and_leans_actors_stand_on_its_ground() -> None:
    def strip(kind: str, *rows: tuple[float, ...]) -> str:
        return "".join(f'<{kind} s="{s}" a="{a}" b="{b}" c="{c}" d="{d}"/>' for s, a, b, c, d in rows)

    lean = 0.06
    map_ = (
        '<OpenDRIVE><header revMajor="1" revMinor="6"/><road id="1" length="200" junction="-1">'
        '<planView><geometry s="0" x="0" y="0" hdg="0" length="200"><line/></geometry></planView>'
        f"<elevationProfile>{strip('elevation', (0, 2, 0.01, 0, 0))}</elevationProfile><lateralProfile>"
        + strip("superelevation", (0, 0, 0, 0, 0), (40, 0, 0, 3 * lean / 50**2, -2 * lean / 50**3))
        + strip("superelevation", (90, lean, 0, 0, 0))
        + "</lateralProfile>"
        '<lanes><laneSection s="0"><center><lane id="0" type="none"/></center><right>'
        '<lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right>'
        "</laneSection></lanes></road></OpenDRIVE>"
    )
    plan = RoadPlan(template="map", right=(), left=(), path=(), opendrive=map_, street="none")
    network = build(plan)
    for s, slope in ((20.0, 0.0), (52.5, lean * (3 * 0.0625 - 2 * 0.015625)), (65.0, 0.03), (150.0, lean)):
        assert network.height_m(s, -2.0) == pytest.approx(2.0 + 0.01 * s - 2.0 * slope, abs=1e-9)
    rollout = simulate(scenario(plan, actor(plan, "ego", "car/estate", "R1", 20, 15.0), duration_s=8.0))
    assert rollout.tilt_rad is not None
    row = int(np.argmin(np.abs(rollout.position_m[:, 0, 0] - 110.0)))
    assert rollout.position_m[row, 0, 2] == pytest.approx(2.0 + 1.1 - 1.75 * lean, abs=0.005)
    assert rollout.rpy_rad[row, 0, 0] - rollout.tilt_rad[row, 0, 0] == pytest.approx(
        np.arctan(lean), abs=1e-4
    )
