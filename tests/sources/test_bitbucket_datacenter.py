"""Bitbucket Data Center over real sockets: pull requests, what happens to them, and what it costs to look."""

from datetime import timedelta

import pytest

from relay.sources.base import Start
from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import IDLE, NOW, Polls, filled, seen
from tests.sources.forges.bitbucket_datacenter import ADA, BASE, NOON, WEB, Forge, comment, commit, millis, repository


def test_first_sight_is_history():
    """With start now, what is listed and what happened to open pull requests is kept and not routed."""
    with Server(filled().respond) as server:
        found = Polls(server).poll().found
    told = ["pullrequest_created"] * 3 + ["pushed"] * 2
    assert (told, {True}) == ([one.event.type for one in found], {one.history for one in found})


@pytest.mark.parametrize(
    ("start", "routed"),
    [
        (Start("all"), ["created", "created", "created", "fulfilled", "pushed", "commit", "pushed"]),
        (Start("count", count=2), ["pushed", "commit", "pushed"]),
        (Start("since", seconds=(NOW - NOON).total_seconds() - 210), ["fulfilled", "pushed", "commit", "pushed"]),
    ],
)
def test_first_sight_as_start_says(start: Start, routed: list[str]):
    """As much is told as `start` asks for."""
    with Server(filled().respond) as server:
        found = Polls(server).poll(start).found
    assert routed == [one.event.type.removeprefix("pullrequest_") for one in found if not one.history]


def test_a_pull_request_that_is_opened():
    """It is told with what the list says of it, once."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.open(4, "Fix login")
        (event,) = polls.events()
        assert [*IDLE[:1], "pull-requests/4/activities", *IDLE[1:]] == polls.asked
        assert [] == polls.events()
    assert ("pullrequest_created", "Fix login", 4, "open") == (event.type, event.title, event.number, event.state)
    assert ("fix", "main", ("Ben K",), f"{WEB}/pull-requests/4") == (
        event.branch,
        event.target_branch,
        event.reviewers,
        event.url,
    )
    assert ("Ada L", "TP/site", "7:4:created") == (
        event.actor and event.actor.name,
        event.repository and event.repository.full_name,
        event.id,
    )


@pytest.mark.parametrize(
    ("action", "type", "state"),
    [
        ("UPDATED", "pullrequest_updated", "open"),
        ("RESCOPED", "pullrequest_updated", "open"),
        ("APPROVED", "pullrequest_like", "open"),
        ("UNAPPROVED", "pullrequest_unlike", "open"),
        ("REVIEWED", "pullrequest_changes_requested", "open"),
        ("MERGED", "pullrequest_fulfilled", "merged"),
        ("DECLINED", "pullrequest_rejected", "closed"),
        ("AUTO_MERGE_REQUESTED", "AUTO_MERGE_REQUESTED", "open"),
    ],
)
def test_what_happens_to_a_pull_request(action: str, type: str, state: str):
    """Each activity is one event, under its own id, by whoever did it."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, action)
        (event,) = polls.events()
        assert [] == polls.events()
    id = forge.activities[2][0]["id"]
    assert (type, state, f"7:2:act:{id}", "Ben K") == (
        event.type,
        event.state,
        event.id,
        event.actor and event.actor.name,
    )


def test_an_end_that_no_activity_tells():
    """That a pull request was merged is told from the list alone, once, where its activities lack it."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        at = forge.tick()
        forge.touch(2, at, "MERGED")
        forge.pulls[2]["closedDate"] = millis(at)
        (event,) = polls.events()
        forge.touch(2, forge.tick())
        assert [] == polls.events()
    assert ("pullrequest_fulfilled", "merged", at, None) == (event.type, event.state, event.occurred_at, event.actor)


def test_a_pull_request_that_is_reopened():
    """One that was declined is told as updated, and open again."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, "DECLINED")
        forge.act(2, "REOPENED")
        told = [(event.type, event.state) for event in polls.events()]
    assert [("pullrequest_rejected", "closed"), ("pullrequest_updated", "open")] == told


def test_commits_pushed_to_a_pull_request():
    """An update names the commits that came, newest first, and how many there were."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.act(2, "RESCOPED", added={"commits": [commit(9), commit(8)], "total": 12}, removed={"commits": []})
        (event,) = polls.events()
    assert (["Change 9", "Change 8"], 12) == ([one.message for one in event.commits], event.total_commits)


def test_comments_and_replies():
    """A comment is told with its file, a reply like any other, and neither twice."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        said = forge.say(2, 50, "Why?", path="src/login.py", replies=[comment(51, "Because.", NOON, by=ADA)])
        first = polls.events()
        said["comments"].append(comment(52, "I see.", NOON))
        forge.touch(2, forge.tick())
        second = polls.events()
    told = [(event.actor and event.actor.name, event.comment) for event in (*first, *second)]
    texts = [(who, said and said.text, said and said.path) for who, said in told]
    path = "src/login.py"
    assert {("Ben K", "Why?", path), ("Ada L", "Because.", path), ("Ben K", "I see.", path)} == set(texts)
    assert 3 == len(texts)
    assert f"{WEB}/pull-requests/2/overview?commentId=52" == (second[0].comment and second[0].comment.url)


