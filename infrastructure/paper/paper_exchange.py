"""The paper exchange: market orders walk the real book with play money."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from core.domain.book import Side
from core.domain.errors import EmptyBook, MarketClosed, NotWhole, Rejected
from core.domain.execution import Walk, walk_buy, walk_sell
from core.domain.market import Market
from core.domain.order import Order, OrderStatus, SignedPayload
from core.domain.order_amounts import OrderKind
from core.domain.reports import OrderReport
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from core.ports import Execution
from core.services.fresh_books import DecisionBook, FreshBooks

LONGEST_WAY: Final = 2.0  # seconds


def no_way() -> float:
    """Seconds that an order takes to an exchange next door."""
    return 0.0


class PaperExchange:
    """An `Exchange`. Nothing rests here: what the book does not give at once is not done.

    `way`: seconds that an order would take to the venue now. So much later the book is walked, as
    it is then: what others took meanwhile is gone.
    """

    def __init__(
        self,
        books: FreshBooks,
        *,
        way: Callable[[], float] = no_way,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._books = books
        self._way = way
        self._sleep = sleep

    async def get_ready(self, user: UserId) -> None:
        """Nothing is needed."""

    async def prepare(
        self,
        order: Order,
        market: Market,  # noqa: ARG002 - the port's
    ) -> SignedPayload | None:
        """Play money needs no signature. Raises: Rejected for an order that would rest."""
        if order.ticket.kind.rests:
            raise Rejected("Practice money trades at once only; a resting order needs live mode.")
        return None

    async def place(
        self,
        order: Order,
        market: Market,
        signed: SignedPayload | None,  # noqa: ARG002 - the port's
    ) -> Execution:
        """Raises: MarketClosed; EmptyBook, of which NotWhole is one; Unavailable without a book."""
        if market.is_closed or not market.accepts_orders:
            raise MarketClosed("Trading in this market has ended; it takes no more orders.")
        token = order.ticket.token_id
        if seconds := min(self._way(), LONGEST_WAY):
            await self._sleep(seconds)
        book = await self._books.book(token, market.complement(token))
        walk = _walk(order, market, book)
        if not walk.matches:
            raise EmptyBook("Nobody takes the other side at an acceptable price right now.")
        if walk.complete:
            return Execution(OrderStatus.FILLED, walk.matches, basis=book.state)
        if order.ticket.kind is OrderKind.FOK:
            raise NotWhole(
                "There was not enough on the other side for the whole order at an acceptable "
                "price, so none of it was traded."
            )
        thin = mark("the book was thinner than the order")
        return Execution(OrderStatus.PARTIAL, walk.matches, thin, book.state)

    async def cancel(
        self,
        order: Order,
        signed: SignedPayload | None,  # noqa: ARG002 - the port's
    ) -> Execution:
        """Raises: Rejected, always."""
        raise Rejected(worded("Nothing of order {order} is waiting on the book.", order=order.id))

    async def look_up(
        self,
        order: Order,  # noqa: ARG002 - the port's
        signed: SignedPayload,  # noqa: ARG002 - the port's
    ) -> OrderReport | None:
        """Nobody knows of an order but the one who placed it."""
        return None


def _walk(order: Order, market: Market, book: DecisionBook) -> Walk:
    ticket = order.ticket
    if ticket.side is Side.BUY and ticket.spend is not None:
        return walk_buy(book.asks, ticket.spend, ticket.worst_price, market.fees)
    if ticket.side is Side.SELL and ticket.size is not None:
        return walk_sell(book.bids, ticket.size, ticket.worst_price, market.fees)
    raise Rejected("A buy says what it spends, a sell how much it sells.")
