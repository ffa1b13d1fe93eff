"""What the model said of events, by number, as stored."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import EventId
from core.domain.weather.belief import ForecastVersion, Opinion
from core.storage.strategy_models import WeatherVersionRow as Row


async def newest(
    session: AsyncSession, events: Collection[EventId]
) -> dict[EventId, ForecastVersion]:
    query = (
        sa.select(Row)
        .where(Row.event_id.in_(events))
        .ext(distinct_on(Row.event_id))
        .order_by(Row.event_id, Row.version.desc())
    )
    return {EventId(row.event_id): _version(row) for row in await session.scalars(query)}


async def add(
    session: AsyncSession, event: EventId, version: ForecastVersion, now: datetime
) -> None:
    opinion = version.opinion
    session.add(
        Row(
            event_id=event,
            version=version.number,
            chances=list(opinion.chances),
            errors=list(opinion.errors),
            weight=Decimal(repr(opinion.weight)),
            heard_at=opinion.heard_at,
            made_at=now,
        )
    )
    await session.flush()


async def forget(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(Row).where(Row.made_at < before))


def _version(row: Row) -> ForecastVersion:
    opinion = Opinion(tuple(row.chances), tuple(row.errors), float(row.weight), row.heard_at)
    return ForecastVersion(row.version, opinion)
