"""What the sensors saw of each actor, frame by frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.truth.model import ActorTruth

# From here on an actor counts as seen: returns of one sweep, or share of its silhouette in one camera.
SEEN_POINTS = 5
SEEN_RATIO = 0.1


@dataclass(frozen=True)
class Sightings:
    """F frames of one rollout.

    time_s         (F,)
    points         actor -> (F,) LiDAR returns of all sweeps
    visible_ratio  actor -> (F,) best share of the silhouette that one camera sees; 0 where out of sight
    """

    time_s: F64
    points: dict[str, I64]
    visible_ratio: dict[str, F64]

    @classmethod
    def of(cls, times_s: Sequence[float], truths: Sequence[Sequence[ActorTruth]]) -> "Sightings":
        """From the truth of each frame."""
        names = sorted({one.name for frame in truths for one in frame})
        points = {name: np.zeros(len(truths), np.int64) for name in names}
        visible = {name: np.zeros(len(truths)) for name in names}
        for row, frame in enumerate(truths):
            for one in frame:
                points[one.name][row] = sum(one.lidar_points.values())
                visible[one.name][row] = max((v.visible_ratio for v in one.views.values()), default=0.0)
        return cls(np.asarray(times_s, np.float64), points, visible)

    def points_on(self, actor: str) -> I64:
        """(F,) returns from an actor."""
        return self.points.get(actor, np.zeros(len(self.time_s), np.int64))

    def occlusion(self, actor: str) -> F64:
        """(F,) share of its silhouette that is hidden from the camera that sees most of it."""
        return 1.0 - self.visible_ratio.get(actor, np.zeros(len(self.time_s)))

    def time_visible_s(self, actor: str, hit_s: float | None) -> float:
        """How long before the predicted hit an actor was first seen; inf where it is not to hit.

        0 where it was not seen before.
        """
        if hit_s is None or not np.isfinite(hit_s):
            return float("inf")
        seen = (self.points_on(actor) >= SEEN_POINTS) | (self.occlusion(actor) <= 1.0 - SEEN_RATIO)
        first = self.time_s[np.argmax(seen)] if seen.any() else hit_s
        return float(max(hit_s - first, 0.0))
