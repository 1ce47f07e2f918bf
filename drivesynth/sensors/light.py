"""The light of an environment: sun, sky, clouds, fog and what they leave for the shade.

Radiance in kcd/m^2 and illuminance in klx, per channel of linear sRGB, so that a grey world has equal
channels. Clear sky: Preetham, Shirley and Smits, "A Practical Analytic Model for Daylight", SIGGRAPH
1999. Clouded sky: Kasten and Czeplak, "Solar and terrestrial radiation dependent on the amount and
type of cloud", Solar Energy 24 (1980), over the CIE overcast sky.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from drivesynth_kernels.sky import TABLE, Air

from drivesynth.arrays import F32, F64
from drivesynth.scenario.model import Environment
from drivesynth.sensors.sky import preetham_sky, sky_illuminance, sun_illuminance_klx, table_directions
from drivesynth.sensors.weather import extinction_per_m

_GROUND_ALBEDO = np.array([0.16, 0.16, 0.135])
_HIDING_ALBEDO = np.array([0.15, 0.15, 0.125])  # what stands around: leaves, walls, cars
_TREE_ALBEDO = np.array([0.043, 0.054, 0.03])
_SNOW_ALBEDO = np.array([0.8, 0.82, 0.86])
_CLOUD_TINT = np.array([0.97, 1.0, 1.04])
_FOG_HEIGHT_M = 60.0
_HAZY_M = 300.0  # over this way haze without fog takes the colours out of the sky's light
_GREEN_NM = 550.0
_DUST_TINT, _SMOKE_TINT = np.array([0.95, 0.86, 0.70]), np.array([0.80, 0.79, 0.78])
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, eq=False)
class Light:
    """What falls on the world and into the eye.

    toward_sun      (3,) unit, world
    sun_klx         (3,) illuminance of a plane that faces the sun
    table           (TABLE, TABLE, 3) radiance of the sky without clouds, hemi-octahedral
    horizontal_klx  (3,) illuminance of open level ground, sun and sky
    air             the same and the rest as the kernels take it
    """

    toward_sun: F64
    sun_klx: F64
    table: F32
    horizontal_klx: F64
    air: Air


@lru_cache(maxsize=64)
def light_of(environment: Environment) -> Light:
    """The light of a draw's weather and time."""
    elevation, azimuth = environment.sun_elevation_rad, environment.sun_azimuth_rad
    toward_sun = np.array(
        [np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)]
    )
    cover = environment.cloud_ratio
    clear_sun = sun_illuminance_klx(elevation, environment.turbidity)
    clear_table = preetham_sky(toward_sun, environment.turbidity)
    clear_sky = sky_illuminance(clear_table)

    # Kasten and Czeplak: clouds take this share of the global illuminance, and scatter the rest.
    clear_global = clear_sun * max(np.sin(elevation), 0.0) + clear_sky
    total = clear_global * (1 - 0.75 * cover**3.4)
    direct_share = (1 - (0.3 + 0.7 * cover**2)) / 0.7
    sun = clear_sun * direct_share * (1 - 0.75 * cover**3.4)
    sky = total - sun * max(np.sin(elevation), 0.0)

    # One way, of all that fills the air, as the LiDAR's pulses have it at their wavelength.
    extinction = extinction_per_m(environment, _GREEN_NM)
    hanging = environment.model_copy(update={"rain_mm_h": 0.0, "snow_mm_h": 0.0})
    layer = extinction_per_m(hanging, _GREEN_NM)
    if layer > 0.0:
        # Fog, dust and smoke dim the sun; half of what they take comes down again as light from all around.
        through = np.exp(-layer * _FOG_HEIGHT_M / max(np.sin(elevation), 0.1))
        sky = sky + 0.5 * (1 - through) * sun * max(np.sin(elevation), 0.0)
        sun = sun * through

    # What clouds and fog scatter has hardly a colour.
    foggy = environment.fog_mor_m is not None
    dull = max(cover**2, 1.0 if foggy else 1.0 - float(np.exp(-_HAZY_M * extinction)))
    sky = (1 - dull) * sky + dull * float(sky @ _LUMINANCE) * _CLOUD_TINT
    total = sun * max(np.sin(elevation), 0.0) + sky
    grey = float(total @ _LUMINANCE) * _CLOUD_TINT
    veiled = cover**4
    table = (1 - veiled) * clear_table + veiled * _cie_overcast() * grey / np.pi
    white = environment.snow_cover_ratio
    ground = ((1 - white) * _GROUND_ALBEDO + white * _SNOW_ALBEDO) * total / np.pi
    bounce = _HIDING_ALBEDO * (0.35 * sun * max(np.sin(elevation), 0.1) + 0.5 * sky) / np.pi
    cloud = (1.7 - 0.9 * cover) * grey / np.pi + 0.12 * float(clear_sun @ _LUMINANCE) * direct_share
    horizon = table[table_directions()[..., 2] < 0.08].mean(axis=0)
    skyline = _TREE_ALBEDO * total / np.pi + np.array([0.06, 0.075, 0.10]) * horizon
    veil = (horizon + 2 * sky / np.pi) / 3 * _haze_tint(environment)
    air = _air(
        sun=sun,
        sky=sky / np.pi,
        ground=ground,
        bounce=bounce,
        cloud=cloud,
        skyline=skyline,
        air=veil,
        toward_sun=toward_sun,
        extinction=extinction,
        clouds=cover,
        skyline_there=1.0,
        wetness=environment.wetness_ratio,
        snow=environment.snow_cover_ratio,
    )
    return Light(toward_sun, sun, table.astype(np.float32), total, air)


