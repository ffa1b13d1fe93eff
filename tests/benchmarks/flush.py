"""The writer: a hundred thousand positions at once, a minute without rest, how late rows are."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from core.domain.market import Market, Source
from core.domain.price import PriceState, Quote
from core.domain.units import ONE, Price
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.position_beat import Budget
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.websocket_client.websocket_client import Layout, WebSocketClient
from data_ingestion.streamer.websocket_client.wire import Message, WirePriceChange
from tests.benchmarks import feeds, holdings
from tests.benchmarks.cores import waited
from tests.benchmarks.ours import describe, follow
from tests.benchmarks.report import Figure, percentile

ROUNDS: Final = 7
UNLIMITED: Final = Budget(rows=1e9)
GAP: Final = 0.1  # seconds between flushes
CONTINUOUS: Final = 60.0  # seconds
IN_DEBT: Final = 20.0  # seconds
LATENESS: Final = 20.0  # seconds
WARM_UP: Final = 3.0  # seconds
PATIENCE: Final = 120.0  # seconds without a flush while one is due
TICK: Final = 0.001  # seconds between two looks at the loop
FEW: Final = 20  # markets that move in one turn of the loop
QUIET: Final = ("901", "902")
ONE_CONNECTION: Final = Layout(tokens=5000)  # else each would bring the whole rate


@dataclass
class Figures:
    """The writer's telemetry, with a count of what it committed."""

    latencies: list[float] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def flushed(self, *_: float) -> None:
        self.news.set()

    def failed(self) -> None:
        raise AssertionError("a flush failed")

    def committed(self, latency: float) -> None:
        self.latencies.append(latency)

    async def until(self, tokens: int) -> None:
        """Raises: AssertionError with what is missing, where nothing is written for too long."""
        try:
            while len(self.latencies) < tokens:
                self.news.clear()
                async with asyncio.timeout(PATIENCE):
                    await self.news.wait()
        except TimeoutError as fault:
            missing = tokens - len(self.latencies)
            raise AssertionError(f"{missing} of {tokens} changes were never written") from fault


class Desk:
    """A board that is told prices by hand, and the product's writer behind it."""

    def __init__(self, sessions: Sessions, markets: Sequence[Market], pace: Pace) -> None:
        self.figures = Figures()
        self.markets = markets
        self._board = PriceBoard()
        self.writer = PriceWriter(self._board, sessions, pace, self.figures)
        for market in markets:
            self.writer.follow(market)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A writer that fails ends the measurement, instead of being waited for."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.writer.run())
            await asyncio.sleep(0)
            yield
            task.cancel()

    async def tick(self, price: Price) -> None:
        """Every market's first token has this price now, the other one its complement."""
        for number, market in enumerate(self.markets):
            now = time.monotonic()
            for token, value in zip(market.tokens, (price, Price(ONE - price)), strict=True):
                self._board.publish(Quote(token, value, value, value, None, Source.WS, now, None))
                self._board.set_state(token, PriceState.LIVE)
            if number % FEW == 0:
                await asyncio.sleep(0)


async def hundred_thousand(url: str) -> list[Figure]:
    """500 tokens with 200 positions each, every one of them to be written in each round."""
    markets = holdings.markets_of(holdings.pairs(500))
    async with holdings.holding(url, markets, 200) as sessions:
        before = await holdings.disk(url)
        desk = Desk(sessions, markets, Pace(0.0, 0.0, UNLIMITED))
        async with desk.running(), asyncio.TaskGroup() as tasks:
            holds = list[tuple[float, float]]()
            watching = tasks.create_task(_watch_loop(holds))
            seconds = [await _round(desk, number) for number in range(ROUNDS)]
            written = desk.writer.statistics.positions
            again = await _round(desk, ROUNDS - 1)
            watching.cancel()
        rewritten = desk.writer.statistics.positions - written
    after = await holdings.disk(url)
    how = f"100,000 positions on 500 tokens, every row changes, {ROUNDS} rounds"
    return [
        Figure("flush_100000", 1000 * median(seconds), "ms", f"{how}, median", "<= 1000"),
        Figure("flush_100000_first", 1000 * seconds[0], "ms", "the first, after a checkpoint"),
        Figure("flush_100000_unchanged", 1000 * again, "ms", "the same prices once more"),
        Figure("rows_rewritten_unchanged", rewritten, "rows", "the same prices once more", "0"),
        *_held(holds),
        Figure("flush_100000_hot", after.hot_share(before), "%", how, ">= 99"),
        Figure("flush_100000_wal_a_row", after.wal_a_row(before), "bytes", how, "<= 200"),
    ]


async def _round(desk: Desk, number: int) -> float:
    """Seconds until every market's row and every position is written."""
    committed = len(desk.figures.latencies)
    began = time.perf_counter()
    await desk.tick(holdings.tick(number))
    await desk.figures.until(committed + 2 * len(desk.markets))
    return time.perf_counter() - began


