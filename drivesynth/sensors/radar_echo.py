"""From rays to echoes: which points answer the radar, how strongly, and how fast they move.

A ray that meets an actor carries the share of the actor's cross section that its solid angle is of the
actor's outline; one that meets the surroundings the clutter of its footprint. Hidden parts send no ray back,
so occlusion needs no rule of its own. Limbs and wheels move as their own parts do: that is the micro-Doppler.
"""

from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np

from drivesynth.arrays import F32, F64, I32, I64, U8
from drivesynth.assets import radar as tables
from drivesynth.scene.radar import AspectRcs
from drivesynth.sensors.cast import Caster, Hits
from drivesynth.sensors.frame import RADAR_CAUSE
from drivesynth.sensors.radar_waveform import Waveform
from drivesynth.streams import uniform
from drivesynth.world.stage import Stage

# How much brighter a face of an actor is that looks at the radar than one that looks away: most of a car's
# echo comes from few spots.
_FACING_POWER, _FACING_FLOOR = 8.0, 0.15
# A wall or rail met squarely flashes.
_FLASH, _FLASH_POWER = 30.0, 60.0


@dataclass(frozen=True)
class Echoes:
    """Points that answer; S rows.

    range_m, speed_mps   length of the path, and how fast it grows
    azimuth_rad, elevation_rad  the direction it comes from, radar frame
    rcs_m2               mean cross section, losses of reflections taken off
    factor               (S,) complex: of the amplitude, by interference of paths
    draw                 row of the random amplitude it has: paths of one point share it
    swerling             0, 1 or 3
    actor, class_id      -1 and the surface's for surroundings
    cause                index into RADAR_CAUSES
    """

    range_m: F64
    speed_mps: F64
    azimuth_rad: F64
    elevation_rad: F64
    rcs_m2: F64
    factor: np.ndarray
    draw: I64
    swerling: U8
    actor: I32
    class_id: I32
    cause: U8

    def rows(self, rows: np.ndarray) -> "Echoes":
        """Some of them."""
        return Echoes(*(getattr(self, field.name)[rows] for field in fields(Echoes)))

    @staticmethod
    def joined(parts: "list[Echoes]") -> "Echoes":
        """All of several lists."""
        return Echoes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Echoes)))


@dataclass(frozen=True)
class Eye:
    """The radar at one moment.

    world_from_radar  (4, 4); velocity_mps (3,) world
    sizes_m, poses    of all actors: (A, 3) length, width, height; (A, 4, 4) world_from_vehicle
    rows              (A,) their cross sections; each differs from its class by its own spread
    """

    world_from_radar: F64
    velocity_mps: F64
    time_s: float
    sizes_m: F64
    poses: F64
    rows: tuple[AspectRcs, ...]
    own_db: F64


def own_spread_db(
    seed: int, radar: str, variant: int, names: tuple[str, ...], rows: tuple[AspectRcs, ...]
) -> F64:
    """(A,) how much each actor's cross section differs from its class's mean, the whole drive long."""
    normal = NormalDist()
    shares = (uniform(seed, f"sensors/{radar}/rcs/{name}", variant) for name in names)
    # A share of exactly 0 has no quantile.
    return np.array(
        [normal.inv_cdf(max(s, 1e-12)) * row.spread_db for s, row in zip(shares, rows, strict=True)]
    )


def ray_grid(waveform: Waveform, rng: np.random.Generator) -> tuple[F64, F64, F64]:
    """Azimuths and elevations (H, W) of the rays, each somewhere in its cell, and their solid angles."""
    view = waveform.device.view
    columns = max(round(2 * view.azimuth_deg / view.azimuth_step_deg), 1)
    rows = max(round(2 * view.elevation_deg / view.elevation_step_deg), 1)
    width, height = 2 * np.radians(view.azimuth_deg) / columns, 2 * np.radians(view.elevation_deg) / rows
    shake = rng.random((2, rows, columns))
    azimuth = (np.arange(columns) + shake[0]) * width - np.radians(view.azimuth_deg)
    elevation = (np.arange(rows)[:, None] + shake[1]) * height - np.radians(view.elevation_deg)
    return azimuth, elevation, width * height * np.cos(elevation)


