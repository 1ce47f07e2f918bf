"""Scenes as strips, to be looked at: eight moments from above, camera frames of every second one beneath.

    python tools/strips.py -o /tmp/strips                       # every shipped edge case, one PNG each
    python tools/strips.py 'junction/*' -o /tmp/strips --seed 3 --variant 1

From above the ego drives up the page. Boxes are actors with where they were in the last two seconds and
where they will be in one; red edges brake, orange ones indicate.
"""

import argparse
from fnmatch import fnmatchcase
from pathlib import Path

import cv2
import numpy as np
import shapely
from scene_table import half_size

from drivesynth.api import load, render
from drivesynth.arrays import F64, U8
from drivesynth.assets.model import LIGHTS
from drivesynth.road import network as roads
from drivesynth.road.network import RoadNetwork
from drivesynth.scene import catalogue
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.study.variants import accept
from drivesynth.world import metrics
from drivesynth.world.criticality import scope_of
from drivesynth.world.rollout import Rollout
from drivesynth.world.series import Series, of_rollout
from drivesynth.world.times import HALF_SWEEP_S, event_s

MOMENTS, WIDTH_PX, HEIGHT_PX = 8, 236, 520
AHEAD_M, BEHIND_M = 62.0, 16.0
PX_PER_M = HEIGHT_PX / (AHEAD_M + BEHIND_M)
LEAD_S, AFTER_S = 4.5, 0.5
TRAIL_S, COMES_S = 2.0, 1.0
# BGR, of an overcast day from above.
GROUND = (70, 96, 78)
LANES = {
    "drive": (92, 90, 88), "bus": (92, 86, 96), "parking": (104, 102, 99), "shoulder": (100, 98, 96),
    "cycleway": (78, 74, 128), "sidewalk": (150, 150, 152), "verge": (72, 112, 84), "median": (84, 112, 96),
}  # fmt: skip
EGO, WALKER, RIDER, CAR, THING = (
    (240, 240, 240), (60, 200, 255), (255, 190, 60), (210, 150, 120), (120, 140, 200),
)  # fmt: skip
_BRAKE = np.uint32(1 << LIGHTS.index("brake"))
_INDICATE = np.uint32((1 << LIGHTS.index("indicator_left")) | (1 << LIGHTS.index("indicator_right")))


def moments_s(rollout: Rollout) -> F64:
    """Eight times up to a little after what the scene is about."""
    end = float(rollout.time_s[-1]) - HALF_SWEEP_S
    around = rollout.scenario.output.keep.around
    event = end if around is None else event_s(around, scope_of(rollout), rollout.events)
    after_s = max(AFTER_S, rollout.scenario.output.keep.after_s)
    last = min(event + after_s, end) if np.isfinite(event) else end
    return np.linspace(max(min(event - LEAD_S, last - LEAD_S), HALF_SWEEP_S), last, MOMENTS)


def colour_of(class_name: str) -> tuple[int, int, int]:
    """What kind of actor, at a glance."""
    if class_name in ("adult", "child", "worker", "police_officer", "wheelchair_user", "animal"):
        return WALKER
    if class_name in ("bicycle", "escooter", "motorcycle"):
        return RIDER
    vehicles = ("car", "van", "truck", "bus", "trailer", "tram", "fire_engine", "ambulance", "police_car")
    return CAR if class_name in (*vehicles, "construction_vehicle") else THING


