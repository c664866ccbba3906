from datetime import UTC, datetime

import pytest

from relay.errors import InvalidQuery
from relay.events import Actor, Comment, Commit, Event, Repository, from_json
from relay.web.resource import Query, parse_query, to_v1

SUMMER = datetime(2012, 3, 30, 22, 13, 9, tzinfo=UTC)
KEYS = ["node", "description", "repository", "created_on", "user", "utc_created_on", "event", "relay"]
COMMITS = (
    Commit("4F2A91C0FFEE4F2A91C0FFEE4F2A91C0FFEE4F2A", "Read the theme\n", "Ana Lima"),
    Commit("b07dd12aa001", "Keep contrast"),
)


def make(type: str, **fields: object) -> Event:
    return Event(id="e1", type=type, source="acme", seen_at=SUMMER, **fields)


def test_an_event_has_the_documented_seven_keys_and_relay() -> None:
    """Every event has the seven keys of the resource and the extra one."""
    assert KEYS == list(to_v1(make("create")))


def test_the_event_is_whole_under_relay() -> None:
    """What stands under relay reads back as the same event."""
    event = make("pushed", commits=COMMITS, title="v1", branch="main", number=3)
    assert event == from_json(to_v1(event)["relay"])


@pytest.mark.parametrize(
    ("moment", "local", "utc"),
    [
        (SUMMER, "2012-03-31 00:13:09", "2012-03-30 22:13:09+00:00"),
        (datetime(2012, 1, 1, 12, 0, 0, 999999, tzinfo=UTC), "2012-01-01 13:00:00", "2012-01-01 12:00:00+00:00"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31 23:59:59", "9999-12-31 23:59:59+00:00"),
    ],
)
def test_times_are_amsterdam_and_utc(moment: datetime, local: str, utc: str) -> None:
    """created_on is local time in Amsterdam without a zone, utc_created_on has its offset."""
    shown = to_v1(make("create", occurred_at=moment))
    assert (local, utc) == (shown["created_on"], shown["utc_created_on"])


@pytest.mark.parametrize(
    ("event", "node"),
    [
        (make("commit", commits=COMMITS), "4f2a91c0ffee"),
        (make("cset_like", commits=COMMITS[1:]), "b07dd12aa001"),
        (make("cset_like"), None),
        (make("commit", commits=(Commit("4f2a91c"),)), None),
        (make("commit", commits=(Commit("not a hash at all"),)), None),
        (make("pushed", commits=COMMITS), None),
        (make("pullrequest_created", commits=COMMITS), None),
        (make("milestone_closed", commits=COMMITS), None),
    ],
)
def test_node_is_twelve_hex_digits_or_null(event: Event, node: str | None) -> None:
    """Only what happened to one commit has a node, of 12 lower-case hex digits."""
    assert node == to_v1(event)["node"]


PUSH = {
    "commits": [
        {"hash": COMMITS[0].hash, "description": "Read the theme\n"},
        {"hash": "b07dd12aa001", "description": "Keep contrast"},
    ],
    "total_commits": 2,
}


@pytest.mark.parametrize(
    ("event", "description"),
    [
        (make("commit", commits=COMMITS), "Read the theme\n"),
        (make("commit"), None),
        (make("pushed", commits=COMMITS), PUSH),
        (make("pushed", commits=COMMITS, total_commits=173), PUSH | {"total_commits": 173}),
        (make("pushed"), {"commits": [], "total_commits": 0}),
        (make("wiki_deleted", title="Home"), "Home"),
        (make("issue_comment", comment=Comment("739707", "Yes")), "739707"),
        (make("cset_comment_updated", comment=Comment(None, "Yes")), None),
        (make("pullrequest_comment_deleted"), None),
        (make("pullrequest_created", title="Dark theme", number=42), None),
        (make("report_issue", title="Crash", comment=Comment("1")), None),
        (make("milestone_closed", title="v1.2.0"), None),
    ],
)
def test_description_says_what_the_resource_said(event: Event, description: object) -> None:
    """The description is a message, a comment's id, a page, the pushed commits or nothing, by type."""
    assert description == to_v1(event)["description"]


def test_a_user_has_the_keys_that_clients_read() -> None:
    """A user is told with both forms of the name, and the address of the old API."""
    actor = Actor("ana lima", "Ana Lima", avatar_url="https://img.example/a?s=32&d=x")
    expected = {
        "username": "ana lima",
        "first_name": "Ana Lima",
        "last_name": "",
        "display_name": "Ana Lima",
        "avatar": "https://img.example/a?s=32&d=x",
        "resource_uri": "/1.0/users/ana%20lima",
    }
    assert expected == to_v1(make("create", actor=actor))["user"]


@pytest.mark.parametrize("actor", [None, Actor(None, "Ana Lima")])
def test_somebody_without_an_account_is_null(actor: Actor | None) -> None:
    """The resource told an author without an account as null."""
    assert to_v1(make("commit", actor=actor))["user"] is None


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        (None, None),
        (
            Repository("acme", "site", "Site", private=False),
            {
                "owner": "acme",
                "slug": "site",
                "name": "Site",
                "is_private": False,
                "resource_uri": "/1.0/repositories/acme/site",
            },
        ),
        (
            Repository(None, "notes"),
            {"owner": None, "slug": "notes", "name": "notes", "is_private": None, "resource_uri": None},
        ),
    ],
)
def test_a_repository_has_the_keys_that_relay_knows(repository: Repository | None, expected: object) -> None:
    """A repository is told by its owner, slug, name, privacy and address."""
    assert expected == to_v1(make("create", repository=repository))["repository"]


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([], Query(None, 0, 25)),
        ([("start", "50"), ("limit", "0")], Query(None, 50, 0)),
        ([("limit", "50"), ("type", "pushed")], Query("pushed", 0, 50)),
        ([("format", "json"), ("format", "json")], Query(None, 0, 25)),
    ],
)
def test_a_query_has_the_documented_defaults(pairs: list[tuple[str, str]], query: Query) -> None:
    """start is 0 and limit 25 unless told; unknown parameters are passed over."""
    assert query == parse_query(pairs)


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([("start", "-1")], "start"),
        ([("start", "")], "start"),
        ([("start", "1.5")], "start"),
        ([("start", "\u0663")], "start"),
        ([("start", "9" * 400)], "start"),
        ([("limit", "51")], "limit"),
        ([("limit", "many")], "limit"),
        ([("limit", "1"), ("limit", "1")], "limit"),
        ([("type", "")], "type"),
        ([("type", "pushed,fork")], "type"),
        ([("type", "a" * 101)], "type"),
    ],
)
def test_a_bad_value_is_named(pairs: list[tuple[str, str]], name: str) -> None:
    """A value that cannot be meant is refused in a short sentence that names its parameter."""
    with pytest.raises(InvalidQuery) as refused:
        parse_query(pairs)
    assert (name, True) == (str(refused.value).split()[0], len(str(refused.value)) < 120)
