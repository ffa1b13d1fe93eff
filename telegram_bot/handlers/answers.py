"""What people type when they were asked something."""

from typing import assert_never

from core.domain.amounts import typed_usdc
from core.domain.errors import Rejected
from core.domain.order_words import is_short_answer
from core.domain.risk import LimitKind
from telegram_bot.account_actions import ChangeLimit, NewAddress, ShowRisk, WithdrawTo
from telegram_bot.actions import Buy, Limit, SellOther, SpendOther
from telegram_bot.admin_actions import TypeBroadcast
from telegram_bot.alert_actions import TypeAlert
from telegram_bot.context import BotContext
from telegram_bot.handlers import safety, withdrawing
from telegram_bot.handlers.admin import admin_of
from telegram_bot.handlers.alerts import take_alert_answer
from telegram_bot.handlers.broadcasting import take_words
from telegram_bot.handlers.codes import take_code
from telegram_bot.handlers.limit import take_limit_answer
from telegram_bot.handlers.settings import take_setting_answer
from telegram_bot.handlers.trading import take_dollars, take_shares
from telegram_bot.handlers.triggers import take_trigger_answer
from telegram_bot.handlers.wallet import take_daily_limit
from telegram_bot.handlers.weather_choices import take_weather_limit
from telegram_bot.handlers.wishes import open_text
from telegram_bot.questions import CodeFor, NewLimit, Question
from telegram_bot.screens.notices import try_again
from telegram_bot.settings_actions import TypeSetting
from telegram_bot.trigger_actions import TypeTrigger
from telegram_bot.weather_actions import TypeWeatherLimit


async def take_answer(context: BotContext, question: Question, message_id: int, text: str) -> None:
    """What cannot be used is explained, and the question stays.

    Words that answer nothing where nobody has to answer are words like all others.
    """
    pending, user = context.desk.pending, context.user.id
    if _is_free(question) and not is_short_answer(text):
        pending.forget(user)
        await open_text(context, text)
        return
    try:
        await _take(context, question, message_id, text)
    except Rejected as refusal:
        await context.show(try_again(refusal, question))
    else:
        if pending.question(user) == question:
            pending.forget(user)


def _is_free(question: Question) -> bool:
    """Whether it was asked by a screen that has buttons too."""
    return isinstance(question, Buy) or (isinstance(question, Limit) and not question.is_typed)


async def _take(context: BotContext, question: Question, message_id: int, text: str) -> None:
    match question:
        case SpendOther(market_id, outcome) | Buy(market_id, outcome):
            await take_dollars(context, SpendOther(market_id, outcome), text)
        case SellOther():
            await take_shares(context, question, text)
        case Limit():
            await take_limit_answer(context, question, text)
        case TypeTrigger() | TypeAlert():
            await _take_level(context, question, text)
        case TypeSetting(what):
            await take_setting_answer(context, what, text)
        case TypeBroadcast():
            await take_words(context, admin_of(context).broadcasts, text)
        case TypeWeatherLimit(what):
            await take_weather_limit(context, what, text)
        case CodeFor():
            await take_code(context, question, message_id, text)
        case _:
            await _take_about_account(context, question, text)


async def _take_about_account(
    context: BotContext, question: ShowRisk | ChangeLimit | NewAddress | WithdrawTo, text: str
) -> None:
    match question:
        case ShowRisk():
            await take_daily_limit(context, typed_usdc(text))
        case ChangeLimit(kind):
            await _take_limit(context, kind, text)
        case NewAddress():
            await withdrawing.take_address(context, text)
        case WithdrawTo(address_id):
            await withdrawing.take_amount(context, address_id, text)
        case _:
            assert_never(question)


async def _take_level(context: BotContext, question: TypeTrigger | TypeAlert, text: str) -> None:
    if isinstance(question, TypeAlert):
        await take_alert_answer(context, question, text)
    else:
        await take_trigger_answer(context, question, text)


async def _take_limit(context: BotContext, kind: LimitKind, text: str) -> None:
    """A raise waits a day, and needs a code where an authenticator is set up."""
    value = safety.typed_limit(text)
    needs_code = await safety.is_raise(context, kind, value)
    if needs_code and await withdrawing.has_factor(context):
        wish = NewLimit(kind, value)
        words = withdrawing.limit_code_words(wish)
        await withdrawing.ask_code(context, CodeFor(wish), words)
    else:
        await safety.set_limit(context, kind, value)
