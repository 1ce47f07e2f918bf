"""Variants of a scene: drawn, lived through, and cut to the frames that are kept."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.dataset.ledger import digest
from drivesynth.dataset.plan import AskedScene
from drivesynth.errors import RequestError
from drivesynth.export.kitti import check_rig
from drivesynth.scenario import resolved
from drivesynth.scenario.draw import variants as planned_variants
from drivesynth.scenario.model import Scenario
from drivesynth.scenario.resolved import is_resolved
from drivesynth.scene import catalogue
from drivesynth.scene.loader import load
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.study.variants import Look, Report, accept
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
from drivesynth.world.times import event_s, frame_times_s


@dataclass(frozen=True)
class PinnedScene:
    """A scene as a request names it, and what the plan says of it.

    rig     as JSON, devices and all
    images  of truth that its `output.labels` name
    """

    ref: str
    asked: AskedScene
    rig: bytes
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draw:
    """One accepted variant; `times_s` are the frame times that are kept."""

    rollout: Rollout
    times_s: F64

    @property
    def scenario(self) -> Scenario:
        """The scenario that was lived through."""
        return self.rollout.scenario


@lru_cache(maxsize=64)
def open_scene(ref: str) -> Scene:
    """The scene of a file or catalogue name, read once by each process."""
    return load(ref)


def rig_of(scene: Scene, override: str | None) -> Rig:
    """The rig a person names, else the scene's own, looked up beside its file."""
    if override is not None:
        return named_rig(override)
    return load_rig(scene.rig.use, scene.path.parent if scene.path is not None else None)


def named_rig(name: str) -> Rig:
    """The rig of `--rig`, a file or a name of the catalogue."""
    try:
        catalogue.find(name, folder="rigs")
    except RequestError as error:
        shipped = (
            "" if "did you mean" in error.what else f"; shipped are {', '.join(catalogue.names('rigs'))}"
        )
        raise RequestError(f"{error.what}{shipped}", field="rig") from None
    return load_rig(name)


def pin(ref: str, rig: str | None, variants: int | None) -> PinnedScene:
    """The scene with digests of its content and its rig's; variants None is as many as the file plans.

    A scenario's file has one variant. RequestError where KITTI's layout cannot hold the rig.
    """
    if is_resolved(ref):
        scenario = resolved.read(ref)
        name, sha256, count, images = scenario.scene, scenario.digest(), 1, scenario.output.images
        sensors = load_rig(scenario.rig) if rig is None else named_rig(rig)
        if variants not in (None, 1):
            raise RequestError("nothing is left to draw in a scenario's file; ask for one variant", field=ref)
    else:
        scene = open_scene(ref)
        name, sha256, sensors = scene.name, scene.sha256, rig_of(scene, rig)
        count, images = planned_variants(scene) if variants is None else variants, scene.output.images
    check_rig(sensors.lidars, sensors.cameras)
    text = sensors.model_dump_json().encode()
    asked = AskedScene(name=name, sha256=sha256, rig_sha256=digest(text), variants=count)
    return PinnedScene(ref, asked, text, images)


def drawn(
    scene: Scene, variant: int, seed: int | None, frames: int | None, look: Look | None = None
) -> Draw | str:
    """The variant as it may stay, with at most `frames` frame times; else why it has no frames.

    Rules on what sensors see are judged by `look` alone.
    """
    report = Report()
    try:
        accepted = accept(scene, seed, variant, report, look)
    except RequestError as error:
        return str(error)
    if accepted is None:
        return str(report)
    times = kept_times_s(accepted.rollout, frames)
    return Draw(accepted.rollout, times) if len(times) else "output.keep keeps no frame"


def lived(ref: str, frames: int | None) -> Draw | str:
    """As `drawn`, of a scenario's file: it was accepted when it was drawn."""
    rollout = simulate(resolved.read(ref))
    times = kept_times_s(rollout, frames)
    return Draw(rollout, times) if len(times) else "output.keep keeps no frame"


def kept_times_s(rollout: Rollout, most: int | None) -> F64:
    """Frame times, at most `most`: those nearest to the event they are kept around, else the first ones."""
    times = frame_times_s(rollout)
    if most is None or len(times) <= most:
        return times
    around = rollout.scenario.output.keep.around
    event = 0.0 if around is None else event_s(around, scope_of(rollout), rollout.events)
    nearest = np.argsort(np.abs(times - event), kind="stable")[:most]
    return times[np.sort(nearest)]
