"""Forecasts as they came, and what stations reported."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.weather.forecast import Forecast, ModelId, Observation
from core.domain.weather.station import StationId
from core.storage.forecast_models import ForecastRow, ObservationRow
from core.storage.packing import packed, unpacked


async def keep_forecasts(session: AsyncSession, forecasts: Sequence[Forecast]) -> None:
    """Each once; its hours have to follow each other."""
    rows = list[dict[str, object]]()
    for forecast in forecasts:
        rows.append(_row(forecast))
        await asyncio.sleep(0)  # packing an ensemble takes a millisecond or two
    if rows:
        await session.execute(insert(ForecastRow).values(rows).on_conflict_do_nothing())


async def newest_forecasts(session: AsyncSession, after: datetime) -> tuple[Forecast, ...]:
    """The newest of each station and model that became available after that; read in a thread."""
    query = (
        sa.select(ForecastRow)
        .where(ForecastRow.available_at > after)
        .ext(distinct_on(ForecastRow.station, ForecastRow.source, ForecastRow.model))
        .order_by(
            ForecastRow.station,
            ForecastRow.source,
            ForecastRow.model,
            ForecastRow.available_at.desc(),
        )
    )
    rows = list(await session.scalars(query))
    return await asyncio.to_thread(_forecasts, rows)


async def keep_observations(session: AsyncSession, observations: Sequence[Observation]) -> None:
    """A report of the same time replaces what was there, unless it says the same."""
    if not observations:
        return
    news = insert(ObservationRow).values([_report(one) for one in observations])
    told = ("celsius", "is_exact")
    await session.execute(
        news.on_conflict_do_update(
            index_elements=[ObservationRow.station, ObservationRow.at],
            set_={name: news.excluded[name] for name in (*told, "received_at")},
            where=ObservationRow.celsius != news.excluded["celsius"],
        )
    )


async def observations_since(session: AsyncSession, moment: datetime) -> tuple[Observation, ...]:
    query = (
        sa.select(ObservationRow)
        .where(ObservationRow.at >= moment)
        .order_by(ObservationRow.station, ObservationRow.at)
    )
    return tuple(_observation(row) for row in await session.scalars(query))


async def observations_between(
    session: AsyncSession, station: StationId, start: datetime, end: datetime
) -> tuple[Observation, ...]:
    """In the order of their times; `end` is not among them."""
    query = (
        sa.select(ObservationRow)
        .where(
            ObservationRow.station == station,
            ObservationRow.at >= start,
            ObservationRow.at < end,
        )
        .order_by(ObservationRow.at)
    )
    return tuple(_observation(row) for row in await session.scalars(query))


async def forget_forecasts(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(ForecastRow).where(ForecastRow.available_at < before))


async def forget_observations(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(ObservationRow).where(ObservationRow.at < before))


def _row(forecast: Forecast) -> dict[str, object]:
    return {
        "station": forecast.station,
        "source": forecast.source,
        "model": forecast.model,
        "available_at": forecast.available_at,
        "issued_at": forecast.issued_at,
        "starts_at": forecast.times[0],
        "hours": len(forecast.times),
        "packed": packed(forecast.members),
    }


def _forecasts(rows: Sequence[ForecastRow]) -> tuple[Forecast, ...]:
    return tuple(_forecast(row) for row in rows)


def _forecast(row: ForecastRow) -> Forecast:
    start = row.starts_at.astimezone(UTC)
    return Forecast(
        row.source,
        ModelId(row.model),
        StationId(row.station),
        row.issued_at,
        row.available_at,
        tuple(start + timedelta(hours=hour) for hour in range(row.hours)),
        unpacked(row.packed, row.hours),
    )


def _report(observation: Observation) -> dict[str, object]:
    return {
        "station": observation.station,
        "at": observation.at,
        "celsius": observation.celsius,
        "is_exact": observation.is_exact,
        "received_at": observation.received_at,
    }


def _observation(row: ObservationRow) -> Observation:
    return Observation(
        StationId(row.station), row.at, row.celsius, row.received_at, is_exact=row.is_exact
    )
