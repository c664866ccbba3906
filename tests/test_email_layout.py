"""How a mail reads and looks: its subject, its two parts, what hostile text can do to them, and small screens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from relay import shipped
from relay.destinations.base import Delivery, Message
from relay.destinations.email import Email
from relay.errors import Problem
from relay.event_types import VOCABULARY
from relay.events import Actor, Comment, Commit, Event, Repository
from relay.render import Renderer
from relay.samples import sample

NOW = datetime(2026, 11, 23, 9, 14, 5, tzinfo=UTC)
TYPES = [*VOCABULARY, "milestone_closed"]
MOST = 90_000
EVIL = "</td><script>x</script>\r\nBcc: eve@evil.example\n<a href='https://evil.example'>\u202e\x00\x1b[1m\"'{{ 7*7 }}`-- \n"


def refuse(problem: Problem) -> None:
    raise AssertionError(f"a shipped template failed: {problem}")


RENDERER = Renderer([shipped.templates()], ZoneInfo("Europe/Berlin"), refuse)


def mail(*events: Event, detail: str = "normal", now: datetime = NOW, **delivery: Any) -> Message:
    """The mail about these events."""
    given = {"id": "dlv_1", "destination": "leads", "rule": "pullrequest_*"} | delivery
    return RENDERER.message(Delivery(events=events, **given), "email", Email.parts, detail, now)


def known(type: str, **fields: Any) -> Event:
    return replace(sample(type, NOW), **fields)


def subject(*events: Event, **delivery: Any) -> str:
    return mail(*events, **delivery).parts["subject"]


class Page(HTMLParser):
    """What a page holds: its elements, its links, and the text that is seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.handlers: list[str] = []
        self.seen = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.open += [] if tag in ("meta", "br") else [tag]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.seen += data


@pytest.mark.parametrize("type", TYPES)
def test_every_type_reads_well(type: str) -> None:
    """Each type has a subject of at most 78 characters, a text of 72 columns, and whole HTML with the same words."""
    parts = mail(known(type)).parts
    assert 0 < len(parts["subject"]) <= 78
    assert [] == [line for line in parts["text"].split("\n") if len(line) > 72 and "://" not in line]
    page = Page(parts["html"])
    assert [] == page.open
    assert not re.search(r"\bNone\b|\(\)|  \w|#None", parts["text"].replace("\n  ", "\n") + page.seen.strip())


@pytest.mark.parametrize("type", TYPES)
def test_every_type_stands_without_what_is_missing(type: str) -> None:
    """An event of which nothing is known but its type makes a mail without holes."""
    parts = mail(Event(id="1", type=type, source="acme", seen_at=NOW)).parts
    assert parts["subject"]
    assert "None" not in parts["subject"] + parts["text"] + Page(parts["html"]).seen
    assert "href" not in parts["html"]


SITE = "[acme/site] "
DARK = "Add a dark theme to the settings page"
CRASH = "Crash on start when the cache folder is missing"
LONG = Repository("acme", "a-repository-with-quite-a-long-name")
SUBJECTS = [
    ("pullrequest_created", {}, f"{SITE}{DARK} (PR #42)"),
    ("pullrequest_fulfilled", {}, f"Re: {SITE}{DARK} (PR #42)"),
    ("pullrequest_like", {"title": None}, f"Re: {SITE}PR #42"),
    ("pullrequest_like", {"number": None}, f"Re: {SITE}{DARK} (PR)"),
    ("pullrequest_fulfilled", {"number": None, "title": None}, f"{SITE}Ana Lima merged a pull request into main"),
    ("pullrequest_created", {"repository": None}, f"{DARK} (PR #42)"),
    ("pullrequest_like", {"repository": LONG}, "Re: [acme/a-repository-with-quite-a-long-name] Add a dark theme to t… (PR #42)"),
    ("report_issue", {}, f"{SITE}{CRASH} (issue #7)"),
    ("issue_comment", {}, f"Re: {SITE}{CRASH} (issue #7)"),
    ("start_follow_issue", {"title": None}, f"Re: {SITE}issue #7"),
    ("commit", {}, f"{SITE}4f2a91c: Read the theme from the system"),
    ("cset_like", {}, f"Re: {SITE}4f2a91c: Read the theme from the system"),
    ("cset_like", {"commits": ()}, f"{SITE}Ben Okoye approved a commit"),
    ("pushed", {}, f"{SITE}main: Read the theme from the system (+2 commits)"),
    ("pushed", {"total_commits": 2, "commits": (Commit("4f2a91c", "One"),)}, f"{SITE}main: One (+1 commit)"),
    ("pushed", {"repository": LONG, "branch": "feature/x"}, "[acme/a-repository-with-quite-a-long-name] fea…: Read the theme… (+2 commits)"),
    ("pushed", {"commits": ()}, f"{SITE}Ana Lima pushed 3 commits to main"),
    ("pushed", {"branch": None}, f"{SITE}Ana Lima pushed 3 commits"),
    ("fork", {}, "Ben Okoye forked acme/site to ben/site"),
    ("start_follow_repo", {}, "Ben Okoye started following acme/site"),
    ("wiki_updated", {}, f"{SITE}Dara Singh edited a wiki page: Deploying"),
    ("team_lost_access", {}, "Ana Lima lost access to team acme-reviewers"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "fields", "expected"), SUBJECTS)
