"""The procedural textures: periodic tiles, painted once a machine from seeded noise.

What a texel holds is told in `drivesynth_kernels.texture`. A tile's mean shade is 1, so that a surface
keeps the albedo of its material from afar.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from drivesynth_kernels.paint import (
    T_COARSE,
    T_COARSE_PER_M,
    T_FIRST_B,
    T_FIRST_R,
    T_PER_M,
    T_RELIEF,
    T_SECOND_B,
    T_SECOND_R,
    T_SIZE,
)
from drivesynth_kernels.texture import LEVEL_START, LEVELS, SIZE

from drivesynth.arrays import F32, F64, I64
from drivesynth.assets.materials import TEXTURES
from drivesynth.kept import made_once
from drivesynth.streams import generator

Painting = tuple[F64, F64, F64]  # shade about 1, share of the second colour 0..1, height in texels


@dataclass(frozen=True)
class Texture:
    """A tile and how a surface wears it.

    period_m   side of the tile on the surface
    second_rgb what the second colour is to the first, per channel
    relief     steepness of the normals
    coarse_m   side of the same tile laid on again, wide, against visible repetition; 0 is not
    coarse     strength of that
    """

    paint: Callable[[], Painting]
    period_m: float
    second_rgb: tuple[float, float, float] = (1.0, 1.0, 1.0)
    relief: float = 0.0
    coarse_m: float = 0.0
    coarse: float = 0.0


def noise(name: str, finest: float, coarsest: float, slope: float = 1.0) -> F64:
    """(SIZE, SIZE) periodic noise of mean 0 and deviation 1, waves from `finest` to `coarsest` texels.

    Amplitude goes with wavelength to the power `slope`: 0 is white, 1 is smooth.
    """
    white = generator(0, f"texture/{name}").standard_normal((SIZE, SIZE))
    fy, fx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None, :]
    frequency = np.sqrt(fx * fx + fy * fy)
    frequency[0, 0] = 1.0
    band = (frequency <= 1.0 / finest) & (frequency >= 1.0 / coarsest)
    spectrum = np.fft.rfft2(white) * frequency**-slope * band
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(SIZE, SIZE))
    return np.asarray(field / field.std())


def _ranked(field: F64) -> F64:
    """The field with its values spread evenly over 0..1."""
    order = np.argsort(np.argsort(field, axis=None, kind="stable"), kind="stable")
    return np.asarray((order.reshape(field.shape) + 0.5) / field.size)


def _grid() -> tuple[F64, F64]:
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    return (x + 0.5) / SIZE, (y + 0.5) / SIZE


def _flat() -> F64:
    return np.zeros((SIZE, SIZE))


def _asphalt() -> Painting:
    stones = noise("asphalt/stones", 2, 9, 0.2)
    patches = noise("asphalt/patches", 24, 256, 1.0)
    cracks = np.exp(-((noise("asphalt/cracks", 12, 128, 1.4) / 0.035) ** 2))
    cracks *= noise("asphalt/where", 64, 256, 1.0) > 0.9
    shade = 1 + 0.42 * stones + 0.11 * patches - 0.4 * cracks
    return shade, np.clip(0.5 + 0.25 * patches, 0, 1), 0.5 * stones


def _concrete() -> Painting:
    stain = noise("concrete/stain", 16, 256, 1.2)
    grain = noise("concrete/grain", 2, 6, 0.0)
    return 1 + 0.09 * stain + 0.05 * grain, np.clip(0.5 + 0.3 * stain, 0, 1), 0.25 * grain


def _bond(columns: int, rows: int, joint: float, name: str) -> tuple[F64, F64]:
    """A running bond of blocks: distance from the joint's middle in joints, and a value per block."""
    x, y = _grid()
    row = np.floor(y * rows).astype(int)
    shifted = x * columns + 0.5 * (row % 2)
    column = np.floor(shifted).astype(int) % columns
    edge_x = np.abs((shifted % 1.0) - np.round(shifted % 1.0)) / columns
    edge_y = np.abs((y * rows % 1.0) - np.round(y * rows % 1.0)) / rows
    value = generator(0, f"texture/{name}").standard_normal((rows, columns))[row, column]
    return np.minimum(edge_x, edge_y) / joint, value


