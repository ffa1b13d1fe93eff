"""From what is known to what is drawn; pure, and in the words of the cards."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from core.domain.book import Level
from core.domain.errors import EmptyBook
from core.domain.history import PriceHistory, PricePoint
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.price import PriceState
from core.domain.record import Record
from core.domain.units import ZERO, Price, Size
from core.domain.views import OutcomeView, Portfolio, PositionView
from core.services.fresh_books import DecisionBook
from telegram_bot.picture_actions import ShowChart, ShowDepth, ShowPnlCard, ShowRecord
from telegram_bot.pictures.plans import (
    DepthPicture,
    Entry,
    EquityPicture,
    Head,
    PnlPicture,
    PricePicture,
    Wording,
)
from telegram_bot.screens.freshness import outcome_price, price_line
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.picture_words import PERIODS, DepthView, book_age, moved, share, trades
from telegram_bot.screens.times import MONTHS, zone_name
from telegram_bot.words import reader, say

CURRENT = frozenset({PriceState.LIVE, PriceState.POLLED})


def up_to_now(history: PriceHistory, outcome: OutcomeView, now: datetime) -> PriceHistory:
    """The history up to the price that the cards show, if that one is of now; to the minute."""
    last = history.points[-1:]
    if outcome.price is None or outcome.state not in CURRENT or not last:
        return history
    minute = max(now.replace(second=0, microsecond=0), last[0].at)
    points = [point for point in history.points if point.at < minute]
    return PriceHistory(history.token, history.span, (*points, PricePoint(minute, outcome.price)))


def marked(own: Sequence[Fill], history: PriceHistory) -> tuple[Fill, ...]:
    """Those of the reader's trades that the chart reaches back to."""
    first = history.points[0].at
    return tuple(fill for fill in own if fill.at >= first)


def price_picture(
    market: Market,
    outcome: OutcomeView,
    history: PriceHistory,
    own: Sequence[Fill],
    average: Price | None,
    whose: str,
    ask: ShowChart,
) -> PricePicture:
    _, _, state = outcome_price(outcome).partition(" · ")
    last = history.points[-1].at
    return PricePicture(
        head=Head(
            title=market.question,
            outcome=outcome.outcome.name,
            note=f"{moved(history)} · {state}" if state else moved(history),
            whose=whose,
            theme=ask.theme,
        ),
        points=history.points,
        entries=tuple(Entry(min(fill.at, last), fill.price, fill.side) for fill in own),
        average=average,
        wording=wording(last),
    )


def depth_view(book: DecisionBook) -> DepthView:
    return DepthView(
        bid=book.bids[0].price if book.bids else None,
        ask=book.asks[0].price if book.asks else None,
        bid_size=_waiting(book.bids),
        ask_size=_waiting(book.asks),
        state=book.state,
        age=book.age,
    )


def depth_picture(
    market: Market, name: str, book: DecisionBook, whose: str, ask: ShowDepth
) -> DepthPicture:
    """Raises: EmptyBook."""
    if not book.bids and not book.asks:
        raise EmptyBook(say("The order book of this outcome is empty right now."))
    spread = ""
    if book.bids and book.asks:
        gap = cents(Price(book.asks[0].price - book.bids[0].price))
        spread = say("spread {spread}", spread=gap) + " · "
    return DepthPicture(
        head=Head(
            title=market.question,
            outcome=name,
            note=f"{say('bid / ask')} · {spread}{book_age(depth_view(book))}",
            whose=whose,
            theme=ask.theme,
        ),
        bids=book.bids,
        asks=book.asks,
        wording=wording(),
    )


def pnl_picture(
    view: PositionView, percent: Decimal | None, whose: str, ask: ShowPnlCard
) -> PnlPicture:
    """`percent`: of a position that is over."""
    position = view.position
    is_open = position.status is PositionStatus.ACTIVE
    result = position.pnl_amount if is_open else position.holding.realized_pnl
    percent = position.pnl_percentage if is_open else percent
    facts = _open_facts(view) if is_open else ()
    amounts = ((say("Profit and loss"), signed(result)), *(_amounts(view) if is_open else ()))
    return PnlPicture(
        head=Head(
            title=view.market.question,
            outcome=position.outcome,
            note=_standing(view) if is_open else say("over, after all fees"),
            whose=whose,
            theme=ask.theme,
        ),
        headline=share(percent, result).capitalize(),
        profit=result,
        facts=facts if ask.is_discreet else (*amounts, *facts),
    )


def equity_picture(
    record: Record, portfolio: Portfolio, until: datetime, whose: str, ask: ShowRecord
) -> EquityPicture:
    return EquityPicture(
        head=Head(
            title=say("Booked P&L · {period}", period=say(PERIODS[ask.period])),
            outcome="",
            note=say("after all fees · {trades}", trades=trades(record)),
            whose=whose,
            theme=ask.theme,
        ),
        headline=signed(record.profit),
        points=record.points,
        until=max(until.replace(second=0, microsecond=0), record.points[-1].at),
        opened=portfolio.unrealized,
        wording=wording(until),
    )


def wording(at: datetime | None = None) -> Wording:
    """For the reader of now, with the zone as it is called at that moment."""
    zone = "UTC" if at is None else zone_name(at)
    return Wording(
        times=say("Times in {zone}", zone=zone),
        bought=say("bought"),
        sold=say("sold"),
        average=say("your average"),
        opened=say("with open P&L"),
        depth=say("Shares up to each price"),
        said=say("said"),
        came=say("came"),
        measured=say("measured so far"),
        after=say("after calibration"),
        members=say("members"),
        band=say("what chance allows"),
        months=tuple(say(month) for month in MONTHS),
        zone=reader().zone,
    )


def _waiting(levels: Sequence[Level]) -> Size:
    return Size(sum((level.size for level in levels), ZERO))


def _open_facts(view: PositionView) -> tuple[tuple[str, str], ...]:
    """Prices, which say nothing of how much somebody has."""
    return (
        (say("Bought at"), cents(view.position.holding.entry_price)),
        (say("Price"), cents(view.position.current_price)),
    )


def _amounts(view: PositionView) -> tuple[tuple[str, str], ...]:
    position = view.position
    held = ((say("Shares"), shares(position.holding.amount)),)
    if position.current_price is None:
        return held
    return (*held, (say("Worth"), money(position.holding.amount * position.current_price)))


def _standing(view: PositionView) -> str:
    """How current the price is, in the words of the card."""
    _, _, words = price_line(
        view.position.current_price, view.state, view.price_age, view.why
    ).partition(" · ")
    return say("open · {words}", words=words) if words else say("open · no price of now")
