"""`story:` as a scene writes it: when what happens, then who does what."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from drivesynth.scene.faults import BenchmarkName, Severity, known_grade, known_kind
from drivesynth.scene.fields import (
    Acceleration,
    Angle,
    ConditionText,
    Door,
    EventName,
    ForwardSpeed,
    Length,
    MovingSpeed,
    PositiveTime,
    Ratio,
    SomeLength,
    Speed,
    Time,
)
from drivesynth.scene.validate import FileModel


class ActionSpec(FileModel):
    """The arguments of one action.

    short  the argument that a bare value stands for: `wait: 2 s`
    names  argument -> its name with the unit, in the drawn scenario
    """

    short: ClassVar[str | None] = None
    names: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if value is None or value is True:
            return {}
        if isinstance(value, dict):
            return value
        if cls.short is None:
            raise ValueError(f"{value!r}: this action takes no value")
        return {cls.short: value}


class SpeedAction(ActionSpec):
    """Go on at another speed, reached `in` a time or at an acceleration; a negative one is reversing."""

    short = "to"
    names = {"to": "to_mps", "in_": "over_s", "accel": "accel_mps2"}  # noqa: RUF012
    to: Speed
    in_: Annotated[PositiveTime | None, Field(alias="in")] = None
    accel: Acceleration | None = None


class Brake(ActionSpec):
    """Brake, down to a speed."""

    short = "decel"
    names = {"decel": "decel_mps2", "to": "to_mps"}  # noqa: RUF012
    decel: Acceleration | None = None
    to: ForwardSpeed | None = None


class ChangeLane(ActionSpec):
    """Move to the neighbouring lane, or to one by name. `indicator`: how probably it is announced."""

    short = "to"
    names = {  # noqa: RUF012
        "to": "to", "lateral_speed": "lateral_mps", "in_": "duration_s", "indicator": "indicator_ratio",
        "offset": "offset_m",
    }  # fmt: skip
    to: str
    lateral_speed: MovingSpeed | None = None
    in_: Annotated[PositiveTime | None, Field(alias="in")] = None
    indicator: Ratio | None = None
    offset: Length | None = None


class Offset(ActionSpec):
    """Move sideways inside the lane: to an offset, or by a distance; left is positive."""

    short = "to"
    names = {  # noqa: RUF012
        "to": "to_m", "by": "by_m", "lateral_speed": "lateral_mps", "in_": "duration_s",
        "indicator": "indicator_ratio",
    }  # fmt: skip
    to: Length | None = None
    by: Length | None = None
    lateral_speed: MovingSpeed | None = None
    in_: Annotated[PositiveTime | None, Field(alias="in")] = None
    indicator: Ratio | None = None


class Follow(ActionSpec):
    """Go on along other lanes."""

    short = "route"
    names = {"route": "route"}  # noqa: RUF012
    route: Annotated[tuple[str, ...], Field(min_length=1)]


class Goal(FileModel):
    """Where a walker goes; the station it stands at where `s` is not given."""

    lane: str
    s: Length | None = None
    offset: Length | None = None


class Walk(ActionSpec):
    """Walk, straight to a place or on along the way it faces."""

    short = "speed"
    names = {"speed": "speed_mps", "to": "to"}  # noqa: RUF012
    speed: MovingSpeed | None = None
    to: Goal | None = None


class Run(Walk):
    """Walk, but running: at 3 m/s where no speed is given."""


class Stumble(ActionSpec):
    """Lose one's step, slow down nearly to a stand `for` a time, and go on as fast as before."""

    short = "for_"
    names = {"for_": "for_s"}  # noqa: RUF012
    for_: Annotated[PositiveTime | None, Field(alias="for")] = None


class TurnBack(ActionSpec):
    """Stop, and go back the way one came, to where one began."""

    short = "speed"
    names = {"speed": "speed_mps"}  # noqa: RUF012
    speed: MovingSpeed | None = None


class Wait(ActionSpec):
    """Do nothing new for a time."""

    short = "for_"
    names = {"for_": "for_s"}  # noqa: RUF012
    for_: Annotated[Time, Field(alias="for")]


class Stop(ActionSpec):
    """Come to a stand."""

    short = "decel"
    names = {"decel": "decel_mps2"}  # noqa: RUF012
    decel: Acceleration | None = None


