"""Faults of a camera on the timeline of the LiDARs': what each does to light, to numbers and to delivery.

A fault depends on the scenario's seed, its place in the list and the time: dirt, cracks and dead pixels stay
where they are, dropped frames are drawn anew. What sits on the lens acts on the radiance, before exposure's
tone and noise; labels and images of truth know of none of it.
"""

from dataclasses import dataclass, replace
from math import radians

import numpy as np

from drivesynth.arrays import F32, F64, U8
from drivesynth.geometry.transforms import rigid, rotation_xyz
from drivesynth.sensors.falsified import Active
from drivesynth.sensors.faults import MOVED_M, MOVED_RAD, SHAKEN_DEG, TURNED_DEG
from drivesynth.sensors.graded import MISSING_CHANCE
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.rig import CameraMount
from drivesynth.streams import generator

MOUNT_FAULTS = ("misalignment", "shaken", "spatial_misalignment")
# By severity, 1 to 5.
DIRT_COVER = (0.02, 0.05, 0.1, 0.2, 0.4)  # share of the light that is lost
WATER_DROPS = (5, 10, 20, 40, 80)
CRACKS = (1, 2, 4, 7, 12)
FLARE_VEIL = (0.03, 0.07, 0.15, 0.3, 0.5)  # of white, all over the picture
GLARE_VEIL = (0.03, 0.07, 0.15, 0.3, 0.5)  # the same
OVER_STOPS = (0.5, 1.0, 1.5, 2.0, 3.0)
BLUR_PX = (1.0, 2.0, 3.5, 5.5, 8.0)  # radius, of KITTI's focal length
DEAD_SHARE, DEAD_COLUMNS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), (0, 0, 1, 2, 4)
CAST = (0.06, 0.12, 0.2, 0.3, 0.45)  # of red and blue against each other
DROPPED = (0.02, 0.05, 0.1, 0.2, 0.4)  # of the frames
_KITTI_FOCAL_PX = 721.5377
_GROWS_S, _DRIFT_S = 5.0, 10.0
_GLARE_CORE = 0.03  # of the picture's width: where the scatter is half of the middle's
_DIRT_RGB = np.array([0.30, 0.25, 0.19])
_BRIGHTEST = 4.0  # of white: beyond it nothing changes what a blur leaves


@dataclass(frozen=True)
class Spoils:
    """What the faults at work do to one picture; number is that of the frame."""

    faults: tuple[Active, ...] = ()
    seed: int = 0
    number: int = 0

    def exposed(self, exposure: F64) -> F64:
        """The exposure (3,) as a faulty control sets it."""
        for at_work in self.faults:
            level = at_work.fault.severity - 1
            if at_work.fault.kind == "over_exposure":
                exposure = exposure * 2.0 ** OVER_STOPS[level]
            elif at_work.fault.kind == "colour_cast":
                warm = CAST[level] * (1.0 if self._always(at_work).random() < 0.5 else -1.0)
                exposure = exposure * np.array([1.0 + warm, 1.0, 1.0 - warm])
        return exposure

    def through_the_lens(self, picture: F32, exposure: F64, lens: Lens) -> F32:
        """Radiance (H, W, 3) behind what sits on the lens or stands in its way."""
        for at_work in self.faults:
            level, random = at_work.fault.severity - 1, self._always(at_work)
            match at_work.fault.kind:
                case "dirt" | "mud":
                    loss = at_work.fault.loss_ratio
                    cover = DIRT_COVER[level] if loss is None else loss
                    if at_work.fault.kind == "mud":
                        cover *= min(at_work.age_s / _GROWS_S, 1.0)
                    picture = dirty(picture, cover, random)
                case "drops":
                    picture = dropped_on(picture, exposure, WATER_DROPS[level], random)
                case "cracks":
                    picture = cracked(picture, exposure, CRACKS[level], random)
                case "flare":
                    picture = flared(picture, exposure, FLARE_VEIL[level], random)
                case "sun_glare":
                    picture = glared(picture, exposure, GLARE_VEIL[level], random)
                case "defocus":
                    radius = BLUR_PX[level] * lens.fx_px / _KITTI_FOCAL_PX
                    picture = out_of_focus(picture, exposure, radius)
        return picture

    def delivered(self, rgb: U8) -> U8:
        """The picture (H, W, 3) as it arrives; a dropped frame is black."""
        for at_work in self.faults:
            level = at_work.fault.severity - 1
            if at_work.fault.kind == "dead_pixels":
                rgb = with_dead_pixels(rgb, DEAD_SHARE[level], DEAD_COLUMNS[level], self._always(at_work))
            elif at_work.fault.kind in ("dropped_frames", "missing_camera"):
                chance = DROPPED if at_work.fault.kind == "dropped_frames" else MISSING_CHANCE
                now = generator(self.seed, at_work.name, frame=self.number + 1)
                if now.random() < chance[level]:
                    rgb = np.zeros_like(rgb)
        return rgb

    def _always(self, at_work: Active) -> np.random.Generator:
        return generator(self.seed, at_work.name)


