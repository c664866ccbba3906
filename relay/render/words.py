"""What a type's template says about one event in one dialect, rendered when asked for, with its fall-backs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from relay.destinations.base import Plain, Safe
from relay.errors import Problem
from relay.events import Event
from relay.render.engine import Block, Voice, lines_of, on_one_line
from relay.render.phrases import Phrases


class Manner(NamedTuple):
    """How a delivery is told: how much of it, whether as a sample, and who hears of templates that fail."""

    complain: Callable[[Problem], None]
    detail: str = "normal"
    sample: bool = False


@dataclass
class Words:
    """The words of one event; `blocks` are tried in their order, `leads_to` is asked when a link is made.

    `names_place` says whether the sentence rendered last named the repository, so that a layout need not.
    """

    event: Event
    voice: Voice
    blocks: Mapping[str, tuple[Block, ...]]
    leads_to: Callable[[], str | None]
    manner: Manner
    names_place: bool = False

    @cached_property
    def title(self) -> Safe:
        """The sentence, with its place."""
        return self.sentence("full")

    @cached_property
    def title_without_place(self) -> Safe:
        """The sentence for a layout that shows the repository itself."""
        return self.sentence("bare")

    @cached_property
    def reply(self) -> Safe:
        """The sentence inside the thread of its thing: "Ana Lima merged this into `main`"."""
        return self.sentence("reply")

    @cached_property
    def under(self) -> Safe:
        """The sentence beneath a heading that names its thing: "Ana Lima merged this pull request into `main`"."""
        return self.sentence("under")

    @cached_property
    def lines(self) -> tuple[Safe, ...]:
        """What was said or pushed, line by line."""
        return lines_of(self.say("lines"))

    @cached_property
    def facts(self) -> tuple[Safe, ...]:
        """The small print: branches, labels, a path."""
        return lines_of(self.say("facts"))

    @cached_property
    def link(self) -> str | None:
        """Where the message leads; a plain address, not escaped."""
        return self.leads_to()

    def say(self, block: str, phrases: Phrases | None = None) -> str:
        """A block's text from the first template that can render it; empty when none has it or none can."""
        phrases = phrases or self.phrases("full")
        for candidate in self.blocks.get(block, ()):
            try:
                return candidate.render(phrases.named(candidate.asks))
            except Exception as error:  # noqa: BLE001 - whatever a template raises, the delivery goes on
                self.manner.complain(candidate.problem(error))
        return ""

    def phrases(self, how: str) -> Phrases:
        """The phrases for one block; plain text leads nowhere, so its links need no address."""
        leads_to = _nowhere if isinstance(self.voice.dialect, Plain) else lambda: self.link
        return Phrases(self.event, self.voice.dialect, self.manner.detail, how, leads_to)

    def sentence(self, how: str) -> Safe:
        """The sentence, naming as much of its place as Phrases says of that manner."""
        phrases = self.phrases(how)
        said = on_one_line(self.say("title", phrases)) or f"{phrases.link(phrases.type_in_words())}{phrases.tail()}"
        self.names_place = phrases.names_place
        return Safe(f"Sample: {said}" if self.manner.sample else said)


def _nowhere() -> str | None:
    return None
