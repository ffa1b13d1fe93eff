"""What could be done instead of an order that did not work."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.domain.book import Side
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotWhole,
    OrderTooSmall,
    PolycoolError,
)
from core.domain.market import Market
from core.domain.order import Order
from core.domain.units import ZERO, EventId, Size, Usdc
from telegram_bot.account_actions import ShowWallet
from telegram_bot.actions import (
    Action,
    Buy,
    Limit,
    ShowEvent,
    Spend,
    Trending,
    Unit,
    Way,
)
from telegram_bot.callback_readers import category_key
from telegram_bot.screens.limit import MICROS, PARTS
from telegram_bot.screens.numbers import cents, counted, shares
from telegram_bot.screens.quick import CENTS, dollars
from telegram_bot.screens.screen import Button, Row
from telegram_bot.screens.whole import in_part_button
from telegram_bot.whole_actions import BuyWhole
from telegram_bot.words import plural, say

LEAST: Final = Decimal(1)  # USDC that a purchase costs


def ways_on(error: PolycoolError, wanted: Action | None, *, is_live: bool) -> Row:
    """Buttons for what was `wanted` and could not be had; empty where nothing better is known."""
    match error:
        case OrderTooSmall():
            return _minimum(error, wanted)
        case InsufficientBalance():
            deposit = (Button(say("Deposit"), ShowWallet()),) if is_live else ()
            return (*deposit, *_smaller(wanted))
        case NotWhole():
            return (*in_part_button(wanted), *(_wait(wanted) if is_live else ()))
        case EmptyBook():
            return _wait(wanted) if is_live else ()
        case MarketClosed():
            return _similar(error)
        case _:
            return ()


def rest_of(order: Order, market: Market, *, is_live: bool) -> Row:
    """For an order that the book was too thin for: what is left as a limit, or a smaller amount."""
    ticket = order.ticket
    if ticket.kind.rests or ticket.token_id not in market.tokens or not market.accepts_orders:
        return ()
    place = market.tokens.index(ticket.token_id)
    if not is_live:
        is_smaller = ticket.side is Side.BUY and not order.filled_size
        return (Button(say("Smaller amount"), Buy(market.id, place)),) if is_smaller else ()
    way, unit, amount = Way.SELL, Unit.SHARES, ZERO
    if ticket.side is Side.BUY:
        left = (ticket.spend or ZERO) - order.filled_value
        way, unit, amount = Way.BUY, Unit.MONEY, left * CENTS
        if left < LEAST:
            return ()
    elif ticket.size is not None:
        amount = (ticket.size - order.filled_size) * MICROS
    price = int(ticket.worst_price * PARTS)
    if not price or not int(amount):
        return ()
    label = say("Limit at {price}", price=cents(ticket.worst_price))
    return (Button(label, Limit(market.id, place, way, price, unit, int(amount))),)


def _minimum(error: OrderTooSmall, wanted: Action | None) -> Row:
    if isinstance(wanted, Spend | BuyWhole) and error.spend is not None:
        least = replace(wanted, amount=int(error.spend * CENTS))
        return (Button(dollars(Usdc(error.spend)), least),)
    if isinstance(wanted, Limit) and error.size is not None:
        size = replace(wanted, unit=Unit.SHARES, amount=int(error.size * MICROS))
        few = Size(error.size)
        label = plural("{n} share", "{n} shares", counted(few), n=shares(few))
        return (Button(label, size),)
    return ()


def _smaller(wanted: Action | None) -> Row:
    if isinstance(wanted, Spend | BuyWhole):
        return (Button(say("Smaller amount"), Buy(wanted.market_id, wanted.outcome)),)
    if isinstance(wanted, Limit) and wanted.amount:
        return (Button(say("Smaller amount"), replace(wanted, amount=0)),)
    return ()


def _wait(wanted: Action | None) -> Row:
    if not isinstance(wanted, Spend | BuyWhole):
        return ()
    limit = Limit(wanted.market_id, wanted.outcome, Way.BUY)
    return (Button(say("Limit order"), limit),)


def _similar(error: MarketClosed) -> Row:
    if error.event:
        return (Button(say("Similar markets"), ShowEvent(EventId(error.event))),)
    if error.category:
        return (Button(say("Similar markets"), Trending(0, category_key(error.category))),)
    return ()
