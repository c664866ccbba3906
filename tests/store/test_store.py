"""Commit, claim and settle: one contract, on both databases."""

import asyncio
import json
from contextlib import closing

import pytest

from relay.errors import LeaseLost, StoreError
from relay.sources.base import Found
from relay.store import change, read
from relay.store.commit import Commit, Matched
from relay.store.feeds import FreeFeeds, NameFeeds, PollFailed
from relay.store.lanes import LaneState, NamedLane, NameLanes
from relay.store.settle import Redeliver, Verdict
from tests.conftest import Databases
from tests.store.world import AT, LEASE_FOR, World, bundle, event, on

HOUR = 3600.0


@pytest.fixture
def database(databases: Databases) -> str:
    return databases()


def ids(world: World, database: str) -> list[str]:
    with closing(read(database)) as views:
        listed = views.events(owner="acme", slug="site")
    return [found.id for found in listed.events] if listed else []


def test_events_are_kept_newest_first(database: str) -> None:
    """What was committed last is served first."""

    async def act(world: World) -> list[str]:
        await world.commit(Matched(Found(event("a"))), Matched(Found(event("b"))))
        return ids(world, database)

    assert ["b", "a"] == on(database, act)


def test_an_event_is_stored_once(database: str) -> None:
    """An id that is stored already is the same event, and opens no delivery again."""

    async def act(world: World) -> tuple[list[str], list[tuple[str, ...]]]:
        await world.tell("a")
        await world.tell("a", "b")
        return ids(world, database), await world.heads()

    assert (["b", "a"], [("a",), ("b",)]) == on(database, act)


def test_a_derived_id_takes_the_next_occurrence(database: str) -> None:
    """An id that relay derived and that is taken cannot be the same entry read again: it becomes another event."""

    async def act(world: World) -> int:
        found = Found(event("a"), fingerprint="f")
        await world.commit(Matched(found))
        return len(await world.commit(Matched(found)))

    assert 1 == on(database, act)


def test_a_derived_id_in_a_gap_is_an_old_event(database: str) -> None:
    """With a gap, an id that is taken is an old event that surfaced again."""

    async def act(world: World) -> int:
        found = Found(event("a"), fingerprint="f")
        await world.commit(Matched(found))
        return len(await world.commit(Matched(found), gap="history scrolled past"))

    assert 0 == on(database, act)


def test_events_and_cursor_move_together(database: str) -> None:
    """The cursor that comes with events is the one that the next claim brings."""

    async def act(world: World) -> str | None:
        await world.commit(Matched(Found(event("a"))), cursor='{"at":1}')
        return (await world.feed()).cursor

    assert '{"at":1}' == on(database, act)


def test_a_lost_lease_commits_nothing(database: str) -> None:
    """A poller whose feed was claimed by another writes neither events nor cursor."""

    async def act(world: World) -> list[str]:
        slow = await world.feed(lease="slow")
        await world.feed(now=AT + LEASE_FOR, lease="other")
        commit = Commit(slow.id, slow.source, slow.key, "slow", AT, AT, "{}", (Matched(Found(event("a"))),))
        with pytest.raises(LeaseLost):
            await world.store.submit(commit)
        return ids(world, database)

    assert [] == on(database, act)


def test_a_failed_poll_keeps_the_cursor(database: str) -> None:
    """An error is kept beside the cursor, which stays."""

    async def act(world: World) -> tuple[str | None, str | None, int]:
        await world.commit(cursor="{}")
        feed = await world.feed()
        await world.store.submit(PollFailed(feed.id, feed.lease, AT, "login page", AT))
        again = await world.feed()
        return again.cursor, again.told, again.failures

    assert ("{}", "login page", 1) == on(database, act)


def test_a_feed_that_the_file_no_longer_names_rests(database: str) -> None:
    """It keeps its cursor, and goes on from there when the file names it again."""

    async def act(world: World) -> tuple[float | None, str | None]:
        await world.commit(cursor='{"at":1}')
        await world.store.submit(NameFeeds(frozenset(), AT))
        rested = await world.store.next_feed_at(["acme"])
        await world.store.submit(NameFeeds(frozenset({("acme", "site")}), AT))
        return rested, (await world.feed()).cursor

    assert (None, '{"at":1}') == on(database, act)


