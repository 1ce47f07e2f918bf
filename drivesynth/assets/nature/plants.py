"""Trees, bushes, hedges: wood as tubes, leaves as lumps and sprays; a few variants of each for all looks.

Habit (height of the first branch, crown width over height, branch angle) after street-tree field
guides for lime, spruce and birch. A look chooses a variant and a tint.
"""

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.looks import Tint, choose, look, varied
from drivesynth.assets.materials import MATERIAL_ID
from drivesynth.assets.model import Model
from drivesynth.assets.nature.crown import FOR_ONE, Blob, Foliage, crown, sprays, stretched
from drivesynth.assets.posing import statue
from drivesynth.assets.sizes import Size
from drivesynth.geometry.mesh import Mesh, make_mesh, merge
from drivesynth.geometry.shapes import Shape, box, join, tube
from drivesynth.kept import made_once
from drivesynth.streams import generator

VARIANTS = 3
_TRUNK_SIDES, _LIMB_SIDES = (9, 9, 6, 5), (5, 4, 3, 3)
BARK, BIRCH, LEAVES, NEEDLES, TWIGS = (
    MATERIAL_ID[n] for n in ("bark", "birch_bark", "foliage", "needles", "twigs")
)
# Set by eye beside crops of KITTI's pictures: 0.04 of blue is the gloss of a leaf's skin.
GREENS = (
    Tint((0.072, 0.108, 0.040), 0.48, 5),
    Tint((0.092, 0.128, 0.042), 0.52, 4),
    Tint((0.060, 0.088, 0.038), 0.44, 3),
    Tint((0.125, 0.128, 0.045), 0.52, 2),
)
DARK_GREENS = (Tint((0.036, 0.056, 0.030), 0.30, 3), Tint((0.044, 0.064, 0.038), 0.33, 2))
# Leaves that lose their chlorophyll keep their reflectivity beyond 800 nm.
AUTUMN = (
    Tint((0.36, 0.20, 0.02), 0.5, 4),
    Tint((0.30, 0.09, 0.015), 0.48, 3),
    Tint((0.17, 0.075, 0.025), 0.45, 2),
    Tint((0.17, 0.15, 0.02), 0.5, 2),
)
MEADOW = (
    Tint((0.13, 0.16, 0.035), 0.42, 3),
    Tint((0.26, 0.22, 0.09), 0.48, 2),
    Tint((0.08, 0.13, 0.025), 0.42, 2),
)
NEEDLE_FANS = Foliage(NEEDLES, lump=0.0, cover=0.3, slender=0.35, outward=0.35)
BARE_TWIGS = Foliage(TWIGS, lump=0.0, cover=0.13, slender=0.12, outward=0.3)
TINTS = {"tree/conifer": DARK_GREENS, "tree/autumn": AUTUMN, "verge/grass": MEADOW}


def build(asset: str, look_seed: int, size_m: Size, detail: int = 0) -> Model:
    """A plant at rest; from `detail` 1 to 3 it has fewer, larger leaves and plainer wood."""
    rng = look(asset, look_seed)
    variant = int(rng.integers(VARIANTS))
    tint = varied(rng, choose(rng, TINTS.get(asset, GREENS)), 0.2)
    return statue(asset, size_m, _mesh(asset, variant, size_m, detail), tint.rgb, tint.rho_905)


@made_once(256)
def _mesh(asset: str, variant: int, size_m: Size, detail: int) -> Mesh:
    key = f"{asset}/{variant}/{size_m}/{detail}"
    rng = generator(variant, f"plant/{asset}")
    if asset in THIN_THEMSELVES:
        return stretched(merge(key, THIN_THEMSELVES[asset](rng, size_m, detail)), size_m)
    grown = GROWERS[asset](rng, size_m, detail)
    plant = merge(key, [mesh for mesh in grown if len(mesh.faces)])
    return stretched(plant, size_m)


def _limb(
    rng: np.random.Generator, root: tuple[float, float, float], tip: F64, radius: float, bark: int, sides: int
) -> Shape:
    """A branch that leaves its root steeply and bends to its tip."""
    start = np.asarray(root)
    middle = 0.5 * (start + tip) + rng.normal(size=3) * 0.05 * np.linalg.norm(tip - start)
    path = np.stack([start, middle, tip])
    return tube(path, [radius, 0.65 * radius, 0.25 * radius], bark, sides, caps=False)


