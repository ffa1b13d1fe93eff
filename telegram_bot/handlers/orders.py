"""Open and recent orders, and taking them off the book."""

from collections.abc import Awaitable, Callable
from functools import partial

from core.domain.account_views import Cancelled
from core.domain.units import MarketId, OrderId
from telegram_bot.context import BotContext
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.orders import (
    PAGE,
    cancel_all_screen,
    cancelled_screen,
    order_screen,
    orders_screen,
    recent_orders_screen,
)
from telegram_bot.screens.screen import Screen

FOLLOWING = 3.0  # seconds between two looks at orders that may move


async def open_orders(context: BotContext, page: int) -> None:
    found = await context.services.history.open(context.user.id, context.account)
    page = min(page, max(0, len(found) - 1) // PAGE)
    await context.show(
        orders_screen(found, page, context.desk.now()), _follow(partial(_draw_list, context, page))
    )


async def open_recent(context: BotContext, page: int) -> None:
    found = await context.services.history.recent(context.user.id, context.account)
    page = min(page, max(0, len(found) - 1) // PAGE)
    await context.show(recent_orders_screen(found, page, context.desk.now()))


async def open_order(context: BotContext, order_id: OrderId) -> None:
    """Raises: NotFound, Rejected for one of the other account."""
    traced = await context.services.history.traced(context.user.id, order_id)
    context.check_account(traced.order.ticket.account)
    await context.show(
        order_screen(traced, context.desk.now()), _follow(partial(_draw_order, context, order_id))
    )


async def cancel_order(context: BotContext, order_id: OrderId) -> None:
    """Raises: Rejected if nothing of it is working, Unavailable, OutcomeUnknown."""
    order = await context.orders.cancel_order(order_id, context.user.id)
    if order.is_done:
        await context.show(cancelled_screen(Cancelled((order,))))
    else:
        await open_order(context, order_id)


async def cancel_market(context: BotContext, market_id: MarketId) -> None:
    await context.show(
        cancelled_screen(await context.orders.cancel_market(context.user.id, market_id))
    )


async def cancel_all(context: BotContext, *, is_sure: bool) -> None:
    if is_sure:
        await context.show(cancelled_screen(await context.orders.cancel_all(context.user.id)))
        return
    found = await context.orders.open_orders(context.user.id)
    await context.show(cancel_all_screen(len(found)) if found else cancelled_screen(Cancelled()))


def _follow(draw: Callable[[], Awaitable[Screen]]) -> LiveView:
    return LiveView(draw, redraw_after=FOLLOWING, redraw_every=FOLLOWING, rests_aloud=False)


async def _draw_list(context: BotContext, page: int) -> Screen:
    found = await context.services.history.open(context.user.id, context.account)
    return orders_screen(found, page, context.desk.now())


async def _draw_order(context: BotContext, order_id: OrderId) -> Screen:
    traced = await context.services.history.traced(context.user.id, order_id)
    return order_screen(traced, context.desk.now())
