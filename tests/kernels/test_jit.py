"""Machine code is kept where it can be, for as long as it is true, by any number of processes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drivesynth_kernels.bvh_split import half_area

KERNELS = Path(__file__).resolve().parents[2] / "kernels"
RUN = """
import numpy as np
from drivesynth_kernels import folders, jit
from drivesynth_kernels.bvh_split import bound_triangles
corners = np.arange(18, dtype=np.float32)
boxes, ids = np.zeros(16, np.float32), np.zeros(2, np.int32)
bound_triangles(corners, boxes, ids, 0, 2)
assert boxes[:3].tolist() == [0, 1, 2] and boxes[4:7].tolist() == [-6, -7, -8]
report = folders.report(jit.cache_folder())
print(jit.cache_folder(), report.files, report.stale_bytes)
"""


COMPILED = "print(sum(bound_triangles.stats.cache_misses.values()))"


def start(environment: dict[str, str], kernels: Path = KERNELS, run: str = RUN) -> subprocess.Popen[str]:
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH", "TMPDIR")}
    settings = keep | {"PYTHONPATH": str(kernels)} | environment
    return subprocess.Popen([sys.executable, "-c", run], env=settings, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[Path, int, int]:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    folder, files, stale = out.split()
    return Path(folder), int(files), int(stale)


def test_three_processes_fill_an_empty_cache_at_once(tmp_path: Path) -> None:
    running = [start({"DRIVESYNTH_CACHE": str(tmp_path)}) for _ in range(3)]
    reports = [finish(process) for process in running]
    assert len({folder for folder, _, _ in reports}) == 1
    assert max(files for _, files, _ in reports) >= 2
    folder, files, _ = finish(start({"DRIVESYNTH_CACHE": str(tmp_path)}))
    assert folder.parent == tmp_path and files == max(files for _, files, _ in reports)


def test_a_home_that_takes_no_files_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where a folder should be")
    folder, files, _ = finish(start({"HOME": str(blocked), "TMPDIR": str(tmp_path)}))
    assert tmp_path in folder.parents and blocked not in folder.parents and files >= 2


def test_an_edit_of_any_kernel_file_starts_a_fresh_folder(tmp_path: Path) -> None:
    copy = tmp_path / "kernels" / "drivesynth_kernels"
    copy.mkdir(parents=True)
    for path in (KERNELS / "drivesynth_kernels").glob("*.py"):
        (copy / path.name).write_bytes(path.read_bytes())
    settings = {"DRIVESYNTH_CACHE": str(tmp_path / "cache")}
    before, _, _ = finish(start(settings, copy.parent))
    (copy / "surface.py").write_text((copy / "surface.py").read_text() + "\n# another word\n")
    after, _, stale = finish(start(settings, copy.parent))
    assert before != after and stale > 0


def test_what_one_process_compiles_the_others_wait_for(tmp_path: Path) -> None:
    running = [start({"DRIVESYNTH_CACHE": str(tmp_path)}, run=RUN + COMPILED) for _ in range(3)]
    said = [process.communicate(timeout=120)[0].split()[-1] for process in running]
    assert sorted(said) == ["0", "0", "1"]


def test_a_step_called_from_python_says_so() -> None:
    with pytest.raises(TypeError, match="half_area is a step: call a kernel"):
        half_area(np.zeros(8, np.float32), 0)
