"""Small scenarios to simulate, built without a scene file."""

from typing import Any

from drivesynth.assets.catalogue import info
from drivesynth.road import network as roads
from drivesynth.road.plan import CubicPlan, LanePlan, PathPlan, RoadPlan
from drivesynth.scenario.model import Action, Actor, Drive, Event, Keep, Output, Placement, Scenario


def street(length_m: float = 260.0, curvature_per_m: float = 0.0, **more: Any) -> RoadPlan:
    """Two lanes with parking lanes and pavements; a straight piece, then a bend."""
    side = (
        LanePlan(kind="drive", width_m=3.25),
        LanePlan(kind="parking", width_m=2.2),
        LanePlan(kind="sidewalk", width_m=2.5),
    )
    path: tuple[PathPlan, ...] = (PathPlan(length_m=length_m),)
    if curvature_per_m:
        path = (
            PathPlan(length_m=20),
            PathPlan(length_m=30, end_curvature_per_m=curvature_per_m),
            PathPlan(
                length_m=length_m - 50,
                start_curvature_per_m=curvature_per_m,
                end_curvature_per_m=curvature_per_m,
            ),
        )
    return RoadPlan(right=side, left=side, path=path, street="none", **more)


def motorway(length_m: float = 1200.0) -> RoadPlan:
    """Three lanes a direction, straight."""
    side = (*(LanePlan(kind="drive", width_m=3.5) for _ in range(3)), LanePlan(kind="shoulder", width_m=2.5))
    return RoadPlan(right=side, left=side, path=(PathPlan(length_m=length_m),), street="none", limit_mps=36.0)


def hills() -> RoadPlan:
    """A banked street over a crest."""
    return street(
        300.0,
        1 / 150,
        bank=(CubicPlan(s_m=0.0, a=0.05),),
        elevation=(CubicPlan(s_m=0.0, a=1.0, b=0.05, c=-2e-4, d=2e-7),),
    )


def actor(
    plan: RoadPlan,
    name: str,
    asset: str,
    lane: str,
    s_m: float,
    speed_mps: float = 0.0,
    *,
    offset_m: float = 0.0,
    turned_rad: float = 0.0,
    model: str | None = None,
    numbers: dict[str, Any] | None = None,
    **more: Any,
) -> Actor:
    """Somebody on a lane."""
    about = info(asset)
    at = roads.build(plan).lane(lane).pose(s_m, offset_m)
    return Actor(
        name=name,
        asset=asset,
        class_name=about.class_name,
        look_seed=1,
        size_m=about.size_m,
        placement=Placement(
            lane=lane,
            s_m=s_m,
            offset_m=offset_m,
            x_m=at.x_m,
            y_m=at.y_m,
            z_m=at.z_m,
            heading_rad=at.heading_rad + turned_rad,
        ),
        speed_mps=speed_mps,
        drive=Drive.model_validate(
            {"model": model or "constant", "speed_mps": speed_mps, "numbers": numbers or {}}
        ),
        **more,
    )


def scenario(plan: RoadPlan, ego: Actor, *actors: Actor, keep: Keep | None = None, **more: Any) -> Scenario:
    """A scenario of one ego and others."""
    return Scenario(
        scene="test",
        scene_sha256="",
        seed=7,
        variant=0,
        road=plan,
        ego=ego,
        actors=actors,
        output=Output(keep=keep or Keep()),
        **more,
    )


def event(name: str, who: str, *actions: Action, **more: Any) -> Event:
    """An event of one actor."""
    return Event(name=name, do={who: actions}, **more)


def do(kind: str, **args: Any) -> Action:
    """An action."""
    return Action(kind=kind, args=args)
