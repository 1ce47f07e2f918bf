"""Meshes of users: every format gives the same car, materials become ours, bad files say what is wrong."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from drivesynth.assets.catalogue import build, info
from drivesynth.assets.check import faults
from drivesynth.assets.user_mesh import MOST_TRIANGLES, is_user_mesh, materials_of, named
from drivesynth.errors import Mistakes, RequestError
from drivesynth.scenario.draw import sample
from drivesynth.scene.loader import load
from drivesynth.world.build import stage
from drivesynth.world.simulate import simulate

PAINT, GLASS = (200, 30, 20, 255), (40, 60, 80, 90)


def car(up: str) -> "trimesh.Scene":
    """A box with a glass box on it, 2 m long, 1 wide, 0.75 tall, its nose to +x (z up) or +z (y up)."""
    body = trimesh.creation.box((2.0, 1.0, 0.45))
    cabin = trimesh.creation.box((1.0, 0.9, 0.3))
    cabin.apply_translation((-0.2, 0.0, 0.375))
    for solid, name, colour in ((body, "red_paint", PAINT), (cabin, "windows", GLASS)):
        if up == "y":  # x ahead, y left, z up -> z ahead, x left, y up
            solid.apply_transform(np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]]))
        solid.visual = trimesh.visual.TextureVisuals(
            material=trimesh.visual.material.PBRMaterial(
                name=name, baseColorFactor=colour, roughnessFactor=0.3, metallicFactor=0.0, alphaMode="BLEND"
            )
        )
    return trimesh.Scene({"body": body, "cabin": cabin})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("meshes")
    found = {ending: folder / f"car.{ending}" for ending in ("glb", "obj", "ply", "stl")}
    car("y").export(found["glb"])
    solid = car("z").to_geometry()
    solid.visual = trimesh.visual.ColorVisuals(solid, face_colors=PAINT)
    solid.export(found["ply"])
    solid.export(found["stl"])
    (folder / "car.mtl").write_text(
        "newmtl red_paint\nKd 0.8 0.1 0.1\nnewmtl windows\nKd 0.1 0.2 0.3\nd 0.3\n"
    )
    lines, offset = ["mtllib car.mtl"], 1
    for name, mesh in car("z").geometry.items():
        lines.append(f"usemtl {'red_paint' if name == 'body' else 'windows'}")
        lines += [f"v {x} {y} {z}" for x, y, z in mesh.vertices]
        lines += [f"f {a + offset} {b + offset} {c + offset}" for a, b, c in mesh.faces]
        offset += len(mesh.vertices)
    found["obj"].write_text("\n".join(lines))
    return found


@pytest.mark.parametrize(
    ("ending", "axes"), [("glb", {}), ("obj", {"up": "z"}), ("ply", {}), ("stl", {"up": "z", "forward": "x"})]
)
def test_every_format_gives_the_same_car(files: dict[str, Path], ending: str, axes: dict[str, str]) -> None:
    asset = named(files[ending], "car", 4.4, **axes)
    model = build(asset, 3)
    assert is_user_mesh(asset) and info(asset).class_name == model.class_name == "car"
    assert model.size_m == pytest.approx((4.4, 2.2, 1.65), abs=2e-3)
    found = faults(model)
    assert found == [] or ending in ("ply", "stl")
    # The cabin lies behind the middle: forward is forward.
    corners = np.concatenate([part.mesh.vertices for part in model.parts])
    high = corners[corners[:, 2] > 1.5]
    assert high[:, 0].mean() == pytest.approx(-0.44, abs=0.01)


def test_materials_become_rows_of_the_table_in_the_files_colours(files: dict[str, Path]) -> None:
    for ending, axes in (("glb", {}), ("obj", {"up": "z"})):
        asset = named(files[ending], "car", 4.4, **axes)
        assert materials_of(asset) == {"red_paint": "car_paint", "windows": "car_glass"}
        paint = next(part for part in build(asset, 0).parts if part.name == "red_paint")
        assert paint.tint_rgb[0] > 4 * paint.tint_rgb[1] and 0.2 < paint.tint_905 < 0.9
    chosen = named(files["glb"], "car", 4.4, materials={"red_paint": "car_paint_matt"})
    assert materials_of(chosen)["red_paint"] == "car_paint_matt"


def test_another_size_stretches_it(files: dict[str, Path]) -> None:
    model = build(named(files["glb"], "car", 4.4), 0, (4.6, 1.9, 1.5))
    assert model.size_m == (4.6, 1.9, 1.5) and faults(model) == []


@pytest.mark.parametrize(
    ("content", "ending", "what"),
    [
        (b"glTF junk", "glb", "cannot be read as glb"),
        (b"", "obj", "triangles|cannot be read"),
        (b"ply\nformat ascii 1.0\nelement vertex 2\n", "ply", "cannot be read as ply|triangles"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "obj", "flat"),
        (b"x", "fbx", "is no mesh; the formats are"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, content: bytes, ending: str, what: str) -> None:
    path = tmp_path / f"bad.{ending}"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=what):
        named(path, "car", 4.4)


def test_what_cannot_be_such_a_thing_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="none of a truck"):
        named(files["glb"], "truck", 4.4)
    with pytest.raises(RequestError, match="no two axes"):
        named(files["glb"], "car", 4.4, up="y", forward="-y")
    with pytest.raises(RequestError, match=r"up is not up|none of a car"):
        named(files["ply"], "car", 4.4, up="y", forward="z")
    with pytest.raises(RequestError, match="car_paint"):
        named(files["glb"], "car", 4.4, materials={"red_paint": "car_pant"})
    with pytest.raises(RequestError, match="red_paint"):
        named(files["glb"], "car", 4.4, materials={"red_pain": "car_paint"})
    many = trimesh.creation.icosphere(subdivisions=7)
    assert len(many.faces) > MOST_TRIANGLES
    many.export(tmp_path / "many.stl")
    with pytest.raises(RequestError, match="simplify"):
        named(tmp_path / "many.stl", "other_object")


SCENE = """drivesynth: 1
road: {template: street/parking_both_sides, length: 200 m}
ego: {at: {lane: R1, s: 20 m}, speed: 30 km/h}
actors:
  mine: {asset: {mesh: car.glb, class: CLASS, length: 4.4 m}, at: {lane: R1, s: 60 m}, speed: 20 km/h}
