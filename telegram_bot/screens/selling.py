"""Selling all there is, and changing over to the other outcome: asked, and told."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.domain.errors import OutcomeUnknown, PolycoolError
from core.domain.offer import TradeQuote
from core.domain.order import Order, OrderStatus
from core.domain.units import ZERO, usdc
from core.domain.views import PositionView
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import SellPercent, ShowPosition, ShowPositions, Submitting
from telegram_bot.portfolio_actions import BuyOtherSide, SellAll, SellEverything, ShowHistory
from telegram_bot.screens.freshness import priced
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.receipt import sentence
from telegram_bot.screens.screen import Button, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import clock_time
from telegram_bot.sweeps import Leg, Sweep, ends
from telegram_bot.words import plural, say

EVERYTHING = 100  # percent


class Sale(NamedTuple):
    """What became of one leg: an order, or why there is none."""

    leg: Leg
    order: Order | None = None
    error: PolycoolError | None = None


def sweep_screen(legs: Sequence[Leg], key: str | None, more: int, now: datetime) -> Screen:
    """Each sale with what it would bring; one tap confirms all, each as an order of its own.

    `more`: positions beyond these.
    """
    quoted = [leg.quote for leg in legs if leg.quote is not None]
    total = usdc(sum((quote.proceeds for quote in quoted), ZERO))
    until = ends(tuple(legs))
    left = plural("{n} more has to wait for its turn.", "{n} more have to wait for theirs.", more)
    return Screen(
        blocks(
            say("<b>Sell everything?</b>"),
            *(_leg(number, leg) for number, leg in enumerate(legs, 1)),
            say("You get about <b>{total}</b> after all fees.", total=money(total)),
            say("Each is an order of its own: some may fail while others sell."),
            left if more else None,
            say("These quotes expire at {time}.", time=clock_time(until)) if until else None,
        ),
        rows(
            (
                *(
                    ()
                    if key is None
                    else (
                        Button(
                            plural("Sell {n}", "Sell all {n}", len(quoted)),
                            SellAll(key),
                            Style.DANGER,
                        ),
                    )
                ),
                Button(say("Cancel"), ShowPositions()),
            ),
        ),
        stamp=say("Quoted {time}", time=clock_time(now)),
    )


def sweeping_screen(sweep: Sweep) -> Screen:
    """While they are on their way there is nothing to tap."""
    count = sum(leg.offer is not None for leg in sweep.legs)
    return Screen(
        plural("<b>Submitting {n} sale…</b>", "<b>Submitting {n} sales…</b>", count),
        ((Button(say("Submitting…"), Submitting()),),),
    )


def swept_screen(sales: Sequence[Sale]) -> Screen:
    """A record; what failed is said beside what was sold."""
    sold = [sale.order for sale in sales if sale.order is not None and sale.order.filled_size]
    total = usdc(sum((order.filled_value - order.fee for order in sold), ZERO))
    return Screen(
        blocks(
            say("<b>Sold {sold} of {count}</b>", sold=len(sold), count=len(sales)),
            *(_sale(number, sale) for number, sale in enumerate(sales, 1)),
            say("Got <b>{total}</b> after all fees.", total=money(total)),
        ),
        rows(
            (
                Button(say("Positions"), ShowPositions()),
                Button(say("Orders"), ShowOrders()),
                Button(say("History"), ShowHistory()),
            ),
            (home_button(),),
        ),
        keeps_message=True,
    )


def sweep_over_screen() -> Screen:
    return Screen(
        say("These quotes were used or have expired. This tap did nothing."),
        ((Button(say("Sell everything"), SellEverything()), home_button()),),
        keeps_message=True,
    )


def switch_screen(view: PositionView, other: str) -> Screen:
    """Two steps, each with a ticket of its own; the card stays between them."""
    position = view.position
    held, name = shares(position.holding.amount), plain(position.outcome, 16)
    return Screen(
        blocks(
            say("<b>Switch side</b>"),
            bold(view.market.question, SHORT_TITLE),
            lines(
                say(
                    "1. Sell your {shares} {outcome}, at {price}",
                    shares=held,
                    outcome=safe(position.outcome, 40),
                    price=priced(view.bid, view.state, view.price_age, view.why),
                ),
                say("2. Buy {outcome} for what they brought", outcome=safe(other, 40)),
            ),
            say("Each step has its own ticket to confirm. In between you hold cash."),
        ),
        rows(
            (Button(say("1. Sell {outcome}", outcome=name), SellPercent(position.id, EVERYTHING)),),
            (Button(say("2. Buy {outcome}", outcome=plain(other, 16)), BuyOtherSide(position.id)),),
            (Button(say("Position"), ShowPosition(position.id)), home_button()),
        ),
        keeps_message=True,
    )


def _leg(number: int, leg: Leg) -> str:
    heading = f"{number}. {bold(leg.question, SHORT_TITLE)}"
    if leg.quote is None:
        return lines(heading, say("Not now: {reason}", reason=sentence(leg.reason)))
    quote = leg.quote
    return lines(
        heading,
        say(
            "{shares} {outcome} → <b>{proceeds}</b>, at worst {worst}",
            shares=shares(quote.shares),
            outcome=safe(leg.outcome, 30),
            proceeds=money(quote.proceeds),
            worst=cents(quote.worst_price),
        ),
        _thin(quote),
    )


def _thin(quote: TradeQuote) -> str | None:
    if quote.complete or quote.size is None:
        return None
    return say("Thin book: that is not all of your {shares}", shares=shares(quote.size))


def _sale(number: int, sale: Sale) -> str:
    return lines(f"{number}. {bold(sale.leg.question, SHORT_TITLE)}", _became(sale))


def _became(sale: Sale) -> str:
    order = sale.order
    if order is None:
        return _refused(sale)
    if order.filled_size:
        return say(
            "Sold {shares} {outcome} for <b>{proceeds}</b>{rest}",
            shares=shares(order.filled_size),
            outcome=safe(order.outcome, 30),
            proceeds=money(usdc(order.filled_value - order.fee)),
            rest="" if order.status is OrderStatus.FILLED else ", " + say("not all of it"),
        )
    if order.status is OrderStatus.UNKNOWN:
        return say("Unknown: it may have been sold. Look at Orders.")
    if not order.is_done:
        return say("Sent, and not filled yet: Orders follows it.")
    reason = sentence(order.reason) or say("The order found nobody on the other side.")
    return say("Nothing was sold. {reason}", reason=reason)


def _refused(sale: Sale) -> str:
    if isinstance(sale.error, OutcomeUnknown):
        return say("Unknown: it may have been sold. Look at Orders.")
    reason = sale.leg.reason if sale.error is None else str(sale.error)
    return say("Nothing was sold. {reason}", reason=sentence(reason))
