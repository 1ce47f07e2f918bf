"""Pictures of every asset from four sides, and of the catalogue in all lights, to be looked at.

    python tools/contact_sheet.py 'car/*' -o /tmp/cars.jpg --looks 2
    python tools/contact_sheet.py --set gait_rad=1.2 --set stride_m=1.4 'pedestrian/*'
    python tools/contact_sheet.py --scenes 12 --lights noon,night,snow -o /tmp/scenes.jpg

Drawn by the project's own camera at `draft` or better: what is seen here is what datasets show.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from drivesynth.arrays import U8
from drivesynth.assets.catalogue import build, match
from drivesynth.assets.classes import CLASS_ID
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import DOORS, LIGHTS, Model
from drivesynth.dataset.draw import kept_times_s
from drivesynth.errors import RequestError
from drivesynth.geometry.mesh import make_mesh
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Environment
from drivesynth.scene import catalogue, load
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.camera import Quality, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.lamps import lamps_of
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.light import light_of
from drivesynth.sensors.render import render
from drivesynth.world.simulate import simulate
from drivesynth.world.stage import Stage

VIEWS_DEG = ((35.0, 12.0), (-90.0, 5.0), (0.0, 5.0), (-145.0, 16.0))  # azimuth and elevation of the eye
STUDIO = Environment(sun_elevation_rad=0.75, sun_azimuth_rad=0.9, cloud_ratio=0.0)
# What makes a light out of a scene's own environment; the sun's place as on a day in May at 49 degrees north.
NIGHT: dict[str, float] = {"sun_elevation_rad": -0.5, "lamp_every_m": 30.0}
CONDITIONS: dict[str, dict[str, float]] = {
    "noon": {"sun_elevation_rad": 1.0, "cloud_ratio": 0.2},
    "dusk": {"sun_elevation_rad": -0.04, "sun_azimuth_rad": 5.3, "lamp_every_m": 30.0},
    "night": NIGHT,
    "rain": {"sun_elevation_rad": 0.7, "cloud_ratio": 1.0, "rain_mm_h": 12.0, "wetness_ratio": 1.0},
    "fog": {"sun_elevation_rad": 0.7, "cloud_ratio": 1.0, "fog_mor_m": 80.0},
    "snow": {"sun_elevation_rad": 0.4, "cloud_ratio": 1.0, "snow_mm_h": 3.0, "snow_cover_ratio": 1.0},
}


@dataclass(frozen=True)
class Pinhole:
    """A camera whose optical axis goes through the middle of its picture."""

    width_px: int
    height_px: int
    focal_px: float

    @property
    def lens(self) -> Lens:
        """How it projects."""
        middle = (self.width_px - 1) / 2, (self.height_px - 1) / 2
        return Lens(self.focal_px, self.focal_px, *middle)


def stage_of(model: Model, channels: Mapping[str, float], lights: int) -> Stage:
    """The model alone on a grey yard."""
    yard = 80.0 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
    ground = make_mesh("yard", yard, np.array([[0, 1, 2], [0, 2, 3]], np.int32), MATERIAL_ID["asphalt"])
    count = 1 + len(model.parts)
    poses = np.concatenate([np.eye(4)[None], model.poses(channels)])
    keys = list(dict.fromkeys(["yard", *(part.mesh.key for part in model.parts)]))
    meshes = {"yard": ground} | {part.mesh.key: part.mesh for part in model.parts}
    return Stage(
        0.0, 0.1, tuple(meshes[key] for key in keys),
        np.array([0, *(keys.index(part.mesh.key) for part in model.parts)], np.int32), poses,
        np.full(count, -1, np.int32), np.array([0.0, 0.1]), np.zeros((0, 2, 4, 4)),
        np.array([-1] + [1] * (count - 1), np.int32),
        np.array([0] + [CLASS_ID[model.class_name]] * (count - 1), np.int32),
        np.array([(0.3, 0.3, 0.3), *(part.tint_rgb for part in model.parts)], np.float32),
        np.array([0.3, *(part.tint_905 for part in model.parts)], np.float32),
        np.array([0] + [lights] * (count - 1), np.int32),
    )  # fmt: skip


def pictures(
    model: Model,
    pixels: tuple[int, int],
    channels: Mapping[str, float],
    environment: Environment = STUDIO,
    quality: Quality = "draft",
    lights: int = 0,
) -> list[U8]:
    """(H, W, 3) BGR pictures of the model from `VIEWS_DEG`, its box filling the frame."""
    stage = stage_of(model, channels, lights)
    caster, light = Caster(stage), light_of(environment)
    length, width, height = model.size_m
    aim, away = np.array([0.0, 0.0, height / 2]), 4.0 * float(np.linalg.norm(model.size_m))
    taken = []
    for azimuth_deg, elevation_deg in VIEWS_DEG:
        az, el = np.radians([azimuth_deg, elevation_deg])
        back = np.array([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)])
        right = np.cross([0.0, 0.0, 1.0], back)
        right /= np.linalg.norm(right)
        down = -np.cross(back, right)
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = np.column_stack([right, down, -back]), aim + away * back
        corners = np.array(
            [
                [x, y, z]
                for x in (-length / 2, length / 2)
                for y in (-width / 2, width / 2)
                for z in (0, height)
            ]
        )
        seen = (corners - pose[:3, 3]) @ pose[:3, :3]
        half = np.abs(seen[:, :2] / seen[:, 2:]).max(axis=0) * 1.06
        lens = Pinhole(*pixels, float(min(pixels[0] / 2 / half[0], pixels[1] / 2 / half[1])))
        lamps = lamps_of(stage, environment, light, 0.05, pose[:3, 3])
        shot = shoot(caster, stage, lens, pose, light, 0.05, quality, 2, 1, Film(vignette=0.0), lamps)
        taken.append(np.ascontiguousarray(shot.frame.rgb[..., ::-1]))
    return taken


def named(picture: U8, text: str) -> U8:
    """The picture with a line of text on a strip above it."""
    strip = np.full((15, picture.shape[1], 3), 245, np.uint8)
    cv2.putText(strip, text, (3, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([strip, picture], axis=0)


def tiled(tiles: list[U8], across: int) -> U8:
    """The tiles in rows of `across`."""
    blank = np.full_like(tiles[0], 245)
    full = [*tiles, *[blank] * (-len(tiles) % across)]
    rows = [np.concatenate(full[k : k + across], axis=1) for k in range(0, len(full), across)]
    return np.concatenate(rows, axis=0)


def asset_sheet(words: argparse.Namespace) -> U8:
    """Four sides of each asset and look."""
    names = tuple(dict.fromkeys(name for pattern in words.patterns for name in match(pattern)))
    if words.patterns == ["*"]:  # one sign stands for all that differ by their number
        names = tuple(name for name in names if not name.startswith("sign/speed_limit_"))
    channels = {key: float(value) for key, value in (item.split("=") for item in words.set)}
    doors = tuple(door for door, (channel, _) in DOORS.items() if channel in channels)
    lights = sum(1 << LIGHTS.index(light) for light in words.lamps)
    environment = STUDIO if words.light is None else replace_light(STUDIO, words.light)
    tiles = []
    for name in names:
        for look in range(words.first, words.first + words.looks):
            model = build(name, look, doors=doors)
            sides = pictures(model, (words.width, words.height), channels, environment, words.quality, lights)
            count = sum(len(part.mesh.faces) for part in model.parts)
            text = f"{name} {look}: {' x '.join(f'{s:.2f}' for s in model.size_m)} m, {count} triangles"
            tiles.append(named(np.concatenate(sides, axis=1), text))
    return tiled(tiles, words.across)


def replace_light(environment: Environment, condition: str) -> Environment:
    """The environment in another light or weather."""
    return environment.model_copy(update=CONDITIONS[condition])


def scene_sheet(words: argparse.Namespace) -> U8:
    """Scenes of the catalogue, evenly chosen, in each of the lights: a row a scene."""
    every = catalogue.entries()
    chosen = every[:: max(1, len(every) // words.scenes)][: words.scenes]
    rig, tiles = load_rig("kitti_mono"), []
    for entry in chosen:
        try:
            scenario = sample(load(entry.path))
        except RequestError as error:
            print(error)
            continue
        for condition in words.lights.split(","):
            lit = scenario.model_copy(update={"environment": replace_light(scenario.environment, condition)})
            rollout = simulate(lit)
            times = kept_times_s(rollout, None)
            frame = render(rollout, float(times[len(times) // 2]), rig, words.quality, 2)
            rgb = frame.images["image_2"].rgb
            small = cv2.resize(rgb, (414, 125), interpolation=cv2.INTER_AREA)
            label = f"{entry.name.split('/')[-1].removesuffix('.yaml')}, {condition}"
            tiles.append(named(np.ascontiguousarray(small[..., ::-1]), label))
    return tiled(tiles, len(words.lights.split(",")))


def main() -> None:
    """Parse the words, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("-o", "--out", type=Path, default=Path("contact_sheet.jpg"))
    parser.add_argument("--scenes", type=int, default=0, help="draw so many scenes of the catalogue instead")
    parser.add_argument("--lights", default=",".join(CONDITIONS), help="of the scenes, a column each")
    parser.add_argument("--light", choices=CONDITIONS, help="of the assets; default: a studio's sun")
    parser.add_argument("--lamps", nargs="*", default=[], choices=LIGHTS, help="lamps that are on")
    parser.add_argument("--looks", type=int, default=1, help="looks of each asset")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--across", type=int, default=2, help="assets side by side")
    parser.add_argument("--width", type=int, default=150, help="pixels of one side")
    parser.add_argument("--height", type=int, default=110)
    parser.add_argument("--quality", default="draft", choices=("draft", "standard", "high"))
    parser.add_argument("--set", action="append", default=[], metavar="CHANNEL=VALUE")
    words = parser.parse_args()
    try:
        sheet = scene_sheet(words) if words.scenes else asset_sheet(words)
    except RequestError as error:
        parser.error(str(error))
    cv2.imwrite(str(words.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(f"{words.out}: {words.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
