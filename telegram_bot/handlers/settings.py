"""Settings in chat: shown, changed by a tap, and asked for a code where they let more pass."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from zoneinfo import available_timezones

from core.domain.errors import Rejected
from core.domain.notice import NoticeKind
from core.domain.preferences import (
    ConfirmMode,
    NoticeMode,
    UserPreferences,
    loosens,
)
from core.domain.zone_search import find_zones
from telegram_bot.actions import Action
from telegram_bot.context import BotContext
from telegram_bot.following_language import spoken
from telegram_bot.handlers.setting_answers import changed_by
from telegram_bot.handlers.withdrawing import ask_code, has_factor
from telegram_bot.questions import CodeFor, Loosening, TypedSetting
from telegram_bot.screens.setting_questions import card_of, setting_question, zones_screen
from telegram_bot.screens.setting_words import change_words
from telegram_bot.screens.settings import (
    SettingsView,
    confirming_screen,
    languages_screen,
    notice_modes_screen,
    paper_screen,
    settings_screen,
)
from telegram_bot.settings_actions import (
    ClearSetting,
    PickZone,
    SetConfirmMode,
    SetLanguage,
    SetNoticeMode,
    Setting,
    SettingsAction,
    ShowConfirming,
    ShowLanguages,
    ShowNoticeModes,
    ShowPaper,
    ShowSettings,
    TypeSetting,
)
from telegram_bot.words import reading_as, say

Change = Callable[[UserPreferences], UserPreferences]


async def act_on_settings(context: BotContext, action: SettingsAction) -> None:
    """Raises: Rejected with the sentence that says why not."""
    match action:
        case ShowSettings() | ShowConfirming() | ShowNoticeModes() | ShowLanguages():
            await _show(context, action, context.preferences)
        case ShowPaper():
            await _show_paper(context)
        case TypeSetting(what):
            context.desk.pending.ask(context.user.id, action)
            most = context.services.most_slippage
            await context.show(setting_question(what, context.preferences, most))
        case SetConfirmMode() | ClearSetting():
            await change_guarded(context, action)
        case PickZone(name):
            await _change(context, lambda now: replace(now, zone=name), ShowSettings())
        case SetNoticeMode(kind, mode):
            await _change(context, lambda now: _louder(now, kind, mode), ShowNoticeModes())
        case SetLanguage(language):
            await _change(context, lambda now: replace(now, language=language), ShowLanguages())


async def take_setting_answer(context: BotContext, what: Setting, text: str) -> None:
    """Raises: Rejected."""
    if what is Setting.ZONE:
        await _take_zone(context, text)
    else:
        await change_guarded(context, TypedSetting(what, text))


async def change_guarded(context: BotContext, wish: Loosening, *, is_proven: bool = False) -> None:
    """At once where it tightens, `is_proven` or nobody has an authenticator; else ask for a code.

    Raises: Rejected.
    """
    change = _change_of(wish, context)
    before = context.preferences
    is_looser = loosens(before, change(before), context.services.most_slippage)
    if is_looser and not is_proven and await has_factor(context):
        await ask_code(context, CodeFor(wish), say("It lets more pass without asking."))
    else:
        await _change(context, change, _card(wish))


def _change_of(wish: Loosening, context: BotContext) -> Change:
    """Raises: Rejected for words that cannot be used."""
    match wish:
        case SetConfirmMode(mode):
            return lambda now: _in_mode(now, mode)
        case ClearSetting(what):
            return lambda now: _cleared(now, what)
        case TypedSetting(what, text):
            return changed_by(what, text, context.services.most_slippage)


async def _change(context: BotContext, change: Change, card: Action) -> None:
    """The card again, in the language and the zone that are chosen now."""
    services, user = context.services, context.user.id
    before = await services.preferences.of(user)
    after = await services.preferences.change(user, change)
    with reading_as(await services.reader_of(user)):
        await _show(context, card, after, change_words(before, after, context.desk.now()))


async def _show(context: BotContext, card: Action, chosen: UserPreferences, said: str = "") -> None:
    match card:
        case ShowConfirming():
            guarded = await has_factor(context)
            await context.show(confirming_screen(chosen, has_factor=guarded, said=said))
        case ShowNoticeModes():
            await context.show(notice_modes_screen(chosen, said))
        case ShowLanguages():
            await context.show(languages_screen(chosen, spoken(), said))
        case _:
            await context.show(settings_screen(await _view(context, chosen), said))


async def _show_paper(context: BotContext) -> None:
    accounts = context.services.accounts
    if context.desk.is_dry_run or accounts is None:
        await context.show(paper_screen(None))
    else:
        await context.show(paper_screen(await accounts.state(context.user.id)))


async def _view(context: BotContext, chosen: UserPreferences) -> SettingsView:
    has_codes = context.services.second_factor is not None
    return SettingsView(
        chosen=chosen,
        most_slippage=context.services.most_slippage,
        has_factor=await has_factor(context) if has_codes else None,
        is_owner=context.is_owner,
        now=context.desk.now(),
    )


async def _take_zone(context: BotContext, text: str) -> None:
    """Raises: Rejected where no zone can be meant."""
    found = await asyncio.to_thread(_zones, text)
    if not found:
        raise Rejected(
            say("I know no such place. Type a big city near you, or a distance like +2.")
        )
    if len(found) > 1:
        await context.show(zones_screen(text, found))
    else:
        await _change(context, lambda now: replace(now, zone=found[0]), ShowSettings())


def _zones(text: str) -> tuple[str, ...]:
    """The names are read from the disk, so not on the loop."""
    return find_zones(text, _names())


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _in_mode(now: UserPreferences, mode: ConfirmMode) -> UserPreferences:
    return replace(now, confirm_mode=mode)


def _louder(now: UserPreferences, kind: NoticeKind, mode: NoticeMode) -> UserPreferences:
    return replace(now, notice_modes={**now.notice_modes, kind: mode})


def _cleared(now: UserPreferences, what: Setting) -> UserPreferences:
    match what:
        case Setting.SLIPPAGE:
            return replace(now, slippage=None)
        case Setting.QUIET:
            return replace(now, quiet_from=None, quiet_until=None)
        case Setting.DIGEST:
            return replace(now, digest_at=None)
        case _:
            return now  # there is always some amount, and some zone


def _card(wish: Loosening) -> Action:
    if isinstance(wish, SetConfirmMode):
        return ShowConfirming()
    return card_of(wish.what)
