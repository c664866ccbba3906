"""What rules.yaml may say."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from relay.conditions import field_test
from relay.config import load
from relay.config import read as notes
from relay.errors import ConfigError
from relay.redact import redact
from relay.schedule import Digest, Limit, Quiet, read_clock, read_days
from relay.shipped import rules
from relay.sources.base import Start
from tests.config.files import SMALLEST, problems, read, written

ALL_OF_IT = """\
timezone: Europe/Berlin
keep: 30d
x-morning: &morning {at: "08:30", on: mon-fri}
defaults:
  slack: {token: "${SLACK_TOKEN}", detail: compact}
  bitbucket-v1: {every: 2m}
sources:
  acme:
    kind: bitbucket-v1
    url: https://forge.example
    token: "${file:token.txt}"
    repositories: [acme/site, acme/api]
    start: 2d
  lib: {kind: github, repositories: [acme/lib], every: 5m, start: 20, include: [cset_comment_updated]}
destinations:
  dev: {kind: slack, channel: C0DEV, quiet: {from: "22:00", to: "07:00"}, limit: 20/1h}
  lake:
    kind: webhook
    url: https://lake.example/in
    when: {repository: "acme/*"}
    order: strict
    give_up_after: 1d
  console: {detail: full, limit: {most: 3, per: 5m}}
ignore:
  - {actor: ["dependabot*", "renovate*"]}
  - "commits|length == 0"
rules:
  pullrequest_created: dev
  issue_comment: [dev, lake]
  pushed:
    - {to: dev, when: {branch: [main, "release/*"], actor: "!ci-bot"}, urgent: true, mention: "@here", broadcast: true}
    - {to: lake, when: "commits|length > 10", template: big.j2, detail: full}
  "pullrequest_*, cset_*":
    - {to: [lake, console], group: 5m}
    - {to: dev, digest: {<<: *morning, on: [mon, wed]}, limit: 2/1h}
serve: {token: "${SERVE_TOKEN}"}
"""
ENVIRON = {"SLACK_TOKEN": "xoxb-1234567", "SERVE_TOKEN": "for-readers-only"}


@pytest.fixture(name="config")
def _config(tmp_path: Path):
    (tmp_path / "token.txt").write_text("from-a-file\n", encoding="utf-8")
    return read(tmp_path, ALL_OF_IT, ENVIRON)


def test_the_smallest_file_works(tmp_path: Path):
    """One source, one destination and one rule are enough, and everything else has its default."""
    config = read(tmp_path, SMALLEST)
    route = config.rulebook.all_routes[0]
    assert ("pushed", "rules.pushed", "dev") == (route.rule, route.where, route.destination)
    assert (ZoneInfo("UTC"), 90 * 86400.0, None, ()) == (
        config.timezone,
        config.keep,
        config.serve_token,
        config.warnings,
    )


def test_sources_take_what_all_sources_take(config):
    """How often, from where, and what else to ask for are read for every kind; defaults of the kind come before."""
    acme, lib = config.sources["acme"], config.sources["lib"]
    assert (120.0, Start("since", seconds=172800.0), ()) == (acme.every, acme.start, acme.include)
    own = (lib.kind, lib.every, lib.start, lib.include)
    assert ("github", 300.0, Start("count", count=20), ("cset_comment_updated",)) == own


@pytest.mark.parametrize(
    ("text", "start"), [("now", Start()), ("all", Start("all")), ("1w", Start("since", 0, 604800.0))]
)
def test_history_starts_where_it_is_told(tmp_path: Path, text: str, start: Start):
    """`start` is now, all, a number, or a span."""
    config = read(tmp_path, SMALLEST.replace("[acme/site]", f"[acme/site], start: {text}"))
    assert start == config.sources["acme"].start


def test_destinations_take_what_all_destinations_take(config):
    """The policy of a destination is read beside its kind's own settings."""
    dev, lake = config.destinations["dev"].policy, config.destinations["lake"].policy
    assert ("compact", Quiet(read_clock("22:00"), read_clock("07:00")), Limit(20, 3600.0)) == (
        dev.detail,
        dev.quiet,
        dev.limit,
    )
    assert ("strict", 86400.0, 1) == (lake.order, lake.give_up_after, len(lake.when.tests))


