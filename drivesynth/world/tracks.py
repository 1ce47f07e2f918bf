"""The table of paths that actors run along, sampled for the stepping kernel."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from drivesynth_kernels.tracks import COLUMNS

from drivesynth.arrays import F64, I64
from drivesynth.geometry.paths import Path
from drivesynth.road import network as roads
from drivesynth.road import works
from drivesynth.road.network import RoadNetwork
from drivesynth.road.plan import RoadPlan
from drivesynth.world.beside import no_lanes, slots

_STEP_M = 0.5  # between samples; cubic Hermite curves join them to well below a millimetre
# Drivers take a bend with this acceleration sideways and brake gently for it. The speeds are those that
# drivers choose on rings and turns: NCHRP report 672 (2010), exhibit 6-52, has 23 km/h at a radius of 13 m
# (3.2 m/s^2), 19 km/h at 8 m (3.5 m/s^2).
_SIDEWAYS_MPS2, _BRAKES_MPS2 = 3.5, 1.5
# To a sign seen from afar they come down by lifting off the throttle; the models follow a falling wish late,
# so it has fallen this far before the sign.
_LIFTS_OFF_MPS2, _BEFORE_SIGN_M = 0.8, 80.0


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
    return _approached(squared, step_m, _BRAKES_MPS2)


def _approached(squared: F64, step_m: float, brakes_mps2: float) -> F64:
    """(n,) the speed from which a driver comes down in time to each of the (n,) squared speeds ahead."""
    braking = 2.0 * brakes_mps2 * step_m * np.arange(len(squared))
    return np.asarray(np.sqrt(np.minimum.accumulate((squared + braking)[::-1])[::-1] - braking))


@lru_cache(maxsize=256)
def _slots(plan: RoadPlan, course: Course) -> F64:
    """(n, SLOT_COLUMNS) the lanes beside a path."""
    return slots(roads.build(plan), *_sampled(course))


@lru_cache(maxsize=256)
def _limits_mps(plan: RoadPlan, course: Course) -> F64:
    """(n,) the speed at which who keeps to the limits of work zones is on a path."""
    samples, step_m = _sampled(course)
    limits = np.full(len(samples), np.inf)
    network = roads.build(plan)
    lanes, lane_at = list(network.lanes.values()), network.locations(samples[:, :2])[0]
    for zone in plan.work_zones:
        if zone.limit_mps is None:
            continue
        closed, (first_m, last_m) = network.lane(zone.lane), works.limited_m(network, zone)
        beside = {
            i
            for i, lane in enumerate(lanes)
            if lane.reference is closed.reference and lane.direction == closed.direction
        }
        s = closed.reference.projections(samples[:, :2])[:, 0]
        if closed.direction > 0:
            first_m -= _BEFORE_SIGN_M
        else:
            last_m += _BEFORE_SIGN_M
        holds = np.isin(lane_at, list(beside)) & (first_m <= s) & (s <= last_m)
        limits[holds] = np.minimum(limits[holds], zone.limit_mps)
    return _approached(np.square(limits), step_m, _LIFTS_OFF_MPS2)


class Tracks:
    """Paths by row; None in `paths` for a recording. A path is added once, whoever follows it."""

    def __init__(self, network: RoadNetwork) -> None:
        self._plan = network.plan.bare
        self._rows: dict[tuple[Path, bool, bool], int] = {}
        self.paths: list[Path | None] = []
        self._samples: list[F64] = []
        self._steps: list[float] = []
        self._packed: tuple[F64, I64, I64, F64] | None = None

    def add(self, path: Path, *, lanes: bool = False, limits: bool = False) -> int:
        """The path's row.

        lanes   for those who mind the lanes beside it and where their own ends
        limits  for those who keep to what a work zone allows
        """
        key = (path, lanes, limits and any(zone.limit_mps is not None for zone in self._plan.work_zones))
        if key not in self._rows:
            course = Course.of(path)
            samples, step_m = _sampled(course)
            beside = _slots(self._plan, course) if lanes else no_lanes(len(samples))
            fastest = _fastest(samples, step_m)
            if key[2]:
                fastest = np.minimum(fastest, _limits_mps(self._plan, course))
            self._rows[key] = self.append(np.column_stack([samples, beside, fastest]), step_m, path)
        return self._rows[key]

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
