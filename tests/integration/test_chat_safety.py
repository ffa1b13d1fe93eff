"""Stopping and halting in the chat, and one's own limits."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.breaker import Trip
from core.domain.one_time_code import STEP, one_time_code
from core.domain.risk import LimitKind, Stop
from core.domain.units import UserId
from core.storage.models import Sessions
from tests.support.chat import BEN
from tests.support.live_chat import LiveChat, open_live_chat
from tests.support.withdrawals import SECRET, enrol


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


async def _stop(live: LiveChat, user: UserId) -> Stop:
    assert live.chat.services.breakers is not None
    return (await live.chat.services.breakers.switches(user)).stop


async def test_stop_says_what_works_on_and_has_one_button_for_everything(live: LiveChat) -> None:
    user = await live.user()
    stopped = await live.ann.says("/stop")
    assert "New buys and automation are stopped." in stopped["text"]
    assert "Still working: selling by hand, protective sells" in stopped["text"]
    assert await _stop(live, user) is Stop.ENTRIES
    everything = await live.ann.opens(stopped, "Stop everything")
    assert "Everything is stopped." in everything["text"]
    assert await _stop(live, user) is Stop.EVERYTHING
    assert "You stopped everything" in (await live.ann.says("/home"))["text"]
    assert "resumed" in (await live.ann.says("/resume"))["text"]
    assert await _stop(live, user) is Stop.NOTHING


async def test_stopping_everything_takes_resting_orders_off_the_book(live: LiveChat) -> None:
    user = await live.goes_live()
    card = await live.ann.opens(await live.card(), "Limit Yes")
    card = await live.ann.opens(card, "Bid 61¢")
    ticket = await live.ann.opens(card, "$10")
    await live.ann.taps(ticket, "Confirm")
    await live.ann.reads("Resting in the book")
    stopped = await live.ann.opens(await live.ann.says("/stop"), "Stop everything")
    assert "1 order taken off the book." in stopped["text"]
    assert await live.clob.open_orders(user) == ()


async def test_only_the_owner_halts_and_lifts(live: LiveChat) -> None:
    user = await live.user()
    refused = await live.chat.person(BEN).says("/halt")
    assert "Only the owner" in refused["text"]
    assert live.chat.services.breakers is not None
    assert not (await live.chat.services.breakers.switches(user)).is_halted
    halted = await live.ann.says("/halt")
    assert "Trading is halted for everybody." in halted["text"]
    assert "Halted by the owner" in (await live.chat.person(BEN).says("/home"))["text"]
    assert "The halt is lifted." in (await live.ann.says("/lift"))["text"]
    assert not (await live.chat.services.breakers.switches(user)).is_halted


async def test_the_owner_closes_an_open_breaker_after_reading_why(live: LiveChat) -> None:
    user = await live.user()
    breakers = live.chat.services.breakers
    assert breakers is not None
    await breakers.trip(Trip.CLOCK)
    lifted = await live.ann.says("/lift")
    assert "clock differs" in lifted["text"]
    assert "allowed again" in (await live.ann.opens(lifted, "Allow trading again"))["text"]
    assert (await breakers.switches(user)).trip_of_all is None


async def test_a_limit_is_lowered_at_once_and_raised_a_day_later(live: LiveChat) -> None:
    await live.user()
    card = await live.ann.opens(await live.ann.says("/limits"), "One order")
    assert "how many dollars at most?" in card["text"]
    lowered = await live.ann.says("20")
    assert "One order: $20.00" in lowered["text"]
    await live.ann.opens(lowered, "One order")
    raised = await live.ann.says("40")
    assert "One order: $20.00, $40.00 from" in raised["text"]
    await live.ann.opens(raised, "One order")
    assert "from 0 to 100" in (await live.ann.says("100000"))["text"]


async def test_a_raise_needs_a_code_where_an_authenticator_is_set_up(live: LiveChat) -> None:
    user = await live.user()
    await enrol(live.home, user)
    limits = live.chat.services.own_limits
    assert limits is not None
    await limits.set(user, LimitKind.PER_DAY, Decimal(50))
    await live.ann.opens(await live.ann.says("/limits"), "A day (UTC)")
    asked = await live.ann.says("80")
    assert "Type the code of your authenticator." in asked["text"]
    assert "wrong" in (await live.ann.says("000000"))["text"]
    assert (await limits.of(user))[LimitKind.PER_DAY].next_value is None
    live.home.clock.advance(seconds=STEP)
    code = one_time_code(SECRET, int(live.home.clock.unix()) // STEP)
    assert "$80.00 from" in (await live.ann.says(code))["text"]
