"""Words to everybody: asked for, shown as they will look, sent once, and counted."""

from typing import Final

from core.domain.broadcasting import Audience, BroadcastProgress
from core.domain.notice import Broadcast
from telegram_bot.admin_actions import SendBroadcast, ShowAdmin, ShowBroadcast, TypeBroadcast
from telegram_bot.screens.alert_news import LONGEST, broadcast_notice
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import day_clock
from telegram_bot.words import plural, say

EXCERPT: Final = 200  # UTF-16 units of what was sent


def broadcast_question(newest: BroadcastProgress | None) -> Screen:
    """`newest`: the last one."""
    last: Row = () if newest is None else (Button(say("The last one"), ShowBroadcast(newest.id)),)
    return Screen(
        blocks(
            say("<b>What do you want to tell everybody?</b>"),
            say(
                "Write it in one message of at most {most} characters. Nothing is sent before you "
                "have seen how it looks.",
                most=LONGEST,
            ),
        ),
        rows(last, (Button(say("Cancel"), ShowAdmin()), home_button())),
        whose=None,
    )


def draft_screen(text: str, audience: Audience, draft_id: str) -> Screen:
    """The dry run; without anybody to tell there is nothing to tap."""
    count = audience.reached
    send: Row = (
        Button(
            plural("Send to {n} person", "Send to {n} people", count),
            SendBroadcast(draft_id),
            Style.DANGER,
        ),
    )
    return Screen(
        blocks(
            say("<b>Nothing is sent yet. It will look like this:</b>"),
            f"<blockquote>{broadcast_notice(Broadcast(text)).text}</blockquote>",
            lines(*_reach(audience)),
        ),
        rows(
            send if count else (),
            (Button(say("Write anew"), TypeBroadcast()), Button(say("Cancel"), ShowAdmin())),
        ),
        whose=None,
    )


def progress_screen(progress: BroadcastProgress) -> Screen:
    done = not progress.waiting
    return Screen(
        blocks(
            say("<b>Broadcast: sent</b>") if done else say("<b>Broadcast: being sent</b>"),
            safe(progress.text, EXCERPT),
            lines(
                say("{sent} of {people} have it", sent=progress.sent, people=progress.people),
                plural(
                    "{n} was not reached: has blocked the bot, or does not want such messages",
                    "{n} were not reached: have blocked the bot, or do not want such messages",
                    progress.dropped,
                )
                if progress.dropped
                else None,
                plural(
                    "{n} waits: everything else goes first, and quiet hours are kept",
                    "{n} wait: everything else goes first, and quiet hours are kept",
                    progress.waiting,
                )
                if not done
                else None,
            ),
            say("<i>Begun {moment}</i>", moment=day_clock(progress.began)),
        ),
        (
            (
                Button(say("Refresh"), ShowBroadcast(progress.id)),
                Button(say("Admin"), ShowAdmin()),
                home_button(),
            ),
        ),
        whose=None,
    )


def expired_draft_screen(minutes: int) -> Screen:
    return Screen(
        say("That was written more than {minutes} minutes ago. Nothing was sent.", minutes=minutes),
        ((Button(say("Write anew"), TypeBroadcast()), Button(say("Admin"), ShowAdmin())),),
        whose=None,
    )


def _reach(audience: Audience) -> tuple[str | None, ...]:
    return (
        plural("{n} person would get it.", "{n} people would get it.", audience.reached),
        plural("{n} has blocked the bot.", "{n} have blocked the bot.", audience.unreachable)
        if audience.unreachable
        else None,
        plural(
            "{n} does not want such messages.",
            "{n} do not want such messages.",
            audience.unwilling,
        )
        if audience.unwilling
        else None,
    )
