"""YAML with places: what scalars mean, where things stand, and what is refused quickly."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.errors import Mistakes, RequestError
from drivesynth.scene.document import MOST_BYTES, parse, read
from drivesynth.scene.writing import written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:40", "22:40"), ("on", "on"), ("no", "no"), ("yes", "yes"), ("010", 10), ("1e-3", 0.001),
        ("0x1F", 31), ("0o17", 15), ("1_000", "1_000"), ("~", None), ("", None), ("True", True),
        ("tRue", "tRue"), ("-.5", -0.5), ("12.", 12.0), ("+7", 7), ("2026-01-02", "2026-01-02"),
        ("'5'", "5"), ('"null"', "null"),
    ],
)  # fmt: skip
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, value: object) -> None:
    found = parse(f"a: {text}", "t").plain()["a"]
    assert found == value and type(found) is type(value)


def test_every_value_and_key_knows_its_line_and_column() -> None:
    tree = parse("a:\n  - 1\n  - {bc: two}\n", "t.yaml")
    inner = tree.child("a").child(1).child("bc")  # type: ignore[union-attr]
    assert inner is not None and str(inner.place) == "t.yaml:3:10" and str(inner.key) == "t.yaml:3:6"


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(TREES)
def test_what_is_written_is_read_back_unchanged(tree: Any) -> None:
    tree = {"top": tree}
    try:
        back = parse(written(tree), "t").plain()
    except RequestError as error:
        assert "<<" in str(tree), error  # a merge key is refused, quoted or not
        return
    assert back == tree


@given(TREES)
def test_plain_text_and_lists_agree_with_an_independent_parser(tree: Any) -> None:
    text = yaml.safe_dump({"top": tree}, default_style='"')  # quoted and tagged: 1.1 and 1.2 agree
    if "!!" not in text and "<<" not in text:
        assert parse(text, "t").plain() == yaml.safe_load(text)


def test_an_alias_bomb_is_refused_within_a_second() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    start = time.process_time()
    with pytest.raises(RequestError, match="once aliases are followed"):
        parse("\n".join(lines), "bomb")
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a: [" + "1, " * 400_000 + "]"]
)
def test_depth_and_breadth_are_limited_within_a_second(text: str) -> None:
    start = time.process_time()
    with pytest.raises(RequestError):
        parse(text, "deep")
    assert time.process_time() - start < 2.0


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as out:
        out.truncate(50 * MOST_BYTES)
    start = time.process_time()
    with pytest.raises(RequestError, match="larger than"):
        read(file)
    assert time.process_time() - start < 1.0


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: Stra\xdfe".encode("latin-1"))
    with pytest.raises(RequestError, match=r"latin.yaml:2: not UTF-8"):
        read(tmp_path / "latin.yaml")
    for name in (tmp_path, tmp_path / "absent.yaml", Path("/dev/zero")):
        with pytest.raises(RequestError):
            read(name)


def test_all_mistakes_of_a_text_are_told_at_once() -> None:
    with pytest.raises(Mistakes) as caught:
        parse("a: .nan\nb: 1\nb: 2\nc: 1e999\n", "t")
    assert [m.place.line for m in caught.value.mistakes if m.place] == [1, 3, 4]


@given(st.text(max_size=60) | st.text(alphabet="{}[]:,-&*!#|>'\"% \n\tab1.$", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "t").plain()
    except RequestError as error:
        assert str(error)
