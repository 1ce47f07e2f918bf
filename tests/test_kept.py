"""What is kept on disk is what would be made again, for any processes, and no longer than it is true."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drivesynth_kernels import folders

from drivesynth import kept
from drivesynth.assets import catalogue
from drivesynth.assets.vehicles import cars
from drivesynth.geometry.mesh import Mesh

ROOT = Path(__file__).resolve().parents[1]
SIZE = (4.3, 1.8, 1.45)
BUILD = """
from hashlib import sha256
from drivesynth.assets.catalogue import build
digest = sha256()
for asset in ("car/sedan", "tree/birch", "pedestrian/child", "cyclist/adult"):
    for part in build(asset, 3).parts:
        mesh = part.mesh
        for column in (mesh.vertices, mesh.normals, mesh.faces, mesh.face_material):
            digest.update(str(column.dtype).encode() + column.tobytes())
        digest.update(mesh.key.encode())
print(digest.hexdigest())
"""


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has kept nothing yet."""
    monkeypatch.setattr(kept, "folder", lambda: tmp_path / "made-now")
    monkeypatch.setattr(folders, "root", lambda: tmp_path)
    monkeypatch.setattr(kept, "_held", [])
    return tmp_path / "made-now"


def start(cache: Path) -> subprocess.Popen[str]:
    keep = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    settings = keep | {"DRIVESYNTH_CACHE": str(cache), "PYTHONPATH": f"{ROOT}:{ROOT / 'kernels'}"}
    return subprocess.Popen([sys.executable, "-c", BUILD], env=settings, stdout=subprocess.PIPE, text=True)


def test_processes_at_once_on_an_empty_folder_and_one_after_them_see_the_same_meshes(tmp_path: Path) -> None:
    said = {process.communicate(timeout=120)[0] for process in [start(tmp_path) for _ in range(3)]}
    (folder,) = tmp_path.glob("made-*")
    files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    said.add(start(tmp_path).communicate(timeout=120)[0])
    assert len(said) == 1 and len(said.pop()) == 65
    assert files and {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == files


def test_a_folder_that_takes_no_files_is_done_without(fresh: Path) -> None:
    fresh.write_text("a file where a folder should be")
    assert kept.recall(("sum", 1, 2), lambda: 3) == 3


def test_a_value_is_made_once_and_another_for_other_arguments(fresh: Path) -> None:
    made: list[tuple[object, ...]] = []

    def shape(*what: object) -> tuple[object, ...]:
        made.append(what)
        return what

    for _ in range(2):
        remembered = kept.made_once(4)(shape)  # each time as in a new process
        assert remembered("car", 1.5) == ("car", 1.5) and remembered("car", 1.5000000000000002)[1] > 1.5
    assert len(made) == 2 and len(list(fresh.iterdir())) == 2


def test_arrays_come_back_as_they_were(fresh: Path) -> None:
    plan = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(4, 3))
    for _ in range(2):
        got = kept.recall(("plan", 1), lambda: plan)
        assert got.dtype == plan.dtype and got.flags.writeable and got.strides == plan.strides
        np.testing.assert_array_equal(got, plan)


def test_arrays_that_differ_far_inside_are_different_things(fresh: Path) -> None:
    points = np.zeros((5000, 3))
    other = points.copy()
    other[2500, 1] = 1e-9
    assert kept.recall(("sum", points), lambda: float(points.sum())) == 0.0
    assert kept.recall(("sum", other), lambda: float(other.sum())) == 1e-9


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty"])
def test_a_damaged_file_is_made_again(fresh: Path, spoil: str) -> None:
    assert kept.recall(("row",), lambda: list(range(100))) == list(range(100))
    (path,) = fresh.iterdir()
    content = path.read_bytes()
    flipped = content[:60] + bytes([content[60] ^ 1]) + content[61:]
    path.write_bytes({"cut": content[:50], "flip": flipped, "empty": b""}[spoil])
    assert kept.recall(("row",), lambda: list(range(100))) == list(range(100))
    assert path.read_bytes() == content


def test_a_full_folder_loses_its_older_half_when_the_next_process_comes(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 10_000)
    for number in range(12):
        kept.recall(("block", number), lambda: bytes(1000))
    full = sorted(fresh.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert 8 <= len(full) <= 9  # what came later was made, not kept
    kept._held.clear()
    kept.recall(("block", 100), lambda: bytes(1000))
    left = set(fresh.iterdir())
    assert not left & set(full[: len(full) // 2]) and set(full[-4:]) <= left


def test_folders_of_versions_long_gone_are_removed(fresh: Path) -> None:
    for age, name in enumerate(("made-c", "made-b", "made-a", "kernels-a")):
        (fresh.parent / name).mkdir(parents=True)
        os.utime(fresh.parent / name, ns=(0, 10**9 * (100 - age)))
    kept.recall(("any",), lambda: 1)
    assert {path.name for path in fresh.parent.iterdir()} == {"made-now", "made-c", "made-b", "kernels-a"}


def test_any_edit_of_the_program_makes_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.folder.__wrapped__()
    monkeypatch.setattr(kept, "sources", lambda: "edited")
    assert kept.folder.__wrapped__() != before


def test_a_mesh_from_disk_is_the_mesh_that_is_made() -> None:
    model = catalogue.build("car/sedan", 1, SIZE)
    made: Mesh = cars.body.__wrapped__.__wrapped__("car/sedan", model.size_m, "car_paint")
    again: Mesh = cars.body.__wrapped__("car/sedan", model.size_m, "car_paint")
    for column in ("vertices", "normals", "faces", "face_material"):
        np.testing.assert_array_equal(getattr(made, column), getattr(again, column))
        assert getattr(again, column).flags.writeable and getattr(again, column).flags.c_contiguous