def test_a_comment_that_is_edited_and_deleted():
    """A version that moved is an edit, a comment that vanished was deleted; nobody tells by whom."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        said = forge.say(2, 50, "Why?")
        polls.poll()
        said |= {"version": 1, "text": "Why not?", "updatedDate": millis(forge.tick())}
        forge.touch(2, forge.tick())
        (edited,) = polls.events()
        del forge.activities[2][0]
        forge.touch(2, forge.tick())
        (deleted,) = polls.events()
    assert ("pullrequest_comment_updated", "Why not?", ("actor",)) == (
        edited.type,
        edited.comment and edited.comment.text,
        edited.guessed,
    )
    assert ("pullrequest_comment_deleted", None, None) == (deleted.type, deleted.actor, deleted.occurred_at)
    assert ["7:2:comment:50:1", "7:2:comment:50:deleted"] == [edited.id, deleted.id]


def test_a_closed_pull_request_that_was_never_read():
    """What happened before first sight stays untold when a merged pull request is commented on."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.say(1, 60, "Well done")
        told = [event.type for event in polls.events()]
    assert ["pullrequest_comment_created"] == told


def test_an_old_open_pull_request_is_kept_in_view():
    """One below the newest hundred costs one request more, and what happens to it is told."""
    forge = Forge()
    for n in range(1, 251):
        forge.open(n, at=NOON + timedelta(seconds=n))
        if n > 3:
            forge.act(n, "MERGED", at=NOON + timedelta(seconds=n + 1))
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        assert [] == polls.events()
        assert ["pull-requests", "pull-requests", "ref-change-activities"] == polls.asked
        forge.act(2, "MERGED")
        forge.act(3, "APPROVED")
        assert ["pullrequest_fulfilled", "pullrequest_like"] == [event.type for event in polls.events()]


def test_more_new_pull_requests_than_a_page():
    """All that were opened since are told, and one that appears late among known ones too."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        for n in range(4, 260):
            if n != 200:
                forge.open(n)
        first = polls.events("pullrequest_created")
        forge.open(200, at=NOON)
        late = polls.events("pullrequest_created")
    assert (255, [200]) == (len(first), [event.number for event in late])


def test_old_pull_requests_that_slide_back_into_view():
    """When newer ones are deleted, those that come into the window again are not told again."""
    forge = Forge()
    for n in range(1, 131):
        forge.open(n)
        forge.act(n, "MERGED")
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        for n in range(110, 120):
            del forge.pulls[n]
        assert [] == polls.events()
        forge.act(25, "REOPENED")
        assert ["pullrequest_updated"] == [event.type for event in polls.events()]


def test_a_repository_that_is_renamed():
    """It is found by the server's redirect, told, asked under its new name then, and nothing is told twice."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        forge.repository = repository(slug="home")
        for pull in forge.pulls.values():
            pull["toRef"]["repository"] = forge.repository
        server.respond = lambda request: _moved(forge, request)
        (event,) = polls.events()
        assert [] == polls.events()
        assert {"projects/TP/repos/home"} == {path[len(BASE) :].rpartition("/")[0] for path in _paths(server)}
    assert ("repo_renamed", "site", "7:moved:TP/site..TP/home") == (event.type, event.title, event.id)


def _moved(forge: Forge, request: Request) -> Reply:
    if "/repos/site" in request.path:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        return Reply(301, b"", {"location": f"{request.path.replace('/site', '/home')}?{query}"})
    return forge.respond(Request("GET", request.path.replace("/home", "/site"), request.query, request.headers, b""))


def _paths(server: Server) -> list[str]:
    return [request.path for request in server.requests]


def test_another_repository_takes_the_name():
    """It is begun anew, and that is said."""
    forge = filled()
    with Server(forge.respond) as server:
        polls = seen(forge, server)
        server.respond = _replaced().respond
        page = polls.poll()
        assert {"8:1:created"} == {found.event.id for found in page.found if found.history}
        assert [] == polls.events()
    assert "TP/site is another repository now; it is followed from here on" == page.gap


def _replaced() -> Forge:
    other = Forge()
    other.repository = repository(8)
    other.open(1)
    return other
