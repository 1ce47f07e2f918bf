"""Severities of public corruption benchmarks: which kinds each knows, and how bad its weather is by grade.

kitti-c       Dong et al., "Benchmarking Robustness of 3D Object Detection to Common Corruptions in Autonomous
              Driving", CVPR 2023 (KITTI-C, nuScenes-C), five grades
robo3d        Kong et al., "Robo3D: Towards Robust and Reliable 3D Perception against Corruptions", ICCV 2023,
              three grades: light, moderate, heavy
multicorrupt  Beemelmanns, Zhang, Eckstein, "MultiCorrupt: A Multi-Modal Robustness Dataset and Benchmark of
              LiDAR-Camera Fusion for 3D Object Detection", IV 2024, three grades

Figures are those of their published programs; docs/faults.md says what of them is not taken, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log


@dataclass(frozen=True)
class Benchmark:
    """One benchmark's grades.

    lidar, camera  kinds of fault that it grades
    fog_per_m      extinction; rain_mm_h; snow_mm_h, as water; wet_ratio, share of the road under a film
    """

    grades: int
    lidar: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    fog_per_m: tuple[float, ...] = ()
    rain_mm_h: tuple[float, ...] = ()
    snow_mm_h: tuple[float, ...] = ()
    wet_ratio: tuple[float, ...] = ()

    @property
    def weather(self) -> tuple[str, ...]:
        """Kinds of weather that it grades."""
        listed = (self.fog_per_m, self.rain_mm_h, self.snow_mm_h, self.wet_ratio)
        return tuple(kind for kind, figures in zip(WEATHER, listed, strict=True) if figures)


WEATHER = ("fog", "rain", "snow", "wet_ground")
USUAL = "kitti-c"
BENCHMARKS = {
    USUAL: Benchmark(
        5,
        ("density_decrease", "cutout", "fov_lost", "gaussian_noise", "uniform_noise", "impulse_noise",
         "crosstalk", "sunlight", "spatial_misalignment", "frozen"),
        ("spatial_misalignment", "frozen"),
        (0.005, 0.01, 0.02, 0.03, 0.06),
        (0.2, 0.73, 1.5625, 3.125, 7.29),
        (0.2, 0.73, 1.5625, 3.125, 7.29),
    ),
    "robo3d": Benchmark(
        3,
        ("beam_missing", "crosstalk", "incomplete_echo", "motion_blur", "cross_sensor"),
        # Rate over fall speed: the water in the air, which Gunn and Marshall's flakes hold at 1 m/s.
        snow_mm_h=(0.5 / 2.0, 1.0 / 1.6, 2.5 / 1.6),
        wet_ratio=(0.2 / 1.2, 1.0 / 1.2, 1.0),  # height of water over the depth of a pavement's texture
    ),
    "multicorrupt": Benchmark(
        3,
        ("beams_reducing", "points_reducing", "motion_blur", "spatial_misalignment", "temporal_misalignment"),
        ("missing_camera", "temporal_misalignment"),
        fog_per_m=(0.02, 0.03, 0.06),
        snow_mm_h=(0.5 / 1.2, 2.5 / 1.6, 1.5 / 0.4),
    ),
}  # fmt: skip


def check_kind(benchmark: str, kind: str, kinds: tuple[str, ...]) -> None:
    """ValueError where a benchmark does not know a kind."""
    if kind not in kinds:
        raise ValueError(f"{benchmark} has no {kind}; it has {', '.join(kinds)}")


def check_grade(benchmark: str, severity: int) -> None:
    """ValueError where a benchmark grades in fewer steps."""
    grades = BENCHMARKS[benchmark].grades
    if severity > grades:
        raise ValueError(f"{benchmark} grades from 1 to {grades}, not {severity}")


def figures(benchmark: str, grades: Mapping[str, int]) -> dict[str, float]:
    """What grades of weather stand for, by the names of `scenario.Environment`."""
    of = BENCHMARKS[benchmark]
    told: dict[str, float] = {}
    for kind, severity in grades.items():
        if kind == "fog":
            told["fog_mor_m"] = log(20.0) / of.fog_per_m[severity - 1]
        elif kind == "rain":
            told["rain_mm_h"] = of.rain_mm_h[severity - 1]
        elif kind == "snow":
            told["snow_mm_h"] = of.snow_mm_h[severity - 1]
        else:
            told["wetness_ratio"] = of.wet_ratio[severity - 1]
    return told
