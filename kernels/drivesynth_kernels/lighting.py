"""The light on matt surfaces, eight samples at a time: the sun, the sky as far as it is seen, and the bounce.

Samples lie in a lot, LOT of them, a row of the lot to each of their numbers, so that eight samples' numbers
are one read. A lot stays in the first cache from the pass that fills it to the one that uses it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels import simd
from drivesynth_kernels.jit import inlined
from drivesynth_kernels.rows import peek, poke
from drivesynth_kernels.sky import Air

F32 = NDArray[np.float32]

# Known by type checkers as what they are to kernels, not as numba's way of declaring them.
load8: Any = simd.load8
store: Any = simd.store
select: Any = simd.select
higher_of: Any = simd.higher_of
lower_of: Any = simd.lower_of
root: Any = simd.root
spread8: Any = simd.spread8

LOT = 64
# Rows of a lot; of those of three or four the first is named.
DX, GX, NX = 0, 3, 6  # direction of the ray, geometric normal, shading normal; unit, both normals to the eye
RED = 9  # albedo
SKY = 12  # sky seen from there: mean and first moments
LIT, OREN_A, OREN_B, POROUS, LEAFY, FAR = 16, 17, 18, 19, 20, 21
WIDTH = 22  # of the pixel on the surface [m]
LIGHT = 23  # light that a matt surface sends back of albedo 1 [kcd/m^2]
OPEN, FILM, NV, NL = (
    26,
    27,
    28,
    29,
)  # share of the open sky, of a film of water; cosines to the eye and to the sun
LOT_ROWS = 30


@inlined
def put3(lot: F32, row: int, k: int, x: float, y: float, z: float) -> None:
    """Three numbers of sample k."""
    poke(lot, row * LOT + k, np.float32(x))
    poke(lot, (row + 1) * LOT + k, np.float32(y))
    poke(lot, (row + 2) * LOT + k, np.float32(z))


@inlined
def get3(lot: F32, row: int, k: int) -> Any:
    """Three numbers of sample k, as float64."""
    return (
        np.float64(peek(lot, row * LOT + k)),
        np.float64(peek(lot, (row + 1) * LOT + k)),
        np.float64(peek(lot, (row + 2) * LOT + k)),
    )


@inlined
def load3(lot: F32, row: int, k: int) -> Any:
    """Three numbers of each of eight samples from k on."""
    return load8(lot, row * LOT + k), load8(lot, (row + 1) * LOT + k), load8(lot, (row + 2) * LOT + k)


@inlined
def store3(lot: F32, row: int, k: int, x: Any, y: Any, z: Any) -> None:
    """Three numbers of each of eight samples from k on."""
    store(lot, row * LOT + k, x)
    store(lot, (row + 1) * LOT + k, y)
    store(lot, (row + 2) * LOT + k, z)


@inlined
def measure8(lot: F32, k: int, pixel_rad: float) -> None:
    """How wide the pixels of samples k..k + 7 are on their surfaces."""
    dx, dy, dz = load3(lot, DX, k)
    gx, gy, gz = load3(lot, GX, k)
    # Between the footprint's sides: the long one would blur a road away, the short one shimmer.
    slant = higher_of(-(dx * gx + dy * gy + dz * gz), spread8(np.float32(0.02)))
    store(lot, WIDTH * LOT + k, load8(lot, FAR * LOT + k) * (1.2 * pixel_rad) / root(slant))


@inlined
def light8(lot: F32, k: int, air: Air) -> None:
    """Fill light, openness, film and cosines of samples k..k + 7; normals become unit and look to the eye.

    Where the ground is wet or white the albedo changes too.
    """
    none, whole = spread8(np.float32(0)), spread8(np.float32(1))
    dx, dy, dz = load3(lot, DX, k)
    nx, ny, nz = load3(lot, NX, k)
    per = whole / root(higher_of(nx * nx + ny * ny + nz * nz, spread8(np.float32(1e-12))))
    nx, ny, nz = nx * per, ny * per, nz * per

    # A smooth normal of a coarse mesh may look away from the eye: bend it back to the horizon.
    nv = -(dx * nx + dy * ny + dz * nz)
    push = higher_of(0.02 - nv, none)
    nx, ny, nz = nx - push * dx, ny - push * dy, nz - push * dz
    per = whole / root(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx * per, ny * per, nz * per
    nv = higher_of(-(dx * nx + dy * ny + dz * nz), spread8(np.float32(0.001)))

    film = none
    if air.wetness > 0.0 or air.snow > 0.0:
        gx, gy, gz = load3(lot, GX, k)
        red, green, blue = load3(lot, RED, k)
        porous = load8(lot, POROUS * LOT + k)
        # Water in the pores darkens (Lekner and Dorf, Applied Optics 27, 1988); where level it mirrors.
        dark = 1.0 - porous * (0.5 * air.wetness)
        red, green, blue = red * dark, green * dark, blue * dark
        # On blades of grass it stands in drops.
        film = select(porous > 0.5, higher_of(5.0 * gz - 4.0, none) * (0.45 * air.wetness), none)
        nx, ny, nz = nx + film * (gx - nx), ny + film * (gy - ny), nz + film * (gz - nz)
        lies = lower_of(higher_of((gz - 0.3) * 3.0, none), whole) * air.snow
        lies = select(porous > 0.0, lies, none)
        film = film * (1.0 - lies)
        red, green, blue = (
            red + lies * (0.8 - red),
            green + lies * (0.82 - green),
            blue + lies * (0.86 - blue),
        )
        store3(lot, RED, k, red, green, blue)
    store(lot, FILM * LOT + k, film)
    store3(lot, NX, k, nx, ny, nz)

    # Ambient: the sky as far as it is seen from here, walls and cars where it is not, ground below. Behind
    # a leaf is sky as well, and of its light comes through what the leaf does not send back.
    upper = 0.5 + nz * 0.5
    ox, oy, oz = load3(lot, SKY + 1, k)
    sky = load8(lot, SKY * LOT + k) + ox * nx + oy * ny + oz * nz
    sky = lower_of(higher_of(sky, none), spread8(np.float32(1.2)))
    leafy = load8(lot, LEAFY * LOT + k) * 0.6
    behind = higher_of(load8(lot, SKY * LOT + k) - ox * nx - oy * ny - oz * nz, none) * leafy
    red, green, blue = load3(lot, RED, k)
    openness = lower_of((sky + 0.05) / (upper + 0.05), whole)
    ground = (1.0 - upper) * (0.3 + openness * 0.7)
    hidden = higher_of(1.0 - sky - ground, none)

    # The sun: Oren and Nayar's roughness before a surface, light through it behind a leaf.
    lit = load8(lot, LIT * LOT + k)
    nl = nx * air.sun_x + ny * air.sun_y + nz * air.sun_z
    vl = -(dx * air.sun_x + dy * air.sun_y + dz * air.sun_z)
    s = vl - nv * nl
    t = select(s > 0.0, higher_of(nv, nl), whole)
    oren = load8(lot, OREN_A * LOT + k) + load8(lot, OREN_B * LOT + k) * s / t
    before = nl > 0.0
    diffuse = select(before, oren, none - leafy) * (lit * nl * (1.0 / np.pi))
    store3(
        lot,
        LIGHT,
        k,
        (sky + behind * (1.0 - red)) * air.sky_r
        + hidden * air.bounce_r
        + ground * air.ground_r
        + diffuse * air.sun_r,
        (sky + behind * (1.0 - green)) * air.sky_g
        + hidden * air.bounce_g
        + ground * air.ground_g
        + diffuse * air.sun_g,
        (sky + behind * (1.0 - blue)) * air.sky_b
        + hidden * air.bounce_b
        + ground * air.ground_b
        + diffuse * air.sun_b,
    )
    store(lot, LIT * LOT + k, select(before, lit, none))
    store(lot, OPEN * LOT + k, openness)
    store(lot, NV * LOT + k, nv)
    store(lot, NL * LOT + k, nl)
