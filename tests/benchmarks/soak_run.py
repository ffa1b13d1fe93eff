"""The real feed at a venue that plays a recording, with real Postgres: what it holds and writes."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from data_ingestion.streamer.streamer_service import StreamerService
from infrastructure.config.settings import load_settings
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import POOL_SIZE, create_engine
from infrastructure.database.migrate import upgrade
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp, open_client
from telegram_bot.feed_assembly import build_streamer
from tests.benchmarks.frames import ROOT
from tests.benchmarks.holdings import USERS, Disk, checkpoint, disk
from tests.benchmarks.soak_venue import Tape, venue

POSITIONS: Final = 10_000  # in all
WARM_UP: Final = 30.0  # seconds until caches and pools have their size
LOOK: Final = 8.0  # seconds in which the least is taken: questions by REST come and go
BEAT: Final = 0.1  # seconds between two looks
PATIENCE: Final = 90.0  # seconds for anything to come true
HOLD: Final = """
INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price, fees_paid)
SELECT u.id, m.id, m.clob_token_ids ->> k, m.outcomes ->> k, 1 + u.id % 997, 0.45, 0.123456
FROM markets AS m, generate_series(0, 1) AS k, users AS u
WHERE u.telegram_id > 1000 ORDER BY u.id, m.id, k LIMIT :n
"""


@dataclass(slots=True)
class Telemetry:
    """What the feed tells of itself, as far as it matters here."""

    failures: int = 0
    longest: float = 0.0  # seconds from a receipt to its committed row

    def lagged(self, seconds: float) -> None: ...

    def flushed(self, tokens: int, seconds: float) -> None: ...

    def failed(self) -> None:
        self.failures += 1

    def committed(self, latency: float) -> None:
        self.longest = max(self.longest, latency)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the process holds. Units: MiB of resident memory."""

    memory: float
    tasks: int
    files: int

    def least(self, other: "Moment") -> "Moment":
        return Moment(
            min(self.memory, other.memory),
            min(self.tasks, other.tasks),
            min(self.files, other.files),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The process without the feed, and with it at the start and at the end; what came of it."""

    before: Moment
    start: Moment
    end: Moment
    after: Moment
    messages: int
    flushes: int
    positions: int  # rows written
    connections: int
    telemetry: Telemetry
    disk: tuple[Disk, Disk]


@dataclass(frozen=True, slots=True)
class _Run:
    start: Moment
    end: Moment
    feed: StreamerService
    telemetry: Telemetry


async def soak(tape: Tape, seconds: float) -> Outcome:
    """Hold every token of the recording, and let the feed run for so long."""
    async with _postgres() as url:
        engine = create_engine(url)
        await upgrade(engine)
        with venue(tape) as address:
            await _hold(engine, address)
            await checkpoint(url)
            await engine.dispose()
            first, before = await disk(url), _now()
            await _fill_pool(engine)
            run = await _run(engine, address, seconds)
            await engine.dispose()
            after = _now()
        wrote = (first, await disk(url))
    statistics = run.feed.statistics()
    return Outcome(
        before=before,
        start=run.start,
        end=run.end,
        after=after,
        messages=statistics.messages.total(),
        flushes=statistics.writer.flushes,
        positions=statistics.writer.positions,
        connections=statistics.opened,
        telemetry=run.telemetry,
        disk=wrote,
    )


@asynccontextmanager
async def _postgres() -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="polycool-soak-", dir="/tmp"))
    try:
        async with EmbeddedPostgres(folder) as server:
            yield server.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _hold(engine: AsyncEngine, address: str) -> None:
    """The venue's catalogue, and positions in all of it."""
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with open_client() as client:
        catalogue = GammaCatalogue(VenueHttp(client, f"http://{address}"))
        discovery = MarketDiscovery(catalogue, sessions)
        task = asyncio.create_task(discovery.run())
        async with asyncio.timeout(PATIENCE):
            await discovery.ready.wait()
        task.cancel()
        await asyncio.wait([task])
    async with sessions.begin() as session:
        await session.execute(sa.text(USERS), {"n": POSITIONS})
        await session.execute(sa.text(HOLD), {"n": POSITIONS})


async def _fill_pool(engine: AsyncEngine) -> None:
    """With every connection that it may keep: what comes later is one too many."""
    opened = [await engine.connect() for _ in range(POOL_SIZE)]
    for connection in opened:
        await connection.close()


async def _run(engine: AsyncEngine, address: str, seconds: float) -> _Run:
    telemetry = Telemetry()
    sessions: Sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with open_client() as client:
        feed = build_streamer(
            load_settings(ROOT, {}, {}),
            f"ws://{address}/ws/market",
            sessions,
            PriceBoard(),
            WebSocketManager(),
            ClobPrices(VenueHttp(client, f"http://{address}")),
            telemetry,
        )
        task = asyncio.create_task(feed.run())
        try:
            await asyncio.sleep(min(WARM_UP, seconds))
            start = await _look(feed)
            await asyncio.sleep(max(0.0, seconds - WARM_UP))
            end = await _look(feed)
        finally:
            task.cancel()
            await asyncio.wait([task])
    return _Run(start, end, feed, telemetry)


async def _look(feed: StreamerService) -> Moment:
    """The least of some seconds in which every wanted token was live."""
    least, looks = None, 0
    async with asyncio.timeout(PATIENCE):
        while least is None or looks * BEAT < LOOK:
            statistics = feed.statistics()
            if statistics.wanted and statistics.live == statistics.wanted:
                found, looks = _now(), looks + 1
                least = found if least is None else least.least(found)
            await asyncio.sleep(BEAT)
    return least


def _now() -> Moment:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    files = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Moment(memory, len(asyncio.all_tasks()), files)
