"""Take profit and stop loss in the chat: armed by a tap or in words, removed, set for every buy."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import Chat, Message, Person, buttons, open_chat

YES = examples.YES


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


async def buys(ann: Person) -> None:
    card = await ann.says("bitcoin")
    card = await ann.opens(card, buttons(card)[0])
    ticket = await ann.opens(await ann.opens(card, "Yes"), "$10")
    await ann.taps(ticket, "Confirm")
    await ann.reads("Bought")


async def opens_triggers(ann: Person) -> Message:
    await buys(ann)
    card = await ann.says("/positions")
    card = await ann.opens(card, next(one for one in buttons(card) if one.startswith("1. ")))
    return await ann.opens(card, "TP / SL")


async def armed(sessions: Sessions) -> list[tuple[str, str, int]]:
    query = sa.text(
        "SELECT kind, trim_scale(level)::text, percent FROM triggers"
        " WHERE state = 'armed' ORDER BY id"
    )
    async with sessions() as session:
        return [(row.kind, row.trim_scale, row.percent) for row in await session.execute(query)]


async def test_a_tap_arms_and_the_position_says_so(ann: Person, sessions: Sessions) -> None:
    card = await opens_triggers(ann)
    assert "Nothing is armed." in card["text"]
    assert "also while this chat is closed" in card["text"]
    card = await ann.opens(card, "TP +25%")
    assert "1. Take profit at 79¢" in card["text"]
    card = await ann.opens(card, "50%")
    assert "✓ 50%" in buttons(card)
    card = await ann.opens(card, "SL -10%")
    assert "2. Stop loss at 56¢ for 50 %" in card["text"]
    card = await ann.opens(card, "Trail 10%")
    assert "3. Trailing stop at 54¢, 10 % behind for 50 %" in card["text"]
    assert await armed(sessions) == [
        ("take-profit", "0.79", 100),
        ("stop-loss", "0.56", 50),
        ("trailing-stop", "0.54", 50),
    ]
    position = await ann.opens(card, "Position")
    assert "Take profit 79¢ · Stop loss 56¢ · Trailing stop 54¢" in position["text"]
    assert await ann.violations() == []


async def test_two_taps_at_once_arm_one(ann: Person, sessions: Sessions) -> None:
    card = await opens_triggers(ann)
    await asyncio.gather(*(ann.taps(card, "SL -25%") for _ in range(2)))
    await ann.sees(lambda one: "armed already" in one["text"] or "Stop loss at" in one["text"])
    assert await armed(sessions) == [("stop-loss", "0.47", 100)]


async def test_a_typed_price_or_distance_arms_and_nonsense_is_asked_again(
    ann: Person, sessions: Sessions
) -> None:
    card = await opens_triggers(ann)
    question = await ann.opens(card, "Other")
    assert "Take profit: at what price?" in question["text"]
    refused = await ann.says("many")
    assert "Nothing was changed. Type it again" in refused["text"]
    below = await ann.says("50")
    assert "would sell at once" in below["text"]
    card = await ann.says("72")
    assert "1. Take profit at 72¢" in card["text"]
    await ann.opens(card, "Other")
    wrong = await ann.says("-30%")
    assert "A profit is above what you paid" in wrong["text"]
    card = await ann.says("+30%")
    assert "2. Take profit at 82¢" in card["text"]
    assert await armed(sessions) == [("take-profit", "0.72", 100), ("take-profit", "0.82", 100)]


async def test_what_is_removed_is_gone_and_a_second_tap_says_so(
    ann: Person, sessions: Sessions
) -> None:
    card = await ann.opens(await opens_triggers(ann), "SL -50%")
    removed = await ann.opens(card, "Remove 1")
    assert "Nothing is armed." in removed["text"]
    assert await armed(sessions) == []
    again = await ann.says("/triggers")
    assert "Nothing is armed. Open a position" in again["text"]


async def test_all_triggers_stand_on_one_screen(ann: Person) -> None:
    await ann.opens(await opens_triggers(ann), "SL -50%")
    card = await ann.says("/triggers")
    assert "Triggers · 1 armed" in card["text"]
    assert "Yes · Stop loss at 31¢" in card["text"]
    first = next(one for one in buttons(card) if one.startswith("1. "))
    assert "1. Stop loss at 31¢" in (await ann.opens(card, first))["text"]


async def test_presets_are_given_to_every_buy(ann: Person, sessions: Sessions) -> None:
    card = await ann.opens(await ann.says("/triggers"), "On every buy")
    card = await ann.opens(card, "TP +50%")
    card = await ann.opens(card, "SL -10%")
    assert "Take profit: +50%" in card["text"]
    assert {"✓ TP +50%", "✓ SL -10%"} <= set(buttons(card))
    card = await ann.opens(card, "✓ SL -10%")
    assert "Stop loss: none" in card["text"]
    await buys(ann)
    assert await armed(sessions) == [("take-profit", "0.95", 100)]
