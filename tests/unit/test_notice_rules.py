"""What is told when: quiet hours, kinds that are off, many at once, the time of a digest."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.daily import due_day, quiet_until
from core.domain.notice import Broadcast, ClosingSoon, Notice, NoticeKind, TriggerFired, Warned
from core.domain.notice_rules import mode_of, postponed
from core.domain.preferences import DEFAULTS, NoticeMode, UserPreferences
from core.domain.trigger import TriggerState
from core.domain.units import MarketId, Size, UserId
from telegram_bot.bursts import MOST, WINDOW, Bursts
from tests.unit.test_trigger_screens import FIRED

PARIS = ZoneInfo("Europe/Paris")
SLEEPER = replace(DEFAULTS, zone="Europe/Paris", quiet_from=time(22), quiet_until=time(7))
NIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=PARIS)
SOON = ClosingSoon(MarketId("1"), "Rain?", NIGHT)
FAILED = replace(FIRED, sold=Size(Decimal(0)), state=TriggerState.ARMED, trouble="halted")
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))
moments = st.integers(0, 220 * 48).map(
    lambda halves: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=30 * halves)
)
zones = st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"])


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (NIGHT, datetime(2026, 11, 21, 7, tzinfo=PARIS)),
        (datetime(2026, 11, 21, 6, 59, tzinfo=PARIS), datetime(2026, 11, 21, 7, tzinfo=PARIS)),
        (datetime(2026, 3, 28, 23, tzinfo=PARIS), datetime(2026, 3, 29, 7, tzinfo=PARIS)),
        (datetime(2026, 10, 24, 23, tzinfo=PARIS), datetime(2026, 10, 25, 7, tzinfo=PARIS)),
    ],
)
def test_quiet_hours_end_in_the_morning_also_of_nights_that_change_the_clocks(
    now: datetime, ends: datetime
) -> None:
    assert quiet_until(SLEEPER, utc(now)) == utc(ends)


def test_a_night_with_a_change_of_clocks_is_an_hour_shorter_or_longer() -> None:
    spring = utc(datetime(2026, 3, 28, 22, tzinfo=PARIS))
    autumn = utc(datetime(2026, 10, 24, 22, tzinfo=PARIS))
    lengths = [(quiet_until(SLEEPER, night) or night) - night for night in (spring, autumn)]
    assert lengths == [timedelta(hours=8), timedelta(hours=10)]


@given(zones, times, times, moments)
def test_what_is_postponed_comes_when_it_is_not_quiet_any_more(
    zone: str, begins: time, ends: time, now: datetime
) -> None:
    person = replace(DEFAULTS, zone=zone, quiet_from=begins, quiet_until=ends)
    until = quiet_until(person, now)
    if begins == ends or not person.is_quiet(now):
        assert until is None or begins == ends
        return
    assert until is not None
    assert now < until <= now + timedelta(hours=25)
    assert not person.is_quiet(until)


def test_money_and_safety_come_at_night_and_cannot_be_turned_off() -> None:
    off = replace(SLEEPER, notice_modes=dict.fromkeys(NoticeKind, NoticeMode.OFF))
    for news in (Warned("Look."), FAILED):
        assert postponed(news, off, utc(NIGHT)) is None
        assert mode_of(news, off) is NoticeMode.ON
    silent = replace(off, notice_modes={NoticeKind.WARNING: NoticeMode.SILENT})
    assert mode_of(Warned("Look."), silent) is NoticeMode.SILENT
    for other in (SOON, FIRED):
        assert postponed(other, off, utc(NIGHT)) is not None
        assert mode_of(other, off) is NoticeMode.OFF


def notice(number: int, news: ClosingSoon | Warned | Broadcast | TriggerFired = SOON) -> Notice:
    return Notice(number, UserId(1), 1001, f"k{number}", 1, news)


def test_three_of_a_kind_come_one_by_one_and_more_come_together() -> None:
    few = Bursts().plan([notice(one) for one in range(MOST)], 0.0)
    assert [len(each) for each in few.messages] == [1, 1, 1]
    many = Bursts().plan([notice(one) for one in range(9)], 0.0)
    assert [len(each) for each in many.messages] == [9]
    assert many.later == ()


def test_what_comes_too_soon_after_others_waits_and_goes_out_together() -> None:
    bursts = Bursts()
    bursts.plan([notice(1), notice(2)], 0.0)
    soon = bursts.plan([notice(3), notice(4)], 4.0)
    assert soon.messages == ()
    assert [wait for _, wait in soon.later] == [WINDOW - 4.0] * 2
    rest = bursts.plan([notice(number) for number in range(3, 8)], WINDOW)
    assert [len(each) for each in rest.messages] == [5]


def test_warnings_stand_alone_and_other_people_s_do_not_count() -> None:
    warnings = Bursts().plan([notice(one, Warned("Look.")) for one in range(9)], 0.0)
    assert [len(each) for each in warnings.messages] == [1] * 9
    others = [replace(notice(one), user_id=UserId(one)) for one in range(9)]
    assert [len(each) for each in Bursts().plan(others, 0.0).messages] == [1] * 9


def test_a_digest_is_due_once_its_time_has_come_and_not_for_a_day_before_it_was_asked_for() -> None:
    at, zone = time(8), "Europe/Paris"
    asked = utc(datetime(2026, 11, 20, 20, tzinfo=PARIS))

    def day(hour: int, of: int = 21) -> date | None:
        return due_day(at, zone, asked, utc(datetime(2026, 11, of, hour, tzinfo=PARIS)))

    assert day(21, of=20) is None
    assert day(7) is None
    assert day(8) == day(19) == date(2026, 11, 21)
    assert day(21) is None  # too late to be of use
    assert day(8, of=22) == date(2026, 11, 22)


@given(zones, times, moments)
def test_every_local_day_has_one_digest(zone: str, at: time, since: datetime) -> None:
    found = [
        due_day(at, zone, since, since + timedelta(minutes=30 * step)) for step in range(48 * 3)
    ]
    days = [day for day in dict.fromkeys(found) if day is not None]
    assert days == sorted(days)
    assert 2 <= len(days) <= 4


def test_preferences_are_those_of_the_default_person() -> None:
    assert mode_of(SOON, UserPreferences()) is NoticeMode.ON
