"""Small stages for tests of rays: meshes, poses, motion."""

from collections.abc import Sequence

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.world.stage import Stage

SPAN_S = 0.1


def soup(key: str, corners: F64 | F32, material: int = 1) -> Mesh:
    """Triangles (N, 3, 3) that share no vertex, each with its own normal."""
    flat = np.asarray(corners, np.float32).reshape(-1, 3, 3)
    normals = np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    faces = np.arange(3 * len(flat), dtype=np.int32).reshape(-1, 3)
    materials = np.full(len(flat), material, np.uint16)
    # Trees are kept by key for the whole process: other tests may build another "car".
    return Mesh(f"rays/{key}", flat.reshape(-1, 3), np.repeat(normals, 3, axis=0), faces, materials)


def random_soup(key: str, number: int, seed: int, spread_m: float = 10.0, size_m: float = 1.0) -> Mesh:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-spread_m, spread_m, (number, 1, 3))
    return soup(key, centres + rng.normal(0.0, size_m, (number, 3, 3)))


def box(key: str, size_m: Sequence[float], material: int = 1) -> Mesh:
    """An axis-parallel box about the origin, faces outward."""
    corner = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size_m
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return soup(
        key, np.array([[corner[q[i]] for i in t] for q in quads for t in ((0, 1, 2), (0, 2, 3))]), material
    )


def sphere(key: str, divisions: int) -> Mesh:
    """A closed unit sphere: an octahedron whose faces are cut into divisions^2, vertices shared exactly."""
    n, grid, faces = divisions, [], []
    for a, b, c in ((0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)):
        poles = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
        row: dict[tuple[int, int], int] = {}
        for i in range(n + 1):
            for j in range(n + 1 - i):
                row[i, j] = len(grid)
                grid.append(poles[a] * (n - i - j) + poles[b] * i + poles[c] * j)
        for i, j in row:
            if i + j < n:
                faces.append((row[i, j], row[i + 1, j], row[i, j + 1]))
            if i + j < n - 1:
                faces.append((row[i + 1, j], row[i + 1, j + 1], row[i, j + 1]))
    points = np.array(grid, np.float64)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    vertices = points.astype(np.float32)
    return Mesh(key, vertices, vertices, np.array(faces, np.int32), np.ones(len(faces), np.uint16))


class Builder:
    """Collects instances; `stage()` is what they make."""

    def __init__(self, keys: int = 11) -> None:
        self._times = np.linspace(0.0, SPAN_S, keys)
        self._meshes: list[Mesh] = []
        self._rows: list[tuple[int, F64, int, int]] = []
        self._keys: list[F64] = []

    def put(self, mesh: Mesh, pose: F64 | None = None, actor: int = -1) -> "Builder":
        """An instance at rest."""
        self._rows.append((self._mesh(mesh), np.eye(4) if pose is None else pose, -1, actor))
        return self

    def move(self, mesh: Mesh, poses: Sequence[F64], actor: int = 1) -> "Builder":
        """An instance with a pose at each key time."""
        self._rows.append((self._mesh(mesh), poses[len(poses) // 2], len(self._keys), actor))
        self._keys.append(np.stack(poses))
        return self

    @property
    def times_s(self) -> F64:
        return self._times

    def stage(self) -> Stage:
        count = len(self._rows)
        return Stage(
            t0_s=0.0,
            t1_s=SPAN_S,
            meshes=tuple(self._meshes),
            mesh=np.array([row[0] for row in self._rows], np.int32),
            world_from_mesh=np.array([row[1] for row in self._rows], np.float64).reshape(-1, 4, 4),
            track=np.array([row[2] for row in self._rows], np.int32),
            key_times_s=self._times,
            keys=np.array(self._keys, np.float64).reshape(-1, len(self._times), 4, 4),
            actor=np.array([row[3] for row in self._rows], np.int32),
            class_id=np.array([3 if row[3] >= 0 else 0 for row in self._rows], np.int32),
            tint_rgb=np.arange(3 * count, dtype=np.float32).reshape(-1, 3),
            tint_905=np.arange(count, dtype=np.float32),
            lights=np.arange(count, dtype=np.int32),
        )

    def _mesh(self, mesh: Mesh) -> int:
        keys = [known.key for known in self._meshes]
        if mesh.key not in keys:
            self._meshes.append(mesh)
            return len(keys)
        return keys.index(mesh.key)


def shifted(x_m: float, y_m: float = 0.0, z_m: float = 0.0) -> F64:
    return rigid((x_m, y_m, z_m))


def unit(vectors: F64) -> F32:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def fan(rows: int, columns: int, width_rad: float = 1.0, height_rad: float = 0.6) -> F32:
    """(rows, columns, 3) unit directions about +x, the first row uppermost."""
    azimuth = np.linspace(width_rad / 2, -width_rad / 2, columns)
    elevation = np.linspace(height_rad / 2, -height_rad / 2, rows)[:, None]
    flat = np.cos(elevation)
    return unit(
        np.stack(np.broadcast_arrays(flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)), -1)
    )
