"""The main job: a request in, a dataset folder out; the same call again goes on where it stopped.

    plan        every wanted take is drawn and lived through once, to know its frames
    render      every frame that the ledger does not know is made, by one engine or another
    finish      the lists and the card say what is there

Which engine, how many workers and threads, and where a run was interrupted change no byte of what the
plan asks for.
"""

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast

from drivesynth.dataset import card
from drivesynth.dataset import plan as plans
from drivesynth.dataset.draw import PinnedScene, pin
from drivesynth.dataset.engines import InProcess, engine, shared
from drivesynth.dataset.garbage import seldom_sought
from drivesynth.dataset.ledger import FrameRecord, Ledger
from drivesynth.dataset.plan import Asked, Plan, Request, Take
from drivesynth.dataset.storage import PLAN, Storage
from drivesynth.dataset.versions import versions
from drivesynth.dataset.work import FrameJob, TakeJob, make_frame, plan_take, rig_path, scenario_path
from drivesynth.errors import RequestError
from drivesynth.export import kitti, pulses
from drivesynth.scenario.resolved import is_resolved
from drivesynth.scene.rig import Rig
from drivesynth.sensors import warm
from drivesynth.sensors.camera import Quality
from drivesynth.truth.pixels import checked

# Below this many takes, starting processes to plan them takes longer than planning them.
FEW_TAKES = 8