def test_subject(type: str, fields: dict[str, Any], expected: str) -> None:
    """The thing is the subject, so that a conversation keeps it; what stands alone has its sentence."""
    assert expected == subject(known(type, **fields))


def test_a_renamed_thing_keeps_its_subject() -> None:
    """The title first mailed stays the subject, the mail shows the new one."""
    renamed = mail(known("pullrequest_like", title="Renamed"), reference=f"{SITE}{DARK} (PR #42)")
    assert f"Re: {SITE}{DARK} (PR #42)" == renamed.parts["subject"]
    assert "#42 Renamed" in renamed.parts["text"]


def test_a_long_title_is_cut_and_its_number_stays() -> None:
    """Only the title is cut, and the first mail has the words that later ones repeat."""
    opened = subject(known("pullrequest_created", title="word " * 60))
    assert opened.endswith("wo… (PR #42)")
    assert 74 == len(opened)
    assert f"Re: {opened}" == subject(known("pullrequest_like", title="word " * 60))


def test_a_sample_says_so() -> None:
    """A sample is marked in its subject and its words."""
    parts = mail(known("pullrequest_created"), sample=True).parts
    assert f"Sample: {SITE}{DARK} (PR #42)" == parts["subject"]
    assert "Sample: Ana Lima opened" in parts["text"]


def test_the_text_of_a_mail() -> None:
    """Place and state, thing and link, sentence, small print, and why the mail came."""
    text = f"""acme/site · Merged

#42 {DARK}
https://forge.example/acme/site/pull-requests/42

Ana Lima merged this pull request into main.
from feature/dark

--\x20
You get this because the rule "pullrequest_*" sends to "leads"."""
    assert text == mail(known("pullrequest_fulfilled")).parts["text"]


def test_the_text_of_a_push() -> None:
    """A push lists its commits, one of them too."""
    one = sample("pushed", NOW).commits[:1]
    text = mail(known("pushed", commits=one, total_commits=1)).parts["text"]
    assert "1 commit to main\n" in text
    assert "Pushed by Ana Lima.\n\n  4f2a91c Read the theme from the system\n" in text


def test_long_words_of_somebody_are_wrapped_as_quotes() -> None:
    """Each wrapped line of a comment stays behind its mark, and a link is never broken."""
    link = f"https://forge.example/{'x' * 90}"
    said = Comment("1", f"{'word ' * 30}\n{link}")
    text = mail(known("issue_comment", comment=said)).parts["text"]
    assert 3 == text.count("\n> word word")
    assert f"> {link}" in text


def test_a_late_mail_says_when_it_happened() -> None:
    """More than fifteen minutes after the event its time is told, with the zone."""
    event = known("pullrequest_like", occurred_at=NOW)
    assert "at 10:14 CET" in mail(event, now=NOW + timedelta(minutes=16)).parts["text"]
    assert "10:14" not in mail(event, now=NOW + timedelta(minutes=14)).parts["text"]


@pytest.mark.parametrize(
    ("type", "preview"),
    [
        ("pullrequest_fulfilled", "Ana Lima merged this pull request into main: from feature/dark."),
        ("pullrequest_comment_created", 'Ben Okoye: "Should this follow the system setting by default? People who never open the set…"'),
        ("pushed", "Pushed by Ana Lima: Read the theme from the system; Keep contrast above 4.5:1; Document the theme switch"),
    ],
)  # fmt: skip
def test_the_preview_says_what_is_new(type: str, preview: str) -> None:
    """Beside the subject, which stays, an inbox shows the news."""
    assert Page(mail(known(type)).parts["html"]).seen.strip().startswith(preview)


def test_full_detail_names_reviewers_and_labels() -> None:
    """Who is asked, and the labels, stand in the small print when asked for."""
    text = mail(known("pullrequest_created", reviewers=("Ben O'Neill",)), detail="full").parts["text"]
    assert "feature/dark into main · Reviewers: Ben O'Neill · Labels: frontend" in text


def hostile(type: str) -> Event:
    """An event of that type with a hostile text in every field that can hold one."""
    return Event(
        id=EVIL,
        type=type,
        source=EVIL,
        seen_at=NOW,
        repository=Repository(EVIL, EVIL, EVIL, "javascript:alert(1)"),
        actor=Actor(EVIL, EVIL, "javascript:alert(1)"),
        title=EVIL,
        url='https://forge.example/"><script>',
        number=42,
        state=EVIL,
        branch=EVIL,
        target_branch=EVIL,
        commits=(Commit(EVIL, EVIL, EVIL, "javascript:alert(1)"), Commit("4f2a91c", EVIL)),
        comment=Comment(EVIL, EVIL, "data:text/html,x", EVIL),
        labels=(EVIL,),
        reviewers=(EVIL,),
    )


