"""What stands at a hit: material, class, actor, paint, and which way the surface looks."""

from typing import NamedTuple

import numpy as np

from drivesynth_kernels.frames import pose_between
from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.rows import peek, poke, read3, write3


class Shapes(NamedTuple):
    """Meshes, one after another: where each starts, and their arrays; rows of three lie flat."""

    face_base: np.ndarray
    vertex_base: np.ndarray
    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    material: np.ndarray


class Placed(NamedTuple):
    """Instances of shapes: (I,) rows, their poses (16 I,), and the poses of what moves as `World` has them."""

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

    instance, primitive  (N,) of the hits; mesh .. lights: (I,) of the stage's instances, tint_rgb (3 I,)
    """
    for i in range(begin, end):
        row = np.int64(peek(instance, i))
        if row < 0:
            poke(out_material, i, np.int32(0))
            poke(out_class, i, np.int32(0))
            poke(out_actor, i, np.int32(-1))
            poke(out_905, i, np.float32(0))
            poke(out_lights, i, np.int32(0))
            write3(out_rgb, i, 0.0, 0.0, 0.0)
            continue
        face = peek(shapes.face_base, np.int64(peek(mesh, row))) + peek(primitive, i)
        material = np.int32(peek(shapes.material, face))
        own = peek(own_class, row)
        poke(out_material, i, material)
        poke(out_class, i, own if own > 0 else np.int32(peek(class_of_material, np.int64(material))))
        poke(out_actor, i, peek(actor, row))
        poke(out_905, i, peek(tint_905, row))
        poke(out_lights, i, peek(lights, row))
        x, y, z = read3(tint_rgb, row)
        write3(out_rgb, i, x, y, z)


_KEPT = 1024  # faces, a power of two


@step
def turn_unit(pose, x, y, z, corners, k):
    """The rotated vector, made unit, into row k of corners; a zero vector stays zero."""
    square = x * x + y * y + z * z
    scale = 1.0 / np.sqrt(square) if square > 0 else 0.0
    for a in range(3):
        value = peek(pose, 4 * a) * x + peek(pose, 4 * a + 1) * y + peek(pose, 4 * a + 2) * z
        poke(corners, 3 * k + a, scale * value)


@step
def turn_face(pose, shapes, mesh, primitive, corners, to):
    """World normals of a face and of its corners, rows to .. to + 3 of corners; whether all corners' are one."""
    base, row = np.int64(peek(shapes.vertex_base, mesh)), peek(shapes.face_base, mesh) + primitive
    p = base + np.int64(peek(shapes.faces, 3 * row))
    q = base + np.int64(peek(shapes.faces, 3 * row + 1))
    r = base + np.int64(peek(shapes.faces, 3 * row + 2))
    px, py, pz = read3(shapes.vertices, p)
    qx, qy, qz = read3(shapes.vertices, q)
    rx, ry, rz = read3(shapes.vertices, r)
    e, f, g, k, m, n = qx - px, qy - py, qz - pz, rx - px, ry - py, rz - pz
    turn_unit(pose, f * n - g * m, g * k - e * n, e * m - f * k, corners, to)
    px, py, pz = read3(shapes.normals, p)
    qx, qy, qz = read3(shapes.normals, q)
    rx, ry, rz = read3(shapes.normals, r)
    turn_unit(pose, px, py, pz, corners, to + 1)
    if px == qx and py == qy and pz == qz and px == rx and py == ry and pz == rz:
        return True
    turn_unit(pose, qx, qy, qz, corners, to + 2)
    turn_unit(pose, rx, ry, rz, corners, to + 3)
    return False


@kernel
def find_normals(instance, primitive, u, v, times, time_step, directions, placed, shapes, begin, end,
                 geometric, shading):  # fmt: skip
    """World normals of the hits begin .. end - 1 into rows of three, zero for a miss.

    times       (N,) [s], or one for all with time_step 0
    directions  (3 N,) of the rays: normals are turned to where they came from; (0,): as the face looks

    Neighbours mostly hit the same face: such a run of hits asks once what it looks like in the world. The row
    above mostly met it too: what was found of a face is kept until another one takes its place.
    """
    pose, corners = np.zeros(18), np.empty(12 * _KEPT)
    kept, even = np.full(_KEPT, -1, np.int64), np.empty(_KEPT, np.bool_)
    turned, zero, one = directions.shape[0] > 0, np.float32(0), np.float32(1)
    i = begin
    while i < end:
        own, face = peek(instance, i), peek(primitive, i)
        row = np.int64(own)
        if row < 0:
            for k in range(3 * i, 3 * i + 3):
                poke(geometric, k, zero)
                poke(shading, k, zero)
            i += 1
            continue
        time, moves = peek(times, i * time_step), np.int64(peek(placed.track, row)) >= 0
        name, place = row << 32 | np.int64(face), (np.int64(face) + 613 * row) & (_KEPT - 1)
        if peek(kept, place) != name or (moves and time_step > 0):
            if moves:
                track = np.int64(peek(placed.track, row))
                pose_between(placed.keys, placed.key_times, placed.turns, track, time, pose)
            else:
                for a in range(12):
                    poke(pose, a, peek(placed.world_from_mesh, 16 * row + a))
            mesh = np.int64(peek(placed.mesh, row))
            even[place] = turn_face(pose, shapes, mesh, np.int64(face), corners, 4 * place)
            poke(kept, place, name)
        flat = even[place]
        gx, gy, gz = read3(corners, 4 * place)
        px, py, pz = read3(corners, 4 * place + 1)
        qx, qy, qz = read3(corners, 4 * place + 2)
        rx, ry, rz = read3(corners, 4 * place + 3)
        x, y, z = np.float32(gx), np.float32(gy), np.float32(gz)
        nx, ny, nz = np.float32(px), np.float32(py), np.float32(pz)
        moves = moves and time_step > 0
        while True:
            sign = one
            if turned:
                along = peek(directions, 3 * i) * x + peek(directions, 3 * i + 1) * y
                sign = -one if along + peek(directions, 3 * i + 2) * z > zero else one
            poke(geometric, 3 * i, sign * x)
            poke(geometric, 3 * i + 1, sign * y)
            poke(geometric, 3 * i + 2, sign * z)
            if not flat:
                b, c = np.float64(peek(u, i)), np.float64(peek(v, i))
                a = 1.0 - b - c
                mx, my, mz = a * px + b * qx + c * rx, a * py + b * qy + c * ry, a * pz + b * qz + c * rz
                square = mx * mx + my * my + mz * mz
                scale = 1.0 / np.sqrt(square) if square > 0 else 0.0
                nx, ny, nz = np.float32(scale * mx), np.float32(scale * my), np.float32(scale * mz)
            poke(shading, 3 * i, sign * nx)
            poke(shading, 3 * i + 1, sign * ny)
            poke(shading, 3 * i + 2, sign * nz)
            i += 1
            if i >= end or peek(instance, i) != own or peek(primitive, i) != face:
                break
            if moves and peek(times, i * time_step) != time:
                break
