"""What models said of coming days, how events were settled, and both together."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.position import PositionStatus
from core.domain.units import EventId
from core.domain.weather.forecast import ModelId
from core.domain.weather.ladder import Bucket
from core.domain.weather.lessons import DaySaid, Lesson, ModelSaid, Settlement, known_by
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.storage.forecast_models import SettlementRow, WeatherPairRow
from core.storage.models import MarketRow, PositionRow
from core.storage.weather_models import EventRulesRow

_KEY = ("station", "day", "extreme", "lead_from", "source", "model")
_TOLD = ("mean", "spread", "members", "available_at")
PART = 500  # rows of one statement: each has ten values, and a statement takes 32,767


async def keep_said(session: AsyncSession, said: Sequence[DaySaid]) -> None:
    """The newest of each lead bucket stays."""
    rows = [_row(day, model) for day in said for model in day.models]
    for start in range(0, len(rows), PART):
        news = insert(WeatherPairRow).values(rows[start : start + PART])
        await session.execute(
            news.on_conflict_do_update(
                index_elements=list(_KEY),
                set_={name: news.excluded[name] for name in _TOLD},
                where=WeatherPairRow.available_at < news.excluded["available_at"],
            )
        )


async def keep_settlement(session: AsyncSession, settlement: Settlement) -> None:
    """The first one of an event stands."""
    values = {
        "event_id": settlement.event_id,
        "station": settlement.station,
        "day": settlement.day,
        "extreme": settlement.extreme.value,
        "unit": settlement.unit.value,
        "rounding": settlement.rounding.value,
        "low": settlement.bucket.low,
        "high": settlement.bucket.high,
        "observed": settlement.observed,
        "known_at": settlement.known_at,
    }
    await session.execute(insert(SettlementRow).values(values).on_conflict_do_nothing())


async def unsettled(
    session: AsyncSession, ended_after: datetime, ended_before: datetime, *, limit: int = 500
) -> tuple[EventId, ...]:
    """Events that ended in between and are not settled here, the oldest first.

    One of which something held was paid out has ended, whenever it was to.
    """
    settled = sa.select(SettlementRow.event_id)
    paid = (
        sa.select(MarketRow.event_id)
        .join(PositionRow, PositionRow.market_id == MarketRow.id)
        .where(
            PositionRow.status == PositionStatus.RESOLVED,
            PositionRow.closed_at > ended_after,
            MarketRow.event_id.is_not(None),
        )
    )
    query = (
        sa.select(EventRulesRow.event_id)
        .where(
            EventRulesRow.ends_at > ended_after,
            (EventRulesRow.ends_at <= ended_before) | EventRulesRow.event_id.in_(paid),
            EventRulesRow.event_id.not_in(settled),
        )
        .order_by(EventRulesRow.ends_at, EventRulesRow.event_id)
        .limit(limit)
    )
    return tuple(EventId(event) for event in await session.scalars(query))


async def settlements_between(
    session: AsyncSession, after: datetime, until: datetime
) -> tuple[Settlement, ...]:
    """Those that became known in between, in that order."""
    query = (
        sa.select(SettlementRow)
        .where(SettlementRow.known_at > after, SettlementRow.known_at <= until)
        .order_by(SettlementRow.known_at, SettlementRow.event_id)
    )
    return tuple(_settlement(row) for row in await session.scalars(query))


async def lessons(session: AsyncSession, moment: datetime, since: datetime) -> tuple[Lesson, ...]:
    """What was said of days whose events were settled after `since`, as all was known at `moment`.

    Nothing that became available later is among them. In the order of days, stations and leads.
    """
    ends = {each.event_id: each for each in await settlements_between(session, since, moment)}
    pair, end = WeatherPairRow, SettlementRow
    query = (
        sa.select(
            end.event_id,
            pair.lead_from,
            pair.source,
            pair.model,
            pair.mean,
            pair.spread,
            pair.members,
            pair.available_at,
        )
        .join(
            end,
            sa.and_(end.station == pair.station, end.day == pair.day, end.extreme == pair.extreme),
        )
        .where(end.known_at > since, end.known_at <= moment, pair.available_at <= moment)
        .order_by(pair.day, pair.station, end.event_id, pair.lead_from, pair.source, pair.model)
        .execution_options(yield_per=PART)
    )
    found = defaultdict[tuple[EventId, int], list[ModelSaid]](list)
    async for part in (await session.stream(query)).partitions():
        for row in part:
            found[EventId(row.event_id), row.lead_from].append(
                ModelSaid(
                    row.source,
                    ModelId(row.model),
                    row.mean,
                    row.spread,
                    row.members,
                    row.available_at,
                )
            )
    taught = [
        Lesson(_said(ends[event], lead, models), ends[event])
        for (event, lead), models in found.items()
    ]
    return known_by(taught, moment)


async def forget_lessons(session: AsyncSession, before: date) -> None:
    """Pairs and settlements of days before that."""
    await session.execute(sa.delete(WeatherPairRow).where(WeatherPairRow.day < before))
    await session.execute(sa.delete(SettlementRow).where(SettlementRow.day < before))


def _row(day: DaySaid, model: ModelSaid) -> dict[str, object]:
    return {
        "station": day.station,
        "day": day.day,
        "extreme": day.extreme.value,
        "lead_from": day.lead_from,
        "source": model.source,
        "model": model.model,
        "mean": model.mean,
        "spread": model.spread,
        "members": model.members,
        "available_at": model.available_at,
    }


def _said(settled: Settlement, lead_from: int, models: Sequence[ModelSaid]) -> DaySaid:
    return DaySaid(settled.station, settled.day, settled.extreme, lead_from, tuple(models))


def _settlement(row: SettlementRow) -> Settlement:
    return Settlement(
        EventId(row.event_id),
        StationId(row.station),
        row.day,
        Extreme(row.extreme),
        Unit(row.unit),
        Rounding(row.rounding),
        Bucket(row.low, row.high),
        row.observed,
        row.known_at,
    )
