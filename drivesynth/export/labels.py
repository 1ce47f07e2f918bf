"""KITTI's label_2/NNNNNN.txt: one object a line, fifteen fields, single spaces.

    type truncated occluded alpha left top right bottom height width length x y z rotation_y

Readme of the object development kit. The box stands in rectified camera 0 coordinates, x y z is the
middle of its bottom face, and rotation_y turns about the camera's y axis (down). KITTI's `occluded`
was set by people without a published threshold; ours follows from the visible share of the
object's silhouette.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivesynth.assets.classes import CLASS_ID, CLASSES
from drivesynth.errors import Place, RequestError
from drivesynth.geometry.transforms import wrap_angle
from drivesynth.truth.model import ActorTruth

# Least visible share of the silhouette for occluded 0, 1 and 2; below the last it is 3.
VISIBLE_SHARES = (0.80, 0.50, 0.15)
TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare")


@dataclass(frozen=True)
class Label:
    """One line of a label file.

    box_px      left, top, right, bottom; pixel centres at integers
    size_m      height, width, length
    location_m  x, y, z of the middle of the bottom face, rectified camera 0
    score       of a detection; None in ground truth
    """

    type: str
    truncated: float
    occluded: int
    alpha_rad: float
    box_px: tuple[float, float, float, float]
    size_m: tuple[float, float, float]
    location_m: tuple[float, float, float]
    rotation_y_rad: float
    score: float | None = None

    @property
    def cares(self) -> bool:
        """False for a DontCare region."""
        return self.type != "DontCare"


def dont_care(box_px: tuple[float, float, float, float]) -> Label:
    """A region in which a detector is neither rewarded nor punished."""
    return Label("DontCare", -1.0, -1, -10.0, box_px, (-1.0,) * 3, (-1000.0,) * 3, -10.0)


# Readers of the object benchmark stumble over an empty file, so a frame without objects says this.
NOTHING = dont_care((0.0, 0.0, 0.0, 0.0))


def labels(truths: Iterable[ActorTruth], camera: str, sweep: str) -> list[Label]:
    """Rows of the actors that the camera's picture contains, nearest first, then DontCare regions.

    An actor of a class KITTI does not know has no row. One without a visible pixel has none either,
    unless it gave returns: a detector may find it, so its silhouette is a DontCare region.
    """
    objects: list[tuple[float, str, Label]] = []
    regions: list[tuple[float, str, Label]] = []
    for truth in truths:
        kitti_type = CLASSES[CLASS_ID[truth.class_name]].kitti
        view = truth.views.get(camera)
        if not kitti_type or view is None or view.amodal_box_px is None:
            continue
        x, y, z = (float(value) for value in truth.box.bottom_center_m)
        order = (math.hypot(x, z), truth.name)
        if view.visible_px:
            box = truth.box
            label = Label(
                kitti_type,
                view.truncated_ratio,
                occluded_level(view.visible_ratio),
                float(wrap_angle(box.rotation_y_rad - math.atan2(x, z))),
                view.amodal_box_px,
                (box.height_m, box.width_m, box.length_m),
                (x, y, z),
                box.rotation_y_rad,
            )
            objects.append((*order, label))
        elif truth.lidar_points.get(sweep, 0):
            regions.append((*order, dont_care(view.amodal_box_px)))
    objects.sort(key=lambda item: item[:2])
    regions.sort(key=lambda item: item[:2])
    return [label for *_, label in objects + regions]


def occluded_level(visible_ratio: float) -> int:
    """0 fully visible, 1 partly, 2 largely occluded, 3 hardly anything shows."""
    return next((level for level, least in enumerate(VISIBLE_SHARES) if visible_ratio >= least), 3)


def encode(rows: Sequence[Label]) -> bytes:
    """The file's bytes: objects first, DontCare last, never empty, two decimals."""
    ordered = sorted(rows, key=lambda label: not label.cares) or [NOTHING]
    return "".join(_line(label) + "\n" for label in ordered).encode()


def decode(data: bytes, name: str = "label_2") -> list[Label]:
    """The rows of any KITTI-style label or result file, in the file's order."""
    rows = []
    for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        place = Place(name, number)
        if len(words) not in (15, 16):
            raise RequestError(f"{len(words)} fields; a label has 15, a result 16", place=place)
        try:
            values = [float(word) for word in words[1:]]
            occluded = int(values[1])
        except ValueError as error:
            raise RequestError(f"{error}", place=place) from None
        rows.append(
            Label(
                words[0],
                values[0],
                occluded,
                values[2],
                (values[3], values[4], values[5], values[6]),
                (values[7], values[8], values[9]),
                (values[10], values[11], values[12]),
                values[13],
                values[14] if len(values) > 14 else None,
            )
        )
    return rows


def _line(label: Label) -> str:
    if not label.cares:
        # Whole numbers, as in KITTI's own files; only the region says something.
        box = " ".join(_number(value) for value in label.box_px)
        return f"DontCare -1 -1 -10 {box} -1 -1 -1 -1000 -1000 -1000 -10"
    numbers = (*label.box_px, *label.size_m, *label.location_m, label.rotation_y_rad)
    score = () if label.score is None else (label.score,)
    return f"{label.type} {_number(label.truncated)} {label.occluded} {_number(label.alpha_rad)} " + " ".join(
        _number(value) for value in (*numbers, *score)
    )


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"  # + 0.0 turns -0.0 into 0.0
