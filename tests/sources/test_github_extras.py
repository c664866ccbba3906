"""The extra requests: few, remembered, bounded, and honest where they fail; pushes to pull requests; a new branch."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from relay.errors import FeedLimited, FeedUnavailable
from relay.sources.base import Start
from tests.servers import Reply, Request, Server
from tests.sources.forges.github import NOON, Forge, entry
from tests.sources.github_polls import Polls, titles, types

MINUTE = timedelta(minutes=1)
ZERO, OLD, NEW = "0" * 40, "a" * 40, "b" * 40
PULL, COMPARE, ACTIVITY = (
    "/repositories/501/pulls/4",
    f"/repositories/501/compare/{OLD}...{NEW}",
    "/repositories/501/activity",
)
SIDES = {
    "head": {"ref": "fix", "sha": NEW, "repo": {"id": 501}},
    "base": {"ref": "main", "sha": OLD, "repo": {"id": 501}},
}
WHOLE = {"number": 4, "title": "Mend it", "state": "open", "merged": False} | SIDES


def changed(id: str, action: str, at: datetime = NOON) -> dict[str, Any]:
    """A pull request's entry, trimmed."""
    return entry(id, "PullRequestEvent", {"action": action, "number": 4, "pull_request": {"number": 4} | SIDES}, at)


def said(id: str, at: datetime = NOON) -> dict[str, Any]:
    """A review comment's entry, trimmed."""
    payload = {"action": "created", "comment": {"id": int(id), "body": "Hm"}, "pull_request": {"number": 4} | SIDES}
    return entry(id, "PullRequestReviewCommentEvent", payload, at)


def pushed(
    id: str, before: str = OLD, head: str = NEW, at: datetime = NOON, ref: str = "refs/heads/fix"
) -> dict[str, Any]:
    """A push's entry, trimmed."""
    return entry(id, "PushEvent", {"ref": ref, "before": before, "head": head}, at)


def forge_of(*entries: dict[str, Any], **answers: Any) -> Forge:
    """A GitHub with these entries, which knows the pull request and the push."""
    forge = Forge()
    forge.entries = list(entries)
    commit = {"sha": NEW, "commit": {"message": "Mend", "author": {"name": "Ada"}, "committer": {}}}
    forge.answers |= {PULL: WHOLE, COMPARE: {"status": "ahead", "total_commits": 1, "commits": [commit]}, ACTIVITY: []}
    forge.answers |= answers
    return forge


def asked(server: Server, path: str) -> int:
    """How often a path was asked for."""
    return sum(request.path == path for request in server.requests)


def test_history_costs_nothing_extra():
    """At first sight only what `start` asks for is worth a request."""
    forge = forge_of(changed("3", "opened"), pushed("2"), changed("1", "labeled"))
    with Server(forge.respond) as server:
        page = Polls(server, Start()).poll()
        assert 3 == len(page.found)
        assert 0 == asked(server, PULL) + asked(server, COMPARE) + asked(server, ACTIVITY)


def test_start_with_a_count_asks_for_those():
    """Of three entries the newest one is told, with its title."""
    forge = forge_of(changed("3", "opened", NOON + MINUTE), said("2"), pushed("1"))
    with Server(forge.respond) as server:
        page = Polls(server, Start("count", count=1)).poll()
        assert "Mend it" == page.found[-1].event.title
        assert [True, True, False] == [found.history for found in page.found]
        assert (1, 0) == (asked(server, PULL), asked(server, COMPARE))


def test_one_request_for_a_pull_request():
    """All that one poll brings of a pull request takes one request, and comments of later polls none."""
    forge, later = forge_of(said("5"), said("4"), changed("3", "labeled"), changed("2", "opened")), said("6")
    with Server(forge.respond) as server:
        polls, feed = Polls(server), "repositories/acme/site"

        def respond(request):
            if request.headers.get("if-none-match") and later not in forge.entries:
                forge.entries.insert(0, later)
            return forge.respond(request)

        server.respond = respond
        pages = polls.polls((NOON, feed), (NOON + MINUTE, feed))
        assert [["Mend it"] * 4, ["Mend it"]] == [titles(page) for page in pages]
        assert 1 == asked(server, PULL)


@pytest.mark.parametrize("later", [[], [said("3", NOON + 2 * MINUTE)]])
def test_state_is_asked_for_anew(later: list[dict[str, Any]]):
    """A pull request that was merged since it was remembered is told as merged, whatever else needs it."""
    forge = forge_of(changed("1", "opened"))
    with Server(forge.respond) as server:
        polls, feed = Polls(server), "repositories/acme/site"

        def respond(request):
            if request.path == "/repositories/501/events" and request.headers.get("if-none-match"):
                forge.entries[:] = [*later, changed("2", "closed", NOON + MINUTE), changed("1", "opened")]
                forge.answers[PULL] = WHOLE | {"state": "closed", "merged": True}
            return forge.respond(request)

        server.respond = respond
        pages = polls.polls((NOON, feed), (NOON + MINUTE, feed))
    assert ["pullrequest_created", "pullrequest_fulfilled"] == [types(page)[0] for page in pages]


def test_details_that_are_mended():
    """A pull request that was garbled once is asked for again without a condition, since its ETag may be the same."""
    forge, answers = forge_of(said("1")), [WHOLE | {"title": None}, WHOLE]

    def respond(request: Request) -> Reply:
        if request.path.endswith("/events") and answers == [WHOLE]:
            forge.entries.insert(0, said("2"))
        if request.path != PULL:
            return forge.respond(request)
        return Reply(304) if "if-none-match" in request.headers else Reply(200, answers.pop(0), {"etag": '"a"'})

    with Server(respond) as server:
        polls = Polls(server)
        pages = polls.polls((NOON, polls.first), (NOON + MINUTE, polls.first))
    assert [[None], ["Mend it"]] == [titles(page) for page in pages]


