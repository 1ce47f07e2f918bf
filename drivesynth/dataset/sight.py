"""What the sensors of a rig see of everybody, over the frames of a rollout that are kept.

Pictures are drafts: which surface a pixel shows, and so every silhouette, is the same at every quality; only
light is not.
"""

from drivesynth.dataset.takes import Take
from drivesynth.scene.rig import Rig
from drivesynth.sensors.rig import RigGeometry
from drivesynth.study.sightings import Sightings
from drivesynth.study.variants import Look
from drivesynth.world.rollout import Rollout
from drivesynth.world.times import frame_times_s


def sightings(rollout: Rollout, rig: RigGeometry, threads: int = 1) -> Sightings:
    """Render the frames that are kept, and keep what they tell of the actors."""
    take, times = Take(rollout, rig), frame_times_s(rollout).tolist()
    return Sightings.of(times, [take.shoot(time_s, "standard", threads, "draft").truths for time_s in times])


def looking(rig: Rig, threads: int = 1) -> Look:
    """A look through a rig's sensors; what was seen of the last rollout is not rendered again."""
    geometry = RigGeometry.of(rig)
    last: list[tuple[Rollout, Sightings]] = []

    def look(rollout: Rollout) -> Sightings:
        if not last or last[0][0] is not rollout:
            last[:] = [(rollout, sightings(rollout, geometry, threads))]
        return last[0][1]

    return look
