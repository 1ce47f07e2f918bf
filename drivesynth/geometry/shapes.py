"""Building blocks of meshes: boxes, lofts, tubes, turned profiles, plates; joined, then made a mesh.

Closed shapes face outward whichever way their outline was given: their signed volume decides. Open
ones (sheets, grids) face the way their docstring says. Lengths in metres; materials are table rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drivesynth.arrays import F64, I32, U16
from drivesynth.geometry.mesh import Mesh, make_mesh


@dataclass(frozen=True, eq=False)
class Shape:
    """Triangles without normals. vertices (V, 3), faces (F, 3), material (F,)."""

    vertices: F64
    faces: I32
    material: U16

    @property
    def volume(self) -> float:
        """Signed volume [m3]; positive where a closed shape faces outward."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)

    def placed(self, a_from_shape: F64) -> "Shape":
        """The shape in frame a; mirrored ones keep facing outward."""
        linear = a_from_shape[:3, :3]
        faces = self.faces if np.linalg.det(linear) > 0 else self.faces[:, ::-1]
        return Shape(self.vertices @ linear.T + a_from_shape[:3, 3], faces, self.material)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Shape":
        """The shape shifted."""
        return Shape(self.vertices + np.array([x, y, z]), self.faces, self.material)

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> "Shape":
        """The shape stretched about the origin; a negative factor mirrors."""
        return self.placed(np.diag([x, y, z, 1.0]))

    def painted(self, material: int) -> "Shape":
        """The shape in another material."""
        return Shape(self.vertices, self.faces, np.full(len(self.faces), material, np.uint16))

    def mesh(self, key: str, crease_rad: float = 0.6) -> Mesh:
        """As a mesh with shading normals."""
        return make_mesh(key, self.vertices, self.faces, self.material, crease_rad)


def join(shapes: Sequence[Shape]) -> Shape:
    """All shapes as one."""
    offsets = np.cumsum([0, *(len(s.vertices) for s in shapes[:-1])])
    return Shape(
        np.concatenate([s.vertices for s in shapes]),
        np.concatenate([s.faces + o for s, o in zip(shapes, offsets, strict=True)]).astype(np.int32),
        np.concatenate([s.material for s in shapes]),
    )


def fitted(shape: Shape, size: tuple[float, float, float], whole: Shape | None = None) -> Shape:
    """The shape stretched and moved so that it stands on z = 0, centred, with exactly this size.

    whole  what has that size then, where the shape is a piece of it
    """
    corners = (whole or shape).vertices
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = np.asarray(size) / (high - low)
    centre = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return Shape((shape.vertices - centre) * scale, shape.faces, shape.material)


def mirrored(shape: Shape) -> Shape:
    """The shape and its image across the x-z plane."""
    return join([shape, shape.scaled(y=-1.0)])


def sides(shape: Shape) -> list[Shape]:
    """What of a shape lies on the left, and what on the right."""
    left = shape.vertices[shape.faces][:, :, 1].mean(axis=1) > 0.0
    parts = []
    for own in (left, ~left):
        used, rows = np.unique(shape.faces[own], return_inverse=True)
        faces = rows.reshape(-1, 3).astype(np.int32)
        parts.append(Shape(shape.vertices[used], faces, shape.material[own]))
    return parts


def grid(points: ArrayLike, material: int | ArrayLike) -> Shape:
    """A sheet of quads over (R, C, 3) points; faces look along (row step) x (column step).

    material  one for all, or (R-1, C-1) one a cell
    """
    p = np.asarray(points, np.float64)
    rows, columns = p.shape[:2]
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
    b, c, d = a + columns, a + columns + 1, a + 1
    faces = np.stack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)], 1).reshape(-1, 3)
    cells = np.broadcast_to(np.asarray(material, np.uint16), (rows - 1, columns - 1)).reshape(-1)
    return Shape(p.reshape(-1, 3), faces.astype(np.int32), np.repeat(cells, 2))


def loft(rings: ArrayLike, material: int | ArrayLike, caps: bool = True) -> Shape:
    """A closed skin through (N, K, 3) rings, each a closed outline; ends closed by fans.

    material  one for all, or (N-1,) one a band; the caps take those of the end bands
    """
    r = np.asarray(rings, np.float64)
    n, k = r.shape[:2]
    bands = np.broadcast_to(np.asarray(material, np.uint16), (n - 1,))
    wrapped = np.concatenate([r, r[:, :1]], axis=1)[:, ::-1]
    parts = [grid(wrapped, np.broadcast_to(bands[:, None], (n - 1, k)))]
    if caps:
        parts += [fan(r[0, ::-1], int(bands[0])), fan(r[-1], int(bands[-1]))]
    return outward(join(parts)) if caps else parts[0]  # without caps: outward where rings turn about +step


def fan(outline: ArrayLike, material: int) -> Shape:
    """A flat star-shaped face over (K, 3) points; looks to where they run counter-clockwise."""
    p = np.asarray(outline, np.float64)
    k = len(p)
    if k == 4:
        return Shape(p, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.full(2, material, np.uint16))
    vertices = np.concatenate([p, p.mean(axis=0, keepdims=True)])
    i = np.arange(k)
    faces = np.stack([i, (i + 1) % k, np.full(k, k)], axis=1).astype(np.int32)
    return Shape(vertices, faces, np.full(k, material, np.uint16))


def outward(shape: Shape) -> Shape:
    """The closed shape with its faces turned outward."""
    return shape if shape.volume > 0 else Shape(shape.vertices, shape.faces[:, ::-1], shape.material)


_BOX_CORNERS = np.array([[x, y, z] for z in (-1.0, 1.0) for y in (-1.0, 1.0) for x in (-1.0, 1.0)])
_BOX_FACES = np.array(
    [[0, 2, 3], [0, 3, 1], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4],
     [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2], [1, 3, 7], [1, 7, 5]], np.int32,
)  # fmt: skip


