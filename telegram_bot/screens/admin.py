"""The owner's cards about the program: health, errors, version, backups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from telegram_bot.account_actions import HaltTrading, LiftHalt
from telegram_bot.actions import Action
from telegram_bot.admin_actions import (
    MakeBackup,
    ShowAdmin,
    ShowBackup,
    ShowErrors,
    ShowHealth,
    ShowVersion,
    TypeBroadcast,
)
from telegram_bot.people_actions import ShowPeople
from telegram_bot.screens.admin_views import (
    BackupView,
    Disk,
    DoubtedToken,
    ErrorLine,
    HealthView,
    Overview,
    Queue,
    VersionView,
)
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    stamped,
)
from telegram_bot.screens.state_words import state_words
from telegram_bot.screens.status import PartState
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.times import ago, date_clock, day_clock, span
from telegram_bot.words import mark, plural, say

ERRORS: Final = 8  # on one card
WORDS: Final = 240  # UTF-16 units of one error
KILO: Final = 1024
SIZES: Final = (mark("bytes"), mark("KB"), mark("MB"), mark("GB"), mark("TB"))
BACKUP_SEALED: Final = mark(
    "Sealed: it opens with its key file alone, so keep a copy of that elsewhere."
)
BACKUP_PLAIN: Final = mark("Not encrypted: who has the file can read all that is in it.")
NO_BACKUP: Final = mark("No backup was asked for in this run.")


def admin_screen(view: Overview, now: datetime) -> Screen:
    return Screen(
        blocks(
            say("<b>Admin</b>"),
            lines(
                say("Needs a look: {parts}", parts=_ill(view.ill))
                if view.ill
                else say("Everything works."),
                say("Trading: <b>halted</b> for everybody; cancelling works.")
                if view.is_halted
                else say("Trading: on"),
                plural("{n} person", "{n} people", view.people),
                plural("{n} error in this run", "{n} errors in this run", view.errors)
                if view.errors
                else say("No errors in this run"),
            ),
        ),
        (
            (Button(say("Health"), ShowHealth()), Button(say("Last errors"), ShowErrors())),
            (Button(say("People"), ShowPeople()), Button(say("Broadcast"), TypeBroadcast())),
            (Button(say("Backup"), ShowBackup()), Button(say("Version"), ShowVersion())),
            (
                Button(say("Lift the halt"), LiftHalt(), Style.SUCCESS)
                if view.is_halted
                else Button(say("Halt trading"), HaltTrading(), Style.DANGER),
            ),
            (Button(say("Refresh"), ShowAdmin()), home_button()),
        ),
        stamp=stamped(now),
        whose=None,
    )


def health_screen(view: HealthView, now: datetime) -> Screen:
    return Screen(
        blocks(
            say("<b>Health</b>"),
            lines(*(_part(part) for part in view.parts)),
            lines(*_queue(view.queue), _drawing(view.worker), _disk(view.disk)),
            lines(say("<b>Prices that are not live</b>"), *(_doubted(one) for one in view.doubted))
            if view.doubted
            else None,
        ),
        (_foot(ShowHealth()),),
        stamp=stamped(now),
        whose=None,
    )


def errors_screen(errors: Sequence[ErrorLine], now: datetime) -> Screen:
    """Newest first; those of earlier runs are in the log."""
    shown = errors[:ERRORS]
    rest = len(errors) - len(shown)
    return Screen(
        blocks(
            say("<b>Last errors of this run</b>"),
            *(_error(error) for error in shown),
            None if shown else say("There was none."),
            plural("{n} older one is in the log.", "{n} older ones are in the log.", rest)
            if rest
            else None,
        ),
        (_foot(ShowErrors()),),
        stamp=stamped(now),
        whose=None,
    )


def version_screen(view: VersionView, now: datetime) -> Screen:
    commit = view.commit or say("no clone of a repository")
    return Screen(
        blocks(
            say("<b>Version</b>"),
            lines(
                say("Polycool {version} · {commit}", version=safe(view.version), commit=commit),
                say("Database schema {migration}", migration=safe(view.migration)),
                say("Python {version}", version=safe(view.python)),
                say(
                    "Started {moment} · {ago}",
                    moment=date_clock(view.started_at),
                    ago=ago((now - view.started_at).total_seconds()),
                ),
            ),
        ),
        ((Button(say("Admin"), ShowAdmin()), home_button()),),
        whose=None,
    )


def backup_screen(view: BackupView | None, now: datetime) -> Screen:
    """A running one has no button for another."""
    is_running = view is not None and view.ended is None
    make = () if is_running else ((Button(say("Back up now"), MakeBackup(), Style.PRIMARY),),)
    return Screen(
        blocks(
            say("<b>Backup</b>"),
            say(NO_BACKUP) if view is None else _backup(view, now),
            say("Backups stay on the machine of this bot; none is ever sent to a chat."),
        ),
        (*make, _foot(ShowBackup())),
        whose=None,
    )


def size(count: int) -> str:
    """`1.4 MB`, of bytes."""
    value, unit = float(count), SIZES[0]
    for bigger in SIZES[1:]:
        if value < KILO:
            break
        value, unit = value / KILO, bigger
    digits = f"{value:.0f}" if unit == SIZES[0] else f"{value:.1f}"
    return f"{digits} {say(unit)}"


def _backup(view: BackupView, now: datetime) -> str:
    if view.ended is None:
        took, so_far = span((now - view.began).total_seconds()), size(view.written)
        return say("Being made for {span}: {size} so far.", span=took, size=so_far)
    if view.failure:
        return lines(
            say("<b>No backup was made</b> · {moment}", moment=day_clock(view.ended)),
            told(view.failure, WORDS),
        )
    return lines(
        say("<b>Done</b> · {moment}", moment=day_clock(view.ended)),
        f"<code>{safe(view.path, WORDS)}</code>",
        say("{size}, made in {span}", size=size(view.written), span=span(_seconds(view))),
        say(BACKUP_SEALED) if view.is_sealed else say(BACKUP_PLAIN),
    )


def _seconds(view: BackupView) -> float:
    return ((view.ended or view.began) - view.began).total_seconds()


def _ill(parts: Sequence[str]) -> str:
    return ", ".join(state_words(each, 40) for each in parts)


def _part(part: PartState) -> str:
    sign = "" if part.is_well else "<b>!</b> "
    return f"{sign}{state_words(part.name, 40)}: {state_words(part.note, 200)}"


def _queue(queue: Queue) -> tuple[str, ...]:
    waiting = plural("{n} message waits", "{n} messages wait", queue.waiting)
    if queue.waiting:
        waiting += " · " + say("the longest for {span}", span=span(queue.longest))
    floods = plural("Telegram refused {n} (429)", "Telegram refused {n} (429)", queue.floods)
    cards = plural("{n} card follows the market", "{n} cards follow the market", queue.cards)
    return say("To Telegram: {waiting}", waiting=waiting), floods, cards


def _drawing(worker: str) -> str:
    return say("Pictures: {state}", state=state_words(worker, 80))


def _disk(disk: Disk | None) -> str | None:
    if disk is None:
        return None
    return say("Disk: {free} of {total} free", free=size(disk.free), total=size(disk.total))


def _doubted(token: DoubtedToken) -> str:
    age = say("never heard of") if token.age is None else ago(token.age)
    state, why = state_words(token.state, 40), state_words(token.why)
    return f"{safe(token.name, 60)} · {state}, {age} · {why}"


def _error(error: ErrorLine) -> str:
    part = safe(error.part, 60)
    return f"{day_clock(error.at)} · <code>{part}</code>\n{safe(error.sentence, WORDS)}"


def _foot(refresh: Action) -> Row:
    return (
        Button(say("Refresh"), refresh),
        Button(say("Admin"), ShowAdmin()),
        home_button(),
    )
