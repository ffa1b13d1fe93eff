"""Alerts in words: what they wait for, in one line and on a button."""

from typing import assert_never

from core.domain.alert import AlertKind, NewAlert
from core.domain.units import Price
from telegram_bot.screens.numbers import cents
from telegram_bot.screens.times import span
from telegram_bot.words import say

MINUTE = 60


def described(wish: NewAlert) -> str:
    """`above 45¢`, `moves 5¢ within 10 min`; of an outcome, whose name stands before it."""
    level = cents(Price(wish.level))
    match wish.kind:
        case AlertKind.ABOVE:
            return say("at {price} or above", price=level)
        case AlertKind.BELOW:
            return say("at {price} or below", price=level)
        case AlertKind.MOVE:
            return say("moves {step} within {span}", step=level, span=span(wish.minutes * MINUTE))
        case AlertKind.SWING:
            step = f"{wish.level.normalize():f} %"
            return say("moves {step} within {span}", step=step, span=span(wish.minutes * MINUTE))
        case AlertKind.SPREAD:
            return say("spread wider than {step}", step=level)
        case AlertKind.CLOSING:
            return say("ends within {span}", span=span(wish.minutes * MINUTE))
        case _:
            assert_never(wish.kind)


def label_of(wish: NewAlert) -> str:
    """The same on a button."""
    level = cents(Price(wish.level))
    match wish.kind:
        case AlertKind.ABOVE:
            return f"↑ {level}"
        case AlertKind.BELOW:
            return f"↓ {level}"
        case AlertKind.MOVE:
            return f"± {level} · {span(wish.minutes * MINUTE)}"
        case AlertKind.SWING:
            return f"± {wish.level.normalize():f} % · {span(wish.minutes * MINUTE)}"
        case AlertKind.SPREAD:
            return say("Spread > {step}", step=level)
        case AlertKind.CLOSING:
            return say("{span} to the end", span=span(wish.minutes * MINUTE))
        case _:
            assert_never(wish.kind)
