"""What the benchmark casts: triangles of a stage, rays of each workload, both casters behind one face."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from drivesynth_kernels import pulse

from drivesynth import scene
from drivesynth.arrays import F32, F64, U32, Bool
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.scenario.draw import sample
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.aiming import pixel_directions
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.lidar import sweep_span_s
from drivesynth.sensors.light import light_of
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.rig import RigGeometry
from drivesynth.sensors.scan import scan
from drivesynth.sensors.shadow import LIFT_M
from drivesynth.streams import generator
from drivesynth.world.build import stage as staged
from drivesynth.world.simulate import simulate
from drivesynth.world.stage import Stage

TIME_S = 2.0  # of the frame that is cast
EGO = 0
# The columns of a stage that have a row per instance.
COLUMNS = ("mesh", "world_from_mesh", "track", "actor", "class_id", "tint_rgb", "tint_905", "lights")
BOUNCE_M = 0.01  # how far above their surface bounced rays start


@dataclass(frozen=True)
class Bundle:
    """Rays of one workload: origins (..., 3) and times (...) may stand for all rays; (...) who asks."""

    kind: str  # image, sweep, shadow or rays
    origins_m: F64
    directions: F32
    times_s: F64 | float
    active: Bool
    normals: F32 | None = None

    @property
    def six(self) -> F32:
        """(N, 6) float32: origin and direction of the rays that ask, as Open3D wants them."""
        origins = self.origins_m
        if self.normals is not None:  # shadow rays start where ours do
            side = np.sign(self.normals @ self.directions)[..., None]
            origins = origins + LIFT_M * side * self.normals
        shape = (*self.active.shape, 3)
        both = [np.broadcast_to(a, shape)[self.active] for a in (origins, self.directions)]
        return np.concatenate(both, axis=-1).astype(np.float32)


def benchmark_stage(name: str) -> tuple[Stage, dict[str, Bundle]]:
    """The stage of a frozen scene at `TIME_S`, and the rays of every workload that needs no hits."""
    scenario = sample(scene.load(name))
    rollout = simulate(scenario)
    rig = RigGeometry.of(load_rig("kitti_mono"))
    mount, camera = rig.main_lidar, rig.cameras["image_2"]
    stage = staged(rollout, *sweep_span_s(mount, TIME_S))

    def poses(times_s: F64) -> F64:
        return world_from_vehicle(rollout, times_s)

    plan, first_s = scan(mount.device, mount.hidden), sweep_span_s(mount, TIME_S)[0]
    shape = plan.shape
    bundles = {}
    instants: F64 = first_s + plan.step_s * np.arange(plan.steps + 1, dtype=np.float64)
    whens: dict[str, F64] = {"standing": np.full(len(instants), TIME_S), "moving": instants}
    for kind, when in whens.items():
        origins, directions, times = np.empty((*shape, 3)), np.empty((*shape, 3), np.float32), np.empty(shape)
        world_from_lidar = np.ascontiguousarray(poses(when) @ mount.vehicle_from_lidar)
        pulse.fire(plan.beams, plan.lanes, world_from_lidar, first_s, plan.step_s, origins, directions, times)
        if kind == "standing":
            times[:] = TIME_S
        bundles[f"sweep {kind}"] = Bundle("sweep", origins, directions, times, np.ones(shape, np.bool_))
    world_from_camera = poses(np.array([TIME_S]))[0] @ camera.vehicle_from_camera
    x, y = np.meshgrid(np.arange(float(camera.width_px)), np.arange(float(camera.height_px)))
    directions = pixel_directions(camera, world_from_camera, x, y)
    bundles["camera"] = Bundle(
        "image", world_from_camera[:3, 3].copy(), directions, TIME_S, np.ones(x.shape, np.bool_)
    )
    toward = light_of(scenario.environment).toward_sun.astype(np.float32)
    return stage, bundles | {"sun": Bundle("shadow", np.zeros(3), toward, TIME_S, np.ones((), np.bool_))}


def second_rays(caster: Caster, bundles: dict[str, Bundle]) -> dict[str, Bundle]:
    """Rays that start where the camera's ended: to the sun, and diffusely into every direction."""
    camera, toward = bundles["camera"], bundles["sun"].directions
    hits = caster.image(camera.origins_m, camera.directions, TIME_S)
    geometric, _ = caster.normals(hits, TIME_S, camera.directions)
    there = np.isfinite(hits.range_m)
    distance = np.where(there, hits.range_m, np.float32(0)).astype(np.float64)
    points = camera.origins_m + camera.directions * distance[..., None]
    shadow = Bundle("shadow", points, toward, TIME_S, there, geometric)
    scattered = generator(0, "bench/incoherent").normal(size=(*there.shape, 3))
    scattered /= np.linalg.norm(scattered, axis=-1, keepdims=True)
    scattered = geometric + 0.999 * scattered  # Lambert's cosine law about the normal
    scattered /= np.linalg.norm(scattered, axis=-1, keepdims=True)
    chosen = generator(0, "bench/shuffle").permutation(np.flatnonzero(there))[:100_000]
    origins = (points + BOUNCE_M * geometric).reshape(-1, 3)[chosen]
    directions = scattered.reshape(-1, 3)[chosen].astype(np.float32)
    incoherent = Bundle("rays", origins, directions, TIME_S, np.ones(len(chosen), np.bool_))
    return {"shadow": shadow, "incoherent": incoherent}


