"""What the user holds, live."""

from functools import partial
from typing import Final

from core.domain.errors import NotFound
from core.domain.units import ZERO, PositionId, Usdc
from core.domain.views import PAGE, Portfolio
from telegram_bot.context import BotContext
from telegram_bot.handlers.tokens import bind, quick_sale_of
from telegram_bot.handlers.triggers import armed_of
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.positions import position_screen, positions_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.trigger_words import in_short

NOTHING: Final = Usdc(ZERO)


async def portfolio_of(context: BotContext) -> Portfolio:
    """Empty until a new live account was read from the venue for the first time."""
    try:
        return await context.positions.portfolio(context.user.id)
    except NotFound:
        if not context.is_live:
            raise
        return Portfolio((), NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


async def open_positions(context: BotContext, page: int) -> None:
    portfolio = await portfolio_of(context)
    page = min(page, max(0, len(portfolio.positions) - 1) // PAGE)
    shown = portfolio.positions[page * PAGE : (page + 1) * PAGE]
    await context.show(
        positions_screen(portfolio, page, context.desk.now()),
        LiveView(
            partial(_draw_list, context, page),
            markets=frozenset(view.market.id for view in shown),
            tokens=frozenset(view.position.token_id for view in portfolio.positions),
        ),
    )


async def open_position(context: BotContext, position_id: PositionId) -> None:
    """The card; its market's books are fetched if nothing streams them."""
    user, services = context.user.id, context.services
    position = await context.positions.get_position(position_id, user)
    context.check_account(position.account)
    market = (await services.markets.view(position.market_id, user, refresh=True)).market
    view = await context.positions.view(position_id, user)
    quick = await quick_sale_of(context, view)
    draw = partial(_draw_position, context, position_id, quick)
    shown = await context.show(
        await draw(), LiveView(draw, frozenset({market.id}), frozenset(market.tokens))
    )
    await bind(context, quick, shown)


async def _draw_list(context: BotContext, page: int) -> Screen:
    portfolio = await portfolio_of(context)
    return positions_screen(portfolio, page, context.desk.now())


async def _draw_position(context: BotContext, position_id: PositionId, quick: str | None) -> Screen:
    view = await context.positions.view(position_id, context.user.id)
    armed = in_short(await armed_of(context, position_id))
    now, can_rest = context.desk.now(), context.is_live
    return position_screen(view, now, can_rest=can_rest, armed=armed, quick=quick)
