"""The guards: one place that every order passes, whoever wants it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.breaker import Trip
from core.domain.market import Market
from core.domain.order import Order, Origin, Ticket
from core.domain.refusals import OutcomeAwaited, OverLimit, Refused, UnclearBefore, ViewerOnly
from core.domain.reservation import Hold, highest_fee_share, hold_of
from core.domain.risk import (
    Demand,
    Limits,
    refuse_crowd,
    refuse_purchase,
    refuse_repeatable,
    refuse_sale,
    refuse_switched_off,
)
from core.domain.sentences import mark
from core.domain.units import ZERO
from core.services.clock import utc_now
from core.services.risk.breakers import Breakers
from core.services.risk.conditions import best_price, refuse_by_conditions, refuse_drift
from core.services.risk.outside import Conditions, RiskRules
from core.services.trading_right import MAY_NOT_TRADE
from core.storage import risk, risk_reservations

ATTEMPTS: Final = 3  # a refusal by others' orders is looked at again: they may have ended

UNCLEAR: Final = mark(
    "An earlier order of yours in this market was sent and not answered yet. Nothing was sent now."
)


class Guards:
    """Reserves what an order needs before it is signed, and releases what it did not use.

    One transaction claims or settles orders of one user: the rows are locked user's first, the
    one of all users last. A transaction in which `claim` or `free_to_send` raises must not be
    committed.
    """

    def __init__(
        self,
        rules: RiskRules,
        conditions: Conditions,
        breakers: Breakers,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rules = rules
        self._conditions = conditions
        self._breakers = breakers
        self._now = now

    async def claim(
        self, session: AsyncSession, order: Order, market: Market, *, knows_of_unclear: bool = True
    ) -> None:
        """Reserve for the order that this transaction has just recorded.

        Three statements, and one more for automation; the first asks the fence and the role too.
        What protects the shares of somebody who may trade no more goes on selling them.
        Raises: Refused, all of whose kinds are Rejected; what the fence raises.
        """
        ticket, now = order.ticket, self._now()
        refuse_repeatable(ticket)
        state = await risk.lock_account(session, ticket.user_id, ticket.account, now)
        self._conditions.fence.refuse(state.epoch)
        if not state.may_trade and ticket.origin is not Origin.PROTECTION:
            raise ViewerOnly(MAY_NOT_TRADE)
        await refuse_drift(session, ticket, self._conditions)
        fee_share = self._fee_share(ticket, market)
        hold = hold_of(order, fee_share)
        for _ in range(ATTEMPTS):
            facts = await risk.facts(session, state, ticket, now)
            refuse_switched_off(ticket, facts.switches)
            refuse_by_conditions(ticket, market, self._conditions, self._rules)
            if facts.awaits_outcome and not knows_of_unclear:
                raise UnclearBefore(UNCLEAR)
            limits = self._rules.limits(ticket.account, facts.own_limits)
            _refuse_excess(ticket, hold, facts, limits)
            today = risk.utc_day(now)
            if await risk.reserve(session, order, hold, fee_share, limits, today):
                return
        raise OverLimit("Too many orders came at once. Nothing was ordered; please try again.")

    async def free_to_send(self, session: AsyncSession, order: Order) -> None:
        """Look at the switches again, in the transaction that commits the signature.

        Whoever changes a switch meanwhile waits for its end. Raises: Refused, and what the fence
        raises.
        """
        ticket = order.ticket
        found = await risk.switches(session, ticket.user_id, ticket.account)
        if found is None:
            raise Refused("Nothing was reserved for this order, so it was not sent.")
        switches, epoch = found
        self._conditions.fence.refuse(epoch)
        refuse_switched_off(ticket, switches)

    async def mistrust(self, session: AsyncSession, order: Order) -> None:
        """Only cancelling is allowed until the owner has looked; over real money alone."""
        if order.ticket.account is Account.LIVE:
            await self._breakers.trip_in(session, Trip.MISMATCH, order.ticket.user_id)

    async def settle(self, session: AsyncSession, order: Order) -> None:
        """Bring what the order holds to what is still open of it; telling it twice is harmless.

        Call it after every move, with the order as it is then, in the same transaction. Orders
        made outside of the bot hold money and shares too.
        """
        before = await risk_reservations.lock_reservation(session, order)
        if before is None:
            if not hold_of(order, ZERO).is_open:
                return
            await risk.lock_account(
                session, order.ticket.user_id, order.ticket.account, self._now()
            )
            before = await risk_reservations.adopt(session, order, risk.utc_day(order.created_at))
        hold = hold_of(order, before.fee_share)
        if (hold, order.status) == (before.hold, before.status):
            return
        await risk_reservations.change(session, order, before, hold)
        await self._breakers.count(session, order, before.status)

    def _fee_share(self, ticket: Ticket, market: Market) -> Decimal:
        if ticket.side is Side.SELL:
            return ZERO
        quote = self._conditions.prices.quote(ticket.token_id)
        return highest_fee_share(market.fees, ticket, best_price(ticket, quote))


def _refuse_excess(ticket: Ticket, hold: Hold, facts: risk.Facts, limits: Limits) -> None:
    """Raises: OutcomeAwaited, OverLimit, CashReserved, SharesReserved."""
    if ticket.origin is Origin.AUTOMATION and facts.awaits_outcome:
        raise OutcomeAwaited(
            "An earlier order in this market was sent and not answered yet. Automation waits until "
            "it is known what became of it."
        )
    demand = Demand(hold.value, hold.cost, hold.shares)
    if ticket.side is Side.BUY:
        refuse_purchase(demand, facts.exposure, limits)
    else:
        refuse_sale(demand, facts.exposure)
    if ticket.side is Side.BUY or (ticket.kind.rests and ticket.origin is not Origin.PROTECTION):
        refuse_crowd(facts.exposure, limits)
