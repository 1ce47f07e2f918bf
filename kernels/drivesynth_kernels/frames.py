"""Where instances are: rows mesh_from_world at a time, their rate of change, the boxes they sweep.

Between two keys an origin moves linearly and the rotation turns at constant rate, R(s) = exp(s w) R0
with w the rotation vector of R1 R0^T (Rodrigues' formula).
"""

import numpy as np

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.simd import fma, load16, store
from drivesynth_kernels.tile import LANES, LATER, LOCAL, WORLD


@kernel
def segment_turns(keys, turns):
    """Rotation vectors from each key to the next.

    keys   (M, K, 3, 4) world_from_mesh; turns (M, K - 1, 3) written [rad]
    """
    for m in range(keys.shape[0]):
        for k in range(keys.shape[1] - 1):
            x, y, z, trace = 0.0, 0.0, 0.0, 0.0
            for a in range(3):
                p0, p1, p2 = keys[m, k, 0, a], keys[m, k, 1, a], keys[m, k, 2, a]
                q0, q1, q2 = keys[m, k + 1, 0, a], keys[m, k + 1, 1, a], keys[m, k + 1, 2, a]
                x += q2 * p1 - q1 * p2
                y += q0 * p2 - q2 * p0
                z += q1 * p0 - q0 * p1
                trace += q0 * p0 + q1 * p1 + q2 * p2
            sine = np.sqrt(x * x + y * y + z * z) / 2
            angle = np.arctan2(sine, (trace - 1) / 2)
            scale = angle / (2 * sine) if sine > 1e-9 else 0.5
            turns[m, k, 0], turns[m, k, 1], turns[m, k, 2] = x * scale, y * scale, z * scale


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


@inlined
def reach_along(poses, row, k, axis, middle, half):
    """Middle and half extent along an axis of a box in a pose: three coordinates of each come in."""
    x, y, z = poses[row, k, axis, 0], poses[row, k, axis, 1], poses[row, k, axis, 2]
    there = poses[row, k, axis, 3] + x * middle[0] + y * middle[1] + z * middle[2]
    return there, abs(x) * half[0] + abs(y) * half[1] + abs(z) * half[2]


@kernel
def swept_boxes(low, high, poses, track, keys, turns, boxes, ids):
    """The boxes that instances sweep between the first and the last key.

    low, high  (J, 3) of each instance's mesh; poses (J, 1, 3, 4) world_from_mesh of those at rest
    track      (J,) row of keys, -1 at rest; keys (M, K, 3, 4); turns (M, K - 1, 3)
    boxes      (8 J,) written as `bvh_split` wants them; ids (J,) written: 0 .. J - 1

    Between keys a point leaves the chord of its path by at most r (1 - cos(angle / 2)) <= r angle^2 / 8.
    """
    for j in range(track.shape[0]):
        x0, y0, z0 = np.float64(low[j, 0]), np.float64(low[j, 1]), np.float64(low[j, 2])
        x1, y1, z1 = np.float64(high[j, 0]), np.float64(high[j, 1]), np.float64(high[j, 2])
        middle = ((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2)
        half = ((x1 - x0) / 2, (y1 - y0) / 2, (z1 - z0) / 2)
        x, y, z = max(abs(x0), abs(x1)), max(abs(y0), abs(y1)), max(abs(z0), abs(z1))
        reach, slack = np.sqrt(x * x + y * y + z * z), 0.0
        row = np.int64(track[j])
        if row >= 0:
            for k in range(keys.shape[1] - 1):
                x, y, z = turns[row, k, 0], turns[row, k, 1], turns[row, k, 2]
                slack = max(slack, reach * (x * x + y * y + z * z) / 8)
        slack += 1e-4
        for axis in range(3):
            least, most = np.inf, -np.inf
            if row < 0:
                there, wide = reach_along(poses, j, 0, axis, middle, half)
                least, most = there - wide, there + wide
            else:
                for k in range(keys.shape[1]):
                    there, wide = reach_along(keys, row, k, axis, middle, half)
                    least, most = min(least, there - wide), max(most, there + wide)
            boxes[8 * j + axis], boxes[8 * j + 4 + axis] = least - slack, -(most + slack)
        boxes[8 * j + 3] = boxes[8 * j + 7] = 0.0
        ids[j] = j
