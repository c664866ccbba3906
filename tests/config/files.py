"""Files of rules for the tests of their reader."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from relay.config import Config, load
from relay.errors import ConfigError

SMALLEST = """\
sources:
  acme: {kind: bitbucket-v1, url: "https://forge.example", repositories: [acme/site]}
destinations:
  dev: {kind: console}
rules:
  pushed: dev
"""


def written(folder: Path, text: str) -> Path:
    """The text as a file of rules."""
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    """What the text says."""
    return load(written(folder, text), environ or {})


def problems(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with the text, without the name of the file."""
    with pytest.raises(ConfigError) as raised:
        read(folder, text, environ)
    return [str(problem).removeprefix(f"{folder}/rules.yaml:") for problem in raised.value.problems]
