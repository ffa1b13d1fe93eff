"""What became of an order: what happened, what it means in money, what can be done next."""

from core.domain.account import Account
from core.domain.book import Side
from core.domain.health import PriceState
from core.domain.market import Market
from core.domain.order import Order, OrderStatus
from core.domain.units import PositionId, usdc
from telegram_bot.actions import (
    Action,
    SellPercent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Trending,
)
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
)
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.times import clock_time
from telegram_bot.screens.ways_on import rest_of
from telegram_bot.words import plural, say

_WAITING = frozenset(
    {
        OrderStatus.NEW,
        OrderStatus.SIGNED,
        OrderStatus.LIVE,
        OrderStatus.MATCHED,
        OrderStatus.DELAYED,
    }
)

_OPEN = _WAITING | {OrderStatus.FILLED, OrderStatus.UNKNOWN}
_NOTHING_LEFT = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def receipt_screen(
    order: Order,
    market: Market,
    position: PositionId | None,
    again: Action | None = None,
    sell: Action | None = None,
) -> Screen:
    """A record that stays in the chat. `position` is what the user holds of it now, if anything.

    `sell`: what sells all of it; None for the way with a ticket.
    """
    return Screen(
        blocks(
            *_story(order, market),
            _signature(order),
        ),
        rows(
            _ways(order, market, position, sell),
            _next(market, position, again if order.status in _NOTHING_LEFT else None),
        ),
        keeps_message=True,
    )


def _signature(order: Order) -> str:
    if order.ticket.account is Account.LIVE:
        return say("<i>Order {number} · live money</i>", number=order.id)
    return say("<i>Order {number} · paper money</i>", number=order.id)


def _story(order: Order, market: Market) -> tuple[str | None, ...]:
    if order.filled_size:
        return filled_story(order, market)
    question = safe(market.question)
    if order.status is OrderStatus.UNKNOWN:
        return (
            say("<b>Status unknown</b>"),
            question,
            say(
                "The answer was lost: it may have been filled. Look at Positions before you "
                "repeat it."
            ),
        )
    if order.status in _WAITING:
        return (
            say("<b>Order sent</b>"),
            question,
            say("It is not filled yet. Positions shows it as soon as it is."),
        )
    return (
        nothing_done(order.ticket.side),
        question,
        sentence(order.reason) or say("The order found nobody on the other side."),
        say("Your cash and your positions are as before."),
    )


def nothing_done(side: Side) -> str:
    if side is Side.BUY:
        return say("<b>Nothing was bought</b>")
    return say("<b>Nothing was sold</b>")


def filled_story(order: Order, market: Market) -> tuple[str | None, ...]:
    name = safe(order.outcome, 40)
    amount = shares(order.filled_size)
    value, fee = money(order.filled_value), money(order.fee)
    if order.ticket.side is Side.BUY:
        heading = say("<b>Bought {shares} {outcome}</b>", shares=amount, outcome=name)
        total = money(usdc(order.filled_value + order.fee))
        paid = say("Paid {value} + fee {fee} = <b>{total}</b>", value=value, fee=fee, total=total)
        meaning = say(
            "If {outcome} is right they pay {amount}.",
            outcome=name,
            amount=money(order.filled_size),
        )
    else:
        heading = say("<b>Sold {shares} {outcome}</b>", shares=amount, outcome=name)
        total = money(usdc(order.filled_value - order.fee))
        paid = say("Got {value} - fee {fee} = <b>{total}</b>", value=value, fee=fee, total=total)
        meaning = say("The money is in your cash.")
    return (
        heading,
        safe(market.question),
        lines(
            paid,
            say(
                "Average price {price}{basis}",
                price=cents(order.average_price),
                basis=_basis(order),
            ),
        ),
        meaning,
        _rest(order),
    )


def _basis(order: Order) -> str:
    """Which book the order was matched with, where that was our own doing."""
    at = clock_time(order.created_at)
    match order.basis:
        case None:
            return ""
        case PriceState.LIVE:
            return " · " + say("from the live book at {time}", time=at)
        case _:
            return " · " + say(
                "from a book fetched for this order at {time}, not streamed", time=at
            )


def _rest(order: Order) -> str | None:
    """What was asked for and did not happen."""
    if order.status is OrderStatus.FILLED:
        return None
    missing = _missing(order)
    if missing is None:
        return None
    reason = sentence(order.reason) or say(
        "The book had no more at {price} or better.",
        price=cents(order.ticket.worst_price),
    )
    return say("<b>Filled in part.</b> {left} {reason}", left=missing, reason=reason)


def _missing(order: Order) -> str | None:
    ticket = order.ticket
    if ticket.spend is not None:
        left = usdc(ticket.spend - order.filled_value)
        return (
            say("{left} of {spend} stayed in cash.", left=money(left), spend=money(ticket.spend))
            if left > 0
            else None
        )
    if ticket.size is not None and ticket.size > order.filled_size:
        return plural(
            "{sold} of {size} shares was sold.",
            "{sold} of {size} shares were sold.",
            counted(order.filled_size),
            sold=shares(order.filled_size),
            size=shares(ticket.size),
        )
    return None


def sentence(reason: str, limit: int = 300) -> str:
    """Our own or the venue's reason as a sentence; `limit` in UTF-16 units."""
    if not reason.strip():
        return ""
    text = told(reason, limit)
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _ways(order: Order, market: Market, position: PositionId | None, sell: Action | None) -> Row:
    """Out of what was bought again, or on with what was not."""
    thin = () if order.status in _OPEN else rest_of(order, market, is_live=False)
    return (*sell_button(order, position, sell), *thin)


def sell_button(order: Order, position: PositionId | None, sell: Action | None) -> Row:
    """For what was bought and is still held."""
    if position is None or not order.filled_size or order.ticket.side is not Side.BUY:
        return ()
    return (Button(say("Sell"), sell or SellPercent(position, 100), Style.DANGER),)


def _next(market: Market, position: PositionId | None, again: Action | None) -> Row:
    if again is not None and position is None:
        return (
            Button(say("Re-quote"), again),
            Button(say("Market"), ShowMarket(market.id)),
            home_button(),
        )
    first = (
        Button(say("Positions"), ShowPositions())
        if position is None
        else Button(say("Position"), ShowPosition(position))
    )
    return (first, Button(say("Markets"), Trending()), home_button())
