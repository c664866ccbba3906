"""The text in what feeds send as text, HTML or either: readable, whatever was escaped too seldom or too often. Pure.

What this returns is plain text, which destinations escape: nothing in it can be markup for them.
"""

import re
from html import unescape

MOST_TEXT = 64 * 1024
"""Characters kept of a text."""
_MOST_NAME = 200
_INLINE = re.compile(
    r"</?(?:a|abbr|b|big|br|code|del|em|font|i|img|ins|kbd|p|pre|s|small|span|strong|sub|sup|tt|u)\b[^<>]*/?>", re.I
)
_BLOCK_ENDS = re.compile(r"<br\b[^<>]*>|</(?:p|div|li|pre|tr|h\d|blockquote)\s*>", re.I)
_TAG = re.compile(r"<[a-z/!][^<>]*>", re.I)
_MAIL = re.compile(r"\s*(?:<[^<>]*>|\([^()@]*@[^()]*\)|\[[^\[\]@]*@[^\[\]]*\])")


def on_one_line(text: str) -> str:
    """The text without line breaks and runs of blanks."""
    return " ".join(text[:MOST_TEXT].split())


def title_text(title: str, *, html: bool) -> str:
    """A title as it was meant. gitweb and their like declare HTML and send text: a `<widget>` in it stays readable.

    Only tags that stand in titles for the look of them are taken off; entities are read once.
    """
    return on_one_line(unescape(_INLINE.sub("", title[:MOST_TEXT])) if html else title)


def body_text(body: str) -> str:
    """The text of HTML, with line breaks where its blocks end."""
    lines = unescape(_TAG.sub("", _BLOCK_ENDS.sub("\n", body[: 4 * MOST_TEXT]))).splitlines()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()[:MOST_TEXT]


def person(author: str | None) -> str | None:
    """The name in `Ada Lovelace <ada@example.org>` or `ada@example.org (Ada)`; of a lone mail address what is before @."""
    text = on_one_line(unescape(author or "")[: 2 * _MOST_NAME])
    name = _MAIL.sub("", text).strip(" \"'") or text.strip("<>() ")
    remark = re.fullmatch(r"[^\s()@]+@[^\s()]+ \((.+)\)", name)
    name = remark[1] if remark else name
    return re.sub(r"@[^\s@]*", "", name)[:_MOST_NAME].strip() or None if "@" in name else name[:_MOST_NAME] or None
