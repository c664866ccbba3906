"""What a start makes of feeds and destinations in trouble; on both databases."""

import pytest

from relay.store.feeds import NameFeeds, PollFailed
from relay.store.lanes import LaneState, NamedLane, NameLanes
from relay.store.settle import Verdict
from tests.conftest import Databases
from tests.store.world import AT, World, on

HOUR = 3600.0


@pytest.mark.parametrize(("not_before", "due"), [(0.0, AT), (AT + 99, AT + 99)])
def test_a_failing_feed_is_tried_when_relay_starts(databases: Databases, not_before: float, due: float) -> None:
    """It may be mended by then; but a forge's Retry-After counts."""

    async def act(world: World) -> float | None:
        feed = await world.feed()
        await world.store.submit(PollFailed(feed.id, feed.lease, AT, "no such folder", AT + 3600, not_before))
        await world.store.submit(NameFeeds(frozenset({("acme", "site")}), AT + 9, probe=True))
        return await world.store.next_feed_at(["acme"])

    assert due == on(databases(), act)


@pytest.mark.parametrize("why", ["blocked", "backoff"])
@pytest.mark.parametrize(("probe", "tried"), [(True, 1), (False, 0)])
def test_a_destination_in_trouble_is_tried_when_relay_starts_again(
    databases: Databases, probe: bool, tried: int, why: str
) -> None:
    """Where asked for, what may be mended by now is tried at once although nothing of its settings changed."""

    async def act(world: World) -> int:
        await world.tell("a")
        troubled = LaneState(not_before=AT + HOUR, waits_for=why, failing_since=AT)
        await world.settle((await world.lanes())["dev"], verdict=Verdict("pending"), lane=troubled)
        await world.store.submit(NameLanes((NamedLane("dev", "account of dev", "1"),), AT, free=True, probe=probe))
        return len(await world.lanes())

    assert tried == on(databases(), act)
