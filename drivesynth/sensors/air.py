"""The air of a simulated sweep: fog, rain, snow, dust, spray and steam as a medium, wet and white ground.

The same tables and kernels put weather into measured clouds, see `weathering`.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import pi
from statistics import NormalDist

import numpy as np
from drivesynth_kernels import pulse, scatter
from drivesynth_kernels.noise import mix
from drivesynth_kernels.waveform import STRONGEST

from drivesynth.arrays import F32, F64
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.scenario.model import Environment
from drivesynth.scene.device import Lidar
from drivesynth.sensors import atmosphere, wakes
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.rig import LidarMount
from drivesynth.sensors.scan import response
from drivesynth.sensors.targets import Shots, Targets
from drivesynth.sensors.threads import in_pieces
from drivesynth.sensors.weather import Balls, Weather, puffs, weather
from drivesynth.streams import stream_key
from drivesynth.world.rollout import Rollout

PATCH_M = 3.0  # how large puddles and patches of snow are
SNOW_RHO = 0.8
_ROAD_RHO = 0.24
_MIRRORS_BELOW = 0.98  # cosine of the incidence from which on a puddle sends an echo back
_LEVEL = 0.7  # how much of a normal looks up where water can stand, as in the kernel
_ROADS = ("road", "lane_marking", "parking", "sidewalk")

# Who throws up spray, and who has an exhaust.
_MOTORS = {
    "car", "taxi", "police_car", "van", "ambulance", "pickup", "truck", "fire_engine", "bus",
    "construction_vehicle", "motorcycle",
}  # fmt: skip
_THROWERS = {*_MOTORS, "trailer"}

# A ball is looked for in a sector of azimuth; the sensor drives on while it turns.
_MARGIN_M = 2.0


@dataclass(frozen=True, eq=False)
class AirOfSweep:
    """A `Medium`: the weather of one sweep.

    balls     clouds about centre_m, along the world's axes
    """

    weather: Weather
    ground: scatter.Ground
    device: Lidar
    balls: Balls
    centre_m: F64

    @property
    def extinction_per_m(self) -> float:
        """Of what fills it evenly, one way."""
        return self.weather.air.extinction_per_m

    def mirrored(self, met: pulse.Surface, origins_m: F64, directions: F32) -> pulse.Surface:
        """The first surfaces (R, C) with water for the road's own material where puddles stand.

        What the puddle's bottom sends back is the kernel's to say; here it is where a pulse goes on to.
        """
        ground = self.ground
        if ground.puddle == np.inf:
            return met
        level = (np.abs(met.normals[..., 2]) > _LEVEL) & (met.actor < 0) & (met.instance >= 0)
        rows = np.flatnonzero(level & ground.road[met.material])
        # Columns, not rows: a place at a time is three times as slow.
        range_m, ways = met.range_m.take(rows), [directions[..., k].take(rows) for k in range(3)]
        normals = [met.normals[..., k].take(rows) for k in range(3)]
        x, y = ((origins_m[..., k].take(rows) + range_m * ways[k]) / ground.patch_m for k in (0, 1))
        height = np.empty(len(rows))
        scatter.patch_heights(x, y, ground.key, height)
        cosine = np.abs(sum(n * way for n, way in zip(normals, ways, strict=True)))
        standing = (-height > ground.puddle) & ~(height > ground.snow) & (cosine < ground.mirrors_from)
        material = met.material.copy()
        material.reshape(-1)[rows[standing]] = MATERIAL_ID["water"]
        return met._replace(material=material)

    def __call__(self, shots: Shots, targets: Targets) -> Targets:
        """The targets as they look through the air, and what the air itself sends back."""
        shape = shots.plan.shape
        rows = shape[0]
        lanes, air = shots.plan.lanes, self.weather.air
        share = targets.share.reshape(shape).copy()
        range_m, strength = np.zeros((*shape, 2), np.float32), np.zeros((*shape, 2), np.float32)
        cause = np.zeros((*shape, 2), np.uint8)
        fixed = (
            np.uint64(mix(np.uint64(shots.key), 11)), air, self.weather.rain, self.weather.snow,
            puffs(self.balls, self.device, margin_m=_MARGIN_M), self.ground,
            shots.plan.device.returns == STRONGEST,
            lanes.azimuth, lanes.elevation, lanes.cos_elevation,
            shots.origins_m, shots.directions, self.centre_m, shots.surface,
            shots.plan.beams.power, lanes.hidden,
        )  # fmt: skip

        def work(first: int, end: int) -> None:
            scatter.air_of_sweep(*fixed, first, end, share, range_m, strength, cause)

        in_pieces(shots.threads, rows, work)
        dimmed = targets.strength * np.exp(-2.0 * air.extinction_per_m * targets.range_m).astype(np.float32)
        flat = range_m.reshape(-1)
        found = np.flatnonzero(flat)
        through = Targets(**(vars(targets) | {"share": share.reshape(-1), "strength": dimmed}))
        return through.joined(found // 2, flat[found], strength.reshape(-1)[found], cause.reshape(-1)[found])


def air_of(rollout: Rollout, mount: LidarMount, time_s: float) -> AirOfSweep | None:
    """The air around one sweep; None where it is clear and the ground dry.

    Where puddles lie and spray flies hangs on the scenario alone: the same for all sensors.
    """
    environment = rollout.scenario.environment
    tables = weather(environment, mount.device)
    world_from_lidar = world_from_vehicle(rollout, time_s)[0] @ mount.vehicle_from_lidar
    balls = balls_of(rollout, time_s)
    covered = environment.wetness_ratio > 0.0 or environment.snow_cover_ratio > 0.0
    if tables.is_clear and not covered and not len(balls.radius_m):
        return None
    centre = world_from_lidar[:3, 3].copy()
    near = Balls(**(vars(balls) | {"centre_m": balls.centre_m - centre}))
    key = stream_key(rollout.scenario.seed, "environment/ground", rollout.scenario.variant)
    return AirOfSweep(tables, ground_of(environment, key), mount.device, near, centre)


def ground_of(environment: Environment, key: int) -> scatter.Ground:
    """What water and snow make of surfaces; puddles stand from a wetness of 40 % on."""
    puddles, cover = puddle_share(environment), environment.snow_cover_ratio
    return scatter.Ground(
        _wet_table(),
        environment.wetness_ratio,
        height_above(puddles),
        height_above(cover),
        _MIRRORS_BELOW,
        np.array([material.class_name in _ROADS for material in MATERIALS]),
        response().reflectivity,
        response().square,
        SNOW_RHO,
        PATCH_M,
        np.uint64(key),
    )


def puddle_share(environment: Environment) -> float:
    """Share of the road under standing water."""
    return 0.25 * max(environment.wetness_ratio - 0.4, 0.0)


def height_above(share: float) -> float:
    """The patch height that a share of the ground is above."""
    if share <= 0.0:
        return float(np.inf)
    return -float(np.inf) if share >= 1.0 else NormalDist().inv_cdf(1.0 - share)


@lru_cache(maxsize=1)
def _wet_table() -> F64:
    angles = np.linspace(0.0, pi / 2, 181)
    return np.array([atmosphere.wet_ratio(min(angle, pi / 2 - 1e-3), _ROAD_RHO) for angle in angles])


def balls_of(rollout: Rollout, time_s: float) -> Balls:
    """Spray and steam of all vehicles that are there, world frame."""
    scenario = rollout.scenario
    environment = scenario.environment
    if environment.spray_film_mm <= 0.0 and environment.exhaust_ratio <= 0.0:
        return Balls.none()
    blows = environment.wind_azimuth_rad
    wind = environment.wind_mps * np.array([np.sin(blows), np.cos(blows), 0.0])
    step = min(int(np.searchsorted(rollout.time_s, time_s)), len(rollout.time_s) - 1)
    parts = []
    for row, actor in enumerate(scenario.everyone):
        if not rollout.present[step, row]:
            continue
        track, name = _track(rollout, row, actor.size_m[0]), f"{actor.name}/{scenario.variant}"
        if environment.spray_film_mm > 0.0 and actor.class_name in _THROWERS:
            film = environment.spray_film_mm
            parts.append(wakes.spray(track, time_s, film, wind, scenario.seed, name))
        if environment.exhaust_ratio > 0.0 and actor.class_name in _MOTORS:
            parts.append(wakes.steam(track, time_s, environment.exhaust_ratio, wind, scenario.seed, name))
    return wakes.joined(parts)


def _track(rollout: Rollout, row: int, length_m: float) -> wakes.Track:
    """Where an actor's rear was; before the rollout's start it drove as it did then."""

    def track(times_s: F64) -> tuple[F64, F64]:
        pose = world_from_vehicle(rollout, times_s, row)
        ahead = pose[:, :3, 0]
        speed = np.interp(times_s, rollout.time_s, rollout.speed_mps[:, row])
        velocity = ahead * speed[:, None]
        before = np.minimum(times_s - rollout.time_s[0], 0.0)
        return pose[:, :3, 3] - 0.5 * length_m * ahead + before[:, None] * velocity, velocity

    return track
