"""Faults pulled one after the other in the running sandbox, and what a card says of each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import pytest

from tests.e2e.conftest import World
from tests.support.acts import market_card
from tests.support.venue_control import VenueControl

QUESTION: Final = "Will the Senate pass the harbour bill"
TOKEN: Final = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"
ONE: Final = "<token>"
FIRST: Final = 1020  # of the people who look, one for each fault
PATIENCE: Final = 40.0  # seconds; the sentences are the matter, and a machine may be slow
BOTH_LIVE: Final = "(?s)· live.*· live"
OVER: Final = "The stream was interrupted for .*; live again since"


class Pulled(NamedTuple):
    """Commands of the control, prices that the venue moves to then, and what is to be read."""

    name: str
    commands: Sequence[tuple[str, dict[str, object]]]
    prices: Sequence[str]
    reads: str


FAULTS: Final = (
    Pulled(
        "one token frozen",
        [("freeze", {"tokens": [ONE]})],
        ("0.36",),
        "(?s)36¢ · (polled|live).*news stopped while the venue's book moved on",
    ),
    Pulled("giant", [("corrupt", {"kind": "giant", "megabytes": 10})], (), OVER),
    Pulled(
        "skip",
        [("corrupt", {"kind": "skip", "every": 4, "event": "price_change"})],
        ("0.41", "0.43", "0.45", "0.47", "0.49"),
        "Live prices stopped at|The stream was interrupted for",
    ),
    Pulled(
        "crossed",
        [("crossed", {"token": ONE, "seconds": 8})],
        (),
        "Live prices stopped at .*: bids and asks crossed",
    ),
    Pulled(
        "no first book",
        [("bookless", {}), ("drop", {})],
        (),
        "(?s)· polled.*the connection to the venue was lost. Orders still work",
    ),
    Pulled(
        "neither socket nor REST",
        [
            ("faults", {"path": "/ws/market", "status": 503, "count": 1000}),
            ("faults", {"path": "/book*", "status": 500, "count": 1000}),
            ("drop", {}),
        ],
        (),
        "(?s)[Nn]o price.*the venue does not answer. No order is placed before it does",
    ),
)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[fault.name for fault in FAULTS])
async def test_a_card_tells_the_fault_that_is_pulled_and_its_end(world: World, number: int) -> None:
    """One running program meets them one after the other, each in a chat of its own.

    Sentences are proven here; `test_hostile_faults.py` measures the seconds.
    """
    fault, venue, person = FAULTS[number], world.venue, world.telegram.person(FIRST + number)
    (token,) = await world.database.row(TOKEN, f"{QUESTION}%")
    card = await market_card(person, "harbour bill", QUESTION[:20])
    assert await venue.is_subscribed(str(token))
    card = await person.sees(BOTH_LIVE, on=card, patience=PATIENCE)
    assert "interrupted" not in card.text
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pull(fault, venue, str(token)))
            await person.sees(fault.reads, on=card, patience=PATIENCE)
    finally:
        await venue.control("heal")
    await person.sees(OVER, on=card, patience=PATIENCE)


async def pull(fault: Pulled, venue: VenueControl, token: str) -> None:
    for command, body in fault.commands:
        await venue.control(command, **about(token, body))
    for price in fault.prices:
        await venue.set_price(token, price)


def about(token: str, body: Mapping[str, object]) -> dict[str, object]:
    return {
        name: token if value == ONE else [token] if value == [ONE] else value
        for name, value in body.items()
    }
