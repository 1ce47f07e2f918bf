"""Time the ray core against Open3D's RaycastingScene (Embree): the same rays on the same triangles.

python tools/bench.py [--quick] [--json FILE]

Both sides take turns within one run, so that a busy machine slows both; figures are medians of wall
clock, ratios are their time over ours. A run in which the sides disagree on more than one ray in ten
thousand fails. `--quick` takes less than a minute on two cores: the street alone.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bench_job
import bench_rays
import numpy as np

from drivesynth.arrays import F32, Bool
from drivesynth.sensors import ray_world
from drivesynth.sensors.cast import Caster

AGREEMENT = 0.9999
TOLERANCE = 1e-3  # of the range ...
ROUNDING_M = 1e-4  # ... and what float32 coordinates a hundred metres out leave open
WORKLOADS = ("camera", "sweep standing", "sweep moving", "shadow", "incoherent")
RATIO_NAMES = {
    "camera": "camera_primary",
    "sweep standing": "lidar_sweep",
    "sweep moving": "lidar_sweep_moving",
}
TARGETS = {
    "camera_primary": 4.0,
    "lidar_sweep": 2.0,
    "lidar_sweep_moving": 1.5,
    "shadow": 3.0,
    "incoherent": 0.5,
    "update_50_actors": 100.0,
    "build": 1 / 1.5,
    "memory": 1 / 1.5,
}


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median milliseconds of each, called alternately after one call that does not count."""
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for side, call in enumerate((ours, theirs)):
            began = time.perf_counter()
            call()
            if turn:
                spent[side].append(1e3 * (time.perf_counter() - began))
    return float(np.median(spent[0])), float(np.median(spent[1]))


def agreement(ours: F32 | Bool, theirs: F32 | Bool) -> float:
    """Share of rays that meet the same, to `TOLERANCE` and `ROUNDING_M`."""
    if ours.dtype == np.bool_:
        return float((ours == theirs).mean())
    with np.errstate(invalid="ignore"):
        return float(((ours == theirs) | (np.abs(ours - theirs) <= TOLERANCE * theirs + ROUNDING_M)).mean())


def race(
    name: str, stage: Any, bundles: dict[str, Any], threads: Sequence[int], rounds: int
) -> dict[str, Any]:
    """All workloads on one stage: rows (workload, threads) with both times, and the least agreement."""
    oracle = bench_rays.Open3D(*bench_rays.flatten(stage))
    frozen = Caster(bench_rays.frozen(stage))
    bundles = bundles | bench_rays.second_rays(frozen, bundles)
    rows, least = [], 1.0
    for workload in WORKLOADS:
        rays = bundles[workload]
        loaded = oracle.load(rays)
        same = agreement(bench_rays.cast_ours(frozen, rays), oracle.cast(rays.kind, loaded, 0))
        least = min(least, same)
        for count in threads:
            caster = Caster(stage if workload == "sweep moving" else bench_rays.frozen(stage), threads=count)
            ours, theirs = in_turns(
                lambda caster=caster, rays=rays: bench_rays.cast_ours(caster, rays),  # type: ignore[misc]
                lambda rays=rays, loaded=loaded, count=count: oracle.cast(rays.kind, loaded, count),  # type: ignore[misc]
                rounds,
            )
            row = {"scene": name, "workload": workload, "threads": count, "rays": int(rays.active.sum())}
            rows.append(row | {"ours_ms": ours, "theirs_ms": theirs, "agreement": same})
            show(name, f"{workload}, {count} thread{'s' * (count > 1)}", ours, theirs, same)
    return {"rows": rows, "agreement": least}


def show(
    scene: str, what: str, ours: float, theirs: float, same: float | None = None, unit: str = "ms"
) -> None:
    """One line of the table."""
    agree = "" if same is None else f"{100 * same:9.4f} %"
    print(
        f"{scene:8} {what:28} {ours:10.2f} {theirs:10.2f} {unit}  x{theirs / ours:8.2f} {agree}", flush=True
    )