UNSPOILT = Spoils()


def mounted(camera: CameraMount, faults: list[Active], seed: int, number: int) -> CameraMount:
    """The camera where faults have left it; calibration files know nothing of it."""
    for at_work in faults:
        level = at_work.fault.severity - 1
        always, now = generator(seed, at_work.name), generator(seed, at_work.name, frame=number + 1)
        match at_work.fault.kind:
            case "misalignment":
                angles = np.radians(TURNED_DEG[level]) * always.uniform(-1.0, 1.0, 3)
                camera = _moved(camera, np.zeros(3), angles * min(at_work.age_s / _DRIFT_S, 1.0))
            case "shaken":
                camera = _moved(camera, np.zeros(3), radians(SHAKEN_DEG[level]) * now.normal(0.0, 1.0, 3))
            case "spatial_misalignment":
                away = MOVED_M[level] * always.normal(0.0, 1.0, 3)
                camera = _moved(camera, away, MOVED_RAD[level] * always.normal(0.0, 1.0, 3))
    return camera


def _moved(camera: CameraMount, away_m: F64, angles_rad: F64) -> CameraMount:
    moved = camera.vehicle_from_camera @ rigid(away_m, rotation_xyz(*angles_rad))
    return replace(camera, vehicle_from_camera=moved)


def dirty(picture: F32, cover: float, random: np.random.Generator) -> F32:
    """Behind specks of dirt, out of focus, that let `cover` of the light not through and glow a little."""
    height, width = picture.shape[:2]
    y, x = np.arange(height)[:, None], np.arange(width)[None]
    through = np.ones((height, width))
    for _ in range(4000):
        if 1.0 - through.mean() >= cover:
            break
        u, v = random.uniform(0, width), random.uniform(0, height)
        radius = width * min(0.012 * random.lognormal(0.0, 0.6), 0.06)
        stretch, opaque = random.uniform(0.6, 1.6), random.uniform(0.35, 0.95)
        top, bottom = _part(v, 2.2 * radius, height)
        left, right = _part(u, 2.2 * radius * stretch, width)
        far = np.hypot((x[:, left:right] - u) / stretch, y[top:bottom] - v) / radius
        through[top:bottom, left:right] *= 1.0 - opaque / (1.0 + np.exp(6.0 * (far - 1.0)))
    # What a speck scatters toward the chip is light from all over.
    glow = picture.reshape(-1, 3).mean(axis=0) * _DIRT_RGB
    kept = through[..., None]
    return np.asarray(picture * kept + (1.0 - kept) * glow, np.float32)


def dropped_on(picture: F32, exposure: F64, count: int, random: np.random.Generator) -> F32:
    """Behind drops of water: each shows the scene upside down, small and blurred."""
    import cv2

    height, width = picture.shape[:2]
    limit = (_BRIGHTEST / exposure).astype(np.float32)
    soft = cv2.GaussianBlur(np.minimum(picture, limit), (0, 0), 0.003 * width)
    out = picture.copy()
    for _ in range(count):
        u, v = random.uniform(0, width), random.uniform(0, height)
        radius = width * random.uniform(0.008, 0.028)
        top, bottom = _part(v, radius * 1.1, height)
        left, right = _part(u, radius * 1.1, width)
        if top >= bottom or left >= right:
            continue
        y, x = np.mgrid[top:bottom, left:right]
        dx, dy = (x - u) / radius, (y - v) / radius
        far = np.hypot(dx, dy)
        bend = 6.0 * radius * (1.0 + far**2)  # a ball lens: stronger toward its rim
        at_x, at_y = np.clip(u - bend * dx, 0, width - 1), np.clip(v - bend * dy, 0, height - 1)
        seen = cv2.remap(soft, at_x.astype(np.float32), at_y.astype(np.float32), cv2.INTER_LINEAR)
        shade = 1.0 - 0.6 * np.clip(far, 0.0, 1.0) ** 6
        there = np.clip((1.0 - far) * 0.35 * radius + 0.5, 0.0, 1.0)[..., None]
        part = out[top:bottom, left:right]
        part += (there * (seen * shade[..., None] - part)).astype(np.float32)
    return out


