"""Conditions on what happened: `require` rejects a draw, `expect` tests a scene.

A condition of moments holds if it holds at some moment; one of whole rollouts (`min_ttc`, `collision`,
`closest`) holds or not. `by T` looks at the time up to T alone, `until T` asks for every moment up to T,
`for T` for a stretch that long.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from drivesynth.arrays import F64, I64, Bool
from drivesynth.scene.dimensions import Phase, condition_phase
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import Condition, parse
from drivesynth.study.sightings import Sightings
from drivesynth.world.conditions import Measure, Scope
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout


@dataclass(frozen=True)
class Verdict:
    """One condition judged: `rule` is its place in the scene, like `require.0`."""

    rule: str
    condition: Condition
    holds: bool

    def __str__(self) -> str:
        return f"{self.rule} {self.condition.text}"


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether a condition holds over a stretch of time."""
    limit = condition.until_s if condition.by_s is None else condition.by_s
    if limit is not None:
        scope = scope.rows(np.flatnonzero(scope.series.time_s <= limit + 1e-9))
    answer = np.asarray(evaluate(condition.ast, scope), np.bool_)
    if condition.for_s is not None:
        true = np.broadcast_to(answer, scope.series.time_s.shape)
        return longest_s(true, scope.series.time_s) >= condition.for_s - 1e-9
    return bool(answer.all() if condition.until_s is not None else answer.any())


def longest_s(true: Bool, time_s: F64) -> float:
    """The longest stretch without a break in which something holds, first to last instant; -1 for none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    if not len(edges):
        return -1.0
    return float((time_s[edges[1::2] - 1] - time_s[edges[::2]]).max())


def asks_sensors(texts: Iterable[str]) -> bool:
    """Whether any of these conditions is one on what sensors saw."""
    return any(condition_phase(parse(text)) is Phase.RENDERED for text in texts)


def broken(
    rollout: Rollout, phases: frozenset[Phase] = frozenset({Phase.STATIC, Phase.KINEMATIC})
) -> Verdict | None:
    """The first rule of these phases that a rollout breaks, cheapest first; None if it may stay."""
    rules = [(rule, parse(text)) for rule, text in rollout.scenario.rules.items()]
    scope = None
    for rule, condition in sorted(rules, key=lambda pair: condition_phase(pair[1])):
        if condition_phase(condition) not in phases:
            continue
        scope = scope or scope_of(rollout)
        if not holds(condition, scope):
            return Verdict(rule, condition, False)
    return None


def expected(rollout: Rollout, sightings: Sightings | None = None) -> tuple[Verdict, ...]:
    """Every `expect` of the scene judged; those on what sensors saw only where `sightings` are given."""
    rules = {f"expect.{i}": text for i, text in enumerate(rollout.scenario.expect)}
    return _verdicts(rules, rollout, sightings)


def required_of_frames(rollout: Rollout, sightings: Sightings) -> tuple[Verdict, ...]:
    """The rules on what sensors saw, judged on the kept frames."""
    return tuple(
        v
        for v in _verdicts(rollout.scenario.rules, rollout, sightings)
        if condition_phase(v.condition) == Phase.RENDERED
    )


def _verdicts(rules: Mapping[str, str], rollout: Rollout, sightings: Sightings | None) -> tuple[Verdict, ...]:
    verdicts = []
    scope = scope_of(rollout)
    for rule, text in rules.items():
        condition = parse(text)
        if condition_phase(condition) != Phase.RENDERED:
            verdicts.append(Verdict(rule, condition, holds(condition, scope)))
        elif sightings is not None:
            # Sensors answer at frame times, so everything is asked there.
            rows: I64 = np.searchsorted(scope.series.time_s, sightings.time_s - 1e-9).astype(np.int64)
            seen = _measures(rollout, sightings)
            at_frames = replace(scope, series=scope.series.rows(rows), seen=seen)
            verdicts.append(Verdict(rule, condition, holds(condition, at_frames)))
    return tuple(verdicts)


def _measures(rollout: Rollout, sightings: Sightings) -> Mapping[str, Measure]:
    def time_visible(actor: str) -> float:
        return sightings.time_visible_s(actor, rollout.hit_s.get(actor))

    return {
        "points_on": sightings.points_on,
        "occlusion": sightings.occlusion,
        "time_visible": time_visible,
    }
