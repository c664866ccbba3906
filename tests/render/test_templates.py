"""Templates of a project's own: what they replace, and what becomes of those that fail."""

import json
import logging
from pathlib import Path

import pytest

from relay import shipped
from relay.destinations.base import Json, Plain
from relay.destinations.slack_mrkdwn import Mrkdwn
from relay.render import Renderer
from tests.render.project import alone, own, printed
from tests.sentences import SENTENCES, event

RENDERER = Renderer([shipped.templates()])
WEBHOOK = {"body": Json()}


def test_a_project_replaces_one_block(tmp_path: Path) -> None:
    """A project's file has its way with the blocks that it has; the others stay the shipped ones."""
    renderer = own(tmp_path, pushed="{% block title %}{{ who }} was busy{% endblock %}")
    line, *details = printed(event("pushed"), renderer)
    assert line.endswith("pushed  Ana Lima was busy  https://forge.example/acme/site/it")
    assert 3 == len(details)


def test_a_block_puts_out_another(tmp_path: Path) -> None:
    """`self` and a block within a block find all that the other block asks for."""
    inner = "{% block inner %}{{ title }} in {{ repository }}{% endblock %}"
    renderer = own(tmp_path, mq="{% block title %}{{ self.inner() }}{% endblock %}" + inner)
    assert "Deploying in acme/site" in printed(event("mq", title="Deploying"), renderer)[0]
    renderer = own(tmp_path, fork="{% block title %}{{ who }}: " + inner + "{% endblock %}")
    assert "Ana Lima: Deploying in acme/site" in printed(event("fork", title="Deploying"), renderer)[0]


def test_a_route_names_its_words(tmp_path: Path) -> None:
    """`template: brief` takes the words from templates/brief.j2."""
    renderer = own(tmp_path, brief="{% block title %}Look: {{ title }}{% endblock %}")
    assert "Look: Deploying" in printed(event("wiki_created"), renderer, options={"template": "brief"})[0]


def test_words_that_are_not_there_are_missed_aloud(caplog: pytest.LogCaptureFixture) -> None:
    """A route that names a template which does not exist gets the type's own, and a warning."""
    assert printed(event("mq"), RENDERER) == printed(event("mq"), RENDERER, options={"template": "brief.j2"})
    assert ["brief.j2: there is no such template; the shipped words are used instead"] == caplog.messages


def test_a_body_of_ones_own(tmp_path: Path) -> None:
    """A template without blocks, named as layout, is the whole body; its text stays inside its strings."""
    renderer = own(tmp_path, body='{"text": "{{ title }}", "number": {{ number or "null" }}}')
    known = event("wiki_created", title='Say "hi"')
    body = renderer.message(alone(known), "webhook", WEBHOOK, layout="body.j2").parts["body"]
    assert {"text": 'Say "hi"', "number": None} == json.loads(body)


def test_a_body_that_is_no_json_gives_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """JSON made by a body template must parse, else relay's own body is sent, with a warning."""
    renderer = own(tmp_path, body='{"text": }')
    body = renderer.message(alone(event("mq")), "webhook", WEBHOOK, layout="body.j2").parts["body"]
    assert "mq" == json.loads(body)["type"]
    assert "body.j2: Expecting value" in caplog.text


def test_a_kind_has_its_own_words_for_a_type(tmp_path: Path) -> None:
    """templates/<kind>/<type>.j2 replaces words and layout, for that kind alone."""
    renderer = own(tmp_path, console__mq="{% block text %}{{ sentence }}!{% endblock %}")
    assert ["Ana Lima created a patch queue for acme/site!"] == printed(event("mq"), renderer)


def test_markup_survives_macros_and_captured_text(tmp_path: Path) -> None:
    """What a macro or a `set` block collected was escaped when it was collected, and is not escaped again."""
    words = "{% macro by(x) %}{{ person() }}: {{ x }}{% endmacro %}{% set all %}{{ by(title) }}{% endset %}{{ all }}"
    renderer = own(tmp_path, mq=f"{{% block title %}}{words}{{% endblock %}}")
    parts = renderer.message(alone(event("mq", title="<a>")), "slack", {"blocks": Mrkdwn()}).parts
    assert "*Ana Lima*: &lt;a&gt;" == json.loads(parts["blocks"])[0]["text"]["text"]


@pytest.mark.parametrize(
    "way", ['title ~ ""', "title | safe", "title | e", "link('{}').format(title)", "title | upper | tojson"]
)
def test_no_way_around_the_escaping(way: str, tmp_path: Path) -> None:
    """Filters and string methods of a template make no markup of a forge's text."""
    renderer = own(tmp_path, mq=f"{{% block title %}}{{{{ {way} }}}}{{% endblock %}}")
    parts = renderer.message(alone(event("mq", title="<!here>")), "slack", {"blocks": Mrkdwn()}).parts
    assert "<!" not in parts["blocks"]


BROKEN = {
    "syntax": "{% block title %}{% if %}{% endblock %}",
    "a name that does not exist": "{% block title %}{{ titel }}{% endblock %}",
    "an attribute of nothing": "{% block title %}{{ comment.text }}{% endblock %}",
    "arithmetic": "{% block title %}{{ 1 / 0 }}{% endblock %}",
    "the sandbox": "{% block title %}{{ event.__class__.__mro__ }}{% endblock %}",
    "a change to what is shared": "{% block title %}{{ reviewers.append(1) }}{% endblock %}",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_template_gives_way_to_the_shipped_one(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The shipped words are said instead, and one warning names the file and line."""
    renderer = own(tmp_path, mq=text)
    with caplog.at_level(logging.WARNING, "relay.render"):
        assert SENTENCES["mq"][0] == renderer.sentence(event("mq"))
    assert 1 == len(caplog.records)
    assert f"{tmp_path}/mq.j2:1: " in caplog.text


def test_without_any_template_the_type_and_link_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where even the shipped files fail, a title and a link are made without them."""
    (tmp_path / "mq.j2").write_text("{% block title %}{{ nothing }}{% endblock %}")
    text = Renderer([tmp_path]).message(alone(event("mq")), "console", {"text": Plain()}).parts["text"]
    assert "Mq (acme/site)" == text


def test_a_broken_layout_gives_way_to_the_shipped_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A layout that fails costs the message its dress, not its delivery."""
    renderer = own(tmp_path, console__layout="{% block text %}{{ words.titel }}{% endblock %}")
    assert printed(event("mq"), RENDERER) == printed(event("mq"), renderer)
    assert 1 == len(caplog.records)


def test_output_is_capped(tmp_path: Path) -> None:
    """A template that writes without end is cut at 256 KiB."""
    renderer = own(
        tmp_path, console__mq="{% block text %}{% for i in range(99999) %}{{ sentence }}{% endfor %}{% endblock %}"
    )
    text = "\n".join(printed(event("mq"), renderer))
    assert [256 * 1024, "…"] == [len(text), text[-1]]
