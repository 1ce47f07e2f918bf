"""What a receiver sees between its own pulses: sun and sky sent back by the place each beam looks at.

Colours of the light are carried on to the receiver's wavelength by the power law through red and blue: a
clear sky is dark in the near infrared, a clouded one as bright as in the visible.
"""

from typing import NamedTuple

import numpy as np
from drivesynth_kernels import pulse

from drivesynth.arrays import F32, F64
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.light import Light
from drivesynth.sensors.sky import sky_illuminance

WHITE_KLX = 100.0  # white level ground in this light has an ambient value of 1
GROUND_ALBEDO = 0.2  # of what surrounds an upright surface
_RED_NM, _BLUE_NM = 610.0, 465.0
_MOST = 1.0  # reflectivity of what sends a beam back to where it came from, as any other light sees it


class Band(NamedTuple):
    """The light at one wavelength, klx and kcd/m^2 as of white light.

    sun    of a plane that faces it; sky: of level ground; table (TABLE, TABLE): radiance of the sky
    """

    sun: float
    sky: float
    table: F64


def band(light: Light, wavelength_nm: float) -> Band:
    """The light at a wavelength."""
    direct = light.sun_klx * max(float(light.toward_sun[2]), 0.0)
    table = light.table.astype(np.float64)
    # What clouds add to the cloudless table, evenly.
    whole = np.maximum(light.horizontal_klx - direct, 0.0)
    table = table * (whole / np.maximum(sky_illuminance(table), 1e-12))
    shown = _at(table, wavelength_nm)
    return Band(
        float(_at(light.sun_klx, wavelength_nm)),
        float(sky_illuminance(np.repeat(shown[..., None], 3, axis=-1))[0]),
        shown,
    )


def ambient(
    caster: Caster,
    light: Light,
    wavelength_nm: float,
    response: pulse.Response,
    met: pulse.Surface,
    origins: F64,
    directions: F32,
    time_s: float,
    extinction_per_m: float = 0.0,
) -> F32:
    """(R, C) radiance that each beam's receiver sees, 1 is that of white level ground at WHITE_KLX.

    origins, directions  (R, C, 3) world; met: the first surfaces. Shadows are those of `time_s`; of the sky a
    surface sees what its slope leaves, and of the ground the rest.
    extinction_per_m: of the air, one way. It dims what lies behind it by Koschmieder's law and scatters all
    light alike to all sides, none of it lost: far off one sees the mean of what comes from everywhere.
    """
    there = np.isfinite(met.range_m)
    seen = band(light, wavelength_nm)
    normals = np.asarray(met.normals, np.float32).reshape(*there.shape, 3)
    away = np.einsum("rci,rci->rc", normals, directions) > 0.0
    normals = np.where(away[..., None], -normals, normals)
    rho = response.reflectivity[met.material.reshape(there.shape)]
    rho = np.where(rho < 0.0, -rho * met.tint_905.reshape(there.shape), rho)

    toward = light.toward_sun.astype(np.float32)
    facing = np.maximum(normals @ toward, 0.0)
    lit = there & (facing > 0.0) & (light.toward_sun[2] > 0.0)
    points = origins + directions.astype(np.float64) * np.where(there, met.range_m, 0.0)[..., None]
    direct = np.where(lit & ~caster.shadow(points, normals, toward, time_s, lit), facing * seen.sun, 0.0)

    above = (1.0 + normals[..., 2]) / 2.0
    level = seen.sun * max(float(light.toward_sun[2]), 0.0) + seen.sky
    falls = direct + above * seen.sky + (1.0 - above) * GROUND_ALBEDO * level
    surface = np.minimum(rho, _MOST) * falls
    open_sky = np.where(
        directions[..., 2] > 0.0, np.pi * _toward(seen.table, directions), GROUND_ALBEDO * level
    )
    seen_klx = np.where(there, surface, open_sky)
    if extinction_per_m > 0.0:
        glows = seen.sun / 4.0 + (seen.sky + GROUND_ALBEDO * level) / 2.0
        clear = np.exp(-extinction_per_m * np.where(there, met.range_m, np.inf).astype(np.float64))
        seen_klx = clear * seen_klx + (1.0 - clear) * glows
    return np.asarray(seen_klx / WHITE_KLX, np.float32)


def _at(rgb: F64, wavelength_nm: float) -> F64:
    """(...) of (..., 3) at a wavelength."""
    red, blue = np.maximum(rgb[..., 0], 1e-12), np.maximum(rgb[..., 2], 1e-12)
    power = np.clip(np.log(red / blue) / np.log(_RED_NM / _BLUE_NM), -5.0, 1.0)
    return np.asarray(np.where(rgb[..., 0] > 0.0, red * (wavelength_nm / _RED_NM) ** power, 0.0))


def _toward(table: F64, directions: F32) -> F64:
    """(...) the hemi-octahedral table's nearest node to each direction above the horizon."""
    size = len(table)
    flat = directions[..., :2].astype(np.float64) / np.abs(directions).sum(axis=-1, keepdims=True)
    u, v = flat.sum(axis=-1), flat[..., 0] - flat[..., 1]
    nodes = np.clip(np.round((np.stack([u, v]) + 1) / 2 * (size - 1)), 0, size - 1).astype(int)
    return np.asarray(table[nodes[0], nodes[1]])
