"""Edited and deleted comments, asked for by `include:`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.servers import Reply, Server
from tests.sources.forges.github import ADA, NOON, Forge
from tests.sources.github_polls import Polls, types

MINUTE = timedelta(minutes=1)
ISSUES, PULLS, COMMITS = (f"/repositories/501/{name}comments" for name in ("issues/", "pulls/", ""))
SITE = "https://github.com/acme/site"
INCLUDE = ["pullrequest_comment_updated", "cset_comment_updated", "cset_comment_deleted"]


def comment(id: int, page: str, edited: float = 0, **more: Any) -> dict[str, Any]:
    """A comment as the lists have it, edited so many minutes after it was written."""
    times = {"created_at": f"{NOON:%FT%TZ}", "updated_at": f"{NOON + edited * MINUTE:%FT%TZ}"}
    return {"id": id, "html_url": f"{SITE}/{page}", "body": f"Comment {id}", "user": ADA, "path": None} | times | more


@pytest.fixture
def forge() -> Forge:
    """A GitHub with a comment of each kind."""
    made = Forge()
    made.answers |= {
        ISSUES: [comment(1, "pull/4#issuecomment-1"), comment(2, "issues/5#issuecomment-2")],
        PULLS: [comment(3, "pull/4#discussion_r3", path="a.py")],
        COMMITS: [comment(n, f"commit/{'c' * 40}#commitcomment-{n}") for n in (6, 7)],
        "/repositories/501/pulls/4": {"number": 4, "title": "Mend it", "state": "open"},
    }
    return made


def test_edits_are_told_once(forge: Forge):
    """Edited comments on pull requests are told with their new words, those on issues and new ones are not."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        assert () == polls.poll().found
        forge.answers[ISSUES] = [
            comment(1, "pull/4#issuecomment-1", 5),
            comment(2, "issues/5#issuecomment-2", 5),
            comment(8, "pull/4#issuecomment-8"),
        ]
        forge.answers[PULLS] = [comment(3, "pull/4#discussion_r3", 6, path="a.py")]
        page = polls.poll(NOON + 7 * MINUTE)
        assert () == polls.poll(NOON + 8 * MINUTE).found
    assert ["Comment 1", "Comment 3"] == [found.event.comment.text for found in page.found if found.event.comment]
    assert {("pullrequest_comment_updated", 4, "Mend it")} == {
        (found.event.type, found.event.number, found.event.title) for found in page.found
    }


def test_idle_is_free(forge: Forge):
    """While nothing changes the lists cost no counted request, after one look more."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        feed = polls.settings.feeds[0]

        def respond(request):
            reply = forge.respond(request)
            if len(server.requests) == 9:  # two polls of one request and three lists, after a look-up
                forge.counted.clear()
            return reply

        server.respond = respond
        pages = polls.polls(*((NOON + n * MINUTE, feed) for n in range(4)))
    assert [] == forge.counted
    assert pages[-1].cursor is polls.cursors[feed] or pages[-1].cursor == pages[-2].cursor


def test_comments_on_commits(forge: Forge):
    """Of the comments on commits an edited and a deleted one are told, each by its own type."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        forge.answers[COMMITS] = [comment(7, f"commit/{'c' * 40}#commitcomment-7", 9)]
        page = polls.poll(NOON + 10 * MINUTE)
    assert {"cset_comment_updated", "cset_comment_deleted"} == set(types(page))
    assert {"c" * 40} == {found.event.commits[0].hash for found in page.found}


def test_only_what_is_included(forge: Forge):
    """Nothing is asked for that is not included."""
    with Server(forge.respond) as server:
        Polls(server).poll()
        Polls(server, include=["cset_comment_deleted"]).poll()
        paths = {request.path for request in server.requests}
    assert COMMITS in paths
    assert not {ISSUES, PULLS} & paths


def test_refused_list_stops_nothing_else(forge: Forge):
    """A list that GitHub refuses is told once an hour; events and the other lists go on."""
    forge.answers[ISSUES] = Reply(410, {"message": "Issues are disabled for this repo"})
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        assert 1 == len(polls.poll().warnings)
        forge.add(1)
        forge.answers[PULLS] = [comment(3, "pull/4#discussion_r3", 5)]
        page = polls.poll(NOON + 6 * MINUTE)
        assert (["report_issue", "pullrequest_comment_updated"], ()) == (types(page), page.warnings)
        assert 1 == len(polls.poll(NOON + 61 * MINUTE).warnings)


