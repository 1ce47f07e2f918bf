"""Road plans that the tests of this room share."""

from drivesynth.road.plan import (
    BridgePlan,
    CrossingPlan,
    CubicPlan,
    LanePlan,
    OverpassPlan,
    PathPlan,
    PotholePlan,
    RoadPlan,
    WorkZonePlan,
)


def lanes(*kinds: tuple[str, float]) -> tuple[LanePlan, ...]:
    return tuple(LanePlan.model_validate({"kind": kind, "width_m": width}) for kind, width in kinds)


STREET = lanes(("drive", 3.25), ("parking", 2.1), ("sidewalk", 2.5))
CURVE = (
    PathPlan(length_m=90),
    PathPlan(length_m=50, end_curvature_per_m=1 / 60),
    PathPlan(length_m=60, start_curvature_per_m=1 / 60, end_curvature_per_m=1 / 60),
)
HILL = (CubicPlan(s_m=0, b=0.03), CubicPlan(s_m=100, a=3, b=0.03, c=-0.0004))

PLANS: dict[str, RoadPlan] = {
    "straight": RoadPlan(right=STREET, left=STREET, path=(PathPlan(length_m=250),), lamp_every_m=25.0),
    "curve": RoadPlan(
        right=STREET,
        left=STREET,
        path=CURVE,
        elevation=HILL,
        bank=(CubicPlan(s_m=0.0, a=0.02),),
        street="suburban",
        street_seed=3,
    ),
    "leaning": RoadPlan(  # towards the inside of its bend, from 2.5 % the other way
        right=lanes(("drive", 3.5), ("shoulder", 1.5)),
        left=lanes(("drive", 3.5), ("shoulder", 1.5)),
        path=CURVE,
        bank=(
            CubicPlan(s_m=0.0, a=0.025),
            CubicPlan(s_m=60.0, a=0.025, c=3 * -0.095 / 60**2, d=-2 * -0.095 / 60**3),
            CubicPlan(s_m=120.0, a=-0.07),
        ),
        elevation=HILL,
        marks="de/rural",
        street="rural",
        street_seed=8,
    ),
    "crossings": RoadPlan(
        right=STREET,
        left=lanes(("drive", 3.0), ("cycleway", 1.6), ("sidewalk", 2.0)),
        path=CURVE,
        crossings=(CrossingPlan(s_m=40), CrossingPlan(s_m=120, kind="signal")),
    ),
    "rural": RoadPlan(
        right=lanes(("drive", 3.5)),
        left=lanes(("drive", 3.5)),
        path=CURVE,
        marks="de/rural",
        street="rural",
        street_seed=5,
    ),
    "four_way": RoadPlan(
        template="four_way",
        right=lanes(("drive", 3.25), ("sidewalk", 2.5)),
        left=lanes(("drive", 3.25), ("sidewalk", 2.5)),
        path=(),
        arms=("south", "east", "north", "west"),
        arm_length_m=80,
        cycleways=True,
        signalled=True,
    ),
    "t": RoadPlan(
        template="t",
        right=lanes(("drive", 3.25), ("drive", 3.0), ("sidewalk", 2.5)),
        left=lanes(("drive", 3.5), ("sidewalk", 2.5)),
        path=(),
        arms=("south", "east", "west"),
        arm_length_m=60,
    ),
    "roundabout": RoadPlan(
        template="roundabout",
        right=lanes(("drive", 3.5), ("sidewalk", 2.5)),
        left=lanes(("drive", 3.25), ("sidewalk", 2.5)),
        path=(),
        arms=("south", "east", "north", "west"),
        arm_length_m=80,
        corner_radius_m=12.0,
    ),
    "motorway": RoadPlan(
        right=lanes(("drive", 3.75), ("drive", 3.75), ("drive", 3.75), ("shoulder", 2.5)),
        left=lanes(("median", 3.0), ("drive", 3.75), ("drive", 3.75), ("shoulder", 2.5)),
        path=(PathPlan(length_m=300, start_curvature_per_m=1 / 700, end_curvature_per_m=1 / 700),),
        marks="de/motorway",
        street="motorway",
        work_zones=(WorkZonePlan(lane="R3", from_m=120, to_m=200, taper_m=60, cone_every_m=10),),
    ),
    "ramp": RoadPlan(
        right=(
            *lanes(("drive", 3.5), ("drive", 3.75)),
            LanePlan(kind="verge", width_m=7, closes_m=(20, 100)),
            LanePlan(kind="drive", width_m=3.75, closes_m=(160, 200)),
            *lanes(("shoulder", 2.5)),
        ),
        left=(
            *lanes(("drive", 3.5)),
            LanePlan(kind="drive", width_m=3.75, opens_m=(60, 120)),
            *lanes(("shoulder", 2.5)),
        ),
        path=CURVE,
        marks="de/motorway",
        street="rural",
    ),
    "tunnel": RoadPlan(
        right=lanes(("drive", 3.5)),
        left=lanes(("drive", 3.5)),
        path=CURVE,
        elevation=HILL,
        bank=(CubicPlan(s_m=0.0, a=0.02),),
        marks="de/rural",
        street="rural",
        tunnel=(60, 150),
    ),
    "bridge": RoadPlan(
        right=lanes(("drive", 3.5), ("sidewalk", 1.5)),
        left=lanes(("drive", 3.5)),
        path=CURVE,
        elevation=HILL,
        bank=(CubicPlan(s_m=0.0, a=-0.02),),
        marks="de/rural",
        street="rural",
        bridge=BridgePlan(from_m=70, to_m=130, height_m=6.0),
        overpasses=(OverpassPlan(s_m=25),),
    ),
    "potholes": RoadPlan(
        right=lanes(("drive", 3.5)),
        left=lanes(("drive", 3.5)),
        path=CURVE,
        elevation=HILL,
        marks="de/rural",
        street="rural",
        potholes=(
            PotholePlan(lane="R1", s_m=40, offset_m=-0.6, length_m=0.9, width_m=0.7, depth_m=0.08),
            PotholePlan(lane="R1", s_m=40.5, offset_m=0.3, length_m=0.5, width_m=0.4, depth_m=0.05),
            PotholePlan(lane="L1", s_m=150, offset_m=1.3, length_m=1.2, width_m=0.8, depth_m=0.1),
        ),
    ),
    "bays": RoadPlan(
        right=(*lanes(("drive", 3.25)), LanePlan(kind="parking", width_m=2.1, bay_m=6.0)),
        left=lanes(("drive", 3.25), ("sidewalk", 2.5)),
        path=(PathPlan(length_m=100),),
        crossings=(CrossingPlan(s_m=48),),
        limit_mps=30 / 3.6,
    ),
}
