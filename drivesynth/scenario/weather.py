"""Light and weather of one draw."""

from math import degrees

from drivesynth.scenario.chance import Chance
from drivesynth.scenario.model import Environment
from drivesynth.scenario.roads import lamps
from drivesynth.scenario.sun import KARLSRUHE_DEG, solar_time_s, sun_at, sun_on
from drivesynth.scene.severities import figures
from drivesynth.scene.validate import Path

_PATH: Path = ("environment",)
_FILM_M = 0.001  # of water on a road that is wet through


def environment(chance: Chance) -> Environment:
    """The environment as this draw decides it."""
    spec, number, maybe = chance.scene.environment, chance.number, chance.maybe
    usual = Environment()
    time_s = maybe(spec.time, (*_PATH, "time"))
    elevation, azimuth = usual.sun_elevation_rad, usual.sun_azimuth_rad
    if spec.sun is not None:
        elevation = number(spec.sun.elevation, (*_PATH, "sun", "elevation"))
        azimuth = number(spec.sun.azimuth, (*_PATH, "sun", "azimuth"))
    elif time_s is not None and spec.date is None:
        elevation, azimuth = sun_at(time_s)
    if time_s is not None and spec.date is not None:
        where = KARLSRUHE_DEG
        if spec.place is not None:
            latitude = number(spec.place.latitude, (*_PATH, "place", "latitude"))
            where = degrees(latitude), degrees(number(spec.place.longitude, (*_PATH, "place", "longitude")))
        if spec.sun is None:
            elevation, azimuth = sun_on(spec.date, time_s, *where)
        time_s = solar_time_s(spec.date, time_s, where[1])
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
        fog_droplets=fog.droplets if fog is not None else None,
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
