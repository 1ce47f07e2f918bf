"""Triggers of a story, judged for a whole stretch of steps at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import Bool
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import Condition, parse
from drivesynth.world.conditions import Scope
from drivesynth.world.live import STEP_S, Live
from drivesynth.world.series import of_live


@dataclass(frozen=True)
class Trigger:
    """A condition of the moment; with `for` it must have held that long."""

    condition: Condition

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Trigger":
        """The trigger that a scene's `when` states; RequestError where it is none."""
        return cls(parse(text))

    def over(self, live: Live, first: int, last: int) -> Bool:
        """(last - first + 1,) whether it holds at each step."""
        held = round((self.condition.for_s or 0.0) / STEP_S)
        begin = max(first - held, 0)
        series = of_live(live, begin, last)
        scope = Scope(series, live.network, live.scenario.params, live.hit_s, whole=False)
        true = np.broadcast_to(np.asarray(evaluate(self.condition.ast, scope), np.bool_), len(series.time_s))
        if held:
            # How many steps up to here it has been true without a break; before the start it was not.
            step = np.arange(len(true))
            broken = np.maximum.accumulate(np.where(true, -1, step))
            true = true & (step - broken > held)
        return np.asarray(true[first - begin :])
