"""The table of paths that actors run along, sampled for the stepping kernel."""

from functools import lru_cache

import numpy as np

from drivesynth.arrays import F64, I64
from drivesynth.geometry.paths import Path

_STEP_M = 0.5  # between samples; cubic Hermite curves join them to well below a millimetre


@lru_cache(maxsize=512)
def _sampled(path: Path) -> tuple[F64, float]:
    """(n, 4) x, y, heading, curvature at even stations, and their spacing."""
    stations = np.linspace(0.0, path.length_m, max(2, int(np.ceil(path.length_m / _STEP_M)) + 1))
    poses = path.poses(stations)
    samples = np.column_stack([poses[:, :2], np.unwrap(poses[:, 3]), path.curvatures(stations)])
    return samples, float(stations[1])


class Tracks:
    """Paths by row. A path is added once, whoever follows it."""

    def __init__(self) -> None:
        self._rows: dict[Path, int] = {}
        self._samples: list[F64] = []
        self._steps: list[float] = []
        self._packed: tuple[F64, I64, I64, F64] | None = None

    def add(self, path: Path) -> int:
        """The path's row."""
        if path not in self._rows:
            samples, step_m = _sampled(path)
            self._rows[path] = len(self._samples)
            self._samples.append(samples)
            self._steps.append(step_m)
            self._packed = None
        return self._rows[path]

    def arrays(self) -> tuple[F64, I64, I64, F64]:
        """`samples, firsts, counts, steps_m` as kernels take them."""
        if self._packed is None:
            counts = np.array([len(s) for s in self._samples], np.int64)
            firsts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
            self._packed = np.concatenate(self._samples), firsts, counts, np.array(self._steps)
        return self._packed
