"""Who gets notices."""

from pathlib import Path

import pytest

from tests.config.files import SMALLEST, problems, read

TWO = SMALLEST.replace("rules:", "  ops: {kind: console}\nrules:")


@pytest.mark.parametrize(
    ("text", "names"), [("ops", ("ops",)), ("[dev, ops, dev]", ("dev", "ops")), ("\n  - ops\n  - dev", ("ops", "dev"))]
)
@pytest.mark.parametrize("place", ["on_gap", "on_failure"])
def test_one_or_several_listen(tmp_path: Path, place: str, text: str, names: tuple[str, ...]) -> None:
    """A name or a list of names, each of them once, in their order."""
    assert names == getattr(read(tmp_path, f"{TWO}{place}: {text}\n"), place)


@pytest.mark.parametrize("place", ["on_gap", "on_failure"])
def test_a_listener_must_be_a_destination(tmp_path: Path, place: str) -> None:
    """A name that is none is a problem at its place, with the one that was meant."""
    expected = f"8:{len(place) + 9}: {place}[1]: no destination is called 'opps'; did you mean 'ops'?"
    assert [expected] == problems(tmp_path, f"{TWO}{place}: [dev, opps]\n")


def test_a_listener_is_in_use(tmp_path: Path) -> None:
    """A destination for notices alone needs no rule."""
    assert () == read(tmp_path, f"{TWO}on_gap: ops\non_failure: [ops, dev]\n").warnings


def test_a_lone_listener_is_warned_of(tmp_path: Path) -> None:
    """Nobody hears of the trouble of the only one who listens, so a second one is asked for."""
    [warning] = read(tmp_path, f"{SMALLEST}on_failure: dev\n").warnings
    assert warning.endswith("7:13: on_failure: nobody hears of it when dev itself fails; name a second destination")
