import asyncio
import contextlib
import gzip
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from relay.errors import HttpError
from relay.http import Http, Response
from tests.servers import Reply, Request, Server

CERTIFICATE = Path(__file__).with_name("localhost.pem")


def ask(url: str, method: str = "GET", **options: Any) -> Response:
    async def once() -> Response:
        async with Http() as http:
            return await http.request(method, url, **options)

    return asyncio.run(once())


def failure(url: str, method: str = "GET", **options: Any) -> HttpError:
    with pytest.raises(HttpError) as caught:
        ask(url, method, **options)
    return caught.value


def run(steps: Callable[[Http], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with Http() as http:
            await steps(http)

    asyncio.run(inside())


def answering(*replies: Reply) -> Callable[[Request], Reply]:
    queue = list(replies)
    return lambda _: queue.pop(0)


def test_an_answer_comes_whole() -> None:
    """Status, headers and body of any answer are given back as they came."""
    with Server(lambda _: Reply(404, "no such page", {"X-Note": "hello"})) as server:
        response = ask(server.url + "/page")
    assert (404, b"no such page", "hello") == (response.status, response.body, response.headers["x-note"])


def test_a_request_is_sent_as_given() -> None:
    """Method, body, headers and relay's own user-agent reach the server."""
    with Server() as server:
        ask(server.url + "/hook?a=1", "POST", body=b"{}", headers={"Content-Type": "application/json"})
    (request,) = server.requests
    assert ("POST", "/hook", {"a": "1"}, b"{}") == (request.method, request.path, request.query, request.body)
    assert "application/json" == request.headers["content-type"]
    assert request.headers["user-agent"].startswith("relay/")


def test_connections_are_kept_alive() -> None:
    """Requests one after the other to a host share a connection."""
    ports: list[int] = []
    ended = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ports.append(writer.get_extra_info("peername")[1])
            with contextlib.suppress(asyncio.IncompleteReadError), contextlib.closing(writer):
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            ended.set()

        async def thrice(http: Http) -> None:
            async with await asyncio.start_server(answer, sock=listener):
                url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
                for _ in range(3):
                    await http.request("GET", url)
                await http.close()
                await ended.wait()

        run(thrice)
    assert 1 == len(ports)


def test_cookies_are_not_kept() -> None:
    """A cookie that a server sets does not come back with the next request."""

    async def twice(http: Http) -> None:
        await http.request("GET", server.url)
        await http.request("GET", server.url)

    with Server(lambda _: Reply(headers={"set-cookie": "id=1; Path=/"})) as server:
        run(twice)
    assert "cookie" not in server.requests[1].headers


def test_a_closed_port_is_a_connection_that_was_never_made() -> None:
    """A refused connection is told with its place and reason, and nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/services/T0/B0/secret")
    assert (f"cannot connect to 127.0.0.1:{port} (connection refused)", False) == (str(error), error.sent)


def test_an_unknown_host_was_never_reached() -> None:
    """A name that nobody knows is told as such, and nothing was sent."""
    error = failure("http://relay.invalid/")
    assert str(error).startswith("cannot find relay.invalid")
    assert not error.sent


@pytest.mark.parametrize("url", ["ftp://example.com/", "example.com", "http://", "http://[::1/", "", "http://a\nb/"])
def test_what_is_no_web_address_is_told(url: str) -> None:
    """Anything but an http or https address is an error before anything is sent."""
    error = failure(url)
    assert not error.sent
    assert "address" in str(error)


def test_a_header_cannot_be_forged() -> None:
    """A line break in a header's value is an error before anything is sent."""
    with Server() as server:
        error = failure(server.url, headers={"authorization": "Bearer a\r\nx-forged: 1"})
    assert (False, []) == (error.sent, server.requests)


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_deadline_is_total(fault: str) -> None:
    """A server that never answers, or answers byte by byte, is left at the deadline."""
    with Server(lambda _: Reply(body=b"x" * 50, fault=fault)) as server:
        error = failure(server.url, deadline=0.3)
    assert "within 0.3 s" in str(error)
    assert error.sent


def test_a_peer_that_reads_nothing_is_left_at_the_deadline() -> None:
    """A server that answers in part while it takes no more of the body cannot hold the sender."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            try:
                await asyncio.Event().wait()
            finally:
                writer.close()

        async def send(http: Http) -> None:
            server = await asyncio.start_server(stall, sock=listener, limit=1024)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            with pytest.raises(HttpError) as caught:
                await http.request("POST", url, body=bytes(1_000_000), deadline=0.3)
            server.close()
            assert caught.value.sent

        run(send)


def test_a_connection_that_cannot_be_made_in_time_was_never_made() -> None:
    """Where nobody accepts, the deadline ends the connecting, and nothing was sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(place)
        error = failure(f"http://127.0.0.1:{place[1]}/", deadline=1.5)  # 0.3 s for a busy machine to tell the two apart
        for each in waiting:
            each.close()
    assert not error.sent


@pytest.mark.parametrize(("fault", "words"), [("reset", "broke before"), ("cut", "broke off")])
def test_a_broken_answer_may_have_been_acted_on(fault: str, words: str) -> None:
    """A connection that breaks after the request was written, or half a body, is told as sent."""
    with Server(lambda _: Reply(body=b"x" * 100, fault=fault)) as server:
        error = failure(server.url, "POST", body=b"{}")
    assert words in str(error)
    assert error.sent


def test_what_does_not_speak_http_is_told() -> None:
    """An answer that is not HTTP is an error of one line."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example.com ESMTP\r\n")
            writer.close()

        async def get(http: Http) -> None:
            async with await asyncio.start_server(greet, sock=listener):
                with pytest.raises(HttpError, match="is not HTTP") as caught:
                    await http.request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
                assert "\n" not in str(caught.value)

        run(get)


def test_a_packed_answer_is_unpacked() -> None:
    """A gzip body is given decompressed."""
    packed = Reply(body=gzip.compress(b"hello"), headers={"content-encoding": "gzip"})
    with Server(lambda _: packed) as server:
        assert b"hello" == ask(server.url).body


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    """A small body that unpacks to more than the cap is refused, and the server may have acted."""
    bomb = Reply(body=gzip.compress(bytes(30_000_000)), headers={"content-encoding": "gzip"})
    with Server(lambda _: bomb) as server:
        error = failure(server.url)
    assert "larger than 10485760 bytes" in str(error)
    assert error.sent


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "gzip"])
def test_an_answer_that_cannot_be_unpacked_is_told(packing: str) -> None:
    """Nested or unasked packing, and bytes that are not what they say, are errors."""
    with Server(lambda _: Reply(body=b"not packed", headers={"content-encoding": packing})) as server:
        assert "cannot be unpacked" in str(failure(server.url))


def test_an_answer_larger_than_asked_for_is_refused() -> None:
    """The cap counts bytes as they come; exactly as many as allowed still pass."""
    with Server(lambda _: Reply(body=b"x" * 100)) as server:
        assert 100 == len(ask(server.url, most=100).body)
        assert "larger than 99 bytes" in str(failure(server.url, most=99))


@pytest.mark.parametrize("fault", [None, "cut"])
def test_a_send_keeps_the_beginning_of_the_answer(fault: str | None) -> None:
    """With `keep`, a body too long or broken off is no error: the status said it all."""
    with Server(lambda _: Reply(200, b"x" * 100_000, fault=fault)) as server:
        response = ask(server.url, "POST", body=b"{}", keep=4096)
    assert (200, b"x" * 4096) == (response.status, response.body)


def test_redirects_come_back_as_they_are() -> None:
    """Without `follow` a redirect is an answer like any other."""
    with Server(lambda _: Reply(302, headers={"location": "/elsewhere"})) as server:
        assert 302 == ask(server.url).status
    assert 1 == len(server.requests)


def test_redirects_are_followed_with_credentials_on_the_same_origin() -> None:
    """With `follow` a poll goes on to the new place and shows its credentials there."""
    replies = answering(Reply(301, headers={"location": "/new?a=b"}), Reply(body=b"found"))
    with Server(replies) as server:
        response = ask(server.url + "/old", follow=True, headers={"Authorization": "Bearer t"})
    assert (b"found", f"{server.url}/new?a=b") == (response.body, response.url)
    assert ["Bearer t", "Bearer t"] == [request.headers["authorization"] for request in server.requests]


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Private-Token", "X-Whatever"])
def test_credentials_stay_at_their_origin(name: str) -> None:
    """A redirect to another origin is followed without any header that may be a credential."""
    with Server() as other, Server(lambda _: Reply(302, headers={"location": other.url})) as server:
        ask(server.url, follow=True, headers={name: "secret", "if-none-match": "x"})
    (request,) = other.requests
    assert name.lower() not in request.headers
    assert "x" == request.headers["if-none-match"]


def test_redirects_in_a_circle_end() -> None:
    """A server that redirects for ever is left after five redirects."""
    with Server(lambda _: Reply(302, headers={"location": "/"})) as server:
        assert "more than 5 times" in str(failure(server.url, follow=True))
    assert 6 == len(server.requests)


@pytest.mark.parametrize("target", ["http://[::1", "//[", "http://a:b/", "/\x01", "javascript:alert(1)", "x" * 70_000])
def test_redirects_to_no_address(target: str) -> None:
    """A redirect to what is no address is told as a failure, without repeating all of it."""
    with Server(lambda _: Reply(302, headers={"location": target})) as server:
        assert len(str(failure(server.url, follow=True))) < 500


def test_a_redirected_post_is_not_repeated_elsewhere() -> None:
    """Only GET and HEAD follow redirects."""
    with Server(lambda _: Reply(307, headers={"location": "/elsewhere"})) as server:
        assert 307 == ask(server.url, "POST", body=b"{}", follow=True).status


@pytest.fixture
def tls_server() -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with Server(tls=context) as server:
        yield server


def test_an_unknown_certificate_is_refused(tls_server: Server) -> None:
    """A server whose certificate nobody vouches for is not spoken to."""
    error = failure(tls_server.url)
    assert ("self-signed" in str(error), False, []) == (True, error.sent, tls_server.requests)


def test_a_certificate_of_ones_own_is_trusted(tls_server: Server) -> None:
    """`ca` names a file of certificates to trust, for this request alone."""

    async def with_and_without(http: Http) -> None:
        assert 200 == (await http.request("GET", tls_server.url, ca=CERTIFICATE)).status
        with pytest.raises(HttpError):
            await http.request("GET", tls_server.url)

    run(with_and_without)


def test_ssl_cert_file_is_trusted(tls_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE replaces the usual certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert 200 == ask(tls_server.url).status


def test_a_missing_certificate_file_is_told(tmp_path: Path) -> None:
    """A `ca` that cannot be read is named, with the reason."""
    error = failure("https://127.0.0.1:1/", ca=tmp_path / "none.pem")
    assert f"cannot read the certificates in {tmp_path / 'none.pem'} (no such file or directory)" == str(error)


def test_https_is_never_left_for_http(tls_server: Server) -> None:
    """A redirect from https to http is an error."""
    tls_server.respond = lambda _: Reply(302, headers={"location": "http://127.0.0.1:1/"})
    assert "from https to http" in str(failure(tls_server.url, follow=True, ca=CERTIFICATE))


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY leads requests through the proxy, with its login."""
    with Server(lambda _: Reply(body=b"through")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:pw@"))
        assert b"through" == ask("http://example.invalid/page").body
    (request,) = proxy.requests
    assert ("example.invalid", "Basic bWU6cHc=") == (request.headers["host"], request.headers["proxy-authorization"])


def test_no_proxy_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY names hosts that are reached directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "example.com,127.0.0.1")
    with Server() as server:
        assert 200 == ask(server.url).status


def test_a_dead_proxy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there is named as the trouble, and nothing was sent."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    error = failure("http://example.com/")
    assert ("cannot connect to the proxy for example.com (connection refused)", False) == (str(error), error.sent)


def test_a_proxy_that_refuses_was_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that will not lead to an https host is told, and nothing was sent."""
    with Server(lambda _: Reply(407)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        error = failure("https://example.com/")
    assert "the proxy does not lead to example.com" in str(error)
    assert not error.sent


def test_logins_in_netrc_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ~/.netrc holds for a host is not sent to it."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server() as server:
        ask(server.url)
    assert "authorization" not in server.requests[0].headers
