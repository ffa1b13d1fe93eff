"""What was signed for orders, and what was done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.order import Order, OrderHash, SignedPayload
from core.domain.units import OrderId
from core.storage.models import OrderRow
from core.storage.order_models import SignedOrderRow
from core.storage.order_rows import order_of

_ADD: Final = sa.select(OrderRow).from_statement(
    sa.text("""
        WITH signed AS (
            INSERT INTO signed_orders (order_id, user_id, order_hash, salt, timestamp_ms, body,
                signed_at, sent_at, attempts)
            VALUES (:order, :user, :hash, :salt, :timestamp, :body, :signed_at, :now, 1)
            RETURNING order_id, order_hash, sent_at
        )
        UPDATE orders SET status = 'signed', order_hash = signed.order_hash,
            updated_at = signed.sent_at
        FROM signed WHERE orders.id = signed.order_id
        RETURNING orders.*
    """)
)


@dataclass(frozen=True, slots=True)
class Sending:
    """A signed order and its way to the venue."""

    signed: SignedPayload
    sent_at: datetime | None  # when its bytes last left, or were about to
    attempts: int
    looked_up_at: datetime | None
    misses: int  # look-ups in a row in which the venue knew nothing of it
    trade_ids: tuple[str, ...]  # that the venue named


async def add(session: AsyncSession, order: Order, signed: SignedPayload, now: datetime) -> Order:
    """The new `order`, signed; its bytes leave after this transaction.

    Its caller holds the lock of its row and has seen there that it is NEW.
    """
    values = {
        "order": order.id,
        "user": order.ticket.user_id,
        "hash": signed.hash,
        "salt": signed.salt,
        "timestamp": signed.timestamp,
        "body": signed.body,
        "signed_at": signed.signed_at,
        "now": now,
    }
    row = await session.execute(_ADD, values, execution_options={"populate_existing": True})
    return order_of(row.scalar_one())


async def of_order(session: AsyncSession, order_id: OrderId) -> Sending | None:
    """None for an order that was never signed here."""
    row = await session.get(SignedOrderRow, order_id)
    return None if row is None else _sending(row)


async def of_orders(session: AsyncSession, order_ids: Sequence[OrderId]) -> dict[OrderId, Sending]:
    """Those that were signed here."""
    query = sa.select(SignedOrderRow).where(SignedOrderRow.order_id.in_(order_ids))
    rows = (await session.execute(query)).scalars()
    return {OrderId(row.order_id): _sending(row) for row in rows}


async def note_sending(session: AsyncSession, order_id: OrderId, now: datetime) -> None:
    """Its bytes are about to leave."""
    await _note(session, order_id, sent_at=now, attempts=SignedOrderRow.attempts + 1)


async def note_look_up(
    session: AsyncSession, order_id: OrderId, now: datetime, *, is_found: bool
) -> None:
    misses = 0 if is_found else SignedOrderRow.misses + 1
    await _note(session, order_id, last_look_up_at=now, misses=misses)


async def note_trades(session: AsyncSession, order_id: OrderId, ids: Sequence[str]) -> None:
    await _note(session, order_id, trade_ids=list(ids))


async def _note(session: AsyncSession, order_id: OrderId, **values: object) -> None:
    noted = sa.update(SignedOrderRow).where(SignedOrderRow.order_id == order_id).values(values)
    await session.execute(noted)


def _sending(row: SignedOrderRow) -> Sending:
    return Sending(
        signed=SignedPayload(
            hash=OrderHash(row.order_hash),
            salt=row.salt,
            timestamp=row.timestamp_ms,
            body=row.body,
            signed_at=row.signed_at,
        ),
        sent_at=row.sent_at,
        attempts=row.attempts,
        looked_up_at=row.last_look_up_at,
        misses=row.misses,
        trade_ids=tuple(row.trade_ids),
    )
