"""Buttons of an earlier run: they do nothing any more, but what they did then is told.

A tap that was being answered when the program ended is answered once more by the next run. By then
it may have placed an order; to say that nothing was done would be a lie. If it has not, it was
tapped in time all the same, and places its order now: once, as long as its offer is good.
"""

from core.domain.account import Account
from core.domain.account_views import TracedOrder
from core.domain.errors import ButtonSpent, NotFound, PolycoolError
from core.domain.offer import ButtonClaim
from telegram_bot.account_actions import CancelOrder
from telegram_bot.actions import Action, CancelTicket, Confirm, ConfirmAgain, ShowMarket
from telegram_bot.context import BotContext
from telegram_bot.quick_actions import QuickBuy, QuickSell
from telegram_bot.screens.live_receipt import live_receipt_screen
from telegram_bot.screens.notices import failure_screen, never_placed_screen, old_screen
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Screen


async def answer_earlier(
    context: BotContext, action: Action | None, message_id: int, *, is_left_over: bool
) -> None:
    """None for what no run of the program wrote. `is_left_over`: tapped while that run was up."""
    match action:
        case Confirm(button_id) | ConfirmAgain(button_id):
            claim = ButtonClaim(button_id, context.user.id, context.chat_id, message_id)
            is_knowing = isinstance(action, ConfirmAgain)
            await context.show(
                await _outcome(context, claim, is_left_over=is_left_over, is_knowing=is_knowing)
            )
        case QuickBuy(button_id) | QuickSell(button_id):
            # Its quote is made by the tap: what the price was then, nobody knows any more.
            traced = await _placed_by(context, button_id)
            await context.show(never_placed_screen() if traced is None else _receipt(traced))
        case CancelTicket(button_id):
            claim = ButtonClaim(button_id, context.user.id, context.chat_id, message_id)
            await context.orders.withdraw_offer(claim)
            await context.show(old_screen())
        case CancelOrder(order_id):
            try:
                traced = await context.services.history.traced(context.user.id, order_id)
            except NotFound:
                await context.show(old_screen())
            else:
                await context.show(_receipt(traced))
        case _:
            await context.show(old_screen())


async def tell_if_placed(context: BotContext, action: Action | None) -> bool:
    """Show the order that a button of an earlier run has made; False if it made none."""
    if not isinstance(action, Confirm | ConfirmAgain | QuickBuy | QuickSell):
        return False
    traced = await _placed_by(context, action.button_id)
    if traced is not None:
        await context.show(_receipt(traced))
    return traced is not None


async def _outcome(
    context: BotContext, claim: ButtonClaim, *, is_left_over: bool, is_knowing: bool
) -> Screen:
    """What the tap has led to, or leads to now."""
    traced = await _placed_by(context, claim.id)
    if traced is None and is_left_over:
        try:
            await context.orders.place_offer(claim, knows_of_unclear=is_knowing)
        except ButtonSpent:
            return never_placed_screen()
        except PolycoolError as error:
            traced = await _placed_by(context, claim.id)
            return failure_screen(error) if traced is None else _receipt(traced)
        traced = await _placed_by(context, claim.id)
    return never_placed_screen() if traced is None else _receipt(traced)


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
