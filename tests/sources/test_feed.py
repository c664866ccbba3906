"""The feed source: what is new in a feed whose ids, dates and lists cannot be relied on."""

from datetime import timedelta

import pytest

from relay.errors import FeedError
from relay.sources.base import Start
from tests.servers import Reply, Server
from tests.sources.feed_polling import NOW, Reader, atom, entry, polls
from tests.sources.forges.feed import NOON, Forge

SHA = "0c43021dcf75682407b6c667d006c4c547a3bc30"


def news(*numbers: int) -> str:
    """A feed of numbered entries, newest first."""
    return atom(*(entry(f"News {n}", f"tag:news,{n}") for n in numbers))


def test_a_second_poll_says_nothing():
    """What was told once is not told again, and the cursor stays the very object."""
    reader = Reader()
    assert ["News 1", "News 2"] == reader.titles(news(2, 1))
    assert () == reader.page(news(2, 1)).found


def test_entries_that_slide_back_in_are_known():
    """An entry that vanished from the feed and comes back is not new."""
    reader = Reader()
    reader.page(news(3, 2, 1))
    assert ["News 9"] == reader.titles(news(9))
    assert [] == reader.titles(news(9, 3, 2, 1))


def test_memory_is_longer_than_the_feed():
    """An entry of 400 entries ago is still known."""
    reader = Reader()
    for first in range(0, 400, 20):
        reader.page(news(*range(first + 20, first, -1)))
    assert [] == reader.titles(news(400, 5, 1))


def test_a_late_entry_is_found():
    """An entry that appears below known ones is new, whatever its date says."""
    reader = Reader()
    reader.page(news(3, 1))
    late = atom(entry("News 3", "tag:news,3"), entry("Late", "tag:news,2", at="1999-01-01T00:00:00Z"))
    assert ["Late"] == reader.titles(late)


def test_dates_do_not_decide():
    """An entry is new though its date is older than all, is missing, or says nothing."""
    reader = Reader()
    reader.page(news(3))
    dates = ["1970-01-01T00:00:00Z", "", "yesterday"]
    assert 3 == len(reader.titles(atom(*(entry(f"E{n}", f"e{n}", at=at) for n, at in enumerate(dates)))))


def test_a_date_ahead_is_no_date():
    """What lies ahead of relay's clock is not when it happened."""
    future = (NOW + timedelta(days=400)).isoformat()
    assert [None] == [event.occurred_at for event in Reader().events(atom(entry("E", "e", at=future)))]


def test_the_same_second_keeps_the_order_of_the_list():
    """Entries of one second come in the order of the list, from its end."""
    assert ["News 1", "News 3", "News 2"] == Reader().titles(news(2, 3, 1))


def test_without_an_id_the_link_identifies():
    """An entry without an id is known by where it leads, though its title changes."""
    reader = Reader()
    reader.page(atom(entry("One", link="https://a.example/1")))
    edited = atom(entry("Two", link="https://a.example/2"), entry("One!", link="https://a.example/1"))
    assert ["Two"] == reader.titles(edited)


def test_without_id_and_link_title_and_date_identify():
    """The same title on another day is another entry."""
    reader = Reader()
    reader.page(atom(entry("Backup done", at="2026-11-21T00:00:00Z")))
    page = reader.page(atom(entry("Backup done"), entry("Backup done", at="2026-11-21T00:00:00Z")))
    assert ["Backup done"] == [found.event.title for found in page.found]


def test_a_repeated_id_lies():
    """Entries that share an id on one page are told apart, and stay known when one is alone again."""
    reader = Reader()
    one, two = entry("v1", "x#tag-1"), entry("v1.1", "x#tag-1")
    assert 1 == len(reader.titles(atom(one)))
    assert 1 == len(reader.titles(atom(two, one)))
    assert [] == reader.titles(atom(two)) + reader.titles(atom(one)) + reader.titles(atom(one, two, two))


