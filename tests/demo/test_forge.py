from datetime import UTC, datetime

from relay.demo.forge import SCENES, Forge
from relay.event_types import VOCABULARY
from relay.store.views import EventList

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def after(*types: str) -> Forge:
    forge = Forge(lambda: NOW)
    for type in types:
        forge.happen(type)
    return forge


def listed(forge: Forge, *, of: str | None = None, type: str | None = None, limit: int = 50) -> EventList:
    """What is listed of a user, or of acme/site."""
    owner, slug = (None, None) if of else ("acme", "site")
    return forge.events(owner=owner, slug=slug, username=of, type=type, start=0, limit=limit, include_private=False)


def test_every_type_happens_once_in_a_round() -> None:
    """The scenes of the demo are the vocabulary, each word once."""
    assert sorted(VOCABULARY) == sorted(type for scene in SCENES for type in scene)


def test_the_newest_stands_first_and_is_counted() -> None:
    """What happened last is first in the list, whose count is of all."""
    found = listed(after("create", "pushed", "fork"), limit=2)
    assert (3, ["fork", "pushed"]) == (found.count, [event.type for event in found.events])


def test_what_happens_twice_are_two_events() -> None:
    """The same sample is another event each time it happens."""
    assert 2 == len({event.id for event in listed(after("pushed", "pushed")).events})


def test_what_has_no_repository_is_found_with_its_user() -> None:
    """Access to a team is in the list of whoever gained it, and in no repository's."""
    forge = after("team_access_gained_admin")
    assert (0, 1) == (listed(forge).count, listed(forge, of="ana").count)


def test_a_type_can_be_asked_for() -> None:
    """A list of one type has that type's count."""
    found = listed(after("create", "pushed", "create"), type="create", limit=0)
    assert (2, ()) == (found.count, found.events)