def unit(azimuth: F64, elevation: F64) -> F64:
    """(..., 3) directions, x ahead, y left, z up."""
    flat = np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], axis=-1)


def point_velocities(stage: Stage, instance: I32, points_m: F64, time_s: float) -> F64:
    """(N, 3) of material points of instances, world axes: each part moves and turns between its own keys."""
    velocity = np.zeros((len(points_m), 3))
    track = stage.track[instance]
    moving = np.flatnonzero(track >= 0)
    if not len(moving):
        return velocity
    times = stage.key_times_s
    k = int(np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, len(times) - 2))
    used, which = np.unique(track[moving], return_inverse=True)
    before, after = stage.keys[used, k], stage.keys[used, k + 1]
    step_s = times[k + 1] - times[k]
    along = (after[:, :3, 3] - before[:, :3, 3]) / step_s
    turn = after[:, :3, :3] @ np.swapaxes(before[:, :3, :3], -1, -2)
    spin = rotation_vectors(turn) / step_s
    centre = before[:, :3, 3] + (time_s - times[k]) * along
    velocity[moving] = along[which] + np.cross(spin[which], points_m[moving] - centre[which])
    return velocity


def rotation_vectors(turn: F64) -> F64:
    """(N, 3) axis times angle of rotations by less than half a turn."""
    skew = 0.5 * np.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]], axis=1
    )
    sine = np.linalg.norm(skew, axis=1, keepdims=True)
    cosine = (np.trace(turn, axis1=1, axis2=2)[:, None] - 1.0) / 2.0
    return skew * np.where(sine > 1e-12, np.arctan2(sine, cosine) / np.maximum(sine, 1e-12), 1.0)


def actor_rcs_m2(eye: Eye, actor: I32, toward: F64, solid_angle: F64, path_m: F64, facing: F64) -> F64:
    """(N,) of rays that meet actors after `path_m`, coming along `toward` (N, 3), world.

    All rays that see an actor whole share out its cross section; `facing` (N,) is the cosine of incidence.
    """
    own = -np.einsum("nji,nj->ni", eye.poses[actor][:, :3, :3], toward)  # to the radar, the actor's axes
    aspect = np.arctan2(own[:, 1], own[:, 0])
    flat = np.maximum(np.hypot(own[:, 0], own[:, 1]), 1e-6)
    size = eye.sizes_m[actor]
    outline = (np.abs(own[:, 1]) * size[:, 0] + np.abs(own[:, 0]) * size[:, 1]) / flat * size[:, 2]
    total, weight = np.zeros(len(actor)), _FACING_FLOOR + np.clip(facing, 0.0, 1.0) ** _FACING_POWER
    filled = np.ones(len(actor))
    for row in np.unique(actor).tolist():
        mine = actor == row
        total[mine] = tables.rcs_dbsm(eye.rows[row], aspect[mine]) + eye.own_db[row]
        filled[mine] = eye.rows[row].filled
        weight[mine] /= weight[mine].mean()
    share = solid_angle * path_m**2 / (outline * filled)
    return np.asarray(10 ** (total / 10) * share * weight)


