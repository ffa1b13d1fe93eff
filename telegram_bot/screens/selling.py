"""Selling all there is, and changing over to the other outcome: asked, and told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from core.domain.errors import OutcomeUnknown, PolycoolError
from core.domain.offer import TradeQuote
from core.domain.order import Order, OrderStatus
from core.domain.units import ZERO, Usdc, usdc
from core.domain.views import PositionView
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import SellPercent, ShowPosition, ShowPositions, Submitting
from telegram_bot.portfolio_actions import BuyOtherSide, SellAll, SellEverything, ShowHistory
from telegram_bot.screens.freshness import priced
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.receipt import sentence
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
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import clock_time
from telegram_bot.sweeps import Leg, Sweep, ends
from telegram_bot.words import plural, say

EVERYTHING: Final = 100  # percent
FEW: Final = 8  # sales on a card that has room for all that is known of each
NARROW: Final = 32  # UTF-16 units of a title among many
SHORT: Final = 12  # and of an outcome
REASON: Final = 160  # and of a reason
SHORT_REASON: Final = 60  # and of one among many
MOST_REASONS: Final = 3  # of those that cannot be sold now
NAMED: Final = 4  # of those that share one


class Sale(NamedTuple):
    """What became of one leg: an order, or why there is none."""

    leg: Leg
    order: Order | None = None
    error: PolycoolError | None = None


def sweep_screen(sweep: Sweep, now: datetime) -> Screen:
    """Each sale with what it would bring; one tap confirms all, each as an order of its own."""
    selling = [leg for leg in sweep.legs if leg.quote is not None]
    waiting = [leg for leg in sweep.legs if leg.quote is None]
    total = usdc(sum((leg.quote.proceeds for leg in selling if leg.quote is not None), ZERO))
    until, is_full = ends(sweep.legs), len(selling) > FEW
    return Screen(
        blocks(
            say("<b>Sell everything?</b>"),
            _list([_leg(number, leg, is_full) for number, leg in enumerate(selling, 1)], is_full),
            *_unsold([(leg, leg.reason) for leg in waiting]),
            *_promised(total, len(selling)),
            _left(sweep.left),
            say("These quotes expire at {time}.", time=clock_time(until)) if until else None,
        ),
        rows(
            (
                *_sell_button(sweep.key, len(selling)),
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


def swept_screen(sales: Sequence[Sale], left: int = 0) -> Screen:
    """A record; what failed is said beside what was sold. `left`: positions not asked about yet."""
    tried = [sale for sale in sales if sale.leg.offer is not None]
    sold = [sale.order for sale in tried if sale.order is not None and sale.order.filled_size]
    total = usdc(sum((order.filled_value - order.fee for order in sold), ZERO))
    is_full = len(tried) > FEW
    rest = (Button(plural("Sell {n} more", "Sell {n} more", left), SellEverything()),)
    return Screen(
        blocks(
            say("<b>Sold {sold} of {count}</b>", sold=len(sold), count=len(sales) + left),
            _list([_sale(number, sale, is_full) for number, sale in enumerate(tried, 1)], is_full),
            *_unsold([(sale.leg, sale.leg.reason) for sale in sales if sale.leg.offer is None]),
            say("Got <b>{total}</b> after all fees.", total=money(total)),
            _left(left),
        ),
        rows(
            rest if left else (),
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


def _list(entries: Sequence[str], is_full: bool) -> str:  # noqa: FBT001 - one flag for one card
    """One below the other, closer together where there are many."""
    return lines(*entries) if is_full else blocks(*entries)


def _promised(total: Usdc, count: int) -> tuple[str, ...]:
    if not count:
        return (say("Nothing can be sold right now."),)
    return (
        say("You get about <b>{total}</b> after all fees.", total=money(total)),
        say("Each is an order of its own: some may fail while others sell."),
    )


def _sell_button(key: str | None, count: int) -> Row:
    if key is None:
        return ()
    return (Button(plural("Sell {n}", "Sell all {n}", count), SellAll(key), Style.DANGER),)


def _left(left: int) -> str | None:
    if not left:
        return None
    return plural(
        "{n} more position has to wait for the next card.",
        "{n} more positions have to wait for the next card.",
        left,
    )


def _unsold(waiting: Sequence[tuple[Leg, str]]) -> tuple[str, ...]:
    """What cannot be sold now, by its reason, so that the same one is read once."""
    by_reason = dict[str, list[Leg]]()
    for leg, reason in waiting:
        by_reason.setdefault(reason, []).append(leg)
    told = [_not_now(reason, legs) for reason, legs in list(by_reason.items())[:MOST_REASONS]]
    others = sum(len(legs) for legs in list(by_reason.values())[MOST_REASONS:])
    more = plural("{n} more cannot be sold now.", "{n} more cannot be sold now.", others)
    return (*told, more) if others else tuple(told)


def _not_now(reason: str, legs: Sequence[Leg]) -> str:
    more = len(legs) - NAMED
    return lines(
        plural(
            "{n} position cannot be sold now: {reason}",
            "{n} positions cannot be sold now: {reason}",
            len(legs),
            reason=sentence(reason, REASON),
        ),
        *(f"· {safe(leg.question, NARROW)}" for leg in legs[:NAMED]),
        say("and {count} more", count=more) if more > 0 else None,
    )


def _leg(number: int, leg: Leg, is_full: bool) -> str:  # noqa: FBT001 - one flag for one card
    quote = leg.quote
    if quote is None:
        return ""
    return lines(
        f"{number}. {bold(leg.question, NARROW if is_full else SHORT_TITLE)}",
        say(
            "{shares} {outcome} → <b>{proceeds}</b>, at worst {worst}",
            shares=shares(quote.shares),
            outcome=safe(leg.outcome, SHORT if is_full else 30),
            proceeds=money(quote.proceeds),
            worst=cents(quote.worst_price),
        ),
        _thin(quote),
    )


def _thin(quote: TradeQuote) -> str | None:
    if quote.complete or quote.size is None:
        return None
    return say("Thin book: that is not all of your {shares}", shares=shares(quote.size))


def _sale(number: int, sale: Sale, is_full: bool) -> str:  # noqa: FBT001 - one flag for one card
    limit = NARROW if is_full else SHORT_TITLE
    return lines(f"{number}. {bold(sale.leg.question, limit)}", _became(sale, is_full))


def _became(sale: Sale, is_full: bool) -> str:  # noqa: FBT001 - one flag for one card
    order, room = sale.order, SHORT_REASON if is_full else REASON
    if order is None:
        return _refused(sale, room)
    if order.filled_size:
        return say(
            "Sold {shares} {outcome} for <b>{proceeds}</b>{rest}",
            shares=shares(order.filled_size),
            outcome=safe(order.outcome, SHORT if is_full else 30),
            proceeds=money(usdc(order.filled_value - order.fee)),
            rest="" if order.status is OrderStatus.FILLED else ", " + say("not all of it"),
        )
    if order.status is OrderStatus.UNKNOWN:
        return say("Unknown: it may have been sold. Look at Orders.")
    if not order.is_done:
        return say("Sent, and not filled yet: Orders follows it.")
    reason = sentence(order.reason, room) or say("The order found nobody on the other side.")
    return say("Nothing was sold. {reason}", reason=reason)


def _refused(sale: Sale, room: int) -> str:
    if isinstance(sale.error, OutcomeUnknown):
        return say("Unknown: it may have been sold. Look at Orders.")
    return say("Nothing was sold. {reason}", reason=sentence(str(sale.error), room))
