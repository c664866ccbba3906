"""The rules files of the benchmarks that deliver: each event's route is one of many, by its type and its repository."""

from benchmarks.server import TYPES

SECRET = "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMDAwMDAwMDAwMDA="


def rules(url: str, pages: int, destinations: int, start: str = "all") -> str:
    """A file with one feed per page, and each event's route to one of the destinations by type and repository."""
    groups = max(1, destinations // len(TYPES))
    lines = [
        "sources:",
        "  forge:",
        "    kind: bitbucket-v1",
        f"    url: {url}/1.0",
        f"    start: {start}",
        "    repositories:",
    ]
    lines += [f"      - acme/r{number}-g{number % groups}" for number in range(pages)]
    lines += ["destinations:"]
    lines += [
        f"  d{number}: {{kind: webhook, url: '{url}/d{number}', secret: {SECRET}}}" for number in range(destinations)
    ]
    lines += ["rules:"]
    for index, kind in enumerate(TYPES):
        lines += [f"  {kind}:"]
        lines += [
            f"    - {{to: d{(index * groups + group) % destinations}, when: {{repository: 'acme/*-g{group}'}}}}"
            for group in range(groups)
        ]
    return "\n".join(lines) + "\n"
