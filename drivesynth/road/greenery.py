"""Which plants a place has: a season and a few kinds of trees, the same on all sides of a street."""

from drivesynth.road.plan import RoadPlan
from drivesynth.streams import generator

_PLAIN = ("tree/deciduous", "tree/deciduous", "tree/conifer", "tree/birch")
_AUTUMN = 0.3  # share of the streets where leaves have turned


def trees(plan: RoadPlan) -> tuple[str, ...]:
    """Kinds of trees, each as often as it grows there."""
    if plan.dressing == "plain":
        return _PLAIN
    if plan.season == "winter":
        return ("tree/bare", "tree/bare", "tree/bare", "tree/conifer")
    draw = generator(plan.street_seed, "road.greenery")
    autumn = draw.random() < _AUTUMN
    broad = ("tree/autumn", "tree/deciduous") if autumn else ("tree/deciduous", "tree/deciduous")
    dark = str(draw.choice(["tree/conifer", "tree/poplar"]))
    bare = autumn and plan.street in ("urban", "suburban") and draw.random() < 0.3
    return (*broad, "tree/birch", dark, *(("tree/bare",) if bare else ()))
