"""Postgres: one flush against an ORM loop, and how late a quiet token's row is."""

import asyncio
import time
from decimal import Decimal
from statistics import median
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Market, Source
from core.domain.position import Holding, pnl_percentage, unrealized_pnl
from core.domain.units import Price, Size
from core.services.price_board import PriceBoard
from core.storage.models import MarketRow, PositionRow, Sessions
from core.storage.prices import MarketPrices, write_prices
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from data_ingestion.streamer.websocket_client.wire import Message, WirePriceChange
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks import feeds
from tests.benchmarks.holdings import PATIENCE
from tests.benchmarks.ours import follow
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.stream import BUSY, QUIET, RATE, Listener
from tests.support.rows import add_markets, market

ROUNDS: Final = 7
GAP: Final = 0.1  # seconds between flushes
QUIET_WINDOW: Final = 42.0  # seconds: some eight ticks of the quiet token
LONE_WINDOW: Final = 12.0  # seconds
NOTICES: Final = """
CREATE OR REPLACE FUNCTION bench_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('bench', ''); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER bench_notice AFTER UPDATE OF outcome_prices ON markets
FOR EACH ROW WHEN (NEW.id = '{market}') EXECUTE FUNCTION bench_notice();
"""


async def flushes(url: str) -> list[Figure]:
    """1,000 tokens with one position each, and 100 tokens with 50."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    markets = [market(number) for number in range(1, 1001)]
    async with sessions.begin() as session:
        await add_markets(session, markets)
    figures = []
    for tokens, positions, aim in ((1000, 1, ">= 50"), (100, 50, ">= 10")):
        await _hold(sessions, markets[:tokens], positions)
        figures += await _compare(sessions, markets[:tokens], positions, aim)
    await engine.dispose()
    return figures


async def _hold(sessions: Sessions, markets: list[Market], positions: int) -> None:
    """`positions` rows on the first token of each market, of as many accounts' users."""
    async with sessions.begin() as session:
        await session.execute(sa.text("TRUNCATE positions CASCADE"))
        await session.execute(
            sa.text("""
                INSERT INTO users (telegram_id) SELECT 1000 + n FROM generate_series(1, :n) AS n
                ON CONFLICT DO NOTHING
            """),
            {"n": positions},
        )
        await session.execute(
            sa.text("""
                INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price)
                SELECT u.id, m, m || '1', 'Yes', 100, 0.4
                FROM unnest(CAST(:markets AS text[])) AS m,
                    (SELECT id FROM users WHERE telegram_id > 1000 ORDER BY id LIMIT :n) AS u
            """),
            {"markets": [one.id for one in markets], "n": positions},
        )
    async with sessions() as session:
        connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        await connection.execute(sa.text("VACUUM ANALYZE positions"))


async def _compare(
    sessions: Sessions, markets: list[Market], positions: int, aim: str
) -> list[Figure]:
    name = f"{len(markets)}x{positions}"
    ours = [await _flush(sessions, markets, round_number) for round_number in range(ROUNDS)]
    theirs = [await _orm(sessions, markets, round_number) for round_number in range(2)]
    how = f"{len(markets)} tokens x {positions} positions, every row changes, median"
    return [
        Figure(f"flush_{name}", 1000 * median(ours), "ms", how),
        Figure(f"orm_one_price_at_a_time_{name}", 1000 * median(theirs), "ms", how),
        Figure(f"orm_to_flush_{name}", median(theirs) / median(ours), "ratio", how, aim),
    ]


async def _flush(sessions: Sessions, markets: list[Market], number: int) -> float:
    price = Price(Decimal(500 + number) / 1000)
    rows = [
        MarketPrices(
            one.id, Source.WS, (price, Price(1 - price)), (price, None), (None, None), price, 0.0
        )
        for one in markets
    ]
    began = time.perf_counter()
    async with sessions.begin() as session:
        await write_prices(session, rows, [(one.tokens[0], price) for one in markets])
    return time.perf_counter() - began