async def _watch_loop(holds: list[tuple[float, float]]) -> None:
    """How much later than asked for the loop gives us a turn, and of that, without a core."""
    while True:
        began, waits = time.perf_counter(), waited()
        await asyncio.sleep(TICK)
        holds.append((time.perf_counter() - began - TICK, waited() - waits))


def _held(holds: list[tuple[float, float]]) -> list[Figure]:
    how = f"longest of {len(holds)}"
    ours = max(held - waits for held, waits in holds)
    all_in_all = max(held for held, _ in holds)
    return [
        Figure("flush_loop_held_max", 1000 * ours, "ms", f"{how}, less waits for a core", "< 5"),
        Figure("flush_loop_held_max_and_waits", 1000 * all_in_all, "ms", how),
    ]


async def without_rest(url: str) -> list[Figure]:
    """100 tokens with 100 positions each, flushed one round after the other for a minute."""
    markets = holdings.markets_of(holdings.pairs(100))
    async with holdings.holding(url, markets, 100) as sessions:
        desk = Desk(sessions, markets, Pace(0.0, 0.0, UNLIMITED))
        async with desk.running():
            await _round(desk, 0)
            await holdings.checkpoint(url)
            before, began, number = await holdings.disk(url), time.monotonic(), 0
            while time.monotonic() - began < CONTINUOUS:
                number += 1
                await _round(desk, number)
    after = await holdings.disk(url)
    how = f"10,000 positions, {number} flushes in {CONTINUOUS:.0f} s, from a checkpoint on"
    rate = desk.writer.statistics.positions / CONTINUOUS
    return [
        Figure("continuous_position_rows", rate, "rows/s", how),
        Figure("continuous_hot", after.hot_share(before), "%", how, ">= 99"),
        Figure("continuous_wal_a_row", after.wal_a_row(before), "bytes", how, "<= 200"),
        Figure("continuous_growth", after.growth(before), "%", how, "<= 20"),
    ]


async def in_debt(url: str) -> list[Figure]:
    """10,000 positions whose prices never rest, with no budget left: what a day would cost."""
    markets = holdings.markets_of(holdings.pairs(100))
    async with holdings.holding(url, markets, 100) as sessions:
        before = await holdings.disk(url)
        desk = Desk(sessions, markets, Pace(1.0, GAP, Budget(saved=0.0)))
        async with desk.running():
            for number in range(round(IN_DEBT / GAP)):
                await desk.tick(holdings.tick(number))
                await asyncio.sleep(GAP)
    after = await holdings.disk(url)
    how = f"10,000 positions, each price moves every {GAP} s, budget spent"
    rows = desk.writer.statistics.positions / IN_DEBT
    a_day = (after.wal - before.wal) / IN_DEBT * 86_400 / 1e9
    return [
        Figure("in_debt_position_rows", rows, "rows/s", how, "<= 2500"),
        Figure("in_debt_wal_a_day", a_day, "GB", f"{how}; markets' rows included"),
    ]


class _Stamped(MarketUpdater):
    """Takes a price as received when it was sent, so that the writer's latency begins there."""

    def apply(self, message: Message, received: float) -> None:
        if isinstance(message, WirePriceChange):
            received = int(message.price_changes[0].hash) / 1e9
        super().apply(message, received)


async def committed_positions(url: str) -> list[Figure]:
    """Send to commit, as 1,000 messages a second move the prices of 10,000 positions."""
    figures = []
    for name, debounce in (("product", 1.0), ("fast", GAP)):
        latencies, rows = await _committed(url, Pace(debounce, GAP))
        how = f"{rows / LATENESS:,.0f} position rows/s, a token every {debounce} s at most"
        aim = f"<= {1250 * debounce:.0f}"
        found = [1000 * percentile(latencies, percent) for percent in (50, 99)]
        figures += [
            Figure(f"send_to_committed_{name}_p50", found[0], "ms", how),
            Figure(f"send_to_committed_{name}_p99", found[1], "ms", how, aim),
        ]
    return figures


async def _committed(url: str, pace: Pace) -> tuple[list[float], int]:
    busy = holdings.pairs(1000)
    markets = holdings.markets_of(busy)
    async with holdings.holding(url, markets, 10) as sessions:
        board, figures = PriceBoard(), Figures()
        writer = PriceWriter(board, sessions, pace, figures)
        for market in markets:
            writer.follow(market)
        updater = _Stamped(board, verifies=False)
        describe(updater, busy)
        with feeds.paced(feeds.Plan(busy, 1000.0, QUIET, 1e6)) as feed:
            client = WebSocketClient(feed, updater, layout=ONE_CONNECTION)
            tasks = [asyncio.create_task(run()) for run in (client.run, writer.run)]
            await client.subscribe_markets(follow(updater, busy))
            await asyncio.sleep(WARM_UP)
            skipped, rows = len(figures.latencies), writer.statistics.positions
            await asyncio.sleep(LATENESS)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        return figures.latencies[skipped:], writer.statistics.positions - rows