def assert_harmless(message: Message) -> None:
    page = Page(message.parts["html"])
    assert not {"script", "img", "iframe", "form", "object"} & set(page.elements)
    assert [] == page.handlers
    assert [] == [link for link in page.links if not link.startswith(("https://forge.example/", "#r"))]
    for text in (message.parts["subject"], message.parts["text"], page.seen):
        assert not re.search("[\u202e\x00\x1b]|49", text)
    assert not re.search("\r|\n", message.parts["subject"])
    assert not re.search("^Bcc:|^-- $", message.parts["text"].rpartition("\n-- \n")[0], re.M)


@pytest.mark.parametrize("type", [*TYPES, EVIL])
def test_hostile_text_stays_text(type: str) -> None:
    """Nothing that a forge sends makes an element, a link elsewhere, a header or a footer, alone or in a digest."""
    assert_harmless(mail(hostile(type), rule=EVIL, destination=EVIL, detail="full"))
    assert_harmless(mail(hostile(type), replace(hostile("pushed"), id="2"), why="digest"))


def day() -> list[Event]:
    """A day's samples of every type, in two repositories."""
    events = [replace(sample(type, NOW), id=type) for type in TYPES]
    other = Repository("acme", "api", url="https://forge.example/acme/api")
    return events + [replace(event, repository=other, id=f"{event.id}-2") for event in events if event.repository]


def test_the_subject_of_a_digest() -> None:
    """Its date and its count, the date outside brackets, so that each is its own conversation."""
    events = [known("pullrequest_created"), known("report_issue", repository=Repository("acme", "api"))]
    several = subject(*events, why="digest", until=NOW)
    assert "Repository digest, Mon 23 Nov 2026: 2 updates in 2 repositories" == several
    assert "Repository digest, Mon 23 Nov 2026: 1 update in acme/site" == subject(events[0], why="digest", until=NOW)


def test_the_subject_of_other_bundles() -> None:
    """A group about one thing joins its conversation; others have their count and time."""
    events = [known("pullrequest_like", id=str(number)) for number in range(2)]
    assert f"Re: {SITE}{DARK} (PR #42)" == subject(*events, why="group")
    assert "2 updates in acme/site, Mon 23 Nov 2026 10:14" == subject(*events, why="quiet", until=NOW)


def test_the_subject_of_a_digest_is_cut_too() -> None:
    """The name of a repository has no end that tells things apart."""
    told = subject(known("pushed", repository=Repository("acme", "b" * 60)), why="digest", until=NOW)
    assert (78, "b…") == (len(told), told[-2:])


def test_the_text_of_a_digest() -> None:
    """Count, span, contents, then each repository with its things."""
    merged, asked = known("pullrequest_fulfilled"), known("pullrequest_changes_requested", number=9, title="Other")
    api = replace(asked, repository=Repository("acme", "api"))
    lines = mail(merged, api, why="digest", since=NOW - timedelta(days=3), until=NOW).parts["text"].split("\n")
    assert [
        "2 updates in 2 repositories",
        "Fri 20 Nov 10:14 to Mon 23 Nov 10:14 (Europe/Berlin)",
        "",
        "  acme/api  1 update",
        "  acme/site  1 update",
        "",
        "acme/api",
        "========",
        "",
        "[Changes requested] #9 Other",
    ] == lines[:10]


def test_a_large_digest_stays_below_what_mail_programs_cut() -> None:
    """A thousand updates are one mail below 90 KB, and what is left out is counted."""
    events = [known("pullrequest_created", id=str(n), number=n, title=f"&<>{n} " * 40) for n in range(1000)]
    html = mail(*events, why="digest").parts["html"]
    assert len(html.encode()) < MOST
    assert re.search(r"and \d{3} more in acme/site", html)


def test_a_digest_of_every_type_is_whole() -> None:
    """Contents lead to headings that are there, and every element is closed."""
    html = mail(*day(), why="digest").parts["html"]
    page = Page(html)
    assert [] == page.open
    assert {link[1:] for link in page.links if link.startswith("#")} == set(re.findall(r' id="(\w+)"', html))


@contextmanager
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("needs Debian's chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


def test_no_mail_scrolls_sideways() -> None:
    """A word of 120 characters, a title from right to left and a digest fit small and large screens."""
    titles = {"long": "W" * 120, "right to left": "إضافة سمة داكنة إلى صفحة الإعدادات"}
    pages = {name: mail(known("pullrequest_created", title=title)).parts["html"] for name, title in titles.items()}
    pages["digest"] = mail(*day(), known("report_issue", number=8, title="W" * 120), why="digest").parts["html"]
    wide = {}
    with browser() as chromium:
        page = chromium.new_page()
        for width in (320, 375, 700):
            page.set_viewport_size({"width": width, "height": 600})
            for name, html in pages.items():
                page.set_content(html)
                wide[name, width] = page.evaluate("document.documentElement.scrollWidth")
    assert {} == {place: width for place, width in wide.items() if width > place[1]}
