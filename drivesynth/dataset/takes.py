"""A take ready to be shot: a scenario lived through, its rig placed, and frames of it with their truth."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import cast

import numpy as np

from drivesynth.arrays import F64
from drivesynth.scenario.model import Scenario
from drivesynth.scene.rig import Rig
from drivesynth.sensors.camera import Quality
from drivesynth.sensors.frame import Frame
from drivesynth.sensors.render import observe
from drivesynth.sensors.rig import RigGeometry
from drivesynth.truth import label
from drivesynth.truth.model import ActorTruth
from drivesynth.truth.pixels import PixelTruth, pixels
from drivesynth.world import metrics, rss
from drivesynth.world.criticality import criticality
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import of_rollout
from drivesynth.world.simulate import simulate

# What is told of each frame beside the figures of the whole rollout.
_MOMENTS = {
    "ttc_s": metrics.ttc_s,
    "distance_m": metrics.distance_m,
    "headway_s": metrics.headway_s,
    "drac_mps2": metrics.drac_mps2,
    "rss_margin_m": rss.margin_m,
}


@dataclass(frozen=True)
class Shot:
    """One frame with its truth, and what it is a frame of.

    timings_s  seconds by stage: the frame's own, `truth` and `pixels`
    pixels     by camera, the images of truth that were asked for
    """

    frame: Frame
    truths: tuple[ActorTruth, ...]
    rollout: Rollout
    rig: RigGeometry
    timings_s: dict[str, float]
    pixels: dict[str, PixelTruth] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        """The scenario that was lived through."""
        return self.rollout.scenario


@dataclass(frozen=True)
class Take:
    """A rollout and the rig that watches it."""

    rollout: Rollout
    rig: RigGeometry

    @staticmethod
    def of(scenario: Scenario, rig: Rig) -> "Take":
        """Simulate the scenario for a rig."""
        return Take(simulate(scenario), RigGeometry.of(rig))

    def shoot(
        self,
        time_s: float,
        quality: str,
        threads: int,
        light_quality: str | None = None,
        truth: Sequence[str] = (),
        clouds: Sequence[str] = (),
    ) -> Shot:
        """The frame at a frame time, and its truth.

        light_quality  the cameras', where it differs; truth  kinds of images of it, see `truth.pixels`;
        clouds         kinds of `lidar.CLOUDS` beside the sweep as fired
        """
        seen = observe(
            self.rollout,
            time_s,
            self.rig,
            cast(Quality, quality),
            threads,
            light_quality=cast(Quality | None, light_quality),
            clouds=clouds,
        )
        begin = time.perf_counter()
        truths = label.actors(seen, self.rollout)
        timings_s = {**seen.frame.timings_s, "truth": time.perf_counter() - begin}
        shown: dict[str, PixelTruth] = {}
        if truth:
            begin = time.perf_counter()
            shown = pixels(seen, self.rollout, truth)
            timings_s["pixels"] = time.perf_counter() - begin
        return Shot(seen.frame, truths, self.rollout, self.rig, timings_s, shown)

    def criticality_at(self, time_s: float) -> dict[str, Mapping[str, float]]:
        """Per actor that ever comes near the ego: figures of the whole rollout, and those of this moment."""
        step = int(np.argmin(np.abs(self.rollout.time_s - time_s)))
        return {
            name: {**figures, **{figure: float(values[step]) for figure, values in moments.items()}}
            for name, (figures, moments) in self._figures.items()
        }

    def signals_at(self, time_s: float) -> dict[str, str]:
        """What each arm's signals show at a moment."""
        return self.rollout.signals.lit(int(np.argmin(np.abs(self.rollout.time_s - time_s))))

    @cached_property
    def _figures(self) -> dict[str, tuple[dict[str, float], dict[str, F64]]]:
        series = of_rollout(self.rollout)
        rows = {}
        for found in criticality(self.rollout):
            figures = asdict(found)
            name = figures.pop("actor")
            other = series.names.index(name)
            rows[name] = (figures, {key: of(series, 0, other) for key, of in _MOMENTS.items()})
        return rows
