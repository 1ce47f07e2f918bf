"""Values with units: every form, its law, its limits, what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from drivesynth.errors import RequestError
from drivesynth.scene.laws import Constant, Normal
from drivesynth.scene.units import ANGLE, LENGTH, NUMBER, RAIN, SPEED, TIME, UNITS, Dimension, to_si
from drivesynth.scene.values import Limits, Quantity, parse_quantity, parse_words

U = (np.arange(4000) + 0.5) / 4000


def of(text: object, dimension: Dimension | None, **limits: float) -> Quantity:
    return parse_quantity(text, Limits(dimension, **limits))  # type: ignore[arg-type]


def draws(text: object, dimension: Dimension | None) -> np.ndarray:
    law = of(text, dimension).law
    assert law is not None
    return np.array([law.at(u) for u in U])


@pytest.mark.parametrize(
    ("text", "dimension", "si"),
    [
        ("36 km/h", SPEED, 10.0), ("10 mph", SPEED, 4.4704), ("250 cm", LENGTH, 2.5), ("70 %", NUMBER, 0.7),
        ("180 deg", ANGLE, math.pi), ("1.5 min", TIME, 90.0), ("200 ms", TIME, 0.2), ("2 km", LENGTH, 2000.0),
        ("12 mm/h", RAIN, 12.0), ("0", SPEED, 0.0), (0, TIME, 0.0), ("06:30", TIME, 23_400.0),
        ("-3m", LENGTH, -3.0),
    ],
)  # fmt: skip
def test_a_constant_is_turned_into_si_units(text: object, dimension: Dimension, si: float) -> None:
    assert of(text, dimension).constant == si


@given(st.floats(0.01, 500), st.sampled_from(sorted(UNITS)))
def test_any_unit_gives_its_own_dimension(number: float, unit: str) -> None:
    value = of(f"{number:.6f} {unit}", None)
    assert value.dimension == UNITS[unit].dimension
    assert value.constant == pytest.approx(to_si(number, unit), rel=1e-3)


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("20..60 m", stats.uniform(20, 40)),
        ("log 50..400 m", stats.loguniform(50, 400)),
        ("8 +- 1.5 m", stats.norm(8, 1.5)),
        ("8 +- 1.5 in 5..12 m", stats.truncnorm(-2.0, 4 / 1.5, 8, 1.5)),
        ({"dist": "normal", "mean": 8, "sd": 1.5, "unit": "m"}, stats.norm(8, 1.5)),
    ],
)
def test_laws_are_those_of_scipy(text: object, law: object) -> None:
    assert np.allclose(draws(text, LENGTH), law.ppf(U), rtol=1e-6, atol=1e-6)  # type: ignore[attr-defined]


def test_a_weighted_choice_takes_its_options_by_their_weights() -> None:
    values, counts = np.unique(draws("25 | 50:2 | 75 %", NUMBER), return_counts=True)
    assert values.tolist() == [0.25, 0.5, 0.75] and counts.tolist() == [1000, 2000, 1000]
    words = parse_words("car/*:6 | van/*:2 | truck/rigid")
    chosen = [words.at(u) for u in U]
    assert [round(9 * chosen.count(o) / 4000) for o in words.options] == [6, 2, 1]


def test_a_choice_of_ranges_is_a_mixture() -> None:
    drawn = draws("20..30 | 50..60 km/h", SPEED) * 3.6
    assert np.allclose(np.quantile(drawn, [0.0, 0.499, 0.501, 1.0]), [20, 30, 50, 60], atol=0.1)


def test_a_grid_has_all_its_points_and_no_others() -> None:
    assert np.allclose(np.unique(draws("10..60 step 10 m", LENGTH)), [10, 20, 30, 40, 50, 60])
    assert set(draws("3..6", NUMBER)) != {3, 4, 5, 6}
    count = of("3..6", NUMBER, whole=True).law
    assert count is not None and {count.at(u) for u in U} == {3, 4, 5, 6}


def test_a_normal_law_is_cut_to_what_its_field_takes() -> None:
    law = of("1 +- 2 m/s", SPEED, least=0.0).law
    assert isinstance(law, Normal) and law.low == 0.0 and min(law.at(u) for u in U) >= 0.0


@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(0.1, 40))
def test_a_truncated_normal_stays_in_its_range(mean: float, sd: float, width: float) -> None:
    law = Normal(mean, sd, mean - width / 3, mean + width)
    drawn = [law.at(u) for u in (0.0, 1e-9, 0.3, 0.999999, 1.0 - 1e-16)]
    assert drawn == sorted(drawn) and mean - width / 3 <= drawn[0] and drawn[-1] <= mean + width


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (50, "50 has no unit; expected speed (m/s, km/h)"),
        ("50 kph", "write 'km/h'"),
        ("130..80 km/h", "empty range 130..80: low must be below high"),
        ("5 m", "'5 m' is a length (m), expected speed (m/s, km/h)"),
        ("5 m/s | 6 m", "mixes"),
        ("nan m/s", "not a value"),
        ("$a..3 m/s", "cannot stand in a range"),
        (True, "true stands where"),
        (None, "nothing stands where"),
        ([1], "a list stands where"),
        ({"dist": "unform"}, "dist: one of"),
        ("9" * 400 + " m/s", "beyond anything"),
    ],
)
def test_what_is_no_speed_is_refused_with_a_reason(text: object, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        of(text, SPEED)
    assert says in str(caught.value)


@given(
    st.text(max_size=30)
    | st.text(alphabet="0123456789.+-|:$ kmhs/%eElogstpin*()", max_size=30)
    | st.integers()
    | st.floats()
    | st.dictionaries(st.sampled_from(["dist", "low", "high", "unit"]), st.text(max_size=5) | st.floats())
)
def test_anything_is_a_value_or_refused(value: object) -> None:
    try:
        quantity = of(value, None)
    except RequestError:
        return
    if quantity.law is not None:
        assert all(math.isfinite(quantity.law.at(u)) for u in (0.0, 0.5, 1.0 - 1e-15))


def test_a_constant_ignores_chance() -> None:
    assert Constant(3.0).at(0.1) == Constant(3.0).at(0.9)