def box(
    size: tuple[float, float, float],
    material: int,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    bevel: float = 0.0,
) -> Shape:
    """A box, its edges cut by `bevel` [m]."""
    hx, hy, hz = (s / 2 for s in size)
    if bevel <= 0.0:
        corners = _BOX_CORNERS * [hx, hy, hz] + np.asarray(centre)
        return Shape(corners, _BOX_FACES, np.full(12, material, np.uint16))
    b = min(bevel, hx, hy, hz)
    rings = []
    for z, inset in ((-hz, b), (-hz + b, 0.0), (hz - b, 0.0), (hz, b)):
        x, y = hx - inset, hy - inset
        cut = b * 0.999 if inset == 0.0 else 0.0
        outline = [
            [-x + cut, -y], [x - cut, -y], [x, -y + cut], [x, y - cut],
            [x - cut, y], [-x + cut, y], [-x, y - cut], [-x, -y + cut],
        ]  # fmt: skip
        rings.append(np.column_stack([outline, np.full(8, z)]))
    return loft(rings, material).moved(*centre)


def circle(radius: float, sides: int, phase: float = 0.0) -> F64:
    """(sides, 2) points, counter-clockwise."""
    a = phase + np.arange(sides) * (2 * np.pi / sides)
    return radius * np.column_stack([np.cos(a), np.sin(a)])


def revolve(profile: ArrayLike, sides: int, material: int | ArrayLike, closed: bool = False) -> Shape:
    """A profile of (N, 2) radius and height turned about z; ends on the axis or at the first point.

    material  one for all, or one a segment of the profile
    closed    join the last point to the first: a ring
    """
    p = np.asarray(profile, np.float64)
    if closed:
        p = np.concatenate([p, p[:1]])
    turn = np.concatenate([circle(1.0, sides), circle(1.0, 1)])
    points = np.concatenate(
        [p[:, None, :1] * turn[None], np.broadcast_to(p[:, None, 1:], (len(p), sides + 1, 1))], axis=2
    )
    bands = np.broadcast_to(np.asarray(material, np.uint16), (len(p) - 1,))
    skin = grid(points, np.broadcast_to(bands[:, None], (len(p) - 1, sides)))
    return outward(skin)


def tube(
    path: ArrayLike, radius: float | ArrayLike, material: int, sides: int = 8, caps: bool = True
) -> Shape:
    """A round bar along (N, 3) points; its rings keep their turn from point to point."""
    p = np.asarray(path, np.float64)
    r = np.broadcast_to(np.asarray(radius, np.float64), (len(p),))
    tangent = np.gradient(p, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    side = np.cross(tangent[0], [0.0, 0.0, 1.0] if abs(tangent[0, 2]) < 0.9 else [1.0, 0.0, 0.0])
    rings = []
    for point, forward, size in zip(p, tangent, r, strict=True):
        side = side - forward * (side @ forward)
        side = side / np.linalg.norm(side)
        up = _across(forward, side)
        ring = circle(size, sides)
        rings.append(point + ring[:, :1] * side + ring[:, 1:] * up)
    return loft(np.stack(rings), material, caps)


def _across(a: F64, b: F64) -> F64:
    """a x b of two vectors, to the last bit that of np.cross, which takes twenty times as long."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def stations(
    x: ArrayLike, outline: Callable[[float], F64], material: int | ArrayLike, caps: bool = True
) -> Shape:
    """A loft along x: `outline(x)` gives the (K, 2) y, z points of the section there."""
    rings = []
    for at in np.asarray(x, np.float64):
        section = outline(float(at))
        rings.append(np.column_stack([np.full(len(section), at), section]))
    return loft(np.stack(rings), material, caps)


def ellipsoid(
    radii: tuple[float, float, float],
    material: int,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rows: int = 8,
    sides: int = 12,
) -> Shape:
    """A turned half circle, stretched."""
    a = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    ball = revolve(np.column_stack([np.cos(a), np.sin(a)]), sides, material)
    return ball.scaled(*radii).moved(*centre)


def barrel(sections: ArrayLike, material: int | ArrayLike, sides: int = 12, power: float = 2.0) -> Shape:
    """A closed skin through ellipses stacked along z.

    sections  (N, 5) rows: centre x, centre y, z, half length (x), half width (y)
    power     2 is an ellipse, larger ones are boxier (superellipse)
    """
    s = np.asarray(sections, np.float64)
    unit = circle(1.0, sides, np.pi / sides)
    unit = np.sign(unit) * np.abs(unit) ** (2.0 / power)
    rings = np.empty((len(s), sides, 3))
    rings[:, :, :2] = s[:, None, :2] + unit[None] * s[:, None, 3:]
    rings[:, :, 2] = s[:, 2:3]
    return loft(rings, material)


def plate(outline: ArrayLike, thickness: float, material: int, back: int | None = None) -> Shape:
    """A star-shaped (K, 2) outline in y, z as a sheet of metal; its front lies at x = 0 and looks to +x."""
    p = np.asarray(outline, np.float64)
    front = np.column_stack([np.zeros(len(p)), p])
    rear = np.column_stack([np.full(len(p), -thickness), p])
    solid = loft(np.stack([rear, front]), material)
    if back is None:
        return solid
    normal_x = np.cross(
        solid.vertices[solid.faces[:, 1]] - solid.vertices[solid.faces[:, 0]],
        solid.vertices[solid.faces[:, 2]] - solid.vertices[solid.faces[:, 0]],
    )[:, 0]
    kind = np.where(normal_x > 1e-12, material, back).astype(np.uint16)
    return Shape(solid.vertices, solid.faces, kind)
