"""What rules.yaml may not say, and how it is told."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from relay.config import load
from relay.destinations import DESTINATIONS
from relay.errors import ConfigError
from relay.sources import SOURCES
from tests.config.files import SMALLEST, problems, read, written

INCLUDED = ", ".join(type for type, how in SOURCES["github"].coverage.items() if how == "include")
TWELVE_MISTAKES = """\
timezone: Europe/Berln
sources:
  acme:
    kind: bitbuket-v1
  old:
    kind: bitbucket-v1
    url: https://forge.example
    token: "${NO_SUCH_TOKEN}"
    repositories: [acme/site]
    evry: 60s
destinations:
  dev: {kind: slack, token: "${SLACK_TOKEN}", channel: #dev
    }
  lake: {kind: webhook, url: "https://lake.example", limit: 20 per hour}
  dev: {kind: console}
rules:
  repo:push: dev
  pushed:
    - {to: devv, when: {branch: *main}}
    - {to: lake, when: "commit|length > 10"}
    - {to: lake, digest: {on: mon-fri}}
"""


def test_twelve_mistakes_are_twelve_problems(tmp_path: Path):
    """Every mistake of a file is told at once, in the order of the file, at its line and column."""
    assert [
        "1:11: timezone: no time zone is called 'Europe/Berln'; did you mean 'Europe/Berlin'?",
        "4:11: sources.acme.kind: no kind of source is called 'bitbuket-v1'; did you mean 'bitbucket-v1'?",
        "8:12: sources.old.token: the environment variable NO_SUCH_TOKEN is not set",
        "10:5: sources.old.evry: there is no such key; did you mean 'every'?",
        '12:56: destinations.dev.channel: is empty, as a # after a space begins a comment; quote it: "#dev"',
        "14:61: destinations.lake.limit: '20 per hour' is not a limit like 20/1h",
        "15:3: 'dev' stands here for the second time; first in line 12",
        "17:3: rules.repo:push: no event type is called 'repo:push'; did you mean 'pushed'?",
        "19:12: rules.pushed[0].to: no destination is called 'devv'; did you mean 'dev'?",
        '19:33: * without quotes asks for the anchor &main, which is not there; quote it to mean the text: "*main"',
        "20:24: rules.pushed[1].when: events have no 'commit'; did you mean 'commits'?",
        '21:26: rules.pushed[2].digest: needs at, like at: "08:30"',
    ] == problems(tmp_path, TWELVE_MISTAKES, {"SLACK_TOKEN": "xoxb-1"})


def test_a_secret_that_is_empty_is_a_problem(tmp_path: Path):
    """Else relay would ask as nobody, and find less, where somebody forgot to fill in the environment."""
    asked = SMALLEST.replace("url:", 'token: "${TOKEN}", url:')
    assert [
        "2:37: sources.acme.token: what it brings in is empty; leave it out where no secret is asked for"
    ] == problems(tmp_path, asked, {"TOKEN": ""})


def test_a_mapping_among_secrets_is_a_problem(tmp_path: Path):
    """It is no reference, whatever stands before it."""
    hook = "{kind: webhook, url: 'https://lake.example', secret: ['${SECRET}', {a: b}]}"
    told = problems(tmp_path, SMALLEST.replace("{kind: console}", hook), {"SECRET": "hunter22-plain"})
    assert all("destinations.dev.secret" in line and "hunter22" not in line for line in told)


ROUTE = SMALLEST.replace("pushed: dev", "pushed: ROUTE")
DESTINATION = SMALLEST.replace("{kind: console}", "DESTINATION")
SOURCE = SMALLEST.replace('{kind: bitbucket-v1, url: "https://forge.example", repositories: [acme/site]}', "SOURCE")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{}", "6:11: rules.pushed: needs to: the name of a destination"),
        ("{to: dev, digest: {at: []}}", '6:29: rules.pushed.digest: needs at, like at: "08:30"'),
        ("{to: dev, branch: main}", "6:21: rules.pushed.branch: there is no such key; put it under when: {branch: …}"),
        ("{to: dev, templte: x}", "6:21: rules.pushed.templte: there is no such key; did you mean 'template'?"),
        ("{to: dev, when: {labels: x}}", "6:28: rules.pushed.when.labels: there is no such key; did you mean 'label'?"),
        ("{to: dev, when: {branch: {a: b}}}", "6:36: rules.pushed.when.branch: must be text, not a mapping"),
        ("{to: dev, when: {}}", "6:27: rules.pushed.when: asks nothing, so it would hold for every event; name a field, like branch: main"),
        ("{to: dev, when: {branch: []}}", "6:36: rules.pushed.when.branch: names nothing"),
        ("{to: dev, when: {draft: maybe}}", "6:35: rules.pushed.when.draft: is true or false, never 'maybe'"),
        ("{to: dev, when: {type: [pushed, push*, comit]}}", "6:50: rules.pushed.when.type[2]: no event type is called 'comit'; did you mean 'commit'?"),
        ("{to: dev, when: {source: '!acne'}}", "6:36: rules.pushed.when.source: no source is called 'acne'; did you mean 'acme'?"),
        ("{to: dev, when: {source: [a*, lib*]}}", "6:41: rules.pushed.when.source[1]: no source is called 'lib*'; there are acme"),
        ("{to: dev, when: {branch: }}", "6:28: rules.pushed.when.branch: is empty"),
        ("{to: dev, when: [a]}", "6:27: rules.pushed.when: must be text, not a list"),
        ("{to: dev, detail: tiny}", "6:29: rules.pushed.detail: there is no detail 'tiny'; there are compact, normal, full"),
        ("{to: dev, digest: {at: 25:00}}", "6:34: rules.pushed.digest.at: '25:00' is not a time of day like 08:30"),
        ("{to: dev, digest: daily}", "6:29: rules.pushed.digest: must be a mapping (key: value), not a single text"),
        ("{to: dev, digest: {at: 08:30, on: workdays}}", "6:45: rules.pushed.digest.on: 'workdays' is not a day; days are like mon, mon-fri, sat,sun or daily"),
        ("{to: dev, group: 5}", "6:28: rules.pushed.group: '5' is not a span of time like 60s, 5m, 2h, 7d or 1w"),
        ("{to: dev, limit: {most: 5}}", "6:28: rules.pushed.limit: needs per, like {most: 20, per: 1h}"),
        ("{to: dev, limit: {most: many, per: 1h}}", "6:35: rules.pushed.limit.most: 'many' is not a whole number above 0"),
        ("{to: dev, urgent: true, group: 5m}", "6:11: rules.pushed: urgent does not wait, so group cannot stand beside it"),
        ("{to: [dev, leads]}", "6:22: rules.pushed.to[1]: no destination is called 'leads'; there are dev"),
        ("{to: #dev\n   }", '6:16: rules.pushed.to: is empty, as a # after a space begins a comment; quote it: "#dev"'),
        ("[dev, null]", "6:17: rules.pushed[1]: is empty"),
        ("", "6:3: rules.pushed: is empty"),
        ("*nobody", '6:11: * without quotes asks for the anchor &nobody, which is not there; quote it to mean the text: "*nobody"'),
    ],
)  # fmt: skip
def test_what_a_route_may_not_say(tmp_path: Path, value: str, problem: str):
    """A mistake in a route is told once, at the value or key that is wrong."""
    assert problem == problems(tmp_path, ROUTE.replace("ROUTE", value))[0]


def test_sources_are_known_wherever_conditions_stand(tmp_path: Path):
    """What is ignored and what a destination asks for is held against the sources like a route."""
    text = SMALLEST.replace("{kind: console}", "{kind: console, when: {source: lib}}") + "ignore: [{source: web}]\n"
    assert [
        "4:39: destinations.dev.when.source: no source is called 'lib'; there are acme",
        "7:19: ignore[0].source: no source is called 'web'; there are acme",
    ] == problems(tmp_path, text)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{}", f"4:3: destinations.dev: needs kind: {' or '.join(DESTINATIONS)}"),
        ("console", "4:8: destinations.dev: must be a mapping (key: value), not a single text"),
        ("{kind:console, detail: full}", "4:3: destinations.dev: a space is missing after the colon: kind: console"),
        ("{kind: consol}", "4:15: destinations.dev.kind: no kind of destination is called 'consol'; did you mean 'console'?"),
        ("{kind: webhook}", "4:3: destinations.dev: needs url"),
        ("{kind: webhook, uri: https://x}", "4:24: destinations.dev.uri: there is no such key; did you mean 'url'?"),
        ("{kind: webhook, url: [https://x]}", "4:29: destinations.dev.url: must be text"),
        ("{kind: console, quiet: {from: 22:00}}", '4:31: destinations.dev.quiet: needs to, like to: "22:00"'),
        ("{kind: console, quiet: {from: 1:00, to: 1:00}}", "4:31: destinations.dev.quiet: would never end; name the days it is quiet on, like on: sat,sun"),
        ("{kind: console, order: stric}", "4:31: destinations.dev.order: there is no order 'stric'; did you mean 'strict'?"),
        ("{kind: console, ordr: strict}", "4:24: destinations.dev.ordr: there is no such key; did you mean 'order'?"),
    ],
)  # fmt: skip
def test_what_a_destination_may_not_say(tmp_path: Path, value: str, problem: str):
    """A mistake in a destination is told once, whether the kind's own model finds it or the policy's reader."""
    assert [problem] == problems(tmp_path, DESTINATION.replace("DESTINATION", value))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{kind: svn}", f"2:16: sources.acme.kind: no kind of source is called 'svn'; there are {', '.join(SOURCES)}"),
        ("{kind: git, url: x, start: soon}", "2:36: sources.acme.start: 'soon' is not a start: now, all, a number of events like 20, or a span like 2d"),
        ("{kind: git, url: x, start: 0}", "2:36: sources.acme.start: '0' is not a start: now, all, a number of events like 20, or a span like 2d"),
        ("{kind: git, url: x, include: [cset_lik]}", "2:39: sources.acme.include[0]: no event type is called 'cset_lik'; did you mean 'cset_like'?"),
        ("{kind: git, url: x, include: [fork]}", "2:39: sources.acme.include[0]: git cannot give fork; it has nothing to include"),
        ("{kind: github, repositories: [a/b], include: [pushed]}", f"2:55: sources.acme.include[0]: github gives pushed without being asked; include: may name {INCLUDED}"),
        ("{kind: bitbucket-v1, url: https://x, repositories: site}", "2:60: sources.acme.repositories: must be a list"),
    ],
)  # fmt: skip
def test_what_a_source_may_not_say(tmp_path: Path, value: str, problem: str):
    """A mistake in a source is told once, at its place."""
    assert [problem] == problems(tmp_path, SOURCE.replace("SOURCE", value))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rule: {}", "7:1: rule: there is no such key; did you mean 'rules'?"),
        ("serve: {token: ''}", "7:16: serve.token: is an empty text, which lets nobody in; leave it out"),
        ("keep: forever", "7:7: keep: 'forever' is not a span of time like 60s, 5m, 2h, 7d or 1w"),
        ("defaults: {slak: {}}", "7:12: defaults.slak: there is no such key; did you mean 'slack'?"),
        ("defaults: {slack: {tokn: x}}", "7:20: defaults.slack.tokn: there is no such key; did you mean 'token'?"),
        ("ignore: [{actr: bot}]", "7:11: ignore[0].actr: there is no such key; did you mean 'actor'?"),
        ("serve: {toke: x}", "7:9: serve.toke: there is no such key; did you mean 'token'?"),
        ("timezone: ../etc/passwd", "7:11: timezone: no time zone is called '../etc/passwd'"),
        ("? [a]\n: b", "7:3: a key must be text, not a list or a mapping"),
        ("x-a: {<<: [1]}", "7:7: <<: takes a mapping, or a list of them"),
        ("---\na: b", "7:1: a second document begins here; relay reads one per file"),
    ],
)  # fmt: skip
def test_what_a_file_may_not_say(tmp_path: Path, text: str, problem: str):
    """Sections are checked like what stands in them."""
    assert [problem] == problems(tmp_path, f"{SMALLEST}{text}\n")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("repo:push", "pushed"),
        ("push", "pushed"),
        ("merged", "pullrequest_fulfilled"),
        ("pullrequest:fulfilled", "pullrequest_fulfilled"),
        ("pull_request_merged", "pullrequest_fulfilled"),
        ("declined", "pullrequest_rejected"),
        ("pullrequest_declined", "pullrequest_rejected"),
        ("approve", "pullrequest_like"),
        ("pullrequest:approved", "pullrequest_like"),
        ("pr:opened", "pullrequest_created"),
        ("issue:created", "report_issue"),
        ("repo:fork", "fork"),
        ("pulrequest_created", "pullrequest_created"),
        ("PullRequest-Created", "pullrequest_created"),
    ],
)
def test_other_vocabularies_are_understood(tmp_path: Path, key: str, meant: str):
    """Who writes an event type as another API calls it is told what it is called here."""
    expected = f"6:3: rules.{key}: no event type is called {key!r}; did you mean {meant!r}?"
    assert [expected] == problems(tmp_path, SMALLEST.replace("pushed", key))


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("${NOPE}", "the environment variable NOPE is not set"),
        ("${TOKN}", "the environment variable TOKN is not set; did you mean 'TOKEN'?"),
        ("${TOKEN", "'${' is never closed by '}'; a dollar by itself is written $$"),
        ("${}", "'${}' is neither ${NAME} nor ${file:PATH}; a dollar by itself is written $$"),
        ("${a b}", "'${a b}' is neither ${NAME} nor ${file:PATH}; a dollar by itself is written $$"),
        ("${file:gone.txt}", "the file FOLDER/gone.txt cannot be read: No such file or directory"),
        ("${file:.}", "the file FOLDER cannot be read: Is a directory"),
        ("${file:binary}", "the file FOLDER/binary cannot be read: it is not text in UTF-8"),
    ],
)
def test_references_that_lead_nowhere(tmp_path: Path, reference: str, problem: str):
    """A variable or file that is not there is a problem at the place that asks for it, and only once."""
    (tmp_path / "binary").write_bytes(b"\xff\xff")
    text = SMALLEST.replace("url:", f'token: "{reference}", url:')
    expected = f"2:37: sources.acme.token: {problem.replace('FOLDER', str(tmp_path))}"
    assert [expected] == problems(tmp_path, text, {"TOKEN": "abcdef"})


@pytest.mark.parametrize(
    "broken",
    [
        "{kind: webhook, url: https://x, secret: hunter22-plain, colour: red}",
        "{kind: webhook, url: [hunter22-plain], secret: {a: hunter22-plain}}",
        "{kind: slack, token: [hunter22-plain], channel: x}",
        "{kind: slack, token: hunter22-plain, webhook_url: hunter22-plain}",
        '{kind: webhook, url: https://x, secret: "${SECRET}", detail: "${SECRET}"}',
        "{kind: webhook, url: https://x, secret: hunter22-plain, title: #x}",
        "{kind: webhook, url: https://x, secret: 'hunter22-plain}",
        "{kind: slack, channel: #x, token: hunter22-plain}",
    ],
)
def test_secrets_are_never_shown(tmp_path: Path, broken: str):
    """No problem names what is, or should be, a secret."""
    told = problems(tmp_path, DESTINATION.replace("DESTINATION", broken), {"SECRET": "hunter22-environ"})
    assert told
    assert not [line for line in told if "hunter22" in line]


def test_a_billion_laughs_are_not_laughed(tmp_path: Path):
    """Anchors may not make a small file large."""
    lines = ["x-0: &l0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x-{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert ["4:46: from here on, the anchors of this file stand for more than 10,000 entries"] == problems(
        tmp_path, "\n".join(lines)
    )


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "x-a: &a [*a]\n"])
def test_depth_has_an_end(tmp_path: Path, text: str):
    """Deep and endless nesting is a problem of the file, not of relay."""
    assert 1 == len(problems(tmp_path, text)[:1])


_PIECES = st.sampled_from(
    [*"\n\n\n  :-{}[]\"'#&*!|>%@`,?\t$\\\0\x85\ufeff", "${A}", "<<: ", "- ", ": ", "a", "é😀", "null", "&a ", "*a", "!!str ",
     *SMALLEST.split(), "sources:\n", "rules:\n", "  pushed: ", "when: ", "digest: ", "at: ", '"\\uD800"', "start: ", "9" * 5000]
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.lists(_PIECES, max_size=40).map("".join), st.text(max_size=60)))
@example("%YAML 9.9\n---\na: b")
@example("%TAG ! x\n--- !x")
@example('a: "\\0"')
@example('timezone: "\\0"')
@example('sources: {a: {kind: git, url: "${file:\\0}"}}')
def test_no_text_breaks_the_reader(tmp_path: Path, text: str):
    """Whatever a file holds, it is read or refused with problems that have their place."""
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        load(path, {"A": "1"})
    except ConfigError as error:
        assert error.problems


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_slip_breaks_the_reader(tmp_path: Path, data: st.DataObject):
    """A right file with something struck out or put in is read or refused like any other."""
    start = data.draw(st.integers(0, len(TWELVE_MISTAKES)))
    end = data.draw(st.integers(start, min(start + 20, len(TWELVE_MISTAKES))))
    text = TWELVE_MISTAKES[:start] + data.draw(_PIECES) + TWELVE_MISTAKES[end:]
    with pytest.raises(ConfigError):
        load(written(tmp_path, text), {})


def test_a_right_file_is_read(tmp_path: Path):
    """The file that the mistakes of these tests are put into has none itself."""
    assert read(tmp_path, SMALLEST).rulebook.all_routes
