"""What stands at a hit: material, class, actor, paint, and which way the surface looks."""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.frames import pose_between
from drivesynth_kernels.jit import kernel, step


class Shapes(NamedTuple):
    """Meshes, one after another: where each starts, and their arrays."""

    face_base: np.ndarray
    vertex_base: np.ndarray
    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    material: np.ndarray


class Placed(NamedTuple):
    """Instances of shapes, as `World` and `Stage` have them: (I,) rows and the poses of what moves."""

    mesh: np.ndarray
    track: np.ndarray
    world_from_mesh: np.ndarray
    keys: np.ndarray
    key_times: np.ndarray
    turns: np.ndarray


@kernel
def look_up(instance, primitive, shapes, mesh, own_class, actor, tint_rgb, tint_905, lights, class_of_material,
            begin, end, out_material, out_class, out_actor, out_rgb, out_905, out_lights):  # fmt: skip
    """Fill what each of the hits begin .. end - 1 belongs to; misses get 0, 0, -1, 0, 0, 0.

    instance, primitive  (N,) of the hits; mesh .. lights: (I,) of the stage's instances
    """
    for i in range(begin, end):
        row = instance[i]
        if row < 0:
            out_material[i], out_class[i], out_actor[i], out_905[i], out_lights[i] = 0, 0, -1, 0.0, 0
            for c in range(3):
                out_rgb[i, c] = 0.0
            continue
        material = shapes.material[shapes.face_base[mesh[row]] + primitive[i]]
        out_material[i] = material
        out_class[i] = own_class[row] if own_class[row] > 0 else class_of_material[material]
        out_actor[i] = actor[row]
        out_905[i] = tint_905[row]
        out_lights[i] = lights[row]
        for c in range(3):
            out_rgb[i, c] = tint_rgb[row, c]


@step
def write_unit(pose, x, y, z, sign, out, i):
    """The rotated vector, made unit, times sign, into row i; a zero vector stays zero."""
    square = x * x + y * y + z * z
    scale = sign / np.sqrt(square) if square > 0 else 0.0
    for a in range(3):
        out[i, a] = scale * (pose[4 * a] * x + pose[4 * a + 1] * y + pose[4 * a + 2] * z)


@kernel
def find_normals(instance, primitive, u, v, times, time_step, directions, placed, shapes, begin, end,
                 geometric, shading):  # fmt: skip
    """World normals of the hits begin .. end - 1, zero for a miss.

    times       (N,) [s], or one for all with time_step 0
    directions  (N, 3) of the rays: normals are turned to where they came from; (0, 3): as the face looks
    """
    pose = np.zeros(18)
    known_row, known_time = -1, 0.0
    for i in range(begin, end):
        row = instance[i]
        if row < 0:
            for a in range(3):
                geometric[i, a] = 0.0
                shading[i, a] = 0.0
            continue
        time = times[i * time_step]
        if row != known_row or (placed.track[row] >= 0 and time != known_time):
            if placed.track[row] >= 0:
                pose_between(placed.keys, placed.key_times, placed.turns, placed.track[row], time, pose)
            else:
                for a in range(3):
                    for b in range(3):
                        pose[4 * a + b] = placed.world_from_mesh[row, a, b]
            known_row, known_time = row, time
        mesh = placed.mesh[row]
        face = shapes.faces[shapes.face_base[mesh] + primitive[i]]
        base = shapes.vertex_base[mesh]
        p, q, r = (
            shapes.vertices[base + face[0]],
            shapes.vertices[base + face[1]],
            shapes.vertices[base + face[2]],
        )
        e, f, g = np.float64(q[0]) - p[0], np.float64(q[1]) - p[1], np.float64(q[2]) - p[2]
        k, m, n = np.float64(r[0]) - p[0], np.float64(r[1]) - p[1], np.float64(r[2]) - p[2]
        x, y, z = f * n - g * m, g * k - e * n, e * m - f * k
        sign = 1.0
        if directions.shape[0] > 0:
            ahead = 0.0
            for a in range(3):
                ahead += directions[i, a] * (pose[4 * a] * x + pose[4 * a + 1] * y + pose[4 * a + 2] * z)
            if ahead > 0:
                sign = -1.0
        write_unit(pose, x, y, z, sign, geometric, i)
        w = 1.0 - u[i] - v[i]
        p, q, r = (
            shapes.normals[base + face[0]],
            shapes.normals[base + face[1]],
            shapes.normals[base + face[2]],
        )
        write_unit(pose, w * p[0] + u[i] * q[0] + v[i] * r[0], w * p[1] + u[i] * q[1] + v[i] * r[1],
                   w * p[2] + u[i] * q[2] + v[i] * r[2], sign, shading, i)  # fmt: skip
