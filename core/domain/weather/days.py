"""A station's local civil day, and the extreme of what was measured or foreseen in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.weather.temperature import Extreme

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
ABSURD: Final = 200.0  # degrees in either unit; also keeps out infinities and not-a-number


class IncompleteDay(ValueError):
    """A day of which not every hour is known. Its text says what is missing."""


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first instant of `day` and the first after it, in UTC: 23, 24 or 25 hours, as a rule.

    Where clocks are put forward at midnight, the day begins with the first instant that there is.
    """
    return _beginning(day, zone), _beginning(day + timedelta(days=1), zone)


def hours_of(day: date, zone: str, times: Sequence[datetime]) -> tuple[int, ...]:
    """The places of those `times` (aware) that lie in `day`."""
    start, end = day_span(day, zone)
    return tuple(place for place, at in enumerate(times) if start <= at < end)


def whole_day(day: date, zone: str, times: Sequence[datetime]) -> tuple[int, ...]:
    """The places of every hour of `day`, in order.

    Raises:
        IncompleteDay: an hour is missing, or there twice.

    """
    places = hours_of(day, zone, times)
    _refuse_gaps([times[place] for place in places], *day_span(day, zone))
    return places


def daily_extreme(
    times: Sequence[datetime],
    values: Sequence[float | None],
    day: date,
    zone: str,
    extreme: Extreme,
) -> float:
    """The extreme of hourly `values` over the whole local day; values in any one unit.

    Raises:
        IncompleteDay: an hour is missing, there twice, or has no finite value.

    """
    if len(times) != len(values):
        raise IncompleteDay(f"{len(values)} values for {len(times)} times.")
    places = whole_day(day, zone, times)
    known = [value for place in places if (value := values[place]) is not None]
    if len(known) < len(places) or not all(abs(value) < ABSURD for value in known):
        raise IncompleteDay(f"An hour of {day} has no temperature.")
    return max(known) if extreme is Extreme.HIGHEST else min(known)


def _refuse_gaps(times: Sequence[datetime], start: datetime, end: datetime) -> None:
    """The first hour may begin late by less than an hour: zones differ by halves and quarters."""
    if not times or times[0] - start >= HOUR or end - times[-1] > HOUR:
        raise IncompleteDay(
            f"The hours do not span the day from {start:%H:%M} UTC of {start:%d %B} on."
        )
    if any(later - earlier != HOUR for earlier, later in pairwise(times)):
        raise IncompleteDay(
            f"The day from {start:%H:%M} UTC of {start:%d %B} on lacks or repeats an hour."
        )


def _beginning(day: date, zone: str) -> datetime:
    """Of two midnights the first; where there is none, the first instant whose date is `day`."""
    midnight = datetime.combine(day, time.min, ZoneInfo(zone))
    at = min(midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC))
    while (
        at.astimezone(midnight.tzinfo).date() < day
    ):  # in a gap, an hour's steps at most as a rule
        at += MINUTE
    return at
