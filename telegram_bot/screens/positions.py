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
from telegram_bot.screens.freshness import held_prices, price_line
from telegram_bot.screens.home import claim_line, open_gain
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import FRESH, cents, ending, gain, money, shares, signed, span
from telegram_bot.screens.screen import (
    HOME,
    Button,
    Row,
    Screen,
    blocks,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.trigger_actions import ShowPositionTriggers

PERCENTS = (25, 50, 100)
PROVISIONAL = "A part of it is provisional until the chain confirms it; P&amp;L counts it already."


def positions_screen(portfolio: Portfolio, page: int, now: datetime) -> Screen:
    """Totals first, then the page's positions, newest first."""
    first = page * PAGE
    shown = portfolio.positions[first : first + PAGE]
    has_more = len(portfolio.positions) > first + PAGE
    entries = [_entry(number, view) for number, view in enumerate(shown, first + 1)]
    return Screen(
        blocks(
            "<b>Positions</b>" + (f" · page {page + 1}" if page else ""),
            lines(
                f"<b>{money(portfolio.total)}</b> in total · cash {money(portfolio.cash)}",
                claim_line(portfolio),
                f"Open P&amp;L {open_gain(portfolio)}",
                f"Booked P&amp;L {signed(portfolio.realized)} after all fees",
                held_prices(portfolio.positions),
            ),
            *(entries or ["Nothing is open. Pick a market and buy your first position."]),
        ),
        rows(
            *((_open(number, view),) for number, view in enumerate(shown, first + 1)),
            pager(
                ShowPositions(page - 1) if page else None,
                ShowPositions(page + 1) if has_more else None,
            ),
            (
                Button("Markets", Trending()),
                Button("P&L", ShowRecord()),
                Button("Refresh", ShowPositions(page)),
                HOME,
            ),
        ),
        stamp=stamped(now),
    )


def position_screen(
    view: PositionView, now: datetime, *, can_rest: bool = False, armed: str | None = None
) -> Screen:
    """One position: P&L at the price shown, and what selling it now would really bring.

    `armed`: its triggers in one line.
    """
    position, market = view.position, view.market
    if position.status is not PositionStatus.ACTIVE:
        return _ended(view, now)
    holding, ended = position.holding, market_state(market)
    return Screen(
        blocks(
            bold(market.question),
            lines(
                f"{bold(position.outcome, 40)} · {shares(holding.amount)} shares",
                f"Bought at {cents(holding.entry_price)} · cost {money(_cost(position))}",
                _price(view),
                _worth(position),
                PROVISIONAL if view.is_provisional else None,
            ),
            f"<b>P&amp;L {gain(position.pnl_amount, position.pnl_percentage)}</b>",
            lines(None if ended else _sold_now(view), _booked(position)),
            armed,
            lines(ending(market.ends_at, now)),
            ended,
        ),
        rows(
            _sell_buttons(view),
            (*(_limit_button(view) if can_rest else ()), *_trigger_button(view)),
            _picture_buttons(view),
            _foot(position),
        ),
        stamp=stamped(now),
    )


def _ended(view: PositionView, now: datetime) -> Screen:
    position = view.position
    word = "Resolved" if position.status is PositionStatus.RESOLVED else "Closed"
    return Screen(
        blocks(
            bold(view.market.question),
            lines(
                f"{bold(position.outcome, 40)} · {word.lower()}, no shares left",
                _paid_out(position),
            ),
            f"<b>P&amp;L {signed(position.holding.realized_pnl)}</b> after all fees",
            f"Fees paid {money(position.holding.fees_paid)}",
            market_state(view.market),
        ),
        (
            _picture_buttons(view),
            (
                Button("Market", ShowMarket(view.market.id)),
                Button("Positions", ShowPositions()),
                HOME,
            ),
        ),
        stamp=stamped(now),
    )


def _paid_out(position: Position) -> str | None:
    """What a share brought at the end; its price froze there."""
    if position.status is not PositionStatus.RESOLVED or position.current_price is None:
        return None
    return f"Paid {cents(position.current_price)} a share"


def _entry(number: int, view: PositionView) -> str:
    position = view.position
    holding = position.holding
    return lines(
        f"{number}. {bold(view.market.question, SHORT_TITLE)}",
        f"{shares(holding.amount)} {safe(position.outcome, 30)} at {cents(holding.entry_price)}",
        _price(view),
        f"P&amp;L {gain(position.pnl_amount, position.pnl_percentage)}",
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
    return f"Worth {money(position.holding.amount * position.current_price)} at that price"


def _sold_now(view: PositionView) -> str:
    if view.liquidation is None:
        return "If sold now: unknown until its order book is seen again"
    result = usdc(view.liquidation - _cost(view.position))
    return (
        f"If sold now: {money(view.liquidation)} after the fee ({signed(result)}){_by_book(view)}"
    )


def _by_book(view: PositionView) -> str:
    """What the estimate rests on, unless that is a book of now."""
    match view.state:
        case PriceState.LIVE:
            return ""
        case PriceState.SUSPECT | PriceState.RESYNCING:
            return ", by a book that is being checked"
        case PriceState.POLLED | PriceState.DOWN:
            age = view.price_age
            is_new = age is not None and age < FRESH and view.state is PriceState.POLLED
            return "" if is_new else f", by a book {_aged(age)} old"


def _aged(age: float | None) -> str:
    return "of unknown age," if age is None else span(age)


def _booked(position: Position) -> str | None:
    holding = position.holding
    if not holding.realized_pnl and not holding.fees_paid:
        return None
    return f"Booked P&amp;L {signed(holding.realized_pnl)} · fees paid {money(holding.fees_paid)}"


def _sell_buttons(view: PositionView) -> Row:
    if market_state(view.market) is not None:
        return ()
    position = view.position.id
    percents = (Button(f"Sell {percent}%", SellPercent(position, percent)) for percent in PERCENTS)
    return (*percents, Button("Other", SellOther(position)))


def _limit_button(view: PositionView) -> Row:
    tokens = view.market.tokens
    if market_state(view.market) is not None or view.position.token_id not in tokens:
        return ()
    place = tokens.index(view.position.token_id)
    return (Button("Limit sell", Limit(view.market.id, place, Way.SELL)),)


def _trigger_button(view: PositionView) -> Row:
    if market_state(view.market) is not None:
        return ()
    return (Button("TP / SL", ShowPositionTriggers(view.position.id)),)


def _picture_buttons(view: PositionView) -> Row:
    """The card alone where the market has no such outcome any more."""
    position, tokens = view.position, view.market.tokens
    card = Button("P&L card", ShowPnlCard(position.id))
    if position.token_id not in tokens:
        return (card,)
    return (Button("Chart", ShowChart(view.market.id, tokens.index(position.token_id))), card)


def _foot(position: Position) -> Row:
    return (
        Button("Market", ShowMarket(position.market_id)),
        Button("Refresh", ShowPosition(position.id)),
        HOME,
    )
