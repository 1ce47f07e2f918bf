"""Echoes that come by way of something else: the road, a rail, a wall, a lorry's flank, the car itself.

Road: the two-ray model; a point above a flat road is also seen in it, and both paths interfere (Skolnik,
"Introduction to Radar Systems", section 8.2; automotive: Karlsson, 2014, and others). Where only the road's
path reaches an actor, below the car ahead, its rays find it. Mirrors: a ray goes on in the mirror direction,
and what it then meets appears behind the mirror, at the length of the whole path. The car itself: what came
back is thrown back once more, and appears at twice the range with twice the speed.
"""

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.assets import radar as tables
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.sensors.frame import RADAR_CAUSE
from drivesynth.sensors.radar_echo import Echoes, Eye, actor_rcs_m2, point_velocities, unit
from drivesynth.sensors.radar_waveform import Waveform

PERMITTIVITY = 4.0  # of dry asphalt at 77 GHz; losses hardly count at grazing angles
ROUGHNESS_M = 4e-4  # standard deviation of its heights within a Fresnel zone
EGO_RCS_M2 = 10.0  # of the carrying car's own front
_NEAR_M = 40.0  # beyond, the car's own echo of an echo is lost
_LIFT_M = 2e-3


def road_reflection(grazing_rad: F64, wavelength_m: float) -> F64:
    """(N,) amplitude, vertical polarisation: Fresnel's, less what roughness scatters.

    Ament, "Toward a Theory of Reflection by a Rough Surface", Proc. IRE 41, 1953.
    """
    sine, cosine2 = np.sin(grazing_rad), np.cos(grazing_rad) ** 2
    bent = np.sqrt(PERMITTIVITY - cosine2)
    fresnel = (PERMITTIVITY * sine - bent) / (PERMITTIVITY * sine + bent)
    height = 2.0 * np.pi * ROUGHNESS_M * sine / wavelength_m
    return np.asarray(fresnel * np.exp(-2.0 * height**2))


def two_rays(
    caster: Caster, waveform: Waveform, eye: Eye, world_from_vehicle: F64, echoes: Echoes, points_m: F64
) -> Echoes:
    """The echoes of actors with their images in the road; others as they are.

    points_m  (S, 3) world, where each echo comes from
    """
    radar_m = eye.world_from_radar[:3, 3]
    vehicle_from_world = inverse(world_from_vehicle)
    own = move_points(vehicle_from_world, points_m)
    eye_own = move_points(vehicle_from_world, radar_m[None])[0]
    rows = np.flatnonzero((echoes.actor >= 0) & (own[:, 2] > 0.05))
    if eye_own[2] <= 0.0 or not len(rows):
        return echoes
    flat = own[rows, :2] - eye_own[:2]
    distance = np.hypot(flat[:, 0], flat[:, 1])
    share = eye_own[2] / (eye_own[2] + own[rows, 2])
    mirror = np.column_stack([eye_own[:2] + share[:, None] * flat, np.zeros(len(rows))])
    mirror_m = move_points(world_from_vehicle, mirror)

    down = mirror_m - radar_m
    leg = np.linalg.norm(down, axis=1)
    hits = caster.rays(
        np.broadcast_to(radar_m, down.shape).copy(), (down / leg[:, None]).astype(np.float32), eye.time_s
    )
    surface = caster.surface(hits)
    on_road = (np.abs(hits.range_m - leg) < 0.02 * leg + 0.1) & tables.is_road()[surface.class_id]
    up = points_m[rows] - mirror_m
    rest = np.linalg.norm(up, axis=1)
    lifted = mirror_m + world_from_vehicle[:3, 2] * 0.03
    blocked = caster.occluded(
        lifted, (up / rest[:, None]).astype(np.float32), np.maximum(rest - 0.3, 0.0), eye.time_s
    )
    seen = on_road & ~blocked
    rows, distance = rows[seen], distance[seen]

    height = eye_own[2] + own[rows, 2]
    longer = np.hypot(distance, height) - np.hypot(distance, eye_own[2] - own[rows, 2])
    gamma = road_reflection(np.arctan2(height, distance), waveform.wavelength_m)
    phase = gamma * np.exp(-2j * np.pi * longer / waveform.wavelength_m)
    factor = echoes.factor.copy()
    factor[rows] *= 1.0 + phase
    above = Echoes(**{**vars(echoes), "factor": factor})
    below = above.rows(rows)
    toward = (mirror_m - radar_m)[seen] @ eye.world_from_radar[:3, :3]
    image = Echoes(
        **{
            **vars(below),
            "range_m": below.range_m + longer / 2.0,
            "elevation_rad": np.arctan2(toward[:, 2], np.hypot(toward[:, 0], toward[:, 1])),
            "factor": below.factor * phase,
        }
    )
    return Echoes.joined([above, image])


