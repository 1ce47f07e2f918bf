"""A Scenario: one draw of a scene, with nothing left to chance.

Everything is a plain number, name or list in SI units, so a scenario is written to JSON and read
back unchanged, and two of equal content have equal digests.
"""

import hashlib
import json
from typing import Literal

from pydantic import Field

from drivesynth.assets.user_mesh import wherever
from drivesynth.road.plan import Frozen, RoadPlan

Value = float | int | str | bool | None


class Placement(Frozen):
    """Where something stands: on a lane and, resolved, in the world.

    s_m       station of the box's centre along the reference line
    offset_m  to the left of the lane's travel direction
    x_m, y_m, z_m, heading_rad  world frame; the point on the ground below the centre of its box
    """

    lane: str | None = None
    s_m: float = 0.0
    offset_m: float = 0.0
    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    heading_rad: float = 0.0


class Drive(Frozen):
    """How an actor drives: the model's name and its numbers, named with their units.

    recording  rows of time [s], x, y [m] of the box's centre, heading [rad], world frame: what `replay` plays
    """

    model: Literal["constant", "idm", "krauss", "r157_careful", "static", "replay"] = "constant"
    speed_mps: float = 0.0  # wished
    numbers: dict[str, Value] = Field(
        default_factory=dict
    )  # headway_s, accel_mps2, decel_mps2, min_gap_m, ...
    lane_changes: Literal["none", "mobil"] = "none"
    recording: tuple[tuple[float, float, float, float], ...] = ()


class SignalPlan(Frozen):
    """Traffic lights in two phases: the `green` groups first, then the others.

    offset_s  how far into the cycle the scenario starts
    red_amber_s  the last of red, with amber, before green
    clear_s   how long before the end of their phase walkers get red, so that they have crossed by then
    """

    cycle_s: float
    green: tuple[str, ...]
    share: float = 0.5
    offset_s: float = 0.0
    amber_s: float = 3.0
    all_red_s: float = 2.0
    red_amber_s: float = 0.0
    clear_s: float = 0.0


class Aim(Frozen):
    """Meet the target's front at a fraction of its width if both keep their planned motion.

    impact_ratio  0.5 is the middle, counted from the side the actor comes from
    miss_m        move the meeting point this far beyond the nearer edge instead
    until_s       the plan is frozen this long before the meeting
    """

    at: str = "ego"
    impact_ratio: float = 0.5
    speed_mps: float = 0.0
    miss_m: float | None = None
    until_s: float | None = None


class Actor(Frozen):
    """One participant. Its looks follow from `asset`, `look_seed` and `material` alone."""

    name: str
    asset: str
    class_name: str
    look_seed: int
    size_m: tuple[float, float, float]  # length, width, height
    material: str | None = None  # of most of its surface, in place of the asset's own
    placement: Placement
    speed_mps: float = 0.0
    drive: Drive = Drive()
    route: tuple[str, ...] = ()
    aim: Aim | None = None
    obeys: dict[str, bool] = Field(default_factory=dict)
    lights: tuple[str, ...] = ()
    cargo: str | None = None
    articulation_rad: float = 0.0  # at the start: its trailer against its tractor, left positive
    open: tuple[str, ...] = ()  # which of `assets.model.DOORS` are open from the start


class Action(Frozen):
    """One thing to do; argument names carry their units (`decel_mps2`, `to_mps`, `lateral_mps`)."""

    kind: str
    args: dict[str, Value | Placement] = Field(default_factory=dict)


class Event(Frozen):
    """When the trigger rises (or the named event ended, or at once), after the delay, act.

    do  per actor its actions in series; actors act in parallel
    """

    name: str
    when: str | None = None
    after: str | None = None
    delay_s: float = 0.0
    once: bool = True
    do: dict[str, tuple[Action, ...]] = Field(default_factory=dict)


class Environment(Frozen):
    """Light and weather of one draw; one block for every sensor."""

    sun_elevation_rad: float = 0.9
    sun_azimuth_rad: float = 2.6  # compass: clockwise from north
    time_of_day_s: float | None = None
    turbidity: float = 3.0
    cloud_ratio: float = 0.2
    fog_mor_m: float | None = None
    fog_lidar_ratio_sr: float = 30.0
    fog_droplets: str | None = None  # in the ratio's place, see `sensors.droplets`
    dust_mor_m: float | None = None
    smoke_mor_m: float | None = None
    rain_mm_h: float = 0.0
    snow_mm_h: float = 0.0
    wetness_ratio: float = 0.0
    snow_cover_ratio: float = 0.0
    spray_film_mm: float = 0.0  # water on the road that wheels throw up
    exhaust_ratio: float = 0.0  # how dense the steam of exhausts is: 0 none, 1 a cold morning
    wind_mps: float = 0.0
    wind_azimuth_rad: float = 0.0  # compass, where it blows to
    lamp_every_m: float = 0.0
    lamp_working_ratio: float = 1.0


class Fault(Frozen):
    """One fault of one sensor; angles counter-clockwise from straight ahead. See `scene.faults`."""

    sensor: str = "lidar"
    kind: str
    severity: int = 3
    benchmark: str | None = None
    sector_rad: float | None = None
    at_rad: float = 0.0
    loss_ratio: float | None = None
    from_s: float = 0.0
    to_s: float | None = None


class Keep(Frozen):
    """Which frames are written: all, or those around an event."""

    around: str | None = None  # an expression of kind time, like `closest(child)`
    before_s: float = 0.0
    after_s: float = 0.0
    when: str | None = None


class Output(Frozen):
    """Frame rate, images of truth and choice of frames."""

    format: str = "kitti"
    fps: float = 10.0
    images: tuple[str, ...] = ()
    keep: Keep = Keep()


class Scenario(Frozen):
    """One variant of a scene."""

    scene: str  # catalogue name or file name without folder, for people
    scene_sha256: str  # of the merged scene
    seed: int
    variant: int
    case: str | None = None
    tags: tuple[str, ...] = ()
    params: dict[str, Value] = Field(default_factory=dict)
    draws: dict[str, Value] = Field(default_factory=dict)  # anonymous parameters by their path
    road: RoadPlan
    environment: Environment = Environment()
    signals: SignalPlan | None = None
    ego: Actor
    actors: tuple[Actor, ...] = ()
    story: tuple[Event, ...] = ()
    require: tuple[str, ...] = ()
    preferred: dict[str, str] = Field(default_factory=dict)  # rule -> those `prefer` that this variant keeps
    expect: tuple[str, ...] = ()
    rig: str = "kitti"
    faults: tuple[Fault, ...] = ()
    duration_s: float = 8.0
    output: Output = Output()
    split: str = "train"

    @property
    def everyone(self) -> tuple[Actor, ...]:
        """Ego first, then the actors: the order of all per-actor arrays."""
        return (self.ego, *self.actors)

    @property
    def rules(self) -> dict[str, str]:
        """The conditions that this variant must keep, by their place in the scene: `require.0`."""
        return {**{f"require.{i}": text for i, text in enumerate(self.require)}, **self.preferred}

    def digest(self) -> str:
        """SHA-256 over the canonical JSON; in which folder a user's mesh lies does not count."""
        document = self.model_dump(mode="json")
        for actor in (document["ego"], *document["actors"]):
            actor["asset"] = wherever(actor["asset"])
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
