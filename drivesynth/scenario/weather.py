"""Light and weather of one draw."""

import math

from drivesynth.scenario.chance import Chance
from drivesynth.scenario.model import Environment
from drivesynth.scenario.roads import lamps
from drivesynth.scene.severities import figures
from drivesynth.scene.validate import Path

_PATH: Path = ("environment",)
_FILM_M = 0.001  # of water on a road that is wet through

# Where the sun stands by the time of day alone: Karlsruhe's latitude, mid-May or end of July.
_LATITUDE_RAD = math.radians(49.0)
_DECLINATION_RAD = math.radians(18.0)


def sun_at(time_of_day_s: float) -> tuple[float, float]:
    """Elevation and compass azimuth of the sun [rad] at a solar time of day."""
    hour = (time_of_day_s / 86_400.0 - 0.5) * 2.0 * math.pi
    sin_lat, cos_lat = math.sin(_LATITUDE_RAD), math.cos(_LATITUDE_RAD)
    sin_dec, cos_dec = math.sin(_DECLINATION_RAD), math.cos(_DECLINATION_RAD)
    elevation = math.asin(sin_lat * sin_dec + cos_lat * cos_dec * math.cos(hour))
    east = -cos_dec * math.sin(hour)
    north = cos_lat * sin_dec - sin_lat * cos_dec * math.cos(hour)
    return elevation, math.atan2(east, north) % (2.0 * math.pi)


def environment(chance: Chance) -> Environment:
    """The environment as this draw decides it."""
    spec, number, maybe = chance.scene.environment, chance.number, chance.maybe
    usual = Environment()
    time_s = maybe(spec.time, (*_PATH, "time"))
    elevation, azimuth = usual.sun_elevation_rad, usual.sun_azimuth_rad
    if spec.sun is not None:
        elevation = number(spec.sun.elevation, (*_PATH, "sun", "elevation"))
        azimuth = number(spec.sun.azimuth, (*_PATH, "sun", "azimuth"))
    elif time_s is not None:
        elevation, azimuth = sun_at(time_s)
    every, working = lamps(chance, spec.street_lights)
    snow, wind, fog = spec.snow, spec.wind, spec.fog
    told = spec.severity
    graded = Environment(**figures(told.benchmark, told.grades)) if told is not None else usual
    wetness = number(spec.wetness, (*_PATH, "wetness"), graded.wetness_ratio)
    return Environment(
        sun_elevation_rad=elevation,
        sun_azimuth_rad=azimuth,
        time_of_day_s=time_s,
        turbidity=number(spec.turbidity, (*_PATH, "turbidity"), usual.turbidity),
        cloud_ratio=number(spec.clouds, (*_PATH, "clouds"), usual.cloud_ratio),
        fog_mor_m=maybe(fog.mor, (*_PATH, "fog", "mor")) if fog is not None else graded.fog_mor_m,
        fog_lidar_ratio_sr=number(
            fog.lidar_ratio if fog is not None else None,
            (*_PATH, "fog", "lidar_ratio"),
            usual.fog_lidar_ratio_sr,
        ),
        dust_mor_m=maybe(spec.dust.mor, (*_PATH, "dust", "mor")) if spec.dust is not None else None,
        smoke_mor_m=maybe(spec.smoke.mor, (*_PATH, "smoke", "mor")) if spec.smoke is not None else None,
        rain_mm_h=number(spec.rain, (*_PATH, "rain"), graded.rain_mm_h),
        snow_mm_h=number(snow.rate, (*_PATH, "snow", "rate")) if snow is not None else graded.snow_mm_h,
        snow_cover_ratio=number(snow.cover, (*_PATH, "snow", "cover")) if snow is not None else 0.0,
        wetness_ratio=wetness,
        spray_film_mm=1000.0 * number(spec.spray, (*_PATH, "spray"), _FILM_M * wetness),
        exhaust_ratio=number(spec.exhaust, (*_PATH, "exhaust")),
        wind_mps=number(wind.speed, (*_PATH, "wind", "speed")) if wind is not None else 0.0,
        wind_azimuth_rad=number(wind.towards, (*_PATH, "wind", "towards")) if wind is not None else 0.0,
        lamp_every_m=every,
        lamp_working_ratio=working,
    )
