"""The fake Slack is as strict as Slack: checked against slack-sdk's models, Slack's own schema and its documented limits."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ContextBlock, HeaderBlock, MarkdownTextObject, SectionBlock

from relay.demo.slack import FakeSlack, Posted, Scripted
from tests.web.serving import running

SCHEMA = Path(__file__).parents[2] / ".." / "shared" / "specs" / "slack-knownblock.schema.json"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": "*Ana* merged <https://x|#42>"}}
CONTEXT = {"type": "context", "elements": [{"type": "mrkdwn", "text": ":large_purple_circle: Merged"}]}
FIELDS = {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Reviewers*\nBen"}]}
HEADER = {"type": "header", "text": {"type": "plain_text", "emoji": False, "text": "14 updates"}}
GOOD = [SECTION, CONTEXT, FIELDS, HEADER]


def text_of(kind: str, text: str) -> dict[str, Any]:
    return {"type": kind, "text": {"type": "plain_text" if kind == "header" else "mrkdwn", "text": text}}


BAD = {
    "no type": {"text": {"type": "mrkdwn", "text": "x"}},
    "unknown type": {"type": "sectoin", "text": {"type": "mrkdwn", "text": "x"}},
    "empty section": {"type": "section"},
    "empty text": text_of("section", ""),
    "long section": text_of("section", "x" * 3001),
    "long header": text_of("header", "x" * 151),
    "many fields": {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
    "long field": {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
    "many elements": {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
    "no elements": {"type": "context", "elements": []},
    "text that is no object": {"type": "section", "text": 5},
    "wrong kind of text": {"type": "section", "text": {"type": "markdown", "text": "x"}},
    "markup in a header": {"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}},
    "elements of no kind": {"type": "context", "elements": [5]},
}


class Client:
    """The fake Slack, served, and slack-sdk's own clients to it."""

    def __init__(self) -> None:
        self.heard: list[Posted] = []
        self.slack = FakeSlack("xoxb-test", ("C0DEV", "C0OPS"), self.heard.append)

    def post(self, token: str = "xoxb-test", **message: Any) -> Any:
        client = WebClient(token, f"{self.address}/api/", retry_handlers=[])
        return client.chat_postMessage(**{"channel": "C0DEV", "text": "hello"} | message).data

    def refused(self, **message: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            self.post(**message)
        return str(caught.value.response["error"])

    def hook(self, path: str, **message: Any) -> tuple[int, str]:
        answer = WebhookClient(self.address + path, retry_handlers=[]).send_dict(message)
        return answer.status_code, answer.body

    address = ""


@pytest.fixture(scope="module")
def served() -> Iterator[Client]:
    client = Client()
    with running(client.slack.app) as client.address:
        yield client


@pytest.fixture
def client(served: Client) -> Client:
    served.slack.messages.clear()
    served.heard.clear()
    return served


def test_a_message_is_taken_kept_and_heard(client: Client) -> None:
    """What is posted is answered with its channel and ts, kept, and told to the listener."""
    answer = client.post(blocks=GOOD, unfurl_links=False)
    (posted,) = client.slack.messages
    assert [posted] == client.heard
    assert (True, "C0DEV", posted.ts) == (answer["ok"], answer["channel"], answer["ts"])
    assert ("hello", tuple(GOOD), False) == (posted.text, posted.blocks, posted.body["unfurl_links"])


def test_each_message_has_a_name_of_its_own(client: Client) -> None:
    """No two messages share a ts."""
    assert client.post()["ts"] != client.post()["ts"]


def test_replies_stand_in_their_thread(client: Client) -> None:
    """The answer to a reply names its thread; below a deleted parent it does not."""
    parent = client.post()["ts"]
    reply = client.post(thread_ts=parent, reply_broadcast=True)
    assert parent == reply["message"]["thread_ts"]
    assert client.slack.messages[1].broadcast
    assert "thread_ts" not in client.post(thread_ts="1.000001")["message"]


def test_a_form_is_read_like_json(client: Client) -> None:
    """The token and the blocks may come as a form, as the Web API allows."""
    form = urlencode({"token": "xoxb-test", "channel": "C0OPS", "text": "hi", "blocks": json.dumps([SECTION])})
    place = urlsplit(client.address)
    connection = HTTPConnection(place.hostname or "", place.port)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/api/chat.postMessage", form, headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert (True, (SECTION,)) == (answer["ok"], client.slack.messages[0].blocks)


def test_tokens_and_channels_are_checked(client: Client) -> None:
    """A wrong token, none at all, and a channel that the bot is not in are refused in Slack's words."""
    assert "invalid_auth" == client.refused(token="xoxb-other")
    assert "not_authed" == client.refused(token="")
    assert "channel_not_found" == client.refused(channel="C0NONE")
    assert [] == client.slack.messages


@pytest.mark.parametrize("why", BAD)
def test_blocks_that_slack_refuses_are_refused(client: Client, why: str) -> None:
    """What breaks a rule of Block Kit is refused, by token and by webhook."""
    assert "invalid_blocks" == client.refused(blocks=[BAD[why]])
    assert (400, "invalid_blocks") == client.hook(client.slack.hook_path, text="x", blocks=[BAD[why]])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [text_of("section", "x" * 2700)] * 5}, "msg_blocks_too_long"),
        ({"blocks": ["text"]}, "invalid_blocks_format"),
    ],
)
def test_the_limits_of_a_message_are_kept(client: Client, message: dict[str, Any], code: str) -> None:
    """The documented limits, and the total that Slack never documented, are refused in Slack's words."""
    assert code == client.refused(**message)


