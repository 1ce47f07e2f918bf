"""Twenty seeds of every shipped edge case: what each promises happens, nothing odd happens beside it.

python tools/soak_catalogue.py                       # minutes; exit status 1 where anything is amiss
python tools/soak_catalogue.py --seeds 3 'queue/*'
"""

import argparse
import sys
from collections import Counter
from fnmatch import fnmatchcase

from drivesynth.scene import catalogue, load
from drivesynth.study.conditions import expected
from drivesynth.study.soundness import faults
from drivesynth.study.variants import Report, accept
from drivesynth.world.build import stage
from drivesynth.world.rollout import Rollout
from drivesynth.world.times import frame_times_s

TRIANGLES = 200_000, 500_000


def amiss(name: str, seeds: int) -> list[str]:
    """What went wrong with one scene, and how often."""
    scene, report, found = load(name), Report(), Counter[str]()
    for seed in range(seeds):
        for variant in range(max(len(scene.cases), 1)):
            draw = accept(scene, seed, variant, report)
            if draw is None:
                found["no draw may stay"] += 1
                continue
            found.update(str(verdict) for verdict in expected(draw.rollout) if not verdict.holds)
            found.update(faults(draw.rollout))
            if seed == 0:
                found.update(unusual(draw.rollout))
    if report.rejected.total() > 3 * report.accepted:
        found[str(report)] += 1
    return [f"{count} x {what}" for what, count in found.most_common(8)]


def unusual(rollout: Rollout) -> list[str]:
    """Whether the middle frame's world is as large as that of an ordinary street."""
    times_s = frame_times_s(rollout)
    middle_s = times_s[len(times_s) // 2]
    count = stage(rollout, middle_s, middle_s).triangles
    return [] if TRIANGLES[0] <= count <= TRIANGLES[1] else [f"{count} triangles"]


def main() -> None:
    """Every scene in turn; a line for what is amiss."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pattern", nargs="?", default="*", help="group/name, as a shell pattern")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    wrong = 0
    for entry in catalogue.entries():
        name = entry.name.removeprefix("edge_cases/").removesuffix(".yaml")
        if fnmatchcase(name, arguments.pattern):
            lines = amiss(str(entry.path), arguments.seeds)
            wrong += bool(lines)
            print(f"{name}: {'; '.join(lines) or 'sound'}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
