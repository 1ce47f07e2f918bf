"""How a plan spreads its variants: evenly, over a grid, over cases and splits."""

import pytest

from drivesynth.errors import RequestError
from drivesynth.scenario.draw import sample, variants
from drivesynth.scenario.spread import grid_size
from tests.scenario.scenes import scene


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_a_plan_covers_each_axis_evenly(method: str) -> None:
    planned = scene(f"params: {{v: 0..1 m, w: 0..1 s}}\nsample: {{count: 64, method: {method}}}\n")
    drawn = [sample(planned, variant=v) for v in range(64)]
    for name in ("v", "w"):
        cells = sorted(int(float(d.params[name] or 0.0) * 64) for d in drawn)
        assert cells == list(range(64))
    with pytest.raises(RequestError, match="beyond the plan of 64"):
        sample(planned, variant=64)


def test_a_grid_lists_all_combinations_once() -> None:
    gridded = scene("params: {a: 10..30 step 10 m, b: x | y:3, c: 0..1 s}\nsample: {method: grid}\n")
    assert variants(gridded) == grid_size(gridded) == 6
    drawn = [sample(gridded, variant=v).params for v in range(6)]
    assert (
        len({(round(float(d["a"] or 0)), d["b"]) for d in drawn}) == 6 and len({d["c"] for d in drawn}) == 6
    )


def test_every_case_gets_all_draws() -> None:
    cased = scene(
        "params: {v: 0..1 m}\ncases: {dry: {}, wet: {environment: {wetness: 80 %}}}\nsample: {count: 3}\n"
    )
    assert variants(cased) == 6
    drawn = [sample(cased, variant=v) for v in range(6)]
    assert [d.case for d in drawn] == ["dry", "wet"] * 3
    assert [d.params["v"] for d in drawn[::2]] == [d.params["v"] for d in drawn[1::2]]
    assert [d.environment.wetness_ratio for d in drawn[:2]] == [0.0, 0.8]


def test_splits_have_their_shares() -> None:
    split = scene("sample: {count: 9, split: {train: 80 %, val: 20 %}}\n")
    names = [sample(split, variant=v).split for v in range(60)]
    assert 5 <= names.count("val") <= 22 and set(names) == {"train", "val"}
