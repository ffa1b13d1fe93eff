"""When a forecast is asked for again, and for how many days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.domain.weather.days import day_span
from core.domain.weather.station import Station

RUNS: Final = timedelta(hours=6)  # from run to run of the global models
DONE: Final = timedelta(hours=6, minutes=30)  # after its start a run is computed and published
OLD: Final = timedelta(hours=3)
NEAR: Final = timedelta(days=3)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """`checks`: seconds between two looks while polling carries the prices; `streaming`: while the
    stream does. `max_age`: from when on a forecast is not given out any more.
    """

    checks: float = 60.0
    streaming: float = 600.0
    observing: float = 60.0  # seconds between two questions for station reports
    max_age: timedelta = timedelta(hours=6)
    forecasts_kept: timedelta = timedelta(days=3)
    lessons_kept: timedelta = timedelta(days=400)


def is_due(asked_at: datetime | None, now: datetime) -> bool:
    """3 hours after the last answer, or as soon as a newer run is there."""
    if asked_at is None or now - asked_at >= OLD:
        return True
    return _newest_run(asked_at) < _newest_run(now)


def near_days(station: Station, days: Collection[date], now: datetime) -> tuple[date, ...]:
    """Those that are not over and begin within three days, in order."""
    spans = ((day, *day_span(day, station.zone)) for day in sorted(set(days)))
    return tuple(day for day, start, end in spans if end > now and start - now <= NEAR)


def days_to_ask(days: Collection[date], now: datetime) -> int:
    """How many days from today (UTC) on hold the last of `days` whole, wherever it is."""
    return max(2, (max(days) - now.astimezone(UTC).date()).days + 2)


def is_under_way(station: Station, day: date, now: datetime) -> bool:
    start, end = day_span(day, station.zone)
    return start <= now < end


def _newest_run(moment: datetime) -> int:
    return (moment - DONE - EPOCH) // RUNS
