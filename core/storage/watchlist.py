"""Watchlists: what a user wants to find again."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import MarketId, UserId
from core.storage.finding_models import WatchRow


async def add(session: AsyncSession, user: UserId, market: MarketId, *, most: int) -> bool:
    """False if there are `most` of them already; one that is there stays as it is."""
    count = sa.select(sa.func.count()).where(WatchRow.user_id == user)
    if (await session.scalar(count) or 0) >= most and not await holds(session, user, market):
        return False
    statement = insert(WatchRow).values(user_id=user, market_id=market)
    await session.execute(statement.on_conflict_do_nothing())
    return True


async def remove(session: AsyncSession, user: UserId, market: MarketId) -> None:
    await session.execute(
        sa.delete(WatchRow).where(WatchRow.user_id == user, WatchRow.market_id == market)
    )


async def holds(session: AsyncSession, user: UserId, market: MarketId) -> bool:
    query = sa.select(sa.exists().where(WatchRow.user_id == user, WatchRow.market_id == market))
    return bool(await session.scalar(query))
