"""The Python API: the same work as the command line's, a call a noun.

scene = load("my_scene.yaml")               what a file declares
scenario = sample(scene, seed=7, variant=3) one draw, nothing left to chance
rollout = simulate(scenario)                lived through
frame = render(rollout, 2.0, "kitti")       what every sensor saw around a moment
for frame, truth, scenario in frames(scene): ...
"""

from collections.abc import Iterator, Sequence

from drivesynth.dataset.iterate import shots
from drivesynth.scenario.draw import sample
from drivesynth.scenario.model import Scenario
from drivesynth.scene import load
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.sensors import render as rendering
from drivesynth.sensors.camera import Quality
from drivesynth.sensors.frame import Frame
from drivesynth.truth.model import ActorTruth
from drivesynth.truth.pixels import PixelTruth, checked, pixels
from drivesynth.world.rollout import Rollout
from drivesynth.world.simulate import simulate

__all__ = ["frames", "load", "render", "sample", "simulate", "truth_images"]


def render(
    rollout: Rollout,
    time_s: float,
    rig: str | Rig = "kitti",
    *,
    quality: Quality = "standard",
    threads: int = 1,
    clouds: Sequence[str] = (),
) -> Frame:
    """What every sensor of the rig sees around rollout time `time_s`: the LiDAR looks ahead then.

    `time_s` must leave half a turn of the LiDAR before and after it inside the rollout. clouds: also
    `frame.clouds[lidar]` of these kinds, "compensated" and "oracle".
    """
    sensors = load_rig(rig) if isinstance(rig, str) else rig
    return rendering.render(rollout, time_s, sensors, quality, threads, clouds=clouds)


def truth_images(
    rollout: Rollout,
    time_s: float,
    rig: str | Rig = "kitti",
    kinds: Sequence[str] = ("all",),
    threads: int = 1,
) -> dict[str, PixelTruth]:
    """By camera, what its pixels show at rollout time `time_s`, by `drivesynth.truth.pixels.KINDS`."""
    sensors = load_rig(rig) if isinstance(rig, str) else rig
    asked = checked(kinds, sensors.cameras)
    blind = sensors.model_copy(update={"radars": {}, "navigation": {}})
    return pixels(rendering.observe(rollout, time_s, blind, "draft", threads), rollout, asked)


def frames(
    scene: Scene | str,
    *,
    variants: int | None = 1,
    frames: int | None = None,
    seed: int | None = None,
    rig: str | None = None,
    quality: Quality = "standard",
    threads: int = 1,
) -> Iterator[tuple[Frame, tuple[ActorTruth, ...], Scenario]]:
    """Yield (frame, truth, scenario) in the order `drivesynth render` would number them, in memory.

    variants  None is as many as the scene's `sample.count`
    frames    at most this many of each variant; None is all
    """
    for shot in shots(
        scene, variants=variants, frames=frames, seed=seed, rig=rig, quality=quality, threads=threads
    ):
        yield shot.frame, shot.truths, shot.scenario
