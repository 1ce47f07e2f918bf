"""Light by way of a second surface: what mirror-like surfaces show of things, and what walls throw back.

Rays after a bounce meet surfaces that are shaded plainly: their colour as matt, in the sun where nothing
hides it, under an open sky. Shading of first hits (`drivesynth_kernels.shade`) knows only means of
what stands around; where a ray finds what really stands there, the mean is taken out and the truth put in.
"""

import numpy as np
from drivesynth_kernels.paint import (
    M_B,
    M_COAT,
    M_EMISSION,
    M_METALLIC,
    M_POROUS,
    M_R,
    M_ROUGHNESS,
    M_TINTED,
)

from drivesynth.arrays import F32, F64, Bool
from drivesynth.sensors.aiming import Met
from drivesynth.sensors.cast import Caster, Hits, Surface
from drivesynth.sensors.light import Light
from drivesynth.sensors.shading import colour_met, material_rows, sky_seen

_LIFT_M = 2e-3
_F0_COAT, _F0_WATER = 0.04, 0.02  # as in the kernel: reflectance at normal incidence for n = 1.5 and 1.33
_COAT_SPREAD_RAD, _FILM_SPREAD_RAD = 0.006, 0.02  # by which a pass's mirrored rays stray
_GRID_PX, _RAYS = 8, 24


def colours(light: Light) -> dict[str, F64]:
    """The colours of the kernels' air by name, (3,) each."""
    air = light.air._asdict()
    names = ("sun", "sky", "ground", "bounce", "air")
    return {name: np.array([air[f"{name}_{c}"] for c in "rgb"]) for name in names}


def matt_light(caster: Caster, light: Light, starts_m: F64, ways: F32, hits: Hits, time_s: float) -> F64:
    """(N, 3) radiance [kcd/m^2] of what (N, 3) rays from different places meet, zero for nothing."""
    found = hits.instance >= 0
    surface, rows = caster.surface(hits), material_rows()
    geometric, normals = caster.normals(hits, time_s, ways)
    known, air = colours(light), light.air
    kind = rows[surface.material].astype(np.float64)
    rgb = colour_met(caster, light, starts_m, ways, hits, surface, (geometric, normals), time_s)
    up = 0.5 + 0.5 * normals[:, 2:].astype(np.float64)
    ambient = up * known["sky"] + (1.0 - up) * known["ground"]
    sunny = np.zeros((len(found), 1))
    if light.sun_klx.any():
        facing = np.maximum(normals @ light.toward_sun, 0.0)
        far = np.where(found, hits.range_m, 0.0)[:, None]
        points = starts_m + far * ways
        active = found & (facing > 0.0) & (geometric @ light.toward_sun > 0.0)
        hidden = caster.shadow(points, geometric, light.toward_sun.astype(np.float32), time_s, active)
        sunny[:, 0] = np.where(active & ~hidden, facing, 0.0)
    shown = rgb * (ambient + sunny * known["sun"] / np.pi) + kind[:, M_EMISSION, None]
    if air.extinction > 0.0:
        through = np.exp(-air.extinction * np.where(found, hits.range_m, 0.0))[:, None]
        shown = known["air"] + through * (shown - known["air"])
    shown[~found] = 0.0
    return np.asarray(shown)


def sky_toward(light: Light, ways: F64) -> F64:
    """(N, 3) radiance of the sky without clouds and sun toward unit ways, of the ground below it."""
    size = len(light.table)
    up = np.maximum(ways[:, 2], 0.0)
    flat = ways[:, :2] / (np.abs(ways[:, 0]) + np.abs(ways[:, 1]) + up)[:, None].clip(1e-9)
    at = (np.stack([flat.sum(axis=1), flat[:, 0] - flat[:, 1]]) + 1.0) * (0.5 * (size - 1))
    low = np.clip(at.astype(np.int64), 0, size - 2)
    (u, v), (i, j) = at - low, low
    table = light.table
    value = (
        table[i, j] * ((1 - u) * (1 - v))[:, None]
        + table[i + 1, j] * (u * (1 - v))[:, None]
        + table[i, j + 1] * ((1 - u) * v)[:, None]
        + table[i + 1, j + 1] * (u * v)[:, None]
    )
    return np.where(ways[:, 2:] > 0.0, value, colours(light)["ground"])


