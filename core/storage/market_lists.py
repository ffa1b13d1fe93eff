"""Lists of markets, an event at a time: what trades most, is new, closes soon, or is watched."""

from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.domain.market import Market
from core.domain.units import UserId
from core.storage.finding_models import WatchRow
from core.storage.market_rows import market_of
from core.storage.markets import OPEN
from core.storage.models import MarketRow

Listed: TypeAlias = list[tuple[Market, int]]
"""One market of each event, and how many open ones the event has."""
Order: TypeAlias = sa.UnaryExpression[Decimal] | sa.UnaryExpression[datetime | None]

LOOKED_AT: Final = 1_000  # markets at the head of a list; lists end there

_EVENT = sa.func.coalesce(MarketRow.event_id, sa.literal("alone:") + MarketRow.id)


async def busiest(
    session: AsyncSession, category: str | None, *, limit: int, offset: int
) -> Listed:
    """Open events by 24-hour volume: each by its busiest market."""
    where = OPEN if category is None else sa.and_(OPEN, MarketRow.category == category)
    best = sa.func.sum(MarketRow.volume_24h)
    return await _events(session, where, MarketRow.volume_24h.desc(), best.desc(), limit, offset)


async def newest(session: AsyncSession, *, limit: int, offset: int) -> Listed:
    """Open events by when their newest market was listed."""
    order = MarketRow.listed_at.desc().nulls_last()
    best = sa.func.max(MarketRow.listed_at).desc().nulls_last()
    return await _events(session, OPEN, order, best, limit, offset)


async def closing_soon(session: AsyncSession, now: datetime, *, limit: int, offset: int) -> Listed:
    """Open events by the next end among their markets."""
    where = sa.and_(OPEN, MarketRow.ends_at > now)
    best = sa.func.min(MarketRow.ends_at).asc()
    return await _events(session, where, MarketRow.ends_at.asc(), best, limit, offset)


async def watched(session: AsyncSession, user: UserId, *, limit: int, offset: int) -> list[Market]:
    """What the user watches: open ones first, then the last that was put there."""
    query = (
        sa.select(MarketRow)
        .join(WatchRow, WatchRow.market_id == MarketRow.id)
        .where(WatchRow.user_id == user)
        .order_by(MarketRow.is_closed, WatchRow.created_at.desc(), MarketRow.id)
        .limit(limit)
        .offset(offset)
    )
    return [market_of(row) for row in (await session.execute(query)).scalars()]


async def categories(session: AsyncSession) -> list[tuple[str, int]]:
    """Name and number of open events, busiest first."""
    query = (
        sa.select(MarketRow.category, sa.func.count(_EVENT.distinct()))
        .where(OPEN, MarketRow.category != "")
        .group_by(MarketRow.category)
        .order_by(sa.func.sum(MarketRow.volume_24h).desc(), MarketRow.category)
    )
    return [(name, count) for name, count in await session.execute(query)]


async def _events(
    session: AsyncSession,
    where: sa.ColumnElement[bool],
    order: Order,
    best: Order,
    limit: int,
    offset: int,
) -> Listed:
    """The events of the first markets by `order`, ordered by the `best` of theirs."""
    head = sa.select(MarketRow.id).where(where).order_by(order, MarketRow.id).limit(LOOKED_AT)
    busiest_id = sa.func.array_agg(
        postgresql.aggregate_order_by(MarketRow.id, MarketRow.volume_24h.desc(), MarketRow.id.asc())
    )[1]
    grouped = (
        sa.select(
            busiest_id.label("id"),
            sa.func.row_number().over(order_by=(best, sa.func.min(MarketRow.id))).label("place"),
        )
        .where(MarketRow.id.in_(head))
        .group_by(_EVENT)
        .subquery()
    )
    other = aliased(MarketRow)
    together = (
        sa.select(sa.func.count())
        .where(other.event_id == MarketRow.event_id, ~other.is_closed, other.accepts_orders)
        .scalar_subquery()
    )
    query = (
        sa.select(MarketRow, sa.func.greatest(together, 1))
        .join(grouped, grouped.c.id == MarketRow.id)
        .order_by(grouped.c.place)
        .limit(limit)
        .offset(offset)
    )
    return [(market_of(row), count) for row, count in await session.execute(query)]
