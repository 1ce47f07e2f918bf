"""`road:` as a scene writes it: a template or lanes and a path, and what stands on it."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from drivesynth.scene.fields import (
    Angle,
    Choices,
    Grade,
    LaneWidth,
    Length,
    MovingSpeed,
    PositiveLength,
    Radius,
    RoadLength,
    Slope,
    SomeLength,
)
from drivesynth.scene.validate import FileModel

LaneKind = Literal["drive", "parking", "sidewalk", "shoulder", "cycleway", "verge", "median", "bus"]
Turn = Literal["left", "right"]


class Stretch(FileModel):
    """Stations along the reference line between which something is, or changes."""

    from_: Annotated[SomeLength, Field(alias="from")]
    to: SomeLength


class LaneItem(FileModel):
    """One lane: its kind, or a mapping where more is to be said of it.

    opens, closes  where it grows from nothing to its width, and where it narrows to nothing
    bay            length of the bays marked on a parking lane
    """

    kind: LaneKind
    width: LaneWidth | None = None
    against: bool = False
    opens: Stretch | None = None
    closes: Stretch | None = None
    bay: PositiveLength | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_a_kind(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class Lanes(FileModel):
    """Lanes of both sides, each from the reference line outwards."""

    right: Annotated[tuple[LaneItem, ...], Field(max_length=12)] = ()
    left: Annotated[tuple[LaneItem, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not self.right and not self.left:
            raise ValueError("a road needs at least one lane")
        return self


class PathPiece(FileModel):
    """`{line: 250 m}`, `{arc: 90 m, radius: 35 m, turn: left}`, `{spiral: 9 m, to_radius: 35 m, turn: left}`.

    A spiral begins with the curvature the piece before it ends with, or that of `from_radius`.
    """

    line: RoadLength | None = None
    arc: RoadLength | None = None
    spiral: RoadLength | None = None
    radius: Radius | None = None
    from_radius: Radius | None = None
    to_radius: Radius | None = None
    turn: Turn | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in ("line", "arc", "spiral") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError("a piece of a path is one of line, arc or spiral")
        wanted = {"line": (set(), set()), "arc": ({"radius", "turn"}, set())}.get(
            kinds[0], ({"turn"}, {"from_radius", "to_radius"})
        )
        given = self.model_fields_set - {kinds[0]}
        missing, odd = wanted[0] - given, given - wanted[0] - wanted[1]
        if missing:
            raise ValueError(f"{kinds[0]} needs {' and '.join(sorted(missing))}")
        if odd:
            raise ValueError(f"{kinds[0]} takes no {' and no '.join(sorted(odd))}")
        return self


class ElevationPoint(FileModel):
    """The road's height at a station; between them it runs smoothly, with `grade` where it is given."""

    s: SomeLength
    height: Length
    grade: Grade | None = None


class BankPoint(FileModel):
    """How far the road leans at a station, the left side up; between them it eases from one to the next."""

    s: SomeLength
    angle: Slope


class Cones(FileModel):
    """What closes a lane."""

    asset: str = "cone/75cm"
    every: PositiveLength


class WorkZone(FileModel):
    """A lane closed behind a taper of cones. `from` and `to` count along the reference line.

    limit  what its direction's drivers may drive from a sign before the taper to one behind the end
    """

    close: str
    from_: Annotated[SomeLength, Field(alias="from")]
    to: SomeLength
    taper: SomeLength
    cones: Cones | None = None
    limit: MovingSpeed | None = None


class Crossing(FileModel):
    """A crossing for walkers."""

    s: SomeLength
    width: PositiveLength | None = None
    kind: Literal["zebra", "signal"] = "zebra"


class Tunnel(FileModel):
    """A stretch of the road in a tube through a hill."""

    from_: Annotated[SomeLength, Field(alias="from")]
    to: SomeLength


class Bridge(FileModel):
    """A stretch of the road on a deck; `height` is how far the valley falls away below it."""

    from_: Annotated[SomeLength, Field(alias="from")]
    to: SomeLength
    height: PositiveLength | None = None


class Overpass(FileModel):
    """A bridge over the road: where, how wide, and how high its underside is over the carriageway."""

    s: SomeLength
    width: PositiveLength | None = None
    clearance: PositiveLength | None = None


class Pothole(FileModel):
    """A hole in the surface, an ellipse of a length along the lane and a width across it."""

    lane: str
    s: SomeLength
    offset: Length | None = None
    length: PositiveLength
    width: PositiveLength | None = None
    depth: PositiveLength


class RoadObject(FileModel):
    """A thing that stands or lies on the road and takes no part in the story; it has no label."""

    asset: Choices
    lane: str
    s: SomeLength
    offset: Length | None = None
    heading: Angle | None = None


class Road(FileModel):
    """A road. `template` names a file of the catalogue's `roads/` whose keys these add to or replace;
    `file` an OpenDRIVE map, which then says what its lanes and course are."""

    default_width_m: ClassVar[dict[str, float]] = {
        "drive": 3.5, "bus": 3.5, "parking": 2.2, "sidewalk": 2.5, "shoulder": 2.0, "cycleway": 2.0,
        "verge": 2.0, "median": 3.0,
    }  # fmt: skip

    template: str | None = None  # taken out by the loader
    kind: Literal["road", "four_way", "t", "roundabout"] = "road"
    file: str | None = None
    lanes: Lanes
    lane_width: LaneWidth | None = None
    length: RoadLength | None = None
    path: Annotated[tuple[PathPiece, ...], Field(min_length=1, max_length=200)] | None = None
    elevation: Annotated[tuple[ElevationPoint, ...], Field(max_length=200)] = ()
    bank: Annotated[tuple[BankPoint, ...], Field(max_length=200)] = ()
    marks: str = "de/urban"
    limit: MovingSpeed | None = None
    drive_on: Literal["right", "left"] = "right"
    street: Literal["urban", "suburban", "rural", "motorway", "none"] = "urban"
    dressing: Literal["full", "plain"] = "full"
    wear: Literal["used", "new"] = "used"
    work_zones: tuple[WorkZone, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    arms: tuple[str, ...] = ()
    arm_length: RoadLength | None = None
    corner_radius: PositiveLength | None = None
    cycleways: bool = False
    guard_rails: bool = False
    radius: Radius | None = None
    zebras: bool = False
    tunnel: Tunnel | None = None
    bridge: Bridge | None = None
    overpasses: Annotated[tuple[Overpass, ...], Field(max_length=20)] = ()
    potholes: Annotated[tuple[Pothole, ...], Field(max_length=200)] = ()
    objects: Annotated[tuple[RoadObject, ...], Field(max_length=200)] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_a_map(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("file") is None:
            return value
        odd = sorted({"lanes", "lane_width", "length", "path", "elevation", "bank", "arms"} & set(value))
        if odd:
            raise ValueError(f"the file says what {' and '.join(odd)} would; give one of them only")
        return {**value, "lanes": {"right": ["drive"]}}  # the map's own count

    @field_validator("bank", mode="before")
    @classmethod
    def _the_same_everywhere(cls, value: Any) -> Any:
        if value is None:
            return ()
        return value if isinstance(value, list | tuple) else [{"s": 0, "angle": value}]

    @model_validator(mode="after")
    def _one_course(self) -> Self:
        if self.zebras and self.kind != "roundabout":
            raise ValueError("zebras belong to a roundabout; on a plain road give crossings")
        if self.file is not None:
            return self
        if self.path is not None and self.length is not None:
            raise ValueError("give length or path, not both")
        if self.kind == "road" and self.path is None and self.length is None:
            raise ValueError("how long? give length or path")
        return self
