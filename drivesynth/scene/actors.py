"""`ego:` and `actors:` as a scene writes them: what, where, how it moves."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from drivesynth.scene.fields import (
    Acceleration,
    Angle,
    Choices,
    Count,
    Door,
    ForwardSpeed,
    Length,
    MovingSpeed,
    PositiveLength,
    Ratio,
    Size,
    SomeLength,
    Speed,
    Time,
)
from drivesynth.scene.validate import FileModel


class MeshSpec(FileModel):
    """A mesh of the user's own: glTF, GLB, OBJ, PLY, STL or OFF, beside the scene or in the catalogue.

    class        one of ours, which decides its labels and how it moves
    length       along its own forward axis; without it the file is in metres
    up, forward  axes of the file, like `y` and `-z`; default: what the format says
    materials    names of its materials -> rows of our table, where their names do not tell
    """

    mesh: str
    class_: Annotated[str, Field(alias="class")]
    length: PositiveLength | None = None
    up: Literal["x", "y", "z"] | None = None
    forward: Literal["x", "-x", "y", "-y", "z", "-z"] | None = None
    materials: dict[str, str] = Field(default_factory=dict)


def _asset_form(value: Any) -> str:
    """Whether an asset is named or is a mesh: no key of a file is called like these tags."""
    meant = {"mesh", "class"} & value.keys() if isinstance(value, dict) else isinstance(value, MeshSpec)
    return "<mesh>" if meant else "<name>"


Asset = Annotated[
    Annotated[Choices, Tag("<name>")] | Annotated[MeshSpec, Tag("<mesh>")], Discriminator(_asset_form)
]
ANCHORS = ("s", "to_stop", "ahead_of", "behind", "beside", "corner", "between", "xy")


class Position(FileModel):
    """Where something stands: a lane, and exactly one anchor.

    s           station of its centre along the reference line
    to_stop     distance of its front from the lane's stop line
    ahead_of, behind, beside  another actor, bumper to bumper `by`, on its own or another lane
    corner      of a junction; between two actors; xy in the world, as a last resort
    offset      to the left of travel; facing: which way, relative to the lane's traffic
    """

    lane: str | None = None
    s: Length | None = None
    to_stop: SomeLength | None = None
    ahead_of: str | None = None
    behind: str | None = None
    beside: str | None = None
    corner: str | None = None
    between: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)] | None = None
    xy: Annotated[tuple[Length, ...], Field(min_length=2, max_length=2)] | None = None
    by: Length | None = None
    inset: SomeLength | None = None
    offset: Length | None = None
    facing: Literal["ahead", "back", "left", "right"] | None = None
    heading: Angle | None = None

    @model_validator(mode="after")
    def _one_anchor(self) -> Self:
        given = [name for name in ANCHORS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one anchor only, not {' and '.join(given)}")
        if not given:
            raise ValueError(f"say where: one of {', '.join(ANCHORS)}")
        if given[0] in ("s", "to_stop") and self.lane is None:
            raise ValueError(f"{given[0]} needs a lane, like lane: R1")
        if self.by is not None and given[0] not in ("ahead_of", "behind", "beside"):
            raise ValueError("by belongs to ahead_of, behind or beside")
        if self.inset is not None and given[0] != "corner":
            raise ValueError("inset belongs to corner")
        return self

    @property
    def anchor(self) -> str:
        """Which of the anchors is given."""
        return next(name for name in ANCHORS if getattr(self, name) is not None)


class Fill(FileModel):
    """A row of actors `name.0`, `name.1`, ... along the lane's travel, `gap` from bumper to bumper."""

    lane: str
    from_: Annotated[SomeLength | None, Field(alias="from")] = None
    to: SomeLength | None = None
    to_stop: SomeLength | None = None
    gap: SomeLength
    count: Count | None = None
    occupancy: Ratio | None = None
    offset: Length | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.to_stop is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("give either from and to, or to_stop and count")
        if self.to_stop is not None and self.count is None:
            raise ValueError("to_stop needs a count")
        if self.to_stop is None and self.from_ is None:
            raise ValueError("say where: from and to, or to_stop and count")
        if self.to_stop is None and self.to is None and self.count is None:
            raise ValueError("how far? give to or count")
        return self


