"""`signals:` as a scene writes it: a plan of two phases, fixed in time."""

from typing import Annotated

from pydantic import Field

from drivesynth.scene.fields import PositiveTime, Ratio, Time
from drivesynth.scene.validate import FileModel


class Signals(FileModel):
    """Traffic lights: the `green` arms share a phase, the others have red meanwhile and green after it.

    cycle    both phases together; `share` of it belongs to the green arms (50 %)
    phase    how far into the cycle, which begins with the green arms' green, the scene starts
    amber    after green; 3 s, or 4 s and 5 s where the limit is 60 and 70 km/h
    all_red  after amber, before the other phase's green
    red_amber  the last of red, with amber; 1 s with German marks, 2 s with British ones, else none
    """

    cycle: PositiveTime
    green: Annotated[tuple[str, ...], Field(min_length=1)]
    share: Ratio | None = None
    phase: Time | None = None
    amber: Time | None = None
    all_red: Time | None = None
    red_amber: Time | None = None
