import asyncio
from datetime import UTC, datetime
from pathlib import Path

from relay.events import Actor, Event, Repository, from_json
from relay.sources.base import Found
from relay.store import Store, read
from relay.store.commit import Commit, Matched
from relay.store.feeds import ClaimFeeds, NameFeeds
from relay.web.app import app
from tests.web.serving import ask, running

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HIDDEN = Repository("Acme", "Vault", private=True)


def make(number: int, repository: Repository) -> Event:
    return Event(
        id=f"e{number}", type="pushed", source="acme", seen_at=NOW, repository=repository, actor=Actor("Ada"), number=7
    )


EVENTS = [*(make(number, Repository("Acme", "Site", private=False)) for number in range(60)), make(60, HIDDEN)]


async def keep(database: str, events: list[Event]) -> None:
    """Commit the events as one poll of a feed that found them in this order."""
    store = Store(database)
    try:
        await store.submit(NameFeeds(frozenset([("acme", "users/ada")]), 0.0))
        [feed] = await store.submit(ClaimFeeds("lease", 1.0, 60.0, 1, ("acme",)))
        matched = tuple(Matched(Found(event, history=True)) for event in events)
        await store.submit(
            Commit(feed.id, "acme", feed.key, feed.lease, now=1.0, ready_at=61.0, cursor="[]", matched=matched)
        )
    finally:
        await store.close()


def test_what_was_polled_is_served_newest_first_and_whole(tmp_path: Path) -> None:
    """Events of the store, history included, are served in the reverse of the order in which they were found."""
    database = str(tmp_path / "relay.db")
    asyncio.run(keep(database, EVENTS))
    with running(app(read(database), lambda: None)) as address:
        pages = [ask(address, f"/1.0/repositories/acme/site/events?limit=50&start={start}") for start in (0, 50)]
    served = [from_json(entry["relay"]) for page in pages for entry in page.json["events"]]
    assert ([60, 60], EVENTS[59::-1]) == ([page.json["count"] for page in pages], served)


def test_the_store_hides_what_was_not_said_to_be_public(tmp_path: Path) -> None:
    """A user's public events are served to everybody, the private ones to the token alone."""
    database = str(tmp_path / "relay.db")
    asyncio.run(keep(database, EVENTS))
    with running(app(read(database), lambda: "token")) as address:
        paths = ["/1.0/users/ada/events?limit=0", "/1.0/repositories/acme/vault/events?limit=0"]
        found = [
            [ask(address, path, headers=headers).json.get("count") for path in paths]
            for headers in ({}, {"authorization": "Bearer token"})
        ]
    assert [[60, None], [61, 1]] == found
