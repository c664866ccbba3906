"""Mock servers of the forges' own specifications, polled again and again: valid data that is random, as a cheap fuzz.

RELAY_TEST_CYCLES=100 polls longer.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from relay.store import read
from tests.real.campaign import Campaign, Heard, rules
from tests.real.prism import PACKAGE, RANDOM, SPECS, Prism, mocking
from tests.real.running import node_packages
from tests.real.specified import Cloud, Forgejo, GitHub, Specified
from tests.servers import Server
from tests.stage import Stage

CYCLES = int(os.environ.get("RELAY_TEST_CYCLES", "6"))
GROWTH = 512 * 1024
"""Bytes by which a relay at rest may be larger in the last third of its cycles than in the second."""
TOKEN = "t0ken-of-the-test"

pytestmark = [
    pytest.mark.skipif(not SPECS.is_dir(), reason="the specifications are not here"),
    pytest.mark.long("prism"),
]
Mocks = Callable[[type[Specified]], Prism]


@pytest.fixture(scope="module")
def mocks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mocks]:
    """The mock of a forge, started when it is first asked for."""
    cached = request.config.pluginmanager.hasplugin("cacheprovider")
    packages = node_packages(request.config.cache.mkdir("node") if cached else tmp_path_factory.mktemp("node"), PACKAGE)
    running: dict[str, Prism] = {}
    with ExitStack() as stack:

        def mock(kind: type[Specified]) -> Prism:
            if kind.spec not in running:
                folder = tmp_path_factory.mktemp(kind.kind)
                running[kind.spec] = stack.enter_context(mocking(packages, kind.spec, folder))
            return running[kind.spec]

        yield mock


@pytest.mark.parametrize("kind", [Cloud, Forgejo, GitHub], ids=["bitbucket", "forgejo", "github"])
def test_random_answers(mocks: Mocks, tmp_path: Path, kind: type[Specified]):
    """Whatever valid data comes is told or refused in words, and relay grows by nothing."""
    prism = mocks(kind)
    prism.prefer = RANDOM
    settings = {"token": TOKEN, "every": "1s", "start": "all", "include": f"[{', '.join(kind.included)}]"}
    campaign = Campaign(tmp_path, kind(prism), **settings)
    with Heard() as heard:
        campaign.run(CYCLES)
    assert [] == heard.defects
    assert len(campaign.told) > 2
    assert campaign.growth < GROWTH


@pytest.fixture
def cloud(mocks: Mocks) -> Cloud:
    """Bitbucket Cloud, whose answers are those of its specification and no others."""
    prism = mocks(Cloud)
    prism.prefer = "code=200"
    forge = Cloud(prism)
    forge.like = {}
    return forge


def test_bitbucket_without_credentials(cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """A 401 is told once, and asked again in an hour."""
    cloud.prism.prefer = RANDOM
    with Server(cloud.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(cloud.kind, server, sink, {}))
        assert (False, False) == (stage.once(), stage.once(hours=2))
    (said,) = warned(caplog)
    assert "answered 401: check the token" in said
    assert fared(stage)[0] >= timedelta(hours=1)


def test_an_answer_that_is_empty(cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """The activity of the specification is a 200 without a body: the poll fails in words."""
    with Server(cloud.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(cloud.kind, server, sink, {"token": TOKEN}))
        assert not stage.once()
    assert "activity sent 0 bytes instead of JSON" in caplog.text


def test_next_on_another_host(cloud: Cloud, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """The page that the specification says is next is not asked for."""
    cloud.like, cloud.onward = Cloud.like, 1.0
    with Server(cloud.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(cloud.kind, server, sink, {"token": TOKEN}))
        assert not stage.once()
    assert "leads to http://example.com, another host; not followed" in caplog.text


@pytest.mark.parametrize(
    ("code", "works", "lines", "minutes"), [(304, True, 0, 0.9), (403, False, 1, 60), (503, False, 1, 1.9)]
)
def test_github_that_refuses(
    mocks: Mocks, tmp_path: Path, caplog: pytest.LogCaptureFixture, code: int, works: bool, lines: int, minutes: float
):
    """A 304 costs nothing, 403 and 503 are told once and rest, and what was told before is not told again."""
    forge = GitHub(mocks(GitHub))
    with Server(forge.respond) as server, Server() as sink:
        stage = Stage(tmp_path, rules(forge.kind, server, sink, {"token": TOKEN, "start": "all"}))
        forge.prism.prefer = "code=200"
        assert stage.once()
        told, asked = len(sink.requests), fared(stage)[1]
        forge.prism.prefer = f"code={code}"
        caplog.clear()
        assert (works, works) == (stage.once(minutes=2), stage.once(minutes=2))
        rest, cost = fared(stage)
        assert (lines, works) == (len(warned(caplog)), cost == asked)
        assert rest >= timedelta(minutes=minutes)
        forge.prism.prefer = "code=200"
        assert stage.once(minutes=2)
    assert 0 < told == len(sink.requests)


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings of the poller."""
    return [one.getMessage() for one in caplog.records if one.name == "relay.poller" and one.levelname == "WARNING"]


def fared(stage: Stage) -> tuple[timedelta, int]:
    """How long the repository is left alone, and how many requests its account has made."""
    with closing(read(stage.database)) as views:
        (feed,), (account,) = views.feeds(), views.accounts(stage.clock.at.timestamp())
    assert feed.due_at
    return feed.due_at - stage.clock.at, account.asked
