"""What a key of a scene may hold: quantities of a dimension, words, names, conditions, texts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import pi
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from drivesynth.errors import RequestError
from drivesynth.scene.expressions import parse
from drivesynth.scene.units import (
    ACCELERATION,
    ANGLE,
    DENSITY,
    LENGTH,
    NUMBER,
    RAIN,
    SPEED,
    TIME,
    describe,
)
from drivesynth.scene.values import Limits, Quantity, Words, is_words, parse_quantity, parse_words

T = TypeVar("T")


def _as_mistake(parse_it: Callable[[Any], T]) -> Callable[[Any], T]:
    """Pydantic collects ValueErrors; ours carries the same sentence."""

    def checked(value: Any) -> T:
        try:
            return parse_it(value)
        except RequestError as error:
            raise ValueError(error.what) from None

    return checked


@dataclass(frozen=True)
class Reads:
    """Makes a field's type read by one of our parsers and written as it was read."""

    parser: Callable[[Any], Any]
    about: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Parse on the way in, the text on the way out."""
        return core_schema.no_info_plain_validator_function(
            _as_mistake(self.parser),
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Numbers, texts and the mapping form."""
        return {"type": ["string", "number", "object"], "description": self.about}


def _written(value: Any) -> Any:
    """A value as a file holds it: numbers bare, all else as text."""
    text = value.text if isinstance(value, Quantity | Words) else value
    try:
        number = float(text)
    except (TypeError, ValueError):
        return text
    return int(number) if number == int(number) and "." not in text and "e" not in text else number


def _quantity(limits: Limits) -> Reads:
    about = describe(limits.dimension) if limits.dimension is not None else "a value"
    return Reads(lambda value: parse_quantity(value, limits), about)


def _words(value: Any) -> Words:
    if isinstance(value, Words):
        return value
    if not isinstance(value, str):
        raise RequestError(f"{value!r} is not a name" if not isinstance(value, dict | list) else "not a name")
    return parse_words(value)


def _param(value: Any) -> Quantity | Words | bool:
    """A parameter may be a number of any dimension, a word or a truth."""
    if isinstance(value, bool | Words):
        return value
    if isinstance(value, str) and is_words(value):
        return parse_words(value)
    return parse_quantity(value, Limits(None))


def _condition(text: str) -> str:
    parse(text)
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise RequestError(f"{text!r} is no day; write it as 2011-09-26") from None
    return text


def _event_name(name: str) -> str:
    if not name.isidentifier():
        raise RequestError(f"{name!r} is not a name; use letters, digits and _")
    return name


Length = Annotated[Quantity, _quantity(Limits(LENGTH))]
PositiveLength = Annotated[Quantity, _quantity(Limits(LENGTH, 0.0, open_below=True))]
SomeLength = Annotated[Quantity, _quantity(Limits(LENGTH, 0.0))]
LaneWidth = Annotated[Quantity, _quantity(Limits(LENGTH, 0.3, 20.0))]
RoadLength = Annotated[Quantity, _quantity(Limits(LENGTH, 1.0, 20_000.0))]
Radius = Annotated[Quantity, _quantity(Limits(LENGTH, 5.0, 1e6))]
Size = Annotated[Quantity, _quantity(Limits(LENGTH, 0.02, 100.0))]
Speed = Annotated[Quantity, _quantity(Limits(SPEED, -30.0, 120.0))]
ForwardSpeed = Annotated[Quantity, _quantity(Limits(SPEED, 0.0, 120.0))]
MovingSpeed = Annotated[Quantity, _quantity(Limits(SPEED, 0.0, 120.0, open_below=True))]
Acceleration = Annotated[Quantity, _quantity(Limits(ACCELERATION, 0.0, 30.0))]
Time = Annotated[Quantity, _quantity(Limits(TIME, 0.0, 3600.0))]
PositiveTime = Annotated[Quantity, _quantity(Limits(TIME, 0.0, 3600.0, open_below=True))]
Clock = Annotated[Quantity, _quantity(Limits(TIME, 0.0, 86_400.0))]
Angle = Annotated[Quantity, _quantity(Limits(ANGLE))]
Latitude = Annotated[Quantity, _quantity(Limits(ANGLE, -pi / 2, pi / 2))]
Longitude = Annotated[Quantity, _quantity(Limits(ANGLE, -pi, pi))]
Elevation = Annotated[Quantity, _quantity(Limits(ANGLE, -pi / 2, pi / 2))]
Slope = Annotated[Quantity, _quantity(Limits(ANGLE, -0.5, 0.5))]
Grade = Annotated[Quantity, _quantity(Limits(NUMBER, -0.5, 0.5))]
Ratio = Annotated[Quantity, _quantity(Limits(NUMBER, 0.0, 1.0))]
Plain = Annotated[Quantity, _quantity(Limits(NUMBER, 0.0))]
Count = Annotated[Quantity, _quantity(Limits(NUMBER, 0.0, 1000.0, whole=True))]
RainRate = Annotated[Quantity, _quantity(Limits(RAIN, 0.0, 500.0))]
Density = Annotated[Quantity, _quantity(Limits(DENSITY, 0.0, 0.5))]
LidarRatio = Annotated[Quantity, _quantity(Limits(NUMBER, 5.0, 500.0))]
Visibility = Annotated[Quantity, _quantity(Limits(LENGTH, 1.0, 1e6))]

Choices = Annotated[Words, Reads(_words, "a name, a choice of names, or $parameter")]
ParamValue = Annotated[Quantity | Words | bool, Reads(_param, "a value with its unit, or a word")]
ConditionText = Annotated[str, AfterValidator(_as_mistake(_condition))]
Day = Annotated[str, AfterValidator(_as_mistake(_day))]
EventName = Annotated[str, AfterValidator(_as_mistake(_event_name))]
Door = Literal["driver", "passenger", "rear_left", "rear_right", "boot", "bonnet"]
Text = Annotated[str, Field(max_length=500)]
