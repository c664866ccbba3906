"""Durable webhooks per second, from polled page over rules, template and commit to settled POST, on SQLite.

    uv run python -m benchmarks.deliver [EVENTS] [REPEATS]

Beside it, in the same run and interleaved: bare loops with 64 requests in flight, of relay's own HTTP client, of the
transport beneath it, and of aiohttp alone. The ratios are what counts; rates depend on the machine.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from benchmarks.rules import rules
from benchmarks.server import pin, serving
from relay.config import load
from relay.http import Http
from relay.service import Service, Setup
from relay.shipped import templates

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
PER_PAGE = 50
IN_FLIGHT = 64
BODY = json.dumps({"type": "commit", "summary": "Ana Lima committed", "data": {"pad": "z" * 860}}).encode()
HEADERS = {  # a bare loop sends what relay sends: as many bytes, and the same headers
    "content-type": "application/json",
    "webhook-id": "dlv_0123456789abcdef01234567",
    "webhook-timestamp": "1795425246",
    "webhook-signature": "v1,r8pgJEP/7FAX5NzUVqHi0xrL9AJQr8dN8QM4QEK0ttU=",
}


async def relay(url: str, destinations: int) -> float:
    """Webhooks per second through relay."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(rules(url, EVENTS // PER_PAGE, destinations))
        setup = Setup(lambda: load(file, {}), str(Path(folder) / "relay.db"), (templates(),), Path(folder))
        async with Service.open(setup) as service:
            begin = time.perf_counter()
            worked = await service.once()
            took = time.perf_counter() - begin
    if not worked:
        raise SystemExit("relay could not deliver everything")
    return EVENTS / took


async def flood(post: "object", number: int) -> float:
    """Requests per second of a bare loop with 64 in flight."""
    todo = iter(range(number))

    async def work() -> None:
        for _ in todo:
            await post()  # type: ignore[operator]

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return number / (time.perf_counter() - begin)


async def bare(url: str, number: int = EVENTS) -> float:
    """The client that relay sends with, and nothing else."""
    async with Http() as http:

        async def post() -> None:
            answer = await http.request("POST", f"{url}/bare", headers=HEADERS, body=BODY, keep=4096)
            assert answer.status == 204

        return await flood(post, number)


async def bare_transport(url: str) -> float:
    """The transport beneath that client, driven directly: no deadline, no cap on the answer, no redaction."""
    async with AiohttpTransport() as transport:

        async def post() -> None:
            request = httpx.Request("POST", f"{url}/bare", headers=HEADERS, content=BODY)
            answer = await transport.handle_async_request(request)
            await answer.aread()
            await answer.aclose()

        return await flood(post, EVENTS)


async def bare_aiohttp(url: str) -> float:
    """aiohttp alone."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def post() -> None:
            async with session.post(f"{url}/bare", data=BODY, headers=HEADERS) as answer:
                await answer.read()

        return await flood(post, EVENTS)


def main() -> None:
    """Print every case's median, lowest and highest rate, and its ratio to the bare loop."""
    cases = {
        "bare loop, relay's client": bare,
        "bare loop, its transport": bare_transport,
        "bare loop, aiohttp": bare_aiohttp,
        "relay, 64 destinations": lambda url: relay(url, 64),
        "relay, 1 destination": lambda url: relay(url, 1),
    }
    rates: dict[str, list[float]] = {name: [] for name in cases}
    pin(0)  # the server has the other core
    with serving(PER_PAGE) as (url, pipe):
        asyncio.run(relay(url, 64))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before anything but relay was at work
        asyncio.run(bare(url, 64))  # imports and connections are not what is measured
        for _ in range(REPEATS):
            for name, case in cases.items():
                rates[name].append(asyncio.run(case(url)))
                print(f"  {name}: {rates[name][-1]:,.0f}/s", file=sys.stderr)
        pipe.send("count")
        assert pipe.recv() == 64 + EVENTS + 5 * EVENTS * REPEATS, "the sink did not get everything once"
    for name, found in rates.items():
        ratios = [median(a / b for a, b in zip(found, rates[base], strict=True)) for base in list(cases)[:2]]
        span = f"({min(found):,.0f} to {max(found):,.0f})"
        print(
            f"{name:28} {median(found):8,.0f}/s  {span:20} {ratios[0]:.2f} of the client, {ratios[1]:.2f} of its transport"
        )
    print(f"peak memory of relay, 64 destinations: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