def cast_ours(caster: Caster, rays: Bundle) -> F32 | Bool:
    """Ranges, or for shadow rays whether they are blocked, of the rays that ask."""
    if rays.kind == "shadow":
        assert rays.normals is not None
        return caster.shadow(rays.origins_m, rays.normals, rays.directions, TIME_S, rays.active)[rays.active]
    if rays.kind == "image":
        found = caster.image(rays.origins_m, rays.directions, TIME_S)
    elif rays.kind == "sweep":
        found = caster.sweep(rays.origins_m, rays.directions, np.asarray(rays.times_s))
    else:
        found = caster.rays(rays.origins_m, rays.directions, rays.times_s)
    return found.range_m.reshape(-1)


class Open3D:
    """Open3D's RaycastingScene (Embree) over all triangles, frozen at one instant."""

    def __init__(self, vertices: F32, triangles: U32) -> None:
        import open3d as o3d

        tensor: Any = o3d.core.Tensor
        self._tensor = tensor
        self._raycasting: Any = o3d.t.geometry.RaycastingScene
        self._mesh = tensor(vertices), tensor(triangles)
        self.build()

    def build(self) -> None:
        """Add the triangles to a new scene and cast one ray, which commits it."""
        self._scene = self._raycasting()
        self._scene.add_triangles(*self._mesh)
        self._scene.cast_rays(self._tensor(np.ones((1, 6), np.float32)))

    def load(self, rays: Bundle) -> Any:
        """The rays as a tensor: not part of what is timed."""
        return self._tensor(rays.six)

    def cast(self, kind: str, rays: Any, threads: int) -> F32 | Bool:
        """As `cast_ours`; threads 0 is all."""
        if kind == "shadow":
            return self._scene.test_occlusions(rays, nthreads=threads).numpy()  # type: ignore[no-any-return]
        return self._scene.cast_rays(rays, nthreads=threads)["t_hit"].numpy()  # type: ignore[no-any-return]


def flatten(stage: Stage) -> tuple[F32, U32]:
    """Vertices and triangles of all that the ego's sensors see, at the middle of the interval."""
    rows = np.flatnonzero(stage.actor != EGO)
    meshes = [stage.meshes[m] for m in stage.mesh[rows]]
    start = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    vertices = np.empty((start[-1], 3), np.float32)
    for mesh, row, first in zip(meshes, rows, start, strict=False):
        pose = stage.world_from_mesh[row]
        vertices[first : first + len(mesh.vertices)] = mesh.vertices @ pose[:3, :3].T + pose[:3, 3]
    triangles = [
        mesh.faces.astype(np.uint32) + np.uint32(first) for mesh, first in zip(meshes, start, strict=False)
    ]
    return vertices, np.concatenate(triangles)


