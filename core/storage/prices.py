"""Live prices and the P&L that follows from them: one statement for each table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Source
from core.domain.units import MarketId, Price, TokenId


@dataclass(frozen=True, slots=True)
class MarketPrices:
    """What a market's row is to say; the tuples are aligned with its outcomes."""

    market: MarketId
    source: Source
    prices: tuple[Price | None, ...]
    bids: tuple[Price | None, ...]
    asks: tuple[Price | None, ...]
    last_trade: Price | None  # of the first outcome
    age: float  # seconds since these prices were known to be so


# Prices come again from the stream, so a lost last half second costs nothing; and with the arrays
# known the planner would otherwise read every position to find a thousand of them. A row that
# somebody keeps locked is tried again later: newer prices are there by then.
_TRANSACTION: Final = sa.text(
    "SELECT set_config('synchronous_commit', 'off', true), "
    "set_config('random_page_cost', '1.1', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true), "
    "set_config('lock_timeout', '2s', true)"
)

# What the row says already stays as young as it was: a doubt makes no price older either.
MARKETS_SQL: Final = """
UPDATE markets AS m SET
    source = v.source,
    outcome_prices = v.prices,
    best_bid = v.bids,
    best_ask = v.asks,
    last_trade_price = coalesce(v.last_trade, m.last_trade_price),
    price_at = CASE WHEN m.outcome_prices = v.prices
        THEN greatest(m.price_at, now() - make_interval(secs => v.age))
        ELSE now() - make_interval(secs => v.age) END,
    updated_at = CASE
        WHEN (m.source, m.outcome_prices, m.best_bid, m.best_ask)
            IS DISTINCT FROM (v.source, v.prices, v.bids, v.asks)
        THEN now() ELSE m.updated_at END
FROM unnest(
    CAST(:ids AS text[]), CAST(:sources AS text[]), CAST(:prices AS jsonb[]),
    CAST(:bids AS jsonb[]), CAST(:asks AS jsonb[]), CAST(:last_trades AS numeric[]),
    CAST(:ages AS double precision[])
) AS v (id, source, prices, bids, asks, last_trade, age)
WHERE m.id = v.id AND NOT m.is_resolved
"""
_MARKETS: Final = sa.text(MARKETS_SQL)


def _half_even(value: str, places: int) -> str:
    """SQL that rounds as `Decimal` does; Postgres' own `round` moves a half away from zero."""
    unit = f"0.{1:0{places}}"
    return (
        f"CASE WHEN abs({value} % {unit}) = {unit} / 2"
        f" THEN round({value} / 2, {places}) * 2 ELSE round({value}, {places}) END"
    )


_PNL: Final = _half_even("(p.amount * (v.price - p.entry_price))", 6)
_COST: Final = "(p.amount * p.entry_price)"
_PERCENT: Final = _half_even(f"(100 * round({_PNL}, 30) / {_COST})", 4)

# The marks change nothing but what a person sees, so a row that would look the same is left alone.
POSITIONS_SQL: Final = f"""
UPDATE positions AS p SET
    current_price = v.price,
    pnl_amount = {_PNL},
    pnl_percentage = CASE WHEN {_COST} = 0 THEN NULL ELSE {_PERCENT} END,
    updated_at = now()
FROM unnest(CAST(:tokens AS text[]), CAST(:marks AS numeric[])) AS v (token_id, price)
WHERE p.token_id = v.token_id AND p.status = 'active'
    AND (p.current_price, p.pnl_amount) IS DISTINCT FROM (v.price, {_PNL})
"""  # noqa: S608 - built from constants of this module
_POSITIONS: Final = sa.text(POSITIONS_SQL)

# A row that somebody is writing is left to him: waiting for it while holding others, in whatever
# order they were found, would be a deadlock with the writer of prices.
_TIMES: Final = sa.text(
    "UPDATE markets SET price_at = now() WHERE id IN (SELECT id FROM markets "
    "WHERE id = ANY (CAST(:ids AS text[])) AND source = 'ws' FOR UPDATE SKIP LOCKED)"
)


_ENDED: Final = sa.text(
    "UPDATE markets SET source = 'poll' WHERE source = 'ws' AND id <> ALL (CAST(:ids AS text[]))"
)


async def write_prices(
    session: AsyncSession, markets: Sequence[MarketPrices], marks: Sequence[tuple[TokenId, Price]]
) -> int:
    """Write the markets and mark every active position on these tokens; the rows that changed."""
    await session.execute(_TRANSACTION)
    ordered = sorted(markets, key=lambda row: row.market)  # one order of locks for everybody
    await session.execute(
        _MARKETS,
        {
            "ids": [row.market for row in ordered],
            "sources": [row.source.value for row in ordered],
            "prices": [_texts(row.prices) for row in ordered],
            "bids": [_texts(row.bids) for row in ordered],
            "asks": [_texts(row.asks) for row in ordered],
            "last_trades": [row.last_trade for row in ordered],
            "ages": [row.age for row in ordered],
        },
    )
    result = await session.execute(
        _POSITIONS,
        {"tokens": [token for token, _ in marks], "marks": [mark for _, mark in marks]},
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


async def refresh_price_times(session: AsyncSession, markets: Sequence[MarketId]) -> None:
    """Say that the stored prices of these live markets are still current."""
    await session.execute(_TIMES, {"ids": list(markets)})


async def end_streaming(session: AsyncSession, but: Collection[MarketId]) -> None:
    """Let no row say that it is streamed, `but` those of these markets."""
    await session.execute(_ENDED, {"ids": list(but)})


def _texts(prices: tuple[Price | None, ...]) -> str:
    """A JSON array of decimal strings."""
    return msgspec.json.encode([None if one is None else _plain(one) for one in prices]).decode()


def _plain(value: Decimal) -> str:
    """Digits without an exponent and without noughts at the end: `0.5`, not `5E-1`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