def test_a_kind_may_be_the_name(config):
    """A destination called console is one."""
    assert "console" == config.destinations["console"].kind


def test_the_own_setting_wins_over_the_default(tmp_path: Path):
    """What `defaults` says for a kind holds where nothing else is said."""
    text = SMALLEST + "defaults: {console: {detail: compact, order: strict}}\n"
    policy = read(tmp_path, text.replace("console}", "console, detail: full}", 1)).destinations["dev"].policy
    assert ("full", "strict") == (policy.detail, policy.order)


def test_routes_keep_the_order_of_the_file(config):
    """Every route knows its rule, its place and where it leads."""
    places = [(route.where, route.destination) for route in config.rulebook.all_routes]
    assert [
        ("rules.pullrequest_created", "dev"),
        ("rules.issue_comment[0]", "dev"),
        ("rules.issue_comment[1]", "lake"),
        ("rules.pushed[0]", "dev"),
        ("rules.pushed[1]", "lake"),
        ("rules.pullrequest_*, cset_*[0]", "lake"),
        ("rules.pullrequest_*, cset_*[0]", "console"),
        ("rules.pullrequest_*, cset_*[1]", "dev"),
    ] == places


def test_routes_say_how(config):
    """A route's own digest, group, limit, urgency and options are read; options only where they are set."""
    urgent, big, grouped, digest = (config.rulebook.all_routes[index] for index in (3, 4, 5, 7))
    assert (True, {"mention": ["@here"], "broadcast": True}) == (urgent.urgent, urgent.options)
    assert ({"detail": "full", "template": "big.j2"}, 300.0) == (big.options, grouped.group)
    assert Digest((read_clock("08:30"),), read_days("mon,wed")) == digest.digest
    assert Limit(2, 3600.0) == digest.limit


def test_ignore_takes_fields_and_expressions(config):
    """Each line of `ignore` is a condition with its place."""
    assert ["ignore[0]", "ignore[1]"] == [ignore.where for ignore in config.rulebook.ignores]


def test_scalars_are_text(tmp_path: Path):
    """What other readers of YAML take for a number, a time or a truth is the text that was written."""
    text = SMALLEST.replace(": dev", ": {to: dev, when: {branch: [on, 1e3, 08:30, 007, 0x1f, yes, ~], number: 12}}")
    tests = read(tmp_path, text).rulebook.all_routes[0].condition.tests
    assert ["on, 1e3, 08:30, 007, 0x1f, yes, ~", "12"] == [str(test.wanted) for test in tests]
    assert field_test("number", ["12"]).wanted.patterns == tests[1].wanted.patterns


def test_secrets_come_from_the_environment_and_from_files(config):
    """${NAME} and ${file:PATH} are filled in, without the last newline of the file."""
    assert "from-a-file" == config.sources["acme"].settings.token.get_secret_value()
    assert "xoxb-1234567" == config.destinations["dev"].settings.token.get_secret_value()
    assert "for-readers-only" == config.serve_token


def test_what_was_brought_in_is_never_shown(config):
    """Whatever came through a reference is taken out of every text that relay shows."""
    assert "a REDACTED b REDACTED" == redact("a from-a-file b for-readers-only")
    assert "for-readers-only" not in repr(config)


@pytest.mark.parametrize(
    ("text", "filled"),
    [("$$", "$"), ("$${A}", "${A}"), ("a$b", "a$b"), ("x${A}y${A}", "x1y1"), ("$$$${A}", "$${A}"), ("$$${A}", "$1")],
)
def test_a_dollar_is_written_twice(tmp_path: Path, text: str, filled: str):
    """$$ is a dollar, and what a reference brings is not looked through again."""
    config = read(tmp_path, SMALLEST.replace(": dev\n", f': {{to: dev, when: {{title: "{text}"}}}}\n'), {"A": "1"})
    assert filled == str(config.rulebook.all_routes[0].condition.tests[0].wanted)


