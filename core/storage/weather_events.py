"""Temperature events as the venue words them, with their markets."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Event, EventRules, Market
from core.domain.units import EventId
from core.domain.weather.events import EventText, ListedEvent, market_text
from core.storage.market_rows import market_of
from core.storage.models import MarketRow
from core.storage.weather_models import EventRulesRow as Row

_TOLD: Final = ("slug", "title", "description", "resolution_source", "ends_at", "tags")
_KEEP: Final = sa.text(
    f"""
    INSERT INTO event_rules (event_id, {", ".join(_TOLD)})
    SELECT event_id, {", ".join(_TOLD)}
    FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS entry (
        event_id text, slug text, title text, description text, resolution_source text,
        ends_at timestamptz, tags jsonb
    )
    ORDER BY event_id
    ON CONFLICT (event_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _TOLD)}, updated_at = now()
    WHERE ({", ".join(f"event_rules.{name}" for name in _TOLD)})
        IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _TOLD)})
    """  # noqa: S608 - put together from the constants above
)


async def keep_rules(session: AsyncSession, markets: Sequence[Market]) -> None:
    """What the events of `markets` say of themselves, where they do; the newest words win."""
    events = {market.event.id: market.event for market in markets if market.event is not None}
    told = [_entry(event, event.rules) for event in events.values() if event.rules is not None]
    if told:
        await session.execute(_KEEP, {"entries": json.dumps(told, ensure_ascii=False)})


async def upcoming(
    session: AsyncSession, ending_after: datetime, *, limit: int = 2_000
) -> tuple[EventId, ...]:
    """Temperature events that end after `ending_after`, the next ones first."""
    query = (
        sa.select(Row.event_id)
        .where(sa.or_(Row.ends_at.is_(None), Row.ends_at > ending_after))
        .order_by(Row.ends_at.asc().nulls_last(), Row.event_id)
        .limit(limit)
    )
    return tuple(EventId(event) for event in await session.scalars(query))


async def temperature_events(
    session: AsyncSession, events: Sequence[EventId]
) -> tuple[ListedEvent, ...]:
    """Those of `events` that are known, in their order, each with all its markets that we know.

    Ask for few at once: each market holds the loop for some 0.1 ms.
    """
    query = sa.select(Row).where(Row.event_id.in_(events))
    rows = {row.event_id: row for row in await session.scalars(query)}
    markets = await _markets(session, events)
    return tuple(_listed(rows[event], markets.get(event, ())) for event in events if event in rows)


async def _markets(session: AsyncSession, events: Sequence[str]) -> dict[str, tuple[Market, ...]]:
    query = sa.select(MarketRow).where(MarketRow.event_id.in_(events)).order_by(MarketRow.id)
    found = dict[str, tuple[Market, ...]]()
    for row in await session.scalars(query):
        if row.event_id is not None:
            found[row.event_id] = (*found.get(row.event_id, ()), market_of(row))
    return found


def _listed(row: Row, markets: tuple[Market, ...]) -> ListedEvent:
    text = EventText(
        EventId(row.event_id),
        row.slug,
        row.title,
        row.description,
        row.resolution_source,
        tuple(market_text(market) for market in markets),
        row.ends_at,
        tuple(row.tags),
    )
    return ListedEvent(text, markets)


def _entry(event: Event, rules: EventRules) -> dict[str, object]:
    return {
        "event_id": event.id,
        "slug": event.slug,
        "title": event.title,
        "description": rules.description,
        "resolution_source": rules.resolution_source,
        "ends_at": None if rules.ends_at is None else rules.ends_at.isoformat(),
        "tags": list(rules.tags),
    }
