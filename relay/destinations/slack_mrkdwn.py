"""Slack's two ways to write: mrkdwn inside blocks, and the plain `text` beside them; both inside Slack's limits.

Only `& < >` can start something in Slack (a ping, a link), so these are escaped; `*` or `_` from a forge can make a
word bold and no more. The helpers below give templates one block each. A layout writes them one after another, with no
commas between them, and `finish` makes the array that Slack wants. Sources of the limits: Slack's Block Kit reference;
the total is a little below what was seen to give `msg_blocks_too_long`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from relay.destinations.base import Dialect, Plain, Safe, address, cut, one_line

MOST_BLOCKS, MOST_IN_ALL = 45, 11_000
MOST_SECTION, MOST_FIELD, MOST_FIELDS, MOST_ELEMENT, MOST_ELEMENTS, MOST_HEADER = 3000, 2000, 10, 2000, 10, 150
MOST_TEXT = 600
MOST_URL = 1000
_MARKUP = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_EMOJI: Mapping[str, str] = {
    "Open": "large_green_circle",
    "Draft": "white_circle",
    "Approved": "white_check_mark",
    "Changes requested": "large_yellow_circle",
    "Merged": "large_purple_circle",
    "Closed": "black_circle",
    "Superseded": "black_circle",
    "Failed": "red_circle",
}
_PINGS = (
    (re.compile(r"here|channel|everyone"), "<!{}>"),
    (re.compile(r"[UW][A-Z0-9]{5,20}"), "<@{}>"),
    (re.compile(r"S[A-Z0-9]{5,20}"), "<!subteam^{}>"),
)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fitted(markup: str, most: int) -> str:
    """The markup, at most so many characters, cut visibly and never inside an entity or a link."""
    if len(markup) <= most:
        return markup
    kept, room = [], most - 1
    for token in _MARKUP.finditer(markup):
        room -= len(token[0])
        if room < 0:
            break
        kept.append(token[0])
    return f"{''.join(kept).rstrip()}…"


class Mrkdwn:
    """The blocks of a Slack message."""

    def __init__(self) -> None:
        self.helpers: Mapping[str, Callable[..., Any]] = {
            "section": self.section,
            "fields": self.fields,
            "context": self.context,
            "header": self.header,
            "badge": badge,
            "mention": mention,
        }

    def escape(self, text: str) -> str:
        """The text on one line, unable to ping or to link."""
        return _escaped(one_line(text))

    def link(self, text: str, url: str | None) -> Safe:
        """The text, leading to the address."""
        target, shown = address(url), _markup(self, text)
        if target is None or len(target) > MOST_URL or not shown:
            return shown
        return Safe(f"<{_escaped(target)}|{shown}>")

    def strong(self, text: str) -> Safe:
        """The text in bold; what would end the bold early is dropped."""
        bare = re.sub("[*_~`]", "", one_line(text)).strip()
        return Safe(f"*{_escaped(bare)}*") if bare else Safe(self.escape(text))

    def code(self, text: str) -> Safe:
        """The text as code; a backtick in it becomes an apostrophe."""
        return Safe(f"`{self.escape(text.replace('`', chr(39)))}`") if text else Safe("")

    def quote(self, text: str) -> Safe:
        """Each line behind Slack's mark of a quotation."""
        return Safe("\n".join(f"> {self.escape(line)}" for line in text.splitlines()))

    def section(self, *lines: str | Iterable[str]) -> Safe:
        """A block of text, one line below the other; lines that do not fit are counted. Nothing, for no text."""
        whole = [line for text in _flat(self, lines) for line in text.split("\n") if line.strip()]
        kept: list[str] = []
        room = MOST_SECTION - len("and 99999 more")
        for line in whole:
            room -= len(line) + 1
            if room < 0 and kept:
                break
            kept.append(fitted(line, MOST_SECTION - 20))
        rest = len(whole) - len(kept)
        text = "\n".join([*kept, f"and {rest} more"] if rest else kept)
        return _written({"type": "section", "text": _text(text)}) if text else Safe("")

    def fields(self, **named: str | Iterable[str]) -> Safe:
        """Two columns of names and values, those without a value left out."""
        shown = [
            _text(fitted(f"*{_escaped(name.replace('_', ' '))}*\n{value}", MOST_FIELD))
            for name, values in named.items()
            if (value := ", ".join(filter(None, _flat(self, [values]))))
        ]
        return _written({"type": "section", "fields": shown[:MOST_FIELDS]}) if shown else Safe("")

    def context(self, *items: str | Iterable[str]) -> Safe:
        """Small print, the empty items left out."""
        shown = [_text(fitted(item, MOST_ELEMENT)) for item in _flat(self, items) if item]
        return _written({"type": "context", "elements": shown[:MOST_ELEMENTS]}) if shown else Safe("")

    def header(self, text: str) -> Safe:
        """A line in large type: the headline of several events, never of one."""
        plain = fitted(_escaped(cut(text, MOST_HEADER)), MOST_HEADER)
        return _written({"type": "header", "text": {"type": "plain_text", "emoji": False, "text": plain}})

    def finish(self, text: str) -> str:
        """The blocks as one JSON array within Slack's limits, the rest counted. Words without a block make a section.

        Raises ValueError for what starts like JSON and is none.
        """
        text = text.strip()
        blocks = list(_blocks(self.section(Safe(text)) if text and text[0] not in "[{" else text))
        kept: list[Any] = []
        room = MOST_IN_ALL
        for block in blocks:
            room -= len(_written(block))
            if room < 0 or len(kept) == MOST_BLOCKS:
                break
            kept.append(block)
        if len(kept) < len(blocks):
            kept.append({"type": "context", "elements": [_text(f"and {len(blocks) - len(kept)} more")]})
        return _written(kept)


