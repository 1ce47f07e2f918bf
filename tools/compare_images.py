"""Compare pictures of the `kitti` cameras with KITTI's own: brightness, contrast, edges, spectrum, colours.

python tools/compare_images.py [SCENE…] [--frames 2] [--folder training/image_2] [--quality standard]

Real pictures lie in $DRIVESYNTH_REAL, else in ../shared/real. The table gives means over pictures, the real
ones' spread from picture to picture, and how many of those spreads ours are off.
"""

import argparse
import os
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

import drivesynth
from drivesynth.arrays import F64, U8
from drivesynth.sensors.camera import Quality

SCENES = (
    "edge_cases/occlusion/child_between_parked_cars.yaml",
    "edge_cases/junction/crossing_car.yaml",
    "edge_cases/pedestrian/walks_from_near_side.yaml",
    "edge_cases/cyclist/rides_ahead_in_lane.yaml",
    "edge_cases/debris/cargo_on_lane.yaml",
)
REAL = ("kitti/image_2", "kitti_images_only/image_2", "kitti_test_unlabelled/image_2")
HEIGHT, WIDTH = 370, 1224  # what all of KITTI's pictures have
LUMA = np.array([0.2126, 0.7152, 0.0722])
TILE = 256
SLOPE_BAND = (0.02, 0.35)  # cycles a pixel
BINS = 24

Figures = dict[str, float]


def figures(rgb: U8) -> Figures:
    """What is told of one picture (H, W, 3)."""
    codes = rgb.astype(np.float64) / 255.0
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    luma = codes @ LUMA
    told: Figures = {"luma, mean": float(luma.mean()), "luma, deviation": float(luma.std())}
    for percent in (5, 50, 95):
        told[f"luma, {percent} %"] = float(np.percentile(luma, percent))
    told["burnt out, share"] = float((rgb.min(axis=2) >= 250).mean())
    told["black, share"] = float((rgb.max(axis=2) <= 8).mean())
    thirds = np.array_split(luma, 3)
    for name, part in zip(("upper", "middle", "lower"), thirds, strict=True):
        told[f"luma, {name} third"] = float(part.mean())
        told[f"deviation in 8 x 8, {name} third"] = local_deviation(part)
    across, down = np.diff(luma, axis=1)[:-1], np.diff(luma, axis=0)[:, :-1]
    steep = np.hypot(across, down)
    told["gradient, mean"] = float(steep.mean())
    told["gradient above 0.1, share"] = float((steep > 0.1).mean())
    told["gradient, kurtosis"] = float(((across - across.mean()) ** 4).mean() / across.var() ** 2)
    told["spectrum, slope"], told["spectrum, finest octave"] = spectrum(luma)
    green = max(float(linear[..., 1].mean()), 1e-9)
    told["red over green"] = float(linear[..., 0].mean()) / green
    told["blue over green"] = float(linear[..., 2].mean()) / green
    most, least = codes.max(axis=2), codes.min(axis=2)
    told["saturation, mean"] = float(((most - least) / np.maximum(most, 1e-3)).mean())
    return told


