"""Variants of a scene: drawn, lived through, and cut to the frames that are kept."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.dataset.ledger import digest
from drivesynth.dataset.plan import AskedScene
from drivesynth.errors import RequestError
from drivesynth.export.kitti import main_lidar
from drivesynth.scenario.draw import variants as planned_variants
from drivesynth.scenario.model import Scenario
from drivesynth.scene.loader import load
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.study.variants import Look, Report, accept
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.times import event_s, frame_times_s


@dataclass(frozen=True)
class PinnedScene:
    """A scene as a request names it, and what the plan says of it.

    rig  as JSON, devices and all
    """

    ref: str
    asked: AskedScene
    rig: bytes


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
        return load_rig(override)
    return load_rig(scene.rig.use, scene.path.parent if scene.path is not None else None)


def pin(ref: str, rig: str | None, variants: int | None) -> PinnedScene:
    """The scene with digests of its content and its rig's; variants None is as many as the file plans.

    RequestError where KITTI's layout cannot hold the rig.
    """
    scene = open_scene(ref)
    sensors = rig_of(scene, rig)
    main_lidar(sensors.lidars, sensors.cameras)
    text = sensors.model_dump_json().encode()
    asked = AskedScene(
        name=scene.name,
        sha256=scene.sha256,
        rig_sha256=digest(text),
        variants=planned_variants(scene) if variants is None else variants,
    )
    return PinnedScene(ref, asked, text)


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


def kept_times_s(rollout: Rollout, most: int | None) -> F64:
    """Frame times, at most `most`: those nearest to the event they are kept around, else the first ones."""
    times = frame_times_s(rollout)
    if most is None or len(times) <= most:
        return times
    around = rollout.scenario.output.keep.around
    event = 0.0 if around is None else event_s(around, scope_of(rollout), rollout.events)
    nearest = np.argsort(np.abs(times - event), kind="stable")[:most]
    return times[np.sort(nearest)]