@dataclass(frozen=True)
class Progress:
    """One step of the work, told as it is done; before the first one, what there is to do.

    frame      id of the frame that was finished; None for other steps
    timings_s  of that frame, by stage
    """

    stage: Literal["plan", "render", "weather"]
    done: int
    total: int
    frame: str | None = None
    timings_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What a run did.

    made, kept  frames made by this run, and found finished
    rejected    scene and variant -> why it has no frames
    elapsed_s   of rendering, wall clock
    timings_s   seconds by stage, summed over the frames made
    """

    folder: Path
    made: int
    kept: int
    rejected: dict[tuple[str, int], str]
    elapsed_s: float
    timings_s: dict[str, float]


def _silent(_: Progress) -> None:
    """Tell nobody."""


def build(
    request: Request,
    folder: Path,
    *,
    workers: int = 1,
    threads: int = 1,
    progress: Callable[[Progress], None] = _silent,
) -> Summary:
    """Make, resume or extend the dataset in `folder`.

    RequestError where the request is wrong or differs from what the folder holds in more than more
    variants or scenes; WorkError where it cannot be written. After either, everything under a
    final name is whole, and the same call goes on from there.
    """
    for name, number in (("workers", workers), ("threads", threads)):
        if number < 1:
            raise RequestError("at least 1 is needed", field=name)
    if request.pulses:
        pulses.require()
    pinned = [pin(ref, request.rig, request.variants) for ref in request.scenes]
    for scene in pinned:
        sensors = Rig.model_validate_json(scene.rig)
        request = replace(request, truth=checked((*request.truth, *scene.images), sensors.cameras))
    if request.seed is not None and any(is_resolved(ref) for ref in request.scenes):
        raise RequestError("nothing is left to draw in a scenario's file; leave it out", field="seed")
    warm.begin(cast(Quality, request.quality))
    asked = _asked(request, pinned)
    storage = Storage(folder)
    with storage.locked():
        plan = Plan(asked=asked, versions=versions())
        if storage.size(PLAN) >= 0:
            old = plans.decode(storage.read(PLAN), str(folder / PLAN))
            plan = plans.extend(old, plan, str(folder))
        ledger = Ledger(folder)
        plan = _planned(plan, request, pinned, storage, workers, progress)
        _noted(plan, storage, ledger)
        jobs = _jobs(plan, folder, threads)
        missing = [
            job
            for job in jobs
            if (known := ledger.frames.get(job.frame)) is None or not ledger.whole(known, storage)
        ]
        if missing:
            ledger.note_session(
                versions=plan.versions,
                machine=f"{platform.system()} {platform.machine()}",
                workers=workers,
                threads=threads,
            )
        begin, kept = time.perf_counter(), len(jobs) - len(missing)
        if missing:
            progress(Progress("render", kept, len(jobs)))
        seconds: Counter[str] = Counter()
        try:
            for made, record in enumerate(_rendered(missing, workers), 1):
                ledger.note_frame(record)
                seconds.update(record.timings_s)
                progress(Progress("render", kept + made, len(jobs), record.frame, record.timings_s))
        finally:
            _finish(plan, storage, ledger)
    return Summary(
        folder,
        len(missing),
        kept,
        {
            (plan.asked.scenes[take.scene].name, take.variant): take.rejected
            for take in plan.takes
            if take.rejected is not None
        },
        time.perf_counter() - begin,
        dict(seconds),
    )


def _asked(request: Request, pinned: Sequence[PinnedScene]) -> Asked:
    digests = Counter(scene.asked.sha256 for scene in pinned)
    for scene in pinned:
        if digests[scene.asked.sha256] > 1:
            raise RequestError(f"{scene.asked.name} is named twice; name every scene once", field="scenes")
    return Asked(
        scenes=tuple(scene.asked for scene in pinned),
        seed=request.seed,
        frames=request.frames,
        rig=request.rig,
        quality=request.quality,
        formats=request.formats,
        pulses=request.pulses,
        truth=request.truth,
        clouds=tuple(sorted(set(request.clouds))),
    )


def _planned(
    plan: Plan,
    request: Request,
    pinned: Sequence[PinnedScene],
    storage: Storage,
    workers: int,
    progress: Callable[[Progress], None],
) -> Plan:
    """The plan with all takes it wants, its scenarios and rigs on disk before it says so."""
    wanted = plan.wanted()
    if not wanted and plan.takes:
        return plan
    by_digest = {scene.asked.sha256: scene for scene in pinned}
    scenes = [by_digest[scene.sha256] for scene in plan.asked.scenes]
    jobs = [
        TakeJob(scenes[row].ref, row, variant, request.seed, request.frames, request.rig)
        for row, variant in wanted
    ]
    progress(Progress("plan", 0, len(jobs)))
    takes: dict[int, Take] = {}
    shared: dict[str, bytes] = {rig_path(scene.asked.rig_sha256): scene.rig for scene in scenes}
    planner = engine(workers if len(jobs) > FEW_TAKES else 1)
    for done, (index, (take, scenario)) in enumerate(planner.run(plan_take, jobs, lambda job: job.ref), 1):
        takes[index] = take
        if take.rejected is None:
            shared[scenario_path(len(plan.takes) + index)] = scenario
        progress(Progress("plan", done, len(jobs)))
    plan = plan.with_takes([takes[index] for index in range(len(jobs))])
    for row, scene in enumerate(plan.asked.scenes):
        reasons = [take.rejected for take in plan.takes if take.scene == row]
        if all(reason is not None for reason in reasons):
            raise RequestError(f"{scene.name}: no variant of {len(reasons)} has a scenario: {reasons[0]}")
    storage.commit({**shared, PLAN: plan.encode()}, "plan")
    return plan


def _noted(plan: Plan, storage: Storage, ledger: Ledger) -> None:
    """Put scenarios and rigs into the ledger where a killed run did not come to it."""
    paths = [rig_path(scene.rig_sha256) for scene in plan.asked.scenes]
    paths += [scenario_path(row) for row, take in enumerate(plan.takes) if take.rejected is None]
    ledger.note_shared({path: storage.read(path) for path in paths if path not in ledger.shared})


def _jobs(plan: Plan, folder: Path, threads: int) -> list[FrameJob]:
    return [
        FrameJob(
            folder=str(folder.resolve()),
            take=number,
            scene=plan.asked.scenes[take.scene].name,
            variant=take.variant,
            rig_sha256=plan.asked.scenes[take.scene].rig_sha256,
            scenario_sha256=take.scenario_sha256,
            split=take.split,
            frame=frame,
            time_s=time_s,
            quality=plan.asked.quality,
            pulses=plan.asked.pulses,
            threads=threads,
            truth=plan.asked.truth,
            clouds=plan.asked.clouds,
        )
        for number, take in enumerate(plan.takes)
        for frame, time_s in take.frames
    ]


def _rendered(jobs: Sequence[FrameJob], workers: int) -> Iterator[FrameRecord]:
    """Records of the frames as they are finished."""
    # The first is made here, so that kernels that are not compiled yet are compiled once, not by everyone.
    # In one process, threads then make a frame each: two share a frame's work less evenly than two frames.
    first, rest, lanes = jobs[:1], list(jobs[1:]), 1
    if workers == 1 and rest:
        lanes = min(rest[0].threads, len(rest))
        each = shared(rest[0].threads, lanes, len(rest))
        rest = [replace(job, threads=threads) for job, threads in zip(rest, each, strict=True)]
    for part, run in ((first, InProcess()), (rest, engine(workers, lanes))):
        with seldom_sought():
            for _, record in run.run(make_frame, part, lambda job: job.take):
                yield record


def _finish(plan: Plan, storage: Storage, ledger: Ledger) -> None:
    """Say what is there: the lists and the card, of finished frames alone."""
    splits = {frame: take.split for take in plan.takes for frame, _ in take.frames if frame in ledger.frames}
    files = kitti.encode_lists(splits) | {card.CARD: card.encode(plan, Counter(splits.values()))}
    storage.commit(files, "lists")
    ledger.note_shared(files)
