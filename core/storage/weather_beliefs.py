"""What was said of events, kept until they are settled and scored, and beyond."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import EventId
from core.domain.weather.calibration import Lead
from core.domain.weather.ladder import Bucket
from core.domain.weather.records import Occasion, Outcome, SaidOf, Subject
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.storage.forecast_models import SettlementRow
from core.storage.learning_models import BeliefRow as Row
from core.storage.learning_models import WeatherScoreRow

_NEWER: Final = ("lead", "lows", "version", "at", "model", "raw", "market", "forecast")


async def keep(session: AsyncSession, said: Sequence[SaidOf]) -> None:
    """Of a lead the first one stays, of the midnight the last one."""
    first = [_row(one) for one in said if one.occasion is not Occasion.MIDNIGHT]
    if first:
        await session.execute(insert(Row).values(first).on_conflict_do_nothing())
    last = [_row(one) for one in said if one.occasion is Occasion.MIDNIGHT]
    if last:
        new = insert(Row).values(last)
        await session.execute(
            new.on_conflict_do_update(
                index_elements=[Row.event_id, Row.occasion],
                set_={name: new.excluded[name] for name in _NEWER},
                where=Row.at < new.excluded["at"],
            )
        )


async def kept(session: AsyncSession, after: datetime) -> frozenset[tuple[EventId, Occasion]]:
    """Which occasions have something already, of what was said after `after`."""
    query = sa.select(Row.event_id, Row.occasion).where(Row.at > after)
    rows = await session.execute(query)
    return frozenset((EventId(event), Occasion(occasion)) for event, occasion in rows)


async def unscored(session: AsyncSession, *, limit: int) -> tuple[tuple[SaidOf, Outcome], ...]:
    """What was said of events that are settled now, the oldest settlement first."""
    query = (
        sa.select(Row, SettlementRow)
        .join(SettlementRow, SettlementRow.event_id == Row.event_id)
        .outerjoin(
            WeatherScoreRow,
            sa.and_(
                WeatherScoreRow.event_id == Row.event_id, WeatherScoreRow.occasion == Row.occasion
            ),
        )
        .where(WeatherScoreRow.event_id.is_(None), Row.at < SettlementRow.known_at)
        .order_by(SettlementRow.known_at, Row.event_id, Row.occasion)
        .limit(limit)
    )
    rows = await session.execute(query)
    return tuple(
        (_said(said), Outcome(Bucket(end.low, end.high), end.known_at)) for said, end in rows
    )


async def drop(session: AsyncSession, said: Sequence[SaidOf]) -> None:
    """What cannot be compared with anything."""
    for one in said:
        await session.execute(
            sa.delete(Row).where(
                Row.event_id == one.subject.event_id, Row.occasion == one.occasion.value
            )
        )


async def forget(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(Row).where(Row.at < before))


def _row(said: SaidOf) -> Mapping[str, object]:
    subject = said.subject
    return {
        "event_id": subject.event_id,
        "occasion": said.occasion.value,
        "lead": said.lead.value,
        "city": subject.city,
        "station": subject.station,
        "extreme": subject.extreme.value,
        "day": subject.day,
        "unit": subject.unit.value,
        "rounding": subject.rounding.value,
        "lows": list(subject.lows),
        "version": said.version,
        "at": said.at,
        "model": list(said.model),
        "raw": list(said.raw),
        "market": list(said.market),
        "forecast": said.forecast,
    }


def _said(row: Row) -> SaidOf:
    subject = Subject(
        EventId(row.event_id),
        row.city,
        StationId(row.station),
        row.day,
        Extreme(row.extreme),
        Unit(row.unit),
        Rounding(row.rounding),
        tuple(row.lows),
    )
    return SaidOf(
        subject,
        Occasion(row.occasion),
        Lead(row.lead),
        row.at,
        row.version,
        tuple(row.model),
        tuple(row.raw),
        tuple(row.market),
        row.forecast,
    )
