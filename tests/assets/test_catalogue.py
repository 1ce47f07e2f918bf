"""Finding and building assets by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesynth.assets.catalogue import build, info, match, one_of
from drivesynth.assets.looks import PAINTS, choose, look
from drivesynth.assets.materials import MATERIAL_ID, MATERIALS
from drivesynth.errors import RequestError


def test_patterns_find_families() -> None:
    kinds = ("compact", "hatchback", "sedan", "estate", "suv", "sports", "roof_load")
    assert set(match("car/*")) == {f"car/{kind}" for kind in kinds}
    assert match("pedestrian/child") == ("pedestrian/child",)
    assert len(match("*")) == len(set(match("*"))) >= 50


def test_a_pattern_draws_by_shares() -> None:
    names = match("car/*")
    shares = np.array([info(name).share for name in names])
    drawn = [one_of(names, (k + 0.5) / 10_000) for k in range(10_000)]
    found = np.array([drawn.count(name) for name in names]) / 10_000
    assert found == pytest.approx(shares / shares.sum(), abs=2e-4)
    assert one_of(names, 0.0) == names[0] and one_of(names, 1.0) == names[-1]


def test_a_misspelt_asset_is_named_with_its_likely_spelling() -> None:
    for call in (lambda: match("car/sedam"), lambda: info("car/sedam"), lambda: build("car/sedam", 0)):
        with pytest.raises(RequestError, match="car/sedan"):
            call()


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="too small"):
        build("cone/75cm", 0, (0.4, 0.0, 0.7))


def test_looks_of_one_size_share_meshes_and_differ_in_paint() -> None:
    cars = [build("car/sedan", seed) for seed in range(30)]
    meshes = {car.parts[0].mesh.key: car.parts[0].mesh for car in cars}
    assert 2 <= len(meshes) <= 5, "one for each finish of paint"
    assert all(car.parts[0].mesh is meshes[car.parts[0].mesh.key] for car in cars)
    assert len({car.parts[0].tint_rgb for car in cars}) > 10
    trees = [build("tree/birch", seed).parts[0].mesh for seed in range(30)]
    assert len({tree.key for tree in trees}) == 3


def test_nearly_equal_sizes_share_a_mesh() -> None:
    one, other = build("car/suv", 1, (4.6201, 1.9, 1.68)), build("car/suv", 1, (4.6199, 1.9, 1.6801))
    assert one.parts[0].mesh is other.parts[0].mesh


@given(seed=st.integers(0, 2**31))
def test_colours_are_albedos(seed: int) -> None:
    for part in build("pedestrian/adult", seed).parts:
        assert all(0.0 <= channel < 1.0 for channel in part.tint_rgb)
        assert 0.0 < part.tint_905 < 1.0


def test_paint_follows_its_shares() -> None:
    draws = [choose(look("car/sedan", seed), PAINTS) for seed in range(2000)]
    shares = [draws.count(tint) / len(draws) for tint in PAINTS]
    wanted = [tint.share / sum(t.share for t in PAINTS) for tint in PAINTS]
    assert shares == pytest.approx(wanted, abs=4 * 0.5 / 2000**0.5)


def test_material_names_are_unique() -> None:
    assert len({row.name for row in MATERIALS}) == len(MATERIALS)


@pytest.mark.parametrize("asset", match("sign/*"))
def test_nothing_of_a_sign_s_post_shows_through_its_face(asset: str) -> None:
    """Faces look to -x: metal of the post and its clamps stays behind all of the sheet."""
    mesh = build(asset, 1).parts[0].mesh
    post = mesh.face_material == MATERIAL_ID["galvanised"]
    assert 0 < post.sum() < len(post)
    of_post, of_face = (mesh.vertices[mesh.faces[which]][..., 0] for which in (post, ~post))
    assert of_post.min() > of_face.max() - 1e-6
