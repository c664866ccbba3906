"""The commands, run as people run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from relay.event_types import VOCABULARY
from relay.sources import SOURCES
from relay.vocabulary import coverage
from tests.processes import Forked
from tests.servers import Reply, Server

RULES = """\
timezone: Europe/Berlin
sources:
  acme: {kind: bitbucket-v1, url: "https://forge.example", repositories: [acme/site]}
destinations:
  console: {}
  lake: {kind: webhook, url: "ADDRESS", secret: "${WEBHOOK_SECRET}"}
  leads: {kind: webhook, url: "ADDRESS", digest: {at: "08:30"}}
ignore: [{actor: nobody}]
rules:
  pushed: [{to: console, when: {branch: "release/*"}}, {to: lake, when: "commits|length > 2"}, leads]
  "pullrequest_*": lake
"""
ENVIRON = {"WEBHOOK_SECRET": "whsec_cmVsYXkgZGVtb25zdHJhdGlvbiBzZWNyZXQ="}


def relay(folder: Path, *arguments: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """The program run in a folder."""
    with Forked(folder, *arguments, given=given, **ENVIRON | environ) as program:
        return subprocess.CompletedProcess(arguments, program.end(), program.out, program.err)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES.replace("ADDRESS", "http://127.0.0.1:1/in"), encoding="utf-8")
    return tmp_path


def test_help_lists_every_command(tmp_path: Path):
    """`relay --help` names what relay can do, without loading any of it."""
    code = "import sys, relay.cli; print({'pydantic', 'jinja2', 'yaml', 'sqlalchemy', 'aiohttp'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    commands = ["demo", "watch", "init", "check", "run", "explain", "render", "send", "types", "status", "trace"]
    told = relay(tmp_path, "--help").stdout
    assert ([], "set()\n") == ([name for name in commands if f"\n  {name} " not in told], loaded.stdout)


def test_init_writes_what_check_finds_right(tmp_path: Path):
    """A starter is right as it is, and a second init leaves it alone."""
    assert 0 == relay(tmp_path, "init", "project").returncode
    rules = tmp_path / "project" / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    again = relay(tmp_path, "init", "project")
    checked = relay(tmp_path / "project", "check")
    assert ("everything is there already in project\n", True) == (again.stdout, rules.read_text().endswith("# mine\n"))
    assert ("rules.yaml is right: 1 source, 1 destination, 1 rule\n", "", 0) == (
        checked.stdout,
        checked.stderr,
        checked.returncode,
    )


def test_check_tells_everything_at_once(folder: Path):
    """Mistakes in the rules and in a project's templates come together, on standard error, with exit code 2."""
    text = RULES.replace("ADDRESS", "https://x").replace(": lake\n", ": {to: lak, template: big}\n")
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    (folder / "templates").mkdir()
    (folder / "templates" / "pushed.j2").write_text("{% block title %}{{ nobody }}{% endblock %}", encoding="utf-8")
    checked = relay(folder, "check", WEBHOOK_SECRET="")
    lines = [line for line in checked.stderr.splitlines() if not line.startswith("warning")]
    assert (2, "", True) == (checked.returncode, checked.stdout, "Traceback" not in checked.stderr)
    assert "rules.yaml:11:25: rules.pullrequest_*.to: no destination is called 'lak'; did you mean 'lake'?" in lines
    assert [True] == ["nobody" in line for line in lines if line.startswith("templates/pushed.j2:1")]
    assert "rules.yaml:11:40: rules.pullrequest_*.template: there is no template big.j2 in templates" in lines


def test_check_misses_templates(folder: Path):
    """A template that a route names must be in a folder of templates."""
    text = RULES.replace("ADDRESS", "https://x").replace(": lake\n", ": {to: lake, template: big}\n")
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    checked = relay(folder, "check")
    expected = "rules.yaml:11:41: rules.pullrequest_*.template: there is no template big.j2 in templates\n"
    assert (2, expected) == (checked.returncode, checked.stderr)


def test_check_notes_what_is_hardly_meant(folder: Path):
    """A template that nothing asks for and a file without rules are warnings."""
    (folder / "templates").mkdir()
    (folder / "templates" / "pushd.j2").write_text("", encoding="utf-8")
    (folder / "rules.yaml").write_text("sources: {git: {url: .}}\ndestinations: {console: {}}\n", encoding="utf-8")
    checked = relay(folder, "check")
    warnings = [line for line in checked.stderr.splitlines() if "no rule leads here" not in line]
    assert [
        "warning: rules.yaml: there are no rules, so nobody is told anything",
        "warning: templates/pushd.j2: nothing asks for this template; did you mean 'pushed'?",
    ] == warnings


def test_check_says_what_the_pace_costs(folder: Path):
    """For each source whose forge counts, what its interval asks in an hour is told before anybody asks anything."""
    checked = relay(folder, "check")
    assert [
        "acme, polled every 60 s: about 60 requests an hour",
        "rules.yaml is right: 1 source, 3 destinations, 2 rules",
    ] == checked.stdout.splitlines()


def test_check_lists_what_the_file_no_longer_names(folder: Path):
    """A feed and a lane that were renamed are told, with what is left in them."""
    with Server(lambda _: Reply(404)) as server:
        text = RULES.replace("ADDRESS", server.url).replace("https://forge.example", server.url)
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        relay(folder, "run", "--once")
    (folder / "rules.yaml").write_text(
        text.replace("acme/site", "acme/new").replace("leads", "heads"), encoding="utf-8"
    )
    assert [
        "warning: the feed repositories/acme/site of acme is no longer in the file; it rests where it was read to",
        "warning: the destination leads is no longer in the file; it rests (0 pending, 0 dead)",
    ] == relay(folder, "check").stderr.splitlines()


