"""Where instances are: rows mesh_from_world at a time, their rate of change, the boxes they sweep.

Between two keys an origin moves linearly and the rotation turns at constant rate, R(s) = exp(s w) R0
with w the rotation vector of R1 R0^T (Rodrigues' formula).
"""

import numpy as np

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.simd import fma, load16, peek, poke, store
from drivesynth_kernels.tile import LANES, LATER, LOCAL, WORLD


@inlined
def note_turn(keys, at, turns, to):
    """The rotation vector from the key at `at` of flat `keys` to the next: written to `to` of flat `turns` [rad]."""
    x, y, z, trace = 0.0, 0.0, 0.0, 0.0
    for a in range(at, at + 3):
        p0, p1, p2 = peek(keys, a), peek(keys, a + 4), peek(keys, a + 8)
        q0, q1, q2 = peek(keys, a + 12), peek(keys, a + 16), peek(keys, a + 20)
        x += q2 * p1 - q1 * p2
        y += q0 * p2 - q2 * p0
        z += q1 * p0 - q0 * p1
        trace += q0 * p0 + q1 * p1 + q2 * p2
    sine = np.sqrt(x * x + y * y + z * z) / 2
    scale = 0.5
    if sine > 1e-9:  # most things that move do not turn
        scale = np.arctan2(sine, (trace - 1) / 2) / (2 * sine)
    poke(turns, to, x * scale)
    poke(turns, to + 1, y * scale)
    poke(turns, to + 2, z * scale)


@step
def pose_between(keys, key_times, turns, track, time, motion):
    """world_from_mesh of a track at a time, and how it changes.

    motion  (18,) written: rows of three by four; turn rate [rad/s] and velocity [m/s] in the world
    """
    last = key_times.shape[0] - 1
    k = 0
    while k < last - 1 and time > key_times[k + 1]:
        k += 1
    if last == 0:
        for a in range(3):
            motion[12 + a] = 0.0
            motion[15 + a] = 0.0
            for b in range(4):
                motion[4 * a + b] = keys[track, 0, a, b]
        return
    span = key_times[k + 1] - key_times[k]
    share = (time - key_times[k]) / span
    for a in range(3):
        motion[12 + a] = turns[track, k, a] / span
        motion[15 + a] = (keys[track, k + 1, a, 3] - keys[track, k, a, 3]) / span
        motion[4 * a + 3] = keys[track, k, a, 3] + share * span * motion[15 + a]
    wx, wy, wz = turns[track, k, 0] * share, turns[track, k, 1] * share, turns[track, k, 2] * share
    angle = np.sqrt(wx * wx + wy * wy + wz * wz)
    f, g = 1.0, 0.5
    if angle > 1e-6:
        f, g = np.sin(angle) / angle, (1 - np.cos(angle)) / (angle * angle)
    c = 1 - g * angle * angle
    for j in range(3):
        x, y, z = keys[track, k, 0, j], keys[track, k, 1, j], keys[track, k, 2, j]
        along = g * (wx * x + wy * y + wz * z)
        motion[j] = c * x + f * (wy * z - wz * y) + wx * along
        motion[4 + j] = c * y + f * (wz * x - wx * z) + wy * along
        motion[8 + j] = c * z + f * (wx * y - wy * x) + wz * along


@step
def frame_at(keys, key_times, turns, track, time, motion, frame, rate):
    """mesh_from_world of a track at a time and its derivative, (12,) rows of three by four, written."""
    pose_between(keys, key_times, turns, track, time, motion)
    wx, wy, wz = motion[12], motion[13], motion[14]
    px, py, pz = motion[3], motion[7], motion[11]
    for i in range(3):
        x, y, z = motion[i], motion[4 + i], motion[8 + i]  # a row of the inverse rotation
        dx, dy, dz = wy * z - wz * y, wz * x - wx * z, wx * y - wy * x
        frame[4 * i], frame[4 * i + 1], frame[4 * i + 2] = x, y, z
        rate[4 * i], rate[4 * i + 1], rate[4 * i + 2] = dx, dy, dz
        frame[4 * i + 3] = -(x * px + y * py + z * pz)
        rate[4 * i + 3] = -(dx * px + dy * py + dz * pz) - (x * motion[15] + y * motion[16] + z * motion[17])


