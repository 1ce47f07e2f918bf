"""What happens in one draw: the story's events with every argument decided."""

from drivesynth.assets.vehicles.flaps import openable_on
from drivesynth.errors import RequestError, did_you_mean
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.model import Action, Actor, Event, Placement, Value
from drivesynth.scene.story import ActionMap, EventSpec, Goal
from drivesynth.scene.validate import Path
from drivesynth.scene.values import Quantity


def events(chance: Chance, network: RoadNetwork, actors: dict[str, tuple[Actor, ...]]) -> tuple[Event, ...]:
    """The story. `actors` by their names in the scene: a row's name means its last member."""
    return tuple(
        _event(chance, network, actors, spec, ("story", i), f"event_{i}")
        for i, spec in enumerate(chance.scene.story)
    )


def single(name: str, actors: dict[str, tuple[Actor, ...]]) -> str:
    """The one actor that a name means."""
    row = actors.get(name)
    return row[-1].name if row and row[0].name != name else name


def _event(
    chance: Chance,
    network: RoadNetwork,
    actors: dict[str, tuple[Actor, ...]],
    spec: EventSpec,
    path: Path,
    name: str,
) -> Event:
    do: dict[str, tuple[Action, ...]] = {}
    for who, listed in spec.do.items():
        actor = single(who, actors)
        start = next((a for row in actors.values() for a in row if a.name == actor), None)
        do[actor] = tuple(
            part
            for j, action in enumerate(listed)
            for part in _parts(_action(chance, network, actors, action, (*path, "do", who, j), start))
        )
    return Event(
        name=spec.name or name,
        when=spec.when,
        after=spec.after,
        delay_s=chance.number(spec.delay, (*path, "delay")),
        once=spec.once,
        do=do,
    )


def _parts(action: Action) -> tuple[Action, ...]:
    """What an action is made of: a stumble is followed by going on, a turn comes after a stand."""
    if action.kind == "stumble":
        return action, Action(kind="recover", args=action.args)
    if action.kind == "turn_back":
        return Action(kind="stop"), action
    return (action,)


def _action(
    chance: Chance,
    network: RoadNetwork,
    actors: dict[str, tuple[Actor, ...]],
    spec: ActionMap,
    path: Path,
    actor: Actor | None,
) -> Action:
    kind, arguments = spec.kind, spec.arguments
    args: dict[str, Value | Placement] = {}
    for field, named in arguments.names.items():
        value = getattr(arguments, field)
        if value is None or value == ():
            continue
        where = (*path, kind, type(arguments).model_fields[field].alias or field)
        if isinstance(value, Quantity):
            args[named] = chance.number(value, where)
        elif isinstance(value, Goal):
            args[named] = _goal(chance, network, value, where, actor)
        elif isinstance(value, tuple):
            args[named] = ",".join(value)
        else:
            args[named] = single(str(value), actors) if field == "at" else str(value)
    _check_lanes(chance, network, kind, args, path)
    if kind == "open_door" and actor is not None and "which" in args:
        known = openable_on(actor.asset)
        if args["which"] not in known:
            hint = f"it has {', '.join(known)}" if known else "nothing of it opens"
            raise chance.mistake(
                (*path, kind, "which"), f"{actor.asset!r} has no {args['which']} to open; {hint}"
            )
    return Action(kind=kind, args=args)


def _goal(chance: Chance, network: RoadNetwork, goal: Goal, path: Path, actor: Actor | None) -> Placement:
    """A place on a lane; the station the actor begins at where none is given."""
    try:
        lane = network.lane(goal.lane)
    except RequestError as error:
        raise chance.mistake((*path, "lane"), error.what) from None
    s = chance.maybe(goal.s, (*path, "s"))
    if s is None:
        s = lane.locate(actor.placement.x_m, actor.placement.y_m)[0] if actor is not None else 0.0
    offset = chance.number(goal.offset, (*path, "offset"))
    pose = lane.pose(s, offset)
    return Placement(
        lane=lane.name,
        s_m=s,
        offset_m=offset,
        x_m=pose.x_m,
        y_m=pose.y_m,
        z_m=pose.z_m,
        heading_rad=pose.heading_rad,
    )


def _check_lanes(
    chance: Chance, network: RoadNetwork, kind: str, args: dict[str, Value | Placement], path: Path
) -> None:
    if kind == "change_lane" and args["to"] not in ("left", "right", *network.lanes):
        words = ["left", "right", *network.lanes]
        hint = did_you_mean(str(args["to"]), words) or f"; the lanes are {', '.join(words)}"
        raise chance.mistake((*path, kind, "to"), f"no lane {args['to']!r}{hint}")
    if kind == "follow":
        try:
            network.route(str(args["route"]).split(","))
        except RequestError as error:
            raise chance.mistake((*path, kind, "route"), error.what) from None
