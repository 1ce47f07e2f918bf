"""The Stage of an interval: surroundings, actors at rest, and pose keys for what moves.

What never moves is put together once per rollout; an interval then only adds the moving parts. Keys
stand on the simulation's own steps, fine enough for wheels at motorway speed.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np

from drivesynth.arrays import F32, F64, I32, I64, Bool
from drivesynth.assets.catalogue import build
from drivesynth.assets.classes import CLASS_ID
from drivesynth.assets.model import CHANNEL, CHANNELS, DOORS, SIGNAL_LIGHTS, Model, Part
from drivesynth.geometry.mesh import Mesh
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.road import network as roads
from drivesynth.road import structures
from drivesynth.road.plan import RoadPlan
from drivesynth.road.street import dress, in_detail
from drivesynth.road.surface import meshes as road_meshes
from drivesynth.world.rollout import Rollout
from drivesynth.world.stage import Stage

_STILL = 1e-9
_FAR_M = 60.0  # from the ego: a car is 20 pixels tall there in KITTI's camera, a beam 0.1 m wide
_BATCH = 64  # steps whose poses are worked out together: numpy's calls cost more than what they do
_WHEELS = "wheel"  # parts with this in their name stay on the ground while the body tilts on its springs


@dataclass(frozen=True)
class _Rows:
    """Instances as columns, as in `Stage`; (n,) each, poses (n, 4, 4)."""

    meshes: tuple[Mesh, ...]
    poses: F64
    actor: I32
    class_id: I32
    tint_rgb: F32
    tint_905: F32
    lights: I32


def stage(rollout: Rollout, t0_s: float, t1_s: float) -> Stage:
    """Everything a ray may meet between two times of a rollout."""
    with _STAGING:
        return _staging(rollout).stage(t0_s, t1_s)


class _Staging:
    """A rollout ready to be staged: what never moves, and the models of what does."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        actors = rollout.scenario.everyone
        far = _never_near(rollout)
        self._models = [
            build(a.asset, a.look_seed, a.size_m, int(f), a.material, _doors(rollout, i))
            for i, (a, f) in enumerate(zip(actors, far, strict=True))
        ]
        moving = _ever_moving(rollout)
        lit = (rollout.lights != rollout.lights[:1]).any(axis=0)
        self._live = [i for i in range(len(actors)) if moving[i] or lit[i] or not rollout.present[:, i].all()]
        surroundings, self._heads = _surroundings(rollout.scenario.road, _way(rollout))
        rows = [surroundings]
        for i in range(len(actors)):
            if i not in self._live:
                rows.append(self._parts(i, _part_poses(rollout, self._models[i], i, np.array([0]))[:, 0], 0))
        self._fixed = _joined(rows)
        # Each distinct mesh once, surroundings first; an instance refers to it by row.
        self._mesh_rows: dict[str, int] = {}
        self._meshes: list[Mesh] = []
        self._fixed_mesh = self._refer(self._fixed.meshes)
        self._batches: dict[tuple[int, int], F64] = {}
        self._live_mesh = {i: self._refer(tuple(p.mesh for p in self._models[i].parts)) for i in self._live}

    def stage(self, t0_s: float, t1_s: float) -> Stage:
        rollout, fixed = self._rollout, self._fixed
        steps = _steps(rollout.time_s, t0_s, t1_s)
        middle = (t0_s + t1_s) / 2
        middle_step = int(np.argmin(np.abs(rollout.time_s - middle)))
        keys: list[F64] = []
        rows, mesh, track = [fixed], [self._fixed_mesh], [np.full(len(fixed.actor), -1, np.int32)]
        for i in self._live:
            if not rollout.present[middle_step, i]:
                continue
            poses = self._poses(i, steps)
            rows.append(self._parts(i, poses[:, middle_step - steps[0]], middle_step))
            mesh.append(self._live_mesh[i])
            moves = np.abs(poses - poses[:, :1]).max(axis=(1, 2, 3)) > _STILL
            tracks = np.full(len(poses), -1, np.int32)
            tracks[moves] = np.arange(int(moves.sum())) + len(keys)
            track.append(tracks)
            keys.extend(poses[moves])
        joined = _joined(rows)
        return Stage(
            t0_s=t0_s,
            t1_s=t1_s,
            meshes=tuple(self._meshes),
            mesh=np.concatenate(mesh),
            world_from_mesh=joined.poses,
            track=np.concatenate(track),
            key_times_s=rollout.time_s[steps],
            keys=np.array(keys).reshape(-1, len(steps), 4, 4),
            actor=joined.actor,
            class_id=joined.class_id,
            tint_rgb=joined.tint_rgb,
            tint_905=joined.tint_905,
            lights=self._lit(joined.lights, middle_step),
            keeps_left=rollout.scenario.road.drive_on == "left",
        )

    def _poses(self, actor: int, steps: I64) -> F64:
        """(P, K, 4, 4) of successive steps, from batches that later frames go on with."""
        first, last = int(steps[0]) // _BATCH, int(steps[-1]) // _BATCH
        for old in [key for key in self._batches if key[0] == actor and not first - 1 <= key[1] <= last + 1]:
            del self._batches[old]
        for batch in range(first, last + 1):
            if (actor, batch) not in self._batches:
                these = np.arange(batch * _BATCH, min((batch + 1) * _BATCH, len(self._rollout.time_s)))
                self._batches[actor, batch] = _part_poses(self._rollout, self._models[actor], actor, these)
        poses = [self._batches[actor, batch] for batch in range(first, last + 1)]
        joined = poses[0] if first == last else np.concatenate(poses, axis=1)
        return joined[:, steps - first * _BATCH]

    def _lit(self, lights: I32, step: int) -> I32:
        """The instances' lights with those of signal heads, whose rows are the first of all."""
        signals = self._rollout.signals
        for row, group in self._heads:
            if group in signals.groups:
                word = str(signals.words(group)[step])
                lights[row] = SIGNAL_LIGHTS.get(word, 0)
        return lights

    def _parts(self, actor: int, poses: F64, step: int) -> _Rows:
        model = self._models[actor]
        return _rows(
            model.parts,
            poses,
            actor,
            CLASS_ID[self._rollout.scenario.everyone[actor].class_name],
            int(self._rollout.lights[step, actor]),
        )

    def _refer(self, meshes: tuple[Mesh, ...]) -> I32:
        rows = np.empty(len(meshes), np.int32)
        for i, mesh in enumerate(meshes):
            if mesh.key not in self._mesh_rows:
                self._mesh_rows[mesh.key] = len(self._meshes)
                self._meshes.append(mesh)
            rows[i] = self._mesh_rows[mesh.key]
        return rows


