"""Settings in words: what each is, and what one has become."""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Final

from core.domain.notice import NoticeKind
from core.domain.preferences import ConfirmMode, NoticeMode, UserPreferences
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import lines
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time
from telegram_bot.words import mark, say

MODES: Final[Mapping[ConfirmMode, str]] = {
    ConfirmMode.CAREFUL: mark("Careful"),
    ConfirmMode.STANDARD: mark("Standard"),
    ConfirmMode.FAST: mark("Fast"),
}
LOUDNESS: Final[Mapping[NoticeMode, str]] = {
    NoticeMode.ON: mark("on"),
    NoticeMode.SILENT: mark("silent"),
    NoticeMode.OFF: mark("off"),
}
KINDS: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.ORDER: mark("Orders"),
    NoticeKind.TRIGGER: mark("TP / SL"),
    NoticeKind.RESOLUTION: mark("Results"),
    NoticeKind.ALERT: mark("Alerts"),
    NoticeKind.CLOSING: mark("Closing soon"),
    NoticeKind.DIGEST: mark("Daily digest"),
    NoticeKind.FEED: mark("Price feed"),
    NoticeKind.DEPOSIT: mark("Deposits"),
    NoticeKind.WALLET_TRADE: mark("Watched wallets"),
    NoticeKind.WEATHER: mark("Weather edges"),
    NoticeKind.BROADCAST: mark("From the owner"),
    NoticeKind.WARNING: mark("Warnings"),
    NoticeKind.WALLET: mark("Wallet and key"),
    NoticeKind.RECONCILIATION: mark("Account checks"),
}
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"en": mark("English"), "fr": mark("Français")}


def change_words(before: UserPreferences, after: UserPreferences, now: datetime) -> str:
    """One sentence for each thing that is not as it was."""
    return lines(
        *(_confirming(before, after)),
        *(_amounts(before, after)),
        *(_times(before, after, now)),
        *(
            say("{kind}: {mode} now.", kind=say(KINDS[kind]), mode=say(LOUDNESS[mode]))
            for kind, mode in after.notice_modes.items()
            if kind in KINDS and before.mode_of(kind) is not mode
        ),
        say("I speak {language} now.", language=language_name(after))
        if before.spoken != after.spoken
        else None,
    ) or say("Nothing was changed: it was so already.")


def mode_words(mode: ConfirmMode, chosen: UserPreferences) -> str:
    """What a mode does with the amounts that are chosen."""
    match mode:
        case ConfirmMode.CAREFUL:
            return say("<b>Careful</b>: every order asks.")
        case ConfirmMode.STANDARD:
            return say(
                "<b>Standard</b>: orders from {amount} on ask.", amount=money(chosen.confirm_from)
            )
        case ConfirmMode.FAST:
            return say("<b>Fast</b>: orders above {amount} ask.", amount=money(chosen.fast_cap))


def slippage_words(chosen: UserPreferences, most: Decimal) -> str:
    """Never more than this program allows now, whatever was chosen before."""
    own = chosen.slippage
    if own is None or own >= most:
        return say("{percent} %, the most here", percent=number(most))
    return say("{percent} %", percent=number(own))


def quick_words(chosen: UserPreferences) -> str:
    return " · ".join(whole(amount) for amount in chosen.quick_amounts)


def whole(amount: Decimal) -> str:
    """`$10`, `$2.50`."""
    return money(amount).removesuffix(".00")


def number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def language_name(chosen: UserPreferences) -> str:
    return say(LANGUAGE_NAMES[chosen.spoken])


def quiet_words(chosen: UserPreferences) -> str:
    if chosen.quiet_from is None or chosen.quiet_until is None:
        return say("no quiet hours")
    return say(
        "quiet from {begin} to {end}",
        begin=_time(chosen.quiet_from),
        end=_time(chosen.quiet_until),
    )


def digest_words(chosen: UserPreferences) -> str:
    if chosen.digest_at is None:
        return say("no digest")
    return say("digest at {time}", time=_time(chosen.digest_at))


def _confirming(before: UserPreferences, after: UserPreferences) -> list[str]:
    told = []
    if before.confirm_mode is not after.confirm_mode:
        told.append(mode_words(after.confirm_mode, after))
    if before.confirm_from != after.confirm_from:
        told.append(say("Standard asks from {amount} on now.", amount=money(after.confirm_from)))
    if before.fast_cap != after.fast_cap:
        told.append(say("Fast asks above {amount} now.", amount=money(after.fast_cap)))
    return told


def _amounts(before: UserPreferences, after: UserPreferences) -> list[str]:
    told = []
    if before.quick_amounts != after.quick_amounts:
        told.append(say("Quick amounts are {amounts} now.", amounts=quick_words(after)))
    if before.slippage != after.slippage:
        told.append(
            say("Slippage is the most this bot allows now.")
            if after.slippage is None
            else say("Slippage is {percent} % now.", percent=number(after.slippage))
        )
    if before.dust_below != after.dust_below:
        told.append(
            say("Positions below {amount} are dust now.", amount=whole(after.dust_below))
            if after.dust_below
            else say("No position is dust now.")
        )
    return told


def _times(before: UserPreferences, after: UserPreferences, now: datetime) -> list[str]:
    told = []
    if before.zone != after.zone:
        told.append(
            say(
                "Your time zone is {zone} now: it is {time}.",
                zone=safe(after.zone, 40),
                time=clock_time(now),
            )
        )
    if (before.quiet_from, before.quiet_until) != (after.quiet_from, after.quiet_until):
        told.append(say("Notices: {quiet} now.", quiet=quiet_words(after)))
    if before.digest_at != after.digest_at:
        told.append(say("Notices: {digest} now.", digest=digest_words(after)))
    return told


def _time(moment: time) -> str:
    return f"{moment:%H:%M}"
