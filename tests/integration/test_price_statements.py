"""The statements that write prices: exact, by their indexes, staying on their pages."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Market
from core.domain.position import Holding, pnl_percentage, unrealized_pnl
from core.domain.units import Price, Size
from core.storage.models import Sessions
from core.storage.prices import MARKETS_SQL, POSITIONS_SQL, write_prices
from tests.support.rows import add_markets, add_position, add_user, market

ONE = market(1)
YES, NO = ONE.tokens


AMOUNTS = st.decimals("0.000001", "100000", places=6)
PRICES = st.decimals("0", "1", places=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=AMOUNTS, entry=st.decimals("0", "1", places=12), mark=PRICES)
async def test_postgres_rounds_profit_exactly_as_the_domain_does(
    sessions: Sessions, amount: Decimal, entry: Decimal, mark: Decimal
) -> None:
    async with sessions() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES, str(amount), str(entry))
        await write_prices(session, [], [(YES, Price(mark))])
        query = sa.text("SELECT pnl_amount, pnl_percentage FROM positions WHERE id = :id")
        row = (await session.execute(query, {"id": position})).one()
        await session.rollback()
    holding = Holding(Size(amount), Price(entry))
    assert row.pnl_amount == unrealized_pnl(holding, Price(mark))
    assert row.pnl_percentage == pnl_percentage(holding, unrealized_pnl(holding, Price(mark)))


@pytest.mark.parametrize("text", ["0.0000005", "0.0000015", "-0.0000025", "0.0000035"])
async def test_a_half_goes_to_the_even_neighbour(sessions: Sessions, text: str) -> None:
    """0.5 shares at a millionth's difference is half a millionth: both sides of even."""
    value = Decimal(text)
    amount, mark = abs(value) * 100_000, Decimal("0.00001")
    entry, price = (mark, Decimal(0)) if value < 0 else (Decimal(0), mark)
    async with sessions() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES, str(amount), str(entry))
        await write_prices(session, [], [(YES, Price(price))])
        pnl = await session.scalar(
            sa.text("SELECT pnl_amount FROM positions WHERE id = :id"), {"id": position}
        )
        await session.rollback()
    with localcontext(prec=50):
        assert pnl == value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


async def test_marking_a_thousand_tokens_reads_no_table_from_end_to_end(
    sessions: Sessions,
) -> None:
    many = [market(number) for number in range(1, 1001)]
    async with sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, many)
        await _add_positions(session, user, many)
    async with sessions() as session:
        await session.execute(sa.text("ANALYZE positions"))
        await write_prices(session, [], [])
        plan = await session.execute(
            sa.text(f"EXPLAIN {POSITIONS_SQL}"),
            {"tokens": [one.tokens[0] for one in many], "marks": [Decimal("0.5")] * len(many)},
        )
        text = "\n".join(row[0] for row in plan)
        plan = await session.execute(sa.text(f"EXPLAIN {MARKETS_SQL}"), _market_arrays(many))
        text += "\n".join(row[0] for row in plan)
        await session.rollback()
    assert "ix_positions_active_token" in text
    assert "pk_markets" in text
    assert "Seq Scan" not in text


def _market_arrays(markets: list[Market]) -> dict[str, object]:
    """What a flush of all these markets hands over."""
    texts = ['["0.5", "0.5"]'] * len(markets)
    return {
        "ids": [one.id for one in markets],
        "sources": ["ws"] * len(markets),
        "prices": texts,
        "bids": texts,
        "asks": texts,
        "last_trades": [Decimal("0.5")] * len(markets),
        "ages": [0.0] * len(markets),
    }


async def _add_positions(session: AsyncSession, user: int, markets: list[Market]) -> None:
    await session.execute(
        sa.text("""
            INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price)
            SELECT :user, market, market || '1', 'Yes', 10, 0.5
            FROM unnest(CAST(:markets AS text[])) AS market
        """),
        {"user": user, "markets": [one.id for one in markets]},
    )


async def test_no_index_contains_a_column_that_follows_prices(sessions: Sessions) -> None:
    """Else no update could stay out of the indexes."""
    query = sa.text("""
        SELECT count(*) FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid IN ('positions'::regclass, 'markets'::regclass)
            AND a.attname IN ('current_price', 'pnl_amount', 'pnl_percentage', 'updated_at',
                'source', 'outcome_prices', 'best_bid', 'best_ask', 'last_trade_price', 'price_at')
    """)
    async with sessions() as session:
        assert await session.scalar(query) == 0


async def test_all_rows_of_a_page_can_follow_prices_in_one_flush_and_stay_on_it(
    sessions: Sessions,
) -> None:
    many = [market(number) for number in range(1, 501)]
    async with sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, many)
        await _add_positions(session, user, many)
    for price in ("0.61", "0.62"):
        async with sessions.begin() as session:
            marks = [(one.tokens[0], Price(Decimal(price))) for one in many]
            assert await write_prices(session, [], marks) == 500
    async with sessions() as session:
        await session.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        await session.commit()
        query = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
        found = await session.execute(sa.text(f"{query} WHERE relname = 'positions'"))
        updates, hot = found.one()
    assert updates == hot == 1000
