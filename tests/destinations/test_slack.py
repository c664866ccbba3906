"""Slack's wire: the frame of a message, threads, what each answer means, and the fake Slack that the tests post to."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from relay.demo.slack import FakeSlack, Scripted
from relay.destinations.base import Delivery, Message, Receipt
from relay.destinations.slack import Slack, SlackSettings
from relay.errors import Ambiguous, Blocked, DeliveryError, Refused, Unavailable
from relay.event_types import VOCABULARY
from relay.http import Http
from relay.render import Renderer
from relay.samples import sample
from relay.shipped import templates
from tests.servers import Reply, Server
from tests.web.serving import running

NOW = datetime(2026, 11, 23, 9, 14, 6, tzinfo=UTC)
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": "*Ana Lima* merged this"}}]
RENDERER = Renderer([templates()])
DELIVERY = Delivery(id="dlv_1", destination="dev", rule="pushed", events=())
MESSAGE = Message(DELIVERY, {"text": "Ana Lima merged pull request #42", "blocks": json.dumps(BLOCKS)})


class Workspace(FakeSlack):
    """The fake Slack, and where it is served."""

    address = ""

    def by_token(self, **more: Any) -> SlackSettings:
        values = {"token": self.token, "channel": "C0DEMO", "url": f"{self.address}/api/"}
        return SlackSettings.model_validate(values | more)

    def by_hook(self) -> SlackSettings:
        return SlackSettings.model_validate({"webhook_url": self.address + self.hook_path})


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
    served.requests = 0
    return served


def send(settings: SlackSettings, *messages: Message) -> list[Receipt]:
    async def each() -> list[Receipt]:
        async with Http() as http:
            destination = Slack("dev", settings, http)
            return [await destination.send(message, NOW) for message in messages or [MESSAGE]]

    return asyncio.run(each())


def failure(settings: SlackSettings, message: Message = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(settings, message)
    return caught.value


def threaded(reference: str | None, **options: object) -> Message:
    return Message(replace(DELIVERY, reference=reference, options=options), MESSAGE.parts)


def test_the_frame_of_a_message(slack: Workspace) -> None:
    """Text and blocks are posted to the channel, nothing unfurls, and the delivery's id goes along."""
    send(slack.by_token())
    expected = {
        "channel": "C0DEMO",
        "text": "Ana Lima merged pull request #42",
        "blocks": BLOCKS,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "relay_delivery", "event_payload": {"delivery": "dlv_1"}},
    }
    assert expected == slack.messages[0].body


def test_the_frame_of_a_webhook(slack: Workspace) -> None:
    """A webhook takes the same words, and neither a channel nor a thread."""
    (receipt,) = send(slack.by_hook(), threaded("1.2", broadcast=True))
    expected = {"text": MESSAGE.parts["text"], "blocks": BLOCKS, "unfurl_links": False, "unfurl_media": False}
    assert expected == slack.messages[0].body
    assert None is receipt.reference


def test_a_webhook_goes_before_a_token(slack: Workspace) -> None:
    """A token that the file gives to every Slack by default does not stand in a webhook's way."""
    settings = slack.by_hook().model_copy(update={"token": SecretStr(slack.token)})
    send(SlackSettings.model_validate(settings.model_dump()))
    assert "channel" not in slack.messages[0].body


def test_the_first_message_opens_the_thread(slack: Workspace) -> None:
    """The receipt names the message, and a later one of the same thing goes below it and leaves the name as it was."""
    (first,) = send(slack.by_token())
    (second,) = send(slack.by_token(), threaded(first.reference))
    assert slack.messages[0].ts == first.reference == slack.messages[1].thread_ts
    assert None is second.reference
    assert not slack.messages[1].broadcast


def test_a_reply_is_broadcast_only_by_request(slack: Workspace) -> None:
    """With `broadcast` on its route a reply shows in the channel too."""
    (first,) = send(slack.by_token())
    send(slack.by_token(), threaded(first.reference, broadcast=True))
    assert slack.messages[1].broadcast


def test_a_deleted_parent_is_replaced(slack: Workspace) -> None:
    """Slack posts to the channel when the parent is gone; that message becomes the new parent."""
    (first,) = send(slack.by_token())
    slack.messages.clear()
    (second,) = send(slack.by_token(), threaded(first.reference))
    assert slack.messages[0].ts == second.reference
    assert None is slack.messages[0].thread_ts


