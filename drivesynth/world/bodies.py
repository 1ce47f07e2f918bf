"""What the simulation knows of an actor's body: its box, its axles, how it picks up speed.

Speeds and accelerations: SUMO's vehicle type defaults and Euro NCAP's targets; limits of the kinematic
bicycle (-9..3 m/s^2, a lorry less).
"""

from dataclasses import dataclass

from drivesynth.assets.catalogue import info
from drivesynth.scenario.model import Actor

WALKERS = frozenset({"adult", "child", "worker", "police_officer", "wheelchair_user", "animal"})
TWO_WHEELERS = frozenset({"motorcycle", "bicycle", "escooter"})
THINGS = frozenset({"debris", "cone", "barrier", "other_object", "person_sitting", "vegetation", "building",
                    "wall", "fence", "pole", "traffic_sign", "traffic_light"})  # fmt: skip
HEAVY = frozenset({"truck", "trailer", "fire_engine", "bus", "tram", "construction_vehicle"})

# Of combinations, as shares of the length: the tractor's rear axle ahead of the middle of the whole, its
# wheelbase, and the way from the kingpin (above that axle) back to the middle axle of the trailer.
_COMBINATIONS = {"truck/semi": (0.19, 0.225, 0.517)}
_FRICTION = 6.0  # of what slides on the road [m/s^2]


@dataclass(frozen=True)
class Body:
    """One actor's constants.

    back_m          from the reference point forward to the box's centre: rear axle of what has some but trams
    wheelbase_m     0 for what has no axles; of a combination, its tractor's
    trailer_m       from the kingpin to the trailer's axles, 0 for what pulls none
    start_m         over this distance it picks up speed when timed (`aim`)
    accel_mps2      when it gains speed without being told how fast
    decel_mps2      when it loses it
    turn_rad_s      how fast it turns on its feet; inf for what its path turns
    contact_m       Euro NCAP's reference point, forward of the box's centre
    """

    length_m: float
    width_m: float
    height_m: float
    walks: bool
    two_wheeler: bool
    back_m: float
    wheelbase_m: float
    wheel_radius_m: float
    trailer_m: float
    start_m: float
    accel_mps2: float
    decel_mps2: float
    jerk_mps3: float
    turn_rad_s: float
    contact_m: float


def body_of(actor: Actor) -> Body:
    """The body of an actor."""
    length, width, height = actor.size_m
    name = actor.class_name
    walks, two_wheeler, heavy = name in WALKERS, name in TWO_WHEELERS, name in HEAVY
    rolls = not walks and name not in THINGS
    base = (0.6 if two_wheeler else 0.58) * length if rolls else 0.0
    axle, tractor_base, trailer = _COMBINATIONS.get(actor.asset, (-base / 2 / length, base / length, 0.0))
    running = actor.aim is not None and actor.aim.speed_mps > 1.8
    return Body(
        length_m=length,
        width_m=width,
        height_m=height,
        walks=walks,
        two_wheeler=two_wheeler,
        back_m=0.0 if name == "tram" else -axle * length,  # its middle bogie keeps to the rails
        wheelbase_m=tractor_base * length,
        wheel_radius_m=info(actor.asset).wheel_radius_m,
        trailer_m=trailer * length,
        # Euro NCAP: 1 m for walking and 1.5 m for running targets, 3.5 m for bicyclists.
        start_m=(1.5 if running else 1.0) if walks else 3.5 if name in ("bicycle", "escooter") else 20.0,
        accel_mps2=2.0 if walks else 1.2 if two_wheeler else 1.0 if heavy else 2.6,
        decel_mps2=_FRICTION if name in THINGS else 3.0 if walks or two_wheeler else 4.5,
        jerk_mps3=float("inf") if walks or name in THINGS else 10.0,
        turn_rad_s=4.0 if walks else float("inf"),
        contact_m={"adult": -0.1, "child": -0.057}.get(name, 0.0) * length,
    )
