"""A scenario lived through, at 100 Hz."""

import numpy as np
from drivesynth_kernels import columns as at

from drivesynth.road.lanes import DRIVEN
from drivesynth.scenario.model import Scenario
from drivesynth.scene.reach import LONGEST_S
from drivesynth.world import aim as aiming
from drivesynth.world.conditions import Scope
from drivesynth.world.live import STEP_S, Live, begin
from drivesynth.world.record import record
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_live
from drivesynth.world.story import Story
from drivesynth.world.times import window_end_s
from drivesynth.world.walkers import way_across

_STRETCH_S = 2.0  # how much further at a time while the event that frames are kept around is not over


def simulate(scenario: Scenario) -> Rollout:
    """What everybody does, until the frames to be kept or the aimed event are over, else for `duration_s`.

    It ends early where the ego's road does. An `aim` that cannot be met, an unknown actor, lane or action
    is a RequestError.
    """
    live = begin(scenario, LONGEST_S)
    story = Story.of(live)
    _take_aim(live, story)
    end = min(_first_end(live), live.last)
    while True:
        story.play(live, end)
        last, events = _road_end(live, end), _events(story)
        scope = Scope(of_live(live, 0, last), live.network, scenario.params, live.hit_s, whole=True)
        wanted = window_end_s(scenario.output.keep, scope, events)
        if wanted <= last * STEP_S or last < end or end >= live.last:
            break
        end = min(end + round(_STRETCH_S / STEP_S), live.last)
    if wanted < last * STEP_S:
        last = max(int(np.ceil(wanted / STEP_S)), 1)
    return record(live, last, events)


def _take_aim(live: Live, story: Story) -> None:
    for i, actor in enumerate(live.actors):
        if actor.aim is None:
            continue
        lane = live.network.lanes.get(actor.placement.lane or "")
        on_its_way = bool(actor.route) or (
            lane is not None and (lane.kind in DRIVEN or lane.kind == "cycleway")
        )
        if not on_its_way:
            live.put_on(i, way_across(live, i))
    for i, actor in enumerate(live.actors):
        if actor.aim is not None:
            aiming.solve(live, i, actor.aim, story.fork().play)
            if not actor.route and live.bodies[i].walks:
                live.commands[i, at.STOP_S] = live.path(i).length_m


def _first_end(live: Live) -> int:
    """The step to look at first: after the aimed events, else the scenario's own duration."""
    hits = [hit + 1.0 for hit in live.hit_s.values()]
    seconds = max(hits) if hits else live.scenario.duration_s
    return round(seconds / STEP_S)


def _road_end(live: Live, last: int) -> int:
    """The last step at which the ego's front is still on its path, or its recording goes on."""
    if recording := live.actors[0].drive.recording:
        return max(min(last, int(recording[-1][0] / STEP_S)), 1)
    front = live.history[: last + 1, 0, at.S] + live.commands[0, at.BACK] + live.commands[0, at.HALF_LENGTH]
    beyond = front > live.path(0).length_m
    return max(int(np.argmax(beyond)) - 1, 1) if beyond.any() else last


def _events(story: Story) -> dict[str, float]:
    return {
        w.event.name: story.fired[w.event.name] * STEP_S if w.event.name in story.fired else float("inf")
        for w in story.waiting
    }
