"""Images of truth against each other, against the rollout's poses and against closed forms."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from drivesynth.arrays import F64
from drivesynth.assets.classes import CLASSES
from drivesynth.errors import RequestError
from drivesynth.export import images, truth_images
from drivesynth.geometry.transforms import inverse, move_points
from drivesynth.scene.rig import Rig, load_rig
from drivesynth.sensors.motion import world_from_vehicle
from drivesynth.sensors.render import Observation, observe
from drivesynth.truth import label
from drivesynth.truth.cityscapes import IDS, NAMES, RIDER, SKY, semantic
from drivesynth.truth.pixels import PixelTruth, checked, pixels, viewpoint
from tests.sensors.test_render import TIME_S, rollout

PERIOD_S = 0.1
BENT = (-0.37, 0.2, 1.4e-3, 6e-4, -0.07)


@lru_cache
def rig(kind: str) -> Rig:
    """KITTI's pair with a third of its pixels each way: plain, or with a bent lens and a rolling shutter."""
    whole = load_rig("kitti")
    cameras = {}
    for name, camera in whole.cameras.items():
        p = np.array(camera.projection).reshape(3, 4) / [[3.0], [3.0], [1.0]]
        update = {"width_px": 414, "height_px": 125, "projection": tuple(p.ravel())}
        if kind == "bent":
            update |= {"lens": "brown_conrady", "distortion": BENT, "row_delay_us": 120.0}
        cameras[name] = camera.model_copy(update=update)
    return whole.model_copy(update={"cameras": cameras})


@lru_cache
def seen(kind: str) -> Observation:
    return observe(rollout(), TIME_S, rig(kind), "draft")


@lru_cache
def shown(kind: str, camera: str = "image_2") -> PixelTruth:
    return pixels(seen(kind), rollout(), checked(["all"], rig(kind).cameras), [camera])[camera]


def world_points(kind: str, truth: PixelTruth) -> tuple[F64, F64, F64]:
    """Columns and rows of pixels that show something, and where in the world of their rows' time that is."""
    eye = viewpoint(rollout(), seen(kind).geometry.cameras["image_2"], TIME_S)
    y, x = np.nonzero(np.isfinite(truth.depth_m))
    rays = eye.camera.lens.directions(x, y)
    own = rays / rays[:, 2:] * truth.depth_m[y, x].astype(float)[:, None]
    poses = eye.poses(eye.times_s(y.astype(float)))
    return x, y, (poses[:, :3, :3] @ own[..., None])[..., 0] + poses[:, :3, 3]


def test_depth_and_instance_are_those_of_the_picture() -> None:
    frame, truth = seen("plain").frame.images["image_2"], shown("plain")
    assert (truth.actor == frame.actor).mean() > 0.9995  # rays that graze an edge
    both = (truth.actor == frame.actor) & np.isfinite(frame.depth_m) & np.isfinite(truth.depth_m)
    off = np.abs(truth.depth_m[both] - frame.depth_m[both]) / frame.depth_m[both]
    assert np.quantile(off, 0.999) < 1e-3


@pytest.mark.parametrize("kind", ["plain", "bent"])
def test_flow_leads_to_where_the_next_frame_sees_the_same_point(kind: str) -> None:
    """Rays of the next frame through the flow's targets, moved back by the rollout's own poses: 0.02 px."""
    truth, geometry = shown(kind), seen(kind).geometry
    assert truth.flow is not None
    camera = geometry.cameras["image_2"]
    now, then = (viewpoint(rollout(), camera, TIME_S + late) for late in (0.0, PERIOD_S))
    x, y, points = world_points(kind, truth)
    visible, actor = truth.flow.visible[y, x], truth.actor[y, x]
    flow = truth.flow.flow_px[y, x].astype(float)
    assert visible.mean() > 0.5
    assert np.hypot(*flow[visible].T).max() > 10.0
    late = observe(rollout(), TIME_S + PERIOD_S, geometry, "draft")
    target = np.stack([x, y], axis=1) + np.where(np.isfinite(flow), flow, 0.0)
    times = then.times_s(target[:, 1])
    poses = then.poses(times)
    rays = (poses[:, :3, :3] @ camera.lens.directions(*target.T)[..., None])[..., 0]
    hits = late.caster.rays(poses[:, :3, 3], rays.astype(np.float32), times)
    met = late.caster.surface(hits).actor
    found = poses[:, :3, 3] + np.where(hits.instance >= 0, hits.range_m, 0.0)[:, None] * rays
    before_s, everyone = now.times_s(y.astype(float)), np.unique(actor)
    back = found.copy()
    for one in everyone[everyone >= 0]:
        own = actor == one
        then_from, now_from = (world_from_vehicle(rollout(), t[own], one) for t in (times, before_s))
        still = inverse(then_from) @ np.append(found[own], np.ones((own.sum(), 1)), axis=1)[..., None]
        back[own] = (now_from @ still)[:, :3, 0]
    ahead = inverse(now.poses(before_s))
    own = (ahead[:, :3, :3] @ back[..., None])[..., 0] + ahead[:, :3, 3]
    off = np.hypot(*(camera.lens.project(own) - np.stack([x, y], axis=1)).T)
    for group in (actor < 0, actor >= 0):
        same = visible & group & (met == actor)
        assert same.sum() > 300
        # What stays: wheels, which turn against the body, and rays that graze an edge.
        assert (off[same] < 0.02).mean() > 0.96
    assert np.median(off[visible]) < 2e-3
    reach = np.linalg.norm(back - points, axis=1)
    assert np.median(reach[visible]) < 1e-3


