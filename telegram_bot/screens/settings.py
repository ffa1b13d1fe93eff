"""How the bot is set: one card of everything, and a card for what needs more room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.account_views import AccountState
from core.domain.notice import NoticeKind
from core.domain.preferences import ALWAYS_TOLD, ConfirmMode, NoticeMode, UserPreferences
from core.domain.risk import Switches
from telegram_bot.account_actions import GoLive, GoPaper, ShowWallet
from telegram_bot.people_actions import ShowPeople
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, lines, rows
from telegram_bot.screens.setting_words import (
    KINDS,
    LANGUAGE_NAMES,
    LOUDNESS,
    MODES,
    digest_words,
    language_name,
    mode_words,
    quick_words,
    quiet_words,
    slippage_words,
    whole,
)
from telegram_bot.screens.standing import DRY_RUN, hindrances
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time
from telegram_bot.settings_actions import (
    SetConfirmMode,
    SetLanguage,
    SetNoticeMode,
    Setting,
    ShowConfirming,
    ShowLanguages,
    ShowNoticeModes,
    ShowPaper,
    ShowSettings,
    TypeSetting,
)
from telegram_bot.trigger_actions import ShowPresets
from telegram_bot.words import plural, say

IN_A_ROW: Final = 2
NEXT_MODE: Final = {
    NoticeMode.ON: NoticeMode.SILENT,
    NoticeMode.SILENT: NoticeMode.OFF,
    NoticeMode.OFF: NoticeMode.ON,
}


@dataclass(frozen=True, slots=True)
class SettingsView:
    """`has_factor` None: play money only, which no code guards."""

    chosen: UserPreferences
    most_slippage: Decimal  # percent
    has_factor: bool | None
    is_owner: bool
    now: datetime


def settings_screen(view: SettingsView, said: str = "") -> Screen:
    """`said`: what has just been changed."""
    return Screen(
        blocks(said, say("<b>Settings</b>"), _trading_lines(view), _personal_lines(view)),
        rows(
            (
                Button(say("Confirming"), ShowConfirming()),
                Button(say("Quick amounts"), TypeSetting(Setting.QUICK)),
            ),
            (
                Button(say("Slippage"), TypeSetting(Setting.SLIPPAGE)),
                Button(say("Dust"), TypeSetting(Setting.DUST)),
            ),
            (
                Button(say("Notices"), ShowNoticeModes()),
                Button(say("Time zone"), TypeSetting(Setting.ZONE)),
            ),
            (
                Button(say("Language"), ShowLanguages()),
                Button(say("Paper / live"), ShowPaper()),
            ),
            (Button(say("TP / SL on every buy"), ShowPresets()),),
            ((Button(say("People"), ShowPeople()),) if view.is_owner else ()),
            (home_button(),),
        ),
    )


def _trading_lines(view: SettingsView) -> str:
    chosen = view.chosen
    return lines(
        mode_words(chosen.confirm_mode, chosen),
        say("Quick amounts: <b>{amounts}</b>", amounts=quick_words(chosen)),
        say("Slippage: <b>{percent}</b>", percent=slippage_words(chosen, view.most_slippage)),
        say("Dust: positions below <b>{amount}</b>", amount=whole(chosen.dust_below)),
    )


def _personal_lines(view: SettingsView) -> str:
    chosen = view.chosen
    return lines(
        say(
            "Notices: {loudness}, {quiet}, {digest}",
            loudness=_loudness(chosen),
            quiet=quiet_words(chosen),
            digest=digest_words(chosen),
        ),
        say(
            "Time zone: <b>{zone}</b>, it is {time}",
            zone=safe(chosen.zone, 40),
            time=clock_time(view.now),
        ),
        say("Language: <b>{language}</b>", language=language_name(chosen)),
        _factor(has_factor=view.has_factor),
    )


def confirming_screen(chosen: UserPreferences, *, has_factor: bool, said: str = "") -> Screen:
    """When a ticket asks before it becomes an order."""
    return Screen(
        blocks(
            said,
            say("<b>Confirming: {mode}</b>", mode=say(MODES[chosen.confirm_mode])),
            lines(*(mode_words(mode, chosen) for mode in ConfirmMode)),
            say(
                "Whatever you choose, I ask when something is unusual: a wide spread, a price that "
                "moved, a market about to close."
            ),
            say("Letting more pass needs a code of your authenticator.") if has_factor else None,
        ),
        (
            tuple(
                Button(
                    _ticked(say(MODES[mode]), is_on=mode is chosen.confirm_mode),
                    SetConfirmMode(mode),
                )
                for mode in ConfirmMode
            ),
            (
                Button(
                    say("Asks from {amount}", amount=whole(chosen.confirm_from)),
                    TypeSetting(Setting.CONFIRM_FROM),
                ),
                Button(
                    say("Asks above {amount}", amount=whole(chosen.fast_cap)),
                    TypeSetting(Setting.FAST_CAP),
                ),
            ),
            _back(),
        ),
    )


def notice_modes_screen(chosen: UserPreferences, said: str = "") -> Screen:
    """Each kind's button takes it to its next loudness."""
    buttons = [
        Button(f"{say(name)} · {say(LOUDNESS[chosen.mode_of(kind)])}", _louder(chosen, kind))
        for kind, name in KINDS.items()
    ]
    return Screen(
        blocks(
            said,
            say("<b>Notices</b>"),
            lines(
                say(
                    "Hours: {quiet}, {digest}.",
                    quiet=quiet_words(chosen),
                    digest=digest_words(chosen),
                ),
                say("Times are of {zone}.", zone=safe(chosen.zone, 40)),
            ),
            say(
                "Tap a kind to change it. Orders, TP / SL, warnings and what is about your wallet "
                "can be silent, and not off."
            ),
        ),
        rows(
            *(tuple(buttons[at : at + IN_A_ROW]) for at in range(0, len(buttons), IN_A_ROW)),
            (
                Button(say("Quiet hours"), TypeSetting(Setting.QUIET)),
                Button(say("Digest time"), TypeSetting(Setting.DIGEST)),
            ),
            _back(),
        ),
    )


