"""Frames of a scene one after the other, in memory: nothing is written."""

from collections.abc import Iterator

from drivesynth.dataset.draw import drawn, open_scene, rig_of
from drivesynth.dataset.plan import Request
from drivesynth.dataset.sight import looking
from drivesynth.dataset.takes import Shot, Take
from drivesynth.scenario.draw import variants as planned_variants
from drivesynth.scene.model import Scene
from drivesynth.sensors.rig import RigGeometry


def shots(
    scene: Scene | str,
    *,
    variants: int | None = 1,
    frames: int | None = None,
    seed: int | None = None,
    rig: str | None = None,
    quality: str = "standard",
    threads: int = 1,
) -> Iterator[Shot]:
    """Yield the frames that `build` would write, in the order of their ids, each with its truth.

    scene     a Scene, a file or a name in the catalogue
    variants  None is as many as the scene's `sample.count`
    frames    at most this many of each variant; None is all

    Variants that the scene's own `require` rejects are left out.
    """
    known = scene if isinstance(scene, Scene) else open_scene(scene)
    asked = Request((known.name,), variants, frames, seed, rig, quality)
    sensors = rig_of(known, asked.rig)
    geometry = RigGeometry.of(sensors)
    for variant in range(planned_variants(known) if asked.variants is None else asked.variants):
        draw = drawn(known, variant, asked.seed, asked.frames, looking(sensors, threads))
        if not isinstance(draw, str):
            take = Take(draw.rollout, geometry)
            for time_s in draw.times_s:
                yield take.shoot(float(time_s), asked.quality, threads)