def direct(
    caster: Caster, waveform: Waveform, eye: Eye, azimuth: F64, elevation: F64, solid_angle: F64
) -> tuple[Echoes, Hits, F32]:
    """Echoes of what the rays meet first, row by row of the grid's rays that met something in reach."""
    ways = unit(azimuth, elevation)
    directions = np.ascontiguousarray(ways @ eye.world_from_radar[:3, :3].T, np.float32)
    hits = caster.image(eye.world_from_radar[:3, 3], directions, eye.time_s)
    surface = caster.surface(hits)
    normals, _ = caster.normals(hits, eye.time_s, directions)
    reach = min(waveform.range_end_m, 1e4)
    rows = np.flatnonzero((hits.range_m >= waveform.device.view.min_m) & (hits.range_m < reach))
    toward = directions.reshape(-1, 3)[rows].astype(np.float64)
    range_m = hits.range_m.reshape(-1)[rows].astype(np.float64)
    instance, actor = hits.instance.reshape(-1)[rows], surface.actor.reshape(-1)[rows]
    points = eye.world_from_radar[:3, 3] + range_m[:, None] * toward
    relative = point_velocities(caster.stage, instance, points, eye.time_s) - eye.velocity_mps
    angle = solid_angle.reshape(-1)[rows]
    facing = np.abs(np.einsum("ni,ni->n", normals.reshape(-1, 3)[rows], toward))

    flash = 1.0 + _FLASH * facing**_FLASH_POWER
    rcs = 10 ** (tables.gamma_db()[surface.material.reshape(-1)[rows]] / 10) * angle * range_m**2 * flash
    taken = np.flatnonzero(actor >= 0)
    rcs[taken] = actor_rcs_m2(eye, actor[taken], toward[taken], angle[taken], range_m[taken], facing[taken])
    swerling = np.ones(len(rows), np.uint8)
    swerling[taken] = np.array([row.swerling for row in eye.rows], np.uint8)[actor[taken]]
    echoes = Echoes(
        range_m,
        np.einsum("ni,ni->n", relative, toward),
        azimuth.reshape(-1)[rows],
        elevation.reshape(-1)[rows],
        rcs,
        np.ones(len(rows), np.complex128),
        rows.astype(np.int64),
        swerling,
        actor,
        surface.class_id.reshape(-1)[rows],
        np.where(actor >= 0, RADAR_CAUSE["target"], RADAR_CAUSE["surroundings"]).astype(np.uint8),
    )
    return echoes, hits, normals


def merged(echoes: Echoes, waveform: Waveform, azimuth_step_rad: float = np.radians(1.0)) -> Echoes:
    """Echoes of one actor that no cell tells apart as one: powers added, places weighted by power."""
    keys = np.stack(
        [
            echoes.actor.astype(np.int64),
            echoes.cause.astype(np.int64),
            np.floor(echoes.range_m / (0.5 * waveform.range_step_m)).astype(np.int64),
            np.floor(echoes.speed_mps / (0.5 * waveform.speed_step_mps)).astype(np.int64),
            np.floor(echoes.azimuth_rad / azimuth_step_rad).astype(np.int64),
            np.floor(echoes.elevation_rad / (2.0 * azimuth_step_rad)).astype(np.int64),
        ]
    )
    keys -= keys.min(axis=1, keepdims=True) if keys.shape[1] else 0
    code = np.zeros(keys.shape[1], np.int64)
    for key in keys:
        code = code * (int(key.max(initial=0)) + 1) + key
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    power = np.maximum(echoes.rcs_m2, 1e-30)
    total: F64 = np.bincount(group, power).astype(np.float64)

    def mean(column: F64) -> F64:
        return np.asarray(np.bincount(group, power * column) / total)

    taken = echoes.rows(first)
    return Echoes(
        mean(echoes.range_m),
        mean(echoes.speed_mps),
        mean(echoes.azimuth_rad),
        mean(echoes.elevation_rad),
        total,
        taken.factor,
        taken.draw,
        taken.swerling,
        taken.actor,
        taken.class_id,
        taken.cause,
    )


def amplitudes(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 3) complex amplitudes of unit mean power, columns for Swerling cases 0, 1 and 3.

    Swerling, "Probability of Detection for Fluctuating Targets", 1954: power constant, exponential, and
    chi-square of four degrees of freedom; phases are free.
    """
    phase = np.exp(2j * np.pi * rng.random(count))
    one = np.sqrt(rng.exponential(size=count))
    three = np.sqrt(rng.gamma(2.0, 0.5, size=count))
    return np.stack([phase, one * phase, three * phase], axis=1)
