"""A ticket's life: shown, then confirmed by one tap, cancelled, or expired."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from core.domain.book import Side
from core.domain.confirming import Why
from core.domain.errors import ButtonSpent, OutcomeUnknown, PolycoolError
from core.domain.offer import ButtonClaim, LimitQuote, Offer, TradeQuote
from core.domain.order import Order
from core.domain.refusals import UnclearBefore
from core.domain.units import MarketId, OrderId
from telegram_bot.actions import Action, Limit
from telegram_bot.context import BotContext, Desk
from telegram_bot.handlers.receipts import (
    Sale,
    follow_receipt,
    held_of,
    last_word,
    live_receipt,
)
from telegram_bot.live_messages import LiveView
from telegram_bot.pacing import Urgency
from telegram_bot.screens.limit_ticket import (
    limit_expired_screen,
    limit_submitting_screen,
    limit_ticket_screen,
)
from telegram_bot.screens.live_receipt import is_final, unclear_screen
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.receipt import receipt_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.ticket import expired_screen, submitting_screen, ticket_screen
from telegram_bot.screens.ways_on import ways_on
from telegram_bot.tickets import ShownTicket, TicketState
from telegram_bot.words import mark, say

EXPIRY_MARGIN: Final = 0.5  # seconds after the end of an offer until its card says so
TOLD_AFTER: Final = 0.05  # seconds; most orders have left by then, and none has to wait for words
PATIENT: Final = 1.0  # seconds; what was typed is told of in a message, which is one more to send
FOLLOWING: Final = 2.0  # seconds between two looks at an order that is not over


class Placed(NamedTuple):
    """What a confirmed ticket has led to; `order` is one that may still change.

    `sale` is what the receipt sells with at one tap, where it does.
    """

    screen: Screen
    view: LiveView | None = None
    order: OrderId | None = None
    word: str = ""  # in answer to the tap itself
    sale: Sale | None = None


Placing: TypeAlias = asyncio.Task[Placed]

STILL_WAITING: Final = mark(
    "Still waiting for the venue's answer to your first tap. One ticket is one "
    "order: this tap does nothing."
)
NOT_SENT: Final = mark("Not sent yet: please read this first.")
EXPLANATIONS: Final = {
    TicketState.USED: mark(
        "This ticket was used already: one ticket, one order. This tap did nothing."
    ),
    TicketState.CANCELLED: mark("You cancelled this ticket. Nothing was bought or sold."),
    TicketState.EXPIRED: mark("This quote has expired. Nothing was bought or sold."),
    TicketState.FOREIGN: mark("This button is not yours, or not valid any more. Nothing was done."),
}


async def show_ticket(
    context: BotContext,
    quote: TradeQuote | LimitQuote,
    *,
    again: Action,
    back: Action,
    why: Sequence[Why] = (),
) -> None:
    """The ticket's button works in the message that shows it, and nowhere else.

    `why` somebody is asked who would rather not be.
    """
    desk, user, orders = context.desk, context.user.id, context.orders
    offer = await orders.offer(quote, user, context.chat_id)
    now = desk.now()
    if isinstance(quote, LimitQuote) and isinstance(again, Limit):
        screen = limit_ticket_screen(quote, offer, again, now)
    elif isinstance(quote, TradeQuote):
        screen = ticket_screen(quote, offer, now, why, back)
    else:
        raise TypeError(f"{again} does not lead to a limit order")
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


async def confirm(
    context: BotContext,
    claim: ButtonClaim,
    ticket: ShownTicket,
    query_id: str,
    *,
    knows_of_unclear: bool = False,
) -> None:
    """Place the order of a ticket that was open until this tap.

    `knows_of_unclear`: of an order in that market whose answer was lost, and goes on.
    The order goes first: it waits neither for a word to the chat nor for an edit under way, and
    goes on where one of these fails.
    """
    async with asyncio.TaskGroup() as tasks:
        order = _place(context, claim, ticket, knows_of_unclear=knows_of_unclear)
        placing = tasks.create_task(order, name="ticket-order")
        async with brought_to_end(placing), asyncio.TaskGroup() as words:
            words.create_task(context.orders.get_ready(claim.user_id), name="ticket-keys")
            words.create_task(_answer(context, query_id, placing), name="ticket-answer")
            async with context.held():
                await _show_submitting(context, claim.message_id, ticket, placing)
                await asyncio.wait({placing})
                await _show(context, placing.result(), ticket.again)


async def order_below(context: BotContext, claim: ButtonClaim, ticket: ShownTicket) -> None:
    """Place the order of words that needed no ticket; its receipt is a message of its own.

    `context`: of a chat that is held already.
    """
    async with asyncio.TaskGroup() as tasks:
        order = _place(context, claim, ticket, knows_of_unclear=False)
        placing = tasks.create_task(order, name="typed-order")
        async with brought_to_end(placing), asyncio.TaskGroup() as words:
            words.create_task(context.orders.get_ready(claim.user_id), name="typed-keys")
            await asyncio.wait({placing}, timeout=PATIENT)
            if not placing.done():
                context = await _below(context, ticket.quote)
            await asyncio.wait({placing})
            await _show(context, placing.result(), ticket.again)


async def _below(context: BotContext, quote: TradeQuote | LimitQuote) -> BotContext:
    """That the order is on its way, where the receipt will stand; the answer belongs there."""
    shown = await context.show(_submitting(quote))
    return context if shown is None else context.on(shown)


@asynccontextmanager
async def brought_to_end(placing: Placing) -> AsyncIterator[None]:
    """What fails in the block lets the order finish first: it may be on its way to the venue."""
    try:
        yield
    except asyncio.CancelledError:
        placing.cancel()
        raise
    finally:
        await asyncio.wait({placing})


async def _answer(context: BotContext, query_id: str, placing: Placing) -> None:
    await context.desk.messenger.answer(query_id, await submitting_word(placing))


async def submitting_word(placing: Placing) -> str:
    """Nothing where the order was quicker: what became of it is on the card then."""
    done, _ = await asyncio.wait({placing}, timeout=TOLD_AFTER)
    return placing.result().word if done else say("Submitting…")


async def _show(context: BotContext, placed: Placed, again: Action) -> None:
    """What is not over is brought to its end also where its reader is elsewhere by then."""
    shown = await context.show(placed.screen, placed.view, urgency=Urgency.ORDER)
    if shown is None:
        return
    if placed.sale is not None:
        await placed.sale.stand_on(context, shown)
    if placed.order is not None:
        end = partial(last_word, context.on(shown), placed.order, again)
        context.desk.receipts.follow(context.chat_id, shown, end)


async def _show_submitting(
    context: BotContext, message_id: int, ticket: ShownTicket, placing: Placing
) -> None:
    """The ticket's buttons go away while the order is on its way; a record keeps its own."""
    await asyncio.wait({placing}, timeout=TOLD_AFTER)
    if placing.done() or context.message_id is None:
        return
    on_its_way = context.marked(_submitting(ticket.quote))
    await context.desk.messenger.hint(context.chat_id, message_id, on_its_way)


