"""The truth about one actor in one frame, before any format's rules."""

from dataclasses import dataclass

from drivesynth.arrays import F64


@dataclass(frozen=True)
class Box3D:
    """A box that turns about one axis only, in the label's own frame.

    For KITTI that frame is rectified camera 0: y down, the box turns about y.
    bottom_center_m  (3,) middle of the bottom face
    rotation_y_rad   about +y; 0 faces +x
    """

    length_m: float
    width_m: float
    height_m: float
    bottom_center_m: F64
    rotation_y_rad: float


@dataclass(frozen=True)
class View:
    """How one camera sees an actor.

    amodal_box_px    left, top, right, bottom of the unoccluded silhouette clipped to the image; None outside
    visible_box_px   of the pixels that really show it; None where no pixel does
    visible_ratio    visible pixels over amodal pixels inside the image; 0 where hidden
    truncated_ratio  share of the amodal silhouette beyond the image
    visible_px       number of pixels that show it
    """

    amodal_box_px: tuple[float, float, float, float] | None
    visible_box_px: tuple[float, float, float, float] | None
    visible_ratio: float
    truncated_ratio: float
    visible_px: int


@dataclass(frozen=True)
class ActorTruth:
    """One actor at the frame time."""

    name: str
    actor: int
    class_name: str
    box: Box3D
    world_from_vehicle: F64
    size_m: tuple[float, float, float]
    speed_mps: float
    lidar_points: dict[str, int]  # by sweep
    views: dict[str, View]  # by camera
