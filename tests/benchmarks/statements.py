"""The statement of a large account: how long it takes, and how long it holds the loop."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import sqlalchemy as sa
from telegram import Bot

from core.domain.account import Account
from core.domain.statement import Statement
from core.domain.units import UserId
from core.services.histories import Histories
from telegram_bot.callbacks import Codec
from telegram_bot.clock import SystemClock
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from telegram_bot.screens.history import files_screen
from telegram_bot.transport import TelegramTransport
from tests.benchmarks import holdings
from tests.benchmarks.feeds import process
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.telegram import TOKEN, serve

TRADES: Final = 10_000
MARKETS: Final = 100
ROUNDS: Final = 3
TICK: Final = 0.001  # seconds between two looks at the loop
CHAT: Final = 1001
# Purchases and sales in turn, some hundred a position.
FILLS: Final = """
INSERT INTO fills (event_key, user_id, account, position_id, market_id, token_id, outcome, side,
    size, price, fee, at)
SELECT 'trade:' || n, p.user_id, 'paper', p.id, p.market_id, p.token_id, p.outcome,
    CASE n / :markets % 3 WHEN 2 THEN 'SELL' ELSE 'BUY' END,
    5 + n % 1000 / 1000.0, 0.1 + n % 800 / 1000.0, 0.123456, now() - (:n - n) * interval '1 minute'
FROM generate_series(1, :n) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM positions) AS p
    ON p.place = n % :markets
RETURNING user_id
"""


class Hold(NamedTuple):
    """Seconds. One wait for a turn of the loop."""

    late: float  # later than asked for
    spent: float  # of that the loop's own CPU time: another program's is not in it


async def measure(url: str) -> list[Figure]:
    markets = holdings.markets_of(holdings.pairs(MARKETS))
    async with holdings.holding(url, markets, 1) as sessions:
        async with sessions.begin() as session:
            found = await session.scalars(sa.text(FILLS), {"n": TRADES, "markets": MARKETS})
            user = UserId(found.all()[0])
        histories = Histories(sessions)
        with process(serve, None) as (address, _):
            return await _figures(histories, user, address.replace("ws://", "http://"))


async def _figures(histories: Histories, user: UserId, base: str) -> list[Figure]:
    requests = [TelegramTransport(1), TelegramTransport(1)]
    bot = Bot(TOKEN, f"{base}/bot", request=requests[0], get_updates_request=requests[1])
    messenger = Messenger(bot, Codec("bench"), SystemClock(), Pace(per_second=1e3, burst=20))

    async def save() -> None:
        told = await histories.statement(user, Account.PAPER)
        await _send(messenger, told)

    async with bot:
        gc.freeze()  # as the program does when it is ready
        await save()
        before, _ = await _watched(lambda: asyncio.sleep(1.0))
        rounds = [await _watched(save) for _ in range(ROUNDS)]
    late = [hold.late for holds, _ in rounds for hold in holds]
    spent = [hold.spent for holds, _ in rounds for hold in holds]
    how = f"{TRADES:,} trades of one account as CSV, read, made and sent; {ROUNDS} rounds"
    return [
        Figure("statement", min(seconds for _, seconds in rounds), "s", how),
        Figure("statement_loop_held_p99", 1000 * percentile(late, 99), "ms", how),
        Figure("statement_loop_held_max", 1000 * max(late), "ms", f"{how}; longest", "< 5"),
        Figure("statement_loop_spent_max", 1000 * max(spent), "ms", f"{how}; CPU time", "< 5"),
        Figure("idle_loop_held_max", 1000 * max(each.late for each in before), "ms", "without it"),
    ]


async def _send(messenger: Messenger, told: Statement) -> None:
    for place, content in enumerate(told.files):
        screen = files_screen(told, Account.PAPER, place)
        assert await messenger.files.document(CHAT, "trades.csv", content, screen) is not None


async def _watched(act: Callable[[], Awaitable[None]]) -> tuple[list[Hold], float]:
    """What others had to wait for meanwhile; how long it took."""
    holds, began = list[Hold](), time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(holds))
        await act()
        watching.cancel()
    return holds, time.perf_counter() - began


async def _watch(holds: list[Hold]) -> None:
    while True:
        began, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(TICK)
        late = time.perf_counter() - began - TICK
        holds.append(Hold(late, min(late, time.thread_time() - cpu)))
