"""Draws the pictures of the README: what its first example makes of a push, and what the shipped rules make of a day.

    uv run python -m tests.pictures.make

The example is read from the README itself and the words come out of relay's own renderer; only the channel around the
first message is drawn here.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relay import shipped
from relay.config import Config, load
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery, Message
from relay.events import Comment, Event
from relay.render import Renderer
from relay.samples import SITE, sample

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
FRIDAY = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
ENVIRON = {
    "FORGE_URL": "https://forge.pictures.example",
    "FORGE_TOKEN": "forge-token-of-the-pictures",
    "SLACK_TOKEN": "xoxb-token-of-the-pictures",
    "SLACK_URL": "https://slack.pictures.example/api/",
    "SMTP_URL": "smtp://mail.pictures.example",
    "WEBHOOK_URL": "https://pictures.example/hooks/relay",
    "WEBHOOK_SECRET": "whsec_cmVsYXkgcGljdHVyZXMgb2YgdGhlIHJlYWRtZQ==",
}

_MARKUP = re.compile(r"<(?P<url>[^|<>]+)\|(?P<shown>[^<>]+)>|\*(?P<strong>[^*\n]+)\*|`(?P<code>[^`\n]+)`")
_CHANNEL = """<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.5 Lato, "DejaVu Sans Condensed", sans-serif }
  header { border-bottom: 1px solid #ddd; padding: 12px 20px; font-weight: bold }
  main { display: flex; gap: 10px; padding: 16px 20px 18px }
  i { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #2f5d50; color: #fff;
      font: bold 20px/33px "DejaVu Sans", sans-serif; text-align: center }
  small { background: #e8e8e8; color: #616061; font: bold 9px "DejaVu Sans", sans-serif; padding: 1px 4px;
          border-radius: 2px; margin: 0 3px; vertical-align: 1px }
  time, .context { color: #616061; font-size: 13px }
  p { margin: 2px 0 }
  a { color: #1264a3; text-decoration: none }
  code { font: 13px "DejaVu Sans Mono", monospace; color: #c01343; background: #f6f6f6; border: 1px solid #ddd;
         border-radius: 3px; padding: 1px 3px }
  a code { color: #1264a3 }
</style>
<header># dev</header>
<main><i>r</i><div><b>relay</b> <small>APP</small> <time>10:14</time>%s</div></main>"""


def example() -> Config:
    """The README's first example, read as relay reads it."""
    text = README.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, ENVIRON)


def in_slack() -> Message:
    """A push to `main`, as a git repository tells it: it knows who wrote the commits, and not who pushed them."""
    pushed = replace(sample("pushed", FRIDAY), source="site", guessed=("actor",))
    return told(example(), "dev", [pushed], FRIDAY)


def in_mail() -> Message:
    """The digest of Monday morning, of what the leads were not told at once."""
    return told(load(shipped.rules(), ENVIRON), "leads", reviews(), MONDAY, "digest")


def reviews() -> list[Event]:
    """Two pull requests on their way, and a commit that somebody remarked upon."""
    other: dict[str, Any] = {"number": 45, "title": "Cache avatars on disk", "url": f"{SITE}/pull-requests/45"}
    said = Comment("739901", "Could these live beside the thumbnails?", f"{SITE}/pull-requests/45#comment-739901")
    events = [
        sample("pullrequest_updated", FRIDAY),
        sample("pullrequest_comment_created", FRIDAY),
        replace(sample("pullrequest_comment_created", FRIDAY), comment=said, **other),
        replace(sample("pullrequest_superseded", FRIDAY), **other),
        sample("cset_comment_created", FRIDAY),
    ]
    return [replace(event, id=str(number)) for number, event in enumerate(events)]


def told(config: Config, to: str, events: Sequence[Event], now: datetime, why: str | None = None) -> Message:
    """What the file's destination is sent of the events that its rules lead there."""
    routes = [(event, route) for event in events for route in config.rulebook.routes(event) if route.destination == to]
    taken = tuple(event for event, _ in routes)
    delivery = Delivery("dlv_1", to, routes[0][1].rule, taken, why, since=FRIDAY, until=now)
    kind = config.destinations[to].kind
    renderer = Renderer([shipped.templates()], config.timezone)
    return renderer.message(delivery, kind, DESTINATIONS[kind].parts, now=now + timedelta(seconds=40))


def drawn(blocks: Sequence[dict[str, Any]]) -> str:
    """The blocks as a channel shows them."""
    texts = [(block["type"], text["text"]) for block in blocks for text in block.get("elements", [block.get("text")])]
    lines = (
        f'<p class="{kind}">{_MARKUP.sub(_element, line)}</p>' for kind, text in texts for line in text.split("\n")
    )
    return _CHANNEL % "".join(lines)


def _element(found: re.Match[str]) -> str:
    if found["url"]:
        return f'<a href="{found["url"]}">{_MARKUP.sub(_element, found["shown"])}</a>'
    return f"<b>{found['strong']}</b>" if found["strong"] else f"<code>{found['code']}</code>"


def main() -> None:
    """Write the pictures beside this file."""
    from playwright.sync_api import sync_playwright

    pages = {"slack": drawn(json.loads(in_slack().parts["blocks"])), "mail": in_mail().parts["html"]}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, html in pages.items():
            page = chromium.new_page(viewport={"width": 640, "height": 100}, device_scale_factor=2)
            page.set_content(html)
            page.screenshot(path=HERE / f"{name}.png", full_page=True)
        chromium.close()


if __name__ == "__main__":
    main()
