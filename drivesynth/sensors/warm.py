"""Compile the LiDAR's kernels in a process of their own, while the first one compiles the rest.

Compiling takes most of the first start and uses one core. Kernels are kept on disk as they come, so a
process that needs one finds what another has compiled a moment before. Behaviour and the camera, which a
first start needs before the LiDAR, take about as long to compile as trees, single rays and the LiDAR.
"""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np
from drivesynth_kernels.pulse import fire

from drivesynth.arrays import F64
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import make_mesh
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.camera import Quality
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.lidar import sweep
from drivesynth.sensors.rig import RigGeometry
from drivesynth.world.stage import Stage


def is_cold() -> bool:
    """Whether no LiDAR has swept yet on this machine: kernels of other work do not count."""
    kernel: Any = fire
    name = f"{kernel.__module__.rpartition('.')[2]}.{kernel.__name__}-"
    # In the folder of this installation: another one's machine code is not found from here.
    return not any(Path(kernel.stats.cache_path).glob(f"{name}*"))


def begin(quality: Quality) -> None:
    """Start compiling for LiDARs where nothing is compiled for them and a core is free; does not wait."""
    if is_cold() and (os.cpu_count() or 1) > 1:
        context = multiprocessing.get_context("spawn")
        context.Process(target=compile_ahead, args=(quality,), daemon=True).start()


def compile_ahead(quality: Quality) -> None:
    """Sweep over a post on a plain: it needs every kernel that a real sweep in clear air needs.

    Before that a single ray, as the camera sends them toward the sky: it is asked for sooner.
    """
    caster = Caster(_post_on_a_plain())
    caster.occluded(np.ones((1, 3)), np.array([[0, 0, 1]], np.float32), np.inf, 0.0)
    mount = next(iter(RigGeometry.of(load_rig("kitti")).lidars.values()))
    sweep(caster, mount, _at_rest, 0.0, key=1, quality=quality)


def _at_rest(times_s: F64) -> F64:
    return np.tile(np.eye(4), (len(times_s), 1, 1))


def _post_on_a_plain() -> Stage:
    """One mesh at rest: the ground around the origin and a post on it, 5 m ahead."""
    ground = [[-50.0, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]]
    post = [[5.0, -0.2, 0], [5, 0.2, 0], [5, 0.2, 3], [5, -0.2, 3]]
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    materials = np.array([MATERIAL_ID["asphalt"]] * 2 + [MATERIAL_ID["number_plate"]] * 2, np.uint16)
    mesh = make_mesh("warm/post", np.array(ground + post), faces, materials)
    return Stage(
        t0_s=-0.05,
        t1_s=0.05,
        meshes=(mesh,),
        mesh=np.zeros(1, np.int32),
        world_from_mesh=np.eye(4)[None],
        track=np.full(1, -1, np.int32),
        key_times_s=np.array([-0.05, 0.05]),
        keys=np.zeros((0, 2, 4, 4)),
        actor=np.full(1, -1, np.int32),
        class_id=np.zeros(1, np.int32),
        tint_rgb=np.full((1, 3), 0.5, np.float32),
        tint_905=np.full(1, 0.4, np.float32),
        lights=np.zeros(1, np.int32),
    )
