"""What the weather strategy has at stake in one account."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.units import ZERO, EventId, MarketId, Size, TokenId, Usdc, UserId, usdc


@dataclass(frozen=True, slots=True)
class HeldToken:
    """Shares and their cost before fees; `result` is booked and unbooked profit."""

    event_id: EventId
    market_id: MarketId
    token_id: TokenId
    shares: Size
    cost: Usdc
    result: Usdc


_HELD: Final = sa.text("""
    SELECT m.event_id, p.market_id, p.token_id, p.amount,
        p.amount * p.entry_price AS cost, p.pnl_amount + p.realized_pnl AS result
    FROM positions p JOIN markets m ON m.id = p.market_id
        JOIN event_rules e ON e.event_id = m.event_id
    WHERE p.user_id = :user AND p.account = :account
        AND (p.status = 'active' OR p.closed_at >= :since)
    ORDER BY p.id
""")
_LOCKED: Final = sa.text("""
    SELECT w.cash, w.cash - coalesce((SELECT sum(reserved) FROM risk_accounts
        WHERE user_id = :user AND account = :account), 0) AS free
    FROM wallets w WHERE w.user_id = :user AND w.account = :account
""")


async def held(
    session: AsyncSession, user: UserId, account: Account, since: datetime
) -> list[HeldToken]:
    """Of temperature markets: what is held, and with 0 shares what was closed after `since`."""
    asked = {"user": user, "account": account.value, "since": since}
    return [
        HeldToken(
            EventId(row.event_id),
            MarketId(row.market_id),
            TokenId(row.token_id),
            Size(row.amount),
            usdc(row.cost),
            usdc(row.result),
        )
        for row in await session.execute(_HELD, asked)
    ]


async def cash(session: AsyncSession, user: UserId, account: Account) -> tuple[Usdc, Usdc] | None:
    """All of it and what open orders leave free; None without a wallet."""
    asked = {"user": user, "account": account.value}
    row = (await session.execute(_LOCKED, asked)).one_or_none()
    if row is None:
        return None
    return Usdc(row.cash), Usdc(max(Decimal(row.free), ZERO))
