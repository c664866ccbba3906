"""HTML for mail, as a dialect: text is escaped, links lead to http and https alone, and every style is inline.

Styles are inline because Gmail drops a style block it does not like; the classes are there for the dark colours alone,
which the layout's small style block sets where a mail program keeps it.
"""

import html
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from relay.destinations.base import Safe, address, one_line

_CODE = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"


class Html:
    """The second part of a mail."""

    helpers: Mapping[str, Callable[..., object]] = MappingProxyType({"address": address})

    def escape(self, text: str) -> str:
        """The text with `& < > " '` as entities and nothing unseen in it: safe in an element and in an attribute."""
        return html.escape(one_line(text))

    def link(self, text: str, url: str | None) -> Safe:
        """The text, underlined and leading to the address: colour alone would be too little beside words."""
        target = address(url)
        if target is None:
            return self._markup(text)
        style = "color:#0a58ca;text-decoration:underline"
        return Safe(f'<a class="l" href="{html.escape(target)}" style="{style}">{self._markup(text)}</a>')

    def strong(self, text: str) -> Safe:
        """The text in bold, its direction its own."""
        return Safe(f"<b><bdi>{self._markup(text)}</bdi></b>")

    def code(self, text: str) -> Safe:
        """The text in the fixed-width face, on the ground of code."""
        style = f"font-family:{_CODE};font-size:14px;background:#eef1f5;border-radius:4px;padding:1px 4px"
        return Safe(f'<code class="k" dir="auto" style="{style}">{self._markup(text)}</code>')

    def quote(self, text: str) -> Safe:
        """The lines of the text, one below the other; the layout draws the rule beside them."""
        return Safe("<br>".join(self.escape(line) for line in text.splitlines()))

    def finish(self, text: str) -> str:
        """The text without blank lines and indentation, which a mail need not carry."""
        return re.sub(r"\s*\n\s*", "\n", text).strip()

    def _markup(self, text: str) -> Safe:
        return text if isinstance(text, Safe) else Safe(self.escape(text))
