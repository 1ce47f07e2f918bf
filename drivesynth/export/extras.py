"""drivesynth/frames/NNNNNN.json: what is true of a frame beyond any format's rules.

All actors stand in it, hidden ones too, with native classes, exact boxes, visibility per camera and
returns per LiDAR. Boxes are in the frame of the labels, `world_from_vehicle` in the world's. A number
that is infinite (a time to collision where there is none) is null.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import numpy as np

from drivesynth.arrays import F64
from drivesynth.assets.classes import CLASS_ID, CLASSES
from drivesynth.errors import RequestError
from drivesynth.truth.model import ActorTruth, Box3D, View

DECIMALS = 6  # micrometres and microradians


@dataclass(frozen=True)
class FrameNotes:
    """The content of the file.

    criticality  actor -> figure -> value, inf where undefined
    signals      arm -> what its signals show
    """

    frame: str
    scene: str
    variant: int
    scenario_sha256: str
    time_s: float
    world_from_vehicle: F64
    criticality: Mapping[str, Mapping[str, float]]
    actors: tuple[ActorTruth, ...]
    signals: Mapping[str, str] = field(default_factory=dict)


def encode(notes: FrameNotes) -> bytes:
    """As JSON, one actor a line."""
    head = {name: getattr(notes, name) for name in ("frame", "scene", "variant", "scenario_sha256")}
    head |= {
        "time_s": notes.time_s,
        "world_from_vehicle": notes.world_from_vehicle,
        "criticality": notes.criticality,
    }
    if notes.signals:
        head["signals"] = notes.signals
    lines = [f"{json.dumps(key)}: {_compact(value)}" for key, value in head.items()]
    actors = ",\n  ".join(_compact(_actor(truth)) for truth in notes.actors)
    lines.append(f'"actors": [\n  {actors}\n]' if actors else '"actors": []')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def decode(data: bytes, name: str = "frames") -> FrameNotes:
    """The notes that `encode` wrote, to its six decimals; RequestError where it did not write them."""
    try:
        return _notes(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError(f"{name}: not the notes of a frame ({error})") from None


def _notes(document: dict[str, Any]) -> FrameNotes:
    actors = tuple(_truth(row) for row in document.pop("actors"))
    document["world_from_vehicle"] = np.array(document["world_from_vehicle"])
    document["criticality"] = {
        actor: {figure: math.inf if value is None else value for figure, value in figures.items()}
        for actor, figures in document["criticality"].items()
    }
    return FrameNotes(**document, actors=actors)


def _actor(truth: ActorTruth) -> dict[str, Any]:
    return vars(truth) | {"kitti": CLASSES[CLASS_ID[truth.class_name]].kitti}


def _truth(row: dict[str, Any]) -> ActorTruth:
    row.pop("kitti")
    box = row.pop("box")
    box["bottom_center_m"] = np.array(box["bottom_center_m"])
    views = {
        camera: View(**{name: _tuple(value) for name, value in view.items()})
        for camera, view in row.pop("views").items()
    }
    row["world_from_vehicle"] = np.array(row["world_from_vehicle"])
    row["size_m"] = _tuple(row["size_m"])
    return ActorTruth(**row, box=Box3D(**box), views=views)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _compact(value: Any) -> str:
    return json.dumps(_plain(value), separators=(", ", ": "), allow_nan=False)


def _plain(value: Any) -> Any:
    """As JSON has it. A frame has thousands of values: the commonest kinds are asked for first."""
    kind = type(value)
    if kind is float:
        return round(value, DECIMALS) + 0.0 if math.isfinite(value) else None
    if kind is str or kind is int or value is None:
        return value
    if kind is tuple or kind is list:
        return [_plain(inner) for inner in value]
    if kind is np.ndarray:
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, float):  # numpy's
        return _plain(float(value))
    return _plain(vars(value)) if is_dataclass(value) else value
