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
from telegram_bot.screens.freshness import outcome_line, outcome_price, price_line
from telegram_bot.screens.home import open_gain
from telegram_bot.screens.market import market_state
from telegram_bot.screens.numbers import cents, gain, money, percentage, shares, signed
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
from telegram_bot.screens.text import LABEL, bold, plain, safe
from telegram_bot.screens.times import ago
from telegram_bot.words import mark, plural, say

BACK: Final = MappingProxyType(
    {
        Span.HOUR: mark("the last hour"),
        Span.SIX_HOURS: mark("the last 6 hours"),
        Span.DAY: mark("the last day"),
        Span.WEEK: mark("the last week"),
        Span.ALL: mark("its whole time"),
    }
)
PERIODS: Final = MappingProxyType(
    {
        Period.DAY: mark("last 24 hours"),
        Period.WEEK: mark("last 7 days"),
        Period.MONTH: mark("last 30 days"),
        Period.ALL: mark("all time"),
    }
)
SPANS: Final = MappingProxyType(
    {
        Span.HOUR: mark("1h"),
        Span.SIX_HOURS: mark("6h"),
        Span.DAY: mark("1d"),
        Span.WEEK: mark("1w"),
        Span.ALL: mark("all"),
    }
)
PERIOD_NAMES: Final = MappingProxyType(
    {
        Period.DAY: mark("Day"),
        Period.WEEK: mark("Week"),
        Period.MONTH: mark("Month"),
        Period.ALL: mark("All"),
    }
)
NOT_DRAWN: Final = mark("<i>The picture cannot be drawn right now; this is what it would show.</i>")
CHOSEN: Final = "· {} ·"


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
                say(
                    "{change}: lowest {low}, highest {high}",
                    change=moved(history),
                    low=cents(min(prices)),
                    high=cents(max(prices)),
                ),
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
                say(
                    "The venue has no prices of {outcome} for {span}, so there is no chart.",
                    outcome=safe(outcome.outcome.name, LABEL),
                    span=say(BACK[ask.span]),
                ),
                outcome_line(outcome),
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
                say(
                    "{outcome} bid {bid} · ask {ask} · {age}",
                    outcome=bold(name, LABEL),
                    bid=cents(view.bid),
                    ask=cents(view.ask),
                    age=book_age(view),
                ),
                say(
                    "Buyers wait for {bought} shares, sellers offer {offered}",
                    bought=shares(view.bid_size),
                    offered=shares(view.ask_size),
                ),
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
                say("Bought at {price}", price=cents(position.holding.entry_price))
                if is_open
                else None,
                price_line(position.current_price, view.state, view.price_age, view.why)
                if is_open
                else say("Over, after all fees"),
            ),
        ),
        rows(
            (
                Button(
                    say("Show amounts") if ask.is_discreet else say("Hide amounts"),
                    replace(ask, is_discreet=not ask.is_discreet, redraws=True),
                ),
                _other_theme(ask),
            ),
            (Button(say("Position"), ShowPosition(position.id)), home_button()),
        ),
        keeps_message=True,
    )


def record_screen(record: Record, portfolio: Portfolio, ask: ShowRecord, now: datetime) -> Screen:
    """`/pnl`: what was booked in the period, and what is open now."""
    return Screen(
        blocks(
            say("<b>P&amp;L · {period}</b>", period=say(PERIODS[ask.period])),
            lines(
                say("Booked <b>{profit}</b> after all fees", profit=signed(record.profit)),
                trades(record),
            ),
            lines(
                say("Open P&amp;L {gain}", gain=open_gain(portfolio)),
                say(
                    "{total} in total · cash {cash}",
                    total=money(portfolio.total),
                    cash=money(portfolio.cash),
                ),
            ),
            None if record.has_curve else _no_curve(record),
        ),
        rows(
            tuple(_period(ask, period, record) for period in Period),
            (*((_other_theme(ask),) if record.has_curve else ()), _positions(), home_button()),
        ),
        stamp=stamped(now),
        keeps_message=True,
    )


