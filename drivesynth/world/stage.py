"""A Stage: the world over a short interval as instances of meshes, with pose keys where they move."""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, I32
from drivesynth.geometry.mesh import Mesh


@dataclass(frozen=True)
class Stage:
    """Everything a ray may meet between two times.

    t0_s, t1_s       the interval, rollout time
    meshes           distinct meshes; their keys are distinct too
    mesh             (I,) row of `meshes` per instance
    world_from_mesh  (I, 4, 4) pose of each instance at the middle of the interval
    track            (I,) row of `keys` for an instance that moves, -1 for one at rest
    key_times_s      (K,) increasing, first <= t0_s, last >= t1_s
    keys             (M, K, 4, 4) world_from_mesh at the key times; between keys the origin moves
                     linearly and the rotation turns at constant rate
    actor            (I,) row of `scenario.everyone`, -1 for surroundings; 0 is ego, which its own
                     sensors do not see
    class_id         (I,) class of the actor, 0 where each face's material decides
    tint_rgb         (I, 3) linear albedo of tinted materials
    tint_905         (I,) their reflectivity at 905 nm
    lights           (I,) bits in the order of `assets.model.LIGHTS`
    keeps_left       whether traffic keeps left, and low beams spare those on the right
    """

    t0_s: float
    t1_s: float
    meshes: tuple[Mesh, ...]
    mesh: I32
    world_from_mesh: F64
    track: I32
    key_times_s: F64
    keys: F64
    actor: I32
    class_id: I32
    tint_rgb: F32
    tint_905: F32
    lights: I32
    keeps_left: bool = False

    @property
    def triangles(self) -> int:
        """How many stand in the world."""
        counts = np.array([len(mesh.faces) for mesh in self.meshes])
        return int(counts[self.mesh].sum())
