"""An asset in another material."""

import re
from pathlib import Path

import numpy as np

from drivesynth.assets.catalogue import build
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.scenario.draw import sample
from drivesynth.scene import load
from drivesynth.world.build import stage
from drivesynth.world.simulate import simulate

SCENE = """drivesynth: 1
road: {template: street/plain, length: 100 m, street: none}
ego: {at: {lane: R1, s: 20 m}}
actors:
  crates: {asset: debris/box, fill: {lane: R1, from: 40 m, to: 80 m, gap: 4 m}, material: concrete | wood}
"""


def test_only_the_main_material_changes_and_the_shape_stays() -> None:
    plain, painted = build("car/sedan", 3), build("car/sedan", 3, material="tarpaulin")
    into, changed = MATERIAL_ID["tarpaulin"], set()
    for before, after in zip(plain.parts, painted.parts, strict=True):
        assert np.array_equal(before.mesh.vertices, after.mesh.vertices)
        other = before.mesh.face_material != after.mesh.face_material
        changed |= set(before.mesh.face_material[other].tolist())
        assert (after.mesh.face_material[other] == into).all()
        assert (before.mesh.key == after.mesh.key) == (not other.any()), "caches trust keys"
    assert len(changed) == 1 and build("car/sedan", 3, material="tarpaulin") is painted


def test_each_of_a_row_draws_its_own_and_nobody_elses_draw_changes(tmp_path: Path) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE)
    drawn = [actor.material for actor in sample(load(file)).actors]
    assert set(drawn) == {"concrete", "wood"}
    file.write_text(SCENE.replace(", material: concrete | wood", ""))
    bare = sample(load(file))
    assert [a.look_seed for a in bare.actors] == [a.look_seed for a in sample(load(file)).actors]
    assert {actor.material for actor in bare.actors} == {None}


def test_the_document_lists_every_material() -> None:
    text = (Path(__file__).parents[2] / "docs" / "assets.md").read_text().split("assets/materials.py`.")[-1]
    assert re.findall(r"`([a-z_0-9]+)`", text) == [name for name in MATERIAL_ID if name != "nothing"]


def test_the_stage_shows_it(tmp_path: Path) -> None:
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE)
    rollout = simulate(sample(load(file)))
    shown = stage(rollout, 0.0, 0.1)
    for i, actor in enumerate(rollout.scenario.everyone[1:], 1):
        (mesh,) = {shown.mesh[row] for row in np.flatnonzero(shown.actor == i)}
        assert actor.material is not None
        assert MATERIAL_ID[actor.material] in shown.meshes[mesh].face_material
        assert MATERIAL_ID["cardboard"] not in shown.meshes[mesh].face_material
