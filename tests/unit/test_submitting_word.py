"""What a confirming tap is answered with while its order is on its way."""

import asyncio

from telegram_bot.handlers.ticket import Placed, submitting_word
from telegram_bot.screens.notices import notice


async def test_only_an_order_that_takes_its_time_is_said_to_be_submitted() -> None:
    answered = asyncio.Event()

    async def place() -> Placed:
        await answered.wait()
        return Placed(notice("Bought."))

    async with asyncio.TaskGroup() as tasks:
        placing = tasks.create_task(place())
        assert await submitting_word(placing) == "Submitting…"
        answered.set()
        await placing
        assert await submitting_word(placing) == ""
