"""`python -m tests.mutated gitlab 17` shows the case of a number: what is asked, what is broken, and what is told."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from tests.mutated.campaign import play
from tests.mutated.case import Act, Case, complaints
from tests.mutated.kinds import made
from tests.servers import Reply


def shown(case: Case) -> Iterator[str]:
    """The lines that tell a case that was played."""
    yield from (f"asked {request.path} {request.query} {reply.status}" for request, reply in case.twin.asked)
    yield case.name
    if case.broken:
        true, reply = case.broken.true, case.broken.reply
        yield f"{true.status} {true.headers} -> {reply.status} {reply.fault} {reply.headers}"
        yield from unified_diff(_lines(true), _lines(reply), lineterm="", n=1)
    for name, acts in {"twin": case.twin.acts, "broken": case.acts}.items():
        yield from (f"{name} {number}: {_told(act)}" for number, act in enumerate(acts))
    yield from (f"WRONG {complaint}" for complaint in complaints(case))


def _lines(reply: Reply) -> list[str]:
    try:
        return json.dumps(json.loads(reply.encoded()), indent=1).splitlines()
    except (ValueError, RecursionError):
        return reply.encoded().decode(errors="replace")[:20_000].splitlines()


def _told(act: Act) -> str:
    return f"{[(event['type'], event['id']) for event in act.arrived]} {[*act.errors.values(), *act.warnings]}"


if __name__ == "__main__":
    os.environ["PATH"] = ""  # as in the campaign: refs are read by REST
    case = made(sys.argv[1], int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), [case])
    sys.stdout.writelines(f"{line}\n" for line in shown(case))