def languages_screen(chosen: UserPreferences, spoken: Sequence[str], said: str = "") -> Screen:
    return Screen(
        blocks(said, say("<b>Language: {language}</b>", language=language_name(chosen))),
        (
            tuple(
                Button(
                    _ticked(say(LANGUAGE_NAMES[each]), is_on=each == chosen.spoken),
                    SetLanguage(each),
                )
                for each in spoken
            ),
            _back(),
        ),
    )


def language_line(chosen: UserPreferences, spoken: Sequence[str]) -> Screen:
    """For somebody whose Telegram speaks another language than before, which is spoken here too."""
    return Screen(
        say(
            "Your Telegram speaks {language}, so I do too. A tap changes it.",
            language=language_name(chosen),
        ),
        (
            tuple(
                Button(say(LANGUAGE_NAMES[each]), SetLanguage(each))
                for each in spoken
                if each != chosen.spoken
            ),
        ),
        keeps_message=True,
        whose=None,
    )


def paper_screen(state: AccountState | None) -> Screen:
    """Which money is used; None where there is play money only."""
    if state is None:
        return Screen(
            blocks(say("<b>Paper money</b>"), say(DRY_RUN)),
            ((Button(say("Wallet"), ShowWallet()), Button(say("Settings"), ShowSettings())),),
        )
    is_live = state.account is Account.LIVE
    change = (
        Button(say("To paper money"), GoPaper())
        if state.chosen is Account.LIVE
        else Button(say("To real money"), GoLive())
    )
    return Screen(
        blocks(
            say("<b>You trade real money</b>") if is_live else say("<b>You trade paper money</b>"),
            *hindrances(state, Switches()),
            say("Positions and orders of both stay where they are, whichever you look at."),
        ),
        ((change, Button(say("Wallet"), ShowWallet())), _back()),
    )


def _loudness(chosen: UserPreferences) -> str:
    modes = [chosen.mode_of(kind) for kind in KINDS]
    silent, off = modes.count(NoticeMode.SILENT), modes.count(NoticeMode.OFF)
    if not silent and not off:
        return say("all on")
    if not off:
        return plural("{n} silent", "{n} silent", silent)
    if not silent:
        return plural("{n} off", "{n} off", off)
    return say("{silent} silent and {off} off", silent=silent, off=off)


def _factor(*, has_factor: bool | None) -> str | None:
    if has_factor is None:
        return None
    if has_factor:
        return say("Authenticator: <b>set up</b>; it guards withdrawals and looser settings")
    return say("Authenticator: <b>not set up</b>; whoever runs this bot does that on its console")


def _louder(chosen: UserPreferences, kind: NoticeKind) -> SetNoticeMode:
    mode = NEXT_MODE[chosen.mode_of(kind)]
    is_forbidden = mode is NoticeMode.OFF and kind in ALWAYS_TOLD
    return SetNoticeMode(kind, NoticeMode.ON if is_forbidden else mode)


def _ticked(label: str, *, is_on: bool) -> str:
    return f"✓ {label}" if is_on else label


def _back() -> Row:
    return (Button(say("Settings"), ShowSettings()), home_button())