def main() -> int:
    """Run, print the table, write the JSON; 1 where the sides disagree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the street alone, fewer rounds")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    rounds = 5 if asked.quick else 15

    print(f"{'scene':8} {'what':28} {'ours':>10} {'Open3D':>10}")
    stage, bundles = bench_rays.benchmark_stage("benchmark/street")
    threads = sorted({1, cores}) if not asked.quick else [cores]
    results = race("street", stage, bundles, threads, rounds)
    ratios = {
        RATIO_NAMES.get(row["workload"], row["workload"]): row["theirs_ms"] / row["ours_ms"]
        for row in results["rows"]
        if row["threads"] == cores
    }
    least = results["agreement"]

    oracle = bench_rays.Open3D(*bench_rays.flatten(stage))

    def build() -> None:
        ray_world.forget()
        Caster(stage, threads=cores)

    ours, theirs = in_turns(build, oracle.build, 3 if asked.quick else 7)
    ratios["build"] = theirs / ours
    show("street", "build all trees", ours, theirs)

    busy = bench_rays.with_actors(stage, 50)
    later = [bench_rays.moved_on(busy, 0.1 * step) for step in range(8)]
    turns = iter(range(10_000))
    rebuilt = bench_rays.Open3D(*bench_rays.flatten(busy))
    Caster(busy, threads=cores)
    ours, theirs = in_turns(
        lambda: Caster(later[next(turns) % 8], threads=cores), rebuilt.build, 5 if asked.quick else 15
    )
    ratios["update_50_actors"] = theirs / ours
    show("street", "update after 50 actors moved", ours, theirs)

    mine, other = bench_job.memory(stage, bench_rays.flatten(stage), bundles["camera"].directions)
    ratios["memory"] = other / mine
    show("street", "peak memory", mine, other, unit="MB")

    camera, fine = bundles["camera"], bench_rays.tessellated(stage)
    coarse_caster, fine_caster = Caster(stage, threads=cores), Caster(fine, threads=cores)
    coarse, dear = in_turns(
        lambda: bench_rays.cast_ours(coarse_caster, camera),
        lambda: bench_rays.cast_ours(fine_caster, camera),
        rounds,
    )
    print(f"street   camera, 10 x triangles: {dear:.2f} ms, x {dear / coarse:.2f} the time")

    rows = results["rows"]
    if not asked.quick:
        small = bench_rays.nearest_part(stage, camera.origins_m, 20_000)
        extra = [("small", small, bundles), ("large", *bench_rays.benchmark_stage("benchmark/large"))]
        for name, world, rays in extra:
            more = race(name, world, rays, [cores], 7)
            rows, least = rows + more["rows"], min(least, more["agreement"])
    job = bench_job.job(asked.quick)
    print(f"whole job: {job['frames_per_s']:.2f} frames/s of benchmark/street to disk, kitti_mono")
    others = ("steady_frames_per_s", "steady_core_ms_a_frame", "frames_per_s_stereo")
    for what in (*others, "cold_first_frame_s", "warm_first_frame_s"):
        if what in job:
            print(f"{what}: {job[what]:.2f}")
    # Two frames are under way at once, so that a frame takes twice as long as from one to the next.
    for what, stages in (("first frame", "ms_first_frame"), ("a frame then", "ms_a_frame")):
        print(f"ms {what}: " + ", ".join(f"{k} {v:.1f}" for k, v in job[stages].items()))
    for name, target in TARGETS.items():
        verdict = "met" if ratios[name] >= target else "missed"
        print(f"{name:20} x{ratios[name]:8.2f}  target x{target:.2f}  {verdict}")
    agrees = least >= AGREEMENT
    print(f"agreement {100 * least:.4f} %: {'ok' if agrees else 'THE SIDES DISAGREE'}")
    if asked.json:
        figures = {
            "ratios": ratios,
            "agreement": least,
            "cost_10x_triangles": dear / coarse,
            "rows": rows,
            **job,
        }
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
