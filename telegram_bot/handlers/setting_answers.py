"""Settings as people type them, read into what changes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.domain.amounts import typed_change, typed_usdc
from core.domain.errors import InvalidQuantity, Rejected
from core.domain.preferences import LEAST_SLIPPAGE, QUICK, UserPreferences
from core.domain.typed_times import typed_hours, typed_time
from core.domain.units import ZERO, Usdc
from telegram_bot.screens.setting_words import number
from telegram_bot.settings_actions import Setting
from telegram_bot.words import say

ALL: Final = 100  # percent


def changed_by(
    what: Setting, text: str, most_slippage: Decimal
) -> Callable[[UserPreferences], UserPreferences]:
    """What the answer makes of somebody's preferences. Raises: Rejected."""
    match what:
        case Setting.CONFIRM_FROM | Setting.FAST_CAP | Setting.DUST:
            amount = _dollars(text)
            return lambda now: _with_amount(now, what, amount)
        case Setting.QUICK:
            amounts = _three(text)
            return lambda now: replace(now, quick_amounts=amounts)
        case Setting.SLIPPAGE:
            percent = _slippage(text, most_slippage)
            return lambda now: replace(now, slippage=percent)
        case Setting.QUIET:
            begin, end = typed_hours(text)
            return lambda now: replace(now, quiet_from=begin, quiet_until=end)
        case Setting.DIGEST:
            moment = typed_time(text)
            return lambda now: replace(now, digest_at=moment)
        case Setting.ZONE:
            raise Rejected(say("I know no such place."))


def _with_amount(now: UserPreferences, what: Setting, amount: Usdc) -> UserPreferences:
    match what:
        case Setting.CONFIRM_FROM:
            return replace(now, confirm_from=amount)
        case Setting.FAST_CAP:
            return replace(now, fast_cap=amount)
        case _:
            return replace(now, dust_below=amount)


def _dollars(text: str) -> Usdc:
    """Nothing is an amount too, and `0` cannot be mistyped."""
    return Usdc(ZERO) if text.strip().removeprefix("$").strip() == "0" else typed_usdc(text)


def _three(text: str) -> tuple[Usdc, ...]:
    """In any order. Raises: InvalidQuantity."""
    words = text.replace(";", " ").replace("·", " ").replace("/", " ").split()
    if len(words) != QUICK:
        words = text.replace(",", " ").split()
    if len(words) != QUICK:
        raise InvalidQuantity(say("Please write three amounts, for example 10 25 50"))
    return tuple(sorted(typed_usdc(word.strip(",")) for word in words))


def _slippage(text: str, most: Decimal) -> Decimal:
    percent = typed_change(text, ALL)
    if not LEAST_SLIPPAGE <= percent <= most:
        raise InvalidQuantity(
            say("Slippage can be anything from 0.1 % to {most} %.", most=number(most))
        )
    return percent