class View:
    """The map of one moment: world points to pixels, the ego's heading up."""

    def __init__(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        self.at = np.array([x_m, y_m])
        self.cos, self.sin = np.cos(yaw_rad), np.sin(yaw_rad)
        self.picture = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        self.picture[:] = GROUND

    def pixels(self, xy_m: F64) -> F64:
        """(N, 2) pixels, not rounded."""
        offset = np.asarray(xy_m, np.float64) - self.at
        ahead = offset[:, 0] * self.cos + offset[:, 1] * self.sin
        left = offset[:, 1] * self.cos - offset[:, 0] * self.sin
        return np.stack([WIDTH_PX / 2 - left * PX_PER_M, (AHEAD_M - ahead) * PX_PER_M], axis=1)

    def corners(self, xy_m: F64) -> np.ndarray:
        """As OpenCV draws them."""
        return np.asarray(np.round(np.clip(self.pixels(xy_m), -4000, 4000)), np.int32)

    def area(self, shape: shapely.Geometry, bgr: tuple[int, int, int], edge: bool = False) -> None:
        """Fill polygons."""
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and not part.is_empty:
                ring = [self.corners(shapely.get_coordinates(part.exterior))]
                cv2.fillPoly(self.picture, ring, bgr, cv2.LINE_AA)
                if edge:
                    cv2.polylines(self.picture, ring, True, (190, 190, 190), 1, cv2.LINE_AA)

    def line(self, xy_m: F64, bgr: tuple[int, int, int], wide: int = 1) -> None:
        """A line through points."""
        cv2.polylines(self.picture, [self.corners(xy_m)], False, bgr, wide, cv2.LINE_AA)

    def text(self, words: str, x: int, y: int, size: float = 0.36) -> None:
        """Words with a dark rim."""
        for bgr, wide in (((20, 20, 20), 3), ((255, 255, 255), 1)):
            place = (x, y)
            cv2.putText(self.picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, bgr, wide, cv2.LINE_AA)


def ground(view: View, network: RoadNetwork) -> None:
    """Lanes by kind, then the marks between those that are driven on."""
    for road in network.roads:
        for lane in road.lanes:
            if road.drawn:
                view.area(lane.outline, LANES[lane.kind], edge=lane.kind in ("drive", "bus"))
    for paved in (*network.crossed, network.map_junctions):
        view.area(paved, LANES["drive"])


def above(rollout: Rollout, series: Series, network: RoadNetwork, time_s: float) -> U8:
    """One moment from above."""
    row = int(np.argmin(np.abs(series.time_s - time_s)))
    x_m, y_m = series.xy_m[row, 0].tolist()
    view = View(x_m, y_m, float(series.yaw_rad[row, 0]))
    ground(view, network)
    trail = slice(max(row - round(TRAIL_S * 100), 0), row + 1, 5)
    for i in reversed(range(len(series.names))):
        if not series.present[row, i]:
            continue
        bgr = EGO if i == 0 else colour_of(rollout.scenario.everyone[i].class_name)
        moved = float(np.ptp(series.travelled_m[trail, i])) > 0.2
        if moved:
            view.line(series.xy_m[trail, i], bgr)
            ahead = series.xy_m[row, i] + np.outer([0.0, COMES_S], series.velocity_mps[row, i])
            view.line(ahead, (60, 60, 230))
        lit = rollout.lights[row, i]
        edge = (40, 40, 255) if lit & _BRAKE else (0, 165, 255) if lit & _INDICATE else (30, 30, 30)
        for part in series.rows(np.array([row])).parts(i):
            corner = metrics.corners_m(part, i)[0]
            box = view.corners(corner)
            cv2.fillPoly(view.picture, [box], bgr, cv2.LINE_AA)
            cv2.polylines(view.picture, [box], True, edge, 1, cv2.LINE_AA)
            view.line(np.stack([part.xy_m[0, i], corner[:2].mean(axis=0)]), (30, 30, 30))
        at = view.pixels(series.xy_m[row : row + 1, i])[0]
        known = "." not in series.names[i] and i > 0
        if known and 0 < at[0] < WIDTH_PX and 0 < at[1] < HEIGHT_PX:
            view.text(series.names[i], int(at[0]) + 6, int(at[1]) - 3, 0.32)
    ttc = {
        series.names[b]: float(metrics.ttc_s(series.rows(np.array([row])), 0, b)[0])
        for b in range(1, len(series.names))
    }
    worst = min(ttc, key=lambda name: ttc[name], default="")
    view.text(f"{time_s:.1f} s  {series.speed_mps[row, 0] * 3.6:.0f} km/h", 5, 14)
    if worst and np.isfinite(ttc[worst]):
        view.text(f"ttc {ttc[worst]:.1f} s {worst}", 5, HEIGHT_PX - 7)
    return view.picture


def strip(rollout: Rollout, rig: Rig | None, quality: str) -> U8:
    """The whole picture of one rollout."""
    series, network = of_rollout(rollout), roads.build(rollout.scenario.road)
    times = moments_s(rollout).tolist()
    panels = [above(rollout, series, network, time_s) for time_s in times]
    rule = np.full((HEIGHT_PX, 3, 3), 255, np.uint8)
    rows = [np.concatenate([part for panel in panels for part in (panel, rule)], axis=1)]
    if rig is not None:
        width = rows[0].shape[1] // (MOMENTS // 2)
        frames = []
        for time_s in times[1::2]:
            frame = render(rollout, time_s, rig, quality=quality, threads=2)  # type: ignore[arg-type]
            bgr = np.ascontiguousarray(next(iter(frame.images.values())).rgb[:, :, ::-1])
            height = round(bgr.shape[0] * width / bgr.shape[1])
            frames.append(cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA))
        rows.append(np.concatenate(frames, axis=1))
    wide = min(part.shape[1] for part in rows)
    return np.concatenate([part[:, :wide] for part in rows], axis=0)


def main() -> None:
    """Play the scenes asked for and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="*", help="group/name, as a shell pattern")
    parser.add_argument("-o", "--output", type=Path, default=Path("strips"), help="a folder")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--variant", type=int, default=0)
    parser.add_argument("--quality", choices=("draft", "standard"), default="draft")
    parser.add_argument(
        "--no-camera", action="store_true", help="only from above: seconds instead of minutes"
    )
    words = parser.parse_args()
    rig = None if words.no_camera else half_size(load_rig("kitti_mono"))
    words.output.mkdir(parents=True, exist_ok=True)
    for entry in catalogue.entries():
        name = entry.name.removeprefix("edge_cases/").removesuffix(".yaml")
        if not fnmatchcase(name, words.pattern):
            continue
        draw = accept(load(entry.path), words.seed, words.variant)
        if draw is None:
            raise SystemExit(f"{name}: no draw of variant {words.variant} may stay")
        file = words.output / f"{name.replace('/', '-')}.png"
        cv2.imwrite(str(file), strip(draw.rollout, rig, words.quality))
        print(file, flush=True)


if __name__ == "__main__":
    main()