_STAGING = Lock()  # several frames of a rollout may be under way
_RECENT: "OrderedDict[int, _Staging]" = OrderedDict()
_KEPT = 4


def _staging(rollout: Rollout) -> _Staging:
    """The staging of a rollout, kept for the last few: frames of one rollout follow each other."""
    known = _RECENT.get(id(rollout))
    if known is None or known._rollout is not rollout:
        known = _RECENT[id(rollout)] = _Staging(rollout)
        while len(_RECENT) > _KEPT:
            _RECENT.popitem(last=False)
    return known


def _way(rollout: Rollout) -> tuple[tuple[float, float], ...]:
    """Where the sensors go: about every 2 m of the ego's way, to the metre."""
    xy_m = rollout.position_m[:, 0, :2]
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(xy_m, axis=0), axis=1))]) // 2.0
    turns = np.flatnonzero(np.diff(gone, prepend=-1.0))
    return tuple(dict.fromkeys((x, y) for x, y in np.round(xy_m[turns]).tolist()))


def _doors(rollout: Rollout, actor: int) -> tuple[str, ...]:
    """Which of an actor's doors are ever open."""
    joints = rollout.articulation[:, actor]
    return tuple(name for name, (channel, _) in DOORS.items() if joints[:, CHANNEL[channel]].any())


def _never_near(rollout: Rollout) -> Bool:
    """(A,) which actors the ego's sensors never come near: they are built coarser where that is known."""
    apart_m = np.linalg.norm(rollout.position_m - rollout.position_m[:, :1], axis=2).min(axis=0)
    return np.asarray(apart_m > _FAR_M)


