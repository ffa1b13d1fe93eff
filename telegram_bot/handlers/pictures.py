"""Charts, order books, cards to share and records: one picture each, drawn elsewhere."""

from dataclasses import replace
from typing import assert_never

from core.domain.errors import NotFound, PolycoolError, Unavailable
from core.domain.history import PriceHistory
from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.units import Price
from core.domain.views import MarketView, OutcomeView
from telegram_bot.context import BotContext, PictureParts
from telegram_bot.handlers.markets import market_view, patience
from telegram_bot.handlers.positions import portfolio_of
from telegram_bot.handlers.weather_choices import weather_of
from telegram_bot.picture_actions import (
    PictureAction,
    ShowChart,
    ShowDepth,
    ShowFan,
    ShowPnlCard,
    ShowRecord,
    ShowReliability,
)
from telegram_bot.pictures import composing
from telegram_bot.pictures.plans import Picture
from telegram_bot.pictures.weather_composing import fan_picture, reliability_picture
from telegram_bot.screens import pictures as screens
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.weather_pictures import fan_screen, reliability_screen
from telegram_bot.words import say


async def show_picture(context: BotContext, action: PictureAction) -> None:
    """On the tapped picture, or below; what went wrong is told below, and the card stays."""
    with context.desk.typing.over_picture(context.chat_id):
        try:
            await _show(context, action)
        except PolycoolError as error:
            await _tell(context, failure_screen(error, replace(action, redraws=False)))


async def _show(context: BotContext, action: PictureAction) -> None:
    match action:
        case ShowChart():
            await _show_chart(context, action)
        case ShowDepth():
            await _show_depth(context, action)
        case ShowPnlCard():
            await _show_pnl_card(context, action)
        case ShowRecord():
            await _show_record(context, action)
        case ShowFan():
            await _show_fan(context, action)
        case ShowReliability():
            await _show_reliability(context, action)
        case _:
            assert_never(action)


async def _show_chart(context: BotContext, ask: ShowChart) -> None:
    parts = _parts(context)
    view = await market_view(context, ask.market_id, refresh=True)
    outcome = _outcome(view, ask.outcome)
    async with patience(context, say("The venue does not answer, so there is no chart right now.")):
        history = await parts.histories.history(outcome.outcome.token, ask.span)
    history = composing.up_to_now(history, outcome, context.desk.now())
    if history.change is None:
        await _tell(context, screens.no_history_screen(view.market, outcome, ask))
        return
    await _draw_chart(context, ask, view, outcome, history)


async def _draw_chart(
    context: BotContext,
    ask: ShowChart,
    view: MarketView,
    outcome: OutcomeView,
    history: PriceHistory,
) -> None:
    record, token = _parts(context).record, outcome.outcome.token
    own = await record.entries(context.user.id, context.account, token)
    own = composing.marked(own, history)
    plan = composing.price_picture(
        view.market, outcome, history, own, _average(view, outcome), context.mode, ask
    )
    await _put(context, ask, plan, screens.chart_screen(view.market, outcome, history, own, ask))


async def _show_depth(context: BotContext, ask: ShowDepth) -> None:
    market = await context.services.markets.market(ask.market_id)
    outcome = _place(market, ask.outcome)
    token = market.outcomes[outcome].token
    book = await _parts(context).books.book(token, market.complement(token))
    name = market.outcomes[outcome].name
    plan = composing.depth_picture(market, name, book, context.mode, ask)
    screen = screens.depth_screen(market, name, composing.depth_view(book), ask)
    await _put(context, ask, plan, screen)


async def _show_pnl_card(context: BotContext, ask: ShowPnlCard) -> None:
    user = context.user.id
    view = await context.positions.view(ask.position_id, user)
    context.check_account(view.position.account)
    percent = None
    if view.position.status is not PositionStatus.ACTIVE:
        percent = await _parts(context).record.result_in_percent(user, view.position)
    plan = composing.pnl_picture(view, percent, context.mode, ask)
    await _put(context, ask, plan, screens.pnl_screen(view, percent, ask))


async def _show_record(context: BotContext, ask: ShowRecord) -> None:
    now = context.desk.now()
    record = await _parts(context).record.of(context.user.id, context.account, ask.period)
    portfolio = await portfolio_of(context)
    screen = screens.record_screen(record, portfolio, ask, now)
    if record.has_curve:
        plan = composing.equity_picture(record, portfolio, now, context.mode, ask)
        await _put(context, ask, plan, screen)
    else:
        await _tell(context, screen)


async def _show_fan(context: BotContext, ask: ShowFan) -> None:
    view = await weather_of(context).fan(context.user.id, ask.event_id)
    plan = fan_picture(view, context.mode, ask, context.desk.now())
    await _put(context, ask, plan, fan_screen(view, ask))


async def _show_reliability(context: BotContext, ask: ShowReliability) -> None:
    weather = weather_of(context)
    seen, gate = await weather.reliability(), (await weather.standing(context.user.id)).gate
    screen = reliability_screen(seen, gate, ask)
    if seen.bins:
        await _put(context, ask, reliability_picture(seen, context.mode, ask), screen)
    else:
        await _tell(context, screen)


async def _put(context: BotContext, ask: PictureAction, plan: Picture, screen: Screen) -> None:
    """The picture with its words; the words alone where it cannot be drawn."""
    messenger, chat, card = context.desk.messenger, context.chat_id, context.message_id
    try:
        picture = await _parts(context).album.picture(plan)
    except Unavailable:
        await _tell(context, screens.without_picture(screen, ask))
        return
    if ask.redraws and card is not None:
        await messenger.files.edit_photo(chat, card, picture, context.marked(screen))
    else:
        await messenger.files.photo(chat, picture, context.marked(screen))


async def _tell(context: BotContext, screen: Screen) -> None:
    """Below, as a record: neither the card nor the picture that was tapped goes away for it."""
    screen = replace(context.marked(screen), keeps_message=True)
    await context.desk.messenger.send(context.chat_id, screen)


def _parts(context: BotContext) -> PictureParts:
    """Raises: Unavailable in a program that draws nothing."""
    if context.services.pictures is None:
        raise Unavailable(say("This Polycool draws no pictures."))
    return context.services.pictures


def _outcome(view: MarketView, place: int) -> OutcomeView:
    """Raises: NotFound."""
    return view.outcomes[_place(view.market, place)]


def _place(market: Market, place: int) -> int:
    """Raises: NotFound for a place that the market does not have."""
    if place >= len(market.outcomes):
        raise NotFound(say("This market has no such outcome."))
    return place


def _average(view: MarketView, outcome: OutcomeView) -> Price | None:
    """What the reader paid for the shares held now."""
    token = outcome.outcome.token
    held = [each.position for each in view.positions if each.position.token_id == token]
    return held[0].holding.entry_price if held else None
