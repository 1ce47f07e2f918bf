"""All sensors of a rig around one frame time of a rollout."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from drivesynth.arrays import F32, F64
from drivesynth.scene.rig import Rig
from drivesynth.sensors.air import air_of
from drivesynth.sensors.camera import Quality, shoot
from drivesynth.sensors.camera_faults import MOUNT_FAULTS, Spoils, mounted
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.exposure import Taking
from drivesynth.sensors.falsified import Active
from drivesynth.sensors.faults import active, marked, shown_s, struck
from drivesynth.sensors.film import Film
from drivesynth.sensors.frame import CameraFrame, Detections, Frame, Navigation, Pulses
from drivesynth.sensors.lamps import lamps_of
from drivesynth.sensors.laps import Laps
from drivesynth.sensors.lidar import cloud, compensated, sweep, sweep_span_s
from drivesynth.sensors.light import light_of
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.navigation import navigate
from drivesynth.sensors.outdoors import outdoors_of
from drivesynth.sensors.radar import measure
from drivesynth.sensors.rig import RigGeometry
from drivesynth.sensors.sky_view import sky_view
from drivesynth.streams import stream_key
from drivesynth.world.build import stage as staged
from drivesynth.world.rollout import Rollout
from drivesynth.world.stage import Stage


@dataclass(frozen=True)
class Observation:
    """A frame with what it was made from: truth asks the same stage by the same rays.

    sight  the cameras' pictures of the frame time itself, where frozen ones show others in the frame
    """

    frame: Frame
    geometry: RigGeometry
    stage: Stage
    caster: Caster
    sight: dict[str, CameraFrame]


def render(
    rollout: Rollout,
    time_s: float,
    rig: Rig | RigGeometry,
    quality: Quality = "standard",
    threads: int = 1,
    seed: int | None = None,
    clouds: Sequence[str] = (),
) -> Frame:
    """What every sensor of the rig sees around `time_s`, the ego's rollout time.

    seed    of the sensors' noise; the scenario's own unless told
    clouds  also these of every LiDAR, see `lidar.CLOUDS`: without the ego's own motion, or the oracle's of a
            world that stands still
    """
    return observe(rollout, time_s, rig, quality, threads, seed, clouds=clouds).frame


def observe(
    rollout: Rollout,
    time_s: float,
    rig: Rig | RigGeometry,
    quality: Quality = "standard",
    threads: int = 1,
    seed: int | None = None,
    light_quality: Quality | None = None,
    clouds: Sequence[str] = (),
) -> Observation:
    """As `render`, with the stage, the caster and the rig's geometry.

    light_quality  the cameras', where it differs: what their pixels show is the same at every quality, only
                   light is not, while a LiDAR's beams are wide from `standard` on
    """
    geometry = rig if isinstance(rig, RigGeometry) else RigGeometry.of(rig)
    scenario = rollout.scenario
    seed = scenario.seed if seed is None else seed
    poses = partial(world_from_vehicle, rollout)
    laps, details = Laps(""), dict[str, float]()

    first_s = time_s - _interval_s(geometry, time_s)[0]  # before it no sensor has looked

    def key(sensor: str, shown: float) -> int:
        return stream_key(seed, f"sensors/{sensor}", scenario.variant, round(shown * 1e9))

    world = staged(rollout, *_interval_s(geometry, time_s))
    laps.end("stage")
    caster = Caster(world, threads=threads)
    laps.end("trees")

    light = light_of(scenario.environment)
    laps.end("light")

    # A frozen device shows an earlier moment: its world is staged anew, with the noise that moment had.
    worlds: dict[float, tuple[Stage, Caster]] = {time_s: (world, caster)}

    def at(shown: float) -> tuple[Stage, Caster]:
        if shown not in worlds:
            earlier = staged(rollout, *_interval_s(geometry, shown))
            worlds[shown] = earlier, Caster(earlier, threads=threads)
        return worlds[shown]

    def picture(name: str, shown: float, failing: list[Active], nominal: bool = False) -> CameraFrame:
        mount, number = geometry.cameras[name], round(shown * 1e3)
        camera = mount if nominal else mounted(mount, failing, scenario.seed, number)
        instant = shown + camera.time_offset_s
        seen, rays = at(shown)

        def moving(times_s: F64) -> F64:
            return np.asarray(poses(times_s) @ camera.vehicle_from_camera)

        world_from_camera = poses(instant)[0] @ camera.vehicle_from_camera
        taking = Taking.of(camera.model)
        exposure = shoot(
            rays,
            seen,
            camera,
            world_from_camera,
            light,
            instant,
            "draft" if nominal else light_quality or quality,
            threads,
            key(name, shown),
            Film.of(camera.model.chip, taking.exposure_s),
            lamps_of(seen, scenario.environment, light, instant, world_from_camera[:3, 3]),
            taking,
            moving,
            stream_key(seed, f"sensors/{name}/chip"),
            Spoils(tuple(failing), scenario.seed, number),
            outdoors_of(rollout, instant, moving, key(f"{name}/falling", shown)),
        )
        details.update({f"{name}.{step}": spent for step, spent in exposure.timings_s.items()})
        laps.end(name)
        return exposure.frame

    sight: dict[str, CameraFrame] = {}
    images: dict[str, CameraFrame] = {}
    for name in geometry.cameras:
        failing = active(rollout, geometry, name, time_s)
        shown = shown_s(time_s, geometry.frame_rate_hz, failing, first_s, scenario.seed)
        if shown != time_s:
            failing = active(rollout, geometry, name, shown)
        images[name] = picture(name, shown, failing)
        # Labels say what the calibrated camera would have seen at the frame time.
        honest = shown == time_s and not any(at_work.fault.kind in MOUNT_FAULTS for at_work in failing)
        sight[name] = images[name] if honest else picture(name, time_s, [], nominal=True)

    sweeps: dict[str, Pulses] = {}
    others: dict[str, dict[str, F32]] = {}
    for name, plain in geometry.lidars.items():
        failing = active(rollout, geometry, name, time_s)
        shown = shown_s(time_s, geometry.frame_rate_hz, failing, first_s, scenario.seed)
        if shown != time_s:
            failing = active(rollout, geometry, name, shown)
        number = round(shown * 1e3)
        mount = struck(plain, failing, scenario.seed, number)
        scan_now = partial(
            sweep,
            at(shown)[1],
            mount,
            poses,
            shown,
            key=key(name, shown),
            threads=threads,
            quality=quality,
            medium=air_of(rollout, mount, shown),
            sun_klx=float(light.horizontal_klx[1]),
            light=light,
        )
        sweeps[name] = marked(scan_now(timings_s=details), mount, failing, scenario.seed, number)
        others[name] = {}
        if "compensated" in clouds:
            # As one would who knows the calibration and the time stamps, but not the faults.
            still = compensated(sweeps[name], plain, poses, shown)
            others[name]["compensated"] = cloud(sweeps[name], still)
        if "oracle" in clouds:
            oracle = marked(scan_now(frozen=True), mount, failing, scenario.seed, number)
            others[name]["oracle"] = cloud(oracle)
        laps.end(name)

    navigation: dict[str, Navigation] = {}
    for name, unit in geometry.navigation.items():
        period_s = 1.0 / geometry.frame_rate_hz
        navigation[name] = navigate(rollout, unit, time_s, period_s, seed, sky_view(caster, time_s))
        laps.end(name)

    radars: dict[str, Detections] = {}
    for name, radar in geometry.radars.items():
        radars[name] = measure(caster, radar, rollout, time_s + radar.time_offset_s, seed, details)
        laps.end(name)

    spent = laps.seconds | details
    frame = Frame(time_s, poses(time_s)[0], sweeps, images, spent, navigation, radars, others)
    return Observation(frame, geometry, world, caster, sight)


def _interval_s(geometry: RigGeometry, time_s: float) -> tuple[float, float]:
    """From the first pulse or exposure to the last."""
    instants = [time_s]
    for camera in geometry.cameras.values():
        half_s = 0.5 * Taking.of(camera.model).span_s(camera.height_px)
        instants += [time_s + camera.time_offset_s - half_s, time_s + camera.time_offset_s + half_s]
    instants += [time_s + radar.time_offset_s for radar in geometry.radars.values()]
    for mount in geometry.lidars.values():
        instants.extend(sweep_span_s(mount, time_s))
    return min(instants), max(instants)
