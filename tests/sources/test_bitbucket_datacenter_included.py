"""What `include:` adds on a Bitbucket Data Center: forks, comments on commits, who has access."""

from datetime import timedelta
from typing import Any

import pytest

from tests.servers import Reply, Request, Server
from tests.sources.datacenter_polling import NOW, Polls
from tests.sources.forges.bitbucket_datacenter import (
    ADA,
    BEN,
    NOON,
    SITE,
    WEB,
    Forge,
    comment,
    commit,
    errors,
    hash_of,
    millis,
    repository,
)

PLACE = "projects/TP/repos/site"
ACCESS = frozenset(
    {"team_access_gained_admin", "team_access_gained_collab", "team_access_changed_admin", "team_lost_access"}
)
COMMENTS = frozenset({"cset_comment_created", "cset_comment_updated", "cset_comment_deleted"})


class Looks:
    """Polls with an include, ten minutes apart."""

    def __init__(self, server: Server, include: frozenset[str]) -> None:
        self.polls, self.include, self.now = Polls(server), include, NOW

    def page(self) -> Any:
        self.now += timedelta(minutes=10)
        return self.polls.poll(now=self.now, include=self.include)

    def events(self) -> list[Any]:
        return [found.event for found in self.page().found]


def given(**rights: str) -> list[dict[str, Any]]:
    """What the server lists of rights."""
    return [{"user": {"ada": ADA, "ben": BEN}[name], "permission": right} for name, right in rights.items()]


def test_forks():
    """A fork that was not there is told with its owner as a guess, and costs a request every ten minutes."""
    forge = Forge()
    forks = forge.rest[f"{PLACE}/forks"] = [repository(20, project="OLD")]
    with Server(forge.respond) as server:
        looks = Looks(server, frozenset({"fork"}))
        assert [] == looks.events()
        forks.append(repository(21, project="~ben") | {"project": {"key": "~ben", "owner": BEN}})
        (event,) = looks.events()
        looks.polls.poll(now=looks.now, include=looks.include)
        assert 2 == len(server.requests)
    assert ("fork", "~ben/site", f"{SITE}/projects/~ben/repos/site/browse", ("actor",), "7:fork:21") == (
        event.type,
        event.title,
        event.url,
        event.guessed,
        event.id,
    )


def test_comments_on_commits():
    """A comment on one of the newest commits is told when it is made, edited and deleted."""
    forge = Forge()
    said = comment(5, "Typo", NOON, by=BEN) | {"anchor": {"path": "README.md"}}
    talk: list[Any] = []
    forge.rest |= {f"{PLACE}/commits": [commit(2), commit(1)], f"{PLACE}/commits/{hash_of(1)}/comments": []}
    forge.rest[f"{PLACE}/commits/{hash_of(2)}/comments"] = talk
    with Server(forge.respond) as server:
        looks = Looks(server, COMMENTS)
        assert [] == looks.events()
        talk.append(said)
        (made,) = looks.events()
        said |= {"version": 1, "text": "Typos", "updatedDate": millis(NOON)}
        (edited,) = looks.events()
        talk.clear()
        (deleted,) = [*looks.events(), *looks.events()]
    assert ["created", "updated", "deleted"] == [
        one.type.removeprefix("cset_comment_") for one in (made, edited, deleted)
    ]
    assert ("Typo", "README.md", "Ben K", hash_of(2)) == (
        made.comment.text,
        made.comment.path,
        made.actor.name,
        made.commits[0].hash,
    )
    assert (f"{WEB}/commits/{hash_of(2)}", "Typos", ("actor",)) == (made.url, edited.comment.text, edited.guessed)


def test_a_server_that_lists_comments_by_file_alone():
    """That they cannot be had is said once, and everything else is told."""
    forge = Forge()
    forge.rest[f"{PLACE}/commits"] = [commit(2)]

    def respond(request: Any) -> Reply:
        return (
            Reply(400, errors("A path is required")) if request.path.endswith("/comments") else forge.respond(request)
        )

    with Server(respond) as server:
        looks = Looks(server, COMMENTS)
        (warning,) = looks.page().warnings
        forge.open(1)
        again = looks.page()
    assert warning.startswith("comments cannot be read: ")
    assert ("A path is required" in warning, (), 1) == (True, again.warnings, len(again.found))


def test_a_repository_without_commits():
    """One that has none has no comments either, which is nothing to warn of."""
    with Server(Forge().respond) as server:
        page = Looks(server, COMMENTS).page()
    assert ((), ()) == (page.found, page.warnings)


def test_access():
    """A right that is given, raised, taken and given again is four events; the actor is whose right it is."""
    forge = Forge()
    place = f"{PLACE}/permissions/users"
    forge.rest[place] = given(ada="REPO_ADMIN")
    told = []
    with Server(forge.respond) as server:
        looks = Looks(server, ACCESS)
        told += looks.events()
        for ben in ("REPO_WRITE", "REPO_ADMIN", None, "REPO_WRITE"):
            forge.rest[place] = given(ada="REPO_ADMIN", **({"ben": ben} if ben else {}))
            told += looks.events()
    kinds = ["gained_collab", "changed_admin", "lost", "gained_collab"]
    names = [event.type.removeprefix("team_").removeprefix("access_").removesuffix("_access") for event in told]
    assert (kinds, {"Ben K"}, 4) == (names, {event.actor.name for event in told}, len({event.id for event in told}))


