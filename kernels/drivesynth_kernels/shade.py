"""Radiance of camera samples: sun, sky and bounce on textured materials, seen through the air.

Diffuse: Oren and Nayar, "Generalization of Lambert's Reflectance Model", SIGGRAPH 1994. Sun lobe: Walter
et al., "Microfacet Models for Refraction through Rough Surfaces", EGSR 2007. Fog: Koschmieder's law.
Radiance in kcd/m^2 of linear sRGB. Samples go by lots: what they meet is gathered and painted one by one, the
light on it is found eight at a time (`lighting`), and what few of them have is added one by one: gloss, lamps, fog.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel, step
from drivesynth_kernels.lighting import (
    DX,
    FAR,
    FILM,
    GX,
    LEAFY,
    LIGHT,
    LIT,
    LOT,
    LOT_ROWS,
    NL,
    NV,
    NX,
    OPEN,
    OREN_A,
    OREN_B,
    POROUS,
    RED,
    SKY,
    get3,
    light8,
    measure8,
    put3,
)
from drivesynth_kernels.paint import (
    LAMP_AMBER,
    LAMP_GREEN,
    LAMP_HEAD,
    LAMP_RED,
    LAMP_TAIL,
    M_B,
    M_COAT,
    M_EMISSION,
    M_G,
    M_LAMP,
    M_LEAFY,
    M_METALLIC,
    M_OREN_A,
    M_OREN_B,
    M_POROUS,
    M_R,
    M_ROUGHNESS,
    M_SIZE,
    M_TINTED,
    PLACES,
    SPOTS,
    Brush,
    Looks,
    paint,
)
from drivesynth_kernels.rows import peek, poke, read3, write3
from drivesynth_kernels.sky import Air, background, environment

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_BRAKE, _LOW_BEAM = 1, 8  # bits of an instance's lights
# Bits of a signal head, and what its lit lenses radiate: 400 cd from a disc of 0.20 m (EN 12368, class 3)
# are 12.7 kcd/m^2, in the signal colours of CIE S 004.
_SIGNAL_RED, _SIGNAL_AMBER, _SIGNAL_GREEN = 1 << 16, 1 << 17, 1 << 18
_COAT_ROUGHNESS, _FILM_ROUGHNESS = 0.12, 0.4
_F0_COAT, _F0_WATER = 0.04, 0.02  # reflectance at normal incidence for n = 1.5 and 1.33


class Seen(NamedTuple):
    """What the samples' rays met, N samples; rows of three and four lie flat, one after the other.

    directions  (3 N,) unit, world; range_m (N,) inf for the sky
    instance, material, lights  (N,) of the surface met; tint_rgb (3 N,)
    geometric, normals  (3 N,) unit, turned to the eye
    sun         (N,) share of the sun's disc that is seen
    open_sky    (4 N,) sky seen from there: mean and first moments; 0.5 and (0, 0, 0.5) is all of it
    """

    directions: F32
    range_m: F32
    instance: I32
    material: I32
    lights: I32
    tint_rgb: F32
    geometric: F32
    normals: F32
    sun: F32
    open_sky: F32


@step
def fresnel(f0: float, cosine: float) -> float:
    """Schlick, "An Inexpensive BRDF Model for Physically-based Rendering", 1994, eq. 15."""
    m = 1.0 - cosine
    return f0 + (1.0 - f0) * m * m * m * m * m


@step
def lobe(roughness: float, nh: float, nl: float, nv: float) -> float:
    """GGX distribution with Smith's shadowing over 4 nl nv (Walter et al. 2007, eq. 33 and 34)."""
    a = roughness * roughness
    q = nh * nh * (a * a - 1.0) + 1.0
    k = 0.5 * a
    return a * a / (np.pi * q * q) / (4.0 * (nl * (1.0 - k) + k) * (nv * (1.0 - k) + k))


@inlined
def tell(looks: Looks, row: Any, column: int) -> Any:
    """A number of the material table; `row` is where the material begins."""
    return np.float64(peek(looks.materials, row + column))


