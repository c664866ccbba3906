"""A relay that polls a relay: what the first one saw passes on whole."""

from pathlib import Path

from relay.events import Event, to_json
from relay.store import read
from relay.web.app import app
from tests.servers import AppServer, Server
from tests.stage import Stage
from tests.test_service import Forge, commit, needs_recordings, recorded, rules

TOKEN = "chain-token-1"


def stored(stage: Stage) -> list[Event]:
    """Everything that a relay has stored of the repository, newest first."""
    views = read(stage.database)
    try:
        found = views.events(owner="jespern", slug="django-piston", limit=10_000, include_private=True)
        return list(found.events) if found else []
    finally:
        views.close()


def said(event: Event) -> dict[str, object]:
    """What an event says, but for who polled it and when."""
    return {key: value for key, value in to_json(event).items() if key not in ("source", "seen_at")}


def second(first: AppServer, sink: Server) -> str:
    """The rules of the second relay."""
    return f"""
sources:
  first: {{kind: bitbucket-v1, url: "{first.url}/api/1.0", token: {TOKEN}, repositories: [jespern/django-piston], start: all}}
destinations:
  lake: {{kind: webhook, url: "{sink.url}"}}
rules: {{commit: lake}}
"""


@needs_recordings
def test_a_chain_of_two(tmp_path: Path) -> None:
    """The same ids, in the same order, as many; on the first poll, after a burst, and not again."""
    events = recorded("coderwall-django-piston_commits.json")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Server(Forge(list(events))) as forge, Server() as ignored, Server() as sink:
        one = Stage(tmp_path / "a", rules(forge, ignored))
        one.once()
        views = read(one.database)
        with AppServer(app(views, lambda: TOKEN)) as served:
            two = Stage(tmp_path / "b", second(served, sink))
            assert two.once()
            forge.respond = Forge([*[commit(f"{number:012x}") for number in range(400)], *events])
            one.once(minutes=5)
            assert two.once(minutes=5)
            assert two.once(minutes=5)
        views.close()
        assert 450 == len(sink.requests)
        assert list(map(said, stored(one))) == list(map(said, stored(two)))
