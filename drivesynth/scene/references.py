"""The second look at a scene, with all names known: references, dimensions of formulas, cycles."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from drivesynth.errors import RequestError, did_you_mean
from drivesynth.scene import map_lights
from drivesynth.scene.dimensions import (
    FUNCTIONS,
    Kind,
    Names,
    Phase,
    check_condition,
    condition_phase,
    kind_of,
)
from drivesynth.scene.expressions import Call, Param, parse, walk
from drivesynth.scene.model import Scene
from drivesynth.scene.story import ActionMap
from drivesynth.scene.units import TIME, describe, described
from drivesynth.scene.validate import Path, in_file, mistake
from drivesynth.scene.values import Quantity, Words

# Actions that tell an actor how to move.
MOVING = frozenset(
    "speed brake change_lane offset follow walk run stumble turn_back stop aim".split()  # noqa: SIM905
)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Quantity | Words]]:
    """All quantities and words of a model, each with its path in the file, in the file's order of keys."""
    if isinstance(value, Quantity | Words):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from leaves(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, tuple | list):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))


def param_order(scene: Scene) -> list[str]:
    """Parameters, each after those it is computed from; RequestError where they run in a circle."""
    done: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in done or name not in scene.params:
            return
        if name in open_:
            circle = " -> ".join(f"${n}" for n in (*open_[open_.index(name) :], name))
            raise RequestError(f"is computed from itself: {circle}", field=f"params.{open_[0]}")
        open_.append(name)
        for used in uses(scene.params[name]):
            visit(used)
        open_.remove(name)
        done.append(name)

    for name in sorted(scene.params):
        visit(name)
    return done


def uses(value: Quantity | Words | bool) -> list[str]:
    """Parameters that a value is computed from."""
    if isinstance(value, Quantity) and value.formula is not None:
        return [node.name for node in walk(value.formula) if isinstance(node, Param)]
    return [value.param] if isinstance(value, Words) and value.param else []


def names_of(scene: Scene) -> Names:
    """What expressions of a scene may speak of. Parameters that make no sense are left out."""
    params: dict[str, Kind] = {}
    for name in param_order(scene):
        kind = _param_kind(scene.params[name], params)
        if kind is not None:
            params[name] = kind
    groups = [name for name, actor in scene.actors.items() if actor.fill is not None]
    cargo = [f"{name}.cargo" for name, actor in (("ego", scene.ego), *scene.actors.items()) if actor.cargo]
    arms = signalled(scene) if scene.signals is not None else ()
    return Names(params, ("ego", *scene.actors, *cargo), groups, arms)


def signalled(scene: Scene) -> tuple[str, ...]:
    """What signals may rule on the scene's road: arms, approaches of a map with lights, or `road` and
    `crossing` at signalled crossings.
    """
    road = scene.road
    if road.file is not None:
        return map_lights.of_file(road.file)
    if road.kind in ("four_way", "t") and road.file is None:
        return road.arms
    plain = road.kind == "road" and road.file is None
    return ("road", "crossing") if plain and any(c.kind == "signal" for c in road.crossings) else ()


def _param_kind(value: Quantity | Words | bool, params: dict[str, Kind]) -> Kind | None:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, Words):
        return params.get(value.param) if value.param else "word"
    if value.formula is None:
        return value.dimension
    try:
        return kind_of(value.formula, Names(params))
    except RequestError:
        return None