@pytest.mark.parametrize("code", ["message_not_found", "thread_not_found", "cannot_reply_to_message"])
def test_a_refused_thread_is_left(slack: Workspace, code: str) -> None:
    """A message that Slack will not take in its thread is told in full outside it."""
    slack.script.append(Scripted(200, {"ok": False, "error": code}))
    (receipt,) = send(slack.by_token(), threaded("1700000000.000100"))
    (posted,) = slack.messages
    assert ((), MESSAGE.parts["text"], posted.ts) == (posted.blocks, posted.text, receipt.reference)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_blocks_format"])
def test_refused_blocks_are_sent_as_text(slack: Workspace, code: str) -> None:
    """A message that Slack cannot take as blocks arrives once, as plain text."""
    slack.script.append(Scripted(200, {"ok": False, "error": code}))
    send(slack.by_token())
    assert [(MESSAGE.parts["text"], ())] == [(posted.text, posted.blocks) for posted in slack.messages]


@pytest.mark.parametrize("code", ["invalid_blocks", "invalid_payload"])
def test_blocks_that_a_webhook_refuses_are_sent_as_text(slack: Workspace, code: str) -> None:
    """The same holds for a webhook, which says so with a status of 400."""
    slack.script.append(Scripted(400, code))
    send(slack.by_hook())
    assert [(MESSAGE.parts["text"], ())] == [(posted.text, posted.blocks) for posted in slack.messages]


def test_text_that_is_refused_too_is_dead(slack: Workspace) -> None:
    """After the plain text there is nothing simpler: the message is refused, with Slack's own words."""
    told = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": ["[ERROR] must be shorter"]}}
    slack.script.extend([Scripted(200, told)] * 2)
    error = failure(slack.by_token())
    assert "Slack answered invalid_blocks: [ERROR] must be shorter" == str(error)
    assert (Refused, 2) == (type(error), slack.requests)


@pytest.mark.parametrize("blocks", ["", "[]", "{}", "not JSON", "[1"])
def test_a_layout_that_makes_no_blocks_still_tells(slack: Workspace, blocks: str) -> None:
    """Without a list of blocks the text is sent alone."""
    send(slack.by_token(), Message(DELIVERY, {"text": "pushed", "blocks": blocks}))
    assert [("pushed", ())] == [(posted.text, posted.blocks) for posted in slack.messages]


