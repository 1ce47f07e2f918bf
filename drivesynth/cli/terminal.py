"""What verbs share at the terminal: options, messages beside the output, progress."""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drivesynth.errors import RequestError

if TYPE_CHECKING:
    from drivesynth.dataset.build import Progress

SCENES = click.argument("scenes", nargs=-1, required=True, metavar="SCENE...")
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Other draws; default: the scene's own seed."
)


@contextmanager
def loading() -> Iterator[None]:
    """Load modules without looking for garbage among what they define, now and later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def say(message: str) -> None:
    """A line for the person, beside the output."""
    click.echo(message, err=True)


def counted(number: int, thing: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{number} {thing}{'s' * (number != 1)}"


def rate(number: int, elapsed_s: float, thing: str) -> str:
    """`3.1 frames/s`; of what takes more than a second each, `12 s a frame`."""
    per_s = number / max(elapsed_s, 1e-3)
    return f"{per_s:.1f} {thing}s/s" if per_s >= 1.0 else f"{1.0 / per_s:.3g} s a {thing}"


def scene_files(name: str) -> list[Path]:
    """A scene's file, or all scenes below a folder."""
    from drivesynth.scene.catalogue import find

    path = find(name)
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob("*.yaml"))
    if not files:
        raise RequestError(f"{name}: no scene file (*.yaml) in this folder")
    return files


class ProgressLine:
    """Frames per second and time left: a bar on a terminal, a line now and then elsewhere."""

    EVERY_S = 10.0

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""
        self._said_s = 0.0

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def tell(self, step: "Progress") -> None:
        """Show one step."""
        begins, self._stage = step.stage != self._stage, step.stage
        if sys.stderr.isatty():
            self._draw(step, begins)
        elif begins or step.done == step.total or time.monotonic() - self._said_s > self.EVERY_S:
            self._said_s = time.monotonic()
            say(f"{step.stage} {step.done}/{step.total}")

    def _draw(self, step: "Progress", begins: bool) -> None:
        from tqdm import tqdm

        if begins:
            self.__exit__()
            unit = {"render": "frame", "weather": "cloud"}.get(step.stage, "variant")
            self._bar = tqdm(total=step.total, initial=step.done, desc=step.stage, unit=unit, leave=False)
        self._bar.update(step.done - self._bar.n)
