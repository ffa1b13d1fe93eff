"""The receipt of an order with real money: it follows the order until nothing can change."""

from typing import Final

from core.domain.account_views import TracedOrder
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderStatus
from core.domain.units import ZERO, PositionId
from telegram_bot.account_actions import CancelOrder, ShowOrder, ShowOrders
from telegram_bot.actions import Action, CancelTicket, ConfirmAgain, ShowMarket, ShowPosition
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.order_words import reserved_words, settlement_words, state_words
from telegram_bot.screens.receipt import filled_story, sell_button, sentence
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button, rows
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time
from telegram_bot.screens.ways_on import rest_of
from telegram_bot.screens.whole import in_part_button, killed_words
from telegram_bot.words import mark, plural, say

HEADINGS: Final = {
    OrderStatus.NEW: mark("Submitting…"),
    OrderStatus.SIGNED: mark("Submitting…"),
    OrderStatus.LIVE: mark("Resting in the book"),
    OrderStatus.MATCHED: mark("Matched, being settled"),
    OrderStatus.DELAYED: mark("Accepted, and delayed by the venue"),
    OrderStatus.UNKNOWN: mark("Checking with the venue"),
}
CANCELLABLE: Final = frozenset({OrderStatus.LIVE, OrderStatus.PARTIAL})
HAS_TRADED: Final = frozenset({OrderStatus.PARTIAL, OrderStatus.FILLED})
REVERSED: Final = mark("<b>Failed, and taken back</b>")
UNTOLD: Final = mark("The venue says that it has traded, and has not told of the trades yet.")


