"""What patterns match."""

from hypothesis import given
from hypothesis import strategies as st

from relay.globs import Globs, literals


def test_many_stars_on_a_long_text_are_quick() -> None:
    """A glob never tries one star against another over and over."""
    assert not Globs(["*a*a*a*a*a*a*a*a*a*b"]).match("a" * 50_000)


def test_literals_leave_wildcards_out() -> None:
    """What a glob fixes is what is left without its stars and question marks."""
    assert 12 == literals("pullrequest_*?")


@given(st.text("ab/[.*?", max_size=12), st.text("ab/[.", max_size=12))
def test_globs_agree_with_the_slow_definition(pattern: str, text: str) -> None:
    """A glob matches exactly what trying every split of the text would match."""
    assert slowly(pattern, text) == Globs([pattern]).match(text)


def slowly(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slowly(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slowly(pattern[1:], text[1:])
