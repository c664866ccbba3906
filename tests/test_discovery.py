"""Lists of repositories with patterns, and what changed in what a forge lists."""

from datetime import timedelta

import pytest

from relay.discovery import REMEMBERED, Present, Renamed, Turn, selection, turn
from relay.errors import FeedError
from tests.stage import NOON

ALL = selection(["acme/*"])


def listing(cursor: object, *names: str, wanted: object = ALL, age: float = 24.0) -> Turn:
    """The turn of a listing in which a repository's id is its slug's first letter, all of them so many hours old."""
    made = NOON - timedelta(hours=age)
    found = [Present(name[0], f"acme/{name}", made) for name in names]
    return turn(cursor, found, wanted, "acme", NOON)  # type: ignore[arg-type]


def after(*listings: tuple[str, ...]) -> object:
    """The cursor after these listings."""
    cursor: object = None
    for names in listings:
        cursor = listing(cursor, *names).cursor
    return cursor


def names(found: tuple[Present, ...]) -> list[str]:
    return [one.name for one in found]


def test_names_and_patterns_are_told_apart() -> None:
    """Each name and each owner comes once, as it is written first."""
    read = selection(["acme/site", "Acme/*", "ACME/site", "acme/web-*", "lab/a?", "!lab/ab"])
    assert (("acme/site",), ("Acme", "lab")) == (read.named, read.owners)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("acme/web", True),
        ("Acme/WEB", True),
        ("renamed-owner/web", True),
        ("acme/old-web", False),
        ("acme/site", False),
    ],
)
def test_what_a_pattern_takes(name: str, taken: bool) -> None:
    """All that a pattern is like, in either case, but what is excluded or named in full."""
    assert taken == selection(["acme/site", "acme/*", "!ACME/old-*"]).takes("acme", name)


@pytest.mark.parametrize(
    ("name", "taken"),
    [("lab/core/web-ui", True), ("lab/core/db", False), ("lab/core/deep/web-api", True), ("lab/core/deep/x", False)],
)
def test_patterns_of_nested_owners(name: str, taken: bool) -> None:
    """The segments before a pattern's first star are its owner, and a star crosses slashes."""
    read = selection(["lab/core/*web-*"], nested=True)
    assert ("lab/core",) == read.owners
    assert taken == read.takes("lab/core", name)


def test_an_owner_within_another_is_listed_with_it() -> None:
    """One listing of a group holds its subgroups, and a repository is in one listing alone."""
    read = selection(["lab/sub/*", "lab/*", "labour/*"], nested=True)
    assert ("lab", "labour") == read.owners


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        (["acme"], "'acme' is not owner/slug"),
        (["acme/a/b"], "'acme/a/b' is not owner/slug"),
        (["acme/../x"], "'acme/../x' is not owner/slug"),
        (["*/site"], r"'\*/site' names no owner"),
        (["acme/site", "!acme/old"], "'!acme/old' excludes nothing"),
    ],
)
def test_what_cannot_be_meant(items: list[str], problem: str) -> None:
    """A list that stands for nothing sensible is refused with a sentence."""
    with pytest.raises(ValueError, match=problem):
        selection(items)


def test_first_sight_tells_nothing() -> None:
    """What is there at first sight was not created just now."""
    first = listing(None, "a", "b")
    assert (True, ["acme/a", "acme/b"], ()) == (first.first, names(first.listed), first.created)


def test_an_unchanged_listing_keeps_its_cursor() -> None:
    """In whatever order the forge lists, the very object comes back."""
    cursor = after(("a", "b"))
    assert cursor is listing(cursor, "b", "a").cursor


def test_a_repository_that_appears_was_created() -> None:
    """One made after first sight is new, whenever relay comes to see it."""
    assert ["acme/b"] == names(listing(after(("a",)), "a", "b", age=1).created)


def test_a_repository_that_comes_into_view_was_not_created() -> None:
    """An old one that a new permission shows is followed, and not told as new."""
    now = listing(after(("a",)), "a", "b", age=30)
    assert (["acme/a", "acme/b"], ()) == (names(now.listed), now.created)


