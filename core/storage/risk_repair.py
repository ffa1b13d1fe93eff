"""Reservations compared with the orders they stand for, and mended."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.order import Order
from core.domain.units import UserId
from core.storage.models import FOLLOWED, OrderRow
from core.storage.order_rows import order_of
from core.storage.risk_models import ReservationRow, RiskAccountRow, RiskTotalRow


@dataclass(frozen=True, slots=True)
class Sums:
    """A stored sum, and what its parts add up to."""

    what: str
    stored: str
    right: str


_ACCOUNT: Final = sa.text("""
    WITH parts AS (
        SELECT count(*) FILTER (WHERE is_open) AS open_orders,
            coalesce(sum(cost), 0) AS reserved,
            coalesce(sum(counted) FILTER (WHERE day = CAST(:today AS date)), 0) AS day_value
        FROM reservations WHERE user_id = :user AND account = :account
            AND (is_open OR day = CAST(:today AS date))
    ), before AS (
        SELECT open_orders, reserved,
            CASE WHEN day = CAST(:today AS date) THEN day_value ELSE 0 END AS day_value
        FROM risk_accounts WHERE user_id = :user AND account = :account
    ), mended AS (
        UPDATE risk_accounts a SET open_orders = p.open_orders, reserved = p.reserved,
            day = CAST(:today AS date), day_value = p.day_value, updated_at = now()
        FROM parts p, before b WHERE a.user_id = :user AND a.account = :account
            AND (p.open_orders, p.reserved, p.day_value)
                <> (b.open_orders, b.reserved, b.day_value)
    )
    SELECT v.what, CAST(v.stored AS text) AS stored, CAST(v.right AS text) AS right
    FROM parts p, before b, LATERAL (VALUES
        ('open orders', CAST(b.open_orders AS numeric), CAST(p.open_orders AS numeric)),
        ('reserved cash', b.reserved, p.reserved),
        ('bought today', b.day_value, p.day_value)) AS v (what, stored, "right")
    WHERE v.stored <> v.right
""")

_MARKETS: Final = sa.text("""
    WITH parts AS (
        SELECT market_id, sum(value) AS reserved FROM reservations
        WHERE user_id = :user AND account = :account AND is_open GROUP BY market_id
    ), compared AS (
        SELECT m.market_id, m.reserved AS stored, coalesce(p.reserved, 0) AS right
        FROM risk_markets m LEFT JOIN parts p ON p.market_id = m.market_id
        WHERE m.user_id = :user AND m.account = :account AND m.reserved <> coalesce(p.reserved, 0)
    ), mended AS (
        UPDATE risk_markets m SET reserved = c.right FROM compared c
        WHERE m.user_id = :user AND m.account = :account AND m.market_id = c.market_id
    )
    SELECT 'reserved in market ' || market_id AS what, CAST(stored AS text) AS stored,
        CAST("right" AS text) AS right FROM compared
""")

_TOTAL: Final = sa.text("""
    WITH parts AS (
        SELECT coalesce(sum(counted), 0) AS day_value FROM reservations
        WHERE account = :account AND day = CAST(:today AS date)
    ), mended AS (
        UPDATE risk_totals t SET day = CAST(:today AS date), day_value = p.day_value
        FROM parts p WHERE t.account = :account
            AND CASE WHEN t.day = CAST(:today AS date) THEN t.day_value ELSE 0 END <> p.day_value
        RETURNING p.day_value AS right
    )
    SELECT 'bought today by all' AS what, CAST(t.day_value AS text) AS stored,
        CAST(m.right AS text) AS right FROM risk_totals t, mended m WHERE t.account = :account
""")


async def accounts(session: AsyncSession) -> list[tuple[UserId, Account]]:
    """Everybody's for whom anything was ever reserved, or should be."""
    query = sa.union(
        sa.select(RiskAccountRow.user_id, RiskAccountRow.account),
        sa.select(OrderRow.user_id, OrderRow.account).where(sa.text(FOLLOWED)),
    )
    rows = (await session.execute(query)).all()
    return sorted((UserId(user), Account(account)) for user, account in rows)


async def lock_orders(session: AsyncSession, user: UserId, account: Account) -> list[Order]:
    """Those that are open, or hold something all the same; as they are until we are done."""
    holding = sa.select(ReservationRow.order_id).where(
        ReservationRow.user_id == user, ReservationRow.account == account, ReservationRow.is_open
    )
    query = (
        sa.select(OrderRow)
        .where(
            OrderRow.user_id == user,
            OrderRow.account == account,
            sa.or_(sa.text(f"({FOLLOWED})"), OrderRow.id.in_(holding)),
        )
        .order_by(OrderRow.id)
        .with_for_update()
    )
    return [order_of(row) for row in (await session.execute(query)).scalars()]


async def mend_account(
    session: AsyncSession, user: UserId, account: Account, today: date
) -> list[Sums]:
    """What did not add up in the locked account; it does now."""
    whose = {"user": user, "account": account.value}
    own = await session.execute(_ACCOUNT, whose | {"today": today})
    found = [Sums(row.what, row.stored, row.right) for row in own]
    markets = await session.execute(_MARKETS, whose)
    return found + [Sums(row.what, row.stored, row.right) for row in markets]


async def mend_total(session: AsyncSession, account: Account, today: date) -> list[Sums]:
    """The same for all users together; claims and settlements wait meanwhile."""
    row = sa.select(RiskTotalRow.account).where(RiskTotalRow.account == account)
    await session.execute(row.with_for_update())
    rows = await session.execute(_TOTAL, {"account": account.value, "today": today})
    return [Sums(row.what, row.stored, row.right) for row in rows]
