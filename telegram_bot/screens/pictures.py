"""What pictures say in words: their captions, and what stands in for those there are none of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.history import PriceHistory, Span
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.price import PriceState
from core.domain.record import Period, Record
from core.domain.units import Price, Size, Usdc
from core.domain.views import OutcomeView, Portfolio, PositionView
from telegram_bot.actions import ShowMarket, ShowPosition, ShowPositions
from telegram_bot.picture_actions import (
    PictureAction,
    ShowChart,
    ShowDepth,
    ShowPnlCard,
    ShowRecord,
)
from telegram_bot.pictures.plans import Theme
from telegram_bot.screens.freshness import now_line, outcome_price, price_line
from telegram_bot.screens.home import open_gain
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import ago, cents, gain, money, percentage, shares, signed
from telegram_bot.screens.screen import HOME, Button, Row, Screen, blocks, lines, rows, stamped
from telegram_bot.screens.text import LABEL, bold, plain, safe

BACK: Final = MappingProxyType(
    {
        Span.HOUR: "the last hour",
        Span.SIX_HOURS: "the last 6 hours",
        Span.DAY: "the last day",
        Span.WEEK: "the last week",
        Span.ALL: "its whole time",
    }
)
PERIODS: Final = MappingProxyType(
    {
        Period.DAY: "last 24 hours",
        Period.WEEK: "last 7 days",
        Period.MONTH: "last 30 days",
        Period.ALL: "all time",
    }
)
NOT_DRAWN: Final = "<i>The picture cannot be drawn right now; this is what it would show.</i>"


@dataclass(frozen=True, slots=True)
class DepthView:
    """A book in short: its tops, and the shares that wait on both sides."""

    bid: Price | None
    ask: Price | None
    bid_size: Size
    ask_size: Size
    state: PriceState
    age: float  # seconds


def chart_screen(
    market: Market, outcome: OutcomeView, history: PriceHistory, own: Sequence[Fill], ask: ShowChart
) -> Screen:
    """`own`: the reader's trades that are marked."""
    prices = [point.price for point in history.points]
    return Screen(
        blocks(
            bold(market.question),
            lines(
                f"{bold(outcome.outcome.name, LABEL)} {outcome_price(outcome)}",
                f"{moved(history)}: lowest {cents(min(prices))}, highest {cents(max(prices))}",
                _own_trades(own),
            ),
        ),
        rows(_spans(ask), _sides(market, ask), _market_row(market)),
        keeps_message=True,
    )


def no_history_screen(market: Market, outcome: OutcomeView, ask: ShowChart) -> Screen:
    """The venue knows fewer than two prices: no line is invented."""
    ask = replace(ask, redraws=False)
    return Screen(
        blocks(
            bold(market.question),
            lines(
                f"The venue has no prices of {safe(outcome.outcome.name, LABEL)} "
                f"for {BACK[ask.span]}, so there is no chart.",
                now_line(outcome_price(outcome)),
            ),
        ),
        rows(_spans(ask, redraws=False), _market_row(market)),
        keeps_message=True,
    )


def depth_screen(market: Market, name: str, view: DepthView, ask: ShowDepth) -> Screen:
    return Screen(
        blocks(
            bold(market.question),
            lines(
                f"{bold(name, LABEL)} bid {cents(view.bid)} · ask {cents(view.ask)} · "
                f"{book_age(view)}",
                f"Buyers wait for {shares(view.bid_size)} shares, "
                f"sellers offer {shares(view.ask_size)}",
            ),
        ),
        rows(_depth_sides(market, ask), _market_row(market)),
        keeps_message=True,
    )


def pnl_screen(view: PositionView, percent: Decimal | None, ask: ShowPnlCard) -> Screen:
    """`percent`: of a position that is over."""
    position, market = view.position, view.market
    is_open = position.status is PositionStatus.ACTIVE
    result = position.pnl_amount if is_open else position.holding.realized_pnl
    percent = position.pnl_percentage if is_open else percent
    told = share(percent, result) if ask.is_discreet else gain(result, percent)
    return Screen(
        blocks(
            bold(market.question),
            lines(
                f"<b>{safe(position.outcome, LABEL)} {told}</b>",
                f"Bought at {cents(position.holding.entry_price)}" if is_open else None,
                price_line(position.current_price, view.state, view.price_age, view.why)
                if is_open
                else "Over, after all fees",
            ),
        ),
        rows(
            (
                Button(
                    "Show amounts" if ask.is_discreet else "Hide amounts",
                    replace(ask, is_discreet=not ask.is_discreet, redraws=True),
                ),
                _other_theme(ask),
            ),
            (Button("Position", ShowPosition(position.id)), HOME),
        ),
        keeps_message=True,
    )


