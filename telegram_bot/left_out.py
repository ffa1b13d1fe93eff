"""Tells the owner that more prices are wanted than may be streamed, and never nags."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from telegram_bot.clock import Clock
from telegram_bot.messenger import Messenger
from telegram_bot.screens.notices import left_out_notice

GAP: Final = 3600.0  # seconds between two notices, however often the limit is crossed
RETRY: Final = 60.0  # seconds after one that did not arrive

logger = logging.getLogger(__name__)


class LeftOutNotice:
    """One notice an episode: from the first token beyond the limit until none is."""

    def __init__(
        self,
        owner: Callable[[], Awaitable[int | None]],
        messenger: Messenger,
        clock: Clock,
        limit: int,
    ) -> None:
        """`owner` gives the Telegram id of whoever is to know; `limit` is the one that is kept."""
        self._owner = owner
        self._messenger = messenger
        self._clock = clock
        self._limit = limit
        self._count = 0
        self._is_told = False
        self._not_before = -math.inf
        self._changed = asyncio.Event()

    def tell(self, count: int) -> None:
        """So many tokens are left out now."""
        self._count = count
        if not count:
            self._is_told = False
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            await self._clock.wait(self._changed, await self._look())

    async def _look(self) -> float:
        """Send what is due; seconds until it makes sense to look again without news."""
        if not self._count or self._is_told:
            return GAP
        wait = self._not_before - self._clock.now()
        if wait > 0:
            return wait
        self._is_told = await self._send()
        pause = GAP if self._is_told else RETRY
        self._not_before = self._clock.now() + pause
        return pause

    async def _send(self) -> bool:
        """Whether it has arrived."""
        try:
            owner = await self._owner()
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("the owner cannot be looked up: %s", type(fault).__name__)
            return False
        if owner is None:
            return False
        screen = left_out_notice(self._count, self._limit)
        return await self._messenger.send(owner, screen) is not None
