"""How one camera sees an actor: its silhouette alone, beyond the picture too, and what shows of it.

Each actor is cast alone, so what is hidden by others, by itself or by the picture's edge is told
apart. Rays stand on a lattice of pixels: every pixel of an actor of usual size, every n-th of a large one,
several a pixel of a small one, for which the full world is cast again as finely.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt

import numpy as np

from drivesynth.arrays import F32, F64, I32, Bool
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import CameraFrame
from drivesynth.sensors.lens import Lens
from drivesynth.truth.model import View

NEAR_M = 0.1  # nothing nearer than this is projected
# Rays per silhouette: with fewer, small actors' shares are coarse; with more, near ones take long.
FEWEST, MOST = 500, 8_000
_TILE = (1, 16)  # successive rays of a lattice, row by row

Window = tuple[float, float, float, float]  # left, top, right, bottom; pixel centres at integers
NOT_SEEN = View(None, None, 0.0, 1.0, 0)


@dataclass(frozen=True)
class Eye:
    """A camera at its exposure.

    optics             how it projects
    world_from_camera  (4, 4)
    """

    optics: Lens
    world_from_camera: F64
    width_px: int
    height_px: int
    time_s: float

    @cached_property
    def _camera_from_world(self) -> F64:
        return inverse(self.world_from_camera)

    def directions(self, u_px: F64, v_px: F64) -> F32:
        """(N, 3) unit world directions through (N,) columns and rows; zero where the lens shows nothing."""
        rays = self.optics.directions(u_px, v_px)
        return np.ascontiguousarray(rays @ self.world_from_camera[:3, :3].T, np.float32)

    def lens(self, u_px: F64, v_px: F64, step_px: float) -> F64:
        """(3, 3) what a column, a row and 1 add to the rays through a lattice that starts at (u[0], v[0]).

        Of a lens that keeps straight lines straight.
        """
        fx, fy, cx, cy = self.optics.fx_px, self.optics.fy_px, self.optics.cx_px, self.optics.cy_px
        own = np.array(
            [
                [step_px / fx, 0.0, (u_px[0] - cx) / fx],
                [0.0, step_px / fy, (v_px[0] - cy) / fy],
                [0.0, 0.0, 1.0],
            ]
        )
        return np.asarray(self.world_from_camera[:3, :3] @ own)

    def lattice(self, caster: Caster, u_px: F64, v_px: F64, step_px: float) -> I32:
        """(V, U) instances that the rays through a lattice of columns and rows meet, -1 where none does."""
        eye_m, shape = self.world_from_camera[:3, 3], (len(v_px), len(u_px))
        if self.optics.is_straight:
            return caster.lattice(eye_m, self.lens(u_px, v_px, step_px), shape, self.time_s).instance
        u, v = np.meshgrid(u_px, v_px)
        rays = self.directions(u, v)
        limits = np.where(rays.any(axis=-1), np.float32(np.inf), np.float32(0))
        return caster.mirrored(eye_m, rays, limits, self.time_s).instance

    def window(self, points_m: F64) -> Window | None:
        """Bounds of (V, 3) world points, kept within one picture's size around the picture."""
        camera_from_world = self._camera_from_world
        x, y, z = points = camera_from_world[:3, :3] @ points_m.T + camera_from_world[:3, 3:]
        if not self.optics.is_straight:
            return self._bent_window(points.T)
        nearest = z.min()
        if nearest < NEAR_M and z.max() < NEAR_M:
            return None
        # A surface that reaches behind the camera may show anywhere between its points' near projections.
        depths = [np.maximum(z, NEAR_M)] if nearest < NEAR_M else [z]
        if nearest < NEAR_M:
            depths.append(np.full(len(z), NEAR_M))
        optics = self.optics
        u = np.concatenate([optics.fx_px * x / depth + optics.cx_px for depth in depths])
        v = np.concatenate([optics.fy_px * y / depth + optics.cy_px for depth in depths])
        return self._clipped(u, v)

    def _bent_window(self, points: F64) -> Window | None:
        """As `window` of a lens that bends: wider by what an edge between two points may bulge."""
        pixels = self.optics.project(points)
        seen = np.isfinite(pixels[:, 0])
        if not seen.any():
            return None
        if not seen.all():  # it reaches to where the lens sees no more: anywhere from there
            whole = np.array([0.0, self.width_px - 1.0]), np.array([0.0, self.height_px - 1.0])
            return self._clipped(*whole)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        margin = 1.0 + 0.06 * (high - low)
        (left, top), (right, bottom) = low - margin, high + margin
        return self._clipped(np.array([left, right]), np.array([top, bottom]))

    def _clipped(self, u: F64, v: F64) -> Window | None:
        left, right = (
            min(max(float(at), -self.width_px), 2 * self.width_px - 1) for at in (u.min(), u.max())
        )
        top, bottom = (
            min(max(float(at), -self.height_px), 2 * self.height_px - 1) for at in (v.min(), v.max())
        )
        return (left, top, right, bottom) if right > left and bottom > top else None


