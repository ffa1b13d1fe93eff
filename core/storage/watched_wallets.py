"""Wallets that people watch, as stored."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.public_wallet import Watched
from core.domain.units import UserId
from core.storage.portfolio_models import WatchedWalletRow as Row


async def add(session: AsyncSession, user: UserId, address: str, *, most: int) -> bool:
    """False if there are `most` of them already; one that is there stays as it is."""
    count = sa.select(sa.func.count()).where(Row.user_id == user)
    if (await session.scalar(count) or 0) >= most and not await holds(session, user, address):
        return False
    new = insert(Row).values(user_id=user, address=address)
    await session.execute(new.on_conflict_do_nothing())
    return True


async def remove(session: AsyncSession, user: UserId, address: str) -> None:
    await session.execute(sa.delete(Row).where(Row.user_id == user, Row.address == address))


async def holds(session: AsyncSession, user: UserId, address: str) -> bool:
    query = sa.select(sa.exists().where(Row.user_id == user, Row.address == address))
    return bool(await session.scalar(query))


async def everything(session: AsyncSession) -> list[Watched]:
    """Everybody's, by address."""
    query = sa.select(Row).order_by(Row.address, Row.user_id)
    return [_watched(row) for row in await session.scalars(query)]


async def lock(session: AsyncSession, user: UserId, address: str) -> Watched | None:
    """As it is now, until the end of the transaction; None if nobody watches it any more."""
    query = sa.select(Row).where(Row.user_id == user, Row.address == address).with_for_update()
    row = (await session.scalars(query)).one_or_none()
    return None if row is None else _watched(row)


async def note(
    session: AsyncSession, watched: Watched, seen: Sequence[str], until: datetime
) -> None:
    """What was there at this look."""
    await session.execute(
        sa.update(Row)
        .where(Row.user_id == watched.user, Row.address == watched.address)
        .values(seen=list(seen), until=until)
    )


def _watched(row: Row) -> Watched:
    return Watched(UserId(row.user_id), row.address, frozenset(row.seen), row.until)
