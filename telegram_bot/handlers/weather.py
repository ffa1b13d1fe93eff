"""The weather strategy in chat: events, ladders, decisions, scores."""

from dataclasses import replace
from functools import partial

from core.domain.units import EventId
from core.domain.weather.choices import Choices
from core.domain.weather.views import LadderView
from core.services.weather.overview import WeatherOverview
from telegram_bot.context import BotContext
from telegram_bot.handlers.weather_choices import act_on_choices
from telegram_bot.live_card import LiveView
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.weather import ladder_screen, weather_off_screen, weather_screen
from telegram_bot.screens.weather_decisions import decisions_screen
from telegram_bot.screens.weather_scores import scores_screen
from telegram_bot.weather_actions import (
    ShowDecisions,
    ShowEventDecisions,
    ShowLadder,
    ShowScores,
    ShowWeather,
    ToggleEvent,
    WeatherAction,
)


async def act_on_weather(context: BotContext, action: WeatherAction) -> None:
    """Raises: Rejected with the sentence that says why not, NotFound."""
    weather = context.services.weather
    if weather is None:
        await context.show(weather_off_screen())
        return
    match action:
        case ShowWeather(page):
            await _open_events(context, weather, page)
        case ShowLadder(event_id):
            await open_ladder(context, weather, event_id)
        case ShowDecisions(page):
            await _open_decisions(context, weather, None, page)
        case ShowEventDecisions(event_id, page):
            await _open_decisions(context, weather, event_id, page)
        case ShowScores(page):
            await _open_scores(context, weather, page)
        case ToggleEvent(event, is_left_alone):
            await _toggle_event(context, weather, event, is_left_alone=is_left_alone)
        case _:
            await act_on_choices(context, weather, action)


async def open_ladder(context: BotContext, weather: WeatherOverview, event: EventId) -> None:
    """The card, which follows the prices of its buckets."""
    view = await weather.ladder(context.user.id, event)
    standing = await weather.standing(context.user.id)
    card = partial(_card, context, may_change=standing.may_change)
    if not view.rungs:
        await context.show(card(view))
        return
    await context.show(
        card(view),
        LiveView(
            partial(_draw, context, weather, event, may_change=standing.may_change),
            markets=frozenset(rung.market_id for rung in view.rungs),
            tokens=frozenset(view.tokens),
        ),
    )
    if context.services.pictures is not None:
        context.services.pictures.album.get_ready()  # the forecast may be the next wish


async def _draw(
    context: BotContext, weather: WeatherOverview, event: EventId, *, may_change: bool
) -> Screen:
    view = await weather.ladder(context.user.id, event)
    return _card(context, view, may_change=may_change)


def _card(context: BotContext, view: LadderView, *, may_change: bool) -> Screen:
    return ladder_screen(view, context.desk.now(), may_change=may_change)


async def _open_events(context: BotContext, weather: WeatherOverview, page: int) -> None:
    standing = await weather.standing(context.user.id)
    events = await weather.events(context.user.id, page)
    await context.show(weather_screen(standing, events, context.desk.now()))


async def _open_decisions(
    context: BotContext, weather: WeatherOverview, event: EventId | None, page: int
) -> None:
    view = await weather.decisions(context.user.id, event, page)
    await context.show(decisions_screen(view, context.desk.now()))


async def _open_scores(context: BotContext, weather: WeatherOverview, page: int) -> None:
    table = await weather.scores(context.user.id)
    gate = (await weather.standing(context.user.id)).gate
    await context.show(scores_screen(table, gate, page, context.desk.now()))


async def _toggle_event(
    context: BotContext, weather: WeatherOverview, event: EventId, *, is_left_alone: bool
) -> None:
    """Raises: NotFound."""
    user = context.user.id
    await weather.change(user, lambda now: _without(now, event, is_left_alone=is_left_alone))
    await open_ladder(context, weather, event)


def _without(now: Choices, event: EventId, *, is_left_alone: bool) -> Choices:
    others = now.without - {event}
    return replace(now, without=others | {event} if is_left_alone else others)
