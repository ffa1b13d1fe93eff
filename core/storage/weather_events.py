"""Temperature events as the venue words them, with their markets."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Event, EventRules, Market
from core.domain.units import EventId
from core.domain.weather.events import EventText, ListedEvent, market_text
from core.storage.market_rows import market_of
from core.storage.models import MarketRow
from core.storage.weather_models import EventRulesRow as Row

_TOLD = ("slug", "title", "description", "resolution_source", "ends_at", "tags")


async def keep_rules(session: AsyncSession, markets: Sequence[Market]) -> None:
    """What the events of `markets` say of themselves, where they do; the newest words win."""
    told = [_values(event, event.rules) for event in _events(markets) if event.rules is not None]
    if not told:
        return
    new = insert(Row).values(told)
    changed = sa.or_(*(getattr(Row, name).is_distinct_from(new.excluded[name]) for name in _TOLD))
    following = {name: new.excluded[name] for name in _TOLD}
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[Row.event_id],
            set_=following | {"updated_at": sa.func.now()},
            where=changed,
        )
    )


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

    Ask for few at once, as making a market of a row takes some 0.05 ms.
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


def _events(markets: Sequence[Market]) -> list[Event]:
    """Each once, in the order in which rows are locked."""
    events = {market.event.id: market.event for market in markets if market.event is not None}
    return [events[event] for event in sorted(events)]


def _values(event: Event, rules: EventRules) -> dict[str, object]:
    return {
        "event_id": event.id,
        "slug": event.slug,
        "title": event.title,
        "description": rules.description,
        "resolution_source": rules.resolution_source,
        "ends_at": rules.ends_at,
        "tags": list(rules.tags),
    }
