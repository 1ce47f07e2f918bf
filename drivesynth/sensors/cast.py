"""Rays against a Stage: the one door to the ray kernels.

World coordinates go in and come out as float64 metres; inside, a local origin is taken off and the
kernels work in float32.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from drivesynth_kernels import surface
from drivesynth_kernels.alone import trace_rays
from drivesynth_kernels.rays import Found, Rays
from drivesynth_kernels.surface import Shapes
from drivesynth_kernels.trace import trace_tiles
from drivesynth_kernels.turn import meet_blocks
from drivesynth_kernels.turn_block import BLOCK_COLUMNS, BLOCK_ROWS

from drivesynth.arrays import F32, F64, I32, Bool
from drivesynth.assets.materials import material_table
from drivesynth.geometry.mesh import Mesh
from drivesynth.sensors import picture, shadow
from drivesynth.sensors.ray_world import RayWorld
from drivesynth.sensors.threads import in_pieces
from drivesynth.sensors.trees import Kept
from drivesynth.world.stage import Stage

# Rays that share a tile, rows by columns; found by measuring. Beams of a spinning device lie further
# apart than its columns.
SWEEP_TILE = (1, 16)
IMAGE_TILE = (4, 8)
SINGLE = (1, 1)
# Blocks of a sweep that a thread takes before it asks for more.
BLOCKS_AT_ONCE = 8

_shapes = Kept(2)


@dataclass(frozen=True)
class Hits:
    """What rays met; arrays of the rays' leading shape. A miss is inf, -1, -1, 0, 0.

    range_m    distance along the ray; directions have unit length
    instance   row of the stage's instances
    primitive  row of the mesh's faces
    u, v       barycentric weights of the face's second and third vertex
    """

    range_m: F32
    instance: I32
    primitive: I32
    u: F32
    v: F32


@dataclass(frozen=True)
class Surface:
    """What stands at each hit; arrays of the hits' shape. A miss is material 0, class 0, actor -1.

    material    index into `MATERIALS`
    class_id    the actor's class, else the material's
    actor       row of `scenario.everyone`, -1 for surroundings
    tint_rgb    (..., 3) the instance's linear albedo for tinted materials
    tint_905    the instance's reflectivity at 905 nm for tinted materials
    lights      the instance's lights, bits in the order of `LIGHTS`
    """

    material: I32
    class_id: I32
    actor: I32
    tint_rgb: F32
    tint_905: F32
    lights: I32


class Caster:
    """The stage as rays see it: every instance but those of the hidden actors.

    threads        how many threads a call may use; the answer does not depend on it
    hidden_actors  rows of `scenario.everyone` that no ray meets; 0 is the ego
    """

    def __init__(self, stage: Stage, *, threads: int = 1, hidden_actors: Sequence[int] = (0,)) -> None:
        self.stage, self.threads = stage, threads
        self._everything = RayWorld(stage, threads)
        self._world = self._everything.world(np.asarray(hidden_actors, np.int64), hidden=True)

    def only(self, actors: Sequence[int]) -> "Caster":
        """The same world with just these actors: nothing hides them but they themselves."""
        alone = object.__new__(Caster)
        alone.stage, alone.threads, alone._everything = self.stage, self.threads, self._everything
        alone._world = self._everything.world(np.asarray(actors, np.int64), hidden=False)
        return alone

    def sweep(self, origins_m: F64, directions: F32, times_s: F64) -> Hits:
        """Nearest hits of (R, C) pulses of a spinning device in a moving world.

        origins_m   (R, C, 3) world; directions (R, C, 3) world, unit; times_s (R, C) rollout time.
        R counts beams by elevation, C columns by azimuth: neighbours in both are close in direction.
        """
        shape = directions.shape[0], directions.shape[1]
        origins = np.ascontiguousarray(origins_m, np.float64).reshape(-1)
        rays = np.ascontiguousarray(directions, np.float32)
        times = np.ascontiguousarray(times_s, np.float64).reshape(-1)
        found, across = _room(rays.size // 3), -(-shape[1] // BLOCK_COLUMNS)
        blocks = -(-shape[0] // BLOCK_ROWS) * across
        wide = np.zeros(blocks, np.bool_)

        def work(begin: int, end: int) -> None:
            meet_blocks(self._world, origins, rays.reshape(-1), times, *shape, begin, end, wide, found)

        self._share(blocks, work, BLOCKS_AT_ONCE)
        hits = Hits(*(column.reshape(shape) for column in found))
        for top, left in zip(*np.divmod(np.flatnonzero(wide), across), strict=True):
            rows = slice(top * BLOCK_ROWS, (top + 1) * BLOCK_ROWS)
            part = rows, slice(left * BLOCK_COLUMNS, (left + 1) * BLOCK_COLUMNS)
            met = self._trace(
                origins.reshape(*shape, 3)[part], rays[part], times.reshape(shape)[part], np.inf, SWEEP_TILE
            )
            for name in Hits.__dataclass_fields__:
                getattr(hits, name)[part] = getattr(met, name)
        return hits

    def bundles(self, origins_m: F64, directions: F32, times_s: F64, limits_m: F32 | float = np.inf) -> Hits:
        """Nearest hits of (B, N) rays: those of a row are close in direction and time, rows in any order.

        As `sweep`; limits_m: only hits nearer than this count, and a ray of limit 0 asks nothing.
        """
        return self._trace(origins_m, directions, times_s, limits_m, SWEEP_TILE)

    def image(
        self, origin_m: F64, directions: F32, time_s: float, tile: tuple[int, int] = IMAGE_TILE
    ) -> Hits:
        """Nearest hits of the (H, W, 3) unit directions from one origin, the world at one instant.

        tile  rows by columns whose rays go together where the directions are no pinhole's: it decides how
              long that takes, not what they meet
        """
        directions = np.ascontiguousarray(directions, np.float32)
        lens = picture.lens_of(directions, self._share)
        if lens is None:
            return self._trace(origin_m, directions, time_s, np.inf, tile)
        return self.lattice(origin_m, lens, (directions.shape[0], directions.shape[1]), time_s)

    def lattice(self, origin_m: F64, lens: F64, shape: tuple[int, int], time_s: float) -> Hits:
        """Nearest hits of (H, W) rays from one origin along lens @ (column, row, 1) at one instant."""
        found = _room(shape[0] * shape[1])
        picture.drawn(self._world, np.asarray(origin_m, np.float64), lens, shape, time_s, found, self._share)
        return Hits(*(column.reshape(shape) for column in found))

    def shadow(self, points_m: F64, normals: F32, toward: F32, time_s: float, active: Bool) -> Bool:
        """Whether anything stands between each active point and a far light.

        points_m  (..., 3) world; normals (..., 3) of the surface there: the ray starts a little above
        the side the light is on, so that the surface does not shade itself
        toward    (3,) unit, from the points to the light; points that are not active answer False
        """
        blocked = shadow.covered(
            self._world, _rows(points_m, np.float64), _rows(normals, np.float32),  # type: ignore[arg-type]
            np.ascontiguousarray(active).reshape(-1), np.asarray(toward, np.float32), time_s,
            self.threads, self._share,
        )  # fmt: skip
        return blocked.reshape(active.shape)

    def from_lamp(self, origin_m: F64, directions: F32, limits_m: F32, time_s: float) -> I32:
        """What rays (H, W, 3) from one place meet nearer than their limits (H, W), -1 is nothing.

        As `image` for rays to what a picture's pixels show; a ray of limit 0 asks nothing.
        """
        return self._trace(origin_m, directions, time_s, limits_m, IMAGE_TILE, any_hit=True).instance

    def mirrored(self, origins_m: F64, directions: F32, limits_m: F32, time_s: float) -> Hits:
        """Nearest hits of a picture's rays (H, W, 3) after a bounce; one of limit (H, W) 0 asks nothing."""
        return self._trace(origins_m, directions, time_s, limits_m, IMAGE_TILE)

    def rays(self, origins_m: F64, directions: F32, times_s: F64 | float) -> Hits:
        """Nearest hits of rays in no particular order: (..., 3) origins and unit directions, (...) times."""
        return self._trace(origins_m, directions, times_s, np.inf, SINGLE)

    def occluded(
        self, origins_m: F64, directions: F32, max_range_m: F64 | float, times_s: F64 | float
    ) -> Bool:
        """Whether each ray meets anything nearer than its `max_range_m`."""
        return self._trace(origins_m, directions, times_s, max_range_m, SINGLE, any_hit=True).instance >= 0

    def surface(self, hits: Hits) -> Surface:
        """Material, class, actor and tint at each hit."""
        stage, shape, number = self.stage, hits.instance.shape, hits.instance.size
        found = Surface(
            material=np.empty(number, np.int32),
            class_id=np.empty(number, np.int32),
            actor=np.empty(number, np.int32),
            tint_rgb=np.empty(3 * number, np.float32),
            tint_905=np.empty(number, np.float32),
            lights=np.empty(number, np.int32),
        )
        shapes, classes, tint_rgb = self._shapes, material_table().class_id, stage.tint_rgb.reshape(-1)
        instance, primitive = hits.instance.reshape(-1), hits.primitive.reshape(-1)

        def work(begin: int, end: int) -> None:
            surface.look_up(
                instance, primitive, shapes, stage.mesh, stage.class_id, stage.actor, tint_rgb,
                stage.tint_905, stage.lights, classes, begin, end, found.material, found.class_id,
                found.actor, found.tint_rgb, found.tint_905, found.lights,
            )  # fmt: skip

        self._share(number, work)
        return Surface(
            material=found.material.reshape(shape),
            class_id=found.class_id.reshape(shape),
            actor=found.actor.reshape(shape),
            tint_rgb=found.tint_rgb.reshape(*shape, 3),
            tint_905=found.tint_905.reshape(shape),
            lights=found.lights.reshape(shape),
        )

    def normals(self, hits: Hits, times_s: F64 | float, directions: F32 | None = None) -> tuple[F32, F32]:
        """Geometric and shading normals (..., 3) in the world frame, unit; zero for a miss.

        Both look out of the face's counter-clockwise side; with the rays' `directions` both are turned
        to the side that the ray came from.
        """
        stage, shape, number = self.stage, hits.instance.shape, hits.instance.size
        geometric, shading = np.empty(3 * number, np.float32), np.empty(3 * number, np.float32)
        times, time_step = _column(times_s, number, np.float64)
        ways = np.zeros(0, np.float32) if directions is None else _rows(directions, np.float32).reshape(-1)
        world, shapes = self._world, self._shapes
        placed = surface.Placed(
            stage.mesh,
            stage.track,
            stage.world_from_mesh.reshape(-1),
            world.keys,
            world.key_times,
            world.turns,
        )
        instance, primitive = hits.instance.reshape(-1), hits.primitive.reshape(-1)
        u, v = hits.u.reshape(-1), hits.v.reshape(-1)

        def work(begin: int, end: int) -> None:
            surface.find_normals(instance, primitive, u, v, times, time_step, ways, placed, shapes,
                                 begin, end, geometric, shading)  # fmt: skip

        self._share(number, work)
        return geometric.reshape(*shape, 3), shading.reshape(*shape, 3)

    @cached_property
    def _shapes(self) -> Shapes:
        return _shapes_of(self.stage)

    def _trace(
        self,
        origins_m: F64,
        directions: F32,
        times_s: F64 | float,
        limits_m: F64 | F32 | float,
        tile: tuple[int, int],
        any_hit: bool = False,
    ) -> Hits:
        """Origins, directions, times and limits each for every ray, or one for all."""
        shape = np.broadcast_shapes(np.shape(origins_m)[:-1], np.shape(directions)[:-1])
        number = int(np.prod(shape))
        columns = shape[-1] if len(shape) > 1 else max(number, 1)
        origin, direction = (
            _rows(origins_m, np.float64).reshape(-1),
            _rows(directions, np.float32).reshape(-1),
        )
        rays = Rays(
            origin, int(len(origin) > 3), direction, int(len(direction) > 3),
            *_column(times_s, number, np.float64), *_column(limits_m, number, np.float32),
            number // max(columns, 1), columns,
        )  # fmt: skip
        found = _room(number)
        tiles = -(-rays.rows // tile[0]) * -(-rays.columns // tile[1])

        def work(begin: int, end: int) -> None:
            if tile == SINGLE:
                trace_rays(self._world, rays, begin, end, any_hit, found)
            else:
                trace_tiles(self._world, rays, tile[0], tile[1], begin, end, any_hit, found)

        self._share(tiles, work)
        return Hits(*(column.reshape(shape) for column in found))

    def _share(self, number: int, work: Callable[[int, int], None], step: int = 0) -> None:
        """Do `work(begin, end)` over all of range(number) on this caster's threads, `step` at a time."""
        in_pieces(self.threads, number, work, step)


def _room(number: int) -> Found:
    """Arrays for the answers of so many rays."""
    range_m, u, v = (np.empty(number, np.float32) for _ in range(3))
    return Found(range_m, np.empty(number, np.int32), np.empty(number, np.int32), u, v)


def _rows(vectors: F64 | F32, kind: type) -> F64 | F32:
    """(..., 3) vectors as (N, 3) contiguous rows."""
    return _own(np.asarray(vectors, kind).reshape(-1, 3))


def _own(values: F64 | F32) -> F64 | F32:
    """Contiguous values that may be written: for read-only ones each kernel would be compiled once more."""
    flat: F64 | F32 = np.require(values, requirements=["C", "W"])
    return flat


def _column(values: F64 | F32 | float, number: int, kind: type) -> tuple[F64 | F32, int]:
    """Values as a flat array, and the step from one ray's to the next: 0 where one value serves all."""
    flat = _own(np.asarray(values, kind).reshape(-1))
    return flat, int(len(flat) == number and number > 1)


def _shapes_of(stage: Stage) -> Shapes:
    """The stage's meshes one after another, as the kernels look faces up."""

    def join(column: Callable[[Mesh], F32], width: tuple[int, ...], kind: type) -> F32:
        return np.concatenate([np.zeros((0, *width), kind), *(column(mesh) for mesh in stage.meshes)])

    def make() -> Shapes:
        return Shapes(
            np.cumsum([0, *(len(mesh.faces) for mesh in stage.meshes)]),
            np.cumsum([0, *(len(mesh.vertices) for mesh in stage.meshes)]),
            join(lambda mesh: mesh.vertices, (3,), np.float32).reshape(-1),
            join(lambda mesh: mesh.normals, (3,), np.float32).reshape(-1),
            join(lambda mesh: mesh.faces, (3,), np.int32).reshape(-1),  # type: ignore[arg-type,return-value]
            join(lambda mesh: mesh.face_material, (), np.uint16),  # type: ignore[arg-type,return-value]
        )

    return _shapes.get(tuple(mesh.key for mesh in stage.meshes), make)
