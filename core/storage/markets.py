"""Markets, as stored: looking them up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound
from core.domain.market import Market, Source
from core.domain.units import ConditionId, EventId, MarketId, Price, TokenId
from core.storage.market_rows import market_of
from core.storage.models import MarketRow

OPEN = sa.and_(MarketRow.is_closed.is_(False), MarketRow.accepts_orders)


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """What the row knows of its outcomes' prices, aligned with `Market.outcomes`."""

    bids: tuple[Price | None, ...]
    asks: tuple[Price | None, ...]
    last_trade: Price | None  # of the first outcome
    source: Source
    at: datetime | None  # when they were last known to be current


async def by_id(session: AsyncSession, market_id: MarketId) -> Market:
    """Raises: NotFound."""
    row = await session.get(MarketRow, market_id)
    if row is None:
        raise NotFound("There is no such market.")
    return market_of(row)


async def by_ids(session: AsyncSession, market_ids: Sequence[MarketId]) -> dict[MarketId, Market]:
    """Those that exist."""
    query = sa.select(MarketRow).where(MarketRow.id.in_(market_ids))
    return {MarketId(row.id): market_of(row) for row in (await session.execute(query)).scalars()}


async def by_tokens(session: AsyncSession, tokens: Sequence[TokenId]) -> list[Market]:
    """Those with any of the tokens."""
    has_any = MarketRow.clob_token_ids.op("?|")(sa.cast(list(tokens), ARRAY(sa.Text)))
    rows = (await session.scalars(sa.select(MarketRow).where(has_any))).all()
    return [market_of(row) for row in rows]


async def lock(session: AsyncSession, market_id: MarketId) -> None:
    """Wait for whoever writes this market, and keep others out until the end of the transaction."""
    await session.execute(
        sa.select(MarketRow.id).where(MarketRow.id == market_id).with_for_update(key_share=True)
    )


async def by_slug(session: AsyncSession, slug: str) -> Market | None:
    """Open ones first, should a slug have been used twice."""
    query = sa.select(MarketRow).where(MarketRow.slug == slug)
    query = query.order_by(MarketRow.is_closed, MarketRow.volume_24h.desc(), MarketRow.id).limit(1)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else market_of(row)


async def by_condition(session: AsyncSession, condition: ConditionId) -> Market | None:
    query = sa.select(MarketRow).where(MarketRow.condition_id == condition).limit(1)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else market_of(row)


async def ids_of(
    session: AsyncSession, conditions: Collection[ConditionId]
) -> dict[ConditionId, MarketId]:
    """Of those that are stored."""
    query = sa.select(MarketRow.condition_id, MarketRow.id).where(
        MarketRow.condition_id.in_(conditions)
    )
    rows = await session.execute(query)
    return {ConditionId(condition): MarketId(market) for condition, market in rows}


async def event_id_of_slug(session: AsyncSession, slug: str) -> EventId | None:
    query = sa.select(MarketRow.event_id).where(
        MarketRow.event_slug == slug, MarketRow.event_id.is_not(None)
    )
    found = await session.scalar(query.limit(1))
    return None if found is None else EventId(found)


async def of_event(
    session: AsyncSession, event_id: EventId, *, limit: int, offset: int = 0
) -> list[Market]:
    """Open markets first, then by the first outcome's price: favourites lead."""
    price = sa.cast(MarketRow.outcome_prices[0].astext, sa.Numeric)
    query = (
        sa.select(MarketRow)
        .where(MarketRow.event_id == event_id)
        .order_by(
            MarketRow.is_closed, price.desc().nulls_last(), MarketRow.volume.desc(), MarketRow.id
        )
        .limit(limit)
        .offset(offset)
    )
    return [market_of(row) for row in (await session.execute(query)).scalars()]


async def busiest_alone(session: AsyncSession, limit: int) -> list[Market]:
    """Open markets by 24-hour volume, whatever event they belong to."""
    query = (
        sa.select(MarketRow)
        .where(OPEN)
        .order_by(MarketRow.volume_24h.desc(), MarketRow.id)
        .limit(limit)
    )
    return [market_of(row) for row in (await session.execute(query)).scalars()]


async def stored_prices(
    session: AsyncSession, market_ids: Sequence[MarketId]
) -> dict[MarketId, StoredPrices]:
    """Of those markets that there are."""
    query = sa.select(MarketRow).where(MarketRow.id.in_(market_ids))
    rows = (await session.execute(query)).scalars()
    return {MarketId(row.id): _stored_prices(row) for row in rows}


async def price_times(
    session: AsyncSession, market_ids: Sequence[MarketId]
) -> dict[MarketId, datetime]:
    """When the stored prices of those markets were last known to be current, where known."""
    query = sa.select(MarketRow.id, MarketRow.price_at).where(
        MarketRow.id.in_(market_ids), MarketRow.price_at.is_not(None)
    )
    return {MarketId(found): at for found, at in await session.execute(query) if at is not None}


def _stored_prices(row: MarketRow) -> StoredPrices:
    count = len(row.outcomes)
    return StoredPrices(
        bids=_prices(row.best_bid, count),
        asks=_prices(row.best_ask, count),
        last_trade=None if row.last_trade_price is None else Price(row.last_trade_price),
        source=row.source,
        at=row.price_at,
    )


def _prices(texts: Sequence[str | None], count: int) -> tuple[Price | None, ...]:
    prices = [None if text is None else Price(Decimal(text)) for text in texts[:count]]
    return tuple(prices + [None] * (count - len(prices)))
