"""x"""

from drivesynth.world.rollout import Rollout


def window_end_s(r: Rollout) -> float:
    return float(r.time_s[-1])
