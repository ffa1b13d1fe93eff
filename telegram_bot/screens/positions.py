"""What the user holds: the list with its totals, and one position."""

from datetime import datetime

from core.domain.position import Position, PositionStatus
from core.domain.price import PriceState
from core.domain.units import Usdc, usdc
from core.domain.views import PAGE, Portfolio, PositionView
from telegram_bot.actions import (
    Limit,
    SellOther,
    SellPercent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Trending,
    Way,
)
from telegram_bot.picture_actions import ShowChart, ShowPnlCard, ShowRecord
from telegram_bot.quick_actions import QuickSell
from telegram_bot.screens.freshness import held_prices, price_line
from telegram_bot.screens.home import claim_line, open_gain
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import cents, gain, money, shares, signed
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import FRESH, ending, span
from telegram_bot.trigger_actions import ShowPositionTriggers
from telegram_bot.words import mark, say

PERCENTS = (25, 50, 100)
PROVISIONAL = mark(
    "A part of it is provisional until the chain confirms it; P&amp;L counts it already."
)


def positions_screen(portfolio: Portfolio, page: int, now: datetime) -> Screen:
    """Totals first, then the page's positions, newest first."""
    first = page * PAGE
    shown = portfolio.positions[first : first + PAGE]
    has_more = len(portfolio.positions) > first + PAGE
    entries = [_entry(number, view) for number, view in enumerate(shown, first + 1)]
    return Screen(
        blocks(
            say("<b>Positions</b>") + (" · " + say("page {page}", page=page + 1) if page else ""),
            lines(
                say(
                    "<b>{total}</b> in total · cash {cash}",
                    total=money(portfolio.total),
                    cash=money(portfolio.cash),
                ),
                claim_line(portfolio),
                say("Open P&amp;L {gain}", gain=open_gain(portfolio)),
                say("Booked P&amp;L {profit} after all fees", profit=signed(portfolio.realized)),
                held_prices(portfolio.positions),
            ),
            *(entries or [say("Nothing is open. Pick a market and buy your first position.")]),
        ),
        rows(
            *((_open(number, view),) for number, view in enumerate(shown, first + 1)),
            pager(
                ShowPositions(page - 1) if page else None,
                ShowPositions(page + 1) if has_more else None,
            ),
            (
                Button(say("Markets"), Trending()),
                Button(say("P&L"), ShowRecord()),
                Button(say("Refresh"), ShowPositions(page)),
                home_button(),
            ),
        ),
        stamp=stamped(now),
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
    holding, ended = position.holding, market_state(market)
    return Screen(
        blocks(
            bold(market.question),
            lines(
                say(
                    "{outcome} · {shares} shares",
                    outcome=bold(position.outcome, 40),
                    shares=shares(holding.amount),
                ),
                say(
                    "Bought at {price} · cost {cost}",
                    price=cents(holding.entry_price),
                    cost=money(_cost(position)),
                ),
                _price(view),
                _worth(position),
                say(PROVISIONAL) if view.is_provisional else None,
            ),
            say("<b>P&amp;L {gain}</b>", gain=gain(position.pnl_amount, position.pnl_percentage)),
            lines(None if ended else _sold_now(view), _booked(position)),
            armed,
            lines(ending(market.ends_at, now)),
            ended,
        ),
        rows(
            _sell_buttons(view, quick),
            (*(_limit_button(view) if can_rest else ()), *_trigger_button(view)),
            _picture_buttons(view),
            _foot(position),
        ),
        stamp=stamped(now),
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


def _entry(number: int, view: PositionView) -> str:
    position = view.position
    holding = position.holding
    return lines(
        f"{number}. {bold(view.market.question, SHORT_TITLE)}",
        say(
            "{shares} {outcome} at {price}",
            shares=shares(holding.amount),
            outcome=safe(position.outcome, 30),
            price=cents(holding.entry_price),
        ),
        _price(view),
        say("P&amp;L {gain}", gain=gain(position.pnl_amount, position.pnl_percentage)),
        market_state(view.market),
    )


def _price(view: PositionView) -> str:
    return price_line(view.position.current_price, view.state, view.price_age, view.why)


def _open(number: int, view: PositionView) -> Button:
    name = plain(view.position.outcome, 16)
    return Button(
        f"{number}. {name} · {plain(view.market.question, 30)}", ShowPosition(view.position.id)
    )


def _cost(position: Position) -> Usdc:
    return usdc(position.holding.amount * position.holding.entry_price)


def _worth(position: Position) -> str | None:
    if position.current_price is None:
        return None
    return say(
        "Worth {value} at that price",
        value=money(position.holding.amount * position.current_price),
    )


def _sold_now(view: PositionView) -> str:
    if view.liquidation is None:
        return say("If sold now: unknown until its order book is seen again")
    result = usdc(view.liquidation - _cost(view.position))
    return say(
        "If sold now: {value} after the fee ({profit}){basis}",
        value=money(view.liquidation),
        profit=signed(result),
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
