"""What an off-the-shelf detector finds in our pictures, and what in KITTI's own, by the same measure.

    npm pack @mediapipe/objectron
    python tools/detector_recall.py mediapipe-objectron-*.tgz [SCENE…] [--variants 2] [--frames 3]

The package ships an SSD with MobileNet V2, trained on Open Images V4 (24 classes, Apache 2.0): its assets
are read from the archive, nothing is installed. OpenCV runs the network; anchors and decoding are those of
Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016, with scales of 0.2 to 0.95 over six layers. It
looks at squares of the picture, whole in height and half of that, so that who is far away is large enough.

Recall: of the objects labelled unoccluded and hardly truncated within 30 m, the share that a detection of
their kind overlaps by IoU 0.4. Real pictures and labels lie in $DRIVESYNTH_REAL, else in ../shared/real.
"""

import argparse
import json
import os
import struct
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from drivesynth.arrays import F32, F64, U8
from drivesynth.dataset.draw import kept_times_s
from drivesynth.export.labels import Label, decode, labels
from drivesynth.scene import catalogue, load
from drivesynth.scene.rig import load_rig
from drivesynth.sensors.camera import Quality
from drivesynth.sensors.render import observe
from drivesynth.study.variants import accept
from drivesynth.truth.label import actors

ASSETS, LOADER = "objectron_solution_packed_assets.data", "objectron_solution_packed_assets_loader.js"
MODEL = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
INPUT = 300
LAYERS = ((19, 3), (10, 6), (5, 6), (3, 6), (2, 6), (1, 6))  # cells along a side, anchors of each
KINDS = {"person": (4,), "car": (18, 23)}  # rows of the package's label map: Person; Vehicle, Car
LABELS = {"Pedestrian": "person", "Car": "car", "Van": "car"}
SCORES = (0.3, 0.5)
IOU, FARTHEST_M, TRUNCATED = 0.4, 30.0, 0.15
REAL = ("kitti", "kitti_images_only")
BY_DAY = {"night", "dusk", "fog", "rain", "snow", "tunnel"}  # tags of scenes that are not taken

Found = tuple[F64, F64]  # (N, 4) boxes left, top, right, bottom [px]; (N,) scores
Pictures = Iterable[tuple[U8, list[Label]]]


def model_in(archive: Path) -> bytes:
    """The network's file, from the archive as `npm pack` leaves it."""
    with tarfile.open(archive) as package:
        loader = package.extractfile(f"package/{LOADER}")
        assets = package.extractfile(f"package/{ASSETS}")
        if loader is None or assets is None:
            raise SystemExit(f"{archive} holds no {ASSETS}")
        text, data = loader.read().decode(), assets.read()
    listed, _ = json.JSONDecoder().raw_decode(text, text.index('{"files"'))
    for file in listed["files"]:
        if file["filename"].endswith(MODEL):
            return data[file["start"] : file["end"]]
    raise SystemExit(f"{archive} holds no {MODEL}")


def places_last(model: bytes) -> bytes:
    """The network with the step that ends in the places put last: OpenCV keeps what the last step makes.

    A file of FlatBuffers (TensorFlow Lite's schema): a graph is the third field of the model, and has outputs
    as its third, steps as its fourth; a step's outputs are its third.
    """
    turned = bytearray(model)

    def at(place: int, form: str = "<I") -> int:
        return int(struct.unpack_from(form, turned, place)[0])

    def field(table: int, number: int) -> int:
        place = table + at(table - at(table, "<i") + 4 + 2 * number, "<H")
        return place + at(place)

    graphs = field(at(0), 2)
    graph = graphs + 4 + at(graphs + 4)
    outputs, steps = field(graph, 2), field(graph, 3)
    wanted = {at(outputs + 4 * k, "<i") for k in range(1, at(outputs) + 1)}
    slots = [steps + 4 * k for k in range(1, at(steps) + 1)]
    tables = [slot + at(slot) for slot in slots]
    ends = [table for table in tables if at(field(table, 2) + 4, "<i") in wanted]
    first = tables.index(ends[0])
    for slot, table in zip(slots, [*tables[:first], *tables[first + 1 :], tables[first]], strict=True):
        struct.pack_into("<I", turned, slot, table - slot)
    return bytes(turned)