def test_disparity_is_focal_length_times_baseline_over_depth() -> None:
    truth, geometry = shown("plain"), seen("plain").geometry
    assert truth.flow is not None
    there = np.isfinite(truth.depth_m)
    p2, p3 = geometry.projections[2], geometry.projections[3]
    expected = (p2[0, 3] - p3[0, 3]) / truth.depth_m[there]
    # KITTI's pair differs by 13 micrometres along the axis, which its P say too.
    np.testing.assert_allclose(truth.flow.disparity_px[there], expected, rtol=2e-4, atol=2e-3)
    later = truth.flow.next_disparity_px
    still = there & (truth.actor < 0) & np.isfinite(later)
    assert (later[still] >= truth.flow.disparity_px[still] - 1e-3).mean() > 0.99  # the car drives ahead


def test_beyond_the_end_of_the_rollout_there_is_no_flow() -> None:
    end = float(rollout().time_s[-1]) - 0.06
    late = observe(rollout(), end, rig("plain"), "draft")
    (truth,) = pixels(late, rollout(), ("flow",), ["image_2"]).values()
    assert truth.flow is not None
    assert np.isinf(truth.flow.flow_px).all()
    assert not truth.flow.visible.any()


def test_a_bent_lens_sees_what_a_straight_one_sees_along_the_same_rays() -> None:
    truth, geometry = shown("bent"), seen("bent").geometry
    camera = geometry.cameras["image_2"]
    x, y, points = world_points("bent", truth)
    k = camera.lens
    middle = np.abs(y - 62) < 3  # rows near the middle are exposed with the frame
    world_from_camera = viewpoint(rollout(), camera, TIME_S).world_from_camera
    own = move_points(inverse(world_from_camera), points[middle])
    matrix = np.array([[k.fx_px, 0, k.cx_px], [0, k.fy_px, k.cy_px], [0, 0, 1]])
    back, _ = cv2.projectPoints(own, np.zeros(3), np.zeros(3), matrix, np.array(BENT))
    off = np.hypot(*(back[:, 0] - np.stack([x, y], axis=1)[middle]).T)
    assert off.max() < 0.2  # three rows later the car is 5 mm on
    np.testing.assert_allclose(np.median(off), 0.0, atol=0.01)


def test_normals_of_the_road_look_up_in_the_camera_s_frame() -> None:
    truth = shown("plain")
    assert truth.normals is not None
    road = truth.semantic == IDS["road"]
    up = viewpoint(rollout(), seen("plain").geometry.cameras["image_2"], TIME_S).world_from_camera[2, :3]
    assert road.sum() > 5000
    np.testing.assert_allclose(truth.normals[road], np.broadcast_to(up, (road.sum(), 3)), atol=0.04)
    lengths = np.linalg.norm(truth.normals[truth.semantic != SKY], axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=1e-5)
    assert not truth.normals[truth.semantic == SKY].any()


def test_albedo_has_no_shadow_and_no_light() -> None:
    truth = shown("plain")
    assert truth.albedo is not None
    there = truth.semantic != SKY
    assert truth.albedo.min() >= 0.0
    assert truth.albedo.max() <= 1.0
    assert not truth.albedo[~there].any()
    road = truth.albedo[truth.semantic == IDS["road"]]
    assert 0.1 < np.median(road) < 0.25
    assert np.quantile(road, 0.2) > 0.6 * np.median(road)  # shadows of cars do not show


def test_masks_agree_with_the_labels_views() -> None:
    truth = shown("plain")
    views = {t.actor: t.views["image_2"] for t in label.actors(seen("plain"), rollout())}
    assert len(truth.masks) >= 3
    for actor, mask in truth.masks.items():
        assert (mask.amodal | ~mask.visible).all()
        visible = mask.whole(mask.visible, 125, 414)
        assert (visible == (truth.actor == actor)).all()
        if visible.sum() > 100:
            ratio = visible.sum() / mask.amodal.sum()
            assert views[actor].visible_ratio == pytest.approx(ratio, abs=0.03)