def _haze_tint(environment: Environment) -> F64:
    """(3,) what the air's particles scatter of what they take, by their shares of the extinction.

    Single-scattering albedos of mineral dust and of smoke: d'Almeida, Koepke and Shettle, "Atmospheric
    Aerosols", 1991; water scatters all.
    """
    parts = [(environment.dust_mor_m, _DUST_TINT), (environment.smoke_mor_m, _SMOKE_TINT)]
    total = extinction_per_m(environment, _GREEN_NM)
    tint = np.ones(3)
    for mor_m, own in parts:
        if mor_m is not None:
            tint = tint + np.log(20.0) / mor_m / total * (own - 1.0)
    return np.asarray(tint)


def uniform_light(radiance_kcd: float) -> Light:
    """The same radiance from everywhere, sky and ground: a furnace, for tests of materials."""
    white, dark, up = np.full(3, radiance_kcd), np.zeros(3), np.array([0.0, 0.0, 1.0])
    table = np.full((TABLE, TABLE, 3), radiance_kcd, np.float32)
    air = _air(
        sun=dark, sky=white, ground=white, bounce=white, cloud=dark, skyline=white, air=white, toward_sun=up
    )
    return Light(up, dark, table, np.pi * white, air)


@lru_cache(maxsize=8)
def even_light(wetness: float, snow: float) -> Light:
    """Light of 1 from all the sky that a matt surface sees, nothing for a gloss to mirror: for albedos."""
    white, dark, up = np.ones(3), np.zeros(3), np.array([0.0, 0.0, 1.0])
    air = _air(
        sun=dark, sky=white, ground=dark, bounce=dark, cloud=dark, skyline=dark, air=dark, toward_sun=up,
        wetness=wetness, snow=snow,
    )  # fmt: skip
    return Light(up, dark, np.zeros((TABLE, TABLE, 3), np.float32), np.pi * white, air)


def _air(
    toward_sun: F64,
    extinction: float = 0.0,
    clouds: float = 0.0,
    skyline_there: float = 0.0,
    wetness: float = 0.0,
    snow: float = 0.0,
    **colours: F64,
) -> Air:
    numbers = {
        f"{name}_{c}": float(v) for name, rgb in colours.items() for c, v in zip("rgb", rgb, strict=True)
    }
    numbers |= {f"sun_{axis}": float(v) for axis, v in zip("xyz", toward_sun, strict=True)}
    return Air(
        **numbers,
        extinction=extinction,
        fog_height=_FOG_HEIGHT_M,
        clouds=clouds,
        skyline=skyline_there,
        wetness=wetness,
        snow=snow,
        pixel=0.0,
    )


def _cie_overcast() -> F64:
    """The CIE overcast sky, (1 + 2 sin h) / 3 of its zenith, scaled to a horizontal illuminance of pi."""
    return (1 + 2 * table_directions()[..., 2:]) * (3 / 7) * np.ones(3)
