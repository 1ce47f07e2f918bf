"""The dataset card: what this folder holds, how it was made, and what one may do with it."""

from collections import Counter

from drivesynth.dataset.plan import Plan
from drivesynth.dataset.storage import OWN

CARD = f"{OWN}/README.md"

_LAYOUT = """\
## Layout

| where | what |
| --- | --- |
| `training/velodyne/NNNNNN.bin` | returns of the LiDAR, float32 x y z [m] reflectance, as fired |
| `training/image_2`, `image_3` | left and right colour picture, PNG |
| `training/image_*` | pictures of further cameras |
| `training/label_2/NNNNNN.txt` | KITTI labels of the actors in the left picture |
| `training/calib/NNNNNN.txt` | KITTI calibration |
| `training/velodyne_*`, `calib_*` | of each further LiDAR, in its own frame |
| `training/oxts/NNNNNN.txt` | KITTI's thirty fields of the inertial unit, for rigs that have one |
| `drivesynth/navigation_*/NNNNNN.csv` | all its records since the frame before, exact values, wheels |
| `drivesynth/radar_*/NNNNNN.pcd`, `.csv` | radar detections, nuScenes' fields; with actor and cause |
| `testing/` | the same for frames of the test split |
| `ImageSets/{train,val,trainval,test}.txt` | frame ids |
| `drivesynth/plan.json` | what was asked, and which frames follow from it |
| `drivesynth/ledger.jsonl` | what was made: SHA-256 of every file, seconds by stage |
| `drivesynth/scenarios/NNNNNN.json` | every number of a variant, named by the variant's place in the plan |
| `drivesynth/frames/NNNNNN.json` | truth of all actors, hidden ones too; criticality |
| `drivesynth/depth_2/NNNNNN.png` | depth of the left picture, 16 bit, metres x 256, 0 where none |
| `drivesynth/instance_2/NNNNNN.png` | 16 bit, the actor's row in the scenario, 0 for surroundings |
| `drivesynth/KIND_CAMERA/` | images of truth, when asked for: semantic, panoptic, flow, .. |
| `drivesynth/cameras/NNNNNN.json` | lenses of cameras that KITTI's calibration cannot tell |
| `drivesynth/raw_*/NNNNNN.png` | the chip's own numbers, of cameras that give them |
| `drivesynth/velodyne_compensated/` | the cloud without the ego's motion, when asked for |
| `drivesynth/velodyne_oracle/` | that of a world at rest, when asked for |
| `drivesynth/pulses/NNNNNN.parquet` | every fired pulse, when asked for; `pulses_*` of further LiDARs |

`occluded` follows from the visible share of an object's silhouette: 0 from 0.80, 1 from 0.50, 2 from
0.15, 3 below. `truncated` is the silhouette's share beyond the picture. Boxes are the tightest around the
surface as posed. Hidden objects that gave returns are DontCare.
"""

_LICENCE = """\
## Licence

All content is computed; no recorded data is part of it. The program's authors claim no rights in it.
The calibration of the `kitti` rig repeats numbers published with the KITTI dataset (Geiger et al., 2013).
"""


def encode(plan: Plan, splits: Counter[str]) -> bytes:
    """The card of a plan whose finished frames fall into `splits`."""
    asked = plan.asked
    lines = [
        "# A dataset made by drivesynth",
        "",
        f"{splits.total()} of {plan.frame_count} frames; "
        + ", ".join(f"{split} {number}" for split, number in sorted(splits.items()) or [("none", 0)])
        + ".",
        "",
        "| scene | variants | rejected | frames |",
        "| --- | --- | --- | --- |",
    ]
    for row, scene in enumerate(asked.scenes):
        takes = [take for take in plan.takes if take.scene == row]
        rejected = sum(take.rejected is not None for take in takes)
        frames = sum(len(take.times_s) for take in takes)
        lines.append(f"| {scene.name} | {len(takes)} | {rejected} | {frames} |")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(plan.versions.items()))
    lines += [
        "",
        f"Seed: {'the scenes’ own' if asked.seed is None else asked.seed}. "
        f"Rig: {asked.rig or 'the scenes’ own'}. Quality: {asked.quality}.",
        f"Versions: {versions}.",
        "",
        "The same scenes, seed and versions give the same bytes under `training/` and `ImageSets/`.",
        "`drivesynth verify` recomputes the digests.",
        "",
    ]
    return ("\n".join(lines) + "\n" + _LAYOUT + "\n" + _LICENCE).encode()
