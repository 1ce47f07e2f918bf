"""Module-level tasks for spawned workers: they must be found by name in another process."""

import os
import signal
import time
from pathlib import Path

from drivesynth.errors import Mistakes, RequestError, WorkError


def square(number: int) -> int:
    return number * number


def pid_of(item: tuple[str, int]) -> tuple[str, int]:
    time.sleep(0.02)
    return item[0], os.getpid()


def die_once(item: tuple[str, int]) -> int:
    """Kill the own process on the first attempt at 3."""
    folder, number = item
    marker = Path(folder) / "died"
    if number == 3 and not marker.exists():
        marker.write_text("once")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_always(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail(kind: str) -> None:
    if kind == "request":
        raise Mistakes([RequestError("two things", field="a"), RequestError("are wrong", field="b")])
    if kind == "work":
        raise WorkError("the disk is full")
    raise ZeroDivisionError("a bug")
