"""A radar's burst in a rollout: rays, echoes and their detours, signal, detections."""

import numpy as np

from drivesynth.assets.radar import OTHER, RCS
from drivesynth.sensors import radar_echo, radar_paths, radar_signal
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.frame import Detections
from drivesynth.sensors.laps import Laps
from drivesynth.sensors.motion import world_from_everyone, world_from_vehicle
from drivesynth.sensors.radar_echo import Echoes, Eye
from drivesynth.sensors.radar_waveform import Waveform, rain_db_per_km
from drivesynth.sensors.rig import RadarMount
from drivesynth.streams import generator
from drivesynth.world.rollout import Rollout

_HALF_STEP_S = 0.005  # velocities are taken over one step of the simulation


def measure(
    caster: Caster,
    mount: RadarMount,
    rollout: Rollout,
    time_s: float,
    seed: int,
    timings_s: dict[str, float] | None = None,
) -> Detections:
    """The detections of the burst at `time_s`; with the cube where the rig asks for it.

    seed       of the draws: rays, amplitudes, noise
    timings_s  seconds spent are added here, by step of the work
    """
    laps = Laps(mount.name)
    waveform, variant = Waveform(mount.device), rollout.scenario.variant

    def rng(what: str) -> np.random.Generator:
        return generator(seed, f"sensors/{mount.name}/{what}", variant, round(time_s * 1e9))

    carrier = world_from_vehicle(rollout, np.array([time_s]))[0]
    eye = eye_of(rollout, mount, time_s, seed)
    azimuth, elevation, solid_angle = radar_echo.ray_grid(waveform, rng("rays"))
    first, hits, normals = radar_echo.direct(caster, waveform, eye, azimuth, elevation, solid_angle)
    laps.end("rays")
    seen = radar_echo.merged(first, waveform)
    toward = radar_echo.unit(seen.azimuth_rad, seen.elevation_rad) @ eye.world_from_radar[:3, :3].T
    points = eye.world_from_radar[:3, 3] + seen.range_m[:, None] * toward
    ghosts = radar_paths.bounced(caster, waveform, eye, first, hits, normals, solid_angle)
    parts = [
        radar_paths.two_rays(caster, waveform, eye, carrier, seen, points),
        radar_paths.thrown_back(eye, waveform, seen),
    ]
    if len(ghosts.range_m):
        ghosts = radar_echo.merged(ghosts, waveform)
        # Its amplitudes are other draws than those of what the same rays met first.
        parts.append(Echoes(**{**vars(ghosts), "draw": ghosts.draw + azimuth.size}))
    echoes = Echoes.joined(parts)
    laps.end("paths")

    loss = rain_db_per_km(rollout.scenario.environment.rain_mm_h, mount.device.chirps.carrier_ghz)
    draws = radar_echo.amplitudes(rng("amplitudes"), 2 * azimuth.size)
    heard = radar_signal.signal(waveform, echoes, draws, loss)
    cells, power = radar_signal.received(waveform, heard, lambda block: rng(f"noise/{block}"), caster.threads)
    laps.end("signal")
    own = eye.world_from_radar[:3, :3].T @ eye.velocity_mps
    found = radar_signal.detections(
        waveform, heard, cells, power, own, round(time_s * 1e9), rng("tiers"), loss
    )
    laps.end("detect")
    if timings_s is not None:
        timings_s.update(laps.seconds)
    if mount.cube:
        found = Detections(**{**vars(found), "cube": radar_signal.cube(waveform, power)})
    return found


def eye_of(rollout: Rollout, mount: RadarMount, time_s: float, seed: int) -> Eye:
    """The radar and everybody's outlines at one moment."""
    everyone, last_s = rollout.scenario.everyone, float(rollout.time_s[-1])
    around = np.clip([time_s - _HALF_STEP_S, time_s + _HALF_STEP_S], 0.0, last_s)
    before, after = world_from_vehicle(rollout, around) @ mount.vehicle_from_radar
    rows = tuple(mount.device.rcs_dbsm.get(a.class_name, RCS.get(a.class_name, OTHER)) for a in everyone)
    return Eye(
        world_from_radar=world_from_vehicle(rollout, np.array([time_s]))[0] @ mount.vehicle_from_radar,
        velocity_mps=(after[:3, 3] - before[:3, 3]) / max(around[1] - around[0], 1e-9),
        time_s=time_s,
        sizes_m=np.array([actor.size_m for actor in everyone]),
        poses=world_from_everyone(rollout, time_s),
        rows=rows,
        own_db=radar_echo.own_spread_db(seed, mount.name, rollout.scenario.variant, rollout.names, rows),
    )
