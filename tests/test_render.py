"""What is said of an event, in each dress, and what becomes of templates that fail."""

import itertools
import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from relay import shipped
from relay.destinations.base import Delivery, Json, Plain
from relay.destinations.slack_mrkdwn import Mrkdwn
from relay.events import VOCABULARY, Actor, Comment, Commit, Event, Repository, to_json
from relay.render import Renderer
from tests.sentences import COMMITS, NOW, SENTENCES, event, nothing, untitled

RENDERER = Renderer([shipped.templates()])
CONSOLE = {"text": Plain()}
WEBHOOK = {"body": Json()}


def alone(known: Event, **more: object) -> Delivery:
    return Delivery("dlv_1", "dev", "pushed", (known,), **more)


def printed(known: Event, renderer: Renderer = RENDERER, detail: str = "normal", **more: object) -> list[str]:
    return renderer.message(alone(known, **more), "console", CONSOLE, detail).parts["text"].split("\n")


def posted(delivery: Delivery) -> dict:
    return json.loads(RENDERER.message(delivery, "webhook", WEBHOOK).parts["body"])


def own(folder: Path, **files: str) -> Renderer:
    """A renderer of a project that has these templates; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.j2"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Renderer([folder, shipped.templates()])


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


@pytest.mark.parametrize("type", [*SENTENCES, "release_published"])
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
    ("commit", {"commits": ()}, "Ana Lima made a commit to main (acme/site)"),
    ("commit", {"commits": (), "actor": None}, "New commit to main (acme/site)"),
    ("release_published", {"title": "v1.2.0"}, "Release published by Ana Lima: v1.2.0 (acme/site)"),
    ("release_published", {"title": "v1.2.0", "actor": None}, "Release published: v1.2.0 (acme/site)"),
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


def test_the_payload_is_the_documented_one() -> None:
    """A webhook gets the event's one JSON form with its sentence, compact."""
    known = event("pullrequest_fulfilled")
    delivery = replace(alone(known), destination="lake", rule="pullrequest_*")
    body = RENDERER.message(delivery, "webhook", WEBHOOK).parts["body"]
    expected = {
        "type": "pullrequest_fulfilled",
        "timestamp": "2026-11-23T09:14:05Z",
        "summary": SENTENCES["pullrequest_fulfilled"][0],
        "data": to_json(known),
        "relay": {"version": 1, "delivery": "dlv_1", "destination": "lake", "rule": "pullrequest_*"},
    }
    assert json.dumps(expected, separators=(",", ":"), ensure_ascii=False) == body


def test_a_bundle_is_one_payload() -> None:
    """Several events have why they are told together, their span and a headline."""
    events = (event("pushed"), event("mq", repository=Repository("acme", "api")))
    body = posted(Delivery("dlv_1", "lake", "*", events, why="digest", since=NOW - timedelta(days=1), until=NOW))
    assert "2 updates in 2 repositories" == body["summary"]
    assert ["bundle", "2026-11-23T09:14:05Z"] == [body["type"], body["timestamp"]]
    data = {"why": "digest", "from": "2026-11-22T09:14:05Z", "until": "2026-11-23T09:14:05Z"}
    assert {**data, "events": [to_json(known) for known in events]} == body["data"]


def test_long_texts_in_a_payload_are_cut_visibly() -> None:
    """A text of more than 4,000 characters ends in an ellipsis."""
    title = posted(alone(event("mq", title="t" * 5000)))["data"]["title"]
    assert [4000, "…"] == [len(title), title[-1]]


def test_a_payload_stays_below_its_cap() -> None:
    """A hundred events with hundreds of long commits are still JSON of at most 256 KiB, none of them lost."""
    commits = tuple(Commit(f"{number:040}", "m" * 3000, "a" * 300) for number in range(300))
    events = (event("pushed", commits=commits),) * 100
    body = RENDERER.message(Delivery("dlv_1", "lake", "*", events, why="digest"), "webhook", WEBHOOK).parts["body"]
    assert 100 == len(json.loads(body)["data"]["events"])
    assert len(body.encode()) <= 256 * 1024


def test_a_single_event_of_a_group_is_told_by_itself() -> None:
    """What waited for company and found none is told in its own words; a program still sees why it waited."""
    delivery = alone(event("mq"), why="group")
    assert "created a patch queue" in RENDERER.message(delivery, "console", CONSOLE).parts["text"]
    assert "group" == posted(delivery)["data"]["why"]


def test_a_project_replaces_one_block(tmp_path: Path) -> None:
    """A project's file has its way with the blocks that it has; the others stay the shipped ones."""
    renderer = own(tmp_path, pushed="{% block title %}{{ who }} was busy{% endblock %}")
    line, *details = printed(event("pushed"), renderer)
    assert line.endswith("pushed  Ana Lima was busy  https://forge.example/acme/site/it")
    assert 3 == len(details)


def test_a_route_names_its_words(tmp_path: Path) -> None:
    """`template: brief` takes the words from templates/brief.j2."""
    renderer = own(tmp_path, brief="{% block title %}Look: {{ title }}{% endblock %}")
    assert "Look: Deploying" in printed(event("wiki_created"), renderer, options={"template": "brief"})[0]