def without_picture(screen: Screen, ask: PictureAction) -> Screen:
    """The same in words only, with a way to try again."""
    retry = Button(say("Try again"), replace(ask, redraws=False))
    return replace(
        screen, text=blocks(screen.text, say(NOT_DRAWN)), rows=((retry,), screen.rows[-1])
    )


def moved(history: PriceHistory) -> str:
    """`+3.5¢ in the last day`."""
    change, back = history.change, say(BACK[history.span])
    if not change:
        return say("unchanged in {span}", span=back)
    sign = "+" if change > 0 else "-"
    return say("{change} in {span}", change=sign + cents(Price(abs(change))), span=back)


def trades(record: Record) -> str:
    """`14 trades · fees $1.20`."""
    number = plural("{n} trade", "{n} trades", record.fills)
    return say("{trades} · fees {fees}", trades=number, fees=money(record.fees))


def share(percent: Decimal | None, result: Usdc) -> str:
    """`+37.8 %`; in a word where nothing was paid, or nobody knows what."""
    if percent is not None:
        return percentage(percent)
    if not result:
        return say("even")
    return say("a profit") if result > 0 else say("a loss")


def book_age(view: DepthView) -> str:
    return say("live") if view.state is PriceState.LIVE else say("asked {ago}", ago=ago(view.age))


def _own_trades(own: Sequence[Fill]) -> str | None:
    if not own:
        return None
    bought = sum(fill.side is Side.BUY for fill in own)
    sold = len(own) - bought
    told = {"bought": _times(bought), "sold": _times(sold)}
    if not sold:
        return say("You bought {bought} here; marked", **told)
    if not bought:
        return say("You sold {sold} here; marked", **told)
    return say("You bought {bought} and sold {sold} here; marked", **told)


def _times(number: int) -> str:
    match number:
        case 1:
            return say("once")
        case 2:
            return say("twice")
        case _:
            return plural("{n} time", "{n} times", number)


def _no_curve(record: Record) -> str:
    if not record.fills:
        return say("Nothing was traded in this time, so there is no curve to draw.")
    return say("That is too little for a curve: it takes trades at two different times.")


def _spans(ask: ShowChart, *, redraws: bool = True) -> Row:
    return tuple(
        Button(
            CHOSEN.format(say(SPANS[span])) if span is ask.span else say(SPANS[span]),
            replace(ask, span=span, redraws=redraws),
        )
        for span in Span
    )


def _sides(market: Market, ask: ShowChart) -> Row:
    other = _others(market, ask.outcome, lambda place: replace(ask, outcome=place, redraws=True))
    book = Button(say("Order book"), ShowDepth(market.id, ask.outcome, ask.theme))
    return (*other, *(() if market_state(market) else (book,)), _other_theme(ask))


def _depth_sides(market: Market, ask: ShowDepth) -> Row:
    other = _others(market, ask.outcome, lambda place: replace(ask, outcome=place, redraws=True))
    again = Button(say("Refresh"), replace(ask, redraws=True))
    return (*other, again, _other_theme(ask))


def _others(market: Market, shown: int, asked: Callable[[int], PictureAction]) -> Row:
    return tuple(
        Button(plain(outcome.name, 16), asked(place))
        for place, outcome in enumerate(market.outcomes)
        if place != shown
    )


def _other_theme(ask: PictureAction) -> Button:
    other = Theme.LIGHT if ask.theme is Theme.DARK else Theme.DARK
    name = say("Light") if other is Theme.LIGHT else say("Dark")
    return Button(name, replace(ask, theme=other, redraws=True))


def _period(ask: ShowRecord, period: Period, record: Record) -> Button:
    name = say(PERIOD_NAMES[period])
    return Button(
        CHOSEN.format(name) if period is ask.period else name,
        replace(ask, period=period, redraws=record.has_curve),
    )


def _positions() -> Button:
    return Button(say("Positions"), ShowPositions())


def _market_row(market: Market) -> Row:
    return (Button(say("Market"), ShowMarket(market.id)), home_button())