def test_anchors_and_merge_keys_may_be_used(config):
    """What an anchor under x-… holds is taken over, and what is said beside it wins."""
    assert read_days("mon,wed") == config.rulebook.all_routes[7].digest.on


def test_a_star_alone_matches_everything(tmp_path: Path):
    """The key * is a rule for every type, and nothing to warn of."""
    assert () == read(tmp_path, SMALLEST.replace("pushed", '"*"')).warnings


def test_the_shipped_rules_are_right():
    """The example that relay ships reads without a problem or a warning."""
    names = ["FORGE_URL", "SLACK_URL", "WEBHOOK_URL"]
    environ = dict.fromkeys(names, "http://127.0.0.1:1/api/") | {"SMTP_URL": "smtp://127.0.0.1:25"}
    environ |= {
        "FORGE_TOKEN": "t",
        "SLACK_TOKEN": "xoxb-1",
        "WEBHOOK_SECRET": "whsec_cmVsYXkgZGVtb25zdHJhdGlvbiBzZWNyZXQ=",
    }
    assert () == load(rules(), environ).warnings


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (("rules:", "  spare: {kind: console}\nrules:"), "5:3: destinations.spare: no rule leads here"),
        (
            ("pushed: dev", "pushed: dev\n  issue_comment: []"),
            "7:18: rules.issue_comment: leads to nobody, so it changes nothing",
        ),
        (
            ("pushed: dev", "pushed: dev\n  issue_comment: {to: []}"),
            "7:23: rules.issue_comment.to: leads to nobody, so it changes nothing",
        ),
        (("pushed: dev", "pushed: [dev, dev]"), "6:17: rules.pushed[1]: is never taken, as a route before it always"),
        (("pushed: dev", "brand_new_thing: dev"), "6:3: rules.brand_new_thing: relay knows no event type"),
        (
            ("pushed: dev", "pushed: {to: dev, mention: [here]}"),
            "6:21: rules.pushed.mention: is for Slack; console makes nothing of it",
        ),
        (("pushed: dev", "fork: {to: dev, group: 5m}"), "6:19: rules.fork.group: gathers nothing of fork: these are"),
        (
            ("pushed: dev", "pushed: {to: dev, group: 5m, digest: {at: '08:30'}}"),
            "6:21: rules.pushed.group: is never used, as a digest gathers everything",
        ),
        (
            (
                "console}\nrules:\n  pushed: dev",
                "console, digest: {at: '08:30'}}\nrules:\n  pushed: {to: dev, limit: 5/1h}",
            ),
            "6:21: rules.pushed.limit: is never used, as a digest gathers everything",
        ),
        (
            ("rules:", "serve: {token: abcdefgh}\nrules:"),
            "5:16: serve.token: this secret stands in the file itself",
        ),
        (
            ("[acme/site]}", "[acme/site]}\n  lib: {kind: git, url: 'https://ana:h0use@forge.example/lib.git'}"),
            "3:25: sources.lib.url: the password in this address stands in the file itself",
        ),
        (
            ("[acme/site]}", "[acme/site]}\n  news: {kind: feed, url: 'https://x.example/', types: {blog: relese}}"),
            "3:56: sources.news.types: relay knows no event type 'relese', and no rule names it",
        ),
        (
            ("pushed: dev", "pushed: {to: dev, when: {type: brand_new}}"),
            "6:34: rules.pushed.when.type: relay knows no event type",
        ),
        (("[acme/site]", "[acme/site], every: 1s"), "2:94: sources.acme: is polled very often"),
        (("[acme/site]", "[acme/site], every: 2d"), "2:94: sources.acme: is polled so rarely"),
        (("url:", "token: abcdefgh, url:"), "2:37: sources.acme.token: this secret stands in the file itself"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(tmp_path: Path, change: tuple[str, str], warning: str):
    """Odd but possible things are told with their place, and do not keep relay from running."""
    (told,) = read(tmp_path, SMALLEST.replace(*change)).warnings
    assert f"{tmp_path}/rules.yaml:{warning}" == told[: len(f"{tmp_path}/rules.yaml:{warning}")]


def test_a_ping_that_reaches_nobody_is_a_warning(tmp_path: Path):
    """Whom Slack does not know by that name is not mentioned."""
    slack = '{kind: slack, webhook_url: "${HOOK}"}'
    text = SMALLEST.replace("{kind: console}", slack).replace(
        ": dev\n", ": {to: dev, mention: [here, '@U0ABCDEF', all]}\n"
    )
    (told,) = read(tmp_path, text, {"HOOK": "https://hooks.slack.example/services/1"}).warnings
    assert "6:50: rules.pushed.mention[2]: Slack knows nobody called 'all'" in told


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ("url: 'https://ana:${WORD}@x.example/'", "pushed"),
        ("url: 'https://x.example/', types: {blog: blog_post}", "pushed, blog_post"),
    ],
)
def test_what_is_meant_is_no_warning(tmp_path: Path, more: str, rule: str):
    """A password from the environment, and a type of one's own that a rule names."""
    text = SMALLEST.replace("[acme/site]}", f"[acme/site]}}\n  news: {{kind: feed, {more}}}")
    told = read(tmp_path, text.replace("pushed:", f'"{rule}":'), {"WORD": "h0use"}).warnings
    assert [] == [one for one in told if "relay knows no event type 'blog_post'; see" not in one]


