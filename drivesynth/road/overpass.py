"""An overpass: a bridge that leads another road over the main one, on ramps of earth, square to it.

It carries no traffic: what it gives is its shadow, its echoes and what it hides.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.paths import Bend, Path, Pose
from drivesynth.geometry.shapes import Shape, grid, loft, outward
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import OverpassPlan

_THICK_M = 1.0
_CLEAR_M = 2.5  # from the road's edge to an abutment
_GRADE, _SLOPE = 0.08, 1.5  # of a ramp, and of its sides
_PARAPET_M = 1.05


def overpasses(network: RoadNetwork) -> list["Over"]:
    """Those of a network's main road."""
    return [Over(network, plan) for plan in network.plan.overpasses]


@dataclass(frozen=True, eq=False)
class Over:
    """One overpass. Its own axis runs from right to left over the main road; its stations begin above it."""

    network: RoadNetwork
    plan: OverpassPlan

    @property
    def _axis(self) -> Path:
        at = self.network.roads[0].reference.pose(self.plan.s_m)
        return Path.of([Bend(1.0)], Pose(at.x_m, at.y_m, 0.0, at.heading_rad + np.pi / 2))

    @property
    def _ends_m(self) -> tuple[float, float]:
        """Where the abutments stand, right and left."""
        road = self.network.roads[0]
        s = np.clip(self.plan.s_m + np.array([-0.5, 0.0, 0.5]) * self.plan.width_m, 0.0, road.length_m)
        high, low = road.lanes[0].left_border(s).max(), road.lanes[-1].right_border(s).min()
        return float(low) - _CLEAR_M, float(high) + _CLEAR_M

    @property
    def under_m(self) -> float:
        """Height of the underside, over the highest of the lanes below."""
        road = self.network.roads[0]
        s = self.plan.s_m + np.linspace(-0.5, 0.5, 9) * self.plan.width_m
        s = np.clip(s, 0.0, road.length_m)
        low, high = self._ends_m
        tilt = np.abs(road.reference.banks(s)) * max(abs(low), abs(high))
        return float((road.reference.poses(s)[:, 2] + tilt).max()) + self.plan.clearance_m

    def _reach_m(self) -> float:
        return (self.plan.clearance_m + _THICK_M) / _GRADE

    def _points(self, along_m: F64, aside_m: F64, z_m: F64) -> F64:
        """(N, K, 3) points: stations (N,) of the axis, offsets (N, K) to its left, heights (N, K)."""
        at = self._axis.pose(0.0)
        ahead = np.array([np.cos(at.heading_rad), np.sin(at.heading_rad)])
        left = np.array([-ahead[1], ahead[0]])
        plan = np.array([at.x_m, at.y_m]) + along_m[:, None, None] * ahead + aside_m[..., None] * left
        return np.concatenate([plan, np.broadcast_to(z_m, aside_m.shape)[..., None]], axis=-1)

    def covered(self) -> shapely.Geometry:
        """Where nothing may grow or stand: below it, and where its ramps lie."""
        low, high = self._ends_m
        reach = self._reach_m()
        wide = self.plan.width_m / 2 + _SLOPE * (self.plan.clearance_m + _THICK_M) + 1.0
        corners = self._points(
            np.array([low - reach, high + reach]), np.array([[-wide, wide]] * 2), np.zeros(2)
        )
        a, b = corners[..., :2]
        return shapely.Polygon([a[0], a[1], b[1], b[0]])

    def shapes(self) -> list[Shape]:
        """Deck, parapets, abutments, ramps."""
        grey, asphalt = MATERIAL_ID["bridge_concrete"], MATERIAL_ID["asphalt"]
        low, high = self._ends_m
        top, half = self.under_m + _THICK_M, self.plan.width_m / 2
        result = [
            self._solid((low - 0.5, high + 0.5), (-half, half), (self.under_m, top - 0.02), grey),
            self._solid((low - 0.5, high + 0.5), (-half + 0.4, half - 0.4), (top - 0.03, top), asphalt),
        ]
        for side in (-1, 1):
            edge = sorted((side * half, side * (half - 0.35)))
            result.append(
                self._solid(
                    (low - 12.0, high + 12.0), (edge[0], edge[1]), (top - 1.0, top + _PARAPET_M), grey
                )
            )
        for end, way in ((low, -1.0), (high, 1.0)):
            result += self._ramp(end, way, top, half)
        if high - low > 24.0:
            result.append(
                self._solid(
                    (-0.4, 0.4),
                    (-half + 0.6, half - 0.6),
                    (self.under_m - self.plan.clearance_m - 1.0, self.under_m + 0.1),
                    grey,
                )
            )
        return result

    def _solid(
        self,
        along_m: tuple[float, float],
        aside_m: tuple[float, float],
        z_m: tuple[float, float],
        material: int,
    ) -> Shape:
        y = np.array([[aside_m[0], aside_m[1], aside_m[1], aside_m[0]]] * 2)
        z = np.array([[z_m[0], z_m[0], z_m[1], z_m[1]]] * 2)
        return outward(loft(self._points(np.array(along_m), y, z), material))

    def _ramp(self, end_m: float, way: float, top_m: float, half_m: float) -> list[Shape]:
        """A bank of earth that falls away from an abutment, with a wall before it and a road on it."""
        along = end_m + way * np.linspace(0.0, self._reach_m() + 12.0, 24)
        middle = self._points(along, np.zeros((24, 1)), np.zeros(1))[:, 0, :2]
        ground = self.network.heights(middle)
        fallen = np.maximum(np.abs(along - end_m) - 12.0, 0.0) * _GRADE
        high = np.maximum(top_m - fallen, ground + 0.05)
        foot = half_m + _SLOPE * np.maximum(high - ground + 1.2, 0.0)  # 1.2 m below the ground, which rolls
        low = ground - 1.2
        aside = np.stack([-foot, np.full(24, -half_m), np.full(24, half_m), foot], axis=1)
        z = np.stack([low, high, high, low], axis=1)
        wall = self._points(end_m + way * np.array([-0.02, 0.5]), aside[[0, 0]], z[[0, 0]])
        if way < 0:
            along, aside, z = along[::-1], aside[::-1], z[::-1]
        grass, asphalt = MATERIAL_ID["grass"], MATERIAL_ID["asphalt"]
        materials = np.broadcast_to([grass, asphalt, grass], (len(along) - 1, 3))
        bank = grid(self._points(along, aside, z), materials)
        return [bank, outward(loft(wall, MATERIAL_ID["bridge_concrete"]))]
