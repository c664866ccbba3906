"""What destinations find out about themselves without sending anything."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from relay.demo.slack import FakeSlack, Scripted
from relay.destinations.base import Destination
from relay.destinations.console import Console, ConsoleSettings
from relay.destinations.email import Email, EmailSettings
from relay.destinations.slack import Slack, SlackSettings
from relay.destinations.webhook import Webhook, WebhookSettings
from relay.finding import Finding
from relay.http import Http
from tests.destinations.mail_server import CERTIFICATE, LOGIN, MailServer
from tests.destinations.setups import HOOK, KEY, NOW, SETUPS, closed_port
from tests.servers import Reply, Server
from tests.web.serving import running

SECRET = LOGIN[1].decode()


async def checked(destination: Destination) -> list[tuple[bool, str]]:
    """What it found, whether it is fine before the words."""
    found: tuple[Finding, ...] = await destination.check(NOW)
    await destination.close()
    return [(finding.fine, str(finding)) for finding in found]


class Workspace(FakeSlack):
    address = ""


@pytest.fixture(name="slack", scope="module")
def _slack() -> Iterator[Workspace]:
    workspace = Workspace(token="xoxb-1234567890-abcdefghij")
    with running(workspace.app) as workspace.address:
        yield workspace


def in_slack(slack: Workspace, **more: str) -> list[tuple[bool, str]]:
    values = {"token": slack.token, "channel": "C0DEMO", "url": f"{slack.address}/api/"} | more

    async def look() -> list[tuple[bool, str]]:
        async with Http() as http:
            return await checked(Slack("dev", SlackSettings.model_validate(values), http, 5.0))

    return asyncio.run(look())


def test_slack_that_works(slack: Workspace) -> None:
    """The token's owner, its right to post, the channel and whether it can be read are told, and nothing is posted."""
    assert [
        (True, "the token is that of relay in Acme; it may post"),
        (True, "the bot can post to #dev"),
        (True, "a message whose sending broke off is looked up before it is sent again"),
    ] == in_slack(slack)
    assert [] == slack.messages


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"token": "xoxb-gone"}, "Slack answered invalid_auth; install the app again"),
        ({"channel": "C0GONE"}, "the channel C0GONE: Slack answered channel_not_found; invite the bot"),
    ],
)
def test_slack_that_does_not(slack: Workspace, more: dict[str, str], told: str) -> None:
    """A wrong token and a channel that the bot does not see are told with what to do."""
    fine, words = in_slack(slack, **more)[:2][-1]
    assert (False, told) == (fine, words[: len(told)])


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({"is_archived": True}, "the channel #old is archived; unarchive the channel"),
        ({"is_member": False}, "the bot is not in #old; invite the bot to the channel"),
    ],
)
def test_slack_shuts_a_channel(slack: Workspace, channel: Mapping[str, Any], told: str) -> None:
    """An archived channel, and one that the bot was never invited to, are problems."""
    user = {"ok": True, "user": "relay", "team": "Acme"}
    slack.script.extend([Scripted(200, user, {"x-oauth-scopes": "chat:write,groups:read"})])
    slack.script.append(Scripted(200, {"ok": True, "channel": {"name": "old", **channel}}))
    fine, words = in_slack(slack)[1]
    assert (False, told) == (fine, words[: len(told)])


@pytest.mark.parametrize(
    ("scopes", "channel", "expected"),
    [
        ("chat:write", "C0DEMO", (True, "the channel C0DEMO cannot be looked up without posting: that takes the scope channels:read")),
        ("chat:write,channels:read", "#dev", (True, "the channel #dev is not named by its ID, so it cannot be looked up without posting")),
    ],
)  # fmt: skip
def test_slack_that_cannot_be_looked_into(
    slack: Workspace, scopes: str, channel: str, expected: tuple[bool, str]
) -> None:
    """What cannot be known without posting is said, and is no problem."""
    user = {"ok": True, "user": "relay", "team": "Acme"}
    slack.script.append(Scripted(200, user, {"x-oauth-scopes": scopes}))
    assert expected == in_slack(slack, channel=channel)[1]


def test_a_token_without_its_scope(slack: Workspace) -> None:
    """A token that may not post is a problem before the first message."""
    slack.script.append(Scripted(200, {"ok": True, "user": "relay", "team": "Acme"}, {"x-oauth-scopes": "users:read"}))
    fine, words = in_slack(slack)[0]
    assert (False, True) == (fine, "lacks the scope chat:write" in words)


