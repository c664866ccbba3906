"""The bitbucket source polled over real sockets: visits, the pre-filter and its cost, wildcards, what goes wrong."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from relay.errors import FeedDenied, FeedGarbled, FeedGone, FeedMissing, FeedUnavailable
from relay.sources.base import Page
from tests.servers import Reply, Request, Server
from tests.sources.bitbucket_cloud_polls import ALL, Polls, told
from tests.sources.forges.bitbucket import (
    ADA,
    BEN,
    NOON,
    SITE,
    Forge,
    activity,
    comment,
    pull,
    repository,
    stamp,
)

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
FEED = "repositories/acme/site"
SOON, LATER = NOON + timedelta(minutes=5), NOON + timedelta(minutes=31)


@pytest.fixture
def forge() -> Forge:
    """A repository with an open pull request."""
    return Forge()


@pytest.fixture
def server(forge: Forge) -> Iterator[Server]:
    """The forge, answering."""
    with Server(forge.respond) as running:
        yield running


@pytest.fixture
def polls(server: Server, tmp_path: Path) -> Polls:
    """A source that has seen the repository."""
    made = Polls(server, tmp_path)
    made.poll()
    server.requests.clear()
    return made


def rest(server: Server) -> list[Request]:
    """The requests of REST that arrived."""
    return [request for request in server.requests if request.path.startswith("/2.0/")]


def test_a_merge_that_both_lists_tell_is_one_event(forge: Forge, polls: Polls):
    """The activity says when, the list who: together they are one event, whose id names neither."""
    at = SOON - timedelta(minutes=1)
    forge.pulls[0] |= {"state": "MERGED", "closed_by": BEN, "updated_on": stamp(at + timedelta(seconds=3))}
    forge.pulls[0]["merge_commit"] = {"hash": "c0e12b61e44b"}
    forge.entries.insert(0, activity("update", {"state": "MERGED", "date": stamp(at), "author": ADA}))
    forge.touch()
    (found,) = polls.poll(SOON).found
    event = found.event
    assert ("pullrequest_fulfilled", f"{SITE}:pr:12:merged", at) == (event.type, event.id, event.occurred_at)
    assert ("Ben Okoye", "merged", ()) == (event.actor and event.actor.name, event.state, event.guessed)
    assert ["c0e12b61e44b"] == [commit.hash for commit in event.commits]


def test_a_merge_comes_once_whichever_list_tells_it_first(forge: Forge, polls: Polls):
    """What the list told is not told again when the activity follows, nor the other way round."""
    forge.pulls.append(pull(13, SOON - timedelta(minutes=2)))
    forge.touch()
    polls.poll(SOON)
    for number in (12, 13):
        forge.entries.insert(0, activity("update", {"state": "MERGED", "date": stamp(SOON)}, number))
    forge.pulls[0] |= {"state": "MERGED", "updated_on": stamp(SOON)}
    forge.touch()
    first = polls.poll(SOON + timedelta(minutes=1))
    forge.pulls[1] |= {"state": "MERGED", "updated_on": stamp(SOON)}
    forge.touch()
    second = polls.poll(SOON + timedelta(minutes=2))
    assert [("pullrequest_fulfilled", 12), ("pullrequest_fulfilled", 13)] == told(first)
    assert [] == told(second)


@pytest.mark.parametrize(
    ("state", "type", "word"),
    [
        ("DECLINED", "pullrequest_rejected", "declined"),
        ("SUPERSEDED", "pullrequest_superseded", "superseded"),
    ],
)
def test_an_end_that_only_the_list_tells(forge: Forge, polls: Polls, state: str, type: str, word: str):
    """A pull request that is closed without an entry in the activity is told with the list's time, as a guess."""
    forge.pulls[0] |= {"state": state, "closed_by": BEN, "reason": "no", "updated_on": stamp(SOON)}
    forge.touch()
    (found,) = polls.poll(SOON).found
    assert (type, f"{SITE}:pr:12:{word}", ("occurred_at",)) == (found.event.type, found.event.id, found.event.guessed)
    assert "no" == (found.event.comment and found.event.comment.text)