def test_deliveries_keep_the_order_of_commits(database: str) -> None:
    """A lane sends by release time, then by position."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b")
        await world.tell("c")
        return await world.heads()

    assert [("a",), ("b",), ("c",)] == on(database, act)


def test_a_digest_is_one_delivery(database: str) -> None:
    """Events with one bundle key go out together, when the bundle is released."""

    async def act(world: World) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        await world.tell("a", slot=bundle("digest:1"))
        await world.tell("b", slot=bundle("digest:1"))
        return await world.heads(), await world.heads(now=AT + HOUR)

    assert ([], [("a", "b")]) == on(database, act)


def test_delivery_ids_are_derived(databases: Databases) -> None:
    """The same events in another database make deliveries with the same ids."""

    async def act(world: World) -> list[str]:
        await world.tell("a")
        await world.tell("b", slot=bundle("digest:1", after=0.001))
        return [head.id for head in (await world.lanes(now=AT + 1))["dev"].heads]

    assert on(databases(), act) == on(databases(), act)


def test_a_group_opens_anew_after_its_release(database: str) -> None:
    """A group's key recurs: after one bundle was released, the next event opens another."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b", slot=bundle("group:pr-1", "group", after=60))
        await world.tell("c", slot=bundle("group:pr-1", "group", after=180), now=AT + 120)
        return await world.heads(now=AT + 300)

    assert [("a", "b"), ("c",)] == on(database, act)


def test_a_full_bundle_opens_another(database: str) -> None:
    """A destination whose messages hold two events gets three in two deliveries."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b", "c", slot=bundle("digest:1"), most=2)
        await world.tell("d", slot=bundle("digest:1"), most=2)
        return await world.heads(now=AT + HOUR)

    assert [("a", "b"), ("c", "d")] == on(database, act)


def test_settling_moves_on(database: str) -> None:
    """A sent delivery is not claimed again."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a", "b")
        await world.settle((await world.lanes())["dev"])
        return await world.heads()

    assert [("b",)] == on(database, act)


def test_a_held_lane_is_not_claimed_twice(database: str) -> None:
    """While a lease lasts the lane is nobody else's, also when new deliveries arrive."""

    async def act(world: World) -> tuple[int, int]:
        await world.tell("a")
        await world.lanes()
        await world.tell("b")
        return len(await world.lanes()), len(await world.lanes(now=AT + LEASE_FOR))

    assert (0, 1) == on(database, act)


def test_settling_is_fenced(database: str) -> None:
    """A sender whose lane was taken over settles nothing."""

    async def act(world: World) -> list[tuple[str, ...]]:
        await world.tell("a")
        slow = (await world.lanes(lease="slow"))["dev"]
        await world.lanes(now=AT + LEASE_FOR, lease="other")
        with pytest.raises(LeaseLost):
            await world.settle(slow)
        return await world.heads(now=AT + 3 * LEASE_FOR)

    assert [("a",)] == on(database, act)


def test_what_is_set_aside_waits_alone(database: str) -> None:
    """The next delivery is sent, and the one set aside again at its own time."""

    async def act(world: World) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        await world.tell("a", "b")
        lane = (await world.lanes())["dev"]
        await world.settle(lane, 1, aside=(lane.heads[0].seq, AT + 60))
        return await world.heads(), await world.heads(now=AT + 60)

    assert ([], [("a",)]) == on(database, act)


def test_words_are_kept_from_the_first_attempt(database: str) -> None:
    """A delivery that is tried again carries what was rendered."""

    async def act(world: World) -> object:
        await world.tell("a")
        await world.settle(
            (await world.lanes())["dev"], verdict=Verdict("pending"), parts=json.dumps({"text": "hello"})
        )
        return (await world.lanes())["dev"].heads[0].parts

    assert {"text": "hello"} == on(database, act)


def test_an_account_pauses_all_its_lanes(database: str) -> None:
    """What asks one lane to wait makes the others of the account wait too."""

    async def act(world: World) -> tuple[list[str], list[str]]:
        await world.store.submit(
            NameLanes(tuple(NamedLane(name, "slack", "2") for name in ("dev", "lake")), AT, free=True)
        )
        await world.tell("a", to="dev")
        lane = (await world.lanes())["dev"]
        await world.tell("b", to="lake")
        paused = LaneState(not_before=AT + 30, waits_for="retry_after", failures=1)
        await world.settle(lane, verdict=Verdict("pending"), lane=paused, pause=True)
        return sorted(await world.lanes()), sorted(await world.lanes(now=AT + 30))

    assert ([], ["dev", "lake"]) == on(database, act)


def test_a_changed_destination_is_tried_at_once(database: str) -> None:
    """A corrected token ends the wait for a human."""

    async def act(world: World) -> tuple[int, int]:
        await world.tell("a")
        lane = (await world.lanes())["dev"]
        blocked = LaneState(not_before=AT + HOUR, waits_for="blocked", blocked_at=AT)
        await world.settle(lane, verdict=Verdict("pending"), lane=blocked)
        waiting = len(await world.lanes())
        await world.store.submit(NameLanes((NamedLane("dev", "slack", "corrected"),), AT, free=True))
        return waiting, len(await world.lanes())

    assert (0, 1) == on(database, act)


