"""docs/lidar.md: its examples are sound, and it names every key, cause, column and shipped device."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from drivesynth.scene.device import Lidar
from drivesynth.scene.rig import load_rig, shipped_devices
from drivesynth.sensors.frame import CAUSES, Pulses

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "lidar.md").read_text()
_PROSE = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
SPANS = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", _PROSE))))


def keys(model: Any) -> set[str]:
    """Of a model and of all models within it."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys(part)
    return found


def test_every_key_of_a_device_is_named() -> None:
    assert keys(Lidar) - {"name"} <= SPANS, keys(Lidar) - SPANS


def test_every_cause_column_and_device_is_named() -> None:
    assert set(CAUSES) <= SPANS
    assert {field.name for field in fields(Pulses)} <= SPANS
    assert set(shipped_devices(Lidar)) <= SPANS


def test_the_examples_are_a_rig_and_its_device(tmp_path: Path) -> None:
    rig, device = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "rig.yaml").write_text(rig)
    (tmp_path / "my_lidar.yaml").write_text(device)
    assert load_rig(tmp_path / "rig.yaml").lidars["velodyne"].model.receiver.returns == "dual"
