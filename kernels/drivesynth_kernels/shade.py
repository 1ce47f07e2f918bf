"""Radiance of camera samples: sun, sky and bounce on textured materials, seen through the air.

Diffuse: Oren and Nayar, "Generalization of Lambert's Reflectance Model", SIGGRAPH 1994. Sun lobe: Walter
et al., "Microfacet Models for Refraction through Rough Surfaces", EGSR 2007, with Schlick's Fresnel.
Fog: Koschmieder's law. Scalar arithmetic in float64, arrays in float32; radiance in kcd/m^2 of linear sRGB.
"""

import numpy as np

from drivesynth_kernels.jit import kernel
from drivesynth_kernels.sky import background, environment
from drivesynth_kernels.texture import read_plain, read_tile

# Columns of the material table.
M_R, M_G, M_B, M_ROUGHNESS, M_METALLIC, M_COAT, M_OREN_A, M_OREN_B = 0, 1, 2, 3, 4, 5, 6, 7
M_TINTED, M_TEXTURE, M_POROUS, M_LEAFY, M_EMISSION, M_LAMP = 8, 9, 10, 11, 12, 13
M_SIZE = 16
LAMP_TAIL, LAMP_HEAD = 1, 2

# Columns of the texture table.
T_PER_M, T_RELIEF, T_R, T_G, T_B, T_COARSE_PER_M, T_COARSE = 0, 1, 2, 3, 4, 5, 6
T_SIZE = 8

_INV_PI = 1.0 / np.pi
_BRAKE, _LOW_BEAM = 1, 8  # bits of an instance's lights


@kernel
def fresnel(f0, cosine):
    """Schlick, "An Inexpensive BRDF Model for Physically-based Rendering", 1994, eq. 15."""
    m = 1.0 - cosine
    return f0 + (1.0 - f0) * m * m * m * m * m


@kernel
def lobe(roughness, nh, nl, nv):
    """GGX distribution times Smith's visibility, per unit of cosine-weighted light (Walter 2007, eq. 33-34)."""
    a = roughness * roughness
    a2 = a * a
    q = nh * nh * (a2 - 1.0) + 1.0
    k = 0.5 * a
    return a2 / (np.pi * q * q) / (4.0 * (nl * (1.0 - k) + k) * (nv * (1.0 - k) + k))


