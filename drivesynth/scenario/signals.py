"""The signal plan of one draw.

Amber by the limit as in Germany (VwV-StVO to section 37: 3 s at 50, 4 s at 60, 5 s at 70 km/h). Walkers
are taken to cross at 1.2 m/s, as RiLSA does when it clears a crossing. Red with amber lasts 1 s in Germany
(RiLSA), 2 s in Britain (Traffic Signs Manual, chapter 6).
"""

from drivesynth.road.lanes import CARRIAGEWAY
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import RoadPlan
from drivesynth.road.rights import CROSSING, groups
from drivesynth.scenario.chance import Chance, Rejected
from drivesynth.scenario.model import SignalPlan

_ALL_RED_S = 2.0
_CLEARING_MPS = 1.2
_RED_AMBER_S = {"de": 1.0, "uk": 2.0}


def signal_plan(chance: Chance, network: RoadNetwork) -> SignalPlan | None:
    """The plan as this draw decides it; Rejected where its phases leave no time for green."""
    spec, number = chance.scene.signals, chance.number
    if spec is None:
        return None
    all_red = number(spec.all_red, ("signals", "all_red"), _ALL_RED_S)
    usual = min(_RED_AMBER_S.get(network.plan.marks.split("/")[0], 0.0), all_red)
    plan = SignalPlan(
        cycle_s=number(spec.cycle, ("signals", "cycle")),
        green=spec.green,
        share=number(spec.share, ("signals", "share"), 0.5),
        offset_s=number(spec.phase, ("signals", "phase")),
        amber_s=number(spec.amber, ("signals", "amber"), _amber_s(network.plan)),
        all_red_s=all_red,
        red_amber_s=number(spec.red_amber, ("signals", "red_amber"), usual),
        clear_s=_clear_s(network),
    )
    if plan.red_amber_s > all_red:
        what = (
            f"{plan.red_amber_s:g} s of red with amber begin while the others have amber;"
            f" make it no longer than all_red, {all_red:g} s"
        )
        raise Rejected("red_amber too long", chance.mistake(("signals", "red_amber"), what))
    first = plan.share * plan.cycle_s
    for lasts, arms in ((first, plan.green), (plan.cycle_s - first, _others(network, plan))):
        lost = plan.amber_s + plan.all_red_s
        if CROSSING in arms:
            lost = max(plan.clear_s, plan.all_red_s)
        if lasts - lost <= 0.0:
            what = (
                f"a phase of {lasts:.4g} s leaves {' and '.join(arms)} no green: clearing takes {lost:.4g} s;"
                " make the cycle longer"
            )
            raise Rejected("signals leave no green", chance.mistake(("signals", "cycle"), what))
    return plan


def _others(network: RoadNetwork, plan: SignalPlan) -> tuple[str, ...]:
    return tuple(arm for arm in groups(network.plan) if arm not in plan.green)


def _amber_s(plan: RoadPlan) -> float:
    """3 s up to 50 km/h, 4 s up to 60, 5 s above."""
    return 3.0 if plan.limit_mps < 14.0 else 4.0 if plan.limit_mps < 16.8 else 5.0


def _clear_s(network: RoadNetwork) -> float:
    """How long walkers take over a signalled crossing; 0 where there is none."""
    if CROSSING not in groups(network.plan):
        return 0.0
    level = [
        lane
        for lane in network.roads[0].lanes
        if lane.up_m == 0.0 and lane.kind in (*CARRIAGEWAY, "cycleway")
    ]
    return sum(lane.width_m for lane in level) / _CLEARING_MPS
