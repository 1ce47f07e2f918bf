"""Conditions: grammar, dimensions, values over numbers and over instants."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import RequestError
from drivesynth.scene.dimensions import FUNCTIONS, Names, Phase, check_condition, condition_phase, kind_of
from drivesynth.scene.evaluate import evaluate
from drivesynth.scene.expressions import PAIRS, Call, Name, Number, parse, parse_formula, walk
from drivesynth.scene.units import LENGTH, SPEED, TIME

NAMES = Names(
    params={"v": SPEED, "gap": LENGTH, "wet": "truth", "kind": "word"},
    actors=("ego", "van", "row", "lorry", "lorry.cargo"),
    groups=("row",),
    arms=("south",),
)


class World:
    """Ten instants: a van 1, 2, ... 10 s away, a lorry at 5 m steps."""

    def param(self, name: str) -> Any:
        return {"v": 20.0, "gap": 12.0, "wet": True, "kind": "bus"}[name]

    def attribute(self, actor: str, name: str) -> Any:
        return {"s": np.arange(10) * 5.0, "lane": np.array(["R1"] * 5 + ["R2"] * 5)}[name]

    def call(self, function: str, arguments: tuple[Any, ...]) -> Any:
        values = {"ttc": np.arange(1, 11.0), "min_ttc": 1.0, "hit": float("inf"), "signal": "green"}
        return values[function]


def value(text: str) -> Any:
    return evaluate(parse(text).ast, World())


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("0.6 s <= min_ttc(van) <= 2 s", True),
        ("0.6 s <= min_ttc(van) < 1 s", False),
        ("not min_ttc(van) < 1 s and $v == 72 km/h", True),
        ("$gap > 1.2 * 9 m", True),
        ("$gap - 2 m * 3 < 7 m", True),
        ("-(3 m - $gap) / 3 == 3 m", True),
        ("hit(van) > 100 s or false_friend == x", True),
        ("signal(south) == green", True),
        ("2 < 3 < 1 or 1 < 2", True),
        ("hit(van) - hit(lorry) < 1 s", False),
        ("$gap / (2 m - 200 cm) > 1", True),
    ],
)
def test_conditions_come_to_what_they_say(text: str, truth: bool) -> None:
    assert bool(value(text)) is truth


def test_over_instants_a_condition_is_judged_at_each() -> None:
    assert value("ttc(van) < 3.5 s and lorry.s >= 5 m").tolist() == [False, True, True] + [False] * 7
    assert value("lorry.lane == R2").sum() == 5


def test_pairs_begin_with_the_ego_where_one_is_named() -> None:
    assert parse("ttc(van) < 1 s") != parse("ttc(van, ego) < 1 s")
    call = next(node for node in walk(parse("ttc(van) < 1 s").ast) if isinstance(node, Call))
    assert call.arguments == (Name("ego"), Name("van"))


def test_every_function_of_two_takes_one_name_too() -> None:
    of_two = {name for name, function in FUNCTIONS.items() if len(function.arguments) == 2}
    assert of_two == PAIRS
    for name in of_two:
        short, long = (next(iter(walk(parse(f"{name}({names}) == 1").ast))) for names in ("van", "ego, van"))
        assert short == long


def test_limits_follow_the_condition() -> None:
    condition = parse("ttc(van) < 2 s for 0.5 s by 3 s")
    assert (condition.for_s, condition.by_s, condition.until_s) == (0.5, 3.0, None)
    assert parse("not collision(van) until 800 ms").until_s == 0.8


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("$v > 30 km/h", Phase.STATIC),
        ("lorry.speed > $v", Phase.KINEMATIC),
        ("min_ttc(van) < 1 s or points_on(van) > 20", Phase.RENDERED),
    ],
)
def test_a_condition_is_judged_as_soon_as_it_can_be(text: str, phase: Phase) -> None:
    assert condition_phase(parse(text)) is phase


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("min_ttc(van) < 3 m", "compares time (s) with length (m)"),
        ("min_ttc(van)", "is a time (s), not a condition"),
        ("min_ttc(vn) < 3 s", "no actor 'vn'; did you mean 'van'?"),
        ("min_tc(van) < 3 s", "no function 'min_tc'; did you mean 'min_ttc'?"),
        ("$vv > 3 m/s", "unknown parameter $vv; did you mean 'v'?"),
        ("$gap > 5", "compares length (m) with plain number"),
        ("$gap + $v > 5 m", "adds length (m) to speed"),
        ("van > 3 m", "'van' is only a word here"),
        ("green and $v > 3 m/s", "and wants conditions"),
        ("ttc() < 1 s", "takes one or two names"),
        ("ttc(3 m) < 1 s", "takes names of actors"),
        ("signal(nrth) == red", "no arm 'nrth'"),
        ("van.lane < R1", "cannot compare"),
        ("row.0.speed > 1 m/s and row.x.speed > 1 m/s", "no actor 'row.x'"),
        ("ttc(van) < 1 s for 3 m", "for wants a time"),
        ("(ttc(van) < 1 s", "expected ')'"),
        ("ttc(van) < 1 s)", "one word too many"),
        ("a = b", "write == to compare"),
        ("", "found 'the end'"),
        ("(" * 150, "nested too deeply"),
        ("1 + " * 190 + "1", "at most 200 words"),
        ("3 kmh < 4 m/s", "unknown unit 'kmh'; write 'km/h'"),
        ("$" + "a" * 2000, "at most 1000 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        check_condition(parse(text), NAMES)
    assert says in str(caught.value)


def test_arithmetic_carries_dimensions() -> None:
    assert kind_of(parse_formula("$gap / $v"), NAMES) == TIME
    assert kind_of(parse_formula("2 * $v * 3 s - 1 m"), NAMES) == LENGTH
    assert kind_of(parse_formula("0 + $v"), NAMES) == SPEED


NUMBERS = st.integers(1, 50).map(str)
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
)


@given(SUMS)
def test_arithmetic_is_that_of_python(text: str) -> None:
    if text.count("(") >= 30:
        return
    try:
        expected = eval(text)
    except ZeroDivisionError:
        return
    assert evaluate(parse_formula(text), World()) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.text(max_size=40) | st.text(alphabet="()<>=!+-*/$ ,.andortnt0123456789smk", max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        check_condition(parse(text), NAMES)
    except RequestError as error:
        assert str(error)


def test_numbers_carry_their_units() -> None:
    assert parse_formula("90 km/h") == Number(25.0, SPEED)