def cracked(picture: F32, exposure: F64, count: int, random: np.random.Generator) -> F32:
    """Behind cracks that run from where a stone hit: their faces scatter light, one side is displaced."""
    import cv2

    height, width = picture.shape[:2]
    hit = np.array([random.uniform(0.15, 0.85) * width, random.uniform(0.15, 0.85) * height])
    lines, shifted = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    for _ in range(count):
        heading, place, path = random.uniform(0, 2 * np.pi), hit.copy(), [hit.copy()]
        for _ in range(int(random.integers(8, 40))):
            heading += random.normal(0.0, 0.25)
            place = place + 0.02 * width * np.array([np.cos(heading), np.sin(heading)])
            path.append(place.copy())
        points = np.rint(np.array(path) * 16).astype(np.int32)[:, None]
        thick = max(1, round(width / 900 * random.uniform(0.8, 2.5)))
        cv2.polylines(lines, [points], False, 255, thick, cv2.LINE_AA, 4)
        cv2.polylines(shifted, [points + 16 * thick], False, 255, 5 * thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(lines, (0, 0), 0.0006 * width + 0.4)[..., None] / 255.0
    limit = (_BRIGHTEST / exposure).astype(np.float32)
    beside = np.roll(np.minimum(picture, limit), (2, 3), axis=(0, 1))
    bent = picture + shifted[..., None] / 255.0 * (0.7 * (beside - picture))
    bright = np.minimum(picture, limit).reshape(-1, 3).mean(axis=0) * 1.6
    return np.asarray(bent * (1.0 - 0.8 * soft) + 0.8 * soft * bright, np.float32)


def flared(picture: F32, exposure: F64, veil: float, random: np.random.Generator) -> F32:
    """Under light that comes in from aside: a veil brighter toward it, and ghosts on a line across."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    source = np.array([random.uniform(0.0, 1.0) * width, -random.uniform(0.05, 0.5) * height])
    light = np.exp(-1.5 * np.hypot(x - source[0], y - source[1]) / width)
    return _with_ghosts(picture, light, source, exposure, veil, random)


def glared(picture: F32, exposure: F64, veil: float, random: np.random.Generator) -> F32:
    """Against a low sun in the picture's upper half: a blinding core whose scatter falls off with the square
    of the distance (as a point spread's tail does), and ghosts across."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    source = np.array([random.uniform(0.15, 0.85) * width, random.uniform(0.1, 0.45) * height])
    far = np.hypot(x - source[0], y - source[1]) / (_GLARE_CORE * width)
    return _with_ghosts(picture, 1.0 / (1.0 + far**2), source, exposure, veil, random)


def _with_ghosts(
    picture: F32, light: F64, source: F64, exposure: F64, veil: float, random: np.random.Generator
) -> F32:
    """Under light (H, W) whose mean is to be `veil` of white, and the ghosts of its source (x, y)."""
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    total = light[..., None] * (veil / light.mean() / exposure)
    for k, tint in enumerate(([1, 0.8, 0.6], [0.6, 1, 0.7], [0.6, 0.8, 1], [1, 0.7, 1], [0.9, 1, 0.8])):
        centre = middle + (middle - source) * random.uniform(-0.5, 1.1)
        radius = width * (0.015 + 0.02 * k * random.random())
        far = np.hypot(x - centre[0], y - centre[1]) / radius
        disc = 1.0 / (1.0 + np.exp(14.0 * (far - 1.0))) * (0.5 + 0.5 * np.clip(far, 0, 1) ** 4)
        total += disc[..., None] * (0.8 * veil * np.array(tint) / exposure)
    return np.asarray(picture + total, np.float32)


def out_of_focus(picture: F32, exposure: F64, radius_px: float) -> F32:
    """Under the disc that a point becomes; its rim covers pixels by their share."""
    import cv2

    reach = int(np.ceil(radius_px))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius_px - np.hypot(x, y) + 0.5, 0.0, 1.0)
    clipped = np.minimum(picture, (_BRIGHTEST / exposure).astype(np.float32))
    blurred = cv2.filter2D(clipped, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def with_dead_pixels(rgb: U8, share: float, columns: int, random: np.random.Generator) -> U8:
    """With pixels, and whole columns, that are always black or always white."""
    out = rgb.copy()
    height, width = rgb.shape[:2]
    count = max(1, round(share * height * width))
    y, x = random.integers(0, height, count), random.integers(0, width, count)
    out[y, x] = np.where(random.random(count) < 0.5, 0, 255)[:, None]
    for column in random.integers(0, width, columns):
        out[:, column] = 0 if random.random() < 0.5 else 255
    return out


def _part(middle: float, reach: float, size: int) -> tuple[int, int]:
    """Whole pixels from, to around a place."""
    return max(int(np.floor(middle - reach)), 0), min(int(np.ceil(middle + reach)) + 1, size)