@step
def bring_home(lanes, groups, frame, rate, moves):
    """The world's rays in an instance's frame, each lane at its own time.

    What a lane is later than the tile's middle, the frame follows linearly. A point r from the frame's
    origin errs by r (turn_rate later)^2 / 2: 0.8 mm on the tread of a tyre at 40 m/s, half a millisecond
    off the middle.
    """
    for axis in range(3):
        x, y, z, shift = frame[4 * axis], frame[4 * axis + 1], frame[4 * axis + 2], frame[4 * axis + 3]
        dx, dy, dz, drift = rate[4 * axis], rate[4 * axis + 1], rate[4 * axis + 2], rate[4 * axis + 3]
        for g in range(groups):
            row = LANES * WORLD + 16 * g
            ox, oy, oz = load16(lanes, row), load16(lanes, row + LANES), load16(lanes, row + 2 * LANES)
            rx, ry, rz = (
                load16(lanes, row + 3 * LANES),
                load16(lanes, row + 4 * LANES),
                load16(lanes, row + 5 * LANES),
            )
            origin = fma(ox, x, fma(oy, y, oz * z + shift))
            direction = fma(rx, x, fma(ry, y, rz * z))
            if moves:
                later = load16(lanes, LANES * LATER + 16 * g)
                origin = fma(later, fma(ox, dx, fma(oy, dy, oz * dz + drift)), origin)
                direction = fma(later, fma(rx, dx, fma(ry, dy, rz * dz)), direction)
            store(lanes, LANES * (LOCAL + axis) + 16 * g, origin)
            store(lanes, LANES * (LOCAL + 3 + axis) + 16 * g, direction)


@step
def settle_poses(far, number, origin, near):
    """Rows of three by four about a local origin (12 N,) of transforms (16 N,)."""
    for k in range(number):
        for axis in range(3):
            at, to = 16 * k + 4 * axis, 12 * k + 4 * axis
            poke(near, to, peek(far, at))
            poke(near, to + 1, peek(far, at + 1))
            poke(near, to + 2, peek(far, at + 2))
            poke(near, to + 3, peek(far, at + 3) - peek(origin, axis))


@step
def sweep_box(low, high, corner, poses, first, number, turns, turn, boxes, box):
    """Write the box that a mesh sweeps in `number` poses from the first on.

    Between keys a point leaves the chord of its path by at most r (1 - cos(angle / 2)) <= r angle^2 / 8.
    """
    reach = np.float32(0)
    for axis in range(corner, corner + 3):
        far = abs(peek(low, axis)) + abs(peek(high, axis))  # twice the middle or the size, whichever is more
        reach += far * far
    slack = 0.0
    for k in range(turn, turn + 3 * (number - 1), 3):
        x, y, z = peek(turns, k), peek(turns, k + 1), peek(turns, k + 2)
        square = x * x + y * y + z * z
        slack = square if square > slack else slack
    slack = np.sqrt(np.float64(reach)) * slack / 8 + 1e-4
    for axis in range(3):
        least, most = np.inf, -np.inf
        for at in range(12 * first + 4 * axis, 12 * (first + number) + 4 * axis, 12):
            begin, end = peek(poses, at + 3), peek(poses, at + 3)
            for column in range(3):
                value = peek(poses, at + column)
                one, other = value * peek(low, corner + column), value * peek(high, corner + column)
                begin += one if one < other else other
                end += other if one < other else one
            least = begin if begin < least else least
            most = end if end > most else most
        poke(boxes, box + axis, np.float32(least - slack))
        poke(boxes, box + 4 + axis, np.float32(-(most + slack)))
    poke(boxes, box + 3, np.float32(0))
    poke(boxes, box + 7, np.float32(0))


@kernel
def settle(far, far_keys, each, origin, track, mesh, low, high, poses, back, keys, turns, boxes):
    """Put instances and their tracks about a local origin.

    All arrays are flat.
    far, far_keys  (J, 4, 4) and (M, K, 4, 4) world_from_mesh, K is `each`; origin (3,) of the local frame [m]
    track, mesh    (J,) row of keys, -1 at rest, and of low, high (N, 3): corners of each mesh's box
    poses, back    (J, 3, 4) written: world_from_mesh, and its inverse
    keys, turns    (M, K, 3, 4) and (M, K - 1, 3) written: keys, and rotation vectors between them [rad]
    boxes          (J, 8) written as `bvh_split` wants them: what each sweeps from the first key to the last
    """
    tracks = far_keys.shape[0] // (16 * max(each, 1))
    settle_poses(far_keys, tracks * each, origin, keys)
    for m in range(tracks):
        for k in range(each - 1):
            note_turn(keys, 12 * (each * m + k), turns, 3 * ((each - 1) * m + k))
    settle_poses(far, track.shape[0], origin, poses)
    for j in range(track.shape[0]):
        for axis in range(3):
            at, to = 12 * j + axis, 12 * j + 4 * axis
            x, y, z = peek(poses, at), peek(poses, at + 4), peek(poses, at + 8)
            shift = x * peek(poses, 12 * j + 3) + y * peek(poses, 12 * j + 7) + z * peek(poses, 12 * j + 11)
            poke(back, to, np.float32(x))
            poke(back, to + 1, np.float32(y))
            poke(back, to + 2, np.float32(z))
            poke(back, to + 3, np.float32(-shift))
        row, corner = np.int64(peek(track, j)), 3 * np.int64(peek(mesh, j))
        if row < 0:
            sweep_box(low, high, corner, poses, j, np.int64(1), turns, np.int64(0), boxes, 8 * j)
        else:
            turn = 3 * (each - 1) * row
            sweep_box(low, high, corner, keys, each * row, each, turns, turn, boxes, 8 * j)
