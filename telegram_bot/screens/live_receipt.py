"""The receipt of an order with real money: it follows the order until nothing can change."""

from typing import Final

from core.domain.account_views import TracedOrder
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderStatus
from core.domain.units import ZERO, PositionId
from telegram_bot.account_actions import ShowOrder, ShowOrders
from telegram_bot.actions import Action, CancelTicket, ConfirmAgain, ShowMarket, ShowPosition
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.orders import reserved_words, settlement_words, state_words
from telegram_bot.screens.receipt import filled_story, sentence
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time

HEADINGS: Final = {
    OrderStatus.NEW: "Submitting…",
    OrderStatus.SIGNED: "Submitting…",
    OrderStatus.LIVE: "Resting in the book",
    OrderStatus.MATCHED: "Matched, being settled",
    OrderStatus.DELAYED: "Accepted, and delayed by the venue",
    OrderStatus.UNKNOWN: "Checking with the venue",
}
REVERSED: Final = "<b>Failed, and taken back</b>"


def live_receipt_screen(
    traced: TracedOrder, position: PositionId | None, again: Action | None = None
) -> Screen:
    """A record that stays in the chat. `position` is what the user holds of it now, if anything."""
    order = traced.order
    return Screen(
        blocks(
            *_story(traced),
            _settled(traced),
            reserved_words(order),
            f"<i>Order {order.id} · live money · {clock_time(order.created_at)}</i>",
        ),
        (_buttons(traced, position, again),),
        keeps_message=True,
    )


def is_final(traced: TracedOrder) -> bool:
    """Whether nothing more is to be expected of the order."""
    order = traced.order
    settled = all(each.is_final for each in traced.settlements)
    return order.is_done and not order.awaited_size and settled


def unclear_screen(unclear: Order, button_id: str) -> Screen:
    """Before a second order in a market where nobody knows yet what became of the first."""
    ticket = unclear.ticket
    deed = "buy" if ticket.side is Side.BUY else "sell"
    return Screen(
        blocks(
            f"<b>Order {unclear.id} in this market is not clear yet.</b>",
            f"It is to {deed} {_amount(unclear)} at {cents(ticket.worst_price)}, "
            f"sent at {clock_time(unclear.created_at)}, and its answer was lost: it may have been "
            "placed. I am checking with the venue.",
            "If you go on, <b>you may end up with both</b>. Nothing was sent yet.",
        ),
        (
            (Button("Place a second order", ConfirmAgain(button_id), Style.DANGER),),
            (
                Button("Cancel", CancelTicket(button_id)),
                Button(f"Order {unclear.id}", ShowOrder(unclear.id)),
            ),
        ),
    )


def _story(traced: TracedOrder) -> tuple[str | None, ...]:
    order, market = traced.order, traced.market
    if order.filled_size:
        story = filled_story(order, market)
        return story if order.is_done else (*story[:-1], _left(order))
    question = safe(market.question)
    if order.failed_size:
        return (
            REVERSED,
            question,
            (
                f"{shares(order.failed_size)} shares were matched, and the chain refused the "
                "trade. Your cash and your shares are as before it."
            ),
        )
    if order.status in HEADINGS:
        return (f"<b>{HEADINGS[order.status]}</b>", question, _asked(order))
    if order.is_lost_sight_of:
        return ("<b>Not followed any more</b>", question, _asked(order), sentence(order.reason))
    deed = "bought" if order.ticket.side is Side.BUY else "sold"
    return (
        f"<b>Nothing was {deed}: {state_words(order)}</b>",
        question,
        sentence(order.reason) or _why_nothing(order),
        "Your cash and your positions are as before.",
    )


def _left(order: Order) -> str:
    if order.status is OrderStatus.PARTIAL:
        return f"The rest, {shares(order.working_size)} shares, waits in the book."
    return "The venue has yet to tell what becomes of the rest; this receipt follows it."


def _asked(order: Order) -> str:
    ticket = order.ticket
    deed = "Buy" if ticket.side is Side.BUY else "Sell"
    return f"{deed} {_amount(order)} at {cents(ticket.worst_price)} or better"


def _amount(order: Order) -> str:
    name = safe(order.outcome, 40)
    if order.ticket.size is not None:
        return f"{shares(order.ticket.size)} {name}"
    return f"{name} for {money(order.ticket.spend or ZERO)}"


def _settled(traced: TracedOrder) -> str | None:
    if traced.order.failed_size and not traced.order.filled_size:
        return None
    if Settlement.FAILED in traced.settlements:
        failed = shares(traced.order.failed_size)
        return f"<b>{failed} more shares failed on the chain and were taken back.</b>"
    return settlement_words(traced.settlements)


def _buttons(traced: TracedOrder, position: PositionId | None, again: Action | None) -> Row:
    order = traced.order
    if not order.is_done:
        return (Button("Order", ShowOrder(order.id)), Button("Orders", ShowOrders()), home_button())
    market = Button("Market", ShowMarket(traced.market.id))
    if position is not None and order.filled_size:
        return (Button("Position", ShowPosition(position)), market, home_button())
    if again is not None:
        return (Button("Try again", again, Style.PRIMARY), market, home_button())
    return (market, Button("Orders", ShowOrders()), home_button())


def _why_nothing(order: Order) -> str:
    """An order that rested was not turned down by anybody."""
    if not order.ticket.kind.rests:
        return "The order found nobody on the other side."
    return "It waited in the book, and nobody took its price before it was gone."
