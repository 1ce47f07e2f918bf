"""The two tasks a worker does: plan a take, make a frame. Each depends on its item alone."""

import time
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np

from drivesynth.dataset import plan as plans
from drivesynth.dataset.draw import drawn, lived, open_scene, rig_of
from drivesynth.dataset.ledger import FrameRecord, described
from drivesynth.dataset.sight import looking
from drivesynth.dataset.storage import OWN, Storage
from drivesynth.dataset.takes import Take
from drivesynth.errors import WorkError
from drivesynth.export import calib, cameras, extras, kitti, pulses, truth_images
from drivesynth.scenario.model import Scenario
from drivesynth.scenario.resolved import is_resolved
from drivesynth.scene.rig import Rig

_TAKING = Lock()


def scenario_path(number: int) -> str:
    """Where the scenario of the plan's take `number` stands."""
    return f"{OWN}/scenarios/{number:06d}.json"


def rig_path(digest: str) -> str:
    """Where a rig with its devices stands, named by its digest."""
    return f"{OWN}/rigs/{digest[:12]}.json"


@dataclass(frozen=True)
class TakeJob:
    """Draw and live through one variant. `ref` is the scene as the request names it.

    rig  another than the scene's own, for rules on what sensors see
    """

    ref: str
    row: int
    variant: int
    seed: int | None
    frames: int | None
    rig: str | None = None

    def __str__(self) -> str:
        return f"variant {self.variant} of {self.ref}"


@dataclass(frozen=True)
class FrameJob:
    """Make one frame of a take whose scenario and rig stand in the folder."""

    folder: str
    take: int
    scene: str
    variant: int
    rig_sha256: str
    scenario_sha256: str
    split: str
    frame: str
    time_s: float
    quality: str
    pulses: bool
    threads: int
    truth: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"frame {self.frame}"


def plan_take(job: TakeJob) -> tuple[plans.Take, bytes]:
    """The plan's row of a variant, and its scenario as JSON; a rejected one has no frames but a reason."""
    if is_resolved(job.ref):
        draw = lived(job.ref, job.frames)
    else:
        scene = open_scene(job.ref)
        draw = drawn(scene, job.variant, job.seed, job.frames, looking(rig_of(scene, job.rig)))
    if isinstance(draw, str):
        return plans.Take(scene=job.row, variant=job.variant, rejected=draw), b""
    row = plans.Take(
        scene=job.row,
        variant=job.variant,
        scenario_sha256=draw.scenario.digest(),
        split=draw.scenario.split,
        times_s=tuple(draw.times_s.tolist()),
    )
    return row, (draw.scenario.model_dump_json(indent=1) + "\n").encode()


def make_frame(job: FrameJob) -> FrameRecord:
    """Render, label, write: all files of the frame, or none."""
    storage = Storage(Path(job.folder))
    with _TAKING:  # frames under way side by side wait for the one that prepares their take
        take = _take(job.folder, job.take, job.rig_sha256, job.scenario_sha256)
    shot = take.shoot(job.time_s, job.quality, job.threads, truth=job.truth, clouds=job.clouds)
    laps = [time.perf_counter()]
    notes = extras.FrameNotes(
        job.frame,
        job.scene,
        shot.scenario.variant,
        job.scenario_sha256,
        job.time_s,
        shot.frame.world_from_vehicle,
        take.criticality_at(job.time_s),
        shot.truths,
        take.signals_at(job.time_s),
    )
    files = {f"{OWN}/frames/{job.frame}.json": extras.encode(notes)}
    if job.pulses:
        for number, (name, sweep) in enumerate(shot.frame.sweeps.items()):
            place = f"pulses_{name}" if number else "pulses"
            files[f"{OWN}/{place}/{job.frame}.parquet"] = pulses.encode(sweep)
    for number, (name, kinds) in enumerate(shot.frame.clouds.items()):
        for kind, points in kinds.items():
            place = f"velodyne_{kind}_{name}" if number else f"velodyne_{kind}"
            files[f"{OWN}/{place}/{job.frame}.bin"] = points.astype("<f4").tobytes()
    files |= kitti.encode(
        shot.frame,
        shot.truths,
        calib.of(take.rig),
        job.frame,
        job.split,
        take.rig.lidar_from_radar,
        take.rig.lidar_from_further,
        cameras.of(take.rig),
    )
    if job.truth:
        names = [actor.name for actor in shot.scenario.everyone]
        files = truth_images.encode(shot.pixels, job.truth, names, job.frame) | files
    laps.append(time.perf_counter())
    facts = described(files)
    laps.append(time.perf_counter())
    storage.commit(files, job.frame)
    laps.append(time.perf_counter())
    spent = shot.timings_s | dict(zip(("encode", "digest", "write"), np.diff(laps).tolist(), strict=True))
    return FrameRecord(
        frame=job.frame,
        scene=job.scene,
        variant=job.variant,
        time_s=job.time_s,
        scenario_sha256=job.scenario_sha256,
        files=facts,
        timings_s={name: round(seconds, 5) for name, seconds in spent.items()},
    )


@lru_cache(maxsize=2)
def _take(folder: str, number: int, rig_sha256: str, scenario_sha256: str) -> Take:
    """The take's rollout and rig, as the dataset's own files say; kept while its frames are made."""
    storage = Storage(Path(folder))
    scenario = Scenario.model_validate_json(storage.read(scenario_path(number)))
    rig = storage.read(rig_path(rig_sha256))
    for path, found, wanted in (
        (scenario_path(number), scenario.digest(), scenario_sha256),
        (rig_path(rig_sha256), sha256(rig).hexdigest(), rig_sha256),
    ):
        if found != wanted:
            raise WorkError(f"{storage.root / path}: was changed since the dataset was planned; restore it")
    return Take.of(scenario, Rig.model_validate_json(rig))