def test_every_class_has_an_id_and_riders_are_told_from_what_they_ride() -> None:
    assert set(IDS) == {row.name for row in CLASSES}
    assert set(IDS.values()) | {RIDER, SKY} == set(NAMES)
    from drivesynth.assets.classes import CLASS_ID
    from drivesynth.assets.materials import MATERIAL_ID

    bicycle, adult = CLASS_ID["bicycle"], CLASS_ID["adult"]
    cloth, tyre = MATERIAL_ID["cloth"], MATERIAL_ID["tyre"]
    ids = semantic(
        np.array([bicycle, bicycle, adult, 0]), np.array([cloth, tyre, cloth, 0]), np.array([1, 1, 1, 0]) > 0
    )
    assert ids.tolist() == [RIDER, IDS["bicycle"], IDS["adult"], SKY]


def test_files_say_what_the_pixels_say() -> None:
    truth, names = shown("plain"), [actor.name for actor in rollout().scenario.everyone]
    kinds = checked(["all"], ["image_2", "image_3"])
    files = truth_images.encode({"image_2": truth}, kinds, names, "000007")
    folders = {path.split("/")[1] for path in files}
    assert folders == {
        "depth_2", "instance_2", "semantic_2", "panoptic_2", "normals_2", "albedo_2", "flow_occ_2",
        "flow_noc_2", "disp_occ_0_2", "disp_occ_1_2", "masks_2",
    }  # fmt: skip

    def read(folder: str) -> bytes:
        return files[f"drivesynth/{folder}/000007.png"]

    assert truth.flow is not None
    there = np.isfinite(truth.flow.flow_px).all(axis=-1)
    # As the devkit of KITTI's flow benchmark reads it: 16 bit, (value - 2^15) / 64, blue is valid.
    raw = cv2.imdecode(np.frombuffer(read("flow_occ_2"), np.uint8), cv2.IMREAD_UNCHANGED)
    assert raw.dtype == np.uint16
    assert ((raw[..., 0] > 0) == there).all()
    u = (raw[..., 2].astype(float) - 2**15) / 64
    np.testing.assert_allclose(u[there], truth.flow.flow_px[there][:, 0], atol=1 / 128 + 1e-5)
    back = images.decode_flow(read("flow_noc_2"))
    assert (np.isfinite(back[..., 0]) == (there & truth.flow.visible)).all()
    np.testing.assert_allclose(
        back[truth.flow.visible], truth.flow.flow_px[truth.flow.visible], atol=1 / 128 + 1e-5
    )
    disparity = images.decode_disparity(read("disp_occ_0_2"))
    np.testing.assert_allclose(disparity[there], truth.flow.disparity_px[there], atol=1 / 512 + 1e-5)
    np.testing.assert_array_equal(images.decode_ids(read("semantic_2")), truth.semantic)
    np.testing.assert_allclose(images.decode_normals(read("normals_2")), truth.normals, atol=2e-5)
    np.testing.assert_allclose(images.decode_albedo(read("albedo_2")), truth.albedo, atol=5e-3)


def test_panoptic_segments_add_up_and_masks_survive_their_run_lengths() -> None:
    truth, names = shown("plain"), [actor.name for actor in rollout().scenario.everyone]
    ids = truth_images.panoptic(truth)
    rows = truth_images.segments(ids, names, "000007")["segments_info"]
    assert sum(row["area"] for row in rows) == ids.size - (ids == 0).sum()
    cars = {row["actor"] for row in rows if row["isthing"]}
    assert "lead" in cars
    document = truth_images.masks(truth, names, "000007")
    for row in document["masks"]:
        mask = truth.masks[row["row"]]
        amodal = truth_images.mask_of(row["amodal"])
        np.testing.assert_array_equal(amodal, mask.whole(mask.amodal, 125, 414))
        assert row["amodal_px"] == sum(row["amodal"]["counts"][1::2])
    corner = np.zeros((2, 3), bool)
    corner[0, 0] = corner[1, 2] = True
    assert truth_images.run_lengths(corner) == {"size": [2, 3], "counts": [0, 1, 4, 1]}


def test_what_a_rig_cannot_show_is_refused() -> None:
    with pytest.raises(RequestError, match="did you mean 'semantic'"):
        checked(["semantics"], ["image_2"])
    with pytest.raises(RequestError, match="scene flow needs a stereo pair"):
        checked(["scene_flow"], ["image_2"])
    assert "scene_flow" not in checked(["all"], ["image_2"])
    assert checked(["flow", "depth"], ["image_2"]) == ("depth", "flow")
