"""What is compiled ahead is what a real sweep needs, and a camera that asks how much sky is seen."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivesynth.sensors import warm

CODE = """
import importlib, pkgutil
import drivesynth_kernels
from drivesynth.dataset.iterate import shots
from drivesynth.scene import load
from drivesynth.sensors import render
from drivesynth.sensors.warm import compile_ahead

modules = [
    importlib.import_module("drivesynth_kernels." + module.name)
    for module in pkgutil.iter_modules(drivesynth_kernels.__path__)
]


def compiled():
    return {
        (module.__name__, name, str(signature))
        for module in modules
        for name, kernel in vars(module).items()
        for signature in getattr(kernel, "overloads", {})
    }


from drivesynth.sensors.warm import is_cold

compile_ahead("standard")
assert not is_cold()
known, honest, new = compiled(), render.sweep, []


def sweep(*arguments, **named):
    before = compiled()
    pulses = honest(*arguments, **named)
    new.extend(compiled() - before - known)
    return pulses


render.sweep = sweep
assert sum(1 for _ in shots(load(SCENE), frames=1)) == 1
assert known and not new, new
single = {entry for entry in compiled() if entry[1] == "trace_rays"}
assert single and single <= known, single - known
"""

SCENE = """drivesynth: 1
road: {template: rural/two_lane, length: 120 m}
ego: {asset: car/estate, at: {lane: R1, s: 30 m}, speed: 30 km/h}
actors:
  walker: {asset: pedestrian/adult, at: {lane: R1, s: 50 m}, speed: 5 km/h}
rig: kitti
"""


def test_kernels_of_other_work_make_no_machine_warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    kept = SimpleNamespace(
        __module__="drivesynth_kernels.pulse", __name__="fire", stats=SimpleNamespace(cache_path=str(own))
    )
    monkeypatch.setattr(warm, "fire", kept)
    assert warm.is_cold()
    (own / "agents.advance-75.py311.nbi").touch()  # what `sample` leaves behind
    (tmp_path / "pulse.fire-30.py311.nbi").touch()  # of another installation
    assert warm.is_cold()
    (own / "pulse.fire-30.py311.nbi").touch()
    assert not warm.is_cold()


def test_real_sweeps_and_single_rays_need_no_kernel_that_was_not_compiled_ahead(tmp_path: Path) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE)
    code = CODE.replace("SCENE", repr(str(file)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
