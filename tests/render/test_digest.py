"""What a digest tells: its groups, the state each thing ended in, its order, its limits and its headline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.events import Actor, Comment, Commit, Event, Repository
from relay.render.digest import MOST_ENTRIES, Entry, RepositoryGroup, groups, headline, news

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SITE = Repository("acme", "site", url="https://forge.example/acme/site")
API = Repository("acme", "api", url="https://forge.example/acme/api")


def happened(*happenings: tuple[str, str | None, dict[str, Any]], repository: Repository | None = SITE) -> list[Event]:
    """Events of (type, who, what is known), a minute apart, in one repository."""
    return [
        Event(
            id=f"{repository}-{index}",
            source="acme",
            type=type,
            seen_at=NOW + timedelta(minutes=index),
            actor=Actor(who.split()[0].lower(), who) if who else None,
            **{"repository": repository} | known,
        )
        for index, (type, who, known) in enumerate(happenings)
    ]


def entry(*happenings: tuple[str, str | None, dict[str, Any]]) -> Entry:
    """The one entry that these make."""
    (group,) = groups(happened(*happenings))
    (found,) = group.entries
    return found


def told(*happenings: tuple[str, str | None, dict[str, Any]]) -> tuple[str, str | None, str]:
    found = entry(*happenings)
    return found.title, found.state, found.line


def pull(number: int = 42, **known: Any) -> dict[str, Any]:
    return {"number": number, "title": "Add a dark theme", "url": f"https://forge.example/{number}"} | known


def commits(*hashes: str) -> tuple[Commit, ...]:
    return tuple(Commit(hash) for hash in hashes)


COMMENT = pull(comment=Comment("1", "Nice", "https://forge.example/42#1"))
ASKED = ("pullrequest_changes_requested", "Ben Okoye", pull())
OPENED = ("pullrequest_created", "Chi Nakamura", pull())
MERGED = ("pullrequest_fulfilled", "Ana Lima", pull(target_branch="main"))
APPROVED = ("pullrequest_like", "Ben Okoye", pull())
SAID = ("pullrequest_comment_created", "Ben Okoye", COMMENT)
PUSHED = ("pullrequest_updated", "Ana Lima", pull(commits=commits("a", "b")))
TITLE = "#42 Add a dark theme"


@pytest.mark.parametrize(
    ("happenings", "expected"),
    [
        (
            [OPENED, SAID, SAID, SAID, ASKED],
            (TITLE, "Changes requested", "by Ben Okoye; 3 comments; opened by Chi Nakamura"),
        ),
        ([OPENED], (TITLE, "Open", "by Chi Nakamura")),
        ([APPROVED, MERGED], (TITLE, "Merged", "into main by Ana Lima; approved by Ben Okoye")),
        ([("pullrequest_rejected", "Ben Okoye", pull(9))], ("#9 Add a dark theme", "Closed", "by Ben Okoye, not merged")),
        ([("pullrequest_rejected", None, pull())], (TITLE, "Closed", "not merged")),
        ([("pullrequest_created", "Ana Lima", pull(draft=True))], (TITLE, "Draft", "by Ana Lima")),
        ([APPROVED, PUSHED], (TITLE, "Approved", "by Ben Okoye; 2 commits pushed by Ana Lima")),
        ([APPROVED, ("pullrequest_unlike", "Ben Okoye", pull())], (TITLE, "Open", "approved by Ben Okoye; approval withdrawn by Ben Okoye")),
        ([MERGED, SAID], (TITLE, "Merged", "into main by Ana Lima; 1 comment")),
        ([SAID], (TITLE, None, "1 comment")),
        ([("pullrequest_comment_created", None, COMMENT | {"state": "merged"})], (TITLE, "Merged", "1 comment")),
    ],
)  # fmt: skip
def test_a_pull_request_is_one_entry(happenings: list[Any], expected: tuple[str, str | None, str]) -> None:
    """Whatever happened to a pull request is one entry with the state it ended in."""
    assert expected == told(*happenings)


@pytest.mark.parametrize(
    ("happenings", "expected"),
    [
        (
            [("report_issue", "Dara Singh", {"number": 7, "title": "Crash"}), ("issue_comment", "Ana Lima", {"number": 7, "title": "Crash"})],
            ("Issue #7 Crash", None, "Reported by Dara Singh; 1 comment"),
        ),
        (
            [("pushed", "Ana Lima", {"branch": "main", "commits": commits("1", "2", "3")}), ("pushed", "Ben Okoye", {"branch": "main", "commits": commits("4", "5")})],
            ("5 commits to main", None, "By Ana Lima and Ben Okoye"),
        ),
        (
            [("pushed", who, {"branch": "main", "commits": commits(who)}) for who in ("Ana Lima", "Ben Okoye", "Chi")],
            ("3 commits to main", None, "By Ana Lima and 2 others"),
        ),
        ([("pushed", None, {"branch": "main", "commits": commits("1"), "total_commits": 20})], ("20 commits to main", None, "")),
        ([("pushed", None, {"branch": "main", "commits": commits("1"), "guessed": ("commits",)})], ("At least 1 commit to main", None, "")),
        ([("pushed", "Ana Lima", {"branch": "old", "state": "deleted"})], ("Branch old", None, "Deleted by Ana Lima")),
        ([("pushed", "Ana Lima", {"title": "v2", "state": "created"})], ("Tag v2", None, "Created by Ana Lima")),
        ([("commit", "Ana Lima", {"commits": commits("1")}), ("commit", "Ana Lima", {"commits": commits("2")})], ("2 commits", None, "By Ana Lima")),
        ([("wiki_updated", "Dara Singh", {"title": "Deploying"})] * 3, ("Wiki: Deploying", None, "Edited 3 times by Dara Singh")),
        ([("cset_like", "Ana Lima", {"commits": commits("4f2a91cdd0")})], ("Commit 4f2a91c", None, "Approved by Ana Lima")),
        ([("pipeline_failed", "Ana Lima", {"number": 1, "branch": "main"}), ("pipeline_succeeded", "Ana Lima", {"number": 2, "branch": "main"})], ("Pipelines on main", None, "Failed; succeeded")),
        ([("status_failed", None, {"title": "style", "commits": commits("4f2a91cdd0")})] * 2, ("Commit 4f2a91c style", None, "Check failed 2 times")),
        ([("discussion_created", "Ana Lima", {"number": 3, "title": "How"})], ("Discussion #3 How", None, "Started by Ana Lima")),
        ([("SponsorshipEvent", None, {"title": "gold"})], ("Sponsorship event: gold", None, "")),
        ([("milestone_closed", "Ana Lima", {"title": "v2"})], ("Milestone closed: v2", None, "By Ana Lima")),
        ([("wiki_updated", "Ana Lima", {"title": "Home", "guessed": ("actor",)})], ("Wiki: Home", None, "Edited")),
    ],
)  # fmt: skip
def test_everything_else_has_its_entry(happenings: list[Any], expected: tuple[str, str | None, str]) -> None:
    """Issues, branches, wiki pages, commits and unknown types are told in words, with exact counts."""
    assert expected == told(*happenings)


def test_followers_and_forks_are_counted() -> None:
    """What needs no entry is counted in one line."""
    (group,) = groups(happened(*[("start_follow_repo", "Ana Lima", {})] * 3, ("fork", "Ben Okoye", {"title": "x/y"})))
    assert ((), "3 new followers, 1 fork") == (group.entries, group.also)


def test_repositories_stand_in_the_order_of_the_alphabet() -> None:
    """Every day finds a repository at the same place; what belongs to none comes last."""
    none = happened(("start_follow_user", "Ana Lima", {"title": "ben"}), repository=None)
    found = groups([*none, *happened(OPENED), *happened(OPENED, repository=API)])
    assert ["acme/api", "acme/site", None] == [group.name for group in found]


def test_what_waits_stands_first() -> None:
    """Changes requested, open, draft, issues, merged, closed, branches, wiki, the rest."""
    found = happened(
        ("milestone_closed", None, {"title": "v2"}),
        ("wiki_updated", None, {"title": "Home"}),
        ("pushed", None, {"branch": "main"}),
        ("pullrequest_rejected", None, pull(1)),
        ("pullrequest_fulfilled", None, pull(2)),
        ("report_issue", None, {"number": 3, "title": "Crash"}),
        ("pullrequest_created", None, pull(4, draft=True)),
        ("pullrequest_created", None, pull(5)),
        ("pullrequest_changes_requested", None, pull(6)),
    )
    (group,) = groups(found)
    expected = ["#6", "#5", "#4", "Issue", "#2", "#1", "Branch", "Wiki:", "Milestone"]
    assert expected == [entry.title.split()[0] for entry in group.entries]


def test_an_entry_leads_to_the_thing() -> None:
    """Not to one comment on it, nor to the repository, where the thing has an address."""
    assert "https://forge.example/42" == entry(OPENED, SAID).url
    assert SITE.url == entry(("wiki_updated", None, {"title": "Home"})).url


def test_a_large_digest_is_shared_fairly() -> None:
    """Sixty entries at most, the small repository's all of them; what is left out is counted."""
    many = happened(*[("pullrequest_created", "Ana Lima", pull(number)) for number in range(200)])
    few = happened(*[("pullrequest_created", "Ana Lima", pull(number)) for number in range(5)], repository=API)
    found = groups([*many, *few])
    assert [(5, 0), (MOST_ENTRIES - 5, 145)] == [(len(group.entries), group.more) for group in found]


