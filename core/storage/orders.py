"""Orders, as stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.errors import NotFound
from core.domain.ledger import Fill
from core.domain.order import Order, OrderHash, OrderStatus, Ticket, advance
from core.domain.units import MarketId, OrderId, Size, UserId
from core.storage.models import FOLLOWED, OrderRow
from core.storage.order_rows import order_of, values_of

_FOLLOWED = sa.text(f"({FOLLOWED})")  # literal: parameters would match no index

# What stands between a tap and the wire is constant text: putting it together takes its time too.
_RECORD: Final = sa.select(OrderRow).from_statement(
    sa.text("""
        INSERT INTO orders (user_id, account, market_id, token_id, outcome, side, spend, size,
            worst_price, key, kind, post_only, expires_at, origin, order_hash, status, created_at,
            updated_at)
        VALUES (:user_id, :account, :market_id, :token_id, :outcome, :side, :spend, :size,
            :worst_price, :key, :kind, :post_only, :expires_at, :origin, :order_hash, :status, :now,
            :now)
        ON CONFLICT DO NOTHING RETURNING orders.*
    """)
)
_LOCK: Final = sa.select(OrderRow).from_statement(
    sa.text("""
        WITH wallet AS (
            SELECT id FROM wallets WHERE user_id = :user AND account = :account FOR UPDATE
        )
        SELECT orders.* FROM orders LEFT JOIN wallet ON true WHERE orders.id = :order
        FOR UPDATE OF orders
    """)
)
_UNKNOWN: Final = sa.select(OrderRow).from_statement(
    sa.text("""
        SELECT orders.* FROM orders WHERE account = :account AND user_id = :user
            AND market_id = :market AND status = 'unknown'
        ORDER BY id
    """)
)


async def record(
    session: AsyncSession, ticket: Ticket, outcome: str, now: datetime
) -> tuple[Order, bool]:
    """The ticket's order and whether it is new; a known key gives the order it made before."""
    facts = {"outcome": outcome, "order_hash": None, "status": OrderStatus.NEW}
    order, is_new = await _record(session, ticket, facts, now)
    if order is None:
        raise RuntimeError("an order that was in the way of another one has vanished")
    return order, is_new


async def record_external(
    session: AsyncSession, ticket: Ticket, outcome: str, order_hash: OrderHash, now: datetime
) -> Order:
    """An order that the venue told of; its state follows from what is told.

    Raises: NotFound if somebody else's order has this hash.
    """
    facts = {"outcome": outcome, "order_hash": order_hash, "status": OrderStatus.UNKNOWN}
    order, _ = await _record(session, ticket, facts, now)
    if order is None:
        raise NotFound("This order belongs to somebody else.")
    return order


async def by_id(session: AsyncSession, order_id: OrderId, user_id: UserId) -> Order | None:
    """None also for somebody else's."""
    query = sa.select(OrderRow).where(OrderRow.id == order_id, OrderRow.user_id == user_id)
    return _order_or_none((await session.execute(query)).scalar_one_or_none())


async def by_hash(session: AsyncSession, user_id: UserId, order_hash: OrderHash) -> Order | None:
    """None also for somebody else's."""
    query = sa.select(OrderRow).where(
        OrderRow.order_hash == order_hash, OrderRow.user_id == user_id
    )
    return _order_or_none((await session.execute(query)).scalar_one_or_none())


async def by_key(
    session: AsyncSession, user_id: UserId, account: Account, key: str
) -> Order | None:
    """What was placed with that idempotency key."""
    query = sa.select(OrderRow).where(
        OrderRow.account == account, OrderRow.user_id == user_id, OrderRow.key == key
    )
    return _order_or_none((await session.execute(query)).scalar_one_or_none())


