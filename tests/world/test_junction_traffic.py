"""Background traffic for half a minute through junctions of every kind: nobody is in anybody, all obey."""

from dataclasses import replace

import pytest
from drivesynth_kernels.rules import RED

from drivesynth.road import network as roads
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import SignalPlan
from drivesynth.scene import loads
from drivesynth.study.soundness import faults
from drivesynth.world.signals import Signals
from drivesynth.world.simulate import simulate
from tests.world.junctions import STOP_M, crosses_at, junction, on_route
from tests.world.worlds import actor, scenario

SCENE = """\
drivesynth: 1
road: {{template: {template}, arm_length: 120 m}}
ego: {{at: {{lane: south.in, to_stop: 105 m}}, route: [south, {to}], speed: 20 km/h,
      drive: {{model: idm, speed: 20 km/h}}}}
traffic: {{density: 22 veh/km, keep_clear: 15 m}}
{more}
duration: 30 s
"""
SIGNALS = "signals: {cycle: 24 s, green: [south, north]}"


@pytest.mark.parametrize(
    ("template", "to", "more", "variant"),
    [
        ("junction/four_way", "west", "", 0),
        ("junction/four_way", "west", SIGNALS, 1),
        ("junction/t", "west", "", 0),
        ("roundabout/four_arm", "west", "", 1),
    ],
    ids=["four_way", "four_way_signals", "t", "roundabout"],
)
def test_nobody_is_in_anybody_and_nobody_drives_over_at_red(
    template: str, to: str, more: str, variant: int
) -> None:
    scene = loads(SCENE.format(template=template, to=to, more=more))
    rollout = simulate(sample(scene, variant=variant))
    assert faults(rollout) == []
    network = roads.build(rollout.scenario.road)
    over = 0
    for i, a in enumerate(rollout.scenario.everyone):
        line = network.lane(a.placement.lane or "").stop_m
        if a.route and line is not None:
            over += crosses_at(on_route(rollout, i), line) > 0
    assert over >= 3, "traffic flows"


def test_who_drives_over_at_red_is_told() -> None:
    plan = junction(signalled=True)
    ego = actor(plan, "ego", "car/estate", "south.in", 40, 11.0, model="idm", route=("south", "north"))
    green = SignalPlan(cycle_s=200.0, green=("south", "north"))
    rollout = simulate(scenario(plan, ego, signals=green, duration_s=8.0))
    over_s = crosses_at(on_route(rollout, 0), STOP_M) / 100
    assert faults(rollout) == []
    for since_s, told in ((0.0, True), (over_s - 0.8, False)):  # too late to stop at
        shows = rollout.signals.shows.copy()
        shows[round(since_s * 100) :] = RED
        false = replace(rollout, signals=Signals(rollout.signals.groups, shows))
        found = [fault for fault in faults(false) if "at red" in fault]
        assert found == (
            [f"ego drives over the line of south at red at {over_s - 0.01:.1f} s"] if told else []
        )
