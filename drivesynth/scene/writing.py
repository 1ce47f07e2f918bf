"""Plain data as YAML that the loader reads back unchanged."""

from typing import Any

import yaml

from drivesynth.scene.document import resolve


class _Dumper(yaml.SafeDumper):
    """PyYAML thinks in YAML 1.1; text that the 1.2 core schema would read as something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(resolve(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def written(data: Any) -> str:
    """YAML text, keys in the order of the data."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))
