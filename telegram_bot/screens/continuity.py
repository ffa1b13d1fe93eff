"""Interruptions of the stream, for those who look at prices: why, since when, what it means."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.health import Doubt
from telegram_bot.screens.numbers import MINUTE, clock_time, span
from telegram_bot.screens.screen import Screen, blocks

REASONS: Final[Mapping[Doubt, str]] = MappingProxyType(
    {
        Doubt.UNHEARD: "the venue has sent no book",
        Doubt.DISCONNECTED: "the connection to the venue was lost",
        Doubt.STALLED: "this program stood still for a while",
        Doubt.SILENT: "the venue went silent",
        Doubt.UNPROVEN: "there was neither news nor an answer",
        Doubt.FROZEN: "news stopped while the venue's book moved on",
        Doubt.MISSED: "an update was missed",
        Doubt.HASH: "our book differed from the venue's",
        Doubt.DISORDER: "updates came out of order",
        Doubt.UNREADABLE: "an update could not be read",
        Doubt.CROSSED: "bids and asks crossed",
        Doubt.TICK: "the venue changed the price steps",
    }
)
"""Each ends a sentence that begins with what happened."""

POLLED_INSTEAD: Final = (
    "These prices are not streamed now, they are polled. Each order gets a fresh book first."
)


class Orders(StrEnum):
    """What an interruption means for them; nothing is promised that the venue has not proven."""

    WORK = "work"  # the venue has answered since
    ASK = "ask"  # it is being asked
    WAIT = "wait"  # it was asked, and did not answer


MEANINGS: Final[Mapping[Orders, str]] = MappingProxyType(
    {
        Orders.WORK: ". Orders still work, each on a book fetched for it.",
        Orders.ASK: ". Each order asks the venue first.",
        Orders.WAIT: ", and the venue does not answer. No order is placed before it does.",
    }
)


def stopped(why: Doubt, since: datetime, orders: Orders) -> str:
    return f"Live prices stopped at {clock_time(since)}: {REASONS[why]}{MEANINGS[orders]}"


def restored(seconds: float, at: datetime) -> str:
    return f"The stream was interrupted for {_lasted(seconds)}; live again since {clock_time(at)}."


def noted(screen: Screen, line: str | None) -> Screen:
    """The same screen with that line below."""
    return screen if line is None else replace(screen, text=blocks(screen.text, f"<i>{line}</i>"))


def _lasted(seconds: float) -> str:
    if seconds < 1:
        return "less than 1 s"
    return f"{seconds:.0f} s" if seconds < MINUTE else span(seconds)
