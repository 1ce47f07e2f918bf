"""`rig.faults:` as a scene writes it: which sensor fails how, how badly, from when to when."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from drivesynth.errors import did_you_mean
from drivesynth.scene.fields import Angle, Ratio, Time
from drivesynth.scene.validate import FileModel

# What a LiDAR can suffer. Other kinds of sensor join with a table of their own.
LIDAR_KINDS = (
    "dead_beams", "weak_beams", "weak_laser", "dirt", "mud", "drops", "misalignment", "shaken", "clock",
    "lost_packets", "interference",
)  # fmt: skip
_COVERS = ("dirt", "mud")


def known_kind(kind: str) -> str:
    """The kind itself; ValueError names those there are."""
    if kind not in LIDAR_KINDS:
        hint = did_you_mean(kind, LIDAR_KINDS) or f"; a LiDAR knows {', '.join(LIDAR_KINDS)}"
        raise ValueError(f"no fault {kind!r}{hint}")
    return kind


class FaultSpec(FileModel):
    """One fault of one sensor: `lidar` is the main LiDAR, another one goes by its name in the rig.

    severity      1 (light) to 5 (severe); what a fault does at each stands in docs/faults.md
    sector, at    of dirt and mud: how wide, and its middle, counter-clockwise from straight ahead
    loss          of dirt and mud: share of the pulses that is lost, in place of the severity's
    from, to      rollout time; the whole scene unless told
    """

    sensor: str = "lidar"
    kind: str
    severity: Annotated[int, Field(ge=1, le=5)] = 3
    sector: Angle | None = None
    at: Angle | None = None
    loss: Ratio | None = None
    from_: Annotated[Time | None, Field(alias="from")] = None
    to: Time | None = None

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: Any) -> str:
        return known_kind(str(kind))

    @model_validator(mode="after")
    def _sector_of_a_cover(self) -> Self:
        if self.kind not in _COVERS and not (self.sector is self.at is self.loss is None):
            raise ValueError(f"sector, at and loss belong to {' and '.join(_COVERS)}, not to {self.kind}")
        return self
