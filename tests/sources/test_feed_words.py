"""What entries of each kind of feed are told as, and how the texts in them are made readable."""

import json
from pathlib import Path

import pytest

from relay.events import to_json
from relay.sources.feed_text import body_text, person, title_text
from tests.sources.feed_polling import NOW, Reader, atom, entry, rss
from tests.sources.payload_table import RENDERER

RECORDINGS = sorted(
    path for path in (Path(__file__).parents[1] / "recordings" / "feed").iterdir() if path.suffix != ".json"
)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_recorded_feed(path: Path):
    """Every kind of server's feed becomes the events, and the words, that are written beside it."""
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    events = Reader(expected["address"]).events(path.read_bytes())
    common = {"source": "f", "seen_at": "2026-11-24T12:00:00Z"}
    told = [{key: value for key, value in to_json(event).items() if value not in (None, [], False)} for event in events]
    assert [common | event for event in expected["events"]] == told
    assert expected["words"] == [RENDERER.sentence(event) for event in events]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_no_mail_address_is_told(path: Path):
    """Authors' mail addresses stay in the feed."""
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    events = Reader(expected["address"]).events(path.read_bytes())
    assert "mail.example" not in json.dumps([to_json(event) for event in events])


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Zoë <zoe@example.test>", "Zoë"),
        ("Ada Lovelace <ada@host.technology>", "Ada Lovelace"),
        ("ada@example.org (Ada Lovelace)", "Ada Lovelace"),
        ("Ada (ada@example.org)", "Ada"),
        ('"Ada L." <ada@example.org>', "Ada L."),
        ("ada@example.org", "ada"),
        ("<ada@example.org>", "ada"),
        ("&#90;oë", "Zoë"),
        ("Ada [bot]", "Ada [bot]"),
        ("Ada (Acme)", "Ada (Acme)"),
        ("ada", "ada"),
        ("A\n B", "A B"),
        ("@", None),
        ("<>", None),
        ("", None),
        (None, None),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_of_people(author: str | None, name: str | None):
    """A name is told without the mail address beside it, however the two are written."""
    assert name == person(author)


@pytest.mark.parametrize(
    ("title", "html", "text"),
    [
        ("Fix <widget> & docs", True, "Fix <widget> & docs"),
        ("Fix &lt;widget&gt; &amp; docs", True, "Fix <widget> & docs"),
        ("Tom &amp; <em>Jerry</em><br/>", True, "Tom & Jerry"),
        ("a < b and c > d", True, "a < b and c > d"),
        ("<b>bold</b> &amp; plain", False, "<b>bold</b> &amp; plain"),
        ("\n   two\n lines ", False, "two lines"),
        ("<b" * 10_000, True, "<b" * 10_000),
    ],
)
def test_titles_stay_readable(title: str, html: bool, text: str):
    """HTML becomes text once, what only looks like HTML stays, and text is text."""
    assert text == title_text(title, html=html)


def test_body_text():
    """Blocks of HTML become lines, entities characters, and the rest goes."""
    html = "<p>One &amp; <b>two</b><br>three</p>\n\n\n<ul><li>four</li></ul><!-- five --><img src=x onerror=alert(1)>"
    assert "One & two\nthree\n\nfour" == body_text(html)


def test_gitweb_sends_text():
    """gitweb escapes a title once too few, so that what looks like markup in it is text."""
    titled = atom(
        entry("", "1", more='<title type="html">Use &lt;b&gt;x&lt;/b&gt;</title>'), head="<generator>gitweb</generator>"
    )
    assert ["Use <b>x</b>"] == Reader().titles(titled)
    assert ["Use x"] == Reader().titles(titled.replace("gitweb", "blog"))


def test_a_port_left_out_is_put_in():
    """Links to the host that was asked lead to the port that was asked."""
    links = ["http://git.example/c/1", "http://git.example:90/c/2", "https://git.example/c/3", "http://other.example/4"]
    events = Reader("http://git.example:8080/cgit/site/atom/").events(atom(*(entry("x", link, link) for link in links)))
    assert [links[3], links[2], links[1], "http://git.example:8080/c/1"] == [event.url for event in events]


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({}, "entry_published"),
        ({"Releases": "release_published"}, "release_published"),
        ({"releases": "release_published"}, "release_published"),
        ({"title:site *": "file_uploaded"}, "file_uploaded"),
        ({"link:*/2026/*": "wiki_created", "title:*": "fork"}, "wiki_created"),
        ({"id:tag:*": "create"}, "create"),
        ({"feed:*/news.atom": "company_news"}, "company_news"),
        ({"*": "mq"}, "mq"),
        ({"title:Other *": "mq", "Nothing": "fork"}, "entry_published"),
    ],
)
def test_types_of_the_settings(types: dict[str, str], expected: str):
    """The first pattern that fits decides, by category, title, link, id or feed."""
    news = entry("Site 2.3", "tag:1", "https://forge.example/2026/x", more='<category term="Releases"/>')
    assert [expected] == [event.type for event in Reader(types=types).events(atom(news))]


def test_own_types_come_before_the_known_ones():
    """A file may tell Trac's wiki as something else."""
    item = "<item><title>Home edited</title><guid>1</guid><category>wiki</category></item>"
    assert ["wiki_updated"] == [event.type for event in Reader().events(rss(item))]
    assert ["site_news"] == [event.type for event in Reader(types={"wiki": "site_news"}).events(rss(item))]


def test_a_commit_without_a_hash_is_told_by_its_title():
    """An entry that is called a commit and names none has no commits, and says what it says."""
    event = Reader(types={"*": "commit"}).events(atom(entry("Tidy up", "1")))[0]
    assert ("Tidy up", ()) == (event.title, event.commits)
    assert "New commit: Tidy up (acme/site)" == RENDERER.sentence(event)


def test_commits_are_not_derived():
    """A rule for `commit` or for everything is told the commits of a feed."""
    events = Reader().events(atom(entry("Fix", f"urn:sha1:{'a' * 40}")))
    assert [("commit", False)] == [(event.type, event.derived) for event in events]


def test_a_repository_of_the_settings():
    """Where the address does not tell it, the file does."""
    event = Reader("https://blog.example/feed.xml", repository="acme/site").events(atom(entry("One", "1")))[0]
    assert ("acme/site", NOW) == (event.repository and event.repository.full_name, event.seen_at)