def frozen(stage: Stage) -> Stage:
    """The stage with everything at rest where it is in the middle of the interval."""
    return replace(stage, track=np.full_like(stage.track, -1), keys=stage.keys[:0])


def select(stage: Stage, rows: Any) -> Stage:
    """The stage with just these instances."""
    chosen: dict[str, Any] = {name: getattr(stage, name)[rows] for name in COLUMNS}
    return replace(stage, **chosen)


def nearest_part(stage: Stage, point_m: F64, triangles: int) -> Stage:
    """The instances nearest to a point, up to so many triangles."""
    near = np.argsort(np.linalg.norm(stage.world_from_mesh[:, :3, 3] - point_m, axis=1), kind="stable")
    near = near[stage.actor[near] != EGO]
    total = np.cumsum([len(stage.meshes[m].faces) for m in stage.mesh[near]])
    return select(stage, np.sort(near[total <= triangles]))


def with_actors(stage: Stage, number: int) -> Stage:
    """The stage with its actors repeated down the street until there are `number` of them, all moving."""
    own = np.setdiff1d(stage.actor, [-1, EGO])
    parts = [select(stage, stage.actor <= EGO)]
    for copy in range(-(-number // len(own))):
        chosen = own[: number - copy * len(own)]
        part = select(stage, np.isin(stage.actor, chosen))
        shift = rigid((0.0, 0.5 * copy, 0.0))
        still = shift @ part.world_from_mesh
        keys = np.repeat(still[:, None], len(stage.key_times_s), axis=1)
        base = sum(len(p.keys) for p in parts[1:])
        actors = part.actor + copy * 1000
        parts.append(replace(part, world_from_mesh=still, keys=keys, actor=actors,
                             track=np.arange(base, base + len(keys), dtype=np.int32)))  # fmt: skip
    surroundings = replace(parts[0], track=np.full_like(parts[0].track, -1))
    parts[0] = surroundings
    joined: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in COLUMNS}
    return replace(stage, keys=np.concatenate([p.keys for p in parts[1:]]), **joined)


def moved_on(stage: Stage, by_m: float) -> Stage:
    """The stage with everything that moves shifted along x."""
    keys, poses = stage.keys.copy(), stage.world_from_mesh.copy()
    keys[..., 0, 3] += by_m
    poses[stage.track >= 0, 0, 3] += by_m
    return replace(stage, keys=keys, world_from_mesh=poses)


def tessellated(stage: Stage) -> Stage:
    """Ten times the triangles on the same surfaces: six of seven split into nine, the seventh into 16."""

    def split(corners: F32, n: int) -> F32:
        """Each triangle cut into n^2 on a lattice of its sides: all first parts, all second parts ..."""
        a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
        parts = []
        for i, j in [(row, column) for row in range(n) for column in range(n - row)]:
            upright, inverted = ((0, 0), (1, 0), (0, 1)), ((1, 0), (1, 1), (0, 1))
            for three in (upright, inverted) if i + j < n - 1 else (upright,):
                corner = [a + (b - a) * ((i + p) / n) + (c - a) * ((j + q) / n) for p, q in three]
                parts.append(np.stack(corner, axis=1))
        return np.concatenate(parts).astype(np.float32)

    def finer(mesh: Mesh) -> Mesh:
        seventh = np.arange(len(mesh.faces)) % 7 == 6
        corners = mesh.vertices[mesh.faces]
        parts = split(corners[~seventh], 3), split(corners[seventh], 4)
        materials = [np.tile(mesh.face_material[~seventh], 9), np.tile(mesh.face_material[seventh], 16)]
        flat = np.concatenate(parts).reshape(-1, 3)
        faces = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
        return Mesh(f"{mesh.key}/finer", flat, np.zeros_like(flat), faces, np.concatenate(materials))

    return replace(stage, meshes=tuple(finer(mesh) for mesh in stage.meshes))
