"""Interruptions of the stream, for those who look at prices: why, since when, what it means."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.health import Doubt
from telegram_bot.screens.screen import Screen, blocks
from telegram_bot.screens.times import MINUTE, clock_time, span
from telegram_bot.words import mark, say

REASONS: Final[Mapping[Doubt, str]] = MappingProxyType(
    {
        Doubt.UNHEARD: mark("the venue has sent no book"),
        Doubt.DISCONNECTED: mark("the connection to the venue was lost"),
        Doubt.STALLED: mark("this program stood still for a while"),
        Doubt.SILENT: mark("the venue went silent"),
        Doubt.UNPROVEN: mark("there was neither news nor an answer"),
        Doubt.FROZEN: mark("news stopped while the venue's book moved on"),
        Doubt.LATE: mark("news began to arrive late"),
        Doubt.MISSED: mark("an update was missed"),
        Doubt.HASH: mark("our book differed from the venue's"),
        Doubt.DISORDER: mark("updates came out of order"),
        Doubt.UNREADABLE: mark("an update could not be read"),
        Doubt.CROSSED: mark("bids and asks crossed"),
        Doubt.TICK: mark("the venue changed the price steps"),
    }
)
"""Each ends a sentence that begins with what happened."""

POLLED_INSTEAD: Final = mark(
    "These prices are not streamed now, they are polled. Each order gets a fresh book first."
)


class Orders(StrEnum):
    """What an interruption means for them; nothing is promised that the venue has not proven."""

    WORK = "work"  # the venue has answered since
    ASK = "ask"  # it is being asked
    WAIT = "wait"  # it was asked, and did not answer


STOPPED: Final[Mapping[Orders, str]] = MappingProxyType(
    {
        Orders.WORK: mark(
            "Live prices stopped at {time}: {reason}. Orders still work, each on a book fetched "
            "for it."
        ),
        Orders.ASK: mark(
            "Live prices stopped at {time}: {reason}. Each order asks the venue first."
        ),
        Orders.WAIT: mark(
            "Live prices stopped at {time}: {reason}, and the venue does not answer. No order is "
            "placed before it does."
        ),
    }
)


def stopped(why: Doubt, since: datetime, orders: Orders) -> str:
    return say(STOPPED[orders], time=clock_time(since), reason=say(REASONS[why]))


def restored(seconds: float, at: datetime) -> str:
    return say(
        "The stream was interrupted for {span}; live again since {time}.",
        span=_lasted(seconds),
        time=clock_time(at),
    )


def noted(screen: Screen, line: str | None) -> Screen:
    """The same screen with that line below."""
    return screen if line is None else replace(screen, text=blocks(screen.text, f"<i>{line}</i>"))


def _lasted(seconds: float) -> str:
    if seconds < 1:
        return say("less than 1 s")
    return say("{seconds} s", seconds=f"{seconds:.0f}") if seconds < MINUTE else span(seconds)