def anchors() -> F64:
    """(1917, 4) middles and sizes of the anchors over a square of side 1."""
    scales = [0.2 + 0.15 * k for k in range(6)] + [1.0]
    rows = []
    for k, (cells, _) in enumerate(LAYERS):
        sides = [
            (s * np.sqrt(r), s / np.sqrt(r))
            for s, r in ((scales[k], 1.0), (scales[k], 2.0), (scales[k], 0.5))
        ]
        if k == 0:  # the finest layer has three
            sides[0] = 0.1, 0.1
        else:
            sides += [(scales[k] * np.sqrt(r), scales[k] / np.sqrt(r)) for r in (3.0, 1.0 / 3.0)]
            sides.append((np.sqrt(scales[k] * scales[k + 1]),) * 2)
        middles = (np.arange(cells) + 0.5) / cells
        rows += [(x, y, w, h) for y in middles for x in middles for w, h in sides]
    return np.array(rows)


def in_order(coded: F32) -> F32:
    """(1917, 4) coded places as TensorFlow Lite has them.

    OpenCV 5.0 hands them out layer by layer with the number of anchors a cell has turned outermost: told by
    comparing its values with TensorFlow Lite's own.
    """
    flat, first, rows = coded.reshape(-1), 0, []
    for cells, count in LAYERS:
        last = first + 4 * count * cells**2
        rows.append(flat[first:last].reshape(count, -1).T.reshape(-1, 4))
        first = last
    return np.concatenate(rows)


class Detector:
    """The network with its decoding."""

    def __init__(self, model: bytes) -> None:
        self.classes = cv2.dnn.readNetFromTFLite(np.frombuffer(model, np.uint8))
        self.places = cv2.dnn.readNetFromTFLite(np.frombuffer(places_last(model), np.uint8))
        self.anchors = anchors()

    def find(self, bgr: U8) -> dict[str, Found]:
        """What is found in a picture, by kind."""
        boxes, scores = [], []
        for left, top, side in squares(bgr.shape[0], bgr.shape[1]):
            blob = cv2.dnn.blobFromImage(
                bgr[top : top + side, left : left + side],
                1 / 127.5,
                (INPUT, INPUT),
                (127.5,) * 3,
                swapRB=True,
            )
            self.places.setInput(blob)
            self.classes.setInput(blob)
            coded, logits = self.places.forward(), self.classes.forward()
            boxes.append(
                self.decoded(in_order(np.asarray(coded, np.float32))) * side + [left, top, left, top]
            )
            scores.append(1.0 / (1.0 + np.exp(-logits.reshape(-1, 24).astype(np.float64))))
        box, score = np.concatenate(boxes), np.concatenate(scores)
        return {kind: best(box, score[:, list(rows)].max(axis=1)) for kind, rows in KINDS.items()}

    def decoded(self, coded: F32) -> F64:
        """(N, 4) left, top, right, bottom over the square's side."""
        x, y, w, h = self.anchors.T
        mid_y, mid_x = coded[:, 0] / 10 * h + y, coded[:, 1] / 10 * w + x
        tall, wide = h * np.exp(coded[:, 2] / 5), w * np.exp(coded[:, 3] / 5)
        return np.stack([mid_x - wide / 2, mid_y - tall / 2, mid_x + wide / 2, mid_y + tall / 2], axis=1)


