"""`relay check --online`: every source and destination asked, whatever the others do."""

import asyncio
from pathlib import Path

from relay.config import load
from relay.online import Report, online
from tests.servers import Reply, Request, Server
from tests.test_cli import relay

RULES = """\
sources:
  old: {kind: bitbucket-v1, url: "OLD", token: "${FORGE_TOKEN}", repositories: [acme/site, acme/gone]}
  here: {kind: git, url: "."}
destinations:
  lake: {kind: webhook, url: "SINK/hooks"}
  terminal: {kind: console}
rules:
  pushed: [lake, terminal]
"""
TOKEN = "t0ken-of-the-test"


def forge(request: Request) -> Reply:
    """A forge with one empty repository, which repeats what it was sent."""
    if "site" in request.path:
        return Reply(200, {"count": 0, "events": []})
    return Reply(404, f"no {request.headers}")


def reports(folder: Path, rules: str, deadline: float = 20.0) -> list[Report]:
    """What every source and destination of the file says."""
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")

    async def ask() -> list[Report]:
        return [report async for report in online(load(folder / "rules.yaml", {"FORGE_TOKEN": TOKEN}), deadline)]

    return asyncio.run(ask())


def test_everything_is_asked_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Sources come before destinations, and who is still to come is named."""
    with Server(forge) as server:
        found = reports(tmp_path, RULES.replace("OLD", server.url).replace("SINK", server.url))
    names = ["sources.old", "sources.here", "destinations.lake", "destinations.terminal"]
    assert names == [report.name for report in found]
    assert () == found[-1].waiting
    assert {"GET", "HEAD"} == {request.method for request in server.requests}


def test_one_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    """What does not answer is a problem once its time is up; all others are told."""
    with Server(lambda _: Reply(fault="hang")) as hung:
        found = reports(tmp_path, RULES.replace("OLD", hung.url).replace("SINK", hung.url), deadline=0.3)
    told = {report.name: [(it.fine, str(it)) for it in report.findings] for report in found}
    assert [(False, "nothing was found out within 0.3 s")] == told["sources.old"] == told["destinations.lake"]
    assert [(True, "prints to the terminal")] == told["destinations.terminal"]


def test_the_command_shows_a_line_for_each(tmp_path: Path) -> None:
    """What works and what does not is a line each, without a secret, and a problem ends it with code 2."""
    with Server(forge) as server:
        text = RULES.replace("OLD", server.url).replace("SINK", server.url)
        (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
        checked = relay(tmp_path, "check", "--online", FORGE_TOKEN=TOKEN)
    marks = [line[:2] for line in checked.stdout.splitlines() if line[:3] in ("ok ", "!! ")]
    assert (2, ["ok", "!!", "!!", "ok", "ok"]) == (checked.returncode, marks)
    assert TOKEN not in checked.stdout + checked.stderr


def test_nothing_wrong_is_success(tmp_path: Path) -> None:
    """Where everything would work the command ends with code 0."""
    rules = "sources: {s: {kind: bitbucket-v1, url: OLD, repositories: [acme/site]}}\n"
    with Server(forge) as server:
        text = f"{rules.replace('OLD', server.url)}destinations: {{console: {{}}}}\nrules: {{pushed: console}}\n"
        (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
        checked = relay(tmp_path, "check", "--online")
    assert (0, "") == (checked.returncode, checked.stderr)
    assert [
        "ok  sources.s: repositories/acme/site: 0 events on its first page",
        "ok  destinations.console: prints to the terminal",
    ] == checked.stdout.splitlines()[-2:]


def test_a_wrong_file_is_not_taken_online(tmp_path: Path) -> None:
    """Mistakes in the file come first, and nobody is asked."""
    (tmp_path / "rules.yaml").write_text("sources: {git: {}}\n", encoding="utf-8")
    checked = relay(tmp_path, "check", "--online")
    assert (2, "", True) == (checked.returncode, checked.stdout, "needs url" in checked.stderr)
