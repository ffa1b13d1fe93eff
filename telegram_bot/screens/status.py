"""How the bot and its prices are, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from telegram_bot.actions import Status
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines, stamped
from telegram_bot.screens.state_words import state_words
from telegram_bot.screens.text import bold
from telegram_bot.screens.times import ago
from telegram_bot.words import say


@dataclass(frozen=True, slots=True)
class PartState:
    """One part of the program: `PartState("Stream", True, "connected, 12 markets")`."""

    name: str
    is_well: bool
    note: str


def status_screen(
    mode: str, parts: Sequence[PartState], newest_price: float | None, now: datetime
) -> Screen:
    """`newest_price` in seconds since any price was heard of."""
    ill = [part.name for part in parts if not part.is_well]
    summary = (
        say("Needs a look: {parts}", parts=", ".join(state_words(each, 40) for each in ill))
        if ill
        else say("Everything works.")
    )
    news = say("none yet") if newest_price is None else ago(newest_price)
    return Screen(
        blocks(
            bold(mode),
            summary,
            lines(*(_part(part) for part in parts), say("Newest price: {ago}", ago=news)),
        ),
        ((Button(say("Refresh"), Status()), home_button()),),
        stamp=stamped(now),
        whose=None,
    )


def _part(part: PartState) -> str:
    mark = "" if part.is_well else "<b>!</b> "
    return f"{mark}{state_words(part.name, 40)}: {state_words(part.note)}"