def test_redelivering_keeps_the_id(database: str) -> None:
    """A dead delivery is made pending again under its old id."""

    async def act(world: World) -> tuple[tuple[str, ...], list[str]]:
        await world.tell("a")
        lane = (await world.lanes())["dev"]
        await world.settle(lane, verdict=Verdict("dead", reason="404"))
        again = await world.store.submit(Redeliver(None, AT))
        return again, [head.id for head in (await world.lanes())["dev"].heads]

    again, claimed = on(database, act)
    assert list(again) == claimed
    assert 1 == len(claimed)


def test_redelivering_to_one_destination(database: str) -> None:
    """What died elsewhere stays dead."""

    async def act(world: World) -> list[str]:
        await world.tell("a")
        await world.tell("b", to="lake")
        for lane in (await world.lanes()).values():
            await world.settle(lane, verdict=Verdict("dead", reason="404"))
        await world.store.submit(Redeliver(None, AT, "lake"))
        return [*await world.lanes()]

    assert ["lake"] == on(database, act)


def test_one_bad_command_does_not_touch_its_neighbours(database: str) -> None:
    """Of two commands in one transaction, the one that can be written is."""

    async def act(world: World) -> list[str]:
        feed = await world.feed()
        good = Commit(feed.id, feed.source, feed.key, feed.lease, AT, AT, matched=(Matched(Found(event("a"))),))
        bad = PollFailed(feed.id, "nobody", AT, object(), AT)  # type: ignore[arg-type]  # what cannot be stored
        results = await asyncio.gather(world.store.submit(good), world.store.submit(bad), return_exceptions=True)
        assert isinstance(results[1], StoreError)
        return ids(world, database)

    assert ["a"] == on(database, act)


def test_a_command_beside_a_run(database: str) -> None:
    """`redeliver` writes in a short transaction of its own while a run holds the file."""

    async def act(world: World) -> tuple[str, ...]:
        await world.tell("a")
        await world.settle((await world.lanes())["dev"], verdict=Verdict("dead", reason="404"))
        return change(database, Redeliver(None, AT))

    assert 1 == len(on(database, act))


def test_a_feed_removed_in_mid_poll_stays_removed(database: str) -> None:
    """Freeing the leases of a killed process does not wake a feed that the file no longer names."""

    async def act(world: World) -> float | None:
        await world.feed()
        await world.store.submit(NameFeeds(frozenset(), AT))
        await world.store.submit(FreeFeeds(AT))
        return await world.store.next_feed_at(["acme"])

    assert on(database, act) is None


def test_redelivering_onto_a_paused_lane(database: str) -> None:
    """It is sent when the pause is over, without anything else having to happen."""

    async def act(world: World) -> tuple[int, int]:
        await world.tell("a")
        paused = LaneState(not_before=AT + HOUR, waits_for="backoff", failures=1)
        await world.settle((await world.lanes())["dev"], verdict=Verdict("dead", reason="gone"), lane=paused)
        await world.store.submit(Redeliver(None, AT))
        return len(await world.lanes()), len(await world.lanes(now=AT + HOUR))

    assert (0, 1) == on(database, act)


def test_a_pause_reaches_a_lane_that_is_sending(database: str) -> None:
    """A lane whose account is paused by another is given back after its send in flight, and waits too."""

    async def act(world: World) -> tuple[bool, int]:
        lanes = tuple(NamedLane(name, "slack", "2") for name in ("dev", "lake"))
        await world.store.submit(NameLanes(lanes, AT, free=True))
        await world.tell("a", to="dev")
        await world.tell("b", "c", to="lake")
        claimed = await world.lanes()
        paused = LaneState(not_before=AT + 30, waits_for="retry_after", failures=1)
        await world.settle(claimed["dev"], verdict=Verdict("pending"), lane=paused, pause=True)
        settled = await world.settle(claimed["lake"], release=False)
        return settled.released, len(await world.lanes(now=AT + 29))

    assert (True, 0) == on(database, act)


def test_giving_up_tells_how_many(database: str) -> None:
    """What has waited as long is given up too, and counted."""

    async def act(world: World) -> int:
        await world.tell("a", "b", "c")
        settled = await world.settle((await world.lanes())["dev"], verdict=Verdict("dead"), expire_before=AT)
        return settled.expired

    assert 2 == on(database, act)
