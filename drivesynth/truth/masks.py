"""Which pixels show an actor, and which would if nothing stood before it."""

from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F64, I32, Bool
from drivesynth.geometry.transforms import inverse
from drivesynth.sensors.render import Observation
from drivesynth.sensors.viewpoint import Rays, Viewpoint
from drivesynth.truth.surface import actor_points
from drivesynth.world.rollout import Rollout

_NEAR_M = 0.1  # nothing nearer than this is projected
_MARGIN = 2.0, 0.06  # pixels and share of its size by which an actor may show beyond its hull's points


@dataclass(frozen=True)
class Mask:
    """Of one actor: the pixels of a window at (left, top); each (h, w).

    visible  show it
    amodal   would show it if it were alone; whatever is visible is amodal too
    """

    left_px: int
    top_px: int
    visible: Bool
    amodal: Bool

    def whole(self, mask: Bool, height_px: int, width_px: int) -> Bool:
        """One of the two over the whole picture."""
        picture = np.zeros((height_px, width_px), np.bool_)
        h, w = mask.shape
        picture[self.top_px : self.top_px + h, self.left_px : self.left_px + w] = mask
        return picture


def masks_of(seen: Observation, rollout: Rollout, rays: Rays, eye: Viewpoint, actor: I32) -> dict[int, Mask]:
    """By actor that would show alone; `actor` (H, W) says which one each pixel shows."""
    found: dict[int, Mask] = {}
    everyone = [int(one) for one in np.unique(seen.stage.actor) if one > 0]
    for one, points in actor_points(seen.stage, everyone, eye.time_s).items():
        window = _window(points, eye)
        if window is None:
            continue
        left, top, right, bottom = window
        part = slice(top, bottom), slice(left, right)
        visible = actor[part] == one
        amodal = (rays.cast(seen.caster.only([one]), part).instance >= 0) | visible
        if amodal.any():
            found[one] = Mask(left, top, visible, amodal)
    return found


def _window(points_m: F64, eye: Viewpoint) -> tuple[int, int, int, int] | None:
    """Columns and rows from, to that may show (V, 3) world points' hull; None outside the picture."""
    width, height = eye.camera.width_px, eye.camera.height_px
    camera_from_world = inverse(eye.world_from_camera)
    own = points_m @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    pixels = eye.camera.lens.project(own)
    lost = ~np.isfinite(pixels).all(axis=1)
    if eye.camera.lens.is_straight:
        lost |= own[:, 2] < _NEAR_M
    if lost.all():
        return None
    if lost.any():  # it reaches beyond what can be projected: anywhere
        return 0, 0, width, height
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    margin = _MARGIN[0] + _MARGIN[1] * (high - low)
    left, top = np.floor(np.clip(low - margin, 0, [width, height])).astype(int).tolist()
    right, bottom = np.ceil(np.clip(high + margin + 1, 0, [width, height])).astype(int).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None
