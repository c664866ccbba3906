"""Members of a wildcard: inserted, renamed, at rest and awake again, as their listing says; on both databases."""

from contextlib import closing
from dataclasses import dataclass

import pytest

from relay.store import read
from relay.store.commit import Commit
from relay.store.feeds import ClaimedFeed, ClaimFeeds, FreeFeeds, NameFeeds, PollFailed
from relay.store.members import Member, Members
from relay.store.prune import Prune
from tests.conftest import Databases
from tests.store.world import AT, LEASE_FOR, World, on

DAY = 86400.0
LISTINGS = frozenset({("acme", "owners/acme"), ("acme", "owners/lab")})


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


@dataclass
class Listings:
    """A world whose file names two listings; each poll moves the clock on by a minute."""

    world: World
    now: float = AT

    async def claim(self) -> dict[str, ClaimedFeed]:
        self.now += 60.0
        claimed = await self.world.store.submit(ClaimFeeds("poller", self.now, LEASE_FOR, 10, ("acme",)))
        return {feed.key: feed for feed in claimed}

    async def commit(self, feed: ClaimedFeed, names: tuple[str, ...] | None = None, cursor: str | None = None) -> None:
        """Commit a poll; of a listing with members by name, whose ids are the first letters."""
        listed = tuple(Member(f"ids/{name[0]}", f"acme/{name}", f'"{name}"') for name in names or ())
        members = None if names is None else Members("acme", feed.key, listed, self.now, self.now)
        commit = Commit(feed.id, "acme", feed.key, feed.lease, self.now, self.now, cursor, members=members)
        await self.world.store.submit(commit)

    async def list(self, *names: str, owner: str = "acme") -> dict[str, ClaimedFeed]:
        """The members that are due once a listing brought these; all else is polled and brings nothing."""
        claimed = await self.claim()
        listing = claimed.pop(f"owners/{owner}")
        for feed in claimed.values():
            await self.commit(feed)
        await self.commit(listing, names)
        return {feed.name: feed for feed in (await self.look()).values() if feed.member}

    async def look(self) -> dict[str, ClaimedFeed]:
        """The feeds that are due, by key; they stay due."""
        claimed = await self.claim()
        await self.world.store.submit(FreeFeeds(self.now))
        return claimed


async def listings(world: World) -> Listings:
    await world.store.submit(NameFeeds(LISTINGS, AT))
    return Listings(world)


def test_new_members_begin_with_the_cursor_they_are_given(database: str) -> None:
    """They are due at once, and known by their names."""

    async def act(world: World) -> dict[str, ClaimedFeed]:
        return await (await listings(world)).list("site", "web")

    found = on(database, act)
    assert {"acme/site": '"site"', "acme/web": '"web"'} == {name: feed.cursor for name, feed in found.items()}
    assert all(feed.member for feed in found.values())


def test_a_renamed_member_keeps_its_cursor(database: str) -> None:
    """The same id under another name goes on from where it was read to."""

    async def act(world: World) -> dict[str, str | None]:
        stage = await listings(world)
        await stage.list("site")
        await stage.commit((await stage.claim())["ids/s"], cursor='{"at":7}')
        await world.store.submit(FreeFeeds(stage.now))
        return {name: feed.cursor for name, feed in (await stage.list("shop")).items()}

    assert {"acme/shop": '{"at":7}'} == on(database, act)


def test_what_is_listed_no_more_rests(database: str) -> None:
    """It is not polled, and goes on from its cursor once it is listed again."""

    async def act(world: World) -> list[list[str]]:
        stage = await listings(world)
        return [sorted(await stage.list(*names)) for names in (("site", "web"), ("web",), ("web", "site"))]

    assert [["acme/site", "acme/web"], ["acme/web"], ["acme/site", "acme/web"]] == on(database, act)


def test_a_poll_in_flight_is_not_broken_off(database: str) -> None:
    """A member that is being polled when its listing drops it commits what it found, and rests then."""

    async def act(world: World) -> tuple[list[str], str | None]:
        stage = await listings(world)
        await stage.list("site")
        claimed = await stage.claim()
        await stage.commit(claimed["owners/acme"], ())
        await stage.commit(claimed["ids/s"], cursor='"further"')
        await stage.commit(claimed["owners/lab"])
        rested = sorted(await stage.look())
        return rested, (await stage.list("site"))["acme/site"].cursor

    assert (["owners/acme", "owners/lab"], '"further"') == on(database, act)


def test_a_member_stopped_for_good_stays_so(database: str) -> None:
    """A listing wakes what it had dropped, not what its forge said is gone."""

    async def act(world: World) -> list[str]:
        stage = await listings(world)
        await stage.list("site")
        feed = (await stage.claim())["ids/s"]
        await world.store.submit(PollFailed(feed.id, feed.lease, stage.now, "410", ready_at=None))
        await world.store.submit(FreeFeeds(stage.now))
        return sorted(await stage.list("shop"))

    assert [] == on(database, act)


def test_a_transferred_member_belongs_to_its_new_owner(database: str) -> None:
    """It keeps its cursor, and the old owner's listing does not end it."""

    async def act(world: World) -> list[str]:
        stage = await listings(world)
        await stage.list("site")
        await stage.list("site", owner="lab")
        return sorted(await stage.list(owner="acme"))

    assert ["acme/site"] == on(database, act)


def test_members_live_as_long_as_the_file_names_their_listing(database: str) -> None:
    """They rest with it, and go on with it; one that was listed no more stays at rest."""

    async def act(world: World) -> list[list[str]]:
        stage = await listings(world)
        await stage.list("site", "web")
        await stage.list("web")
        seen = []
        for named in (LISTINGS - {("acme", "owners/acme")}, LISTINGS):
            await world.store.submit(NameFeeds(named, stage.now))
            seen.append(sorted(await stage.look()))
        return seen

    assert [["owners/lab"], ["ids/w", "owners/acme", "owners/lab"]] == on(database, act)


def test_a_member_that_went_is_forgotten_in_the_end(database: str) -> None:
    """Its feed is pruned `keep` after it was listed last, those that are listed are not."""

    async def act(world: World) -> list[str]:
        stage = await listings(world)
        await stage.list("site", "web")
        await stage.list("web")
        await world.store.submit(Prune(AT + 100 * DAY, 90 * DAY))
        with closing(read(database)) as views:
            return [feed.key for feed in views.feeds() if feed.parent]

    assert ["ids/w"] == on(database, act)
