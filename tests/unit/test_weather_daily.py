"""A day's extremes by model and member, when to ask again, and what is kept of it all."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.weather.daily import (
    APART,
    LEADS,
    ModelDay,
    agreeing,
    daily_extremes,
    lead_from,
    model_day,
    observed,
)
from core.domain.weather.days import IncompleteDay, day_span
from core.domain.weather.fetching import is_due, is_under_way, near_days
from core.domain.weather.forecast import Forecast, ModelId, Observation
from core.domain.weather.temperature import Extreme
from core.storage.packing import packed, unpacked
from tests.support.weather import LONDON, NEW_YORK, TOKYO

HOUR = timedelta(hours=1)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # days of 23 and 25 hours in New York
MIDNIGHT = datetime(2026, 3, 7, tzinfo=UTC)


def forecast(
    *members: tuple[float | None, ...], start: datetime = MIDNIGHT, model: str = "m"
) -> Forecast:
    times = tuple(start + hour * HOUR for hour in range(len(members[0])))
    return Forecast("s", ModelId(model), NEW_YORK.id, None, start, times, members)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_has_the_hours_that_its_clock_gives_it(day: date, hours: int) -> None:
    start, end = day_span(day, NEW_YORK.zone)
    assert (end - start) / HOUR == hours
    begin = start - 3 * HOUR
    rising = tuple(float(hour) for hour in range(hours + 6))
    found = model_day(forecast(rising, start=begin), day, NEW_YORK.zone, Extreme.HIGHEST, begin)
    assert found.members == (hours + 2.0,)
    found = model_day(forecast(rising, start=begin), day, NEW_YORK.zone, Extreme.LOWEST, begin)
    assert found.members == (3.0,)


def test_members_keep_to_themselves_and_one_with_a_gap_is_left_out() -> None:
    day = date(2026, 6, 1)
    start, _ = day_span(day, NEW_YORK.zone)
    warm, cold = (20.0,) * 23 + (30.0,), (10.0,) * 24
    torn = (None, *warm[1:])
    found = model_day(
        forecast(warm, torn, cold, start=start), day, NEW_YORK.zone, Extreme.HIGHEST, start
    )
    assert found.members == (30.0, 10.0)
    assert (found.mean, found.spread) == (20.0, 10.0)
    with pytest.raises(IncompleteDay):
        model_day(forecast(torn, start=start), day, NEW_YORK.zone, Extreme.HIGHEST, start)


def test_what_remains_of_a_day_begins_with_the_present_hour() -> None:
    day = date(2026, 6, 1)
    start, end = day_span(day, NEW_YORK.zone)
    falling = forecast(tuple(float(-hour) for hour in range(24)), start=start)

    def at(moment: datetime) -> ModelDay:
        return model_day(falling, day, NEW_YORK.zone, Extreme.HIGHEST, moment)

    assert (at(start - HOUR).remaining, at(start - HOUR).now) == ((0.0,), ())
    noon = at(start + 12 * HOUR + HOUR / 2)
    assert (noon.members, noon.remaining, noon.now) == ((0.0,), (-12.0,), (-12.0,))
    assert (at(end).remaining, at(end).now) == ((), ())


def said(model: str, mean: float) -> ModelDay:
    return ModelDay("s", ModelId(model), MIDNIGHT, MIDNIGHT, (mean,))


def test_a_model_far_off_the_others_is_left_out_and_two_cannot_outvote_each_other() -> None:
    kept, apart = agreeing([said("a", 20), said("b", 21), said("c", 33)])
    assert [model.model for model in kept] == ["a", "b"]
    assert list(apart) == ["c"]
    assert "12.5" in apart[ModelId("c")]
    assert len(agreeing([said("a", 0), said("b", 30)])[0]) == 2


@given(st.lists(st.floats(-40, 40), max_size=9))
def test_models_that_are_kept_agree(means: list[float]) -> None:
    models = [said(str(number), mean) for number, mean in enumerate(means)]
    kept, apart = agreeing(models)
    assert len(kept) + len(apart) == len(models)
    if len(kept) > 2:
        middle = sorted(model.mean for model in kept)[len(kept) // 2]
        assert all(abs(model.mean - middle) <= 2 * APART for model in kept)


def report(celsius: float, minutes: int) -> Observation:
    at = MIDNIGHT + timedelta(minutes=minutes)
    return Observation(LONDON.id, at, celsius, at)


def test_the_first_report_of_an_extreme_is_the_one() -> None:
    told = [report(11, 0), report(14, 30), report(14, 60), report(9, 90), report(9, 120)]
    highest, lowest = observed(told, Extreme.HIGHEST), observed(told, Extreme.LOWEST)
    assert highest is not None
    assert lowest is not None
    assert (highest.celsius, highest.at) == (14, told[1].at)
    assert (lowest.celsius, lowest.at) == (9, told[3].at)
    assert observed([], Extreme.HIGHEST) is None


def test_reports_of_other_days_do_not_count() -> None:
    view = daily_extremes(
        LONDON,
        MIDNIGHT.date(),
        Extreme.HIGHEST,
        (),
        [report(40, -1), report(12, 0), report(13, 1439), report(50, 1440)],
        MIDNIGHT,
    )
    assert view.observed is not None
    assert view.newest is not None
    assert (view.observed.celsius, view.newest.celsius) == (13, 13)


@pytest.mark.parametrize(
    ("hours", "lead"), [(-5, 0), (0, 0), (5.9, 0), (6, 6), (18, 18), (29.9, 18), (54, 54), (90, 54)]
)
def test_a_lead_counts_to_the_end_of_the_local_day(hours: float, lead: int) -> None:
    _, end = day_span(SPRING, NEW_YORK.zone)
    assert lead_from(end - hours * HOUR, NEW_YORK, SPRING) == lead
    assert lead in LEADS


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.floats(0, 12))  # noqa: DTZ001 - made aware below
def test_no_forecast_waits_longer_than_three_hours(moment: datetime, hours: float) -> None:
    asked = moment.replace(tzinfo=UTC)
    due = is_due(asked, asked + hours * HOUR)
    assert due or hours < 3
    assert not is_due(asked, asked)
    assert is_due(None, asked)


def test_a_day_is_near_until_it_is_over_where_its_station_is() -> None:
    day = date(2026, 6, 20)
    start, end = day_span(day, TOKYO.zone)
    for moment, is_near in [
        (start - timedelta(days=3, seconds=1), False),
        (start - timedelta(days=3), True),
        (end - timedelta(seconds=1), True),
        (end, False),
    ]:
        assert (near_days(TOKYO, [day, day], moment) == (day,)) is is_near
    assert is_under_way(TOKYO, day, start)
    assert not is_under_way(TOKYO, day, end)


ROWS = st.integers(1, 8).flatmap(
    lambda hours: st.lists(
        st.lists(
            st.none() | st.integers(-9_000, 6_000).map(lambda n: n / 100),
            min_size=hours,
            max_size=hours,
        ),
        min_size=1,
        max_size=5,
    )
)


@given(ROWS)
def test_what_is_packed_comes_out_again(rows: list[list[float | None]]) -> None:
    assert unpacked(packed(rows), len(rows[0])) == tuple(map(tuple, rows))


def test_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="unequal"):
        unpacked(packed([[1.0, 2.0, 3.0]]), 2)