class Checker:
    """Collects the mistakes of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.found = scene, list[RequestError]()
        self.names = Names()

    def run(self) -> list[RequestError]:
        """All mistakes that need no draw."""
        try:
            self.names = names_of(self.scene)
        except RequestError as error:
            return [mistake(self.scene.tree, tuple(error.field.split(".")), error.what)]
        self.values()
        self.conditions()
        self.positions()
        self.signals()
        self.events()
        return self.found

    def add(self, path: Path, what: str, *, at_key: bool = False) -> None:
        """A mistake at a path of the model."""
        shown = in_file(self.scene.tree, path)
        self.found.append(mistake(self.scene.tree, shown, what, at_key=at_key))

    def values(self) -> None:
        """Formulas and words fit their fields; parameters exist."""
        for path, value in leaves(self.scene):
            if isinstance(value, Quantity) and value.formula is not None:
                self.formula(path, value)
            elif isinstance(value, Words) and value.param is not None:
                kind = self.names.params.get(value.param)
                if value.param not in self.scene.params:
                    hint = did_you_mean(value.param, self.scene.params) or "; declare it under params"
                    self.add(path, f"unknown parameter ${value.param}{hint}")
                elif kind is not None and kind != "word" and path[0] != "params":
                    self.add(path, f"'${value.param}' is not a name but {_kind(kind)}")

    def formula(self, path: Path, value: Quantity) -> None:
        """The dimension of a formula is what its field expects."""
        if value.formula is None:
            return
        known = self.scene.params
        for name in uses(value):
            if name in known and name not in self.names.params and path[0] != "params":
                return  # the parameter's own mistake is reported where it stands
        try:
            kind = kind_of(value.formula, self.names)
        except RequestError as error:
            self.add(path, error.what)
            return
        expected = value.limits.dimension
        if isinstance(kind, str):
            if path[0] != "params" or not isinstance(value.formula, Param):  # a parameter may be another one
                self.add(path, f"{value.text!r} is {_kind(kind)}, not a number")
        elif expected is not None and kind != expected:
            self.add(path, f"{value.text!r} is {described(kind)}, expected {describe(expected)}")

    def conditions(self) -> None:
        """Conditions make sense, and can be judged where they stand."""
        scene = self.scene
        for key, texts in (("require", scene.require), ("expect", scene.expect)):
            for i, text in enumerate(texts):
                self.condition((key, i), text)
        for i, preference in enumerate(scene.prefer):
            self.condition(("prefer", i, "if"), preference.if_)
        for i, fault in enumerate(scene.rig.faults):
            if fault.when is not None:
                self.condition(("rig", "faults", i, "when"), fault.when, trigger=True)
        keep = scene.output.keep
        if keep is not None and keep.when is not None:
            self.condition(("output", "keep", "when"), keep.when)
        if keep is not None and keep.around is not None:
            self.instant(("output", "keep", "around"), keep.around)

    def condition(self, path: Path, text: str, *, trigger: bool = False) -> None:
        """One condition; a trigger is judged while the world runs, knowing nothing of what comes."""
        try:
            condition = parse(text)
            check_condition(condition, self.names)
            limited = condition.by_s is not None or condition.until_s is not None
            if limited and path[0] != "expect":
                raise RequestError("by and until belong to expect")
            if trigger and condition_phase(condition) is Phase.RENDERED:
                raise RequestError("what the sensors see is not known while the world runs; use require")
            for node in walk(condition.ast):
                if trigger and isinstance(node, Call) and not FUNCTIONS[node.function].at_instants:
                    raise RequestError(
                        f"{node.function}() is known only at the end; use ttc, gap or distance"
                    )
        except RequestError as error:
            self.add(path, error.what)

    def instant(self, path: Path, text: str) -> None:
        """An expression that names a time, or an event of the story."""
        if text in (event.name for event in self.scene.story):
            return
        try:
            kind = kind_of(parse(text).ast, self.names)
        except RequestError as error:
            self.add(path, error.what)
            return
        if kind != TIME:
            events = [event.name for event in self.scene.story if event.name is not None]
            hint = did_you_mean(text, events) or " like closest(van), or an event's name"
            self.add(path, f"{text!r} is {_kind(kind)}, expected {describe(TIME)}{hint}")

    def actor(self, path: Path, name: str, *, at_key: bool = False) -> None:
        """The actor of this name exists."""
        try:
            self.names.check_actor(name)
        except RequestError as error:
            self.add(path, error.what, at_key=at_key)

    def positions(self) -> None:
        """Anchors exist and do not lean on each other in a circle."""
        leans: dict[str, str] = {}
        actors = (
            ("ego", self.scene.ego, ("ego",)),
            *((n, a, ("actors", n)) for n, a in self.scene.actors.items()),
        )
        for name, actor, path in actors:
            if actor.aim is not None:
                self.actor((*path, "aim", "at"), actor.aim.at)
                if actor.aim.at == name:
                    self.add((*path, "aim", "at"), "an actor cannot aim at itself")
            if actor.at is None:
                continue
            for anchor in ("ahead_of", "behind", "beside"):
                other = getattr(actor.at, anchor)
                if other is not None:
                    self.actor((*path, "at", anchor), other)
                    leans[name] = other.split(".")[0]
            for i, other in enumerate(actor.at.between or ()):
                self.actor((*path, "at", "between", i), other)
                leans.setdefault(name, other.split(".")[0])
        for name in leans:
            chain = [name]
            while chain[-1] in leans and leans[chain[-1]] not in chain:
                chain.append(leans[chain[-1]])
            if leans.get(chain[-1]) == name:
                circle = " -> ".join((*chain, name))
                where: Path = ("ego",) if name == "ego" else ("actors", name)
                self.add((*where, "at"), f"is placed by itself: {circle}; give one of them a lane and s")
                return

    def signals(self) -> None:
        """The plan's green arms are arms of this road, can be green together, and let somebody wait."""
        plan, known = self.scene.signals, signalled(self.scene)
        if plan is None:
            return
        if not known:
            what = (
                "this road has no junction and no crossing of kind signal; give it one or leave signals out"
                if self.scene.road.file is None
                else "no road of this map has traffic lights (signals of type 1000001); leave signals out"
            )
            self.add(("signals",), what, at_key=True)
            return
        for i, arm in enumerate(plan.green):
            if arm not in known:
                hint = did_you_mean(arm, known) or f"; it is {' or '.join(known)}"
                self.add(("signals", "green", i), f"no arm {arm!r}{hint}")
                return
        opposite = {"north": "south", "south": "north", "east": "west", "west": "east"}
        first = plan.green[0]
        for i, arm in enumerate(plan.green[1:], 1):
            if arm != opposite.get(first) and self.scene.road.file is None:
                what = f"{first} and {arm} cross each other and cannot be green together"
                self.add(("signals", "green", i), what)
                return

    def events(self) -> None:
        """Causes and actors of the story exist."""
        named = [event.name for event in self.scene.story if event.name is not None]
        for i, event in enumerate(self.scene.story):
            path: Path = ("story", i)
            if event.name is not None and event.name in [e.name for e in self.scene.story[:i]]:
                self.add((*path, "name"), f"two events are called {event.name!r}")
            if event.when is not None:
                self.condition((*path, "when"), event.when, trigger=True)
            if event.after is not None and event.after not in named:
                self.add((*path, "after"), f"no event {event.after!r}{did_you_mean(event.after, named)}")
            elif event.after is not None and event.after == event.name:
                self.add((*path, "after"), "an event cannot come after itself")
            for who, actions in event.do.items():
                if who in self.names.arms:
                    self.arm_acts((*path, "do", who), actions)
                    continue
                self.actor((*path, "do", who), who, at_key=True)
                spec = self.scene.ego if who == "ego" else self.scene.actors.get(who)
                replayed = spec is not None and spec.drive is not None and spec.drive.model == "replay"
                for j, action in enumerate(actions):
                    if replayed and action.kind in MOVING:
                        what = f"{who!r} is replayed and moves as it was recorded; it takes no {action.kind}"
                        self.add((*path, "do", who, j), what)
                    if action.signal is not None:
                        what = "signal is for an arm with signals, like do: {south: {signal: red}}"
                        self.add((*path, "do", who, j, "signal"), what, at_key=True)
                    if action.aim is not None:
                        self.actor((*path, "do", who, j, "aim", "at"), action.aim.at)

    def arm_acts(self, path: Path, actions: tuple[ActionMap, ...]) -> None:
        """An arm's signals change, and wait in between."""
        for j, action in enumerate(actions):
            if action.kind not in ("signal", "wait"):
                self.add((*path, j, action.kind), "an arm's signals can only signal and wait", at_key=True)


def _kind(kind: Kind) -> str:
    return f"a {kind}" if isinstance(kind, str) else described(kind)
