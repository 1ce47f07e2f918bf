"""Variants of a scene: drawn, lived through, and cut to the frames that are kept."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64
from drivesynth.dataset.ledger import digest
from drivesynth.dataset.plan import AskedScene
from drivesynth.errors import RequestError
from drivesynth.export.kitti import main_lidar
from drivesynth.scenario.draw import attempts
from drivesynth.scenario.draw import variants as planned_variants
from drivesynth.scenario.model import Scenario
from drivesynth.scene.loader import load
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.study.conditions import broken
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate
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


def drawn(scene: Scene, variant: int, seed: int | None, frames: int | None) -> Draw | str:
    """The variant's first try that may stay, with at most `frames` frame times; else why none may."""
    reasons: Counter[str] = Counter()
    try:
        for scenario in attempts(scene, seed, variant):
            try:
                rollout = simulate(scenario)
            except RequestError as error:  # an aim that this try cannot meet, say
                reasons[str(error)] += 1
                continue
            verdict = broken(rollout)
            if verdict is not None:
                reasons[f"{verdict} does not hold"] += 1
                continue
            times = kept_times_s(rollout, frames)
            if len(times):
                return Draw(rollout, times)
            reasons["output.keep keeps no frame"] += 1
    except RequestError as error:
        return str(error)
    ((reason, count),) = reasons.most_common(1)
    return f"{reason} ({count} of {reasons.total()} tries that could be simulated)"


def kept_times_s(rollout: Rollout, most: int | None) -> F64:
    """Frame times, at most `most`: those nearest to the event they are kept around, else the first ones."""
    times = frame_times_s(rollout)
    if most is None or len(times) <= most:
        return times
    around = rollout.scenario.output.keep.around
    event = 0.0 if around is None else event_s(around, scope_of(rollout), rollout.events)
    nearest = np.argsort(np.abs(times - event), kind="stable")[:most]
    return times[np.sort(nearest)]
