"""Asks the venue again whether it lets those buy who have changed over to real money."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.account import Account
from core.domain.custody import NewsKind
from core.domain.errors import Rejected, Unavailable
from core.domain.units import UserId
from core.services.audit import Audit
from core.services.clock import utc_now
from core.services.custody.ports import CustodyNews, Teller, VenueDoors
from core.storage import custody, risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

EVERY: Final = 3600.0  # seconds
AGAIN: Final = 60.0  # seconds, after a round that did not answer for everybody
AT_ONCE: Final = 4  # users

logger = logging.getLogger(__name__)


class DoorWatch:
    """Who is refused buys nothing from then on, in the venue's own words. No way past it.

    Selling and cancelling go on, and whoever is let in again is told.

    `look` is for the start, before commands are accepted; `run` goes on from there.
    """

    def __init__(
        self,
        sessions: Sessions,
        doors: VenueDoors,
        teller: Teller,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._doors = doors
        self._teller = teller
        self._every = every
        self._now = now
        self._pause = every

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.look()
            except* (SQLAlchemyError, OSError) as faults:
                logger.warning("Cannot ask whom the venue lets buy: %s", faults.exceptions[0])
                self._pause = min(AGAIN, self._every)

    async def look(self) -> bool:
        """Ask for everybody with a ready wallet; whether the venue answered for all of them."""
        async with as_worker(self._sessions) as session:
            users = sorted({wallet.user for wallet in await custody.ready_wallets(session)})
        turns = asyncio.Semaphore(AT_ONCE)

        async def ask(user: UserId) -> bool:
            async with turns:
                return await self._ask(user)

        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(ask(user), name=f"venue-door-{user}") for user in users]
        is_complete = all(each.result() for each in asked)
        self._pause = self._every if is_complete else min(AGAIN, self._every)
        return is_complete

    async def _ask(self, user: UserId) -> bool:
        async with as_user(self._sessions, user) as session:
            if (await custody.choices(session, user)).account is not Account.LIVE:
                return True
        try:
            sentence = await self._doors.refusal(user)
        except (Unavailable, Rejected) as fault:
            logger.info("the venue does not say whether user %s may trade: %s", user, fault)
            return False
        await self._note(user, sentence)
        return True

    async def _note(self, user: UserId, sentence: str) -> None:
        now = self._now()
        kind = NewsKind.VENUE_REFUSES if sentence else NewsKind.VENUE_LETS_IN
        facts = {"problem": sentence} if sentence else {}
        news = CustodyNews(kind, f"{kind}:{now.isoformat()}", facts)
        async with as_user(self._sessions, user) as session:
            if not await risk_switches.set_refusal(session, user, sentence, now):
                return
            await self._teller.tell(session, user, news)
            what = "buying refused" if sentence else "buying allowed again"
            await Audit.note(session, "the venue", what, facts, user=user)
        logger.warning("%s by the venue: %s", what, sentence, extra={"user_id": user})