def _paving() -> Painting:
    edge, block = _bond(4, 4, 0.008, "paving/blocks")
    face = np.clip(edge - 0.3, 0, 1)
    shade = (0.55 + 0.45 * face) * (1 + 0.07 * block + 0.05 * noise("paving/grain", 2, 8, 0.0))
    shade *= 1 + 0.06 * noise("paving/stain", 24, 256, 1.0)
    return shade, np.clip(0.5 + 0.25 * block, 0, 1), 1.2 * face


def _brick() -> Painting:
    edge, block = _bond(4, 13, 0.0075, "brick/blocks")
    face = np.clip(edge - 0.4, 0, 1)
    shade = 1 + face * (0.13 * block + 0.06 * noise("brick/grain", 2, 8, 0.0))
    return shade, 1 - face, 1.0 * face


def _roof() -> Painting:
    x, y = _grid()
    course = (y * 8) % 1.0
    wave = np.cos(2 * np.pi * x * 10)
    _, block = _bond(10, 8, 0.01, "roof/tiles")
    shade = (0.72 + 0.4 * course) * (1 + 0.12 * wave) * (1 + 0.1 * block)
    return shade, np.clip(0.3 + 0.2 * noise("roof/moss", 16, 256, 1.0), 0, 1), 1.5 * wave + 2 * course


def _grass() -> Painting:
    blades = noise("grass/blades", 2, 7, 0.2)
    tufts = noise("grass/tufts", 10, 64, 0.6)
    wide = noise("grass/wide", 48, 256, 1.0)
    shade = np.exp(0.45 * blades + 0.3 * tufts)
    return shade, np.clip(0.4 + 0.3 * wide + 0.2 * tufts, 0, 1), 0.7 * blades + 1.2 * tufts


def _leaves() -> Painting:
    leaf = noise("leaves/leaf", 4, 14, 0.3)
    clump = noise("leaves/clump", 16, 80, 0.7)
    # Between lit leaves one looks into the crown's shade: a third of the face is nearly dark.
    lit = 1 / (1 + np.exp(-3.0 * (leaf + 1.2 * clump + 0.5)))
    shade = (0.22 + lit) * np.exp(0.3 * leaf)
    return shade, np.clip(0.35 + 0.25 * noise("leaves/hue", 6, 128, 0.5), 0, 1), 2.0 * leaf + 3.0 * clump


def _bark() -> Painting:
    x, _ = _grid()
    ridges = noise("bark/ridges", 3, 128, 0.7)
    furrow = np.cos(2 * np.pi * (12 * x) + 1.8 * ridges)
    return np.exp(0.22 * furrow + 0.15 * ridges), np.clip(0.4 + 0.3 * ridges, 0, 1), 1.5 * furrow


def _cloth() -> Painting:
    folds = noise("cloth/folds", 24, 128, 1.0)
    weave = noise("cloth/weave", 2, 4, 0.0)
    return 1 + 0.1 * folds + 0.05 * weave, np.clip(0.5 + 0.2 * folds, 0, 1), 4.0 * folds


def _plaster() -> Painting:
    grain = noise("plaster/grain", 2, 10, 0.3)
    stain = noise("plaster/stain", 32, 256, 1.2)
    # Rain runs down walls: streaks a hand wide and metres long, darker where they are.
    runs = noise("plaster/runs", 3, 48, 0.6).mean(axis=0) * 14.0
    streaks = np.clip(runs, 0.0, 2.0) * np.clip(0.6 + noise("plaster/where", 64, 256, 1.2), 0.0, 2.0)
    shade = 1 + 0.05 * grain + 0.06 * stain - 0.05 * streaks
    return shade, np.clip(0.5 + 0.25 * stain + 0.2 * streaks, 0, 1), 0.35 * grain


