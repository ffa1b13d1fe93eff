"""A station's day: as long as its clocks say, and only as a whole."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.weather.days import HOUR, IncompleteDay, daily_extreme, day_span, hours_of
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ZONES = sorted({entry.station.zone for entry in known_stations().known})
NEW_YORK = "America/New_York"
DAY = date(2026, 6, 20)


def hourly(first: datetime, count: int) -> list[datetime]:
    return [first + number * HOUR for number in range(count)]


@pytest.mark.parametrize(
    ("day", "zone", "start", "hours"),
    [
        (date(2026, 6, 20), "Asia/Tokyo", datetime(2026, 6, 19, 15, tzinfo=UTC), 24),
        (date(2026, 6, 20), NEW_YORK, datetime(2026, 6, 20, 4, tzinfo=UTC), 24),
        (date(2026, 3, 8), NEW_YORK, datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        (date(2026, 11, 1), NEW_YORK, datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        (date(2026, 3, 29), "Europe/London", datetime(2026, 3, 29, 0, tzinfo=UTC), 23),
        (date(2026, 10, 25), "Europe/London", datetime(2026, 10, 24, 23, tzinfo=UTC), 25),
        (date(2026, 4, 5), "Pacific/Auckland", datetime(2026, 4, 4, 11, tzinfo=UTC), 25),
        # No midnight: clocks go from 00:00 to 01:00; and two of them: from 01:00 back to 00:00.
        (date(2026, 3, 8), "America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        (date(2026, 3, 29), "Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC), 23),
        (date(2018, 2, 17), "America/Sao_Paulo", datetime(2018, 2, 17, 2, tzinfo=UTC), 25),
        # Clocks went forward across midnight, and a day that never was.
        (date(1919, 3, 31), "America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC), 23.5),
        (date(2011, 12, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC), 0),
        (date(2026, 6, 20), "Asia/Kolkata", datetime(2026, 6, 19, 18, 30, tzinfo=UTC), 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(
    day: date, zone: str, start: datetime, hours: float
) -> None:
    assert day_span(day, zone) == (start, start + hours * HOUR)


@PATIENT
@given(st.dates(date(2020, 1, 1), date(2037, 1, 1)), st.sampled_from(ZONES))
def test_days_follow_one_another_and_begin_with_their_date(day: date, zone: str) -> None:
    start, end = day_span(day, zone)
    assert day_span(day + timedelta(days=1), zone)[0] == end
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
    assert start.astimezone(ZoneInfo(zone)).date() == day
    assert (start - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() < day


def test_an_hour_belongs_to_the_day_it_is_in_by_the_stations_clock() -> None:
    times = hourly(datetime(2026, 6, 19, 12, tzinfo=UTC), 60)
    assert hours_of(DAY, "Asia/Tokyo", times) == tuple(range(3, 27))
    assert hours_of(DAY, NEW_YORK, times) == tuple(range(16, 40))
    assert hours_of(date(2026, 6, 25), NEW_YORK, times) == ()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_the_extreme_is_taken_over_the_local_day_alone(day: date, hours: int) -> None:
    start, _ = day_span(day, NEW_YORK)
    times = hourly(start - 2 * HOUR, hours + 4)
    values = [99.0, 99.0, *(float(number) for number in range(hours)), -99.0, -99.0]
    assert daily_extreme(times, values, day, NEW_YORK, Extreme.HIGHEST) == hours - 1
    assert daily_extreme(times, values, day, NEW_YORK, Extreme.LOWEST) == 0


def test_hours_of_a_zone_off_by_a_half_make_a_day() -> None:
    times = hourly(datetime(2026, 6, 19, 19, tzinfo=UTC), 24)
    assert daily_extreme(times, [1.0] * 24, DAY, "Asia/Kolkata", Extreme.LOWEST) == 1


@pytest.mark.parametrize("missing", [0, 1, 12, 22, 23])
def test_a_day_without_one_of_its_hours_has_no_extreme(missing: int) -> None:
    start, _ = day_span(DAY, NEW_YORK)
    times, values = hourly(start, 24), [20.0] * 24
    del times[missing], values[missing]
    with pytest.raises(IncompleteDay):
        daily_extreme(times, values, DAY, NEW_YORK, Extreme.HIGHEST)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -float("inf"), 9999.0])
def test_an_hour_without_a_temperature_leaves_its_day_without_an_extreme(
    value: float | None,
) -> None:
    start, _ = day_span(DAY, NEW_YORK)
    values: list[float | None] = [20.0] * 24
    values[7] = value
    with pytest.raises(IncompleteDay):
        daily_extreme(hourly(start, 24), values, DAY, NEW_YORK, Extreme.HIGHEST)


def test_repeated_and_unequal_columns_are_refused() -> None:
    start, _ = day_span(DAY, NEW_YORK)
    times = hourly(start, 24)
    for several, values in (
        ([*times[:5], *times[4:]], [20.0] * 25),
        (times, [20.0] * 23),
        ([], []),
        (times[::-1], [20.0] * 24),
    ):
        with pytest.raises(IncompleteDay):
            daily_extreme(several, values, DAY, NEW_YORK, Extreme.HIGHEST)
