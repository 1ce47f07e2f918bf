"""A road with nothing left to chance: what a scene's `road:` is drawn into.

Lanes are named as the scene names them: `R1` is the first driving lane right of the reference line,
`L1` the first on its left, `R.parking`, `R.sidewalk`, `R.shoulder`, `R.cycleway`, `R.verge` the first
of their kind on that side. Lists go from the reference line outwards.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

LaneKind = Literal["drive", "parking", "sidewalk", "shoulder", "cycleway", "verge", "median", "bus"]


class Frozen(BaseModel):
    """A record that is read, compared and written to JSON, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LanePlan(Frozen):
    """One lane of a side.

    opens_m, closes_m  stations between which it grows from nothing to its width, and back to nothing
    bay_m              length of the bays marked on a parking lane; 0: none are marked
    """

    kind: LaneKind
    width_m: float
    against: bool = False  # drives against its side's usual direction
    opens_m: tuple[float, float] | None = None
    closes_m: tuple[float, float] | None = None
    bay_m: float = 0.0


class PathPlan(Frozen):
    """One piece of the reference line: curvature runs linearly from start to end (0 is straight)."""

    length_m: float
    start_curvature_per_m: float = 0.0  # left positive
    end_curvature_per_m: float = 0.0


class CubicPlan(Frozen):
    """A value from station `s_m` on: a + b ds + c ds^2 + d ds^3."""

    s_m: float
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0


class WorkZonePlan(Frozen):
    """A closed lane, coned off behind a taper."""

    lane: str
    from_m: float
    to_m: float
    taper_m: float
    cone_every_m: float
    cone: str = "cone/75cm"
    limit_mps: float | None = None


class CrossingPlan(Frozen):
    """A crossing for walkers over the whole carriageway."""

    s_m: float
    width_m: float = 4.0
    kind: Literal["zebra", "signal"] = "zebra"


class BridgePlan(Frozen):
    """A stretch on a deck, `height_m` over the deepest ground below it."""

    from_m: float
    to_m: float
    height_m: float


class OverpassPlan(Frozen):
    """A bridge over the road, square to it."""

    s_m: float
    width_m: float = 9.0
    clearance_m: float = 4.7


class PotholePlan(Frozen):
    """An elliptic hole in a lane's surface."""

    lane: str
    s_m: float
    offset_m: float = 0.0
    length_m: float = 0.6
    width_m: float = 0.5
    depth_m: float = 0.05


class ObjectPlan(Frozen):
    """An asset that stands on a lane, turned against its travel."""

    asset: str
    look_seed: int
    lane: str
    s_m: float
    offset_m: float = 0.0
    turn_rad: float = 0.0


class RoadPlan(Frozen):
    """A road, complete: cross-section, course, marks, surroundings.

    template  what kind of junction the plan is ("road" for a plain one, "map" for one that a map
              gives); arms and corner_radius_m are read by junction templates only, radius_m, that
              of the outer kerb of the ring, by roundabouts
    elevation the reference line's height [m], bank the slope across it, left side up [m/m]
    opendrive the text of an OpenDRIVE map, from which lanes, course and marks then come
    street    the generator that dresses the sides: "urban", "suburban", "rural", "motorway", "none"
    dressing  "full", or "plain": without the trees' kinds, wood's edges, flats and furniture that came later
    wear      "used", or "new": without covers, patches and seams on the road and tufts beside it
    season    "summer" with its autumns by seed, or "winter": broad-leaved trees are bare
    """

    template: str = "road"
    right: tuple[LanePlan, ...]
    left: tuple[LanePlan, ...]
    path: tuple[PathPlan, ...]
    elevation: tuple[CubicPlan, ...] = ()
    bank: tuple[CubicPlan, ...] = ()
    marks: str = "de/urban"
    limit_mps: float = 50 / 3.6
    drive_on: Literal["right", "left"] = "right"
    street: Literal["urban", "suburban", "rural", "motorway", "none"] = "urban"
    street_seed: int = 0
    dressing: Literal["full", "plain"] = "full"
    wear: Literal["used", "new"] = "used"
    season: Literal["summer", "winter"] = "summer"
    lamp_every_m: float = 0.0  # 0: no street lamps
    lamp_working: float = 1.0
    work_zones: tuple[WorkZonePlan, ...] = ()
    crossings: tuple[CrossingPlan, ...] = ()
    arms: tuple[str, ...] = ()
    arm_length_m: float = 0.0
    corner_radius_m: float = 8.0
    cycleways: bool = False
    zebras: bool = False  # over every arm of a roundabout
    signalled: bool = False  # whether a junction's arms have signals
    guard_rails: bool = False
    radius_m: float = 16.0
    tunnel: tuple[float, float] | None = None  # from, to station [m]
    bridge: BridgePlan | None = None
    overpasses: tuple[OverpassPlan, ...] = ()
    potholes: tuple[PotholePlan, ...] = ()
    objects: tuple[ObjectPlan, ...] = ()
    opendrive: str = ""

    @property
    def bare(self) -> "RoadPlan":
        """The road alone: roads that differ only in what lines them are equal."""
        return self.model_copy(
            update={"street": "none", "street_seed": 0, "dressing": "full", "season": "summer"}
        )
