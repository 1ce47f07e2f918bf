"""Which laser each point of a cloud came from, and which pulses left no point: read off the cloud itself."""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64, I64
from drivesynth.errors import RequestError
from drivesynth.scene.device import Lidar
from drivesynth.sensors.scan import HiddenSector

# A cloud whose rings stand one after the other falls back in azimuth once a ring.
_FEWEST_RINGS, _MOST_RINGS = 16, 128
OPEN_M = 500.0
_NARROW_RAD = np.radians(3.0)
_SPARSE = 0.1  # a ring with a smaller share of its firings does not tell where the others went


@dataclass(frozen=True, eq=False)
class Firings:
    """The pulses of a cloud of N points.

    ring          (N,) 0 is the top ring
    empty_ring, empty_azimuth_rad  (M,) pulses that brought no point
    empty_after   (M,) row of the point before the gap, in its ring
    empty_end_m   (M,) how far the beam went at least: to the farther side of a narrow gap, such as a car's
                  window; OPEN_M in the open
    """

    ring: I64
    empty_ring: I64
    empty_azimuth_rad: F64
    empty_after: I64
    empty_end_m: F64


def rings_in_order(xyz_m: F32) -> I64 | None:
    """(N,) ring of each point of a cloud stored ring by ring, each from azimuth 0 on; None for others.

    A ring ends where the azimuth falls back by more than half a turn.
    """
    azimuth = np.arctan2(xyz_m[:, 1], xyz_m[:, 0]) % np.float32(2 * np.pi)
    ring = np.zeros(len(xyz_m), np.int64)
    np.cumsum(np.diff(azimuth) < -np.pi, out=ring[1:])
    return ring if len(ring) and _FEWEST_RINGS <= ring[-1] + 1 <= _MOST_RINGS else None


def firings(xyz_m: F32, ring: I64 | None, lidar: Lidar, hidden: tuple[HiddenSector, ...] = ()) -> Firings:
    """The pulses behind a cloud.

    ring    (N,) as the file has it, counted from the top or from the bottom; None: it is recovered
            from the order of the points, else from their elevation
    hidden  sectors that the carrier hides: no pulse is missed there
    """
    beams = lidar.beams
    elevation = np.radians(np.array(beams.elevation_deg))
    count = len(elevation)
    if ring is None:
        ring = rings_in_order(xyz_m)
        if ring is None or ring[-1] >= count:
            ring = _by_elevation(xyz_m, lidar)
    elif len(ring) and not 0 <= int(ring.min()) <= int(ring.max()) < count:
        raise RequestError(
            f"the cloud has rings {ring.min()} .. {ring.max()}, {lidar.name} has {count} beams; "
            "name the device that took it with --device"
        )
    elif _rises(xyz_m, ring):
        ring = count - 1 - ring

    order, following, azimuth, gap = _gaps(xyz_m, ring)
    step = 2 * np.pi / lidar.turn.firings
    rings = ring[order]
    full = np.bincount(ring, minlength=count) > _SPARSE * lidar.turn.firings
    missed = np.where(full[rings], np.round(gap / step).astype(np.int64) - 1, 0)
    missed = np.maximum(missed, 0)
    row = np.repeat(np.arange(len(order)), missed)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(missed) - missed, missed) + 1
    empty = (azimuth[row] + gap[row] * nth / (missed[row] + 1)) % (2 * np.pi)
    seen = ~_behind(np.degrees(empty), rings[row], hidden)
    row, empty = row[seen], empty[seen]
    range_m = np.linalg.norm(xyz_m.astype(np.float64), axis=1)
    farther = np.maximum(range_m[order[row]], range_m[following[row]])
    end_m = np.where(gap[row] < _NARROW_RAD, farther, OPEN_M)
    return Firings(ring, rings[row], empty, order[row], end_m)


def _gaps(xyz_m: F32, ring: I64) -> tuple[I64, I64, F64, F64]:
    """Rows by ring and azimuth; the row that follows in the ring; azimuths, and how far it is to the next."""
    azimuth = np.arctan2(xyz_m[:, 1], xyz_m[:, 0]).astype(np.float64) % (2 * np.pi)
    order = np.argsort(ring * 8.0 + azimuth, kind="stable")
    azimuth, rings = azimuth[order], ring[order]
    last = np.flatnonzero(np.diff(rings, append=-1) != 0)
    first = np.concatenate([[0], last[:-1] + 1]).astype(np.int64)[: len(last)]
    following, after = np.roll(order, -1), np.roll(azimuth, -1)
    following[last], after[last] = order[first], azimuth[first] + 2 * np.pi
    return order, following, azimuth, after - azimuth


def _by_elevation(xyz_m: F32, lidar: Lidar) -> I64:
    """The beam whose line passes nearest to each point."""
    elevation = np.radians(np.array(lidar.beams.elevation_deg))
    height = np.array(lidar.beams.origin_z_m) if lidar.beams.origin_z_m else np.zeros(len(elevation))
    seen = np.arctan2(xyz_m[:, 2] - height.mean(), np.hypot(xyz_m[:, 0], xyz_m[:, 1]))
    borders = 0.5 * (elevation[1:] + elevation[:-1])[::-1]
    ring: I64 = (len(elevation) - 1 - np.searchsorted(borders, seen)).astype(np.int64)
    return ring


def _rises(xyz_m: F32, ring: I64) -> bool:
    """Whether ring numbers grow upwards."""
    if len(ring) < 2:
        return False
    elevation = np.arctan2(xyz_m[:, 2], np.hypot(xyz_m[:, 0], xyz_m[:, 1]))
    centred = ring - ring.mean()
    return bool(np.sum(centred * (elevation - elevation.mean())) > 0.0)


def _behind(degrees: F64, ring: I64, hidden: tuple[HiddenSector, ...]) -> np.ndarray:
    """(M,) whether the carrier stands in the pulse's way."""
    behind = np.zeros(len(degrees), np.bool_)
    for first, last, begin, end, _ in hidden:
        behind |= (ring >= first) & (ring <= last) & ((degrees - begin) % 360.0 < (end - begin) % 360.0)
    return behind
