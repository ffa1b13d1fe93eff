"""Markets by the id that the venue's orders and trades name."""

from collections.abc import Callable
from datetime import datetime

from core.domain.errors import NotFound
from core.domain.market import Market
from core.domain.units import ConditionId
from core.ports import MarketsByCondition
from core.services.clock import utc_now
from core.storage import catalogue, markets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker


class KnownMarkets:
    """Stored markets; `venue` is asked for others, and what it says is kept."""

    def __init__(
        self,
        sessions: Sessions,
        venue: MarketsByCondition | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._venue = venue
        self._now = now

    async def by_condition(self, condition: ConditionId) -> Market:
        """Raises: NotFound, Unavailable."""
        async with as_worker(self._sessions) as session:
            known = await markets.by_condition(session, condition)
        if known is not None:
            return known
        if self._venue is None:
            raise NotFound("There is no such market.")
        found = await self._venue.by_condition(condition)
        async with as_worker(self._sessions) as session:
            await catalogue.upsert(session, [found], self._now())
        return found
