"""Reservations = open orders: proved at start and now and then, and mended where it is not so."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.order import Order
from core.domain.units import UserId
from core.services.clock import utc_now
from core.services.risk.guards import Guards
from core.storage import risk, risk_repair, risk_reservations
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that did not add up; `user` is None for what belongs to all together."""

    user: UserId | None
    account: Account
    what: str
    stored: str
    right: str


class Repair:
    """Brings every sum to what the orders say. Running it twice finds nothing the second time."""

    def __init__(
        self, sessions: Sessions, guards: Guards, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._guards = guards
        self._now = now

    async def recompute(self) -> list[Drift]:
        """Of everybody, one user's account a transaction; what was mended."""
        async with as_worker(self._sessions) as session:
            accounts = await risk_repair.accounts(session)
        found = [drift for whose in accounts for drift in await self.recompute_account(*whose)]
        async with as_worker(self._sessions) as session:
            for account in sorted(Account):
                today = risk.utc_day(self._now())
                found += [
                    Drift(None, account, sums.what, sums.stored, sums.right)
                    for sums in await risk_repair.mend_total(session, account, today)
                ]
        for drift in found:
            logger.error("Reservations did not add up: %s", drift)
        return found

    async def recompute_account(self, user: UserId, account: Account) -> list[Drift]:
        """Of one user's account; what was mended."""
        async with as_user(self._sessions, user) as session:
            orders = await risk_repair.lock_orders(session, user, account)
            await risk.lock_account(session, user, account, self._now())
            changed = [drift for order in orders for drift in await self._resettle(session, order)]
            sums = await risk_repair.mend_account(session, user, account, risk.utc_day(self._now()))
        return changed + [Drift(user, account, each.what, each.stored, each.right) for each in sums]

    async def _resettle(self, session: AsyncSession, order: Order) -> list[Drift]:
        before = await risk_reservations.lock_reservation(session, order)
        await self._guards.settle(session, order)
        after = await risk_reservations.lock_reservation(session, order)
        old = None if before is None else before.hold
        new = None if after is None else after.hold
        if old == new:
            return []
        ticket = order.ticket
        what = f"order {order.id}"
        return [Drift(ticket.user_id, ticket.account, what, str(old), str(new))]
