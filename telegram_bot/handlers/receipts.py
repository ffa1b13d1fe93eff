"""Receipts of orders: drawn while they may change, and with what sells at one tap afterwards."""

from dataclasses import dataclass

from core.domain.account_views import TracedOrder
from core.domain.book import Side
from core.domain.order import Order
from core.domain.units import OrderId
from core.domain.views import PositionView
from telegram_bot.actions import Action
from telegram_bot.context import BotContext
from telegram_bot.handlers.tokens import bind, quick_sale_of
from telegram_bot.quick_actions import QuickSell
from telegram_bot.screens.live_receipt import is_final, live_receipt_screen
from telegram_bot.screens.screen import Screen


@dataclass(slots=True)
class Sale:
    """The one token of one receipt, made once its order can be sold again, however often it is
    drawn; it works in the receipt's own message only.
    """

    message_id: int | None = None
    token: str | None = None
    action: Action | None = None

    async def of(
        self, context: BotContext, order: Order, held: PositionView | None
    ) -> Action | None:
        """What sells all of it; None where a ticket has to."""
        is_bought = order.ticket.side is Side.BUY and bool(order.filled_size)
        can_sell = is_bought and order.is_done and not order.awaited_size
        if self.action is None and held is not None and can_sell:
            self.token = await quick_sale_of(context, held)
            await bind(context, self.token, self.message_id)
            if self.token is not None:
                self.action = QuickSell(self.token, held.position.id, 100)
        return self.action

    async def stand_on(self, context: BotContext, message_id: int) -> None:
        """That message shows the receipt."""
        self.message_id = message_id
        await bind(context, self.token, message_id)


async def follow_receipt(
    context: BotContext, order_id: OrderId, again: Action, sale: Sale
) -> Screen:
    traced = await context.services.history.traced(context.user.id, order_id)
    return await live_receipt(context, traced, again, sale)


async def last_word(context: BotContext, order_id: OrderId, again: Action) -> Screen | None:
    """The receipt of an order of real money as it stays; None while it may still change.

    `context`: on the receipt.
    """
    traced = await context.services.history.traced(context.user.id, order_id)
    if not is_final(traced):
        return None
    sale = Sale(context.message_id)
    return context.marked(await live_receipt(context, traced, again, sale))


async def live_receipt(
    context: BotContext, traced: TracedOrder, again: Action, sale: Sale
) -> Screen:
    held = await held_of(context, traced.order)
    sell = await sale.of(context, traced.order, held)
    position = None if held is None else held.position.id
    return live_receipt_screen(traced, position, again, sell)


async def held_of(context: BotContext, order: Order) -> PositionView | None:
    """What the user holds now of the order's outcome."""
    ticket = order.ticket
    held = await context.positions.in_market(context.user.id, ticket.market_id)
    return next((view for view in held if view.position.token_id == ticket.token_id), None)
