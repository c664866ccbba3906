"""Whether an unsure message of Slack arrived: it is looked for in the channel before it is posted again."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.demo.slack import FakeSlack, Scripted
from relay.destinations.base import Delivery, Message, Receipt
from relay.destinations.slack import Slack, SlackSettings
from relay.errors import Ambiguous, DeliveryError, Unsure
from relay.http import Http
from tests.servers import Reply, Request, Server
from tests.web.serving import running

OURS = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
"""What the sender's clock shows; Slack's shows the machine's time."""
DELIVERY = Delivery(id="dlv_1", destination="dev", rule="pushed", events=())
PARTS = {"text": "Ana Lima merged pull request #42", "blocks": "[]"}


class Workspace(FakeSlack):
    address = ""

    def settings(self, **more: str) -> SlackSettings:
        values = {"token": self.token, "channel": "C0DEMO", "url": f"{self.address}/api/"} | more
        return SlackSettings.model_validate(values)


@pytest.fixture(scope="module")
def served() -> Iterator[Workspace]:
    workspace = Workspace()
    with running(workspace.app) as workspace.address:
        yield workspace


@pytest.fixture
def slack(served: Workspace) -> Workspace:
    """The one served workspace, as if nothing had happened in it."""
    served.messages.clear()
    served.script.clear()
    served.losses, served.page, served.looks, served.requests = 0, 999, 50, 0
    served.scopes = ("chat:write", "channels:history")
    return served


def message(id: str = "dlv_1", **more: Any) -> Message:
    return Message(replace(DELIVERY, id=id, **more), PARTS)


def unsure(id: str = "dlv_1", ago: float = 5.0, **more: Any) -> Message:
    """A message of which a send broke off a while ago."""
    return message(id, unsure_since=OURS - timedelta(seconds=ago), **more)


