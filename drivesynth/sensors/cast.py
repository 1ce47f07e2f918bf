"""Rays against a Stage: the one door to the ray kernels.

World coordinates go in and come out as float64 metres; inside, a local origin is taken off and the
kernels work in float32.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from drivesynth_kernels import first_trace

from drivesynth.arrays import F32, F64, I32, Bool
from drivesynth.assets.materials import material_table
from drivesynth.geometry.transforms import inverse
from drivesynth.world.stage import Stage


@dataclass(frozen=True)
class Hits:
    """What rays met; arrays of the rays' leading shape. A miss is inf, -1, -1, 0, 0.

    range_m    distance along the ray; directions have unit length
    instance   row of the stage's instances
    primitive  row of the mesh's faces
    u, v       barycentric weights of the face's second and third vertex
    """

    range_m: F32
    instance: I32
    primitive: I32
    u: F32
    v: F32


@dataclass(frozen=True)
class Surface:
    """What stands at each hit; arrays of the hits' shape. A miss is material 0, class 0, actor -1.

    material    index into `MATERIALS`
    class_id    the actor's class, else the material's
    actor       row of `scenario.everyone`, -1 for surroundings
    tint_rgb    (..., 3) the instance's linear albedo for tinted materials
    tint_905    the instance's reflectivity at 905 nm for tinted materials
    lights      the instance's lights, bits in the order of `LIGHTS`
    """

    material: I32
    class_id: I32
    actor: I32
    tint_rgb: F32
    tint_905: F32
    lights: I32


class Caster:
    """The stage as rays see it: every instance but those of the hidden actors.

    threads        how many threads a call may use; the answer does not depend on it
    hidden_actors  rows of `scenario.everyone` that no ray meets; 0 is the ego
    """

    def __init__(self, stage: Stage, *, threads: int = 1, hidden_actors: Sequence[int] = (0,)) -> None:
        self._stage, self._threads = stage, threads
        self._rows = np.flatnonzero(~np.isin(stage.actor, np.asarray(hidden_actors, np.int64)))
        self._prepare()

    def only(self, actors: Sequence[int]) -> "Caster":
        """The same world with just these actors: nothing hides them but they themselves."""
        return Caster(
            self._stage,
            threads=self._threads,
            hidden_actors=[int(a) for a in np.unique(self._stage.actor) if a not in set(actors)],
        )

    def sweep(self, origins_m: F64, directions: F32, times_s: F64) -> Hits:
        """Nearest hits of (R, C) pulses of a spinning device in a moving world.

        origins_m   (R, C, 3) world; directions (R, C, 3) world, unit; times_s (R, C) rollout time.
        R counts beams by elevation, C columns by azimuth: neighbours in both are close in direction.
        """
        return self.rays(origins_m, directions, times_s)

    def image(self, origin_m: F64, directions: F32, time_s: float) -> Hits:
        """Nearest hits of the (H, W, 3) unit directions from one origin, the world at one instant."""
        return self.rays(np.broadcast_to(origin_m, directions.shape), directions, time_s)

    def shadow(self, points_m: F64, normals: F32, toward: F32, time_s: float, active: Bool) -> Bool:
        """Whether anything stands between each active point and a far light.

        points_m  (..., 3) world; normals (..., 3) of the surface there: the ray starts a little above
        the side the light is on, so that the surface does not shade itself
        toward    (3,) unit, from the points to the light; points that are not active answer False
        """
        side = np.sign(normals @ toward)[..., None] * normals
        lifted = points_m + 2e-4 * side
        result = np.zeros(active.shape, np.bool_)
        chosen = lifted[active]
        far = np.full(len(chosen), np.inf)
        directions = np.broadcast_to(np.asarray(toward, np.float32), chosen.shape)
        result[active] = self.occluded(chosen, directions, far, time_s)
        return result

    def rays(self, origins_m: F64, directions: F32, times_s: F64 | float) -> Hits:
        """Nearest hits of rays in no particular order: (..., 3) origins and unit directions, (...) times."""
        return self._trace(origins_m, directions, times_s, np.inf, any_hit=False)

    def occluded(
        self, origins_m: F64, directions: F32, max_range_m: F64 | float, times_s: F64 | float
    ) -> Bool:
        """Whether each ray meets anything nearer than its `max_range_m`."""
        hits = self._trace(origins_m, directions, times_s, max_range_m, any_hit=True)
        return hits.instance >= 0

    def surface(self, hits: Hits) -> Surface:
        """Material, class, actor and tint at each hit."""
        stage, shape = self._stage, hits.instance.shape
        material, class_id = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        actor = np.full(shape, -1, np.int32)
        tint_rgb, tint_905 = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
        lights = np.zeros(shape, np.int32)
        hit = hits.instance >= 0
        instance = hits.instance[hit]
        face = self._face_base[stage.mesh[instance]] + hits.primitive[hit]
        material[hit] = self._face_material[face]
        own = stage.class_id[instance]
        class_id[hit] = np.where(own > 0, own, material_table().class_id[material[hit]])
        actor[hit], tint_rgb[hit], tint_905[hit] = (
            stage.actor[instance],
            stage.tint_rgb[instance],
            stage.tint_905[instance],
        )
        lights[hit] = stage.lights[instance]
        return Surface(material, class_id, actor, tint_rgb, tint_905, lights)

    def normals(self, hits: Hits, times_s: F64 | float, directions: F32 | None = None) -> tuple[F32, F32]:
        """Geometric and shading normals (..., 3) in the world frame, unit; zero for a miss.

        Both look out of the face's counter-clockwise side; with the rays' `directions` both are turned
        to the side that the ray came from.
        """
        shape = hits.instance.shape
        geometric, shading = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
        hit = hits.instance >= 0
        instance = hits.instance[hit]
        mesh = self._stage.mesh[instance]
        corner = self._faces[self._face_base[mesh] + hits.primitive[hit]] + self._vertex_base[mesh][:, None]
        p, n = self._vertices[corner], self._vertex_normals[corner]
        u, v = hits.u[hit][:, None], hits.v[hit][:, None]
        local_g = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
        local_s = n[:, 0] * (1 - u - v) + n[:, 1] * u + n[:, 2] * v
        rotation = self._rotations(instance, np.broadcast_to(np.asarray(times_s, np.float64), shape)[hit])
        for local, out in ((local_g, geometric), (local_s, shading)):
            world = np.einsum("nij,nj->ni", rotation, local)
            world /= np.maximum(np.linalg.norm(world, axis=1, keepdims=True), 1e-20)
            out[hit] = world
        if directions is not None:
            away = np.einsum("...i,...i->...", geometric, directions) > 0
            geometric[away] *= -1
            shading[away] *= -1
        return geometric, shading

    # The plain version of everything below.

    def _prepare(self) -> None:
        stage = self._stage
        meshes = stage.meshes
        corners = [mesh.vertices[mesh.faces] for mesh in meshes]
        self._face_base = np.cumsum([0, *(len(c) for c in corners)])
        self._vertex_base = np.cumsum([0, *(len(m.vertices) for m in meshes)])
        empty3 = np.zeros((0, 3), np.float32)
        self._faces = np.concatenate([*(m.faces for m in meshes), np.zeros((0, 3), np.int32)])
        self._vertices = np.concatenate([*(m.vertices for m in meshes), empty3])
        self._vertex_normals = np.concatenate([*(m.normals for m in meshes), empty3])
        self._face_material = np.concatenate([*(m.face_material for m in meshes), np.zeros(0, np.uint16)])
        self._corners = np.concatenate([*corners, np.zeros((0, 3, 3), np.float32)])
        trees = [self._tree(c) for c in corners]
        self._tree_base = np.cumsum([0, *(len(tree[0]) for tree in trees)])
        blank = (np.zeros((0, 3)), np.zeros((0, 3)), *(np.zeros(0, np.int64),) * 3)
        self._tree = [np.concatenate(column) for column in zip(*trees, blank, strict=True)]
        self._rotvec = np.zeros((len(stage.keys), max(len(stage.key_times_s) - 1, 1), 3))
        if len(stage.keys) and len(stage.key_times_s) > 1:
            from scipy.spatial.transform import Rotation

            turn = stage.keys[:, 1:, :3, :3] @ np.swapaxes(stage.keys[:, :-1, :3, :3], -1, -2)
            self._rotvec = Rotation.from_matrix(turn.reshape(-1, 3, 3)).as_rotvec()
            self._rotvec = self._rotvec.reshape(turn.shape[0], turn.shape[1], 3)
        centre, radius = [], []
        for mesh in meshes:
            lo, hi = mesh.bounds if len(mesh.vertices) else (np.zeros(3), np.zeros(3))
            centre.append((lo + hi) / 2.0)
            radius.append(float(np.linalg.norm(hi - lo)) / 2 + 1e-3)
        poses = [
            stage.keys[t] if t >= 0 else pose[None]
            for t, pose in zip(stage.track, stage.world_from_mesh, strict=True)
        ]
        spots = [
            p[:, :3, :3] @ centre[m] + p[:, :3, 3] if stage.track[i] < 0 else p[:, :3, 3]
            for i, (p, m) in enumerate(zip(poses, stage.mesh, strict=True))
        ]
        reach = [
            radius[m] + (float(np.linalg.norm(centre[m])) if stage.track[i] >= 0 else 0.0)
            for i, m in enumerate(stage.mesh)
        ]
        self._lo = np.array([s.min(axis=0) - r for s, r in zip(spots, reach, strict=True)]).reshape(-1, 3)
        self._hi = np.array([s.max(axis=0) + r for s, r in zip(spots, reach, strict=True)]).reshape(-1, 3)

    @staticmethod
    def _tree(corners: F32) -> tuple[F64, F64, np.ndarray, np.ndarray, np.ndarray]:
        count = len(corners)
        lo, hi = np.zeros((2 * count, 3)), np.zeros((2 * count, 3))
        left, number = np.zeros(2 * count, np.int64), np.zeros(2 * count, np.int64)
        order = np.arange(count)
        if count == 0:
            return lo, hi, left, number, order
        nodes = first_trace.build_median(corners.astype(np.float64), order, lo, hi, left, number)
        return lo[:nodes], hi[:nodes], left[:nodes], number[:nodes], order

    def _rotations(self, instance: I32, times_s: F64) -> F64:
        stage = self._stage
        rotation = stage.world_from_mesh[instance, :3, :3].copy()
        place, turn = np.zeros(3), np.zeros((3, 3))
        for row in np.flatnonzero(stage.track[instance] >= 0):
            track, time = stage.track[instance[row]], times_s[row]
            first_trace.pose_at(stage.keys, self._rotvec, stage.key_times_s, track, time, turn, place)
            rotation[row] = turn
        return rotation

    def _trace(
        self, origins_m: F64, directions: F32, times_s: F64 | float, far: F64 | float, any_hit: bool
    ) -> Hits:
        stage, rows = self._stage, self._rows
        shape = directions.shape[:-1]
        number = int(np.prod(shape))
        origins = np.ascontiguousarray(np.asarray(origins_m, np.float64).reshape(-1, 3))
        rays = np.ascontiguousarray(directions.reshape(-1, 3).astype(np.float64))
        times = np.ascontiguousarray(np.broadcast_to(np.asarray(times_s, np.float64), shape)).reshape(-1)
        limits = np.ascontiguousarray(np.broadcast_to(np.asarray(far, np.float64), shape)).reshape(-1)
        ranges, u, v = (np.zeros(number, np.float32) for _ in range(3))
        instance, primitive = np.zeros(number, np.int32), np.zeros(number, np.int32)

        def work(begin: int) -> None:
            first_trace.trace_rays(
                origins, rays, times, limits, begin, min(begin + step, number),
                stage.mesh[rows], self._lo[rows], self._hi[rows], inverse(stage.world_from_mesh)[rows],
                stage.track[rows], stage.key_times_s, stage.keys, self._rotvec,
                self._tree_base, self._face_base, *self._tree, self._corners.astype(np.float64),
                any_hit, ranges, instance, primitive, u, v,
            )  # fmt: skip

        step = max(1, -(-number // (4 * self._threads)))
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(work, range(0, number, step)))
        instance = np.append(rows, -1)[instance].astype(np.int32)
        arrays = (ranges, instance, primitive, u, v)
        return Hits(*(a.reshape(shape) for a in arrays))
