"""drivesynth/cameras/NNNNNN.json: lens, place and shutter of every camera of a rig.

KITTI's calibration files know four pinholes. This one is written where a rig has other cameras than those, or
one whose lens bends, whose shutter rolls or whose chip gives raw numbers. K and distortion are as OpenCV's
`cv2.projectPoints` (brown_conrady: k1 k2 p1 p2 k3 k4 k5 k6) and `cv2.fisheye.projectPoints` (kannala_brandt)
take them, with rotation and translation from `camera_from_lidar`.
"""

import json
from typing import TYPE_CHECKING, Any

from drivesynth.geometry.transforms import inverse

if TYPE_CHECKING:
    from drivesynth.sensors.rig import CameraMount, RigGeometry

_KITTI = ("image_0", "image_1", "image_2", "image_3")


def of(rig: "RigGeometry") -> bytes:
    """The file's bytes; empty where KITTI's calibration says all there is."""
    if all(name in _KITTI and _is_plain(camera) for name, camera in rig.cameras.items()):
        return b""
    rows = [f'"{name}": {json.dumps(_row(rig, name, camera))}' for name, camera in rig.cameras.items()]
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


def _is_plain(camera: "CameraMount") -> bool:
    return camera.lens.is_straight and camera.row_delay_s == 0.0 and not camera.model.chip.raw


def _row(rig: "RigGeometry", name: str, camera: "CameraMount") -> dict[str, Any]:
    chip = camera.model.chip
    return {
        "width_px": camera.width_px,
        "height_px": camera.height_px,
        "lens": camera.lens.model,
        "K": camera.K.tolist(),
        "distortion": list(camera.lens.coefficients),
        "camera_from_lidar": inverse(rig.lidar_from_camera(name)).tolist(),
        "vehicle_from_camera": camera.vehicle_from_camera.tolist(),
        "depth": "along the ray" if camera.lens.model == "kannala_brandt" else "along the axis",
        "time_offset_s": camera.time_offset_s,
        "row_delay_s": camera.row_delay_s,
        "raw": {"bayer": chip.bayer, "bits": chip.bits, "black": 2**chip.bits // 64} if chip.raw else None,
    }
