"""What each activity of Gitea is told as, in words and in fields, and what becomes of hostile ones."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from relay import shipped
from relay.errors import FeedUnavailable
from relay.event_types import VOCABULARY
from relay.events import Event, from_json, to_json
from relay.fields import Fields
from relay.render import Renderer
from relay.sources.base import Start
from relay.sources.gitea import Gitea
from relay.sources.gitea_entries import KINDS, Home, read
from relay.sources.gitea_events import Teller
from tests.servers import Reply, Server
from tests.sources.forges.gitea import NOON, Forge, activity
from tests.sources.gitea_polling import NOW, events, poll
from tests.stage import SHARED

RECORDINGS = Path(__file__).parents[1] / "recordings" / "gitea"
SPECIFICATION = SHARED / "specs" / "forgejo.swagger2.json"
RECORDED = json.loads((RECORDINGS / "activities.json").read_text(encoding="utf-8"))
FEED = "repos/harbour/tide-tables/activities/feeds"
RENDERER = Renderer([shipped.templates()])


def served(recorded: Any) -> Forge:
    """A Gitea that has what was recorded."""
    forge = Forge()
    forge.places = recorded["answers"] | {FEED: recorded["activities"]}
    return forge


def told(recorded: Any, **how: Any) -> list[Event]:
    """What a first poll tells of it."""
    with Server(served(recorded).respond) as server:
        return events(poll(server, repositories=("harbour/tide-tables",), **how))


def test_recording():
    """Each of the 27 op_types, and one that is not known, is told as the event and in the words written down."""
    expected = json.loads((RECORDINGS / "activities.expected.json").read_text(encoding="utf-8"))
    assert expected == [{"words": RENDERER.sentence(event)} | to_json(event) for event in told(RECORDED)]


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the official specifications are not here")
def test_every_op_type_has_its_meaning():
    """Those of Forgejo's specification are all mapped, all recorded, and all in the vocabulary."""
    activities = json.loads(SPECIFICATION.read_text(encoding="utf-8"))["definitions"]["Activity"]
    named = set(activities["properties"]["op_type"]["enum"])
    assert (27, named) == (len(named), set(KINDS))
    assert named <= {entry["op_type"] for entry in RECORDED["activities"]}
    assert {kind.type for kind in KINDS.values()} <= set(VOCABULARY)


def entries(*listed: dict[str, Any], details: dict[str, Any] | None = None) -> list[Event]:
    """The events of some activities of acme/site, oldest first."""
    forge = Forge()
    forge.activities = list(listed)
    forge.places |= details or {}
    with Server(forge.respond) as server:
        return events(poll(server))


def push(*hashes: str, old: str = "1" * 40, total: int | None = None) -> str:
    """The content of a push."""
    commits = [{"Sha1": hash, "Message": f"Change {hash[:2]}", "AuthorName": "Ada L"} for hash in hashes]
    compared = f"acme/site/compare/{old}...{hashes[0] if hashes else '2' * 40}"
    return json.dumps({"Commits": commits, "CompareURL": compared, "Len": len(hashes) if total is None else total})


NEW, ZERO = "a1" * 20, "0" * 40
CREATED = {"content": push(NEW, "b2" * 20, old=ZERO, total=10), "ref_name": "refs/heads/fix"}


def test_a_new_branch_is_told_once():
    """The entry that a branch was created, and the push beside it, are one event with the commits that are new to it."""
    told = entries(
        activity(1, ref_name="refs/heads/fix"),
        activity(2, at=NOON + timedelta(seconds=1), **CREATED),
        details={f"repos/acme/site/compare/main...{NEW}": {"commits": [], "total_commits": 0}},
    )
    assert [("pushed", "created", "fix", (), ())] == [
        (event.type, event.state, event.branch, event.commits, event.guessed) for event in told
    ]


def test_a_new_branch_without_its_comparison():
    """What is new on it is not known then, and none of what Gitea advertises is told as new."""
    (told,) = entries(activity(2, **CREATED))
    assert ("created", (), ("commits",)) == (told.state, told.commits, told.guessed)


def test_the_first_push_of_the_default_branch():
    """Its commits are new to the repository; where Gitea stopped counting, there may be more."""
    first = {"ref_name": "refs/heads/main"}
    few = entries(activity(2, content=push(NEW, old=ZERO), **first))
    many = entries(activity(2, content=push(NEW, old=ZERO, total=10), **first))
    assert [("created", None, ()), ("created", None, ("commits",))] == [
        (told[0].state, told[0].total_commits, told[0].guessed) for told in (few, many)
    ]
    assert [["pushed", "commit"]] * 2 == [[event.type for event in told] for told in (few, many)]


