"""Reading feeds that are broken, hostile, or written in another century."""

import pytest

from relay.errors import FeedGarbled
from tests.sources.feed_polling import Reader, atom, entry, rss

MESSAGE = "nested or repeated"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "an empty answer"),
        (" \n", "an empty answer"),
        ("\n<HTML><body>Please sign in</body></HTML>", "does it ask for a login"),
        ("<!doctype html><title>x</title>", "does it ask for a login"),
        ('{"values": []}', "half a feed, or none"),
        (atom(entry("One", "1"))[:-20], "half a feed, or none"),
        ("<opml version='1.0'><body/></opml>", "neither Atom nor RSS"),
        ("<rss version='2.0'><channel>" + "<a>" * 400 + "</a>" * 400 + "</channel></rss>", MESSAGE),
        ("<feed>" + "<category/>" * 6000 + "</feed>", MESSAGE),
        ("<feed>" + "<a/>" * 250_000 + "</feed>", MESSAGE),
        ("<rss>" + "<a>&</a>" * 20_000 + "</rss>", "too many to mend"),
    ],
)
def test_what_is_no_feed(body: str, words: str):
    """What cannot be a feed, or is made to be slow, is refused in words."""
    with pytest.raises(FeedGarbled, match=words):
        Reader().page(body)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + rss("<item><title>&b;</title></item>")


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        f"<!-- <a> -->{BOMB}".encode(),
        BOMB.replace("</rss>", "&</rss>").encode(),
        b"\x01" + BOMB.encode(),
        BOMB.replace("ENTITY a", "ENTITY % a").encode(),
        BOMB.replace('"aaaa"', 'SYSTEM "file:///etc/hostname"').encode(),
    ],
)
def test_entities_are_never_expanded(body: bytes):
    """A document that declares entities is not read, be it well-formed or not."""
    with pytest.raises(FeedGarbled, match="declares entities of its own"):
        Reader().page(body)


def test_an_unusual_codec_is_not_used():
    """A declared encoding that is no plain one, such as a slow or an escaping one, is read as UTF-8."""
    smuggled = b"<?xml version='1.0' encoding='utf-7'?>" + rss("<item><title>+ADw-b+AD4</title></item>").encode()
    assert ["+ADw-b+AD4"] == Reader().titles(smuggled)


@pytest.mark.parametrize(
    ("declared", "content_type", "encoding"),
    [
        ("", "text/xml", "utf-8"),
        ("", "application/rss+xml", "utf-8-sig"),
        ("", "application/rss+xml", "utf-16"),
        ("iso-8859-1", "text/xml", "iso-8859-1"),
        ("utf-8", 'text/xml; charset="windows-1252"', "windows-1252"),
        ("windows-1252", "text/xml; charset=utf-8", "windows-1252"),
        ("UTF-8", "text/plain", "utf-8"),
    ],
)
def test_encodings(declared: str, content_type: str, encoding: str):
    """The mark, the header, the declaration and UTF-8 are tried, in that order, until one reads it."""
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = (head + rss("<item><title>Zoë’s café</title></item>")).encode(encoding, "xmlcharrefreplace")
    page = Reader().page(body, content_type)
    assert [("Zoë’s café", ())] == [(found.event.title, page.warnings) for found in page.found]


def test_a_feed_that_is_not_well_formed_is_read_and_told():
    """A stray & hides nothing; where the fault lies is a warning, once for what is new."""
    body = rss("<item><title>Tom & Jerry</title><guid>1</guid></item>", "<item><title>B</title><guid>2</guid></item>")
    reader = Reader()
    page = reader.page(body)
    assert ["B", "Tom & Jerry"] == [found.event.title for found in page.found]
    assert page.warnings[0].startswith("is not well-formed XML (not well-formed (invalid token): line 1, column ")
    assert () == reader.page(body + "\n").warnings


def test_characters_that_xml_cannot_hold_do_no_harm():
    """A control character in a commit's message leaves the feed well-formed."""
    page = Reader().page(rss("<item><title>a\x1b[31mb\x00</title><guid>1</guid></item>"))
    assert ([], "a\ufffd[31mb\ufffd") == (list(page.warnings), page.found[0].event.title)


@pytest.mark.parametrize("tag", ["author", "managingEditor", "dc:creator"])
def test_a_long_author_is_not_slow(tag: str):
    """The name in a line of two million characters is cut before anything searches it."""
    item = f"<item><title>A</title><{tag}>{'a' * 2_000_000}</{tag}></item>"
    body = rss(item).replace("<rss", '<rss xmlns:dc="http://purl.org/dc/elements/1.1/"')
    assert [("A", True)] == [
        (e.title, e.actor is None or len(e.actor.display_name) <= 250) for e in Reader().events(body)
    ]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://[", "data:text/html,x", "mailto:a@b.example"])
def test_links_that_lead_nowhere_safe(link: str):
    """A link that is no web address is none; its entry is told."""
    assert [("One", None)] == [(event.title, event.url) for event in Reader().events(atom(entry("One", "1", link)))]


def test_relative_links_count_from_the_feed():
    """A link without a host leads to the host of the feed."""
    events = Reader("https://blog.example/a/feed.xml").events(atom(entry("One", "1", "../b?x=1&amp;y=2")))
    assert ["https://blog.example/b?x=1&y=2"] == [event.url for event in events]


@pytest.mark.parametrize("reference", ["&#xD800;", "&#0;", "&#27;", "&#x110000;", f"&#{'9' * 5000};", "&#xFFFF;"])
def test_references_to_impossible_characters(reference: str):
    """A reference to what is no character hides neither its entry nor the others."""
    page = Reader().page(rss(f"<item><title>a{reference}b</title></item>", "<item><title>c</title></item>"))
    assert (["c", "a\ufffdb"], ()) == ([found.event.title for found in page.found], page.warnings)
