"""What the user holds, live."""

from dataclasses import replace
from functools import partial
from typing import Final

from core.domain.errors import NotFound, Rejected
from core.domain.holdings import HoldingOrder, Holdings, holdings
from core.domain.units import ZERO, PositionId, Usdc
from core.domain.views import PAGE, Portfolio
from telegram_bot.context import BotContext
from telegram_bot.handlers.markets import patience
from telegram_bot.handlers.tokens import bind, quick_sale_of
from telegram_bot.handlers.triggers import armed_of
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.claims import claims_screen
from telegram_bot.screens.holdings import positions_screen
from telegram_bot.screens.positions import position_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.trigger_words import in_short
from telegram_bot.words import mark, say

NOTHING: Final = Usdc(ZERO)
NO_CLAIMS: Final = mark("Results of paper money are paid out at once: nothing waits to be claimed.")


async def portfolio_of(context: BotContext) -> Portfolio:
    """Empty until a new live account was read from the venue for the first time."""
    try:
        return await context.positions.portfolio(context.user.id)
    except NotFound:
        if not context.is_live:
            raise
        return Portfolio((), NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


async def open_positions(context: BotContext, page: int, *, with_small: bool = False) -> None:
    portfolio = await portfolio_of(context)
    held = _held(context, portfolio, with_small=with_small)
    page = min(page, max(0, len(held.shown) - 1) // PAGE)
    shown = held.shown[page * PAGE : (page + 1) * PAGE]
    await context.show(
        _list(context, portfolio, page, with_small=with_small),
        LiveView(
            partial(_draw_list, context, page, with_small=with_small),
            markets=frozenset(view.market.id for view in shown),
            tokens=frozenset(view.position.token_id for view in portfolio.positions),
        ),
    )


async def open_small(context: BotContext, page: int) -> None:
    """The list with what is small."""
    await open_positions(context, page, with_small=True)


async def sort_positions(context: BotContext, order: HoldingOrder) -> None:
    """In this order from now on, and from its first page."""
    change = context.services.preferences.change
    wanted = await change(context.user.id, lambda now: replace(now, holdings_by=order))
    await open_positions(replace(context, preferences=wanted), 0)


async def show_claims(context: BotContext) -> None:
    """What the venue says can be claimed. Raises: Rejected without a live wallet, Unavailable."""
    money = context.services.money
    if money is None:
        raise Rejected(say(NO_CLAIMS))
    late = say("The venue does not answer, so nothing can be claimed right now.")
    async with patience(context, late):
        state = await money.state(context.user.id)
    await context.show(claims_screen(state))


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


async def _draw_list(context: BotContext, page: int, *, with_small: bool) -> Screen:
    return _list(context, await portfolio_of(context), page, with_small=with_small)


def _list(context: BotContext, portfolio: Portfolio, page: int, *, with_small: bool) -> Screen:
    held = _held(context, portfolio, with_small=with_small)
    order = context.preferences.holdings_by
    return positions_screen(portfolio, held, page, context.desk.now(), order=order)


def _held(context: BotContext, portfolio: Portfolio, *, with_small: bool) -> Holdings:
    wanted = context.preferences
    return holdings(
        portfolio.positions, wanted.holdings_by, wanted.dust_below, with_small=with_small
    )


async def _draw_position(context: BotContext, position_id: PositionId, quick: str | None) -> Screen:
    view = await context.positions.view(position_id, context.user.id)
    armed = in_short(await armed_of(context, position_id))
    now, can_rest = context.desk.now(), context.is_live
    return position_screen(view, now, can_rest=can_rest, armed=armed, quick=quick)
