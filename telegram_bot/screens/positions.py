"""One position: what it is worth, and what can be done with it."""

from datetime import datetime

from core.domain.position import Position, PositionStatus
from core.domain.price import PriceState
from core.domain.units import Usdc, usdc
from core.domain.views import PositionView
from telegram_bot.actions import (
    Buy,
    Limit,
    SellOther,
    SellPercent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Way,
)
from telegram_bot.picture_actions import ShowChart, ShowPnlCard
from telegram_bot.portfolio_actions import SwitchSide
from telegram_bot.quick_actions import QuickSell
from telegram_bot.screens.freshness import price_line
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import cents, counted, gain, money, percentage, shares, signed
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import bold
from telegram_bot.screens.times import FRESH, ending, span
from telegram_bot.trigger_actions import ShowPositionTriggers
from telegram_bot.words import mark, plural, say

PERCENTS = (25, 50, 100)
PROVISIONAL = mark(
    "A part of it is provisional until the chain confirms it; P&amp;L counts it already."
)


def position_screen(
    view: PositionView,
    now: datetime,
    *,
    can_rest: bool = False,
    armed: str | None = None,
    quick: str | None = None,
) -> Screen:
    """One position: P&L at the price shown, and what selling it now would really bring.

    `armed`: its triggers in one line. `quick`: the card's one-shot token; None where every sale
    leads to a ticket.
    """
    position, market = view.position, view.market
    if position.status is not PositionStatus.ACTIVE:
        return _ended(view, now)
    ended = market_state(market)
    return Screen(
        blocks(
            bold(market.question),
            lines(None if ended else _sold_now(view), pnl_line(view)),
            _held(view),
            armed,
            lines(ending(market.ends_at, now)),
            ended,
        ),
        rows(
            _sell_buttons(view, quick),
            (*(_limit_button(view) if can_rest else ()), *_trigger_button(view)),
            _more_buttons(view),
            _picture_buttons(view),
            _foot(position),
        ),
        stamp=stamped(now),
    )


def _held(view: PositionView) -> str:
    """How much of what, what it cost, and what it is worth."""
    position, holding = view.position, view.position.holding
    return lines(
        plural(
            "{outcome} · {shares} share",
            "{outcome} · {shares} shares",
            counted(holding.amount),
            outcome=bold(position.outcome, 40),
            shares=shares(holding.amount),
        ),
        say(
            "Bought at {price} · cost {cost}",
            price=cents(holding.entry_price),
            cost=money(_cost(position)),
        ),
        priced_line(view),
        _worth(position),
        _booked(position),
        say(PROVISIONAL) if view.is_provisional else None,
    )


def _ended(view: PositionView, now: datetime) -> Screen:
    position = view.position
    is_resolved = position.status is PositionStatus.RESOLVED
    name = bold(position.outcome, 40)
    return Screen(
        blocks(
            bold(view.market.question),
            lines(
                say("{outcome} · resolved, no shares left", outcome=name)
                if is_resolved
                else say("{outcome} · closed, no shares left", outcome=name),
                _paid_out(position),
            ),
            say(
                "<b>P&amp;L {profit}</b> after all fees",
                profit=signed(position.holding.realized_pnl),
            ),
            say("Fees paid {fees}", fees=money(position.holding.fees_paid)),
            market_state(view.market),
        ),
        (
            _picture_buttons(view),
            (
                Button(say("Market"), ShowMarket(view.market.id)),
                Button(say("Positions"), ShowPositions()),
                home_button(),
            ),
        ),
        stamp=stamped(now),
    )


def _paid_out(position: Position) -> str | None:
    """What a share brought at the end; its price froze there."""
    if position.status is not PositionStatus.RESOLVED or position.current_price is None:
        return None
    return say("Paid {price} a share", price=cents(position.current_price))


def priced_line(view: PositionView) -> str:
    return price_line(view.position.current_price, view.state, view.price_age, view.why)


def _cost(position: Position) -> Usdc:
    return usdc(position.holding.amount * position.holding.entry_price)


