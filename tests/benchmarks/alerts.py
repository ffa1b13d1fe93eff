"""From a tick to the committed notice, with a thousand alerts set."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.market import Source
from core.domain.price import PriceState, Quote
from core.domain.units import Price, TokenId, UserId
from core.services.alerts.alert_engine import AlertEngine
from core.services.alerts.alert_wishes import AlertWishes
from core.services.alerts.alerts import Alerts
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.benchmarks.report import Figure, percentile
from tests.support import rows

MARKETS: Final = 100
USERS: Final = 20
ALERTS: Final = 1000
ROUNDS: Final = 200
TOGETHER: Final = 50  # alerts on one level
PATIENCE: Final = 30.0  # seconds

_SET: Final = sa.text("""
    INSERT INTO alerts (user_id, market_id, token_id, outcome, kind, level, minutes)
    VALUES (:user, :market, :token, 'Yes', 'above', :level, 0)
""")


async def measure(url: str) -> list[Figure]:
    engine = create_engine(url)
    await upgrade(engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    await _fill(sessions)
    board = PriceBoard()
    async with _watching(sessions, board) as (alerts, outbox):
        single = await _ticks(board, alerts, outbox)
        many = await _many(board, alerts)
    await engine.dispose()
    how = f"{ALERTS:,} alerts in {MARKETS} markets; tick to committed notice, {ROUNDS} ticks"
    return [
        Figure("alert_p50", percentile(single, 50), "ms", how),
        Figure("alert_p99", percentile(single, 99), "ms", how, "<= 100"),
        Figure("alerts_at_once", many, "ms", f"one tick, {TOGETHER} alerts committed", "<= 100"),
    ]


async def _ticks(board: PriceBoard, alerts: AlertEngine, outbox: Outbox) -> list[float]:
    """One alert a tick: each market's lowest level, then the price goes back."""
    times, random = [], Random(7)  # noqa: S311 - repeatable on purpose
    for _ in range(ROUNDS):
        token = TokenId(f"{random.randint(2, MARKETS)}1")
        outbox.news.clear()
        began = time.perf_counter()
        _publish(board, token, "0.605")
        async with asyncio.timeout(PATIENCE):
            await outbox.news.wait()  # set by the commit
        times.append(1000 * (time.perf_counter() - began))
        _publish(board, token, "0.30")
        await _rest(alerts)
    return times


async def _many(board: PriceBoard, alerts: AlertEngine) -> float:
    began = time.perf_counter()
    _publish(board, TokenId("11"), "0.95")
    await _rest(alerts)
    return 1000 * (time.perf_counter() - began)


async def _rest(alerts: AlertEngine) -> None:
    async with asyncio.timeout(PATIENCE):
        while not alerts.is_at_rest:  # noqa: ASYNC110 - turns of this loop are what it takes
            await asyncio.sleep(0)


@asynccontextmanager
async def _watching(
    sessions: Sessions, board: PriceBoard
) -> AsyncIterator[tuple[AlertEngine, Outbox]]:
    for number in range(1, MARKETS + 1):
        _publish(board, TokenId(f"{number}1"), "0.30")
    outbox = Outbox(sessions)
    wishes = AlertWishes(WebSocketManager())
    alerts = AlertEngine(sessions, board, Alerts(sessions, board), outbox, wishes)
    running = asyncio.create_task(alerts.run())
    await _rest(alerts)
    assert alerts.watched == ALERTS
    yield alerts, outbox
    running.cancel()
    await asyncio.wait([running])


def _publish(board: PriceBoard, token: TokenId, price: str) -> None:
    value = Price(Decimal(price))
    now = datetime.now(UTC)
    board.set_state(token, PriceState.LIVE)
    board.publish(Quote(token, value, value, value, None, Source.WS, board.clock(), now))


async def _fill(sessions: Sessions) -> None:
    """Market 1 has one level for many people; the others have ten levels a cent apart."""
    async with sessions.begin() as session:
        users = [await rows.add_user(session, number) for number in range(1, USERS + 1)]
        made = [rows.market(number) for number in range(1, MARKETS + 1)]
        await rows.add_markets(session, made)
        await session.execute(_SET, _alerts(users))


def _alerts(users: list[UserId]) -> list[dict[str, object]]:
    set_ = [
        {
            "user": users[n % USERS],
            "market": "1",
            "token": "11",
            "level": Decimal(9000 + n) / 10_000,
        }
        for n in range(TOGETHER)
    ]
    rest = ALERTS - TOGETHER
    return set_ + [
        {
            "user": users[n % USERS],
            "market": str(2 + n % (MARKETS - 1)),
            "token": f"{2 + n % (MARKETS - 1)}1",
            "level": Decimal(60 + n // (MARKETS - 1)) / 100,
        }
        for n in range(rest)
    ]
