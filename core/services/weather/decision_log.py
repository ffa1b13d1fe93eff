"""Every decision and every skip as a row: written in batches, away from the path of orders."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.units import EventId, UserId
from core.domain.weather.decision import Action, Decision, KeptDecision, Skip
from core.services.clock import utc_now
from core.storage import weather_decisions, weather_versions
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

EVERY: Final = 1.0  # seconds between two batches
MOST_WAITING: Final = 10_000  # decisions that wait for a database that does not answer
MOST_KEPT: Final = 200_000  # rows
KEPT_FOR: Final = timedelta(days=90)
LOOK: Final = 3600.0  # seconds between two looks for what is too old

logger = logging.getLogger(__name__)

Key: TypeAlias = tuple[UserId, EventId, Skip, int | None, str]
Listener: TypeAlias = Callable[[Decision], None]


@dataclass(slots=True)
class _Run:
    """A skip that goes on: its row, once it has one, and what was seen since it was written."""

    kept: KeptDecision
    row: int | None = None
    is_counted: bool = True


class DecisionLog:
    """Skips of one user and event for one reason and forecast are one row with a count.

    Where a price was not live, what had interrupted it belongs to the reason.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        now: Callable[[], datetime] = utc_now,
        kept_for: timedelta = KEPT_FOR,
        most: int = MOST_KEPT,
    ) -> None:
        self._sessions = sessions
        self._now = now
        self._kept_for = kept_for
        self._most = most
        self._new: list[Decision] = []
        self._runs: dict[Key, _Run] = {}
        self._fresh: list[Key] = []  # runs without a row
        self._changed: set[Key] = set()
        self._listeners: list[Listener] = []
        self.lost = 0  # decisions that could not be kept
        self.actions = Counter[str]()  # since the start, repetitions included
        self.skips = Counter[str]()  # of them, by reason
        self.orders = Counter[str]()  # by account

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every decision that is no repetition; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def note(self, decision: Decision) -> None:
        if decision.skip is not None and decision.action is Action.SKIP:
            self._note_skip(decision, decision.skip)
            return
        self._count(decision)
        if len(self._new) >= MOST_WAITING:
            self.lost += 1
            return
        self._new.append(decision)
        self._tell(decision)

    def again(
        self,
        user: UserId,
        event: EventId,
        skip: Skip,
        version: int | None,
        at: datetime,
        cause: str = "",
    ) -> bool:
        """Count a repetition; False if this is the first one, which has to be noted in full."""
        key = (user, event, skip, version, cause)
        run = self._runs.get(key)
        if run is None:
            return False
        self._count(run.kept.decision)
        run.kept = KeptDecision(run.kept.decision, run.kept.times + 1, at)
        self._changed.add(key)
        return True

    def forget(self, event: EventId) -> None:
        """The event is no candidate any more: what it was skipped for begins anew."""
        for key in [key for key in self._runs if key[1] == event and self._runs[key].row]:
            if key not in self._changed:
                del self._runs[key]

    async def run(self) -> None:
        """Until cancelled; what waits then is written before it ends."""
        looked = asyncio.get_running_loop().time() - LOOK
        try:
            while True:
                await asyncio.sleep(EVERY)
                await self._try_to_flush()
                if asyncio.get_running_loop().time() - looked >= LOOK:
                    looked = asyncio.get_running_loop().time()
                    await self.forget_old()
        finally:
            await asyncio.shield(self._try_to_flush())

    async def flush(self) -> None:
        """Write what waits. Raises: SQLAlchemyError, OSError; then it goes on waiting."""
        new, self._new = self._new, []
        fresh, self._fresh = self._fresh, []
        changed, self._changed = self._changed - set(fresh), set()
        runs = [self._runs[key] for key in fresh]
        counted = {run.row: run.kept for key in changed if (run := self._runs.get(key)) and run.row}
        rows = [KeptDecision(one, 1, one.moments.decided) for one in new]
        rows += [run.kept for run in runs]
        if not rows and not counted:
            return
        try:
            async with as_worker(self._sessions) as session:
                ids = await weather_decisions.add(session, rows)
                await weather_decisions.count(session, counted)
        except (SQLAlchemyError, OSError):
            self._new, self._fresh = new + self._new, fresh + self._fresh
            self._changed |= changed
            raise
        for run, row in zip(runs, ids[len(new) :], strict=True):
            run.row = row

    async def forget_old(self) -> None:
        before = self._now() - self._kept_for
        try:
            async with as_worker(self._sessions) as session:
                gone = await weather_decisions.forget(session, before, most=self._most)
                await weather_versions.forget(session, before)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Old decisions cannot be removed: %s", type(fault).__name__)
            return
        if gone:
            logger.info("Removed %d old decisions", gone)

    async def _try_to_flush(self) -> None:
        try:
            await self.flush()
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Decisions cannot be written down: %s", type(fault).__name__)

    def _count(self, decision: Decision) -> None:
        self.actions[decision.action.value] += 1
        if decision.skip is not None:
            self.skips[decision.skip.value] += 1
        if decision.order_id is not None:
            self.orders[decision.account.value] += 1

    def _note_skip(self, decision: Decision, skip: Skip) -> None:
        cause = decision.detail if skip is Skip.NOT_LIVE else ""
        key = (decision.user_id, decision.event_id, skip, decision.version, cause)
        at = decision.moments.decided
        if self.again(*key[:4], at, cause):
            return
        self._count(decision)
        if len(self._fresh) >= MOST_WAITING:
            self.lost += 1
            return
        self._drop_older(key)
        self._runs[key] = _Run(KeptDecision(replace(decision), 1, at))
        self._fresh.append(key)
        self._tell(decision)

    def _drop_older(self, key: Key) -> None:
        """Runs of earlier forecasts end; the rows stay."""
        user, event, skip, version, _ = key
        for old in [
            one
            for one, run in self._runs.items()
            if one[:3] == (user, event, skip) and one[3] != version and run.row
        ]:
            if old not in self._changed:
                del self._runs[old]

    def _tell(self, decision: Decision) -> None:
        for listener in tuple(self._listeners):
            listener(decision)
