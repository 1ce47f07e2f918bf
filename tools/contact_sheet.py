"""Pictures of every asset from four sides, to be looked at.

    python tools/contact_sheet.py 'car/*' -o /tmp/cars.png --looks 2
    python tools/contact_sheet.py --set gait_rad=1.2 --set stride_m=1.4 'pedestrian/*'

Sun from the upper left, a pale sky, shadows, no textures: shape and colour, nothing flattering.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import open3d as o3d

from drivesynth.arrays import F32, F64, U8
from drivesynth.assets.catalogue import build, match
from drivesynth.assets.materials import material_table
from drivesynth.assets.model import Model
from drivesynth.geometry.mesh import moved

VIEWS_DEG = ((35.0, 12.0), (-90.0, 4.0), (0.0, 5.0), (-145.0, 18.0))
SUN = np.array([0.45, 0.55, 0.70]) / np.linalg.norm([0.45, 0.55, 0.70])
SKY = np.array([0.62, 0.72, 0.85])


def tensor(array: np.ndarray[Any, Any]) -> Any:
    """The array as Open3D takes it; its stubs do not know numpy."""
    make: Any = o3d.core.Tensor
    return make(array)


def scene_of(model: Model, channels: Mapping[str, float]) -> tuple[o3d.t.geometry.RaycastingScene, F32, F32]:
    """The model's triangles, with (F, 3) albedo and (F, 3, 3) shading normals per face, the ground last."""
    table = material_table()
    scene = o3d.t.geometry.RaycastingScene()
    vertices, faces, albedo, normals, offset = [], [], [], [], 0
    for part, pose in zip(model.parts, model.poses(channels), strict=True):
        mesh = moved(part.mesh, pose)
        tinted = table.tinted[mesh.face_material][:, None] == 1
        albedo.append(np.where(tinted, np.asarray(part.tint_rgb), table.rgb[mesh.face_material]))
        normals.append(mesh.normals[mesh.faces])
        vertices.append(mesh.vertices)
        faces.append(mesh.faces + offset)
        offset += len(mesh.vertices)
    ground = 60.0 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    vertices.append(ground)
    faces.append(np.array([[0, 1, 2], [0, 2, 3]]) + offset)
    albedo.append(np.full((2, 3), 0.12))
    normals.append(np.broadcast_to(np.array([0.0, 0.0, 1.0]), (2, 3, 3)))
    scene.add_triangles(
        tensor(np.concatenate(vertices).astype(np.float32)),
        tensor(np.concatenate(faces).astype(np.uint32)),
    )
    return scene, np.concatenate(albedo).astype(np.float32), np.concatenate(normals).astype(np.float32)


def picture(
    model: Model,
    azimuth_deg: float,
    elevation_deg: float,
    pixels: tuple[int, int],
    channels: Mapping[str, float],
) -> U8:
    """(H, W, 3) BGR picture of the model, its box filling the frame."""
    scene, albedo, normals = scene_of(model, channels)
    length, width, height = model.size_m
    aim = np.array([0.0, 0.0, height / 2])
    reach = 0.5 * float(np.sqrt(length**2 + width**2 + height**2))
    az, el = np.radians([azimuth_deg, elevation_deg])
    back = np.array([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)])
    eye = aim + back * reach * 5.0
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    wide, high = (2 * n for n in pixels)  # four samples a pixel
    half = _half_extent(model, right, up, aim) * 1.08
    scale = max(half[0] / wide, half[1] / high) * 2 / (reach * 5.0)
    u = (np.arange(wide) + 0.5 - wide / 2) * scale
    v = (high / 2 - np.arange(high) - 0.5) * scale
    rays = -back + u[None, :, None] * right + v[:, None, None] * up
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    origins = np.broadcast_to(eye, rays.shape)
    hit = scene.cast_rays(tensor(np.concatenate([origins, rays], axis=2).astype(np.float32)))
    t, face, uv = (hit[key].numpy() for key in ("t_hit", "primitive_ids", "primitive_uvs"))
    seen = np.isfinite(t)
    face = np.where(seen, face, 0)
    corner = normals[face]
    n = corner[..., 0, :] * (1 - uv.sum(2, keepdims=True)) + corner[..., 1, :] * uv[..., :1]
    n = n + corner[..., 2, :] * uv[..., 1:]
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    n = np.where(np.sum(n * rays, axis=2, keepdims=True) > 0, -n, n)
    points = origins + rays * np.where(seen, t, 0.0)[..., None]
    shadow = np.concatenate([points + n * 4e-3, np.broadcast_to(SUN, points.shape)], axis=2)
    lit = ~np.isfinite(scene.cast_rays(tensor(shadow.astype(np.float32)))["t_hit"].numpy())
    sun = np.clip(n @ SUN, 0, None) * lit
    light = 1.55 * sun[..., None] * [1.0, 0.96, 0.88] + (0.30 + 0.25 * n[..., 2:]) * SKY
    colour = np.where(seen[..., None], albedo[face] * light, SKY)
    colour = colour.reshape(pixels[1], 2, pixels[0], 2, 3).mean(axis=(1, 3))
    srgb = 255.0 * np.clip(colour, 0, 1) ** (1 / 2.2)
    return np.ascontiguousarray(srgb[..., ::-1]).astype(np.uint8)


def _half_extent(model: Model, right: F64, up: F64, aim: F64) -> F64:
    length, width, height = model.size_m
    corners = np.array(
        [[x, y, z] for x in (-length / 2, length / 2) for y in (-width / 2, width / 2) for z in (0, height)]
    )
    across = np.stack([(corners - aim) @ right, (corners - aim) @ up], axis=1)
    return np.asarray(np.abs(across).max(axis=0), np.float64)


def sheet(names: tuple[str, ...], looks: int, pixels: tuple[int, int], channels: Mapping[str, float]) -> U8:
    """One row per asset and look, one column per side, each row named."""
    rows = []
    for name in names:
        for look in range(looks):
            model = build(name, look)
            views = [picture(model, a, e, pixels, channels) for a, e in VIEWS_DEG]
            row = np.concatenate(views, axis=1)
            count = sum(len(part.mesh.faces) for part in model.parts)
            text = f"{name} look {look}  {' x '.join(f'{s:.2f}' for s in model.size_m)} m  {count} triangles"
            cv2.putText(row, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
            rows.append(row)
    return np.concatenate(rows, axis=0)


def main() -> None:
    """Parse the words, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("-o", "--out", type=Path, default=Path("contact_sheet.png"))
    parser.add_argument("--looks", type=int, default=1, help="looks of each asset")
    parser.add_argument("--width", type=int, default=300, help="pixels of one view")
    parser.add_argument("--height", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], metavar="CHANNEL=VALUE")
    words = parser.parse_args()
    names = tuple(dict.fromkeys(name for pattern in words.patterns for name in match(pattern)))
    channels = {key: float(value) for key, value in (item.split("=") for item in words.set)}
    cv2.imwrite(str(words.out), sheet(names, words.looks, (words.width, words.height), channels))
    print(words.out)


if __name__ == "__main__":
    main()
