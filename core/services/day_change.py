"""What a day has brought: totals are kept when it begins, and compared with those of now."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from core.domain.account import Account
from core.domain.equity import DayChange, DayStart, changed_since
from core.domain.errors import PolycoolError
from core.domain.holdings import worth
from core.domain.preferences import UserPreferences
from core.domain.units import Usdc, UserId
from core.domain.views import Portfolio
from core.services.beating import beat
from core.services.clock import utc_now
from core.storage import equity_days
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

LOOKING: Final = 60.0  # seconds between two looks for days that have begun

logger = logging.getLogger(__name__)


class Owned(Protocol):
    """What tells a user's portfolio in one account. Raises: PolycoolError."""

    async def portfolio(self, user_id: UserId, /) -> Portfolio: ...


class DayChanges:
    """A day is one of its user's zone."""

    def __init__(
        self,
        sessions: Sessions,
        positions: Mapping[Account, Owned],
        preferences: Callable[[UserId], Awaitable[UserPreferences]],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._positions = positions
        self._preferences = preferences
        self._now = now
        self._kept: dict[tuple[UserId, Account], date] = {}

    async def day_change(self, user: UserId, account: Account) -> DayChange | None:
        """Since the day began, or since the account was first seen that day.

        None where the total is unknown, because a price is, or nobody has read the account yet.
        """
        portfolio = await self._portfolio(user, account)
        if portfolio is None or not _is_known(portfolio):
            return None
        start = await self._start(user, account, portfolio.total)
        async with as_user(self._sessions, user) as session:
            moved = await equity_days.moved_since(session, user, account, start.taken_at)
        return changed_since(start, portfolio.total, moved)

    async def run(self) -> None:
        """Keep what everybody has as their day begins; never ends."""
        await beat("Day changes", self.look, LOOKING)

    async def look(self) -> None:
        """One look at all accounts; those whose total is unknown wait for the next."""
        async with as_worker(self._sessions) as session:
            known = await equity_days.accounts(session)
        for user, account in known:
            if self._kept.get((user, account)) != await self._today(user):
                await self.day_change(user, account)

    async def _start(self, user: UserId, account: Account, total: Usdc) -> DayStart:
        day = await self._today(user)
        async with as_user(self._sessions, user) as session:
            start = await equity_days.start_of(session, user, account, day)
            if start is None:
                await equity_days.keep(session, user, account, DayStart(day, total, self._now()))
                start = await equity_days.start_of(session, user, account, day)
        if start is None:
            raise RuntimeError("a day's start vanished as soon as it was kept")
        self._kept[user, account] = day
        return start

    async def _today(self, user: UserId) -> date:
        zone = (await self._preferences(user)).zone
        return self._now().astimezone(ZoneInfo(zone)).date()

    async def _portfolio(self, user: UserId, account: Account) -> Portfolio | None:
        service = self._positions.get(account)
        if service is None:
            return None
        try:
            return await service.portfolio(user)
        except PolycoolError as error:
            logger.debug("no total of user %s yet: %s", user, error)
            return None


def _is_known(portfolio: Portfolio) -> bool:
    return all(worth(view) is not None for view in portfolio.positions)
