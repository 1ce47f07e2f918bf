"""Where the sun stands: by the time of day alone, or by day, time and place."""

from datetime import date
from math import asin, atan2, cos, degrees, pi, radians, sin, tan

# By the time of day alone: Karlsruhe's latitude, mid-May or end of July.
_LATITUDE_RAD = radians(49.0)
_DECLINATION_RAD = radians(18.0)
KARLSRUHE_DEG = (49.0112, 8.4229)  # latitude, longitude: where KITTI was recorded
_J2000 = date(2000, 1, 1).toordinal() + 0.5
_DAY_S = 86_400.0


def sun_at(time_of_day_s: float) -> tuple[float, float]:
    """Elevation and compass azimuth of the sun [rad] at a solar time of day."""
    return _stands(time_of_day_s, _LATITUDE_RAD, _DECLINATION_RAD)


def sun_on(day: str, utc_s: float, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Elevation and compass azimuth of the sun's image [rad], as the air lifts it, on a day at a time in UTC.

    Meeus, "Astronomical Algorithms", 1991, chapter 24, in the form of NOAA's solar calculator; within 0.02
    degrees from 1900 to 2100. Refraction for a standard air at sea level: the same source.
    """
    declination, _ = _declination_and_equation_s(day, utc_s)
    solar_s = solar_time_s(day, utc_s, longitude_deg)
    elevation, azimuth = _stands(solar_s, radians(latitude_deg), declination)
    return elevation + _lifted(elevation), azimuth


def solar_time_s(day: str, utc_s: float, longitude_deg: float) -> float:
    """The sun's own time of day, 12 h when it is highest."""
    return (utc_s + _declination_and_equation_s(day, utc_s)[1] + longitude_deg / 360.0 * _DAY_S) % _DAY_S


def _stands(solar_s: float, latitude_rad: float, declination_rad: float) -> tuple[float, float]:
    hour = (solar_s / _DAY_S - 0.5) * 2.0 * pi
    sin_lat, cos_lat = sin(latitude_rad), cos(latitude_rad)
    sin_dec, cos_dec = sin(declination_rad), cos(declination_rad)
    elevation = asin(sin_lat * sin_dec + cos_lat * cos_dec * cos(hour))
    east = -cos_dec * sin(hour)
    north = cos_lat * sin_dec - sin_lat * cos_dec * cos(hour)
    return elevation, atan2(east, north) % (2.0 * pi)


def _declination_and_equation_s(day: str, utc_s: float) -> tuple[float, float]:
    """Declination [rad], and how far the sun is ahead of an even clock [s]."""
    century = (date.fromisoformat(day).toordinal() + utc_s / _DAY_S - _J2000) / 36_525.0
    longitude = radians((280.46646 + century * (36_000.76983 + century * 0.0003032)) % 360.0)
    anomaly = radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentric = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = (
        sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + sin(2.0 * anomaly) * (0.019993 - 0.000101 * century)
        + sin(3.0 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * century)
    apparent = longitude + radians(centre - 0.00569 - 0.00478 * sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    tilt = radians(23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.00256 * cos(node))
    y = tan(0.5 * tilt) ** 2
    equation = (
        y * sin(2.0 * longitude)
        - 2.0 * eccentric * sin(anomaly)
        + 4.0 * eccentric * y * sin(anomaly) * cos(2.0 * longitude)
        - 0.5 * y * y * sin(4.0 * longitude)
        - 1.25 * eccentric**2 * sin(2.0 * anomaly)
    )
    return asin(sin(tilt) * sin(apparent)), equation / (2.0 * pi) * _DAY_S


def _lifted(elevation_rad: float) -> float:
    high = degrees(elevation_rad)
    if high > 85.0:
        return 0.0
    t = tan(elevation_rad)
    if high > 5.0:
        arc_s = 58.1 / t - 0.07 / t**3 + 0.000086 / t**5
    elif high > -0.575:
        arc_s = 1735.0 + high * (-518.2 + high * (103.4 + high * (-12.79 + high * 0.711)))
    else:
        arc_s = -20.774 / t
    return radians(arc_s / 3600.0)