@pytest.mark.parametrize("list", [PULLS, COMMITS])
def test_what_happened_while_refused(forge: Forge, list: str):
    """An edit made while GitHub refused the list is told once it does not any more."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        forge.answers[list], was = Reply(403, {"message": "Forbidden"}), forge.answers[list]
        polls.poll(NOON + 6 * MINUTE)
        forge.answers[list] = [one | {"updated_at": f"{NOON + 30 * MINUTE:%FT%TZ}"} for one in was[:1]] + was[1:]
        assert 1 == len(polls.poll(NOON + 67 * MINUTE).found)


def test_edits_behind_a_full_page(forge: Forge):
    """An edit that GitHub lists on a second page is found though the first one stays as it is."""
    full = [comment(n, "pull/4#discussion", 5) for n in range(100)]
    forge.answers[PULLS] = [comment(200, "pull/4#discussion")]

    def respond(request):
        host, page = request.headers["host"], request.query.get("page", "1")
        if request.path != PULLS or page == "1":
            more = request.path == PULLS and edited
            link = {"link": f'<http://{host}{PULLS}?page=2>; rel="next"'} if more else {}
            reply = forge.respond(request)
            return replace(reply, headers=reply.headers | link)
        return Reply(body=edited)

    edited: list[dict[str, Any]] = []
    with Server(respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        forge.answers[PULLS] = full
        assert [100, 0] == [len(polls.poll(NOON + n * MINUTE).found) for n in (6, 7)]
        edited.append(comment(200, "pull/4#discussion", 8))
        assert 1 == len(polls.poll(NOON + 9 * MINUTE).found)


@pytest.mark.parametrize("pages", [1, 31])
def test_list_that_is_cut_shows_no_deletion(forge: Forge, pages: int):
    """What vanished from a list that could not be read to its end is not deleted; that all of it has is believed twice."""

    def respond(request):
        if request.path != COMMITS or not forge.counted:
            return forge.respond(request)
        page = int(request.query.get("page", "1"))
        onward = f'<http://{request.headers["host"]}{COMMITS}?page={page + 1}>; rel="next"'
        return Reply(body=[], headers={"link": onward} if page < pages else {})

    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        server.respond = respond
        told = [len(polls.poll(NOON + n * MINUTE).found) for n in (1, 2, 3)]
    assert ([0, 2, 0] if pages == 1 else [0, 0, 0]) == told


def test_comment_that_a_list_left_out(forge: Forge):
    """A comment that is listed again was not forgotten: it is told as edited if it was, and as deleted once."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        known = forge.answers[COMMITS]
        forge.answers[COMMITS] = known[:1]
        assert ["cset_comment_deleted"] == types(polls.poll(NOON + MINUTE))
        forge.answers[COMMITS] = [known[0], known[1] | {"updated_at": f"{NOON + 5 * MINUTE:%FT%TZ}"}]
        assert ["cset_comment_updated"] == types(polls.poll(NOON + 6 * MINUTE))
        assert [] == types(polls.poll(NOON + 7 * MINUTE))


BROKEN = [{"html_url": {}}, {"id": "x"}, {"updated_at": -62135596800000}]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
@pytest.mark.parametrize("list", [ISSUES, COMMITS])
def test_comment_that_is_mended(forge: Forge, list: str, broken: dict[str, Any]):
    """A comment that could not be read was not deleted, and that it was edited is told once it can be."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        edited = forge.answers[list][0] | {"updated_at": f"{NOON + 5 * MINUTE:%FT%TZ}"}
        late = forge.answers[list][1] | {"updated_at": f"{NOON + 50 * MINUTE:%FT%TZ}"}
        forge.answers[list] = [edited | broken, late]
        first = polls.poll(NOON + 51 * MINUTE).found
        forge.answers[list] = [edited, late]
        told = [*first, *polls.poll(NOON + 52 * MINUTE).found, *polls.poll(NOON + 53 * MINUTE).found]
    assert [edited["body"]] == [
        found.event.comment.text for found in told if str(edited["id"]) == found.event.comment.id
    ]


def test_emptied_list_is_asked_for_whole_again(forge: Forge):
    """A list that suddenly shows nothing is not taken as the last word, whatever ETag it bears."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        polls.poll(NOON + MINUTE)
        forge.answers[ISSUES][0] |= {"updated_at": f"{NOON + 5 * MINUTE:%FT%TZ}"}
        server.respond = lambda it: replace(forge.respond(it), **({"body": "[]"} if it.path == ISSUES else {}))
        assert () == polls.poll(NOON + 6 * MINUTE).found
        server.respond = forge.respond
        assert ["pullrequest_comment_updated"] == types(polls.poll(NOON + 7 * MINUTE))


@pytest.mark.parametrize("answer", [{}, None, "x", Reply(200, "<html>")], ids=str)
def test_comments_that_are_no_list(forge: Forge, answer: Any):
    """Where comments are asked for and something else is sent, that is told, none is gone, and events go on."""
    with Server(forge.respond) as server:
        polls = Polls(server, include=INCLUDE)
        polls.poll()
        known, forge.answers[COMMITS] = forge.answers[COMMITS], answer if answer is not None else Reply(200, "null")
        forge.add(1)
        page = polls.poll(NOON + MINUTE)
        assert (["report_issue"], 1) == (types(page), len(page.warnings))
        forge.answers[COMMITS] = [known[0] | {"updated_at": f"{NOON + 5 * MINUTE:%FT%TZ}"}, known[1]]
        assert ["cset_comment_updated"] == types(polls.poll(NOON + 62 * MINUTE))