class AimAction(ActionSpec):
    """From now on, move so as to meet the target."""

    short = "speed"
    names = {  # noqa: RUF012
        "at": "at", "impact": "impact_ratio", "speed": "speed_mps", "miss": "miss_m", "until": "until_s",
    }  # fmt: skip
    at: str = "ego"
    impact: Ratio | None = None
    speed: MovingSpeed
    miss: SomeLength | None = None
    until: Time | None = None


class OpenDoor(ActionSpec):
    """Open a car's door, boot or bonnet; an angle of 0 shuts it."""

    short = "angle"
    names = {"angle": "angle_rad", "in_": "duration_s", "which": "which"}  # noqa: RUF012
    angle: Angle | None = None
    which: Door | None = None
    in_: Annotated[PositiveTime | None, Field(alias="in")] = None


class Drop(ActionSpec):
    """Lose the cargo."""

    short = "what"
    names = {"what": "what"}  # noqa: RUF012
    what: Literal["cargo"] = "cargo"


class Lights(ActionSpec):
    """Switch lights by name."""

    short = "on"
    names = {"on": "on", "off": "off"}  # noqa: RUF012
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, value: Any) -> Any:
        named = value if isinstance(value, dict) else {cls.short: value}
        return {key: [words] if isinstance(words, str) else words for key, words in named.items()}


class Gesture(ActionSpec):
    """A sign given by hand."""

    short = "kind"
    names = {"kind": "kind"}  # noqa: RUF012
    kind: Literal["wave_on", "stop", "point"]


class SignalAction(ActionSpec):
    """The signals of an arm change, and stay so until they are told otherwise; `plan` goes on by the plan."""

    short = "to"
    names = {"to": "to"}  # noqa: RUF012
    to: Literal["red", "red_amber", "amber", "green", "off", "plan"]


class Presence(ActionSpec):
    """Appear or vanish."""


class FaultAction(ActionSpec):
    """A sensor of the ego begins to fail, see `scene.faults`."""

    short = "kind"
    names = {  # noqa: RUF012
        "sensor": "sensor", "kind": "kind", "severity": "severity", "benchmark": "benchmark",
    }  # fmt: skip
    sensor: str = "lidar"
    benchmark: BenchmarkName | None = None  # the two below are read after it
    kind: Annotated[str, AfterValidator(known_kind)]
    severity: Annotated[Severity, AfterValidator(known_grade)] = 3


class ActionMap(FileModel):
    """Exactly one action: `{brake: {decel: 4 m/s^2}}`."""

    speed: SpeedAction | None = None
    brake: Brake | None = None
    change_lane: ChangeLane | None = None
    offset: Offset | None = None
    follow: Follow | None = None
    walk: Walk | None = None
    run: Run | None = None
    stumble: Stumble | None = None
    turn_back: TurnBack | None = None
    wait: Wait | None = None
    stop: Stop | None = None
    aim: AimAction | None = None
    open_door: OpenDoor | None = None
    drop: Drop | None = None
    lights: Lights | None = None
    gesture: Gesture | None = None
    signal: SignalAction | None = None
    appear: Presence | None = None
    vanish: Presence | None = None
    fault: FaultAction | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict):
            if len(value) != 1:
                raise ValueError("one action each; write a list for one after another")
            # `stop:` alone is an action without arguments, not the absence of one.
            return {kind: {} if arguments is None else arguments for kind, arguments in value.items()}
        return value

    @property
    def kind(self) -> str:
        """Which action it is."""
        return next(iter(self.model_fields_set))

    @property
    def arguments(self) -> ActionSpec:
        """Its arguments."""
        arguments: ActionSpec = getattr(self, self.kind)
        return arguments


class EventSpec(FileModel):
    """When the condition becomes true, or after another event has ended: each actor acts."""

    name: EventName | None = None
    when: ConditionText | None = None
    after: str | None = None
    delay: Time | None = None
    once: bool = True
    do: Annotated[dict[str, tuple[ActionMap, ...]], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("do"), dict):
            do = {who: list(a) if isinstance(a, list | tuple) else [a] for who, a in value["do"].items()}
            return {**value, "do": do}
        return value

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if self.when is not None and self.after is not None:
            raise ValueError("give when or after, not both")
        if not self.once and self.when is None:
            raise ValueError("once: false needs a when")
        return self
