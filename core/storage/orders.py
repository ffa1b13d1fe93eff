"""Orders, as stored."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.ledger import Fill
from core.domain.order import Order, OrderStatus, Ticket, advance
from core.domain.units import (
    MarketId,
    OrderId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.storage.models import OrderRow


async def record(
    session: AsyncSession, ticket: Ticket, outcome: str, now: datetime
) -> tuple[Order, bool]:
    """The ticket's order and whether it is new; a known key gives the order it made before."""
    new = (
        insert(OrderRow)
        .values(
            user_id=ticket.user_id,
            account=ticket.account,
            market_id=ticket.market_id,
            token_id=ticket.token_id,
            outcome=outcome,
            side=ticket.side,
            spend=ticket.spend,
            size=ticket.size,
            worst_price=ticket.worst_price,
            key=ticket.key,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(OrderRow)
    )
    row = (await session.execute(new)).scalar_one_or_none()
    if row is not None:
        return _order(row), True
    known = sa.select(OrderRow).where(
        OrderRow.account == ticket.account,
        OrderRow.user_id == ticket.user_id,
        OrderRow.key == ticket.key,
    )
    return _order((await session.execute(known)).scalar_one()), False


async def by_id(session: AsyncSession, order_id: OrderId, user_id: UserId) -> Order | None:
    """None also for somebody else's."""
    query = sa.select(OrderRow).where(OrderRow.id == order_id, OrderRow.user_id == user_id)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _order(row)


async def lock(session: AsyncSession, order_id: OrderId) -> Order:
    """The order as it is now, kept so until the end of the transaction."""
    query = sa.select(OrderRow).where(OrderRow.id == order_id).with_for_update()
    return _order((await session.execute(query)).scalar_one())


async def move(
    session: AsyncSession,
    order: Order,
    status: OrderStatus,
    *,
    fills: Sequence[Fill] = (),
    reason: str = "",
    now: datetime,
) -> Order:
    """The locked `order` after news: its state, and what `fills` add to it.

    Raises: IllegalTransition.
    """
    moved = (
        sa.update(OrderRow)
        .where(OrderRow.id == order.id)
        .values(
            status=advance(order.status, status),
            filled_size=OrderRow.filled_size + sum(fill.size for fill in fills),
            filled_value=OrderRow.filled_value + sum(fill.value for fill in fills),
            fee=OrderRow.fee + sum(fill.fee for fill in fills),
            reason=reason or OrderRow.reason,
            updated_at=now,
        )
        .returning(OrderRow)
        .execution_options(populate_existing=True)
    )
    return _order((await session.execute(moved)).scalar_one())


async def reject_unsent(session: AsyncSession, account: Account, reason: str, now: datetime) -> int:
    """How many orders were recorded and never sent; they are rejected for `reason` now."""
    rejected = (
        sa.update(OrderRow)
        .where(OrderRow.account == account, OrderRow.status == OrderStatus.NEW)
        .values(status=OrderStatus.REJECTED, reason=reason, updated_at=now)
        .returning(OrderRow.id)
    )
    return len((await session.execute(rejected)).all())


def _order(row: OrderRow) -> Order:
    ticket = Ticket(
        user_id=UserId(row.user_id),
        account=row.account,
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        side=row.side,
        worst_price=Price(row.worst_price),
        key=row.key,
        spend=None if row.spend is None else Usdc(row.spend),
        size=None if row.size is None else Size(row.size),
    )
    return Order(
        id=OrderId(row.id),
        ticket=ticket,
        outcome=row.outcome,
        status=row.status,
        filled_size=Size(row.filled_size),
        filled_value=Usdc(row.filled_value),
        fee=Usdc(row.fee),
        reason=row.reason,
        created_at=row.created_at,
    )
