"""The reference tells the truth: its scenes and fragments are drawn, its values and actions are read."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivesynth.scenario.draw import sample
from drivesynth.scene import catalogue, loads
from drivesynth.scene.dimensions import FUNCTIONS
from drivesynth.scene.document import Node, parse
from drivesynth.scene.merge import deep
from drivesynth.scene.model import Scene
from drivesynth.scene.story import ActionMap
from drivesynth.scene.units import UNITS
from drivesynth.scene.values import Limits, parse_quantity
from drivesynth.scene.writing import written

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "scene_language.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
BASE = """\
drivesynth: 1
road: {template: street/parking_both_sides, length: 320 m}
ego: {at: {lane: R1, s: 30 m}, speed: 30 km/h}
"""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:20] + f"_{len(block)}")
def test_every_scene_and_fragment_of_the_reference_can_be_drawn(block: str) -> None:
    tree = parse(block, "docs")
    if tree.child("drivesynth") is None:
        base = parse(BASE, "base")
        if isinstance(tree.value, dict) and "road" in tree.value and isinstance(base.value, dict):
            base = Node({k: v for k, v in base.value.items() if k != "road"}, base.place)
        block = written(deep(base, tree).plain())
    sample(loads(block))


def table(heading: str) -> list[str]:
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)
    return [row.replace(r"\|", "|") for row in rows]


@pytest.mark.parametrize("form", table("Values"))
def test_every_form_of_a_value_is_read(form: str) -> None:
    parse_quantity(parse(f"a: {form}", "t").plain()["a"], Limits(None))


def test_all_units_functions_actions_and_keys_are_named() -> None:
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    spans = " ".join(re.findall(r"`([^`]+)`", prose))
    words = set(re.findall(r"[\w/^%]+", spans))
    assert set(UNITS) <= words
    assert set(FUNCTIONS) <= words and set(ActionMap.model_fields) <= words
    every = set(re.findall(r"\w+", TEXT))

    def keys(model: type[BaseModel]) -> set[str]:
        return {field.alias or name for name, field in model.model_fields.items()}

    assert keys(Scene) <= every
    for part in ("road", "environment", "ego", "output", "sample"):
        model = Scene.model_fields[part].annotation
        assert isinstance(model, type) and keys(model) - {"kind"} <= every, keys(model) - every


def test_every_template_is_listed() -> None:
    listed = TEXT.split("Shipped templates:")[1].split("\n\n")[0]
    assert set(re.findall(r"`([^`]+)`", listed)) == set(catalogue.names("roads"))