def test_an_incoming_webhook_is_not_tried(slack: Workspace) -> None:
    """An incoming webhook would post, so it is only said how to try it."""

    async def look() -> list[tuple[bool, str]]:
        settings = SlackSettings.model_validate({"webhook_url": slack.address + slack.hook_path})
        async with Http() as http:
            return await checked(Slack("dev", settings, http))

    asked = slack.requests
    tried, repeated = asyncio.run(look())
    assert (True, True, asked) == (tried[0], "relay send" in tried[1], slack.requests)
    assert (
        True,
        "a message whose sending broke off may come twice: an incoming webhook cannot be asked for it",
    ) == repeated


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"error": "missing_scope", "needed": "groups:history"}, "may come twice: to look it up takes the scope groups:history"),
        ({"error": "missing_scope"}, "may come twice: to look it up takes the scope channels:history"),
        ({"error": "not_in_channel"}, "may come twice: to look it up, the bot must be in the channel, and the channel be named by its ID"),
        ({"error": "access_denied"}, "may come twice: it cannot be looked up, as Slack answered access_denied"),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_be_read(slack: Workspace, answer: dict[str, str], told: str) -> None:
    """Messages that may come twice are no problem, but are told, with what is lacking."""
    user = {"ok": True, "user": "relay", "team": "Acme"}
    slack.script.append(Scripted(200, user, {"x-oauth-scopes": "chat:write"}))
    slack.script.append(Scripted(200, {"ok": False} | answer))
    assert (True, f"a message whose sending broke off {told}") == in_slack(slack)[-1]


def test_a_channel_that_cannot_be_read_now(slack: Workspace) -> None:
    """Slack's limit of such questions is no reason to say that they may not be asked."""
    slack.looks, before = 0, slack.looks
    fine, words = in_slack(slack)[-1]
    slack.looks = before
    assert (True, "whether messages can be looked up was not to be found out now: Slack answered ratelimited") == (
        fine,
        words,
    )


async def by_mail(server: MailServer, scheme: str, password: str = "") -> list[tuple[bool, str]]:
    async with server:
        values = {"smtp": f"{scheme}://localhost:{server.port}", "from": "relay@example.org", "to": "ben@example.org"}
        values |= {"username": LOGIN[0].decode(), "password": password} if password else {}
        settings = EmailSettings.model_validate({**values, "ca": CERTIFICATE})
        found = await checked(Email("leads", settings, Http(), 5.0))
        return [(fine, words.replace(str(server.port), "PORT")) for fine, words in found]


@pytest.mark.parametrize(
    ("server", "scheme", "password", "told"),
    [
        (MailServer(), "smtp", "", (True, "localhost:PORT answers, without a login, without TLS; no mail was sent")),
        (MailServer(tls="starttls", login=True), "smtp+starttls", SECRET, (True, "localhost:PORT takes the login of relay, over TLS; no mail was sent")),
        (MailServer(tls="starttls", login=True), "smtp+starttls", "wrong-guess", (False, "localhost:PORT answered 535")),
        (MailServer(), "smtps", "", (False, "localhost:PORT: no TLS there")),
    ],
    ids=["plain", "login", "wrong login", "no TLS"],
)  # fmt: skip
def test_a_mail_server_is_greeted(server: MailServer, scheme: str, password: str, told: tuple[bool, str]) -> None:
    """Connection, TLS and login are tried, and no mail is begun."""
    ((fine, words),) = asyncio.run(by_mail(server, scheme, password))
    assert told == (fine, words[: len(told[1])])
    assert [] == server.mails
    assert "wrong-guess" not in words


def posting(url: str, **more: Any) -> list[tuple[bool, str]]:
    async def look() -> list[tuple[bool, str]]:
        async with Http() as http:
            settings = WebhookSettings.model_validate({"url": f"{url}/hooks/{KEY}", **more})
            return await checked(Webhook("lake", settings, http, 5.0))

    return asyncio.run(look())


def test_a_webhook_is_not_posted_to() -> None:
    """Its server is asked for the head of its first page alone, whatever it answers, over trusted TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    with Server(lambda _: Reply(404), tls=context) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        ((trusted, words),) = posting(url, ca=CERTIFICATE)
        ((untrusted, _),) = posting(url)
    assert (True, False, [("HEAD", "/")]) == (trusted, untrusted, [(it.method, it.path) for it in server.requests])
    assert words == f"{url} answers; nothing was posted, so `relay send` shows whether it takes messages"


def test_a_webhook_that_is_not_there() -> None:
    """A server that does not answer is a problem."""
    ((fine, words),) = posting(f"http://127.0.0.1:{closed_port()}")
    assert (False, True) == (fine, words.startswith("cannot connect to 127.0.0.1"))


def test_the_console_is_always_there() -> None:
    """Nothing can be wrong with the terminal."""
    assert [(True, "prints to the terminal")] == asyncio.run(checked(Console("console", ConsoleSettings(), Http())))


@pytest.mark.parametrize(
    ("name", "trouble"), [(name, trouble) for name, setup in SETUPS.items() for trouble in setup.troubles]
)
def test_no_finding_tells_a_secret(name: str, trouble: str) -> None:
    """Whatever goes wrong, a check ends with findings of one line that show no token, key or hook."""

    async def look() -> list[tuple[bool, str]]:
        async with SETUPS[name].facing(trouble) as facing:
            return await checked(facing.destination)

    told = asyncio.run(look())
    assert told
    assert all(words.isprintable() for _, words in told)
    assert [] == [secret for secret in (*SETUPS[name].secrets, HOOK) for _, words in told if secret in words]
