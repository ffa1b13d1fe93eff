"""What the user holds, live."""

from functools import partial

from core.domain.units import PositionId, UserId
from core.domain.views import PAGE
from telegram_bot.context import BotContext, Desk
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.positions import position_screen, positions_screen
from telegram_bot.screens.screen import Screen


async def open_positions(context: BotContext, page: int) -> None:
    desk, user = context.desk, context.user.id
    portfolio = await context.services.positions.portfolio(user)
    page = min(page, max(0, len(portfolio.positions) - 1) // PAGE)
    shown = portfolio.positions[page * PAGE : (page + 1) * PAGE]
    await context.show(
        positions_screen(portfolio, page, desk.now()),
        LiveView(
            partial(_draw_list, desk, user, page),
            markets=frozenset(view.market.id for view in shown),
            tokens=frozenset(view.position.token_id for view in portfolio.positions),
        ),
    )


async def open_position(context: BotContext, position_id: PositionId) -> None:
    """The card; its market's books are fetched if nothing streams them."""
    desk, user, services = context.desk, context.user.id, context.services
    position = await services.positions.get_position(position_id, user)
    market = (await services.markets.view(position.market_id, user, refresh=True)).market
    await context.show(
        await _draw_position(desk, user, position_id),
        LiveView(
            partial(_draw_position, desk, user, position_id),
            markets=frozenset({market.id}),
            tokens=frozenset(market.tokens),
        ),
    )


async def _draw_list(desk: Desk, user: UserId, page: int) -> Screen:
    portfolio = await desk.services.positions.portfolio(user)
    return positions_screen(portfolio, page, desk.now())


async def _draw_position(desk: Desk, user: UserId, position_id: PositionId) -> Screen:
    view = await desk.services.positions.view(position_id, user)
    return position_screen(view, desk.now())
