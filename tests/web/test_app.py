from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from relay.errors import StoreError
from relay.events import Actor, Event, Repository
from relay.web.app import app
from tests.web.serving import ask, running

TOKEN = "s3cret-\u00fc"
BEARER = {"authorization": "Bearer s3cret-\u00fc".encode().decode("latin-1")}
SITE = Repository("acme", "site", private=False)
VAULT = Repository("acme", "vault", private=True)
UNSAID = Repository("group/sub", "tool")
NEWEST = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make(number: int, type: str, repository: Repository | None, actor: str = "ada") -> Event:
    moment = NEWEST - timedelta(minutes=number)
    return Event(id=f"e{number}", type=type, source="s", seen_at=moment, repository=repository, actor=Actor(actor))


EVENTS = [
    *(make(number, "pushed" if number % 2 else "fork", SITE) for number in range(60)),
    make(60, "pushed", VAULT, "ben"),
    make(61, "create", UNSAID),
    make(62, "start_follow_user", None),
    make(63, "milestone_closed", SITE, "bad <name>"),
]


@dataclass(frozen=True)
class Part:
    count: int
    events: list[Event]


class Memory:
    """A reader over a list, as the store's view behaves."""

    def events(
        self,
        *,
        owner: str | None,
        slug: str | None,
        username: str | None,
        type: str | None,
        start: int,
        limit: int,
        include_private: bool,
    ) -> Part | None:
        if slug == "broken":
            raise StoreError("the disk is full: /var/lib/relay.db")
        if slug == "bug":
            raise KeyError("/var/lib/relay.db")
        place = (owner, slug)
        mine = [
            event
            for event in EVENTS
            if (event.actor and event.actor.username == username)
            or (event.repository and (event.repository.owner, event.repository.slug) == place)
        ]
        seen = [e for e in mine if include_private or (e.repository and e.repository.private is False)]
        typed = [event for event in seen if type in (None, event.type)]
        return Part(len(typed), typed[start : start + limit]) if seen else None


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(app(Memory(), lambda: TOKEN)) as address:
        yield address


SITE_EVENTS = "/1.0/repositories/acme/site/events"


@pytest.mark.parametrize("start", ["/1.0", "/api/1.0"])
@pytest.mark.parametrize("path", ["/repositories/acme/site/events", "/users/ada/events"])
@pytest.mark.parametrize("end", ["", "/", "?limit=25", "/?start=0"])
def test_both_addresses_answer_in_all_their_spellings(address: str, start: str, path: str, end: str) -> None:
    """Both addresses answer under both roots, with a slash and without, never by a redirect."""
    answer = ask(address, start + path + end)
    assert (200, ["count", "events"], 25) == (answer.status, list(answer.json), len(answer.json["events"]))


@pytest.mark.parametrize(
    ("query", "count", "ids"),
    [
        ("", 61, [f"e{number}" for number in range(25)]),
        ("?limit=0", 61, []),
        ("?limit=2", 61, ["e0", "e1"]),
        ("?limit=50&start=58", 61, ["e58", "e59", "e63"]),
        ("?start=61", 61, []),
        ("?start=999999999999999999", 61, []),
        ("?type=pushed&limit=2&start=1", 30, ["e3", "e5"]),
        ("?type=fork&limit=0", 30, []),
        ("?type=mq", 0, []),
        ("?type=milestone_closed", 1, ["e63"]),
        ("?format=json&limit=1", 61, ["e0"]),
    ],
)
def test_start_limit_and_type_select(address: str, query: str, count: int, ids: list[str]) -> None:
    """The newest come first; start, limit and type select, and count counts the type."""
    body = ask(address, SITE_EVENTS + query).json
    assert (count, ids) == (body["count"], [event["relay"]["id"] for event in body["events"]])


