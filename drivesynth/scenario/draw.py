"""The draw: one Scenario of a Scene, with everything decided that can be decided before the world runs.

Variant v of a scene with cases is case v mod n, draw v div n: every case gets all draws. A draw that
breaks a rule is tried again with fresh numbers, at most `sample.max_tries` times.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from drivesynth.errors import Mistakes, RequestError
from drivesynth.road import marks, things
from drivesynth.road import network as roads
from drivesynth.road.network import RoadNetwork
from drivesynth.scenario import spread, structures
from drivesynth.scenario.casting import Casting
from drivesynth.scenario.chance import Chance, Rejected
from drivesynth.scenario.failing import begun_by_conditions, faults
from drivesynth.scenario.happenings import events, single
from drivesynth.scenario.model import Actor, Event, Fault, Keep, Output, Scenario
from drivesynth.scenario.overlap import overlaps, upon
from drivesynth.scenario.roads import road_plan
from drivesynth.scenario.signals import signal_plan
from drivesynth.scenario.traffic import traffic
from drivesynth.scenario.weather import environment
from drivesynth.scene import catalogue, load
from drivesynth.scene.dimensions import Phase, condition_phase
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import parse
from drivesynth.scene.loader import case
from drivesynth.scene.model import Scene
from drivesynth.scene.rig import load_rig
from drivesynth.streams import uniform

_DURATION_S = 8.0


def sample(scene: Scene, seed: int | None = None, variant: int = 0, planned: bool = True) -> Scenario:
    """The scenario of a variant; RequestError where none of its tries stands.

    Not `planned`, it draws at random whatever the scene's method: as good to judge a scene by, and loading
    what lays out Sobol's points takes a second.
    """
    return next(attempts(scene, seed, variant, planned))


def variants(scene: Scene) -> int:
    """How many variants the scene asks for: its count for each of its cases."""
    count = scene.sample.count
    if scene.sample.method == "grid" and "count" not in scene.sample.model_fields_set:
        count = spread.grid_size(scene)
    return count * max(len(scene.cases), 1)


def attempts(
    scene: Scene, seed: int | None = None, variant: int = 0, planned: bool = True
) -> Iterator[Scenario]:
    """The variant's scenarios that stand, one a try, as long as tries are left.

    What a rollout or a frame rejects is tried again by taking the next one. When the tries are used up
    without any that stood, RequestError says which rule refused them.
    """
    seed = scene.seed if seed is None else seed
    index, name = variant, None
    if scene.cases:
        names = list(scene.cases)
        index, name = variant // len(names), names[variant % len(names)]
        scene = _case(scene.sha256, scene.path, name) or case(scene, name)
    refused: list[list[Rejected]] = []
    for attempt in range(scene.sample.max_tries):
        numbers = spread.given(scene, seed, index) if planned and attempt == 0 else {}
        try:
            drawn = _draw(Chance(scene, seed, index, attempt, numbers), variant, name)
        except Rejected as rejected:
            drawn = [rejected]
        if isinstance(drawn, Scenario):
            yield drawn
        else:
            refused.append(drawn)
    if len(refused) == scene.sample.max_tries:
        raise hopeless(scene, refused)


@lru_cache(maxsize=64)
def _case(sha256: str, path: Path | None, name: str) -> Scene | None:
    """Cases of a file are read once; `sha256` notices when it has changed meanwhile."""
    if path is None or not path.is_file():
        return None
    scene = load(path)
    return case(scene, name) if scene.sha256 == sha256 else None


def hopeless(scene: Scene, refused: list[list[Rejected]]) -> RequestError:
    """What to say when no try stood: the rules that refused every one of them, else all by their number."""
    counts = Counter(rule for rules in refused for rule in {r.rule for r in rules})
    always = [rule for rule, count in counts.items() if count == len(refused)]
    if always:
        errors = {rejected.rule: rejected.error for rules in refused for rejected in rules}
        return Mistakes([errors[rule] for rule in always])
    listed = ", ".join(f"{rule} ({count})" for rule, count in counts.most_common(6))
    what = f"none of {len(refused)} tries stands; rejected: {listed}; loosen these or raise sample.max_tries"
    return RequestError(what, field="sample.max_tries", place=scene.tree.place)


def _draw(chance: Chance, variant: int, case_name: str | None) -> Scenario | list[Rejected]:
    """One try."""
    scene = chance.scene
    preferred = _preferred(chance)
    rejections = _static_conditions(chance, preferred)
    if rejections:
        return rejections
    plan = road_plan(chance)
    try:
        network = roads.build(plan)
        marks.style(plan.marks)
    except RequestError as error:
        raise chance.mistake(tuple((error.field or "road").split(".")), error.what) from None
    for i, zone in enumerate(plan.work_zones):
        if zone.lane not in network.lanes:
            try:
                network.lane(zone.lane)
            except RequestError as error:
                raise chance.mistake(("road", "work_zones", i, "close"), error.what) from None
    structures.check(chance, network)
    signals = signal_plan(chance, network)
    casting = Casting(chance, network)
    casting.run()
    everyone = [actor for row in casting.actors.values() for actor in row]
    if not casting.mistakes:
        rejections = [*casting.rejections, *_overlapping(chance, network, everyone)]
    story: tuple[Event, ...] = ()
    failing: tuple[Fault, ...] = ()
    try:
        if not casting.failed:
            story = (*events(chance, network, casting.actors), *begun_by_conditions(chance))
            failing = faults(chance)
    except RequestError as error:
        casting.mistakes.append(error)
    if casting.mistakes:
        raise Mistakes(casting.mistakes)
    if rejections:
        return rejections
    background = traffic(casting, frozenset(name for event in story for name in event.do))
    output, keep = scene.output, scene.output.keep
    aimed = [_aimed(actor, casting.actors) for actor in everyone]
    ego = next(actor for actor in aimed if actor.name == "ego")
    return Scenario(
        scene=scene.name,
        scene_sha256=scene.sha256,
        seed=chance.seed,
        variant=variant,
        case=case_name,
        tags=scene.tags,
        params=chance.params,
        draws=dict(sorted(chance.draws.items())),
        road=plan,
        environment=environment(chance),
        signals=signals,
        ego=ego,
        actors=(*(actor for actor in aimed if actor.name != "ego"), *background),
        story=story,
        require=scene.require,
        preferred=preferred,
        expect=scene.expect,
        rig=rig_reference(scene),
        faults=failing,
        duration_s=chance.number(scene.duration, ("duration",), _DURATION_S),
        output=Output(
            format=output.format,
            fps=output.fps,
            images=output.images,
            keep=Keep()
            if keep is None
            else Keep(
                around=keep.around,
                before_s=chance.number(keep.before, ("output", "keep", "before")),
                after_s=chance.number(keep.after, ("output", "keep", "after")),
                when=keep.when,
            ),
        ),
        split=_split(chance),
    )


def rig_reference(scene: Scene) -> str:
    """The rig by its short name where the catalogue has it, by its path where it stands beside the scene."""
    beside = scene.path.parent if scene.path is not None else Path()
    try:
        found = catalogue.find(scene.rig.use, beside, folder="rigs")
    except RequestError as error:
        node = scene.tree.child("rig")
        place = node.place if node is not None else scene.tree.place
        raise RequestError(error.what, field="rig", place=place) from None
    return _rig_name(found)


@lru_cache(maxsize=64)
def _rig_name(path: Path) -> str:
    rigs, found = (catalogue.root() / "rigs").resolve(), path.resolve()
    return str(found.relative_to(rigs).with_suffix("")) if found.is_relative_to(rigs) else str(found)


def _preferred(chance: Chance) -> dict[str, str]:
    """Rule and text of every `prefer` that this variant is to keep, whatever try it takes.

    Kept by a share p of the variants, and by chance by some of the others, a condition holds in at least
    that share of what is accepted.
    """
    kept = {}
    for i, preference in enumerate(chance.scene.prefer):
        p = chance.number(preference.p, ("prefer", i, "p"))
        if uniform(chance.seed, f"prefer.{i}", chance.index) < p:
            kept[f"prefer.{i}"] = preference.if_
    return kept


def _static_conditions(chance: Chance, preferred: Mapping[str, str]) -> list[Rejected]:
    rejections = []
    rules = {f"require.{i}": text for i, text in enumerate(chance.scene.require)}
    for rule, text in {**rules, **preferred}.items():
        condition = parse(text)
        if condition_phase(condition) is Phase.STATIC and not evaluate(condition.ast, chance):
            key, index = rule.split(".")
            error = chance.mistake((key, int(index)), f"{text!r} does not hold")
            rejections.append(Rejected(f"{rule} {text}", error))
    return rejections


def _overlapping(chance: Chance, network: RoadNetwork, everyone: list[Actor]) -> list[Rejected]:
    specs = {"ego": chance.scene.ego, **chance.scene.actors}
    solid = [
        actor
        for actor in everyone
        if not actor.name.endswith(".cargo") and not specs[actor.name.split(".")[0]].allow_overlap
    ]
    rejections = []
    found = [(second, first.name, repr(first.name)) for first, second in overlaps(solid)]
    for actor, i in upon(solid, things.footprints(network)):
        name = f"road.objects.{i}"
        found.append((actor, name, f"{name}, {network.plan.objects[i].asset}"))
    for actor, other, shown in found:
        base = actor.name.split(".")[0]
        path = ("ego", "at") if base == "ego" else ("actors", base, "fill" if specs[base].fill else "at")
        what = f"{actor.name!r} stands in {shown}; move one of them or set allow_overlap: true"
        rejections.append(Rejected(f"overlap {other}/{actor.name}", chance.mistake(path, what)))
    return rejections


def _aimed(actor: Actor, actors: dict[str, tuple[Actor, ...]]) -> Actor:
    """Who aims at a row aims at its last member."""
    if actor.aim is None or single(actor.aim.at, actors) == actor.aim.at:
        return actor
    return actor.model_copy(update={"aim": actor.aim.model_copy(update={"at": single(actor.aim.at, actors)})})


def _split(chance: Chance) -> str:
    split = chance.scene.sample.split
    if not split:
        return "train"
    u, reached = chance.uniform("sample.split"), 0.0
    for name, share in split.items():
        reached += share.constant or 0.0
        if u < reached:
            return name
    return list(split)[-1]


def check(path_or_name: str | Path) -> Scene:
    """Load a scene and draw one variant of each of its cases; Mistakes tells all that is wrong."""
    scene = load(path_or_name)
    beside = scene.path.parent if scene.path is not None else None
    rig_reference(scene)
    _check_rig(catalogue.find(scene.rig.use, beside, folder="rigs"))
    for variant in range(max(len(scene.cases), 1)):
        sample(scene, variant=variant, planned=False)
    return scene


@cache
def _check_rig(path: Path) -> None:
    """Scenes share their rigs; a mistake is no answer, so it is found again."""
    load_rig(path)
