"""A typed code of an authenticator: out of the chat first, then used for what it was asked for."""

from typing import assert_never

from core.domain.custody import CodeRefused
from core.services.custody.second_factor import NO_FACTOR
from telegram_bot.context import BotContext
from telegram_bot.handlers import people, withdrawing
from telegram_bot.handlers.safety import set_limit
from telegram_bot.handlers.settings import change_guarded
from telegram_bot.handlers.weather_choices import change_weather
from telegram_bot.people_actions import ChangeRole, Invite
from telegram_bot.questions import (
    Allowing,
    CodeFor,
    NewLimit,
    NewWeatherLimit,
    Paying,
    TypedSetting,
)
from telegram_bot.settings_actions import ClearSetting, SetConfirmMode
from telegram_bot.weather_actions import ResetWeatherLimit, SetWeatherMode


async def take_code(context: BotContext, question: CodeFor, message_id: int, text: str) -> None:
    """Raises: CodeRefused, Rejected."""
    await context.desk.messenger.delete(context.chat_id, message_id)
    match question.purpose:
        case Allowing(address, label):
            await withdrawing.allow(context, address, label, text)
        case Paying(address_id, amount):
            await withdrawing.pay(context, address_id, amount, text)
        case NewLimit(kind, value):
            await _required(context, text)
            await set_limit(context, kind, value)
        case SetConfirmMode() | ClearSetting() | TypedSetting():
            await _required(context, text)
            await change_guarded(context, question.purpose, is_proven=True)
        case SetWeatherMode() | NewWeatherLimit() | ResetWeatherLimit():
            await _required(context, text)
            await change_weather(context, question.purpose, is_proven=True)
        case Invite() | ChangeRole():
            await _required(context, text)
            await people.let_more(context, question.purpose, is_proven=True)
        case _:
            assert_never(question.purpose)


async def _required(context: BotContext, code: str) -> None:
    if context.services.second_factor is None:
        raise CodeRefused(NO_FACTOR)
    await context.services.second_factor.require(context.user.id, code)
