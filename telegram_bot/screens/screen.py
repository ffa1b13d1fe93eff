"""What a screen is: text, rows of buttons, and a time that is no reason for an edit."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from telegram_bot.actions import Action, Home
from telegram_bot.screens.text import bold
from telegram_bot.screens.times import clock_time
from telegram_bot.words import mark, say

PAUSED: Final = mark("<i>Live updates paused: prices are of the time below · tap Refresh</i>")


class Style(StrEnum):
    """Telegram's button colours."""

    PRIMARY = "primary"
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """`label` is plain text."""

    label: str
    action: Action
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class CopyButton:
    """Puts `text`, at most 256 characters, on the reader's clipboard; nobody is told of the tap."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkButton:
    """Leads to the private chat with this bot; `payload` as `deep_links` writes them."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class SwitchInlineButton:
    """Lets the reader send what the bot finds for `query` to a chat of their choice.

    Where inline mode is off it copies the link with `payload` instead.
    """

    label: str
    query: str
    payload: str


AnyButton: TypeAlias = Button | CopyButton | LinkButton | SwitchInlineButton
Row: TypeAlias = tuple[AnyButton, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """`text` is HTML with everything from outside escaped.

    `stamp` says when it was drawn; two screens that differ in nothing else are equal.
    `keeps_message`: a record; its buttons open a fresh message below instead of replacing it.
    `outlives`: what its buttons ask for is still done after a restart, as far as it can be.
    `whose`: real money it is about, put above the text by whoever shows it; None: the text says.
    `asker`: in a group, the Telegram id of whoever may tap its buttons.
    """

    text: str
    rows: tuple[Row, ...] = ()
    stamp: str = field(default="", compare=False)
    keeps_message: bool = False
    outlives: bool = False
    whose: str | None = ""
    asker: int | None = None

    @property
    def full_text(self) -> str:
        return blocks(
            bold(self.whose) if self.whose else None,
            self.text,
            f"<i>{self.stamp}</i>" if self.stamp else None,
        )


def home_button() -> Button:
    return Button(say("Home"), Home())


def blocks(*parts: str | None) -> str:
    """The parts that say something, with an empty line between them."""
    return "\n\n".join(part for part in parts if part)


def lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)


def stamped(now: datetime) -> str:
    return say("Updated {time}", time=clock_time(now))


def paused(screen: Screen) -> Screen:
    """The same screen with a footer which says that it does not move any more."""
    return replace(screen, text=blocks(screen.text, say(PAUSED)))


def pager(previous: Action | None, following: Action | None) -> Row:
    """Buttons to the neighbouring pages; an empty row where there are none."""
    row = []
    if previous is not None:
        row.append(Button(say("Previous"), previous))
    if following is not None:
        row.append(Button(say("Next"), following))
    return tuple(row)


def rows(*candidates: Row) -> tuple[Row, ...]:
    """The rows that hold a button."""
    return tuple(row for row in candidates if row)