def _plain() -> Painting:
    return _flat() + 1, _flat(), _flat()


def _clouds() -> Painting:
    return 2 * _ranked(noise("clouds", 3, 256, 1.7)), _flat(), _flat()


CLOUDS = Texture(_clouds, 1.0)
_BY_NAME: dict[str, Texture] = {
    "plain": Texture(_plain, 1.0),
    "asphalt": Texture(_asphalt, 2.3, (1.03, 1.0, 0.95), 0.3, 37.0, 0.55),
    "concrete": Texture(_concrete, 2.0, (0.9, 0.88, 0.84), 0.2, 17.0, 0.3),
    "paving": Texture(_paving, 1.2, (0.93, 0.9, 0.86), 0.35, 19.0, 0.35),
    "grass": Texture(_grass, 1.9, (2.1, 1.3, 1.5), 0.5, 31.0, 0.6),
    "brick": Texture(_brick, 1.0, (1.35, 2.5, 3.0), 0.3, 0.0),
    "plaster": Texture(_plaster, 2.4, (0.95, 0.94, 0.92), 0.2, 29.0, 0.5),
    "leaves": Texture(_leaves, 1.7, (1.7, 1.25, 0.8), 0.8, 11.0, 0.3),
    "bark": Texture(_bark, 0.9, (0.8, 0.85, 0.8), 0.5, 0.0),
    "cloth": Texture(_cloth, 0.8, (0.9, 0.9, 0.92), 0.3, 0.0),
    "roof": Texture(_roof, 2.4, (0.75, 0.85, 0.8), 0.3, 13.0, 0.2),
}


@made_once(1)
def tiles() -> tuple[I64, F32]:
    """Tiles in the order of `TEXTURES`, then the clouds', (T + 1, texels), and the table (T, T_SIZE)."""
    rows = [_BY_NAME.get(name, _BY_NAME["plain"]) for name in TEXTURES]
    table = np.zeros((len(rows), T_SIZE), np.float32)
    pyramids = []
    for row, wear in zip(table, rows, strict=True):
        shade, share, height = wear.paint()
        second = np.array(wear.second_rgb)
        # Both colours are scaled so that the tile's mean leaves the material's albedo as it is.
        mean = (shade[..., None] * (1 + share[..., None] * (second - 1))).mean(axis=(0, 1)) / shade.mean()
        row[T_PER_M], row[T_RELIEF] = 1.0 / wear.period_m, wear.relief
        row[T_COARSE_PER_M] = 1.0 / wear.coarse_m if wear.coarse_m else 0.0
        row[T_COARSE] = wear.coarse
        row[T_FIRST_R : T_FIRST_B + 1] = 1.0 / mean
        row[T_SECOND_R : T_SECOND_B + 1] = second / mean
        pyramids.append(pyramid(shade, share, height))
    return np.stack([*pyramids, pyramid(*CLOUDS.paint())]), table


def pyramid(shade: F64, share: F64, height: F64) -> I64:
    """A painting and its halvings as packed texels, (LEVEL_START[-1],)."""
    mean = shade.mean()
    slope_x = (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)) / 2
    slope_y = (np.roll(height, -1, axis=0) - np.roll(height, 1, axis=0)) / 2
    level = np.stack([shade / mean / 2, share, 0.5 + slope_x / 2, 0.5 + slope_y / 2])
    packed = np.zeros(LEVEL_START[-1], np.int64)
    for number in range(LEVELS):
        bytes_ = np.clip(np.round(level * np.array([256.0, 255.0, 256.0, 256.0])[:, None, None]), 0, 255)
        a, b, c, d = bytes_.astype(np.int64).reshape(4, -1)
        packed[LEVEL_START[number] : LEVEL_START[number + 1]] = a | b << 16 | c << 32 | d << 48
        half = level.shape[1] // 2
        if half:
            level = level.reshape(4, half, 2, half, 2).mean(axis=(2, 4))
    return packed
