"""How Slack is written to: the blocks of each detail, the plain text beside them, and their limits."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay import shipped
from relay.destinations.base import Delivery, Safe
from relay.destinations.slack_mrkdwn import Mrkdwn, SlackText, fitted, mention
from relay.events import Event, Repository
from relay.render import Renderer
from tests.sentences import COMMITS, NOW, event

RENDERER = Renderer([shipped.templates()])
PARTS = {"text": SlackText(), "blocks": Mrkdwn()}
SITE = "<https://forge.example/acme/site|acme/site>"
PULL_REQUEST = "<https://forge.example/acme/site/it|pull request #42: Add a dark theme>"
PUSHED = "*Ana Lima* pushed <https://forge.example/acme/site/it|3 commits> to `main` (acme/site)"


def parts(known: Event, detail: str = "normal", late: float = 0, **more: Any) -> dict[str, str]:
    delivery = Delivery("dlv_1", "dev", "*", (known,), **more)
    return RENDERER.message(delivery, "slack", PARTS, detail, NOW + timedelta(minutes=late)).parts


def shown(known: Event, detail: str = "normal", **more: Any) -> list[list[str]]:
    """Of each block, its type in short and its texts."""
    return [outline(block) for block in json.loads(parts(known, detail, **more)["blocks"])]


def outline(block: dict[str, Any]) -> list[str]:
    texts = [block["text"]] if "text" in block else block.get("elements") or block["fields"]
    return [block["type"][0].upper(), *(text["text"] for text in texts)]


def commit_line(number: int) -> str:
    commit = COMMITS[number]
    line = (commit.message or "").split("\n")[0]
    return f"<{commit.url}|`{commit.hash[:7]}`> {line}{' (Ben Okoye)' if number == 1 else ''}"


ALL_COMMITS = "\n".join(commit_line(number) for number in range(3))


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("compact", [["S", PUSHED]]),
        ("normal", [["S", PUSHED], ["S", ALL_COMMITS]]),
        ("full", [["S", PUSHED], ["S", ALL_COMMITS], ["C", SITE, "2 authors"]]),
    ],
)
def test_a_push(detail: str, expected: list[list[str]]) -> None:
    """A push is a sentence, its commits, and in full who wrote them."""
    assert expected == shown(event("pushed"), detail)


def test_a_push_of_one_commit_is_one_line() -> None:
    """One commit stands in the sentence itself."""
    url = COMMITS[0].url
    assert [["S", f"*Ana Lima* pushed <{url}|1 commit> to `main`: Read the theme (acme/site)"]] == shown(
        event("pushed", commits=COMMITS[:1])
    )


CARD = ["C", ":large_green_circle: Open", "`feature/dark` into `main`", SITE]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("compact", [["S", f"*Ana Lima* opened {PULL_REQUEST} (acme/site)"]]),
        ("normal", [["S", f"*Ana Lima* opened {PULL_REQUEST}"], CARD]),
        ("full", [["S", f"*Ana Lima* opened {PULL_REQUEST}"], ["S", "*Reviewers*\nBen Okoye", "*Labels*\nui"], CARD]),
    ],
)
def test_a_pull_request(detail: str, expected: list[list[str]]) -> None:
    """A pull request is a sentence and its state, branches and place; in full its reviewers and labels."""
    assert expected == shown(event("pullrequest_created", reviewers=("Ben Okoye",), labels=("ui",)), detail)


def test_a_comment() -> None:
    """A comment is a sentence, a quotation, and the file and place."""
    known = event("pullrequest_comment_created")
    known = replace(known, comment=replace(known.comment, path="app/theme.py"))
    quote = ["S", "> Should this follow the system?"]
    said = ["S", f"*Ana Lima* commented on {PULL_REQUEST}"]
    assert [said, quote, ["C", "`app/theme.py`", SITE]] == shown(known)
    reply = ["S", "*Ana Lima* commented on <https://forge.example/acme/site/it|`app/theme.py`>"]
    assert [reply, quote] == shown(known, reference="1.2")


def test_an_issue() -> None:
    """An issue is a sentence and its state, labels and place."""
    issue = "<https://forge.example/acme/site/it|issue #7: Crash on start>"
    context = ["C", ":large_green_circle: Open", "bug, windows", SITE]
    assert [["S", f"*Ana Lima* reported {issue}"], context] == shown(event("report_issue", labels=("bug", "windows")))


def test_a_sentence_that_names_its_place_has_no_small_print() -> None:
    """The repository is not said twice."""
    assert [["S", f"*Ana Lima* created repository {SITE}"]] == shown(event("create"))


REPLIES = [
    ("pullrequest_fulfilled", "*Ana Lima* merged this into `main`"),
    ("pullrequest_rejected", "*Ana Lima* closed this without merging"),
    ("pullrequest_like", "*Ana Lima* approved this"),
    ("pullrequest_unlike", "*Ana Lima* withdrew approval of this"),
    ("issue_update", "*Ana Lima* updated this"),
]


@pytest.mark.parametrize(("type", "expected"), REPLIES)
def test_a_reply_repeats_neither_title_nor_place(type: str, expected: str) -> None:
    """Inside the thread of its thing, an event is a few words; its `text` is read without the thread."""
    assert [["S", expected]] == shown(event(type), reference="1700000000.1")
    assert "(acme/site)" in parts(event(type), reference="1700000000.1")["text"]


TEXTS = [
    ("pullrequest_created", "Ana Lima opened pull request #42: Add a dark theme (acme/site). Open, feature/dark into main"),
    ("pushed", "Ana Lima pushed 3 commits to main (acme/site). 4f2a91c Read the theme. b07dd12 Keep contrast (Ben Okoye)."),
]  # fmt: skip


@pytest.mark.parametrize(("type", "expected"), TEXTS)
def test_text_carries_what_the_blocks_say(type: str, expected: str) -> None:
    """Phones and screen readers get the whole in plain words."""
    assert parts(event(type))["text"].startswith(expected)


def test_text_quotes_a_comment() -> None:
    """Where it was said and what was said follow the sentence."""
    known = event("pullrequest_comment_created")
    text = parts(replace(known, comment=replace(known.comment, path="app/theme.py")))["text"]
    said = 'app/theme.py: "Should this follow the system?"'
    assert f"Ana Lima commented on pull request #42: Add a dark theme (acme/site). {said}" == text


def test_late_is_said() -> None:
    """What leaves more than 15 minutes after it happened has its time in the small print."""
    assert "at 09:14" not in str(shown(event("mq"), late=15))
    assert [["S", f"*Ana Lima* created a patch queue for {SITE}"], ["C", "at 09:14"]] == shown(event("mq"), late=16)
    assert ["C", "on Mon 23 Nov at 09:14"] == shown(event("mq"), late=24 * 60)[1]


def test_a_digest() -> None:
    """A headline, the span, and a section for each repository with an entry for each thing."""
    events = (
        event("pullrequest_created"),
        event("pullrequest_fulfilled"),
        event("mq", repository=Repository("a", "b")),
    )
    delivery = Delivery("dlv_1", "dev", "*", events, why="digest", since=NOW - timedelta(days=3), until=NOW)
    blocks = json.loads(RENDERER.message(delivery, "slack", PARTS).parts["blocks"])
    thing = "<https://forge.example/acme/site/it|#42 Add a dark theme>"
    assert [
        ["H", "3 updates in 2 repositories"],
        ["C", "Fri 20 Nov 09:14 to Mon 23 Nov 09:14 (UTC)"],
        ["S", "*a/b* 1 update\nAlso: 1 patch queue"],
        ["S", f"*acme/site* 2 updates\n{thing}: merged into main by Ana Lima, opened by Ana Lima"],
    ] == [outline(block) for block in blocks]


def test_a_large_digest_counts_what_it_leaves_out() -> None:
    """Sixty repositories make at most 50 blocks, and the rest is counted."""
    events = tuple(event("wiki_created", repository=Repository("acme", f"r{number}")) for number in range(60))
    delivery = Delivery("dlv_1", "dev", "*", events, why="digest")
    blocks = json.loads(RENDERER.message(delivery, "slack", PARTS).parts["blocks"])
    assert len(blocks) <= 50
    assert "and 17 more" == outline(blocks[-1])[1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("here", "<!here>"),
        (["@channel", "U01234567"], "<!channel> <@U01234567>"),
        ("S01234567", "<!subteam^S01234567>"),
        ("ana", ""),
        ("U0|x>", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_only_a_route_pings(wanted: object, expected: str) -> None:
    """Groups and ids that a route names are pinged; everything else is left out."""
    assert expected == mention(wanted)


def test_a_ping_stands_behind_the_sentence() -> None:
    """The route's mention is in the blocks and in the text."""
    made = parts(event("mq"), options={"mention": ["here"]})
    assert made["text"].endswith(" <!here>")
    assert "acme/site> <!here>" in made["blocks"]


