"""What signals show over time: the plan's two phases, until a story says otherwise."""

from dataclasses import dataclass

import numpy as np
from drivesynth_kernels.rules import AMBER, GREEN, OFF, RED, RED_AMBER
from numpy.typing import NDArray

from drivesynth.arrays import F64, U8
from drivesynth.road.rights import CROSSING
from drivesynth.scenario.model import SignalPlan

SHOWS = {"off": OFF, "red": RED, "amber": AMBER, "green": GREEN, "red_amber": RED_AMBER}
WORDS = np.array(sorted(SHOWS, key=lambda word: SHOWS[word]))  # by their number


@dataclass(frozen=True)
class Signals:
    """What each group of signals shows: N instants, G groups.

    shows  (N, G) index into WORDS
    """

    groups: tuple[str, ...]
    shows: U8

    def words(self, group: str) -> NDArray[np.str_]:
        """(N,) what a group shows."""
        return np.asarray(WORDS[self.shows[:, self.groups.index(group)]])

    def lit(self, row: int) -> dict[str, str]:
        """What all groups show at an instant."""
        return {group: str(WORDS[self.shows[row, g]]) for g, group in enumerate(self.groups)}


def by_plan(plan: SignalPlan, groups: tuple[str, ...], time_s: F64) -> U8:
    """(T, G) what the groups show at times since the scenario's start.

    Each phase is green, amber, all red, the last of it red with amber for those whose green comes next;
    walkers have no amber and get red `clear_s` before its end.
    """
    since = np.mod(time_s + plan.offset_s, plan.cycle_s)
    first = plan.share * plan.cycle_s
    shows = np.full((len(time_s), len(groups)), RED, np.uint8)
    for g, group in enumerate(groups):
        begin, lasts = (0.0, first) if group in plan.green else (first, plan.cycle_s - first)
        inside = since - begin
        mine = (inside > -1e-9) & (inside < lasts - 1e-9)
        if group == CROSSING:
            green_s = amber_s = lasts - max(plan.clear_s, plan.all_red_s)
        else:
            amber_s = lasts - plan.all_red_s
            green_s = amber_s - plan.amber_s
            until = np.mod(begin - since, plan.cycle_s)
            shows[~mine & (until < plan.red_amber_s + 1e-9), g] = RED_AMBER
        shows[mine & (inside < amber_s - 1e-9), g] = AMBER
        shows[mine & (inside < green_s - 1e-9), g] = GREEN
    return shows
