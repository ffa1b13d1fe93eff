"""All or nothing in the chat: bought and sold whole, or not at all, and said so each time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import NotWhole
from core.domain.order import OrderStatus
from core.ports import Execution
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import Chat, Message, Person, buttons, data_of, open_chat
from tests.support.live_chat import LiveChat, open_live_chat

YES = examples.YES
ALL = "SELECT status, kind FROM orders ORDER BY id"
CASH = "SELECT cash FROM wallets WHERE account = 'paper'"


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(examples.NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


async def _ticket(ann: Person) -> Message:
    """Of $10, in part if need be."""
    card = await ann.says("bitcoin")
    for label in (buttons(card)[0], "Yes", "$10"):
        card = await ann.opens(card, label)
    return card


async def _whole(ann: Person) -> Message:
    return await ann.opens(await _ticket(ann), "All or nothing: off")


async def _told(sessions: Sessions, question: str) -> list[tuple[object, ...]]:
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(sa.text(question))]


async def test_a_ticket_becomes_all_or_nothing_and_buys_all(
    ann: Person, sessions: Sessions
) -> None:
    ticket = await _whole(ann)
    promise = "unless all of it can be had at 64¢ or better, nothing is bought"
    assert promise in ticket["text"]
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought 15.873 Yes")
    assert await _told(sessions, ALL) == [("filled", "FOK")]


async def test_the_choice_can_be_taken_back_and_the_ticket_before_it_is_void(
    ann: Person, sessions: Sessions
) -> None:
    whole = await _whole(ann)
    ticket = await ann.opens(whole, "All or nothing: on")
    assert "nothing is bought" not in ticket["text"]
    await ann.forges(data_of(whole, "Confirm"), ticket)
    assert await _told(sessions, ALL) == []
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought 15.873 Yes")
    assert await _told(sessions, ALL) == [("filled", "FAK")]


async def test_a_thin_book_makes_no_ticket_of_all_or_nothing(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    chat.streams(YES, "0.61", "0.63", size="10")
    refusal = await _whole(ann)
    assert "Only $6.30 of your $10.00 finds a seller right now" in refusal["text"]
    assert "Confirm" not in buttons(refusal)
    assert await _told(sessions, ALL) == []
    ticket = await ann.opens(refusal, "Take what there is")
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought 10 Yes")


async def test_what_became_thin_after_the_quote_buys_nothing_of_it(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    ticket, cash = await _whole(ann), await _told(sessions, CASH)
    chat.streams(YES, "0.61", "0.63", size="10")
    await ann.taps(ticket, "Confirm")
    refusal = await ann.reads("Not all of it was there")
    assert "none of it was traded" in refusal["text"]
    assert "Nothing was bought or sold; your money is as before." in refusal["text"]
    assert await _told(sessions, ALL) == [("cancelled", "FOK")]
    assert await _told(sessions, "SELECT 1 FROM fills") == []
    assert await _told(sessions, CASH) == cash
    ticket = await ann.opens(refusal, "Take what there is")
    assert "only $6.30 of your $10.00 finds a seller" in ticket["text"]


async def test_a_sale_is_whole_in_the_hundredths_that_the_venue_takes(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await ann.taps(await _ticket(ann), "Confirm")
    receipt = await ann.reads("Bought 15.873 Yes")
    position = await ann.opens(receipt, "Position")
    ticket = await ann.opens(await ann.opens(position, "Sell 50%"), "All or nothing: off")
    assert "You sell 7.93 shares" in ticket["text"]
    chat.streams(YES, "0.61", "0.63", size="7")
    await ann.taps(ticket, "Confirm")
    refusal = await ann.reads("Not all of it was there")
    again = await ann.opens(refusal, "Re-quote")
    assert "Only 7 of your 7.93 shares find a buyer right now" in again["text"]
    chat.streams(YES, "0.61", "0.63")
    ticket = await ann.opens(await ann.opens(again, "Take what there is"), "All or nothing: off")
    await ann.taps(ticket, "Confirm")
    await ann.reads("Sold 7.93 Yes")
    assert (await _told(sessions, ALL))[1:] == [("cancelled", "FOK"), ("filled", "FOK")]


async def test_the_venues_refusal_of_real_money_is_told_with_what_could_be_done(
    live: LiveChat,
) -> None:
    user = await live.goes_live()
    live.venue.posts = [NotWhole("There was not enough on the other side for the whole order.")]
    await live.ann.taps(await _whole(live.ann), "Confirm")
    refusal = await live.ann.reads("Not all of it was there")
    assert {"Take what there is", "Limit order", "Re-quote"} <= set(buttons(refusal))
    assert await live.clob.open_orders(user) == ()
    (order,) = await _told(live.chat.sessions, ALL)
    assert order == ("cancelled", "FOK")


async def test_a_delayed_order_that_the_venue_kills_says_so_on_its_receipt(
    live: LiveChat,
) -> None:
    user = await live.goes_live()
    live.venue.posts = [Execution(OrderStatus.DELAYED)]
    await live.ann.taps(await _whole(live.ann), "Confirm")
    await live.ann.reads("Accepted, and delayed by the venue")
    ((_, booked),) = live.venue.book.items()
    words = "order couldn't be fully filled. FOK orders are fully filled or killed."
    killed = replace(booked.report, status=OrderStatus.CANCELLED, reason=words)
    await live.clob.news.order(user, killed)
    receipt = await live.ann.reads("Nothing was bought: cancelled")
    assert "It was all or nothing, and not all of it was had at 64¢." in receipt["text"]
    assert "Take what there is" in buttons(receipt)
