"""Weather by the severities of KITTI-C and nuScenes-C, 1 to 5.

Dong et al., "Benchmarking Robustness of 3D Object Detection to Common Corruptions in Autonomous Driving",
CVPR 2023; the figures are those of its published program.
"""

from math import log

FOG_PER_M = (0.005, 0.01, 0.02, 0.03, 0.06)  # extinction
FALL_MM_H = (0.2, 0.73, 1.5625, 3.125, 7.29)  # of rain, and of snow as water
KINDS = ("fog", "rain", "snow")


def fog_mor_m(severity: int) -> float:
    """Meteorological optical range of that fog."""
    return log(20.0) / FOG_PER_M[severity - 1]


def fall_mm_h(severity: int) -> float:
    """Rain or snow of that severity."""
    return FALL_MM_H[severity - 1]
