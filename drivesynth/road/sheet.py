"""Triangles of the ground, gathered piece by piece, welded, and handed out as meshes.

Pieces that meet list the same positions; welding makes one vertex of them, so that neighbours share
their edges and no ray slips between. Normals are smooth within a group (pavement, kerb, land) and
creased between groups; they are computed before the sheet is split, so no seam shows.
"""

from collections.abc import Iterable

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import Mesh

FLAT, FACE, LAND = 0, 1, 2  # smoothing groups
_FEW = 150  # faces; cells with fewer are not worth a mesh of their own
_WELD_PER_M = 1e5
_SNAP_M = 0.012
_SHIFT_M = 0.3217e-5  # keeps round coordinates off the borders of the rounding


class Sheet:
    """A growing triangle mesh of the ground, world frame."""

    def __init__(self) -> None:
        self._points: list[F64] = []
        self._count = 0
        self._faces: list[I64] = []
        self._materials: list[I64] = []
        self._groups: list[I64] = []

    def points(self, points_m: F64) -> int:
        """Append (N, 3) points; the index of the first."""
        first = self._count
        self._points.append(np.asarray(points_m, np.float64).reshape(-1, 3))
        self._count += len(self._points[-1])
        return first

    def faces(self, corners: I64, materials: I64 | int, group: I64 | int) -> None:
        """Append (F, 3) faces, counter-clockwise seen from above, of material ids and a smoothing group."""
        corners = np.asarray(corners, np.int64).reshape(-1, 3)
        self._faces.append(corners)
        self._materials.append(np.broadcast_to(np.asarray(materials, np.int64), (len(corners),)))
        self._groups.append(np.broadcast_to(np.asarray(group, np.int64), (len(corners),)))

    def weld(self) -> None:
        """Make one vertex of each position, and drop faces that have no area."""
        points = np.concatenate(self._points)
        cells = np.round((points + _SHIFT_M) * _WELD_PER_M).astype(np.int64)
        _, first, index = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        corners = np.asarray(index).reshape(-1)[np.concatenate(self._faces)]
        a, b, c = corners.T
        solid = (a != b) & (b != c) & (c != a)
        self._points, self._count = [points[first]], len(first)
        self._faces = [corners[solid]]
        self._materials = [np.concatenate(self._materials)[solid]]
        self._groups = [np.concatenate(self._groups)[solid]]

    def snap(self) -> None:
        """Weld points of the rim that lie within 1.2 cm of each other, as where a map's roads meet."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components
        from scipy.spatial import cKDTree

        points = np.concatenate(self._points)
        used = np.unique(self.rim())
        pairs = cKDTree(points[used]).query_pairs(_SNAP_M, output_type="ndarray")
        ones = np.ones(len(pairs))
        links = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(used), len(used)))
        _, label = connected_components(links, directed=False)
        _, first = np.unique(label, return_index=True)
        points[used] = points[used][first[label]]
        self._points = [points]
        self.weld()

    def split(self, edges: I64) -> None:
        """Halve (E, 2) edges of the rim, and with each the one face that has it."""
        corners = np.concatenate(self._faces)
        keys = np.concatenate([corners[:, k] * self._count + corners[:, (k + 1) % 3] for k in range(3)])
        order = np.argsort(keys)
        found = order[np.searchsorted(keys[order], edges[:, 0] * self._count + edges[:, 1])]
        # A face with several such edges loses one a time.
        face, first = np.unique(found % len(corners), return_index=True)
        side = found[first] // len(corners)
        a, b, c = (corners[face, (side + k) % 3] for k in range(3))
        points = np.concatenate(self._points)
        middle = self.points((points[a] + points[b]) / 2) + np.arange(len(face))
        corners = corners.copy()
        corners[face] = np.stack([a, middle, c], axis=1)
        self._faces = [corners, np.stack([middle, b, c], axis=1)]
        for listed in (self._materials, self._groups):
            whole = np.concatenate(listed)
            listed[:] = [whole, whole[face]]

    def take(self, faces: I64) -> None:
        """Take (N,) faces out."""
        corners = np.concatenate(self._faces)
        kept = np.ones(len(corners), bool)
        kept[faces] = False
        self._faces = [corners[kept]]
        self._materials = [np.concatenate(self._materials)[kept]]
        self._groups = [np.concatenate(self._groups)[kept]]

    def halve(self, edge: I64) -> int:
        """A new point in the middle of an edge, and in the face on its other side where there is one."""
        points, corners = np.concatenate(self._points), np.concatenate(self._faces)
        a, b = int(edge[0]), int(edge[1])
        beside = np.flatnonzero((corners == a).any(axis=1) & (corners == b).any(axis=1))
        if len(beside):
            self.split(np.array([[b, a]]))
            return self._count - 1
        return self.points((points[a] + points[b]) / 2)

    @property
    def arrays(self) -> tuple[F64, I64, I64]:
        """(V, 3) points, (F, 3) faces, (F,) materials as they stand."""
        return np.concatenate(self._points), np.concatenate(self._faces), np.concatenate(self._materials)

    def rim(self) -> I64:
        """(E, 2) edges that only one face has, in that face's direction."""
        corners = np.concatenate(self._faces)
        edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
        low, high = edges.min(axis=1), edges.max(axis=1)
        _, first, count = np.unique(low * self._count + high, return_index=True, return_counts=True)
        return np.asarray(edges[np.sort(first[count == 1])])

    def meshes(self, prefix: str, cell_m: float) -> tuple[Mesh, ...]:
        """The sheet split into square cells, each a mesh keyed by the prefix and its cell.

        Cells with few faces, out on the land, are one mesh together.
        """
        points, corners, materials = self.arrays
        groups = np.concatenate(self._groups)
        crossed = np.cross(
            points[corners[:, 1]] - points[corners[:, 0]], points[corners[:, 2]] - points[corners[:, 0]]
        )
        # One vertex per (position, group): its normal is the mean of its faces, weighted by their area.
        slots, index = np.unique(corners * 4 + groups[:, None], return_inverse=True)
        slot_of = np.asarray(index).reshape(-1, 3)
        normals = np.zeros((len(slots), 3))
        for corner in range(3):
            for axis in range(3):
                normals[:, axis] += np.bincount(slot_of[:, corner], crossed[:, axis], len(slots))
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        positions = points[slots // 4]

        cells = np.floor(points[corners].mean(axis=1)[:, :2] / cell_m).astype(np.int64)
        keys, cell_of, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        names = [f"{i},{j}" for i, j in keys[count >= _FEW].tolist()] + ["far"]
        renumbered = np.where(count >= _FEW, np.cumsum(count >= _FEW) - 1, len(names) - 1)
        cell_of = renumbered[np.asarray(cell_of).reshape(-1)]
        result = []
        for number, name in enumerate(names):
            mine = np.flatnonzero(cell_of == number)
            if not len(mine):
                continue
            used, local = np.unique(slot_of[mine], return_inverse=True)
            result.append(
                Mesh(
                    f"{prefix}/{name}",
                    positions[used].astype(np.float32),
                    normals[used].astype(np.float32),
                    np.asarray(local).reshape(-1, 3).astype(np.int32),
                    materials[mine].astype(np.uint16),
                )
            )
        return tuple(result)


def material_ids(names: Iterable[str]) -> I64:
    """Rows of the material table."""
    return np.array([MATERIAL_ID[name] for name in names], np.int64)


def grid_faces(rows: I64) -> I64:
    """Two faces per cell of an (N, M) grid of vertex numbers; rows run forward, columns to the left.

    (2 (N - 1) (M - 1), 3), the two of a cell next to each other.
    """
    a, b, c, d = rows[:-1, :-1], rows[1:, :-1], rows[1:, 1:], rows[:-1, 1:]
    return np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