def test_warnings_are_told_beside_mistakes(tmp_path: Path):
    """What no mistake of the same section may have caused is told in the same run."""
    text = SMALLEST.replace("pushed: dev", "mq, wiki_created: [dev, devv]")
    text = text.replace('bitbucket-v1, url: "https://forge.example", repositories: [acme/site]', "git, url: ./site")
    found = notes(written(tmp_path, text), {})
    assert (1, 2) == (len(found.problems), len(found.warnings))
    assert "rules.mq, wiki_created: no source here can give" in found.warnings[0]


@pytest.mark.parametrize(
    ("extra", "limit"),
    [
        (", every: 30s", "asks 120 times an hour, and api.bitbucket.org allows 60; every: 60s fits"),
        (', every: 30s, token: "${T}"', None),
        (', every: 1s, token: "${T}"', "asks 3600 times an hour, and api.bitbucket.org allows 1000; every: 4s fits"),
    ],
)
def test_the_pace_of_bitbucket_org_is_known(tmp_path: Path, extra: str, limit: str | None):
    """A source that asks more often than its forge allows is told so, with what would fit."""
    text = SMALLEST.replace("forge.example", "api.bitbucket.org").replace("[acme/site]", f"[acme/site]{extra}")
    warnings = read(tmp_path, text, {"T": "secret-token"}).warnings
    assert [limit] * bool(limit) == [warning.partition("sources.acme: ")[2] for warning in warnings]


def test_types_that_no_source_gives_are_a_warning(tmp_path: Path):
    """git alone cannot tell of pull requests."""
    source = '{kind: git, url: "https://forge.example/acme/site.git"}'
    text = f"sources: {{acme: {source}}}\ndestinations: {{dev: {{kind: console}}}}\nrules: {{'pullrequest_*, pushed': dev}}"
    (told,) = read(tmp_path, text).warnings
    assert "pushed: no source here can give pullrequest_*; `relay types` says which kinds do" == told.partition(", ")[2]


def test_the_places_of_a_feed_are_read(tmp_path: Path):
    """Settings may hold values of any make, and the secrets in them are found wherever they are."""
    feed = "{kind: feed, url: 'https://trac.example/timeline?format=rss', token: '${T}'}"
    config = read(tmp_path, f"sources: {{news: {feed}}}\n", {"T": "t0ken-of-a-feed"})
    assert "https://trac.example/timeline?format=rss" == config.sources["news"].settings.url.key
    assert "told REDACTED" == redact("told t0ken-of-a-feed")


