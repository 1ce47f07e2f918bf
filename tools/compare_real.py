"""Compare sweeps of the `kitti` rig with KITTI's own: ours, real, ratio.

python tools/compare_real.py [SCENE…] [--times 2.0,3.0] [--variants 3]

Real scans and their labels lie in $DRIVESYNTH_REAL, else in ../shared/real; SemanticKITTI's there give the
intensities by class, of cars the labelled boxes of the other drives too. Statistics are averaged over scans;
a real drive counts once however many scans it has. Each of our scenes has a seed, so a street, of its own.
"""

import argparse
import csv
import os
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

import drivesynth
from drivesynth.arrays import F32, F64, Bool
from drivesynth.assets.classes import CLASS_ID
from drivesynth.dataset.takes import Take
from drivesynth.export import calib, labels
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.frame import CAUSE, Pulses

# As KITTI's drives: streets with parked cars beside the ego, junctions, a wide street, a plain one; and two
# open places, a roundabout and a road at a town's edge: two of the nine drives have 5 and 10 % beyond 45 m.
SCENES = (
    "edge_cases/occlusion/child_between_parked_cars.yaml",
    "edge_cases/cyclist/swerves_for_a_door.yaml",
    "edge_cases/junction/crossing_car.yaml",
    "edge_cases/pedestrian/from_behind_the_bus.yaml",
    "edge_cases/pedestrian/turns_back_midway.yaml",
    "edge_cases/turning/left_across_oncoming_car.yaml",
    "edge_cases/roundabout/walker_on_the_exit_zebra.yaml",
    "edge_cases/cyclist/rides_ahead_in_lane.yaml",
)
RANGES_M = (0, 5, 10, 15, 20, 30, 45, 80)
RINGS = ((0, 7), (8, 15), (16, 23), (24, 31), (32, 41), (42, 51), (52, 63))
GROUND_M = ((3, 5), (5, 8), (8, 12), (12, 16), (16, 20), (20, 30), (30, 40))
# SemanticKITTI's label ids of the classes compared, and our class names.
SEMANTIC = {
    "road": ((40,), ("road",)),
    "sidewalk": ((48,), ("sidewalk",)),
    "terrain": ((72,), ("terrain",)),
    "vegetation": ((70,), ("vegetation",)),
    "building": ((50,), ("building",)),
    "car": ((10, 252), ("car",)),
}
# A class is compared as if ours stood as far off as the real one: how far it stands is the street's doing,
# and beyond 25 m much of any class is 0. SemanticKITTI's labels end at 50 m.
CLASS_M = (0, 8, 15, 22, 28, 34, 40, 50)
FEW = 50.0  # points of a class in a bin, below which it tells nothing
CAR_BOTTOM_M, BOX_MORE_M = 0.15, 0.05  # of a car's box: what may be ground, and how tight it is
FIRED = 64 * 2155
SENSOR_HEIGHT_M = 1.73
WHOLE = 0.8  # share of an actor in view from which its label says it is not occluded

# One open place among the drives decides the mean: a median beside it.
FAR, FAR_MEDIAN = "range 45-80 m, share", "range 45-80 m, share, median"
Figures = dict[str, float]


def cloud_figures(cloud: F32, ring: F64) -> Figures:
    """What a cloud alone tells: points, ranges, rings, scattered losses, intensities of the ground."""
    xyz, intensity = cloud[:, :3].astype(np.float64), cloud[:, 3]
    range_m = np.linalg.norm(xyz, axis=1)
    figures: Figures = {"points": float(len(cloud)), "returned share": len(cloud) / FIRED}
    share = np.histogram(range_m, RANGES_M)[0] / len(cloud)
    for low, high, value in zip(RANGES_M, RANGES_M[1:], share, strict=False):
        figures[f"range {low}-{high} m, share"] = float(value)
    for first, last in RINGS:
        inside = (ring >= first) & (ring <= last)
        figures[f"rings {first}-{last}, returned"] = float(inside.sum() / ((last - first + 1) * 2155))
    figures["lost between neighbours"] = _gaps(xyz, ring, range_m)
    figures["intensity mean"] = float(intensity.mean())
    figures["intensity exactly 0"] = float((intensity == 0).mean())
    flat = (np.abs(xyz[:, 2] + SENSOR_HEIGHT_M) < 0.2) & (np.abs(xyz[:, 1]) < 6.0)
    rho = np.hypot(xyz[:, 0], xyz[:, 1])
    for low, high in GROUND_M:
        there = flat & (rho >= low) & (rho < high)
        if there.sum() > 50:
            figures[f"ground intensity {low}-{high} m"] = float(intensity[there].mean())
    near = flat & (rho < 20.0)
    figures["ground to 20 m, exactly 0"] = float((intensity[near] == 0).mean())
    return figures


def _gaps(xyz: F64, ring: F64, range_m: F64) -> float:
    """Share of pulses lost singly or by up to three between two returns of one surface below 60 m."""
    azimuth = np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0])) % 360
    same = (np.diff(ring) == 0) & (np.abs(np.diff(range_m)) < 0.1) & (range_m[1:] < 60) & (range_m[1:] > 4)
    missing = np.round(np.diff(azimuth)[same] / 0.1672) - 1
    return float(missing[(missing >= 1) & (missing <= 3)].sum() / len(xyz))


