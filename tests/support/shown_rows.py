"""What Postgres tells of held markets, and what it should tell by the exchange's own books."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Market
from core.domain.units import MarketId, TokenId
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.state import MarketState

AMOUNT: Final = Decimal(100)  # shares of a held position
ENTRY: Final = Decimal("0.5")  # USDC per share
MARKETS: Final = """
    SELECT id, source, outcome_prices, best_bid, best_ask, last_trade_price, price_at
    FROM markets ORDER BY id
"""
POSITIONS: Final = """
    SELECT token_id, current_price, pnl_amount, pnl_percentage
    FROM positions WHERE status = 'active'
"""

Prices = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market's; `last_trade` may be its complement's, as nobody knows which token was traded."""

    source: str
    prices: Prices
    bids: Prices
    asks: Prices
    last_trade: Decimal | None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """What a person's holding is worth."""

    price: Decimal | None
    pnl: Decimal
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Rows:
    """By market and by token; `oldest` is when a market's price was last known to be right."""

    markets: Mapping[str, MarketRow]
    positions: Mapping[str, PositionRow]
    oldest: datetime | None = field(default=None, compare=False)

    def are_written_since(self, moment: datetime | None) -> bool:
        return moment is None or (self.oldest is not None and self.oldest >= moment)


async def read_rows(session: AsyncSession, held: Collection[MarketId]) -> Rows:
    found = await session.execute(sa.text(MARKETS))
    rows = [row for row in found if str(row.id) in held]
    markets = {
        str(row.id): MarketRow(
            str(row.source),
            _prices(row.outcome_prices),
            _prices(row.best_bid),
            _prices(row.best_ask),
            _either(row.last_trade_price),
        )
        for row in rows
    }
    positions = {
        str(row.token_id): PositionRow(row.current_price, row.pnl_amount, row.pnl_percentage)
        for row in await session.execute(sa.text(POSITIONS))
    }
    times = [row.price_at for row in rows]
    return Rows(markets, positions, None if None in times else min(times, default=None))


async def time_of(session: AsyncSession) -> datetime:
    moment = await session.scalar(sa.text("SELECT clock_timestamp()"))
    assert isinstance(moment, datetime)
    return moment


def true_rows(exchange: ExchangeSandbox, markets: Sequence[Market]) -> Rows:
    """All of them streamed."""
    return Rows(
        {str(market.id): _true_market(exchange, market) for market in markets},
        {
            str(token): _true_position(exchange, token)
            for market in markets
            for token in market.tokens
        },
    )


def _true_market(exchange: ExchangeSandbox, market: Market) -> MarketRow:
    state = _found(exchange, market.tokens[0])[0]
    return MarketRow(
        "ws",
        tuple(state.price(outcome) for outcome in range(2)),
        tuple(book.best_bid for book in state.books),
        tuple(book.best_ask for book in state.books),
        _either(Decimal(state.last_trade) if state.last_trade else None),
    )


def _true_position(exchange: ExchangeSandbox, token: TokenId) -> PositionRow:
    state, outcome = _found(exchange, token)
    price = state.price(outcome)
    assert price is not None
    gain = AMOUNT * (price - ENTRY)
    return PositionRow(price, gain, 100 * gain / (AMOUNT * ENTRY))


def _found(exchange: ExchangeSandbox, token: TokenId) -> tuple[MarketState, int]:
    found = exchange.find(token)
    assert found is not None
    return found


def _prices(told: Sequence[str | None]) -> Prices:
    return tuple(None if one is None else Decimal(one) for one in told)


def _either(price: Decimal | None) -> Decimal | None:
    return None if price is None else min(price, 1 - price)
