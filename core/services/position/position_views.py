"""Positions at the newest price: the board's where it has one, else the stored row's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.market import Market
from core.domain.position import Position, PositionStatus, pnl_percentage, unrealized_pnl
from core.domain.price import Quote, liquidation_value
from core.domain.units import MarketId, PositionId, Usdc
from core.domain.views import PositionView
from core.services.price_board import PriceBoard


@dataclass(frozen=True, slots=True)
class Stored:
    """What Postgres knows around some positions."""

    positions: Sequence[Position]
    markets: dict[MarketId, Market]
    price_times: dict[MarketId, datetime]  # when the markets' stored prices were current
    unsettled: frozenset[PositionId] = frozenset()  # positions that the chain may still change


def views_of(stored: Stored, board: PriceBoard, now: datetime) -> tuple[PositionView, ...]:
    """One view a position, in their order."""
    return tuple(_view(position, stored, board, now) for position in stored.positions)


def _view(position: Position, stored: Stored, board: PriceBoard, now: datetime) -> PositionView:
    market = stored.markets[position.market_id]
    quote, reading = board.quote(position.token_id), board.reading(position.token_id)
    if quote is None or quote.price is None or reading is None:
        return PositionView(
            position=position,
            market=market,
            liquidation=None,
            price_age=_age(stored.price_times.get(position.market_id), now),
            state=board.state(position.token_id),
            bid=None,
            why=board.why(position.token_id),
            is_provisional=position.id in stored.unsettled,
        )
    return PositionView(
        position=_marked(position, quote),
        market=market,
        liquidation=_liquidation(position, market, quote),
        price_age=reading.age,
        state=reading.state,
        bid=quote.bid,
        why=reading.why,
        is_provisional=position.id in stored.unsettled,
    )


def _marked(position: Position, quote: Quote) -> Position:
    """A closed position keeps the price at which it was closed."""
    if position.status is not PositionStatus.ACTIVE or quote.price is None:
        return position
    pnl = unrealized_pnl(position.holding, quote.price)
    return replace(
        position,
        current_price=quote.price,
        pnl_amount=pnl,
        pnl_percentage=pnl_percentage(position.holding, pnl),
    )


def _liquidation(position: Position, market: Market, quote: Quote) -> Usdc | None:
    if quote.book is None:
        return None
    return liquidation_value(quote.book.bids(), position.holding.amount, market.fees)


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())
