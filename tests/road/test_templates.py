"""Every shipped road template draws, builds and carries an ego."""

import pytest

from drivesynth.road.network import build
from drivesynth.road.street import dress
from drivesynth.road.surface import meshes
from drivesynth.scenario.draw import sample
from drivesynth.scene import catalogue
from drivesynth.scene.loader import loads

NAMES = [name for name in catalogue.names("roads") if not name.startswith("parts/")]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_draws_and_builds(name: str) -> None:
    length = (
        "" if "length:" in (catalogue.root() / "roads" / f"{name}.yaml").read_text() else ", length: 200 m"
    )
    where = (
        "lane: south.in, to_stop: 20 m"
        if name.startswith(("junction/", "roundabout/"))
        else "lane: R1, s: 20 m"
    )
    extra = "" if name.startswith(("junction/", "roundabout/")) else length
    text = f"drivesynth: 1\nroad: {{template: {name}{extra}}}\nego: {{at: {{{where}}}, speed: 30 km/h}}\n"
    scenario = sample(loads(text), seed=1, variant=0)
    network = build(scenario.road)
    assert meshes(network) and dress(network)
    assert {lane.kind for lane in network.lanes.values()} >= {"drive"}