def class_sums(intensity: F32, range_m: F32) -> F64:
    """(bins, 3) of the points of one class by CLASS_M: how many, sum of intensities, how many are 0."""
    bins = np.clip(np.searchsorted(CLASS_M, range_m, side="right") - 1, 0, len(CLASS_M) - 2)
    weights = (np.ones(len(bins)), intensity, intensity == 0)
    return np.column_stack([np.bincount(bins, w, len(CLASS_M) - 1) for w in weights])


def class_figures(name: str, ours: F64, real: F64) -> tuple[Figures, Figures]:
    """Of one class by sums (bins, 3) of ours and of the real, both weighted by the real ones' ranges."""
    there = (ours[:, 0] > FEW) & (real[:, 0] > 0.0)
    weight = np.where(there, real[:, 0], 0.0) / max(real[there, 0].sum(), 1e-9)

    def figures(sums: F64) -> Figures:
        shares = sums[:, 1:] / np.maximum(sums[:, :1], 1e-9)
        mean, zero = weight @ shares
        return {f"{name}: intensity mean": float(mean), f"{name}: intensity exactly 0": float(zero)}

    return figures(ours), figures(real)


def rings_by_wrap(cloud: F32) -> F64:
    """Ring of each point of a KITTI file."""
    azimuth = np.arctan2(cloud[:, 1], cloud[:, 0]) % (2 * np.pi)
    return np.concatenate([[0.0], np.cumsum(np.diff(azimuth) < -np.pi)])


def real_figures(real: Path) -> tuple[Figures, dict[str, F64]]:
    """Averages of the real scans, and by class the sums of `class_sums`, each sequence counting once."""
    by_drive: dict[str, list[Figures]] = defaultdict(list)
    cars: dict[str, list[F64]] = defaultdict(list)
    with (real / "kitti" / "index.csv").open() as file:
        drives = {row["frame"]: row.get("raw_drive", row["frame"]) for row in csv.DictReader(file)}
    for path in sorted((real / "kitti" / "velodyne").glob("*.bin")):
        cloud = np.fromfile(path, "<f4").reshape(-1, 4)
        by_drive[drives.get(path.stem, path.stem)].append(cloud_figures(cloud, rings_by_wrap(cloud)))
        of_cars = cloud[in_cars(cloud, real / "kitti", path.stem)]
        of_cars_m = np.linalg.norm(of_cars[:, :3], axis=1)
        cars[drives.get(path.stem, path.stem)].append(class_sums(of_cars[:, 3], of_cars_m))
    drives_means = [average(scans) for scans in by_drive.values()]
    means = average(drives_means)
    means[FAR_MEDIAN] = float(np.median([drive[FAR] for drive in drives_means]))

    sequences: dict[tuple[str, Path], list[F64]] = defaultdict(list)
    for path in sorted((real / "semantickitti").rglob("*.bin")):
        label = next(iter(path.parent.parent.rglob(f"{path.stem}.label")), None)
        if label is None:
            continue
        cloud = np.fromfile(path, "<f4").reshape(-1, 4)
        kind, range_m = np.fromfile(label, "<u4") & 0xFFFF, np.linalg.norm(cloud[:, :3], axis=1)
        for name, (ids, _) in SEMANTIC.items():
            inside = np.isin(kind, ids) & (range_m < CLASS_M[-1])
            sequences[name, path.parent].append(class_sums(cloud[inside, 3], range_m[inside]))
    classes = {name: np.zeros((len(CLASS_M) - 1, 3)) for name in SEMANTIC}
    for (name, _), scans in sequences.items():
        classes[name] += np.mean(scans, axis=0)
    for scans_of_drive in cars.values():
        classes["car"] += np.mean(scans_of_drive, axis=0)
    return means, classes


def in_cars(cloud: F32, kitti: Path, frame: str) -> Bool:
    """Which points lie in a labelled car's box, above the ground."""
    calibration = calib.decode((kitti / "calib" / f"{frame}.txt").read_bytes())
    rect_from_lidar, xyz = calibration.rect_from_lidar, cloud[:, :3].astype(np.float64)
    points = xyz @ rect_from_lidar[:3, :3].T + rect_from_lidar[:3, 3]
    inside = np.zeros(len(cloud), np.bool_)
    for label in labels.decode((kitti / "label_2" / f"{frame}.txt").read_bytes()):
        if label.type == "Car":
            height, width, length = label.size_m
            away = points - np.array(label.location_m)
            c, s = np.cos(label.rotation_y_rad), np.sin(label.rotation_y_rad)
            along, across = c * away[:, 0] - s * away[:, 2], s * away[:, 0] + c * away[:, 2]
            tall = (away[:, 1] < -CAR_BOTTOM_M) & (away[:, 1] > -height - BOX_MORE_M)
            inside |= tall & (abs(along) < length / 2 + BOX_MORE_M) & (abs(across) < width / 2 + BOX_MORE_M)
    return inside


