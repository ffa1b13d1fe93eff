"""What the ledger has booked of a market's result, and what of it was paid out."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.resolution import EVENT
from core.domain.units import ZERO, MarketId, Usdc, UserId, usdc
from core.storage.models import FillRow
from core.storage.reconciliation_models import CashMoveRow


def redeemed_key(market: MarketId) -> str:
    """How the keys of cash moves begin that were paid for this market's shares."""
    return f"redeemed:{market}:"


async def owed(session: AsyncSession, user: UserId, market: MarketId) -> Usdc:
    """The value of the shares that the ledger calls resolved, less what was redeemed for them."""
    result = sa.select(sa.func.sum(FillRow.size * FillRow.price)).where(
        FillRow.user_id == user,
        FillRow.account == Account.LIVE,
        FillRow.event_key.startswith(f"{EVENT}{market}:", autoescape=True),
    )
    paid = sa.select(sa.func.sum(CashMoveRow.amount)).where(
        CashMoveRow.user_id == user,
        CashMoveRow.account == Account.LIVE,
        CashMoveRow.key.startswith(redeemed_key(market), autoescape=True),
    )
    value = await session.scalar(result) or ZERO
    return usdc(value - (await session.scalar(paid) or ZERO))
