"""Choices of the weather strategy: by a tap or in words, with a code where more can be lost."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.domain.amounts import typed_change, typed_price, typed_usdc
from core.domain.errors import InvalidQuantity, NotFound, Rejected
from core.domain.weather.choices import MOST_DAYS, Choices, Mode
from core.domain.weather.choosing import Limit, bounds, in_force, loosens, with_limit
from core.services.weather.overview import WeatherOverview
from telegram_bot.callback_readers import category_key
from telegram_bot.context import BotContext
from telegram_bot.handlers.withdrawing import ask_code, has_factor
from telegram_bot.questions import CodeFor, NewWeatherLimit, WeatherWish
from telegram_bot.screens.weather_choices import (
    CITIES,
    bounds_words,
    change_words,
    choices_screen,
    cities_screen,
    limit_question,
    limit_words,
    limits_screen,
)
from telegram_bot.weather_actions import (
    ResetWeatherLimit,
    SetDaysAhead,
    SetSignals,
    SetWeatherMode,
    ShowCities,
    ShowWeatherLimits,
    ToggleCity,
    TypeWeatherLimit,
    WeatherAction,
)
from telegram_bot.words import say

Change = Callable[[Choices], Choices]
WHOLE: Final = 100  # percent, cents


async def act_on_choices(
    context: BotContext, weather: WeatherOverview, action: WeatherAction
) -> None:
    """Raises: Rejected with the sentence that says why not."""
    match action:
        case SetWeatherMode() | ResetWeatherLimit():
            await change_weather(context, action)
        case SetDaysAhead(days):
            ahead = min(days, MOST_DAYS)
            await _change(context, weather, lambda now: replace(now, days_ahead=ahead))
        case SetSignals(is_on):
            await _change(context, weather, lambda now: replace(now, wants_signals=is_on))
        case ShowCities(page):
            await _show_cities(context, weather, page)
        case ToggleCity(key, page):
            await _toggle_city(context, weather, key, page)
        case ShowWeatherLimits():
            await _show_limits(context, weather)
        case TypeWeatherLimit(what):
            context.desk.pending.ask(context.user.id, action)
            chosen = await weather.choices(context.user.id)
            await context.show(limit_question(what, chosen, weather.limits))
        case _:
            await _show(context, weather)


async def take_weather_limit(context: BotContext, what: Limit, text: str) -> None:
    """Raises: Rejected, of which InvalidQuantity is one."""
    weather = weather_of(context)
    value, allowed = _typed(what, text), bounds(what, weather.limits)
    if not allowed.least <= value <= allowed.most:
        raise InvalidQuantity(bounds_words(what, weather.limits))
    await change_weather(context, NewWeatherLimit(what, value))


async def change_weather(
    context: BotContext, wish: WeatherWish, *, is_proven: bool = False
) -> None:
    """At once where it tightens, `is_proven` or nobody has an authenticator; else ask for a code.

    What is refused anyway is refused before a code is asked for. Raises: Rejected.
    """
    weather, change = weather_of(context), _change_of(wish)
    before = await weather.choices(context.user.id)
    after = change(before)
    if after.mode is Mode.LIVE and before.mode is not Mode.LIVE:
        await weather.refuse_live(context.user.id)
    if loosens(before, after, weather.limits) and not is_proven and await has_factor(context):
        await ask_code(context, CodeFor(wish), say("More can be lost by it than before."))
        return
    if isinstance(wish, SetWeatherMode):
        await _change(context, weather, change)
        return
    chosen = await weather.change(context.user.id, change)
    value = in_force(wish.what, chosen, weather.limits)
    await _show_limits(context, weather, limit_words(wish.what, value))


def weather_of(context: BotContext) -> WeatherOverview:
    """Raises: Rejected."""
    if context.services.weather is None:
        raise Rejected(say("The weather strategy is off in this Polycool."))
    return context.services.weather


def _change_of(wish: WeatherWish) -> Change:
    match wish:
        case SetWeatherMode(mode):
            return lambda now: replace(now, mode=mode)
        case NewWeatherLimit(what, value):
            return lambda now: with_limit(now, what, value)
        case ResetWeatherLimit(what):
            return lambda now: with_limit(now, what, None)


def _typed(what: Limit, text: str) -> Decimal:
    match what:
        case Limit.EDGE:
            return typed_price(text)
        case Limit.KELLY:
            return typed_change(text, WHOLE) / WHOLE
        case _:
            return typed_usdc(text)


async def _change(context: BotContext, weather: WeatherOverview, change: Change) -> None:
    user = context.user.id
    before = await weather.choices(user)
    after = await weather.change(user, change)
    await _show(context, weather, change_words(before, after))


async def _show(context: BotContext, weather: WeatherOverview, said: str = "") -> None:
    standing = await weather.standing(context.user.id)
    await context.show(choices_screen(standing, context.desk.now(), said))


async def _show_limits(context: BotContext, weather: WeatherOverview, said: str = "") -> None:
    standing = await weather.standing(context.user.id)
    await context.show(
        limits_screen(standing.choices, weather.limits, said, may_change=standing.may_change)
    )


async def _show_cities(context: BotContext, weather: WeatherOverview, page: int) -> None:
    standing, cities = await weather.standing(context.user.id), weather.cities()
    page = min(page, max(0, len(cities) - 1) // CITIES)
    await context.show(
        cities_screen(standing.choices, cities, page, may_change=standing.may_change)
    )


async def _toggle_city(context: BotContext, weather: WeatherOverview, key: str, page: int) -> None:
    """With all cities chosen, a tap on one chooses that one alone. Raises: NotFound."""
    named = {category_key(city): city for city in weather.cities()}
    if key and key not in named:
        raise NotFound(say("This city has no temperature event any more."))
    await weather.change(context.user.id, lambda now: _with_city(now, named.get(key)))
    await _show_cities(context, weather, page)


def _with_city(now: Choices, city: str | None) -> Choices:
    if city is None:
        return replace(now, cities=None)
    return replace(now, cities=(now.cities or frozenset()) ^ {city})
