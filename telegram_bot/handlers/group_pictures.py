"""Charts and order books in groups: of the market alone, with nobody's trades in them."""

from core.domain.errors import NotFound, Unavailable
from core.domain.views import MarketView
from telegram_bot.context import PictureParts
from telegram_bot.handlers.group_act import GroupAct
from telegram_bot.handlers.markets import patience
from telegram_bot.picture_actions import ShowChart, ShowDepth
from telegram_bot.pictures import composing
from telegram_bot.pictures.plans import Picture
from telegram_bot.screens import pictures as screens
from telegram_bot.screens.group import for_group
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.sharing import trade_button
from telegram_bot.words import say


async def show_chart(act: GroupAct, ask: ShowChart) -> None:
    view = await _view(act, ask)
    outcome, way_in = view.outcomes[ask.outcome], trade_button(view.market)
    late = say("The venue does not answer, so there is no chart right now.")
    async with patience(act.context, late):
        history = await _parts(act).histories.history(outcome.outcome.token, ask.span)
    history = composing.up_to_now(history, outcome, act.context.desk.now())
    if history.change is None:
        screen = screens.no_history_screen(view.market, outcome, ask)
        await _below(act).show(for_group(screen, act.asker, way_in))
        return
    plan = composing.price_picture(view.market, outcome, history, (), None, act.bot, ask)
    screen = screens.chart_screen(view.market, outcome, history, (), ask)
    await _put(act, plan, for_group(screen, act.asker, way_in), redraws=ask.redraws)


async def show_depth(act: GroupAct, ask: ShowDepth) -> None:
    view = await _view(act, ask)
    market, outcome = view.market, view.market.outcomes[ask.outcome]
    book = await _parts(act).books.book(outcome.token, market.complement(outcome.token))
    plan = composing.depth_picture(market, outcome.name, book, act.bot, ask)
    screen = screens.depth_screen(market, outcome.name, composing.depth_view(book), ask)
    screen = for_group(screen, act.asker, trade_button(market))
    await _put(act, plan, screen, redraws=ask.redraws)


async def _view(act: GroupAct, ask: ShowChart | ShowDepth) -> MarketView:
    """Raises: NotFound, also for a place that the market does not have."""
    view = await act.services.markets.view(ask.market_id, act.context.user.id, refresh=True)
    if ask.outcome >= len(view.outcomes):
        raise NotFound(say("This market has no such outcome."))
    return view


async def _put(act: GroupAct, plan: Picture, screen: Screen, *, redraws: bool) -> None:
    try:
        picture = await _parts(act).album.picture(plan)
    except Unavailable:
        await _below(act).show(screen)
        return
    await act.put(picture, screen, redraws=redraws)


def _below(act: GroupAct) -> GroupAct:
    """A picture cannot become words."""
    return GroupAct(act.context)


def _parts(act: GroupAct) -> PictureParts:
    """Raises: Unavailable in a program that draws nothing."""
    if act.services.pictures is None:
        raise Unavailable(say("This Polycool draws no pictures."))
    return act.services.pictures
