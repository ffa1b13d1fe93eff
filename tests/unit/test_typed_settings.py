"""What people type about themselves: zones, times of day; and what counts as looser."""

from dataclasses import replace
from datetime import time
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidQuantity, Rejected
from core.domain.notice import NoticeKind
from core.domain.preferences import (
    DEFAULTS,
    ConfirmMode,
    NoticeMode,
    UserPreferences,
    check_preferences,
    loosens,
)
from core.domain.typed_times import typed_hours, typed_time
from core.domain.units import Usdc
from core.domain.zone_search import MOST_FOUND, find_zones

NAMES = available_timezones()
MOST = Decimal(5)


def dollars(amount: str) -> Usdc:
    return Usdc(Decimal(amount))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("paris", "Europe/Paris"),
        ("  New   York ", "America/New_York"),
        ("new_york", "America/New_York"),
        ("são paulo", "America/Sao_Paulo"),
        ("Lodon", "Europe/London"),
        ("us eastern", "US/Eastern"),
        ("UTC", "UTC"),
        ("gmt", "UTC"),
        ("+0", "UTC"),
        ("utc+2", "Etc/GMT-2"),
        ("\u22123", "Etc/GMT+3"),
        ("GMT-03:00", "Etc/GMT+3"),
        ("+5:30", "Asia/Kolkata"),
    ],
)
def test_a_zone_is_found_as_people_write_it(typed: str, found: str) -> None:
    assert find_zones(typed, NAMES) == (found,)


@pytest.mark.parametrize(
    "typed", ["", "  ", "+99", "-13", "+5:17", "qqqqq", "\ud800", "🕐", "..", "/"]
)
def test_what_is_no_place_finds_nothing(typed: str) -> None:
    assert find_zones(typed, NAMES) == ()


@given(st.text(max_size=80))
def test_whatever_is_typed_finds_a_few_zones_that_there_are(typed: str) -> None:
    found = find_zones(typed, NAMES)
    assert len(found) <= MOST_FOUND
    assert set(found) <= NAMES
    for name in found:
        check_preferences(replace(DEFAULTS, zone=name))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("8", time(8)),
        ("08:30", time(8, 30)),
        ("8.30", time(8, 30)),
        ("22h", time(22)),
        ("22h30", time(22, 30)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("10:15 PM", time(22, 15)),
        ("0:00", time(0)),
    ],
)
def test_a_time_of_day_is_read_as_people_write_it(typed: str, read: time) -> None:
    assert typed_time(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "24", "8:60", "13pm", "0am", "noon", "8:3", "-1", "1e1", "٨"]
)
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(InvalidQuantity):
        typed_time(typed)


@pytest.mark.parametrize(
    "typed", ["22:00-7:30", "22 to 7:30", "10pm \u2013 7:30am", "22h à 7h30", "22h until 7.30"]
)
def test_quiet_hours_are_read_as_people_write_them(typed: str) -> None:
    assert typed_hours(typed) == (time(22), time(7, 30))


@pytest.mark.parametrize("typed", ["", "22", "22-", "-7", "22-25", "22-7-8", "x" * 1000])
def test_what_are_no_hours_is_refused(typed: str) -> None:
    with pytest.raises(InvalidQuantity):
        typed_hours(typed)


@pytest.mark.parametrize(
    ("after", "is_looser"),
    [
        (DEFAULTS, False),
        (replace(DEFAULTS, confirm_mode=ConfirmMode.STANDARD), True),
        (replace(DEFAULTS, confirm_mode=ConfirmMode.FAST), True),
        (replace(DEFAULTS, confirm_from=dollars("26")), True),
        (replace(DEFAULTS, confirm_from=dollars("24")), False),
        (replace(DEFAULTS, fast_cap=dollars("101")), True),
        (replace(DEFAULTS, fast_cap=dollars("99")), False),
        (replace(DEFAULTS, slippage=Decimal(1)), False),
        (replace(DEFAULTS, slippage=MOST), False),
        (replace(DEFAULTS, zone="Europe/Paris", dust_below=dollars("50")), False),
    ],
)
def test_only_what_lets_more_pass_is_looser(after: UserPreferences, *, is_looser: bool) -> None:
    assert loosens(DEFAULTS, after, MOST) is is_looser


def test_back_to_the_most_slippage_is_looser_and_less_of_any_is_not() -> None:
    strict = replace(DEFAULTS, slippage=Decimal(1), confirm_mode=ConfirmMode.FAST)
    assert loosens(strict, replace(strict, slippage=None), MOST)
    assert loosens(strict, replace(strict, slippage=Decimal("1.1")), MOST)
    assert not loosens(strict, DEFAULTS.__class__(slippage=Decimal("0.5")), MOST)


@pytest.mark.parametrize("kind", [NoticeKind.ORDER, NoticeKind.TRIGGER, NoticeKind.WARNING])
def test_what_keeps_money_safe_is_never_off(kind: NoticeKind) -> None:
    with pytest.raises(Rejected, match="silent, and not off"):
        check_preferences(replace(DEFAULTS, notice_modes={kind: NoticeMode.OFF}))
    check_preferences(replace(DEFAULTS, notice_modes={kind: NoticeMode.SILENT}))


def test_a_quick_amount_is_at_most_ten_thousand() -> None:
    amounts = (dollars("10"), dollars("25"), dollars("10001"))
    with pytest.raises(InvalidQuantity, match=r"at most \$10,000"):
        check_preferences(replace(DEFAULTS, quick_amounts=amounts))
