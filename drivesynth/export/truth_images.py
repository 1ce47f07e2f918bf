"""Images of truth beside a dataset, for each camera of the rig: `drivesynth/KIND_CAMERA/NNNNNN.png`.

    depth, instance   as always written for image_2
    semantic          8 bit, Cityscapes ids
    panoptic          COCO's: red + 256 green + 65536 blue is a segment's id, and .json lists the segments
    normals, albedo   see `export.images`
    flow_occ, flow_noc       KITTI's optical flow; noc leaves out what the next picture does not show
    disp_occ_0, disp_occ_1   with flow_occ KITTI's scene flow: disparity now, and then of the same points
    masks             .json: COCO's run-length masks, visible and amodal, of every actor

CAMERA is what follows `image_` in the camera's name, or the whole name. Kirillov et al., "Panoptic
Segmentation", CVPR 2019; format: COCO's data page, as `panopticapi` and `pycocotools` read it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drivesynth.arrays import I64, Bool
from drivesynth.export import images, png
from drivesynth.truth.cityscapes import NAMES, THINGS
from drivesynth.truth.pixels import PixelTruth


def place(kind: str, camera: str) -> str:
    """The folder of a kind's images of a camera."""
    return f"drivesynth/{kind}_{camera.removeprefix('image_')}"


def encode(
    pixels: Mapping[str, PixelTruth], kinds: Sequence[str], actors: Sequence[str], name: str
) -> dict[str, bytes]:
    """Path inside the dataset -> bytes of what was asked of a frame; `actors` are the names of all rows."""
    files: dict[str, bytes] = {}
    for camera, truth in pixels.items():

        def put(kind: str, data: bytes, suffix: str = "png", camera: str = camera) -> None:
            files[f"{place(kind, camera)}/{name}.{suffix}"] = data

        if "depth" in kinds:
            put("depth", images.encode_depth(truth.depth_m))
        if "instance" in kinds:
            put("instance", images.encode_instance(truth.actor))
        if "semantic" in kinds:
            put("semantic", images.encode_ids(truth.semantic))
        if "panoptic" in kinds:
            ids = panoptic(truth)
            coded = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
            put("panoptic", png.encode(coded, against="above"))
            put("panoptic", _json(segments(ids, actors, name)), "json")
        if truth.normals is not None:
            put("normals", images.encode_normals(truth.normals))
        if truth.albedo is not None:
            put("albedo", images.encode_albedo(truth.albedo))
        if (flow := truth.flow) is not None:
            there = np.asarray(np.isfinite(flow.flow_px).all(axis=-1))
            put("flow_occ", images.encode_flow(flow.flow_px, there))
            put("flow_noc", images.encode_flow(flow.flow_px, there & flow.visible))
            if "scene_flow" in kinds and np.isfinite(flow.disparity_px).any():
                put("disp_occ_0", images.encode_disparity(flow.disparity_px))
                put("disp_occ_1", images.encode_disparity(flow.next_disparity_px))
        if "masks" in kinds:
            put("masks", _json(masks(truth, actors, name)), "json")
    return files


def panoptic(truth: PixelTruth) -> I64:
    """(H, W) segment ids: the Cityscapes id, of things times 1000 plus the actor's row."""
    ids = truth.semantic.astype(np.int64)
    thing = np.isin(truth.semantic, list(THINGS)) & (truth.actor >= 0)
    return np.where(thing, 1000 * ids + truth.actor, ids)


def segments(ids: I64, actors: Sequence[str], name: str) -> dict[str, Any]:
    """COCO's annotation of a panoptic image."""
    rows = []
    for one in np.unique(ids).tolist():
        if one == 0:
            continue
        shown = ids == one
        category = one // 1000 if one >= 1000 else one
        row = {"id": one, "category_id": category, "category": NAMES[category]}
        if one >= 1000:
            row["actor"] = actors[one % 1000]
        row |= {
            "isthing": int(one >= 1000),
            "area": int(shown.sum()),
            "bbox": _bounds(shown),
            "iscrowd": 0,
        }
        rows.append(row)
    return {"image_id": name, "file_name": f"{name}.png", "segments_info": rows}


def masks(truth: PixelTruth, actors: Sequence[str], name: str) -> dict[str, Any]:
    """Every actor's visible and amodal mask, clipped to the picture, in COCO's uncompressed run lengths."""
    height, width = truth.actor.shape
    rows = []
    for actor, mask in truth.masks.items():
        amodal, visible = (mask.whole(part, height, width) for part in (mask.amodal, mask.visible))
        rows.append(
            {
                "actor": actors[actor],
                "row": actor,
                "amodal": run_lengths(amodal),
                "visible": run_lengths(visible),
                "amodal_px": int(amodal.sum()),
                "visible_px": int(visible.sum()),
                "amodal_bbox": _bounds(amodal),
            }
        )
    return {"image_id": name, "masks": rows}


def run_lengths(mask: Bool) -> dict[str, Any]:
    """COCO's: column by column, so many pixels off, then on, then off."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}


def mask_of(runs: Mapping[str, Any]) -> Bool:
    """The (H, W) mask that `run_lengths` wrote."""
    counts = runs["counts"]
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return flat.reshape(runs["size"], order="F")


def _bounds(mask: Bool) -> list[int]:
    """Left, top, width and height."""
    x, y = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return [int(x[0]), int(y[0]), int(x[-1] - x[0] + 1), int(y[-1] - y[0] + 1)]


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, separators=(",", ":")) + "\n").encode()
