"""`environment:` as a scene writes it: light and weather."""

from typing import Any, Literal, Self

from pydantic import model_validator

from drivesynth.scene.faults import BenchmarkName, Severity
from drivesynth.scene.fields import (
    Angle,
    Clock,
    Day,
    Elevation,
    ForwardSpeed,
    Latitude,
    LidarRatio,
    Longitude,
    Plain,
    PositiveLength,
    RainRate,
    Ratio,
    SomeLength,
    Visibility,
)
from drivesynth.scene.severities import BENCHMARKS, WEATHER, check_grade, check_kind
from drivesynth.scene.validate import FileModel

FogName = Literal["strong_advection", "moderate_advection", "strong_radiation", "moderate_radiation"]


class StreetLights(FileModel):
    """Lamps along the road."""

    every: PositiveLength
    working: Ratio | None = None


class Sun(FileModel):
    """Where the sun stands; azimuth by compass, clockwise from north."""

    elevation: Elevation
    azimuth: Angle


class Fog(FileModel):
    """Fog by its meteorological optical range.

    lidar_ratio  extinction over backscatter [sr]: smaller where it shines back more
    droplets     in its place: what droplets of such a fog make of it at each device's wavelength
    """

    mor: Visibility
    lidar_ratio: LidarRatio | None = None
    droplets: FogName | None = None

    @model_validator(mode="after")
    def _one_ratio(self) -> Self:
        if self.lidar_ratio is not None and self.droplets is not None:
            raise ValueError("give lidar_ratio or droplets, not both")
        return self


class Place(FileModel):
    """Where on Earth the scene lies, for its sun; east is positive."""

    latitude: Latitude
    longitude: Longitude


class Haze(FileModel):
    """Dust or smoke by its meteorological optical range."""

    mor: Visibility


class Snow(FileModel):
    """Falling snow as melted water, and the share of the ground that is white."""

    rate: RainRate | None = None
    cover: Ratio | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_a_rate(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"rate": value}


class Wind(FileModel):
    """How fast, and where it blows to by compass."""

    speed: ForwardSpeed
    towards: Angle | None = None


class WeatherSeverity(FileModel):
    """Weather by the severities of a public benchmark, see `scene.severities`; KITTI-C's unless told."""

    benchmark: BenchmarkName = "kitti-c"
    fog: Severity | None = None
    rain: Severity | None = None
    snow: Severity | None = None
    wet_ground: Severity | None = None

    @model_validator(mode="after")
    def _graded(self) -> Self:
        for kind, level in self.grades.items():
            check_kind(self.benchmark, kind, BENCHMARKS[self.benchmark].weather)
            check_grade(self.benchmark, level)
        return self

    @property
    def grades(self) -> dict[str, int]:
        """Severity of each kind that has one."""
        return {kind: getattr(self, kind) for kind in WEATHER if getattr(self, kind) is not None}


class EnvironmentSpec(FileModel):
    """Light and weather. Where `time` is given without `sun`, the sun stands as at that time of day.

    date     2011-09-26: the sun stands as on that day at `place`, Karlsruhe unless told, and `time` is UTC;
             without it `time` is the sun's own, 12:00 when it is highest
    severity  fog, rain, snow, wet ground as a public benchmark grades them, in place of their own figures
    spray    film of water that wheels throw up; 1 mm on a wet road (times `wetness`) unless told
    exhaust  how dense the steam of exhausts is; 100 % is a freezing morning
    """

    time: Clock | None = None
    date: Day | None = None
    place: Place | None = None
    sun: Sun | None = None
    turbidity: Plain | None = None
    clouds: Ratio | None = None
    rain: RainRate | None = None
    snow: Snow | None = None
    fog: Fog | None = None
    dust: Haze | None = None
    smoke: Haze | None = None
    wetness: Ratio | None = None
    spray: SomeLength | None = None
    exhaust: Ratio | None = None
    wind: Wind | None = None
    street_lights: StreetLights | None = None
    severity: WeatherSeverity | None = None

    @model_validator(mode="after")
    def _a_day_has_a_time(self) -> Self:
        if self.date is not None and self.time is None:
            raise ValueError("a date needs a time, in UTC")
        if self.place is not None and self.date is None:
            raise ValueError("a place needs a date and a time, in UTC, to say where the sun stands")
        return self

    @model_validator(mode="after")
    def _one_figure_each(self) -> Self:
        for kind in self.severity.grades if self.severity is not None else ():
            own = "wetness" if kind == "wet_ground" else kind
            if getattr(self, own) is not None:
                raise ValueError(f"give {own} or severity.{kind}, not both")
        return self