def using(settings: SlackSettings, act: Callable[[Slack], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Http() as http:
            return await act(Slack("dev", settings, http, 5.0))

    return asyncio.run(run())


def send(settings: SlackSettings, *messages: Message) -> list[Receipt]:
    async def each(slack: Slack) -> list[Receipt]:
        return [await slack.send(message, OURS) for message in messages]

    found: list[Receipt] = using(settings, each)
    return found


async def failing(slack: Slack, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await slack.send(message, OURS)
    return caught.value


def failure(settings: SlackSettings, message: Message) -> DeliveryError:
    found: DeliveryError = using(settings, lambda slack: failing(slack, message))
    return found


def test_an_answer_that_is_lost_is_ambiguous(slack: Workspace) -> None:
    """The message stands in the channel, and the sender cannot know."""
    slack.losses = 1
    assert Ambiguous is type(failure(slack.settings(), message()))
    assert 1 == len(slack.messages)


def test_a_message_that_arrived_is_not_posted_again(slack: Workspace) -> None:
    """The one in the channel gives its name to the receipt, as the lost answer would have."""
    slack.losses = 1
    failure(slack.settings(), message())
    (receipt,) = send(slack.settings(), unsure())
    (posted,) = slack.messages
    assert Receipt(f"C0DEMO {posted.ts}, found there", reference=posted.ts) == receipt


def test_a_message_that_did_not_arrive_is_posted(slack: Workspace) -> None:
    """What stands in the channel of other deliveries is none of its own."""
    send(slack.settings(), message("dlv_2"), message("dlv_3"), unsure())
    assert ["dlv_2", "dlv_3", "dlv_1"] == [told(posted.body) for posted in slack.messages]


def told(body: Any) -> str:
    return str(body["metadata"]["event_payload"]["delivery"])


def test_a_sure_message_costs_one_request(slack: Workspace) -> None:
    """Nothing is looked for where nothing broke off."""
    send(slack.settings(), message())
    assert 1 == slack.requests


def test_a_reply_is_found_in_its_thread(slack: Workspace) -> None:
    """The history of a channel leaves the replies out; one found in its thread opens no other."""
    (parent,) = send(slack.settings(), message("dlv_0"))
    slack.losses = 1
    failure(slack.settings(), message(reference=parent.reference))
    (receipt,) = send(slack.settings(), unsure(reference=parent.reference))
    assert (2, None) == (len(slack.messages), receipt.reference)


def test_a_reply_whose_parent_is_gone_is_found_in_the_channel(slack: Workspace) -> None:
    """Slack posts it to the channel, where it is the new parent."""
    slack.losses = 1
    failure(slack.settings(), message(reference="1700000000.000100"))
    (receipt,) = send(slack.settings(), unsure(reference="1700000000.000100"))
    assert [receipt.reference] == [posted.ts for posted in slack.messages]


def test_a_busy_channel_is_read_page_by_page(slack: Workspace) -> None:
    """However many messages came after it, it is found."""
    slack.losses = 1
    failure(slack.settings(), message())
    send(slack.settings(), *(message(f"dlv_{number}") for number in range(10, 17)))
    slack.page = 2
    send(slack.settings(), unsure())
    assert 8 == len(slack.messages)


def test_a_search_that_slack_stops_goes_on_where_it_was(slack: Workspace) -> None:
    """One look a minute, as some apps have, finds a message in as many minutes as there are pages before it."""
    slack.losses = 1
    failure(slack.settings(), message())
    send(slack.settings(), *(message(f"dlv_{number}") for number in range(10, 14)))

    async def minutes(sender: Slack) -> list[DeliveryError]:
        slack.page, found = 2, []
        for slack.looks in (1, 1):
            found.append(await failing(sender, unsure()))
        slack.looks = 1
        await sender.send(unsure(), OURS)
        return found

    stopped = using(slack.settings(), minutes)
    assert [(Unsure, 60.0)] * 2 == [(type(error), error.retry_after) for error in stopped]
    assert 5 == len(slack.messages)


def test_a_search_that_slack_forgot_begins_anew(slack: Workspace) -> None:
    """A cursor that expired is no reason to post."""
    slack.losses = 1
    failure(slack.settings(), message())
    send(slack.settings(), message("dlv_2"))

    async def two(sender: Slack) -> list[DeliveryError]:
        slack.page, slack.looks = 1, 1
        first = await failing(sender, unsure())
        slack.script.append(Scripted(200, {"ok": False, "error": "invalid_cursor"}))
        second = await failing(sender, unsure())
        slack.looks = 50
        await sender.send(unsure(), OURS)
        return [first, second]

    assert [Unsure, Unsure] == [type(error) for error in using(slack.settings(), two)]
    assert 2 == len(slack.messages)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({"error": "missing_scope", "needed": "groups:history"}, "missing_scope: groups:history"),
        ({"error": "not_in_channel"}, "not_in_channel"),
        ({"error": "unknown_method"}, "unknown_method"),
    ],
)
def test_what_may_not_be_looked_up_is_posted_again(
    slack: Workspace, code: dict[str, str], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the scope, or the bot in the channel, the message may come twice, and the log says why."""
    slack.script.append(Scripted(200, {"ok": True, "user": "relay"}))
    slack.script.append(Scripted(200, {"ok": False} | code))
    send(slack.settings(), unsure())
    assert 1 == len(slack.messages)
    assert [f"dev: cannot look whether dlv_1 arrived ({words}); it may come twice"] == caplog.messages


NOT_NOW = [
    Scripted(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}),
    Scripted(503, "upstream connect error"),
    Scripted(200, {"ok": False, "error": "internal_error"}),
    Scripted(200, {"ok": True}),
    Scripted(200, {"ok": True, "messages": "none"}),
    Scripted(200, "<html>Please log in</html>"),
]


@pytest.mark.parametrize("answer", NOT_NOW)
def test_nothing_is_posted_while_slack_cannot_say(slack: Workspace, answer: Scripted) -> None:
    """A look that brings no answer decides nothing: the delivery waits."""
    slack.script.append(Scripted(200, {"ok": True, "user": "relay"}))
    slack.script.append(answer)
    assert Unsure is type(failure(slack.settings(), unsure()))
    assert [] == slack.messages


def test_nothing_is_posted_where_nothing_is_heard() -> None:
    """A look whose connection breaks is repeated: it asked for nothing to be done."""
    with Server(lambda _: Reply(fault="reset")) as server:
        settings = SlackSettings.model_validate({"token": "xoxb-1", "channel": "C1", "url": f"{server.url}/api/"})
        assert Unsure is type(failure(settings, unsure()))
        assert ["/api/auth.test"] == [request.path for request in server.requests]


@pytest.mark.parametrize("message", [5, {}, {"metadata": 5}, {"metadata": {"event_payload": []}}])
def test_strange_messages_are_passed_over(slack: Workspace, message: object) -> None:
    """What others left in the channel is no reason to fail."""
    slack.script.append(Scripted(200, {"ok": True, "user": "relay"}))
    slack.script.append(Scripted(200, {"ok": True, "messages": [message], "response_metadata": 5}))
    send(slack.settings(), unsure())
    assert 1 == len(slack.messages)


@pytest.mark.parametrize(
    ("ago", "expected"), [(5, 125), (3600, 3720), (-86400, 86520)], ids=["now", "an hour ago", "clock set back"]
)
def test_it_is_looked_for_by_slacks_clock(ago: float, expected: float) -> None:
    """The search begins two minutes before the first unsure try, however wrong our clock is; a day before if it went back."""
    date = "Sun, 22 Nov 2026 12:00:00 GMT"

    def respond(request: Request) -> Reply:
        found = {"ok": True, "messages": [{"ts": "1.2", "metadata": {"event_payload": {"delivery": "dlv_1"}}}]}
        return Reply(200, found, {"date": date})

    with Server(respond) as server:
        settings = SlackSettings.model_validate({"token": "xoxb-1", "channel": "C1", "url": f"{server.url}/api/"})
        send(settings, unsure(ago=ago))
        oldest = float(server.requests[1].query["oldest"])
    assert expected == datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() - oldest


def test_an_incoming_webhook_posts_again(slack: Workspace) -> None:
    """It cannot be asked what arrived by it."""
    hook = SlackSettings.model_validate({"webhook_url": slack.address + slack.hook_path})
    send(hook, unsure())
    assert (1, 1) == (len(slack.messages), slack.requests)


def test_what_is_asked_of_slack(slack: Workspace) -> None:
    """The request is one that slack-sdk makes of the documented arguments."""
    with Server(lambda _: Reply(200, {"ok": True, "messages": [], "ts": "1.2"})) as server:
        send(SlackSettings.model_validate({"token": "t", "channel": "C1", "url": f"{server.url}/api/"}), unsure())
    asked = server.requests[1]
    assert ("GET", "/api/conversations.history") == (asked.method, asked.path)
    assert {"channel": "C1", "limit": "200", "include_all_metadata": "1"} == {
        name: value for name, value in asked.query.items() if name != "oldest"
    }
    assert json.loads(server.requests[2].body)["metadata"]["event_payload"] == {"delivery": "dlv_1"}
