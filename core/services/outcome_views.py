"""Outcomes at the newest price: the board's, else the stored one, always with its age."""

from datetime import datetime

from core.domain.market import Market, Outcome
from core.domain.price import PriceState
from core.domain.units import ONE, Price
from core.domain.views import OutcomeView
from core.services.price_board import PriceBoard
from core.storage.markets import StoredPrices


def outcome_views(
    market: Market, stored: StoredPrices, board: PriceBoard, now: datetime
) -> tuple[OutcomeView, ...]:
    """One view an outcome, in the market's order."""
    return tuple(
        _board_view(outcome, board) or _stored_view(outcome, number, stored, now)
        for number, outcome in enumerate(market.outcomes)
    )


def _board_view(outcome: Outcome, board: PriceBoard) -> OutcomeView | None:
    quote, reading = board.quote(outcome.token), board.reading(outcome.token)
    if quote is None or quote.price is None or reading is None:
        return None
    return OutcomeView(
        outcome=outcome,
        bid=quote.bid,
        ask=quote.ask,
        price=quote.price,
        last_trade=quote.last_trade,
        age=reading.age,
        state=reading.state,
        source=reading.source,
        why=reading.why,
        asks=() if quote.book is None else tuple(quote.book.asks()),
    )


def _stored_view(outcome: Outcome, number: int, stored: StoredPrices, now: datetime) -> OutcomeView:
    return OutcomeView(
        outcome=outcome,
        bid=stored.bids[number],
        ask=stored.asks[number],
        price=outcome.price,
        last_trade=_last_trade(number, stored),
        age=None if stored.at is None else max(0.0, (now - stored.at).total_seconds()),
        state=PriceState.DOWN,
        source=stored.source,
    )


def _last_trade(number: int, stored: StoredPrices) -> Price | None:
    """The row keeps the first outcome's; in a pair it tells the second's too."""
    if stored.last_trade is None or number > 1:
        return None
    return stored.last_trade if number == 0 else Price(ONE - stored.last_trade)
