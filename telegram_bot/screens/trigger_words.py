"""Take profit, stop loss and trailing stop in words."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from core.domain.trigger import Trigger, TriggerKind
from telegram_bot.screens.numbers import cents, shares
from telegram_bot.screens.text import told
from telegram_bot.words import mark, say

NAMES: Final = MappingProxyType(
    {
        TriggerKind.TAKE_PROFIT: mark("Take profit"),
        TriggerKind.STOP_LOSS: mark("Stop loss"),
        TriggerKind.TRAILING_STOP: mark("Trailing stop"),
    }
)


SHORT_NAMES: Final = MappingProxyType(
    {
        TriggerKind.TAKE_PROFIT: mark("TP {distance}"),
        TriggerKind.STOP_LOSS: mark("SL {distance}"),
        TriggerKind.TRAILING_STOP: mark("Trail {distance}"),
    }
)


PARTS: Final = (100, 50, 25)


def described(trigger: Trigger) -> str:
    """`Stop loss at 40¢ for 50 %`, as HTML."""
    part = (
        "" if trigger.percent == PARTS[0] else " " + say("for {percent} %", percent=trigger.percent)
    )
    trail = (
        ""
        if trigger.trail is None
        else ", " + say("{percent} % behind", percent=f"{trigger.trail.normalize():f}")
    )
    left = (
        ""
        if trigger.left is None
        else ", " + say("{shares} left to sell", shares=shares(trigger.left))
    )
    trouble = f" · <i>{told(trigger.trouble, 200)}</i>" if trigger.trouble else ""
    return say(
        "{trigger} at <b>{price}</b>{trail}{part}{left}{trouble}",
        trigger=say(NAMES[trigger.kind]),
        price=cents(trigger.level),
        trail=trail,
        part=part,
        left=left,
        trouble=trouble,
    )


def in_short(armed: Sequence[Trigger]) -> str | None:
    """One line for the position's card; None without any."""
    if not armed:
        return None
    return " · ".join(f"{say(NAMES[one.kind])} {cents(one.level)}" for one in armed)


def label_of(kind: TriggerKind, change: int, *, is_on: bool = False) -> str:
    label = say(SHORT_NAMES[kind], distance=distance_of(kind, change))
    return f"✓ {label}" if is_on else label


def distance_of(kind: TriggerKind, change: int) -> str:
    match kind:
        case TriggerKind.TAKE_PROFIT:
            return f"+{change}%"
        case TriggerKind.STOP_LOSS:
            return f"-{change}%"
        case TriggerKind.TRAILING_STOP:
            return f"{change}%"