@pytest.mark.parametrize(("minutes", "created"), [(-30, ["acme/new"]), (-90, [])])
def test_the_first_repository_of_an_owner_by_another_clock(minutes: int, created: list[str]) -> None:
    """Where nothing was listed at first sight, the clock of a forge that is half an hour behind counts too."""
    wanted, first = selection(["acme/*"]), turn(None, (), selection(["acme/*"]), "acme", NOON)
    new = Present("9", "acme/new", NOON + timedelta(minutes=minutes))
    assert created == names(turn(first.cursor, [new], wanted, "acme", NOON).created)


def test_a_changed_pattern_creates_nothing() -> None:
    """What the old patterns left out was there all the same."""
    cursor = listing(None, "a", "b", wanted=selection(["acme/a*"])).cursor
    now = listing(cursor, "a", "b")
    assert (["acme/a", "acme/b"], ()) == (names(now.listed), now.created)


def test_a_renamed_repository_stays_itself() -> None:
    """The same id with another name is a rename, and neither new nor gone."""
    now = listing(after(("alpha",)), "atom", age=1)
    assert (Renamed("a", "acme/alpha", "acme/atom"),) == now.renamed
    assert ((), ()) == (now.created, now.gone)


def test_gone_is_what_two_listings_lack() -> None:
    """Missing once it stays listed; missing twice it has gone, and that is told once."""
    once = listing(after(("a", "b")), "a")
    twice = listing(once.cursor, "a")
    assert (["acme/a", "acme/b"], []) == (names(once.listed), names(once.gone))
    assert (["acme/a"], ["acme/b"]) == (names(twice.listed), names(twice.gone))
    assert () == listing(twice.cursor, "a").gone


def test_missing_now_and_then_is_not_gone() -> None:
    """A repository that a listing passes over is there again at the next."""
    assert () == listing(after(("a", "b"), ("a",), ("a", "b")), "a").gone


def test_a_listing_that_is_suddenly_empty() -> None:
    """It is believed the second time only."""
    once = listing(after(("a", "b")))
    assert ["acme/a", "acme/b"] == names(once.listed)
    assert ["acme/a", "acme/b"] == names(listing(once.cursor).gone)


def test_one_that_comes_back_was_not_created_again() -> None:
    """A repository that had gone is listed again, silently."""
    now = listing(after(("a",), ("a", "b"), ("a",), ("a",)), "a", "b", age=1)
    assert (["acme/a", "acme/b"], ()) == (names(now.listed), now.created)


def test_what_went_is_not_remembered_forever() -> None:
    """The cursor stays bounded, however many come and go."""
    cursor = turn(None, [], ALL, "acme", NOON).cursor
    many = [Present(str(number), f"acme/{number}") for number in range(REMEMBERED + 10)]
    for found in (many, [], []):
        cursor = turn(cursor, found, ALL, "acme", NOON).cursor
    assert REMEMBERED == len(cursor["gone"])


def test_what_nobody_asked_for_is_not_told() -> None:
    """Repositories outside the patterns come, go and change their names unheard."""
    wanted = selection(["acme/*", "!acme/x*"])
    cursor = listing(None, "xa", "a", wanted=wanted).cursor
    now = listing(cursor, "xb", "a", wanted=wanted, age=1)
    assert (["acme/a"], (), ()) == (names(now.listed), now.created, now.renamed)


@pytest.mark.parametrize(
    "cursor",
    [
        [],
        {},
        {"since": "x"},
        {"since": "2026-11-22T12:00:00", "known": []},
        {"since": "2026-11-22T12:00:00", "known": {"a": 7}, "gone": {}},
    ],
)
def test_a_damaged_cursor_is_told(cursor: object) -> None:
    """What this cannot have written is an error of the feed."""
    with pytest.raises(FeedError, match="damaged"):
        listing(cursor, "a")
