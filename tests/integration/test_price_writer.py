"""Prices and P&L in Postgres: exact, by the own token, at the right beat, nothing lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.domain.market import Market, Source
from core.domain.position import Holding, pnl_percentage, unrealized_pnl
from core.domain.price import PriceState, Quote
from core.domain.units import Price, Size, TokenId
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from core.storage.prices import MARKETS_SQL, POSITIONS_SQL, write_prices
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from tests.support.figures import Figures
from tests.support.rows import add_markets, add_position, add_user, market

FAST = Pace(debounce=0.05, gap=0.01)
ONE = market(1)
YES, NO = ONE.tokens


class Desk:
    def __init__(self, sessions: Sessions, pace: Pace = FAST) -> None:
        self.figures = Figures()
        self.board = PriceBoard()
        self.sessions = sessions
        self.writer = PriceWriter(self.board, sessions, pace, self.figures)
        self.writer.follow(ONE)

    def tick(self, token: TokenId, price: str, *, live: bool = True) -> None:
        now = asyncio.get_running_loop().time()
        value = Price(Decimal(price))
        self.board.publish(
            Quote(token, value, value, value, None, Source.WS, now, None),
        )
        self.board.set_state(token, PriceState.LIVE if live else PriceState.POLLED)

    async def row(self, table: str, key: object) -> RowMapping:
        async with self.sessions() as session:
            query = sa.text(f"SELECT * FROM {table} WHERE id = :key")  # noqa: S608 - our own tables
            return (await session.execute(query, {"key": key})).mappings().one()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.writer.run())
            await asyncio.sleep(0)
            try:
                yield
            finally:
                task.cancel()


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions)


async def test_each_position_is_marked_by_its_own_outcome_token(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        yes = await add_position(session, user, ONE, YES, "150.5", "0.55")
        no = await add_position(session, user, ONE, NO, "20", "0.4")
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.395")
        await desk.figures.until(1)
    first, second = await desk.row("positions", yes), await desk.row("positions", no)
    assert first["current_price"] == Decimal("0.6")
    assert first["pnl_amount"] == Decimal("7.525")
    assert first["pnl_percentage"] == Decimal("9.0909")
    assert second["pnl_amount"] == Decimal("-0.1")
    row = await desk.row("markets", ONE.id)
    assert row["source"] == "ws"
    assert row["outcome_prices"] == ["0.6", "0.395"]
    assert row["best_bid"] == ["0.6", "0.395"]
    assert row["price_at"] is not None


async def test_the_source_is_the_stream_only_while_both_tokens_are_live(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
        assert (await desk.row("markets", ONE.id))["source"] == "poll"
        desk.tick(NO, "0.4")
        await desk.figures.until(2)
        assert (await desk.row("markets", ONE.id))["source"] == "ws"
        desk.board.set_state(YES, PriceState.SUSPECT)
        await desk.figures.until(3)
        assert (await desk.row("markets", ONE.id))["source"] == "poll"


async def test_a_price_without_its_pair_gives_the_other_outcome_its_complement(
    desk: Desk,
) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
    assert (await desk.row("markets", ONE.id))["outcome_prices"] == ["0.6", "0.4"]


async def test_of_many_ticks_the_newest_is_written_and_few_flushes_are_made(
    sessions: Sessions,
) -> None:
    desk = Desk(sessions, Pace(debounce=0.2, gap=0.05))
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        for number in range(1, 501):
            desk.tick(YES, f"0.{number:03}")
            if number % 50 == 0:
                await asyncio.sleep(0)
        await desk.figures.until(2)
    assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.5"
    assert len(desk.figures.flushes) <= 3


async def test_a_row_that_would_look_the_same_is_not_rewritten(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES)
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
        before = await desk.row("positions", position)
        desk.tick(YES, "0.7")
        desk.tick(YES, "0.6")
        await desk.figures.until(2)
    assert await desk.row("positions", position) == before
    assert desk.writer.statistics.positions == 1


async def test_closed_positions_keep_their_last_price(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES)
        await session.execute(sa.text("UPDATE positions SET status = 'closed'"))
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
    assert (await desk.row("positions", position))["current_price"] is None


async def test_a_failed_flush_keeps_its_prices_and_writes_them_later(
    desk: Desk, engine: AsyncEngine
) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
        await session.execute(sa.text("ALTER TABLE markets RENAME TO hidden"))
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until_failed()
        async with engine.begin() as connection:
            await connection.execute(sa.text("ALTER TABLE hidden RENAME TO markets"))
        await desk.figures.until(1)
    assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.6"
    assert max(desk.figures.latencies) > 0


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


async def test_a_row_stops_saying_ws_at_once_however_slow_the_beat(sessions: Sessions) -> None:
    desk = Desk(sessions, Pace(debounce=3600, gap=0.01))
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
        assert (await desk.row("markets", ONE.id))["source"] == "ws"
        desk.board.set_state(NO, PriceState.SUSPECT)
        await desk.figures.until(2)
    assert (await desk.row("markets", ONE.id))["source"] == "poll"
