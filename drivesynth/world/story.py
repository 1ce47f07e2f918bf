"""The story: events that wait for their trigger, fire on its rising edge, and act one thing after another."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from drivesynth.arrays import F64, Bool
from drivesynth.scenario.model import Action, Event
from drivesynth.world import actions
from drivesynth.world.actions import Acting, Done
from drivesynth.world.live import STEP_S, Live
from drivesynth.world.triggers import Trigger

_NEVER = 1 << 60
_AHEAD = 200  # steps that are simulated before looking whether anything happened


@dataclass
class _Waiting:
    """One event: `due` is the step at which it acts, once its trigger rose."""

    event: Event
    trigger: Trigger | None
    was_true: bool = False
    known: tuple[int, Bool] | None = None  # what the trigger was from a step on
    due: int = _NEVER
    armed: bool = True
    ended: int = _NEVER

    def now(self, live: Live) -> bool:
        """Whether the trigger holds at the present step."""
        assert self.trigger is not None
        first, true = self.known or (_NEVER, np.zeros(0, np.bool_))
        if not first <= live.step < first + len(true):
            first, true = live.step, self.trigger.over(live, live.step, live.step)
        return bool(true[live.step - first])


@dataclass
class _Thread:
    """One actor's list of actions in an event; of an arm's signals `actor` is -1 less their group."""

    waiting: int
    actor: int
    actions: tuple[Action, ...]
    position: int = 0
    done: Done | None = None


@dataclass
class Story:
    """All events of a scenario and the actions under way. `fired` gives the first step each acted at."""

    waiting: list[_Waiting]
    threads: list[_Thread] = field(default_factory=list)
    fired: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, live: Live) -> "Story":
        """The scenario's story, nothing of it begun."""
        return cls(
            [
                _Waiting(event, Trigger.parse(event.when) if event.when else None)
                for event in live.scenario.story
            ]
        )

    def fork(self, without: int = -1) -> "Story":
        """A copy that may go its own way, in which one actor has nothing more to do."""
        threads = [replace(t) for t in self.threads if t.actor != without]
        return Story([replace(w) for w in self.waiting], threads, dict(self.fired))

    def play(self, live: Live, last: int) -> None:
        """Run the world to step `last`, acting wherever something is due."""
        if live.step == 0:
            self.act(live)
        while live.step < last:
            ahead = min(live.step + _AHEAD, last)
            live.run(ahead)
            live.step = self.next_change(live, ahead)
            self.act(live)

    def next_change(self, live: Live, last: int) -> int:
        """The first step after the present one, up to `last`, at which anything is due."""
        first = live.step + 1
        soonest = min([last, *(max(w.due, first) for w in self.waiting)])
        times = np.arange(first, soonest + 1, dtype=np.float64) * STEP_S
        for thread in self.threads:
            if thread.done is not None and len(times):
                states = live.history[first : soonest + 1, max(thread.actor, 0)]
                soonest, times = _cut(thread.done(states, times), first, soonest, times)
        for waiting in self.waiting:
            if self._listens(waiting) and waiting.trigger is not None and len(times):
                true = waiting.trigger.over(live, first, soonest)
                waiting.known = first, true
                rising = true & ~np.concatenate([[waiting.was_true], true[:-1]])
                soonest, times = _cut(rising, first, soonest, times)
        return soonest

    def act(self, live: Live) -> None:
        """Do what is due at the present step, until nothing more is."""
        self._go_on(live)
        while self._fire(live):
            pass

    # --- inside ------------------------------------------------------------------------------

    def _planner(self, actor: int) -> Callable[[Live, int], None]:
        """What would happen if an actor did nothing more: for aiming at somebody else's plan."""
        planned = self.fork(without=actor)
        return planned.play

    def _listens(self, waiting: _Waiting) -> bool:
        return waiting.armed and waiting.due == _NEVER and self._released(waiting.event)

    def _released(self, event: Event) -> bool:
        if event.after is None:
            return True
        return any(w.event.name == event.after and w.ended < _NEVER for w in self.waiting)

    def _fire(self, live: Live) -> bool:
        """Notice triggers and start what is due; true if something started."""
        started = False
        for index, waiting in enumerate(self.waiting):
            if self._listens(waiting):
                if waiting.trigger is None:
                    begun = next(
                        (w.ended for w in self.waiting if w.event.name == waiting.event.after), live.step
                    )
                    waiting.due = begun + round(waiting.event.delay_s / STEP_S)
                else:
                    true = waiting.now(live)
                    if true and not waiting.was_true:
                        waiting.due = live.step + round(waiting.event.delay_s / STEP_S)
                    waiting.was_true = true
            if waiting.due <= live.step:
                waiting.due = _NEVER
                waiting.armed = waiting.trigger is not None and not waiting.event.once
                self.fired.setdefault(waiting.event.name, live.step)
                self._begin(index, live)
                started = True
        return started

    def _begin(self, index: int, live: Live) -> None:
        waiting = self.waiting[index]
        waiting.ended = _NEVER
        for name, listed in waiting.event.do.items():
            # An arm's signals act as well: as a row below all actors.
            arm = name in live.groups and name not in live.rows
            actor = -1 - live.groups.index(name) if arm else live.row(name)
            # A newer order replaces the older one of the same actor.
            self.threads = [t for t in self.threads if t.actor != actor or not self._overrides(t, listed)]
            self.threads.append(_Thread(index, actor, listed))
        self._go_on(live)

    def _overrides(self, thread: _Thread, listed: tuple[Action, ...]) -> bool:
        moving = {"speed", "brake", "stop", "walk", "run", "stumble", "recover", "turn_back", "aim", "follow"}
        now = thread.actions[min(thread.position, len(thread.actions) - 1)].kind
        return now in moving and bool(listed) and listed[0].kind in moving

    def _go_on(self, live: Live) -> None:
        """Start each thread's next action where the last one is done."""
        going = []
        time = np.array([live.time_s])
        for thread in self.threads:
            while thread.position < len(thread.actions):
                if thread.done is None:
                    if thread.actor >= 0:
                        live.path(thread.actor)
                    stream = f"story.{self.waiting[thread.waiting].event.name}"
                    acting = Acting(live, thread.actor, self._planner(thread.actor), stream)
                    thread.done = actions.start(acting, thread.actions[thread.position])
                if not thread.done(live.now[None, max(thread.actor, 0)], time)[0]:
                    break
                thread.position, thread.done = thread.position + 1, None
            if thread.position < len(thread.actions):
                going.append(thread)
        self.threads = going
        busy = {thread.waiting for thread in going}
        for index, waiting in enumerate(self.waiting):
            if waiting.event.name in self.fired and index not in busy and waiting.ended == _NEVER:
                waiting.ended = live.step


def _cut(true: Bool, first: int, soonest: int, times: F64) -> tuple[int, F64]:
    """Shorten a stretch to the first step at which something is true."""
    if not true.any():
        return soonest, times
    cut = first + int(np.argmax(true))
    return cut, times[: cut - first + 1]
