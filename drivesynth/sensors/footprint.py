"""A second look where one ray does not tell what a pulse meets: edges, panes, mirrors, retro-reflectors.

Pulses beside which the depth jumps are traced again as a bundle of sub-beams; rays that meet glass go on
behind it, rays that meet a mirror come off it; a retro-reflector shines into the pulses around it. What
they find are targets of their pulses.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from drivesynth_kernels import footprint, pulse

from drivesynth.arrays import F32, F64, I64, U8
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.frame import CAUSE
from drivesynth.sensors.scan import Scan
from drivesynth.sensors.targets import Targets

# Sub-beams of a pulse at an edge; 1 is the middle alone.
SUB_BEAMS = {"draft": 1, "standard": 8, "high": 19}

_RINGS = {8: (7,), 19: (6, 12)}  # around the middle one
# A probe towards a neighbour: what lies beyond holds an eighth of a Gaussian beam.
_PROBE = 0.575
# With few sub-beams one pane is enough; a car has two, one behind the other.
_FINE = 16
# Rays that keep less of a pulse's power than this are not followed: behind glass, and in mirrors, where a
# bright wall 20 m away would just be heard.
_LEAST = {"through-glass": 0.04, "mirror-ghost": 0.02}
_GROW = 64  # pulses around a retro-reflector's that may see it


@dataclass(frozen=True, eq=False)
class Looks:
    """Further rays of a sweep and what they met, (K,) each.

    shot, weight, before_m, cause  pulse, share of its power, way of its light to the ray's origin
    """

    shot: I64
    weight: F32
    before_m: F32
    cause: U8
    origins_m: F64
    directions: F32
    times_s: F64
    hits: Hits
    surface: Surface
    normals: F32


@lru_cache(maxsize=8)
def sub_beams(count: int) -> F64:
    """(count, 2) offsets of sub-beams of equal power, in units of the radius at which it falls to 1/e^2.

    One in the middle and rings around it; a ring lies where a Gaussian beam has half of the ring's power
    inside.
    """
    rings = _RINGS[count]
    inside = 1 + np.concatenate([[0], np.cumsum(rings)[:-1]]) + np.array(rings) / 2
    radius = np.sqrt(-0.5 * np.log(1.0 - inside / count))
    around = [r * np.exp(2j * np.pi * (np.arange(n) + 0.25) / n) for r, n in zip(radius, rings, strict=True)]
    offsets = np.concatenate([[0.0], *around])
    return np.column_stack([offsets.real, offsets.imag])


def look_again(
    caster: Caster,
    plan: Scan,
    met: pulse.Surface,
    origins_m: F64,
    directions: F32,
    times_s: F64,
    count: int,
) -> Targets:
    """What the pulses of a sweep meet beside, behind and in their first surfaces.

    met        the first surfaces, (R, C); origins_m, directions, times_s of the pulses
    count      sub-beams where a footprint sees an edge
    """
    number = met.range_m.size
    flags = np.empty(met.range_m.shape, np.uint8)
    sides = footprint.mark(met, plan.response, directions, plan.lanes.hidden, plan.wraps, plan.stacked, flags)
    flat = flags.reshape(-1)
    rows_m, rows_d, rows_t = origins_m.reshape(-1, 3), directions.reshape(-1, 3), times_s.reshape(-1)
    targets = Targets.none(number)

    looks: list[Looks] = []
    if sides and count > 1:
        shots = _with_edges(caster, plan, met, origins_m, directions, times_s, flags, sides)
        targets.share[shots] = 1.0 / count
        offsets = sub_beams(count)[1:] * plan.beam_rad
        shape = (len(shots), count - 1)
        beams = np.empty((*shape, 3)), np.empty((*shape, 3), np.float32), np.empty(shape)
        footprint.spread(shots, rows_m, rows_d, rows_t, offsets, *beams)
        weight = np.full(len(shots) * (count - 1), 1.0 / count, np.float32)
        every = np.repeat(shots, count - 1)
        looks.append(
            _trace(caster, every, weight, np.zeros_like(weight), np.uint8(CAUSE["surface"]), *beams, shape)
        )

    special = np.flatnonzero(flat & (footprint.PANE | footprint.MIRROR))
    came = [_first(met, targets.share, special, rows_m, rows_d, rows_t), *looks]
    for cause, reflect in (("through-glass", False), ("mirror-ghost", True)):
        rays = came
        for _ in range(2 if count >= _FINE and not reflect else 1):
            rays = [_go_on(caster, plan, ray, cause, reflect) for ray in rays if len(ray.shot)]
            looks += [ray for ray in rays if len(ray.shot)]
    targets = _with(targets, plan, looks)
    shiny = np.flatnonzero(flat & footprint.RETRO)
    if len(shiny) and (plan.skirt or plan.crosstalk):
        targets = _bloom(targets, plan, met, directions, flags, shiny)
    return targets


def _with_edges(
    caster: Caster,
    plan: Scan,
    met: pulse.Surface,
    origins_m: F64,
    directions: F32,
    times_s: F64,
    flags: U8,
    sides: int,
) -> I64:
    """Pulses whose footprint holds an edge: a ray towards the neighbour that sees another depth tells."""
    room, marked = footprint.room_for_probes(plan.shape, sides), np.zeros(flags.size, np.bool_)
    shots, starts, ways = np.empty(room, np.int64), np.empty((room, 3)), np.empty((room, 3), np.float32)
    times, limits = np.empty(room), np.empty(room, np.float32)
    found = footprint.probe(
        flags, origins_m, directions, times_s, _PROBE * plan.beam_rad, shots, starts, ways, times, limits
    )
    tiles, shots = (found // footprint.TOGETHER, footprint.TOGETHER), shots[:found]
    starts, ways, times = starts[:found], ways[:found], times[:found]
    hits = caster.bundles(
        starts.reshape(*tiles, 3),
        ways.reshape(*tiles, 3),
        times.reshape(tiles),
        limits[:found].reshape(tiles),
    )
    footprint.split(
        shots,
        hits.range_m.reshape(-1),
        hits.instance.reshape(-1),
        ways,
        met,
        directions,
        plan.shape[1],
        marked,
    )
    return np.flatnonzero(marked)


def _trace(
    caster: Caster,
    shot: I64,
    weight: F32,
    before_m: F32,
    cause: np.uint8,
    origins_m: F64,
    directions: F32,
    times_s: F64,
    shape: tuple[int, int],
) -> Looks:
    hits = caster.bundles(origins_m.reshape(*shape, 3), directions.reshape(*shape, 3), times_s.reshape(shape))
    hits = Hits(*(getattr(hits, name).reshape(-1) for name in ("range_m", "instance", "primitive", "u", "v")))
    _, normals = caster.normals(hits, times_s.reshape(-1))
    return Looks(
        shot,
        weight,
        before_m,
        np.full(len(shot), cause),
        origins_m.reshape(-1, 3),
        directions.reshape(-1, 3),
        times_s.reshape(-1),
        hits,
        caster.surface(hits),
        normals,
    )


def _first(
    met: pulse.Surface, share: F32, shots: I64, origins_m: F64, directions: F32, times_s: F64
) -> Looks:
    """The first surfaces of some pulses, as if a further ray had met them."""
    blank = np.zeros(0, np.int32)
    surface = Surface(
        met.material.reshape(-1)[shots],
        blank,
        blank,
        np.zeros((0, 3), np.float32),
        np.zeros(0, np.float32),
        blank,
    )
    zeros = np.zeros(len(shots), np.float32)
    hits = Hits(met.range_m.reshape(-1)[shots], met.instance.reshape(-1)[shots], blank, zeros, zeros)
    return Looks(
        shots,
        share[shots],
        zeros,
        np.zeros(len(shots), np.uint8),
        origins_m[shots],
        directions[shots],
        times_s[shots],
        hits,
        surface,
        met.normals.reshape(-1, 3)[shots],
    )


def _go_on(caster: Caster, plan: Scan, ray: Looks, cause: str, reflect: bool) -> Looks:
    """The rays behind the panes, or off the mirrors, that some rays met."""
    count = len(ray.shot)
    row, weight, before = np.empty(count, np.int64), np.empty(count, np.float32), np.empty(count, np.float32)
    origins, directions = np.empty((count, 3)), np.empty((count, 3), np.float32)
    found = footprint.go_on(
        ray.weight, ray.before_m, ray.hits.range_m, ray.hits.instance, ray.surface.material, ray.normals,
        ray.origins_m, ray.directions, plan.response.transmits, plan.response.mirrors, _LEAST[cause], reflect,
        row, weight, before, origins, directions,
    )  # fmt: skip
    row = row[:found]
    return _trace(
        caster,
        ray.shot[row],
        weight[:found],
        before[:found],
        np.uint8(CAUSE[cause]),
        origins[:found],
        directions[:found],
        ray.times_s[row],
        (1, found),
    )


def _with(targets: Targets, plan: Scan, looks: list[Looks]) -> Targets:
    """The targets, and all that the further rays met, in one go: lists of a few thousand are slow to copy."""
    if not looks:
        return targets
    parts = []
    for look in looks:
        count = len(look.shot)
        strength, cosine = np.empty(count, np.float32), np.empty(count, np.float32)
        footprint.weigh(
            look.shot, look.weight, look.before_m, look.hits.range_m, look.hits.instance,
            look.surface.material, look.surface.tint_905, look.normals, look.directions,
            plan.beams.power, plan.shape[1], plan.device, plan.response,
            bool(count) and int(look.cause[0]) == CAUSE["through-glass"], strength, cosine,
        )  # fmt: skip
        seen = np.flatnonzero(strength > 0.0)
        columns = (
            look.shot, look.before_m + look.hits.range_m, strength, look.cause, look.hits.instance,
            look.surface.actor, look.surface.material, look.surface.class_id, cosine,
        )  # fmt: skip
        parts.append([column[seen] for column in columns])
    return targets.joined(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _bloom(
    targets: Targets, plan: Scan, met: pulse.Surface, directions: F32, flags: U8, shiny: I64
) -> Targets:
    """With the light of retro-reflectors in pulses around their own, and in lasers fired along with them."""
    strength = _strength_of_first(plan, met, directions, shiny)
    levels = np.zeros(met.range_m.shape, np.float32)
    levels.reshape(-1)[shiny] = strength
    most = _GROW * len(shiny)
    shot, source, level = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.float32)
    found = footprint.bloom(
        levels, met.range_m, flags, directions, plan.wraps, plan.device.threshold / plan.device.snr_1m,
        plan.skirt, plan.beam_rad * 1e3, plan.bloom_rad, shot, source, level,
    )  # fmt: skip
    targets = _shone(targets, met, "retro-bloom", shot[:found], source[:found], level[:found])
    if plan.crosstalk:
        shot, source = _fired_along(plan, shiny)
        leaked = np.float32(plan.crosstalk) * levels.reshape(-1)[source]
        targets = _shone(targets, met, "crosstalk", shot, source, leaked)
    return targets


def _shone(targets: Targets, met: pulse.Surface, cause: str, shot: I64, source: I64, level: F32) -> Targets:
    """With the light of pulses `source` in pulses `shot`: of several in one pulse the brightest counts."""
    order = np.lexsort((-level, shot))
    order = order[np.diff(shot[order], prepend=-1) > 0]
    shot, source, level = shot[order], source[order], level[order]

    def of(column: Any) -> Any:
        return column.reshape(-1)[source]

    return targets.joined(
        shot,
        of(met.range_m),
        level,
        CAUSE[cause],
        of(met.instance),
        of(met.actor),
        of(met.material).astype(np.uint8),
        of(met.class_id).astype(np.uint8),
    )


def _fired_along(plan: Scan, shots: I64) -> tuple[I64, I64]:
    """Pulses that other lasers fired at the very instant of these, and which of these: pairs."""
    columns = plan.shape[1]
    moment = plan.lanes.moment.reshape(-1)
    order = np.argsort(moment, kind="stable")
    first = np.searchsorted(moment[order], moment[shots], side="left")
    count = np.searchsorted(moment[order], moment[shots], side="right") - first
    source = np.repeat(shots, count)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    shot = order[np.repeat(first, count) + nth]
    other = shot // columns != source // columns
    return shot[other], source[other]


def _strength_of_first(plan: Scan, met: pulse.Surface, directions: F32, shots: I64) -> F32:
    strength, cosine = np.empty(len(shots), np.float32), np.empty(len(shots), np.float32)
    ones, zeros = np.ones(len(shots), np.float32), np.zeros(len(shots), np.float32)

    def of(column: Any) -> Any:
        return column.reshape(-1)[shots]

    footprint.weigh(
        shots, ones, zeros, of(met.range_m), of(met.instance), of(met.material), of(met.tint_905),
        met.normals.reshape(-1, 3)[shots], directions.reshape(-1, 3)[shots], plan.beams.power, plan.shape[1],
        plan.device, plan.response, False, strength, cosine,
    )  # fmt: skip
    return strength