def record_screen(record: Record, portfolio: Portfolio, ask: ShowRecord, now: datetime) -> Screen:
    """`/pnl`: what was booked in the period, and what is open now."""
    return Screen(
        blocks(
            f"<b>P&amp;L · {PERIODS[ask.period]}</b>",
            lines(
                f"Booked <b>{signed(record.profit)}</b> after all fees",
                trades(record),
            ),
            lines(
                f"Open P&amp;L {open_gain(portfolio)}",
                f"{money(portfolio.total)} in total · cash {money(portfolio.cash)}",
            ),
            None if record.has_curve else _no_curve(record),
        ),
        rows(
            tuple(_period(ask, period, record) for period in Period),
            (*((_other_theme(ask),) if record.has_curve else ()), _positions(), HOME),
        ),
        stamp=stamped(now),
        keeps_message=True,
    )


def without_picture(screen: Screen, ask: PictureAction) -> Screen:
    """The same in words only, with a way to try again."""
    retry = Button("Try again", replace(ask, redraws=False))
    return replace(screen, text=blocks(screen.text, NOT_DRAWN), rows=((retry,), screen.rows[-1]))


def moved(history: PriceHistory) -> str:
    """`+3.5¢ in the last day`."""
    change = history.change
    if not change:
        return f"unchanged in {BACK[history.span]}"
    return f"{'+' if change > 0 else '-'}{cents(Price(abs(change)))} in {BACK[history.span]}"


def trades(record: Record) -> str:
    """`14 trades · fees $1.20`."""
    number = f"{record.fills} trade{'' if record.fills == 1 else 's'}"
    return f"{number} · fees {money(record.fees)}"


def share(percent: Decimal | None, result: Usdc) -> str:
    """`+37.8 %`; in a word where nothing was paid, or nobody knows what."""
    if percent is not None:
        return percentage(percent)
    if not result:
        return "even"
    return "a profit" if result > 0 else "a loss"


def book_age(view: DepthView) -> str:
    return "live" if view.state is PriceState.LIVE else f"asked {ago(view.age)}"


def _own_trades(own: Sequence[Fill]) -> str | None:
    if not own:
        return None
    bought = sum(fill.side is Side.BUY for fill in own)
    counted = (("bought", bought), ("sold", len(own) - bought))
    parts = [f"{word} {_times(number)}" for word, number in counted if number]
    return f"You {' and '.join(parts)} here; marked"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _no_curve(record: Record) -> str:
    if not record.fills:
        return "Nothing was traded in this time, so there is no curve to draw."
    return "That is too little for a curve: it takes trades at two different times."


def _spans(ask: ShowChart, *, redraws: bool = True) -> Row:
    return tuple(
        Button(
            _chosen(span.value) if span is ask.span else span.value,
            replace(ask, span=span, redraws=redraws),
        )
        for span in Span
    )


def _sides(market: Market, ask: ShowChart) -> Row:
    other = _others(market, ask.outcome, lambda place: replace(ask, outcome=place, redraws=True))
    book = Button("Order book", ShowDepth(market.id, ask.outcome, ask.theme))
    return (*other, *(() if market_state(market) else (book,)), _other_theme(ask))


def _depth_sides(market: Market, ask: ShowDepth) -> Row:
    other = _others(market, ask.outcome, lambda place: replace(ask, outcome=place, redraws=True))
    again = Button("Refresh", replace(ask, redraws=True))
    return (*other, again, _other_theme(ask))


def _others(market: Market, shown: int, asked: Callable[[int], PictureAction]) -> Row:
    return tuple(
        Button(plain(outcome.name, 16), asked(place))
        for place, outcome in enumerate(market.outcomes)
        if place != shown
    )


def _other_theme(ask: PictureAction) -> Button:
    other = Theme.LIGHT if ask.theme is Theme.DARK else Theme.DARK
    name = "Light" if other is Theme.LIGHT else "Dark"
    return Button(name, replace(ask, theme=other, redraws=True))


def _period(ask: ShowRecord, period: Period, record: Record) -> Button:
    name = period.value.capitalize()
    return Button(
        _chosen(name) if period is ask.period else name,
        replace(ask, period=period, redraws=record.has_curve),
    )


def _positions() -> Button:
    return Button("Positions", ShowPositions())


def _market_row(market: Market) -> Row:
    return (Button("Market", ShowMarket(market.id)), HOME)


def _chosen(label: str) -> str:
    return f"· {label} ·"