class Mirrors:
    """The samples of a picture that mirror, as the shading kernel has it: wet ground, or all but that.

    index   (N,) flat numbers of the pixels; ways (N, 3) of the mirrored rays
    shown   (N, 3) what the kernel let them mirror; weight (N, 3) how much of it counts
    film    (N,) share that a film of water covers
    """

    def __init__(
        self,
        light: Light,
        met: Met,
        surface: Surface,
        geometric: F32,
        normals: F32,
        open_sky: F32,
        wet: bool,
        only: Bool | None = None,
    ) -> None:
        rows, air = material_rows(), light.air
        there = np.isfinite(met.hits.range_m).reshape(-1)
        kind = surface.material.reshape(-1)
        porous = rows[kind, M_POROUS] > 0.0
        g = geometric.reshape(-1, 3)
        film = np.where(
            rows[kind, M_POROUS] > 0.5, np.maximum(5.0 * g[:, 2] - 4.0, 0.0) * 0.45 * air.wetness, 0.0
        )
        film *= 1.0 - np.where(porous, np.clip((g[:, 2] - 0.3) * 3.0, 0.0, 1.0) * air.snow, 0.0)
        shiny = film > 0.0
        if not wet:
            shiny = ~shiny & ((rows[kind, M_COAT] > 0.0) | (rows[kind, M_METALLIC] > 0.0))
        if only is not None:
            shiny &= only.reshape(-1)
        self.index = np.flatnonzero(there & shiny)
        rows_of, film = rows[kind[self.index]].astype(np.float64), film[self.index]
        d = met.directions.reshape(-1, 3)[self.index].astype(np.float64)
        n = _unit(normals.reshape(-1, 3)[self.index].astype(np.float64))
        nv = -(d * n).sum(axis=1)
        n = _unit(n - np.maximum(0.02 - nv, 0.0)[:, None] * d)
        nv = np.maximum(-(d * n).sum(axis=1), 1e-3)
        n = n + film[:, None] * (g[self.index] - n)
        sky = open_sky.reshape(-1, 4)[self.index].astype(np.float64)
        seen = np.clip(sky[:, 0] + (sky[:, 1:] * n).sum(axis=1), 0.0, 1.2)
        openness = np.minimum((seen + 0.05) / (0.5 + 0.5 * n[:, 2] + 0.05), 1.0)[:, None]
        ways = d + 2.0 * nv[:, None] * n
        known = colours(light)
        front = np.where(film > 0.0, 0.1, 0.3)
        low = np.clip(1.5 - 1.5 * ways[:, 2] / front, 0.0, 1.0)[:, None] * air.skyline * (ways[:, 2:] > 0.0)
        around = sky_toward(light, ways)
        around = around + low * (known["bounce"] - around)
        self.shown = known["bounce"] + openness * (around - known["bounce"])
        self.film, self.ways = film, _unit(ways)
        flat = g[self.index].astype(np.float64)
        self.still_ways = _unit(d - 2.0 * (d * flat).sum(axis=1)[:, None] * flat)
        coat = np.maximum(rows_of[:, M_COAT], film)
        mirror = coat * schlick(np.where(film > 0.0, _F0_WATER, _F0_COAT), nv)
        metal = rows_of[:, M_METALLIC] * (1.0 - np.minimum(1.5 * rows_of[:, M_ROUGHNESS], 1.0))
        tint = np.where(
            rows_of[:, M_TINTED, None] > 0.0,
            surface.tint_rgb.reshape(-1, 3)[self.index],
            rows_of[:, M_R : M_B + 1],
        )
        self.weight = mirror[:, None] + (metal * (1.0 - mirror))[:, None] * tint
        through = np.exp(-air.extinction * met.hits.range_m.reshape(-1)[self.index].astype(np.float64))
        self.weight *= through[:, None]
        self.starts_m = (
            met.origin_m + met.hits.range_m.reshape(-1)[self.index, None] * d + _LIFT_M * g[self.index]
        )

    def look(
        self, caster: Caster, light: Light, shape: tuple[int, int], time_s: float, strayed: F64
    ) -> tuple[F64, Bool]:
        """(N, 3) what the mirrored rays see, and which meet a thing; strayed (3,) turns them a little."""
        spread = np.where(self.film > 0.0, _FILM_SPREAD_RAD, _COAT_SPREAD_RAD)[:, None]
        ways = _unit(self.ways + spread * strayed).astype(np.float32)
        number = shape[0] * shape[1]
        starts, all_ways = np.zeros((number, 3)), np.zeros((number, 3), np.float32)
        limits = np.zeros(number, np.float32)
        starts[self.index], all_ways[self.index], limits[self.index] = self.starts_m, ways, np.inf
        whole = caster.mirrored(
            starts.reshape(*shape, 3), all_ways.reshape(*shape, 3), limits.reshape(shape), time_s
        )
        own = [getattr(whole, name).reshape(-1)[self.index] for name in Hits.__dataclass_fields__]
        hits = Hits(*own)
        found = hits.instance >= 0
        shown = matt_light(caster, light, self.starts_m, ways, hits, time_s)
        shown[~found] = sky_seen(light, ways[~found], float(_FILM_SPREAD_RAD), caster.threads)
        return shown, found


