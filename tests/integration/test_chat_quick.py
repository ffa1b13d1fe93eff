"""One tap on a card: an order where that is enough, a ticket with its reasons where it is not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.domain.preferences import ConfirmMode
from core.domain.units import Usdc
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, Message, Person, buttons, data_of, open_chat

YES, NO = examples.YES, examples.NO


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


def usdc(text: str) -> Usdc:
    return Usdc(Decimal(text))


async def card(ann: Person) -> Message:
    found = await ann.says("bitcoin")
    return await ann.opens(found, buttons(found)[0])


async def bought(ann: Person, shown: Message) -> Message:
    """The receipt that the card has become."""
    return await ann.sees(
        lambda message: message["id"] == shown["id"] and "Bought" in message["text"]
    )


async def trader(chat: Chat, ann: Person, **choices: Any) -> Message:
    """Somebody who has traded before and wants to be asked from $25 on; their card."""
    choices = {"confirm_mode": ConfirmMode.STANDARD, **choices}
    await chat.prefers(ANN, **choices)
    asked = await ann.opens(await card(ann), "$10")
    assert "You are asked because it is your first trade." in asked["text"]
    await ann.taps(asked, "Confirm")
    receipt = await ann.reads("Bought 15.873 Yes")
    await ann.opens(receipt, "Position")
    return await card(ann)


async def count(sessions: Sessions) -> int:
    async with sessions() as session:
        return int(await session.scalar(sa.text("SELECT count(*) FROM orders")) or 0)


async def test_in_careful_mode_every_amount_leads_to_a_ticket(
    ann: Person, sessions: Sessions
) -> None:
    shown = await card(ann)
    assert buttons(shown)[:8] == ["Yes", "$10", "$25", "$50", "No", "$10", "$25", "$50"]
    ticket = await ann.opens(shown, "$25")
    assert buttons(ticket) == ["Confirm", "Cancel", "All or nothing: off"]
    assert "You are asked because" not in ticket["text"]
    assert await count(sessions) == 0
    async with sessions() as session:
        cards = sa.text("SELECT count(*) FROM money_buttons WHERE payload ->> 'card' IS NOT NULL")
        assert await session.scalar(cards) == 0
    assert await ann.violations() == []


async def test_a_small_amount_is_bought_with_one_tap_and_a_large_one_is_asked_about(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann)
    await ann.taps(shown, "$10")
    await bought(ann, shown)
    assert await count(sessions) == 2
    shown = await card(ann)
    ticket = await ann.opens(shown, "$25")
    assert "it is at or above the amount from which you want to be asked" in ticket["text"]
    assert await count(sessions) == 2
    again = await ann.opens(ticket, "Cancel")
    assert data_of(again, "$10") != data_of(shown, "$10")
    await ann.taps(again, "$10")
    await bought(ann, again)
    assert await count(sessions) == 3
    assert await ann.violations() == []


async def test_many_taps_at_once_on_one_card_are_one_order(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann)
    answers = await asyncio.gather(*(ann.taps(shown, "$10") for _ in range(4)))
    await bought(ann, shown)
    texts = sorted(str(answer["text"]) for answer in answers)
    assert sum("used already" in text or "Still waiting" in text for text in texts) == 3
    assert await count(sessions) == 2
    assert await ann.violations() == []


async def test_forged_foreign_and_old_taps_on_a_card_order_nothing(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann)
    data = data_of(shown, "$10")
    ben = chat.person(BEN)
    theirs = await ben.says("/start")
    forged = [
        await ben.forges(data, theirs),
        await ben.forges(data, shown, chat=ann.user_id),
        await ann.forges(data.removesuffix("1000") + "1100", shown),
        await ann.forges(data.replace(".0.1000", ".7.1000"), shown),
    ]
    assert all("not yours" in str(answer["text"]) for answer in forged)
    chat.wall.offset += timedelta(minutes=11)
    old = await ann.taps(shown, "$10")
    assert "too old to order from" in str(old["text"])
    assert await count(sessions) == 1
    fresh = await ann.opens(shown, "Refresh")
    assert data_of(fresh, "$10") != data


async def test_after_a_restart_a_card_is_old_and_tells_what_it_did(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann)
    version, _, rest = data_of(shown, "$10").split(".", 2)
    of_another_run = f"{version}.zzzz.{rest}"
    old = await ann.forges(of_another_run, shown)
    assert "old" in str(old["text"])
    await ann.reads("Nothing was bought or sold by it.")
    assert await count(sessions) == 1
    shown = await card(ann)
    version, _, rest = data_of(shown, "$10").split(".", 2)
    await ann.taps(shown, "$10")
    receipt = await bought(ann, shown)
    await ann.forges(f"{version}.zzzz.{rest}", shown)
    told = await ann.sees(lambda message: message["id"] > receipt["id"])
    assert "Bought 15.873 Yes" in told["text"]
    assert await count(sessions) == 2


async def test_a_price_that_moved_since_the_card_was_drawn_is_asked_about(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann)
    token = data_of(shown, "$10")
    chat.streams(YES, "0.66", "0.68")
    moved = await ann.reads("bid 66¢ · ask 68¢")
    assert data_of(moved, "$10") == token
    ticket = await ann.opens(moved, "$10")
    assert "the price has moved since your card was drawn" in ticket["text"]
    assert await count(sessions) == 1
    spent = await ann.forges(token, ticket)
    assert "used already" in str(spent["text"])
    assert await count(sessions) == 1


async def test_the_fast_mode_asks_above_its_cap_only(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    shown = await trader(chat, ann, confirm_mode=ConfirmMode.FAST, fast_cap=usdc("30"))
    await ann.taps(shown, "$25")
    await bought(ann, shown)
    ticket = await ann.opens(await card(ann), "$50")
    assert "it is above your cap for orders without asking" in ticket["text"]
    assert await count(sessions) == 2


async def test_own_amounts_and_own_slippage_are_used(chat: Chat, ann: Person) -> None:
    await chat.prefers(ANN, quick_amounts=(usdc("5"), usdc("7.50"), usdc("99")))
    shown = await card(ann)
    assert buttons(shown)[:4] == ["Yes", "$5", "$7.50", "$99"]
    assert "$7.50 buys 11.9047 shares at 63¢" in shown["text"]
    amounts = await ann.opens(shown, "Yes")
    assert buttons(amounts)[:4] == ["$5", "$7.50", "$99", "Other"]


async def test_a_tap_that_cannot_be_paid_offers_a_smaller_amount(
    chat: Chat, ann: Person, sessions: Sessions
) -> None:
    amounts = (usdc("10"), usdc("20"), usdc("5000"))
    shown = await trader(chat, ann, confirm_mode=ConfirmMode.FAST, quick_amounts=amounts)
    failed = await ann.opens(shown, "$5000")
    assert "Not enough cash" in failed["text"]
    assert buttons(failed)[0] == "Smaller amount"
    assert "How much on Yes?" in (await ann.opens(failed, "Smaller amount"))["text"]
    assert await count(sessions) == 1
