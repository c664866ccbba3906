"""What the database knows and the file no longer names."""

from pathlib import Path

from relay.config import load
from relay.forgotten import forgotten
from relay.store.commit import Commit
from relay.store.feeds import NameFeeds
from relay.store.members import Member, Members
from tests.conftest import created
from tests.store.world import AT, World, on

RULES = "sources: {acme: {kind: github, repositories: [PATTERN]}}\ndestinations: {console: {}}\nrules: {'*': console}\n"


def told(folder: Path, pattern: str, database: str = "") -> list[str]:
    """The lines for a file with one pattern, of a database that followed acme/* with two repositories."""
    (folder / "rules.yaml").write_text(RULES.replace("PATTERN", pattern), encoding="utf-8")
    database = database or str(folder / "relay.db")
    on(database, _follow)
    return [line for line in forgotten(load(folder / "rules.yaml", {}), database) if "feed" in line]


async def _follow(world: World) -> None:
    await world.store.submit(NameFeeds(frozenset({("acme", "owners/acme")}), AT))
    feed = await world.feed()
    listed = (Member("ids/1", "acme/site", "{}"), Member("ids/2", "acme/web", "{}"))
    members = Members("acme", feed.key, listed, AT, AT)
    await world.store.submit(Commit(feed.id, "acme", feed.key, feed.lease, AT, AT, members=members))


def test_members_of_a_named_wildcard_are_not_forgotten(tmp_path: Path) -> None:
    """Only the repository that stood in the file before is told."""
    assert ["the feed site of acme is no longer in the file; it rests where it was read to"] == told(tmp_path, "acme/*")


def test_a_wildcard_that_went_is_told_once(tmp_path: Path) -> None:
    """Its repositories are counted, not listed."""
    assert [
        "the feed owners/acme of acme is no longer in the file; it rests with the 2 repositories that it lists where it was read to",
        "the feed site of acme is no longer in the file; it rests where it was read to",
    ] == told(tmp_path, "lab/*")


def test_what_other_workers_may_have_is_counted(tmp_path: Path, postgres: str) -> None:
    """Beside workers with other files, what this one does not name need not rest."""
    assert ["2 feeds of acme: not in this file; left to workers whose file names them"] == told(
        tmp_path, "lab/*", created(postgres)
    )
