"""Radiance of camera samples: sun, sky and bounce on textured materials, seen through the air.

Diffuse: Oren and Nayar, "Generalization of Lambert's Reflectance Model", SIGGRAPH 1994. Sun lobe: Walter
et al., "Microfacet Models for Refraction through Rough Surfaces", EGSR 2007. Fog: Koschmieder's law.
Arithmetic is scalar float64, arrays are float32; radiance in kcd/m^2 of linear sRGB.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivesynth_kernels.jit import inlined, kernel, step
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
    M_TEXTURE,
    M_TINTED,
    Looks,
    painted,
)
from drivesynth_kernels.rows import peek, read3, write3
from drivesynth_kernels.sky import Air, background, environment

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_INV_PI = 1.0 / np.pi
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


@kernel
def shade(
    begin: int, end: int, origin: F64, seen: Seen, looks: Looks, mesh_from_world: F64, air: Air, out: F32
) -> None:
    """Radiance of samples begin..end into `out` (3 N,).

    origin           (3,) the eye, world [m]
    mesh_from_world  (12 I,) rows of three by four: where texture coordinates are counted
    """
    for i in range(begin, end):
        dx, dy, dz = read3(seen.directions, i)
        distance = float(peek(seen.range_m, i))
        if not distance < np.inf:
            r, g, b = background(looks.sky, looks.tiles, air, dx, dy, dz)
            write3(out, i, r, g, b)
            continue
        row = M_SIZE * np.int64(peek(seen.material, i))
        red, green, blue = tell(looks, row, M_R), tell(looks, row, M_G), tell(looks, row, M_B)
        if tell(looks, row, M_TINTED) > 0.0:
            red, green, blue = read3(seen.tint_rgb, i)
        gx, gy, gz = read3(seen.geometric, i)
        nx, ny, nz = read3(seen.normals, i)

        texture = int(tell(looks, row, M_TEXTURE))
        if texture > 0:
            point = (origin[0] + distance * dx, origin[1] + distance * dy, origin[2] + distance * dz)
            # Between the footprint's sides: the long one would blur a road away, the short one shimmer.
            slant = max(-(dx * gx + dy * gy + dz * gz), 0.02)
            footprint = 1.2 * air.pixel * distance / np.sqrt(slant)
            r, g, b, nx, ny, nz = painted(
                looks,
                texture,
                mesh_from_world,
                peek(seen.instance, i),
                point,
                (gx, gy, gz),
                (nx, ny, nz),
                footprint,
            )
            red, green, blue = min(red * r, 1.0), min(green * g, 1.0), min(blue * b, 1.0)

        # A smooth normal of a coarse mesh may look away from the eye: bend it back to the horizon.
        nv = -(dx * nx + dy * ny + dz * nz)
        if nv < 0.02:
            push = 0.02 - nv
            nx, ny, nz = nx - push * dx, ny - push * dy, nz - push * dz
            norm = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz)
            nx, ny, nz = nx * norm, ny * norm, nz * norm
            nv = max(-(dx * nx + dy * ny + dz * nz), 0.001)

        film = 0.0
        porous = tell(looks, row, M_POROUS)
        if porous > 0.0 and air.wetness > 0.0:
            # Water in the pores darkens (Lekner and Dorf, Applied Optics 27, 1988); where level it mirrors.
            dark = 1.0 - 0.5 * porous * air.wetness
            red, green, blue = red * dark, green * dark, blue * dark
            film = 0.45 * air.wetness * max(5.0 * gz - 4.0, 0.0)
            nx, ny, nz = nx + film * (gx - nx), ny + film * (gy - ny), nz + film * (gz - nz)
        if porous > 0.0 and air.snow > 0.0:
            lies = air.snow * min(max((gz - 0.3) * 3.0, 0.0), 1.0)
            film *= 1.0 - lies
            red, green, blue = (
                red + lies * (0.8 - red),
                green + lies * (0.82 - green),
                blue + lies * (0.86 - blue),
            )

        # Ambient: the sky as far as it is seen from here, walls and cars where it is not, ground below.
        o0, ox = float(peek(seen.open_sky, 4 * i)), float(peek(seen.open_sky, 4 * i + 1))
        oy, oz = float(peek(seen.open_sky, 4 * i + 2)), float(peek(seen.open_sky, 4 * i + 3))
        upper = 0.5 + 0.5 * nz
        sky = min(max(o0 + ox * nx + oy * ny + oz * nz, 0.0), 1.2)
        openness = min((sky + 0.05) / (upper + 0.05), 1.0)
        ground = (1.0 - upper) * (0.3 + 0.7 * openness)
        hidden = max(1.0 - sky - ground, 0.0)
        light_r = sky * air.sky_r + hidden * air.bounce_r + ground * air.ground_r
        light_g = sky * air.sky_g + hidden * air.bounce_g + ground * air.ground_g
        light_b = sky * air.sky_b + hidden * air.bounce_b + ground * air.ground_b

        lit = float(peek(seen.sun, i))
        nl = nx * air.sun_x + ny * air.sun_y + nz * air.sun_z
        vl = -(dx * air.sun_x + dy * air.sun_y + dz * air.sun_z)
        half = np.sqrt(max(2.0 + 2.0 * vl, 1e-9))
        nh, vh = min((nl + nv) / half, 1.0), 0.5 * half
        if lit > 0.0:
            if nl > 0.0:
                s = vl - nv * nl
                t = max(nv, nl) if s > 0.0 else 1.0
                oren = tell(looks, row, M_OREN_A) + tell(looks, row, M_OREN_B) * s / t
                diffuse = lit * nl * _INV_PI * oren
            else:
                diffuse = -0.6 * tell(looks, row, M_LEAFY) * lit * nl * _INV_PI  # light through a leaf
                lit = 0.0
            light_r += diffuse * air.sun_r
            light_g += diffuse * air.sun_g
            light_b += diffuse * air.sun_b

        metallic = tell(looks, row, M_METALLIC)
        matt = 1.0 - metallic
        r, g, b = matt * red * light_r, matt * green * light_g, matt * blue * light_b
        coat = max(tell(looks, row, M_COAT), film)
        if metallic > 0.0 or coat > 0.0:
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

        glow = tell(looks, row, M_EMISSION)
        lamp = int(tell(looks, row, M_LAMP))
        if lamp == LAMP_TAIL:
            red_glow = (
                14.0 if peek(seen.lights, i) & _BRAKE else (1.2 if peek(seen.lights, i) & _LOW_BEAM else 0.0)
            )
            r, g, b = r + red_glow, g + 0.035 * red_glow, b + 0.02 * red_glow
        elif lamp == LAMP_HEAD and peek(seen.lights, i) & _LOW_BEAM:
            glow += 40.0
        elif lamp == LAMP_RED and seen.lights[i] & _SIGNAL_RED:
            r, g, b = r + 56.0, g + 1.0, b + 0.5
        elif lamp == LAMP_AMBER and seen.lights[i] & _SIGNAL_AMBER:
            r, g, b = r + 29.0, g + 9.0, b + 0.2
        elif lamp == LAMP_GREEN and seen.lights[i] & _SIGNAL_GREEN:
            r, g, b = r + 0.5, g + 16.3, b + 9.0
        r, g, b = r + glow, g + 0.95 * glow, b + 0.85 * glow

        if air.extinction > 0.0:
            through = np.exp(-air.extinction * distance)
            r = air.air_r + through * (r - air.air_r)
            g = air.air_g + through * (g - air.air_g)
            b = air.air_b + through * (b - air.air_b)
        write3(out, i, r, g, b)
