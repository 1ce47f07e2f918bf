"""The weather of one picture: what falls and hangs before a camera, and what stands on its roads."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.sensors.air import PATCH_M, balls_of, height_above, puddle_share
from drivesynth.sensors.clouds import draw_clouds
from drivesynth.sensors.falling import Shower, kinds
from drivesynth.sensors.lamps import NONE, Lamps
from drivesynth.sensors.lens import Lens
from drivesynth.sensors.light import Light
from drivesynth.sensors.weather import Balls
from drivesynth.sensors.wet import Puddles
from drivesynth.streams import stream_key
from drivesynth.world.rollout import Rollout

_STEP_S = 0.01


@dataclass(frozen=True, eq=False)
class Outdoors:
    """None of a part where there is none of it.

    balls    spray and steam, world frame
    """

    shower: Shower | None = None
    puddles: Puddles | None = None
    balls: Balls | None = None

    def veil(
        self, picture: F32, range_m: F32, directions: F32, light: Light, lens: Lens, world_from_camera: F64,
        shutter_s: float, lamps: Lamps = NONE,
    ) -> None:  # fmt: skip
        """Lay what is in the air over the picture (H, W, 3), exposed for so long."""
        if self.balls is not None:
            draw_clouds(picture, range_m, directions, self.balls, light, lens, world_from_camera, lamps)
        if self.shower is not None:
            self.shower.draw(picture, range_m, light, lens, world_from_camera, shutter_s, lamps)


INDOORS = Outdoors()


def outdoors_of(rollout: Rollout, time_s: float, poses: Callable[[F64], F64], key: int) -> Outdoors:
    """The weather around a camera; poses (N,) times -> world_from_camera; key of its draws.

    Puddles lie, and spray flies, where the LiDAR has them.
    """
    scenario = rollout.scenario
    environment = scenario.environment
    shower = puddles = None
    if kinds(environment):
        towards = environment.wind_azimuth_rad
        wind = environment.wind_mps * np.array([np.sin(towards), np.cos(towards), 0.0])
        around = poses(np.array([time_s - _STEP_S, time_s + _STEP_S]))[:, :3, 3]
        shower = Shower(environment, wind, (around[1] - around[0]) / (2 * _STEP_S), key)
    standing = puddle_share(environment)
    if standing > 0.0:
        ground = stream_key(scenario.seed, "environment/ground", scenario.variant)
        puddles = Puddles(ground, height_above(standing), PATCH_M)
    balls = balls_of(rollout, time_s)
    flying = balls if len(balls.radius_m) else None
    clear = shower is None and puddles is None and flying is None
    return INDOORS if clear else Outdoors(shower, puddles, flying)
