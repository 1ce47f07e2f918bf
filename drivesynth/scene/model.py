"""A Scene: what a file declares, still with its distributions and choices."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from drivesynth.scene.actors import ActorSpec, EgoSpec
from drivesynth.scene.document import Node, rooted
from drivesynth.scene.environment import EnvironmentSpec
from drivesynth.scene.faults import FaultSpec
from drivesynth.scene.fields import (
    Choices,
    ConditionText,
    Density,
    ParamValue,
    PositiveTime,
    Ratio,
    SomeLength,
    Text,
    Time,
)
from drivesynth.scene.road import Road
from drivesynth.scene.signals import Signals
from drivesynth.scene.story import EventSpec
from drivesynth.scene.validate import FileModel
from drivesynth.scene.writing import written


class Preference(FileModel):
    """A condition that holds in at least a share `p` of the samples."""

    if_: Annotated[ConditionText, Field(alias="if")]
    p: Ratio


class Traffic(FileModel):
    """Background traffic, away from where the story plays."""

    density: Density
    mix: Choices = Field(default="car/*:8 | van/*:1 | truck/rigid:1", validate_default=True)
    keep_clear: SomeLength | None = None


class RigUse(FileModel):
    """The sensors by reference, and how they fail."""

    use: str
    faults: tuple[FaultSpec, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _only_a_name(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, str) else value


class SamplePlan(FileModel):
    """How many draws, how they spread, how often one is tried again."""

    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    method: Literal["random", "lhs", "sobol", "grid"] = "random"
    max_tries: Annotated[int, Field(ge=1, le=10_000)] = 20
    split: dict[str, Ratio] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        shares = [share.constant for share in self.split.values()]
        if any(share is None for share in shares):
            raise ValueError("the shares of split must be fixed")
        if shares and abs(sum(share or 0.0 for share in shares) - 1.0) > 1e-6:
            raise ValueError(
                f"the shares of split add up to {100 * sum(s or 0.0 for s in shares):g} %, not 100 %"
            )
        return self


class KeepSpec(FileModel):
    """Which frames are written: around an event, or while a condition holds."""

    around: ConditionText | None = None
    before: Time | None = None
    after: Time | None = None
    when: ConditionText | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.around is None) == (self.when is None):
            raise ValueError("give around (with before and after) or when")
        if self.around is None and (self.before is not None or self.after is not None):
            raise ValueError("before and after belong to around")
        return self


ALWAYS = ("box3d", "box2d", "occlusion", "hazard")
Label = Literal[
    "box3d", "box2d", "occlusion", "hazard",
    "depth", "instance", "semantic", "panoptic", "normals", "albedo", "flow", "scene_flow", "masks",
]  # fmt: skip


class OutputSpec(FileModel):
    """What is written.

    labels  images of truth of every camera; boxes, occlusion and hazard (criticality) are always there
    """

    format: Literal["kitti"] = "kitti"
    fps: Annotated[float, Field(gt=0, le=100)] = 10.0
    labels: tuple[Label, ...] = ()
    keep: KeepSpec | None = None

    @property
    def images(self) -> tuple[str, ...]:
        """The labels that are images of truth."""
        return tuple(label for label in self.labels if label not in ALWAYS)


class Scene(FileModel):
    """Top to bottom like a brief: where, weather, ego, others, what happens, what must be true, how many."""

    drivesynth: Literal[1]
    about: Text = ""
    tags: tuple[Text, ...] = ()
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    abstract: bool = False
    params: dict[str, ParamValue] = Field(default_factory=dict)
    road: Road
    environment: EnvironmentSpec = Field(default_factory=EnvironmentSpec)
    signals: Signals | None = None
    ego: EgoSpec
    actors: Annotated[dict[str, ActorSpec], Field(max_length=400)] = Field(default_factory=dict)
    traffic: Traffic | None = None
    story: Annotated[tuple[EventSpec, ...], Field(max_length=400)] = ()
    require: Annotated[tuple[ConditionText, ...], Field(max_length=400)] = ()
    prefer: tuple[Preference, ...] = ()
    cases: dict[str, dict[str, Any]] = Field(default_factory=dict)
    expect: tuple[ConditionText, ...] = ()
    rig: RigUse = Field(default_factory=lambda: RigUse(use="kitti"))
    sample: SamplePlan = Field(default_factory=SamplePlan)
    duration: PositiveTime | None = None
    output: OutputSpec = Field(default_factory=OutputSpec)

    @field_validator("params", "actors", "cases")
    @classmethod
    def _names_are_words(cls, named: dict[str, Any]) -> dict[str, Any]:
        for name in named:
            if not name.isidentifier():
                raise ValueError(f"{name!r} is not a name; use letters, digits and _")
            if name == "ego":
                raise ValueError("ego is taken by the car that carries the sensors; use another name")
        return named

    # --- where it comes from -----------------------------------------------------------------

    _tree: Node | None = PrivateAttr(default=None)
    _path: Path | None = PrivateAttr(default=None)
    _sha256: str | None = PrivateAttr(default=None)

    @property
    def tree(self) -> Node:
        """What it was read from, with places; made from the model where it was built in Python."""
        if self._tree is None:
            self._tree = rooted(self.model_dump(mode="json", by_alias=True, exclude_unset=True), self.name)
        return self._tree

    @property
    def path(self) -> Path | None:
        """Its file; None where it was built in Python."""
        return self._path

    @property
    def name(self) -> str:
        """For people: the file's name without folder and ending."""
        return self._path.stem if self._path is not None else "scene"

    @property
    def sha256(self) -> str:
        """Of the merged content: names the scene whatever its file is called or how it is laid out."""
        if self._sha256 is None:
            text = json.dumps(self.tree.plain(), sort_keys=True, separators=(",", ":"))
            self._sha256 = hashlib.sha256(text.encode()).hexdigest()
        return self._sha256

    def to_yaml(self) -> str:
        """The scene as one file: extended files, fragments and templates merged in."""
        return written(self.tree.plain())
