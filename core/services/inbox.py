"""What people tell the bot: stored before Telegram may forget it, answered once."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.domain.update import UpdateOutcome
from core.services.clock import utc_now
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import inbox
from core.storage.inbox import Incoming, Left
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

MAX_ATTEMPTS: Final = 3  # an update over which the program died as often is given up
KEPT_FOR: Final = timedelta(days=7)  # Telegram repeats for a day, and renumbers after a quiet week
KEPT: Final = 50_000  # answered updates at most, however young

logger = logging.getLogger(__name__)


class Inbox:
    """Updates in Postgres. Every method raises SQLAlchemyError or OSError where that is away."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        kept_for: timedelta = KEPT_FOR,
        kept: int = KEPT,
        now: Callable[[], datetime] = utc_now,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._kept_for = kept_for
        self._kept = kept
        self._now = now
        self._reached = reached

    async def store(self, batch: Sequence[Incoming]) -> set[int]:
        """The numbers of those that nobody has told us yet: only they are to be answered."""
        if not batch:
            return set()
        async with as_worker(self._sessions) as session:
            new = await inbox.add(session, batch, self._now())
        self._reached(Milestone.UPDATE_STORED)
        return new

    async def left_over(self) -> list[Left]:
        """What a run before this one stored and did not answer, in its order.

        What several runs have died over is given up, with a record of it.
        """
        async with as_worker(self._sessions) as session:
            found = await inbox.waiting(session)
        hopeless = [one for one in found if one.attempts >= MAX_ATTEMPTS]
        for one in hopeless:
            logger.error(
                "an update is given up: the program ended over it %d times",
                one.attempts,
                extra={"update_id": one.update_id},
            )
            await self.settle(one.update_id, UpdateOutcome.GIVEN_UP)
        return [one for one in found if one.attempts < MAX_ATTEMPTS]

    async def begin_again(self, update_id: int) -> None:
        """Before something left over is answered: if we die over it, that has been counted."""
        async with as_worker(self._sessions) as session:
            await inbox.count_attempt(session, update_id)

    async def settle(self, update_id: int, outcome: UpdateOutcome) -> None:
        """It was answered, or never will be."""
        async with as_worker(self._sessions) as session:
            await inbox.settle(session, update_id, outcome, self._now())
        self._reached(Milestone.UPDATE_HANDLED)

    async def forget(self) -> int:
        """How many old ones were deleted."""
        async with as_worker(self._sessions) as session:
            return await inbox.forget(session, self._now() - self._kept_for, keep=self._kept)
