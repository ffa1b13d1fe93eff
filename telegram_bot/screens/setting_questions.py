"""What is asked about settings, and where each answer leads."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.domain.preferences import UserPreferences
from telegram_bot.actions import Action
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, rows
from telegram_bot.screens.setting_words import (
    digest_words,
    number,
    quick_words,
    quiet_words,
    slippage_words,
    whole,
)
from telegram_bot.screens.text import plain, safe
from telegram_bot.settings_actions import (
    ClearSetting,
    PickZone,
    Setting,
    ShowConfirming,
    ShowNoticeModes,
    ShowSettings,
    TypeSetting,
)
from telegram_bot.words import say

CLEARABLE: Final = frozenset({Setting.SLIPPAGE, Setting.QUIET, Setting.DIGEST})


def setting_question(what: Setting, chosen: UserPreferences, most_slippage: Decimal) -> Screen:
    clear: Row = (Button(_clear_label(what), ClearSetting(what)),) if what in CLEARABLE else ()
    return Screen(
        _question(what, chosen, most_slippage),
        rows(clear, (Button(say("Cancel"), card_of(what)), home_button())),
    )


def zones_screen(typed: str, names: Sequence[str]) -> Screen:
    """Several zones may be meant."""
    return Screen(
        blocks(
            say("<b>Which one is it?</b>"),
            say("{words} may be one of these.", words=safe(typed, 40)),
        ),
        rows(
            *((Button(plain(name), PickZone(name)),) for name in names),
            (
                Button(say("Type another"), TypeSetting(Setting.ZONE)),
                Button(say("Cancel"), ShowSettings()),
            ),
        ),
    )


def card_of(what: Setting) -> Action:
    """The card on which a setting stands."""
    match what:
        case Setting.CONFIRM_FROM | Setting.FAST_CAP:
            return ShowConfirming()
        case Setting.QUIET | Setting.DIGEST:
            return ShowNoticeModes()
        case Setting.QUICK | Setting.SLIPPAGE | Setting.DUST | Setting.ZONE:
            return ShowSettings()


def _question(what: Setting, chosen: UserPreferences, most: Decimal) -> str:
    match what:
        case Setting.CONFIRM_FROM:
            return blocks(
                say("<b>From which amount on does Standard ask?</b>"),
                say(
                    "It is {amount} now. Type dollars, like <code>25</code>.",
                    amount=whole(chosen.confirm_from),
                ),
            )
        case Setting.FAST_CAP:
            return blocks(
                say("<b>Above which amount does Fast ask?</b>"),
                say(
                    "It is {amount} now. Type dollars, like <code>100</code>.",
                    amount=whole(chosen.fast_cap),
                ),
            )
        case Setting.QUICK:
            return blocks(
                say("<b>Which three amounts does a market offer?</b>"),
                say(
                    "They are {amounts} now. Type three from $1 to $10,000, like "
                    "<code>10 25 50</code>.",
                    amounts=quick_words(chosen),
                ),
            )
        case Setting.DUST:
            return blocks(
                say("<b>Below which value is a position dust?</b>"),
                say(
                    "It is {amount} now. Dust is left out of your positions until you ask for it. "
                    "Type dollars, like <code>1</code>, or <code>0</code> for none.",
                    amount=whole(chosen.dust_below),
                ),
            )
        case _:
            return _other_question(what, chosen, most)


def _other_question(what: Setting, chosen: UserPreferences, most: Decimal) -> str:
    match what:
        case Setting.SLIPPAGE:
            return blocks(
                say("<b>How far from the price may an order go?</b>"),
                say(
                    "Slippage is {now} now. Type a percentage from 0.1 to {most}, like "
                    "<code>2</code>.",
                    now=slippage_words(chosen, most),
                    most=number(most),
                ),
            )
        case Setting.ZONE:
            return blocks(
                say("<b>Where are you?</b>"),
                say(
                    "Times are of {zone} now. Type a city, like <code>Paris</code>, or a distance "
                    "from UTC, like <code>+2</code>.",
                    zone=safe(chosen.zone, 40),
                ),
            )
        case Setting.QUIET:
            return blocks(
                say("<b>When are notices to be quiet?</b>"),
                say(
                    "There are {quiet} now. Type from when until when, like "
                    "<code>22:00-7:30</code>.",
                    quiet=quiet_words(chosen),
                )
                if chosen.quiet_from is None
                else say(
                    "It is {quiet} now. Type from when until when, like <code>22:00-7:30</code>.",
                    quiet=quiet_words(chosen),
                ),
            )
        case _:
            return blocks(
                say("<b>When do you want the daily digest?</b>"),
                say(
                    "There is {digest} now. Type a time of day, like <code>8:00</code>.",
                    digest=digest_words(chosen),
                ),
            )


def _clear_label(what: Setting) -> str:
    match what:
        case Setting.SLIPPAGE:
            return say("The most here")
        case Setting.QUIET:
            return say("No quiet hours")
        case _:
            return say("No digest")
