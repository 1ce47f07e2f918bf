"""Lenses in OpenCV's conventions: image points from points before the camera, and rays through image points.

Camera axes x right, y down, z forward; pixel centres stand at whole numbers.

    pinhole         (x / z, y / z) times the focal lengths, plus the principal point
    brown_conrady   k1 k2 p1 p2 [k3 [k4 k5 k6]], `cv2.projectPoints`: Brown, "Decentering Distortion of
                    Lenses", 1966; the last three are the denominator of OpenCV's rational model
    kannala_brandt  k1 k2 k3 k4, `cv2.fisheye`: Kannala and Brandt, "A Generic Camera Model and Calibration
                    Method for Conventional, Wide-Angle, and Fish-Eye Lenses", PAMI 2006; beyond 90 degrees

A polynomial that was fitted inside the picture turns back somewhere outside it. OpenCV goes on and folds what
lies out there into the picture; a lens does not, so here nothing is seen beyond where the radius turns.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from drivesynth.arrays import F64, Bool

Model = Literal["pinhole", "brown_conrady", "kannala_brandt"]

_NODES = 4096
_WIDEST_SLOPE = 8.0  # of a ray of a distorted pinhole against the axis: 83 degrees
_STEPS = 8
_CLOSE = 1e-9  # of the unit image plane: what Newton's steps must come down to


@dataclass(frozen=True)
class Lens:
    """How a camera projects: focal lengths, principal point [px] and what bends the rays."""

    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    model: Model = "pinhole"
    coefficients: tuple[float, ...] = ()

    @property
    def is_straight(self) -> bool:
        """Whether straight lines stay straight: the picture is a lattice of rays."""
        return self.model == "pinhole"

    def project(self, points_m: F64) -> F64:
        """(..., 2) image points of (..., 3) points in the camera's frame; inf where the lens sees none."""
        x, y, z = np.moveaxis(np.asarray(points_m, np.float64), -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.model == "kannala_brandt":
                flat = np.hypot(x, y)
                angle = np.arctan2(flat, z)
                share = np.where(flat > 0.0, self._bent(angle) / flat, 0.0)
                u, v, seen = x * share, y * share, angle <= self._limit
            else:
                seen = z > 0.0
                u, v = x / z, y / z
                if self.model == "brown_conrady":
                    seen &= np.hypot(u, v) <= self._limit
                    u, v = self._distorted(u, v)
            pixels = np.stack([self.fx_px * u + self.cx_px, self.fy_px * v + self.cy_px], axis=-1)
        return np.where(seen[..., None], pixels, np.inf)

    def directions(self, x_px: F64, y_px: F64) -> F64:
        """(..., 3) unit rays in the camera's frame through image points; zero where no ray ends up there."""
        u = (np.asarray(x_px, np.float64) - self.cx_px) / self.fx_px
        v = (np.asarray(y_px, np.float64) - self.cy_px) / self.fy_px
        if self.model == "kannala_brandt":
            return self._fisheye_rays(u, v)
        seen = np.ones(u.shape, np.bool_)
        if self.model == "brown_conrady":
            u, v, seen = self._undistorted(u, v)
        rays = np.stack([u, v, np.ones_like(u)], axis=-1)
        rays /= np.sqrt(u * u + v * v + 1.0)[..., None]
        rays[~seen] = 0.0
        return rays

    @cached_property
    def _padded(self) -> tuple[float, ...]:
        """k1 k2 p1 p2 k3 k4 k5 k6."""
        return (*self.coefficients, *(0.0,) * (8 - len(self.coefficients)))

    def _radial(self, r2: F64) -> F64:
        """How much farther out a point of squared radius r2 is drawn."""
        k1, k2, _, _, k3, k4, k5, k6 = self._padded
        above = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.asarray(above / (1 + r2 * (k4 + r2 * (k5 + r2 * k6))))

    def _distorted(self, x: F64, y: F64) -> tuple[F64, F64]:
        _, _, p1, p2, *_ = self._padded
        r2 = x * x + y * y
        radial = self._radial(r2)
        return (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        )

    def _bent(self, angle: F64) -> F64:
        k1, k2, k3, k4 = self.coefficients
        a2 = angle * angle
        return np.asarray(angle * (1 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4)))))

    @cached_property
    def _curve(self) -> tuple[F64, F64]:
        """Radii (or angles) from the axis up to where their image turns back, and their images."""
        if self.model == "kannala_brandt":
            out = np.linspace(0.0, np.pi, _NODES)
            image = self._bent(out)
        else:
            out = np.linspace(0.0, _WIDEST_SLOPE, _NODES)
            image = out * self._radial(out * out)
        turns = np.flatnonzero(np.diff(image) <= 0.0)
        last = int(turns[0]) + 1 if len(turns) else _NODES
        return out[:last], image[:last]

    @property
    def _limit(self) -> float:
        return float(self._curve[0][-1])

    def _undistorted(self, u: F64, v: F64) -> tuple[F64, F64, Bool]:
        """Newton's method on both coordinates, from where the radial part alone would come from."""
        out, image = self._curve
        radius = np.hypot(u, v)
        start = np.interp(radius, image, out) / np.maximum(radius, 1e-12)
        x, y = u * start, v * start
        k1, k2, p1, p2, k3, k4, k5, k6 = self._padded
        for _ in range(_STEPS):
            du, dv = self._distorted(x, y)
            du, dv = du - u, dv - v
            if max(np.abs(du).max(initial=0.0), np.abs(dv).max(initial=0.0)) < 0.1 * _CLOSE:
                break
            r2 = x * x + y * y
            radial, below = self._radial(r2), 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
            slope = (
                k1 + r2 * (2 * k2 + 3 * r2 * k3) - radial * (k4 + r2 * (2 * k5 + 3 * r2 * k6))
            ) / below  # of the radial factor, by r2
            cross = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
            xx = radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x
            yy = radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x
            det = xx * yy - cross * cross
            det = np.where(np.abs(det) < 1e-9, 1e-9, det)
            x, y = x - (yy * du - cross * dv) / det, y - (xx * dv - cross * du) / det
            # No step leaves the part of the plane that the lens sees.
            far = np.maximum(np.hypot(x, y) / self._limit, 1.0)
            x, y = x / far, y / far
        du, dv = self._distorted(x, y)
        return x, y, (np.abs(du - u) < _CLOSE) & (np.abs(dv - v) < _CLOSE)

    def _fisheye_rays(self, u: F64, v: F64) -> F64:
        out, image = self._curve
        radius = np.hypot(u, v)
        angle = np.interp(radius, image, out)
        k1, k2, k3, k4 = self.coefficients
        for _ in range(_STEPS):
            a2 = angle * angle
            slope = 1 + a2 * (3 * k1 + a2 * (5 * k2 + a2 * (7 * k3 + a2 * 9 * k4)))
            step = (self._bent(angle) - radius) / np.maximum(slope, 1e-3)
            angle = np.clip(angle - step, 0.0, self._limit)
            if np.abs(step).max(initial=0.0) < 1e-14:
                break
        side = np.sin(angle) / np.maximum(radius, 1e-12)
        rays = np.stack([u * side, v * side, np.cos(angle)], axis=-1)
        rays[radius > image[-1]] = 0.0
        return rays


@lru_cache(maxsize=8)
def pixel_rays(lens: Lens, width_px: int, height_px: int) -> F64:
    """(H, W, 3) rays through all pixel centres, camera frame; not to be written to."""
    x, y = np.meshgrid(np.arange(width_px, dtype=np.float64), np.arange(height_px, dtype=np.float64))
    rays = lens.directions(x, y)
    rays.flags.writeable = False
    return rays
