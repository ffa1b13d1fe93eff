"""Buttons of an earlier run: they do nothing any more, but what they did then is told.

A tap that was being answered when the program ended is answered once more by the next run. By then
it may have placed an order; to say that nothing was done would be a lie.
"""

from core.domain.account import Account
from core.domain.account_views import TracedOrder
from core.domain.errors import NotFound
from telegram_bot.account_actions import CancelOrder
from telegram_bot.actions import Action, Confirm, ConfirmAgain, ShowMarket
from telegram_bot.context import BotContext
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.screens.live_receipt import live_receipt_screen
from telegram_bot.screens.notices import never_placed_screen, old_screen
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Screen


async def tell_of_earlier(context: BotContext, action: Action | None) -> None:
    """None for what no run of the program wrote."""
    match action:
        case (
            Confirm(button_id)
            | ConfirmAgain(button_id)
            | QuickBuy(button_id)
            | QuickSell(button_id)
        ):
            traced = await _placed_by(context, button_id)
            await context.show(never_placed_screen() if traced is None else _receipt(traced))
        case CancelOrder(order_id):
            try:
                traced = await context.services.history.traced(context.user.id, order_id)
            except NotFound:
                await context.show(old_screen())
            else:
                await context.show(_receipt(traced))
        case _:
            await context.show(old_screen())


async def _placed_by(context: BotContext, button_id: str) -> TracedOrder | None:
    """The order that the button made, if it made one; in whichever account."""
    for account in context.services.desks:
        key = f"button:{button_id}"
        traced = await context.services.history.of_key(context.user.id, account, key)
        if traced is not None:
            return traced
    return None


def _receipt(traced: TracedOrder) -> Screen:
    again = ShowMarket(traced.market.id)
    if traced.order.ticket.account is Account.LIVE:
        return live_receipt_screen(traced, None, again)
    return receipt_screen(traced.order, traced.market, None, again)