def our_figures(
    scenes: list[str], times: list[float], variants: int
) -> tuple[Figures, dict[str, F64], dict[str, F64]]:
    """The same of ours, and (N, 2) distance, points of cars and walkers that the camera sees wholly."""
    rig = load_rig("kitti_mono")
    clouds: list[Figures] = []
    classes = {name: np.zeros((len(CLASS_M) - 1, 3)) for name in SEMANTIC}
    boxes: dict[str, list[tuple[float, float]]] = {"car": [], "pedestrian": []}
    for number, name in enumerate(scenes):
        scene = drivesynth.load(name)
        for variant in range(variants):
            take = Take.of(drivesynth.sample(scene, seed=1 + number, variant=variant), rig)
            for time_s in times:
                shot = take.shoot(time_s, "standard", 2, "draft")
                clouds.append(_sweep_figures(shot.frame.sweeps["velodyne"], classes))
                for truth in shot.truths:
                    view, kind = truth.views["image_2"], truth.class_name
                    if kind in boxes and view.visible_ratio >= WHOLE and view.truncated_ratio == 0.0:
                        away = truth.world_from_vehicle[:2, 3] - shot.frame.world_from_vehicle[:2, 3]
                        boxes[kind].append((float(np.hypot(*away)), float(truth.lidar_points["velodyne"])))
    means = average(clouds)
    means[FAR_MEDIAN] = float(np.median([cloud[FAR] for cloud in clouds]))
    return means, classes, {name: np.array(rows) for name, rows in boxes.items()}


def _sweep_figures(pulses: Pulses, classes: dict[str, F64]) -> Figures:
    """Figures of one sweep; what is summed by class is added to `classes`."""
    rows = pulses.returned
    cloud = np.column_stack([pulses.xyz_m[rows], pulses.intensity[rows]])
    figures = cloud_figures(cloud, pulses.ring[rows].astype(np.float64))
    for name, (_, ours) in SEMANTIC.items():
        inside = np.isin(pulses.class_id[rows], [CLASS_ID[one] for one in ours])
        inside &= pulses.range_m[rows] < CLASS_M[-1]
        classes[name] += class_sums(pulses.intensity[rows][inside], pulses.range_m[rows][inside])
    for cause in ("edge-mix", "through-glass", "mirror-ghost", "false-alarm"):
        figures[f"cause {cause}, share"] = float((pulses.cause == CAUSE[cause]).sum() / len(rows))
    return figures


def average(scans: list[Figures]) -> Figures:
    """Mean of each figure over the scans that have it."""
    names = dict.fromkeys(name for scan in scans for name in scan)
    return {name: float(np.mean([scan[name] for scan in scans if name in scan])) for name in names}


# Mean points in visible boxes of KITTI's training labels by distance, fitted: cars 857249 d^-2.70 from 8 to
# 60 m, walkers 23194 d^-1.90 from 5 to 45 m.
FITTED = {"car": (857249.0, -2.70, 8.0, 60.0), "pedestrian": (23194.0, -1.90, 5.0, 45.0)}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenes", nargs="*", default=list(SCENES))
    parser.add_argument("--times", default="2.5", help="frame times [s]")
    parser.add_argument("--variants", type=int, default=3)
    asked = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    real = Path(os.environ.get("DRIVESYNTH_REAL", root.parent / "shared" / "real"))
    if not (real / "kitti" / "velodyne").is_dir():
        print(f"no real scans in {real}; set DRIVESYNTH_REAL", file=sys.stderr)
        return 2
    theirs, real_classes = real_figures(real)
    times = [float(t) for t in asked.times.split(",")]
    ours, classes, boxes = our_figures(asked.scenes, times, asked.variants)
    for kind in SEMANTIC:
        of_ours, of_real = class_figures(kind, classes[kind], real_classes[kind])
        ours, theirs = ours | of_ours, theirs | of_real
    print(f"{'figure':36} {'ours':>10} {'real':>10} {'ratio':>7}")
    for name, value in ours.items():
        other = theirs.get(name)
        if other is None:
            print(f"{name:36} {value:10.4f} {'-':>10}")
        else:
            off = "" if not other or 0.8 <= value / other <= 1.25 else "  *"
            print(f"{name:36} {value:10.4f} {other:10.4f} {value / other if other else np.nan:7.2f}{off}")
    for kind, (at_one, power, near, far) in FITTED.items():
        rows = boxes[kind].reshape(-1, 2)
        for low, high in ((5, 10), (10, 15), (15, 20), (20, 30), (30, 45), (45, 60)):
            inside = (rows[:, 0] >= max(low, near)) & (rows[:, 0] < min(high, far))
            if inside.sum() > 2:
                ratio = rows[inside, 1] / (at_one * rows[inside, 0] ** power)
                print(f"{kind} {low}-{high} m: points over the fit, quartiles of {inside.sum()}: "
                      + " ".join(f"{q:.2f}" for q in np.percentile(ratio, [25, 50, 75])))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
