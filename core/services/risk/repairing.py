"""Reservations = open orders: proved again and again, and mended and told where it is not so."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.order import Order
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from core.services.clock import utc_now
from core.services.risk.guards import Guards
from core.services.risk.outside import Alarms
from core.storage import risk, risk_repair, risk_reservations
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

EVERY: Final = 600.0  # seconds between two proofs of everybody's sums

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
    """Brings every sum to what the orders say, and tells the owner of each that was not.

    Running it twice finds nothing the second time.
    """

    def __init__(
        self,
        sessions: Sessions,
        guards: Guards,
        alarms: Alarms,
        *,
        every: float = EVERY,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._guards = guards
        self._alarms = alarms
        self._every = every
        self._now = now

    async def run(self) -> None:
        """Until cancelled; live accounts are proved after each comparison with the venue too."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.recompute()
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("Sums could not be proved now: %s", fault)

    async def recompute(self) -> list[Drift]:
        """Of everybody, one user's account a transaction; what was mended."""
        async with as_worker(self._sessions) as session:
            accounts = await risk_repair.accounts(session)
        found = [drift for whose in accounts for drift in await self.recompute_account(*whose)]
        async with as_worker(self._sessions) as session:
            totals = [
                Drift(None, account, sums.what, sums.stored, sums.right)
                for account in sorted(Account)
                for sums in await risk_repair.mend_total(
                    session, account, risk.utc_day(self._now())
                )
            ]
            await self._tell(session, totals)
        return found + totals

    async def recompute_account(self, user: UserId, account: Account) -> list[Drift]:
        """Of one user's account; what was mended."""
        async with as_user(self._sessions, user) as session:
            orders = await risk_repair.lock_orders(session, user, account)
            await risk.lock_account(session, user, account, self._now())
            changed = [drift for order in orders for drift in await self._resettle(session, order)]
            sums = await risk_repair.mend_account(session, user, account, risk.utc_day(self._now()))
            found = [Drift(user, account, each.what, each.stored, each.right) for each in sums]
            await self._tell(session, changed + found)
        return changed + found

    async def _tell(self, session: AsyncSession, found: Sequence[Drift]) -> None:
        for drift in found:
            logger.error("Reservations did not add up: %s", drift)
        if found:
            await self._alarms.raised(session, None, _sentence(found))

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


ONE_SUM: Final = mark(
    "Sums did not add up in the {account} account of {whose}: {what} was {stored} instead of "
    "{right}. They are right again. The log has all of it; if this comes back, halt trading and "
    "look."
)
SUMS: Final = mark(
    "Sums did not add up in the {account} account of {whose}: {what} was {stored} instead of "
    "{right}, and {more} more. They are right again. The log has all of it; if this comes back, "
    "halt trading and look."
)


def _sentence(found: Sequence[Drift]) -> str:
    first = found[0]
    return worded(
        ONE_SUM if len(found) == 1 else SUMS,
        account=first.account,
        whose=mark("all users")
        if first.user is None
        else worded("user number {user}", user=first.user),
        what=first.what,
        stored=first.stored,
        right=first.right,
        more=len(found) - 1,
    )