def squares(height: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Left, top and side of overlapping squares over a picture."""
    for side, tops in ((height, (0,)), (height // 2, (height // 3,))):
        for top in tops:
            for left in np.linspace(0, width - side, 2 * round(width / side)).astype(int).tolist():
                yield left, top, side


def best(boxes: F64, scores: F64, least: float = SCORES[0]) -> Found:
    """Boxes of local maxima: others that overlap them by half are left out."""
    keep = scores >= least
    boxes, scores = boxes[keep], scores[keep]
    sides = np.column_stack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    chosen = np.asarray(cv2.dnn.NMSBoxes(sides.tolist(), scores.tolist(), least, 0.5), dtype=int).reshape(-1)
    return boxes[chosen], scores[chosen]


def overlap(box: F64, boxes: F64) -> F64:
    """(N,) intersection over union of one box with (N, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / (area - shared))


def wanted(row: Label) -> bool:
    """Whether an object counts: unoccluded, hardly truncated, near."""
    near = row.location_m[2] <= FARTHEST_M and row.truncated <= TRUNCATED
    return row.type in LABELS and row.occluded == 0 and near


def judged(detector: Detector, pictures: Pictures) -> list[str]:
    """Lines of the table: pictures, then objects and the share of them that is found at each score."""
    told: dict[str, list[float]] = defaultdict(list)  # best score of a detection that fits each object
    false: dict[str, int] = defaultdict(int)
    count = 0
    for rgb, rows in pictures:
        found, count = detector.find(np.ascontiguousarray(rgb[..., ::-1])), count + 1
        for kind, (boxes, scores) in found.items():
            own = [np.array(row.box_px) for row in rows if LABELS.get(row.type, "") == kind]
            fits = np.array([overlap(box, boxes) >= IOU for box in own]).reshape(len(own), len(boxes))
            known = [row for row in rows if LABELS.get(row.type, "") == kind]
            for row, fit in zip(known, fits, strict=True):
                if wanted(row):
                    told[kind].append(float(scores[fit].max(initial=0.0)))
            every = [np.array(row.box_px) for row in rows]
            near = np.array([overlap(box, boxes) >= 0.2 for box in every]).reshape(len(every), len(boxes))
            false[kind] += int((~near.any(axis=0) & (scores >= SCORES[1])).sum())
    lines = [f"{count} pictures"]
    for kind in KINDS:
        got = np.array(told[kind])
        shares = "".join(f" {(got >= score).mean() if len(got) else np.nan:9.2f}" for score in SCORES)
        lines.append(f"{kind:8} {len(got):8d}{shares} {false[kind] / max(count, 1):9.2f}")
    return lines


def real(root: Path) -> Pictures:
    """KITTI's left pictures with their labels."""
    for folder in REAL:
        for path in sorted((root / folder / "image_2").glob("*.png")):
            told = root / folder / "label_2" / f"{path.stem}.txt"
            bgr = cv2.imread(str(path))
            if bgr is not None and told.exists():
                yield np.ascontiguousarray(bgr[..., ::-1]), decode(told.read_bytes())


def ours(scenes: list[str], variants: int, frames: int, quality: Quality) -> Pictures:
    """Pictures of scenes by day with their labels, at times spread over what each scene keeps."""
    rig = load_rig("kitti_mono")
    for scene, variant in ((scene, variant) for scene in scenes for variant in range(variants)):
        draw = accept(load(scene), None, variant)  # as a dataset draws: what breaks a rule is drawn again
        if draw is None:
            continue
        rollout = draw.rollout
        times = kept_times_s(rollout, None)
        for number in np.linspace(0, len(times) - 1, frames + 2).astype(int)[:-2]:
            seen = observe(rollout, float(times[number]), rig, quality, os.cpu_count() or 1)
            sweep = next(iter(seen.frame.sweeps))
            yield seen.frame.images["image_2"].rgb, labels(actors(seen, rollout), "image_2", sweep)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path, help="as `npm pack @mediapipe/objectron` leaves it")
    parser.add_argument("scenes", nargs="*", help="default: the catalogue's scenes by day")
    parser.add_argument("--variants", type=int, default=1, help="of each scene")
    parser.add_argument("--frames", type=int, default=2, help="of each variant")
    parser.add_argument("--quality", default="standard", choices=("draft", "standard", "high"))
    asked = parser.parse_args()
    detector = Detector(model_in(asked.archive))
    by_day = [str(e.path) for e in catalogue.entries() if not BY_DAY & set(e.tags)]
    root = Path(os.environ.get("DRIVESYNTH_REAL", Path(__file__).resolve().parents[2] / "shared" / "real"))
    print(f"{'':8} {'objects':>8} {'at 0.3':>9} {'at 0.5':>9} {'false':>9}  (a picture, at 0.5)")
    for name, pictures in (
        ("real", real(root)),
        ("ours", ours(asked.scenes or by_day, asked.variants, asked.frames, asked.quality)),
    ):
        print(name, *judged(detector, pictures), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
