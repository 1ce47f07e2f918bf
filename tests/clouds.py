"""A street canyon as KITTI's and nuScenes' scanners store it: road, walls, open sky."""

from functools import lru_cache

import numpy as np

from drivesynth.export import pcd
from drivesynth.scene import catalogue
from drivesynth.scene.device import Lidar
from drivesynth.scene.document import read
from drivesynth.scene.rig import load_rig
from drivesynth.scene.validate import validated
from drivesynth.sensors.rig import RigGeometry

_HALF_M, _WALL_M, _FAR_M = 9.0, 2.5, 75.0


def _street(elevation: np.ndarray, azimuth: np.ndarray, origin_z_m: np.ndarray, height_m: float):
    """(N,) range to a road between two walls; inf where a beam passes over them or goes too far."""
    flat, up = np.cos(elevation), np.sin(elevation)
    with np.errstate(divide="ignore"):
        road = np.where(up < 0, (height_m + origin_z_m) / np.maximum(-up, 1e-9), np.inf)
        wall = _HALF_M / np.maximum(np.abs(flat * np.sin(azimuth)), 1e-9)
    wall = np.where(wall * up + origin_z_m < _WALL_M, wall, np.inf)
    range_m = np.minimum(road, wall)
    return np.where(range_m < _FAR_M, range_m, np.inf), road <= wall


def _rows(lidar: Lidar, height_m: float, hidden=()) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x y z, whether on the road, ring (0 top); ring by ring from azimuth 0 on."""
    beams = lidar.beams
    count = len(beams.elevation_deg)
    step = 2 * np.pi / lidar.turn.firings
    azimuth = np.tile((np.arange(lidar.turn.firings) + 0.5) * step, count)
    ring = np.repeat(np.arange(count), lidar.turn.firings)
    elevation = np.radians(np.array(beams.elevation_deg))[ring]
    height = (np.array(beams.origin_z_m) if beams.origin_z_m else np.zeros(count))[ring]
    range_m, road = _street(elevation, azimuth, height, height_m)
    seen = np.isfinite(range_m)
    for first, last, begin, end, _ in hidden:
        sector = (np.degrees(azimuth) - begin) % 360.0 < (end - begin) % 360.0
        seen &= ~((ring >= first) & (ring <= last) & sector)
    flat = np.cos(elevation) * range_m
    with np.errstate(invalid="ignore"):
        xyz = np.column_stack(
            [flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation) * range_m + height]
        )
    return xyz[seen], road[seen], ring[seen]


@lru_cache(maxsize=1)
def _kitti() -> np.ndarray:
    mount = RigGeometry.of(load_rig("kitti")).main_lidar
    xyz, road, _ = _rows(mount.device, 1.73, mount.hidden)
    return np.column_stack([xyz, np.where(road, 0.28, 0.4)])


def kitti_cloud() -> np.ndarray:
    """(N, 4) as KITTI's car would store the street."""
    return _kitti().astype(np.float32)


@lru_cache(maxsize=1)
def _nuscenes() -> np.ndarray:
    lidar = validated(Lidar, read(catalogue.find("hdl32e", folder="devices")))
    xyz, road, ring = _rows(lidar, 1.84)
    return np.column_stack([xyz, np.where(road, 25.0, 90.0), 31 - ring])


def nuscenes_cloud() -> np.ndarray:
    """(N, 5) with rings from the bottom, intensity 0..255; in our axes."""
    return _nuscenes().astype(np.float32)


def pcd_file(rows: np.ndarray, data: str) -> bytes:
    """nuScenes-like rows as a PCD file with a time beside them, that must be carried along."""
    kinds = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("ring", "<u2"), ("time", "<f8")]
    points = np.zeros(len(rows), kinds)
    for i, field in enumerate(("x", "y", "z", "intensity", "ring")):
        points[field] = rows[:, i]
    points["time"] = np.arange(len(rows)) * 1e-6
    header = {
        "VERSION": "0.7", "FIELDS": "x y z intensity ring time", "SIZE": "4 4 4 4 2 8",
        "TYPE": "F F F F U F", "COUNT": "1 1 1 1 1 1", "VIEWPOINT": "0 0 0 1 0 0 0", "DATA": data,
    }  # fmt: skip
    return pcd.encode(pcd.Pcd(header, points))


PCD_BINARY = pcd_file(np.zeros((3, 5)) + 1.0, "binary")
