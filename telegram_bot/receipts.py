"""Receipts of orders that are not over: brought to their end when nobody looks at them any more.

A chat has one card that follows the market. A receipt that is not it any longer gets one last edit,
once nothing can change; what goes wrong is told by a notice as well, so nothing rests on this.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import BadRequest

from core.domain.errors import PolycoolError
from telegram_bot.clock import Clock
from telegram_bot.delivery import note_refusal
from telegram_bot.live_messages import LiveMessages
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Urgency
from telegram_bot.screens.screen import Screen
from telegram_bot.words import Reader, reader, reading_as

PERIOD: Final = 5.0  # seconds between two looks
KEPT_FOR: Final = 3600.0  # seconds; what settles later is found under Orders
MOST: Final = 500  # receipts at once; the oldest are left as they are

LastWord: TypeAlias = Callable[[], Awaitable[Screen | None]]  # None while it is not over

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Receipt:
    last_word: LastWord
    shown_at: float
    reader: Reader


class Receipts:
    def __init__(
        self, live: LiveMessages, messenger: Messenger, clock: Clock, period: float = PERIOD
    ) -> None:
        self._live = live
        self._messenger = messenger
        self._clock = clock
        self._period = period
        self._open: OrderedDict[tuple[int, int], _Receipt] = OrderedDict()

    def follow(self, chat_id: int, message_id: int, last_word: LastWord) -> None:
        """From now on, until it is over; whatever that message was followed for before is not."""
        self._open[chat_id, message_id] = _Receipt(last_word, self._clock.now(), reader())
        self._open.move_to_end((chat_id, message_id))
        if len(self._open) > MOST:
            self._open.popitem(last=False)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(self._period)
            async with asyncio.TaskGroup() as tasks:
                for place, receipt in self._open.items():
                    if not self._live.is_live(*place):
                        tasks.create_task(self._end(place, receipt), name="receipt")

    async def _end(self, place: tuple[int, int], receipt: _Receipt) -> None:
        try:
            with reading_as(receipt.reader):
                screen = await receipt.last_word()
        except (PolycoolError, SQLAlchemyError, OSError) as fault:
            logger.debug("a receipt cannot be drawn: %r", fault)
            screen = None
        if screen is None and self._clock.now() - receipt.shown_at <= KEPT_FOR:
            return
        if screen is not None:
            await self._show(place, screen)
        if self._open.get(place) is receipt:
            del self._open[place]

    async def _show(self, place: tuple[int, int], screen: Screen) -> None:
        """Once, also where Telegram refuses it: the same would be refused again for ever."""
        try:
            await self._messenger.edit(*place, screen, urgency=Urgency.ORDER)
        except BadRequest as refusal:
            note_refusal(refusal)