def test_an_old_pull_request_is_no_news(forge: Forge, server: Server, tmp_path: Path):
    """One that was merged long before first sight and is touched now tells neither its opening nor its end."""
    forge.pulls.append(pull(3, NOON - timedelta(days=60), "MERGED"))
    polls = Polls(server, tmp_path)
    polls.poll()
    forge.pulls[-1]["updated_on"] = stamp(SOON)
    forge.entries.insert(0, activity("comment", comment(9, "Still true?", SOON, 3), 3))
    forge.touch()
    assert [("pullrequest_comment_created", 3)] == told(polls.poll(SOON))


def test_the_opening_has_no_update(forge: Forge, polls: Polls):
    """The activity's entry for the opening itself is dropped; a later update is told."""
    forge.pulls.append(pull(13, SOON))
    opened = {"state": "OPEN", "date": stamp(SOON + timedelta(seconds=1)), "author": ADA}
    forge.entries.insert(0, activity("update", opened, 13))
    forge.touch()
    assert [("pullrequest_created", 13)] == told(polls.poll(SOON))
    forge.entries.insert(0, activity("update", opened | {"date": stamp(SOON + timedelta(seconds=9))}, 13))
    forge.touch()
    assert [("pullrequest_updated", 13)] == told(polls.poll(SOON + timedelta(minutes=1)))


def test_one_that_was_reopened_ends_twice(forge: Forge, polls: Polls):
    """A pull request that is open again after its end can end again, under another id."""
    ids = []
    for minute, state in enumerate(("DECLINED", "OPEN", "DECLINED"), 1):
        now = NOON + timedelta(minutes=minute)
        forge.pulls[0] |= {"state": state, "updated_on": stamp(now)}
        forge.touch()
        ids += [found.event.id for found in polls.poll(now).found]
    assert [f"{SITE}:pr:12:declined", f"{SITE}:pr:12:declined:1"] == ids


def approved(at: str | None = None) -> list[dict[str, object]]:
    """The participants of a pull request, one of whom approves it."""
    return [{"user": BEN, "role": "REVIEWER", "approved": at is not None, "participated_on": at}]


def test_an_approval_and_its_end(forge: Forge, polls: Polls):
    """An approval is told by the activity, its withdrawal by the participants, each once and by a sweep at the latest."""
    liked = stamp(SOON)
    forge.entries.insert(0, activity("approval", {"date": liked, "user": BEN}))
    forge.pulls[0]["participants"] = approved(liked)
    forge.touch()
    assert [("pullrequest_like", 12)] == told(polls.poll(SOON))
    forge.pulls[0]["participants"] = approved()
    swept = polls.poll(SOON + timedelta(minutes=45))
    assert [("pullrequest_unlike", 12)] == told(swept)
    assert f"{SITE}:pr:12:unlike:{BEN['uuid']}:{liked[:19]}Z" == swept.found[0].event.id
    assert [] == told(polls.poll(SOON + timedelta(minutes=90)))


def test_an_approval_that_the_activity_lacks(forge: Forge, polls: Polls):
    """One that only the participants show is told once, even if the activity follows with a time a little different."""
    forge.pulls[0] |= {"participants": approved(stamp(SOON)), "updated_on": stamp(SOON)}
    forge.touch()
    assert [("pullrequest_like", 12)] == told(polls.poll(SOON))
    forge.entries.insert(0, activity("approval", {"date": stamp(SOON + timedelta(seconds=1)), "user": BEN}))
    forge.touch()
    assert [] == told(polls.poll(SOON + timedelta(minutes=1)))


def test_a_kind_without_a_word_passes_as_it_came(forge: Forge, polls: Polls):
    """What Bitbucket adds to the activity some day is told under its own name; what says nothing is a warning, once."""
    forge.entries[:0] = [activity("queued", {"date": stamp(SOON), "user": ADA}), {"pull_request": {"id": 12}}, 7]
    forge.touch()
    page = polls.poll(SOON)
    assert ([("queued", 12)], 2) == (told(page), len(page.warnings))
    forge.touch()
    assert () == polls.poll(SOON + timedelta(minutes=1)).warnings