CODES = [
    *[(code, Blocked) for code in ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive")],
    *[(code, Blocked) for code in ("not_in_channel", "channel_not_found", "is_archived", "missing_scope")],
    *[(code, Blocked) for code in ("restricted_action", "ekm_access_denied", "team_access_not_granted")],
    *[(code, Unavailable) for code in ("ratelimited", "rate_limited", "service_unavailable", "request_timeout")],
    *[(code, Ambiguous) for code in ("fatal_error", "internal_error")],
    *[(code, Refused) for code in ("no_text", "invalid_arguments", "something_new")],
]


@pytest.mark.parametrize(("code", "outcome"), CODES)
def test_what_each_word_of_slack_means(slack: Workspace, code: str, outcome: type[DeliveryError]) -> None:
    """Slack's word decides what a failure means for the lane, and stands in the error."""
    slack.script.append(Scripted(200, {"ok": False, "error": code}))
    error = failure(slack.by_token())
    assert (outcome, 1) == (type(error), slack.requests)
    assert f"Slack answered {code}" in str(error)


@pytest.mark.parametrize(
    ("status", "word", "outcome"),
    [
        (403, "action_prohibited", Blocked),
        (403, "invalid_token", Blocked),
        (404, "channel_not_found", Blocked),
        (404, "no_service", Blocked),
        (410, "channel_is_archived", Blocked),
        (400, "user_not_found", Blocked),
        (404, "<html>nothing here</html>", Blocked),
        (400, "no_text", Refused),
        (500, "rollup_error", Unavailable),
        (500, "internal_error", Ambiguous),
        (503, "upstream connect error", Unavailable),
        (429, "", Unavailable),
    ],
)
def test_what_each_answer_of_a_webhook_means(
    slack: Workspace, status: int, word: str, outcome: type[DeliveryError]
) -> None:
    """A webhook's status and word decide what a failure means for the lane."""
    slack.script.append(Scripted(status, word))
    assert outcome is type(failure(slack.by_hook()))


@pytest.mark.parametrize("hook", [False, True])
def test_the_wish_to_wait_is_passed_on(slack: Workspace, hook: bool) -> None:
    """429 with Retry-After leaves the waiting to the lane: one request, no sleep."""
    slack.script.append(Scripted(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"}))
    error = failure(slack.by_hook() if hook else slack.by_token())
    assert (Unavailable, 7.0, 1) == (type(error), error.retry_after, slack.requests)


@pytest.mark.parametrize(
    ("status", "body", "kind", "outcome"),
    [
        (200, "<html>Please log in</html>", "text/html", Ambiguous),
        (200, "ok", "text/plain", Ambiguous),
        (200, "{", "application/json", Ambiguous),
        (200, "", "application/json", Ambiguous),
        (200, "[]", "application/json", Ambiguous),
        (404, "<html>Not Found</html>", "text/html", Blocked),
        (502, "<html>Bad Gateway</html>", "text/html", Unavailable),
        (500, "{", "application/json", Unavailable),
    ],
)
def test_an_answer_that_is_not_slacks(status: int, body: str, kind: str, outcome: type[DeliveryError]) -> None:
    """What a proxy or a wrong address answers is judged by its status; a success of another kind may have arrived."""
    with Server(lambda _: Reply(status, body, {"content-type": kind})) as server:
        settings = SlackSettings.model_validate({"token": "xoxb-1", "channel": "C1", "url": server.url})
        assert outcome is type(failure(settings))
    assert 1 == len(server.requests)


@pytest.mark.parametrize(("ts", "reference"), [("1\0.\ud8002", "1 .\ufffd2"), (1, None), ({}, None)])
def test_what_slack_says_can_be_stored(ts: object, reference: str | None) -> None:
    """An answer of whatever speaks like Slack becomes text for a record, and a reference that is one."""
    body = json.dumps({"ok": True, "channel": "C\ud800", "ts": ts})
    with Server(lambda _: Reply(200, body, {"content-type": "application/json"})) as server:
        [receipt] = send(SlackSettings.model_validate({"token": "xoxb-1", "channel": "C1", "url": server.url}))
    assert (f"C\ufffd {reference or ts}", reference) == (receipt.answer, receipt.reference)


def test_a_missing_scope_is_named(slack: Workspace) -> None:
    """The scope that Slack asks for stands in the error, with what to do."""
    slack.script.append(Scripted(200, {"ok": False, "error": "missing_scope", "needed": "chat:write.public"}))
    assert "missing_scope: chat:write.public; give the app" in str(failure(slack.by_token()))


def test_the_environments_no_proxy_holds_for_slack(slack: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """slack-sdk's own reading of the proxy variables is not used: it would pass NO_PROXY over."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    send(slack.by_token())
    send(slack.by_hook())
    assert 2 == len(slack.messages)


@pytest.mark.parametrize("detail", ["compact", "normal", "full"])
@pytest.mark.parametrize("why", [None, "digest"])
def test_slack_takes_the_shipped_words(slack: Workspace, detail: str, why: str | None) -> None:
    """A message of every event type, alone and in a bundle, is taken with its blocks by the first post."""
    deliveries = [
        replace(
            DELIVERY, events=(sample(kind, NOW),) * (20 if why else 1), why=why, since=why and NOW, until=why and NOW
        )
        for kind in VOCABULARY
    ]
    send(slack.by_token(), *(RENDERER.message(each, "slack", Slack.parts, detail) for each in deliveries))
    assert len(deliveries) == len(slack.messages) == slack.requests
    assert all(posted.blocks for posted in slack.messages)


def test_accounts_are_told_apart_without_their_secret() -> None:
    """Destinations of one token share an account, whose name does not give the token away."""
    first, second = (
        Slack("a", SlackSettings.model_validate({"token": "xoxb-1", "channel": channel}), Http())
        for channel in ("C1", "C2")
    )
    assert first.account == second.account
    assert re.fullmatch("slack:[0-9a-f]{12}", first.account)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "needs token and channel, or webhook_url"),
        ({"token": "xoxb-1"}, "needs token and channel"),
        ({"channel": "C1"}, "needs token and channel"),
        ({"token": "xoxb-1", "channel": "C1", "webhook_url": "https://hooks.slack.com/services/T/B/x"}, "not both"),
        ({"webhook_url": "hooks.slack.com/services/T/B/sesame"}, "webhook_url must be an address"),
        ({"token": "xoxb-1", "channel": "C1", "url": "slack.com"}, "url must be an address"),
        ({"token": "xoxb-1", "channel": "C1", "chanel": "C1"}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_told(values: dict[str, str], words: str) -> None:
    """Half a way to Slack, two ways and misspelt keys are errors, without the secret."""
    with pytest.raises(ValidationError, match=words) as caught:
        SlackSettings.model_validate(values)
    assert "sesame" not in str(caught.value)
