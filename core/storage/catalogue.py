"""Taking over what the venue's catalogue says, in sets."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.category import OTHER
from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.units import MarketId
from core.storage.market_rows import record_of
from core.storage.models import MarketRow, PositionRow

CATALOGUE_LAG: Final = timedelta(minutes=5)  # prices in the catalogue are about that old

_COLUMNS: Final = """
    id text, condition_id text, slug text, question text, title text,
    event_id text, event_slug text, event_title text, event_neg_risk boolean,
    category text, version text, outcomes jsonb, clob_token_ids jsonb, outcome_prices jsonb,
    tick_size numeric, minimum_size numeric,
    fee_rate numeric, fee_exponent numeric, fee_taker_only boolean, neg_risk boolean,
    volume numeric, volume_24h numeric, liquidity numeric, ends_at timestamptz,
    listed_at timestamptz,
    accepts_orders boolean, is_closed boolean, is_resolved boolean, resolved_outcome text,
    payouts jsonb, price_at timestamptz
"""
_NAMES: Final = tuple(column.split()[0] for column in _COLUMNS.split(","))
_LIVE_PRICES: Final = ("outcome_prices", "price_at")
_LISTED: Final = ("event_id", "event_slug", "event_title", "listed_at")
_FOLLOWED: Final = tuple(
    name for name in _NAMES if name not in {"id", "category", *_LIVE_PRICES, *_LISTED}
)

# A row that a stream or the poller keeps has better prices than the catalogue, until they are old
# or the result is known.
_KEEPS_PRICES: Final = (
    "(excluded.payouts IS NULL AND (markets.source = 'ws' OR excluded.price_at IS NULL"
    " OR (markets.source = 'poll' AND markets.price_at > CAST(:fresh_after AS timestamptz))))"
)
_UPSERT: Final = sa.text(
    f"""
    INSERT INTO markets (source, {", ".join(_NAMES)})
    SELECT 'api', {", ".join(f"entry.{name}" for name in _NAMES)}
    FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS entry ({_COLUMNS})
    WHERE NOT EXISTS (
        SELECT FROM markets other
        WHERE other.condition_id = entry.condition_id AND other.id <> entry.id
    )
    ORDER BY entry.id
    ON CONFLICT (id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _FOLLOWED)},
        {", ".join(f"{name} = coalesce(excluded.{name}, markets.{name})" for name in _LISTED)},
        source = CASE WHEN excluded.payouts IS NULL THEN markets.source ELSE 'api' END,
        category = CASE WHEN excluded.category IN ('', '{OTHER}') AND markets.category <> ''
            THEN markets.category ELSE excluded.category END,
        {
        ", ".join(
            f"{name} = CASE WHEN {_KEEPS_PRICES} THEN markets.{name} ELSE excluded.{name} END"
            for name in _LIVE_PRICES
        )
    },
        updated_at = now()
    """  # noqa: S608 - put together from the constants above
)


async def upsert(session: AsyncSession, markets: Sequence[Market], at: datetime) -> int:
    """How many of `markets` were written, as the venue told them at `at`.

    Prices of streamed and freshly polled rows stay. Rows that somebody else is writing right now
    are left for the next time: waiting for them while holding others could end in a deadlock.
    A single look-up tells less than a listing, so event, category and listing time are not lost
    by one.
    """
    entries = _distinct(markets)
    busy = await _busy(session, list(entries))
    records = [record_of(market, at) for key, market in entries.items() if key not in busy]
    if records:
        await session.execute(
            _UPSERT,
            {
                "entries": json.dumps(records, ensure_ascii=False),
                "fresh_after": at - CATALOGUE_LAG,
            },
        )
    return len(records)


async def unlisted(
    session: AsyncSession, listed: Sequence[MarketId], *, limit: int
) -> list[MarketId]:
    """Markets we take for open that are not among `listed`: held ones first, then the stalest."""
    held = sa.exists().where(
        PositionRow.market_id == MarketRow.id, PositionRow.status == PositionStatus.ACTIVE
    )
    # One text: an array of 20,000 parameters holds the loop for 13 ms while it is encoded.
    known = sa.select(sa.func.unnest(sa.func.string_to_array(",".join(listed), ",")))
    query = (
        sa.select(MarketRow.id)
        .where(MarketRow.is_closed.is_(False), MarketRow.id.not_in(known))
        .order_by(held.desc(), MarketRow.updated_at, MarketRow.id)
        .limit(limit)
    )
    return [MarketId(found) for found in (await session.execute(query)).scalars()]


async def withdraw(session: AsyncSession, market_ids: Sequence[MarketId]) -> None:
    """The venue does not know these any more: they stay as they are, but take no orders."""
    await session.execute(
        sa.update(MarketRow)
        .where(MarketRow.id.in_(market_ids))
        .values(accepts_orders=False, updated_at=sa.func.now())
    )


def _distinct(markets: Sequence[Market]) -> dict[MarketId, Market]:
    """One per id and per condition, the first of each; sorted as rows are locked."""
    conditions: set[str] = set()
    chosen: dict[MarketId, Market] = {}
    for market in sorted(markets, key=lambda market: market.id):
        if market.id not in chosen and market.condition_id not in conditions:
            chosen[market.id] = market
            conditions.add(market.condition_id)
    return chosen


async def _busy(session: AsyncSession, ids: Sequence[MarketId]) -> frozenset[str]:
    """Existing rows among `ids` that another transaction holds; the others are ours now."""
    known = sa.select(MarketRow.id).where(MarketRow.id.in_(ids))
    there = frozenset((await session.execute(known)).scalars())
    free = known.order_by(MarketRow.id).with_for_update(skip_locked=True, key_share=True)
    return there - frozenset((await session.execute(free)).scalars())