def _trunk(
    rng: np.random.Generator, height: float, radius: float, bark: int, sides: int
) -> tuple[Shape, F64]:
    z = np.array([0.0, 0.06, 0.3, 0.55, 0.8, 1.0]) * height
    sway = np.cumsum(rng.normal(size=(6, 2)) * 0.012 * height, axis=0) * [[0], [0], [1], [1], [1], [1]]
    path = np.column_stack([sway - sway[0], z])
    path[:2, :2] = 0.0
    return tube(path, np.array([1.5, 1.05, 0.9, 0.7, 0.4, 0.15]) * radius, bark, sides), path


def deciduous(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A round crown on a clean bole: eight to ten limbs, each with a cloud of leaves."""
    length, width, height = size_m
    trunk, path = _trunk(rng, 0.62 * height, 0.024 * height, BARK, _TRUNK_SIDES[detail])
    wood, blobs = [trunk], []
    r = 0.5 * min(length, width)
    for k in range(10):
        a = 2.4 * k + rng.normal() * 0.3
        up = rng.uniform(0.42, 0.86)
        reach = r * (0.62 if up < 0.75 else 0.35) * rng.uniform(0.85, 1.15)
        tip = np.array([reach * np.cos(a), reach * np.sin(a), up * height])
        at = min(max(up - 0.22, 0.28), 0.58) / 0.62
        root = tuple(float(np.interp(at, np.linspace(0, 1, 6), path[:, axis])) for axis in range(3))
        root_m = (root[0], root[1], root[2])
        wood.append(_limb(rng, root_m, tip, 0.009 * height, BARK, _LIMB_SIDES[detail]))
        size = r * rng.uniform(0.40, 0.55)
        blobs.append(Blob((float(tip[0]), float(tip[1]), float(tip[2])), (size, size, 0.8 * size), 260))
    blobs.append(Blob((0.0, 0.0, 0.66 * height), (0.55 * r, 0.55 * r, 0.24 * height), 440))
    blobs.append(Blob((0.0, 0.0, 0.88 * height), (0.42 * r, 0.42 * r, 0.11 * height), 300))
    return [join(wood).mesh("wood"), crown(rng, blobs, Foliage(LEAVES), detail, "leaves")]


def birch(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A slender white stem with dark collars and a high, loose, drooping crown."""
    length, width, height = size_m
    trunk, path = _trunk(rng, 0.92 * height, 0.013 * height, BIRCH, _TRUNK_SIDES[detail])
    r = 0.5 * min(length, width)
    wood, blobs = [trunk], []
    for k in range(14):
        share = 0.32 + 0.6 * k / 13
        a = 2.4 * k + rng.normal() * 0.3
        reach = r * (1.0 - 0.75 * (share - 0.32) / 0.6) * rng.uniform(0.7, 1.0)
        at = share / 0.92
        root = [float(np.interp(at, np.linspace(0, 1, 6), path[:, axis])) for axis in range(3)]
        tip = np.array([root[0] + reach * np.cos(a), root[1] + reach * np.sin(a), root[2] + 0.05 * height])
        root_m = (root[0], root[1], root[2])
        wood.append(_limb(rng, root_m, tip, 0.004 * height, BARK, _LIMB_SIDES[detail]))
        size = 0.30 * r + 0.25 * reach
        middle = 0.35 * np.asarray(root) + 0.65 * tip
        blobs.append(
            Blob(
                (float(middle[0]), float(middle[1]), float(middle[2] - 0.3 * size)),
                (0.8 * size, 0.8 * size, 1.1 * size),
                150,
            )
        )
    return [join(wood).mesh("wood"), crown(rng, blobs, Foliage(LEAVES, 0.0, 0.3, 0.5), detail, "leaves")]


def conifer(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A spruce: whorls of drooping boughs, each a fan of needle cards, on a straight stem."""
    length, width, height = size_m
    trunk, _ = _trunk(rng, 0.97 * height, 0.016 * height, BARK, _TRUNK_SIDES[detail])
    r = 0.5 * min(length, width)
    blobs, wood = [], [trunk]
    tiers = 19
    for tier in range(tiers):
        share = tier / (tiers - 1)
        z = height * (0.10 + 0.86 * share)
        reach = r * (1.0 - share) ** 0.85 * rng.uniform(0.9, 1.05) + 0.05
        boughs = max(4, int(8 - 4 * share))
        turn = rng.uniform(0, 2 * np.pi)
        for k in range(boughs):
            a = turn + 2 * np.pi * k / boughs + rng.normal() * 0.12
            out = np.array([np.cos(a), np.sin(a)])
            tip = np.array([*(reach * out), z - 0.16 * reach])
            if share < 0.45 and detail < 2:  # higher up, and from afar, the needles hide the wood
                radii = [0.004 * height, 0.001 * height]
                wood.append(tube(np.stack([[0.0, 0.0, z], tip]), radii, BARK, 4, caps=False))
            for part in (0.35, 0.62, 0.86):
                c = part * tip + (1 - part) * np.array([0, 0, z])
                size = 0.20 * reach + 0.011 * height
                cards_here = max(6, int(13 * (1 - 0.5 * share)))
                blobs.append(
                    Blob((float(c[0]), float(c[1]), float(c[2])), (size, size, 0.6 * size), cards_here)
                )
    return [join(wood).mesh("wood"), crown(rng, blobs, NEEDLE_FANS, detail, "leaves")]


def bush(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A round shrub down to the ground."""
    length, width, height = size_m
    blobs = [Blob((0.0, 0.0, 0.5 * height), (0.42 * length, 0.42 * width, 0.45 * height), 700)]
    for k in range(7):
        a = 0.9 * k
        c = (
            0.24 * length * float(np.cos(a)),
            0.24 * width * float(np.sin(a)),
            height * float(rng.uniform(0.3, 0.7)),
        )
        blobs.append(Blob(c, (0.24 * length, 0.24 * width, 0.26 * height), 130))
    stems = [
        _limb(
            rng,
            (0.0, 0.0, 0.0),
            np.array([0.3 * np.cos(a), 0.3 * np.sin(a), 0.6]) * height,
            0.02,
            BARK,
            _LIMB_SIDES[detail],
        )
        for a in (0.0, 2.1, 4.2)
    ]
    return [join(stems).mesh("wood"), crown(rng, blobs, Foliage(LEAVES), detail, "leaves")]


def hedge(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A clipped hedge along x: dense leaves around a dark core that beams do not cross."""
    length, width, height = size_m
    core = box((length - 0.16, width - 0.2, height - 0.12), LEAVES, (0, 0, (height - 0.12) / 2), bevel=0.04)
    sides = np.array([length * height, length * height, width * height, width * height, length * width])
    count = 2 * -(-int(np.clip(sides.sum() * 130, 800, 3600)) // FOR_ONE[detail])
    side = np.searchsorted(np.cumsum(sides) / sides.sum(), rng.random(count))
    normal = np.array([[0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 1]], np.float64)[side]
    inside = rng.random((count, 3)) - [0.5, 0.5, 0.0]
    on_side = np.where(normal != 0, 0.5 * normal + [0.0, 0.0, 0.5], inside)
    at = on_side * [length - 0.12, width - 0.12, height - 0.08] + [0.0, 0.0, 0.03]
    at -= normal * 0.08 * rng.random((count, 1))
    leaves = Foliage(LEAVES)
    return [core.mesh("core"), sprays(rng, at, normal, 0.8 * sides.sum() / count, leaves, "leaves")]


def poplar(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A column of leaves around one stem, as Lombardy poplars stand along roads."""
    length, width, height = size_m
    trunk, _ = _trunk(rng, 0.93 * height, 0.016 * height, BARK, _TRUNK_SIDES[detail])
    r = 0.5 * min(length, width)
    blobs = []
    for k in range(11):
        share = 0.12 + 0.80 * k / 10
        wide = r * (0.95 if share < 0.55 else 0.95 * (1.0 - ((share - 0.55) / 0.45) ** 2) + 0.12)
        x, y = rng.normal(size=2) * 0.10 * r
        blobs.append(Blob((float(x), float(y), share * height), (wide, wide, 0.075 * height), 300))
    return [trunk.mesh("wood"), crown(rng, blobs, Foliage(LEAVES, slender=0.5), detail, "leaves")]


def tall_grass(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """An unmown verge: single blades that bend outward, in tufts."""
    length, width, height = size_m
    tufts = rng.uniform(-0.42, 0.42, (26, 2)) * [length, width]
    blades, wide = (38, 16, 8, 4)[detail], (1.0, 1.6, 2.3, 3.2)[detail]
    root = np.repeat(tufts, blades, axis=0) + rng.normal(size=(26 * blades, 2)) * 0.055
    tall = height * rng.uniform(0.35, 1.0, len(root))
    lean = rng.normal(size=(len(root), 2)) * 0.22 * tall[:, None]
    across = np.column_stack([-lean[:, 1], lean[:, 0]])
    across *= 0.006 * wide / np.linalg.norm(across, axis=1, keepdims=True)
    flat = np.zeros((len(root), 1))
    corners = np.stack(
        [
            np.hstack([root - across, flat]),
            np.hstack([root + across, flat]),
            np.hstack([root + 0.35 * lean + 0.8 * across, 0.6 * tall[:, None]]),
            np.hstack([root + lean, tall[:, None]]),
        ],
        axis=1,
    )
    row = np.arange(len(root))[:, None] * 4
    faces = np.concatenate([row + np.array([0, 1, 2]), row + np.array([0, 2, 3])]).astype(np.int32)
    return [make_mesh("blades", corners.reshape(-1, 3), faces, LEAVES)]


def bare(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A deciduous tree in winter: limbs, branches and twigs, each forking from the one before."""
    length, width, height = size_m
    trunk, path = _trunk(rng, 0.62 * height, 0.024 * height, BARK, _TRUNK_SIDES[detail])
    r, wood, twigs = 0.5 * min(length, width), [trunk], []
    for k in range(11):
        a = 2.4 * k + rng.normal() * 0.3
        up = rng.uniform(0.45, 0.92)
        reach = r * (0.80 if up < 0.75 else 0.50) * rng.uniform(0.8, 1.1)
        tip = np.array([reach * np.cos(a), reach * np.sin(a), up * height])
        at = min(max(up - 0.25, 0.28), 0.58) / 0.62
        root = [float(np.interp(at, np.linspace(0, 1, 6), path[:, axis])) for axis in range(3)]
        wood.append(_limb(rng, (root[0], root[1], root[2]), tip, 0.009 * height, BARK, (5, 4, 3, 3)[detail]))
        for fork in range(6):
            share = rng.uniform(0.35, 0.95)
            start = np.array(root) + share * (tip - root)
            end = start + rng.normal(size=3) * [0.14 * r, 0.14 * r, 0.03 * height] + [0.0, 0.0, 0.07 * height]
            end[:2] += 0.20 * (tip[:2] - np.array(root[:2]))
            if fork < (6, 3, 2, 1)[detail]:  # the twigs of all stay
                wood.append(_limb(rng, (start[0], start[1], start[2]), end, 0.003 * height, BARK, 3))
            twigs.append(
                Blob((float(end[0]), float(end[1]), float(end[2])), (0.16 * r, 0.16 * r, 0.04 * height), 9)
            )
    return [join(wood).mesh("wood"), crown(rng, twigs, BARE_TWIGS, detail, "twigs")]


def wood_edge(rng: np.random.Generator, size_m: Size, detail: int) -> list[Mesh]:
    """A piece of a wood's edge along x: stems, crowns, a mantle of shrubs to the ground."""
    length, width, height = size_m
    wood, blobs = [], []
    for k in range(6):
        x = length * ((k + 0.5) / 6 - 0.5) + rng.normal() * 0.03 * length
        y, tall = rng.uniform(-0.2, 0.2) * width, height * rng.uniform(0.75, 0.95)
        trunk, _ = _trunk(rng, 0.85 * tall, 0.014 * tall, BARK, _TRUNK_SIDES[detail])
        if detail < 2 or k % 2 == 0:  # from afar the mantle hides the others
            wood.append(trunk.moved(x, y, 0.0))
        for _ in range(3):
            up = rng.uniform(0.38, 0.92)
            size = (0.10 * length, 0.36 * width, 0.13 * height)
            at = float(x + rng.normal() * 0.04 * length), float(rng.uniform(-0.12, 0.12) * width)
            blobs.append(Blob((*at, float(up * tall)), size, 150))
    for k in range(9):
        at = float(length * ((k + 0.5) / 9 - 0.5)), float(rng.uniform(-0.12, 0.12) * width)
        tall = height * float(rng.uniform(0.16, 0.42))
        blobs.append(Blob((*at, 0.55 * tall), (0.075 * length, 0.36 * width, 0.55 * tall), 106))
    return [join(wood).mesh("wood"), crown(rng, blobs, Foliage(LEAVES, 0.76, 0.22), detail, "leaves")]


THIN_THEMSELVES = {"verge/grass": tall_grass}
GROWERS = {
    "tree/bare": bare,
    "tree/poplar": poplar,
    "tree/autumn": deciduous,
    "tree/deciduous": deciduous,
    "tree/conifer": conifer,
    "tree/birch": birch,
    "bush/round": bush,
    "wood/edge": wood_edge,
    "hedge/box": hedge,
    "occluder/hedge": hedge,
}
