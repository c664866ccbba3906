"""The lists that `include` asks for on GitLab: what each tells, what it does not, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest

from relay.event_types import VOCABULARY
from relay.events import Event
from relay.sources.base import Start
from relay.sources.gitlab import GitLab
from tests.servers import Reply, Server
from tests.sources.forges.gitlab import ADA, NOON, SITE, Forge, entry, text
from tests.sources.gitlab_polling import ALL, LATER, Poll, events

BEN = ADA | {"id": 4, "username": "ben", "name": "Ben O"}
LISTS = "projects/15/"


def later(minutes: float) -> str:
    return text(NOON + timedelta(minutes=minutes))


def pull(number: int, touched: float = 0, **more: Any) -> dict[str, Any]:
    """A pull request, or an issue, made long ago and touched so many minutes after noon."""
    known = {"title": f"Title {number}", "state": "opened", "labels": [], "sha": "a" * 40, "draft": False}
    url = f"{SITE}/-/merge_requests/{number}"
    branches = {"source_branch": "fix", "target_branch": "main", "web_url": url}
    times = {"created_at": "2026-11-01T00:00:00.000Z", "updated_at": later(touched)}
    return {"id": 900 + number, "iid": number} | known | branches | times | more


class Listed:
    """A GitLab with one list that `include` asks for, polled for the first time; `items` may be changed."""

    def __init__(self, place: str, *include: str, items: list[Any], start: Start = LATER) -> None:
        self.forge, self.items = Forge(), items
        self.forge.places[LISTS + place] = items
        self.server = Server(self.forge.respond)
        self._include, self._start = include, start

    def __enter__(self) -> "Listed":
        self.server.__enter__()
        self.poll = Poll(self.server, self._start, include=self._include)
        self.first = events(self.poll())
        self.poll.asked()
        return self

    def __exit__(self, *error: Any) -> None:
        self.server.__exit__(*error)

    def told(self) -> list[Event]:
        return events(self.poll())


def test_lists_are_offered():
    """All that costs a request each time is marked so; what is reopened is told without."""
    included = {name for name, gives in GitLab.coverage.items() if gives == "include"}
    assert included <= set(VOCABULARY)
    assert {"pullrequest_unlike", "fork", "start_follow_repo", "release_published", "pipeline_failed"} <= included
    assert ("partly", "partly") == (GitLab.coverage["issue_update"], GitLab.coverage["pullrequest_updated"])


@pytest.mark.parametrize(
    ("type", "place"),
    [
        ("pullrequest_updated", "merge_requests"),
        ("pullrequest_unlike", "merge_requests"),
        ("issue_update", "issues"),
        ("fork", "forks"),
        ("stop_follow_repo", "starrers"),
        ("file_uploaded", "releases"),
        ("pipeline_failed", "pipelines"),
    ],
)
def test_a_list_costs_a_request(type: str, place: str):
    """An idle poll asks for each list once, and only where it is wanted; the cursor stays."""
    with Listed(place, type, items=[pull(3)]) as listed:
        assert [] == listed.told()
        assert (["projects/15/events", LISTS + place], False) == (listed.poll.asked(), listed.poll.moved)


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "Other"},
        {"description": "New"},
        {"labels": ["bug"]},
        {"draft": True},
        {"sha": "b" * 40},
        {"reviewers": [BEN]},
        {"target_branch": "next"},
        {"milestone": {"id": 3}},
    ],
)
def test_edits_of_pull_requests(edit: dict[str, Any]):
    """Whatever people edit is an update, told once, without a name and with a time that is guessed."""
    with Listed("merge_requests", "pullrequest_updated", items=[pull(3)]) as listed:
        listed.items[0] = pull(3, 1, **edit)
        (told,) = listed.told()
        assert [] == listed.told()
    assert ("pullrequest_updated", 3, None, ("occurred_at",)) == (told.type, told.number, told.actor, told.guessed)
    assert ("open", "fix", NOON + timedelta(minutes=1)) == (told.state, told.branch, told.occurred_at)


def test_comments_are_no_edits():
    """A pull request that was touched and is as it was is no update."""
    with Listed("merge_requests", "pullrequest_updated", items=[pull(3)]) as listed:
        listed.items[0] = pull(3, 1, user_notes_count=4, upvotes=1)
        assert [] == listed.told()


def test_there_and_back_again():
    """From one title to another, back, and there again are three updates."""
    with Listed("issues", "issue_update", items=[pull(3)]) as listed:
        told = []
        for minute, title in enumerate(["B", "A", "B"], 1):
            listed.items[0] = pull(3, minute, title=title)
            told += listed.told()
    assert (3, ["B", "A", "B"]) == (len({event.id for event in told}), [event.title for event in told])


def test_new_ones_are_no_edits():
    """What was opened since is told by the events; what was never listed, and made before, was edited."""
    with Listed("merge_requests", "pullrequest_updated", items=[pull(3)]) as listed:
        listed.items += [pull(4, 1, created_at=later(1)), pull(1, 1, created_at="2026-10-01T00:00:00Z")]
        assert [1] == [event.number for event in listed.told()]


def test_what_events_explain_is_no_edit():
    """A stranger that a comment touched is told as that alone."""
    with Listed("issues", "issue_update", items=[pull(3)]) as listed:
        listed.items.append(pull(1, 1, created_at="2026-10-01T00:00:00Z"))
        note = {"id": 7, "body": "Ping", "noteable_type": "Issue", "noteable_iid": 1}
        listed.forge.entries.append(entry(8, "commented on", "Note", note=note))
        assert ["issue_comment"] == [event.type for event in listed.told()]


def test_later_polls_ask_for_what_was_touched():
    """After first sight only what was touched since is listed, with a minute to spare."""
    with Listed("merge_requests", "pullrequest_updated", items=[pull(3, 5)]) as listed:
        listed.told()
        queries = [request.query for request in listed.server.requests if request.path.endswith("merge_requests")]
    assert {"2026-11-22T12:04:00Z"} == {query.get("updated_after") for query in queries}


def note(id: int, body: str, made: float, touched: float, **more: Any) -> dict[str, Any]:
    return {"id": id, "body": body, "author": BEN, "created_at": later(made), "updated_at": later(touched)} | more


def test_notes_of_touched_pull_requests():
    """Edits of comments, withdrawn approvals and requested changes are read from the notes; what was there is not told."""
    wanted = ("pullrequest_comment_updated", "pullrequest_unlike", "pullrequest_changes_requested")
    notes = [
        note(1, "Old, and edited then", -30, -20),
        note(2, "Edited", -30, 1),
        note(3, "unapproved this merge request", 1, 1, system=True),
        note(4, "requested changes", 1.5, 1.5, system=True),
        note(5, "Resolved", -30, 1, resolved_at=later(1)),
        note(6, "New", 1, 1),
        note(7, "changed title from **a** to **b**", 1, 1, system=True),
    ]
    with Listed("merge_requests", *wanted, items=[pull(3)]) as listed:
        listed.forge.places[LISTS + "merge_requests/3/notes"] = notes
        listed.items[0] = pull(3, 2)
        told = listed.told()
        assert [] == listed.told()
        assert 1 == listed.poll.asked().count(LISTS + "merge_requests/3/notes")
    assert sorted(wanted) == sorted(event.type for event in told)
    edited = next(event for event in told if event.comment)
    assert ("Edited", f"{SITE}/-/merge_requests/3#note_2") == (edited.comment.text, edited.comment.url)


@pytest.mark.parametrize(
    "odd", [{"id": None}, {"updated_at": "x"}, {"created_at": 5}, {"system": "no"}, {"body": None}], ids=str
)
def test_note_that_is_mended(odd: dict[str, Any]):
    """A note that could not be read is looked at once more, whatever else was touched meanwhile."""
    edited, place = note(2, "Edited", -30, 1), LISTS + "merge_requests/3/notes"
    with Listed("merge_requests", "pullrequest_comment_updated", items=[pull(3)]) as listed:
        listed.forge.places |= {place: [edited | odd], LISTS + "merge_requests/4/notes": []}
        listed.items[:] = [pull(4, 30), pull(3, 2)]
        first = listed.told()
        listed.forge.places[place] = [edited]
        told = [*first, *listed.told()]
        assert {2} == {int(event.comment.id) for event in told if event.comment and event.comment.id}
        assert [] == listed.told()


@pytest.mark.parametrize(
    ("place", "type"), [("merge_requests", "pullrequest_updated"), ("pipelines", "pipeline_failed")]
)
def test_thing_that_is_mended(place: str, type: str):
    """One that could not be read is told once it can be, whatever else was touched meanwhile."""
    before, after = (
        (pull(3), pull(3, 2, title="Other")) if place == "merge_requests" else (None, pipeline(3, "failed", 2))
    )
    newer = pull(4, 30) if place == "merge_requests" else pipeline(4, "running", 30)
    with Listed(place, type, items=[one for one in (before,) if one]) as listed:
        listed.items[:] = [newer, after | {"iid": None, "id": None}]
        assert [] == listed.told()
        listed.items[1] = after
        assert ([type], []) == ([event.type for event in listed.told()], listed.told())


def fork(id: int, made: float, kind: str = "user") -> dict[str, Any]:
    namespace = {"kind": kind, "path": "ben", "name": "Ben O"}
    path = f"ben/site-{id}"
    return {
        "id": id,
        "path_with_namespace": path,
        "web_url": f"https://gitlab.example/{path}",
        "namespace": namespace,
    } | {"created_at": later(made)}


def test_forks():
    """A new fork is told, with whom it belongs to as a guess; an old one that slides into view is not."""
    with Listed("forks", "fork", items=[fork(60, 0), fork(50, -9)]) as listed:
        listed.items[:] = [fork(62, 2, "group"), fork(61, 1), fork(50, -9), fork(40, -90)]
        told = listed.told()
        assert [] == listed.told()
    assert [("ben/site-61", ("actor",)), ("ben/site-62", ())] == [(event.title, event.guessed) for event in told]
    assert "Ben O" == told[0].actor.name


def test_more_forks_than_a_page():
    """New things are read on until one that is known."""
    with Listed("forks", "fork", items=[fork(1, 0)]) as listed:
        listed.items[:0] = [fork(n, n) for n in range(250, 1, -1)]
        assert 249 == len(listed.told())


def release(tag: str, made: float, *links: int, **more: Any) -> dict[str, Any]:
    assets = {"links": [{"id": n, "name": f"{n}.zip", "url": f"{SITE}/{n}.zip"} for n in links]}
    times = {"created_at": later(made), "released_at": later(made)}
    return (
        {"tag_name": tag, "name": f"Site {tag}", "description": "Much better", "author": ADA}
        | times
        | {
            "assets": assets,
            "_links": {"self": f"{SITE}/-/releases/{tag}"},
        }
        | more
    )


def test_releases():
    """A release is told when its day has come, and each file that is linked, to an old release too."""
    with Listed("releases", "release_published", "file_uploaded", items=[release("v1", 0, 1)]) as listed:
        listed.items[:] = [release("v3", 2, upcoming_release=True), release("v2", 1, 2), release("v1", 0, 1, 3)]
        told = [(event.type, event.title) for event in listed.told()]
        assert [("file_uploaded", "2.zip"), ("file_uploaded", "3.zip"), ("release_published", "Site v2")] == sorted(
            told
        )
        listed.items[0] = release("v3", 2)
        (published,) = listed.told()
    assert ("Site v3", f"{SITE}/-/releases/v3", "Much better") == (
        published.title,
        published.url,
        published.comment.text,
    )


def pipeline(id: int, status: str, touched: float, **more: Any) -> dict[str, Any]:
    url = f"{SITE}/-/pipelines/{id}"
    times = {"created_at": later(0), "updated_at": later(touched)}
    return {"id": id, "status": status, "ref": "main", "sha": "a" * 40, "web_url": url} | times | more


def test_pipelines():
    """A pipeline is told when it ends, and again when it was retried and ended otherwise."""
    wanted = ("pipeline_succeeded", "pipeline_failed", "pipeline_stopped")
    with Listed("pipelines", *wanted, items=[pipeline(1, "success", 0), pipeline(2, "running", 0)]) as listed:
        told = []
        for minute, status in enumerate(["failed", "running", "success", "canceled"], 1):
            listed.items[1] = pipeline(2, status, minute)
            told += listed.told()
        listed.items.append(pipeline(3, "failed", 9, created_at=later(8), ref="refs/merge-requests/4/head"))
        told += listed.told()
    ends = ["pipeline_failed", "pipeline_succeeded", "pipeline_stopped", "pipeline_failed"]
    assert ends == [event.type for event in told]
    assert (2, "main", "a" * 40, None) == (told[0].number, told[0].branch, told[0].commits[0].hash, told[3].branch)


def star(user: dict[str, Any], minutes: float = 0) -> dict[str, Any]:
    return {"starred_since": later(minutes), "user": user}


def test_stars():
    """Who follows and who stopped is told by name; a list that is empty at once is believed the second time."""
    with Listed("starrers", "start_follow_repo", "stop_follow_repo", items=[star(ADA)]) as listed:
        listed.items.append(star(BEN, 1))
        (came,) = listed.told()
        listed.items.clear()
        assert [] == listed.told()
        went = listed.told()
        assert [] == listed.told()
    assert ("start_follow_repo", "ben", NOON + timedelta(minutes=1)) == (
        came.type,
        came.actor.username,
        came.occurred_at,
    )
    assert [("stop_follow_repo", None)] * 2 == [(event.type, event.occurred_at) for event in went]
    assert {"Ada L", "Ben O"} == {event.actor.name for event in went}


def test_star_put_up_again():
    """A star that was taken down and put up again is news each time."""
    with Listed("starrers", "start_follow_repo", items=[star(ADA), star(BEN)]) as listed:
        listed.items.remove(star(BEN))
        assert [] == listed.told()
        listed.items.append(star(BEN, 5))
        assert ["start_follow_repo"] == [event.type for event in listed.told()]


def test_list_that_is_refused_is_told_once():
    """A list that the project does not offer stops no events; once it can be had, it goes on where it was."""
    with Listed("issues", "issue_update", items=[pull(3)]) as listed:
        healthy = listed.server.respond
        listed.server.respond = lambda it: Reply(403) if it.path.endswith("issues") else healthy(it)
        assert [1, 0] == [len(listed.poll().warnings) for _ in range(2)]
        listed.server.respond = healthy
        listed.items[0] = pull(3, 9, title="Changed meanwhile")
        assert ["Changed meanwhile"] == [event.title for event in listed.told()]


def test_list_that_was_never_had():
    """A list that is refused at first sight tells nothing of the past once it can be had."""
    with Listed("issues", "issue_update", items=[pull(3)]) as listed:
        healthy, listed.poll.cursor = listed.server.respond, None
        listed.server.respond = lambda it: Reply(403) if it.path.endswith("issues") else healthy(it)
        listed.poll()
        listed.server.respond = healthy
        assert [] == listed.told()


@pytest.mark.parametrize(
    ("place", "type", "item"), [("forks", "fork", fork(1, 0)), ("starrers", "start_follow_repo", star(ADA))]
)
def test_list_that_was_refused_where_all_is_wanted(place: str, type: str, item: dict[str, Any]):
    """Where all of the past is asked for, a list that is refused at first sight tells it once it can be had."""
    with Listed(place, type, items=[item], start=ALL) as listed:
        healthy, listed.poll.cursor = listed.server.respond, None
        listed.server.respond = lambda it: Reply(404) if it.path.endswith(place) else healthy(it)
        assert [] == listed.told()
        listed.server.respond = healthy
        assert [type] == [event.type for event in listed.told()]


def test_star_that_cannot_be_read():
    """Where a star says nothing of whose it is, nobody is told to have taken theirs down."""
    with Listed("starrers", "start_follow_repo", "stop_follow_repo", items=[star(ADA), star(BEN)]) as listed:
        for broken in (None, {"user": None}, star({}, 0), star(BEN) | {"starred_since": "yesterday"}):
            listed.items[1] = broken
            assert [] == listed.told()
        listed.items[1] = star(BEN)
        assert [] == listed.told()


@pytest.mark.parametrize(("place", "type"), [("issues", "issue_update"), ("forks", "fork")])
def test_more_news_than_are_read(place: str, type: str):
    """A list that is longer than what is read of it is told, instead of losing what stands behind."""
    make = pull if place == "issues" else fork
    with Listed(place, type, items=[make(1, 0)]) as listed:
        listed.items[:0] = [make(n, n % 1000) for n in range(2, 2300)]
        (warning,) = listed.poll().warnings
    assert f"{place} are news; older ones were not read" in warning


def test_new_projects_are_told_from_their_creation():
    """Where all of the past is asked for, first sight tells what the lists hold."""
    with Listed("releases", "release_published", items=[release("v1", 0)], start=ALL) as listed:
        assert ["Site v1"] == [event.title for event in listed.first]


@pytest.mark.parametrize("place", ["merge_requests", "issues", "forks", "starrers", "releases", "pipelines"])
def test_hostile_lists(place: str):
    """What is nothing, or holds nothing that it should, is passed over."""
    keys = ("iid", "id", "tag_name", "user", "assets", "status", "namespace", "created_at", "updated_at", "labels")
    odd = [None, 7, "x", [], {}, *({key: value} for key in keys for value in (None, "x", -1, [], {}, [None, {}]))]
    types = {name for name, gives in GitLab.coverage.items() if gives in ("include", "partly")}
    with Listed(place, *types, items=list(odd), start=ALL) as listed:
        listed.items += [one | {"id": 77, "iid": 77, "tag_name": "v"} for one in odd if isinstance(one, dict)]
        assert all(len(event.id) <= 200 for event in listed.told())


def test_outage_of_a_list_fails_the_poll():
    """A list that is away for now keeps the cursor of the whole feed, so that nothing between is lost."""
    with Listed("forks", "fork", items=[fork(1, 0)]) as listed:
        healthy, failing = listed.server.respond, lambda it: Reply(503) if it.path.endswith("forks") else healthy(it)
        listed.forge.add(1)
        listed.server.respond = failing
        with pytest.raises(Exception, match="answered 503"):
            listed.poll()
        listed.server.respond = healthy
        assert ["Issue 1"] == [event.title for event in listed.told()]