@pytest.mark.parametrize("path", [PULL, COMPARE])
def test_young_event_waits_for_its_details(path: str):
    """While GitHub cannot answer, a poll is made again for an event younger than five minutes, then it is told."""
    forge = forge_of(changed("1", "opened"), pushed("2"), **{path: Reply(502, "unicorn")})
    with Server(forge.respond) as server:
        polls = Polls(server)
        with pytest.raises(FeedUnavailable):
            polls.poll(NOON + MINUTE)
        page = polls.poll(NOON + 6 * MINUTE)
    assert {"pushed", "pullrequest_created"} <= set(types(page))
    assert 1 == len(page.warnings)


@pytest.mark.parametrize(
    "reply", [Reply(404, {}), Reply(403, {}), Reply(422, {}), Reply(200, "<html>"), Reply(200, [])]
)
def test_refused_details_are_done_without(reply: Reply):
    """Where GitHub says no, the event is told with what its entry holds, and what is unknown stays empty."""
    forge = forge_of(changed("1", "closed"), **{PULL: reply})
    with Server(forge.respond) as server:
        (found,) = Polls(server).poll().found
    event = found.event
    assert ("pullrequest_updated", "closed", 4, None) == (event.type, event.state, event.number, event.title)
    assert ("state",) == event.guessed


@pytest.mark.parametrize(("headers", "wait"), [({"retry-after": "77"}, 77.0), ({}, None)])
def test_used_up_limit_fails_the_poll(headers: dict[str, str], wait: float | None):
    """A limit passes: the whole poll is made again after it, however old the events are."""
    forge = forge_of(changed("1", "opened", NOON - timedelta(days=2)), **{PULL: Reply(429, {}, headers)})
    with Server(forge.respond) as server, pytest.raises(FeedLimited) as error:
        Polls(server).poll()
    assert wait == error.value.retry_after


def test_extra_requests_are_bounded():
    """Without a token ten extra requests are made in one poll, for the newest; the rest is told without."""
    entries = []
    for n in range(30):
        raw = changed(str(n), "opened", NOON - n * MINUTE)
        raw["payload"] = {"action": "opened", "number": n + 1, "pull_request": {"number": n + 1} | SIDES}
        entries.append(raw)
    forge = forge_of(*entries)
    with Server(
        lambda request: Reply(body=WHOLE if "/pulls/" in request.path else answer(forge, request.path))
    ) as server:
        page = Polls(server, token=None).poll(NOON + timedelta(days=1))
        assert 10 == sum("/pulls/" in request.path for request in server.requests)
    assert (30, 1) == (len(page.found), len(page.warnings))
    assert [None] * 20 + ["Mend it"] * 10 == titles(page)


def answer(forge: Forge, path: str) -> Any:
    return forge.entries if path.endswith("/events") else forge.answers[path]


def test_force_push_is_told_by_the_activity():
    """/activity knows a force push where the comparison is not to be had; it is no loss if it is not there."""
    move = {"ref": "refs/heads/fix", "before": OLD, "after": NEW, "activity_type": "force_push"}
    forge = forge_of(pushed("1"), **{ACTIVITY: [move], COMPARE: Reply(404, {})})
    with Server(forge.respond) as server:
        (found,) = Polls(server).poll().found
        forge.answers[ACTIVITY] = Reply(500, {})
        (plain,) = Polls(server).poll().found
    assert ("forced", ("commits",)) == (found.event.state, found.event.guessed)
    assert None is plain.event.state


@pytest.mark.parametrize("first", ["PushEvent", "CreateEvent"])
def test_new_branch_is_told_once(first: str):
    """A new branch comes as two entries, in one poll or in two, in either order: its creation is told once."""
    made = entry("7", "CreateEvent", {"ref": "fix", "ref_type": "branch", "master_branch": "main"})
    push = pushed("8", ZERO)
    forge = forge_of(*([push] if first == "PushEvent" else [made]))
    with Server(forge.respond) as server:
        polls = Polls(server)
        states = [found.event.state for found in polls.poll(NOON + timedelta(hours=1)).found]
        forge.entries[:] = [push, made]
        states += [found.event.state for found in polls.poll(NOON + timedelta(hours=2)).found]
    assert (["created"] if first == "PushEvent" else ["created", None]) == states


def test_branch_made_anew_later():
    """Another branch of the same name, made later, is another creation."""
    made = {"ref": "fix", "ref_type": "branch", "master_branch": "main"}
    later = entry("9", "CreateEvent", made, NOON + timedelta(hours=3))
    forge = forge_of(later, pushed("8", ZERO), entry("7", "CreateEvent", made))
    with Server(forge.respond) as server:
        page = Polls(server).poll(NOON + timedelta(hours=4))
    assert ["501:8", "501:9"] == [found.event.id for found in page.found]


def test_push_to_a_pull_request():
    """With `include: [pullrequest_updated]` a push to the branch of an open pull request updates that too."""
    fork = WHOLE | {"number": 5, "head": {"ref": "fix", "sha": NEW, "repo": None}}
    forge = forge_of(pushed("1"), **{"/repositories/501/pulls": [fork, WHOLE]})
    with Server(forge.respond) as server:
        page = Polls(server, include=["pullrequest_updated"]).poll()
        assert 0 == asked(server, PULL)
        without = Polls(server).poll()
    (updated,) = [found.event for found in page.found if found.event.type == "pullrequest_updated"]
    assert ("501:1:pull:4", 4, "Mend it", 1) == (updated.id, updated.number, updated.title, len(updated.commits))
    assert {"pushed", "commit"} == set(types(without))
