"""Orders to be looked at: recent ones, those nobody knows about, and how far one has come."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from core.domain.account import Account
from core.domain.account_views import OpenReceipt, TracedOrder
from core.domain.errors import NotFound
from core.domain.ledger import Settlement
from core.domain.order import Order, Origin
from core.domain.units import ZERO, MarketId, OrderId, Usdc, UserId
from core.storage import buttons, markets, orders, users
from core.storage.means import cash_held
from core.storage.models import FillRow, OrderRow, Sessions
from core.storage.order_rows import order_of
from core.storage.tenancy import as_user, as_worker

RECENT: Final = 30  # orders that are kept at hand


class OrderHistory:
    """Reads only. Everything is of one user and one account, but for what a start asks."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def open(self, user: UserId, account: Account) -> tuple[TracedOrder, ...]:
        """What may still trade, oldest first."""
        async with as_user(self._sessions, user) as session:
            found = await orders.open_of(session, user, account)
            return tuple(
                [
                    TracedOrder(order, await markets.by_id(session, order.ticket.market_id))
                    for order in found
                ]
            )

    async def glance(self, user: UserId, account: Account) -> tuple[int, Usdc]:
        """How many orders are open, and the cash that they hold."""
        async with as_user(self._sessions, user) as session:
            found = await orders.open_of(session, user, account)
            return len(found), await cash_held(session, user, account)

    async def recent(self, user: UserId, account: Account) -> tuple[TracedOrder, ...]:
        """Newest first."""
        query = (
            sa.select(OrderRow)
            .where(OrderRow.user_id == user, OrderRow.account == account)
            .order_by(OrderRow.id.desc())
            .limit(RECENT)
        )
        async with as_user(self._sessions, user) as session:
            rows = (await session.execute(query)).scalars().all()
            return tuple(
                [
                    TracedOrder(
                        order_of(row), await markets.by_id(session, MarketId(row.market_id))
                    )
                    for row in rows
                ]
            )

    async def traced(self, user: UserId, order_id: OrderId) -> TracedOrder:
        """Raises: NotFound, also for somebody else's."""
        settlements = sa.select(FillRow.settlement).where(FillRow.order_id == order_id).distinct()
        async with as_user(self._sessions, user) as session:
            order = await orders.by_id(session, order_id, user)
            if order is None:
                raise NotFound("There is no such order.")
            market = await markets.by_id(session, order.ticket.market_id)
            found = (await session.execute(settlements)).scalars().all()
        if order.failed_size == ZERO:  # then a row that failed was only put right by another
            return TracedOrder(order, market, frozenset(found) - {Settlement.FAILED})
        return TracedOrder(order, market, frozenset(found))

    async def of_key(self, user: UserId, account: Account, key: str) -> TracedOrder | None:
        """The order that a ticket with this key has made; None if it made none."""
        query = sa.select(OrderRow.id).where(
            OrderRow.user_id == user, OrderRow.account == account, OrderRow.key == key
        )
        async with as_user(self._sessions, user) as session:
            found = await session.scalar(query)
        return None if found is None else await self.traced(user, OrderId(found))

    async def open_receipts(self, since: datetime) -> list[OpenReceipt]:
        """Everybody's orders of real money, tapped for since then, that may not be over."""
        async with as_worker(self._sessions) as session:
            found = []
            for whose, chat, message, order, market in await buttons.open_receipts(session, since):
                user = await users.by_id(session, whose)
                if user is not None:
                    found.append(OpenReceipt(user, chat, message, order, market))
        return found

    async def traded(self, user: UserId) -> frozenset[Account]:
        """In which accounts of their own the user has bought or sold anything here."""
        query = sa.select(OrderRow.account).where(
            OrderRow.user_id == user,
            OrderRow.account.in_((Account.PAPER, Account.LIVE)),
            OrderRow.origin == Origin.PERSON,
            OrderRow.filled_size > ZERO,
        )
        async with as_user(self._sessions, user) as session:
            return frozenset(
                Account(account) for account in await session.scalars(query.distinct())
            )

    async def unknown_in(
        self, user: UserId, account: Account, market: MarketId
    ) -> tuple[Order, ...]:
        """Orders in the market of which nobody knows yet whether they were placed."""
        async with as_user(self._sessions, user) as session:
            found = await orders.unknown_in(session, account, user, market)
        return tuple(order for order in found if order.ticket.origin is not Origin.EXTERNAL)
