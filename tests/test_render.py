"""What is said of an event, in each dress, and what becomes of templates that fail."""

import itertools
import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from relay import shipped
from relay.destinations.base import Delivery, Json, Plain
from relay.event_types import VOCABULARY
from relay.events import Actor, Comment, Event
from relay.render import Renderer
from tests.render.project import alone
from tests.sentences import COMMITS, SENTENCES, event, nothing, untitled

RENDERER = Renderer([shipped.templates()])
CONSOLE = {"text": Plain()}
WEBHOOK = {"body": Json()}


def printed(known: Event, renderer: Renderer = RENDERER, detail: str = "normal", **more: object) -> list[str]:
    return renderer.message(alone(known, **more), "console", CONSOLE, detail).parts["text"].split("\n")


def posted(delivery: Delivery) -> dict:
    return json.loads(RENDERER.message(delivery, "webhook", WEBHOOK).parts["body"])


def test_every_type_has_its_row() -> None:
    """The table of sentences covers the vocabulary."""
    assert set(VOCABULARY) == set(SENTENCES)


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_with_everything(type: str) -> None:
    """Who, did what, to which thing, called what, where."""
    assert SENTENCES[type][0] == RENDERER.sentence(event(type))


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_without_actor(type: str) -> None:
    """A missing actor turns the sentence passive."""
    assert SENTENCES[type][1] == RENDERER.sentence(event(type, actor=None))


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_with_a_guessed_actor(type: str) -> None:
    """A guessed actor is not named as the one who did it."""
    assert SENTENCES[type][1] == RENDERER.sentence(event(type, guessed=("actor",)))


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_without_title(type: str) -> None:
    """A missing title takes its colon with it."""
    assert SENTENCES[type][2] == RENDERER.sentence(untitled(event(type)))


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_without_repository(type: str) -> None:
    """A missing repository takes its brackets with it."""
    assert SENTENCES[type][3] == RENDERER.sentence(event(type, repository=None))


@pytest.mark.parametrize("type", SENTENCES)
def test_sentence_with_nothing_but_the_type(type: str) -> None:
    """Of an event that says nothing, the type is told and nothing made up."""
    assert SENTENCES[type][4] == RENDERER.sentence(nothing(type))


@pytest.mark.parametrize("type", [*SENTENCES, "milestone_closed"])
def test_gaps_leave_no_trace(type: str) -> None:
    """Whatever is missing, no None, no double space, no empty bracket and no loose punctuation is left."""
    known = event(type)
    gaps = dict.fromkeys(("actor", "title", "repository", "number", "branch", "target_branch", "comment"))
    gaps["commits"] = ()
    for size in range(len(gaps) + 1):
        for names in itertools.combinations(gaps, size):
            said = RENDERER.sentence(replace(known, **{name: gaps[name] for name in names}))
            assert not [bad for bad in ("None", "  ", "()", " :", " ,", "#:", ": (") if bad in f"{said}$"]
            assert said == said.strip(" :,")