async def show_expired(context: BotContext, ticket: ShownTicket) -> None:
    await context.show(_expired(ticket.quote, ticket.again))


def cancelled_words(quote: TradeQuote | LimitQuote) -> str:
    if isinstance(quote, LimitQuote):
        return say("Cancelled. No order was placed.")
    if quote.side is Side.BUY:
        return say("Cancelled. Nothing was bought.")
    return say("Cancelled. Nothing was sold.")


async def _place(
    context: BotContext, claim: ButtonClaim, ticket: ShownTicket, *, knows_of_unclear: bool
) -> Placed:
    """The receipt, or what went wrong instead."""
    try:
        order = await _ordered(context, claim, ticket, knows_of_unclear=knows_of_unclear)
        return await _receipt(context, order, ticket)
    except UnclearBefore as unclear:
        return await _asked_again(context, ticket, unclear)
    except ButtonSpent as spent:
        if ticket.amount is None and ticket.offer.expires_at <= context.desk.now():
            return Placed(_expired(ticket.quote, ticket.again))
        return Placed(failure_screen(spent, ticket.back))
    except OutcomeUnknown as unknown:
        return await _lost(context, claim, ticket, unknown)
    except PolycoolError as error:
        ways = ways_on(error, ticket.again, is_live=context.is_live)
        return Placed(failure_screen(error, ticket.again, ways))


