"""What can be learned from, written by the database itself: no row of it passes our loop."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import EventId
from core.domain.weather.calibration import Lead
from core.domain.weather.daily import LEADS
from core.domain.weather.records import Lows, Occasion
from core.domain.weather.temperature import Extreme
from core.storage.forecast_models import SettlementRow
from core.storage.learning_models import WeatherLadderRow

BEGINS: Final = dict(zip(Lead, LEADS, strict=True))

_LESSONS: Final = sa.text("""
    SELECT json_agg(lesson)::text FROM (
        SELECT day, json_build_object(
            'station', station, 'extreme', extreme, 'lead', lead_from,
            'at', extract(epoch FROM greatest(max(p.available_at), e.known_at)),
            'unit', e.unit, 'rounding', e.rounding, 'low', e.low, 'high', e.high, 'lows', l.lows,
            'models', json_object_agg(p.model, p.mean ORDER BY p.source, p.model),
            'spread', avg(p.spread)
        ) AS lesson
        FROM settlements e JOIN weather_pairs p USING (station, day, extreme)
            JOIN weather_ladders l USING (event_id)
        WHERE e.known_at > :since AND e.known_at <= :moment AND p.available_at <= :moment
            AND extreme = :extreme AND p.lead_from = :lead
            AND jsonb_array_length(l.lows) > 1
        GROUP BY day, station, extreme, lead_from, e.event_id, l.event_id
        ORDER BY station, extreme, lead_from, e.event_id
    ) lessons GROUP BY day ORDER BY day
""")
_RECORDS: Final = sa.text("""
    SELECT json_agg(json_build_object(
        'lead', s.lead, 'place', s.place, 'raw', b.raw,
        'model', b.model -> s.place, 'market', b.market -> s.place
    ) ORDER BY s.event_id, s.occasion)::text
    FROM weather_scores s JOIN weather_beliefs b USING (event_id, occasion)
    WHERE s.occasion = :occasion AND s.known_at > :since AND s.known_at <= :moment
    GROUP BY s.day ORDER BY s.day
""")


async def lessons(
    session: AsyncSession, since: datetime, moment: datetime, extreme: Extreme, lead: Lead
) -> tuple[str, ...]:
    """By day, see `fitting.lessons.LessonText`. Nothing that became known after `moment`."""
    asked = {"since": since, "moment": moment, "extreme": extreme.value, "lead": BEGINS[lead]}
    found = await session.scalars(_LESSONS, asked)
    return tuple(found)


async def records(
    session: AsyncSession, since: datetime, moment: datetime, lead: Lead
) -> tuple[str, ...]:
    """By day, see `fitting.lessons.RecordText`. Nothing that became known after `moment`."""
    asked = {"since": since, "moment": moment, "occasion": Occasion(lead.value).value}
    found = await session.scalars(_RECORDS, asked)
    return tuple(found)


async def without_ladder(session: AsyncSession, *, limit: int) -> tuple[EventId, ...]:
    """Settled events whose buckets are not kept yet, the newest first."""
    known = sa.select(WeatherLadderRow.event_id)
    query = (
        sa.select(SettlementRow.event_id)
        .where(SettlementRow.event_id.not_in(known))
        .order_by(SettlementRow.known_at.desc(), SettlementRow.event_id)
        .limit(limit)
    )
    return tuple(EventId(event) for event in await session.scalars(query))


async def keep_ladder(session: AsyncSession, event: EventId, lows: Lows) -> None:
    """`lows` may be empty, for an event that cannot be read any more: it teaches nothing."""
    new = insert(WeatherLadderRow).values(event_id=event, lows=list(lows))
    await session.execute(new.on_conflict_do_nothing())


async def forget_ladders(session: AsyncSession) -> None:
    """Those of settlements that were forgotten."""
    settled = sa.select(SettlementRow.event_id)
    gone = WeatherLadderRow.event_id.not_in(settled)
    await session.execute(sa.delete(WeatherLadderRow).where(gone))