def test_an_empty_list_is_believed_the_second_time():
    """A list of rights that is suddenly empty takes nobody's away until it is empty again."""
    forge = Forge()
    place = f"{PLACE}/permissions/users"
    forge.rest[place] = given(ada="REPO_ADMIN")
    with Server(forge.respond) as server:
        looks = Looks(server, ACCESS)
        looks.page()
        forge.rest[place] = []
        assert [] == looks.events()
        assert ["team_lost_access"] == [event.type for event in looks.events()]


def test_what_was_not_asked_for_is_not_told():
    """Of a list that serves several types, only those named by include are told."""
    forge = Forge()
    place = f"{PLACE}/permissions/users"
    forge.rest[place] = given(ada="REPO_ADMIN")
    with Server(forge.respond) as server:
        looks = Looks(server, frozenset({"team_lost_access"}))
        looks.page()
        forge.rest[place] = given(ben="REPO_READ")
        assert ["team_lost_access"] == [event.type for event in looks.events()]


def test_an_account_without_rights():
    """Rights are for administrators: that they cannot be read is said once."""
    forge = Forge()

    def respond(request: Any) -> Reply:
        return Reply(401, errors("no")) if "permissions" in request.path else forge.respond(request)

    with Server(respond) as server:
        looks = Looks(server, ACCESS)
        assert 1 == len(looks.page().warnings)
        assert () == looks.page().warnings


def test_list_that_is_missing():
    """A list that the server does not have is told once, and stops nothing else."""
    with Server(Forge().respond) as server:
        looks = Looks(server, frozenset({"fork"}))
        assert [1, 0] == [len(looks.page().warnings) for _ in range(2)]


def test_rights_that_changed_while_the_list_was_refused():
    """What happened while the account lacked its own rights is told once it has them again."""
    forge, place = Forge(), f"{PLACE}/permissions/users"
    forge.rest[place] = given(ada="REPO_ADMIN")
    with Server(forge.respond) as server:
        looks = Looks(server, ACCESS)
        assert [] == looks.events()
        server.respond = lambda request: Reply(401) if "permissions" in request.path else forge.respond(request)
        assert 1 == len(looks.page().warnings)
        server.respond = forge.respond
        forge.rest[place] = given(ada="REPO_ADMIN", ben="REPO_WRITE")
        assert ["team_access_gained_collab"] == [event.type for event in looks.events()]


def test_first_of_a_list_that_was_refused_once():
    """What came while a list that had been empty was refused is told once it can be read; at first sight it is not."""
    forge, place = Forge(), f"{PLACE}/forks"
    for before, told in (([], ["fork"]), (None, [])):
        forge.rest = {} if before is None else {place: before}
        with Server(forge.respond) as server:
            looks = Looks(server, frozenset({"fork"}))
            looks.events()
            forge.rest.clear()
            looks.page()
            forge.rest[place] = [repository(44, "fork", "OTHER")]
            assert told == [event.type for event in looks.events()]


@pytest.mark.parametrize(
    "odd", [{"permission": 0}, {"permission": "1e9"}, {"user": None}, {"user": {"name": "ben"}}], ids=str
)
def test_right_that_cannot_be_read(odd: dict[str, Any]):
    """Nobody has lost a right of which nothing can be read, and what changed is told once it can be."""
    forge, place = Forge(), f"{PLACE}/permissions/users"
    before, after = (given(ada="REPO_READ", ben=right) for right in ("REPO_READ", "REPO_ADMIN"))
    with Server(forge.respond) as server:
        looks, told = Looks(server, ACCESS), []
        for rights in (before, [after[0], after[1] | odd], after, after):
            forge.rest[place] = rights
            told += [event.type for event in looks.events()]
    assert ["team_access_changed_admin"] == told


@pytest.mark.parametrize("odd", [{"id": None}, {"version": None}], ids=str)
def test_comment_on_a_commit_that_cannot_be_read(odd: dict[str, Any]):
    """It was not deleted, and that it was edited is told once it can be read."""
    forge, place = Forge(), f"{PLACE}/commits/{hash_of(1)}/comments"
    forge.rest[f"{PLACE}/commits"] = [commit(1)]
    said, edited = (comment(5, text, NOON, version=n) for n, text in enumerate(("One", "Two")))
    with Server(forge.respond) as server:
        looks, told = Looks(server, COMMENTS), []
        for one in (said, edited | odd, edited, edited):
            forge.rest[place] = [one]
            told += [event.type for event in looks.events()]
    assert ["cset_comment_updated"] == told


def test_fork_that_cannot_be_read():
    """It is told once it can be."""
    forge, place = Forge(), f"{PLACE}/forks"
    with Server(forge.respond) as server:
        looks, told = Looks(server, frozenset({"fork"})), []
        for forks in ([], [repository(21) | {"slug": None}], [repository(21)], [repository(21)]):
            forge.rest[place] = forks
            told += [event.type for event in looks.events()]
    assert ["fork"] == told


def test_list_of_rights_without_end():
    """Who stands behind the last page that is read has not lost access: such a list is not compared."""
    forge = Forge()
    page = {"values": given(ada="REPO_ADMIN"), "isLastPage": False}

    def respond(request: Request) -> Reply:
        if not request.path.endswith("/permissions/users"):
            return forge.respond(request)
        return Reply(body=page | {"nextPageStart": int(request.query["start"]) + 1})

    with Server(respond) as server:
        looked = Looks(server, ACCESS).page()
    assert "more than 50 pages" in looked.warnings[0]
