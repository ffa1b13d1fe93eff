"""How many taps things take for who is asked from $25 on; what is sent or typed counts as none."""

from collections.abc import AsyncIterator

import pytest

from core.domain.preferences import ConfirmMode
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat

LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"


class Tapping:
    """Ann, and how often she has tapped."""

    def __init__(self, ann: Person) -> None:
        self.ann = ann
        self.taps = 0

    async def opens(self, message: Message, label: str) -> Message:
        self.taps += 1
        return await self.ann.opens(message, label)

    async def ends(self, message: Message, label: str, words: str) -> Message:
        """The last tap, and what says that it is done."""
        self.taps += 1
        await self.ann.taps(message, label)
        return await self.ann.sees(
            lambda seen: seen["id"] >= message["id"] and words in seen["text"]
        )


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(examples.YES, "0.61", "0.63")
        chat.streams(examples.NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
async def hand(chat: Chat) -> Tapping:
    """Holding shares: a first trade is always asked about."""
    ann = chat.person()
    await chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD)
    await ann.taps(await ann.says(f"{LINK} buy yes 10"), "Confirm")
    await ann.reads("Bought 15.873 Yes")
    return Tapping(ann)


async def test_a_purchase_from_a_link_takes_one_tap_and_two_from_the_threshold_on(
    hand: Tapping,
) -> None:
    await hand.ends(await hand.ann.says(LINK), "$10", "Bought")
    assert hand.taps == 1
    ticket = await hand.opens(await hand.ann.says(LINK), "$25")
    await hand.ends(ticket, "Confirm", "Bought 39")
    assert hand.taps == 1 + 2


async def test_an_order_in_words_takes_one_tap(hand: Tapping) -> None:
    await hand.ends(await hand.ann.says(f"{LINK} buy no 10"), "Confirm", "Bought 25.641 No")
    assert hand.taps == 1


async def test_a_receipt_sells_with_one_tap_and_the_list_of_positions_with_two(
    hand: Tapping,
) -> None:
    listed = await hand.ann.says("/positions")
    position = await hand.opens(listed, buttons(listed)[0])
    await hand.ends(position, "Sell 50%", "Sold 7.93")
    assert hand.taps == 2
    receipt = await hand.ends(await hand.ann.says(LINK), "$10", "Bought 15.873 Yes")
    before = hand.taps
    await hand.ends(receipt, "Sell", "Sold")
    assert hand.taps == before + 1


async def test_an_amount_of_ones_own_takes_one_tap_and_two_from_the_threshold_on(
    hand: Tapping,
) -> None:
    await hand.opens(await hand.ann.says(LINK), "Yes")
    await hand.ann.writes("12")
    await hand.ann.reads("Bought 19.0476 Yes")
    assert hand.taps == 1
    await hand.opens(await hand.ann.says(LINK), "Yes")
    await hand.ends(await hand.ann.says("30"), "Confirm", "Bought 47.619 Yes")
    assert hand.taps == 1 + 2


async def test_selling_everything_takes_two_taps(hand: Tapping) -> None:
    listed = await hand.ann.says("/positions")
    asked = await hand.opens(listed, "Sell everything")
    label = next(each for each in buttons(asked) if each.startswith("Sell"))
    await hand.ends(asked, label, "Sold")
    assert hand.taps == 2