@inlined
def gather(begin: int, end: int, seen: Seen, looks: Looks, air: Air, who: I32, lot: F32, out: F32) -> int:
    """Put the samples begin..end that meet a surface into the lot and the sky's radiance into `out`; how many.

    who  (LOT,) their numbers; lot as in `lighting`: what is known of the surface before it is painted
    """
    count = 0
    for i in range(begin, end):
        dx, dy, dz = read3(seen.directions, i)
        distance = peek(seen.range_m, i)
        if not distance < np.inf:
            r, g, b = background(looks.sky, looks.tiles, air, dx, dy, dz)
            write3(out, i, r, g, b)
            continue
        row = M_SIZE * np.int64(peek(seen.material, i))
        put3(lot, DX, count, dx, dy, dz)
        poke(lot, FAR * LOT + count, distance)
        gx, gy, gz = read3(seen.geometric, i)
        put3(lot, GX, count, gx, gy, gz)
        nx, ny, nz = read3(seen.normals, i)
        put3(lot, NX, count, nx, ny, nz)
        if peek(looks.materials, row + M_TINTED) > 0.0:
            red, green, blue = read3(seen.tint_rgb, i)
        else:
            red, green, blue = tell(looks, row, M_R), tell(looks, row, M_G), tell(looks, row, M_B)
        put3(lot, RED, count, red, green, blue)
        for k in range(4):
            poke(lot, (SKY + k) * LOT + count, peek(seen.open_sky, 4 * i + k))
        poke(lot, LIT * LOT + count, peek(seen.sun, i))
        poke(lot, OREN_A * LOT + count, peek(looks.materials, row + M_OREN_A))
        poke(lot, OREN_B * LOT + count, peek(looks.materials, row + M_OREN_B))
        poke(lot, POROUS * LOT + count, peek(looks.materials, row + M_POROUS))
        poke(lot, LEAFY * LOT + count, peek(looks.materials, row + M_LEAFY))
        poke(who, count, np.int32(i))
        count += 1
    return count


@inlined
def gloss(looks: Looks, row: Any, air: Air, k: int, lot: F32) -> Any:
    """Radiance of sample k of a lot whose material is metal, has a coat or is covered by a film of water."""
    metallic, film = tell(looks, row, M_METALLIC), np.float64(peek(lot, FILM * LOT + k))
    coat = max(tell(looks, row, M_COAT), film)
    dx, dy, dz = get3(lot, DX, k)
    nx, ny, nz = get3(lot, NX, k)
    red, green, blue = get3(lot, RED, k)
    light_r, light_g, light_b = get3(lot, LIGHT, k)
    nv, nl = np.float64(peek(lot, NV * LOT + k)), np.float64(peek(lot, NL * LOT + k))
    lit, openness = np.float64(peek(lot, LIT * LOT + k)), np.float64(peek(lot, OPEN * LOT + k))
    half = np.sqrt(max(2.0 - 2.0 * (dx * air.sun_x + dy * air.sun_y + dz * air.sun_z), 1e-9))
    nh, vh = min((nl + nv) / half, 1.0), 0.5 * half
    matt = 1.0 - metallic
    r, g, b = matt * red * light_r, matt * green * light_g, matt * blue * light_b
    front = 0.1 if film > 0.0 else 0.3
    er, eg, eb = environment(
        looks.sky, air, front, dx + 2.0 * nv * nx, dy + 2.0 * nv * ny, dz + 2.0 * nv * nz
    )
    er = air.bounce_r + openness * (er - air.bounce_r)
    eg = air.bounce_g + openness * (eg - air.bounce_g)
    eb = air.bounce_b + openness * (eb - air.bounce_b)
    if metallic > 0.0:
        # A rough metal mirrors a blur between the mirror direction and the mean.
        roughness = tell(looks, row, M_ROUGHNESS)
        blur = min(1.5 * roughness, 1.0)
        shine = lit * nl * lobe(roughness, nh, nl, nv) if lit > 0.0 else 0.0
        r += metallic * red * (er + blur * (light_r - er) + shine * air.sun_r)
        g += metallic * green * (eg + blur * (light_g - eg) + shine * air.sun_g)
        b += metallic * blue * (eb + blur * (light_b - eb) + shine * air.sun_b)
    if coat > 0.0:
        f0, roughness = (_F0_WATER, _FILM_ROUGHNESS) if film > 0.0 else (_F0_COAT, _COAT_ROUGHNESS)
        mirror = coat * fresnel(f0, nv)
        shine = coat * fresnel(f0, vh) * lit * nl * lobe(roughness, nh, nl, nv) if lit > 0.0 else 0.0
        r += mirror * (er - r) + shine * air.sun_r
        g += mirror * (eg - g) + shine * air.sun_g
        b += mirror * (eb - b) + shine * air.sun_b
    return r, g, b


