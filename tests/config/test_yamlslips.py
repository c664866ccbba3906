"""The line that caused a YAML syntax error, and that line corrected."""

import pytest

from relay.config.yamlfile import compose
from relay.errors import ConfigError

SLIPS = {
    "an unquoted star as a value": (
        "rules:\n  pushed: {to: dev, when: {branch: *}}\n",
        '2:36: * begins an alias; quote it; write: pushed: {to: dev, when: {branch: "*"}}',
    ),
    "an unquoted star as a key": ("rules:\n  *: dev\n", '2:3: * begins an alias; quote it; write: "*": dev'),
    "several unquoted globs": (
        "rules:\n  pushed:\n    - to: dev\n      when:\n        branch: [main, */fix, *]\n",
        '5:24: * begins an alias; quote it; write: branch: [main, "*/fix", "*"]',
    ),
    "an unquoted exclusion in brackets": (
        "rules:\n  pushed: {to: dev, when: {branch: !main}}\n",
        '2:36: ! begins a tag; quote it; write: pushed: {to: dev, when: {branch: "!main"}}',
    ),
    "an unquoted at sign": (
        "destinations:\n  dev:\n    channel: @dev\n",
        '3:14: @ cannot begin a text; quote it; write: channel: "@dev"',
    ),
    "an unquoted backtick": (
        "destinations:\n  dev:\n    channel: `dev`\n",
        '3:14: ` cannot begin a text; quote it; write: channel: "`dev`"',
    ),
    "an unquoted percent sign": (
        "destinations:\n  dev:\n    channel: %dev\n",
        '3:14: % cannot begin a text; quote it; write: channel: "%dev"',
    ),
    "an unquoted ampersand": (
        "rules:\n  pushed: {to: dev, when: {branch: &}}\n",
        '2:36: & begins an anchor; quote it; write: pushed: {to: dev, when: {branch: "&"}}',
    ),
    "an unquoted reference": (
        "sources:\n  acme: {kind: git, token: ${TOKEN}, url: x}\n",
        '2:28: ${…} inside of brackets must be quoted; write: acme: {kind: git, token: "${TOKEN}", url: x}',
    ),
    "a brace swallowed by a comment": (
        "destinations:\n  dev: {kind: slack, channel: #dev}\nrules:\n  pushed: dev\n",
        "2:31: a # after a space begins a comment, which swallows the rest of the line; quote it; "
        'write: dev: {kind: slack, channel: "#dev"}',
    ),
    "a text cut by a comment": (
        "rules:\n  pushed: {to: dev, when: {title: Fix #3}}\n  commit: dev\n",
        "2:35: a # after a space begins a comment, which swallows the rest of the line; quote it; "
        'write: pushed: {to: dev, when: {title: "Fix #3"}}',
    ),
    "a list swallowed by a comment": (
        "rules:\n  pushed: [dev, #ops]\n  commit: dev\n",
        "2:17: a # after a space begins a comment, which swallows the rest of the line; quote it; "
        'write: pushed: [dev, "#ops"]',
    ),
    "a tab": (
        "sources:\n  acme:\n    kind: git\n\turl: x\n",
        "4:1: a tab indents this line, and YAML takes only spaces; begin it with 4 of them; write: url: x",
    ),
    "a missing space after a colon": (
        "destinations:\n  dev:\n    kind:slack\n    channel: x\n",
        "3:9: a space is missing after the colon; write: kind: slack",
    ),
    "a missing space in a rule": (
        "sources: {}\nrules:\n  pushed:dev\n  commit: dev\n",
        "3:9: a space is missing after the colon; write: pushed: dev",
    ),
    "a colon in a text": (
        "rules:\n  pushed:\n    to: dev\n    when:\n      title: Fix: this\n",
        '5:14: a colon and a space inside of a text begin a mapping; quote it; write: title: "Fix: this"',
    ),
    "a colon in a text in brackets": (
        "rules:\n  pushed: {to: dev, when: {title: Fix: this}}\n",
        "2:35: a colon and a space inside of a text begin a mapping; quote it; "
        'write: pushed: {to: dev, when: {title: "Fix: this"}}',
    ),
    "a missing comma": (
        "rules:\n  commit: {to: dev detail: full}\n",
        "2:19: a comma is missing; write: commit: {to: dev, detail: full}",
    ),
    "a quote never closed": (
        'destinations:\n  dev:\n    token: "${X}\n    channel: x\nrules:\n  pushed: dev\n',
        '3:12: this quote is never closed; write: token: "${X}"',
    ),
    "a quote closed by the next one": (
        'destinations:\n  dev:\n    token: "${X}\n    channel: "x"\nrules:\n  pushed: dev\n',
        '3:12: this quote is never closed; write: token: "${X}"',
    ),
    "a quote never closed in brackets": (
        'destinations:\n  dev: {kind: slack, token: "${X}, channel: C0}\nrules:\n  pushed: dev\n',
        '2:29: this quote is never closed; write: dev: {kind: slack, token: "${X}", channel: C0}',
    ),
    "an apostrophe in single quotes": (
        "rules:\n  pushed: {to: dev, when: {title: 'it's'}}\n",
        "2:35: a ' inside of single quotes ends the text; write: pushed: {to: dev, when: {title: \"it's\"}}",
    ),
    "a brace never closed": (
        "rules:\n  pushed: {to: dev, when: {branch: main}\n  commit: dev\n",
        "2:11: { is never closed; write: pushed: {to: dev, when: {branch: main}}",
    ),
    "a bracket never closed at the end": (
        "rules:\n  commit: dev\n  pushed: [dev, leads\n",
        "3:11: [ is never closed; write: pushed: [dev, leads]",
    ),
    "a brace too many": (
        "rules:\n  commit: {to: dev}}\n  pushed: dev\n",
        "2:20: there is one } too many; write: commit: {to: dev}",
    ),
    "a backslash in double quotes": (
        'rules:\n  commit: {to: dev, when: {path: "src\\docs"}}\n',
        '2:38: a backslash in double quotes begins an escape; write: commit: {to: dev, when: {path: "src\\\\docs"}}',
    ),
    "a missing colon": ("sources\n  acme: {kind: git}\n", "1:8: a colon is missing; write: sources:"),
    "a missing colon further down": (
        "sources:\n  acme\n    kind: git\n    url: x\n",
        "2:7: a colon is missing; write: acme:",
    ),
    "a line indented too little": (
        "sources:\n  a: {kind: git}\n b: {kind: git}\n",
        "3:1: this line is indented unlike those above it; begin it with 2 spaces; write: b: {kind: git}",
    ),
    "a line indented too much": (
        "sources:\n  a:\n    kind: git\n     url: x\n",
        "4:1: this line is indented unlike those above it; begin it with 4 spaces; write: url: x",
    ),
    "the first of two": (
        'rules:\n  pushed: "dev\n  commit: {to: dev, when: {branch: */x}}\n',
        '2:11: this quote is never closed; write: pushed: "dev"',
    ),
    "a control character": ("rules:\n  pushed: \x07\n", "2:11: U+0007 cannot stand in a text file; remove it"),
    "nothing that is known": ('a: "b" c\n', "1:8: this is not YAML: did not find expected key"),
}


def located(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        compose(text, "rules.yaml")
    (problem,) = raised.value.problems
    return str(problem).removeprefix("rules.yaml:")


@pytest.mark.parametrize(("text", "problem"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_where_it_was_made(text: str, problem: str):
    """The line that caused the error is named, with the line as it should be."""
    assert problem == located(text)


@pytest.mark.parametrize(("text", "problem"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_in_a_long_file(text: str, problem: str):
    """What stands above and below, in other sections, changes nothing."""
    above = "".join(f"x-{number}: {{a: [1, 2], b: 'c'}}\n" for number in range(100))
    line, colon, rest = located(f"{above}{text}x-after: 1\n").partition(":")
    assert problem == f"{int(line) - 100}{colon}{rest}"


@pytest.mark.parametrize(
    "secret", ["token: xoxs3cret", "'secret': 's3cret'", 'password: "s3cret"', "webhook_url: s3cret"]
)
def test_the_corrected_line_shows_no_secret(secret: str):
    """What may be a secret is left out of the line that is shown."""
    told = located(f"destinations:\n  dev: {{kind: slack, {secret}, channel: #dev}}\n")
    assert ("…" in told, "s3cret" in told) == (True, False)
