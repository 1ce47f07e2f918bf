"""When frames are taken: at the frame rate, around the event that the scene keeps."""

from collections.abc import Mapping

import numpy as np

from drivesynth.arrays import F64
from drivesynth.errors import RequestError
from drivesynth.scenario.model import Keep
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import parse
from drivesynth.world import metrics
from drivesynth.world.conditions import Scope
from drivesynth.world.criticality import quantity, scope_of
from drivesynth.world.rollout import Rollout

# A sweep of the slowest common scanner runs this long before and after its frame time.
HALF_SWEEP_S = 0.052
_SETTLED_S = 0.2  # an event this close to the end of a rollout may yet move


def frame_times_s(rollout: Rollout) -> F64:
    """Frame times: whole multiples of 1 / fps whose sweeps lie within the rollout and within what is kept.

    No frame is taken once the ego touches somebody: what a crash does to bodies is not simulated.
    """
    output = rollout.scenario.output
    begin, end = HALF_SWEEP_S, float(rollout.time_s[-1]) - HALF_SWEEP_S
    kept = output.keep
    if kept.around is not None:
        event = event_s(kept.around, scope_of(rollout), rollout.events)
        begin, end = max(begin, event - kept.before_s), min(end, event + kept.after_s)
    end = min(end, _first_touch_s(rollout))
    first, last = int(np.ceil(begin * output.fps - 1e-6)), int(np.floor(end * output.fps + 1e-6))
    times = np.arange(first, last + 1, dtype=np.float64) / output.fps
    if kept.when is not None:
        true = np.broadcast_to(np.asarray(quantity(rollout, kept.when), np.bool_), rollout.time_s.shape)
        times = times[true[np.round(times / rollout.time_s[1]).astype(np.int64)]]
    return times


def event_s(around: str, scope: Scope, events: Mapping[str, float]) -> float:
    """When an event is that frames are kept around: one of the story, or an expression of time; or inf."""
    if around in events:
        return events[around]
    time = evaluate(parse(around).ast, scope)
    if isinstance(time, str) or np.ndim(time) != 0:
        raise RequestError(f"{around!r} is not one moment; use closest(...) or hit(...)", field="output.keep")
    return float(time)


def window_end_s(keep: Keep, scope: Scope, events: Mapping[str, float]) -> float:
    """When a rollout may end: after the frames to be kept; inf while their event is not over."""
    end = float(scope.series.time_s[-1])
    if keep.around is None:
        return end
    event = event_s(keep.around, scope, events)
    if not np.isfinite(event) or event > end - _SETTLED_S:
        return float("inf")
    return event + keep.after_s + HALF_SWEEP_S + _SETTLED_S


def _first_touch_s(rollout: Rollout) -> float:
    series = scope_of(rollout).series
    touches = [
        series.time_s[np.argmax(touching)]
        for b in range(1, len(series.names))
        if (touching := metrics.overlap(series, 0, b)).any()
    ]
    return float(min(touches, default=np.inf))
