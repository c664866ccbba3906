"""Text that can be stored and sent everywhere, and what is always made of it."""

import pytest

from relay.errors import FeedGarbled, Refused
from relay.storable import LONGEST, clean, fitting


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("Zoë 🙂", "Zoë 🙂"),
        ("a\0b", "a\ufffdb"),
        ("a\ud83d", "a\ufffd"),
        ("\0\udc00", "\ufffd" * 2),
    ],
)
def test_what_cannot_be_stored_is_marked(text: str, cleaned: str) -> None:
    """NUL and lone surrogates become U+FFFD, whatever stands beside them."""
    assert cleaned == clean(text)


def test_no_failure_says_what_cannot_be_stored() -> None:
    """A failure's text is kept with the feed or the attempt: what a server put into it must not keep it from there."""
    refused = Refused("said \0", answer="more \ud800")
    assert ("a \ufffd", "said \ufffd", "more \ufffd") == (str(FeedGarbled("a \udfff")), str(refused), refused.answer)


def test_what_is_too_long_for_an_index_stays_itself() -> None:
    """A short text is kept as it is; of two long ones that differ at their ends each has a name of its own."""
    long = "a" * 5000
    assert ["dev", LONGEST, LONGEST] == [fitting("dev"), len(fitting(long)), len(fitting(long + "b"))]
    assert fitting(long) == fitting(long) != fitting(long + "b")
