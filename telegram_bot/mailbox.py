"""Between Telegram and the handlers: stored, then queued, then settled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Update

from core.domain.update import UpdateOutcome
from core.services.inbox import Inbox
from telegram_bot.clock import Clock
from telegram_bot.updates import LATE, LONGEST_KEPT, incoming, is_about_money

BEAT: Final = 60.0  # seconds between two looks for what could not be settled
STORE_DELAY: Final = 1.0  # seconds between two attempts to store what Telegram told
FORGETTING: Final = 60  # beats between two looks for what is old

logger = logging.getLogger(__name__)


class Mailbox:
    """Every update goes in once, however often Telegram tells it, and comes out in its order."""

    def __init__(
        self,
        inbox: Inbox | None,
        bot: Bot,
        queue: asyncio.Queue[object],
        clock: Clock,
        now: Callable[[], datetime],
    ) -> None:
        """Without an `inbox` a crash loses what waits in the queue."""
        self._inbox = inbox
        self._bot = bot
        self._queue = queue
        self._clock = clock
        self._now = now
        self._sent_after: dict[int, datetime] = {}  # of those in the queue
        self._left_over: set[int] = set()  # of those: what an earlier run began
        self._unsettled: dict[int, UpdateOutcome] = {}

    async def take(self, updates: Sequence[Update], silence: float) -> None:
        """Store and queue them; `silence`: they were sent in the last so many seconds.

        Raises: SQLAlchemyError, OSError; then nothing is queued, and Telegram must not forget.
        """
        now = self._now()
        longest = timedelta(seconds=min(silence, LONGEST_KEPT.total_seconds()))
        batch = [incoming(update, now, longest) for update in updates]
        new = {one.update_id for one in batch}
        if self._inbox is not None:
            new = await self._inbox.store(batch)
        for update, stored in zip(updates, batch, strict=True):
            if update.update_id in new:
                new.remove(update.update_id)
                await self._put(update, stored.sent_after)

    async def keep(self, updates: Sequence[Update], silence: float) -> None:
        """`take`, as soon as the database answers."""
        await self._until_done(lambda: self.take(updates, silence))

    async def resume(self) -> None:
        """Queue what was stored and not answered, by the last run or by this one.

        To be awaited before anything is answered.
        """
        inbox = self._inbox
        if inbox is not None:
            await self._until_done(lambda: self._queue_left_over(inbox))

    async def _queue_left_over(self, inbox: Inbox) -> None:
        left_over = await inbox.left_over()
        while not self._queue.empty():
            self._queue.get_nowait()
            self._queue.task_done()
        self._sent_after.clear()
        for left in left_over:
            update = Update.de_json(dict(left.body), self._bot)
            self._left_over.add(left.update_id)
            await self._put(update, left.sent_after)

    def is_late(self, update: Update) -> bool:
        """Whether acting on it now is not what its sender wants any more."""
        sent_after = self._sent_after.get(update.update_id)
        if sent_after is None or self._now() - sent_after <= LATE:
            return False
        return is_about_money(update)

    async def begin(self, update: Update) -> bool:
        """It is going to be answered; counted where a run before this one may have died over it.

        Whether it is one of those.
        """
        if update.update_id not in self._left_over or self._inbox is None:
            return False
        self._left_over.discard(update.update_id)
        await self._inbox.begin_again(update.update_id)
        return True

    async def settle(self, update: Update, outcome: UpdateOutcome) -> None:
        """It was answered. A database that is away is told later."""
        self._sent_after.pop(update.update_id, None)
        if self._inbox is None:
            return
        try:
            await self._inbox.settle(update.update_id, outcome)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("an answered update is not settled yet: %s", type(fault).__name__)
            self._unsettled[update.update_id] = outcome

    async def run(self) -> None:
        """Settle what could not be settled, and forget what is old, until cancelled."""
        beats = 0
        while True:
            try:
                await self._settle_rest()
                if self._inbox is not None and beats % FORGETTING == 0:
                    await self._inbox.forget()
            except (SQLAlchemyError, OSError) as fault:
                logger.info("old updates are not tidied up yet: %s", type(fault).__name__)
            beats += 1
            await self._clock.sleep(BEAT)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        """A database that is away is waited for: Telegram keeps what is not confirmed."""
        is_told = False
        while True:
            try:
                return await step()
            except (SQLAlchemyError, OSError) as fault:
                if not is_told:
                    logger.warning("Updates cannot be stored yet: %s", type(fault).__name__)
                is_told = True
                await self._clock.sleep(STORE_DELAY)

    async def _settle_rest(self) -> None:
        for update_id, outcome in list(self._unsettled.items()):
            if self._inbox is not None:
                await self._inbox.settle(update_id, outcome)
            del self._unsettled[update_id]

    async def _put(self, update: Update, sent_after: datetime) -> None:
        self._sent_after[update.update_id] = sent_after
        await self._queue.put(update)
