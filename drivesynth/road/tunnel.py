"""A tunnel: the tube over the road, its portals, and the hill above it.

Section by the German RABT and CIE 88: walkways of 0.9 m and 0.15 m height beside the lanes where the
road has no pavement, walls panelled pale up to 3.2 m, a vault of dark concrete that clears 4.5 m over
the lanes, rows of lamps every 8 m, marks of the way out every 25 m. The hill is a skin of its own
over the land, which it dips under at its foot; it begins at the portals' head walls.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.shapes import Shape, grid, loft, outward
from drivesynth.road import alongside
from drivesynth.road.lanes import Road
from drivesynth.road.network import RoadNetwork

_WALKWAY_M, _KERB_M = 0.9, 0.15
_WALL_M, _VAULT_M = 3.2, 2.5  # top of the walls, most that the vault rises above them
_COVER_M = 1.6  # of ground over the vault at a portal
_GROWS_M = 45.0  # from a portal to where the hill has its height
_HIGHER_M = 13.0  # how much higher it is there, at the most
_FOOT_M = 0.4  # how far its foot reaches under the land
_HEAD_M = 0.7  # how far a head wall stands over the hill
_LAMP_EVERY_M, _SIGN_EVERY_M = 8.0, 25.0
_VAULT_POINTS = 12


def hill(network: RoadNetwork) -> "Hill | None":
    """The tunnel's hill; None where there is none."""
    if network.plan.tunnel is None:
        return None
    return Hill(network, *network.plan.tunnel)


