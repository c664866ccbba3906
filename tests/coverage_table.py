"""The README's table of which kind of source gives which event type, made of what `relay types` shows.

    python -m tests.coverage_table

writes it anew.
"""

import re
from collections.abc import Iterator, Sequence

from relay.vocabulary import coverage
from tests.pictures.make import README

BEGIN, END = "<!-- python -m tests.coverage_table -->\n", "<!-- end of the table -->\n"
PLACE = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)


def table() -> str:
    """The table in Markdown, between its marks."""
    return BEGIN + "".join(f"{row}\n" for row in _rows()) + END


def _rows() -> Iterator[str]:
    head, *rows = coverage()
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from (_row((f"`{name}`", *cells)) for name, *cells in rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    README.write_text(PLACE.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
