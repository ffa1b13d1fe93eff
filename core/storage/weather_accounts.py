"""What an account of somebody has in temperature markets, for people to look at."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.units import ZERO, EventId, MarketId, Size, TokenId, Usdc, UserId, usdc


@dataclass(frozen=True, slots=True)
class HeldShares:
    """`cost` before fees, in USDC."""

    event_id: EventId
    market_id: MarketId
    token_id: TokenId
    shares: Size
    cost: Usdc


@dataclass(frozen=True, slots=True)
class WeatherAccount:
    """`cash` None: the account has had no day yet. `trades` counts positions, past ones too."""

    cash: Usdc | None
    result: Usdc  # of temperature markets alone, booked and unbooked, after all fees
    held: tuple[HeldShares, ...]
    trades: int


_CASH: Final = sa.text("SELECT cash FROM wallets WHERE user_id = :user AND account = :account")
_RESULT: Final = sa.text("""
    SELECT coalesce(sum(p.pnl_amount + p.realized_pnl), 0) AS result, count(*) AS trades
    FROM positions p JOIN markets m ON m.id = p.market_id
        JOIN event_rules e ON e.event_id = m.event_id
    WHERE p.user_id = :user AND p.account = :account
""")
_HELD: Final = sa.text("""
    SELECT m.event_id, p.market_id, p.token_id, p.amount, p.amount * p.entry_price AS cost
    FROM positions p JOIN markets m ON m.id = p.market_id
        JOIN event_rules e ON e.event_id = m.event_id
    WHERE p.user_id = :user AND p.account = :account AND p.status = 'active'
    ORDER BY p.id
""")


async def account_of(session: AsyncSession, user: UserId, account: Account) -> WeatherAccount:
    asked = {"user": user, "account": account.value}
    cash = await session.scalar(_CASH, asked)
    sums = (await session.execute(_RESULT, asked)).one()
    held = tuple(
        HeldShares(
            EventId(row.event_id),
            MarketId(row.market_id),
            TokenId(row.token_id),
            Size(row.amount),
            usdc(row.cost),
        )
        for row in await session.execute(_HELD, asked)
    )
    return WeatherAccount(
        None if cash is None else Usdc(cash), usdc(sums.result or ZERO), held, sums.trades
    )
