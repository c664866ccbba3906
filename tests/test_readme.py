"""What the README says is so: its examples are read, its samples run, its lists are whole."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relay import cli, conditions, shipped
from relay.config import load
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery, Message
from relay.destinations.webhook import Webhook, WebhookSettings
from relay.http import Http
from relay.render import Renderer
from relay.samples import sample
from relay.sources import SOURCES
from tests import coverage_table
from tests.pictures import make
from tests.servers import Reply, Server

TEXT = make.README.read_text(encoding="utf-8")
SECRET = "whsec_cmVsYXkgc2FtcGxlIG9mIHRoZSByZWFkbWUgMDE="


def blocks(language: str) -> list[str]:
    """The text's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def first_column(heading: str) -> list[str]:
    """The first cells of the first table behind these words."""
    rows = TEXT.partition(heading)[2].partition("|---")[2].partition("\n\n")[0].splitlines()[1:]
    return [row.split("|")[1].strip() for row in rows]


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_example_is_right(text: str, tmp_path: Path) -> None:
    """The rules that the README shows have no mistake in them, and nothing that is hardly meant."""
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "github-token").write_text("secret-of-the-readme\n", encoding="utf-8")
    environ = (
        dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "secret-of-the-readme") | make.ENVIRON | {"LAKE_SECRET": SECRET}
    )
    assert () == load(tmp_path / "rules.yaml", environ).warnings


def test_the_first_example_is_ten_lines() -> None:
    """A look is enough to see what relay is."""
    assert 10 == len(blocks("yaml")[0].splitlines())


def test_the_long_example_has_every_setting() -> None:
    """No key of a source or destination is missing where all that the file can say is shown."""
    kinds = [kind.Settings for table in (SOURCES, DESTINATIONS) for kind in table.values()]
    keys = {field.alias or name for settings in kinds for name, field in settings.model_fields.items()}
    assert set() == {key for key in keys | {"group", "urgent", "limit"} if not re.search(rf"\b{key}\b", TEXT)}


def test_the_picture_shows_what_the_example_makes() -> None:
    """The words under the first picture are those that relay makes of the example for who cannot see it."""
    assert f"![{make.in_slack().parts['text']}](tests/pictures/slack.png)" in TEXT


def test_the_pictures_can_be_drawn() -> None:
    """What is drawn around relay's own words holds all of them."""
    drawn = make.drawn(json.loads(make.in_slack().parts["blocks"]))
    assert "Read the theme from the system (Ana Lima)" in drawn
    assert "5 updates in acme/site" in make.in_mail().parts["html"]


def test_every_command_is_listed() -> None:
    """The table of commands has all of them, in the order of the day."""
    listed = {cell.strip("`").split()[0] for cell in first_column("## Commands")}
    assert {command.callback.__name__ for command in cli.app.registered_commands if command.callback} == listed


def test_the_table_of_types_is_that_of_the_program() -> None:
    """The README's table of which source gives which type is what `relay types` shows."""
    assert coverage_table.PLACE.findall(TEXT) == [coverage_table.table()]


def test_every_kind_of_source_is_shown() -> None:
    """Each kind stands among the sources, with what its token needs and what it costs."""
    told = {name for cell in first_column("this costs.") for name in re.findall(r"`([\w-]+)`", cell)}
    assert set(SOURCES) == told


def test_every_key_of_when_is_listed() -> None:
    """The table of what a condition may ask has every field."""
    listed = {name for cell in first_column("**`when`**") for name in re.findall(r"`(\w+)`", cell)}
    assert set(conditions.FIELDS) == listed


def test_the_body_of_a_webhook_is_shown_whole() -> None:
    """The example has the keys of a real body, in their order."""
    delivery = Delivery("dlv_1", "lake", "pullrequest_*", (sample("pullrequest_created", make.FRIDAY),))
    body = json.loads(words(delivery).parts["body"])
    shown = json.loads(blocks("json")[0])
    assert outline(body) == outline(shown)


def outline(value: Any) -> Any:
    """The keys of an object, and of those objects in it that relay's body has always."""
    inner: Mapping[str, Any] = value["data"]
    return [*value], [*inner], [*inner["repository"]], [*inner["actor"]], [*value["relay"]]


def words(delivery: Delivery, *folders: Path, layout: str = "") -> Message:
    """What a webhook is sent."""
    renderer = Renderer([*folders, shipped.templates()])
    return renderer.message(delivery, "webhook", DESTINATIONS["webhook"].parts, layout=layout)


def test_a_signature_is_verified_as_shown() -> None:
    """The sample for receivers takes what relay signs, and nothing that was changed on the way."""
    message = words(Delivery("dlv_1", "lake", "*", (sample("pushed", make.FRIDAY),)))
    with Server(lambda _: Reply(204)) as server:
        settings = WebhookSettings.model_validate({"url": server.url, "secret": SECRET})
        asyncio.run(posted(message, settings))
    (request,) = server.requests
    sample_code: dict[str, Any] = {}
    exec(blocks("python")[0], sample_code)
    bodies = (request.body, request.body + b" ")
    assert [True, False] == [sample_code["is_from_relay"](request.headers, body, SECRET) for body in bodies]


async def posted(message: Message, settings: WebhookSettings) -> None:
    async with Http() as http:
        await Webhook("lake", settings, http).send(message, datetime.now(UTC))


def test_a_body_of_ones_own_is_made_as_shown(tmp_path: Path) -> None:
    """The shortest template for a webhook's body makes JSON of the sentence."""
    shown = re.search(r"`(\{\"text\": .*?\})`", TEXT)
    assert shown
    (tmp_path / "short.j2").write_text(shown[1], encoding="utf-8")
    delivery = Delivery("dlv_1", "lake", "*", (sample("create", make.FRIDAY),))
    body = words(delivery, tmp_path, layout="short.j2").parts["body"]
    assert {"text": "Ana Lima created repository acme/site"} == json.loads(body)


def test_wording_is_changed_as_shown(tmp_path: Path) -> None:
    """One block in a file of one's own changes the sentence, and leaves the rest as it is."""
    (tmp_path / "pullrequest_fulfilled.j2").write_text(blocks("jinja")[0], encoding="utf-8")
    renderer = Renderer([tmp_path, shipped.templates()])
    expected = "Ana Lima shipped pull request #42: Add a dark theme to the settings page (acme/site)"
    assert expected == renderer.sentence(sample("pullrequest_fulfilled", make.FRIDAY))
    assert [] == renderer.problems()


def test_every_file_that_is_named_is_there() -> None:
    """The files that the README leads to, and names to those who add something, are there."""
    named = {*re.findall(r"\]\(([\w./]+)\)", TEXT), *re.findall(r"`((?:relay|tests)/[\w/.]+\.py)`", TEXT)}
    assert set() == {name for name in named if not (make.README.parent / name).exists()}
