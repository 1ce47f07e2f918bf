"""Rays one at a time through a median-split tree per mesh: the plain version."""

import numpy as np

from drivesynth_kernels.jit import kernel


@kernel
def build_median(corners, order, lo, hi, left, count):
    """Fill a median-split tree; returns the number of nodes. Nodes of count 0 have children left, left + 1."""
    stack = np.empty((128, 3), np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, 0, order.shape[0]
    top, nodes = 1, 1
    while top > 0:
        top -= 1
        node, first, end = stack[top, 0], stack[top, 1], stack[top, 2]
        for axis in range(3):
            lo[node, axis] = np.inf
            hi[node, axis] = -np.inf
        for i in range(first, end):
            for c in range(3):
                for axis in range(3):
                    x = corners[order[i], c, axis]
                    lo[node, axis] = min(lo[node, axis], x)
                    hi[node, axis] = max(hi[node, axis], x)
        if end - first <= 4:
            left[node], count[node] = first, end - first
            continue
        axis = 0
        for a in range(1, 3):
            if hi[node, a] - lo[node, a] > hi[node, axis] - lo[node, axis]:
                axis = a
        keys = np.empty(end - first, np.float32)
        for i in range(first, end):
            t = order[i]
            keys[i - first] = corners[t, 0, axis] + corners[t, 1, axis] + corners[t, 2, axis]
        rank = np.argsort(keys)
        order[first:end] = order[first:end][rank]
        middle = (first + end) // 2
        left[node], count[node] = nodes, 0
        stack[top, 0], stack[top, 1], stack[top, 2] = nodes, first, middle
        stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2] = nodes + 1, middle, end
        top += 2
        nodes += 2
    return nodes


@kernel
def box_entry(lo, hi, o, d, far):
    """Distance at which a ray enters a box, inf where it misses or enters beyond far."""
    near = 0.0
    for a in range(3):
        if abs(d[a]) < 1e-12:
            if o[a] < lo[a] - 1e-5 or o[a] > hi[a] + 1e-5:
                return np.inf
            continue
        t0 = (lo[a] - 1e-5 - o[a]) / d[a]
        t1 = (hi[a] + 1e-5 - o[a]) / d[a]
        near = max(near, min(t0, t1))
        far = min(far, max(t0, t1))
    return near if near <= far else np.inf


@kernel
def pose_at(keys, rotvec, key_times, track, time, rotation, origin):
    """world_from_mesh of one track at a time."""
    k = 0
    while k < key_times.shape[0] - 2 and time > key_times[k + 1]:
        k += 1
    share = (time - key_times[k]) / (key_times[k + 1] - key_times[k]) if key_times.shape[0] > 1 else 0.0
    m = keys[track, k]
    n = keys[track, min(k + 1, key_times.shape[0] - 1)]
    for a in range(3):
        origin[a] = m[a, 3] + share * (n[a, 3] - m[a, 3])
    w = rotvec[track, k]
    angle = np.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
    r = np.eye(3)
    if angle > 1e-12:
        x, y, z = w[0] / angle, w[1] / angle, w[2] / angle
        s, c = np.sin(angle * share), np.cos(angle * share)
        q = 1.0 - c
        r[0, 0], r[0, 1], r[0, 2] = c + x * x * q, x * y * q - z * s, x * z * q + y * s
        r[1, 0], r[1, 1], r[1, 2] = y * x * q + z * s, c + y * y * q, y * z * q - x * s
        r[2, 0], r[2, 1], r[2, 2] = z * x * q - y * s, z * y * q + x * s, c + z * z * q
    for i in range(3):
        for j in range(3):
            rotation[i, j] = r[i, 0] * m[0, j] + r[i, 1] * m[1, j] + r[i, 2] * m[2, j]


@kernel
def trace_rays(
    origins, directions, times, far_m, begin, end,
    mesh_of, bounds_lo, bounds_hi, inverse_pose, track, key_times, keys, rotvec,
    tree_root, tri_root, lo, hi, left, count, order, corners,
    any_hit, ranges, instances, primitives, us, vs,
):  # fmt: skip
    """Nearest (or any) hit of each ray."""
    o, d, p = np.empty(3), np.empty(3), np.empty(3)
    rotation = np.empty((3, 3))
    stack = np.empty(128, np.int64)
    for ray in range(begin, end):
        best, hit_i, hit_p, hit_u, hit_v = far_m[ray], -1, -1, 0.0, 0.0
        for inst in range(mesh_of.shape[0]):
            if any_hit and hit_i >= 0:
                break
            if not box_entry(bounds_lo[inst], bounds_hi[inst], origins[ray], directions[ray], best) < np.inf:
                continue
            if track[inst] >= 0:
                pose_at(keys, rotvec, key_times, track[inst], times[ray], rotation, p)
                for a in range(3):
                    o[a] = 0.0
                    d[a] = 0.0
                    for b in range(3):
                        o[a] += rotation[b, a] * (origins[ray, b] - p[b])
                        d[a] += rotation[b, a] * directions[ray, b]
            else:
                m = inverse_pose[inst]
                for a in range(3):
                    o[a] = m[a, 3]
                    d[a] = 0.0
                    for b in range(3):
                        o[a] += m[a, b] * origins[ray, b]
                        d[a] += m[a, b] * directions[ray, b]
            base, tri_base = tree_root[mesh_of[inst]], tri_root[mesh_of[inst]]
            if tree_root[mesh_of[inst] + 1] == base:
                continue
            stack[0] = base
            top = 1
            while top > 0:
                top -= 1
                node = stack[top]
                if not box_entry(lo[node], hi[node], o, d, best) < np.inf:
                    continue
                if count[node] == 0:
                    stack[top] = base + left[node]
                    stack[top + 1] = base + left[node] + 1
                    top += 2
                    continue
                for slot in range(tri_base + left[node], tri_base + left[node] + count[node]):
                    t = order[slot]
                    a = corners[tri_base + t]
                    e1x, e1y, e1z = a[1, 0] - a[0, 0], a[1, 1] - a[0, 1], a[1, 2] - a[0, 2]
                    e2x, e2y, e2z = a[2, 0] - a[0, 0], a[2, 1] - a[0, 1], a[2, 2] - a[0, 2]
                    px, py, pz = d[1] * e2z - d[2] * e2y, d[2] * e2x - d[0] * e2z, d[0] * e2y - d[1] * e2x
                    det = e1x * px + e1y * py + e1z * pz
                    sx, sy, sz = o[0] - a[0, 0], o[1] - a[0, 1], o[2] - a[0, 2]
                    qx, qy, qz = sy * e1z - sz * e1y, sz * e1x - sx * e1z, sx * e1y - sy * e1x
                    if det == 0.0:
                        continue
                    u = (sx * px + sy * py + sz * pz) / det
                    v = (d[0] * qx + d[1] * qy + d[2] * qz) / det
                    distance = (e2x * qx + e2y * qy + e2z * qz) / det
                    if u >= 0 and v >= 0 and u + v <= 1 and distance > 0 and distance < best:
                        best, hit_i, hit_p, hit_u, hit_v = distance, inst, t, u, v
        ranges[ray] = best if hit_i >= 0 else np.inf
        instances[ray], primitives[ray], us[ray], vs[ray] = hit_i, hit_p, hit_u, hit_v