def test_explain_a_type(folder: Path):
    """Every rule is there, with the first thing that stood against it, and what would go where and when."""
    told = relay(folder, "explain", "--type", "pushed").stdout.splitlines()
    assert [
        "no   rules.pushed[0]      to console: branch: 'main' is not release/*",
        "yes  rules.pushed[1]      to lake",
        "yes  rules.pushed[2]      to leads",
        "no   rules.pullrequest_*  to lake: 'pullrequest_*' does not match pushed",
        "",
        "It goes to lake at once.",
    ] == told[:6]
    assert ("It goes to leads in a digest, ", "08:30 (Europe/Berlin).") == (told[6][:30], told[6][-22:])


def test_explain_what_is_piped_in(folder: Path):
    """An event in its JSON form may come from a pipe."""
    actor = {"username": "nobody"}
    event = {"id": "1", "type": "pushed", "source": "acme", "seen_at": "2026-11-22T13:00:00Z", "actor": actor}
    told = relay(folder, "explain", "-", given=json.dumps(event)).stdout.splitlines()
    assert ("ignored: ignore[0] ignores it", "It goes nowhere.") == (told[0], told[-1])


@pytest.mark.parametrize(
    ("arguments", "given", "told"),
    [
        (["explain"], "", "name either a FILE that holds an event, or --type T for a sample"),
        (["explain", "-"], "{}", "event.id is missing"),
        (["redeliver", "--dead", "dlv_1"], "", "name the deliveries to send again, or --dead for all that were given up: either, not both"),
        (["redeliver", "dlv_1", "--to", "lake"], "", "--to goes with --dead; ids say by themselves where they go"),
        (["--templates", "nope", "check"], "", "--templates nope: there is no such folder"),
        (["trace", "dlv_1"], "", "there is no database at FOLDER/relay.db: `relay run` makes one; --database names another"),
        (["render", "repo:push", "--to", "lake"], "", "no event type is called 'repo:push'; did you mean 'pushed'?"),
        (["--rules", "gone.yaml", "render", "pushed", "--to", "x"], "", "gone.yaml: cannot be read: No such file or directory; `relay init` writes one"),
    ],
)  # fmt: skip
def test_misuse_is_one_line(folder: Path, arguments: list[str], given: str, told: str):
    """What cannot be done is said in a line, without a traceback, with exit code 2."""
    failed = relay(folder, *arguments, given=given)
    assert (2, "", f"{told.replace('FOLDER', str(folder))}\n") == (failed.returncode, failed.stdout, failed.stderr)


def test_unknown_commands_are_misuse(folder: Path):
    """An unknown command is told on standard error with exit code 2."""
    failed = relay(folder, "chekc")
    assert (2, True) == (failed.returncode, "No such command 'chekc'" in failed.stderr)


def test_render_shows_what_would_be_sent(folder: Path):
    """A destination with one part gives just that, fit for a pipe; the sample says that it is one."""
    body = json.loads(relay(folder, "render", "pullrequest_created", "--to", "lake").stdout)
    assert ("pullrequest_created", "pullrequest_*") == (body["type"], body["relay"]["rule"])
    assert "Sample: " == body["summary"][:8]


def test_render_shows_a_notice(folder: Path):
    """What relay itself has to say can be looked at like any sample."""
    body = json.loads(relay(folder, "render", "notice", "--to", "leads").stdout)
    assert ("notice", "Sample: alerts is blocked", "blocked") == (body["type"], body["summary"], body["data"]["kind"])


def test_send_really_sends(folder: Path):
    """A sample goes through the destination itself, and is marked as one."""
    with Server(lambda _: Reply(200)) as server:
        (folder / "rules.yaml").write_text(RULES.replace("ADDRESS", f"{server.url}/in"), encoding="utf-8")
        sent = relay(folder, "send", "pushed", "--to", "lake")
    (request,) = server.requests
    told = f"sent to lake as {request.headers['webhook-id']}\n"
    assert (0, told, "Sample: ") == (sent.returncode, sent.stderr, request.json()["summary"][:8])


def test_send_tells_what_went_wrong(folder: Path):
    """A destination that cannot be reached is a failure, not misuse."""
    failed = relay(folder, "send", "pushed", "--to", "lake")
    assert (1, "cannot connect to 127.0.0.1:1") == (failed.returncode, failed.stderr[:29])


def test_types_lists_the_vocabulary(tmp_path: Path):
    """Every event type has a line with what it means, and one that says how each kind of source comes by it."""
    meanings, _, rows = relay(tmp_path, "types").stdout.partition("\n\n")
    assert list(VOCABULARY) == [line.split()[0] for line in meanings.splitlines()]
    told = [line.split() for line in rows.splitlines()[-len(VOCABULARY) :]]
    assert [list(row) for row in coverage()][1:] == told


def test_types_tells_all_about_one(tmp_path: Path):
    """One type has its template, the fields of its sample, and a line for each kind of source."""
    one = relay(tmp_path, "types", "pushed").stdout.splitlines()
    assert '  branch: "main"' in one
    start = one.index("sources:") + 1
    assert [*SOURCES] == [line.split()[0] for line in one[start : start + len(SOURCES)]]
    assert (
        "found by comparing what was with what is"
        == next(line for line in one[start:] if line.startswith("  git ")).removeprefix("  git").strip()
    )


def test_options_come_from_the_environment(tmp_path: Path, folder: Path):
    """RELAY_RULES names the file of rules."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    told = relay(elsewhere, "explain", "--type", "mq", RELAY_RULES=str(folder / "rules.yaml"))
    assert "It goes nowhere." == told.stdout.splitlines()[-1]
