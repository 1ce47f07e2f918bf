"""Compile the camera's kernels in a process of their own, while the first one compiles the rest.

Compiling takes most of the first start and uses one core. Kernels are kept on disk as they come, so a
process that needs one finds what another has compiled a moment before.
"""

import multiprocessing
import os
from types import SimpleNamespace

import numpy as np
from drivesynth_kernels.jit import cache_report

from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.geometry.mesh import make_mesh
from drivesynth.geometry.transforms import rigid
from drivesynth.scenario.model import Environment
from drivesynth.sensors.camera import Quality, shoot
from drivesynth.sensors.cast import Caster
from drivesynth.sensors.film import Film
from drivesynth.sensors.light import light_of
from drivesynth.world.stage import Stage


def begin(quality: Quality) -> None:
    """Start compiling for the camera where nothing is compiled yet and a core is free; does not wait."""
    if cache_report().files == 0 and (os.cpu_count() or 1) > 1:
        context = multiprocessing.get_context("spawn")
        context.Process(target=compile_camera_kernels, args=(quality,), daemon=True).start()


def compile_camera_kernels(quality: Quality) -> None:
    """Take a small picture of a post on a plain: it needs every kernel that a real one needs."""
    camera = SimpleNamespace(width_px=96, height_px=64, K=np.array([[60.0, 0, 48], [0, 60, 32], [0, 0, 1]]))
    world_from_camera = rigid((0.0, 0.0, 1.6), np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]))
    stage = _post_on_a_plain()
    light = light_of(Environment())
    shoot(Caster(stage), stage, camera, world_from_camera, light, 0.0, quality, 1, 0, Film())


def _post_on_a_plain() -> Stage:
    """One mesh at rest: the ground around the origin and a post on it, 5 m ahead."""
    ground = [[-50.0, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]]
    post = [[5.0, -0.2, 0], [5, 0.2, 0], [5, 0.2, 3], [5, -0.2, 3]]
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    materials = np.array([MATERIAL_ID["asphalt"]] * 2 + [MATERIAL_ID["road_paint"]] * 2, np.uint16)
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