def test_the_host_in_an_id_may_change():
    """Ids and links that hold the server's own host are the same under another name of it."""
    reader = Reader("http://127.0.0.1:8000/atom-log")
    old, new = (
        atom(entry("Fix", f"{host}/#changeset-{SHA}", f"{host}/rev/0c43021"), head=f"<id>{host}/</id>")
        for host in ("http://localhost:8000", "https://hg.example")
    )
    assert ["Fix"] == reader.titles(old)
    assert [] == reader.titles(new)


def test_the_host_of_others_counts():
    """In a feed about many sites the same path on two of them is two entries."""
    planet = atom(
        *(entry(host, f"https://{host}.example/?p=1") for host in "ab"), head="<id>https://planet.example/</id>"
    )
    assert ["b", "a"] == Reader().titles(planet)


def test_a_commit_is_told_once_for_all_feeds():
    """Two feeds of a repository give one commit the same id; two repositories do not."""
    feed = atom(entry("Fix", f"urn:sha1:{SHA}"))
    places = ["https://git.example/a/atom/?h=main", "https://git.example/a/atom/?h=dev", "https://git.example/b/atom/"]
    ids = [Reader(place).events(feed)[0].id for place in places]
    assert (ids[0], True) == (ids[1], ids[0] != ids[2])


@pytest.mark.parametrize(
    ("start", "routed"),
    [(Start(), []), (Start("all"), [1, 2, 3]), (Start("count", count=2), [2, 3]), (Start("since", seconds=86400), [2])],
)
def test_first_sight(start: Start, routed: list[int]):
    """The newest are those that stand first; only a span of time asks for dates."""
    entries = [entry("3", "3", at="2026-11-01T00:00:00Z"), entry("2", "2", at="2026-11-23T18:00:00Z"), entry("1", "1")]
    found = Reader(start=start).page(atom(*entries)).found
    assert routed == sorted(int(one.event.title or 0) for one in found if not one.history)


def test_a_full_window_of_strangers_is_a_gap():
    """A feed as long as ever that shows nothing known may have left something out."""
    reader = Reader()
    reader.page(news(3, 2, 1))
    page = reader.page(news(9, 8, 7))
    assert (3, True) == (len(page.found), page.gap is not None)


def test_a_shorter_window_left_nothing_out():
    """A timeline that lists the last days only has emptied and begins anew."""
    reader = Reader()
    reader.page(news(3, 2, 1))
    assert None is reader.page(news(9)).gap


def test_an_empty_feed_is_a_feed():
    """No entries are no mistake, and forget nothing."""
    reader = Reader()
    reader.page(news(2, 1))
    assert () == reader.page(atom()).found
    assert [] == reader.titles(news(2, 1))


def test_an_entry_without_anything_is_passed_over():
    """An entry that nothing identifies is a warning, and its neighbours are told."""
    page = Reader().page(atom(entry("One", "1"), "<entry/>", entry("Two", "2")))
    assert (2, ("entries without id, link, title and date were passed over: 1",)) == (len(page.found), page.warnings)


def test_a_damaged_cursor_is_told():
    """A cursor that relay cannot have written is a failure in words."""
    reader = Reader()
    reader.cursor = {"ids": "x"}
    with pytest.raises(FeedError, match="is damaged in the database"):
        reader.page(news(1))


def test_cookies_are_not_kept():
    """Trac's session cookies are not sent back."""
    forge = Forge()
    forge.add(1)
    with Server(forge.respond) as server:
        polls(server, 2)
        assert [] == [request for request in server.requests if "cookie" in request.headers]


def test_a_redirect_within_the_host_is_followed():
    """A feed that moved on its server is read where it is."""
    forge = Forge()
    forge.add(1)
    forge.places["/old"] = Reply(301, headers={"location": "/site/timeline"})
    with Server(forge.respond) as server:
        assert [1] == [found.event.number for found in polls(server, url=f"{server.url}/old")[0].found]


def test_times_are_read_as_utc():
    """A date with an offset is the same moment in UTC."""
    at = (NOON + timedelta(hours=2)).replace(tzinfo=None).isoformat() + "+02:00"
    assert [NOON] == [event.occurred_at for event in Reader().events(atom(entry("E", "e", at=at)))]
