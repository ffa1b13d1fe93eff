"""Circuit breakers: counted as orders settle, tripped by whoever finds a fault, reset by hand."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.breaker import CLOSED, FOR_EVERYBODY, FOR_ONE, WHY, Breaker, Incident, Trip
from core.domain.order import Order, OrderStatus
from core.domain.risk import Switches
from core.domain.sentences import worded
from core.domain.units import UserId
from core.services.audit import named
from core.services.clock import utc_now
from core.services.risk.outside import Alarms, Audit, RiskRules
from core.storage import risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker

INCIDENTS: Final = {
    OrderStatus.REJECTED: Incident.REJECTED,
    OrderStatus.UNKNOWN: Incident.UNKNOWN,
}

logger = logging.getLogger(__name__)


class Breakers:
    """One for each user and one for everybody; an open one allows nothing but cancelling.

    They watch over real money only, stay open over restarts, and never close by themselves.
    """

    def __init__(
        self,
        sessions: Sessions,
        rules: RiskRules,
        alarms: Alarms,
        audit: Audit,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._rules = rules
        self._alarms = alarms
        self._audit = audit
        self._now = now

    async def count(self, session: AsyncSession, order: Order, before: OrderStatus) -> None:
        """Take note of what became of the order, which was `before` until now."""
        incident = INCIDENTS.get(order.status)
        if incident is None or order.status is before or order.hash is None:
            return  # an order that was never signed cannot have been refused by the venue
        if order.ticket.account is not Account.LIVE:
            return
        user, now = order.ticket.user_id, self._now()
        own = await risk_switches.lock_breaker(session, user)
        await self._save(session, user, own, own.after(incident, now, self._rules.user_breaker))
        shared = await risk_switches.lock_breaker(session, None)
        rules = self._rules.global_breaker
        await self._save(session, None, shared, shared.after(incident, now, rules))

    async def trip(self, trip: Trip, user: UserId | None = None) -> bool:
        """Open the user's breaker, or everybody's; False if it was open already."""
        async with as_worker(self._sessions) as session:
            return await self.trip_in(session, trip, user)

    async def trip_in(self, session: AsyncSession, trip: Trip, user: UserId | None) -> bool:
        """The same, in the transaction of what it is tripped by."""
        breaker = await risk_switches.lock_breaker(session, user)
        await self._save(session, user, breaker, breaker.tripped(trip, self._now()))
        return breaker.trip is None

    async def reset(self, owner: UserId, user: UserId | None = None) -> Trip | None:
        """Close a breaker by hand; why it was open. The caller knows that this is the owner."""
        async with as_worker(self._sessions) as session:
            breaker = await risk_switches.lock_breaker(session, user)
            await risk_switches.save_breaker(session, user, CLOSED, self._now())
            whose = "everybody" if user is None else named(user)
            why = "closed" if breaker.trip is None else breaker.trip.value
            details = {"whose": whose, "was": why}
            await self._audit.note(session, named(owner), "breaker reset", details, user=user)
        return breaker.trip

    async def switches(self, user: UserId) -> Switches:
        """All that is switched off for the user's real money, to be shown."""
        async with as_user(self._sessions, user) as session:
            return await risk_switches.switches_of(session, user)

    async def _save(
        self, session: AsyncSession, user: UserId | None, before: Breaker, after: Breaker
    ) -> None:
        if after == before:
            return
        await risk_switches.save_breaker(session, user, after, self._now())
        if before.trip is None and after.trip is not None:
            logger.error("Breaker open: %s", after.trip.value, extra={"user_id": user})
            sentence = worded(FOR_EVERYBODY if user is None else FOR_ONE, why=WHY[after.trip])
            await self._alarms.raised(session, user, sentence, is_breaker=True)
