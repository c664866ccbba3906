"""What every destination keeps to, whatever its wire."""

import asyncio
from dataclasses import dataclass
from functools import cache

import pytest

from relay.destinations import DESTINATIONS
from relay.destinations.base import Message, Receipt
from relay.errors import Ambiguous, Blocked, DeliveryError, Refused, Unavailable
from tests.destinations.setups import DELIVERY, NOW, SETUPS

MEANING: dict[str, type[DeliveryError]] = {
    "refused": Refused,
    "unavailable": Unavailable,
    "busy": Unavailable,
    "blocked": Blocked,
    "lost": Ambiguous,
    "hang": Ambiguous,
    "closed": Unavailable,
}
EACH = pytest.mark.parametrize("name", SETUPS)
EACH_TROUBLE = pytest.mark.parametrize(
    ("name", "trouble"), [(name, trouble) for name, setup in SETUPS.items() for trouble in setup.troubles]
)


@dataclass(frozen=True)
class Sent:
    """What became of one send: the receipt or error, by which account, and how often it was put on the wire."""

    result: Receipt | DeliveryError
    account: str
    arrived: int


@cache
def sent(name: str, trouble: str) -> Sent:
    """One send of that setup before that trouble; each happens once, for all questions about it."""

    async def once() -> Sent:
        async with SETUPS[name].facing(trouble) as facing:
            destination = facing.destination
            try:
                result: Receipt | DeliveryError = await destination.send(Message(DELIVERY, SETUPS[name].parts), NOW)
            except DeliveryError as error:
                result = error
            await destination.close()
            return Sent(result, destination.account, facing.arrived())

    return asyncio.run(once())


@EACH
def test_a_message_that_is_taken_gives_a_receipt(name: str) -> None:
    """Success is a Receipt, after exactly one message on the wire."""
    taken = sent(name, "none")
    assert (Receipt, 1) == (type(taken.result), taken.arrived)


@EACH_TROUBLE
def test_every_trouble_has_its_outcome(name: str, trouble: str) -> None:
    """Each kind of failure is told as what it means for the lane."""
    assert MEANING[trouble] is type(sent(name, trouble).result)


@EACH_TROUBLE
def test_one_send_puts_one_message_on_the_wire(name: str, trouble: str) -> None:
    """Whatever goes wrong, a destination never tries again by itself."""
    assert sent(name, trouble).arrived <= 1


@EACH_TROUBLE
def test_no_error_tells_a_secret(name: str, trouble: str) -> None:
    """Neither the error, nor the answer kept with it, nor the account shows a token, key or hook address."""
    told = sent(name, trouble)
    shown = f"{told.result!r} {told.result} {getattr(told.result, 'answer', '')} {told.account}"
    assert [] == [secret for secret in SETUPS[name].secrets if secret in shown]


@EACH_TROUBLE
def test_an_error_is_one_readable_line(name: str, trouble: str) -> None:
    """What a person reads is a sentence on one line."""
    told = str(sent(name, trouble).result)
    assert told.isprintable()
    assert " " in told


@pytest.mark.parametrize("name", [name for name, setup in SETUPS.items() if "busy" in setup.troubles])
def test_a_wish_to_wait_is_passed_on(name: str) -> None:
    """A server that says when to come back is heard."""
    error = sent(name, "busy").result
    assert isinstance(error, DeliveryError)
    assert 30.0 == error.retry_after


@EACH
def test_a_destination_says_what_it_needs(name: str) -> None:
    """Its parts are the ones its layout makes, its pace is no negative time, and unknown settings are errors."""
    destination = DESTINATIONS[SETUPS[name].kind]
    assert set(SETUPS[name].parts) == set(destination.parts)
    assert destination.pace >= 0
    assert "forbid" == destination.Settings.model_config.get("extra")


@EACH
def test_closing_is_always_allowed(name: str) -> None:
    """A destination can be closed before its first send and twice, and connects anew for a message after that."""

    async def close() -> int:
        async with SETUPS[name].facing("none") as facing:
            destination = facing.destination
            for _ in range(2):
                await destination.close()
                await destination.close()
                await destination.send(Message(DELIVERY, SETUPS[name].parts), NOW)
            await destination.close()
            return facing.arrived()

    assert 2 == asyncio.run(close())


def test_every_kind_of_destination_is_asked() -> None:
    """A kind that joins the table joins this suite."""
    assert set(DESTINATIONS) == {setup.kind for setup in SETUPS.values()}
