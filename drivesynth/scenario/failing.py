"""Which sensors fail in one draw: from a time on, or once a condition has become true."""

from drivesynth.errors import RequestError
from drivesynth.scenario.chance import Chance
from drivesynth.scenario.model import Action, Event, Fault, Placement, Value
from drivesynth.scene.faults import FaultSpec, check_sensor
from drivesynth.scene.rig import load_rig
from drivesynth.scene.story import FaultAction
from drivesynth.scene.validate import Path


def faults(chance: Chance) -> tuple[Fault, ...]:
    """The rig's faults that begin at a time; RequestError where the rig has no such sensor."""
    _check_sensors(chance)
    return tuple(
        _fault(chance, spec, ("rig", "faults", number))
        for number, spec in enumerate(chance.scene.rig.faults)
        if spec.when is None
    )


def begun_by_conditions(chance: Chance) -> tuple[Event, ...]:
    """The rest as events of the story: the ego's fault, with all that the rig's list says of it."""
    events = []
    for number, spec in enumerate(chance.scene.rig.faults):
        if spec.when is not None:
            drawn = _fault(chance, spec, ("rig", "faults", number))
            told = drawn.model_dump(exclude={"from_s"}, exclude_none=True)
            args: dict[str, Value | Placement] = dict(told)
            do = {"ego": (Action(kind="fault", args=args),)}
            events.append(Event(name=f"rig_fault_{number}", when=spec.when, do=do))
    return tuple(events)


def _fault(chance: Chance, spec: FaultSpec, path: Path) -> Fault:
    return Fault(
        sensor=spec.sensor,
        kind=spec.kind,
        severity=spec.severity,
        benchmark=spec.benchmark,
        sector_rad=chance.maybe(spec.sector, (*path, "sector")),
        at_rad=chance.number(spec.at, (*path, "at")),
        loss_ratio=chance.maybe(spec.loss, (*path, "loss")),
        from_s=chance.number(spec.from_, (*path, "from")),
        to_s=chance.maybe(spec.to, (*path, "to")),
    )


def _check_sensors(chance: Chance) -> None:
    """Every fault of the rig's list and of the story is one that its sensor knows."""
    scene = chance.scene
    named: list[tuple[Path, FaultSpec | FaultAction]] = [
        (("rig", "faults", number), spec) for number, spec in enumerate(scene.rig.faults)
    ]
    for number, event in enumerate(scene.story):
        for who, listed in event.do.items():
            for row, action in enumerate(listed):
                if action.fault is not None:
                    named.append((("story", number, "do", who, row, "fault"), action.fault))
    if not named:
        return
    rig = load_rig(scene.rig.use, scene.path.parent if scene.path is not None else None)
    for path, spec in named:
        try:
            sector = isinstance(spec, FaultSpec) and not (spec.sector is spec.at is None)
            check_sensor(spec.sensor, spec.kind, rig.lidars, rig.cameras, sector, spec.benchmark)
        except RequestError as error:
            raise chance.mistake((*path, error.field or "kind"), error.what) from None
