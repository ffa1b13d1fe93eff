"""What a daily digest is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.position import PositionStatus
from core.domain.units import ZERO, Usdc, UserId, usdc
from core.storage.chat_models import NoticeRow
from core.storage.models import FOLLOWED, OrderRow, PositionRow
from core.storage.preference_models import PreferenceRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose digest is to come at which time of their day, since when."""

    user_id: UserId
    zone: str
    at: time
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    positions: int
    value: Usdc  # at their marks; at cost where there is none


async def wanted(session: AsyncSession) -> list[Wanted]:
    query = sa.select(PreferenceRow).where(PreferenceRow.digest_at.is_not(None))
    return [
        Wanted(UserId(row.user_id), row.zone, row.digest_at, row.updated_at)
        for row in await session.scalars(query)
        if row.digest_at is not None
    ]


async def is_told(session: AsyncSession, key: str) -> bool:
    return bool(await session.scalar(sa.select(sa.exists().where(NoticeRow.key == key))))


class Earlier(NamedTuple):
    """A digest of another day."""

    payload: Mapping[str, object]
    written_at: datetime


async def earlier(session: AsyncSession, key: str) -> Earlier | None:
    query = sa.select(NoticeRow.payload, NoticeRow.created_at).where(NoticeRow.key == key)
    found = (await session.execute(query)).one_or_none()
    return None if found is None else Earlier(*found)


async def held(session: AsyncSession, user: UserId, account: Account) -> Held:
    mark = sa.func.coalesce(PositionRow.current_price, PositionRow.entry_price)
    query = sa.select(sa.func.count(), sa.func.sum(PositionRow.amount * mark)).where(
        PositionRow.user_id == user,
        PositionRow.account == account,
        PositionRow.status == PositionStatus.ACTIVE,
    )
    count, value = (await session.execute(query)).one()
    return Held(count, usdc(value or ZERO))


async def open_orders(session: AsyncSession, user: UserId, account: Account) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(OrderRow)
        .where(OrderRow.user_id == user, OrderRow.account == account, sa.text(FOLLOWED))
    )
    return await session.scalar(query) or 0