def live_receipt_screen(
    traced: TracedOrder,
    position: PositionId | None,
    again: Action | None = None,
    sell: Action | None = None,
) -> Screen:
    """A record that stays in the chat. `position` is what the user holds of it now, if anything.

    `sell`: what sells all of it; None for the way with a ticket.
    """
    order = traced.order
    return Screen(
        blocks(
            *_story(traced),
            _settled(traced),
            reserved_words(order),
            say(
                "<i>Order {number} · live money · {time}</i>",
                number=order.id,
                time=clock_time(order.created_at),
            ),
        ),
        rows(
            _ways(traced, position, sell),
            _in_part(order, again),
            _buttons(traced, position, again),
        ),
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
    told = {
        "amount": _amount(unclear),
        "price": cents(ticket.worst_price),
        "time": clock_time(unclear.created_at),
    }
    return Screen(
        blocks(
            say("<b>Order {number} in this market is not clear yet.</b>", number=unclear.id),
            say(
                "It is to buy {amount} at {price}, sent at {time}, and its answer was lost: it "
                "may have been placed. I am checking with the venue.",
                **told,
            )
            if ticket.side is Side.BUY
            else say(
                "It is to sell {amount} at {price}, sent at {time}, and its answer was lost: it "
                "may have been placed. I am checking with the venue.",
                **told,
            ),
            say("If you go on, <b>you may end up with both</b>. Nothing was sent yet."),
        ),
        (
            (Button(say("Place a second order"), ConfirmAgain(button_id), Style.DANGER),),
            (
                Button(say("Cancel"), CancelTicket(button_id)),
                Button(say("Order {number}", number=unclear.id), ShowOrder(unclear.id)),
            ),
        ),
    )


def _story(traced: TracedOrder) -> tuple[str | None, ...]:
    order, market = traced.order, traced.market
    question = safe(market.question)
    if order.filled_size:
        story = filled_story(order, market)
        return (*story[:-1], _left(order)) if _may_change(order) else story
    if order.is_lost_sight_of:
        heading = say("<b>Not followed any more</b>")
        return (heading, question, _asked(order), _awaited(order), sentence(order.reason))
    if _may_change(order):
        return (_heading(order), question, _asked(order), _awaited(order), _refused_part(order))
    if order.failed_size:
        return (say(REVERSED), question, _refused(order))
    if order.status in HAS_TRADED:
        return (_heading(order), question, _asked(order), say(UNTOLD))
    return (
        _nothing_done(order),
        question,
        killed_words(order) or sentence(order.reason) or _why_nothing(order),
        say("Your cash and your positions are as before."),
    )


def _may_change(order: Order) -> bool:
    """Whether it may still trade, or has traded more than was told."""
    return bool(not order.is_done or order.awaited_size)


def _heading(order: Order) -> str:
    return f"<b>{say(HEADINGS.get(order.status, HEADINGS[OrderStatus.MATCHED]))}</b>"


def _awaited(order: Order) -> str | None:
    if not order.awaited_size:
        return None
    return plural(
        "The venue has matched {shares} share. Its trade is still to come; this receipt "
        "follows it.",
        "The venue has matched {shares} shares. Their trades are still to come; this receipt "
        "follows them.",
        counted(order.awaited_size),
        shares=shares(order.awaited_size),
    )


def _refused(order: Order) -> str:
    return plural(
        "{shares} share was matched, and the chain refused the trade. Your cash "
        "and your shares are as before it.",
        "{shares} shares were matched, and the chain refused the trade. Your cash "
        "and your shares are as before it.",
        counted(order.failed_size),
        shares=shares(order.failed_size),
    )


def _refused_part(order: Order) -> str | None:
    if not order.failed_size:
        return None
    return plural(
        "{shares} share was matched, and the chain refused that trade: it does not count.",
        "{shares} shares were matched, and the chain refused that trade: it does not count.",
        counted(order.failed_size),
        shares=shares(order.failed_size),
    )


def _nothing_done(order: Order) -> str:
    if order.ticket.side is Side.BUY:
        return say("<b>Nothing was bought: {state}</b>", state=state_words(order))
    return say("<b>Nothing was sold: {state}</b>", state=state_words(order))


def _left(order: Order) -> str:
    if order.awaited_size:
        return plural(
            "{shares} more share is matched. Its trade is still to come; this receipt follows it.",
            "{shares} more shares are matched. Their trades are still to come; this receipt "
            "follows them.",
            counted(order.awaited_size),
            shares=shares(order.awaited_size),
        )
    if order.status is OrderStatus.PARTIAL:
        return plural(
            "The rest, {shares} share, waits in the book.",
            "The rest, {shares} shares, waits in the book.",
            counted(order.working_size),
            shares=shares(order.working_size),
        )
    return say("The venue has yet to tell what becomes of the rest; this receipt follows it.")


def _asked(order: Order) -> str:
    ticket = order.ticket
    if ticket.side is Side.BUY:
        return say(
            "Buy {amount} at {price} or better",
            amount=_amount(order),
            price=cents(ticket.worst_price),
        )
    return say(
        "Sell {amount} at {price} or better",
        amount=_amount(order),
        price=cents(ticket.worst_price),
    )


def _amount(order: Order) -> str:
    name = safe(order.outcome, 40)
    if order.ticket.size is not None:
        return f"{shares(order.ticket.size)} {name}"
    return say("{outcome} for {money}", outcome=name, money=money(order.ticket.spend or ZERO))


def _settled(traced: TracedOrder) -> str | None:
    if traced.order.failed_size and not traced.order.filled_size:
        return None
    if Settlement.FAILED in traced.settlements:
        failed = shares(traced.order.failed_size)
        return say(
            "<b>{shares} more shares failed on the chain and were taken back.</b>", shares=failed
        )
    return settlement_words(traced.settlements)


def _ways(traced: TracedOrder, position: PositionId | None, sell: Action | None) -> Row:
    """Out of what was bought again, or on with what was not; while it works: off with it."""
    order = traced.order
    if not order.is_done:
        can_go = order.status in CANCELLABLE and order.cancel_requested_at is None
        return (Button(say("Cancel"), CancelOrder(order.id)),) if can_go else ()
    if order.awaited_size:
        return ()
    is_thin = order.status not in {OrderStatus.FILLED, OrderStatus.REJECTED}
    thin = rest_of(order, traced.market, is_live=True) if is_thin else ()
    return (*sell_button(order, position, sell), *thin)


def _in_part(order: Order, again: Action | None) -> Row:
    """Where all or nothing became nothing."""
    return in_part_button(again) if killed_words(order) else ()


def _buttons(traced: TracedOrder, position: PositionId | None, again: Action | None) -> Row:
    order = traced.order
    if _may_change(order):
        return (
            Button(say("Order"), ShowOrder(order.id)),
            Button(say("Orders"), ShowOrders()),
            home_button(),
        )
    market = Button(say("Market"), ShowMarket(traced.market.id))
    if position is not None and order.filled_size:
        return (Button(say("Position"), ShowPosition(position)), market, home_button())
    if again is not None:
        return (Button(say("Try again"), again, Style.PRIMARY), market, home_button())
    return (market, Button(say("Orders"), ShowOrders()), home_button())


def _why_nothing(order: Order) -> str:
    """An order that rested was not turned down by anybody."""
    if not order.ticket.kind.rests:
        return say("The order found nobody on the other side.")
    return say("It waited in the book, and nobody took its price before it was gone.")