PUSHES = [
    ({"commits": COMMITS[:1]}, "Ana Lima pushed 1 commit to main: Read the theme (acme/site)"),
    ({"commits": COMMITS[:1], "actor": None}, "1 commit was pushed to main: Read the theme (acme/site)"),
    ({"commits": ()}, "Ana Lima pushed to main (acme/site)"),
    ({"commits": (), "actor": None}, "Push to main (acme/site)"),
    ({"commits": (), "branch": None}, "Ana Lima pushed to acme/site"),
    ({"commits": (), "branch": None, "actor": None}, "Push to acme/site"),
    ({"commits": (), "branch": None, "repository": None}, "Ana Lima pushed"),
    ({"total_commits": 15}, "Ana Lima pushed 15 commits to main (acme/site)"),
    ({"guessed": ("commits",)}, "Ana Lima pushed at least 3 commits to main (acme/site)"),
    ({"guessed": ("commits",), "actor": None}, "At least 3 commits were pushed to main (acme/site)"),
    ({"guessed": ("commits",), "total_commits": 9}, "Ana Lima pushed 9 commits to main (acme/site)"),
    ({"state": "created", "branch": "x"}, "Ana Lima pushed 3 commits to new branch x (acme/site)"),
    ({"state": "created", "branch": "x", "actor": None}, "3 commits were pushed to new branch x (acme/site)"),
    ({"state": "created", "branch": "x", "commits": ()}, "Ana Lima created branch x (acme/site)"),
    ({"state": "created", "branch": "x", "commits": (), "actor": None}, "Branch x was created (acme/site)"),
    ({"state": "deleted", "branch": "x", "commits": ()}, "Ana Lima deleted branch x (acme/site)"),
    ({"state": "deleted", "branch": "x", "commits": (), "actor": None}, "Branch x was deleted (acme/site)"),
    ({"state": "deleted", "branch": None, "commits": (), "actor": None}, "A branch was deleted (acme/site)"),
    ({"state": "forced"}, "Ana Lima force-pushed 3 commits to main (acme/site)"),
    ({"state": "forced", "actor": None}, "3 commits were force-pushed to main (acme/site)"),
    ({"state": "forced", "commits": ()}, "Ana Lima force-pushed to main (acme/site)"),
    ({"state": "forced", "commits": (), "actor": None}, "Force-push to main (acme/site)"),
    ({"state": "created", "branch": None, "title": "v1.0", "commits": ()}, "Ana Lima created tag v1.0 (acme/site)"),
    ({"state": "created", "branch": None, "title": "v1.0", "actor": None}, "Tag v1.0 was created (acme/site)"),
    ({"state": "deleted", "branch": None, "title": "v1.0", "actor": None}, "Tag v1.0 was deleted (acme/site)"),
    ({"state": "forced", "branch": None, "title": "v1.0", "actor": None}, "Tag v1.0 was moved (acme/site)"),
]


@pytest.mark.parametrize(("fields", "expected"), PUSHES, ids=[text for _, text in PUSHES])
def test_a_push_tells_what_became_of_the_branch(fields: dict, expected: str) -> None:
    """Created, deleted and forced branches and tags are told apart, and commits are counted exactly."""
    assert expected == RENDERER.sentence(event("pushed", **fields))


OTHERS = [
    ("pullrequest_created", {"draft": True}, "Ana Lima opened draft pull request #42: Add a dark theme (acme/site)"),
    ("pullrequest_created", {"draft": True, "actor": None, "number": None}, "A draft pull request was opened: Add a dark theme (acme/site)"),
    ("pullrequest_updated", {"commits": COMMITS[:2]}, "Ana Lima pushed 2 commits to pull request #42: Add a dark theme (acme/site)"),
    ("pullrequest_updated", {"commits": COMMITS[:1], "actor": None}, "1 commit was pushed to pull request #42: Add a dark theme (acme/site)"),
    ("pullrequest_fulfilled", {"number": None, "target_branch": None}, "Ana Lima merged a pull request: Add a dark theme (acme/site)"),
    ("issue_update", {"state": "closed"}, "Ana Lima updated issue #7, now closed: Crash on start (acme/site)"),
    ("issue_update", {"state": "closed", "actor": None}, "Issue #7 was updated, now closed: Crash on start (acme/site)"),
    ("team_access_gained_admin", {"title": None, "repository": None}, "Ana Lima gained admin access to a team"),
    ("pipeline_failed", {"title": None, "commits": COMMITS}, "Pipeline #311 failed on main: Read the theme (acme/site)"),
    ("status_failed", {"commits": ()}, "Check tests on Windows failed for a commit (acme/site)"),
    ("commit", {"commits": ()}, "Ana Lima made a commit to main (acme/site)"),
    ("commit", {"commits": (), "actor": None}, "New commit to main (acme/site)"),
    ("milestone_closed", {"title": "v1.2.0"}, "Milestone closed by Ana Lima: v1.2.0 (acme/site)"),
    ("milestone_closed", {"title": "v1.2.0", "actor": None}, "Milestone closed: v1.2.0 (acme/site)"),
    ("SponsorshipEvent", {"actor": None}, "Sponsorship event (acme/site)"),
    ("../../secret", {}, "../../secret by Ana Lima (acme/site)"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "fields", "expected"), OTHERS, ids=[text for _, _, text in OTHERS])
def test_other_turns(type: str, fields: dict, expected: str) -> None:
    """Drafts, pushes to a pull request, a commit without hash and unknown types have words of their own."""
    assert expected == RENDERER.sentence(event(type, **fields))


