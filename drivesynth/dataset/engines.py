"""Where tasks run: in this process, one by one or side by side, or in spawned processes that are watched.

An engine calls one module-level function on many items and yields (item number, result) as they
finish. What an item's result is never depends on the engine. Items carry a group; a worker stays with
a group while it lasts, so that what is prepared for a group (a rollout) is prepared seldom.

Spawned processes, not forked ones: numba's threading and OpenCV do not survive a fork.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar, cast

from drivesynth.dataset.garbage import seldom_sought
from drivesynth.errors import DrivesynthError, RequestError, WorkError

T = TypeVar("T")
R = TypeVar("R")
# A thread back from a kernel waits so long at most for one that runs Python [s].
_SWITCH_S = 5e-4
ATTEMPTS = 2  # an item whose worker died is tried once more: memory may have been short for a moment


class Engine(Protocol):
    """Anything that can run tasks: this process, processes, later a cluster."""

    def run(
        self, task: Callable[[T], R], items: Sequence[T], group: Callable[[T], Hashable]
    ) -> Iterator[tuple[int, R]]:
        """Yield (index into `items`, task(item)) in the order of completion."""
        ...


class InProcess:
    """One after the other, here."""

    def run(
        self, task: Callable[[T], R], items: Sequence[T], group: Callable[[T], Hashable]
    ) -> Iterator[tuple[int, R]]:
        """See `Engine.run`."""
        for index, item in enumerate(items):
            yield index, task(item)


class Abreast:
    """Several at a time here, a thread each: what is prepared is shared, and no core waits within a task.

    Tasks spend their time in kernels, numpy and packers, which let other threads run.
    """

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes

    def run(
        self, task: Callable[[T], R], items: Sequence[T], group: Callable[[T], Hashable]
    ) -> Iterator[tuple[int, R]]:
        """See `Engine.run`; results come in the order of the items."""
        under_way: deque[Future[R]] = deque()
        switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        pool = ThreadPoolExecutor(self.lanes)
        try:
            for index in range(len(items) + self.lanes):
                if index < len(items):
                    under_way.append(pool.submit(task, items[index]))
                if index >= self.lanes and under_way:
                    yield index - self.lanes, under_way.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            sys.setswitchinterval(switch_s)


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    group: Hashable = None
    index: int | None = None  # of the item it works on


class Processes:
    """`workers` spawned processes; one that dies is replaced and its item tried once more."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(
        self, task: Callable[[T], R], items: Sequence[T], group: Callable[[T], Hashable]
    ) -> Iterator[tuple[int, R]]:
        """See `Engine.run`. An exception of the task ends the run and is raised here."""
        queues: dict[Hashable, deque[int]] = {}
        for index, item in enumerate(items):
            queues.setdefault(group(item), deque()).append(index)
        attempts = [0] * len(items)
        workers = [_start(task) for _ in range(min(self.workers, len(items)))]
        left = len(items)
        try:
            while left:
                for worker in workers:
                    if worker.index is None and queues:
                        _give(worker, items, queues, workers)
                        attempts[cast(int, worker.index)] += 1
                busy = {worker.pipe: worker for worker in workers if worker.index is not None}
                for pipe in wait(list(busy)):
                    worker = busy[cast(Connection, pipe)]
                    index = cast(int, worker.index)
                    try:
                        result, error = worker.pipe.recv()
                    except (EOFError, OSError):
                        if attempts[index] >= ATTEMPTS:
                            raise WorkError(_obituary(worker, items[index])) from None
                        _stop(worker)
                        workers[workers.index(worker)] = _start(task)
                        queues.setdefault(group(items[index]), deque()).appendleft(index)
                        continue
                    if error is not None:
                        raise error
                    worker.index = None
                    left -= 1
                    yield index, result
        finally:
            for worker in workers:
                _stop(worker)


def engine(workers: int, lanes: int = 1) -> Engine:
    """The engine for a number of workers; one needs no process of its own, but may have several lanes."""
    if workers > 1:
        return Processes(workers)
    return Abreast(lanes) if lanes > 1 else InProcess()


def shared(threads: int, lanes: int, items: int) -> list[int]:
    """Threads for each of the items that lanes make side by side; the last few get those of resting lanes."""
    left = items % lanes
    return [max(1, threads // abreast) for abreast in [lanes] * (items - left) + [left] * left]


def _start(task: Callable[[Any], Any]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()  # so that our end hears of the worker's death
    return _Worker(process, ours)


def _give(
    worker: _Worker, items: Sequence[Any], queues: dict[Hashable, deque[int]], workers: list[_Worker]
) -> None:
    """Hand over the next item: of the worker's own group, else of one nobody holds, else of the longest."""
    if worker.group not in queues:
        held = {other.group for other in workers if other is not worker and other.index is not None}
        free = [key for key in queues if key not in held]
        worker.group = free[0] if free else max(queues, key=lambda key: len(queues[key]))
    queue = queues[worker.group]
    worker.index = queue.popleft()
    if not queue:
        del queues[worker.group]
    with contextlib.suppress(OSError):  # it died while idle: reading from it will say so
        worker.pipe.send(items[worker.index])


def _stop(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.terminate()
    worker.process.join()


def _obituary(worker: _Worker, item: Any) -> str:
    worker.process.join()
    code = worker.process.exitcode
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    hint = "; is memory short? fewer --workers need less" if code == -signal.SIGKILL else ""
    return f"the worker that made {item} died twice ({how}){hint}"


def _serve(task: Callable[[Any], Any], pipe: Connection) -> None:
    """A worker's life: take an item, do it, answer; end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with seldom_sought(), contextlib.suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            answer: tuple[Any, Exception | None]
            try:
                answer = task(item), None
            except Exception as error:
                answer = None, _portable(error)
            pipe.send(answer)


def _portable(error: Exception) -> Exception:
    """An error that survives the way to the parent: the user's message, or for a bug its whole story."""
    if isinstance(error, RequestError):
        return RequestError(str(error))
    if isinstance(error, DrivesynthError):
        return WorkError(str(error))
    return RuntimeError("in a worker process:\n" + traceback.format_exc())


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