def view(caster: Caster, owner: I32, actor: int, points_m: F64, eye: Eye, picture: CameraFrame) -> View:
    """What `eye` sees of an actor whose hull vertices are (V, 3) `points_m`.

    caster   the full world, as the picture was taken; owner (I,) the actor of each of its instances
    picture  its instance image says which pixels show the actor

    Of an actor that no pixel shows nothing is cast: its box is that of its hull.
    """
    window = eye.window(points_m)
    if window is None or not _overlaps(window, eye):
        return NOT_SEEN
    shown_box, shown_px = _shown(picture, actor, window)
    if not shown_px:
        return _hidden(window, eye)
    u, v, step = _lattice(window)
    rows, columns = _within(v, eye.height_px), _within(u, eye.width_px)
    v_in, u_in = v[rows], u[columns]
    alone = eye.lattice(caster.only([actor]), u, v, step) >= 0
    solo = alone[rows, columns]
    if step >= 1:
        shows = picture.actor[np.ix_(v_in.astype(np.int64), u_in.astype(np.int64))] == actor
    else:
        met = _meets(caster, u_in, v_in, solo, eye)
        shows = (met >= 0) & (owner[met] == actor)
    solo |= shows
    inside, total = int(solo.sum()), int(alone.sum())
    # A silhouette wholly inside the picture spans what its hull spans; of a cut one the rays tell the rest.
    whole = inside >= total > 0 and eye.optics.is_straight
    box = window if whole else _around(_bounds(solo, u_in, v_in, step), shown_box)
    return View(
        amodal_box_px=_meet(box, window, eye),
        visible_box_px=shown_box,
        # A pixel that shows it may fall between the lattice's rays: seen is seen.
        visible_ratio=max(int(shows.sum()), 1) / inside if inside else 1.0,
        truncated_ratio=max(0.0, 1.0 - inside / total) if total else 0.0,
        visible_px=shown_px,
    )


def _meets(caster: Caster, u_px: F64, v_px: F64, asked: Bool, eye: Eye) -> I32:
    """(V, U) instances that the rays through a lattice meet, -1 where none does or none is asked for."""
    met = np.full(asked.shape, -1, np.int32)
    at_v, at_u = np.nonzero(asked)
    rays = eye.directions(u_px[at_u], v_px[at_v])
    met[asked] = caster.image(eye.world_from_camera[:3, 3], rays[None], eye.time_s, _TILE).instance[0]
    return met


def _hidden(window: Window, eye: Eye) -> View:
    """The view of an actor that others hide, from its hull's bounds."""
    left, top, right, bottom = box = _meet(window, window, eye)
    whole = (window[2] - window[0]) * (window[3] - window[1])
    return View(box, None, 0.0, 1.0 - (right - left) * (bottom - top) / whole, 0)


def _overlaps(window: Window, eye: Eye) -> bool:
    left, top, right, bottom = window
    return right > -0.5 and bottom > -0.5 and left < eye.width_px - 0.5 and top < eye.height_px - 0.5


def _lattice(window: Window) -> tuple[F64, F64, float]:
    """Columns, rows and step [px] of the rays over a window; whole steps stand on whole pixels."""
    left, top, right, bottom = window
    area = (right - left + 1) * (bottom - top + 1)
    step: float
    if area > MOST:
        step = ceil(sqrt(area / MOST))
    elif area < FEWEST:
        step = 1 / min(ceil(sqrt(FEWEST / area)), 16)
    else:
        step = 1
    axes = []
    for low, high in ((left, right), (top, bottom)):
        if step >= 1:
            axes.append(np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step)
        else:  # the middles of a pixel's parts
            parts = round(1 / step)
            first, last = np.floor(low + 0.5), np.floor(high + 0.5)
            axes.append(first - 0.5 + (np.arange((last - first + 1) * parts) + 0.5) * step)
    return axes[0], axes[1], step


def _within(at_px: F64, size_px: int) -> slice:
    """The lattice lines that lie on the picture, whose outer edges are half a pixel out."""
    return slice(*np.searchsorted(at_px, [-0.5, size_px - 0.5]).tolist())


def _shown(picture: CameraFrame, actor: int, window: Window) -> tuple[Window, int]:
    """Bounds and number of the pixels that show the actor; the bounds mean nothing where none does."""
    left, top = (max(int(edge) - 2, 0) for edge in window[:2])
    part = picture.actor[top : int(window[3]) + 3, left : int(window[2]) + 3] == actor
    if not part.any():
        return window, 0
    u, v = np.flatnonzero(part.any(axis=0)) + left, np.flatnonzero(part.any(axis=1)) + top
    return (float(u[0]), float(v[0]), float(u[-1]), float(v[-1])), int(part.sum())


def _bounds(mask: Bool, u_px: F64, v_px: F64, step: float) -> Window | None:
    """Bounds of the silhouette, half a step beyond its outermost rays."""
    if not mask.any():
        return None
    u, v = u_px[mask.any(axis=0)], v_px[mask.any(axis=1)]
    half = step / 2
    return float(u[0] - half), float(v[0] - half), float(u[-1] + half), float(v[-1] + half)


def _around(box: Window | None, shown: Window) -> Window:
    """Bounds of both: between the rays of a wide lattice there may be pixels that show more."""
    if box is None:
        return shown
    return min(box[0], shown[0]), min(box[1], shown[1]), max(box[2], shown[2]), max(box[3], shown[3])


def _meet(box: Window, window: Window, eye: Eye) -> Window:
    """The bounds from the rays, no wider than the projected surface and the picture."""
    left, top = max(box[0], window[0], 0.0), max(box[1], window[1], 0.0)
    right = min(box[2], window[2], eye.width_px - 1.0)
    bottom = min(box[3], window[3], eye.height_px - 1.0)
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)
