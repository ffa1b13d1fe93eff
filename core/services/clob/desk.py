"""One piece of news of one order: locked, applied, guarded and told in one transaction."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.order import Order, OrderStatus
from core.domain.units import MarketId, OrderId, Price, TokenId, UserId
from core.services.clob.guarding import Guards, Unguarded, Unwatched, Witness
from core.services.clock import utc_now
from core.services.position.held_wishes import HeldWishes
from core.services.websocket_manager import Reason, WebSocketManager
from core.storage import orders
from core.storage.models import Sessions
from core.storage.tenancy import as_user

TRANSACTIONS: Final = 8  # at once; the rest of the pool is for prices and screens

Change = Callable[[AsyncSession, Order], Awaitable[Order]]
Find = Callable[[AsyncSession], Awaitable[OrderId | None]]

logger = logging.getLogger(__name__)


def no_mark(token: TokenId) -> Price | None:  # noqa: ARG001 - the shape of a mark
    """Nothing is shown of any token: positions are marked at their last fill."""
    return None


class OrderDesk:
    """Where orders change, whoever brings the news; locks wallet, order, position in that order."""

    def __init__(
        self,
        sessions: Sessions,
        manager: WebSocketManager,
        *,
        account: Account,
        guards: Guards | None = None,
        witness: Witness | None = None,
        mark: Callable[[TokenId], Price | None] = no_mark,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.account = account
        self.guards: Guards = guards or Unguarded()
        self.mark = mark
        self.now = now
        self.refused_taps: Counter[str] = Counter()  # of money buttons, by why
        self._sessions = sessions
        self._manager = manager
        self._witness: Witness = witness or Unwatched()
        self._wishes = HeldWishes(sessions, manager)
        self._turns = asyncio.Semaphore(TRANSACTIONS)

    @asynccontextmanager
    async def transaction(self, user: UserId) -> AsyncIterator[AsyncSession]:
        """One over the rows of `user`."""
        async with self._turns, as_user(self._sessions, user) as session:
            yield session

    async def change(self, user: UserId, order_id: OrderId, apply: Change) -> Order:
        """The order after `apply`, which gets it locked; nothing stays of it if that raises."""
        async with self.transaction(user) as session:
            before, after = await self._change(session, user, order_id, apply)
        await self._tell(before, after)
        return after

    async def change_found(self, user: UserId, find: Find, apply: Change) -> Order | None:
        """The same for the order that `find` names in the same transaction; None if it does not."""
        async with self.transaction(user) as session:
            order_id = await find(session)
            if order_id is None:
                return None
            before, after = await self._change(session, user, order_id, apply)
        await self._tell(before, after)
        return after

    async def _change(
        self, session: AsyncSession, user: UserId, order_id: OrderId, apply: Change
    ) -> tuple[Order, Order]:
        before = await orders.lock_for_booking(session, order_id, user, self.account)
        after = await apply(session, before)
        if after != before:
            if after.status is not OrderStatus.SIGNED:  # a signature frees nothing
                await self.guards.settle(session, after)
            await self._witness.changed(session, before, after)
        return before, after

    async def _tell(self, before: Order, after: Order) -> None:
        """The change stands already: a database that fails now leaves the wishes as they are."""
        ticket = after.ticket
        if after.filled_size != before.filled_size:
            _log(after)
            bought = (ticket.side is Side.BUY) is (after.filled_size > before.filled_size)
            tell = self._wishes.bought if bought else self._wishes.sold
            await tell(ticket.user_id, ticket.market_id)
        if ticket.kind.rests and after.is_done != before.is_done:
            await self._agree(ticket.user_id, ticket.market_id)
        elif ticket.kind.rests and not after.is_done:
            await self._manager.subscribe_market_for_user(
                ticket.user_id, ticket.market_id, Reason.OPEN_ORDER
            )

    async def _agree(self, user: UserId, market: MarketId) -> None:
        try:
            async with self.transaction(user) as session:
                is_open = bool(await orders.open_of(session, user, self.account, market))
        except (SQLAlchemyError, OSError) as fault:
            logger.warning("Cannot look who has orders in market %s: %s", market, fault)
            return
        if is_open:
            await self._manager.subscribe_market_for_user(user, market, Reason.OPEN_ORDER)
        else:
            await self._manager.unsubscribe_market_for_user(user, market, Reason.OPEN_ORDER)


def _log(order: Order) -> None:
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
