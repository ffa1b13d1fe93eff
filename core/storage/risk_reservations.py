"""What each order holds, and the sums that follow it. Locks go as in `core.storage.risk`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.order import Order, OrderStatus
from core.domain.reservation import NOTHING, Hold
from core.domain.units import ZERO, Size, Usdc
from core.storage.risk_models import ReservationRow, RiskMarketRow


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an order holds, as stored."""

    status: OrderStatus
    hold: Hold
    fee_share: Decimal
    day: date


_RESERVATION: Final = sa.text("""
    SELECT r.status, r.is_open, r.value, r.cost, r.shares, r.counted, r.fee_share, r.day
    FROM risk_accounts a JOIN reservations r ON r.user_id = a.user_id AND r.account = a.account
    WHERE a.user_id = :user AND a.account = :account AND r.order_id = :order
    FOR NO KEY UPDATE OF a, r
""")

# Counters never fall below zero, so that no fault in them can keep news of an order out.
_SETTLE: Final = sa.text("""
    WITH kept AS (
        UPDATE reservations SET status = :status, is_open = :is_open, updated_at = now(),
            value = CAST(:value AS numeric), cost = CAST(:cost AS numeric),
            shares = CAST(:shares AS numeric), counted = CAST(:counted AS numeric)
        WHERE order_id = :order
    ), own AS (
        UPDATE risk_accounts SET updated_at = now(),
            open_orders = greatest(open_orders + CAST(:more_open AS integer), 0),
            reserved = greatest(reserved + CAST(:more_cost AS numeric), 0),
            day_value = CASE WHEN day = CAST(:day AS date)
                THEN greatest(day_value + CAST(:more_counted AS numeric), 0) ELSE day_value END
        WHERE user_id = :user AND account = :account
    ), market AS (
        UPDATE risk_markets SET reserved = greatest(reserved + CAST(:more_value AS numeric), 0)
        WHERE user_id = :user AND account = :account AND market_id = :market
            AND CAST(:more_value AS numeric) <> 0
    )
    UPDATE risk_totals SET updated_at = now(),
        day_value = greatest(day_value + CAST(:more_counted AS numeric), 0)
    WHERE account = :account AND day = CAST(:day AS date) AND CAST(:more_counted AS numeric) <> 0
""")


async def lock_reservation(session: AsyncSession, order: Order) -> Reservation | None:
    """What the order holds, locked with its account; None if nothing was ever reserved for it."""
    ticket = order.ticket
    asked = {"user": ticket.user_id, "account": ticket.account.value, "order": order.id}
    row = (await session.execute(_RESERVATION, asked)).one_or_none()
    if row is None:
        return None
    return Reservation(
        status=OrderStatus(row.status),
        hold=Hold(
            row.is_open, Usdc(row.value), Usdc(row.cost), Size(row.shares), Usdc(row.counted)
        ),
        fee_share=row.fee_share,
        day=row.day,
    )


async def adopt(session: AsyncSession, order: Order, day: date) -> Reservation:
    """An empty reservation for an order that nobody claimed; its account is locked before."""
    ticket = order.ticket
    whose = {"user_id": ticket.user_id, "account": ticket.account, "market_id": ticket.market_id}
    await session.execute(insert(RiskMarketRow).values(whose).on_conflict_do_nothing())
    new = insert(ReservationRow).values(
        whose
        | {
            "order_id": order.id,
            "token_id": ticket.token_id,
            "side": ticket.side,
            "origin": ticket.origin,
            "rests": ticket.kind.rests,
            "status": order.status,
            "is_open": False,
            "value": ZERO,
            "cost": ZERO,
            "shares": ZERO,
            "day": day,
            "counted": ZERO,
        }
    )
    await session.execute(new)
    return Reservation(order.status, NOTHING, ZERO, day)


async def change(session: AsyncSession, order: Order, before: Reservation, hold: Hold) -> None:
    """Bring the locked reservation to `hold`, and every sum with it."""
    old = before.hold
    await session.execute(
        _SETTLE,
        {
            "order": order.id,
            "user": order.ticket.user_id,
            "account": order.ticket.account.value,
            "market": order.ticket.market_id,
            "status": order.status.value,
            "is_open": hold.is_open,
            "value": hold.value,
            "cost": hold.cost,
            "shares": hold.shares,
            "counted": hold.counted,
            "day": before.day,
            "more_open": hold.is_open - old.is_open,
            "more_value": hold.value - old.value,
            "more_cost": hold.cost - old.cost,
            "more_counted": hold.counted - old.counted,
        },
    )
