"""What somebody can trade with, as quotes see it: cash, shares, and what open orders hold of them.

The guards look again, under their locks.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.units import ZERO, Size, TokenId, Usdc, UserId, usdc


@dataclass(frozen=True, slots=True)
class Means:
    """Of one account; `shares` are of one token."""

    cash: Usdc
    shares: Size = Size(ZERO)
    cash_held: Usdc = Usdc(ZERO)  # by open orders, with the fees that they may pay
    shares_held: Size = Size(ZERO)  # by open sales

    @property
    def free_cash(self) -> Usdc:
        return usdc(self.cash - self.cash_held)

    @property
    def free_shares(self) -> Size:
        return Size(self.shares - self.shares_held)


_MEANS: Final = sa.text("""
    SELECT w.cash,
        (SELECT coalesce(sum(amount), 0) FROM positions WHERE user_id = :user
            AND account = :account AND token_id = :token AND status = 'active') AS shares,
        (SELECT coalesce(sum(reserved), 0) FROM risk_accounts WHERE user_id = :user
            AND account = :account) AS cash_held,
        (SELECT coalesce(sum(shares), 0) FROM reservations WHERE is_open AND user_id = :user
            AND account = :account AND token_id = :token) AS shares_held
    FROM wallets w WHERE w.user_id = :user AND w.account = :account
""")


async def means(
    session: AsyncSession, user_id: UserId, account: Account, token: TokenId
) -> Means | None:
    """None without a wallet."""
    asked = {"user": user_id, "account": account.value, "token": token}
    row = (await session.execute(_MEANS, asked)).one_or_none()
    if row is None:
        return None
    return Means(Usdc(row.cash), Size(row.shares), Usdc(row.cash_held), Size(row.shares_held))


async def cash_held(session: AsyncSession, user_id: UserId, account: Account) -> Usdc:
    """By open orders, with the fees that they may pay."""
    query = sa.text(
        "SELECT coalesce(sum(reserved), 0) FROM risk_accounts"
        " WHERE user_id = :user AND account = :account"
    )
    asked = {"user": user_id, "account": account.value}
    return Usdc((await session.execute(query, asked)).scalar_one())