def test_long_titles_leave_room_for_fewer() -> None:
    """Titles that grow when they are escaped are counted as they will be."""
    long = pull(title="&" * 500, url="https://forge.example/" + "x" * 900)
    (group,) = groups(happened(*[("pullrequest_created", "Ana Lima", long | {"number": n}) for n in range(200)]))
    assert 200 == len(group.entries) + group.more
    assert 20 < len(group.entries) < 40


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (happened(OPENED), "1 update in acme/site"),
        (happened(OPENED, SAID), "2 updates in acme/site"),
        (happened(OPENED) + happened(OPENED, repository=API), "2 updates in 2 repositories"),
        (happened(("start_follow_user", None, {}), repository=None), "1 update"),
    ],
)
def test_the_headline_counts_exactly(events: list[Event], expected: str) -> None:
    """How many updates, and where."""
    assert expected == headline(events)


def test_the_news_says_what_waits() -> None:
    """The preview names states first, then the busiest repositories."""
    issue = ("report_issue", "Dara Singh", {"number": 7, "title": "Crash"})
    found = groups(
        [*happened(ASKED, ("pullrequest_created", None, pull(43)), issue), *happened(MERGED, repository=API)]
    )
    assert "1 needs changes, 1 open, 1 merged, 1 issue reported. acme/site 3, acme/api 1." == news(found)


def test_nothing_is_nothing() -> None:
    """No events make no groups."""
    assert [] == groups([])


def test_a_group_carries_what_a_layout_needs() -> None:
    """Name, address and number of updates come with the entries."""
    (group,) = groups(happened(OPENED, SAID))
    assert RepositoryGroup("acme/site", SITE.url, 2, group.entries, "") == group
