"""Time a thousand variants of ten actors and 8 s, sampled and simulated on one core: a street, a junction.

python tools/bench_variants.py [--variants 1000] [--figures]

`--figures` works out all criticality figures of each variant as well. Exit status 1 where a thousand take
more than a minute without them.
"""

import argparse
import sys
import time

from drivesynth.scene import Scene, loads
from drivesynth.study.summary import summarise
from drivesynth.study.variants import accepted

TARGET_MS = 60.0
HEAD = "drivesynth: 1\nseed: 3\nduration: 8 s\nparams: {v: 30..50 km/h}\n"
STREET = """\
road: {template: street/parking_both_sides, length: 240 m, limit: 50 km/h}
ego: {asset: car/estate, at: {lane: R1, s: 20 m}, drive: {model: idm, speed: $v}}
actors:
  lead: {asset: car/*:4 | van/*, at: {ahead_of: ego, by: 15..40 m}, drive: {model: idm, speed: 25..50 km/h}}
  second: {asset: car/*, at: {ahead_of: lead, by: 10..30 m}, drive: {model: idm, speed: 30..50 km/h}}
  oncoming: {asset: car/*, at: {lane: L1, s: 150..200 m}, drive: {model: idm, speed: 40..50 km/h}}
  far: {asset: truck/rigid, at: {behind: oncoming, by: 12..30 m}, drive: {model: krauss, speed: 40..50 km/h}}
  parked: {asset: car/*:4 | van/*, fill: {lane: R.parking, from: 60 m, to: 130 m, gap: 1..3 m, count: 3}}
  child:
    asset: pedestrian/child
    at: {lane: R.sidewalk, s: 110 m}
    aim: {at: ego, impact: 25..75 %, speed: 8 km/h}
  walker: {asset: pedestrian/adult, at: {lane: R.sidewalk, s: 60..100 m}, speed: 1.3 m/s}
story:
  - when: distance(lead) < 12 m
    do: {lead: {brake: {decel: 2..5 m/s^2, to: 10 km/h}}}
"""
JUNCTION = """\
road: {template: junction/four_way, arms: [south, east, north, west], arm_length: 120 m, limit: 50 km/h}
ego:
  asset: car/estate
  at: {lane: south.in, to_stop: 50 m}
  route: [south, north]
  drive: {model: idm, speed: $v}
actors:
  lead:
    asset: car/*
    at: {ahead_of: ego, by: 8..20 m}
    route: [south, east]
    drive: {model: idm, speed: $v}
  east:
    asset: car/*
    at: {lane: east.in, to_stop: 40..60 m}
    route: [east, west]
    drive: {model: idm, speed: $v}
  east2:
    asset: car/*
    at: {behind: east, by: 8..20 m}
    route: [east, south]
    drive: {model: idm, speed: $v}
  north:
    asset: car/*
    at: {lane: north.in, to_stop: 40..60 m}
    route: [north, east]
    drive: {model: idm, speed: $v}
  lorry:
    asset: truck/rigid
    at: {behind: north, by: 12..20 m}
    route: [north, south]
    drive: {model: krauss, speed: $v}
  west:
    asset: car/*
    at: {lane: west.in, to_stop: 40..60 m}
    route: [west, north]
    drive: {model: idm, speed: $v}
  bike:
    asset: cyclist/adult
    at: {lane: west.in, to_stop: 10..30 m, offset: -1 m}
    route: [west, east]
    drive: {model: idm, speed: 15 km/h}
  walker: {asset: pedestrian/adult, at: {lane: south.in.sidewalk, s: 20 m}, speed: 1.3 m/s}
  child: {asset: pedestrian/child, at: {lane: south.in.sidewalk, s: 30 m}, speed: 1.0 m/s}
"""


def per_variant_ms(scene: Scene, variants: int, figures: bool) -> float:
    """Wall clock; the first variant, that compiles or loads kernels, is not counted."""
    begin = 0.0
    for count, draw in enumerate(accepted(scene, variants=variants + 1)):
        if figures:
            summarise(draw.rollout)
        if count == 0:
            begin = time.perf_counter()
    return (time.perf_counter() - begin) / variants * 1e3


def main() -> None:
    """Both scenes in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variants", type=int, default=1000)
    parser.add_argument("--figures", action="store_true")
    words = parser.parse_args()
    slow = False
    for name, text in (("street", STREET), ("junction", JUNCTION)):
        spent_ms = per_variant_ms(loads(HEAD + text), words.variants, words.figures)
        slow |= spent_ms > TARGET_MS and not words.figures
        print(f"{name}: {spent_ms:.1f} ms a variant, {spent_ms:.0f} s a thousand", flush=True)
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