def test_a_kind_has_its_own_words_for_a_type(tmp_path: Path) -> None:
    """templates/<kind>/<type>.j2 replaces words and layout, for that kind alone."""
    renderer = own(tmp_path, console__mq="{% block text %}{{ sentence }}!{% endblock %}")
    assert ["Ana Lima created a patch queue for acme/site!"] == printed(event("mq"), renderer)


def test_markup_survives_macros_and_captured_text(tmp_path: Path) -> None:
    """What a macro or a `set` block collected was escaped when it was collected, and is not escaped again."""
    words = "{% macro by(x) %}{{ person() }}: {{ x }}{% endmacro %}{% set all %}{{ by(title) }}{% endset %}{{ all }}"
    renderer = own(tmp_path, mq=f"{{% block title %}}{words}{{% endblock %}}")
    parts = renderer.message(alone(event("mq", title="<a>")), "slack", {"blocks": Mrkdwn()}).parts
    assert "*Ana Lima*: &lt;a&gt;" == json.loads(parts["blocks"])[0]["text"]["text"]


@pytest.mark.parametrize(
    "way", ['title ~ ""', "title | safe", "title | e", "link('{}').format(title)", "title | upper | tojson"]
)
def test_no_way_around_the_escaping(way: str, tmp_path: Path) -> None:
    """Filters and string methods of a template make no markup of a forge's text."""
    renderer = own(tmp_path, mq=f"{{% block title %}}{{{{ {way} }}}}{{% endblock %}}")
    parts = renderer.message(alone(event("mq", title="<!here>")), "slack", {"blocks": Mrkdwn()}).parts
    assert "<!" not in parts["blocks"]


BROKEN = {
    "syntax": "{% block title %}{% if %}{% endblock %}",
    "a name that does not exist": "{% block title %}{{ titel }}{% endblock %}",
    "an attribute of nothing": "{% block title %}{{ comment.text }}{% endblock %}",
    "arithmetic": "{% block title %}{{ 1 / 0 }}{% endblock %}",
    "the sandbox": "{% block title %}{{ event.__class__.__mro__ }}{% endblock %}",
    "a change to what is shared": "{% block title %}{{ reviewers.append(1) }}{% endblock %}",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_template_gives_way_to_the_shipped_one(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The shipped words are said instead, and one warning names the file and line."""
    renderer = own(tmp_path, mq=text)
    with caplog.at_level(logging.WARNING, "relay.render"):
        assert SENTENCES["mq"][0] == renderer.sentence(event("mq"))
    assert 1 == len(caplog.records)
    assert f"{tmp_path}/mq.j2:1: " in caplog.text


def test_without_any_template_the_type_and_link_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where even the shipped files fail, a title and a link are made without them."""
    (tmp_path / "mq.j2").write_text("{% block title %}{{ nothing }}{% endblock %}")
    text = Renderer([tmp_path]).message(alone(event("mq")), "console", CONSOLE).parts["text"]
    assert "Mq (acme/site)" == text


def test_a_broken_layout_gives_way_to_the_shipped_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A layout that fails costs the message its dress, not its delivery."""
    renderer = own(tmp_path, console__layout="{% block text %}{{ words.titel }}{% endblock %}")
    assert printed(event("mq")) == printed(event("mq"), renderer)
    assert 1 == len(caplog.records)


def test_output_is_capped(tmp_path: Path) -> None:
    """A template that writes without end is cut at 256 KiB."""
    renderer = own(
        tmp_path, console__mq="{% block text %}{% for i in range(99999) %}{{ sentence }}{% endfor %}{% endblock %}"
    )
    text = "\n".join(printed(event("mq"), renderer))
    assert [256 * 1024, "…"] == [len(text), text[-1]]


def test_forge_text_is_never_a_template() -> None:
    """Braces in a title are just that."""
    assert "{{ 7*7 }}" in RENDERER.sentence(event("wiki_created", title="{{ 7*7 }}"))


def test_check_finds_nothing_wrong_with_the_shipped_templates() -> None:
    """The shipped templates read well and render every sample, in every destination."""
    assert [] == RENDERER.problems()


MISTAKES = {
    "{% block titel %}{% endblock %}": "no block called 'titel' is asked for; did you mean 'title'?",
    "{% block title %}{{ actr }}{% endblock %}": "there is nothing called 'actr'; did you mean 'actor'?",
    "{% block title %}{% if false %}{{ nonsense }}{% endif %}{% endblock %}": "there is nothing called 'nonsense'",
    "{% block title %}{{ title | shout }}{% endblock %}": "No filter named 'shout'.",
    "{% block title %}{{ actor.name.first }}{% endblock %}": "'str object' has no attribute 'first'",
    "{% block title %}": "Unexpected end of template.",
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.items(), ids=MISTAKES.values())
def test_check_names_the_mistake(text: str, expected: str, tmp_path: Path) -> None:
    """Each mistake in a template is found with its line before an event meets it."""
    problems = own(tmp_path, mq=f"\n{text}").problems()
    assert [(str(tmp_path / "mq.j2"), 2)] == [(problem.file, problem.line) for problem in problems]
    assert expected in problems[0].text
