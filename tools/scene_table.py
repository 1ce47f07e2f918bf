"""scenes/README.md: a table of the shipped edge cases, with a picture of each.

    python tools/scene_table.py                   # the table; pictures of scenes that have none yet
    python tools/scene_table.py --redo 'queue/*'  # and new pictures of these

A picture is what KITTI's left colour camera sees of the scene's first variant, at half its resolution, a
little before the moment the scene keeps frames around.
"""

import argparse
import re
from fnmatch import fnmatchcase
from pathlib import Path

import cv2
import numpy as np

from drivesynth.api import load, render
from drivesynth.scene import catalogue
from drivesynth.scene.catalogue import Entry
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.study.variants import accept
from drivesynth.world.times import frame_times_s

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures" / "scenes"
TABLE = ROOT / "scenes" / "README.md"
BEFORE_S = 0.9  # a crash or the closest moment itself shows little
FRAME_S = 0.15  # what a sweep needs on either side

HEAD = """\
# The shipped scenes

{count} edge cases, by group. Run one with `drivesynth render {example} -o out`; put fog, rain, snow or
night over any of them with an overlay: a file of two lines,

```yaml
drivesynth: 1
extends: [{example}, overlays/fog.yaml]
```

Tags name where a case comes from: `ncap/` Euro NCAP 2026, `unece/` UN R157, `nhtsa/` the pre-crash types
of DOT HS 810 767, `carla/` the types of the CARLA Leaderboard, `drivesynth/` our own list. Other folders:
`roads/` templates, `lib/` fragments, `overlays/`, `rigs/`, `devices/`, `benchmark/` (frozen), `invalid/` (one
mistake a file). This file is written by `python tools/scene_table.py`.
"""


def half_size(rig: Rig) -> Rig:
    """The rig with its cameras at half their resolution."""

    def smaller(p: tuple[float, ...]) -> tuple[float, ...]:
        return (*(value / 2 for value in p[:8]), *p[8:])

    cameras = {
        name: camera.model_copy(
            update={
                "width_px": camera.width_px // 2,
                "height_px": camera.height_px // 2,
                "projection": smaller(camera.projection) if camera.projection is not None else None,
            }
        )
        for name, camera in rig.cameras.items()
    }
    return rig.model_copy(update={"cameras": cameras})


def picture(scene: Scene, rig: Rig, file: Path) -> None:
    """Render the scene's first variant that may stay into a JPEG file."""
    draw = accept(scene, None, 0)
    if draw is None:
        raise SystemExit(f"{scene.name}: no draw of the first variant may stay")
    times = frame_times_s(draw.rollout)
    wanted = float(times[-1]) - BEFORE_S if len(times) else float(draw.rollout.time_s[-1]) / 2
    wanted = min(max(wanted, FRAME_S), float(draw.rollout.time_s[-1]) - FRAME_S)
    frame = render(draw.rollout, wanted, rig, quality="standard", threads=2)
    rgb = next(iter(frame.images.values())).rgb
    encoded, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 82]
    )
    if not encoded:
        raise SystemExit(f"{file}: cannot be encoded")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.tobytes())


def picture_of(entry: Entry) -> Path:
    """Where a scene's picture lies."""
    return PICTURES / f"{entry.path.parent.name}-{entry.path.stem}.jpg"


def source_of(entry: Entry) -> str:
    """The comment under a scene's seed: where its numbers come from; empty where they are ours."""
    lines = []
    for line in entry.path.read_text().splitlines():
        if line.startswith("#"):
            lines.append(line.removeprefix("#").strip())
        elif lines:
            break
    return " ".join(lines)


def row(entry: Entry) -> str:
    """One scene's row of the table."""
    shown = picture_of(entry).relative_to(ROOT)
    tags = " ".join(f"`{tag}`" for tag in entry.tags)
    source = re.sub(r"\|", "\\\\|", source_of(entry))
    where = entry.path.relative_to(TABLE.parent)
    cells = (
        f"<img src='../{shown}' width='310'>",
        f"[{entry.path.stem}]({where})<br>{entry.about}",
        tags,
        source,
    )
    return f"| {' | '.join(cells)} |"


def table(entries: list[Entry]) -> str:
    """The whole file."""
    example = str(entries[0].name)
    parts = [HEAD.format(count=len(entries), example=example)]
    for group in sorted({entry.path.parent.name for entry in entries}):
        parts.append(f"## {group.replace('_', ' ').capitalize()}\n")
        parts.append("| | scene | tags | where its numbers come from |\n| --- | --- | --- | --- |")
        parts += [row(entry) for entry in entries if entry.path.parent.name == group]
        parts.append("")
    return "\n".join(parts)


def main() -> None:
    """Make missing and wanted pictures, then write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--redo", default="", metavar="PATTERN", help="scenes whose pictures to make anew")
    parser.add_argument("--rig", default="kitti_mono")
    arguments = parser.parse_args()
    entries, rig = catalogue.entries(), half_size(load_rig(arguments.rig))
    for entry in entries:
        name = entry.name.removeprefix("edge_cases/").removesuffix(".yaml")
        if not picture_of(entry).exists() or fnmatchcase(name, arguments.redo):
            print(name, flush=True)
            picture(load(entry.path), rig, picture_of(entry))
    wanted = {picture_of(entry) for entry in entries}
    for stale in sorted(set(PICTURES.glob("*.jpg")) - wanted):
        stale.unlink()
    TABLE.write_text(table(entries))


if __name__ == "__main__":
    main()
