"""The sample of every event type: coherent, complete, and the same each time."""

from datetime import UTC, datetime, timedelta

import pytest

from relay import shipped
from relay.event_types import VOCABULARY
from relay.events import from_json, to_json
from relay.render import Renderer
from relay.samples import sample

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


@pytest.mark.parametrize("type", [*VOCABULARY, "milestone_closed"])
def test_a_sample_is_an_event_like_any(type: str) -> None:
    """A sample survives its JSON form, and is the same for the same time."""
    assert sample(type, NOW) == from_json(to_json(sample(type, NOW)))


def test_a_sample_has_just_happened() -> None:
    """A sample is seen now, and happened less than a minute before, so that nothing calls it late."""
    made = sample("pushed", NOW)
    assert NOW == made.seen_at
    assert timedelta(0) < NOW - made.time < timedelta(minutes=1)


@pytest.mark.parametrize("type", VOCABULARY)
def test_a_sample_has_what_its_kind_can_have(type: str) -> None:
    """Who did it and where it leads are always there, and a number, commit, comment or title where the type has one."""
    made, about = sample(type, NOW), VOCABULARY[type].about
    assert made.actor and made.url
    assert ("comment" in type or type == "pullrequest_changes_requested") == bool(made.comment)
    assert (about in ("pull request", "issue", "discussion", "pipeline")) == (made.number is not None)
    assert about != "commit" or made.commits
    assert about in ("branch", "commit", "repository") or made.title


@pytest.mark.parametrize("type", ["pullrequest_comment_deleted", "cset_comment_deleted"])
def test_the_sample_of_a_deleted_comment_has_no_text(type: str) -> None:
    """Of a deleted comment no forge tells the text."""
    made = sample(type, NOW).comment
    assert made is not None
    assert made.text is None


def test_samples_say_different_things() -> None:
    """Every type's sample makes a sentence of its own."""
    renderer = Renderer([shipped.templates()])
    assert len(VOCABULARY) == len({renderer.sentence(sample(type, NOW)) for type in VOCABULARY})
