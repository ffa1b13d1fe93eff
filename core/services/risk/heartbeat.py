"""The dead man's switch: once the venue hears our heartbeat, silence cancels all a user's orders.

So it beats only for users whose automation rests orders; and once begun it goes on until nothing
of theirs rests, because stopping earlier would have the venue cancel what they placed by hand.
While the database is away it goes on for whoever it was for last.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark
from core.domain.units import UserId
from core.services.clock import utc_now
from core.storage import risk_heartbeats
from core.storage.models import Sessions
from core.storage.risk_heartbeats import Resting
from core.storage.tenancy import as_worker

BEAT: Final = 5.0  # seconds between two heartbeats; the venue waits 10, and up to 5 more
PATIENCE: Final = 4.0  # seconds for one and its repetition: less than the time to the next
LOOKING: Final = 2.0  # seconds for the database to say who needs one
TRIES: Final = 2
TRUSTED: Final = 2 * BEAT  # seconds for which an acknowledged heartbeat proves anything

BEGUN: Final = mark(
    "Automation has an order resting at Polymarket, so a heartbeat is sent for you from now on. If "
    "this bot falls silent for 10 seconds, the venue cancels all your open orders, also those that "
    "you placed by hand."
)
ENDED: Final = mark(
    "Nothing of yours rests at Polymarket any more, so the heartbeat ends. Should an order have "
    "been placed elsewhere meanwhile, the venue cancels it within 15 seconds."
)

logger = logging.getLogger(__name__)


class Heart(Protocol):
    """One user's heartbeats at the venue; it knows the id of the last, and mends a wrong one."""

    async def beat(self) -> None:
        """Raises: Rejected, Unavailable, OutcomeUnknown."""
        ...


class HeartbeatNews(Protocol):
    """Tells the user, in the transaction in which the heartbeat begins or ends."""

    async def heartbeat(self, session: AsyncSession, user: UserId, sentence: str) -> None: ...


class HeartbeatKeeper:
    """Beats for whoever needs it. No user's slow answer delays another's heartbeat."""

    def __init__(
        self,
        sessions: Sessions,
        heart_of: Callable[[UserId], Heart],
        news: HeartbeatNews,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._heart_of = heart_of
        self._news = news
        self._now = now
        self._clock = clock
        self._hearts: dict[UserId, Heart] = {}
        self._acknowledged: dict[UserId, float] = {}

    async def run(self) -> None:
        """Until cancelled. What rests then, the venue cancels unless we are back in time."""
        try:
            while True:
                began = self._clock()
                await self.beat_all()
                await asyncio.sleep(max(0.0, BEAT - (self._clock() - began)))
        finally:
            if self._hearts:
                logger.warning(
                    "Heartbeats end; if they do not begin again within 10 seconds the venue "
                    "cancels the open orders of users %s",
                    sorted(self._hearts),
                )

    def is_healthy(self, user: UserId) -> bool:
        """False while the venue may cancel the user's orders: our last heartbeats did not arrive.

        True for whoever needs none.
        """
        if user not in self._hearts:
            return True
        at = self._acknowledged.get(user)
        return at is not None and self._clock() - at < TRUSTED

    async def beat_all(self) -> None:
        """One heartbeat for each user who needs one; the first only once the user was told.

        Where the database does not say who that is: for those who needed one before.
        """
        resting = await self._resting()
        async with asyncio.TaskGroup() as tasks:
            if resting is None:
                for user, heart in self._hearts.items():
                    tasks.create_task(self._beat(user, heart), name=f"heartbeat-{user}")
            else:
                for each in resting:
                    tasks.create_task(self._keep_apart(each), name=f"heartbeat-{each.user}")

    async def _resting(self) -> list[Resting] | None:
        """None if the database is away, or too slow for the venue's patience."""
        try:
            async with asyncio.timeout(LOOKING), as_worker(self._sessions) as session:
                return await risk_heartbeats.resting(session)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Cannot look who needs heartbeats: %s", type(fault).__name__)
            return None

    async def _keep_apart(self, resting: Resting) -> None:
        """A database that fails over one user's heartbeat ends no other's."""
        try:
            await self._keep(resting)
        except (SQLAlchemyError, OSError) as fault:
            logger.warning(
                "A heartbeat cannot begin or end yet: %s",
                type(fault).__name__,
                extra={"user_id": resting.user},
            )

    async def _keep(self, resting: Resting) -> None:
        user = resting.user
        if resting.automated == resting.others == 0:
            await self._end(user)
            return
        if not resting.has_begun:
            if resting.automated == 0:
                return
            await self._tell(user, BEGUN, self._now())
        if user not in self._hearts:
            self._hearts[user] = self._heart_of(user)
        await self._beat(user, self._hearts[user])

    async def _beat(self, user: UserId, heart: Heart) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await _beat_patiently(heart)
        except (Rejected, Unavailable, OutcomeUnknown, TimeoutError) as error:
            if self._acknowledged.pop(user, None) is not None:
                logger.error("Heartbeat lost: %r", error, extra={"user_id": user})  # noqa: TRY400 - its trace says nothing
            return
        if user not in self._acknowledged:
            logger.info("Heartbeat acknowledged", extra={"user_id": user})
        self._acknowledged[user] = self._clock()

    async def _end(self, user: UserId) -> None:
        self._hearts.pop(user, None)
        self._acknowledged.pop(user, None)
        await self._tell(user, ENDED, None)

    async def _tell(self, user: UserId, sentence: str, since: datetime | None) -> None:
        async with asyncio.timeout(LOOKING), as_worker(self._sessions) as session:
            await risk_heartbeats.mark(session, user, since)
            await self._news.heartbeat(session, user, sentence)


async def _beat_patiently(heart: Heart) -> None:
    """Once more at once if nothing is known to have arrived: the venue does not wait for long."""
    for _ in range(TRIES - 1):
        try:
            return await heart.beat()
        except (Unavailable, OutcomeUnknown):
            continue
    return await heart.beat()
