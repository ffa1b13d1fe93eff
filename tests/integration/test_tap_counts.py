"""How many taps a task takes: no more than what was promised, below a threshold and above it."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.preferences import ConfirmMode
from core.domain.units import Usdc
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat
from tests.support.live_chat import LiveChat, open_live_chat

YES, NO = examples.YES, examples.NO
LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"


class CountingPerson(Person):
    """Somebody who counts their own taps and messages."""

    taken = 0
    written = 0

    async def taps(self, message: Message, label: str) -> Message:
        self.taken += 1
        return await super().taps(message, label)

    async def writes(self, text: str) -> Message:
        self.written += 1
        return await super().writes(text)

    def starts(self) -> None:
        self.taken = self.written = 0

    async def gets(self, message: Message, label: str, words: str) -> Message:
        """Tap, and read what comes of it, on the same card or below."""
        await self.taps(message, label)
        return await self.sees(
            lambda later: (
                words in later["text"]
                and (later["id"], later["revision"]) > (message["id"], message["revision"])
            )
        )


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
async def ann(chat: Chat) -> CountingPerson:
    """Has bought before, and is asked from $25 on."""
    ann = CountingPerson(chat.session, ANN)
    await chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD, confirm_from=Usdc(Decimal(25)))
    card = await ann.says(LINK)
    await ann.gets(await ann.opens(card, "$50"), "Confirm", "Bought")
    ann.starts()
    return ann


async def test_buying_from_a_pasted_link(ann: CountingPerson) -> None:
    await ann.gets(await ann.says(LINK), "$10", "Bought 15.873 Yes")
    assert ann.taken == 1
    ann.starts()
    ticket = await ann.opens(await ann.says(LINK), "$25")
    await ann.gets(ticket, "Confirm", "Bought 39.6825 Yes")
    assert ann.taken == 2


@pytest.mark.parametrize("dollars", [10, 50])
async def test_buying_with_an_order_in_words(ann: CountingPerson, dollars: int) -> None:
    ticket = await ann.says(f"{LINK} buy yes {dollars}")
    await ann.gets(ticket, "Confirm", "Bought")
    assert (ann.taken, ann.written) == (1, 1)


async def test_buying_a_custom_amount(ann: CountingPerson) -> None:
    await ann.opens(await ann.says(LINK), "Yes")
    await ann.gets(await ann.says("33"), "Confirm", "Bought")
    assert (ann.taken, ann.written) == (2, 2)  # the link and the amount


async def test_selling_from_the_positions(ann: CountingPerson) -> None:
    listed = await ann.says("/positions")
    position = await ann.opens(listed, buttons(listed)[0])
    await ann.gets(position, "Sell 25%", "Sold 19.8412 Yes")
    assert ann.taken == 2
    ann.starts()
    listed = await ann.says("/positions")
    position = await ann.opens(listed, buttons(listed)[0])
    ticket = await ann.opens(position, "Sell 100%")
    await ann.gets(ticket, "Confirm", "Sold 59.5237 Yes")
    assert ann.taken == 3


async def test_selling_from_a_receipt(ann: CountingPerson) -> None:
    bought = await ann.reads("Bought")
    ticket = await ann.gets(bought, "Sell", "Sell Yes?")
    await ann.gets(ticket, "Confirm", "Sold")
    assert ann.taken == 2
    receipt = await ann.gets(await ann.says(LINK), "$10", "Bought 15.873 Yes")
    ann.starts()
    sold = await ann.gets(receipt, "Sell", "Sold 15.873 Yes")
    assert ann.taken == 1
    assert sold["id"] > receipt["id"]
    assert await ann.violations() == []


async def test_setting_a_take_profit(ann: CountingPerson) -> None:
    listed = await ann.says("/positions")
    card = await ann.opens(listed, buttons(listed)[0])
    ann.starts()
    triggers = await ann.opens(card, "TP / SL")
    assert "Take profit at" in (await ann.opens(triggers, "TP +25%"))["text"]
    assert ann.taken == 2


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


async def _counting(live: LiveChat) -> CountingPerson:
    await live.goes_live()
    return CountingPerson(live.chat.session, ANN)


async def test_a_limit_order_and_its_cancellation(live: LiveChat) -> None:
    ann = await _counting(live)
    card = await ann.says(LINK)
    await ann.opens(card, "Limit Yes")
    amounts = await ann.says("45")
    ticket = await ann.opens(amounts, "$25")
    receipt = await ann.gets(ticket, "Confirm", "Resting in the book")
    assert ann.taken == 3
    ann.starts()
    await ann.taps(receipt, "Cancel")
    await ann.reads("cancel")
    assert ann.taken == 1


async def test_a_limit_order_in_words(live: LiveChat) -> None:
    ann = await _counting(live)
    ticket = await ann.says(f"{LINK} buy yes $25 @45")
    await ann.gets(ticket, "Confirm", "Resting in the book")
    assert ann.taken == 1


async def test_cancelling_from_the_orders(live: LiveChat) -> None:
    ann = await _counting(live)
    ticket = await ann.says(f"{LINK} buy yes $25 @45")
    await ann.gets(ticket, "Confirm", "Resting in the book")
    ann.starts()
    listed = await ann.says("/orders")
    order = await ann.opens(listed, buttons(listed)[0])
    cancel = next(label for label in buttons(order) if label.startswith("Cancel"))
    await ann.taps(order, cancel)
    assert ann.taken == 2
    await ann.reads("ancel")


async def test_claiming_what_was_won(live: LiveChat) -> None:
    ann = await _counting(live)
    card = await ann.says("/wallet")
    claim = next(label for label in buttons(card) if label.startswith("Redeem $16.00"))
    await ann.gets(card, claim, "The claim is sent.")
    assert ann.taken == 1
