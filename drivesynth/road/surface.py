"""The ground as meshes: carriageway, paint, kerbs, pavements, land. One surface without a gap."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import shapely
import shapely.ops

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh
from drivesynth.road import bridge, land, marks, potholes, wear, works
from drivesynth.road.crossings import crossings, stations_of
from drivesynth.road.lanes import Road, beside
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import RoadPlan
from drivesynth.road.section import section
from drivesynth.road.sheet import Sheet
from drivesynth.road.strip import close, dash_ends, lay, stations
from drivesynth.streams import generator

CELL_M = 80.0
_FLUSH_M = 0.5  # within which kerbs come down at the ends of a map's roads
_ASPHALTS, _ASPHALT_SHARES = ("asphalt_dark", "asphalt", "asphalt_pale"), (0.2, 0.7)
_BEYOND_M = (120.0, 60.0, 20.0, 5.0)  # how far a road is drawn on beyond its ends, if there is room


@lru_cache(maxsize=16)
def meshes(network: RoadNetwork) -> tuple[Mesh, ...]:
    """The ground's meshes in the world frame; equal plans give equal keys and equal arrays."""
    sheet = Sheet()
    for road in network.roads:
        if road.drawn:
            before, after = _room(road)
            _draw(sheet, road, network, -before, road.length_m + after)
    sheet.weld()
    if network.plan.template == "map":
        sheet.snap()
    elif network.plan.template != "road":
        land.pave(sheet)
    for pit in network.pits:
        potholes.carve(sheet, pit)
    land.add(sheet, network)
    ground = sheet.meshes(f"ground/{network.digest}", CELL_M)
    kind = np.uint16(MATERIAL_ID[asphalt(network.plan)])
    return tuple(
        replace(
            mesh,
            face_material=np.where(mesh.face_material == MATERIAL_ID["asphalt"], kind, mesh.face_material),
        )
        for mesh in ground
    )


def asphalt(plan: RoadPlan) -> str:
    """What the roads of a street are paved with, by its seed; the middle one where nothing has aged.

    Of 14 streets in KITTI's scans the lanes ahead store 0.19 to 0.22 on three, 0.23 to 0.25 on four, 0.27 on
    three and 0.29 to 0.32 on four (medians of what is not 0): by the device's coding a factor 2.5 in
    reflectivity from street to street, hardly any along one.
    """
    if wear.is_new(plan) or plan.street == "none":
        return "asphalt"
    at = float(generator(plan.street_seed, "road.asphalt").random())
    return _ASPHALTS[int(np.searchsorted(_ASPHALT_SHARES, at, side="right"))]


def _draw(sheet: Sheet, road: Road, network: RoadNetwork, from_m: float, to_m: float) -> None:
    yellow = works.lines(network) if network.plan.work_zones else {}
    cut = section(road, marks.style(network.plan.marks), yellow)
    painted = crossings(network.plan, road)
    needed = [dash_ends(cut, from_m, to_m), stations_of(painted), np.array([0.0, road.length_m])]
    needed.append(np.array(cut.changes_m))
    if network.plan.template == "map":
        needed.append(np.array([_FLUSH_M, road.length_m - _FLUSH_M]))
    needed.append(bridge.ends_m(network))
    needed += [edge.starts_m for edge in (*cut.left_m, *cut.grown) if not edge.is_constant]
    for cubics in (network.plan.elevation, network.plan.bank):
        needed.append(np.array([row.s_m for row in cubics]))
    reach = max(float(np.abs(edge(_ends(road))).max()) for edge in (cut.left_m[0], cut.left_m[-1]))
    rows = stations(road.reference, from_m, to_m, needed, reach)
    kerbs = np.ones(len(rows))
    # Ends in the open are flush, so that the land can join them; so are a map's, whatever follows.
    flush = network.plan.template == "map"
    kerbs[0] = 0.0 if road.ends_before or flush else 1.0
    kerbs[-1] = 0.0 if road.ends_after or flush else 1.0
    lay(sheet, road.reference, cut, rows, painted, kerbs)
    if network.plan.template == "roundabout" and not road.kerb:
        close(sheet, road.reference, cut, road.length_m)


def _room(road: Road) -> tuple[float, float]:
    """How far the road can go on straight beyond either end without meeting itself."""
    outermost = road.lanes[0].left_border, road.lanes[-1].right_border
    width = max(float(np.abs(edge(_ends(road))).max()) for edge in outermost) + 10.0
    length = road.length_m
    own = shapely.LineString(beside(road.reference, np.linspace(0.0, length, 200), np.zeros(200))[:, :2])

    def free(s_m: F64, near: shapely.Geometry) -> bool:
        line = shapely.LineString(beside(road.reference, s_m, np.zeros(2))[:, :2])
        return bool(line.distance(near) > 2 * width)

    def part(a: float, b: float) -> shapely.Geometry:
        return shapely.ops.substring(own, max(a, 0.0), min(b, length))

    before = next((d for d in _BEYOND_M if free(np.array([-d, -d / 2]), part(3 * width, length))), 5.0)
    after = next(
        (d for d in _BEYOND_M if free(np.array([length + d / 2, length + d]), part(0.0, length - 3 * width))),
        5.0,
    )
    return before if road.ends_before else 0.0, after if road.ends_after else 0.0


def _ends(road: Road) -> F64:
    return np.array([0.0, road.length_m / 2, road.length_m])
