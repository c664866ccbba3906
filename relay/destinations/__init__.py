"""The table of destinations."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.destinations.base import Destination
from relay.destinations.console import Console
from relay.destinations.email import Email
from relay.destinations.slack import Slack
from relay.destinations.webhook import Webhook

DESTINATIONS: Mapping[str, type[Destination]] = MappingProxyType(
    {"slack": Slack, "email": Email, "webhook": Webhook, "console": Console}
)
