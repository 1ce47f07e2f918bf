"""Rays toward a far light, put in an order in which neighbours share a tile.

Neighbours in a picture may lie metres apart in depth; a light far away sees them side by side or not.
Rays are sorted by where they pierce a plane across the light, along Morton's curve through its cells;
rays of one cell keep the picture's order. Sorting rays for coherence: Garanzha and Loop, "Fast Ray Sorting
and Breadth-First Packet Traversal for GPU Ray Tracing", 2010.
"""

import numpy as np

from drivesynth_kernels.jit import kernel, step
from drivesynth_kernels.simd import peek, poke

CELL_M = 0.06
CELLS = 2048  # a side, then the pattern repeats: keys of twice 11 bits, sorted in two passes of DIGITS
DIGITS = 2048
# So many rays at a time are sorted: enough for good neighbours, few enough to stay in the cache.
CHUNK = 131072


@step
def spread_bits(k):
    """The eleven bits of k, each moved to twice its place."""
    k = (k | (k << 8)) & 0x00FF00FF
    k = (k | (k << 4)) & 0x0F0F0F0F
    k = (k | (k << 2)) & 0x33333333
    return (k | (k << 1)) & 0x55555555


@kernel
def order_by_light(points, normals, active, light, lift, across, begin, end, origins, order):
    """Sort the active rays of begin .. end - 1 and lift them off their surfaces; returns how many.

    points   (N, 3) on surfaces with normals (N, 3) [m]; active (N,) which rays ask
    light    (3,) toward it; lift: how far above the surface, on the light's side, rays start [m]
    across   (2, 3) two axes across the light
    origins  (3 M,) written: where rays start, in order; order (M,) written: their rows; M >= end - begin
    """
    lifted = np.empty(3 * (end - begin))
    row_of = np.empty(end - begin, np.int32)
    key = np.empty(end - begin, np.int32)
    first, second = np.zeros(DIGITS, np.int32), np.zeros(DIGITS, np.int32)
    number = 0
    for i in range(begin, end):
        if not active[i]:
            continue
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        facing = nx * light[0] + ny * light[1] + nz * light[2]
        up = lift if facing > 0 else -lift if facing < 0 else 0.0
        x, y, z = points[i, 0] + up * nx, points[i, 1] + up * ny, points[i, 2] + up * nz
        a = np.int64(np.floor((across[0, 0] * x + across[0, 1] * y + across[0, 2] * z) / CELL_M))
        b = np.int64(np.floor((across[1, 0] * x + across[1, 1] * y + across[1, 2] * z) / CELL_M))
        cell = spread_bits(a & (CELLS - 1)) | (spread_bits(b & (CELLS - 1)) << 1)
        lifted[3 * number], lifted[3 * number + 1], lifted[3 * number + 2] = x, y, z
        row_of[number] = i
        key[number] = cell
        first[cell & (DIGITS - 1)] += 1
        second[cell >> 11] += 1
        number += 1
    at_first, at_second = np.int32(0), np.int32(0)
    for k in range(DIGITS):  # from counts to where each digit starts
        n, m = first[k], second[k]
        first[k], second[k] = at_first, at_second
        at_first, at_second = at_first + n, at_second + m
    by_low_digit = np.empty(number, np.int32)
    for i in range(number):
        digit = peek(key, i) & (DIGITS - 1)
        poke(by_low_digit, np.int64(peek(first, digit)), np.int32(i))
        poke(first, digit, peek(first, digit) + np.int32(1))
    for k in range(number):
        i = np.int64(peek(by_low_digit, k))
        digit = peek(key, i) >> 11
        place = np.int64(peek(second, digit))
        poke(second, digit, np.int32(place + 1))
        for axis in range(3):
            poke(origins, 3 * place + axis, peek(lifted, 3 * i + axis))
        poke(order, place, peek(row_of, i))
    return number
