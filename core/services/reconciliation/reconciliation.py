"""The part that compares live accounts with the venue: regularly, and whenever it is called."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.units import UserId
from core.services.reconciliation.reconciler import Reconciler

AT_ONCE: Final = 4  # accounts, of a start or a call
SPREAD: Final = 0.5  # of the interval: over which a round compares one account after the other
GAP: Final = 1.0  # seconds between two rounds or calls, however often somebody calls

LiveUsers: TypeAlias = Callable[[], Awaitable[Sequence[UserId]]]
Afterwards: TypeAlias = Callable[[UserId], Awaitable[object]]

logger = logging.getLogger(__name__)


async def nothing_afterwards(_user: UserId) -> None:
    """Where nothing hangs on a comparison."""


@dataclass(slots=True)
class ReconciliationStatistics:
    """Totals count from the start of the program."""

    finished: int = 0
    unfinished: int = 0
    seconds: float = 0.0  # that the last round took, pauses included
    ended: float | None = None  # the last comparison, by the clock of the part


class Reconciliation:
    """Users are those whose accounts are live at the moment of a round."""

    def __init__(
        self,
        reconciler: Reconciler,
        live_users: LiveUsers,
        interval: float,
        *,
        afterwards: Afterwards = nothing_afterwards,
        gap: float = GAP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`interval`: seconds from the start of one round over all users to the next.

        A round lets half of it pass, so that comparisons come one by one. `afterwards` is awaited
        for each account that was compared, finished or not.
        """
        self.statistics = ReconciliationStatistics()
        self._reconciler = reconciler
        self._live_users = live_users
        self._interval = interval
        self._afterwards = afterwards
        self._gap = gap
        self._clock = clock
        self._woken: set[UserId] = set()
        self._news = asyncio.Event()
        self._is_failing = False

    def wake(self, user: UserId) -> None:
        """Compare this one's account soon."""
        self._woken.add(user)
        self._news.set()

    async def check_all(self) -> bool:
        """Every live account once; whether all could be finished. For the start.

        Raises: SQLAlchemyError.
        """
        users, began = await self._live_users(), self._clock()
        is_whole = await self._check(users)
        self.statistics.seconds = self._clock() - began
        return is_whole

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again in the next round."""
        due = self._clock() + self._interval
        while True:
            await self._calls_until(due)
            due = self._clock() + self._interval
            try:
                await self._round()
            except* (SQLAlchemyError, OSError) as faults:
                self._failed(faults.exceptions[0])
            else:
                self._is_failing = False
            await asyncio.sleep(self._gap)

    async def _round(self) -> None:
        """Everybody, one at a time: a crowd of comparisons would hold up everybody's taps."""
        users, began = await self._live_users(), self._clock()
        for place, user in enumerate(users):
            await self._calls_until(began + SPREAD * self._interval * place / len(users))
            await self._check([user])
        self.statistics.seconds = self._clock() - began

    async def _calls_until(self, moment: float) -> None:
        """Compare whoever is called for, soon; at least once if somebody was."""
        while True:
            await self._news_or(moment - self._clock())
            if self._news.is_set():
                await self._answer_calls()
                await asyncio.sleep(self._gap)
            if self._clock() >= moment:
                return

    async def _answer_calls(self) -> None:
        woken = self._woken.copy()
        self._woken.clear()
        self._news.clear()
        try:
            live = await self._live_users()
            await self._check([user for user in live if user in woken])
        except* (SQLAlchemyError, OSError) as faults:
            self._woken |= woken
            self._failed(faults.exceptions[0])
        else:
            self._is_failing = False

    async def _check(self, users: Collection[UserId]) -> bool:
        turns = asyncio.Semaphore(AT_ONCE)

        async def check(user: UserId) -> bool:
            async with turns:
                is_finished = await self._reconciler.reconcile(user)
                await self._afterwards(user)
                return is_finished

        async with asyncio.TaskGroup() as tasks:
            checks = [tasks.create_task(check(user), name=f"reconcile-{user}") for user in users]
        finished = sum(each.result() for each in checks)
        self.statistics.finished += finished
        self.statistics.unfinished += len(checks) - finished
        self.statistics.ended = self._clock()
        return finished == len(checks)

    async def _news_or(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        except TimeoutError:
            return

    def _failed(self, fault: BaseException) -> None:
        if not self._is_failing:
            self._is_failing = True
            logger.warning("Accounts cannot be compared: %s", fault)
