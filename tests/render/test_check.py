"""What `check` finds in templates."""

from pathlib import Path

from relay import shipped
from relay.render import Renderer
from tests.render.project import own

MISTAKES = {
    "commit": ("{% block titel %}{% endblock %}", "no block called 'titel' is asked for; did you mean 'title'?"),
    "fork": ("{% block title %}{{ actr }}{% endblock %}", "there is nothing called 'actr'; did you mean 'actor'?"),
    "mq": (
        "{% block title %}{% if false %}{{ nonsense }}{% endif %}{% endblock %}",
        "there is nothing called 'nonsense'",
    ),
    "pushed": ("{% block title %}{{ title | shout }}{% endblock %}", "No filter named 'shout'."),
    "slack__layout": ("{% block blocks %}{{ sektion(title) }}{% endblock %}", "did you mean 'section'?"),
    "slack__pushed": ('{% block blocks %}{"type": }{% endblock %}', "Expecting value"),
    "strip": ("{% block title %}{{ actor.nick }}{% endblock %}", "has no attribute 'nick'"),
    "wiki_created": ("{% block title %}", "Unexpected end of template."),
}


def test_the_shipped_templates_are_without_mistakes() -> None:
    """They read well and render every sample, full and empty, in every destination."""
    assert [] == Renderer([shipped.templates()]).problems()


def test_every_mistake_is_named_in_its_file(tmp_path: Path) -> None:
    """Each mistake is found before an event meets it, once, at its line."""
    problems = own(tmp_path, **{name: f"\n{text}" for name, (text, _) in MISTAKES.items()}).problems()
    expected = [(str(tmp_path / f"{name.replace('__', '/')}.j2"), text) for name, (_, text) in MISTAKES.items()]
    assert [file for file, _ in expected] == [problem.file for problem in problems]
    assert [] == [text for (_, text), problem in zip(expected, problems, strict=True) if text not in problem.text]
    assert {2} == {problem.line for problem in problems if "Expecting" not in problem.text}
