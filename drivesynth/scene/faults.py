"""`rig.faults:` as a scene writes it: which sensor fails how, how badly, from when to when."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.scene.fields import Angle, ConditionText, Ratio, Time
from drivesynth.scene.severities import BENCHMARKS, check_grade, check_kind
from drivesynth.scene.validate import FileModel

# What a LiDAR and a camera can suffer. Other kinds of sensor join with a table of their own.
LIDAR_KINDS = (
    "dead_beams", "weak_beams", "weak_laser", "dirt", "mud", "drops", "misalignment", "shaken", "clock",
    "lost_packets", "interference", "frozen", "density_decrease", "cutout", "fov_lost", "gaussian_noise",
    "uniform_noise", "impulse_noise", "crosstalk", "sunlight", "spatial_misalignment",
)  # fmt: skip
CAMERA_KINDS = (
    "dirt", "mud", "drops", "cracks", "flare", "sun_glare", "over_exposure", "defocus", "dead_pixels",
    "colour_cast", "misalignment", "shaken", "spatial_misalignment", "dropped_frames", "frozen",
)  # fmt: skip
_KINDS = (*LIDAR_KINDS, *(kind for kind in CAMERA_KINDS if kind not in LIDAR_KINDS))
BenchmarkName = Literal["kitti-c", "robo3d", "multicorrupt"]
_COVERS = ("dirt", "mud")
Severity = Annotated[int, Field(ge=1, le=5)]


def known_kind(kind: str, info: ValidationInfo) -> str:
    """The kind itself; ValueError where there is no such fault, or not in the benchmark told before it."""
    benchmark = info.data.get("benchmark")
    if benchmark is not None:
        graded = BENCHMARKS[benchmark]
        check_kind(benchmark, kind, tuple(dict.fromkeys((*graded.lidar, *graded.camera))))
    elif kind not in _KINDS:
        others = [name for name, graded in BENCHMARKS.items() if kind in (*graded.lidar, *graded.camera)]
        if others:
            raise ValueError(f"{kind} is one of {' and '.join(others)}: add benchmark: {others[0]}")
        hint = did_you_mean(kind, _KINDS) or f"; known are {', '.join(_KINDS)}"
        raise ValueError(f"no fault {kind!r}{hint}")
    return kind


def known_grade(severity: int, info: ValidationInfo) -> int:
    """The severity itself; ValueError where the benchmark told before it knows none so severe."""
    benchmark = info.data.get("benchmark")
    if benchmark is not None:
        check_grade(benchmark, severity)
    return severity


def check_sensor(
    sensor: str,
    kind: str,
    lidars: Iterable[str],
    cameras: Iterable[str],
    sector: bool = False,
    benchmark: str | None = None,
) -> None:
    """RequestError where a rig has no sensor of this name, or one that does not know such a fault.

    sector  whether the fault says where on a LiDAR's cover it sits
    """
    lidars, cameras = tuple(lidars), tuple(cameras)
    graded = BENCHMARKS[benchmark] if benchmark is not None else None
    of_lidars: tuple[str, ...] = graded.lidar if graded else LIDAR_KINDS
    of_cameras: tuple[str, ...] = graded.camera if graded else CAMERA_KINDS
    if sensor == "lidar" or sensor in lidars:
        if kind not in of_lidars:
            what = f"{sensor} is a LiDAR, and {kind} a fault of cameras"
            raise RequestError(f"{what}; a LiDAR knows {', '.join(of_lidars)}", field="kind")
        return
    if sensor not in cameras:
        known = ("lidar", *lidars, *cameras)
        what = f"no LiDAR or camera {sensor!r} in this rig{did_you_mean(sensor, known)}"
        raise RequestError(f"{what}; faults are known for {', '.join(known)}", field="sensor")
    if kind not in of_cameras:
        what = f"{sensor} is a camera, and {kind} a fault of LiDARs"
        raise RequestError(f"{what}; a camera knows {', '.join(of_cameras) or 'none'}", field="kind")
    if sector:
        what = f"{sensor} is a camera, and sectors of azimuth are a LiDAR's; leave sector and at out"
        raise RequestError(what, field="sensor")


class FaultSpec(FileModel):
    """One fault of one sensor: `lidar` is the main LiDAR; others, cameras too, go by their names in the rig.

    severity      1 (light) to 5 (severe); what a fault does at each stands in docs/faults.md
    benchmark     whose kind and whose grades are meant; some grade from 1 to 3
    sector, at    of dirt and mud on a LiDAR: how wide, and its middle, counter-clockwise from ahead
    loss          of dirt and mud: share of the pulses, or of a camera's light, that is lost, in place of the
                  severity's
    from, to      rollout time; the whole scene unless told
    when          in place of from: a condition; the fault begins once it becomes true
    """

    sensor: str = "lidar"
    benchmark: BenchmarkName | None = None  # the two below are read after it
    kind: Annotated[str, AfterValidator(known_kind)]
    severity: Annotated[Severity, AfterValidator(known_grade)] = 3
    sector: Angle | None = None
    at: Angle | None = None
    loss: Ratio | None = None
    from_: Annotated[Time | None, Field(alias="from")] = None
    to: Time | None = None
    when: ConditionText | None = None

    @model_validator(mode="after")
    def _sector_of_a_cover(self) -> Self:
        if self.kind not in _COVERS and not (self.sector is self.at is self.loss is None):
            raise ValueError(f"sector, at and loss belong to {' and '.join(_COVERS)}, not to {self.kind}")
        return self

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.when is not None and self.from_ is not None:
            raise ValueError("give from or when, not both")
        return self