class SlackText(Plain):
    """The `text` of a Slack message: what phones and screen readers get. Plain words, at most 600 characters."""

    def __init__(self) -> None:
        self.helpers: Mapping[str, Callable[..., Any]] = {"sentences": self.sentences, "mention": mention}

    def escape(self, text: str) -> str:
        """The text on one line, unable to ping or to link."""
        return _escaped(one_line(text))

    def quote(self, text: str) -> Safe:
        """The words between quotation marks, on one line."""
        words = self.escape(" ".join(line.strip() for line in text.splitlines()))
        return Safe(f'"{words}"') if words else Safe("")

    def sentences(self, *said: str | Iterable[str]) -> Safe:
        """Rendered words as sentences one behind the other, the empty ones left out."""
        return Safe(". ".join(part.strip().rstrip(".") for part in _flat(self, said) if part.strip()))

    def finish(self, text: str) -> str:
        """The text on one line, cut visibly."""
        return fitted(" ".join(text.split()), MOST_TEXT)


def _flat(dialect: Dialect, items: Iterable[str | Iterable[str]]) -> Iterator[Safe]:
    for item in items:
        if isinstance(item, str):
            yield _markup(dialect, item)
        else:
            yield from _flat(dialect, item)


def _markup(dialect: Dialect, text: str) -> Safe:
    return text if isinstance(text, Safe) else Safe(dialect.escape(text))


def badge(status: str) -> Safe:
    """The state's emoji and its word: colour only repeats what is said."""
    emoji = _EMOJI.get(status)
    return Safe(f":{emoji}: {status}" if emoji else _escaped(status))


def mention(wanted: object) -> Safe:
    """Pings for those whom the route names: here, channel, everyone, or ids of users and groups. Nobody else."""
    names = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, (list, tuple)) else []
    return Safe(" ".join(found for name in names if (found := ping(str(name)))))


def ping(name: str) -> str:
    """What pings one of them, with or without an @; empty for anybody else."""
    bare = name.lstrip("@")
    return next((how.format(bare) for shape, how in _PINGS if shape.fullmatch(bare)), "")


def _text(markup: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "verbatim": True, "text": markup}


def _written(value: object) -> Safe:
    return Safe(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _blocks(text: str) -> Iterator[Any]:
    """The JSON values that stand one after another in the text; arrays among them are opened."""
    decoder = json.JSONDecoder()
    while text := text.lstrip(" \r\n\t,"):
        value, end = decoder.raw_decode(text)
        yield from value if isinstance(value, list) else [value]
        text = text[end:]
