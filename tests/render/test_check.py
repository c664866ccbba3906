"""What `check` finds in templates."""

from pathlib import Path

import pytest

from relay import shipped
from relay.render import Renderer
from tests.render.project import own

RENDERER = Renderer([shipped.templates()])


def test_check_finds_nothing_wrong_with_the_shipped_templates() -> None:
    """The shipped templates read well and render every sample, in every destination."""
    assert [] == RENDERER.problems()


MISTAKES = {
    "{% block titel %}{% endblock %}": "no block called 'titel' is asked for; did you mean 'title'?",
    "{% block title %}{{ actr }}{% endblock %}": "there is nothing called 'actr'; did you mean 'actor'?",
    "{% block title %}{% if false %}{{ nonsense }}{% endif %}{% endblock %}": "there is nothing called 'nonsense'",
    "{% block title %}{{ title | shout }}{% endblock %}": "No filter named 'shout'.",
    "{% block title %}{{ actor.name.first }}{% endblock %}": "'str object' has no attribute 'first'",
    "{% block title %}": "Unexpected end of template.",
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.items(), ids=MISTAKES.values())
def test_check_names_the_mistake(text: str, expected: str, tmp_path: Path) -> None:
    """Each mistake in a template is found with its line before an event meets it."""
    problems = own(tmp_path, mq=f"\n{text}").problems()
    assert [(str(tmp_path / "mq.j2"), 2)] == [(problem.file, problem.line) for problem in problems]
    assert expected in problems[0].text