def bounced(
    caster: Caster,
    waveform: Waveform,
    eye: Eye,
    first: Echoes,
    hits: Hits,
    normals: F32,
    solid_angle: F64,
) -> Echoes:
    """Actors in the mirrors that the rays of `first` met: ghosts, and what is seen below a car.

    first, hits, normals, solid_angle  of `radar_echo.direct`; `first.draw` names the rays
    """
    surface = caster.surface(hits)
    ray = first.draw
    material, class_id = surface.material.reshape(-1)[ray], surface.class_id.reshape(-1)[ray]
    loss_db = tables.mirror_db()[material]
    road = tables.is_road()[class_id] & (first.actor < 0)
    used = np.flatnonzero(np.isfinite(loss_db) | road)
    toward = _toward(eye, first.rows(used))
    normal = normals.reshape(-1, 3)[ray[used]].astype(np.float64)
    steep = np.einsum("ni,ni->n", toward, normal)
    onward = toward - 2.0 * steep[:, None] * normal
    onward /= np.linalg.norm(onward, axis=1, keepdims=True)
    corner = eye.world_from_radar[:3, 3] + first.range_m[used, None] * toward
    second = caster.rays(corner + _LIFT_M * normal, onward.astype(np.float32), eye.time_s)
    met = caster.surface(second)
    path_m = first.range_m[used] + second.range_m
    # What is seen directly has its image in the road already.
    direct = np.unique(first.actor[first.actor >= 0])
    hidden = ~np.isin(met.actor, direct)
    good = np.flatnonzero(
        (met.actor >= 0)
        & (met.actor != first.actor[used])
        & (path_m < waveform.range_end_m)
        & (hidden | ~road[used])
    )
    rows, onward, path_m = used[good], onward[good], path_m[good].astype(np.float64)
    actor, way = met.actor[good], toward[good]
    reached, _ = caster.normals(Hits(*(column[good] for column in vars(second).values())), eye.time_s)
    facing = np.abs(np.einsum("ni,ni->n", reached, onward))
    rcs = actor_rcs_m2(eye, actor, onward, solid_angle.reshape(-1)[ray[rows]], path_m, facing)
    gamma = road_reflection(np.arcsin(np.clip(-steep[good], 0.0, 1.0)), waveform.wavelength_m)
    once = np.where(road[rows], gamma**2, 10 ** (-np.where(road[rows], 0.0, loss_db[rows]) / 10))
    at = corner[good] + second.range_m[good, None].astype(np.float64) * onward
    there = point_velocities(caster.stage, second.instance[good], at, eye.time_s)
    mirror = point_velocities(caster.stage, hits.instance.reshape(-1)[ray[rows]], corner[good], eye.time_s)
    speed = (there * onward).sum(1) - (eye.velocity_mps * way).sum(1) + (mirror * (way - onward)).sum(1)
    return Echoes(
        path_m,
        speed,
        first.azimuth_rad[rows],
        first.elevation_rad[rows],
        rcs * once**2,
        np.ones(len(rows), np.complex128),
        ray[rows],
        np.ones(len(rows), np.uint8),
        actor,
        met.class_id[good],
        np.where(road[rows], RADAR_CAUSE["road-bounce"], RADAR_CAUSE["mirror-ghost"]).astype(np.uint8),
    )


def thrown_back(eye: Eye, waveform: Waveform, echoes: Echoes) -> Echoes:
    """Echoes of echoes: target, own car, target again; at 2 R with 2 v."""
    rows = np.flatnonzero(
        (echoes.cause == RADAR_CAUSE["target"])
        & (echoes.range_m < _NEAR_M)
        & (2.0 * echoes.range_m < waveform.range_end_m)
    )
    part = echoes.rows(rows)
    totals = np.bincount(part.actor, part.rcs_m2) if len(rows) else np.zeros(1)
    # By the radar equation a further reflection at R costs sigma / (4 pi R^2); the longer range is added back
    # because the power of an echo is computed from where it appears.
    extra = totals[part.actor] * EGO_RCS_M2 / ((4.0 * np.pi) ** 2 * part.range_m**4) * 16.0
    return Echoes(
        **{
            **vars(part),
            "range_m": 2.0 * part.range_m,
            "speed_mps": 2.0 * part.speed_mps,
            "rcs_m2": part.rcs_m2 * extra,
            "cause": np.full(len(rows), RADAR_CAUSE["double-bounce"], np.uint8),
        }
    )


def _toward(eye: Eye, echoes: Echoes) -> F64:
    return unit(echoes.azimuth_rad, echoes.elevation_rad) @ eye.world_from_radar[:3, :3].T