@pytest.mark.parametrize(
    "query", ["?limit=51", "?limit=-1", "?limit=x", "?start=-1", "?start=", "?type=", "?type=%00", "?type=nonsense"]
)
def test_a_bad_value_is_a_400_in_json(address: str, query: str) -> None:
    """A bad value is answered with 400 and a message in the documented form."""
    answer = ask(address, SITE_EVENTS + query)
    assert (400, ["error"], ["message"]) == (answer.status, list(answer.json), list(answer.json["error"]))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/1.0/repositories/acme/unknown/events", 404),
        ("GET", "/1.0/repositories//site/events", 404),
        ("GET", "/1.0/repositories/%00/..%2f../events", 404),
        ("GET", "/1.0/users/nobody/events", 404),
        ("GET", "/1.0/users/%3Cscript%3E/events", 404),
        ("GET", "/", 404),
        ("GET", "/2.0/repositories/acme/site/events", 404),
        ("GET", SITE_EVENTS + "//", 404),
        ("POST", SITE_EVENTS, 405),
        ("DELETE", SITE_EVENTS + "/", 405),
        ("GET", "/1.0/repositories/acme/broken/events", 503),
        ("GET", "/1.0/repositories/acme/bug/events", 500),
    ],
)
def test_every_failure_is_json_and_tells_nothing_of_the_inside(
    address: str, method: str, path: str, status: int
) -> None:
    """Whatever goes wrong is told in the documented form, without a path of this machine."""
    answer = ask(address, path, method)
    assert (status, False) == (answer.status, "/var/lib" in answer.json["error"]["message"])


@pytest.mark.parametrize(
    ("path", "anonymous", "with_token"),
    [
        (SITE_EVENTS, (200, 61), (200, 61)),
        ("/1.0/repositories/acme/vault/events", (404, None), (200, 1)),
        ("/1.0/repositories/group/sub/tool/events", (404, None), (200, 1)),
        ("/1.0/users/ada/events", (200, 60), (200, 62)),
        ("/1.0/users/ben/events", (404, None), (200, 1)),
        ("/1.0/repositories/acme/unknown/events", (404, None), (404, None)),
    ],
)
def test_only_the_token_opens_what_was_not_said_to_be_public(
    address: str, path: str, anonymous: tuple[int, int | None], with_token: tuple[int, int | None]
) -> None:
    """Without the token a private repository is as unknown as one that does not exist."""
    answers = [ask(address, path), ask(address, path, headers=BEARER)]
    assert [anonymous, with_token] == [(answer.status, answer.json.get("count")) for answer in answers]


def test_private_and_unknown_are_the_same_answer(address: str) -> None:
    """Nothing in a 404 tells a private repository from one that is not there."""
    private = ask(address, "/1.0/repositories/acme/vault/events").json["error"]["message"]
    unknown = ask(address, "/1.0/repositories/acme/unknown/events").json["error"]["message"]
    assert private.replace("vault", "?") == unknown.replace("unknown", "?")


def basic(password: bytes) -> str:
    return "Basic " + b64encode(b"anyone:" + password).decode()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (BEARER["authorization"], 200),
        ("bearer  " + BEARER["authorization"][7:], 200),
        (basic(TOKEN.encode()), 200),
        (basic(b"wrong"), 401),
        ("Basic !!!", 401),
        ("Basic " + b64encode(b"no colon").decode(), 401),
        ("Bearer", 401),
        ("Bearer wrong", 401),
        ("Digest username=x", 401),
        ("", 401),
    ],
)
def test_a_wrong_token_is_refused_even_for_public_events(address: str, authorization: str, status: int) -> None:
    """Whatever is shown and is not the token gets 401 and is told how to show it."""
    answer = ask(address, SITE_EVENTS, headers={"authorization": authorization})
    assert (status, status == 401) == (answer.status, "www-authenticate" in answer.headers)


def test_without_a_configured_token_none_is_right() -> None:
    """An empty password does not match a token that was never configured."""
    with running(app(Memory(), lambda: None)) as address:
        answers = [ask(address, SITE_EVENTS, headers={"authorization": text}) for text in (basic(b""), "Bearer ")]
    assert [401, 401] == [answer.status for answer in answers]


def test_a_changed_token_counts_at_once() -> None:
    """What opened private events before the file was changed is refused after it."""
    tokens = ["old"]
    with running(app(Memory(), lambda: tokens[-1])) as address:
        before = ask(address, SITE_EVENTS, headers={"authorization": "Bearer old"})
        tokens.append("new")
        after = [ask(address, SITE_EVENTS, headers={"authorization": f"Bearer {word}"}) for word in tokens]
    assert [200, 401, 200] == [answer.status for answer in (before, *after)]


@pytest.mark.parametrize("path", [SITE_EVENTS, "/nowhere"])
def test_answers_are_neither_sniffed_nor_shared(address: str, path: str) -> None:
    """Every answer is JSON by its headers, not to be kept, and open to no other site's scripts."""
    headers = ask(address, path).headers
    expected = ("application/json", "nosniff", "no-store", None, None)
    names = ("content-type", "x-content-type-options", "cache-control", "access-control-allow-origin", "server")
    assert expected == tuple(headers.get(name) for name in names)
