"""Hands the account's news on, one after another: none is dropped, and none blocks the others."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import PolycoolError, Unavailable
from core.domain.reports import TradeReport
from core.domain.units import UserId
from core.services.reconciliation.sources import News
from data_ingestion.user_channel.protocol import Report

ROOM: Final = 1_000  # news that wait; with more, the socket is not read on
SET_ASIDE: Final = 100  # news that could not be applied yet; with more, no others are begun
AGAIN: Final = 2.0  # seconds before what was set aside is tried again

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class DeliveryStatistics:
    """Totals count from the start of the program."""

    applied: int = 0
    refused: int = 0  # they contradict what we know; reconciliation looks at them
    retried: int = 0


@dataclass(frozen=True, slots=True)
class _Late:
    report: Report
    due: float  # monotonic seconds


class Deliveries:
    """A bounded queue in front of `News`. What fails for now is tried until it does not."""

    def __init__(
        self,
        user: UserId,
        news: News,
        reconcile: Callable[[], None],
        *,
        room: int = ROOM,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = DeliveryStatistics()
        self._user = user
        self._news = news
        self._reconcile = reconcile
        self._clock = clock
        self._queue: asyncio.Queue[Report] = asyncio.Queue(room)
        self._late: deque[_Late] = deque()

    @property
    def waiting(self) -> int:
        return self._queue.qsize() + len(self._late)

    async def put(self, report: Report) -> None:
        """Waits while there is no room."""
        await self._queue.put(report)

    async def run(self) -> None:
        """Apply what comes, until cancelled; what waits then waits for the next run."""
        while True:
            report = await self._next()
            kept = _Late(report, self._clock() + AGAIN)
            self._late.append(kept)  # until it is applied, so that no crash loses it
            if await self._is_done(report):
                self._late.remove(kept)

    async def _next(self) -> Report:
        """What was set aside and is due again; else the next in the queue."""
        while True:
            if self._late and self._late[0].due <= self._clock():
                return self._late.popleft().report
            pause = self._late[0].due - self._clock() if self._late else None
            if len(self._late) >= SET_ASIDE and pause is not None:
                await asyncio.sleep(pause)
                continue
            try:
                async with asyncio.timeout(pause):
                    return await self._queue.get()
            except TimeoutError:
                continue

    async def _is_done(self, report: Report) -> bool:
        try:
            await self._apply(report)
        except (Unavailable, SQLAlchemyError, OSError) as fault:
            self.statistics.retried += 1
            if self.statistics.retried == 1:
                logger.warning("News of an account must wait: %s", fault, extra=self._about(report))
            return False
        except PolycoolError as fault:
            self.statistics.refused += 1
            logger.warning("News of an account is refused: %s", fault, extra=self._about(report))
            self._reconcile()
            return True
        self.statistics.applied += 1
        return True

    async def _apply(self, report: Report) -> None:
        if isinstance(report, TradeReport):
            await self._news.trade(self._user, report)
        else:
            await self._news.order(self._user, report)

    def _about(self, report: Report) -> dict[str, object]:
        return {"user_id": self._user, "order_hash": report.hash}