def _worth(position: Position) -> str | None:
    if position.current_price is None:
        return None
    return say(
        "Worth {value} at that price",
        value=money(position.holding.amount * position.current_price),
    )


def pnl_line(view: PositionView) -> str:
    """Both ways: what a sale at the bids would leave, and at the price shown, as the venue says it.

    Where nothing can be sold any more there is one way only.
    """
    position = view.position
    if market_state(view.market) is not None:
        return say("P&amp;L {gain}", gain=gain(position.pnl_amount, position.pnl_percentage))
    shown = signed(position.pnl_amount)
    if position.pnl_percentage is not None:
        shown += f", {percentage(position.pnl_percentage)}"
    if view.liquidation is None:
        return say("P&amp;L net unknown (mid {shown})", shown=shown)
    net = signed(usdc(view.liquidation - _cost(position)))
    return say("P&amp;L net {net} (mid {shown})", net=net, shown=shown)


def _sold_now(view: PositionView) -> str:
    if view.liquidation is None:
        return say("If sold now: unknown until its order book is seen again")
    return say(
        "<b>{value}</b> if sold now, after the fee{basis}",
        value=money(view.liquidation),
        basis=_by_book(view),
    )


def _by_book(view: PositionView) -> str:
    """What the estimate rests on, unless that is a book of now."""
    match view.state:
        case PriceState.LIVE:
            return ""
        case PriceState.SUSPECT | PriceState.RESYNCING:
            return ", " + say("by a book that is being checked")
        case PriceState.POLLED | PriceState.DOWN:
            age = view.price_age
            is_new = age is not None and age < FRESH and view.state is PriceState.POLLED
            return "" if is_new else ", " + say("by a book {age} old", age=_aged(age))


def _aged(age: float | None) -> str:
    return say("of unknown age,") if age is None else span(age)


def _booked(position: Position) -> str | None:
    holding = position.holding
    if not holding.realized_pnl and not holding.fees_paid:
        return None
    return say(
        "Booked P&amp;L {profit} · fees paid {fees}",
        profit=signed(holding.realized_pnl),
        fees=money(holding.fees_paid),
    )


def _sell_buttons(view: PositionView, quick: str | None) -> Row:
    if market_state(view.market) is not None:
        return ()
    position = view.position.id
    percents = (
        Button(
            say("Sell {percent}%", percent=percent),
            SellPercent(position, percent)
            if quick is None
            else QuickSell(quick, position, percent),
        )
        for percent in PERCENTS
    )
    return (*percents, Button(say("Other"), SellOther(position)))


def _limit_button(view: PositionView) -> Row:
    tokens = view.market.tokens
    if market_state(view.market) is not None or view.position.token_id not in tokens:
        return ()
    place = tokens.index(view.position.token_id)
    return (Button(say("Limit sell"), Limit(view.market.id, place, Way.SELL)),)


def _trigger_button(view: PositionView) -> Row:
    if market_state(view.market) is not None:
        return ()
    return (Button(say("TP / SL"), ShowPositionTriggers(view.position.id)),)


def _more_buttons(view: PositionView) -> Row:
    """Only a market of two sides has another one."""
    market, token = view.market, view.position.token_id
    if market_state(market) is not None or token not in market.tokens:
        return ()
    more = Button(say("Buy more"), Buy(market.id, market.tokens.index(token)))
    if market.complement(token) is None:
        return (more,)
    return (more, Button(say("Switch side"), SwitchSide(view.position.id)))


def _picture_buttons(view: PositionView) -> Row:
    """The card alone where the market has no such outcome any more."""
    position, tokens = view.position, view.market.tokens
    card = Button(say("P&L card"), ShowPnlCard(position.id))
    if position.token_id not in tokens:
        return (card,)
    return (Button(say("Chart"), ShowChart(view.market.id, tokens.index(position.token_id))), card)


def _foot(position: Position) -> Row:
    return (
        Button(say("Market"), ShowMarket(position.market_id)),
        Button(say("Refresh"), ShowPosition(position.id)),
        home_button(),
    )
