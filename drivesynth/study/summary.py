"""A rollout in figures, as people and JSON read them."""

import math
from dataclasses import asdict
from typing import Any

from drivesynth.study.sightings import Sightings
from drivesynth.world.criticality import criticality
from drivesynth.world.rollout import Rollout


def summarise(rollout: Rollout) -> dict[str, dict[str, float]]:
    """Actor -> figure, named with its unit -> value; nearest first, inf where there is no such danger."""
    summary = {}
    for found in criticality(rollout):
        figures = asdict(found)
        summary[figures.pop("actor")] = figures
    return summary


def told(sightings: Sightings, rollout: Rollout) -> dict[str, dict[str, Any]]:
    """What sensors saw of each actor that any frame shows.

    time_s          the frames
    points_on       LiDAR returns, per frame
    occlusion       share of its silhouette that is hidden, per frame
    time_visible_s  how long before its predicted hit it was first seen; inf where it is not to hit
    """
    return {
        name: {
            "time_s": sightings.time_s.tolist(),
            "points_on": sightings.points_on(name).tolist(),
            "occlusion": [round(share, 6) for share in sightings.occlusion(name).tolist()],
            "time_visible_s": sightings.time_visible_s(name, rollout.hit_s.get(name)),
        }
        for name in sorted(sightings.points)
        if sightings.points_on(name).any() or (sightings.occlusion(name) < 1.0).any()
    }


def unfired(rollout: Rollout) -> dict[str, str]:
    """Events that did not happen in a rollout, by name, each with what it waited for."""
    return {
        event.name: f"it waits for {event.after!r}" if event.when is None else f"when {event.when}"
        for event in rollout.scenario.story
        if not math.isfinite(rollout.events.get(event.name, math.inf))
    }
