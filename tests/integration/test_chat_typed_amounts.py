"""A typed amount: an order where nothing speaks against it, else a ticket; and never two orders."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from core.domain.preferences import ConfirmMode
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat

YES, NO = examples.YES, examples.NO
LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
async def ann(chat: Chat) -> Person:
    """Has traded before, and is asked from $25 on."""
    ann = chat.person()
    await chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD)
    await ann.taps(await ann.says(f"{LINK} buy yes 10"), "Confirm")
    await ann.reads("Bought 15.873 Yes")
    return ann


async def asked(ann: Person) -> Message:
    """How much on Yes, with no buttons for amounts."""
    amounts = await ann.opens(await ann.says(LINK), "Yes")
    return await ann.opens(amounts, "Other")


def told(text: str) -> dict[str, Any]:
    """An update as Telegram tells it."""
    person = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    now = int(datetime.now(UTC).timestamp())
    body = {"message_id": 905, "date": now, "from": person, "text": text}
    return {"update_id": 5, "message": body | {"chat": {"id": ANN, "type": "private"}}}


async def tokens(sessions: Sessions) -> list[tuple[Any, ...]]:
    """Of questions: message, and whether it is used."""
    query = """SELECT message_id, used_at IS NOT NULL FROM money_buttons
        WHERE payload ->> 'typed' = 'yes' AND message_id IS NOT NULL ORDER BY created_at DESC"""
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def count(sessions: Sessions) -> int:
    async with sessions() as session:
        return int(await session.scalar(sa.text("SELECT count(*) FROM orders")) or 0)


async def test_a_small_one_is_ordered_and_spends_the_token_of_the_message_that_asked(
    ann: Person, sessions: Sessions
) -> None:
    question = await asked(ann)
    assert "You buy at the ask: 63¢" in question["text"]
    assert "ordered at once, unless there is a reason" in question["text"]
    await ann.writes("12")
    receipt = await ann.reads("Bought 19.0476 Yes")
    assert receipt["id"] > question["id"]
    assert (await tokens(sessions))[0] == (question["id"], True)
    assert await count(sessions) == 2
    assert await ann.violations() == []


async def test_a_message_told_again_edited_or_repeated_orders_nothing_more(
    ann: Person, sessions: Sessions
) -> None:
    await asked(ann)
    update = told("12")
    await ann.forges_update(update)
    await ann.reads("Bought 19.0476 Yes")
    await ann.forges_update(update)
    again = await ann.writes("zebra")
    await ann.reads("zebra")
    assert "your edit changed nothing" in (await ann.edits(again, "12"))["text"]
    await ann.says("12")  # nothing asks any more: words to search for
    assert await count(sessions) == 2


async def test_a_price_that_moved_since_the_question_is_asked_about(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await asked(ann)
    chat.streams(YES, "0.66", "0.68")
    ticket = await ann.says("12")
    assert "the price has moved since your card was drawn" in ticket["text"]
    assert (await tokens(sessions))[0][1]
    assert await count(sessions) == 1
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought 17.647 Yes")
    assert await count(sessions) == 2


async def test_one_that_cannot_be_used_leaves_the_question_and_its_token(
    ann: Person, sessions: Sessions
) -> None:
    await asked(ann)
    assert "Nothing was bought or sold" in (await ann.says("0.001"))["text"]
    assert not (await tokens(sessions))[0][1]
    await ann.writes("12")
    await ann.reads("Bought 19.0476 Yes")
    assert await count(sessions) == 2


async def test_shares_and_a_part_of_them_are_sold_at_once_too(
    ann: Person, sessions: Sessions
) -> None:
    for typed, sold in (("5", "Sold 5 Yes"), ("50%", "Sold 5.43")):
        listed = await ann.says("/positions")
        position = await ann.opens(listed, buttons(listed)[0])
        question = await ann.opens(position, "Other")
        assert "The bid is 61¢." in question["text"]
        await ann.writes(typed)
        await ann.reads(sold)
    assert await count(sessions) == 3


async def test_who_confirms_everything_gets_a_ticket_and_no_token(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    await chat.prefers(ANN, confirm_mode=ConfirmMode.CAREFUL)
    question = await asked(ann)
    assert "at once" not in question["text"]
    assert "Buy Yes" in (await ann.says("12"))["text"]
    assert await tokens(sessions) == []
    assert await count(sessions) == 1


async def test_an_amount_button_of_the_question_uses_the_same_token_as_a_typed_one(
    ann: Person, sessions: Sessions
) -> None:
    amounts = await ann.opens(await ann.says(LINK), "Yes")
    await ann.taps(amounts, "$10")
    await ann.sees(lambda seen: seen["id"] == amounts["id"] and "Bought 15.873" in seen["text"])
    assert (await tokens(sessions))[0] == (amounts["id"], True)
    await ann.says("12")  # words now
    assert await count(sessions) == 2
