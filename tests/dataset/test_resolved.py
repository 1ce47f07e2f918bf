"""A scenario's file: read back unchanged, and rendered again to the same bytes."""

import json
from pathlib import Path

import pytest

from drivesynth.dataset.build import build
from drivesynth.dataset.plan import Request
from drivesynth.errors import RequestError
from drivesynth.scenario import resolved
from drivesynth.scenario.draw import sample
from drivesynth.scene import catalogue, load
from drivesynth.scene.writing import written
from tests.dataset.test_build import CARGO, CHILD, contents


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resolved") / "out"
    build(Request((CHILD, CARGO), variants=1, frames=1, rig="kitti_mono", quality="draft"), folder)
    return folder


def again(dataset: Path, number: int, out: Path, **changes: object) -> Path:
    file = dataset / "drivesynth" / "scenarios" / f"{number:06d}.json"
    words = {"frames": 1, "rig": "kitti_mono", "quality": "draft"} | changes
    build(Request((str(file),), **words), out)  # type: ignore[arg-type]
    return out


def test_a_scenario_renders_to_the_same_bytes_again(dataset: Path, tmp_path: Path) -> None:
    first, copy = contents(dataset), contents(again(dataset, 0, tmp_path / "again"))
    frames = {path for path in copy if path.startswith(("training", "drivesynth"))}
    assert {path.split("/")[1] for path in frames} >= {"velodyne", "image_2", "label_2", "calib", "frames"}
    assert {path: first[path] for path in frames} == {path: copy[path] for path in frames}


def test_any_take_does_by_the_rig_that_stands_beside_it(dataset: Path, tmp_path: Path) -> None:
    (rig,) = (dataset / "drivesynth" / "rigs").iterdir()
    copy = contents(again(dataset, 1, tmp_path / "again", rig=str(rig)))
    first = contents(dataset)
    for kind, ending in (("velodyne", "bin"), ("image_2", "png"), ("label_2", "txt"), ("calib", "txt")):
        assert copy[f"training/{kind}/000000.{ending}"] == first[f"training/{kind}/000001.{ending}"]


def test_what_is_changed_in_it_changes(dataset: Path, tmp_path: Path) -> None:
    document = json.loads((dataset / "drivesynth" / "scenarios" / "000000.json").read_text())
    document["environment"]["sun_azimuth_rad"] += 1.0
    changed = tmp_path / "drivesynth" / "scenarios" / "000000.json"
    changed.parent.mkdir(parents=True)
    changed.write_text(json.dumps(document))
    first, copy = contents(dataset), contents(again(tmp_path, 0, tmp_path / "again"))
    assert copy["training/velodyne/000000.bin"] == first["training/velodyne/000000.bin"]
    assert copy["training/image_2/000000.png"] != first["training/image_2/000000.png"]


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.path.stem)
def test_a_scenario_is_read_back_unchanged_from_json_and_from_yaml(
    entry: catalogue.Entry, tmp_path: Path
) -> None:
    scenario = sample(load(entry.path), seed=3, variant=1)
    for text in (scenario.model_dump_json(indent=1), written(scenario.model_dump(mode="json"))):
        file = tmp_path / "scenario.json"
        file.write_text(text)
        back = resolved.read(file)
        assert back == scenario and back.digest() == scenario.digest()


def test_mistakes_have_their_place(dataset: Path, tmp_path: Path) -> None:
    text = (dataset / "drivesynth" / "scenarios" / "000000.json").read_text()
    file = tmp_path / "wrong.json"
    file.write_text(text.replace('"speed_mps"', '"sped_mps"', 1).replace('"variant": 0', '"variant": "x"'))
    with pytest.raises(RequestError) as caught:
        resolved.read(file)
    said = str(caught.value)
    assert f"{file}:" in said and "unknown key 'sped_mps'; did you mean 'speed_mps'?" in said
    assert "variant: 'x' is not a whole number" in said
    file.write_text('{"scenario": {}, "criticality": {}}')
    with pytest.raises(RequestError, match="keep the scenario alone"):
        resolved.read(file)


def test_there_is_nothing_left_to_draw(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="nothing is left to draw"):
        again(dataset, 0, tmp_path / "a", variants=2)
    with pytest.raises(RequestError, match="nothing is left to draw"):
        again(dataset, 0, tmp_path / "b", seed=5)
