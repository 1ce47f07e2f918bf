"""Soft conditions hold in at least their share of what is accepted, and are named where they reject."""

import math

import pytest

from drivesynth.scenario.draw import attempts, sample
from drivesynth.scene import loads
from drivesynth.study.variants import Report, accept

BASE = """\
drivesynth: 1
params: {v: 0..100 km/h}
road: {template: street/plain, length: 200 m}
ego: {at: {lane: R1, s: 20 m}, speed: 20 km/h}
sample: {max_tries: 200}
"""


@pytest.mark.parametrize(("q", "p"), [(0.2, 0.7), (0.5, 0.5), (0.9, 0.3), (0.1, 1.0), (0.3, 0.0)])
def test_the_share_is_p_and_what_chance_adds(q: float, p: float) -> None:
    scene = loads(f"{BASE}prefer: [{{if: $v < {100 * q:g} km/h, p: {p}}}]\n")
    count = 300
    held = sum(float(sample(scene, variant=v).params["v"] or 0) < q * 100 / 3.6 for v in range(count))
    share = p + (1 - p) * q
    assert abs(held / count - share) <= 3.5 * math.sqrt(share * (1 - share) / count) + 1e-9


def test_it_changes_no_draw_of_a_variant_that_need_not_keep_it() -> None:
    plain = loads(BASE)
    soft = loads(BASE + "prefer: [{if: $v < 50 km/h, p: 50 %}]\n")
    free = [v for v in range(40) if not sample(soft, variant=v).preferred]
    assert 10 < len(free) < 30
    assert all(sample(soft, variant=v).params == sample(plain, variant=v).params for v in free)


def test_what_a_rollout_breaks_is_counted_under_its_name() -> None:
    lead = "actors: {lead: {asset: car/*, at: {ahead_of: ego, by: 5..60 m}, speed: 20 km/h}}\n"
    scene = loads(BASE + lead + "duration: 1 s\nprefer: [{if: min_gap(lead) < 15 m, p: 100 %}]\n")
    report = Report()
    draws = [accept(scene, None, v, report) for v in range(8)]
    assert all(draw is not None and draw.scenario.preferred for draw in draws)
    assert set(report.rejected) == {"prefer.0 min_gap(lead) < 15 m"} and report.rejected.total() > 8
    assert "prefer.0 min_gap(lead) < 15 m (" in str(report)


def test_an_aim_that_is_never_met_is_told_with_its_reason() -> None:
    behind = "at: {lane: R.sidewalk, s: 10 m}, aim: {at: ego, speed: 5 km/h}"
    report = Report()
    base = BASE.replace("max_tries: 200", "max_tries: 2")
    scene = loads(base + f"actors: {{walker: {{asset: pedestrian/adult, {behind}}}}}\n")
    assert accept(scene, None, 0, report) is None
    assert "actors.walker.aim (2), the ways of 'walker' and 'ego' do not meet; move it" in str(report)


def test_the_coin_of_a_variant_is_tossed_once() -> None:
    scene = loads(BASE + "prefer: [{if: $v < 50 km/h, p: 50 %}]\n")
    for variant in range(10):
        kept = {tuple(s.preferred) for s in attempts(scene, None, variant)}
        assert len(kept) == 1