def test_an_overrun_is_a_gap(forge: Forge, polls: Polls):
    """When the activity no longer reaches back to what was known, that is said."""
    forge.add(1)
    polls.poll(SOON)
    forge.overrun()
    assert "no longer reaches back" in (polls.poll(LATER).gap or "")


def test_idle_cycles_of_a_hundred_repositories(forge: Forge, server: Server, tmp_path: Path):
    """A cycle in which nothing happens costs one REST request for the workspace and one of git for each repository."""
    names = [f"acme/site-{n}" for n in range(100)]
    forge.repositories = [repository(f"{{{n:032x}}}", name) for n, name in enumerate(names)]
    forge.push("one")
    polls, feeds = Polls(server, tmp_path, repositories=tuple(names)), [f"repositories/{name}" for name in names]
    seen = json.dumps(polls.poll(feed=feeds[0]).cursor)
    for feed, one in zip(feeds, forge.repositories, strict=True):
        polls.cursors[feed] = json.loads(
            seen.replace(f"{0:032x}", one["uuid"][1:-1]).replace(names[0], one["full_name"])
        )
    server.requests.clear()
    pages = polls.cycles([NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)], feeds)
    asked = Counter("rest" if request.path.startswith("/2.0/") else request.path[-9:] for request in server.requests)
    assert {"rest": 2, "info/refs": 200, "load-pack": 200} == asked
    assert set() == {page.found for page in pages if page.found}


def test_only_what_changed_is_visited(forge: Forge, server: Server, tmp_path: Path):
    """The listing leads to the repository whose time moved, and past the one whose did not."""
    forge.repositories.append(repository("{0b}", "acme/docs"))
    polls = Polls(server, tmp_path, repositories=("acme/site", "acme/docs"))
    feeds = [FEED, "repositories/acme/docs"]
    polls.polls(*((NOON, feed) for feed in feeds))
    forge.add(1)
    server.requests.clear()
    polls.polls(*((SOON, feed) for feed in feeds))
    assert ["acme", "activity", "pullrequests"] == [request.path.rpartition("/")[2] for request in rest(server)]


def test_a_sweep_finds_what_the_listing_does_not_show(forge: Forge, polls: Polls):
    """A repository whose time did not move is visited after half an hour, or half as long again, all the same."""
    forge.entries.insert(0, activity("comment", comment(9, "Unseen", SOON)))
    assert [] == told(polls.poll(NOON + timedelta(minutes=29)))
    assert [("pullrequest_comment_created", 12)] == told(polls.poll(NOON + timedelta(minutes=45)))


def test_a_restart_visits_nothing_that_did_not_change(server: Server, polls: Polls):
    """The cursor keeps the time of the last visit, so a new process asks for the listing alone."""
    polls.poll(SOON)
    assert ["acme"] == [request.path.rpartition("/")[2] for request in rest(server)]


def test_a_workspace_that_may_not_be_listed(forge: Forge, server: Server, polls: Polls):
    """Where the listing is refused, as to the token of one repository, each poll looks for itself, and asks no more."""
    forge.answers["/2.0/repositories/acme"] = Reply(403)
    forge.entries.insert(0, activity("comment", comment(9, "Found", SOON)))
    first, second = polls.polls((SOON, FEED), (SOON + timedelta(minutes=1), FEED))
    assert ([("pullrequest_comment_created", 12)], []) == (told(first), told(second))
    assert 5 == len(rest(server))


def test_new_repositories_of_a_pattern(forge: Forge, server: Server, tmp_path: Path):
    """One that appears later is told as created and read from its beginning; one that vanishes is told as deleted."""
    polls = Polls(server, tmp_path, repositories=("acme/*", "!acme/old-*"))
    forge.repositories.append(repository("{0b}", "acme/old-docs"))
    first = polls.poll(feed="owners/acme")
    assert ([], [("ids/" + SITE, "acme/site")]) == (told(first), [(it.key, it.name) for it in first.listed or ()])
    forge.repositories[0] |= {"uuid": "{0c}", "full_name": "acme/api", "created_on": stamp(SOON)}
    forge.add(1)
    pages = [polls.poll(NOON + timedelta(minutes=minute), "owners/acme") for minute in (10, 20)]
    assert [[("create", None)], [("delete", None)]] == [told(page) for page in pages]
    polls.cursors["ids/{0c}"] = next(it.cursor for it in pages[0].listed or () if it.key == "ids/{0c}")
    assert ("pullrequest_comment_created", 12) in told(polls.poll(SOON, "ids/{0c}"))