async def lock(session: AsyncSession, order_id: OrderId) -> Order:
    """The order as it is now, kept so until the end of the transaction."""
    query = sa.select(OrderRow).where(OrderRow.id == order_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    return order_of((await session.execute(query)).scalar_one())


async def lock_for_booking(
    session: AsyncSession, order_id: OrderId, user_id: UserId, account: Account
) -> Order:
    """The same with the wallet locked first, where there is one: the order of every booking."""
    asked = {"order": order_id, "user": user_id, "account": account}
    row = await session.execute(_LOCK, asked, execution_options={"populate_existing": True})
    return order_of(row.scalar_one())


async def move(
    session: AsyncSession,
    order: Order,
    status: OrderStatus,
    *,
    fills: Sequence[Fill] = (),
    reason: str = "",
    now: datetime,
) -> Order:
    """The locked `order` after news: its state, and what `fills` add to it."""
    return await _update(
        session,
        order,
        status=advance(order.status, status),
        filled_size=OrderRow.filled_size + sum(fill.size for fill in fills),
        filled_value=OrderRow.filled_value + sum(fill.value for fill in fills),
        fee=OrderRow.fee + sum(fill.fee for fill in fills),
        reason=reason or OrderRow.reason,
        updated_at=now,
    )


async def save_fills(session: AsyncSession, order: Order, now: datetime) -> Order:
    """The locked order with its state, its size and the sums of its fills as `order` has them."""
    return await _update(
        session,
        order,
        status=order.status,
        size=order.ticket.size,
        matched_size=order.matched_size,
        filled_size=order.filled_size,
        filled_value=order.filled_value,
        fee=order.fee,
        failed_size=order.failed_size,
        failed_value=order.failed_value,
        reason=_reason_still_true(order.status),
        updated_at=now,
    )


def _reason_still_true(status: OrderStatus) -> sa.ColumnElement[str]:
    """The reason so far; why nobody knew of the order is none any more once somebody does."""
    stored = sa.type_coerce(OrderRow.reason, sa.Text)
    if status is OrderStatus.UNKNOWN:
        return stored
    return sa.case((OrderRow.status == OrderStatus.UNKNOWN, ""), else_=stored)


async def save_news(
    session: AsyncSession,
    order: Order,
    status: OrderStatus,
    matched: Size,
    reason: str,
    now: datetime,
) -> Order:
    """The locked `order` in exactly this state; the venue has matched `matched` of it in total."""
    return await _update(
        session,
        order,
        status=status,
        matched_size=matched,
        reason=reason or _reason_still_true(status),
        updated_at=now,
    )


async def enlarge(session: AsyncSession, order: Order, size: Size) -> Order:
    """A locked external order that turns out to have asked for `size` shares."""
    return await _update(session, order, size=size)


async def request_cancel(session: AsyncSession, order: Order, now: datetime) -> Order:
    """The locked `order`, wanted off the book since `now` or an earlier wish."""
    since = sa.func.coalesce(OrderRow.cancel_requested_at, now)
    return await _update(session, order, cancel_requested_at=since, updated_at=now)


async def open_of(
    session: AsyncSession, user_id: UserId, account: Account, market: MarketId | None = None
) -> list[Order]:
    """The user's orders that may still trade, oldest first; in one market, if given."""
    query = sa.select(OrderRow).where(
        OrderRow.account == account, OrderRow.user_id == user_id, _FOLLOWED
    )
    if market is not None:
        query = query.where(OrderRow.market_id == market)
    rows = (await session.execute(query.order_by(OrderRow.id))).scalars()
    return [order for order in map(order_of, rows) if not order.is_done]


async def unknown_in(
    session: AsyncSession, account: Account, user_id: UserId, market: MarketId
) -> list[Order]:
    """The user's orders in the market of which nobody knows yet whether they were placed."""
    asked = {"account": account, "user": user_id, "market": market}
    return [order_of(row) for row in (await session.execute(_UNKNOWN, asked)).scalars()]


async def followed(session: AsyncSession, account: Account) -> list[Order]:
    """Everybody's orders of which news may still come, oldest first."""
    query = sa.select(OrderRow).where(OrderRow.account == account, _FOLLOWED)
    return [order_of(row) for row in (await session.execute(query.order_by(OrderRow.id))).scalars()]


async def _record(
    session: AsyncSession, ticket: Ticket, facts: Mapping[str, object], now: datetime
) -> tuple[Order | None, bool]:
    """None if something else is in the way than an order with this key."""
    values = {**values_of(ticket), **facts, "now": now}
    row = (await session.execute(_RECORD, values)).scalar_one_or_none()
    if row is not None:
        return order_of(row), True
    known = sa.select(OrderRow).where(
        OrderRow.account == ticket.account,
        OrderRow.user_id == ticket.user_id,
        OrderRow.key == ticket.key,
    )
    return _order_or_none((await session.execute(known)).scalar_one_or_none()), False


async def _update(session: AsyncSession, order: Order, **values: object) -> Order:
    updated = (
        sa.update(OrderRow)
        .where(OrderRow.id == order.id)
        .values(values)
        .returning(OrderRow)
        .execution_options(populate_existing=True)
    )
    return order_of((await session.execute(updated)).scalar_one())


def _order_or_none(row: OrderRow | None) -> Order | None:
    return None if row is None else order_of(row)
