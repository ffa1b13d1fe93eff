"""Prices that are not live, in the chat: said at once, traded on a fresh book or not at all."""

import re
from collections.abc import AsyncIterator

import pytest

from core.domain.health import Doubt, PriceState
from core.storage.models import Sessions
from telegram_bot.pacing import pace_of
from tests.support import examples
from tests.support.chat import Chat, Message, Person, buttons, open_chat

YES, NO = examples.YES, examples.NO
LINK = "https://polymarket.com/event/something-that-nobody-knows"


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    pace = pace_of(600, live_gap=0.05)
    async with open_chat(sessions, (examples.market(),), pace=pace) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


def interrupt(chat: Chat, why: Doubt = Doubt.DISCONNECTED) -> None:
    for token in (YES, NO):
        chat.board.set_state(token, PriceState.SUSPECT, why)


async def card_of(ann: Person) -> Message:
    found = await ann.says("bitcoin")
    return await ann.opens(found, buttons(found)[0])


async def amounts_of(ann: Person) -> Message:
    return await ann.opens(await card_of(ann), "Yes")


async def test_an_open_card_tells_that_the_stream_was_lost_and_that_it_is_back(
    chat: Chat, ann: Person
) -> None:
    card = await card_of(ann)
    assert "62¢ · live" in card["text"]
    interrupt(chat)
    lost = await ann.reads("Live prices stopped at ")
    assert lost["id"] == card["id"]
    assert re.search(r"Yes 62¢ · checking, last news (just now|\d+ s ago)", lost["text"])
    assert "the connection to the venue was lost. Each order asks the venue first." in lost["text"]
    chat.streams(YES, "0.71", "0.73")
    chat.streams(NO, "0.27", "0.29")
    back = await ann.reads("The stream was interrupted for ")
    assert re.search(r"interrupted for (less than 1|\d+) s; live again since ", back["text"])
    assert "Yes 72¢ · live" in back["text"]
    assert "interrupted" not in (await ann.opens(back, "Refresh"))["text"]


async def test_a_card_opened_during_an_interruption_says_so_at_once(
    chat: Chat, ann: Person
) -> None:
    interrupt(chat, Doubt.SILENT)
    card = await card_of(ann)
    assert "Yes 62¢ · polled just now" in card["text"]
    assert "the venue went silent. Orders still work" in card["text"]


async def test_without_a_stream_quote_and_order_rest_on_books_fetched_for_them(
    chat: Chat, ann: Person
) -> None:
    amounts = await amounts_of(ann)
    interrupt(chat)
    chat.venue.asks[YES] = [("0.7", "1000")]
    await ann.taps(amounts, "$10")
    ticket = await ann.reads("from a book fetched at ")
    assert re.search(r"quoted from a book fetched at \d\d:\d\d:\d\d UTC", ticket["text"])
    assert "Average 70¢" in ticket["text"]
    asked = len(chat.venue.asked)
    await ann.taps(ticket, "Confirm")
    receipt = await ann.reads("Bought")
    assert "from a book fetched for this order at " in receipt["text"]
    assert len(chat.venue.asked) > asked


async def test_a_live_quote_is_not_filled_once_nothing_proves_its_price(
    chat: Chat, ann: Person
) -> None:
    ticket = await ann.opens(await amounts_of(ann), "$10")
    assert "Quoted from the live book at " in ticket["text"]
    interrupt(chat)
    chat.venue.is_away = True
    await ann.taps(ticket, "Confirm")
    refusal = await ann.reads("Not reachable right now")
    assert "The venue does not answer." in refusal["text"]
    assert "Nothing came of it: your money is as before." in refusal["text"]


async def test_a_venue_that_hangs_is_not_waited_for_longer_than_its_book_could_be_used(
    chat: Chat, ann: Person
) -> None:
    amounts = await amounts_of(ann)
    interrupt(chat)
    chat.venue.answers.clear()
    await ann.taps(amounts, "$10")
    refusal = await ann.reads("No price fresh enough")
    assert "answers too slowly to trade on its prices" in refusal["text"]
    assert "Re-quote" in buttons(refusal) or "Back" in buttons(refusal)


async def test_a_link_that_the_venue_must_explain_shows_work(chat: Chat, ann: Person) -> None:
    chat.venue.answers.clear()
    await ann.writes(LINK)
    assert await ann.sees_typing()
    chat.venue.answers.set()
    await ann.reads("There is no event something-that-nobody-knows")
    assert await ann.violations() == []


async def test_a_link_that_the_venue_does_not_explain_ends_with_a_sentence(
    sessions: Sessions,
) -> None:
    async with (
        open_chat(sessions, (examples.market(),), venue_patience=0.2) as chat,
        chat.running(),
    ):
        chat.venue.answers.clear()
        ann = chat.person()
        answer = await ann.says(LINK)
        assert "Not reachable right now" in answer["text"]
        assert "The venue does not answer, so I cannot open this link right now." in answer["text"]
        assert await ann.violations() == []