def test_the_largest_message_is_taken(client: Client) -> None:
    """What is exactly at the limits passes."""
    client.post(text="x" * 40_000, blocks=[text_of("section", "x" * 264)] * 50)
    client.post(blocks=[text_of("section", "x" * 3000), text_of("header", "x" * 150)])
    assert 2 == len(client.slack.messages)


def test_a_webhook_answers_in_words(client: Client) -> None:
    """The webhook leads to the first channel; another address leads nowhere."""
    assert (200, "ok") == client.hook(client.slack.hook_path, text="hello")
    assert (400, "no_text") == client.hook(client.slack.hook_path, text="")
    assert (404, "no_service") == client.hook("/services/T0/B0/x", text="hello")
    assert [("incoming webhook", "C0DEV")] == [(posted.by, posted.channel) for posted in client.slack.messages]


@pytest.mark.parametrize("raw", ["", "{", "[]", "5", '"text"'])
def test_a_body_that_is_no_message_is_refused(client: Client, raw: str) -> None:
    """Anything but a JSON object is refused as having no text, and never crashes the server."""
    place = urlsplit(client.address)
    connection = HTTPConnection(place.hostname or "", place.port)
    connection.request("POST", client.slack.hook_path, raw, {"content-type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    assert (400, b"no_text") == (answer.status, told)


def test_a_scripted_answer_comes_first(client: Client) -> None:
    """What a test puts into the script is answered in turn, and then the requests are looked at again."""
    client.slack.script.append(Scripted(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"}))
    assert "ratelimited" == client.refused()
    assert client.post()["ok"]


def test_the_models_of_slack_sdk_are_taken(client: Client) -> None:
    """Blocks that slack-sdk makes and checks itself are taken."""
    text = MarkdownTextObject(text="x" * 2000)
    blocks = [HeaderBlock(text="Title"), SectionBlock(fields=[text]), ContextBlock(elements=[text])]
    assert client.post(blocks=blocks)["ok"]


@pytest.mark.skipif(not SCHEMA.exists(), reason="needs the specifications beside the repository")
def test_slacks_own_schema_agrees() -> None:
    """What the fake takes is valid by Slack's schema of blocks, and what is misshapen by it is refused here too."""
    from jsonschema import Draft7Validator

    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    assert [True] * len(GOOD) == [validator.is_valid(block) for block in GOOD]
    misshapen = {why for why, block in BAD.items() if not validator.is_valid(block)}
    assert {
        "no type",
        "unknown type",
        "text that is no object",
        "wrong kind of text",
        "elements of no kind",
    } <= misshapen
