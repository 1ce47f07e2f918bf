"""What moving vehicles leave in the air behind them: spray from a wet road, steam from an exhaust.

Spray follows Linnhoff, Scheuble et al., "Measuring the Influence of Environmental Conditions on
Automotive Lidar Sensors", Sensors 2022, and the parameters that came with it (50 to 130 km/h): clumps
thrown up every 0.1 s, slowed by the air, thinning out. A clump depends on its vehicle and the tenth of a
second it was thrown up in, so frame after frame sees the same ones drift.
"""

from collections.abc import Callable

import numpy as np

from drivesynth.arrays import F64
from drivesynth.sensors import atmosphere
from drivesynth.sensors.frame import CAUSE
from drivesynth.sensors.weather import Balls
from drivesynth.streams import generator

# (N,) times -> (N, 3) middle of the vehicle's rear on the road and (N, 3) velocity [m/s], world frame.
Track = Callable[[F64], tuple[F64, F64]]

_EVERY_S = 0.1
_WIDTH_M, _HEIGHT_M = 3.4, 1.5
_DRAG_PER_M, _DRAG_SIGMA = 0.12, 0.04
_SPRAY_PER_M = 0.08  # within a clump; the wake as a whole has 0.02 to 0.2
_STEAM_PER_M, _STEAM_LIFE_S = 1.0, 1.0


def spray(track: Track, time_s: float, film_mm: float, wind_mps: F64, seed: int, name: str) -> Balls:
    """Clumps behind one vehicle at a time, world frame.

    wind_mps  (3,) where the air goes; name  of the vehicle: names its draws
    """
    parts = []
    fastest_s = 4.0 * atmosphere.spray_life_s(film_mm, 130.0)
    last = int(np.floor(time_s / _EVERY_S))
    ticks = range(last, last - int(fastest_s / _EVERY_S) - 1, -1)
    rears, velocities = track(np.array(ticks) * _EVERY_S)
    for tick, rear, velocity in zip(ticks, rears, velocities, strict=True):
        speed_kmh = 3.6 * float(np.hypot(velocity[0], velocity[1]))
        wanted = atmosphere.spray_clusters(film_mm, speed_kmh)
        age_s = time_s - tick * _EVERY_S
        life = atmosphere.spray_life_s(film_mm, speed_kmh)
        if wanted <= 0.0 or age_s > 4.0 * life:
            continue
        random = generator(seed, f"spray/{name}", frame=tick)
        count = int(wanted + random.random())
        parts.append(_clumps(random, count, rear, velocity, wind_mps, age_s, life))
    return joined(parts)


def _clumps(
    random: np.random.Generator, count: int, rear: F64, velocity: F64, wind_mps: F64,
    age_s: float, life_s: float,
) -> Balls:  # fmt: skip
    speed = float(np.hypot(velocity[0], velocity[1]))
    ahead = velocity / max(speed, 1e-6)
    aside = np.array([-ahead[1], ahead[0], 0.0])
    place = random.random((count, 3))
    start = (
        rear
        - place[:, :1] * speed * _EVERY_S * ahead
        + (place[:, 1:2] - 0.5) * _WIDTH_M * aside
        + place[:, 2:] * _HEIGHT_M * np.array([0.0, 0.0, 1.0])
    )
    radius = np.minimum(random.lognormal(-1.2, 0.8, count), 1.0)
    life = np.maximum(random.normal(life_s, 0.2, count), 0.05)
    drag = np.maximum(random.normal(_DRAG_PER_M, _DRAG_SIGMA, count), 0.01)
    begun = velocity - wind_mps + np.column_stack([np.zeros((count, 2)), 5.0 * random.random(count)])
    # Against the air, dv/dt = -drag v^2: the way is ln(1 + drag v t) / drag.
    pace = np.linalg.norm(begun, axis=1)
    way = np.log1p(drag * pace * age_s) / drag
    centre = start + wind_mps * age_s + begun / np.maximum(pace, 1e-6)[:, None] * way[:, None]
    hit = np.minimum(random.lognormal(-2.3, 1.1, count), 1.0) * np.exp(-age_s / life)
    hit[age_s > 4.0 * life] = 0.0
    dense = np.full(count, _SPRAY_PER_M)
    return Balls(centre, radius, dense, dense / atmosphere.FOG_SR, hit, np.full(count, float(CAUSE["spray"])))


def steam(track: Track, time_s: float, ratio: float, wind_mps: F64, seed: int, name: str) -> Balls:
    """The plume of an exhaust in cold air, world frame; ratio 1 is a freezing morning."""
    parts = []
    last = int(np.floor(time_s / _EVERY_S))
    ticks = range(last, last - int(2.0 * _STEAM_LIFE_S / _EVERY_S) - 1, -1)
    rears, _ = track(np.array(ticks) * _EVERY_S)
    for tick, rear in zip(ticks, rears, strict=True):
        age_s = time_s - tick * _EVERY_S
        random = generator(seed, f"steam/{name}", frame=tick)
        drift = random.normal(0.0, 0.15, 3) * age_s + np.array([0.0, 0.0, 0.35 + 0.4 * age_s])
        radius = 0.15 + 0.35 * age_s
        # The same droplets in a growing ball, and they evaporate.
        dense = ratio * _STEAM_PER_M * (0.3 / max(radius, 0.3)) ** 2 * np.exp(-age_s / _STEAM_LIFE_S)
        if dense < 1e-3:
            continue
        alpha = np.array([dense])
        centre = (rear + wind_mps * age_s + drift)[None]
        parts.append(
            Balls(
                centre,
                np.array([radius]),
                alpha,
                alpha / atmosphere.FOG_SR,
                np.ones(1),
                np.array([float(CAUSE["fog"])]),
            )
        )
    return joined(parts)


def joined(parts: list[Balls]) -> Balls:
    """All clouds as one list; those that no pulse hits are left out."""
    parts = [part for part in parts if len(part.radius_m)]
    if not parts:
        return Balls.none()
    hit = np.concatenate([part.hit for part in parts])
    kept = hit > 1e-3
    return Balls(
        *(
            np.concatenate([getattr(part, name) for part in parts])[kept]
            for name in ("centre_m", "radius_m", "extinction_per_m", "backscatter_per_m_sr", "hit", "cause")
        )
    )


def driving(rear_m: F64, velocity_mps: F64) -> Track:
    """A vehicle that keeps its velocity, where its rear is at time 0."""

    def track(times_s: F64) -> tuple[F64, F64]:
        return rear_m + times_s[:, None] * velocity_mps, np.tile(velocity_mps, (len(times_s), 1))

    return track
