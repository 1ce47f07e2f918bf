"""A rollout in figures, as people and JSON read them."""

from dataclasses import asdict

from drivesynth.world.criticality import criticality
from drivesynth.world.rollout import Rollout


def summarise(rollout: Rollout) -> dict[str, dict[str, float]]:
    """Actor -> figure, named with its unit -> value; nearest first, inf where there is no such danger."""
    summary = {}
    for found in criticality(rollout):
        figures = asdict(found)
        summary[figures.pop("actor")] = figures
    return summary
