"""Variants that may stay: drawn, lived through, looked at, and judged by the scene's own `require`."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import attempts
from drivesynth.scenario.draw import variants as wanted
from drivesynth.scenario.model import Scenario
from drivesynth.scene.model import Scene
from drivesynth.study.conditions import asks_sensors, broken, required_of_frames
from drivesynth.study.sightings import Sightings
from drivesynth.world.aim import NoMeeting
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate


@dataclass(frozen=True)
class Draw:
    """One variant and what everybody did in it."""

    scenario: Scenario
    rollout: Rollout


@dataclass
class Report:
    """What was accepted, and what rejected the rest.

    rejected  rule -> number of rollouts it refused
    reasons   rule -> why, where the rule's text alone does not say it
    given_up  variants of which no try may stay
    """

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    given_up: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        tries = self.accepted + self.rejected.total()
        rules = ", ".join(
            f"{rule} ({count})" + (f", {self.reasons[rule]}" if rule in self.reasons else "")
            for rule, count in self.rejected.most_common()
        )
        text = f"accepted {self.accepted} of {tries}"
        if rules:
            text += f"; rejected: {rules}"
        if self.given_up:
            text += f"; no try left for {len(self.given_up)} variant{'s' * (len(self.given_up) != 1)}"
        return text


Look = Callable[[Rollout], Sightings]


def accept(
    scene: Scene, seed: int | None, variant: int, report: Report | None = None, look: Look | None = None
) -> Draw | None:
    """The first try of a variant that keeps every rule; None where none does.

    Rules are judged cheapest first. Those on what sensors see are judged where `look` tells what they
    see of a rollout; it is asked for rollouts alone that keep all the other rules.
    """
    report = Report() if report is None else report
    for scenario in attempts(scene, seed, variant):
        try:
            rollout = simulate(scenario)
        except NoMeeting as error:
            report.rejected[error.field] += 1
            report.reasons[error.field] = error.what
            continue
        verdict = broken(rollout)
        if verdict is None and look is not None and asks_sensors(rollout.scenario.rules.values()):
            seen = required_of_frames(rollout, look(rollout))
            verdict = next((rule for rule in seen if not rule.holds), None)
        if verdict is None:
            report.accepted += 1
            return Draw(scenario, rollout)
        report.rejected[str(verdict)] += 1
    report.given_up.append(variant)
    return None


def accepted(
    scene: Scene, *, seed: int | None = None, variants: int | None = None, report: Report | None = None
) -> Iterator[Draw]:
    """The variants that may stay, in order; those given up are left out and stand in the report.

    variants  how many are asked for, the scene's own number where not said
    RequestError with all reasons where not a single one may stay.
    """
    report = Report() if report is None else report
    for variant in range(wanted(scene) if variants is None else variants):
        draw = accept(scene, seed, variant, report)
        if draw is not None:
            yield draw
    if not report.accepted and report.given_up:
        place = scene.tree.place
        raise RequestError(
            f"{report}; loosen these rules or raise sample.max_tries", field="require", place=place
        )
