"""What pictures say in words: their captions, and what stands in for those there are none of."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.history import PriceHistory, Span
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.record import Period, Record
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
from telegram_bot.screens.numbers import cents, gain, money, shares, signed
from telegram_bot.screens.picture_words import (
    BACK,
    PERIOD_NAMES,
    PERIODS,
    SPANS,
    DepthView,
    book_age,
    moved,
    own_trades,
    share,
    trades,
)
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
from telegram_bot.words import mark, say

NOT_DRAWN: Final = mark("<i>The picture cannot be drawn right now; this is what it would show.</i>")


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
                own_trades(own),
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


def _no_curve(record: Record) -> str:
    if not record.fills:
        return say("Nothing was traded in this time, so there is no curve to draw.")
    return say("That is too little for a curve: it takes trades at two different times.")


def _spans(ask: ShowChart, *, redraws: bool = True) -> Row:
    return tuple(
        Button(
            _chosen(say(SPANS[span])) if span is ask.span else say(SPANS[span]),
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
        _chosen(name) if period is ask.period else name,
        replace(ask, period=period, redraws=record.has_curve),
    )


def _positions() -> Button:
    return Button(say("Positions"), ShowPositions())


def _market_row(market: Market) -> Row:
    return (Button(say("Market"), ShowMarket(market.id)), home_button())


def _chosen(label: str) -> str:
    return f"· {label} ·"
