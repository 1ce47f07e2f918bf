"""The parts of the benchmark that need a process of their own: memory, first frames, the whole job.

python tools/bench_job.py memory ours|theirs STAGE      peak memory of triangles, trees and one picture
python tools/bench_job.py render RIG FRAMES THREADS     frames of the benchmark street to disk
Each prints one JSON object.
"""

import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str, **environment: str) -> Any:
    """What this file prints when run with the arguments in a fresh process; `seconds` is added."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "kernels"), str(ROOT / "tools")])
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env=os.environ | {"PYTHONPATH": paths} | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer | {"seconds": time.perf_counter() - began}


def _settle() -> float:
    """Megabytes held now; from here on the peak is counted afresh (Linux: proc(5), clear_refs)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mb("VmRSS")


def _status_mb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def _memory(side: str, path: str) -> dict[str, float]:
    """Peak memory above that of a side that holds nothing yet."""
    import numpy as np

    with open(path, "rb") as file:
        directions = pickle.load(file)
        if side == "ours":
            from drivesynth.sensors.cast import Caster
            from drivesynth.world.stage import Stage

            empty: Any = [np.zeros(s, t) for s, t in _EMPTY]
            nothing = Stage(0, 1, (), *empty)
            Caster(nothing).image(np.zeros(3), directions, 0.0)
            before = _settle()
            stage, _ = pickle.load(file), pickle.load(file)
            Caster(stage, threads=os.cpu_count() or 1).image(np.zeros(3), directions, 0.0)
        else:
            import open3d as o3d

            tensor: Any = o3d.core.Tensor

            def picture(vertices: Any, triangles: Any) -> None:
                scene = o3d.t.geometry.RaycastingScene()
                scene.add_triangles(tensor(vertices), tensor(triangles))
                scene.cast_rays(tensor(np.concatenate([np.zeros_like(directions), directions], axis=-1)))

            picture(np.eye(3, dtype=np.float32), np.arange(3, dtype=np.uint32)[None])
            before = _settle()
            pickle.load(file)
            picture(*pickle.load(file))
    return {"peak_mb": _status_mb("VmHWM") - before}


_EMPTY = (
    (0, "i4"), ((0, 4, 4), "f8"), (0, "i4"), (1, "f8"), ((0, 1, 4, 4), "f8"), (0, "i4"), (0, "i4"),
    ((0, 3), "f4"), (0, "f4"), (0, "i4"),
)  # fmt: skip


def memory(stage: Any, flat: Any, directions: Any) -> tuple[float, float]:
    """Peak megabytes, ours and theirs, for the same triangles and the same picture."""
    with tempfile.TemporaryDirectory() as folder:
        mb = []
        for side in ("ours", "theirs"):
            path = Path(folder) / side
            with path.open("wb") as file:
                pickle.dump(directions, file)
                pickle.dump(stage if side == "ours" else None, file)
                pickle.dump(None if side == "ours" else flat, file)
            mb.append(float(run("memory", side, str(path))["peak_mb"]))
    return mb[0], mb[1]


def _render(rig: str, frames: int, threads: int) -> dict[str, Any]:
    from drivesynth.dataset.build import Progress, build
    from drivesynth.dataset.plan import Request

    done: list[tuple[float, float]] = []
    spent: list[dict[str, float]] = []

    def note(step: Progress) -> None:
        if step.frame is not None:
            done.append((time.perf_counter(), time.process_time()))
            spent.append(step.timings_s)

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        request = Request(("benchmark/street",), rig=rig, frames=frames)
        summary = build(request, Path(folder) / "data", threads=threads, progress=note)
        elapsed = time.perf_counter() - began
    answer = {
        "frames_per_s": summary.made / summary.elapsed_s,
        "with_plan_s": elapsed,
        "ms_first_frame": _ms(spent[:1]),
        "ms_a_frame": _ms(spent[1:]),
    }
    if len(done) > 1:  # once the scenery stands, which the first frame pays for
        wall, processor = (last - first for first, last in zip(done[0], done[-1], strict=True))
        answer["steady_frames_per_s"] = (len(done) - 1) / wall
        answer["steady_core_ms_a_frame"] = 1e3 * processor / (len(done) - 1)
    return answer


def _ms(frames: list[dict[str, float]]) -> dict[str, float]:
    """Milliseconds of each stage, mean over frames; `all` is the sum of stages, whose parts have dots."""
    names = [name for name in frames[0] if "." not in name] if frames else []
    stages = {name: 1e3 * fmean(frame[name] for frame in frames) for name in frames[0]} if frames else {}
    return stages | {"all": sum(stages[name] for name in names)}


def job(quick: bool) -> dict[str, Any]:
    """First frames on an empty and on a filled cache, and frames a second with each rig."""
    threads, answer = str(os.cpu_count() or 1), dict[str, Any]()
    if not quick:
        with tempfile.TemporaryDirectory() as cache:
            for name in ("cold_first_frame_s", "warm_first_frame_s"):
                answer[name] = run("render", "kitti_mono", "1", threads, DRIVESYNTH_CACHE=cache)["seconds"]
    run("render", "kitti", "1", threads)  # compiles what is missing
    for rig in ("kitti_mono",) if quick else ("kitti_mono", "kitti"):
        many = run("render", rig, "8" if quick else "30", threads)
        suffix = "" if rig == "kitti_mono" else "_stereo"
        figures = (
            "frames_per_s",
            "steady_frames_per_s",
            "steady_core_ms_a_frame",
            "ms_first_frame",
            "ms_a_frame",
        )
        answer |= {figure + suffix: many[figure] for figure in figures}
    return answer


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    print(json.dumps(_memory(*rest) if what == "memory" else _render(rest[0], int(rest[1]), int(rest[2]))))