def test_a_branch_waits_for_its_push():
    """An entry that a branch was created is left for one poll, in case its push is still on the way."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        page = poll(server)
        forge.activities.append(activity(1010, ref_name="refs/heads/fix", at=NOON + timedelta(minutes=2)))
        waiting = poll(server, page.cursor)
        alone = poll(server, waiting.cursor)
        forge.activities.append(activity(1012, at=NOON + timedelta(minutes=2), **CREATED))
        together = poll(server, waiting.cursor)
    assert ([], ["created"], ["created"]) == tuple(
        [event.state for event in events(found)] for found in (waiting, alone, together)
    )


def test_a_branch_that_waits_beside_a_strange_number():
    """It is told although an entry of the same page had a number by which all others would be old."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        page = poll(server)
        at = NOON + timedelta(minutes=2)
        forge.activities += [activity(1010, ref_name="refs/heads/fix", at=at), activity(2**31, "star_repo", at=at)]
        waiting = poll(server, page.cursor)
        alone = poll(server, waiting.cursor)
    assert ([None], ["created"]) == tuple([event.state for event in events(found)] for found in (waiting, alone))


def test_one_happening_is_one_event():
    """What is recorded for each watcher, under several ids, is told once, and a commit pushed to two branches too."""
    told = entries(
        activity(5, "star_repo", user_id=3),
        activity(6, "star_repo", user_id=9),
        activity(7, content=push(NEW), ref_name="refs/heads/main", at=NOON + timedelta(minutes=1)),
        activity(8, content=push(NEW), ref_name="refs/heads/next", at=NOON + timedelta(minutes=2)),
    )
    assert ["start_follow_repo", "pushed", "commit", "pushed"] == [event.type for event in told]


@pytest.mark.parametrize("actor", [None, {}, {"id": -1, "login": "Ghost"}, {"login": ""}, "ada"])
def test_nobody(actor: Any):
    """A deleted account is nobody."""
    assert [None] == [event.actor for event in entries(activity(1, "create_issue", "1|x", act_user=actor))]


def test_what_an_activity_leaves_out_is_asked_for_once():
    """Three comments on a pull request cost one request, which brings its title, labels, branches and reviewers."""
    forge = Forge()
    forge.add(1)
    forge.places["repos/acme/site/pulls/8"] = RECORDED["answers"]["repos/harbour/tide-tables/pulls/8"]
    with Server(forge.respond) as server:
        page = poll(server)
        forge.activities += [activity(1010 + n, "comment_pull", f"8|Text {n}", NOON) for n in range(3)]
        server.requests.clear()
        told = events(poll(server, page.cursor))
    assert 1 == sum(request.path.endswith("/pulls/8") for request in server.requests)
    assert {("Count leap days", "fix/leap", "main", ("bug",), ("ben",))} == {
        (event.title, event.branch, event.target_branch, event.labels, event.reviewers) for event in told
    }


@pytest.mark.parametrize(
    ("refusal", "age", "waits"),
    [
        (Reply(404), 0, False),
        (Reply(403), 0, False),
        (Reply(body="<html>"), 0, False),
        (Reply(500), 60, True),
        (Reply(500), 600, False),
        (Reply(429, headers={"retry-after": "9"}), 600, True),
    ],
)
def test_what_is_left_out_and_cannot_be_had(refusal: Reply, age: float, waits: bool):
    """A title that cannot be had costs the event nothing; an outage is waited for while it is fresh, a limit always."""
    forge = Forge()
    forge.activities = [activity(1, "close_issue", "7|", NOW - timedelta(seconds=age))]
    respond = lambda asked: refusal if "/issues/" in asked.path else forge.respond(asked)  # noqa: E731
    told = []
    with Server(respond) as server, pytest.raises(FeedUnavailable) if waits else nullcontext():
        told = events(poll(server))
    assert ([] if waits else [(7, None, "closed")]) == [(event.number, event.title, event.state) for event in told]


def test_first_sight_asks_for_no_details_of_history():
    """What is kept and not told is not worth a request."""
    with Server(served(RECORDED).respond) as server:
        poll(server, start=Start("now"), repositories=("harbour/tide-tables",))
    assert 2 == len(server.requests)


ODD = [None, True, -1, 0, 2**70, "", "|", "7|", "{", "[]", '{"Commits": 7}', "\ud800", "\0", "refs/tags/", [], {}, [[]]]


def mutated(value: Any, random: Random) -> Any:
    """The JSON value with something odd in place of some of it, at any depth."""
    if random.random() < 0.05:
        return random.choice(ODD)
    if isinstance(value, dict):
        return {key: mutated(inner, random) for key, inner in value.items() if random.random() > 0.02}
    return [mutated(inner, random) for inner in value] if isinstance(value, list) else value


def made(raw: Any) -> Iterator[Event]:
    """The events of one activity, read as the source does."""
    entry = read(Fields(raw), Home("acme/site", 12))
    if not entry.problem:
        yield from Teller("g", "https://git.example", NOW).events(entry, Fields(None), is_new=False)


def test_mutated_activities():
    """Of 3,000 mutated activities each is an event that can be stored and said, or a warning."""
    random = Random(5)
    for _ in range(100):
        for raw in RECORDED["activities"]:
            for event in made(mutated(raw, random)):
                assert event == from_json(json.loads(json.dumps(to_json(event))))
                assert RENDERER.sentence(event)
                assert 0 < len(event.id) <= 200


def test_types_that_it_gives():
    """Everything that activities and lists are told as is in the coverage, and in the vocabulary."""
    assert {kind.type for kind in KINDS.values()} <= set(Gitea.coverage)
    assert set(Gitea.coverage) <= set(VOCABULARY)
