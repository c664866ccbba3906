"""A project with templates of its own."""

from pathlib import Path

from relay import shipped
from relay.destinations.base import Delivery, Plain
from relay.events import Event
from relay.render import Renderer


def own(folder: Path, **files: str) -> Renderer:
    """A renderer of a project that has these templates; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.j2"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Renderer([folder, shipped.templates()])


def alone(known: Event, **more: object) -> Delivery:
    return Delivery("dlv_1", "dev", "pushed", (known,), **more)


def printed(known: Event, renderer: Renderer, **more: object) -> list[str]:
    """What the console shows of an event, line by line."""
    return renderer.message(alone(known, **more), "console", {"text": Plain()}).parts["text"].split("\n")