def test_names_are_cut_visibly() -> None:
    """Titles end at 120 characters, names at 40 and branches at 60, the ellipsis among them."""
    said = RENDERER.sentence(
        event("pullrequest_fulfilled", title="t" * 200, target_branch="b" * 90, actor=Actor("a" * 50))
    )
    assert f"{'a' * 39}… merged pull request #42 into {'b' * 59}…: {'t' * 119}… (acme/site)" == said


def test_the_console_shows_a_line_and_its_details() -> None:
    """One line with time, type, sentence and link; what was pushed stands below."""
    assert [
        "2026-11-23 09:14  pushed  Ana Lima pushed 3 commits to main (acme/site)  https://forge.example/acme/site/it",
        "    4f2a91c Read the theme",
        "    b07dd12 Keep contrast (Ben Okoye)",
        "    91c3e5a Document the switch",
    ] == printed(event("pushed"))


def test_compact_is_one_line() -> None:
    """`detail: compact` leaves out everything but the sentence."""
    assert 1 == len(printed(event("pushed"), detail="compact"))


def test_the_route_decides_the_detail() -> None:
    """The route's own `detail` wins over the destination's."""
    assert 1 == len(printed(event("pushed"), detail="full", options={"detail": "compact"}))


def test_times_are_local() -> None:
    """Times are those of the configured zone."""
    line = printed(event("mq"), Renderer([shipped.templates()], ZoneInfo("Europe/Berlin")))[0]
    assert line.startswith("2026-11-23 10:14  mq")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"commits": COMMITS * 3}, "and 4 more"),
        ({"commits": COMMITS * 2, "total_commits": 18}, "and 13 more"),
        ({"commits": COMMITS, "guessed": ("commits",)}, "and more"),
        ({"commits": COMMITS * 2, "guessed": ("commits",)}, "and at least 1 more"),
    ],
)
def test_what_is_not_listed_is_counted(fields: dict, expected: str) -> None:
    """Five commits are listed, the rest counted as exactly as it is known."""
    assert f"    {expected}" == printed(event("pushed", **fields))[-1]


def test_a_guessed_actor_is_told_as_such() -> None:
    """The small print says whose the last commit was."""
    assert "    Last commit by Ana Lima" == printed(event("pushed", guessed=("actor",)))[-1]


def test_a_guessed_state_is_not_shown() -> None:
    """What may be merged or closed is called neither."""
    shown = printed(event("pullrequest_updated", state="closed", guessed=("state",)))
    assert "    Closed, feature/dark into main" == printed(event("pullrequest_updated", state="closed"))[1]
    assert "    feature/dark into main" == shown[1]


def test_a_quote_keeps_its_lines_and_ends_visibly() -> None:
    """Four lines of a comment are shown, with an ellipsis where it goes on."""
    comment = Comment("1", "one\n\ntwo\r\nthree\nfour\nfive", None, "app/" * 30 + "theme.py")
    shown = printed(event("pullrequest_comment_created", comment=comment))[1:]
    assert ["    > one", "    > two", "    > three", "    > four …"] == shown[:4]
    assert shown[4].endswith("app/theme.py")
    assert len("    ") + 60 == len(shown[4])


@pytest.mark.parametrize("type", ["pullrequest_comment_deleted", "cset_comment_deleted"])
def test_a_deleted_comment_is_not_repeated(type: str) -> None:
    """What was taken back is not told again."""
    assert "Should this" not in "".join(printed(event(type), detail="full"))


def test_a_sample_is_marked() -> None:
    """A sample says that it is one, on the screen and to a program."""
    marked = alone(event("mq"), sample=True)
    assert "Sample: Ana Lima created a patch queue for acme/site" in printed(event("mq"), sample=True)[0]
    assert posted(marked)["relay"]["sample"] is True


def test_a_single_event_of_a_group_is_told_by_itself() -> None:
    """What waited for company and found none is told in its own words; a program still sees why it waited."""
    delivery = alone(event("mq"), why="group")
    assert "created a patch queue" in RENDERER.message(delivery, "console", CONSOLE).parts["text"]
    assert "group" == posted(delivery)["data"]["why"]


def test_forge_text_is_never_a_template() -> None:
    """Braces in a title are just that."""
    assert "{{ 7*7 }}" in RENDERER.sentence(event("wiki_created", title="{{ 7*7 }}"))