class DriveSpec(FileModel):
    """How an actor drives. `speed` is the wished one; the rest belongs to the model.

    lane_changes  mobil: to where it gets on better; none: only where its lane ends
    politeness    how much of what others would lose counts against what it gains
    file          replay: a CSV file of time_s, x_m, y_m, heading_rad
    """

    model: Literal["constant", "idm", "krauss", "r157_careful", "static", "replay"]
    speed: ForwardSpeed | None = None
    headway: Time | None = None
    accel: Acceleration | None = None
    decel: Acceleration | None = None
    min_gap: SomeLength | None = None
    sigma: Ratio | None = None
    lane_changes: Literal["none", "mobil"] = "none"
    politeness: Ratio | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        changes = {"lane_changes", "politeness"}
        takes = {"idm": {"speed", "headway", "accel", "decel", "min_gap"} | changes, "replay": {"file"}}
        takes["krauss"] = takes["idm"] | {"sigma"}
        takes["r157_careful"] = {"speed", "headway", "min_gap"}
        odd = self.model_fields_set - {"model"} - takes.get(self.model, {"speed"})
        if odd:
            raise ValueError(f"model {self.model} takes no {' and no '.join(sorted(odd))}")
        if self.politeness is not None and self.lane_changes == "none":
            raise ValueError("politeness belongs to lane_changes: mobil")
        if self.model == "replay" and self.file is None:
            raise ValueError("model replay needs a file: the recorded trajectory")
        return self


class AimSpec(FileModel):
    """Start so that the actor meets the target's front at `impact` of its width, or misses by `miss`."""

    at: str = "ego"
    impact: Ratio | None = None
    speed: MovingSpeed
    miss: SomeLength | None = None
    until: Time | None = None


class ActorSpec(FileModel):
    """One actor, or with `fill` a row of them.

    articulation  a trailer's angle against its tractor at the start, left positive: its tail to the right
    material      what most of its surface is made of, instead of what the asset comes in
    open          which of a car's doors, boot and bonnet stand open from the start
    """

    asset: Asset
    at: Position | None = None
    fill: Fill | None = None
    speed: Speed | None = None
    drive: DriveSpec | None = None
    route: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    aim: AimSpec | None = None
    obeys: dict[Literal["signals", "right_of_way", "limit"], bool] = Field(default_factory=dict)
    lights: tuple[str, ...] = ()
    cargo: Choices | None = None
    articulation: Angle | None = None
    size: Annotated[tuple[Size, ...], Field(min_length=3, max_length=3)] | None = None
    material: Choices | None = None
    open: tuple[Door, ...] = ()
    allow_overlap: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.at is not None and self.fill is not None:
            raise ValueError("give at or fill, not both")
        if self.drive is not None and self.drive.model == "replay":
            given = sorted({"at", "fill", "route", "aim", "speed", "cargo"} & self.model_fields_set)
            if given:
                raise ValueError(f"the recording says where it is; take out {' and '.join(given)}")
            return self
        if self.at is None and self.fill is None and self.route is None:
            raise ValueError("say where it stands: at, fill or route")
        if self.fill is not None and (self.aim is not None or self.cargo is not None):
            raise ValueError("a filled row takes no aim and no cargo; give that actor a place of its own")
        return self


class EgoSpec(ActorSpec):
    """The car that carries the sensors."""

    asset: Asset = Field(default="car/estate", validate_default=True)

    @model_validator(mode="after")
    def _single(self) -> Self:
        if self.fill is not None:
            raise ValueError("the ego is one car; give it at")
        return self
