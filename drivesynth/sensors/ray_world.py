"""A Stage as the ray kernels want it: what stands still merged into one tree, the rest as instances.

The merged tree is kept from frame to frame for as long as the surroundings stay the same; a frame then
costs the boxes of the moved instances and a small tree over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from drivesynth_kernels import frames
from drivesynth_kernels.bvh_wide import WIDTH
from drivesynth_kernels.trace import World

from drivesynth.arrays import F64, I64
from drivesynth.geometry.mesh import Mesh
from drivesynth.sensors.trees import Kept, Tree, build_nodes, build_tree, forget_trees, pool_trees
from drivesynth.world.stage import Stage

_surroundings = Kept(2)
_recognised = Kept(2)


@dataclass(frozen=True)
class Surroundings:
    """The instances that belong to no actor and stand still, merged; corners are less `origin_m`."""

    origin_m: F64
    tree: Tree


def _merge(stage: Stage, rows: I64, threads: int) -> Surroundings:
    spots = stage.world_from_mesh[rows, :3, 3] if len(rows) else stage.world_from_mesh[:, :3, 3]
    origin = np.round((spots.min(axis=0) + spots.max(axis=0)) / 2) if len(spots) else np.zeros(3)
    meshes = [stage.meshes[m] for m in stage.mesh[rows]]
    start = np.cumsum([0, *(len(m.faces) for m in meshes)])
    corners = np.empty((start[-1], 3, 3), np.float32)
    owner = np.repeat(rows.astype(np.int32), np.diff(start))
    face = np.concatenate([np.zeros(0, np.int32), *(np.arange(n, dtype=np.int32) for n in np.diff(start))])
    for mesh, pose, first, end in zip(meshes, stage.world_from_mesh[rows], start, start[1:], strict=False):
        placed = mesh.vertices @ pose[:3, :3].T + (pose[:3, 3] - origin)
        corners[first:end] = placed.astype(np.float32)[mesh.faces]
    tree = build_tree(corners, threads)
    source = tree.arrays.source.reshape(-1, 2)
    source[:, 0], source[:, 1] = owner[source[:, 1]], face[source[:, 1]]
    return Surroundings(origin, tree)


def surroundings(stage: Stage, rows: I64, threads: int) -> Surroundings:
    """The merged tree of the instances in `rows`, kept by what they are and where they stand."""
    poses = stage.world_from_mesh.take(rows, axis=0)
    what = rows.tobytes(), stage.mesh.take(rows).tobytes(), poses.tobytes()

    def merged() -> tuple[Surroundings, Sequence[Mesh]]:
        key = *what, tuple(map(attrgetter("key"), stage.meshes))
        return _surroundings.get(key, lambda: _merge(stage, rows, threads)), stage.meshes

    # Asking hundreds of meshes for their keys takes longer than the rest: first by which objects they are,
    # which are kept beside the answer, so that no other ones come to stand in their place.
    return _recognised.get((*what, tuple(map(id, stage.meshes))), merged)[0]


def forget() -> None:
    """Drop all trees that the process keeps."""
    _surroundings.clear()
    _recognised.clear()
    forget_trees()


class RayWorld:
    """All of a stage, from which worlds of some of its instances are cut."""

    def __init__(self, stage: Stage, threads: int) -> None:
        still = (stage.actor < 0) & (stage.track < 0)
        self._still = surroundings(stage, np.flatnonzero(still), threads)
        self._rows = np.flatnonzero(~still)
        self._actor = stage.actor.take(self._rows)
        mesh = stage.mesh.take(self._rows)
        present = np.zeros(len(stage.meshes), np.bool_)
        present[mesh] = True
        used, mesh = np.flatnonzero(present), (np.cumsum(present) - 1).take(mesh)
        meshes = [stage.meshes[m] for m in used]
        self._pool = pool_trees(meshes, threads)
        self._node_base, self._slot_base = self._pool.node_base.take(mesh), self._pool.slot_base.take(mesh)
        self._solid = self._pool.solid.take(mesh)
        self._track = stage.track.take(self._rows).astype(np.int32)
        origin = self._still.origin_m
        poses = stage.world_from_mesh.take(self._rows, axis=0)
        far_keys = np.require(stage.keys, np.float64, ("C", "W"))  # of one type: one kernel does for all
        number, tracks, each = len(self._rows), *far_keys.shape[:2]
        self._pose, self._frame = np.empty((number, 12)), np.empty((number, 12), np.float32)
        self.keys, self.turns = np.empty((tracks, each, 3, 4)), np.empty((tracks, max(each - 1, 0), 3))
        self.key_times = np.ascontiguousarray(stage.key_times_s, np.float64)
        self._boxes = np.empty(8 * number, np.float32)
        written = self._pose, self._frame, self.keys, self.turns, self._boxes
        frames.settle(
            poses.reshape(-1), far_keys.reshape(-1), each, origin, self._track, mesh,
            self._pool.low.reshape(-1), self._pool.high.reshape(-1), *(a.reshape(-1) for a in written),
        )  # fmt: skip
        moved = max(float(self._boxes.max(initial=0.0)), -float(self._boxes.min(initial=0.0)))
        self._reach = max(self._still.tree.reach, self._pool.reach, moved)

    def world(self, actors: I64, hidden: bool) -> World:
        """The world of just these actors, or with `hidden` of all but these; -1 is the surroundings."""
        named = (self._actor[:, None] == actors).any(axis=1)
        chosen = np.flatnonzero((named ^ hidden) & self._solid)
        surroundings = bool((-1 in actors) ^ hidden)
        boxes = self._boxes.reshape(-1, 8).take(chosen, axis=0).reshape(-1)
        swept = boxes.copy()  # the tree's builder sorts its boxes
        order = np.arange(len(chosen), dtype=np.int32)
        top, top_links, top_levels = build_nodes(boxes, order, max_leaf=1)
        still, pool = self._still, self._pool
        levels = max(still.tree.levels, pool.levels, top_levels)
        return World(
            origin=still.origin_m,
            still=still.tree.arrays,
            still_number=len(still.tree.arrays.source) // 2 if surroundings else 0,
            pool=pool.arrays,
            top=top,
            top_links=top_links,
            top_order=order,
            node_base=self._node_base.take(chosen),
            slot_base=self._slot_base.take(chosen),
            row=self._rows.take(chosen).astype(np.int32),
            track=self._track.take(chosen),
            frame=self._frame.take(chosen, axis=0),
            pose=self._pose.take(chosen, axis=0),
            boxes=swept,
            keys=self.keys,
            key_times=self.key_times,
            turns=self.turns,
            reach=self._reach,
            stack=(WIDTH - 1) * levels + 1,
        )
