"""What was asked, and which frames follow from it: `drivesynth/plan.json`.

A *take* is one variant of one scene. Takes stand in the plan in the order variant 0 of every scene,
variant 1 of every scene, and so on; frames are numbered without gaps through the takes. A take that was
rejected stands there with its reason and no frames. Once written, a take keeps its place and its
ids: more variants or scenes come after it. So ids follow from the plan alone, have no gaps, never
shift, and asking for 10 variants gives what asking for 5 and then for 10 gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from pydantic import ValidationError

from drivesynth.errors import RequestError, WorkError, did_you_mean
from drivesynth.export.kitti import MOST_FRAMES, frame_id
from drivesynth.road.plan import Frozen

FORMATS = ("kitti",)
QUALITIES = ("draft", "standard", "high")


@dataclass(frozen=True)
class Request:
    """What a user asks for. Where and with how many hands it is made is not part of it.

    scenes    files or catalogue names
    variants  of each scene; None is as many as the file's `sample.count`
    frames    at most this many of each variant; None is all
    seed, rig, quality  override the files'
    pulses    also every fired pulse as Parquet
    clouds    also these of every LiDAR, `compensated` and `oracle`
    truth     also these images of truth of every camera, by `truth.pixels.KINDS`, and those that any of
              the scenes' `output.labels` name
    """

    scenes: tuple[str, ...]
    variants: int | None = 1
    frames: int | None = None
    seed: int | None = None
    rig: str | None = None
    quality: str = "standard"
    formats: tuple[str, ...] = field(default=("kitti",))
    pulses: bool = False
    truth: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = (
            (bool(self.scenes), "scenes", "name at least one scene"),
            (self.variants is None or self.variants >= 1, "variants", "at least 1, or `all`"),
            (self.frames is None or self.frames >= 1, "frames", "at least 1"),
            (self.quality in QUALITIES, "quality", f"one of {', '.join(QUALITIES)}"),
            (bool(self.formats), "format", f"one of {', '.join(FORMATS)}"),
        )
        for holds, name, what in checks:
            if not holds:
                raise RequestError(f"{what} is needed", field=name)
        for name in self.formats:
            if name not in FORMATS:
                hint = did_you_mean(name, FORMATS) or f"; there is {', '.join(FORMATS)}"
                raise RequestError(f"{name!r} is no format{hint}", field="format")


class AskedScene(Frozen):
    """A scene by name, for people, and by the digests of its content and of its rig's."""

    name: str
    sha256: str
    rig_sha256: str
    variants: int


class Asked(Frozen):
    """A request with every scene pinned to its content."""

    scenes: tuple[AskedScene, ...]
    seed: int | None
    frames: int | None
    rig: str | None
    quality: str
    formats: tuple[str, ...]
    pulses: bool
    truth: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()


class Take(Frozen):
    """One variant of one scene and its frames.

    scene     row of `asked.scenes`
    first     number of its first frame
    times_s   frame times, rollout time
    rejected  why it has no frames
    """

    scene: int
    variant: int
    scenario_sha256: str = ""
    split: str = "train"
    first: int = 0
    times_s: tuple[float, ...] = ()
    rejected: str | None = None

    @property
    def frames(self) -> list[tuple[str, float]]:
        """Frame id and frame time."""
        return [(frame_id(self.first + i), time_s) for i, time_s in enumerate(self.times_s)]


class Plan(Frozen):
    """The whole of `plan.json`."""

    asked: Asked
    versions: dict[str, str]
    takes: tuple[Take, ...] = ()

    @property
    def frame_count(self) -> int:
        """Frames of all takes."""
        return sum(len(take.times_s) for take in self.takes)

    def wanted(self) -> list[tuple[int, int]]:
        """(scene, variant) that are asked for and not yet planned, in the plan's order."""
        known = {(take.scene, take.variant) for take in self.takes}
        columns = ([(row, v) for v in range(scene.variants)] for row, scene in enumerate(self.asked.scenes))
        return [
            pair
            for layer in zip_longest(*columns)
            for pair in layer
            if pair is not None and pair not in known
        ]

    def with_takes(self, takes: list[Take]) -> "Plan":
        """The plan with further takes, numbered after those it has."""
        number, numbered = self.frame_count, list(self.takes)
        for take in takes:
            numbered.append(take.model_copy(update={"first": number}))
            number += len(take.times_s)
        if number > MOST_FRAMES:
            raise RequestError(
                f"{number} frames are more than six digits can number; ask for fewer variants or frames"
            )
        return self.model_copy(update={"takes": tuple(numbered)})

    def encode(self) -> bytes:
        """As JSON."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def decode(data: bytes, name: str) -> Plan:
    """A plan read back; WorkError where the file is not one."""
    try:
        return Plan.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise WorkError(f"{name}: not a plan ({'.'.join(map(str, first['loc']))}: {first['msg']})") from None


def extend(old: Plan, new: Plan, folder: str) -> Plan:
    """`old` with what `new` asks beyond it; RequestError where they differ in anything but more.

    More is more variants of a scene and more scenes.
    """
    for difference in _differences(old, new):
        raise RequestError(
            f"{folder} was made with another plan: {difference}; "
            "repeat that command to resume, add variants or scenes to extend, or choose another folder"
        )
    for difference in _other_versions(old, new):
        raise RequestError(
            f"{folder} was made by other programs: {difference}; go on with those, or choose another folder"
        )
    first = {scene.sha256: scene for scene in new.asked.scenes}
    kept = [first.pop(scene.sha256) for scene in old.asked.scenes]
    asked = new.asked.model_copy(update={"scenes": (*kept, *first.values())})
    return old.model_copy(update={"asked": asked})


def _differences(old: Plan, new: Plan) -> Iterator[str]:
    for name in Asked.model_fields:  # before the scenes: another --rig also changes their rigs
        before, now_asked = getattr(old.asked, name), getattr(new.asked, name)
        if name != "scenes" and before != now_asked:
            yield f"{name} was {_said(before)} and is {_said(now_asked)} now"
    by_name = {scene.name: scene for scene in new.asked.scenes}
    by_digest = {scene.sha256: scene for scene in new.asked.scenes}
    for scene in old.asked.scenes:
        now = by_digest.get(scene.sha256)
        if now is None and scene.name in by_name:
            yield f"scene {scene.name} (or a file it extends) has changed since"
        elif now is None:
            yield f"it has scene {scene.name}, which is not asked for now"
        elif now.variants < scene.variants:
            yield f"it has {scene.variants} variants of {scene.name}, now {now.variants} are asked for"
        elif now.rig_sha256 != scene.rig_sha256:
            yield f"the rig of scene {scene.name} has changed since"


def _other_versions(old: Plan, new: Plan) -> Iterator[str]:
    for name in sorted(old.versions | new.versions):
        before, now_version = old.versions.get(name, "absent"), new.versions.get(name, "absent")
        if before != now_version:
            yield f"version of {name} was {before} and is {now_version} now"


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "not given" if value is None else str(value)
