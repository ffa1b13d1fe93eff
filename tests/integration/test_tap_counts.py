"""How many taps a task takes, task by task, for who is asked from $25 on: what was promised.

What is typed or pasted counts as no tap. Copying wallets is not in the product.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from core.domain.custody import Tier
from core.domain.one_time_code import STEP, one_time_code
from core.domain.preferences import ConfirmMode
from core.domain.units import Usdc
from core.storage.models import Sessions
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat
from tests.support.live_chat import FUNDER, LiveChat, open_live_chat
from tests.support.withdrawals import COLD, SECRET, enrol

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

    async def opens_position(self) -> Message:
        listed = await self.says("/positions")
        return await self.opens(listed, next(each for each in buttons(listed) if "Yes" in each))


class Task(NamedTuple):
    """`done` ends when what was wanted is done; `taps` is what was promised."""

    name: str
    taps: int
    done: Callable[[CountingPerson], Awaitable[object]]
    typed: int = 1  # messages, the one that opens the screen included


async def _buys_at_once(ann: CountingPerson) -> None:
    await ann.gets(await ann.says(LINK), "$10", "Bought 15.873 Yes")


async def _buys_asked(ann: CountingPerson) -> None:
    ticket = await ann.opens(await ann.says(LINK), "$25")
    await ann.gets(ticket, "Confirm", "Bought 39.6825 Yes")


async def _buys_in_words(ann: CountingPerson) -> None:
    await ann.gets(await ann.says(f"{LINK} buy no 10"), "Confirm", "Bought 25.641 No")


async def _buys_much_in_words(ann: CountingPerson) -> None:
    await ann.gets(await ann.says(f"{LINK} buy yes 50"), "Confirm", "Bought 79.36")


async def _buys_a_little_of_ones_own(ann: CountingPerson) -> None:
    await ann.opens(await ann.says(LINK), "Yes")
    await ann.writes("12")
    await ann.reads("Bought 19.0476 Yes")


async def _buys_much_of_ones_own(ann: CountingPerson) -> None:
    await ann.opens(await ann.says(LINK), "Yes")
    await ann.gets(await ann.says("33"), "Confirm", "Bought 52.38")


async def _sells_at_once(ann: CountingPerson) -> None:
    await ann.gets(await ann.opens_position(), "Sell 25%", "Sold 19.8412 Yes")


async def _sells_asked(ann: CountingPerson) -> None:
    ticket = await ann.opens(await ann.opens_position(), "Sell 100%")
    await ann.gets(ticket, "Confirm", "Sold 79.36")


async def _sells_from_a_live_card(ann: CountingPerson) -> None:
    card = await ann.opens_position()
    ann.starts()
    await ann.gets(card, "Sell 25%", "Sold 19.8412 Yes")


async def _sells_a_big_receipt(ann: CountingPerson) -> None:
    ticket = await ann.gets(await ann.reads("Bought 79.36"), "Sell", "Sell Yes?")
    await ann.gets(ticket, "Confirm", "Sold")


async def _sells_a_small_receipt(ann: CountingPerson) -> None:
    await _sells_a_big_receipt(ann)  # its button sells all that is held
    receipt = await ann.gets(await ann.says(LINK), "$10", "Bought 15.873 Yes")
    ann.starts()
    sold = await ann.gets(receipt, "Sell", "Sold 15.873 Yes")
    assert sold["id"] > receipt["id"]


async def _sells_everything(ann: CountingPerson) -> None:
    asked = await ann.opens(await ann.says("/positions"), "Sell everything")
    label = next(each for each in buttons(asked) if each.startswith("Sell"))
    await ann.gets(asked, label, "Sold 1 of 1")


async def _sets_a_take_profit(ann: CountingPerson) -> None:
    card = await ann.opens_position()
    ann.starts()
    triggers = await ann.opens(card, "TP / SL")
    assert "Take profit at" in (await ann.opens(triggers, "TP +25%"))["text"]


async def _has_a_take_profit_by_its_preset(ann: CountingPerson) -> None:
    """It was chosen once, for every purchase; the one tap here is the purchase itself."""
    presets = await ann.opens(await ann.says("/triggers"), "On every buy")
    await ann.opens(presets, "TP +25%")
    ann.starts()
    await ann.gets(await ann.says(LINK), "$10", "Bought 15.873 Yes")
    assert "1 armed" in (await ann.says("/triggers"))["text"]


PROMISED = (
    Task("buy from a pasted link, below the threshold", 1, _buys_at_once),
    Task("buy from a pasted link, from the threshold on", 2, _buys_asked),
    Task("buy with an order in words, below the threshold", 1, _buys_in_words),
    Task("buy with an order in words, from the threshold on", 1, _buys_much_in_words),
    Task("buy an own amount, below the threshold", 1, _buys_a_little_of_ones_own, typed=2),
    Task("buy an own amount, from the threshold on", 2, _buys_much_of_ones_own, typed=2),
    Task("sell from the positions, below the threshold", 2, _sells_at_once),
    Task("sell from the positions, from the threshold on", 3, _sells_asked),
    Task("sell from a live card", 1, _sells_from_a_live_card, typed=0),
    Task("sell from a receipt, below the threshold", 1, _sells_a_small_receipt, typed=0),
    Task("sell from a receipt, from the threshold on", 2, _sells_a_big_receipt, typed=0),
    Task("sell everything", 2, _sells_everything),
    Task("set a take profit", 2, _sets_a_take_profit, typed=0),
    Task("buy with a take profit by preset", 1, _has_a_take_profit_by_its_preset, typed=2),
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(examples.YES, "0.61", "0.63")
        chat.streams(examples.NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
async def ann(chat: Chat) -> CountingPerson:
    """Has bought before, and is asked from $25 on."""
    ann = CountingPerson(chat.session, ANN)
    await chat.prefers(ANN, confirm_mode=ConfirmMode.STANDARD, confirm_from=Usdc(Decimal(25)))
    ticket = await ann.opens(await ann.says(LINK), "$50")
    await ann.gets(ticket, "Confirm", "Bought 79.36")
    ann.starts()
    return ann


@pytest.mark.parametrize("task", PROMISED, ids=lambda task: task.name)
async def test_a_task_takes_as_many_taps_as_promised(task: Task, ann: CountingPerson) -> None:
    await task.done(ann)
    assert (ann.taken, ann.written) == (task.taps, task.typed)
    assert await ann.violations() == []


async def _rests_a_limit_order(ann: CountingPerson) -> None:
    await ann.opens(await ann.says(LINK), "Limit Yes")
    ticket = await ann.opens(await ann.says("45"), "$25")
    await ann.gets(ticket, "Confirm", "Resting in the book")


async def _rests_a_limit_order_in_words(ann: CountingPerson) -> Message:
    ticket = await ann.says(f"{LINK} buy yes $25 @45")
    return await ann.gets(ticket, "Confirm", "Resting in the book")


async def _cancels_from_the_receipt(ann: CountingPerson) -> None:
    receipt = await _rests_a_limit_order_in_words(ann)
    ann.starts()
    await ann.gets(receipt, "Cancel", "ancel")


async def _cancels_from_the_orders(ann: CountingPerson) -> None:
    await _rests_a_limit_order_in_words(ann)
    ann.starts()
    listed = await ann.says("/orders")
    order = await ann.opens(listed, buttons(listed)[0])
    await ann.gets(order, next(each for each in buttons(order) if "Cancel" in each), "ancelled")


async def _claims(ann: CountingPerson) -> None:
    card = await ann.says("/wallet")
    claim = next(label for label in buttons(card) if label.startswith("Redeem $16.00"))
    await ann.gets(card, claim, "The claim is sent.")


LIVE_PROMISED = (
    ("rest a limit order", 3, _rests_a_limit_order),
    ("rest a limit order in words", 1, _rests_a_limit_order_in_words),
    ("cancel from the receipt", 1, _cancels_from_the_receipt),
    ("cancel from the orders", 2, _cancels_from_the_orders),
    ("claim what was won", 1, _claims),
)


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


@pytest.mark.parametrize(
    ("taps", "done"),
    [each[1:] for each in LIVE_PROMISED],
    ids=[each[0] for each in LIVE_PROMISED],
)
async def test_a_task_with_real_money_takes_as_many_taps_as_promised(
    taps: int, done: Callable[[CountingPerson], Awaitable[object]], live: LiveChat
) -> None:
    await live.goes_live()
    ann = CountingPerson(live.chat.session, ANN)
    await done(ann)
    assert ann.taken == taps


async def test_a_withdrawal_takes_three_taps_at_most_and_a_code(live: LiveChat) -> None:
    user = await live.user()
    await live.home.wallets.begin(user, Tier.DEPOSIT)
    await live.home.wallets.name_funder(user, FUNDER)
    await live.home.wallets.verify(user)
    await enrol(live.home, user)
    assert live.chat.services.withdrawals is not None
    await live.chat.services.withdrawals.allow(user, COLD, "cold store", _code(live))
    live.chat.wall.offset = live.home.clock.now + timedelta(hours=25) - live.chat.wall()
    live.home.clock.advance(hours=24)
    ann = CountingPerson(live.chat.session, ANN)
    card = await ann.opens(await ann.says("/wallet"), "Withdraw")
    await ann.opens(card, "To cold store")
    await ann.says("25")
    assert "$25.00 leaves at" in (await ann.says(_code(live)))["text"]
    assert ann.taken == 2
    assert ann.written == 3  # the command, the amount and the code


def _code(live: LiveChat) -> str:
    """The next one: each is taken once."""
    live.home.clock.advance(seconds=STEP)
    return one_time_code(SECRET, int(live.home.clock.unix()) // STEP)
