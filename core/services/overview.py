"""Looks now and then how trading stands over all users together."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.domain.overview import Overview
from core.services.clock import utc_now
from core.storage import overview
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

EVERY: Final = 5.0  # seconds

logger = logging.getLogger(__name__)


class Overlook:
    """`newest` is of the last look that the database answered."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.newest = Overview()
        self._sessions = sessions
        self._every = every
        self._now = now

    async def run(self) -> None:
        """Until cancelled; that the database is away is told by others."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as fault:
                logger.debug("no overview: %s", fault)
            await asyncio.sleep(self._every)

    async def look(self) -> Overview:
        """Raises: SQLAlchemyError, OSError."""
        async with as_worker(self._sessions) as session:
            self.newest = Overview(
                orders=await overview.orders(session),
                switches=await overview.switches(session),
                keys=await overview.keys(session, self._now()),
                uncompared=await overview.uncompared(session),
                differing=await overview.differing(session),
                unclear_withdrawals=await overview.unclear_withdrawals(session),
                updates_waiting=await overview.updates_waiting(session),
            )
        return self.newest
