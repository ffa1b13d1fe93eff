"""Receipts that an earlier run has shown and not finished: followed to their end by this one."""

from datetime import timedelta
from functools import partial

from core.domain.account import Account
from core.domain.account_views import OpenReceipt
from telegram_bot.actions import ShowMarket
from telegram_bot.context import BotContext, Desk
from telegram_bot.handlers.receipts import last_word
from telegram_bot.receipts import KEPT_FOR
from telegram_bot.words import reading_as


async def follow_again(desk: Desk) -> int:
    """How many: of real orders that were placed in the last hour and are not over.

    To be awaited before anything is brought in order; what is over then was said to be.
    """
    since = desk.now() - timedelta(seconds=KEPT_FOR)
    followed = 0
    for receipt in await desk.services.history.open_receipts(since):
        with reading_as(await desk.services.reader_of(receipt.user.id)):
            context, again = await _context(desk, receipt), ShowMarket(receipt.market)
            end = partial(last_word, context, receipt.order, again)
            if await end() is None:
                desk.receipts.follow(receipt.chat_id, receipt.message_id, end)
                followed += 1
    return followed


async def _context(desk: Desk, receipt: OpenReceipt) -> BotContext:
    """As its reader has chosen by now: what a receipt sells with is theirs to say."""
    user = receipt.user
    return BotContext(
        desk,
        user,
        receipt.chat_id,
        receipt.message_id,
        Account.LIVE,
        await desk.services.preferences.of(user.id),
    )
