"""What an entry of the events resource becomes, in every shape that the wire had."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relay.cursor import occurrence_id
from relay.event_types import VOCABULARY
from relay.events import Comment, Event, Repository, from_json, to_json
from relay.sources.bitbucket_v1_entries import Teller, fingerprint_of, read

RECORDINGS = Path(__file__).parents[1] / "recordings" / "bitbucket-v1"
NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
TYPES = sorted(name for name, type in VOCABULARY.items() if not type.extension)
KEYS = ["node", "description", "repository", "user", "created_on", "utc_created_on"]


def recorded(type: str) -> dict[str, Any]:
    """The entry of a type's recording."""
    return json.loads((RECORDINGS / f"{type}.json").read_text(encoding="utf-8"))["events"][0]


def event_of(raw: Any) -> Event:
    """The event of an entry that can be read."""
    _, found = read(raw, "bb", NOW)
    assert found.raw is not None
    return Teller("bb", NOW).event(found.raw, fingerprint_of(raw))


def entry(type: str, **more: Any) -> Event:
    """The event of a type's recording with some keys replaced."""
    return event_of(recorded(type) | more)


def test_every_type_has_a_recording():
    """Each of the 40 words of the resource has a page and what is expected of it."""
    assert 40 == len(TYPES)
    wanted = {f"{type}{ending}" for type in TYPES for ending in (".json", ".expected.json")}
    assert wanted == {path.name for path in RECORDINGS.glob("*.json")}


@pytest.mark.parametrize("type", TYPES)
def test_recording(type: str):
    """Each recorded entry is the event written down beside it, id included."""
    event = event_of(recorded(type))
    expected = json.loads((RECORDINGS / f"{type}.expected.json").read_text(encoding="utf-8"))
    id = occurrence_id("bb", "repositories/harbour/tide-tables", event.id, 0)
    assert expected == to_json(event) | {"id": id}


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("empty", [None, {}])
def test_nobody_and_nowhere(type: str, empty: dict[str, Any] | None):
    """Null and {} for user and repository leave both out, and links with them."""
    event = entry(type, user=empty, repository=empty)
    assert (None, None, None) == (event.actor, event.repository, event.url)


@pytest.mark.parametrize("type", [*TYPES, "teleported"])
@pytest.mark.parametrize("key", KEYS)
def test_missing_and_null_keys(type: str, key: str):
    """Any key but the type may be absent or null, which is the same; a type unknown to relay passes as it came."""
    raw = recorded("commit") | {"event": type}
    absent = {name: value for name, value in raw.items() if name != key}
    assert event_of(absent) == event_of(raw | {key: None})
    assert type == event_of(absent).type


@pytest.mark.parametrize(
    ("description", "hashes", "total"),
    [
        ({"commits": [{"hash": "a1", "description": "x"}], "total_commits": 1}, ["a1"], None),
        ('{"commits": [{"hash": "a1", "description": "x"}], "total_commits": 9}', ["a1"], 9),
        ({"commits": [{"hash": "a1", "description": None}, "junk", {"hash": None}]}, ["a1"], 3),
        ({"commits": [], "total_commits": 4}, [], 4),
        ({"commits": None, "total_commits": "many"}, [], None),
        ({"total_commits": True}, [], None),
        ({}, [], None),
        ("{not JSON", ["7c1e"], None),
        ("[1]", ["7c1e"], None),
        ("[" * 100_000, ["7c1e"], None),
        ("{" * 100_000, ["7c1e"], None),
        ("739707", ["7c1e"], None),
        (None, ["7c1e"], None),
    ],
)
def test_descriptions_of_a_push(description: Any, hashes: list[str], total: int | None):
    """Commits come from an object or from text that holds one; without them, from the node."""
    event = entry("pushed", description=description, node="7c1e")
    assert (hashes, total) == ([commit.hash for commit in event.commits], event.total_commits)
    assert event.title is None


@pytest.mark.parametrize("type", [name for name in TYPES if "_comment" in name])
def test_comments(type: str):
    """A number is the comment's id, anything else its text."""
    assert Comment("42") == entry(type, description="42").comment
    assert Comment("42") == entry(type, description=42).comment
    assert Comment(None, "Well, 42") == entry(type, description="Well, 42").comment
    assert entry(type, description=None).comment is None


@pytest.mark.parametrize(
    ("user", "username", "name"),
    [
        ({"username": "ana", "first_name": "Ana", "last_name": "Lima", "display_name": "A. Lima"}, "ana", "A. Lima"),
        ({"username": "ana", "first_name": "Ana", "last_name": "Lima"}, "ana", "Ana Lima"),
        ({"username": "ana", "first_name": "", "last_name": "Lima"}, "ana", "Lima"),
        ({"username": "ana", "first_name": "", "last_name": ""}, "ana", None),
        ({"first_name": "Ana"}, None, "Ana"),
        ({"username": "ana", "first_name": 7, "avatar": "javascript:x"}, "ana", None),
    ],
)
def test_names(user: dict[str, Any], username: str | None, name: str | None):
    """The display name, else first and last, else the username alone."""
    actor = entry("commit", user=user).actor
    assert actor is not None
    assert (username, name, None) == (actor.username, actor.name, actor.avatar_url)


