"""What relay itself has to say, in words and in every destination's form."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay import shipped
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery
from relay.destinations.email_mime import compose
from relay.notice import Notice, keep, restore
from relay.render import Renderer
from tests.render.project import own
from tests.sentences import NOW
from tests.test_templates_hostile import EVIL, HOLDS

RENDERER = Renderer([shipped.templates()])
NOTICE = Notice("dead", {"lake": 2}, "lake.example answered 404", NOW - timedelta(hours=2), NOW, "dlv_3")
REST = "Since Mon 23 Nov 07:14 (UTC)"


def to(kind: str, notice: Notice, renderer: Renderer = RENDERER, **more: Any) -> dict[str, str]:
    """The parts of a notice for a kind of destination."""
    delivery = Delivery("dlv_1", "ops", "on_failure", (), why="notice", notice=notice, **more)
    return dict(renderer.message(delivery, kind, DESTINATIONS[kind].parts).parts)


def test_the_body_of_a_webhook() -> None:
    """It is the documented one, and its text says all of it in sentences."""
    text = f"2 deliveries to lake died. lake.example answered 404. {REST}. "
    expected = {
        "type": "notice",
        "timestamp": "2026-11-23T09:14:05Z",
        "summary": "2 deliveries to lake died",
        "data": {
            "kind": "dead",
            "text": text + "Once the cause is mended, `relay redeliver --dead` sends them again.",
            "destination": "lake",
            "since": "2026-11-23T07:14:05Z",
            "until": "2026-11-23T09:14:05Z",
            "missed": 2,
        },
        "relay": {"version": 1, "delivery": "dlv_1", "destination": "ops", "rule": "on_failure"},
    }
    assert expected == json.loads(to("webhook", NOTICE)["body"])


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ({"kind": "gap", "about": {"acme site": None}}, "Events may be missing from acme site"),
        ({"kind": "gap", "about": {"acme site": None, "acme web": None}}, "Events may be missing from 2 feeds"),
        ({"kind": "failing", "about": {"acme site": None}}, "acme site cannot be read"),
        ({"kind": "failing", "about": {"a": None, "b": None}, "others": True}, "more than 2 feeds cannot be read"),
        ({"kind": "blocked"}, "lake is blocked"),
        ({"kind": "blocked", "about": {"lake": 1, "dev": 2}}, "2 destinations are blocked"),
        ({"kind": "down"}, "lake is down"),
        ({"about": {"lake": 1}}, "1 delivery to lake died"),
        ({"about": {"lake": 1200}}, "1,200 deliveries to lake died"),
    ],
)
def test_the_headline_says_what_is_wrong(change: dict[str, Any], headline: str) -> None:
    """One line, in the right number, for each kind of trouble."""
    assert headline == to("email", replace(NOTICE, **change))["subject"]


def test_the_terminal_shows_all_of_it() -> None:
    """Time, headline, reason, span, and the command that repairs it; compact, the headline alone."""
    expected = [
        "2026-11-23 09:14  notice  1 delivery to lake died",
        "    lake.example answered 404",
        f"    {REST}",
        "    Once the cause is mended, relay redeliver dlv_3 sends it again.",
    ]
    one = replace(NOTICE, about={"lake": 1})
    assert expected == to("console", one)["text"].splitlines()
    assert expected[:1] == to("console", one, options={"detail": "compact"})["text"].splitlines()


def test_a_mail_says_why_it_came() -> None:
    """Its headers and its foot name what asked for it."""
    delivery = Delivery("dlv_1", "ops", "on_failure", (), why="notice", notice=NOTICE)
    message = RENDERER.message(delivery, "email", DESTINATIONS["email"].parts)
    mail = compose(message, ("relay", "relay@example.org"), [("", "ada@example.org")], NOW).decode()
    assert 'You get this because on_failure names "ops".' in message.parts["text"]
    assert "X-Relay-Event: notice\r\nX-Relay-Rule: on_failure\r\nX-Relay-Reason: notice\r\n" in mail


@pytest.mark.parametrize("kind", DESTINATIONS)
@pytest.mark.parametrize("trouble", ["gap", "failing", "blocked", "down", "dead"])
def test_what_a_server_said_takes_no_effect(kind: str, trouble: Any) -> None:
    """A reason or a repository's name may be hostile; the message keeps its form and its limits."""
    for evil in EVIL:
        notice = restore(keep(replace(NOTICE, kind=trouble, about={evil: 1, "x": None}, reason=evil)))
        delivery = Delivery("dlv_1", "ops", "on_failure", (), why="notice", notice=notice)
        HOLDS[kind](RENDERER.message(delivery, kind, DESTINATIONS[kind].parts))


def test_a_body_of_ones_own_has_the_text_as_its_sentence(tmp_path: Any) -> None:
    """The shortest body for a webhook works for notices too."""
    delivery = Delivery("dlv_1", "ops", "on_failure", (), why="notice", notice=NOTICE)
    renderer = own(tmp_path, short='{"text": "{{ sentence }}"}')
    message = renderer.message(delivery, "webhook", DESTINATIONS["webhook"].parts, layout="short.j2")
    assert json.loads(message.parts["body"])["text"].startswith("2 deliveries to lake died. ")


def test_a_layout_that_fails_ends_no_notice(tmp_path: Any) -> None:
    """The shipped words are said instead."""
    renderer = own(tmp_path, console__notice="{% block text %}{{ headline.nothing }}{% endblock %}")
    assert "2 deliveries to lake died" in to("console", NOTICE, renderer)["text"]
    assert "has no attribute 'nothing'" in renderer.problems()[0].text


def test_notices_that_join_are_one() -> None:
    """Spans widen, what died adds up, what waits is as it was last, and a crowd is named up to a hundred."""
    later = replace(NOTICE, about={"lake": 3}, since=NOW, until=NOW + timedelta(hours=1))
    both = NOTICE.joined(later)
    assert ({"lake": 5}, NOTICE.since, later.until) == (both.about, both.since, both.until)
    assert 3 == replace(NOTICE, kind="down").joined(replace(later, kind="down")).missed
    crowd = replace(NOTICE, kind="gap", about={str(number): None for number in range(100)})
    joined = crowd.joined(replace(crowd, about={"x": None}))
    assert (100, True) == (len(joined.about), joined.others)