def local_deviation(luma: F64) -> float:
    """Mean deviation of luma in blocks of 8 by 8: texture and noise."""
    h, w = (n - n % 8 for n in luma.shape)
    blocks = luma[:h, :w].reshape(h // 8, 8, w // 8, 8)
    return float(blocks.std(axis=(1, 3)).mean())


def spectrum(luma: F64) -> tuple[float, float]:
    """Slope of log power over log frequency, and log10 of the mean power share above 1/4 cycle a pixel."""
    window = np.hanning(TILE)[:, None] * np.hanning(TILE)
    power = np.zeros((TILE, TILE))
    for top in range(0, luma.shape[0] - TILE + 1, TILE // 2):
        for left in range(0, luma.shape[1] - TILE + 1, TILE // 2):
            tile = luma[top : top + TILE, left : left + TILE]
            power += np.abs(np.fft.fft2((tile - tile.mean()) * window)) ** 2
    f = np.fft.fftfreq(TILE)
    radius = np.hypot(f[:, None], f)
    rings = np.geomspace(*SLOPE_BAND, 25)
    middle, mean = [], []
    for low, high in pairwise(rings):
        inside = (radius >= low) & (radius < high)
        if inside.any():
            middle.append(np.log(np.sqrt(low * high)))
            mean.append(np.log(power[inside].mean() + 1e-30))
    fine = power[(radius > 0.25) & (radius <= 0.5)].mean() / power.sum()
    return float(np.polyfit(middle, mean, 1)[0]), float(np.log10(fine + 1e-30))


def colour_histogram(rgb: U8) -> F64:
    """(BINS, BINS) shares of pixels by chroma: red less green, and blue less both."""
    codes = rgb.reshape(-1, 3).astype(np.float64) / 255.0
    red_green, blue_yellow = codes[:, 0] - codes[:, 1], codes[:, 2] - 0.5 * (codes[:, 0] + codes[:, 1])
    edges = np.linspace(-0.5, 0.5, BINS + 1)
    counts, _, _ = np.histogram2d(red_green, blue_yellow, [edges, edges])
    return np.asarray(counts / len(codes))


def apart(one: F64, other: F64) -> float:
    """Jensen-Shannon distance of two histograms: 0 alike, 1 nothing in common."""
    mean = (one + other) / 2

    def divergence(p: F64) -> float:
        there = p > 0
        return float((p[there] * np.log2(p[there] / mean[there])).sum())

    return float(np.sqrt(max((divergence(one) + divergence(other)) / 2, 0.0)))


def cropped(rgb: U8) -> U8:
    """The lower middle that all of KITTI's pictures have."""
    top, left = rgb.shape[0] - HEIGHT, (rgb.shape[1] - WIDTH) // 2
    return rgb[max(top, 0) :, max(left, 0) : max(left, 0) + WIDTH]


def pictures_in(folder: Path) -> list[U8]:
    """All PNG files of a folder."""
    found = (cv2.imread(str(path)) for path in sorted(folder.glob("*.png")))
    return [cropped(np.ascontiguousarray(bgr[..., ::-1])) for bgr in found if bgr is not None]


def rendered(scenes: list[str], frames: int, quality: Quality) -> list[U8]:
    """Pictures of `frames` frames of each scene."""
    return [
        cropped(frame.images["image_2"].rgb)
        for scene in scenes
        for frame, _, _ in drivesynth.frames(
            scene, rig="kitti_mono", variants=1, frames=frames, quality=quality, threads=os.cpu_count() or 1
        )
    ]


def table(ours: list[U8], real: list[U8]) -> list[str]:
    """The lines of the comparison."""
    lines = [f"{'figure':34} {'ours':>9} {'real':>9} {'spread':>9} {'off':>6}"]
    told, theirs = [figures(one) for one in ours], [figures(one) for one in real]
    for name in theirs[0]:
        own, other = (np.array([row[name] for row in rows]) for rows in (told, theirs))
        spread = float(other.std(ddof=1))
        off = (own.mean() - other.mean()) / max(spread, 1e-12)
        mark = "  *" if abs(off) > 1.5 else ""
        lines.append(f"{name:34} {own.mean():9.4f} {other.mean():9.4f} {spread:9.4f} {off:+6.1f}{mark}")
    mine, all_real = (np.mean([colour_histogram(one) for one in many], axis=0) for many in (ours, real))
    # As far as half of the real ones are from the other half: nobody can be nearer.
    halves = [np.mean([colour_histogram(one) for one in real[k::2]], axis=0) for k in (0, 1)]
    lines.append(f"{'colour histograms, distance':34} {apart(mine, all_real):9.4f} {apart(*halves):9.4f}")
    return lines


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenes", nargs="*", default=list(SCENES))
    parser.add_argument("--frames", type=int, default=2, help="of each scene")
    parser.add_argument("--folder", type=Path, help="pictures that exist, in place of rendering")
    parser.add_argument("--quality", default="standard", choices=("draft", "standard", "high"))
    asked = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    where = Path(os.environ.get("DRIVESYNTH_REAL", root.parent / "shared" / "real"))
    real = [picture for folder in REAL for picture in pictures_in(where / folder)]
    if len(real) < 2:
        print(f"no real pictures in {where}; set DRIVESYNTH_REAL", file=sys.stderr)
        return 2
    ours = pictures_in(asked.folder) if asked.folder else rendered(asked.scenes, asked.frames, asked.quality)
    if not ours:
        print(f"no pictures in {asked.folder}", file=sys.stderr)
        return 2
    print("\n".join(table(ours, real)))
    print(f"{len(ours)} pictures of ours, {len(real)} real ones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
