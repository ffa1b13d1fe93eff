"""What accounts were worth when their days began, as stored."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import CashMoveKind
from core.domain.equity import DayStart
from core.domain.units import ZERO, Usdc, UserId
from core.storage.models import WalletRow
from core.storage.portfolio_models import EquityDayRow
from core.storage.reconciliation_models import CashMoveRow


async def start_of(
    session: AsyncSession, user: UserId, account: Account, day: date
) -> DayStart | None:
    row = await session.get(EquityDayRow, (user, account, day))
    return None if row is None else DayStart(row.day, Usdc(row.total), row.taken_at)


async def keep(session: AsyncSession, user: UserId, account: Account, start: DayStart) -> None:
    """The first one of a day stays."""
    new = insert(EquityDayRow).values(
        user_id=user, account=account, day=start.day, total=start.total, taken_at=start.taken_at
    )
    await session.execute(new.on_conflict_do_nothing())


async def moved_since(
    session: AsyncSession, user: UserId, account: Account, since: datetime
) -> Usdc:
    """Cash that came without a trade, less what went.

    Results that wait to be claimed are in every total already, so claiming them moves nothing.
    """
    query = sa.select(sa.func.coalesce(sa.func.sum(CashMoveRow.amount), ZERO)).where(
        CashMoveRow.user_id == user,
        CashMoveRow.account == account,
        CashMoveRow.kind != CashMoveKind.REDEEM,
        CashMoveRow.created_at > since,
    )
    return Usdc((await session.execute(query)).scalar_one())


async def accounts(session: AsyncSession) -> list[tuple[UserId, Account]]:
    """Everybody's, in which there is or was money."""
    query = sa.select(WalletRow.user_id, WalletRow.account).order_by(WalletRow.id)
    return [(UserId(user), account) for user, account in await session.execute(query)]