@kernel
def shade(
    begin, end, origin, directions, range_m, instance, material, tint, lights, geometric, normals,
    sun, open_sky, materials, textures, tiles, clouds, mesh_from_world, table, air, out,
):  # fmt: skip
    """Radiance of samples begin..end.

    origin           (3,) float64 world [m]; directions (N, 3) unit, world
    range_m          (N,) inf for the sky
    instance, material, lights  (N,) of the surface met; tint (N, 3)
    geometric, normals  (N, 3) unit normals turned to the eye
    sun              (N,) share of the sun that is seen
    open_sky         (N, 4) sky seen from there: mean and first-order moments, 0.5 and (0, 0, 0.5) if all of it
    materials        (M, M_SIZE); textures (T, T_SIZE); tiles (T, texels)
    mesh_from_world  (I, 3, 4) where texture coordinates are counted
    table, air, clouds  see `sky`
    out              (N, 3) written: radiance [kcd/m^2]
    """
    for i in range(begin, end):
        dx, dy, dz = np.float64(directions[i, 0]), np.float64(directions[i, 1]), np.float64(directions[i, 2])
        distance = np.float64(range_m[i])
        if not distance < np.inf:
            r, g, b = background(table, air, clouds, dx, dy, dz)
            out[i, 0], out[i, 1], out[i, 2] = r, g, b
            continue
        row = materials[material[i]]
        red, green, blue = np.float64(row[M_R]), np.float64(row[M_G]), np.float64(row[M_B])
        if row[M_TINTED] > 0.0:
            red, green, blue = np.float64(tint[i, 0]), np.float64(tint[i, 1]), np.float64(tint[i, 2])
        gx, gy, gz = np.float64(geometric[i, 0]), np.float64(geometric[i, 1]), np.float64(geometric[i, 2])
        nx, ny, nz = np.float64(normals[i, 0]), np.float64(normals[i, 1]), np.float64(normals[i, 2])
        roughness = np.float64(row[M_ROUGHNESS])
        snow = air.snow
        leafy = np.float64(row[M_LEAFY])

        texture = int(row[M_TEXTURE])
        if texture > 0:
            # Texture coordinates: the mesh's own axes, by the plane that the face lies nearest to.
            m = mesh_from_world[instance[i]]
            wx, wy, wz = origin[0] + distance * dx, origin[1] + distance * dy, origin[2] + distance * dz
            px = m[0, 0] * wx + m[0, 1] * wy + m[0, 2] * wz + m[0, 3]
            py = m[1, 0] * wx + m[1, 1] * wy + m[1, 2] * wz + m[1, 3]
            pz = m[2, 0] * wx + m[2, 1] * wy + m[2, 2] * wz + m[2, 3]
            hx = m[0, 0] * gx + m[0, 1] * gy + m[0, 2] * gz
            hy = m[1, 0] * gx + m[1, 1] * gy + m[1, 2] * gz
            hz = m[2, 0] * gx + m[2, 1] * gy + m[2, 2] * gz
            # Between the footprint's sides: its long one would blur a road away, its short one shimmer.
            cosine = max(-(dx * gx + dy * gy + dz * gz), 0.02)
            pixel = air.pixel * distance / np.sqrt(cosine) * 1.2
            if abs(hz) >= abs(hx) and abs(hz) >= abs(hy):
                tx, ty, ax, ay = px, py, 0, 1
            elif abs(hx) >= abs(hy):
                tx, ty, ax, ay = py, pz, 1, 2
            else:
                tx, ty, ax, ay = px, pz, 0, 2
            tex = textures[texture]
            k = np.float64(tex[T_PER_M])
            tone, share, slope_x, slope_y = read_tile(tiles[texture], tx * k, ty * k, pixel * k)
            k = np.float64(tex[T_COARSE_PER_M])
            if k > 0.0:
                coarse, coarse_share, _, _ = read_plain(tiles[texture], tx * k + 0.31, ty * k + 0.67, pixel * k)
                tone *= 1.0 + tex[T_COARSE] * (coarse - 1.0)
                share = min(max(share + 0.6 * (coarse_share - 0.5), 0.0), 1.0)
            red *= tone * (1.0 + share * (tex[T_R] - 1.0))
            green *= tone * (1.0 + share * (tex[T_G] - 1.0))
            blue *= tone * (1.0 + share * (tex[T_B] - 1.0))
            relief = np.float64(tex[T_RELIEF])
            if relief > 0.0:
                sx, sy = relief * slope_x, relief * slope_y
                nx -= sx * m[ax, 0] + sy * m[ay, 0]
                ny -= sx * m[ax, 1] + sy * m[ay, 1]
                nz -= sx * m[ax, 2] + sy * m[ay, 2]
                norm = 1.0 / np.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
                nx, ny, nz = nx * norm, ny * norm, nz * norm

        # Smooth normals of coarse meshes may point away from the eye; bend them back to its horizon.
        nv = -(dx * nx + dy * ny + dz * nz)
        if nv < 0.02:
            push = 0.02 - nv
            nx, ny, nz = nx - push * dx, ny - push * dy, nz - push * dz
            norm = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz)
            nx, ny, nz = nx * norm, ny * norm, nz * norm
            nv = max(-(dx * nx + dy * ny + dz * nz), 0.001)

        coat = np.float64(row[M_COAT])
        porous = np.float64(row[M_POROUS])
        film = 0.0
        if porous > 0.0:
            if air.wetness > 0.0:
                # Wet pores trap light (Lekner and Dorf 1988); a film on level ground mirrors.
                dark = 1.0 - 0.5 * porous * air.wetness
                red, green, blue = red * dark, green * dark, blue * dark
                film = air.wetness * max(gz, 0.0) * 0.8
                nx, ny, nz = nx + film * (gx - nx), ny + film * (gy - ny), nz + film * (gz - nz)
            if snow > 0.0:
                lies = snow * min(max((gz - 0.3) * 3.0, 0.0), 1.0)
                red, green, blue = red + lies * (0.8 - red), green + lies * (0.82 - green), blue + lies * (0.86 - blue)
                film *= 1.0 - lies

        # Ambient: what of the sky is seen from here, walls and cars where it is hidden, ground below.
        upper = 0.5 + 0.5 * nz
        o0, o1, o2, o3 = open_sky[i, 0], open_sky[i, 1], open_sky[i, 2], open_sky[i, 3]
        seen = min(max(o0 + o1 * nx + o2 * ny + o3 * nz, 0.0), 1.2)
        hidden = max(upper - seen, 0.0)
        openness = min((seen + 0.05) / (upper + 0.05), 1.0)
        lower = (1.0 - upper) * (0.3 + 0.7 * openness)
        light_r = seen * air.sky_r + hidden * air.bounce_r + lower * air.ground_r
        light_g = seen * air.sky_g + hidden * air.bounce_g + lower * air.ground_g
        light_b = seen * air.sky_b + hidden * air.bounce_b + lower * air.ground_b

        # Sun: diffuse, and the half vector for the lobes.
        lit = np.float64(sun[i])
        nl = nx * air.sun_x + ny * air.sun_y + nz * air.sun_z
        vl = -(dx * air.sun_x + dy * air.sun_y + dz * air.sun_z)
        nh, vh = 0.0, 0.0
        if lit > 0.0:
            if nl > 0.0:
                s = vl - nv * nl
                t = max(nv, nl) if s > 0.0 else 1.0
                diffuse = lit * nl * _INV_PI * (row[M_OREN_A] + row[M_OREN_B] * s / t)
                half = np.sqrt(max(2.0 + 2.0 * vl, 1e-9))
                nh, vh = min((nl + nv) / half, 1.0), 0.5 * half
            else:
                diffuse = -0.6 * leafy * lit * nl * _INV_PI  # light through a leaf
            light_r += diffuse * air.sun_r
            light_g += diffuse * air.sun_g
            light_b += diffuse * air.sun_b

        metallic = np.float64(row[M_METALLIC])
        r, g, b = red * (1.0 - metallic) * light_r, green * (1.0 - metallic) * light_g, blue * (1.0 - metallic) * light_b
        if metallic > 0.0 or coat > 0.0 or film > 0.0:
            rx, ry, rz = dx + 2.0 * nv * nx, dy + 2.0 * nv * ny, dz + 2.0 * nv * nz
            er, eg, eb = environment(table, air, rx, ry, rz)
            er = air.bounce_r + openness * (er - air.bounce_r)
            eg = air.bounce_g + openness * (eg - air.bounce_g)
            eb = air.bounce_b + openness * (eb - air.bounce_b)
            if metallic > 0.0:
                # A rough metal mirrors a blur between the mirror direction and the mean.
                blur = min(roughness * 1.5, 1.0)
                r += metallic * red * (er + blur * (light_r - er))
                g += metallic * green * (eg + blur * (light_g - eg))
                b += metallic * blue * (eb + blur * (light_b - eb))
                if lit > 0.0 and nl > 0.0 and roughness < 0.9:
                    shine = metallic * lit * nl * lobe(roughness, nh, nl, nv)
                    r, g, b = r + shine * red * air.sun_r, g + shine * green * air.sun_g, b + shine * blue * air.sun_b
            if coat > 0.0 or film > 0.0:
                strength = max(coat, film)
                f = strength * fresnel(0.04 if coat > 0.0 else 0.02, nv)
                r, g, b = r + f * (er - r), g + f * (eg - g), b + f * (eb - b)
                if lit > 0.0 and nl > 0.0:
                    shine = strength * fresnel(0.04, vh) * lit * nl * lobe(0.12 if coat > 0.0 else 0.4, nh, nl, nv)
                    r, g, b = r + shine * air.sun_r, g + shine * air.sun_g, b + shine * air.sun_b

        lamp = int(row[M_LAMP])
        glow = np.float64(row[M_EMISSION])
        if lamp == LAMP_TAIL:
            if lights[i] & _BRAKE:
                r, g, b = r + 14.0, g + 0.5, b + 0.3
            elif lights[i] & _LOW_BEAM:
                r, g, b = r + 1.2, g + 0.04, b + 0.03
        elif lamp == LAMP_HEAD and lights[i] & _LOW_BEAM:
            glow += 40.0
        if glow > 0.0:
            r, g, b = r + glow, g + glow * 0.95, b + glow * 0.85

        if air.extinction > 0.0:
            t = np.exp(-air.extinction * distance)
            r, g, b = air.air_r + t * (r - air.air_r), air.air_g + t * (g - air.air_g), air.air_b + t * (b - air.air_b)
        out[i, 0], out[i, 1], out[i, 2] = r, g, b
