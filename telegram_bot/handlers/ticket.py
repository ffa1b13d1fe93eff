"""A ticket's life: shown, then confirmed by one tap, cancelled, or expired."""

import asyncio
from functools import partial
from typing import Final

from core.domain.book import Side
from core.domain.errors import ButtonSpent, PolycoolError
from core.domain.offer import ButtonClaim, Offer, TradeQuote
from core.domain.order import Order
from core.domain.units import MarketId, PositionId
from telegram_bot.actions import Action
from telegram_bot.context import BotContext, Desk
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.ticket import expired_screen, submitting_screen, ticket_screen
from telegram_bot.tickets import ShownTicket, TicketState

EXPIRY_MARGIN: Final = 0.5  # seconds after the end of an offer until its card says so

EXPLANATIONS: Final = {
    TicketState.USED: "This ticket was used already: one ticket, one order. This tap did nothing.",
    TicketState.CANCELLED: "You cancelled this ticket. Nothing was bought or sold.",
    TicketState.EXPIRED: "This quote has expired. Nothing was bought or sold.",
    TicketState.FOREIGN: "This button is not yours, or not valid any more. Nothing was done.",
}


async def show_ticket(
    context: BotContext, quote: TradeQuote, *, again: Action, back: Action
) -> None:
    """The ticket's button works in the message that shows it, and nowhere else."""
    desk, user, orders = context.desk, context.user.id, context.services.orders
    offer = await orders.offer(quote, user, context.chat_id)
    now = desk.now()
    screen = ticket_screen(quote, offer, now)
    view = LiveView(
        partial(_draw_ticket, desk, screen, quote, offer, again),
        markets=frozenset({quote.market.id}),
        redraw_after=(offer.expires_at - now).total_seconds() + EXPIRY_MARGIN,
        rests_aloud=False,
    )
    message_id = await context.show(screen, view)
    if message_id is None:
        return
    await orders.bind_offer(offer.button_id, message_id)
    desk.tickets.remember(
        ShownTicket(quote, offer, user, context.chat_id, message_id, again=again, back=back)
    )


def still_view(screen: Screen, market: MarketId) -> LiveView:
    """For a screen that stands still while its market's book is kept at hand."""

    async def draw() -> Screen:
        return screen

    return LiveView(draw, markets=frozenset({market}), rests_aloud=False)


async def confirm(context: BotContext, claim: ButtonClaim, ticket: ShownTicket) -> None:
    """Place the order of a ticket that was open until this tap.

    The ticket's buttons go away while the order is on its way: neither waits for the other.
    """
    messenger = context.desk.messenger
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            messenger.hint(context.chat_id, claim.message_id, submitting_screen(ticket.quote)),
            name="ticket-submitting",
        )
        placing = tasks.create_task(_place(context, claim, ticket), name="ticket-order")
    await context.show(placing.result())


async def show_expired(context: BotContext, ticket: ShownTicket) -> None:
    await context.show(expired_screen(ticket.quote, ticket.again))


def cancelled_words(quote: TradeQuote) -> str:
    return f"Cancelled. Nothing was {'bought' if quote.side is Side.BUY else 'sold'}."


async def _place(context: BotContext, claim: ButtonClaim, ticket: ShownTicket) -> Screen:
    """The receipt, or what went wrong instead."""
    try:
        order = await context.services.orders.place_offer(claim)
        position = await _position_of(context, order)
    except ButtonSpent as spent:
        if ticket.offer.expires_at <= context.desk.now():
            return expired_screen(ticket.quote, ticket.again)
        return failure_screen(spent, ticket.back)
    except PolycoolError as error:
        return failure_screen(error, ticket.again)
    return receipt_screen(order, ticket.quote.market, position, ticket.again)


async def _position_of(context: BotContext, order: Order) -> PositionId | None:
    """What the user holds now of the order's outcome."""
    ticket = order.ticket
    held = await context.services.positions.in_market(context.user.id, ticket.market_id)
    matching = (view.position.id for view in held if view.position.token_id == ticket.token_id)
    return next(matching, None)


async def _draw_ticket(
    desk: Desk, screen: Screen, quote: TradeQuote, offer: Offer, again: Action
) -> Screen:
    return screen if desk.now() < offer.expires_at else expired_screen(quote, again)
