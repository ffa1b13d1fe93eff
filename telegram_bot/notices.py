"""Sends what waits in the outbox: at once, and again after a while where it did not arrive."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import BadRequest

from core.domain.notice import (
    AccountCompared,
    MarketEnded,
    News,
    Notice,
    OrderMoved,
    TriggerFired,
    WalletChanged,
    WalletTraded,
    Warned,
)
from core.services.outbox import Outbox
from telegram_bot.clock import Clock
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Urgency
from telegram_bot.readers import ReaderOf, default_reader
from telegram_bot.screens.custody_news import custody_notice
from telegram_bot.screens.order_news import order_notice, warning_notice
from telegram_bot.screens.reconciliation import reconciliation_screen
from telegram_bot.screens.resolution import resolution_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.trigger_news import trigger_notice
from telegram_bot.screens.wallet_news import wallet_traded_notice
from telegram_bot.words import reading_as

SCREENS: Final[Mapping[type[News], Callable[..., Screen]]] = MappingProxyType(
    {
        MarketEnded: resolution_screen,
        AccountCompared: reconciliation_screen,
        Warned: warning_notice,
        WalletChanged: custody_notice,
        OrderMoved: order_notice,
        TriggerFired: trigger_notice,
        WalletTraded: wallet_traded_notice,
    }
)
"""What is sent of each kind of news."""

BEAT: Final = 30.0  # seconds between two looks for what is due again

logger = logging.getLogger(__name__)


class NoticeSender:
    """Private chats have their user's id, so a notice needs no chat of its own."""

    def __init__(
        self,
        outbox: Outbox,
        messenger: Messenger,
        clock: Clock,
        reader_of: ReaderOf = default_reader,
    ) -> None:
        self._outbox = outbox
        self._messenger = messenger
        self._clock = clock
        self._reader_of = reader_of
        self._has_resumed = False
        self._is_failing = False

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again on the next beat."""
        while True:
            self._outbox.news.clear()
            try:
                await self._resume()
                while await self.send_due():
                    pass
                await self._outbox.count()
            except* (SQLAlchemyError, OSError) as faults:
                self._failed(faults.exceptions[0])
            else:
                self._is_failing = False
            await self._clock.wait(self._outbox.news, BEAT)

    async def send_due(self) -> int:
        """How many were due; each chat has its own pace, so all are sent at the same time."""
        notices = await self._outbox.claim()
        async with asyncio.TaskGroup() as tasks:
            for notice in notices:
                tasks.create_task(self._send(notice), name=f"notice-{notice.id}")
        return len(notices)

    async def _resume(self) -> None:
        if not self._has_resumed:
            await self._outbox.resume()
            self._has_resumed = True

    async def _send(self, notice: Notice) -> None:
        with reading_as(await self._reader_of(notice.user_id)):
            screen = screen_of(notice.news)
        try:
            sent = await self._messenger.send(
                notice.telegram_id,
                screen,
                urgency=_urgency(notice.news),
                silent=notice.silent,
            )
        except BadRequest as refusal:
            await self._outbox.undeliverable(notice, f"Telegram refuses it: {refusal.message}")
            return
        if sent is not None:
            await self._outbox.sent(notice, sent)
        elif self._messenger.is_inactive(notice.telegram_id):
            await self._outbox.undeliverable(notice, "its user has blocked the bot")
        else:
            await self._outbox.not_sent(notice)

    def _failed(self, fault: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            logger.warning("Notices cannot be read or settled: %s", fault)


def _urgency(news: News) -> Urgency:
    return Urgency.ORDER if isinstance(news, OrderMoved) else Urgency.ALERT


def screen_of(news: News) -> Screen:
    """What is sent of it."""
    return SCREENS[type(news)](news)
