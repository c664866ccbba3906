"""What every dialect stands on: one line, cut visibly, leading to the web alone."""

import json

import pytest

from relay.destinations.base import Json, Plain, Safe, address, cut, one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand\u2028more\x85x", "two lines and more x"),
        ("\x1b[31mred\x07\x00", "[31mred\ufffd"),
        ("a\u202eb\u2066c\u200bd\ufeffe\u00adf", "abcdef"),
        ("\ud800 lone", "\ufffd lone"),
        ("naïve 日本語 🎉", "naïve 日本語 🎉"),
    ],
)
def test_text_is_one_line_with_nothing_unseen(text: str, expected: str) -> None:
    """Line breaks become spaces; control, bidi and zero-width characters go; the rest stays."""
    assert expected == one_line(text)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("some words", 6, "some…"),
        ("a\n\nb", 3, "a b"),
        ("\n" * 1000 + "x", 10, "…"),
        ("x" * 100_000, 3, "xx…"),
    ],
)
def test_a_cut_is_visible_and_inside_the_limit(text: str, most: int, expected: str) -> None:
    """The ellipsis counts, and no space stands before it."""
    assert expected == cut(text, most)


def test_a_path_keeps_its_end() -> None:
    """Of a long path, the file is what matters."""
    assert "…gs/theme.py" == cut("app/settings/theme.py", 12, end=True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://forge.example/a?b=c#d", "https://forge.example/a?b=c#d"),
        ("HTTP://forge.example/%7Ea", "http://forge.example/%7Ea"),
        ("https://me:pw@forge.example/", "https://forge.example/"),
        ('https://forge.example/a b|<c>"\n', "https://forge.example/a%20b%7C%3Cc%3E%22"),
        ("https://forge.example/ä", "https://forge.example/%C3%A4"),
        ("https://", None),
        ("https://[bad", None),
        ("javascript:alert(1)", None),
        ("//forge.example", None),
        ("", None),
        (None, None),
        ("https://forge.example/" + "a" * 2000, None),
    ],
)
def test_an_address_leads_to_the_web_alone(url: str | None, expected: str | None) -> None:
    """Only http and https, without credentials, and with nothing in it that could end it early."""
    assert expected == address(url)


def test_plain_text_quotes_line_by_line() -> None:
    """Each quoted line has its mark, and what is markup already is left alone."""
    assert "> one\n> two" == Plain().quote("one\ntwo")
    assert "a\nb" == Plain().link(Safe("a\nb"), "https://forge.example")


def test_json_keeps_the_lines_of_a_quotation() -> None:
    """A program gets somebody's words as they are."""
    assert "one\ntwo" == json.loads(f'"{Json().quote("one" + chr(10) + "two")}"')
