"""What an Atom or RSS answer holds: its entries as they stand there, read without trust. Pure.

feedparser does the reading, kept away from what would hurt it: its guesses at encodings, entity declarations, deep
nesting, and its search for a mail address in a long author, whose time grows with the square of the length.
"""

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from relay.errors import FeedGarbled
from relay.fields import Fields
from relay.http import Response
from relay.sources.feed_address import origin
from relay.storable import clean

_ENCODINGS = re.compile(
    r"utf-?(?:8|16|16[bl]e)|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|gb(?:k|2312|18030)|big5|shift_jis|euc-(?:jp|kr)"
)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.I)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML has no way to write them
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+));", re.I)
_AUTHOR = re.compile(
    r"(<(?:\w+:)?(?:author|creator|managingeditor|webmaster)\b[^<>]*>(?:[^<&]|&[^<&;]{1,10};){250})[^<]+", re.I
)
_ELEMENT = re.compile(r"<\w")
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.I)
_END = re.compile(r"</(?:rss|feed|rdf:rdf|channel)\s*>\s*(?:<!--[^<>]*-->\s*)*$", re.I)
_DEEPEST = 100
_MOST_TAGS = 200_000
_MOST_BROKEN = 20_000  # tags of a feed that is not well-formed: those are read by another parser, which is slow
_MOST_LABELS = 5_000  # feedparser compares each category of an entry with all before it
_LABELS = ("category", "keywords", "subject", "tags")


@dataclass(frozen=True)
class Entry:
    """An entry as the feed has it; `body` is its content, else its summary; the addresses are http or https."""

    id: str | None
    link: str | None
    title: str
    title_is_html: bool
    body: str
    body_is_html: bool
    categories: tuple[str, ...]
    author: str | None
    author_url: str | None
    avatar_url: str | None
    at: datetime | None


@dataclass(frozen=True)
class Document:
    """A feed as it was answered, in its own order; `flaw` says why it is no well-formed XML.

    `own` are the origin asked and those that the server believes to have, which may be made up from reverse DNS.
    """

    entries: tuple[Entry, ...]
    generator: str
    own: frozenset[str]
    flaw: str | None


def read(response: Response) -> Document:
    """The feed in an answer of 200. Raises FeedGarbled where there is none, or one that is made to do harm."""
    place = response.url.partition("?")[0]
    text = _decoded(response.body, response.headers.get("content-type", ""))
    if not text.strip():
        raise FeedGarbled(f"{place} sent an empty answer instead of a feed")
    if _PAGE.match(text):
        raise FeedGarbled(f"{place} sent HTML instead of a feed; does it ask for a login, or is there another address?")
    text = _INVALID.sub("\ufffd", _REFERENCE.sub(_possible, _DECLARATION.sub("", text)))
    text = _AUTHOR.sub(r"\1", text)
    data = text.encode("utf-8", "replace")
    flaw = _examine(data, place)
    if "<!ENTITY" in _ELEMENT.split(text, maxsplit=1)[0]:
        raise _harmful(place, "declares entities of its own")
    if flaw and not _END.search(text[-1000:]):
        raise FeedGarbled(f"{place} sent half a feed, or none ({flaw})")
    if flaw and text.count("<") > _MOST_BROKEN:
        raise FeedGarbled(f"{place} sent {len(data)} bytes that are not well-formed XML ({flaw}), too many to mend")
    return _document(_parsed(data, response.url, place), flaw, response.url)


def _decoded(body: bytes, content_type: str) -> str:
    """The text, by its byte order mark, the header, its XML declaration, or as UTF-8; never by an unusual codec."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    declared, charset = _DECLARED.match(body), _CHARSET.search(content_type)
    names = [charset[1]] if charset else []
    names += [declared[1].decode()] if declared else []
    for name in (name.lower() for name in names):
        try:
            return body.decode(name) if _ENCODINGS.fullmatch(name) else body.decode()
        except (UnicodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _possible(reference: re.Match[str]) -> str:
    """A character reference, or what stands for one to a character that XML cannot hold."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    code = int(digits, base) if len(digits) < 9 else 0
    valid = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if valid else "\ufffd"


def _harmful(place: str, how: str) -> FeedGarbled:
    return FeedGarbled(f"{place} sent XML that {how}; not read")


def _examine(data: bytes, place: str) -> str | None:
    """Why the document is not well-formed XML; None if it is. Raises FeedGarbled for what would do harm."""
    parser = expat.ParserCreate()
    depth = tags = labels = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, tags, labels
        depth, tags, labels = depth + 1, tags + 1, labels + (name.rpartition(":")[2].lower() in _LABELS)
        if depth > _DEEPEST or tags > _MOST_TAGS or labels > _MOST_LABELS:
            raise _harmful(place, "is nested or repeated beyond what a feed can be")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> None:
        raise _harmful(place, "declares entities of its own")

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, declared
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return str(error)
    return None


def _parsed(data: bytes, url: str, place: str) -> Any:
    import feedparser  # type: ignore[import-untyped]  # it has no types

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # noqa: BLE001 - whatever a library makes of hostile XML, the feed is told as garbled
        raise FeedGarbled(f"{place} sent a feed that cannot be read ({type(error).__name__})") from None


def _document(parsed: Any, flaw: str | None, url: str) -> Document:
    if not parsed["version"]:
        raise FeedGarbled(f"{url.partition('?')[0]} sent XML that is neither Atom nor RSS; is this a feed's address?")
    feed = Fields(_plain(parsed["feed"]))
    claimed = [feed.text("id"), feed.text("link"), *(link.text("href") for link in feed.items("links"))]
    own = frozenset(origin(one) for one in (url, *map(web, claimed)) if one)
    named = str(parsed["version"]).startswith("atom")
    entries = tuple(_entry(Fields(_plain(entry)), named) for entry in parsed["entries"])
    return Document(entries, feed.text("generator") or "", own, flaw)


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """An ordinary dictionary: feedparser's own answers for keys that it does not hold."""
    return {key: dict.__getitem__(value, key) for key in value}  # type: ignore[index]


def _entry(raw: Fields, named: bool) -> Entry:
    """`named`: authors are elements with a name of their own, as in Atom, and not one line of text with a mail in it."""
    body = raw.at("content", 0) or raw.at("summary_detail")
    return Entry(
        id=raw.text("id"),
        link=web(raw.text("link")),
        title=raw.text("title") or "",
        title_is_html=_is_html(raw.text("title_detail", "type")),
        body=body.text("value") or "",
        body_is_html=_is_html(body.text("type")),
        categories=tuple(term for tag in raw.items("tags") if (term := tag.text("term"))),
        author=raw.text("author_detail", "name") if named else raw.text("author"),
        author_url=web(raw.text("author_detail", "href")),
        avatar_url=web(raw.text("media_thumbnail", 0, "url")),
        at=_time(raw.at("published_parsed").value) or _time(raw.at("updated_parsed").value),
    )


def _is_html(type: str | None) -> bool:
    return type in ("text/html", "application/xhtml+xml")


def web(url: str | None) -> str | None:
    """An address that may be shown as a link, or None."""
    url = "".join(clean(url or "").split())
    try:
        return url if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc else None
    except ValueError:
        return None


def _time(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
