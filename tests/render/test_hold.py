"""Templates that are held: what becomes of their files later changes no words."""

from pathlib import Path

import pytest

from relay.render import Renderer
from relay.shipped import templates
from tests.render.project import own, printed
from tests.sentences import event

SAID = "{% block title %}own words{% endblock %}"


def test_a_held_template_stays_as_it_was(tmp_path: Path) -> None:
    """A file that is changed before anything was rendered is told as it was."""
    renderer = own(tmp_path, mq=SAID)
    renderer.hold()
    own(tmp_path, mq="{{ broken")
    assert "own words" in printed(event("mq"), renderer)[0]


def test_a_file_added_later_is_not_used(tmp_path: Path) -> None:
    """A dialect that speaks for the first time knows the files that were there, and no others."""
    renderer = own(tmp_path, pushed=SAID)
    renderer.hold()
    own(tmp_path, mq=SAID, console__mq="{% block text %}own{% endblock %}")
    assert printed(event("mq"), own(tmp_path / "none")) == printed(event("mq"), renderer)


def test_an_included_part_stays_as_it_was(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What a held template includes is held with it."""
    renderer = own(tmp_path, part="own words", mq="{% block title %}{% include 'part.j2' %}{% endblock %}")
    renderer.hold()
    own(tmp_path, part="{{ broken")
    assert "own words" in printed(event("mq"), renderer)[0]
    assert "" == caplog.text


def test_the_only_folder_is_held_too(tmp_path: Path) -> None:
    """Where a project's templates are the shipped ones, they stay as they were as well."""
    own(tmp_path, mq=SAID, console__layout=(templates() / "console" / "layout.j2").read_text(encoding="utf-8"))
    renderer = Renderer([tmp_path])
    renderer.hold()
    own(tmp_path, mq="{{ broken")
    assert "own words" in printed(event("mq"), renderer)[0]


def test_holding_tells_what_is_wrong(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake is told when templates are held, not when an event meets it."""
    own(tmp_path, mq="\n{{ broken").hold()
    assert f"{tmp_path}/mq.j2:2: " in caplog.text


def test_a_part_that_cannot_be_compiled_is_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What Python refuses in a part gives the shipped words, and one line to the log."""
    part = "{{ cut(title, limit=1, limit=2) }}"
    renderer = own(tmp_path, part=part, mq="{% block title %}{% include 'part.j2' %}{% endblock %}")
    assert printed(event("mq"), own(tmp_path / "none")) == printed(event("mq"), renderer)
    shipped = "keyword argument repeated: limit; the shipped words are used instead"
    assert [f"{tmp_path}/mq.j2:1: {shipped}"] == caplog.messages
