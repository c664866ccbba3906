"""What `check` finds in templates."""

from pathlib import Path

import pytest

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


REFUSED = {
    "{{ cut(title, limit=1, limit=2) }}": "keyword argument repeated: limit",
    "{% for a in labels %}" * 21 + "{% endfor %}" * 21: "too many statically nested blocks",
    "{% if true %}" * 101 + "{% endif %}" * 101: "too many levels of indentation",
    f"{{{{ {'1+' * 3000}1 }}}}": "is nested too deeply",
    f"{{{{ {'9' * 5000} }}}}": "Exceeds the limit (4300 digits)",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=REFUSED.values())
def test_what_python_will_not_compile_is_a_mistake_of_its_file(text: str, said: str, tmp_path: Path) -> None:
    """A template that Jinja can read and Python cannot is told as any other, and held as any other."""
    renderer = own(tmp_path, commit=f"{{% block title %}}{text}{{% endblock %}}")
    (problem,) = renderer.problems()
    renderer.hold()
    assert f"{tmp_path}/commit.j2: {said}" == str(problem)[: len(f"{tmp_path}/commit.j2: {said}")]