def test_a_backtick_cannot_end_code_nor_a_star_end_bold() -> None:
    """Marks inside a branch or a name do not end the markup around them."""
    assert "`a'b`" == Mrkdwn().code("a`b")
    assert "*Ana Lima*" == Mrkdwn().strong("*Ana_ ~Lima`")


@pytest.mark.parametrize("most", range(1, 40))
def test_markup_is_cut_between_its_parts(most: int) -> None:
    """A cut never leaves half a link or half an entity."""
    short = fitted("ab &amp; <https://x.example|c &lt; d> efg", most)
    assert len(short) <= most
    assert short.count("<") == short.count(">")
    assert short.count("&") == short.count(";")


def test_lines_that_do_not_fit_are_counted() -> None:
    """A section ends with how many of its lines are missing."""
    text = json.loads(Mrkdwn().section([Safe("x" * 990)] * 8))["text"]["text"]
    assert text.endswith("\nand 5 more")
    assert len(text) <= 3000


def test_words_without_a_block_make_a_section() -> None:
    """A layout may write plain words, and raw JSON with or without commas."""
    assert [{"type": "divider"}, {"type": "divider"}] == json.loads(
        Mrkdwn().finish('[{"type": "divider"}], {"type": "divider"}')
    )
    assert ["S", "Hello *world*"] == outline(json.loads(Mrkdwn().finish(" Hello *world* "))[0])


def test_a_layout_of_broken_json_is_refused() -> None:
    """What starts like JSON and is none raises, so that the shipped layout steps in."""
    with pytest.raises(ValueError, match="Expecting"):
        Mrkdwn().finish('{"type": }')
