"""A file of rules or templates that change while relay runs: taken once they are right, told while they are not."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.config import Config
from relay.errors import ConfigError
from relay.render import Renderer
from relay.stamps import Stamps, stamps

log = logging.getLogger("relay")

LOOK_AFTER = 2.0
"""Seconds between two looks at whether something was changed."""


@dataclass
class Reload:
    """What is in use of the files that are watched: `seen` is what they were when they were read last.

    Templates are tried when one of them was changed, and then as `relay check` tries them; those that the rules name
    have to be there whatever was changed. What was wrong in them when relay started keeps no changed rules from being
    taken: its words fall back to the shipped ones.
    """

    load: Callable[[], Config]
    watched: Sequence[Path]
    templates: Sequence[Path]
    seen: Stamps

    def __post_init__(self) -> None:
        self._in_use = stamps(self.templates)

    async def changed(self) -> Config:
        """The configuration, once something was changed and all of it can be used."""
        while True:
            await asyncio.sleep(LOOK_AFTER)
            if self.seen == (found := stamps(self.watched)):
                continue
            try:
                config = self.load()
                await self._try_templates(config)
            except (ConfigError, OSError) as error:
                self.seen = found
                log.error("the changed file is not used, relay goes on with the last good one:\n%s", error)
            else:
                self.seen = found
                log.info("the changed file is in use")
                return config

    async def _try_templates(self, config: Config) -> None:
        """Raise ConfigError for templates that are missing, or changed and wrong; tried in a thread, as it takes a second."""
        missing = [problem for asked in config.templates for problem in asked.problems(self.templates)]
        if missing:
            raise ConfigError(missing)
        found = stamps(self.templates)
        if found == self._in_use:
            return
        problems = await asyncio.to_thread(Renderer(self.templates, config.timezone).problems)
        if problems:
            raise ConfigError(problems)
        self._in_use = found