@pytest.mark.parametrize(
    ("utc", "local", "expected"),
    [
        ("2012-07-23 22:26:49+00:00", None, "2012-07-23T22:26:49+00:00"),
        ("2012-07-23 22:26:49", None, "2012-07-23T22:26:49+00:00"),
        (None, "2012-07-24 00:26:49", "2012-07-23T22:26:49+00:00"),
        (None, "2012-01-24 00:26:49", "2012-01-23T23:26:49+00:00"),
        (None, "2013-09-28T21:50:53.422", "2013-09-28T19:50:53.422000+00:00"),
        ("yesterday", "2012-07-24 00:26:49", "2012-07-23T22:26:49+00:00"),
    ],
)
def test_times(utc: str | None, local: str | None, expected: str):
    """The time in UTC, else the local one of Amsterdam."""
    event = entry("commit", utc_created_on=utc, created_on=local)
    assert datetime.fromisoformat(expected) == event.occurred_at


@pytest.mark.parametrize("bad", ["", "2012-13-45", "0001-01-01 00:00:00+14:00", 7, [], {}, "9999-12-31 23:59:59-12:00"])
def test_bad_dates(bad: Any):
    """What is no time leaves the event without one, and the event is told."""
    assert entry("commit", utc_created_on=bad, created_on=bad).occurred_at is None


def test_old_slugs_in_links():
    """Links have the slug in lower case and the owner as it came, quoted."""
    repository = entry("wiki_updated", repository={"owner": "Ada/x", "slug": "Repo-N2"}).repository
    assert Repository("Ada/x", "Repo-N2", None, "https://bitbucket.org/Ada%2Fx/repo-n2") == repository


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "it is not an object but null"),
        (1.5, "it is not an object but a number"),
        ([1], "it is not an object but a list"),
        ("x", "it is not an object but text"),
        ({}, "it has no event type"),
        ({"event": 3}, "it has no event type"),
        ({"event": "commit", "node": 3}, "its node is a number"),
        ({"event": "commit", "user": "ana"}, "its user is text"),
        ({"event": "commit", "repository": []}, "its repository is a list"),
        ({"event": "commit", "description": True}, "its description is true or false"),
    ],
)
def test_entries_that_cannot_be_read(raw: Any, reason: str):
    """What is no entry still has a fingerprint, and a warning says why."""
    fingerprint, found = read(raw, "bb", NOW)
    assert (None, None) == (found.raw, found.relayed)
    assert reason in (found.warning or "")
    assert (fingerprint, found) == read(raw, "bb", NOW)


def test_fingerprint_is_of_what_stays():
    """Followers, sizes, names and avatars may change; what happened, where, when and by whom may not."""
    raw = recorded("pushed")
    changed = raw | {"repository": raw["repository"] | {"size": 1}, "user": raw["user"] | {"avatar": None}}
    assert fingerprint_of(raw) == fingerprint_of(changed)
    others = [raw | {"event": "commit"}, raw | {"node": "1"}, raw | {"user": None}, raw | {"description": {}}]
    assert 5 == len({fingerprint_of(other) for other in [raw, *others]})


def test_relayed_event_is_taken_whole():
    """The key of another relay wins over the seven, under this source's name and time."""
    inner = to_json(entry("pullrequest_created")) | {"id": "r1", "number": 12, "title": "Fix login", "source": "far"}
    fingerprint, found = read(recorded("commit") | {"relay": inner}, "bb", NOW)
    assert (None, from_json(inner | {"source": "bb"})) == (found.raw, found.relayed)
    assert fingerprint != fingerprint_of(recorded("commit"))


@pytest.mark.parametrize("broken", [7, {}, {"id": ""}, {"id": "x" * 201}, {"commits": 3}, {"type": ""}])
def test_invalid_relay_key(broken: Any):
    """An invalid key is told, and the seven others are read."""
    inner = to_json(entry("commit")) | broken if broken and isinstance(broken, dict) else broken
    _, found = read(recorded("commit") | {"relay": inner}, "bb", NOW)
    assert "key relay" in (found.warning or "")
    assert (entry("commit"), None) == (event_of(found.raw), found.relayed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": 7},
        {"node": []},
        {"utc_created_on": "2012-13-45 00:00:00+00:00", "created_on": None},
        {"user": {"username": 7}},
        {"repository": {"owner": "acme", "slug": []}},
        {"relay": {}},
    ],
)
def test_what_may_be_mended_is_doubted(wrong: dict[str, Any]):
    """The fingerprint of an entry with something wrong in it says so, that of a right one does not."""
    raw = recorded("commit")
    without = {key: value for key, value in raw.items() if key != "description"}
    assert [False, True, True] == [read(one, "bb", NOW)[0].startswith("?") for one in (raw, raw | wrong, without)]


def test_lone_surrogates():
    """Text that cannot be written as UTF-8 is mended wherever it stands."""
    raw = json.loads(json.dumps(recorded("commit")).replace("Round", "\\ud800Round"))
    assert "\ufffdRound heights to centimetres" == event_of(raw).title
