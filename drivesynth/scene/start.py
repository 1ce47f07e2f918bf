"""What an author begins with: a commented scene, and the schema that editors complete keys from."""

from typing import Any

from drivesynth.scene.model import Scene

_STARTER = """\
drivesynth: 1
about: A child walks out from between parked cars
tags: [vru, occlusion]
seed: 1

# A number carries its unit. Where a number stands, a distribution may stand:
#   20..60 km/h   1.3 +- 0.3 m/s   8 +- 1.5 in 5..12 km/h   log 2..40 mm/h   25 | 50:2 | 75 %
params:
  v: 30..50 km/h
  impact: 25 | 50 | 75 %              # where on the bumper, counted from the child's side

road: {template: street/parking_both_sides, length: 200 m}

environment: {time: 14:30, clouds: 20 %}

ego: {asset: car/estate, at: {lane: R1, s: 20 m}, speed: $v}

actors:
  parked:                             # a row: parked.0, parked.1, ...
    asset: car/*:4 | van/*            # any car, or one time in five a van
    fill: {lane: R.parking, from: 45 m, to: 95 m, gap: 0.7..1.5 m}
  child:
    asset: pedestrian/child
    at: {ahead_of: parked, by: 0.6 m, lane: R.sidewalk}
    aim: {at: ego, impact: $impact, speed: 5 km/h}      # its start is solved for
  beyond:
    asset: car/*
    fill: {lane: R.parking, from: 115 m, to: 150 m, gap: 0.7..1.5 m}
  oncoming: {asset: car/*, at: {lane: L1, s: 150 m}, speed: 30..50 km/h}

story:
  - when: ttc(child) < 0.8 s          # ttc, gap, distance ... from the ego unless two names are given
    do: {ego: {brake: {decel: 8 m/s^2}}}

require:                              # draws that break these are drawn again
  - min_ttc(child) < 1.5 s

rig: kitti
sample: {count: 20}
output: {format: kitti, fps: 10, keep: {around: closest(child), before: 2 s, after: 0.3 s}}
"""


def starter() -> str:
    """A scene to edit: valid, commented, runs as it stands."""
    return _STARTER


def schema() -> dict[str, Any]:
    """The JSON schema of scene files, for editors: keys, kinds of values, words to choose from."""
    document = Scene.model_json_schema(by_alias=True, mode="validation")
    files = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    document["properties"] |= {
        "extends": {**files, "description": "files below this one, later ones on top"},
        "imports": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    # A base that is extended, or a template, may supply what is required here.
    document["required"] = ["drivesynth"]
    document["$defs"]["Road"].pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "drivesynth scene",
        **document,
    }
