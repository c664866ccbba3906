"""Text of a hostile kind in every field of every type: no ping, no foreign link, no broken format, no limit passed."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.parser import BytesParser
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from relay import shipped
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery, Message
from relay.destinations.email_mime import compose
from relay.errors import Problem
from relay.events import Actor, Comment, Commit, Event, Repository
from relay.render import Renderer
from tests.sentences import NOW, SENTENCES
from tests.test_email_layout import Page


def refuse(problem: Problem) -> None:
    raise AssertionError(f"a shipped template failed: {problem}")


RENDERER = Renderer([shipped.templates()], complain=refuse)
SCHEMA = Path(__file__).parents[1] / ".." / "shared" / "specs" / "slack-knownblock.schema.json"
TYPES = [*SENTENCES, "milestone_closed", "<!here> {{ 7*7 }}"]
WHYS = [None, "digest", "group", "limit", "late", "quiet"]
HERE = "https://forge.example/here"
EVIL = [
    "<!channel>",
    "<!here|x>",
    "<@U01234567>",
    "<!subteam^S01234567>",
    "<http://evil.example|x>",
    "[x](http://evil.example)",
    "*bold* _it_ ~no~",
    "`code` ```more```",
    "> quoted\n> twice",
    "</td><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "<!-- --><![CDATA[",
    "&lt;!channel&gt; &amp;",
    "\r\nBcc: everyone@evil.example\r\n\r\nbody",
    "{{ 7*7 }}{% raw %}{# #}",
    '"}, {"type": "divider"}, {"x": "',
    "\\u0022\\",
    "\u202eelpoep\u202c\u2066x\u2069\u200b\ufeff\u200f",
    "\x00\x07\x1b[31mred\x1b[0m\x9b\u2028\u2029\x85",
    "\ud800\udfff \ud83d",
    "👩‍👩‍👧 ﷽" * 20,
    "a" * 100_000,
    "<" * 9_000,
    "\n" * 9_000 + "x",
    "",
    " ",
]
URLS = [
    "http://forge.example|<!channel>",
    "javascript:alert(1)",
    "data:text/html,<script>",
    "https://user:secret@forge.example/x",
    'https://forge.example/"><script>',
    "https://forge.example/\r\nBcc: x",
    "https://[bad",
    f"https://forge.example/{'a' * 100_000}",
    f"https://forge.example/{'&' * 1900}",
    HERE,
]
text = st.sampled_from(EVIL) | st.text(st.characters(codec=None), max_size=60)
maybe = st.none() | text
url = st.none() | st.sampled_from(URLS) | text
numbers = st.none() | st.integers(-(2**62), 2**62)


def made(kind: type, **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **fields)


commits = st.lists(made(Commit, hash=text, message=maybe, author=maybe, url=url), max_size=8).map(tuple)
events = st.builds(
    Event,
    id=text,
    type=st.sampled_from(TYPES),
    source=text,
    occurred_at=st.sampled_from([None, NOW]),
    seen_at=st.just(NOW),
    repository=st.none() | made(Repository, owner=maybe, slug=text, name=maybe, url=url),
    actor=st.none() | made(Actor, username=maybe, name=maybe, url=url, avatar_url=url),
    title=maybe,
    url=url,
    number=numbers,
    state=st.sampled_from([None, "open", "merged", "closed", "created", "deleted", "forced"]) | text,
    branch=maybe,
    target_branch=maybe,
    commits=commits,
    total_commits=numbers,
    comment=st.none() | made(Comment, id=maybe, text=maybe, url=url, path=maybe),
    labels=st.lists(text, max_size=3).map(tuple),
    draft=st.sampled_from([None, True, False]),
    reviewers=st.lists(text, max_size=3).map(tuple),
    guessed=st.lists(st.sampled_from(["actor", "commits"]), max_size=2).map(tuple),
)
deliveries = st.builds(
    Delivery,
    id=st.just("dlv_1"),
    destination=st.just("dev"),
    rule=st.just("*"),
    events=st.lists(events, min_size=1, max_size=4).map(tuple),
    why=st.sampled_from(WHYS),
    options=st.sampled_from([{}, {"detail": "compact"}, {"detail": "full"}]),
    reference=st.sampled_from([None, "1700000000.000100"]),
    sample=st.booleans(),
)


def full_of(evil: str, type: str) -> Event:
    """An event with the same text in every field that takes one."""
    commit = Commit(evil, evil, evil, evil)
    return Event(
        id=evil,
        type=type,
        source=evil,
        occurred_at=NOW,
        seen_at=NOW,
        repository=Repository(evil, evil, evil, evil),
        actor=Actor(evil, evil, evil, evil),
        title=evil,
        url=evil,
        number=7,
        state=evil,
        branch=evil,
        target_branch=evil,
        commits=(commit,) * 20,
        comment=Comment(evil, evil, evil, evil),
        labels=(evil,) * 12,
        reviewers=(evil,) * 12,
    )


@cache
def schema() -> Any:
    from jsonschema import Draft7Validator

    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft7Validator(
        {"type": "array", "items": {"$ref": "#/definitions/KnownBlock"}, "definitions": whole["definitions"]}
    )


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text"):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from texts_of(item)


def assert_slack_shows_no_markup_but_ours(markup: str) -> None:
    tags = re.findall(r"<([^>]*)>?", markup)
    assert [] == [tag for tag in tags if not re.match(r"https?://forge\.example[^|<>\s]*\|", tag)]
    assert [] == [tag for tag in tags if "secret" in tag]
    assert [] == re.findall(r"&(?!amp;|lt;|gt;)", markup)
    assert_unseen_is_gone(markup)


def assert_unseen_is_gone(shown: str) -> None:
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]", shown
    )


def assert_slack(message: Message) -> None:
    parts = message.parts
    blocks = json.loads(parts["blocks"])
    assert isinstance(blocks, list)
    assert 1 <= len(blocks) <= 50
    assert len(parts["blocks"]) <= 12_000
    for block in Block.parse_all(blocks):
        block.validate_json()
    for shown in texts_of(blocks):
        assert 1 <= len(shown) <= 3000
        assert_slack_shows_no_markup_but_ours(shown)
    assert 1 <= len(parts["text"]) <= 600
    assert "\n" not in parts["text"]
    assert "<" not in parts["text"]
    assert_slack_shows_no_markup_but_ours(parts["text"])


def assert_console(message: Message) -> None:
    shown = message.parts["text"]
    assert shown.strip()
    assert len(shown) <= 256 * 1024
    assert_unseen_is_gone(shown)


def assert_webhook(message: Message) -> None:
    body = json.loads(message.parts["body"])
    assert ["type", "timestamp", "summary", "data", "relay"] == list(body)
    assert message.parts["body"].encode()
    assert len(max(strings_of(body), key=len)) <= 4000


def strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings_of(item)


def assert_email(message: Message) -> None:
    subject, shown, page = message.parts["subject"], message.parts["text"], Page(message.parts["html"])
    assert 1 <= len(subject) <= 78
    assert "\n" not in subject
    assert shown.strip()
    assert [] == page.open
    assert set() == set(page.elements) - ELEMENTS
    assert [] == page.handlers
    assert [] == [link for link in page.links if not re.match(r"https?://forge\.example|#r\d+$", link)]
    for text in (subject, shown, page.seen, *page.links):
        assert_unseen_is_gone(text)
    assert max(len(shown), len(message.parts["html"])) <= 256 * 1024
    assert_mail_is_whole(message)


def assert_mail_is_whole(message: Message) -> None:
    written = compose(message, ("relay", "relay@example.org"), [("", "ada@example.org")], NOW)
    assert not re.search(rb"[^\r]\n|\r[^\n]|\0", written)
    assert max(map(len, written.split(b"\r\n"))) <= 998
    mail = BytesParser(policy=default).parsebytes(written)
    names = [name.lower() for name in mail.keys()]  # noqa: SIM118 - a header may be there twice
    assert set() == set(names) - HEADERS
    assert len(names) == len(set(names))
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]
    assert message.parts["subject"].split() == str(mail["subject"]).split()
    assert [] == mail.defects + [defect for header in mail.values() for defect in header.defects]


HOLDS: Mapping[str, Callable[[Message], None]] = {
    "slack": assert_slack,
    "email": assert_email,
    "console": assert_console,
    "webhook": assert_webhook,
}
KINDS = list(DESTINATIONS)
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "h2", "a", "b", "bdi", "br", "code", "span"}  # fmt: skip
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted"),
    *("x-auto-response-suppress", "precedence", "list-id", "x-relay-event", "x-relay-rule", "x-relay-reason"),
    *("mime-version", "content-type"),
}


def rendered(delivery: Delivery, kind: str) -> Message:
    return RENDERER.message(delivery, kind, DESTINATIONS[kind].parts, now=NOW)


@pytest.mark.parametrize("kind", KINDS)
@given(delivery=deliveries)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_a_forge_says_takes_effect(kind: str, delivery: Delivery) -> None:
    """Whatever stands in whatever field, the message keeps its form and its limits."""
    HOLDS[kind](rendered(delivery, kind))


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_every_type(kind: str, type: str) -> None:
    """The same holds with one hostile text in every field at once, for each such text."""
    for evil in EVIL:
        HOLDS[kind](rendered(Delivery("dlv_1", "dev", "*", (full_of(evil, type),)), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_bundles(kind: str) -> None:
    """A bundle of every type and every text keeps its form and its limits."""
    everything = tuple(
        replace(full_of(evil, type), id=f"{type} {index}") for type in TYPES for index, evil in enumerate(EVIL)
    )
    for start in range(0, len(everything), 100):
        HOLDS[kind](rendered(Delivery("dlv_1", "dev", "*", everything[start : start + 100], why="digest"), kind))


@pytest.mark.skipif(not SCHEMA.exists(), reason="the Block Kit schema is not here")
@given(delivery=deliveries)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_blocks_are_those_of_the_schema(delivery: Delivery) -> None:
    """Hostile or not, the blocks are what Slack's own schema describes."""
    blocks = json.loads(rendered(delivery, "slack").parts["blocks"])
    assert [] == [error.message for error in schema().iter_errors(blocks)]
