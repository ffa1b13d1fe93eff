"""What feed, board and writer keep resident for so many tokens with full books."""

import asyncio
import gc
import multiprocessing
import os
import resource
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean
from typing import Final

import sqlalchemy as sa
import uvloop
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Market
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.price_writer import Pace, PriceWriter
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.ours import PATIENCE, described
from tests.benchmarks.report import Figure
from tests.benchmarks.shelf import recorded_books, shelf
from tests.support.figures import Figures
from tests.support.rows import add_markets

SIZES: Final = (100, 1_000, 5_000)  # tokens
AIMS: Final = {1_000: "< 150"}  # MB
FIRST_TOKEN: Final = 7 * 10**76  # as long as the venue's
STATM: Final = Path("/proc/self/statm")
MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What a fresh process needs to hold `tokens` books."""

    tokens: int
    database: str
    feed: str


async def resident_growth(url: str) -> list[Figure]:
    """Each number of tokens in a fresh process, every price written, every hash proven."""
    engine = create_engine(url)
    await upgrade(engine)
    async with async_sessionmaker(engine).begin() as session:
        await add_markets(session, _markets(max(SIZES)))
    await engine.dispose()
    books = recorded_books()
    how = f"{mean(len(bids) + len(asks) for bids, asks in books):.0f} levels a book on average"
    with shelf(books) as feed:
        grown = {size: await _in_a_process(Trial(size, url, feed)) for size in SIZES}
    figures = []
    for size, growth in grown.items():
        figures += [
            Figure(f"memory_{size}_tokens", growth / MB, "MB", how, AIMS.get(size, "")),
            Figure(f"memory_per_token_{size}_tokens", growth / size / 1000, "kB", how),
        ]
    return figures


async def _in_a_process(trial: Trial) -> int:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold, args=(trial, theirs), daemon=True)
    process.start()
    theirs.close()
    growth: int = await asyncio.to_thread(ours.recv)
    await asyncio.to_thread(process.join)
    return growth


def _hold(trial: Trial, pipe: Connection) -> None:
    pipe.send(uvloop.run(_growth(trial)))


async def _growth(trial: Trial) -> int:
    """Bytes, from an engine that has answered to everything live and written."""
    engine = create_engine(trial.database)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        await session.execute(sa.text("SELECT 1"))
    gc.collect()
    before = _resident()
    growth = await _with_everything_held(trial, sessions) - before
    await engine.dispose()
    return growth


async def _with_everything_held(trial: Trial, sessions: Sessions) -> int:
    board = PriceBoard()
    updater = MarketUpdater(board)
    client = WebSocketClient(trial.feed, updater)
    writer = PriceWriter(board, sessions, Pace(), Figures())
    tokens = [token for one in _markets(trial.tokens) for token in _follow(one, updater, writer)]
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(client.run()), tasks.create_task(writer.run())]
        await client.subscribe_markets(tokens)
        while not _is_settled(client, writer, trial.tokens):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
        if not all(board.is_live(token) for token in tokens):
            raise RuntimeError(f"not every book is live: {updater.dropped}")
        gc.collect()
        resident = _resident()
        for task in running:
            task.cancel()
    return resident


def _follow(market: Market, updater: MarketUpdater, writer: PriceWriter) -> tuple[TokenId, ...]:
    updater.describe(market)
    writer.follow(market)
    for token in market.tokens:
        updater.follow(token, market.complement(token))
    return market.tokens


def _is_settled(client: WebSocketClient, writer: PriceWriter, tokens: int) -> bool:
    heard, _ = client.counts()
    return heard["price_change"] >= tokens and writer.statistics.tokens >= tokens


def _markets(tokens: int) -> list[Market]:
    ids = [str(FIRST_TOKEN + number) for number in range(tokens)]
    pairs = zip(ids[::2], ids[1::2], strict=True)
    return [described(number, pair) for number, pair in enumerate(pairs, start=1)]


def _resident() -> int:
    """Bytes; where the system does not say, the most there ever was."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