async def _ordered(
    context: BotContext, claim: ButtonClaim, ticket: ShownTicket, *, knows_of_unclear: bool
) -> Order:
    if isinstance(ticket.quote, TradeQuote) and ticket.amount is not None:
        return await context.orders.quick.place(claim, ticket.quote, ticket.amount)
    return await context.orders.place_offer(claim, knows_of_unclear=knows_of_unclear)


async def _asked_again(context: BotContext, ticket: ShownTicket, refusal: UnclearBefore) -> Placed:
    """A second order beside an unclear one is placed knowingly or not at all."""
    if ticket.amount is not None:  # without a ticket there is none to confirm again
        return Placed(failure_screen(refusal, ticket.again), word=say(NOT_SENT))
    market = ticket.quote.market.id
    history, user = context.services.history, context.user.id
    unclear = await history.unknown_in(user, context.account, market)
    context.desk.tickets.reopen(ticket.offer.button_id)
    if not unclear:  # it was cleared up this very moment
        return Placed(failure_screen(refusal, ticket.again), word=say(NOT_SENT))
    screen = unclear_screen(unclear[0], ticket.offer.button_id)
    return Placed(screen, still_view(screen, market), word=say(NOT_SENT))


async def _lost(
    context: BotContext, claim: ButtonClaim, ticket: ShownTicket, unknown: OutcomeUnknown
) -> Placed:
    """The order is written down, so its receipt can say what happens next."""
    history, account = context.services.history, context.account
    traced = await history.of_key(context.user.id, account, f"button:{claim.id}")
    if traced is None or not context.is_live:
        return Placed(failure_screen(unknown, ticket.again))
    return await _receipt(context, traced.order, ticket)


async def _receipt(context: BotContext, order: Order, ticket: ShownTicket) -> Placed:
    sale = Sale()
    if not context.is_live:
        held = await held_of(context, order)
        sell = await sale.of(context, order, held)
        market, position = ticket.quote.market, None if held is None else held.position.id
        return Placed(receipt_screen(order, market, position, ticket.again, sell), sale=sale)
    traced = await context.services.history.traced(context.user.id, order.id)
    screen = await live_receipt(context, traced, ticket.again, sale)
    if is_final(traced):
        return Placed(screen, sale=sale)
    view = LiveView(
        partial(follow_receipt, context, order.id, ticket.again, sale),
        markets=frozenset({traced.market.id}),
        redraw_after=FOLLOWING / 2,
        redraw_every=FOLLOWING,
        rests_aloud=False,
        urgency=Urgency.ORDER,
    )
    return Placed(screen, view, order.id, sale=sale)


async def _draw_ticket(
    desk: Desk, screen: Screen, quote: TradeQuote | LimitQuote, offer: Offer, again: Action
) -> Screen:
    return screen if desk.now() < offer.expires_at else _expired(quote, again)


def _submitting(quote: TradeQuote | LimitQuote) -> Screen:
    if isinstance(quote, LimitQuote):
        return limit_submitting_screen(quote)
    return submitting_screen(quote)


def _expired(quote: TradeQuote | LimitQuote, again: Action) -> Screen:
    if isinstance(quote, LimitQuote):
        return limit_expired_screen(quote, again)
    return expired_screen(quote, again)