def test_a_renamed_repository_goes_on(forge: Forge, polls: Polls):
    """A new name is told once, and what comes then is told under it."""
    forge.repositories[0]["full_name"] = "acme/homepage"
    forge.add(1)
    page = polls.poll(SOON)
    assert {"acme/homepage"} == {found.event.repository.full_name for found in page.found if found.event.repository}
    assert {("repo_renamed", None), ("pullrequest_comment_created", 12)} == set(told(page))
    assert [] == told(polls.poll(SOON + timedelta(minutes=1)))


def test_a_repository_that_was_deleted(forge: Forge, polls: Polls):
    """The first 404 is an error, the second tells the end, and from then on it is an error again."""
    forge.repositories.clear()
    pages = polls.tried([NOON + timedelta(minutes=minute) for minute in (1, 2, 3, 4)])
    assert [FeedMissing, [("delete", None)], FeedMissing, FeedMissing] == [
        told(page) if isinstance(page, Page) else type(page) for page in pages
    ]
    assert f"{SITE}:delete:2026-11-22" == next(page for page in pages if isinstance(page, Page)).found[0].event.id


def test_who_waits_for_a_listing_that_fails(forge: Forge, server: Server, tmp_path: Path):
    """Feeds that wait while one asks for the listing fail with it, and do not each wait out a deadline."""
    polls = Polls(server, tmp_path)
    polls.poll()
    forge.answers["/2.0/repositories/acme"] = Reply(503, headers={"retry-after": "77"})
    server.requests.clear()
    errors = polls.tried([SOON], together=5)
    assert [(FeedUnavailable, 77.0)] * 5 == [(type(error), getattr(error, "retry_after", None)) for error in errors]
    assert 1 == len(rest(server))


def test_everything_of_the_past(forge: Forge, server: Server, tmp_path: Path):
    """With start all, activity, pull requests and commits are told, oldest first, page after page."""
    for n in range(70):
        forge.add(n, NOON - timedelta(minutes=100 - n))
    forge.push("one")
    page = Polls(server, tmp_path, ALL).poll()
    assert {"pullrequest_created": 1, "pullrequest_comment_created": 70, "pushed": 1, "commit": 1} == Counter(
        type for type, _ in told(page)
    )
    assert sorted(found.event.time for found in page.found) == [found.event.time for found in page.found]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200, b""), FeedGarbled),  # what prism's mock of Atlassian's specification answers
        (Reply(200, {"values": "no"}), FeedGarbled),
        (Reply(200, {"values": [], "next": "http://example.com/2.0/x"}), FeedGarbled),
        (Reply(401), FeedDenied),
        (Reply(410, {"error": {"message": "CHANGE-2770 - Functionality has been deprecated"}}), FeedGone),
    ],
)
def test_a_visit_that_fails(forge: Forge, polls: Polls, reply: Reply, error: type[Exception]):
    """Whatever is no list leaves the cursor where it was, and what follows is found by the next poll."""
    forge.add(1)
    before = polls.cursors[FEED]
    forge.answers[f"/2.0/repositories/acme/{SITE}/pullrequests"] = reply
    with pytest.raises(error):
        polls.poll(SOON)
    assert before is polls.cursors[FEED]
    forge.answers.clear()
    assert [("pullrequest_comment_created", 12)] == told(polls.poll(SOON))


def test_a_removed_resource_names_its_change(forge: Forge, polls: Polls):
    """What Atlassian says of a resource that is gone for good is part of the error."""
    forge.touch()
    gone = {"type": "error", "error": {"message": "CHANGE-3401 - Gone"}}
    forge.answers[f"/2.0/repositories/acme/{SITE}/pullrequests/activity"] = Reply(410, gone)
    with pytest.raises(FeedGone, match="CHANGE-3401"):
        polls.poll(SOON)