@lru_cache(maxsize=8)
def _surroundings(
    plan: RoadPlan, way: tuple[tuple[float, float], ...]
) -> tuple[_Rows, tuple[tuple[int, str], ...]]:
    """Road and street of a plan as seen on a way; which of the rows show the signals of which group."""
    network = roads.build(plan)
    surface = (*road_meshes(network), *structures.meshes(network))
    here = np.broadcast_to(np.eye(4), (len(surface), 4, 4))
    rows = [_rows(tuple(Part("road", mesh) for mesh in surface), here, -1, 0, 0)]
    heads: list[tuple[int, str]] = []
    count = len(surface)
    for prop in in_detail(dress(network), np.array(way)):
        model = build(prop.asset, prop.look_seed, prop.size_m, prop.detail)
        if prop.signal:
            heads += [(count + k, prop.signal) for k in range(len(model.parts))]
        count += len(model.parts)
        place = rigid((prop.x_m, prop.y_m, prop.z_m), rotation_xyz(yaw_rad=prop.heading_rad))
        rows.append(_rows(model.parts, place @ model.poses({}), -1, 0, 0))
    return _joined(rows), tuple(heads)


def _rows(parts: tuple[Part, ...], poses: F64, actor: int, class_id: int, lights: int) -> _Rows:
    count = len(parts)
    return _Rows(
        meshes=tuple(part.mesh for part in parts),
        poses=np.asarray(poses, np.float64),
        actor=np.full(count, actor, np.int32),
        class_id=np.full(count, class_id, np.int32),
        tint_rgb=np.array([part.tint_rgb for part in parts], np.float32).reshape(-1, 3),
        tint_905=np.array([part.tint_905 for part in parts], np.float32),
        lights=np.full(count, lights, np.int32),
    )


def _joined(rows: list[_Rows]) -> _Rows:
    return _Rows(
        tuple(mesh for r in rows for mesh in r.meshes),
        np.concatenate([r.poses for r in rows]),
        np.concatenate([r.actor for r in rows]),
        np.concatenate([r.class_id for r in rows]),
        np.concatenate([r.tint_rgb for r in rows]),
        np.concatenate([r.tint_905 for r in rows]),
        np.concatenate([r.lights for r in rows]),
    )


def _ever_moving(rollout: Rollout) -> Bool:
    """(A,) whether anything of an actor moves at any time."""
    columns = (rollout.position_m, rollout.rpy_rad, rollout.articulation)
    ranges = [np.ptp(column, axis=0).max(axis=1) for column in columns]
    return np.asarray(np.max(ranges, axis=0) > _STILL)


def _steps(time_s: F64, t0_s: float, t1_s: float) -> I64:
    """Simulation steps from the last one not after t0 to the first one not before t1."""
    first = int(np.searchsorted(time_s, t0_s + 1e-9, side="right")) - 1
    last = int(np.searchsorted(time_s, t1_s - 1e-9, side="left"))
    return np.arange(max(first, 0), min(max(last, first + 1), len(time_s) - 1) + 1)


def _part_poses(rollout: Rollout, model: Model, actor: int, steps: I64) -> F64:
    """(P, K, 4, 4) world_from_part of an actor at some steps."""
    rpy, where = rollout.rpy_rad[steps, actor], rollout.position_m[steps, actor]
    vehicle_from_part = _joint_poses(model, rollout.articulation[steps, actor])
    result = _bodies(where, rpy) @ vehicle_from_part
    if rollout.tilt_rad is not None and rollout.tilt_rad[steps, actor].any():
        wheels = np.array([_WHEELS in part.name for part in model.parts])
        level = rpy.copy()
        level[:, :2] -= rollout.tilt_rad[steps, actor]
        result[wheels] = _bodies(where, level) @ vehicle_from_part[wheels]
    return np.asarray(result)


def _bodies(where: F64, rpy: F64) -> F64:
    """(K, 4, 4) world_from_vehicle."""
    return rigid(where, rotation_xyz(*rpy.T))


def _joint_poses(model: Model, joints: F64) -> F64:
    """(P, K, 4, 4) vehicle_from_part for (K, C) channel values."""
    moves = np.ptp(joints, axis=0).any()
    poses = model.poses(dict(zip(CHANNELS, joints.T if moves else joints[0].tolist(), strict=True)))
    return poses if poses.ndim == 4 else np.broadcast_to(poses[:, None], (len(poses), len(joints), 4, 4))