FORGES = """\
sources:
  acme: {kind: gitea, repositories: [acme/site]ACME}
  lib: {kind: github, repositories: [acme/lib]LIB}
destinations:
  dev: {kind: consoleWHEN}
rules:
  RULE: ROUTE
"""


@pytest.mark.parametrize(
    ("rule", "route", "when", "told"),
    [
        ("mq", "dev", "", "7:3: rules.mq: no source here can give mq; `relay types` says which kinds do"),
        ("wiki_created", "dev", "", None),
        ("wiki_created", "{to: dev, when: {source: lib}}", "", None),
        ("wiki_created", "{to: dev, when: {source: [a*, '!acme']}}", "", "7:3: rules.wiki_created: no source here can give"),
        ("wiki_created", "dev", ", when: {source: '!lib'}", "2:3: sources.acme: gives wiki_created only if asked, since"),
        ("wiki_created", "[dev, {to: dev, when: {source: acme}}]", "", None),
        ("'*'", "dev", "", None),
    ],
)  # fmt: skip
def test_a_rule_is_held_against_its_own_sources(tmp_path: Path, rule: str, route: str, when: str, told: str | None):
    """What a rule and its destination ask of the source decides who must give its types."""
    text = FORGES.replace("ACME", "").replace("LIB", "")
    text = text.replace("RULE", rule).replace("ROUTE", route).replace("WHEN", when)
    found = [str(it).removeprefix(f"{tmp_path}/rules.yaml:") for it in read(tmp_path, text).warnings]
    found = [warning for warning in found if "never taken" not in warning]
    assert [told] * bool(told) == [warning[: len(told or "")] for warning in found]


@pytest.mark.parametrize(
    ("said", "place", "line"),
    [
        ("", "2:3: ", "add include: [start_follow_repo, wiki_created]"),
        (", include: [fork]", "2:59: ", "let it say include: [fork, start_follow_repo, wiki_created]"),
        (", include: [wiki_created, start_follow_repo]", None, ""),
    ],
)
def test_the_line_that_is_lacking_is_told_whole(tmp_path: Path, said: str, place: str | None, line: str):
    """A source that gives a type only if asked is told the `include` that all its rules need."""
    text = FORGES.replace("  lib: {kind: github, repositories: [acme/lib]LIB}\n", "").replace("WHEN", "")
    text = text.replace("ACME", said).replace(
        "RULE: ROUTE", "start_follow_repo: dev\n  'wiki_created, mq, pushed': dev"
    )
    found = [str(it).removeprefix(f"{tmp_path}/rules.yaml:") for it in read(tmp_path, text).warnings if "mq" not in it]
    assert [True] * (place is not None) == [it.startswith(place or "") and it.endswith(line) for it in found]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: None, "cannot be read: No such file or directory; `relay init` writes one"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is not text in UTF-8"),
        (lambda path: path.write_bytes(b"#" * (1 << 21)), "is larger than 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, make, text: str):
    """What is wrong with the file itself is told with its name."""
    path = tmp_path / "rules.yaml"
    make(path)
    with pytest.raises(ConfigError) as raised:
        load(path, {})
    assert f"{path}: {text}" == str(raised.value)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path):
    """A file written by an editor that marks UTF-8 is read like any other, positions included."""
    assert {"dev"} == set(read(tmp_path, f"\ufeff{SMALLEST}").destinations)
    assert ["1:1: source: there is no such key; did you mean 'sources'?"] == problems(tmp_path, "\ufeffsource: {}\n")


def test_an_empty_file_is_told(tmp_path: Path):
    """A file that says nothing is a mistake."""
    path = written(tmp_path, "# nothing yet\n")
    with pytest.raises(ConfigError, match="must be a mapping"):
        load(path, {})