@dataclass(frozen=True, eq=False)
class Hill:
    """A tunnel's tube and the hill over it, between two stations of the main road."""

    network: RoadNetwork
    from_m: float
    to_m: float

    @property
    def road(self) -> Road:
        """The road that it covers."""
        return self.network.roads[0]

    @cached_property
    def _sides(self) -> tuple[float, float, float, float]:
        """Walkways left and right, and heights of the outermost lanes."""
        first, last = self.road.lanes[0], self.road.lanes[-1]
        return (
            0.0 if first.kind == "sidewalk" else _WALKWAY_M,
            0.0 if last.kind == "sidewalk" else _WALKWAY_M,
            first.up_m,
            last.up_m,
        )

    def walls(self, s_m: F64) -> tuple[F64, F64]:
        """(N,) offsets of the left and the right wall."""
        left, right = alongside.edges(self.road, s_m)
        return left + self._sides[0], right - self._sides[1]

    def crown_m(self) -> float:
        """Height of the vault over the carriageway."""
        left, right = self.walls(np.array([self.from_m]))
        return _WALL_M + min(0.3 * float(left[0] - right[0]), _VAULT_M)

    def covered(self) -> shapely.Geometry:
        """Where nothing may grow or stand: the tube, and the head walls before it."""
        tube = alongside.zone(self.road, self.from_m - 0.6, self.to_m + 0.6, _WALKWAY_M + 1.6)
        heads = [
            alongside.zone(self.road, s - 1.0, s + 1.0, self._spread_m(np.array([s]))[0] + 1.0)
            for s in (self.from_m, self.to_m)
        ]
        return alongside.union([tube, *heads])

    def rise(self, s_m: F64, left_m: F64) -> F64:
        """(N,) height of the hill over the land at (N,) stations and offsets; -1 where there is none."""
        low, high = self.from_m - 1e-6, self.to_m + 1e-6
        wall_left, wall_right = self.walls(s_m)
        beside = np.maximum(np.maximum(left_m - wall_left, wall_right - left_m) - 1.0, 0.0)
        part = beside / self._spread_m(s_m)
        shape = 1.0 - part**2 * (3.0 - 2.0 * part)
        inside = (s_m >= low) & (s_m <= high) & (part < 1.0)
        return np.where(inside, (self._top_m(s_m) + _FOOT_M) * shape - _FOOT_M, -1.0)

    def heights(self, points_m: F64, ground_m: F64) -> F64:
        """(N,) heights of what is seen from above at (N, 2) points: the hill where it covers the ground."""
        s, left = self.road.reference.projections(points_m).T
        up = self.rise(s, left)
        return np.where(up > 0.0, ground_m + up, ground_m)

    def shapes(self) -> list[Shape]:
        """The tube, lamps and signs in it, head walls, the hill."""
        return [
            *self._tube(),
            *self._lamps(),
            *self._signs(),
            self._hill(),
            *self._head(self.from_m, -1),
            *self._head(self.to_m, 1),
        ]

    # --- inside ------------------------------------------------------------------------------

    def _top_m(self, s_m: F64) -> F64:
        """Height of the hill over the carriageway, above the tube."""
        inward = np.clip(np.minimum(s_m - self.from_m, self.to_m - s_m) / _GROWS_M, 0.0, 1.0)
        most = min(_HIGHER_M, 0.2 * (self.to_m - self.from_m))
        return self.crown_m() + _COVER_M + most * inward**2 * (3.0 - 2.0 * inward)

    def _spread_m(self, s_m: F64) -> F64:
        """How far the hillside reaches out, where a curve leaves room for it."""
        stations = np.linspace(self.from_m, self.to_m, 60)
        bend = float(np.abs(self.road.reference.curvatures(stations)).max())
        reach = max(float(np.abs(edge).max()) for edge in self.walls(stations)) + 1.0
        room = 0.8 / bend - reach if bend > 0.0 else np.inf
        return np.minimum(2.2 * self._top_m(s_m), max(room, 2.0))

    def _vault(self, s_m: F64) -> tuple[F64, F64]:
        """(N, K) offsets and (K,) heights of the vault from the left wall over to the right one."""
        left, right = self.walls(s_m)
        angle = np.linspace(0.0, np.pi, _VAULT_POINTS + 1)
        middle, half = (left + right) / 2, (left - right) / 2
        across = middle[:, None] + half[:, None] * np.cos(angle)
        across[:, 0], across[:, -1] = left, right
        return across, _WALL_M + (self.crown_m() - _WALL_M) * np.sin(angle)

    def _tube(self) -> list[Shape]:
        pale, dark, kerb = (MATERIAL_ID[n] for n in ("tunnel_panel", "tunnel_concrete", "kerb"))
        s = alongside.rows(self.from_m, self.to_m)
        edge_left, edge_right = alongside.edges(self.road, s)
        wall_left, wall_right = self.walls(s)
        across, up = self._vault(s)
        result = [alongside.sheet(self.road, s, across, up, dark)]
        left_walk, right_walk, left_up, right_up = self._sides
        # Sections run so that their right-hand side is the inside of the tube.
        left_base, right_base = (
            u + (_KERB_M if w else 0.0) for u, w in ((left_up, left_walk), (right_up, right_walk))
        )
        result.append(
            alongside.sheet(
                self.road,
                s,
                np.stack([wall_left, wall_left], axis=1),
                np.array([left_base - 0.5, _WALL_M]),
                pale,
            )
        )
        result.append(
            alongside.sheet(
                self.road,
                s,
                np.stack([wall_right, wall_right], axis=1),
                np.array([_WALL_M, right_base - 0.5]),
                pale,
            )
        )
        if left_walk:
            result.append(
                alongside.beam(self.road, s, (edge_left, wall_left + 0.2), (left_up - 0.3, left_base), kerb)
            )
        if right_walk:
            result.append(
                alongside.beam(
                    self.road, s, (wall_right - 0.2, edge_right), (right_up - 0.3, right_base), kerb
                )
            )
        return result

    def _lamps(self) -> list[Shape]:
        """Two rows of luminaires below the vault."""
        housing, glass = MATERIAL_ID["galvanised"], MATERIAL_ID["tunnel_lamp"]
        result = []
        for at in np.arange(self.from_m + 1.0, self.to_m - 1.0, _LAMP_EVERY_M):
            s = np.array([at, at + 1.2])
            left, right = (float(w[0]) for w in self.walls(s))
            middle, half = (left + right) / 2, (left - right) / 2
            for share in (-0.45, 0.45):
                high = (
                    _WALL_M
                    + (self.crown_m() - _WALL_M) * np.sqrt(1.0 - (abs(share) + 0.13 / half) ** 2)
                    - 0.02
                )
                x = middle + share * half
                result.append(
                    alongside.beam(self.road, s, (x - 0.13, x + 0.13), (high - 0.09, high), housing)
                )
                result.append(
                    alongside.beam(self.road, s, (x - 0.11, x + 0.11), (high - 0.11, high - 0.09), glass)
                )
        return result

    def _signs(self) -> list[Shape]:
        """Plates that show the way out, low on both walls."""
        plate = MATERIAL_ID["escape_sign"]
        result = []
        for at in np.arange(self.from_m + _SIGN_EVERY_M / 2, self.to_m - 1.0, _SIGN_EVERY_M):
            s = np.array([at, at + 0.7])
            for wall, out in zip(self.walls(s), (-0.03, 0.03), strict=True):
                result.append(alongside.beam(self.road, s, (wall, wall + out), (1.3, 1.65), plate))
        return result

    def _hill(self) -> Shape:
        grass = MATERIAL_ID["grass"]
        s = alongside.rows(self.from_m, self.to_m)
        wall_left, wall_right = self.walls(s)
        spread = self._spread_m(s)[:, None]
        out = np.concatenate([[0.0], np.linspace(0.0, 1.0, 15)])
        beyond = np.where(np.arange(len(out)) == 0, 0.0, 1.0) + spread * out
        middle = np.linspace(0.0, 1.0, 5)[1:-1]
        top = wall_left[:, None] * (1 - middle) + wall_right[:, None] * middle
        left = np.concatenate(
            [(wall_left[:, None] + beyond)[:, ::-1], top, wall_right[:, None] - beyond], axis=1
        )
        left = left[:, ::-1]  # from right to left its faces look up
        return grid(
            self._on_land(
                s, left, self.rise(np.repeat(s, left.shape[1]), left.reshape(-1)).reshape(left.shape)
            ),
            grass,
        )

    def _on_land(self, s_m: F64, left_m: F64, up_m: F64) -> F64:
        """(N, K, 3) points so high over the land, or over the carriageway where that lies below."""
        points = alongside.placed(self.road, s_m, left_m, np.zeros(left_m.shape))
        wall_left, wall_right = self.walls(s_m)
        outside = (left_m > wall_left[:, None]) | (left_m < wall_right[:, None])
        land = self.network.heights(points[..., :2].reshape(-1, 2)).reshape(left_m.shape)
        points[..., 2] = np.where(outside, land, points[..., 2]) + up_m
        return points

    def _head(self, s_m: float, way: int) -> list[Shape]:
        """The head wall at one end, which looks along (+1) or against (-1) the road."""
        concrete = MATERIAL_ID["concrete"]
        s = np.array([s_m])
        across, up = self._vault(s)
        left, right = (float(w[0]) for w in self.walls(s))
        spread = float(self._spread_m(s)[0]) + 0.5
        out = np.concatenate([[0.0], np.linspace(0.0, 1.0, 12)])
        beyond = np.where(np.arange(len(out)) == 0, 0.0, 1.0) + spread * out
        parts = []
        for columns, low in (
            ((left + beyond)[::-1], None),
            (across[0], up),
            (right - beyond, None),
        ):
            parts.append(self._wall(s_m, columns, low, way, concrete))
        return parts

    def _wall(self, s_m: float, left_m: F64, low_m: F64 | None, way: int, material: int) -> Shape:
        """A piece of a head wall: solid, from the ground or the vault to above the hill."""
        count = len(left_m)
        rise = self.rise(np.full(count, s_m), left_m)
        top = np.where(rise > -1.0, rise, -_FOOT_M) + _HEAD_M
        thick = np.array([s_m, s_m + way * 0.5])
        high = self._on_land(
            thick, np.broadcast_to(left_m, (2, count)).copy(), np.broadcast_to(top, (2, count))
        )
        if low_m is None:
            low = high.copy()
            low[..., 2] = high[..., 2] - top - 1.0
        else:
            low = alongside.placed(self.road, thick, left_m, low_m)
        front, back = [low[1], high[1]], [low[0], high[0]]
        outline = np.stack([front[0], front[1], back[1], back[0]], axis=1)
        return outward(loft(outline, material))