async def _orm(sessions: Sessions, markets: list[Market], number: int) -> float:
    """What one writes first: for each price load the rows, set them, commit."""
    price = Price(Decimal(700 + number) / 1000)
    began = time.perf_counter()
    for one in markets:
        async with sessions.begin() as session:
            row = await session.get_one(MarketRow, one.id)
            row.outcome_prices = [str(price), str(1 - price)]
            query = sa.select(PositionRow).where(
                PositionRow.token_id == one.tokens[0], PositionRow.status == "active"
            )
            for position in await session.scalars(query):
                _mark(position, price)
    return time.perf_counter() - began


def _mark(position: PositionRow, price: Price) -> None:
    holding = Holding(Size(position.amount), Price(position.entry_price))
    pnl = unrealized_pnl(holding, price)
    position.current_price = price
    position.pnl_amount = pnl
    position.pnl_percentage = pnl_percentage(holding, pnl)


class _NoFigures:
    def lagged(self, seconds: float) -> None: ...

    def flushed(self, tokens: int, seconds: float) -> None: ...

    def failed(self) -> None: ...

    def committed(self, latency: float) -> None: ...


class _Watcher(Listener):
    """Remembers when the newest change of one token was sent."""

    sent = 0.0

    def apply(self, message: Message, received: float) -> None:
        if isinstance(message, WirePriceChange) and message.price_changes[0].asset_id == QUIET[0]:
            self.sent = int(message.price_changes[0].hash) / 1e9
        super().apply(message, received)


async def committed_rows(url: str) -> list[Figure]:
    """Send to committed row, as another connection sees it, of a token that ticks rarely."""
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    numbers = [int(first[:-1]) for first, _ in (*BUSY, QUIET)]
    async with sessions.begin() as session:
        await add_markets(session, [market(number) for number in numbers])
    busy = await _latencies(url, sessions, feeds.Plan(BUSY, RATE, QUIET, 5.0), 1.0)
    alone = await _latencies(url, sessions, feeds.Plan([], 0, QUIET, 0.5), 0.0)
    await engine.dispose()
    among = f"{len(busy)} ticks, 5 s apart, among {RATE:.0f} messages/s; flush gap 100 ms"
    return [
        Figure("quiet_token_send_to_committed_max", 1000 * max(busy), "ms", among, "<= 125"),
        Figure(
            "lone_token_send_to_committed_p99",
            1000 * percentile(alone, 99),
            "ms",
            f"{len(alone)} ticks, nothing else dirty",
            "< 20",
        ),
    ]


async def _latencies(
    url: str, sessions: Sessions, plan: feeds.Plan, debounce: float
) -> list[float]:
    """Seconds from the sending of each tick of the quiet token to the notice of its commit."""
    board, seen = PriceBoard(), list[float]()
    watcher = _Watcher(board)
    writer = PriceWriter(board, sessions, Pace(debounce, GAP), _NoFigures())
    watching = await asyncpg.connect(
        driver_dsn(database_url(url)), timeout=10, command_timeout=PATIENCE
    )
    await watching.execute(NOTICES.format(market=QUIET[0][:-1]))

    def notice(*_: object) -> None:
        seen.append(time.monotonic() - watcher.sent)

    await watching.add_listener("bench", notice)
    pairs = (*plan.busy, plan.quiet)
    with feeds.paced(plan) as feed:
        client = WebSocketClient(feed, watcher)
        for first, _ in pairs:
            writer.follow(market(int(first[:-1])))
        tokens = follow(watcher, pairs)
        tasks = [asyncio.create_task(client.run()), asyncio.create_task(writer.run())]
        await client.subscribe_markets(tokens)
        await asyncio.sleep(QUIET_WINDOW if plan.busy else LONE_WINDOW)
        for task in tasks:
            task.cancel()
    await watching.close(timeout=5)
    return seen[2:]  # the first two are the snapshot's, and of the connection's beginning
