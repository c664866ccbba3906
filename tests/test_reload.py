"""Rules and templates that change while relay runs: what is taken, and what is told and passed over."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from relay.config import Config, load
from relay.demo.slack import FakeSlack
from relay.reload import Reload
from relay.service import Service
from relay.shipped import templates
from relay.stamps import stamps
from tests.servers import AppServer, Server
from tests.stage import Stage, until
from tests.test_service import Forge, commit
from tests.test_trouble import THREE, changes, rules

BRIEF = """
sources: {code: {kind: git, repositories: [/nowhere]}}
destinations: {console: {}}
rules: {pushed: {to: console, template: brief}}
"""


def reload(folder: Path, before: Callable[[], object] = lambda: None) -> tuple[Reload, Path]:
    """What watches a project whose rules name one template, and that template; `before` is called when it is read."""
    file, words = folder / "rules.yaml", folder / "templates" / "brief.j2"
    words.parent.mkdir()
    file.write_text(BRIEF, encoding="utf-8")
    words.write_text("{% block title %}a{% endblock %}", encoding="utf-8")

    def read() -> Config:
        before()
        return load(file, {})

    watched = (file, words.parent)
    return Reload(read, watched, (words.parent, templates()), stamps(watched)), words


def test_a_change_whose_trial_is_broken_off_is_tried_again(tmp_path: Path) -> None:
    """Who stops waiting while the templates are tried gets them when waiting anew."""

    async def act() -> None:
        reading = asyncio.Event()
        watch, words = reload(tmp_path, reading.set)
        words.write_text("{% block title %}other{% endblock %}", encoding="utf-8")
        waiting = asyncio.create_task(watch.changed())
        await reading.wait()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        async with asyncio.timeout(30):
            await watch.changed()

    asyncio.run(act())


def test_a_template_that_the_rules_name_has_to_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A deleted one is told with the line that names it, as `relay check` does, and nothing is taken before it is back."""

    async def act() -> None:
        watch, words = reload(tmp_path)
        text = words.read_text(encoding="utf-8")
        words.unlink()
        waiting = asyncio.create_task(watch.changed())
        await until(lambda: "last good one" in caplog.text)
        assert f"there is no template brief.j2 in {words.parent}" in caplog.text
        words.write_text(text, encoding="utf-8")
        await waiting

    asyncio.run(act())


def test_a_renamed_template_is_a_change(tmp_path: Path) -> None:
    """A file that only changed its name is seen."""
    (tmp_path / "commit.j2").touch()
    before = stamps([tmp_path])
    (tmp_path / "commit.j2").rename(tmp_path / "pushed.j2")
    assert before != stamps([tmp_path])


def test_a_defect_in_reading_is_raised(tmp_path: Path) -> None:
    """What nobody expected while a changed file was read is not taken for a change that is in use."""

    stage = Stage(tmp_path, BRIEF)
    left = [stage.setup.load()]

    async def act() -> None:
        async with Service.open(replace(stage.setup, load=left.pop)) as service:
            stage.write(f"{BRIEF}# changed")
            await service.run(asyncio.Event())

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(act())
    assert raised.group_contains(IndexError)


def test_a_corrected_file_is_read_while_running(tmp_path: Path) -> None:
    """`run` notices the corrected file, and sends what was blocked."""
    slack = FakeSlack(token="xoxb-renewed")

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: slack.requests > 0)
        stage.write(rules(forge, api, token="xoxb-renewed"))
        await until(lambda: len(slack.messages) == 3, lambda: stage.clock.move(seconds=1))
        stop.set()
        await work

    with Server(Forge(THREE)) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api, token="xoxb-revoked"))
        stage.perform(act)
        assert ["a", "b", "c"] == changes(slack)


def test_a_file_gone_wrong_is_told_and_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`run` goes on with the last good file."""
    slack = FakeSlack()

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: bool(slack.messages))
        stage.write("rules: {commit: nobody}")
        await until(lambda: "last good one" in caplog.text)
        stop.set()
        await work

    with Server(Forge(THREE[:1])) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        stage.perform(act)
        assert "no destination is called 'nobody'" in caplog.text


def test_a_template_gone_wrong_is_told_and_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`run` says where the mistake is when the file is saved, and goes on with the words that it had."""
    slack, pages = FakeSlack(), Forge(THREE[2:])
    words = tmp_path / "templates" / "commit.j2"

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await asyncio.sleep(0)
        words.write_text("\n{% block title %}{{ hash", encoding="utf-8")
        await until(lambda: "last good one" in caplog.text)
        pages.events = THREE
        await until(lambda: len(slack.messages) == 3, lambda: stage.clock.move(seconds=1))
        stop.set()
        await work

    with Server(pages) as forge, AppServer(slack.app) as api:
        words.parent.mkdir()
        words.write_text("{% block title %}own {{ hash }}{% endblock %}", encoding="utf-8")
        stage = Stage(tmp_path, rules(forge, api))
        stage.perform(act)
    assert f"{words}:2: unexpected end of template" in caplog.text
    assert "is in use" not in caplog.text
    assert ["own aaaaaaa", "own bbbbbbb", "own ccccccc"] == [message.text.split(",")[0] for message in slack.messages]


def test_a_template_that_is_mended_is_used(tmp_path: Path) -> None:
    """One that was wrong at the start is told in the shipped words until then."""
    slack, pages = FakeSlack(), Forge(THREE[2:])
    words = tmp_path / "templates" / "commit.j2"

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: len(slack.messages) == 1)
        words.write_text("{% block title %}own {{ hash }}{% endblock %}", encoding="utf-8")
        await until(service_uses_it, lambda: stage.clock.move(seconds=1))
        stop.set()
        await work

    def service_uses_it() -> bool:
        pages.events = [commit(f"{len(pages.events):012}"), *pages.events]
        return slack.messages[-1].text.startswith("own ")

    with Server(pages) as forge, AppServer(slack.app) as api:
        words.parent.mkdir()
        words.write_text("{% block title %}{{ hash", encoding="utf-8")
        stage = Stage(tmp_path, rules(forge, api))
        stage.perform(act)
    assert "Ada L committed aaaaaaa" in slack.messages[0].text


def test_a_changed_template_is_read_while_running(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`run` notices an edited template, and says the next event in the new words."""
    slack = FakeSlack()
    own = tmp_path / "templates"
    own.mkdir()
    caplog.set_level("INFO", "relay")

    async def act(service: Service) -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(service.run(stop))
        await until(lambda: bool(slack.messages))
        (own / "commit.j2").write_text("{% block title %}Otherwise{% endblock %}", encoding="utf-8")
        await until(lambda: "in use" in caplog.text)
        forge.respond = Forge([commit("d" * 12), *THREE[2:]])
        await until(lambda: len(slack.messages) == 2, lambda: stage.clock.move(seconds=30))
        stop.set()
        await work

    with Server(Forge(THREE[2:])) as forge, AppServer(slack.app) as api:
        stage = Stage(tmp_path, rules(forge, api))
        stage.perform(act)
        assert "Otherwise" in slack.messages[-1].text
