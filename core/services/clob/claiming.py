"""An intent and what the guards hold back for it: recorded together, in one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.errors import Rejected
from core.domain.market import Market
from core.domain.offer import ButtonClaim, TradeQuote
from core.domain.order import Order, Ticket
from core.domain.refusals import PriceNotTrusted
from core.domain.units import TokenId, UserId
from core.services.clob import money_buttons
from core.services.clob.desk import OrderDesk
from core.services.clob.quoting import check_ticket
from core.services.fresh_books import FreshBooks
from core.storage import markets, orders

_T = TypeVar("_T")
Spend: TypeAlias = Callable[[AsyncSession, ButtonClaim, datetime], Awaitable[Ticket | None]]
"""Uses the button; None if it cannot be used."""


class Recorded(NamedTuple):
    """An order; not `is_new` if its key was placed before."""

    order: Order
    market: Market
    is_new: bool


class _NoFreshBook(Exception):
    """Takes the transaction back; whoever began it fetches the book."""

    def __init__(self, doubt: PriceNotTrusted, complement: TokenId | None) -> None:
        super().__init__(str(doubt))
        self.doubt = doubt
        self.complement = complement


class OrderClaimer:
    """The first transaction of every order."""

    def __init__(self, desk: OrderDesk, books: FreshBooks, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._books = books
        self._now = now

    async def tap(self, claim: ButtonClaim, *, knows_of_unclear: bool) -> Recorded | None:
        """Use the button; None if it cannot be used.

        Raises: Rejected, or Unavailable without a fresh book; the button is unused then.
        """
        use = partial(self._tap, claim=claim, knows_of_unclear=knows_of_unclear)
        return await self._twice(claim.user_id, use)

    async def card(self, claim: ButtonClaim, quote: TradeQuote, amount: Decimal) -> Recorded | None:
        """Use the card's token for `quote`; None if it cannot be used.

        Raises: as `tap`.
        """
        spend = partial(money_buttons.spend_card, quote=quote, amount=amount)
        return await self._twice(claim.user_id, partial(self._tap, claim=claim, spend=spend))

    async def ticket(self, ticket: Ticket) -> Recorded:
        """Raises: Rejected, or Unavailable without a fresh book; nothing is recorded then."""
        return await self._twice(ticket.user_id, lambda session: self._record(session, ticket))

    async def _twice(self, user: UserId, claim: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        """Once more if all that was missing is a fresh book, which is fetched then.

        Nobody follows the price of a market that is polled between the quote and the tap. The
        refusal has taken everything back, a used button too: so at most one claim stands.
        """
        try:
            return await self._once(user, claim)
        except _NoFreshBook as missing:
            await self._books.book(missing.doubt.token, missing.complement)
        try:
            return await self._once(user, claim)
        except _NoFreshBook as still_missing:
            raise still_missing.doubt from None

    async def _once(self, user: UserId, claim: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        async with self._desk.transaction(user) as session:
            return await claim(session)

    async def _tap(
        self,
        session: AsyncSession,
        claim: ButtonClaim,
        spend: Spend = money_buttons.spend,
        *,
        knows_of_unclear: bool = False,
    ) -> Recorded | None:
        ticket = await spend(session, claim, self._now())
        if ticket is None:
            return None
        return await self._record(session, ticket, knows_of_unclear=knows_of_unclear)

    async def _record(
        self, session: AsyncSession, ticket: Ticket, *, knows_of_unclear: bool = True
    ) -> Recorded:
        """Raises: Rejected."""
        check_ticket(ticket)
        if (ticket.account is Account.LIVE) != (self._desk.account is Account.LIVE):
            raise Rejected("This was meant for your other account. Please open the market again.")
        market = await markets.by_id(session, ticket.market_id)
        outcome = market.outcome_of(ticket.token_id).name
        order, is_new = await orders.record(session, ticket, outcome, self._now())
        if is_new:
            try:
                await self._desk.guards.claim(
                    session, order, market, knows_of_unclear=knows_of_unclear
                )
            except PriceNotTrusted as doubt:
                raise _NoFreshBook(doubt, market.complement(doubt.token)) from doubt
        return Recorded(order, market, is_new)