def add_reflections(mirrors: Mirrors, seen: F64, picture: F32) -> None:
    """Put what mirrored rays saw in the place of what the kernel guessed; picture (H, W, 3)."""
    flat, rows = picture.reshape(-1, 3), mirrors.index
    flat[rows] = np.maximum(flat[rows] + mirrors.weight * (seen - mirrors.shown), 0.0)


def bounced(caster: Caster, light: Light, met: Met, geometric: F32, time_s: float) -> tuple[F64, F64, F64]:
    """Light that surfaces throw on surfaces, on a grid of pixels: rows, columns, and (R, C, 3) radiance.

    Cosine-weighted rays leave each point; their mean is what a white matt surface sends back of it. Points on
    the same plane share theirs.
    """
    height, width = met.hits.range_m.shape
    rows = np.minimum(np.arange(-(-height // _GRID_PX)) * _GRID_PX + _GRID_PX // 2, height - 1)
    columns = np.minimum(np.arange(-(-width // _GRID_PX)) * _GRID_PX + _GRID_PX // 2, width - 1)
    pick = np.ix_(rows, columns)
    far, normal = met.hits.range_m[pick].astype(np.float64), geometric[pick].astype(np.float64)
    there = np.isfinite(far)
    points = met.origin_m + np.where(there, far, 0.0)[..., None] * met.directions[pick]
    n = normal[there]
    starts = points[there] + _LIFT_M * n
    number = np.arange(_RAYS)
    around = number * (np.pi * (3 - np.sqrt(5)))
    radius = np.sqrt((number + 0.5) / _RAYS)
    x, y, z = radius * np.cos(around), radius * np.sin(around), np.sqrt(1.0 - radius**2)
    # Neighbours turn the same pattern by different angles, and so have more directions between them.
    turn = (2 * np.pi * 0.618 * np.add.outer(np.arange(len(rows)) * 5, np.arange(len(columns)) * 3))[there]
    side = _unit(np.cross(n, np.where(np.abs(n[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])))
    up = np.cross(n, side)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    ways = (
        (cos * x - sin * y)[..., None] * side[:, None]
        + (sin * x + cos * y)[..., None] * up[:, None]
        + z[:, None] * n[:, None]
    ).astype(np.float32)
    places = np.broadcast_to(starts[:, None], ways.shape)
    hits = caster.rays(places, ways, time_s)
    flat = Hits(*(getattr(hits, name).reshape(-1) for name in Hits.__dataclass_fields__))
    light_in = matt_light(caster, light, places.reshape(-1, 3), ways.reshape(-1, 3), flat, time_s)
    grid = np.zeros((*there.shape, 3))
    grid[there] = light_in.reshape(-1, _RAYS, 3).mean(axis=1)
    return rows.astype(np.float64), columns.astype(np.float64), _smoothed(grid, points, normal, there)


def spread_bounced(rows: F64, columns: F64, grid: F64, shape: tuple[int, ...]) -> F32:
    """(H, W, 3) the grid of `bounced` at every pixel."""
    import cv2

    height, width = shape[:2]
    at_x = (np.arange(width, dtype=np.float32) - np.float32(columns[0])) / _GRID_PX
    at_y = (np.arange(height, dtype=np.float32) - np.float32(rows[0])) / _GRID_PX
    x, y = np.meshgrid(at_x, at_y)
    spread = cv2.remap(grid.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(spread, np.float32)


def light_from_around(light: Light, met: Met, normals: F32, open_sky: F32, around: F32) -> F32:
    """(H, W, 3) what surfaces throw on a white one, less the kernel's mean of it."""
    known = {name: colour.astype(np.float32) for name, colour in colours(light).items()}
    upper = np.float32(0.5) + np.float32(0.5) * normals[..., 2]
    sky = open_sky[..., 0] + np.einsum("hwc,hwc->hw", open_sky[..., 1:], normals)
    np.clip(sky, 0.0, 1.2, out=sky)
    openness = np.minimum((sky + np.float32(0.05)) / (upper + np.float32(0.05)), np.float32(1))
    ground = (1 - upper) * (np.float32(0.3) + np.float32(0.7) * openness)
    hidden = np.maximum(1 - sky - ground, np.float32(0))
    share = np.isfinite(met.hits.range_m).astype(np.float32)
    if light.air.extinction > 0.0:
        share *= np.exp(np.float32(-light.air.extinction) * met.hits.range_m)
    change = around - hidden[..., None] * known["bounce"] - ground[..., None] * known["ground"]
    change *= share[..., None]
    return np.asarray(change, np.float32)


def _smoothed(grid: F64, points: F64, normal: F64, there: Bool) -> F64:
    """The grid under a window of 5 by 5, of neighbours that lie on the same plane and look the same way."""
    total, weight = np.zeros_like(grid), np.zeros(there.shape)
    height, width = there.shape
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            y0, y1, x0, x1 = max(dy, 0), height + min(dy, 0), max(dx, 0), width + min(dx, 0)
            a = np.s_[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
            b = np.s_[y0:y1, x0:x1]
            alike = np.clip((normal[a] * normal[b]).sum(axis=-1), 0.0, 1.0) ** 8
            off = np.abs(((points[b] - points[a]) * normal[a]).sum(axis=-1))
            near = np.exp(-off / 0.3) * alike * there[a] * there[b]
            total[a] += near[..., None] * grid[b]
            weight[a] += near
    # The sky has no light of its own; beside it bilinear reading should find what the surface next to it has.
    mean = total / np.maximum(weight, 1e-9)[..., None]
    mean[~there] = mean[there].mean(axis=0) if there.any() else 0.0
    return np.asarray(mean)


def schlick(f0: F64, cosine: F64) -> F64:
    """Schlick, 1994, eq. 15: the share that a smooth surface mirrors."""
    return np.asarray(f0 + (1.0 - f0) * (1.0 - cosine) ** 5)


def _unit(vectors: F64) -> F64:
    lengths = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
