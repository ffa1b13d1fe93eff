"""Preferences: the defaults, what is refused and with which words, quiet hours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from core.domain.errors import Rejected
from core.domain.notice import NoticeKind
from core.domain.preferences import (
    DEFAULTS,
    ConfirmMode,
    NoticeMode,
    UserPreferences,
    check_preferences,
)
from core.domain.units import Usdc


def dollars(*amounts: str) -> tuple[Usdc, ...]:
    return tuple(Usdc(Decimal(amount)) for amount in amounts)


def test_somebody_new_confirms_everything_and_hears_of_everything() -> None:
    check_preferences(DEFAULTS)
    assert DEFAULTS.confirm_mode is ConfirmMode.CAREFUL
    assert {DEFAULTS.mode_of(kind) for kind in NoticeKind} == {NoticeMode.ON}
    assert not DEFAULTS.is_quiet(datetime(2026, 11, 1, 3, tzinfo=UTC))


def test_what_was_chosen_goes_before_the_language_of_telegram() -> None:
    assert DEFAULTS.spoken == "en"
    assert replace(DEFAULTS, telegram_language="fr").spoken == "fr"
    assert replace(DEFAULTS, language="en", telegram_language="fr").spoken == "en"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"language": "de"}, "English and French"),
        ({"telegram_language": "de"}, "English and French"),
        ({"zone": "Paris"}, "continent and a city"),
        ({"zone": ""}, "continent and a city"),
        ({"zone": "../../etc/passwd"}, "continent and a city"),
        ({"confirm_from": Usdc(Decimal("0.001"))}, "in cents"),
        ({"fast_cap": Usdc(Decimal("NaN"))}, "in cents"),
        ({"dust_below": Usdc(Decimal(-1))}, "from \\$0"),
        ({"quick_amounts": dollars("10", "25")}, "3 quick amounts"),
        ({"quick_amounts": dollars("25", "10", "50")}, "go up"),
        ({"quick_amounts": dollars("0.5", "10", "50")}, "\\$1 or more"),
        ({"slippage": Decimal(21)}, "0.1 % to 20 %"),
        ({"quiet_from": time(22)}, "a beginning and an end"),
        ({"quiet_from": time(22), "quiet_until": time(22)}, "no length"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    change: Mapping[str, object], words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        check_preferences(_changed(change))


@pytest.mark.parametrize(
    ("hour", "minute", "is_quiet"),
    [(20, 59, False), (21, 0, True), (23, 30, True), (5, 59, True), (6, 0, False)],
)
def test_quiet_hours_go_past_midnight_by_the_person_s_own_clock(
    hour: int, minute: int, *, is_quiet: bool
) -> None:
    sleeper = replace(DEFAULTS, zone="Europe/Paris", quiet_from=time(22), quiet_until=time(7))
    assert sleeper.is_quiet(datetime(2026, 11, 20, hour, minute, tzinfo=UTC)) is is_quiet


def test_quiet_hours_within_a_day_end_on_it() -> None:
    napper = replace(DEFAULTS, quiet_from=time(13), quiet_until=time(14, 30))
    hours = [hour for hour in range(24) if napper.is_quiet(datetime(2026, 1, 1, hour, tzinfo=UTC))]
    assert hours == [13, 14]


def _changed(change: Mapping[str, object]) -> UserPreferences:
    wanted = UserPreferences()
    for name, value in change.items():
        object.__setattr__(wanted, name, value)
    return wanted
