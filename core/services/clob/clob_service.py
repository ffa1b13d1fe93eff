"""Orders: quoted, recorded, sent to the exchange, settled."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import (
    NotEnoughShares,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from core.domain.market import Market
from core.domain.offer import ButtonClaim, Offer, TradeQuote
from core.domain.order import Order, OrderStatus, Ticket
from core.domain.position import PositionStatus
from core.domain.units import MarketId, OrderId, PositionId, Size, TokenId, Usdc, UserId
from core.ports import Exchange, Execution
from core.services.clob import money_buttons
from core.services.clob.quoting import (
    buy_quote,
    check_open,
    check_spend,
    check_ticket,
    sell_quote,
)
from core.services.clob.settlement import lose_sight, reject, settle
from core.services.fresh_books import FreshBooks
from core.services.position.held_wishes import HeldWishes
from core.services.websocket_manager import WebSocketManager
from core.storage import buttons, markets, orders, positions, wallets
from core.storage.models import Sessions

__all__ = ["ButtonClaim", "ClobService", "Offer", "TradeQuote"]

DEFAULT_SLIPPAGE: Final = Decimal(2)  # percent
QUOTE_SECONDS: Final = 60.0
TRANSACTIONS: Final = 8  # at once; the rest of the pool is for prices and screens
REMEMBERED: Final = timedelta(days=7)  # how long a spent button can still explain itself
INTERRUPTED: Final = "interrupted by a restart; nothing was bought or sold"

_DONE: Final = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
)

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_button_id() -> str:
    """12 characters that nobody can guess."""
    return secrets.token_urlsafe(9)


class _Record(NamedTuple):
    order: Order
    market: Market
    is_new: bool


class ClobService:
    """Everything that trades for a user in one account."""

    def __init__(  # noqa: PLR0913 - all but the collaborators have defaults, and names
        self,
        sessions: Sessions,
        exchange: Exchange,
        books: FreshBooks,
        manager: WebSocketManager,
        *,
        account: Account = Account.PAPER,
        slippage_percent: Decimal = DEFAULT_SLIPPAGE,
        quote_ttl: float = QUOTE_SECONDS,
        now: Callable[[], datetime] = utc_now,
        button_id: Callable[[], str] = new_button_id,
    ) -> None:
        self._sessions = sessions
        self._exchange = exchange
        self._books = books
        self._wishes = HeldWishes(sessions, manager)
        self._turns = asyncio.Semaphore(TRANSACTIONS)
        self._account = account
        self._slippage = slippage_percent
        self._quote_ttl = quote_ttl
        self._now = now
        self._button_id = button_id

    async def quote_buy(
        self, user_id: UserId, market_id: MarketId, token_id: TokenId, spend: Usdc
    ) -> TradeQuote:
        """What `spend` USDC (before the fee) buys right now.

        Raises: NotFound, MarketClosed, OrderTooSmall, InsufficientBalance, EmptyBook; StalePrice
        or another Unavailable without a fresh book.
        """
        async with self._transaction() as session:
            market = await markets.by_id(session, market_id)
            cash = await wallets.cash(session, user_id, self._account)
        if cash is None:
            raise NotFound("You have no wallet in this account.")
        market.outcome_of(token_id)
        check_open(market)
        check_spend(spend, cash)
        return buy_quote(
            self._account,
            market,
            await self._books.book(token_id, market.complement(token_id)),
            spend=spend,
            cash=cash,
            slippage_percent=self._slippage,
        )

    async def quote_sell(self, user_id: UserId, position_id: PositionId, size: Size) -> TradeQuote:
        """What selling `size` shares of the position brings right now.

        Raises: NotFound, NotEnoughShares, MarketClosed, EmptyBook; StalePrice or another
        Unavailable without a fresh book.
        """
        async with self._transaction() as session:
            position = await positions.by_id(session, position_id, user_id)
            if position is None:
                raise NotFound("There is no such position.")
            market = await markets.by_id(session, position.market_id)
            cash = await wallets.cash(session, user_id, position.account)
        if position.status is not PositionStatus.ACTIVE:
            raise NotEnoughShares("This position is closed already.")
        if not 0 < size <= position.holding.amount:
            raise NotEnoughShares(f"You hold {position.holding.amount.normalize():f} shares.")
        check_open(market)
        token = position.token_id
        return sell_quote(
            position,
            market,
            await self._books.book(token, market.complement(token)),
            size=size,
            cash=Usdc(Decimal(0)) if cash is None else cash,
            slippage_percent=self._slippage,
        )

    async def offer(
        self,
        quote: TradeQuote,
        user_id: UserId,
        chat_id: int,
        message_id: int | None = None,
        now: datetime | None = None,
    ) -> Offer:
        """A one-shot button for `quote`. Without `message_id` it waits for `bind_offer`."""
        claim = ButtonClaim(self._button_id(), user_id, chat_id, message_id or 0)
        async with self._transaction() as session:
            return await money_buttons.store(
                session,
                quote,
                claim,
                bound=message_id is not None,
                now=now or self._now(),
                seconds=self._quote_ttl,
            )

    async def bind_offer(self, button_id: str, message_id: int) -> None:
        """The message that the button was sent in: from now on it works there, and only there."""
        async with self._transaction() as session:
            await buttons.bind(session, button_id, message_id)

    async def place_offer(self, claim: ButtonClaim) -> Order:
        """Use the button and place its order; of many taps one gets through.

        Raises: ButtonSpent, and what `place_order` raises.
        """
        async with self._transaction() as session:
            ticket = await money_buttons.spend(session, claim, self._now())
            record = await self._record(session, ticket)
        return await self._send(record)

    async def place_order(self, ticket: Ticket) -> Order:
        """Record the order, send it, settle what the exchange says.

        No transaction stays open while the network is waited for. A crash in between leaves a NEW
        order, which `reconcile` ends at the next start. The same key again gives the same order,
        untouched.
        Raises: Rejected and Unavailable (the order is REJECTED then), OutcomeUnknown.
        """
        check_ticket(ticket)
        async with self._transaction() as session:
            record = await self._record(session, ticket)
        return await self._send(record)

    async def cancel_order(self, order_id: OrderId, user_id: UserId) -> Order:
        """Take what is left of the order off the book.

        Raises: NotFound, Rejected if nothing of it is working, Unavailable, OutcomeUnknown.
        """
        order = await self.order(order_id, user_id)
        if order.status in _DONE:
            raise Rejected(f"This order is {order.status.value} already.")
        execution = await self._exchange.cancel(order)
        return await self._settle(order, execution)

    async def order(self, order_id: OrderId, user_id: UserId) -> Order:
        """Raises: NotFound, also for somebody else's."""
        async with self._transaction() as session:
            order = await orders.by_id(session, order_id, user_id)
        if order is None:
            raise NotFound("There is no such order.")
        return order

    async def reconcile(self) -> int:
        """End the orders that a crash left unsent; how many there were. Call it before trading."""
        async with self._transaction() as session:
            await buttons.forget_expired(session, self._now() - REMEMBERED)
            count = await orders.reject_unsent(session, self._account, INTERRUPTED, self._now())
        if count:
            logger.warning("Orders interrupted by a restart: %s", count, extra={"orders": count})
        return count

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._turns, self._sessions.begin() as session:
            yield session

    async def _record(self, session: AsyncSession, ticket: Ticket) -> _Record:
        market = await markets.by_id(session, ticket.market_id)
        outcome = market.outcome_of(ticket.token_id).name
        order, is_new = await orders.record(session, ticket, outcome, self._now())
        return _Record(order, market, is_new)

    async def _send(self, record: _Record) -> Order:
        order = record.order
        if not record.is_new:
            return order
        try:
            execution = await self._exchange.place(order, record.market)
            return await self._settle(order, execution)
        except OutcomeUnknown as error:
            async with self._transaction() as session:
                await lose_sight(session, order, str(error), self._now())
            raise
        except (Rejected, Unavailable) as error:
            async with self._transaction() as session:
                await reject(session, order, str(error), self._now())
            raise

    async def _settle(self, order: Order, execution: Execution) -> Order:
        ticket = order.ticket
        mark = self._books.mark(ticket.token_id)
        async with self._transaction() as session:
            settled = await settle(session, order, execution, mark, self._now())
        if execution.matches:
            await self._tell(settled)
        return replace(settled, basis=execution.basis)

    async def _tell(self, order: Order) -> None:
        ticket = order.ticket
        logger.info(
            "Order filled",
            extra={
                "user_id": ticket.user_id,
                "market_id": ticket.market_id,
                "order_id": order.id,
                "side": ticket.side.value,
                "size": str(order.filled_size),
                "status": order.status.value,
            },
        )
        if ticket.side is Side.BUY:
            await self._wishes.bought(ticket.user_id, ticket.market_id)
        else:
            await self._wishes.sold(ticket.user_id, ticket.market_id)