@inlined
def glow(lamp: Any, lights: Any) -> Any:
    """What a lamp radiates of itself, given the instance's lights."""
    if lamp == LAMP_TAIL:
        red = 14.0 if lights & _BRAKE else (1.2 if lights & _LOW_BEAM else 0.0)
        return red, 0.035 * red, 0.02 * red
    if lamp == LAMP_HEAD and lights & _LOW_BEAM:
        return 40.0, 0.95 * 40.0, 0.85 * 40.0
    if lamp == LAMP_RED and lights & _SIGNAL_RED:
        return 56.0, 1.0, 0.5
    if lamp == LAMP_AMBER and lights & _SIGNAL_AMBER:
        return 29.0, 9.0, 0.2
    if lamp == LAMP_GREEN and lights & _SIGNAL_GREEN:
        return 0.5, 16.3, 9.0
    return 0.0, 0.0, 0.0


@inlined
def finish(count: int, seen: Seen, looks: Looks, air: Air, who: I32, lot: F32, out: F32) -> None:
    """Radiance of a lot whose light is known into `out`."""
    for k in range(count):
        i = np.int64(peek(who, k))
        row = M_SIZE * np.int64(peek(seen.material, i))
        shiny = max(peek(looks.materials, row + M_METALLIC), peek(looks.materials, row + M_COAT))
        if max(shiny, peek(lot, FILM * LOT + k)) > 0.0:
            r, g, b = gloss(looks, row, air, k, lot)
        else:
            red, green, blue = get3(lot, RED, k)
            r, g, b = get3(lot, LIGHT, k)
            r, g, b = red * r, green * g, blue * b
        emission, lamp = tell(looks, row, M_EMISSION), np.int64(peek(looks.materials, row + M_LAMP))
        if emission > 0.0 or lamp > 0:
            red, green, blue = glow(lamp, np.int64(peek(seen.lights, i)))
            r, g, b = r + emission + red, g + 0.95 * emission + green, b + 0.85 * emission + blue
        if air.extinction > 0.0:
            through = np.exp(-air.extinction * np.float64(peek(lot, FAR * LOT + k)))
            r = air.air_r + through * (r - air.air_r)
            g = air.air_g + through * (g - air.air_g)
            b = air.air_b + through * (b - air.air_b)
        write3(out, i, r, g, b)


@kernel
def shade(
    begin: int, end: int, origin: F64, seen: Seen, looks: Looks, mesh_from_world: F64, air: Air, out: F32
) -> None:
    """Radiance of samples begin..end into `out` (3 N,).

    origin           (3,) the eye, world [m], or (3 N,) where each sample's ray begins
    mesh_from_world  (12 I,) rows of three by four: where texture coordinates are counted
    """
    who, lot = np.zeros(LOT, np.int32), np.zeros(LOT * LOT_ROWS, np.float32)
    textured, wear, axes = np.zeros(LOT, np.int64), np.zeros(LOT, np.int64), np.zeros(2 * LOT, np.int64)
    places, spots = np.zeros(PLACES * LOT, np.float32), np.zeros(SPOTS * LOT, np.int32)
    scratch = Brush(textured, wear, axes, places, spots, np.zeros(2 * LOT, np.int64))
    for first in range(begin, end, LOT):
        count = gather(first, min(first + LOT, end), seen, looks, air, who, lot, out)
        for k in range(0, count, 8):
            measure8(lot, k, air.pixel)
        paint(count, origin, seen.instance, seen.material, looks, mesh_from_world, who, lot, scratch)
        for k in range(0, count, 8):
            light8(lot, k, air)
        finish(count, seen, looks, air, who, lot, out)