"""


def test_a_scene_names_it_beside_itself(files: dict[str, Path]) -> None:
    path = files["glb"].parent / "scene.yaml"
    path.write_text(SCENE.replace("CLASS", "car"))
    scenario = sample(load(path))
    actor = scenario.actors[0]
    assert actor.class_name == "car" and actor.size_m == pytest.approx((4.4, 2.2, 1.65), abs=2e-3)
    staged = stage(simulate(scenario), 0.1, 0.2)
    assert (staged.actor == 1).sum() == 2
    assert type(scenario).model_validate_json(scenario.model_dump_json()) == scenario


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("CLASS", "caar", r"scene.yaml:5:\d+: actors.mine.asset.class: no class 'caar'; did you mean"),
        ("class: CLASS", "clas: car", r"scene.yaml:5:\d+: actors.mine.asset.*clas"),
        (
            "car.glb, class: CLASS",
            "cra.glb, class: car",
            r"scene.yaml:5:\d+: actors.mine.asset.mesh: no such file",
        ),
        (
            "length: 4.4 m",
            "length: 44 m",
            r"scene.yaml:5:\d+: actors.mine.asset.mesh: car.glb: length 44.00 m",
        ),
        ("length: 4.4 m", "length: 4.4", r"scene.yaml:5:\d+: actors.mine.asset.length"),
    ],
)
def test_a_mistake_has_its_place(files: dict[str, Path], before: str, after: str, what: str) -> None:
    path = files["glb"].parent / "scene.yaml"
    path.write_text(SCENE.replace(before, after).replace("CLASS", "car"))
    with pytest.raises((RequestError, Mistakes), match=what):
        sample(load(path))


def test_the_folder_it_lies_in_does_not_change_the_scenario(files: dict[str, Path], tmp_path: Path) -> None:
    digests = set()
    for name in ("mine", "theirs"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "car.glb").write_bytes(files["glb"].read_bytes())
        (folder / "scene.yaml").write_text(SCENE.replace("CLASS", "car"))
        digests.add(sample(load(folder / "scene.yaml")).digest())
    assert len(digests) == 1
