"""Samples as they would be sent, and really sent: what `relay render` and `relay send` do."""

from collections.abc import Iterator
from datetime import datetime

from relay.config import Config, DestinationConfig
from relay.destinations import DESTINATIONS
from relay.destinations.base import Delivery, Destination, Message, Receipt, delivery_id
from relay.errors import UsageError
from relay.event_types import VOCABULARY
from relay.http import Http
from relay.render import Renderer
from relay.samples import sample, sample_notice
from relay.suggest import choices, event_type

NOTICE = "notice"


def known_type(name: str) -> str:
    """The event type. Raises UsageError for what is none."""
    if name in VOCABULARY:
        return name
    meant = event_type(name)
    raise UsageError(
        f"no event type is called {name!r}; {f'did you mean {meant!r}?' if meant else 'see `relay types`'}"
    )


def known_sample(name: str) -> str:
    """The event type, or `notice` for what relay itself has to say. Raises UsageError for what is neither."""
    return name if name == NOTICE else known_type(name)


def destination(config: Config, name: str) -> DestinationConfig:
    """The destination of that name. Raises UsageError where the file has none."""
    if name not in config.destinations:
        raise UsageError(f"no destination in {config.path} is called {name!r}{choices(name, config.destinations)}")
    return config.destinations[name]


def delivery(type: str, to: DestinationConfig, config: Config, now: datetime) -> Delivery:
    """The sample of an event type, or of a notice, on its way, by the route that leads there, if one does."""
    id = delivery_id("sample", to.name, type, str(now))
    if type == NOTICE:
        return Delivery(id, to.name, "on_failure", (), why=NOTICE, sample=True, notice=sample_notice(now))
    event = sample(type, now)
    route = next((route for route in config.rulebook.routes(event) if route.destination == to.name), None)
    return Delivery(
        id=id,
        destination=to.name,
        rule=route.rule if route else type,
        events=(event,),
        options=route.options if route else {},
        sample=True,
    )


def render(sample: Delivery, to: DestinationConfig, renderer: Renderer, now: datetime) -> Message:
    """The sample in words, as the destination would get it."""
    made = made_of(to, Http())
    return renderer.message(sample, to.kind, made.parts, to.policy.detail, now, made.layout)


async def send(message: Message, to: DestinationConfig, now: datetime) -> Receipt:
    """Hand the message over once. Raises a DeliveryError."""
    async with Http() as http:
        made = made_of(to, http)
        try:
            return await made.send(message, now)
        finally:
            await made.close()


def made_of(to: DestinationConfig, http: Http) -> Destination:
    """The destination itself."""
    return DESTINATIONS[to.kind](to.name, to.settings, http)


def shown(message: Message) -> Iterator[str]:
    """The parts for the terminal: under their names, where there are several."""
    for name, text in message.parts.items():
        if len(message.parts) > 1:
            yield f"--- {name}"
        yield text
