"""A scenario from its file: `drivesynth/scenarios/NNNNNN.json` of a dataset, or one written by hand.

JSON is YAML, so either is read, and a mistake has its line and column.
"""

from pathlib import Path

from drivesynth.errors import RequestError
from drivesynth.scenario.model import Scenario
from drivesynth.scene import document
from drivesynth.scene.validate import validated

ENDING = ".json"


def is_resolved(ref: str | Path) -> bool:
    """Whether a name is that of a scenario's file, not of a scene's."""
    return str(ref).endswith(ENDING)


def read(path: str | Path) -> Scenario:
    """The scenario of a file, equal to the one it was written from; Mistakes tells all that is wrong."""
    tree = document.read(Path(path))
    if not isinstance(tree.value, dict) or "scenario" in tree.value:
        what = "a scenario is a mapping of keys; of what `sample --json` says, keep the scenario alone"
        raise RequestError(what, place=tree.place)
    return validated(Scenario, tree)
