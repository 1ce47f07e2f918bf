"""How dangerous a rollout was, per actor; and what an expression amounts to over all of it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drivesynth.arrays import I64
from drivesynth.road import network as roads
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import parse
from drivesynth.world import metrics, rss
from drivesynth.world.conditions import Quantity, Scope
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import Series, of_rollout

NEAR_M = 60.0


@dataclass(frozen=True)
class Criticality:
    """One actor against the ego. Times are rollout times; inf where there is no such danger.

    min_ttc_s, at_min_ttc_s    shortest time to collision of the boxes at constant velocity, and when
    min_gap_m, closest_s       shortest distance between the boxes, and when
    min_headway_s              shortest time gap while it was ahead on the ego's way
    max_drac_mps2              hardest braking that would just have avoided the crash
    min_rss_margin_m           least gap beyond RSS's safe one, ahead or to the side; negative is dangerous
    pet_s                      post-encroachment time
    collision_s                when they first touched; inf
    hit_s                      when they would have met if nobody had reacted (`aim`); inf
    """

    actor: str
    min_ttc_s: float
    at_min_ttc_s: float
    min_gap_m: float
    closest_s: float
    min_headway_s: float
    max_drac_mps2: float
    min_rss_margin_m: float
    pet_s: float
    collision_s: float
    hit_s: float


def criticality(rollout: Rollout) -> tuple[Criticality, ...]:
    """All actors that ever come near the ego, nearest first."""
    series = of_rollout(rollout)
    found = []
    for b in range(1, len(series.names)):
        offsets = series.xy_m[:, b] - series.xy_m[:, 0]
        if np.hypot(*offsets.T)[series.present[:, b]].min(initial=np.inf) < NEAR_M:
            found.append(_of_pair(series, b, rollout.hit_s.get(series.names[b], float("inf"))))
    return tuple(sorted(found, key=lambda c: (c.min_gap_m, c.actor)))


def _of_pair(series: Series, b: int, hit_s: float) -> Criticality:
    ttc = metrics.ttc_s(series, 0, b)
    worst = int(np.argmin(ttc))
    headway = metrics.headway_s(series, 0, b)
    on_course = series.rows(np.flatnonzero(np.isfinite(ttc)))  # elsewhere no braking is needed
    near = series.rows(_may_be_closest(series, b))
    distance, closest = metrics.min_distance_s(near.time_s, metrics.distance_m(near, 0, b))
    touching = metrics.overlap(near, 0, b) if distance <= 0.0 else np.zeros(1, np.bool_)
    return Criticality(
        actor=series.names[b],
        min_ttc_s=float(ttc[worst]),
        at_min_ttc_s=float(series.time_s[worst]) if np.isfinite(ttc[worst]) else float("inf"),
        min_gap_m=distance,
        closest_s=closest,
        min_headway_s=float(headway.min()),
        max_drac_mps2=float(metrics.drac_mps2(on_course, 0, b).max(initial=0.0)),
        min_rss_margin_m=float(rss.margin_m(series, 0, b).min()),
        pet_s=metrics.pet_s(series, 0, b),
        collision_s=float(near.time_s[np.argmax(touching)]) if touching.any() else float("inf"),
        hit_s=hit_s,
    )


def _may_be_closest(series: Series, b: int) -> I64:
    """The rows at which the shortest distance between the boxes may be, all at which they touch among them.

    No point of a body, bent or straight, is further from its middle than half its length and width.
    """
    apart = np.hypot(*(series.xy_m[:, b] - series.xy_m[:, 0]).T)
    apart[~(series.present[:, 0] & series.present[:, b])] = np.inf
    reach = float(series.half_m[0].sum() + series.half_m[b].sum())
    return np.flatnonzero(apart - reach <= apart.min())


def scope_of(rollout: Rollout) -> Scope:
    """The whole rollout, for conditions on it."""
    network = roads.build(rollout.scenario.road)
    return Scope(of_rollout(rollout), network, rollout.scenario.params, rollout.hit_s, whole=True)


def quantity(rollout: Rollout, expression: str) -> Quantity:
    """What an expression like `closest(child)` or `ego.speed` amounts to over a rollout."""
    answer: Quantity = evaluate(_parsed(expression).ast, scope_of(rollout))
    return answer


_parsed = lru_cache(maxsize=1024)(parse)
