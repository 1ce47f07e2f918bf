"""The table of paths that actors run along, sampled for the stepping kernel."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from drivesynth_kernels.tracks import COLUMNS

from drivesynth.arrays import F64, I64
from drivesynth.geometry.paths import Path
from drivesynth.road import network as roads
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import RoadPlan
from drivesynth.world.beside import no_lanes, slots

_STEP_M = 0.5  # between samples; cubic Hermite curves join them to well below a millimetre
# Drivers take a bend with this acceleration sideways and brake gently for it. The speeds are those that
# drivers choose on rings and turns: NCHRP report 672 (2010), exhibit 6-52, has 23 km/h at a radius of 13 m
# (3.2 m/s^2), 19 km/h at 8 m (3.5 m/s^2).
_SIDEWAYS_MPS2, _BRAKES_MPS2 = 3.5, 1.5


@dataclass(frozen=True)
class Course:
    """A path by its content, to keep what is worked out for it from one variant to the next."""

    content: bytes
    path: Path = field(compare=False)

    @classmethod
    def of(cls, path: Path) -> "Course":
        """The course of a path."""
        return cls(path.content, path)


@lru_cache(maxsize=512)
def _sampled(course: Course) -> tuple[F64, float]:
    """(n, 4) x, y, heading, curvature at even stations, and their spacing."""
    path = course.path
    stations = np.linspace(0.0, path.length_m, max(2, int(np.ceil(path.length_m / _STEP_M)) + 1))
    poses = path.poses(stations)
    samples = np.column_stack([poses[:, :2], np.unwrap(poses[:, 3]), path.curvatures(stations)])
    return samples, float(stations[1])


def _fastest(samples: F64, step_m: float) -> F64:
    """(n,) the speed at which drivers are at each of (n, 4) samples, for the bends there and ahead."""
    bend = np.abs(samples[:, 3])
    squared = np.full(len(samples), np.inf)
    np.divide(_SIDEWAYS_MPS2, bend, out=squared, where=bend > 1e-6)
    braking = 2.0 * _BRAKES_MPS2 * step_m * np.arange(len(samples))
    return np.asarray(np.sqrt(np.minimum.accumulate((squared + braking)[::-1])[::-1] - braking))


@lru_cache(maxsize=256)
def _with_slots(plan: RoadPlan, course: Course) -> F64:
    """(n, COLUMNS) samples with the lanes beside them."""
    samples, step_m = _sampled(course)
    return np.column_stack([samples, slots(roads.build(plan), samples, step_m), _fastest(samples, step_m)])


class Tracks:
    """Paths by row; None in `paths` for a recording. A path is added once, whoever follows it."""

    def __init__(self, network: RoadNetwork) -> None:
        self._plan = network.plan.bare
        self._rows: dict[tuple[Path, bool], int] = {}
        self.paths: list[Path | None] = []
        self._samples: list[F64] = []
        self._steps: list[float] = []
        self._packed: tuple[F64, I64, I64, F64] | None = None

    def add(self, path: Path, *, lanes: bool = False) -> int:
        """The path's row; `lanes` for those who mind the lanes beside it and where their own ends."""
        if (path, lanes) not in self._rows:
            course = Course.of(path)
            samples, step_m = _sampled(course)
            if lanes:
                samples = _with_slots(self._plan, course)
            else:
                samples = np.column_stack([samples, no_lanes(len(samples)), _fastest(samples, step_m)])
            self._rows[path, lanes] = self.append(samples, step_m, path)
        return self._rows[path, lanes]

    def add_recording(self, states: F64, step_s: float) -> int:
        """The row of a recording, (n, 4) x, y, heading, speed at even times."""
        free = np.full(len(states), np.inf)
        return self.append(np.column_stack([states, no_lanes(len(states)), free]), step_s)

    def append(self, samples: F64, step: float, path: Path | None = None) -> int:
        """One more row of (n, COLUMNS) samples."""
        assert samples.shape[1] == COLUMNS
        self._samples.append(samples)
        self.paths.append(path)
        self._steps.append(step)
        self._packed = None
        return len(self._samples) - 1

    def arrays(self) -> tuple[F64, I64, I64, F64]:
        """`samples, firsts, counts, steps_m` as kernels take them."""
        if self._packed is None:
            counts = np.array([len(s) for s in self._samples], np.int64)
            firsts = np.cumsum(counts) - counts
            # Where everybody stands off the lanes there is no path at all.
            samples = np.concatenate([np.empty((0, COLUMNS)), *self._samples])
            self._packed = samples, firsts, counts, np.array(self._steps)
        return self._packed
